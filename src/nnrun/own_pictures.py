"""Pictures of users' own: functions that draw a recorded run, beside those that nnrun draws."""

from __future__ import annotations

from collections.abc import Iterable

from nnrun.errors import BadInput
from nnrun.registry import Registry

TAKEN = frozenset({"fit", "curves", "landscape", "data", "animation", "sweep", "fits"})
"""Names of nnrun's own pictures, which are those of their files."""

pictures: Registry[None] = Registry("plot")
"""Each is given a run, as `nnrun.runs.reading.RunRecord`, and an empty matplotlib `Figure` to draw on."""


def require_pictures(names: Iterable[str]) -> None:
    """Checks that all of these can be drawn.

    Raises:
        BadInput: one is not registered, or would take the place of another picture.
    """
    problems = []
    for name in names:
        if file_name(name) in TAKEN:
            problems.append(f"plots.own={name}: nnrun draws a picture of that name; rename yours")
            continue
        try:
            _ = pictures[name]
        except BadInput as error:
            none = f"no plot '{name}'; register one in a plugin, or write ./FILE.py:NAME"
            told = error.problems if len(pictures) or ":" in name else [none]
            problems += [f"plots.own={name}: {problem}" for problem in told]
    if problems:
        raise BadInput(problems)


def file_name(name: str) -> str:
    """What the file of a picture is called, its format left out: `gains` of `./parts.py:gains`."""
    return name.rpartition(":")[2]
