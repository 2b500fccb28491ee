"""Rules about a learning rate that is too high: beyond the curvature's limit, exploded, oscillating."""

from __future__ import annotations

import math

import numpy as np

from nnrun.verdicts.evidence import WINDOWS, Evidence
from nnrun.verdicts.verdict import Verdict

TIMES = 10
"""As for the status `diverged`: so many times its first value, a loss has exploded."""
EXPLODED_SHARE = 10
"""The rate to try after an explosion is so many times smaller: rates are searched by orders."""
RISING = 0.3
"""Share of the later epochs at which a loss must have risen; a spike now and then is no oscillation."""
EVER_JUMPY = frozenset({"mae"})
"""Losses that oscillate at any constant rate."""
SWING = 0.01
"""Median change from epoch to epoch, as a share of the loss: smaller ones are a converged run's rounding."""
FALLING = 0.98
"""Share of its level at half time below which a loss has still fallen: a jumpy rate may be best."""
FAR = 0.25
"""Share of the constant's loss that the loss is at least: nearer, a lower rate may not get in time."""
RISEN = 1.25
"""Times its lowest value that the final loss is at least: it has been thrown out of where it was."""
OSCILLATING_SHARE = 3
"""The rate to try against oscillation is so many times smaller; it did not explode, after all."""


def beyond_curvature(evidence: Evidence) -> Verdict | None:
    """Gradient descent at a rate beyond 2 / curvature, which cannot converge.

    With `sgd` on a loss that is quadratic in the parameters with largest curvature h (weight decay added),
    every step multiplies the error along that direction by a constant that exceeds 1 in size for rates beyond
    2 / h (see `Evidence.limit` for momentum). Said when every recorded rate is beyond that limit and the
    final loss is above the lowest. Suggests 1 / h rounded down, at which plain gradient descent never
    overshoots.
    """
    curvature = evidence.curvature + float(evidence.optim.get("weight_decay", 0.0))
    limit = evidence.limit(curvature)
    risen = not evidence.loss <= np.nanmin(evidence.losses, initial=math.inf)
    if not evidence.rates.min() > limit or not risen:
        return None
    numbers = {"rate": evidence.rate, "curvature": curvature, "limit": limit}
    momentum = float(evidence.optim["momentum"])
    key = "beyond_curvature.momentum" if momentum else "beyond_curvature"
    command = evidence.command("optim.lr", _rounded_down(1 / curvature))
    return Verdict(key, numbers | ({"momentum": momentum} if momentum else {}), command)


def exploded(evidence: Evidence) -> Verdict | None:
    """A diverged run: its loss is not finite, or ended at more than 10 times its first value.

    The epoch is the first one from which on every loss is so. Said of no run whose first loss was already not
    finite: the rate has not acted yet; nor where it was below 0, which has no multiples. Suggests a tenth
    of the rate.
    """
    losses = evidence.losses
    if evidence.status != "diverged" or not len(losses) or not 0 <= losses[0] < math.inf:
        return None
    near = np.flatnonzero(losses <= TIMES * losses[0])
    epoch = min(int(near[-1]) + 2, len(losses))
    numbers = {"rate": evidence.rate, "epoch": epoch}
    return Verdict("exploded", numbers, evidence.command("optim.lr", evidence.rate / EXPLODED_SHARE))


def oscillating(evidence: Evidence) -> Verdict | None:
    """A loss that jumps up and down at the end without exploding.

    Said of a completed run of full batches and at least 16 epochs when, over the second half, the loss rose
    at 30 % of the epochs or more, its median change from one epoch to the next is 1 % of the loss or more,
    and the median of its last eighth is at least 0.98 of that at half time; and when the final loss is at
    least a quarter of the constant's and 1.25 times the lowest. Nothing is said of smaller batches, with
    which a loss jumps at any rate, nor of `mae`, whose steps do not shrink as it nears its minimum. Suggests
    a third of the rate.
    """
    losses = evidence.losses
    if evidence.status != "completed" or not evidence.full_batch or len(losses) < 2 * WINDOWS:
        return None
    if evidence.summary["loss"] in EVER_JUMPY:
        return None
    if not evidence.loss >= max(FAR * evidence.constant, RISEN * float(losses.min())):
        return None
    course, tail = evidence.levels, losses[len(losses) // 2 :]
    change = np.diff(tail)
    swing = float(np.median(np.abs(change) / np.minimum(tail[1:], tail[:-1])))
    falls = course[-1] < FALLING * course[WINDOWS // 2]
    if (change > 0).mean() < RISING or not swing >= SWING or falls:
        return None
    numbers = {"rate": evidence.rate, "swing": swing}
    return Verdict(
        "oscillating", numbers, evidence.command("optim.lr", _rounded(evidence.rate / OSCILLATING_SHARE))
    )


def _rounded(value: float) -> float:
    return float(f"{value:.1g}")


def _rounded_down(value: float) -> float:
    unit = 10.0 ** math.floor(math.log10(value))
    return _rounded(math.floor(value / unit + 1e-9) * unit)
