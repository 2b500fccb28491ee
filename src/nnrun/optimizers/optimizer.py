"""What an optimizer is, and the registry of those that a configuration can pick."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nnrun.arrays import Array
from nnrun.registry import Registry
from nnrun.schema import PerMember

State: TypeAlias = Mapping[str, Array]
Update: TypeAlias = Callable[[Array, Array, State, int, Array], None]
"""`update(parameters, gradient, state, step, rate)`; see `Optimizer`."""


@dataclass(frozen=True)
class Optimizer:
    """How weights follow their gradient.

    Attributes:
        lr: learning rates, float64, shape (member, 1); (1, 1) where one number was given.
        slots: names of the arrays that `update` keeps between steps: shaped as the parameters, zero at first.
        update: one step, in place. Takes the parameters and their gradient, both of shape
            (member, parameter), the arrays of `slots` by name, the number of this step counted from 1, and
            the rate of this step, (member, 1) in the run's dtype: `lr` times the schedule's factor. The
            gradient is used as scratch space and holds nothing of meaning afterwards.
    """

    lr: npt.NDArray[np.float64]
    slots: tuple[str, ...]
    update: Update


optimizers: Registry[Optimizer] = Registry("optim")
register = optimizers.register
build = optimizers.build


def column(number: PerMember) -> npt.NDArray[np.float64]:
    """A number for all members, or one for each, as float64 of shape (1, 1) or (member, 1)."""
    return np.asarray(number, dtype=np.float64).reshape(-1, 1)
