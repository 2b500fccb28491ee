"""A sweep as its pictures see it: the rows of results.csv, problem by problem, and what summary.json adds."""

from __future__ import annotations

import csv
import io
import math
import shlex
import statistics
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from nnrun.errors import Refused
from nnrun.plots.axis import Axis, axis, number_of
from nnrun.runs.entry import read_object, reason_of, regular_bytes
from nnrun.runs.locking import is_locked

SEED = "seed"
"""Runs that differ in it alone are one setting."""

RESULTS, SUMMARY = "results.csv", "summary.json"

MOST_BYTES = 256 * 1024 * 1024
"""Of a results.csv."""


@dataclass(frozen=True)
class Point:
    """One run that says something of its setting: it ended well, or was lost.

    Attributes:
        job: its number.
        status: how it ended.
        values: swept key -> value as typed.
        objective: final value; NaN where the run was lost.
        directory: relative to the sweep's.
    """

    job: int
    status: str
    values: Mapping[str, str]
    objective: float
    directory: str

    @property
    def lost(self) -> bool:
        """Whether it diverged or failed."""
        return not math.isfinite(self.objective)


@dataclass(frozen=True)
class Study:
    """The runs of one sweep that share a problem, so that their objectives can be compared.

    Attributes:
        directory: of the sweep.
        summary: summary.json of the sweep.
        problem: its entry there.
        swept: keys in the order typed.
        points: by job.
    """

    directory: Path
    summary: Mapping[str, Any]
    problem: Mapping[str, Any]
    swept: tuple[str, ...]
    points: tuple[Point, ...]

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """Swept keys but the seed that have more than one value here."""
        lines = [axis(key, [point.values[key] for point in self.points]) for key in self.swept if key != SEED]
        return tuple(line for line in lines if len(line.values) > 1)

    @property
    def seeds(self) -> Axis | None:
        """The seed as an axis, ascending, where there are several."""
        values = {point.values[SEED] for point in self.points} if SEED in self.swept else set()
        ordered = sorted(values, key=lambda value: (number_of(value) or 0.0, value))
        return Axis(SEED, tuple(ordered)) if len(ordered) > 1 else None

    @property
    def objective(self) -> str:
        """Such as `train/loss`."""
        return str((self.problem.get("objective") or {}).get("name", ""))

    @property
    def greater_is_better(self) -> bool:
        """Of the objective."""
        return bool((self.problem.get("objective") or {}).get("greater_is_better"))

    @property
    def title(self) -> str:
        """What tells the problem from others; empty where there is one."""
        return ", ".join(f"{name}={value}" for name, value in self.problem.get("values", {}).items())

    @property
    def best(self) -> Mapping[str, Any] | None:
        """The best setting, as summary.json has it."""
        return self.problem.get("best")

    def grouped(self, lines: Sequence[Axis]) -> dict[tuple[str, ...], list[Point]]:
        """The points at each place of a grid of axes, in the order in which they came."""
        groups: dict[tuple[str, ...], list[Point]] = {}
        for point in self.points:
            groups.setdefault(tuple(point.values[line.key] for line in lines), []).append(point)
        return groups

    def score(self, point: Point) -> float:
        """Less is better; infinite for a run that was lost."""
        if point.lost:
            return math.inf
        return -point.objective if self.greater_is_better else point.objective

    def median(self, points: Sequence[Point]) -> float:
        """Of the objective, lost runs being worse than all others; NaN where the middle one is lost."""
        middle = statistics.median(map(self.score, points)) if points else math.inf
        if not math.isfinite(middle):
            return math.nan
        return -middle if self.greater_is_better else middle

    def typical(self, points: Sequence[Point]) -> Point:
        """The run at the median; of two in the middle the better one."""
        return sorted(points, key=self.score)[(len(points) - 1) // 2]


def studies(directory: Path) -> list[Study]:
    """The problems of the sweep in `directory` that have runs to show; without its summary.json, one.

    Raises:
        Refused: its results.csv is missing or damaged.
    """
    columns, rows = _table(directory)
    summary = _summary(directory)
    swept = tuple(columns[columns.index("status") + 1 : columns.index("objective")])
    points = _distinct([_point(row, swept) for row in rows if row["status"] in _SHOWN])
    recorded = summary.get("problems")
    problems = [_problem(problem, swept) for problem in recorded] if isinstance(recorded, list) else []
    found = []
    for problem in problems or [{"jobs": None, "objective": _objective(directory, points)}]:
        jobs = None if problem["jobs"] is None else set(problem["jobs"])
        own = tuple(point for point in points if jobs is None or point.job in jobs)
        if own:
            found.append(Study(directory, summary, problem, swept, own))
    return found


def _table(directory: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and whole rows of results.csv.

    Raises:
        Refused: it is missing or damaged.
    """
    try:
        text = regular_bytes(directory / RESULTS, MOST_BYTES).decode("utf-8")
        reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
        columns, rows = list(reader.fieldnames or ()), list(reader)
    except FileNotFoundError as error:
        if is_locked(directory):
            why = "the sweep is running, and it is written at its end"
        else:
            why = f"is missing; nnrun resume {shlex.quote(str(directory))} writes it"
        raise Refused(f"{directory} cannot be read as a sweep: {RESULTS}: {why}") from error
    except (OSError, ValueError, csv.Error) as error:
        raise Refused(f"{directory} cannot be read as a sweep: {RESULTS}: {reason_of(error)}") from error
    if not {"job", "status", "objective", "directory"}.issubset(columns):
        raise Refused(f"{directory} cannot be read as a sweep: {RESULTS}: has not the columns of a sweep")
    return columns, [row for row in rows if row["job"].isdecimal() and len(row["job"]) < 10]


def _summary(directory: Path) -> Mapping[str, Any]:
    """summary.json; empty where it cannot be read, which costs no more than titles and the best setting."""
    try:
        return read_object(directory / SUMMARY)
    except (OSError, ValueError):
        return {}


def _problem(recorded: Any, swept: Sequence[str]) -> Mapping[str, Any]:
    """A problem as summary.json has it, without what makes no sense."""
    fields = {name: _mapping(recorded, name) for name in ("values", "objective", "best")}
    jobs, best = _mapping({"": recorded}, "").get("jobs"), fields["best"]
    whole = _mapping(best, "values").keys() >= {key for key in swept if key != SEED}
    known = whole and isinstance(best.get("median"), float | int) and isinstance(best.get("runs"), int)
    jobs = [job for job in jobs if isinstance(job, int)] if isinstance(jobs, list) else None
    return {**fields, "jobs": jobs, "best": best if known else None}


def _objective(directory: Path, points: Sequence[Point]) -> Mapping[str, Any]:
    """The objective of the first run that says its own."""
    for point in points[:1]:
        with suppress(OSError, ValueError):
            return _mapping(read_object(directory / point.directory / SUMMARY), "objective")
    return {}


def _mapping(content: Any, name: str) -> Mapping[str, Any]:
    part = content.get(name) if isinstance(content, Mapping) else None
    return part if isinstance(part, Mapping) else {}


def varied(found: Sequence[Study]) -> list[str]:
    """The swept keys but the seed that have several values in all studies of a sweep together."""
    points = [point for study in found for point in study.points]
    swept = found[0].swept
    return [key for key in swept if key != SEED and len({point.values[key] for point in points}) > 1]


_SHOWN = frozenset({"completed", "stopped", "diverged", "failed"})


def _distinct(points: Sequence[Point]) -> list[Point]:
    """One of each values: what was asked for twice is no second result."""
    kept: dict[tuple[str, ...], Point] = {}
    for point in points:
        kept.setdefault(tuple(point.values.values()), point)
    return list(kept.values())


def _point(row: Mapping[str, str], swept: Sequence[str]) -> Point:
    good = row["status"] in ("completed", "stopped")
    return Point(
        job=int(row["job"]),
        status=row["status"],
        values={key: row[key] for key in swept},
        objective=_number(row["objective"]) if good else math.nan,
        directory=row["directory"],
    )


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan
