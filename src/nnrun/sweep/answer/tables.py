"""The tables of a sweep as files: results.csv with a row per job, curves.csv with a row per epoch of each."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from nnrun.runs.files import explaining, sync_directory, write_atomically
from nnrun.runs.writing import METRICS
from nnrun.sweep.answer.jobs import Sweep
from nnrun.sweep.answer.results import Result

RESULTS, CURVES = "results.csv", "curves.csv"


def write_results(sweep: Sweep, results: Sequence[Result]) -> None:
    """Writes results.csv; an empty cell where there is no number.

    Raises:
        EnvironmentFault: it cannot be written.
    """
    metrics = sorted({name for result in results for name in result.metrics}, key=_order)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(
        ["job", "status", *sweep.swept, "objective", *metrics, "best_epoch", "seconds", "directory"]
    )
    for result in results:
        numbers = [result.objective, *(result.metrics.get(name, math.nan) for name in metrics)]
        writer.writerow(
            [
                result.number,
                result.status,
                *result.values,
                *map(_cell, numbers),
                result.best_epoch or "",
                _cell(round(result.seconds, 6)),
                result.directory,
            ]
        )
    write_atomically(sweep.directory / RESULTS, buffer.getvalue().encode("utf-8", "backslashreplace"))


def write_curves(sweep: Sweep, results: Sequence[Result]) -> None:
    """Writes curves.csv, one run's metrics.csv in memory at a time.

    Raises:
        EnvironmentFault: it cannot be written.
    """
    paths = {
        result.number: sweep.directory / result.directory / METRICS for result in results if result.directory
    }
    headers = dict.fromkeys(map(_header, paths.values()))
    columns = tuple(dict.fromkeys(name for header in headers for name in header.split(",") if name))
    with _replacing(sweep.directory / CURVES) as file:
        file.write(_line(["job", *sweep.swept, *columns]).encode("utf-8", "backslashreplace"))
        for result in results:
            if result.directory and paths[result.number].is_file():
                prefix = _line([str(result.number), *result.values]).removesuffix("\n") + ","
                text = paths[result.number].read_text("utf-8", errors="replace")
                if result.epochs is not None:
                    text = "".join(text.splitlines(keepends=True)[: 1 + result.epochs])
                file.write(_rows(text, columns, prefix).encode("utf-8", "backslashreplace"))


def _header(path: Path) -> str:
    """The first line of a run's metrics.csv; empty where there is no whole one."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            line = file.readline()
    except OSError:
        return ""
    return line.removesuffix("\n") if line.endswith("\n") else ""


def _rows(text: str, columns: Sequence[str], prefix: str) -> str:
    """The rows below the header of `text`, each after `prefix`; a torn last line is left out."""
    header, _, body = text[: text.rfind("\n") + 1].partition("\n")
    if not body:
        return ""
    names = header.split(",")
    lines = body.count("\n")
    if body.count(",") != lines * (len(names) - 1):
        body = "".join(f"{line}\n" for line in body.split("\n") if line.count(",") == len(names) - 1)
    if names != list(columns):
        places = [names.index(name) if name in names else len(names) for name in columns]
        rows = [(*line.split(","), "") for line in body.split("\n")[:-1]]
        body = "".join(",".join([row[place] for place in places]) + "\n" for row in rows)
    return prefix + body[:-1].replace("\n", f"\n{prefix}") + "\n" if body else ""


def _line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()


def _cell(value: float) -> str:
    """Enough digits to tell any two numbers apart; a loss that grew without end is `inf`."""
    return "" if math.isnan(value) else repr(value)


def _order(name: str) -> tuple[int, int, str]:
    """Final before best, training before validation before test, the loss first."""
    kind, part, metric = name.split("/", 2)
    return ("final", "best").index(kind), ("train", "val", "test").index(part), metric.replace("loss", "")


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of `path` once it is whole and on disk."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with explaining(path):
        try:
            with temporary.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_directory(path.parent)
