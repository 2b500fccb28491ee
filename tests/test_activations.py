"""Activation functions against torch, their derivatives against autograd."""

from __future__ import annotations

import math
import typing
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given
from hypothesis import strategies as st

from nnrun.models.activations import ActivationName, activations
from nnrun.models.erf import erfc

EXTREMES = [-1e4, -1e3, -100.0, -30.0, -6.0, -1.0, -0.0, 0.0, 1.0, 6.0, 20.0, 30.0, 100.0, 1e3, 1e4]
TINY = [1e-38, -1e-38, 1e-30, -1e-30, 1e-10, -1e-10]
DTYPES = [np.float32, np.float64]
all_activations = pytest.mark.parametrize("name", list(activations))


def inputs(dtype: Any) -> Any:
    return np.concatenate([EXTREMES, TINY, np.linspace(-12, 12, 481)]).astype(dtype)


def by_torch(name: str, x: torch.Tensor) -> torch.Tensor:
    if name == "identity":
        return x * 1
    if name == "sine":
        return torch.sin(x)
    return getattr(F, name)(x)


def test_names_are_those_that_a_configuration_may_give() -> None:
    assert typing.get_args(ActivationName) == tuple(activations)
    assert all(activation.name == name for name, activation in activations.items())


@pytest.mark.parametrize("dtype", DTYPES)
@all_activations
def test_values_are_those_of_torch(name: str, dtype: Any) -> None:
    x = inputs(dtype)
    y = activations[name].value(x)
    assert y.dtype == dtype
    # torch computes softplus as x itself beyond 20, which leaves out e^-20.
    tolerance = 3e-9 if name == "softplus" and dtype == np.float64 else 1e-14
    tolerance = 1e-6 if dtype == np.float32 else tolerance
    np.testing.assert_allclose(y, by_torch(name, torch.tensor(x)), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", DTYPES)
@all_activations
def test_derivatives_are_those_of_autograd(name: str, dtype: Any) -> None:
    x = inputs(dtype)
    variable = torch.tensor(x, requires_grad=True)
    by_torch(name, variable).sum().backward()
    derivative = activations[name].derivative(x, activations[name].value(x))
    assert derivative.dtype == dtype
    tolerance = 3e-9 if name == "softplus" and dtype == np.float64 else 1e-13
    tolerance = 3e-6 if dtype == np.float32 else tolerance
    np.testing.assert_allclose(derivative, variable.grad, rtol=tolerance, atol=tolerance)


@all_activations
def test_tensors_are_given_to_torch(name: str) -> None:
    x = torch.tensor(inputs(np.float64), requires_grad=True)
    assert torch.equal(activations[name].value(x), by_torch(name, x))


@all_activations
def test_derivatives_agree_with_finite_differences(name: str) -> None:
    x = np.linspace(-5, 5, 101) + 0.0123
    value = activations[name].value
    slope = (value(x + 1e-6) - value(x - 1e-6)) / 2e-6
    np.testing.assert_allclose(activations[name].derivative(x, value(x)), slope, atol=1e-8)


@pytest.mark.parametrize("dtype", DTYPES)
@all_activations
@given(samples=st.integers(1, 9), features=st.integers(1, 9), seed=st.integers(0, 2**32 - 1))
def test_a_member_gets_the_same_bits_as_alone(
    name: str, dtype: Any, samples: int, features: int, seed: int
) -> None:
    x = (np.random.default_rng(seed).normal(size=(3, samples, features)) * 4).astype(dtype)
    activation = activations[name]
    y = activation.value(x)
    slope = activation.derivative(x, y)
    for member in range(3):
        own = x[member : member + 1].copy()
        alone = activation.value(own)
        assert y[member].tobytes() == alone[0].tobytes()
        assert slope[member].tobytes() == activation.derivative(own, alone)[0].tobytes()


@all_activations
def test_what_is_not_a_number_stays_so(name: str) -> None:
    assert np.isnan(activations[name].value(np.array([np.nan]))).all()


@all_activations
def test_the_argument_is_left_as_it_was(name: str) -> None:
    x = inputs(np.float32)
    activations[name].derivative(x, activations[name].value(x))
    np.testing.assert_array_equal(x, inputs(np.float32))


@given(st.floats(-25, 25))
def test_erfc_is_that_of_the_c_library(x: float) -> None:
    assert erfc(np.array([x])).item() == pytest.approx(math.erfc(x), rel=1e-13, abs=0)


def test_erfc_is_right_where_its_formulas_meet() -> None:
    ends = np.array([end * sign for end in (0.46875, 4.0) for sign in (1, -1)])
    x = np.concatenate([ends, np.nextafter(ends, 9), np.nextafter(ends, -9), [0.0, -0.0]])
    np.testing.assert_allclose(erfc(x), [math.erfc(number) for number in x], rtol=1e-14)
    assert erfc(np.array([np.inf, -np.inf])).tolist() == [0.0, 2.0]


def test_erfc_of_float32_is_good_to_its_precision() -> None:
    x = np.linspace(-6, 6, 601, dtype=np.float32)
    result = erfc(x)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, [math.erfc(number) for number in x.tolist()], rtol=1e-5)
