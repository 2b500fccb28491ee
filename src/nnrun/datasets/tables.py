"""Datasets of many inputs: a linear relation with known weights, and random pictures with random labels."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from nnrun.datasets.source import Floats, Noise, Samples, Source, Truth, Wording
from nnrun.errors import BadInput
from nnrun.schema import Bounds, Count, NonNegative, Seed, Sizes, Whole

AtLeastTwo = Annotated[int, Bounds(least=2, most=100_000)]


def linear(
    *,
    seed: Seed = 0,
    samples: Count = 500,
    test_samples: Whole = 500,
    weights: tuple[float, ...] = (8.1, 2.0, 2.0, 4.0),
    bias: float = 1.1,
    noise: NonNegative = 0.01,
    noise_kind: Literal["normal", "uniform"] = "normal",
) -> Source:
    """A linear relation: y = x . weights + bias + noise, features drawn from N(0, 1)."""
    if not weights:
        raise BadInput("dataset.weights=[]: give at least one weight, one per feature")
    added = Noise(noise_kind, noise)
    column = np.asarray(weights, dtype=np.float64).reshape(-1, 1)

    def mean(x: Floats) -> Floats:
        return x @ column + (bias + added.mean)

    def fresh(count: int, rng: np.random.Generator) -> Samples:
        x = rng.standard_normal((count, len(weights)))
        return x, x @ column + bias + added.draw(rng, count)

    listed = ", ".join(f"{weight:g}" for weight in weights[:6]) + (", ..." if len(weights) > 6 else "")
    return Source(
        name="linear",
        wording=Wording(
            "data.linear",
            {"formula": f"y = x . [{listed}] + {bias:g}{added.text}", "samples": samples},
        ),
        task="regression",
        inputs=len(weights),
        outputs=1,
        samples=samples,
        seed=seed,
        draw=lambda rng: fresh(samples, rng),
        fresh=fresh,
        test_samples=test_samples,
        truth=Truth(mean=mean, weights=weights, constant=bias, noise_mean=added.mean),
    )


def random_mnist(
    *,
    seed: Seed = 0,
    samples: Count = 100,
    test_samples: Whole = 100,
    shape: Sizes = (28, 28),
    classes: AtLeastTwo = 10,
) -> Source:
    """Random pictures with random labels, shaped like MNIST: nothing to learn, everything to try out."""
    if len(shape) != 2:
        raise BadInput(f"dataset.shape={list(shape)}: wants two numbers, rows and columns, such as 28x28")
    features = shape[0] * shape[1]

    def fresh(count: int, rng: np.random.Generator) -> Samples:
        return rng.standard_normal((count, features)), rng.integers(0, classes, count)

    return Source(
        name="random_mnist",
        wording=Wording(
            "data.random_images",
            {"samples": samples, "rows": shape[0], "columns": shape[1], "last": classes - 1},
        ),
        task="classification",
        inputs=features,
        outputs=classes,
        samples=samples,
        seed=seed,
        draw=lambda rng: fresh(samples, rng),
        fresh=fresh,
        test_samples=test_samples,
        truth=Truth(mean=lambda x: np.zeros((len(x), classes))),
        image_shape=(shape[0], shape[1]),
    )
