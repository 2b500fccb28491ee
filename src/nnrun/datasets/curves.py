"""Datasets of one input and one output: a parabola, any function of x, and ten fixed points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from nnrun.datasets.source import Floats, Noise, Samples, Source, Truth, Wording
from nnrun.errors import BadInput
from nnrun.schema import Count, NonNegative, Seed, Whole


def quadratic(
    *,
    seed: Seed = 0,
    samples: Count = 100,
    test_samples: Whole = 1000,
    a: float = 1.0,
    b: float = 0.0,
    c: float = 0.0,
    low: float = -1.0,
    high: float = 1.0,
    noise: NonNegative = 0.2,
    noise_kind: Literal["normal", "uniform"] = "uniform",
) -> Source:
    """A parabola: y = a x^2 + b x + c + noise, at evenly spaced x on [low, high]."""
    added = Noise(noise_kind, noise)
    pure = b == 0 or a == 0
    truth = Truth(
        mean=lambda x: a * x**2 + b * x + c + added.mean,
        weights=((b,) if a == 0 else (a,)) if pure else None,
        power=1.0 if a == 0 else 2.0,
        constant=c,
        noise_mean=added.mean,
    )
    text = f"y = {_polynomial(a, b, c)}{added.text}"
    return _curve("quadratic", text, truth, added, seed, samples, test_samples, low, high)


def function(
    *,
    seed: Seed = 0,
    samples: Count = 100,
    test_samples: Whole = 1000,
    expression: str = "sin(3*x)+0.1*x",
    low: float = -2.0,
    high: float = 2.0,
    noise: NonNegative = 0.1,
    noise_kind: Literal["normal", "uniform"] = "normal",
) -> Source:
    """Any function of x, typed as text: y = expression + noise, at evenly spaced x on [low, high]."""
    from nnrun.expressions import parse

    added = Noise(noise_kind, noise)
    formula = parse(expression)
    formula.requires(("x",))

    def mean(x: Floats) -> Floats:
        value = np.asarray(formula.evaluate({"x": x}), dtype=np.float64)
        return np.broadcast_to(value, x.shape) + added.mean

    _require_finite(expression, mean, low, high, samples)
    text = f"y = {expression}{added.text}"
    truth = Truth(mean=mean, noise_mean=added.mean)
    return _curve("function", text, truth, added, seed, samples, test_samples, low, high)


def ten_points(
    *,
    seed: Seed = 0,
    x: tuple[float, ...] = (-10, -7.78, -5.56, -3.33, -1.11, 1.11, 3.33, 5.56, 7.78, 10),
    y: tuple[float, ...] = (0.9413, 1.1254, 1.2278, 1.1222, 1.1027, 0.4576, -0.1547, 0.4595, 0.9119, 0.9897),
) -> Source:
    """Ten points of a wavy curve, as a fixed table; other points are given as `x` and `y`."""
    if len(x) != len(y) or not x:
        raise BadInput(f"dataset.x has {len(x)} values and dataset.y has {len(y)}; give as many of each")
    inputs = np.asarray(x, dtype=np.float64).reshape(-1, 1)
    targets = np.asarray(y, dtype=np.float64).reshape(-1, 1)
    return Source(
        name="ten_points",
        wording=Wording("data.given", {"samples": len(x)}),
        task="regression",
        inputs=1,
        outputs=1,
        samples=len(x),
        seed=seed,
        draw=lambda rng: (inputs, targets),
        interval=(float(min(x)), float(max(x))),
    )


def _curve(
    name: str,
    text: str,
    truth: Truth,
    noise: Noise,
    seed: int,
    samples: int,
    test_samples: int,
    low: float,
    high: float,
) -> Source:
    if not low < high:
        raise BadInput(f"dataset.low={low:g} dataset.high={high:g}: low must be less than high")

    def observe(x: Floats, rng: np.random.Generator) -> Samples:
        return x, truth.mean(x) - noise.mean + noise.draw(rng, len(x))

    return Source(
        name=name,
        wording=Wording("data.curve", {"formula": text, "samples": samples, "low": low, "high": high}),
        task="regression",
        inputs=1,
        outputs=1,
        samples=samples,
        seed=seed,
        draw=lambda rng: observe(np.linspace(low, high, samples).reshape(-1, 1), rng),
        fresh=lambda count, rng: observe(rng.uniform(low, high, (count, 1)), rng),
        test_samples=test_samples,
        truth=truth,
        interval=(low, high),
    )


def _require_finite(
    expression: str, mean: Callable[[Floats], Floats], low: float, high: float, samples: int
) -> None:
    x = np.linspace(low, high, min(samples, 1000)).reshape(-1, 1)
    with np.errstate(all="ignore"):
        y = mean(x)
    bad = np.flatnonzero(~(np.abs(y) < np.finfo(np.float32).max))
    if len(bad):
        raise BadInput(
            f"dataset.expression={expression}: not a finite number at x = {x[bad[0], 0]:.4g};"
            " choose dataset.low and dataset.high so that it is"
        )


def _polynomial(a: float, b: float, c: float) -> str:
    terms = [f"{_coefficient(a)}x^2"] if a else []
    terms += [f"{_coefficient(b)}x"] if b else []
    terms += [f"{c:g}"] if c or not terms else []
    return " + ".join(terms).replace("+ -", "- ")


def _coefficient(value: float) -> str:
    if abs(value) == 1:
        return "" if value > 0 else "-"
    return f"{value:g} "
