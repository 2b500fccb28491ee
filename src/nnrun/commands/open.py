"""`nnrun open [RUN]`: a run's picture in the system's viewer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from nnrun.commands.console import Console, emit
from nnrun.commands.flags import add_language, language_as_flag, refuse_repeats, spoken
from nnrun.commands.options import Options
from nnrun.errors import BadInput
from nnrun.runs.finding import find_run, output_root
from nnrun.runs.ordering import runs_below
from nnrun.words import words

_PICTURES = ("fit", "sweep", "curves")
_SUFFIXES = (".png", ".svg", ".pdf", ".gif")
_MOVING = ("animation", "gif")
"""Names of `fit.gif` that one may type."""


def main(arguments: Sequence[str]) -> int:
    """Opens the picture and prints its path; where there is no viewer, says so."""
    options = Options(
        "open", "Show a run's picture in the system's viewer.", ["nnrun open", "nnrun open latest~1"]
    )
    options.add_argument("run", nargs="?", default="latest", help="directory, start of its name, or latest")
    options.add_argument(
        "--kind", default=None, help="which picture: fit, curves, animation, ...; default: the first there is"
    )
    add_language(options)
    typed = language_as_flag(arguments)
    refuse_repeats(typed)
    asked = options.parse_args(typed)
    if asked.run == "latest" and not (output_root() / "latest").exists() and not runs_below(output_root()):
        raise BadInput(f"there are no runs yet under {output_root()}; nnrun alone trains one", "nnrun")
    picture = _from_here(_picture(find_run(asked.run), asked.kind))
    viewer = _viewer()
    if viewer is None:
        say = words(spoken(asked.language))
        Console().line("", say["run.no_viewer"].format(path=picture))
    else:
        _show(viewer, picture)
    emit(str(picture))
    return 0


def _from_here(path: Path) -> Path:
    """`path` relative to the working directory where it lies below it, else absolute."""
    here = Path.cwd()
    for below, start in ((path.absolute(), here), (path.resolve(), here.resolve())):
        if ".." not in below.parts and below.is_relative_to(start):
            return below.relative_to(start)
    return path.resolve()


def _picture(directory: Path, kind: str | None) -> Path:
    for path in (directory / name for name in _names(kind)):
        if path.is_file():
            return path
    there = sorted(path.name for path in directory.iterdir() if path.suffix in _SUFFIXES)
    what = "picture" if kind is None else f"picture '{kind}'"
    raise BadInput(f"{directory}: has no {what}; there is {', '.join(there) or 'none'}")


def _names(kind: str | None) -> list[str]:
    """Files that may hold a picture, best first; `kind` may be a file's name."""
    if kind is not None and kind in _MOVING:
        return ["fit.gif"]
    if kind is not None and kind.endswith(_SUFFIXES):
        return [kind] if Path(kind).name == kind else []
    return [f"{name}{suffix}" for name in (_PICTURES if kind is None else (kind,)) for suffix in _SUFFIXES]


def _viewer() -> str | None:
    """The program that opens files here, or None without a screen."""
    if sys.platform == "win32":
        return "startfile"
    if sys.platform == "darwin":
        return "open"
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return shutil.which("xdg-open") if screen else None


def _show(viewer: str, picture: Path) -> None:
    if sys.platform == "win32":
        os.startfile(picture)
        return
    subprocess.Popen(
        [viewer, str(picture.absolute())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
