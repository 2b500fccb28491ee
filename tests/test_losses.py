"""Losses against torch.nn.functional, their gradients against autograd and finite differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given
from hypothesis import strategies as st

from nnrun.errors import BadInput
from nnrun.losses import Loss, losses

Oracle = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
WEIGHTS = (0.5, 2.0, 1.0, 4.0)
CLASSES = len(WEIGHTS)


def entropy(**options: Any) -> Oracle:
    def oracle(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        weight = torch.tensor(WEIGHTS, dtype=prediction.dtype) if options.get("weight") else None
        smoothing = options.get("label_smoothing", 0.0)
        return F.cross_entropy(prediction, target.argmax(-1), weight=weight, label_smoothing=smoothing)

    return oracle


CASES: list[tuple[str, dict[str, Any], Oracle]] = [
    ("mse", {}, F.mse_loss),
    ("mae", {}, F.l1_loss),
    ("half_sse", {}, lambda prediction, target: ((prediction - target) ** 2).sum() / 2),
    ("huber", {}, F.huber_loss),
    ("huber", {"delta": 0.3}, lambda prediction, target: F.huber_loss(prediction, target, delta=0.3)),
    ("cross_entropy", {}, entropy()),
    ("cross_entropy", {"label_smoothing": 0.2}, entropy(label_smoothing=0.2)),
    ("cross_entropy", {"class_weights": WEIGHTS}, entropy(weight=True)),
    (
        "cross_entropy",
        {"class_weights": WEIGHTS, "label_smoothing": 0.3},
        entropy(weight=True, label_smoothing=0.3),
    ),
]
all_cases = pytest.mark.parametrize(("name", "settings", "oracle"), CASES)
DIFFERING: dict[str, Any] = {
    "delta": np.array([0.3, 1.0, 2.5]),
    "label_smoothing": np.array([0.0, 0.2, 0.7]),
    "class_weights": np.array([WEIGHTS, WEIGHTS[::-1], [1.0] * CLASSES]),
}


def build(name: str, dtype: Any = np.float64, **settings: Any) -> Loss:
    return losses.build(name, lambda numbers: np.asarray(numbers, dtype=dtype), **settings)


def build_for_tensors(name: str, **settings: Any) -> Loss:
    return losses.build(name, lambda numbers: torch.as_tensor(numbers, dtype=torch.float64), **settings)


def numbers_for(loss: Loss, members: int = 3, batch: int = 13, seed: int = 0) -> tuple[Any, Any]:
    """Predictions, and targets of which one in four is met exactly."""
    rng = np.random.default_rng(seed)
    if loss.task == "classification":
        labels = rng.integers(0, CLASSES, (members, batch))
        return rng.normal(size=(members, batch, CLASSES)) * 3, np.eye(CLASSES)[labels]
    prediction = rng.normal(size=(members, batch, 2))
    miss = rng.normal(size=prediction.shape) * (rng.random(prediction.shape) > 0.25)
    return prediction, prediction - miss


def test_every_loss_is_compared_with_torch() -> None:
    assert {name for name, _, _ in CASES} == set(losses)


@pytest.mark.parametrize("name", list(losses))
def test_a_loss_knows_its_name(name: str) -> None:
    assert build(name).name == name


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@all_cases
def test_values_are_those_of_torch(name: str, settings: dict[str, Any], oracle: Oracle, dtype: Any) -> None:
    loss = build(name, dtype, **settings)
    prediction, target = (numbers.astype(dtype) for numbers in numbers_for(loss))
    values = loss.value(prediction, target)
    wanted = [oracle(*map(torch.tensor, pair)).item() for pair in zip(prediction, target, strict=True)]
    assert values.dtype == dtype
    np.testing.assert_allclose(values, wanted, rtol=1e-12 if dtype == np.float64 else 1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@all_cases
def test_gradients_are_those_of_autograd(
    name: str, settings: dict[str, Any], oracle: Oracle, dtype: Any
) -> None:
    loss = build(name, dtype, **settings)
    prediction, target = (numbers.astype(dtype) for numbers in numbers_for(loss))
    variable = torch.tensor(prediction, requires_grad=True)
    goal = torch.tensor(target)
    sum(oracle(variable[member], goal[member]) for member in range(3)).backward()
    gradient = loss.gradient(prediction, target)
    assert gradient.dtype == dtype
    tolerance = 1e-12 if dtype == np.float64 else 1e-6
    np.testing.assert_allclose(gradient, variable.grad, rtol=tolerance, atol=tolerance)


@all_cases
def test_torch_differentiates_a_value_to_the_same_gradient(
    name: str, settings: dict[str, Any], oracle: Oracle
) -> None:
    loss, tensor_loss = build(name, **settings), build_for_tensors(name, **settings)
    prediction, target = numbers_for(loss)
    variable, goal = torch.tensor(prediction, requires_grad=True), torch.tensor(target)
    values = tensor_loss.value(variable, goal)
    (gradient,) = torch.autograd.grad(values.sum(), variable)
    np.testing.assert_allclose(values.detach(), loss.value(prediction, target), rtol=1e-12)
    np.testing.assert_allclose(gradient, loss.gradient(prediction, target), rtol=1e-11, atol=1e-14)
    with torch.no_grad():
        np.testing.assert_allclose(tensor_loss.gradient(variable, goal), gradient, rtol=1e-11, atol=1e-14)


@all_cases
def test_gradients_agree_with_finite_differences(name: str, settings: dict[str, Any], oracle: Oracle) -> None:
    loss = build(name, **settings)
    prediction, target = numbers_for(loss, members=1, batch=3, seed=4)
    prediction = prediction + 0.01
    step = 1e-6
    for place in np.ndindex(prediction.shape):
        above, below = prediction.copy(), prediction.copy()
        above[place] += step
        below[place] -= step
        slope = (loss.value(above, target) - loss.value(below, target)) / (2 * step)
        assert loss.gradient(prediction, target)[place] == pytest.approx(slope.item(), abs=1e-8)


@pytest.mark.parametrize("name", list(losses))
def test_all_members_may_share_one_target(name: str) -> None:
    loss = build(name)
    prediction, target = numbers_for(loss)
    shared = target[:1]
    repeated = np.repeat(shared, 3, axis=0)
    np.testing.assert_array_equal(loss.value(prediction, shared), loss.value(prediction, repeated))
    np.testing.assert_array_equal(loss.gradient(prediction, shared), loss.gradient(prediction, repeated))


def settings_of_all(name: str) -> list[dict[str, Any]]:
    known = {key: DIFFERING[key] for key in losses[name].parameters}
    return [known, *({key: value} for key, value in known.items())]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", list(losses))
@given(batch=st.integers(1, 40), seed=st.integers(0, 2**32 - 1))
def test_a_member_gets_the_same_bits_as_alone(name: str, dtype: Any, batch: int, seed: int) -> None:
    for settings in settings_of_all(name):
        together = build(name, dtype, **settings)
        arrays = [numbers.astype(dtype) for numbers in numbers_for(together, batch=batch, seed=seed)]
        for member in range(3):
            own = {key: value[member].tolist() for key, value in settings.items()}
            alone = build(name, dtype, **own)
            mine = [numbers[member : member + 1] for numbers in arrays]
            for whole, single in (
                (together.value(*arrays), alone.value(*mine)),
                (together.gradient(*arrays), alone.gradient(*mine)),
            ):
                assert whole[member].tobytes() == single[0].tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_of_huge_logits_is_exact(dtype: Any) -> None:
    loss = build("cross_entropy", dtype)
    logits = np.array([[[1e4, -1e4], [-1e4, 1e4]]], dtype=dtype)
    target = np.array([[[1, 0], [1, 0]]], dtype=dtype)
    assert loss.value(logits, target).tolist() == [1e4]
    assert loss.gradient(logits, target).tolist() == [[[0.0, 0.0], [-0.5, 0.5]]]


def test_the_gradient_of_mae_is_zero_where_the_prediction_is_right() -> None:
    same = np.ones((1, 4, 1))
    assert not build("mae").gradient(same, same).any()


def test_overflow_gives_an_infinite_loss_not_an_error() -> None:
    huge = np.full((1, 3, 1), 1e30, dtype=np.float32)
    with np.errstate(over="ignore"):
        for name in ("mse", "half_sse"):
            assert np.isposinf(build(name, np.float32).value(huge, -huge)).all()


def test_class_weights_of_another_number_are_refused() -> None:
    loss = build("cross_entropy", class_weights=(1.0, 2.0))
    prediction, target = numbers_for(loss)
    with pytest.raises(BadInput, match="class_weights has 2 numbers for 4 classes"):
        loss.value(prediction, target)


@pytest.mark.parametrize("name", list(losses))
def test_every_setting_may_differ_between_members(name: str) -> None:
    assert all(parameter.per_member for parameter in losses[name].parameters.values())


@pytest.mark.parametrize("name", list(losses))
def test_arguments_are_left_as_they_were(name: str) -> None:
    loss = build(name)
    arrays = numbers_for(loss)
    copies = [numbers.copy() for numbers in arrays]
    loss.value(*arrays)
    loss.gradient(*arrays)
    for before, after in zip(copies, arrays, strict=True):
        np.testing.assert_array_equal(before, after)
