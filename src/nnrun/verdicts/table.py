"""All rules in the order of their importance, and which verdicts are not said beside which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.verdicts.evidence import Evidence
from nnrun.verdicts.overfitting import overfitting_noise, overfitting_since
from nnrun.verdicts.progress import (
    at_floor,
    no_better,
    nothing_to_learn,
    still_improving,
    too_low,
    too_noisy,
)
from nnrun.verdicts.rate import beyond_curvature, exploded, oscillating
from nnrun.verdicts.units import stuck_dead, stuck_saturated
from nnrun.verdicts.verdict import Verdict


@dataclass(frozen=True)
class Row:
    """One rule in its place.

    Attributes:
        rule: says something of a run, or nothing.
        theme: what it is about.
        excludes: themes of which later rows say nothing, once this rule has spoken.
    """

    rule: Callable[[Evidence], Verdict | None]
    theme: str
    excludes: frozenset[str]


EVERYTHING = frozenset({"rate", "generalisation", "units", "data", "progress", "constant"})
_LEARNED_TOO_MUCH = frozenset({"rate", "generalisation", "progress", "constant"})
_PROGRESS = frozenset({"progress", "constant"})

TABLE: tuple[Row, ...] = (
    Row(beyond_curvature, "rate", EVERYTHING),
    Row(exploded, "rate", EVERYTHING),
    Row(overfitting_since, "generalisation", _LEARNED_TOO_MUCH),
    Row(overfitting_noise, "generalisation", _LEARNED_TOO_MUCH),
    Row(oscillating, "rate", frozenset({"units", "progress", "constant"})),
    Row(stuck_dead, "units", frozenset({"units", "progress", "constant"})),
    Row(stuck_saturated, "units", frozenset({"progress", "constant"})),
    Row(nothing_to_learn, "data", _PROGRESS),
    Row(too_noisy, "progress", _PROGRESS),
    Row(at_floor, "progress", _PROGRESS),
    Row(too_low, "progress", _PROGRESS),
    Row(still_improving, "progress", _PROGRESS),
    Row(no_better, "constant", frozenset()),
)
"""First what makes a run void, then what more training cannot mend, then how far it has come."""


def verdicts(summary: Mapping[str, Any], metrics: Mapping[str, npt.NDArray[Any]]) -> list[Verdict]:
    """What there is to say of a finished run, most important first; nothing of one that did not finish.

    Args:
        summary: as in summary.json, `diagnosis` included. metrics: columns of metrics.csv, of which `lr`,
        `train/loss` and `val/loss` (where there is one) are read.
    """
    said: list[Verdict] = []
    excluded: frozenset[str] = frozenset()
    if summary["status"] not in ("completed", "stopped", "diverged") or not summary["epochs"]:
        return said
    evidence = Evidence(summary, metrics)
    with np.errstate(all="ignore"):
        if (evidence.losses < 0).any():
            # Rules compare losses by ratios, which mean nothing below 0; losses of users' own may be there.
            return said
        for row in TABLE:
            verdict = None if row.theme in excluded else row.rule(evidence)
            if verdict is not None:
                said.append(verdict)
                excluded |= row.excludes
    return said
