"""Schedules against torch.optim.lr_scheduler, alone and in populations."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from nnrun.schedules import schedules

EPOCHS = 24
Main = Callable[[torch.optim.Optimizer, int], lr_scheduler.LRScheduler]

CASES: list[tuple[str, dict[str, Any], Main]] = [
    ("constant", {}, lambda optimizer, _: lr_scheduler.ConstantLR(optimizer, factor=1.0)),
    (
        "step",
        {"every": 5, "gamma": 0.3},
        lambda optimizer, _: lr_scheduler.StepLR(optimizer, step_size=5, gamma=0.3),
    ),
    ("exponential", {"gamma": 0.8}, lambda optimizer, _: lr_scheduler.ExponentialLR(optimizer, gamma=0.8)),
    ("cosine", {}, lambda optimizer, length: lr_scheduler.CosineAnnealingLR(optimizer, T_max=length)),
    (
        "cosine",
        {"final_factor": 0.25},
        lambda optimizer, length: lr_scheduler.CosineAnnealingLR(optimizer, T_max=length, eta_min=0.25),
    ),
]


def factors_of_torch(main: Main, warmup: int) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, dtype=torch.float64)], lr=1.0)
    scheduler = main(optimizer, EPOCHS - warmup)
    if warmup:
        optimizer = torch.optim.SGD([torch.zeros(1, dtype=torch.float64)], lr=1.0)
        rising = lr_scheduler.LinearLR(optimizer, start_factor=1 / warmup, total_iters=max(warmup - 1, 1))
        scheduler = lr_scheduler.SequentialLR(
            optimizer, [rising, main(optimizer, EPOCHS - warmup)], milestones=[warmup]
        )
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(EPOCHS):
            found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
    return found


def test_every_schedule_is_compared_with_torch() -> None:
    assert {name for name, _, _ in CASES} == set(schedules)


@pytest.mark.filterwarnings("ignore:The epoch parameter")
@pytest.mark.parametrize("warmup", [0, 1, 2, 7])
@pytest.mark.parametrize(("name", "settings", "main"), CASES)
def test_factors_are_those_of_torch(name: str, settings: dict[str, Any], main: Main, warmup: int) -> None:
    schedule = schedules.build(name, EPOCHS, warmup=warmup, **settings)
    ours = [schedule.factor(epoch).item() for epoch in range(EPOCHS)]
    np.testing.assert_allclose(ours, factors_of_torch(main, warmup), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", list(schedules))
def test_a_warm_up_rises_linearly_to_the_full_rate(name: str) -> None:
    schedule = schedules.build(name, 10, warmup=4)
    assert [schedule.factor(epoch).item() for epoch in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]


@pytest.mark.parametrize("name", list(schedules))
def test_a_member_gets_the_same_factors_as_alone(name: str) -> None:
    differing: dict[str, Any] = {
        "warmup": np.array([0, 3, 5]),
        "every": np.array([2, 3, 30]),
        "gamma": np.array([0.9, 0.37, 1.1]),
        "final_factor": np.array([0.0, 0.123, 0.5]),
    }
    settings = {key: differing[key] for key in schedules[name].parameters}
    epochs = np.array([10, 20, 30])
    together = schedules.build(name, epochs, **settings)
    for member in range(3):
        own = {key: value[member].item() for key, value in settings.items()}
        alone = schedules.build(name, int(epochs[member]), **own)
        for epoch in range(int(epochs[member])):
            assert together.factor(epoch)[member].tobytes() == alone.factor(epoch)[0].tobytes()


@pytest.mark.parametrize("name", list(schedules))
def test_a_factor_is_a_column_of_float64(name: str) -> None:
    alone = schedules.build(name, 10).factor(3)
    together = schedules.build(name, 10, warmup=np.array([0, 9])).factor(3)
    assert (alone.shape, together.shape) == ((1, 1), (2, 1))
    assert alone.dtype == together.dtype == np.float64


@pytest.mark.parametrize("name", list(schedules))
def test_every_number_may_differ_between_members(name: str) -> None:
    assert all(parameter.per_member for parameter in schedules[name].parameters.values())


def test_a_warm_up_longer_than_the_run_only_rises() -> None:
    schedule = schedules.build("cosine", 4, warmup=10)
    assert [schedule.factor(epoch).item() for epoch in range(4)] == [0.1, 0.2, 0.3, 0.4]


def test_a_cosine_stays_at_its_end_after_the_planned_epochs() -> None:
    schedule = schedules.build("cosine", 4, final_factor=0.5)
    assert schedule.factor(4).item() == schedule.factor(9).item() == 0.5


def test_a_rate_that_grows_for_ever_becomes_infinite_without_an_error() -> None:
    assert schedules.build("exponential", 10**4, gamma=10.0).factor(5000).item() == math.inf
