"""A saved run as a comparison sees it: its configuration and outcome at once, its arrays when asked for."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.errors import Refused
from nnrun.filters import objective_of, typed
from nnrun.metrics import metrics as known_metrics
from nnrun.plots.records import Archive
from nnrun.runs.entry import Entry, reason_of, regular_bytes, require_regular
from nnrun.runs.marks import is_sweep
from nnrun.runs.reading import read_arrays, read_metrics
from nnrun.runs.writing import METRICS, PLOTS

Array = npt.NDArray[Any]

SEED = "seed"
"""The key in which the runs of one setting differ."""

LOST = frozenset({"diverged", "failed"})
"""Endings that are worse than any number."""

_MOST_BYTES = 256 * 1024 * 1024
"""Of a file that is read at all."""

_DAMAGED = (OSError, ValueError, KeyError, TypeError, SyntaxError, struct.error, Refused, MemoryError)


@dataclass(frozen=True)
class Recorded:
    """One run.

    Attributes:
        entry: its summary and true status.
        name: of its directory, with the sweep's before it for a run of one.
        config: key -> value as typed; what was left to nnrun (`auto`) as it chose.
    """

    entry: Entry
    name: str
    config: Mapping[str, str]

    @property
    def directory(self) -> Path:
        """Where it lies."""
        return self.entry.directory

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """summary.json; of a run that has not come to its end, with what metrics.csv has of it so far."""
        known = self.entry.summary
        if "final" in known or "epochs" in known or self.status == "failed":
            return known
        return {**_so_far(self.metrics, str(self.entry.config.get("objective", "auto"))), **known}

    @property
    def status(self) -> str:
        """How it ended."""
        return self.entry.status

    @property
    def seed(self) -> str:
        """As configured; empty where that is not recorded."""
        return self.config.get(SEED, "")

    @cached_property
    def numbers(self) -> Mapping[str, float]:
        """Column such as `train/loss` or `test/loss` -> final value; those that are finite numbers."""
        return {
            column: float(value)
            for part in ("final", "test")
            for column, value in self.fields(part).items()
            if _is_number(value)
        }

    @cached_property
    def objective(self) -> float:
        """What it is judged by; NaN where there is no such number, or it was lost."""
        value = objective_of(self.entry)[0]
        return math.nan if value is None or self.lost else value

    @property
    def objective_name(self) -> str:
        """Such as `train/loss`; empty where it is not known."""
        return objective_of(self.entry)[1] or ""

    @property
    def greater_is_better(self) -> bool:
        """Of the objective."""
        return self.fields("objective").get("greater_is_better") is True

    @property
    def lost(self) -> bool:
        """Whether it diverged or failed."""
        return self.status in LOST

    @property
    def score(self) -> float:
        """Less is better; infinite where there is no objective."""
        if math.isnan(self.objective):
            return math.inf
        return -self.objective if self.greater_is_better else self.objective

    @property
    def best(self) -> tuple[float, int] | None:
        """The best value on its way, and its epoch."""
        best = self.fields("best")
        value, epoch = best.get("value"), best.get("epoch")
        if value is None or not _is_number(value) or not isinstance(epoch, int):
            return None
        return float(value), epoch

    @cached_property
    def parameters(self) -> Mapping[str, float]:
        """Name such as `weight[1]` -> learned value, of models whose few parameters mean something."""
        return dict(_numbered(self.fields("parameters").get("learned")))

    @cached_property
    def true_parameters(self) -> Mapping[str, float]:
        """What the data was made with, by the same names; empty where that is not known."""
        return dict(_numbered(self.fields("parameters").get("true")))

    @cached_property
    def metrics(self) -> Mapping[str, npt.NDArray[np.float64]]:
        """Columns of metrics.csv; none where it cannot be read."""
        return self._measured[0]

    @property
    def skipped(self) -> int:
        """Rows of metrics.csv that cannot be read."""
        return self._measured[1]

    @cached_property
    def trouble(self) -> str:
        """Why there are no curves; empty where there are."""
        return self._measured[2]

    @property
    def arrays(self) -> Mapping[str, Array]:
        """What its pictures are drawn from; none where plots.npz is missing or damaged."""
        return self._drawn[0]

    @property
    def without_fit(self) -> str:
        """Why there are no arrays; empty where there are."""
        if self._drawn[1] and self.status == "running":
            return f"is still running, and {PLOTS} is written at its end"
        return self._drawn[1]

    def fields(self, name: str) -> Mapping[str, Any]:
        """A part of summary.json that has parts itself; empty where it is something else."""
        content = self.summary.get(name)
        return content if isinstance(content, Mapping) else {}

    @cached_property
    def _drawn(self) -> tuple[Mapping[str, Array], str]:
        path = self.directory / PLOTS
        with suppress(*_DAMAGED):
            require_regular(path, _MOST_BYTES)
            archive = Archive(path)
            return {name: archive[name] for name in archive}, ""
        try:
            return read_arrays(path), ""
        except (OSError, ValueError) as error:
            return {}, f"{PLOTS}: {reason_of(error)}"

    @cached_property
    def _measured(self) -> tuple[Mapping[str, npt.NDArray[np.float64]], int, str]:
        path = self.directory / METRICS
        try:
            text = regular_bytes(path, _MOST_BYTES).decode("utf-8", "replace")
            whole = _whole_table(text)
            if whole is not None:
                return whole, 0, ""
            columns, skipped = read_metrics(path)
        except _DAMAGED as error:
            return {}, 0, f"{METRICS}: {reason_of(error)}"
        return (columns, skipped, "") if "epoch" in columns else ({}, 0, f"{METRICS} has no columns")


def recorded(entry: Entry) -> Recorded:
    """The run of an entry."""
    directory = entry.directory
    parent = directory.absolute().parent
    named = directory.name or directory.absolute().name
    name = f"{parent.name}/{named}" if is_sweep(parent) else named
    return Recorded(entry, name, dict(_settled(entry)))


def _settled(entry: Entry) -> Iterator[tuple[str, str]]:
    """The configuration as typed; parts go by their group, and what nnrun chose stands for `auto`."""
    for key, value in entry.config.items():
        name, summary = key.removesuffix(".name"), entry.summary
        if key != name and name in ("engine", "device", "loss") and isinstance(summary.get(name), str):
            value = summary[name]
        if key == "objective" and value == "auto":
            value = objective_of(entry)[1] or value
        yield name, typed(value) if not isinstance(value, dict) else str(value)


def _whole_table(text: str) -> dict[str, npt.NDArray[np.float64]] | None:
    """All numbers at once; None where a row is torn or holds something else."""
    header, _, body = text.partition("\n")
    names = header.split(",")
    lines = body.split("\n")
    if lines.pop() or "epoch" not in names or any(line.count(",") != len(names) - 1 for line in lines):
        return None
    try:
        table = np.array([float(cell) for cell in ",".join(lines).split(",")] if lines else [])
    except ValueError:
        return None
    return dict(zip(names, table.reshape(-1, len(names)).T, strict=True))


def _numbered(values: Any) -> Iterator[tuple[str, float]]:
    """Elements of named arrays; an array of one goes by its name."""
    for name, array in values.items() if isinstance(values, Mapping) else ():
        elements = list(_elements(array))
        for place, element in enumerate(elements):
            yield (str(name) if len(elements) == 1 else f"{name}[{place}]"), element


def _elements(array: Any) -> Iterator[float]:
    if isinstance(array, list):
        for part in array:
            yield from _elements(part)
    else:
        yield float(array) if _is_number(array) else math.nan


def _so_far(metrics: Mapping[str, npt.NDArray[np.float64]], objective: str) -> dict[str, Any]:
    """How many epochs a run has, and the best of them by its objective."""
    epochs = metrics.get("epoch", np.empty(0))
    if not len(epochs) or not np.isfinite(epochs).all():
        return {}
    found: dict[str, Any] = {"epochs": int(epochs[-1])}
    name = objective if objective in metrics else "val/loss" if "val/loss" in metrics else "train/loss"
    column = metrics.get(name, np.empty(0))
    finite = np.flatnonzero(np.isfinite(column))
    measured = name.partition("/")[2]
    if len(finite) and (measured == "loss" or measured in known_metrics):
        greater = measured != "loss" and known_metrics.build(measured).greater_is_better
        place = finite[(np.argmax if greater else np.argmin)(column[finite])]
        found["best"] = {"name": name, "epoch": int(epochs[place]), "value": float(column[place])}
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
