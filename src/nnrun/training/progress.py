"""How far the members of a population have come, judged after every epoch, for all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nnrun.spec import Spec

Floats = npt.NDArray[np.float64]
Ending = Literal["completed", "stopped", "diverged"]

_CODES: tuple[Ending | None, ...] = (None, "completed", "stopped", "diverged")
"""What stands for each ending in a state."""
ENDINGS = len(_CODES)
_NOBODY = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Member:
    """How far one run has come.

    Attributes:
        epochs: complete ones.
        ending: None while it trains; then why it ended.
        best: lowest monitored loss so far.
        best_epoch: when; 0 before the first epoch.
    """

    epochs: int
    ending: Ending | None
    best: float
    best_epoch: int


class Progress:
    """Every member's progress, and the weights that it would end with.

    Args:
        specs: of the members.
        weights: initial ones (member, parameter).

    Attributes:
        active: indices of the members that still train, (member,).
    """

    def __init__(self, specs: Sequence[Spec], weights: npt.NDArray[Any]) -> None:
        stopping = [spec.early_stopping for spec in specs]
        count = len(specs)
        self._lengths = np.array([spec.epochs for spec in specs])
        self._ends = frozenset(self._lengths.tolist())
        self._threshold = np.array([stop.threshold for stop in stopping])
        self._patience = np.array(
            [np.inf if stop.patience is None else stop.patience for stop in stopping], dtype=np.float64
        )
        self._is_patient = bool(np.isfinite(self._patience).any())
        self._restoring = np.array([stop.patience is not None and stop.restore_best for stop in stopping])
        self._epochs = np.zeros(count, dtype=np.int64)
        self._best = np.full(count, np.inf)
        self._best_epoch = np.zeros(count, dtype=np.int64)
        self._best_weights = weights.copy() if self._restoring.any() else None
        self._last_good = weights
        self._endings: list[Ending | None] = [None if spec.epochs else "completed" for spec in specs]
        self._begin()

    def _begin(self) -> None:
        """What follows from how far the members have come."""
        self._going = np.array([ending is None for ending in self._endings])
        self.active = np.flatnonzero(self._going)
        with np.errstate(invalid="ignore"):
            self._bar = np.where(np.isinf(self._best), np.inf, self._below_best())

    def _below_best(self) -> Floats:
        """What a monitored loss must be less than to be the best one, of members that have one."""
        bar: Floats = self._best - self._threshold * np.abs(self._best)
        return bar

    def member(self, index: int) -> Member:
        """One member's."""
        return Member(
            int(self._epochs[index]),
            self._endings[index],
            float(self._best[index]),
            int(self._best_epoch[index]),
        )

    def judge(
        self, number: int, losses: Floats, monitored: Floats, weights: npt.NDArray[Any]
    ) -> npt.NDArray[np.int64]:
        """Takes an epoch into account: progress, best, and which members ended with it.

        Small networks have short epochs, so this is quick where all members go on and all numbers are finite,
        as they are nearly always.

        Args:
            number: of the epoch, from 1.
            losses: of training (member,).
            monitored: the loss that early stopping watches (member,); may be `losses` itself. Both are kept.
            weights: after the epoch (member, parameter); kept, not copied.

        Returns:
            indices of the members that ended.
        """
        finite = np.isfinite(weights)
        sound = np.isfinite(losses) if monitored is losses else np.isfinite(losses) & np.isfinite(monitored)
        if len(self.active) < len(self._going) or not (finite.all() and sound.all()):
            return self._judge_each(number, sound, finite.all(axis=1), monitored, weights)
        self._epochs.fill(number)
        self._last_good = weights
        self._improve(number, monitored < self._bar, monitored, weights)
        if number in self._ends or self._is_patient:
            return self._end(number, self._going, self._going)
        return _NOBODY

    def _judge_each(
        self,
        number: int,
        sound: npt.NDArray[np.bool_],
        finite: npt.NDArray[np.bool_],
        monitored: Floats,
        weights: npt.NDArray[Any],
    ) -> npt.NDArray[np.int64]:
        """Judges members of which some are not as the others."""
        self._epochs[self.active] = number
        sound = self._going & sound
        self._last_good = np.where((sound & finite)[:, None], weights, self._last_good)
        self._improve(number, sound & (monitored < self._bar), monitored, weights)
        return self._end(number, sound, finite)

    def _improve(
        self, number: int, better: npt.NDArray[np.bool_], monitored: Floats, weights: npt.NDArray[Any]
    ) -> None:
        if better.all():
            self._best = monitored
            self._best_epoch.fill(number)
        else:
            self._best = np.where(better, monitored, self._best)
            self._best_epoch[better] = number
        self._bar = self._below_best()
        if self._best_weights is not None:
            rows = better & self._restoring
            self._best_weights[rows] = weights[rows]

    def _end(
        self, number: int, sound: npt.NDArray[np.bool_], finite: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.int64]:
        """Ends members whose last epoch this was; `sound` ones have finite losses, `finite` ones weights."""
        completed = sound & (number == self._lengths)
        stopped = sound & (number - self._best_epoch >= self._patience) & ~completed
        # Of a member that ends there is no next epoch whose loss would show that its weights are infinite.
        diverged = self._going & ~(sound & (finite | ~(completed | stopped)))
        ended = np.flatnonzero(completed | stopped | diverged)
        for index in ended.tolist():
            self._endings[index] = (
                "diverged" if diverged[index] else "completed" if completed[index] else "stopped"
            )
        if len(ended):
            self._going[ended] = False
            self.active = np.flatnonzero(self._going)
        return ended

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """All of it as arrays whose first axis is `member`; see `resume`."""
        return {
            "lengths": self._lengths,
            "epochs": self._epochs,
            "best": self._best,
            "best_epoch": self._best_epoch,
            "ending": np.array([_CODES.index(ending) for ending in self._endings], dtype=np.int8),
            "last_good": self._last_good,
        } | ({} if self._best_weights is None else {"best_weights": self._best_weights})

    def resume(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Goes on from a state. Members whose last epoch, or patience, lies further off now train on."""
        self._epochs, self._best = state["epochs"].copy(), state["best"].copy()
        self._best_epoch, self._last_good = state["best_epoch"].copy(), state["last_good"].copy()
        if self._best_weights is not None and "best_weights" in state:
            self._best_weights = state["best_weights"].copy()
        self._endings = [_CODES[code] for code in state["ending"].tolist()]
        patient = self._epochs - self._best_epoch < self._patience
        for index, ending in enumerate(self._endings):
            if ending == "completed" or (ending == "stopped" and patient[index]):
                self._endings[index] = None
            if self._endings[index] is None and self._epochs[index] >= self._lengths[index]:
                self._endings[index] = "completed"
        self._begin()

    def settled(self) -> npt.NDArray[Any]:
        """The weights (member, parameter) that each member ends with, once nothing trains any more."""
        if self._best_weights is None:
            return self._last_good
        return np.where(self._restored()[:, None], self._best_weights, self._last_good)

    def kept(self, index: int) -> int:
        """The epoch whose weights one member ends with; of a diverged one that at which it was lost."""
        return int((self._best_epoch if self._restored()[index] else self._epochs)[index])

    def _restored(self) -> npt.NDArray[np.bool_]:
        """Whether a member ends with the weights of its best epoch."""
        diverged = np.array([ending == "diverged" for ending in self._endings])
        restored: npt.NDArray[np.bool_] = self._restoring & ~diverged & (self._best_epoch > 0)
        return restored
