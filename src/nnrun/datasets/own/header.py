"""Which columns of a table are used: their names, from its first row, and those asked for."""

from __future__ import annotations

from collections.abc import Sequence

from nnrun.datasets.own.asked import Reading
from nnrun.datasets.own.cells import is_number
from nnrun.datasets.own.complaints import listed, shortened
from nnrun.errors import BadInput
from nnrun.registry import suggestion


def column_names(first: Sequence[str], asked: Reading, where: str) -> list[str]:
    """Names of all columns: what the first row says, or their numbers.

    Args:
        first: the first row.
        asked: for what.
        where: names the file in messages.

    Raises:
        BadInput: one is missing, or there twice.
    """
    if not asked.header:
        return [str(place) for place in range(1, len(first) + 1)]
    names = [name.strip() for name in first]
    problems = [
        f"{where}: column {place} has no name; give it one, or write dataset.header=false"
        + ("; pandas leaves its row numbers out with index=False" if place == 1 else "")
        for place, name in enumerate(names, 1)
        if not name
    ]
    seen: dict[str, int] = {}
    for place, name in enumerate(names, 1):
        if name and name in seen:
            twice = f"columns {seen[name]} and {place} are both called '{shortened(name)}'"
            problems.append(f"{where}: {twice}; rename one")
        seen.setdefault(name, place)
    if problems:
        more = [f"{where}: {len(problems):,} such columns in all"] if len(problems) > 5 else []
        raise BadInput([*problems[:5], *more])
    return names


def used_columns(names: Sequence[str], asked: Reading, where: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of features and targets.

    Args:
        names: of all columns.
        asked: for what.
        where: names the file in messages.

    Raises:
        BadInput: there is no such column, or none is left to learn from.
    """
    if not asked.target:
        raise BadInput(f"dataset.target is missing; name the column to predict, one of {listed(names)}")
    known = set(names)
    keys = {"target": asked.target, "features": asked.features or (), "categorical": asked.categorical}
    problems = [
        f"dataset.{key}={shortened(name)}: {where} has no such column"
        f"{suggestion(name, names)} columns: {listed(names)}{_headless(names, asked)}"
        for key, wanted in keys.items()
        for name in dict.fromkeys(wanted)
        if name not in known
    ]
    both = [name for name in asked.target if name in (asked.features or ())]
    problems += [f"dataset.features={shortened(name)}: is the target as well; leave it out" for name in both]
    if problems:
        raise BadInput(problems)
    targets = tuple(dict.fromkeys(asked.target))
    features = asked.features or tuple(name for name in names if name not in set(targets))
    if not features:
        raise BadInput(f"{where}: has no column beside the target '{shortened(targets[0])}'")
    return tuple(dict.fromkeys(features)), targets


def _headless(names: Sequence[str], asked: Reading) -> str:
    numeric = asked.header and all(is_number(name, "point") for name in names)
    return "; if the first row is data, write dataset.header=false" if numeric else ""
