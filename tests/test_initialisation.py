"""Initial weights against the definitions in torch.nn.init."""

from __future__ import annotations

import math
import typing
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
import torch
from torch.nn import init

from nnrun.models.initialisation import SchemeName, initialise, schemes

OUT, IN = 60, 90
SCALE = 0.7
Fill = Callable[[torch.Tensor], Any]

# What torch would do to a weight of shape (out, in), with the scale that nnrun multiplies by.
TORCH: dict[str, Fill] = {
    "default": lambda weight: init.kaiming_uniform_(weight, a=math.sqrt(5)).mul_(SCALE),
    "normal": lambda weight: init.normal_(weight, 0.0, SCALE),
    "uniform": lambda weight: init.uniform_(weight, -SCALE, SCALE),
    "xavier_uniform": lambda weight: init.xavier_uniform_(weight, gain=SCALE),
    "xavier_normal": lambda weight: init.xavier_normal_(weight, gain=SCALE),
    "kaiming_uniform": lambda weight: init.kaiming_uniform_(weight, nonlinearity="relu").mul_(SCALE),
    "kaiming_normal": lambda weight: init.kaiming_normal_(weight, nonlinearity="relu").mul_(SCALE),
    "orthogonal": lambda weight: init.orthogonal_(weight, gain=SCALE),
    "zeros": init.zeros_,
}
BOUNDED = ["default", "uniform", "xavier_uniform", "kaiming_uniform"]
WITH_BIASES = {"default", "normal", "uniform"}


def draw(scheme: str, shape: tuple[int, ...] = (OUT, IN), seed: int = 0, **options: Any) -> Any:
    kind: Literal["weight", "bias"] = options.pop("kind", "weight")
    scale = options.pop("scale", SCALE)
    return initialise(scheme, np.random.default_rng(seed), shape, IN, scale=scale, kind=kind)


def test_names_are_those_that_a_configuration_may_give() -> None:
    assert typing.get_args(SchemeName) == tuple(schemes)
    assert set(TORCH) == set(schemes)


@pytest.mark.parametrize("scheme", list(schemes))
def test_every_scheme_says_its_formula(scheme: str) -> None:
    assert schemes[scheme].draw.__doc__


@pytest.mark.parametrize("scheme", list(schemes))
def test_moments_are_those_of_torch(scheme: str) -> None:
    torch.manual_seed(0)
    theirs = torch.stack([TORCH[scheme](torch.empty(OUT, IN, dtype=torch.float64)) for _ in range(40)])
    ours = np.stack([draw(scheme, seed=seed) for seed in range(40)])
    spread = theirs.std().item()
    assert ours.dtype == np.float64
    assert abs(ours.mean()) <= 5 * spread / math.sqrt(ours.size)
    assert ours.std() == pytest.approx(spread, rel=0.01)
    kurtosis = (theirs**4).mean().item()
    assert (ours**4).mean() == pytest.approx(kurtosis, rel=0.03)


@pytest.mark.parametrize("scheme", BOUNDED)
def test_bounds_are_those_of_torch(scheme: str) -> None:
    torch.manual_seed(0)
    theirs = max(TORCH[scheme](torch.empty(OUT, IN)).abs().max().item() for _ in range(40))
    ours = max(np.abs(draw(scheme, seed=seed)).max() for seed in range(40))
    assert ours == pytest.approx(theirs, rel=1e-3)


def test_default_bounds_weights_and_biases_as_a_linear_layer_does() -> None:
    bound = 1 / math.sqrt(IN)
    weights = draw("default", (5000, IN), scale=1.0)
    biases = draw("default", (5000,), scale=1.0, kind="bias")
    for numbers in (weights, biases):
        assert 0.99 * bound < np.abs(numbers).max() <= bound


@pytest.mark.parametrize("shape", [(4, 4), (3, 8), (8, 3), (1, 5), (5, 1)])
def test_orthogonal_rows_or_columns_have_length_scale_and_right_angles(shape: tuple[int, int]) -> None:
    weights = draw("orthogonal", shape)
    assert weights.shape == shape
    product = weights @ weights.T if shape[0] <= shape[1] else weights.T @ weights
    np.testing.assert_allclose(product, SCALE**2 * np.eye(min(shape)), atol=1e-14)


def test_orthogonal_matrices_favour_no_direction() -> None:
    first = np.array([draw("orthogonal", (2, 2), seed=seed)[0] for seed in range(2000)])
    assert np.abs(first.mean(axis=0)).max() < 0.05
    quarters = np.floor(np.arctan2(first[:, 1], first[:, 0]) / (np.pi / 2)).astype(int) + 2
    assert np.bincount(quarters, minlength=4).min() > 400


@pytest.mark.parametrize("scheme", list(schemes))
def test_biases_are_drawn_only_where_the_scheme_says_so(scheme: str) -> None:
    biases = draw(scheme, (OUT,), kind="bias")
    assert biases.shape == (OUT,)
    assert biases.dtype == np.float64
    assert biases.any() == (scheme in WITH_BIASES)


@pytest.mark.parametrize("scheme", list(schemes))
def test_the_scale_multiplies_every_weight(scheme: str) -> None:
    np.testing.assert_allclose(draw(scheme, scale=3.0), 3 * draw(scheme, scale=1.0), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("scheme", list(schemes))
def test_the_same_generator_gives_the_same_weights(scheme: str) -> None:
    np.testing.assert_array_equal(draw(scheme, seed=5), draw(scheme, seed=5))
