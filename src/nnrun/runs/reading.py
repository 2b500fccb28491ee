"""A saved run as its readers see it: metrics, summary and plot data, from its directory alone."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.errors import Refused
from nnrun.runs.entry import read_summary, reason_of, regular_bytes
from nnrun.runs.writing import METRICS, PLOTS, SUMMARY

MOST_METRICS = 256 * 1024 * 1024
"""Bytes of a metrics.csv that is read at all."""

MOST_ARRAYS = 512 * 1024 * 1024
"""Bytes of a plots.npz that is read at all, and that it may unfold to."""


@dataclass(frozen=True)
class RunRecord:
    """What a run directory holds.

    Attributes:
        directory: where it lies.
        metrics: column name -> values, one per epoch; empty arrays for a run of no epochs.
        summary: summary.json as it stands.
        plots: plots.npz; see `nnrun.training.portrait` for its arrays.
        skipped: rows of metrics.csv that could not be read.
    """

    directory: Path
    metrics: Mapping[str, npt.NDArray[np.float64]]
    summary: Mapping[str, Any]
    plots: Mapping[str, npt.NDArray[Any]]
    skipped: int = 0


@dataclass(frozen=True)
class Remains:
    """What can be read of a run directory, whoever made it.

    Attributes:
        record: empty where a file cannot be read.
        problems: name of a file -> why it cannot be read.
    """

    record: RunRecord
    problems: Mapping[str, str]


def read_run(directory: Path) -> RunRecord:
    """The whole record of a run.

    Raises:
        Refused: a file is missing or damaged, or leads out of the directory.
    """
    remains = read_remains(directory)
    if remains.problems:
        name, reason = next(iter(remains.problems.items()))
        raise Refused(f"{directory} cannot be read as a run: {name}: {reason}")
    return remains.record


def read_remains(directory: Path) -> Remains:
    """Whatever there is of a run's record; never raises for what the directory holds."""
    problems: dict[str, str] = {}
    summary: dict[str, Any] = {}
    metrics: dict[str, npt.NDArray[np.float64]] = {}
    plots: dict[str, npt.NDArray[Any]] = {}
    skipped = 0
    try:
        summary = read_summary(directory)
    except (OSError, ValueError) as error:
        problems[SUMMARY] = reason_of(error)
    try:
        metrics, skipped = read_metrics(directory / METRICS)
        if "epoch" not in metrics:
            problems[METRICS] = "has no column 'epoch'" if any(metrics) else "is empty"
    except (OSError, ValueError) as error:
        problems[METRICS] = reason_of(error)
    try:
        plots = read_arrays(directory / PLOTS)
    except (OSError, ValueError) as error:
        problems[PLOTS] = reason_of(error)
    return Remains(RunRecord(directory, metrics, summary, plots, skipped), problems)


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a plots.npz, by name.

    Raises:
        OSError: it is not there, or cannot be read.
        ValueError: it is damaged, too large, or no ordinary file.
    """
    content = io.BytesIO(regular_bytes(path, MOST_ARRAYS))
    try:
        with zipfile.ZipFile(content) as archive:
            unfolded = sum(member.file_size for member in archive.infolist())
    except Exception as error:
        raise ValueError("is no whole ZIP file") from error
    if unfolded > MOST_ARRAYS:
        raise ValueError(f"unfolds to more than {MOST_ARRAYS // (1024 * 1024)} MiB")
    try:
        with np.load(content, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except Exception as error:
        # What NumPy and zipfile raise for bytes that are no arrays is a long list, MemoryError included.
        raise ValueError("is damaged") from error
    if not all(isinstance(array, np.ndarray) for array in found.values()):
        raise ValueError("holds something else than arrays")
    return found


def read_metrics(path: Path) -> tuple[dict[str, npt.NDArray[np.float64]], int]:
    """Columns of metrics.csv, and how many rows were skipped: torn at the end, or not numbers.

    Raises:
        OSError: it is not there, or cannot be read.
        ValueError: it is too large, or no ordinary file.
    """
    text = regular_bytes(path, MOST_METRICS).decode("utf-8", "replace").replace("\r\n", "\n")
    header, *lines = text.split("\n")
    names = header.split(",")
    torn = lines.pop() if lines else ""
    rows = [row for row in (_numbers(line, len(names)) for line in lines) if row is not None]
    table = np.array(rows, dtype=np.float64).reshape(-1, len(names))
    skipped = len(lines) - len(rows) + bool(torn)
    return {name: table[:, index] for index, name in enumerate(names)}, skipped


def _numbers(line: str, count: int) -> list[float] | None:
    cells = line.split(",")
    try:
        return [float(cell) for cell in cells] if len(cells) == count else None
    except ValueError:
        return None
