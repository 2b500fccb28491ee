"""Rules about a network that learns its training data by heart."""

from __future__ import annotations

import numpy as np

from nnrun.verdicts.evidence import Evidence, levels
from nnrun.verdicts.verdict import Verdict

RISE = 1.15
"""Times its lowest level that validation loss has risen to: less is within what few samples make of it."""
FALL = 0.95
"""Share of the training level at that time that the training loss must have fallen below since."""
CONFIRMED = 1.15
"""Times its floor that the test loss must be above, where both are known: validation samples may be few."""
BELOW_FLOOR = 0.8
"""Share of the floor that a training loss must be below: the noise itself is being learned."""
ABOVE_FLOOR = 1.25
"""Times its floor that the test loss must then be above: what fits the noise has a price on new data."""
BY_HEART = 0.5
"""Share of the floor that a training loss must be below where the price is small."""
PRICE = 1.05
"""Times its floor that the test loss must then be above: a cross-entropy has little room above its floor."""
KEPT = 0.2
"""Share of the data to keep for validation."""


def overfitting_since(evidence: Evidence) -> Verdict | None:
    """Validation loss rises while training loss falls.

    Over medians of eight equal windows of a completed run of at least 16 epochs: the last validation level is
    1.15 times the lowest one or more, the lowest lies at least two windows back, levels have risen in each of
    the last two windows, and the training level fell by 5 % since the lowest. Where they are known, the
    training loss must be below its floor, and the test loss above 1.15 of its own. The epoch is that of the
    lowest validation loss. Suggests to stop there.
    """
    validation = evidence.validation
    if evidence.status != "completed" or validation is None or not np.isfinite(validation).all():
        return None
    course = levels(validation)
    if not len(course):
        return None
    lowest = int(course.argmin())
    rising = lowest <= len(course) - 3 and course[-1] > course[-2] > course[-3]
    learned = evidence.levels[-1] < FALL * evidence.levels[lowest]
    refuted = evidence.loss >= evidence.floor or evidence.test_loss < CONFIRMED * evidence.test_floor
    if not rising or not learned or refuted or course[-1] < RISE * course[lowest]:
        return None
    epoch = int(validation.argmin()) + 1
    numbers = {"epoch": epoch, "best": float(validation[epoch - 1]), "loss": float(validation[-1])}
    return Verdict("overfitting.since", numbers, evidence.command("epochs", epoch))


def overfitting_noise(evidence: Evidence) -> Verdict | None:
    """Without validation: training loss below the floor, test loss above its own.

    Said when the final training loss is below 0.8 of the truth's loss on the training data, and the test
    loss above 1.25 times the truth's on the test data; or below 0.5 and above 1.05. Suggests
    `val_fraction=0.2`, which shows since when.
    """
    if evidence.status not in ("completed", "stopped") or evidence.validation is not None:
        return None
    pairs = ((BELOW_FLOOR, ABOVE_FLOOR), (BY_HEART, PRICE))
    if not any(
        evidence.loss < below * evidence.floor and evidence.test_loss > above * evidence.test_floor
        for below, above in pairs
    ):
        return None
    numbers = {
        "loss": evidence.loss,
        "floor": evidence.floor,
        "test": evidence.test_loss,
        "test_floor": evidence.test_floor,
    }
    return Verdict("overfitting.noise", numbers, evidence.command("val_fraction", KEPT))
