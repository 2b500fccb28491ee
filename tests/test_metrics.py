"""Metrics against closed forms, alone and in populations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnrun.metrics import Metric, metrics


def numbers_for(metric: Metric, members: int, samples: int, out: int, seed: int = 0) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    prediction = rng.normal(size=(members, samples, out))
    if metric.task == "classification":
        return prediction, np.eye(out)[rng.integers(0, out, (members, samples))]
    return prediction, rng.normal(size=prediction.shape) + 2


@pytest.mark.parametrize("name", list(metrics))
def test_a_metric_knows_its_name(name: str) -> None:
    assert metrics.build(name).name == name


def test_only_the_error_is_better_when_small() -> None:
    assert {name: metrics.build(name).greater_is_better for name in metrics} == {
        "mae": False,
        "r2": True,
        "accuracy": True,
    }


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", list(metrics))
@given(samples=st.integers(2, 50), out=st.integers(1, 4), seed=st.integers(0, 2**32 - 1))
def test_a_member_gets_the_same_bits_as_alone(
    name: str, dtype: Any, samples: int, out: int, seed: int
) -> None:
    metric = metrics.build(name)
    prediction, target = (array.astype(dtype) for array in numbers_for(metric, 3, samples, out, seed))
    together = metric.value(prediction, target)
    assert together.shape == (3,)
    assert together.dtype == np.float64
    for member in range(3):
        alone = metric.value(prediction[member : member + 1], target[member : member + 1])
        assert together[member].tobytes() == alone[0].tobytes()


@pytest.mark.parametrize("name", list(metrics))
def test_all_members_may_share_one_target(name: str) -> None:
    metric = metrics.build(name)
    prediction, target = numbers_for(metric, 3, 20, 2)
    shared = metric.value(prediction, target[:1])
    np.testing.assert_array_equal(shared, metric.value(prediction, np.repeat(target[:1], 3, axis=0)))


@pytest.mark.parametrize("name", list(metrics))
def test_a_prepared_target_serves_many_predictions(name: str) -> None:
    metric = metrics.build(name)
    prediction, target = numbers_for(metric, 2, 20, 3)
    measure = metric.against(target)
    for guess in (prediction, prediction * 2, -prediction):
        np.testing.assert_array_equal(measure(guess), metric.value(guess, target))


def test_mae_is_the_mean_distance() -> None:
    prediction = np.array([[[1.0], [2.0]], [[0.0], [0.0]]])
    target = np.array([[[0.0], [4.0]]])
    assert metrics.build("mae").value(prediction, target).tolist() == [1.5, 2.0]


def test_r2_is_one_for_the_target_and_zero_for_its_mean() -> None:
    target = np.array([[[1.0, 10.0], [2.0, 20.0], [6.0, 0.0]]])
    mean = np.broadcast_to(target.mean(axis=1, keepdims=True), target.shape)
    r2 = metrics.build("r2")
    assert r2.value(target, target).tolist() == [1.0]
    assert r2.value(mean, target).tolist() == [0.0]


def test_r2_of_a_straight_line_is_the_squared_correlation() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=200)
    y = 2 * x + rng.normal(size=200)
    line = np.polyval(np.polyfit(x, y, 1), x)
    value = metrics.build("r2").value(line.reshape(1, -1, 1), y.reshape(1, -1, 1))
    assert value.item() == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2, abs=1e-12)


def test_r2_pools_all_outputs() -> None:
    rng = np.random.default_rng(4)
    prediction, target = rng.normal(size=(2, 1, 30, 2))
    target = target * [1.0, 5.0]
    errors = ((prediction - target) ** 2).sum()
    variation = target[0].var(axis=0).sum() * 30
    value = metrics.build("r2").value(prediction, target)
    assert value.item() == pytest.approx(1 - errors / variation, rel=1e-12)


@pytest.mark.parametrize("constant", [0.0, 0.1])
def test_r2_of_a_constant_target_is_not_a_number(constant: float) -> None:
    target = np.full((1, 7, 1), constant)
    assert np.isnan(metrics.build("r2").value(target + 1, target)).all()


def test_r2_of_float32_numbers_far_from_zero_is_computed_in_float64() -> None:
    target = (np.arange(100.0).reshape(1, -1, 1) + 1e6).astype(np.float32)
    expected = 1 - 100 / (np.arange(100.0).var() * 100)
    assert metrics.build("r2").value(target + np.float32(1), target).item() == pytest.approx(expected)


def test_accuracy_counts_right_classes() -> None:
    prediction = np.array([[[0.1, 2.0], [3.0, 1.0], [0.0, 1.0], [5.0, 0.0]]])
    target = np.eye(2)[[[1, 0, 0, 0]]]
    assert metrics.build("accuracy").value(prediction, target).tolist() == [0.75]
