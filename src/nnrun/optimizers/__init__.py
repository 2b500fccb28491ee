"""Optimizers that a configuration can pick; each factory returns an `Optimizer`."""

from __future__ import annotations

from nnrun.optimizers import formulas, of_torch
from nnrun.optimizers.optimizer import Optimizer, State, build, optimizers, register

__all__ = ["Optimizer", "State", "build", "formulas", "of_torch", "optimizers", "register"]
