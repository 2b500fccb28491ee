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
        active: whether a member still trains, (member,).
    """

    def __init__(self, specs: Sequence[Spec], weights: npt.NDArray[Any]) -> None:
        stopping = [spec.early_stopping for spec in specs]
        count = len(specs)
        self._lengths = np.array([spec.epochs for spec in specs])
        self._threshold = np.array([stop.threshold for stop in stopping])
        self._patience = np.array(
            [np.inf if stop.patience is None else stop.patience for stop in stopping], dtype=np.float64
        )
        self._restoring = np.array([stop.patience is not None and stop.restore_best for stop in stopping])
        self._epochs = np.zeros(count, dtype=np.int64)
        self._best = np.full(count, np.inf)
        self._best_epoch = np.zeros(count, dtype=np.int64)
        self._best_weights = weights.copy() if self._restoring.any() else None
        self._last_good = weights
        self._endings: list[Ending | None] = [None if spec.epochs else "completed" for spec in specs]
        self.active = self._lengths > 0

    def member(self, index: int) -> Member:
        """One member's."""
        return Member(
            int(self._epochs[index]),
            self._endings[index],
            float(self._best[index]),
            int(self._best_epoch[index]),
        )

    def judge(self, number: int, losses: Floats, monitored: Floats, weights: npt.NDArray[Any]) -> None:
        """Takes an epoch into account: progress, best, and which members ended with it.

        Args:
            number: of the epoch, from 1.
            losses: of training (member,).
            monitored: the loss that early stopping watches (member,).
            weights: after the epoch (member, parameter); kept, not copied.
        """
        self._epochs[self.active] = number
        lost = self.active & ~(np.isfinite(losses) & np.isfinite(monitored))
        going = self.active & ~lost
        finite = np.isfinite(weights).all(axis=1)
        good = going & finite
        self._last_good = weights if good.all() else np.where(good[:, None], weights, self._last_good)
        self._improve(number, going, monitored, weights)
        completed = going & (number == self._lengths)
        stopped = going & (number - self._best_epoch >= self._patience) & ~completed
        # Of a member that ends there is no next epoch whose loss would show that its weights are infinite.
        exploded = (completed | stopped) & ~finite
        self._end(lost | exploded, "diverged")
        self._end(completed & ~exploded, "completed")
        self._end(stopped & ~exploded, "stopped")

    def _improve(
        self, number: int, going: npt.NDArray[np.bool_], monitored: Floats, weights: npt.NDArray[Any]
    ) -> None:
        lower = monitored < self._best - self._threshold * np.abs(self._best)
        better = going & (lower | (self._best_epoch == 0))
        self._best = np.where(better, monitored, self._best)
        self._best_epoch[better] = number
        if self._best_weights is not None:
            rows = better & self._restoring
            self._best_weights[rows] = weights[rows]

    def _end(self, which: npt.NDArray[np.bool_], ending: Ending) -> None:
        for index in np.flatnonzero(which):
            self._endings[index] = ending
        self.active &= ~which

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
        self.active = np.array([ending is None for ending in self._endings])

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
