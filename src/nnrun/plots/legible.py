"""Names of runs, which may be in any script, as they can be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nnrun.characters import visible
from nnrun.plots.compared import Compared, Unit
from nnrun.plots.text import drawable
from nnrun.plots.theme import Theme


def lettered(found: Compared, theme: Theme) -> tuple[Compared, Theme]:
    """The same with names that can be drawn, each its own, and a theme with the families that draw them."""
    said = [*found.keys, *(text for unit in found.units for text in _texts(unit))]
    _, families = drawable("".join(map(visible, said)), theme.font)

    def legible(text: str) -> str:
        return drawable(visible(text), theme.font)[0]

    names: dict[str, None] = {}
    for unit in found.units:
        name = wanted = legible(unit.name)
        while name in names:
            name = f"{wanted} ({len(names) + 1})"
        names[name] = None
    units = tuple(
        replace(
            unit,
            name=name,
            measure=legible(unit.measure),
            errors={legible(key): value for key, value in unit.errors.items()},
            weights=tuple(map(legible, unit.weights)),
            classes=tuple(map(legible, unit.classes)),
            inputs=tuple(map(legible, unit.inputs)),
            output=legible(unit.output),
        )
        for unit, name in zip(found.units, names, strict=True)
    )
    found = replace(found, units=units, keys=tuple(map(legible, found.keys)))
    return found, replace(theme, fallbacks=(*families[1:], *theme.fallbacks))


def _texts(unit: Unit) -> Iterator[str]:
    """Everything of a unit that may be written somewhere."""
    yield from (unit.name, unit.measure, unit.output)
    yield from (*unit.errors, *unit.classes, *unit.inputs)
