"""Columns that are neither numbers nor categories: what is wrong with them, and how to do without them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from nnrun.datasets.own.columns import Column, Texts
from nnrun.datasets.own.complaints import SHOWN, shortened

MOST_NAMED = 20
"""Columns that a corrected argument names."""
_AWKWARD = re.compile(r"[^\w .+%/-]|^\s|\s$")
"""What a name may not have in a list of the configuration."""


def unfit(columns: Sequence[Column], features: Sequence[str], dates: Sequence[str]) -> list[str]:
    """What is wrong with columns that are neither numbers nor categories, and how to do without them.

    Args:
        columns: that were read.
        features: names of those that are no targets.
        dates: names of those that hold dates.
    """
    crowded = [column for column in columns if isinstance(column, Texts) and column.is_crowded]
    inputs = frozenset(features)
    problems = {name: _about_dates(name, name in inputs) for name in dates}
    for column in crowded:
        advice = "make it numbers" if column.name in inputs else "predict a column with fewer"
        problems.setdefault(
            column.name,
            f"column '{shortened(column.name)}' has more than {column.most:,} different texts; {advice}",
        )
    told = list(problems.values())[:SHOWN]
    if len(problems) > len(told):
        told.append(f"{len(problems):,} such columns in all")
    kept = [name for name in features if name not in problems]
    return [*told, _without(len(features) - len(kept), kept)] if len(kept) < len(features) else told


def _about_dates(name: str, is_feature: bool) -> str:
    advice = (
        f"make each date an input of its own with dataset.categorical={shortened(name)}"
        if is_feature
        else "choose another target"
    )
    return (
        f"column '{shortened(name)}' holds dates, which are no numbers; write days since the first one,"
        f" or {advice}"
    )


def _without(count: int, kept: Sequence[str]) -> str:
    """How to leave so many columns out, in words that can be pasted where the names of the rest are plain."""
    they = "it" if count == 1 else "them"
    if not kept:
        return f"no column is left without {they}"
    if len(kept) > MOST_NAMED or any(_AWKWARD.search(name) for name in kept):
        return f"leave {they} out: name the columns to use with dataset.features=..."
    return f"leave {they} out: {shlex.quote('dataset.features=' + ','.join(kept))}"
