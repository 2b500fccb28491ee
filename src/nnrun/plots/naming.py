"""What inputs, outputs and classes of a run are called on its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnrun.characters import visible

LONGEST = 28
"""Letters of a name that have room on an axis."""


def of_input(summary: Mapping[str, Any], feature: int, otherwise: str) -> str:
    """The name of an input, counted from 0; `otherwise` where it has none."""
    return _named(summary, "features", feature, otherwise)


def of_output(summary: Mapping[str, Any], output: int, otherwise: str) -> str:
    """The name of an output, counted from 0; `otherwise` where it has none."""
    return _named(summary, "targets", output, otherwise)


def of_classes(summary: Mapping[str, Any], count: int) -> list[str]:
    """The names of all classes; their numbers where they have none."""
    return [_named(summary, "classes", place, str(place)) for place in range(count)]


def of_all(summary: Mapping[str, Any]) -> list[str]:
    """Every name that axes and legends may show."""
    found = summary.get("dataset") or {}
    return [str(name) for kind in ("features", "targets", "classes") for name in found.get(kind) or ()]


def _named(summary: Mapping[str, Any], kind: str, place: int, otherwise: str) -> str:
    names: Sequence[Any] = (summary.get("dataset") or {}).get(kind) or ()
    return short(str(names[place])) if place < len(names) else otherwise


def short(name: str) -> str:
    """As much of a name as there is room for."""
    text = visible(name)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
