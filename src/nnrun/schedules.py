"""The schedules: what factor the learning rate has in each epoch."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nnrun.registry import Registry
from nnrun.schema import LARGEST_INTEGER, Bounds, EachFraction, EachPositive

EachCount = Annotated[int | npt.NDArray[Any], Bounds(least=1, most=LARGEST_INTEGER)]
EachWhole = Annotated[int | npt.NDArray[Any], Bounds(least=0, most=LARGEST_INTEGER)]
Epochs: TypeAlias = int | npt.NDArray[Any]
"""How many epochs a run has: one number, or one per member."""


@dataclass(frozen=True)
class Schedule:
    """How the learning rate changes from epoch to epoch.

    Attributes:
        factor: takes the epoch, counted from 0, and returns what `lr` is multiplied by, float64 of shape
            (member, 1); (1, 1) where all members have the same settings.

    During the first `warmup` epochs of every schedule the factor is (epoch + 1) / warmup; the formulas of the
    schedules hold afterwards, t being the epoch counted from the end of the warm-up.
    """

    factor: Callable[[int], npt.NDArray[np.float64]]


schedules: Registry[Schedule] = Registry("schedule")
register = schedules.register


def _schedule(formula: Callable[..., float], warmup: EachWhole, *settings: Any) -> Schedule:
    """`formula(t, *settings)` after the warm-up.

    Members are computed one by one in Python's own arithmetic: NumPy's powers and cosines may differ in the
    last bit between one number and a row of them, and a member must not depend on its neighbours.
    """
    columns = np.broadcast_arrays(*(np.atleast_1d(setting) for setting in (warmup, *settings)))
    members = list(zip(*(column.tolist() for column in columns), strict=True))
    if len(set(members)) == 1:
        members = members[:1]

    def factor(epoch: int) -> npt.NDArray[np.float64]:
        return np.array(
            [[(epoch + 1) / warm if epoch < warm else formula(epoch - warm, *own)] for warm, *own in members],
            dtype=np.float64,
        )

    return Schedule(factor)


def _power(base: float, exponent: float) -> float:
    try:
        return float(base**exponent)
    except OverflowError:
        return math.inf


@schedules.register
def constant(_epochs: Epochs, *, warmup: EachWhole = 0) -> Schedule:
    """The same rate throughout: factor 1."""
    return _schedule(lambda _: 1.0, warmup)


@schedules.register
def step(
    _epochs: Epochs, *, warmup: EachWhole = 0, every: EachCount = 30, gamma: EachPositive = 0.1
) -> Schedule:
    """A staircase: factor gamma^floor(t / every), as `torch.optim.lr_scheduler.StepLR`."""
    return _schedule(lambda t, length, base: _power(base, t // length), warmup, every, gamma)


@schedules.register
def exponential(_epochs: Epochs, *, warmup: EachWhole = 0, gamma: EachPositive = 0.95) -> Schedule:
    """A fixed ratio from epoch to epoch: factor gamma^t; with gamma > 1 it tries growing rates."""
    return _schedule(lambda t, base: _power(base, t), warmup, gamma)


@schedules.register
def cosine(epochs: Epochs, *, warmup: EachWhole = 0, final_factor: EachFraction = 0.0) -> Schedule:
    """Half a cosine from 1 to `final_factor`: f + (1 - f) (1 + cos(pi t / T)) / 2, f being `final_factor`.

    T = epochs - warmup, so that f is what an epoch after the last would have (Loshchilov and Hutter,
    ICLR 2017, as `torch.optim.lr_scheduler.CosineAnnealingLR` with T_max = T).
    """

    def formula(t: float, length: float, final: float) -> float:
        return final + (1 - final) * (1 + math.cos(math.pi * min(t / length, 1.0))) / 2

    return _schedule(formula, warmup, np.maximum(np.subtract(epochs, warmup), 1), final_factor)
