"""A saved run as its readers see it: metrics, summary and plot data, from its directory alone."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.errors import Refused
from nnrun.runs.writing import METRICS, PLOTS, SUMMARY


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


def read_run(directory: Path) -> RunRecord:
    """The whole record of a run.

    Raises:
        Refused: a file is missing or damaged.
    """
    try:
        summary = json.loads((directory / SUMMARY).read_text("utf-8"))
        metrics, skipped = read_metrics(directory / METRICS)
        with np.load(directory / PLOTS, allow_pickle=False) as archive:
            plots = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise Refused(f"{directory} cannot be read as a run: {error}") from error
    return RunRecord(directory, metrics, summary, plots, skipped)


def read_metrics(path: Path) -> tuple[dict[str, npt.NDArray[np.float64]], int]:
    """Columns of metrics.csv, and how many rows were skipped: torn at the end, or not numbers."""
    text = path.read_text("utf-8", errors="replace")
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
