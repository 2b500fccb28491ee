"""How the columns of a table of samples are called, for one run's data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nnrun.datasets import Source


@dataclass(frozen=True)
class Columns:
    """Names of columns.

    Attributes:
        inputs: the data's own, or `x`, or `x1`, `x2`, ... where there are several features.
        categories: the texts that stand in each of these; empty where numbers do.
        targets: the data's own, or `y`, or `y1`, `y2`, ... where there are several; of classes one.
        classes: what stands for each in a table: its name, or its number; empty for regression.
        outputs: numbers that the network gives per sample.
        fills: a missing input is filled in, as in training.
        is_scaled: numbers are standardized before they reach the network.
        is_headless: the names are the places of columns, in tables without a header.
    """

    inputs: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]
    targets: tuple[str, ...]
    classes: tuple[str, ...]
    outputs: int
    fills: bool = False
    is_scaled: bool = False
    is_headless: bool = False

    @classmethod
    def of(
        cls, source: Source, fills: bool = False, *, is_scaled: bool = False, is_headless: bool = False
    ) -> Columns:
        """The columns of tables for this data."""
        inputs = tuple(column.name for column in source.input_columns)
        categories = tuple(column.categories for column in source.input_columns)
        targets, classes = source.outputs_named, tuple[str, ...]()
        if source.task == "classification":
            classes = source.classes or tuple(map(str, range(source.outputs)))
            targets = source.targets or ("y",)
        return cls(inputs, categories, targets, classes, source.outputs, fills, is_scaled, is_headless)

    @property
    def width(self) -> int:
        """Inputs of the network."""
        return sum(max(len(texts), 1) for texts in self.categories)

    @property
    def slots(self) -> Iterator[tuple[str, slice, tuple[str, ...]]]:
        """Of each column its name, where its inputs stand among all, and its categories."""
        first = 0
        for name, texts in zip(self.inputs, self.categories, strict=True):
            last = first + max(len(texts), 1)
            yield name, slice(first, last), texts
            first = last

    def predictions(self, raw: bool) -> tuple[str, ...]:
        """What is added: `prediction`; of classes `class`, and a probability or (`raw`) a logit for each."""
        if self.classes:
            kind = "logit" if raw else "p"
            between = "" if self.classes[0] == "0" else "_"
            return ("class", *(f"{kind}{between}{name}" for name in self.classes))
        if self.outputs == 1:
            return ("prediction",)
        return tuple(f"prediction{number}" for number in range(1, self.outputs + 1))

    def is_prediction(self, name: str) -> bool:
        """Whether a column holds earlier predictions, which new ones replace."""
        return name in self.predictions(raw=True) or name in self.predictions(raw=False)


def listed(names: Sequence[str], most: int = 6) -> str:
    """`x1, x2, x3`, or `x1, x2, ..., x784` where there are many."""
    return ", ".join(names) if len(names) <= most else f"{names[0]}, {names[1]}, ..., {names[-1]}"
