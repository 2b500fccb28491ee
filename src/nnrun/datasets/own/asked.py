"""What is asked of a table: the keys of `dataset=csv`, known before any file is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Delimiter = Literal["auto", "comma", "semicolon", "tab", "pipe"]
AskedDecimal = Literal["auto", "point", "comma"]
Missing = Literal["refuse", "drop", "mean"]
AskedTask = Literal["auto", "regression", "classification"]


@dataclass(frozen=True)
class Reading:
    """What is to be read, and how; the keys of `dataset=csv`.

    Attributes:
        path: as typed.
        target: columns to predict.
        features: columns to predict from; None: all others.
        categorical: columns of numbers that are categories.
        header: whether the first row names the columns.
        delimiter: between cells.
        decimal: sign of numbers.
        missing: what to do about missing cells.
        task: whether the target is a number or a class.
        samples: how many rows to read; None: all.
    """

    path: str
    target: tuple[str, ...]
    features: tuple[str, ...] | None
    categorical: tuple[str, ...]
    header: bool
    delimiter: Delimiter
    decimal: AskedDecimal
    missing: Missing
    task: AskedTask
    samples: int | None
