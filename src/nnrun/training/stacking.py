"""Specs of equal shape as one set of parts: the numbers in which members differ become arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnrun.arrays import Cast
from nnrun.losses import losses
from nnrun.models import Network
from nnrun.optimizers import optimizers
from nnrun.registry import Registry
from nnrun.schedules import Schedule, schedules
from nnrun.spec import Choice, Spec
from nnrun.training.engine import Parts


def stacked_options(registry: Registry[Any], choices: Sequence[Choice]) -> Mapping[str, Any]:
    """Options of one entry for all members: what may differ as float64 arrays, one value per member."""
    first = choices[0]
    parameters = registry[first.name].parameters
    return {
        key: np.array([choice.options[key] for choice in choices], dtype=np.float64)
        if parameters[key].per_member and value is not None
        else value
        for key, value in first.options.items()
    }


def parts(specs: Sequence[Spec], network: Network, cast: Cast) -> Parts:
    """Loss, optimizer and clipping for the members that `specs` describe."""
    limits = [np.inf if spec.clip_norm is None else spec.clip_norm for spec in specs]
    loss, optim = [spec.loss for spec in specs], [spec.optim for spec in specs]
    return Parts(
        network=network,
        loss=losses.build(loss[0].name, cast, **stacked_options(losses, loss)),
        optimizer=optimizers.build(optim[0].name, cast, **stacked_options(optimizers, optim)),
        clip_norm=cast(np.reshape(limits, (-1, 1))) if np.isfinite(limits).any() else None,
        seeds=tuple(spec.seed for spec in specs),
    )


def schedule(specs: Sequence[Spec]) -> Schedule:
    """The members' schedules as one."""
    epochs = np.array([spec.epochs for spec in specs], dtype=np.float64)
    choices = [spec.schedule for spec in specs]
    return schedules.build(choices[0].name, epochs, **stacked_options(schedules, choices))
