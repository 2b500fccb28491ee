"""Plugins: modules that register parts of users' own, named in a configuration or installed beside nnrun."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from nnrun.errors import BadInput, Refused
from nnrun.plugins.declaring import listed
from nnrun.plugins.finding import PARTS
from nnrun.plugins.loading import Loaded, explaining, load
from nnrun.plugins.naming import own_names
from nnrun.plugins.registries import REGISTRIES, forget_registered
from nnrun.plugins.trust import allow, at_end, is_allowed
from nnrun.registry import Entry

GROUP = "nnrun.plugins"
"""Of the entry points that installed packages announce."""

Found = list[tuple[str, Entry[Any]]]

_places: dict[str, Path] = {}
"""Plugin -> its file, of those that this session has loaded."""
_found: dict[Path, tuple[Loaded | None, Found]] = {}
"""File -> what it registered when it was executed."""
_installed: list[str] = []


def load_plugin(text: str, beside: Sequence[Path] = ()) -> None:
    """Executes a plugin, whose user has named it, and keeps what it registers until the session ends.

    Args:
        text: a file `parts.py`, or a module or package found in the working directory, beside the user's
            configuration, or among what is installed.
        beside: directories to look into after the working directory.

    Raises:
        BadInput: it is not there, cannot be executed, or registers a name that is taken.
        Refused: somebody else has named it.
    """
    if text not in _places:
        path = _file(text, beside)
        allow([path])
        require_plugin(text, path)


def require_plugin(text: str, path: Path | None = None) -> None:
    """The same for a plugin that a configuration names, which may be somebody else's.

    Args:
        text: what names it.
        path: its file, where that is known.

    Raises:
        Refused: nobody has allowed it to be executed.
    """
    if text in _places:
        return
    path = path or _file(text, ())
    if not is_allowed(path):
        raise Refused(
            f"plugins={text}: this would execute {path.name}, which a run directory names; read it, then"
            " allow it with --allow-code"
        )
    _register(text, path)


def allow_recorded(content: Mapping[str, Any]) -> None:
    """Lets all code be executed that a recorded configuration names."""
    allow(name.path for name in own_names(dict(content)))
    allow(_file(name, ()) for name in listed(content.get("plugins")))


def fingerprints_of(names: Sequence[str]) -> dict[str, str]:
    """File -> SHA-256 of all that these plugins execute."""
    found: dict[str, str] = {}
    for name in names:
        loaded, _ = _found[_places[name]]
        found |= {} if loaded is None else loaded.sources
    return found


def load_installed() -> None:
    """Lets installed packages register their parts, once in a session.

    Raises:
        BadInput: one cannot be loaded, or registers a name that is taken.
    """
    if _installed:
        return
    _installed.append(GROUP)
    at_end(_installed.clear)
    for point in entry_points(group=GROUP):
        _adopt(_announced(point))


def _announced(point: EntryPoint) -> Found:
    place = Path(f"{GROUP}/{point.name}")
    if place not in _found:
        asked = f"plugin '{point.name}' ({point.value})"
        with _collecting(asked, place) as found, explaining(f"{asked} cannot be loaded", place):
            point.load()
        _found[place] = (None, found)
    return _found[place][1]


def _file(text: str, beside: Sequence[Path]) -> Path:
    """The file of a plugin.

    Raises:
        BadInput: there is none.
    """
    if text.endswith(".py"):
        path = Path(text).expanduser()
        if not path.is_file():
            raise BadInput(f"plugins={text}: there is no such file")
        return path.absolute()
    parts = text.split(".")
    if all(part.isidentifier() for part in parts):
        for base in (Path.cwd(), *beside):
            place = base.absolute().joinpath(*parts)
            for path in (place.with_suffix(".py"), place / "__init__.py"):
                if path.is_file():
                    return path
        try:
            specification = importlib.util.find_spec(text)
        except (ImportError, ValueError):
            specification = None
        if specification is not None and specification.origin and specification.has_location:
            return Path(specification.origin)
    raise BadInput(
        f"plugins={text}: no file {parts[-1]}.py and no package {text} in the working directory, beside your"
        " conf/, or installed"
    )


def _register(text: str, path: Path) -> None:
    asked = f"plugins={text}"
    forget_registered(path)
    name = None if text.endswith(".py") else text
    with _collecting(asked, path) as found:
        loaded = load(path, asked, name)
    before = _found.get(path)
    if before is not None and before[0] is loaded:
        found = before[1]
    _found[path] = (loaded, found)
    _adopt(found)
    _places[text] = path
    at_end(partial(_places.__delitem__, text))


@contextmanager
def _collecting(asked: str, path: Path) -> Iterator[Found]:
    """Takes what is registered inside out of the registries again, made into entries."""
    before = {group: set(registry) for group, registry in REGISTRIES.items()}
    found: Found = []
    try:
        yield found
        for group, registry in REGISTRIES.items():
            own = [registry[name] for name in registry if name not in before[group]]
            found += [
                (group, _adapted(group, entry, f"{asked}: {group} '{entry.name}'", path)) for entry in own
            ]
    finally:
        for group, registry in REGISTRIES.items():
            for name in [name for name in registry if name not in before[group]]:
                registry.forget(name)


def _adapted(group: str, entry: Entry[Any], asked: str, path: Path) -> Entry[Any]:
    """An entry whose factory gives what nnrun's own do."""
    if group not in PARTS or _is_native(group, entry.factory):
        return entry
    adapted = PARTS[group](entry.name, entry.factory, asked, path)
    return replace(adapted, factory=_from(entry.factory, adapted.factory))


def _from(function: Callable[..., Any], factory: Callable[..., Any]) -> Callable[..., Any]:
    """`factory`, known by the module of the user's function."""
    factory.__module__ = function.__module__
    return factory


def _is_native(group: str, factory: Callable[..., Any]) -> bool:
    """Whether a loss or a metric is made as nnrun's own are: of a cast, of nothing."""
    if group not in ("loss", "metric") or inspect.isclass(factory):
        return False
    positional = [
        parameter
        for parameter in inspect.signature(factory).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    if group == "metric":
        return not positional
    return len(positional) == 1 and positional[0].name.strip("_") == "cast"


def _adopt(found: Found) -> None:
    """Puts entries into the registries until the session ends.

    Raises:
        BadInput: a name is taken.
    """
    for group, entry in found:
        registry = REGISTRIES[group]
        if entry.name in set(registry):
            taken = registry.owner(registry[entry.name].factory)
            own = registry.owner(entry.factory)
            raise BadInput(
                f"{group} '{entry.name}' of {own} is already registered by {taken}; rename one of them"
            )
        registry.replace(entry)
        at_end(partial(registry.forget, entry.name))
