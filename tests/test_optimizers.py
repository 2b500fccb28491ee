"""Optimizers against torch.optim, alone and in populations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from nnrun.optimizers import optimizers

STEPS = 50
PARAMETERS = 7
DTYPES = [np.float32, np.float64]

# Per optimizer: settings under nnrun's names, beside the same under torch's.
OWN = [name for name in optimizers if name != "torch"]
"""Written here, and not taken from torch."""

CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("sgd", {"lr": 0.05}, {}),
    ("sgd", {"lr": 0.05, "momentum": 0.9}, {}),
    ("sgd", {"lr": 0.05, "momentum": 0.8, "nesterov": True}, {}),
    ("sgd", {"lr": 0.05, "weight_decay": 0.1}, {}),
    ("sgd", {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1}, {}),
    ("adam", {}, {}),
    ("adam", {"lr": 0.1, "weight_decay": 0.2}, {}),
    ("adam", {"lr": 0.1, "beta1": 0.5, "beta2": 0.9, "eps": 1e-3}, {"betas": (0.5, 0.9)}),
    ("adam", {"lr": 0.1, "beta1": 0.0, "beta2": 0.0}, {"betas": (0.0, 0.0)}),
    ("adamw", {}, {}),
    ("adamw", {"lr": 0.1, "weight_decay": 0.5}, {}),
    ("adamw", {"lr": 0.1, "weight_decay": 0.0, "beta1": 0.7, "eps": 1e-4}, {"betas": (0.7, 0.999)}),
    ("rmsprop", {}, {}),
    ("rmsprop", {"lr": 0.02, "alpha": 0.5, "eps": 1e-3, "weight_decay": 0.1}, {}),
    ("rmsprop", {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.1}, {}),
    ("adagrad", {}, {}),
    ("adagrad", {"lr": 0.3, "eps": 1e-3, "weight_decay": 0.1}, {}),
]
TORCH = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad,
}
DIFFERING: dict[str, Any] = {
    "lr": np.array([0.01, 0.3, 0.02]),
    "momentum": np.array([0.0, 0.9, 0.5]),
    "weight_decay": np.array([0.1, 0.0, 0.03]),
    "beta1": np.array([0.9, 0.0, 0.8]),
    "beta2": np.array([0.999, 0.9, 0.0]),
    "eps": np.array([1e-8, 1e-3, 1e-6]),
    "alpha": np.array([0.99, 0.0, 0.5]),
}


def gradient_at(parameters: Any, step: int) -> Any:
    """That of a bowl whose centre moves: every step has another gradient."""
    return 2 * parameters - 0.1 * step / (1 + abs(parameters))


def start(members: int, dtype: Any) -> Any:
    return np.random.default_rng(1).normal(size=(members, PARAMETERS)).astype(dtype)


def train(name: str, parameters: Any, settings: dict[str, Any], steps: int = STEPS) -> Any:
    """Weights after some steps with a falling rate; NumPy arrays in, NumPy arrays out."""
    dtype = parameters.dtype

    def cast(numbers: Any) -> Any:
        return np.asarray(numbers, dtype=dtype)

    optimizer = optimizers.build(name, cast, **settings)
    parameters = parameters.copy()
    state = {slot: np.zeros_like(parameters) for slot in optimizer.slots}
    for step in range(1, steps + 1):
        rate = cast(np.broadcast_to(optimizer.lr * 0.99**step, (len(parameters), 1)))
        optimizer.update(parameters, gradient_at(parameters, step), state, step, rate)
    return parameters


def train_with_torch(name: str, parameters: Any, settings: dict[str, Any]) -> Any:
    weights = torch.tensor(parameters, requires_grad=True)
    known = {key: value for key, value in settings.items() if key not in ("beta1", "beta2")}
    optimizer = TORCH[name]([weights], **known)
    rate = optimizer.param_groups[0]["lr"]
    for step in range(1, STEPS + 1):
        optimizer.param_groups[0]["lr"] = rate * 0.99**step
        weights.grad = gradient_at(weights.detach(), step)
        optimizer.step()
    return weights.detach().numpy()


def test_every_optimizer_is_compared_with_torch() -> None:
    assert {name for name, _, _ in CASES} == set(OWN) == set(TORCH)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "settings", "torch_only"), CASES)
def test_weights_follow_those_of_torch(
    name: str, settings: dict[str, Any], torch_only: dict[str, Any], dtype: Any
) -> None:
    ours = train(name, start(1, dtype), settings)
    theirs = train_with_torch(name, start(1, dtype), {**settings, **torch_only})
    assert ours.dtype == dtype
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", OWN)
def test_the_defaults_are_those_of_torch(name: str) -> None:
    parameters = optimizers[name].parameters
    defaults = {key: parameter.default for key, parameter in parameters.items()}
    if "beta1" in defaults:
        defaults["betas"] = (defaults.pop("beta1"), defaults.pop("beta2"))
    if name == "sgd":
        defaults.pop("lr")  # ours suits the bare default; torch's differs from version to version
    theirs = TORCH[name]([torch.zeros(1, requires_grad=True)], **({"lr": 0.01} if name == "sgd" else {}))
    assert defaults == {key: theirs.defaults[key] for key in defaults}


@pytest.mark.parametrize("name", OWN)
def test_every_number_may_differ_between_members(name: str) -> None:
    for parameter in optimizers[name].parameters.values():
        assert parameter.per_member == (parameter.kind is float)


def settings_of_all(name: str) -> list[dict[str, Any]]:
    """Every number differing at once, then one at a time, then with Nesterov's rule where there is one."""
    numbers = [key for key in optimizers[name].parameters if key in DIFFERING]
    everything = {key: DIFFERING[key] for key in numbers}
    cases = [everything, *({key: DIFFERING[key]} for key in numbers)]
    if "nesterov" in optimizers[name].parameters:
        cases.append({**everything, "nesterov": True})
    return cases


def own(settings: dict[str, Any], member: int) -> dict[str, Any]:
    return {
        key: float(value[member]) if isinstance(value, np.ndarray) else value
        for key, value in settings.items()
    }


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("name", "settings"), [(name, case) for name in OWN for case in settings_of_all(name)]
)
def test_a_member_gets_the_same_bits_as_alone(name: str, settings: dict[str, Any], dtype: Any) -> None:
    parameters = start(3, dtype)
    together = train(name, parameters, settings)
    for member in range(3):
        alone = train(name, parameters[member : member + 1], own(settings, member))
        assert together[member].tobytes() == alone[0].tobytes()


@pytest.mark.parametrize("name", ["sgd", "rmsprop"])
def test_an_overflowed_member_without_momentum_or_decay_ends_as_it_would_alone(name: str) -> None:
    settings = {"momentum": np.array([0.0, 0.5]), "weight_decay": np.array([0.0, 0.1])}
    parameters = np.full((2, PARAMETERS), np.inf)

    def step_twice(some: Any, options: dict[str, Any]) -> Any:
        optimizer = optimizers.build(name, np.asarray, lr=0.1, **options)
        some = some.copy()
        state = {slot: np.full_like(some, np.inf) for slot in optimizer.slots}
        with np.errstate(invalid="ignore"):
            for step in (1, 2):
                optimizer.update(some, np.ones_like(some), state, step, np.full((len(some), 1), 0.1))
        return some

    together, alone = step_twice(parameters, settings), step_twice(parameters[:1], own(settings, 0))
    assert np.isposinf(alone).all()
    np.testing.assert_array_equal(together[0], alone[0])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", OWN)
def test_tensors_are_updated_as_arrays_are(name: str, dtype: torch.dtype) -> None:
    settings = settings_of_all(name)[-1]
    members = start(3, np.float64)
    optimizer = optimizers.build(name, lambda numbers: torch.as_tensor(numbers, dtype=dtype), **settings)
    weights = torch.tensor(members, dtype=dtype)
    state = {slot: torch.zeros_like(weights) for slot in optimizer.slots}
    for step in range(1, STEPS + 1):
        rate = torch.as_tensor(optimizer.lr * 0.99**step, dtype=dtype).expand(3, 1)
        optimizer.update(weights, gradient_at(weights, step), state, step, rate)
    tolerance = 1e-12 if dtype == torch.float64 else 1e-5
    np.testing.assert_allclose(weights, train(name, members, settings), rtol=tolerance, atol=tolerance)


def test_momentum_is_remembered_only_where_a_member_has_some() -> None:
    assert optimizers.build("sgd", np.asarray).slots == ()
    assert optimizers.build("sgd", np.asarray, momentum=np.array([0.0, 0.9])).slots == ("velocity",)
    assert optimizers.build("rmsprop", np.asarray).slots == ("square",)


def test_a_rate_of_zero_leaves_the_weights_alone() -> None:
    for name in OWN:
        parameters = start(2, np.float32)
        np.testing.assert_array_equal(train(name, parameters, {"lr": 0.0}), parameters)


def test_the_learning_rate_is_a_column_of_float64() -> None:
    optimizer = optimizers.build("sgd", np.asarray, lr=np.array([0.1, 0.2]))
    assert optimizer.lr.shape == (2, 1)
    assert optimizer.lr.dtype == np.float64


def test_small_coefficients_are_rounded_once() -> None:
    one = np.ones((1, 1), dtype=np.float32)
    optimizer = optimizers.build("adam", lambda numbers: np.asarray(numbers, dtype=np.float32), beta2=0.999)
    state = {slot: np.zeros_like(one) for slot in optimizer.slots}
    optimizer.update(one.copy(), one.copy(), state, 1, one)
    assert state["square"].item() == np.float32(1 - 0.999) != np.float32(1) - np.float32(0.999)
