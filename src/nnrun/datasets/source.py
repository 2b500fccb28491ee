"""Where data comes from: what a dataset is before any of it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from nnrun.datasets.scaling import Scaling
from nnrun.seeding import stream
from nnrun.words import words
from nnrun.words.notes import Note

Floats: TypeAlias = npt.NDArray[np.float64]
Task: TypeAlias = Literal["regression", "classification"]
Samples: TypeAlias = tuple[Floats, npt.NDArray[Any]]
"""Inputs (sample, feature) and targets: numbers (sample, out), or classes (sample,) as integers."""


@dataclass(frozen=True)
class Truth:
    """The mean of y given x, the noise's mean included.

    Attributes:
        mean: inputs (sample, feature) -> (sample, out); raw outputs (logits) for classification.
        weights: coefficients of the inputs, where the truth is linear in them or in one power of one input.
        power: that power.
        constant: what is added, the noise's mean left out.
        noise_mean: mean of the noise.
    """

    mean: Callable[[Floats], Floats]
    weights: tuple[float, ...] | None = None
    power: float = 1.0
    constant: float = 0.0
    noise_mean: float = 0.0


@dataclass(frozen=True)
class Wording:
    """What is said of a dataset, in any language.

    Attributes:
        key: of the catalogues in `nnrun.words`.
        fields: for the text behind it.
    """

    key: str
    fields: Mapping[str, Any]

    def text(self, language: str) -> str:
        """The sentence in `language`."""
        return words(language)[self.key].format(**self.fields)


@dataclass(frozen=True)
class Extreme:
    """The largest number of a dataset, and where it stands."""

    size: float
    place: str


@dataclass(frozen=True)
class TableColumn:
    """A column of a table of samples: one input where it holds numbers, one per category where texts.

    Attributes:
        name: of it.
        categories: its texts, in the order of their inputs; empty for numbers.
    """

    name: str
    categories: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Inputs that it makes."""
        return max(len(self.categories), 1)


MOST_DRAWN, MOST_DRAWN_NUMBERS = 16, 2_000_000
"""Inputs that pictures show one by one, and numbers of as many samples."""


@dataclass(frozen=True)
class Source:
    """A dataset that can be drawn; describes itself without allocating anything.

    Attributes:
        name: the registry entry.
        wording: the formula or content in a few words.
        task: what kind of targets it has.
        inputs: number of features.
        outputs: number of targets, or of classes.
        samples: how many `draw` gives.
        seed: the data's own seed, which also draws the splits.
        draw: generator -> the samples to train on (splits are taken from these).
        fresh: (count, generator) -> new samples of the same kind; None for a fixed table.
        test_samples: how many fresh ones the final test uses.
        truth: None where it is not known.
        interval: range of the inputs, where they have one.
        image_shape: (rows, columns) where a sample is a picture.
        title: what stands for the name in titles; None: the name itself.
        scaling: what is standardized by the training part's mean and deviation; None: nothing.
        features: names of the inputs; empty where they have none of their own.
        columns: of the table that the inputs come from; empty where each input is a column.
        targets: names of the outputs, or of what the classes are of; likewise.
        classes: their names; likewise.
        sha256: of the file that it was read from; None where there is none.
        extreme: the largest number that reaches the model as it is, where that may be too large.
        notes: what the user should know.
    """

    name: str
    wording: Wording
    task: Task
    inputs: int
    outputs: int
    samples: int
    seed: int
    draw: Callable[[np.random.Generator], Samples]
    fresh: Callable[[int, np.random.Generator], Samples] | None = None
    test_samples: int = 0
    truth: Truth | None = None
    interval: tuple[float, float] | None = None
    image_shape: tuple[int, int] | None = None
    title: str | None = None
    scaling: Scaling | None = None
    features: tuple[str, ...] = ()
    columns: tuple[TableColumn, ...] = ()
    targets: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    sha256: str | None = None
    extreme: Extreme | None = None
    notes: tuple[Note, ...] = ()

    @property
    def drawn_features(self) -> int:
        """How many inputs pictures show one by one: the first ones, fewer where a sample is very long."""
        return max(1, min(self.inputs, MOST_DRAWN, MOST_DRAWN_NUMBERS // self.inputs))

    @property
    def description(self) -> str:
        """What it holds, in English."""
        return self.wording.text("en")

    @property
    def inputs_named(self) -> tuple[str, ...]:
        """Names of all inputs: their own, or x, or x1, x2, ..."""
        return self.features or _counted("x", self.inputs)

    @property
    def input_columns(self) -> tuple[TableColumn, ...]:
        """The columns in which samples are given."""
        return self.columns or tuple(map(TableColumn, self.inputs_named))

    @property
    def outputs_named(self) -> tuple[str, ...]:
        """Names of all outputs: of the targets or of the classes, or y, or y1, y2, ..."""
        own = self.classes if self.task == "classification" else self.targets
        return own or _counted("y", self.outputs)

    def drawn(self) -> Samples:
        """The samples themselves, always the same ones."""
        return self.draw(stream(self.seed, "data"))

    def new(self, count: int, use: str = "test") -> Samples | None:
        """`count` samples never trained on, or None for a fixed table."""
        return None if self.fresh is None else self.fresh(count, stream(self.seed, use))


def _counted(name: str, count: int) -> tuple[str, ...]:
    return (name,) if count == 1 else tuple(f"{name}{number}" for number in range(1, count + 1))


@dataclass(frozen=True)
class Noise:
    """What is added to a target: `normal` is N(0, scale), `uniform` is U[0, scale)."""

    kind: Literal["normal", "uniform"]
    scale: float

    @property
    def mean(self) -> float:
        """Expected value."""
        return self.scale / 2 if self.kind == "uniform" else 0.0

    @property
    def text(self) -> str:
        """Such as ` + U[0, 0.2)`; empty for no noise."""
        if self.scale == 0:
            return ""
        return f" + U[0, {self.scale:g})" if self.kind == "uniform" else f" + N(0, {self.scale:g})"

    def draw(self, rng: np.random.Generator, count: int) -> Floats:
        """`count` values, shape (sample, 1)."""
        unit = rng.random((count, 1)) if self.kind == "uniform" else rng.standard_normal((count, 1))
        return unit * self.scale
