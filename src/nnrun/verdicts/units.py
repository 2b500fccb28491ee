"""Rules about hidden units that no longer take part: dead or saturated at every training point."""

from __future__ import annotations

from collections.abc import Mapping

from nnrun.verdicts.evidence import Evidence
from nnrun.verdicts.verdict import Verdict

DEAD_SHARE = 0.5
"""Share of a layer's units that must be dead: fewer are common in runs that learn well."""
SATURATED_SHARE = 0.9
"""The same of saturated ones: some gradient is left in them, and the others may pull them back."""
STANDING = 0.01
"""A loss that fell by no more than this share over the second half of the epochs stands still."""
ABOVE_FLOOR = 2.0
"""Times the floor that a stuck run's loss is at least: nearer, idle units were not needed."""
GENTLER = 5
"""The rate to try is so many times smaller; it helped more of the stuck runs than a leaky activation."""
ABOVE_NOTHING = 0.1
"""Share of the constant's loss that it is at least: below, nine tenths of the task are done."""


LEARNED = 0.95
"""Share of the constant's loss below which a run has learned something; above, live units may yet start."""


def stuck_dead(evidence: Evidence) -> Verdict | None:
    """A loss that stands still, far from the floor, while half of a hidden layer or more is dead.

    Dead: 0 at every training point, so that no gradient passes. Said of a completed or stopped run of at
    least 16 epochs whose loss (median of windows of an eighth of the epochs) fell by at most 1 % over the
    second half, is at least twice the floor and a tenth of the constant's loss. Where some units of the layer
    live on, batches must be full, and the loss below 0.95 of the constant's: otherwise they may yet start to
    learn. Suggests a fifth of the rate: most units die of a step that was too long, at the beginning.
    """
    layer = _idle(evidence, "dead", DEAD_SHARE)
    if layer is None or not _stands(evidence, layer, "dead"):
        return None
    numbers = {"loss": evidence.loss, "count": layer["dead"], "units": layer["units"]}
    return Verdict("stuck.dead", numbers, evidence.command("optim.lr", evidence.rate / GENTLER))


def stuck_saturated(evidence: Evidence) -> Verdict | None:
    """The same where nine tenths of a layer are saturated: flat at every training point, but not 0.

    Suggests a fifth of the rate where nothing was learned (the loss is not below 0.95 of the constant's);
    otherwise nothing, since units may have started so.
    """
    layer = _idle(evidence, "saturated", SATURATED_SHARE)
    if layer is None or not _stands(evidence, layer, "saturated"):
        return None
    numbers = {"loss": evidence.loss, "count": layer["saturated"], "units": layer["units"]}
    nothing = evidence.loss > LEARNED * evidence.constant
    return Verdict(
        "stuck.saturated", numbers, evidence.command("optim.lr", evidence.rate / GENTLER) if nothing else None
    )


def _idle(evidence: Evidence, kind: str, share: float) -> Mapping[str, int] | None:
    """The hidden layer with the largest share of such units, if that is large enough."""
    layers = [layer for layer in evidence.hidden if layer[kind] >= share * layer["units"]]
    return max(layers, key=lambda layer: layer[kind] / layer["units"], default=None)


def _stands(evidence: Evidence, layer: Mapping[str, int], kind: str) -> bool:
    levels, loss = evidence.levels, evidence.loss
    if evidence.status not in ("completed", "stopped") or not len(levels):
        return False
    some_live = layer[kind] < layer["units"]
    if some_live and not (evidence.full_batch and loss <= LEARNED * evidence.constant):
        return False
    fallen = float(levels[4] - levels[-1])
    far = loss >= ABOVE_NOTHING * evidence.constant and not loss < ABOVE_FLOOR * evidence.floor
    return abs(fallen) <= STANDING * float(levels[-1]) and far
