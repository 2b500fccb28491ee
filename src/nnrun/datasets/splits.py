"""A dataset as drawn: the parts for training, validation and test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from nnrun.datasets.scaling import Scale
from nnrun.datasets.source import Floats, Source
from nnrun.errors import BadInput
from nnrun.seeding import stream


@dataclass(frozen=True)
class Split:
    """Inputs (sample, feature) and targets: (sample, out), or (sample,) classes."""

    x: Floats
    y: npt.NDArray[Any]

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Dataset:
    """Drawn samples, in the model's units; `val` and `test` are None where there are none.

    Attributes:
        scale: from the data's units to the model's; None where they are the same.
    """

    source: Source
    train: Split
    val: Split | None
    test: Split | None
    scale: Scale | None = None


@dataclass(frozen=True)
class SplitSizes:
    """How many of a source's samples go where."""

    train: int
    val: int
    test: int

    @classmethod
    def of(cls, samples: int, val_fraction: float, test_fraction: float) -> SplitSizes:
        """Sizes nearest to the fractions.

        Raises:
            BadInput: a part that was asked for, or the training part, would be empty.
        """
        val, test = round(val_fraction * samples), round(test_fraction * samples)
        problems = [
            f"{key}={fraction:g}: leaves no sample of {samples}; choose at least {1 / samples:.2g}"
            for key, fraction, size in (
                ("val_fraction", val_fraction, val),
                ("test_fraction", test_fraction, test),
            )
            if fraction > 0 and size == 0
        ]
        if val + test >= samples:
            problems.append(
                f"val_fraction={val_fraction:g} test_fraction={test_fraction:g}: leave none of {samples}"
                " samples to train on; choose smaller ones"
            )
        if problems:
            raise BadInput(problems)
        return cls(samples - val - test, val, test)


def draw(source: Source, val_fraction: float, test_fraction: float) -> Dataset:
    """Draws `source` and splits it by the dataset's own seed; each part keeps the given order.

    What is to be standardized is so by the training part alone: the others are new to the model.
    """
    sizes = SplitSizes.of(source.samples, val_fraction, test_fraction)
    x, y = source.drawn()
    if sizes.train == source.samples:
        train, val, test = Split(x, y), None, None
    else:
        order = stream(source.seed, "split").permutation(source.samples)
        cuts = (order[: sizes.train], order[sizes.train : sizes.train + sizes.val], order[-sizes.test :])
        train, val = (Split(x[sorted(rows)], y[sorted(rows)]) for rows in cuts[:2])
        val = val if sizes.val else None
        test = Split(x[sorted(cuts[2])], y[sorted(cuts[2])]) if sizes.test else None
    if test is None and source.test_samples:
        fresh = source.new(source.test_samples)
        test = Split(*fresh) if fresh else None
    if source.scaling is None:
        return Dataset(source, train, val, test)
    scale = source.scaling.of(train.x, train.y)
    return Dataset(
        source,
        _scaled(scale, train),
        None if val is None else _scaled(scale, val),
        None if test is None else _scaled(scale, test),
        scale,
    )


def _scaled(scale: Scale, part: Split) -> Split:
    return Split(scale.to_model(part.x), scale.target_to_model(part.y))
