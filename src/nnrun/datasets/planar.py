"""Classes in the plane, by noise and number of classes: what bends a border, at a glance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import numpy as np
import numpy.typing as npt

from nnrun.datasets.source import Floats, Samples, Source, Truth, Wording
from nnrun.schema import Bounds, Count, NonNegative, Positive, Seed, Whole

Classes = Annotated[int, Bounds(least=2, most=20)]
Labels = npt.NDArray[np.int64]
Shape = Callable[[np.random.Generator, Labels], Floats]
"""From classes (sample,) to places in the plane (sample, 2), without noise."""


def moons(
    *, seed: Seed = 0, samples: Count = 200, test_samples: Whole = 1000, noise: NonNegative = 0.1
) -> Source:
    """Two half circles that reach into each other: no straight line parts them."""

    def place(rng: np.random.Generator, labels: Labels) -> Floats:
        angle = rng.uniform(0, np.pi, len(labels))
        upper = np.column_stack([np.cos(angle), np.sin(angle)])
        lower = np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)])
        return np.where(labels[:, None] == 0, upper, lower) - [0.5, 0.25]

    return _plane("moons", place, 2, seed, samples, test_samples, noise)


def circles(
    *,
    seed: Seed = 0,
    samples: Count = 200,
    test_samples: Whole = 1000,
    noise: NonNegative = 0.08,
    classes: Classes = 2,
) -> Source:
    """Rings around each other, one for each class: a border has to close."""

    def place(rng: np.random.Generator, labels: Labels) -> Floats:
        angle, radius = rng.uniform(0, 2 * np.pi, len(labels)), (labels + 1) / classes
        return np.asarray(radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]))

    return _plane("circles", place, classes, seed, samples, test_samples, noise)


def spirals(
    *,
    seed: Seed = 0,
    samples: Count = 300,
    test_samples: Whole = 1000,
    noise: NonNegative = 0.03,
    classes: Classes = 2,
    turns: Positive = 1.0,
) -> Source:
    """Arms that wind around each other, one for each class: needs width or depth, and patience."""

    def place(rng: np.random.Generator, labels: Labels) -> Floats:
        way = np.sqrt(rng.uniform(0.01, 1, len(labels)))
        angle = 2 * np.pi * (turns * way + labels / classes)
        return np.asarray(way[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]))

    return _plane("spirals", place, classes, seed, samples, test_samples, noise)


def blobs(
    *,
    seed: Seed = 0,
    samples: Count = 200,
    test_samples: Whole = 1000,
    noise: Positive = 0.3,
    classes: Classes = 3,
) -> Source:
    """Round clouds of points, evenly around a circle, one for each class: straight borders are best.

    The truth is known: the logarithm of a cloud's density is -|x - centre|^2 / (2 noise^2), up to a constant.
    """
    angle = 2 * np.pi * np.arange(classes) / classes
    centres = np.column_stack([np.cos(angle), np.sin(angle)])

    def mean(x: Floats) -> Floats:
        distance = np.sum((x[:, None] - centres) ** 2, axis=2)
        return np.asarray(distance / (-2 * noise**2))

    return _plane(
        "blobs",
        lambda rng, labels: centres[labels],
        classes,
        seed,
        samples,
        test_samples,
        noise,
        Truth(mean=mean),
    )


def xor(
    *,
    seed: Seed = 0,
    samples: Count = 200,
    test_samples: Whole = 1000,
    noise: NonNegative = 0.05,
    classes: Classes = 2,
) -> Source:
    """A square in quarters whose opposite ones are of one class; more classes cut a finer chessboard."""

    def place(rng: np.random.Generator, labels: Labels) -> Floats:
        across = rng.integers(0, classes, len(labels))
        along = (labels - across) % classes
        corner = np.column_stack([across, along]) + rng.uniform(0, 1, (len(labels), 2))
        return 2 * corner / classes - 1

    return _plane("xor", place, classes, seed, samples, test_samples, noise)


def _plane(
    name: str,
    place: Shape,
    classes: int,
    seed: int,
    samples: int,
    test_samples: int,
    noise: float,
    truth: Truth | None = None,
) -> Source:
    """Points of every class in turn, at their places plus N(0, noise) along both axes."""

    def fresh(count: int, rng: np.random.Generator) -> Samples:
        labels = np.arange(count, dtype=np.int64) % classes
        return place(rng, labels) + noise * rng.standard_normal((count, 2)), labels

    return Source(
        name=name,
        wording=Wording(f"data.{name}", {"samples": samples, "classes": classes, "noise": noise}),
        task="classification",
        inputs=2,
        outputs=classes,
        samples=samples,
        seed=seed,
        draw=lambda rng: fresh(samples, rng),
        fresh=fresh,
        test_samples=test_samples,
        truth=truth,
    )
