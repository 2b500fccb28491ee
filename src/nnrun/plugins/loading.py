"""Executing a user's file: once for each content, with its own traceback where that fails."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from nnrun.errors import BadInput, NnrunError
from nnrun.plugins.registries import forget_registered

LONGEST_MESSAGE = 200
"""Characters of somebody's message that are shown."""
MOST_FRAMES = 8
"""Calls of a traceback that are shown, from its end."""
NNRUN = Path(__file__).parent.parent
"""Where nnrun's own files lie."""
PREFIX = "nnrun_own_"
"""Of the names under which users' files stand among the loaded modules."""


@dataclass(frozen=True)
class Loaded:
    """A file that has been executed.

    Attributes:
        path: of the file.
        module: what it defines.
        sources: path as written or relative to the file -> SHA-256, of the file and of those beside it that
            it imported.
        neighbours: names of the modules in the latter.
    """

    path: Path
    module: ModuleType
    sources: dict[str, str]
    neighbours: tuple[str, ...] = ()


_loaded: dict[Path, Loaded] = {}


def load(path: Path, asked: str, name: str | None = None) -> Loaded:
    """The module in a file, executed unless it was before and is still the same.

    Args:
        path: of the file.
        asked: what names it, such as `model=./net.py:Net`, for messages.
        name: under which it can be imported; None: it cannot.

    Raises:
        BadInput: there is no such file, or it cannot be executed; with the user's own traceback.
    """
    place = path.absolute()
    known = _loaded.get(place)
    try:
        content = place.read_bytes()
    except OSError as error:
        raise BadInput(f"{asked}: {path} cannot be read: {error.strerror}") from error
    if known is not None and all(_is_same(place.parent, *source) for source in known.sources.items()):
        return known
    for neighbour in known.neighbours if known is not None else ():
        sys.modules.pop(neighbour, None)
    name = name or _hidden(place)
    _loaded[place] = _executed(place, content, name, f"{asked}: {path} cannot be loaded")
    return _loaded[place]


def _hidden(path: Path) -> str:
    """A module's name that nobody imports, in the package that the file lies in, for `from .other import`."""
    name = f"{PREFIX}{path.stem}_{sha256(str(path).encode())[:8]}"
    return ".".join([*_packages(path), name])


def _packages(path: Path) -> list[str]:
    """The packages that a file is in, the outermost one first; what is no name in Python ends them."""
    found: list[str] = []
    directory = path.parent
    while path.name != "__init__.py" and directory.name.isidentifier() and _is_package(directory):
        found.insert(0, directory.name)
        directory = directory.parent
    return found


def _is_package(directory: Path) -> bool:
    return (directory / "__init__.py").is_file()


def _is_same(directory: Path, name: str, digest: str) -> bool:
    try:
        return sha256((directory / name).read_bytes()) == digest
    except OSError:
        return False


def sha256(content: bytes) -> str:
    """The fingerprint of a file."""
    return hashlib.sha256(content).hexdigest()


def _executed(path: Path, content: bytes, name: str, complaint: str) -> Loaded:
    is_package = path.name == "__init__.py"
    inside = [str(path.parent)] if is_package else None
    specification = importlib.util.spec_from_file_location(name, path, submodule_search_locations=inside)
    assert specification is not None
    module = importlib.util.module_from_spec(specification)
    before = frozenset(sys.modules)
    sys.modules[name] = module
    base = path.parent.parent if is_package else path.parent
    for place in (base, _above(path)):
        if str(place) not in sys.path:
            sys.path.append(str(place))
    try:
        with explaining(complaint, path):
            _import_package(path)
            exec(compile(content, str(path), "exec"), module.__dict__)
    except BadInput:
        for new in [name, *_neighbours(path, before)]:
            sys.modules.pop(new, None)
        raise
    sources = {path.name: sha256(content)}
    neighbours = [new for new in _neighbours(path, before) if new != name]
    for neighbour in neighbours:
        file = Path(str(sys.modules[neighbour].__file__))
        sources[Path(os.path.relpath(file, path.parent)).as_posix()] = sha256(file.read_bytes())
    return Loaded(path, module, sources, tuple(neighbours))


def _import_package(path: Path) -> None:
    """Imports a file's package first where that imports the file, which would register its parts twice."""
    packages = _packages(path)
    if not packages or not re.search(rf"\b{re.escape(path.stem)}\b", _text(path.parent / "__init__.py")):
        return
    forget_registered(path)
    # What fails here fails again, and is told, where the file itself needs its package.
    with suppress(Exception):
        importlib.import_module(".".join(packages))
    forget_registered(path)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _above(path: Path) -> Path:
    """The directory of a file, or that of the outermost package it is in."""
    return path.parents[len(_packages(path))]


def _neighbours(path: Path, before: frozenset[str]) -> list[str]:
    """Modules beside a file, below, or in its package, imported since; what is installed is none."""
    packages = _packages(path)
    base = _above(path) / packages[0] if packages else path.parent
    installed = (Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parent.parent)
    found = []
    for name in sys.modules.keys() - before:
        file = getattr(sys.modules[name], "__file__", None)
        hidden = name.rpartition(".")[2].startswith(PREFIX)
        if hidden or not isinstance(file, str) or not file.endswith(".py"):
            continue
        if Path(file).is_relative_to(base) and not any(map(Path(file).is_relative_to, installed)):
            found.append(name)
    return sorted(found)


def is_own(file: str) -> bool:
    """Whether this is a file of a user's that was executed, or one that such a file imported."""
    path = Path(file)
    return any(path == loaded.path.parent / name for loaded in _loaded.values() for name in loaded.sources)


@contextmanager
def explaining(complaint: str, path: Path) -> Iterator[None]:
    """Turns whatever a user's code raises into `BadInput` with the part of the traceback that is theirs.

    Args:
        complaint: what was attempted.
        path: of the user's file.
    """
    try:
        yield
    except (KeyboardInterrupt, NnrunError):
        raise
    except BaseException as error:
        raise BadInput([f"{complaint}: {told(error)}", *_lines(error, path)]) from error


def called(function: Callable[..., Any]) -> str:
    """What a callable of a user's is called; one that has no name, such as a partial, by its type."""
    return str(getattr(function, "__name__", type(function).__name__))


def told(error: BaseException) -> str:
    """Type and message of somebody's exception, on one line."""
    try:
        message = " ".join(str(error).split())
    except Exception:
        message = ""
    name = type(error).__name__
    text = f"{name}: {message}" if message else name
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]}..."


def _lines(error: BaseException, path: Path) -> list[str]:
    """The traceback from the user's file on, indented, without what nnrun did in between."""
    own = _first(error.__traceback__, lambda name: Path(name) == path)
    frames = [frame for frame in traceback.extract_tb(own) if not Path(frame.filename).is_relative_to(NNRUN)]
    shown = traceback.format_list(frames[-MOST_FRAMES:])
    lines = [line for entry in shown for line in entry.splitlines()]
    if isinstance(error, SyntaxError):
        lines += [line for entry in traceback.format_exception_only(error) for line in entry.splitlines()]
    return [line[:LONGEST_MESSAGE] for line in lines if line.strip(" ^~")]


def _first(trace: TracebackType | None, wanted: Callable[[str], bool]) -> TracebackType | None:
    while trace is not None and not wanted(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace
