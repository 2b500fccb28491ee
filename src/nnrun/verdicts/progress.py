"""Rules about how far a run has come: at the floor, still improving, no better than a constant guess."""

from __future__ import annotations

import numpy as np

from nnrun.verdicts.evidence import WINDOWS, Evidence, levels
from nnrun.verdicts.verdict import Verdict

NEAR_FLOOR = 1.1
"""Times the floor up to which a loss counts as at it: a right network with a few parameters ends so near."""
NEW_NEAR_FLOOR = 1.2
"""The same on test data, where a network that fitted a little of its own noise pays for it a second time."""
NEAR_EXACT = 1e-4
"""Share of the constant's loss that counts as nothing above the floor, for data with little noise."""
NOISY = 0.5
"""Share of the constant's loss that the noise makes up when data is called noisy: most of what there is."""
NO_BETTER = 0.98
"""Share of the constant's loss from which on a loss is no better than it."""
SPREAD = 1e-9
"""Largest difference between values of the truth that rounding makes, on targets of ordinary size."""
GAIN = 0.1
"""Share of the loss that more epochs must promise to take away before they are recommended."""
STEADIEST = 0.8
"""Largest ratio of one window's gain to the last one's that is extrapolated: all progress slows down."""
LONGER = (1, 2, 3)
"""Times as many epochs more that may be recommended: what lies beyond, no curve of this length tells."""
WORTH = 0.25
"""Share by which a longer recommendation must raise the gain."""
TIMID = 0.25
"""Share of the rate's limit to try instead of a rate below half of that: well inside what is stable."""
STEADY = 0.8
"""Share of the rate's limit, by the sharpness at the end, beyond which a falling loss may yet burst."""
EVER_JUMPY = frozenset({"mae"})
"""Losses whose steps do not shrink: their curves fall evenly until they only jump."""
SAME_RATE = 0.5
"""Share of the highest rate that the last one must have: a rate on its way out ends progress, not the run."""
BOLDEST = 10
"""Times the rate that is suggested at most: the sharpness was measured where the run ended alone."""
UNMOVED = 0.01
"""Share of its first value by which a loss may have changed in all and yet not have moved."""
HARDLY = 0.05
"""Share of the way along the steepest direction below which no update can have changed anything."""
EVEN = (0.9, 1.5)
"""Last gain as a multiple of the first one, of losses that fall as they would for many times as long."""
VISIBLE = 0.1
"""Share that a loss would fall by at a suggested rate, where its fall is all that is known."""
DECIDED = ("completed", "stopped")
FEWEST_EPOCHS = 16
"""Of a run that can be said to have learned nothing: in fewer, many good ones have not begun."""


def nothing_to_learn(evidence: Evidence) -> Verdict | None:
    """Data without any relation: the truth is one and the same at every training point."""
    samples = evidence.summary["dataset"]["samples"]["train"]
    if evidence.status not in DECIDED or samples < 2 or not evidence.truth_spread <= SPREAD:
        return None
    return Verdict("nothing", {"floor": evidence.floor, "constant": evidence.constant}, None)


def too_noisy(evidence: Evidence) -> Verdict | None:
    """At the floor (see there), and the floor is at least half of the constant guess's loss."""
    if not _at_floor(evidence) or not evidence.floor >= NOISY * evidence.constant > 0:
        return None
    numbers = {
        "loss": evidence.loss,
        "floor": evidence.floor,
        "share": min(1.0, evidence.floor / evidence.constant),
    }
    return Verdict("noisy", numbers, None)


def at_floor(evidence: Evidence) -> Verdict | None:
    """The loss is the truth's: at most 1.1 times it, or above it by at most 0.0001 of the constant's.

    On the training data, and within 1.2 times on test data where there is any, so that no run is praised that
    learned the noise. Without test data the loss must be at least 0.8 of the floor.
    """
    if not _at_floor(evidence):
        return None
    return Verdict("floor", {"loss": evidence.loss, "floor": evidence.floor}, None)


def still_improving(evidence: Evidence) -> Verdict | None:
    """More epochs would lower the loss by at least a tenth.

    Over medians of the last four of eight equal windows, each lower than the one before, of a completed run
    of at least 16 epochs whose rate has not run out: the gain per window shrinks by a ratio r, the smaller
    one of the last gain over that before and of the root of the last over the first, at most 0.8. What n more
    windows bring is then last gain * (r^1.5 + ... + r^(n + 0.5)), down to the floor where it is known.
    Suggests twice, three or four times the epochs, longer ones only where they promise a quarter more. With
    validation, its loss must fall too. Nothing is said while gains still grow, as on leaving a plateau:
    nobody knows for how long; nor where a burst may come: the loss rose within the second half by more than
    the last gain, or the rate is beyond 0.8 of what the sharpness at the end allows; nor of `mae`, whose
    curves fall evenly until they jump.
    """
    course = evidence.levels
    if evidence.status != "completed" or not len(course) or not _keeps_rate(evidence):
        return None
    gains = -np.diff(course[4:])
    if (
        not (gains > 0).all()
        or gains[2] > gains[1]
        or not _validation_falls(evidence)
        or not _steady(evidence, float(gains[2]))
    ):
        return None
    ratio = float(min(gains[2] / gains[1], np.sqrt(gains[2] / gains[0]), STEADIEST))
    most = evidence.loss - evidence.floor if evidence.floor < evidence.loss else evidence.loss
    promised = [min(most, float(gains[2]) * _series(ratio, WINDOWS * times)) for times in LONGER]
    best = 0
    while best + 1 < len(LONGER) and promised[best + 1] > (1 + WORTH) * promised[best]:
        best += 1
    if promised[best] < GAIN * evidence.loss:
        return None
    more = evidence.epochs * LONGER[best]
    numbers = {"loss": evidence.loss, "more": more, "promised": evidence.loss - promised[best]}
    return Verdict("improving", numbers, evidence.command("epochs", evidence.epochs + more))


def too_low(evidence: Evidence) -> Verdict | None:
    """The final training loss is within 1 % of the first one because the rate is far too low.

    Said of runs of at least 16 epochs. The rate must be 0; or times the number of updates, 1 / (1 - momentum)
    and the sharpness at the end be below 0.05 (of `sgd` and other losses than `mae`), so that not even the
    steepest direction can have been gone along; or the loss must have fallen in each eighth of the epochs, in
    the last by 0.9 to 1.5 of what it did first. Suggests a quarter of the limit by the sharpness; of a loss
    that falls evenly, and where there is no such limit, as many times the rate as make it fall by a tenth.
    """
    if not _unmoved(evidence):
        return None
    smooth = evidence.summary["loss"] not in EVER_JUMPY
    limit = evidence.limit(evidence.sharpness) if smooth else np.nan
    fallen = 1 - evidence.loss / evidence.losses[0]
    even = _falls_evenly(evidence)
    if evidence.rates.max() > 0 and not even and not _updates_at(evidence) / limit < HARDLY / 2:
        return None
    wanted = TIMID * limit
    if np.isnan(wanted) and even:
        wanted = float(evidence.rate * VISIBLE / fallen)
    helps = bool(evidence.rate < wanted < np.inf)
    command = evidence.command("optim.lr", float(f"{wanted:.1g}")) if helps else None
    return Verdict("too_low", {"rate": evidence.rate, "loss": evidence.loss}, command)


def no_better(evidence: Evidence) -> Verdict | None:
    """The final training loss is at least 0.98 of that of always predicting the mean, or the classes' shares.

    Said of runs of at least 16 epochs: before, nothing is decided.
    Suggests `model=mlp` for a linear model whose loss has moved by more than 1 %: its form may be too poor;
    for another, where the rate is below an
    eighth of what the sharpness allows, a quarter of that.
    """
    if evidence.status not in DECIDED or evidence.epochs < FEWEST_EPOCHS:
        return None
    if not evidence.loss >= NO_BETTER * evidence.constant > 0:
        return None
    linear = evidence.summary["model"]["name"] == "linear" and "model." not in evidence.summary["command"]
    key = "no_better.classes" if evidence.summary["dataset"]["task"] == "classification" else "no_better.mean"
    numbers = {"loss": evidence.loss, "constant": evidence.constant}
    allowed = min(evidence.limit(evidence.sharpness) * TIMID, BOLDEST * evidence.rate)
    if linear:
        return Verdict(key, numbers, None if _unmoved(evidence) else evidence.command("model", "mlp"))
    timid = evidence.rate < allowed / 2
    return Verdict(key, numbers, evidence.command("optim.lr", float(f"{allowed:.1g}")) if timid else None)


def _at_floor(evidence: Evidence) -> bool:
    if evidence.status not in DECIDED or not evidence.epochs:
        return False
    slack = NEAR_EXACT * evidence.constant
    near = evidence.loss <= max(NEAR_FLOOR * evidence.floor, evidence.floor + slack)
    if np.isnan(evidence.test_loss):
        return near and evidence.loss >= 0.8 * evidence.floor
    return near and evidence.test_loss <= max(
        NEW_NEAR_FLOOR * evidence.test_floor, evidence.test_floor + slack
    )


def _unmoved(evidence: Evidence) -> bool:
    """Whether a run of some length ended with the loss that it began with."""
    if evidence.status not in DECIDED or evidence.epochs < FEWEST_EPOCHS:
        return False
    first = float(evidence.losses[0])
    return bool(first > 0 and abs(first - evidence.loss) <= UNMOVED * first)


def _updates_at(evidence: Evidence) -> float:
    """Number of updates times the highest rate, momentum included."""
    samples: int = evidence.summary["dataset"]["samples"]["train"]
    batch: int = evidence.summary["training"]["batch_size"] or samples
    updates = evidence.epochs * -(-samples // batch)
    return float(evidence.rates.max()) * updates / (1 - float(evidence.optim.get("momentum", 0.0)))


def _falls_evenly(evidence: Evidence) -> bool:
    """Whether the loss falls from window to window, at the end about as fast as at the beginning."""
    gains = -np.diff(evidence.levels)
    if not (gains > 0).all() or not _keeps_rate(evidence):
        return False
    return bool(EVEN[0] <= gains[-1] / gains[0] <= EVEN[1])


def _keeps_rate(evidence: Evidence) -> bool:
    return bool(evidence.rates[-1] >= SAME_RATE * evidence.rates.max())


def _steady(evidence: Evidence, gain: float) -> bool:
    """Whether nothing announces a burst: no rise as large as a window's gain, no rate near its limit."""
    rise = float(np.diff(evidence.losses[evidence.epochs // 2 :]).max())
    near = evidence.rates[-1] > STEADY * evidence.limit(evidence.sharpness)
    return rise <= gain and not near and evidence.summary["loss"] not in EVER_JUMPY


def _validation_falls(evidence: Evidence) -> bool:
    if evidence.validation is None:
        return True
    course = levels(evidence.validation)
    return bool(course[-1] < course[-2] < course[-3])


def _series(ratio: float, count: int) -> float:
    """r^1.5 + ... + r^(count + 0.5)."""
    return float((ratio ** (np.arange(1, count + 1) + 0.5)).sum())
