"""A saved sweep on one page: its settings ranked, and the commands that go on from it."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nnrun.characters import number
from nnrun.commands.inspecting import Inspected, mapping
from nnrun.commands.listed import in_short, local_time, note
from nnrun.commands.run_page import LABEL_WIDTH, files, labelled
from nnrun.commands.tabulating import Table, rendered
from nnrun.errors import NnrunError
from nnrun.index import Found, listing
from nnrun.runs.entry import Entry, reason_of, regular_bytes, status_of
from nnrun.runs.extending import cut_short
from nnrun.runs.lost import lost, sentence
from nnrun.sweep.answer.ranking import SEED, Setting, rankings
from nnrun.sweep.answer.results import Problem, Result
from nnrun.sweep.answer.tables import RESULTS

MOST_ROWS = 10
"""Of a table, unless everything is asked for."""

MOST_BYTES = 64 * 1024 * 1024
"""Of a results.csv that is read at all."""


@dataclass(frozen=True)
class Ranked:
    """The settings of one problem of a sweep.

    Attributes:
        name: what tells it from the others; empty where there is one.
        objective: by which they are ranked.
        table: a row for each setting, the best one first.
    """

    name: str
    objective: str
    table: Table


@dataclass(frozen=True)
class SweepPage:
    """What a sweep came to.

    Attributes:
        sweep: to show.
        runs: the sweep itself and its runs, as lists show them.
        ranked: one for each problem; empty where results.csv cannot be read.
        problems: what cannot be read, one line each.
        incomplete: whether the directories of runs are gone.
    """

    sweep: Inspected
    runs: Sequence[Found]
    ranked: Sequence[Ranked]
    problems: Sequence[str]
    incomplete: bool = False

    @classmethod
    def of(cls, sweep: Inspected) -> SweepPage:
        """Reads its results; its runs one by one only where there are none."""
        problems = list(sweep.problems)
        try:
            ranked = ranking_tables(sweep)
        except FileNotFoundError:
            ranked = []
            problems += [f"{RESULTS} is missing"] if sweep.entry.status != "running" else []
        except (OSError, ValueError, csv.Error) as error:
            ranked = []
            problems.append(f"{RESULTS}: {reason_of(error)}")
        try:
            runs = listing(sweep.directory, jobs=not ranked).found
        except NnrunError as error:
            runs = ()
            problems += error.lines
        cut = cut_short(sweep.directory) if sweep.entry.status != "running" else {}
        sweep = replace(sweep, entry=_counted_again(sweep.entry, cut))
        if runs:
            runs = (replace(runs[0], entry=_counted_again(runs[0].entry, cut)), *runs[1:])
        problems += [
            f"{name} was extended and is cut short; nnrun resume {sweep.directory / name} goes on with it"
            for name in cut
        ]
        gone = lost(sweep.directory) if sweep.entry.status != "running" else ()
        if gone:
            problems.append(
                f"{sentence(gone, sweep.entry.summary.get('jobs'))}; nnrun resume trains them again"
            )
        return cls(sweep, runs, ranked, tuple(dict.fromkeys(problems)), bool(gone))

    @property
    def status(self) -> str:
        """How it ended; `incomplete` where it ended and runs are gone since."""
        status = self.sweep.entry.status
        return "incomplete" if self.incomplete and status in ("completed", "failed") else status

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show but problems."""
        return self.sweep.is_empty and not self.ranked and len(self.runs) < 2

    def text(self, everything: bool, width: int | None) -> str:
        """The page; `everything`: all rows."""
        room = None if width is None else width - LABEL_WIDTH
        most = None if everything else MOST_ROWS
        parts: list[tuple[str, Sequence[str]]] = self._head()
        for ranked in self.ranked:
            told = f"{ranked.name}: {ranked.objective}" if ranked.name else ranked.objective
            parts += [("objective", [told]), ("ranking", _lines(ranked.table, room, most))]
        if not self.ranked and len(self.runs) > 1:
            parts.append(("runs", _lines(in_short(self.runs[1:], "text"), room, most)))
        parts += [
            ("best", self._best()),
            ("edge", self._edges()),
            ("files", rendered(known, "text", room).splitlines() if (known := files(self.sweep)) else []),
            ("problem", self.problems),
        ]
        return labelled(parts)

    def record(self) -> dict[str, object]:
        """The same for a program."""
        return {
            "summary": self.sweep.entry.summary,
            "rankings": [
                {
                    "problem": ranked.name or None,
                    "objective": ranked.objective,
                    "settings": [
                        dict(zip(ranked.table.columns, row, strict=True)) for row in ranked.table.rows
                    ],
                }
                for ranked in self.ranked
            ],
            "runs": [{"id": run.id, "status": run.entry.status} for run in self.runs[1:]],
        }

    def _head(self) -> list[tuple[str, Sequence[str]]]:
        summary = self.sweep.entry.summary
        seconds = summary.get("seconds")
        said = note(self.runs[0]) if self.runs else ""
        texts = {
            "sweep": str(self.sweep.directory),
            "status": ": ".join(filter(None, (self.status, said))),
            "when": local_time(self.runs[0].started) if self.runs and self.runs[0].started else "",
            "took": f"{number(float(seconds))} s" if isinstance(seconds, int | float) else "",
            "command": str(summary.get("command") or ""),
        }
        return [(label, [text]) for label, text in texts.items() if text]

    def _best(self) -> list[str]:
        """The commands of the best setting's typical run, and of the best run of all."""
        best = self.sweep.entry.summary
        typical, run = mapping(mapping(best, "best"), "typical"), mapping(best, "best_run")
        told = [str(typical["command"])] if "command" in typical else []
        if "command" in run and run.get("job") != typical.get("job"):
            told.append(f"{run['command']}   (the best of all runs)")
        return told

    def _edges(self) -> list[str]:
        summary = self.sweep.entry.summary
        wider, edges = summary.get("wider_command"), summary.get("edges")
        if isinstance(wider, str):
            return [f"the best setting lies at an edge; try {wider}"]
        told = [each for each in edges if isinstance(each, dict)] if isinstance(edges, list) else []
        ends = dict.fromkeys(f"{edge.get('key')}={edge.get('value')}" for edge in told)
        return [f"the best setting lies at an edge: {', '.join(ends)}"] if ends else []


def _counted_again(entry: Entry, cut: Mapping[str, str]) -> Entry:
    """A sweep's entry with the runs `cut`, of these statuses before, counted as interrupted."""
    known = entry.summary.get("counts")
    if not cut or not isinstance(known, dict):
        return entry
    counts = Counter(known)
    counts.subtract(cut.values())
    counts["interrupted"] += len(cut)
    summary = {**entry.summary, "counts": {status: count for status, count in counts.items() if count > 0}}
    return replace(entry, summary=summary, status=status_of(entry.directory, entry.kind, summary))


def ranking_tables(sweep: Inspected) -> list[Ranked]:
    """The settings of a sweep, from its results.csv.

    Raises:
        OSError: the file is not there, or cannot be read.
        ValueError: it is damaged.
        csv.Error: it is no table.
    """
    content = regular_bytes(sweep.directory / RESULTS, MOST_BYTES).decode("utf-8")
    reader = csv.DictReader(io.StringIO(content, newline=""))
    columns = list(reader.fieldnames or ())
    if not {"job", "status", "objective"}.issubset(columns):
        raise ValueError("has not the columns of a sweep")
    swept = columns[columns.index("status") + 1 : columns.index("objective")]
    rows = [row for row in reader if str(row["job"]).isdecimal()]
    jobs = sweep.entry.summary.get("jobs")
    if isinstance(jobs, int) and len(rows) < jobs and sweep.entry.status != "running":
        raise ValueError(f"has {len(rows)} of {jobs} rows")
    recorded = sweep.entry.summary.get("problems")
    known = [each for each in recorded if isinstance(each, dict)] if isinstance(recorded, list) else []
    return [_ranked(rows, swept, problem) for problem in known or [{}]]


def _ranked(rows: Sequence[Mapping[str, Any]], swept: Sequence[str], problem: Mapping[str, Any]) -> Ranked:
    """The settings of one problem; `problem` is what summary.json says of it."""
    jobs, objective = problem.get("jobs"), mapping(problem, "objective")
    greater, name = bool(objective.get("greater_is_better")), str(objective.get("name") or "not known")
    results = [_result(row, swept, name, greater) for row in rows]
    mine = [result for result in results if not isinstance(jobs, list) or result.number in jobs]
    keys = [key for key in swept if key != SEED]
    settings = [setting for ranking in rankings(mine, swept) for setting in ranking.settings]
    columns = ("rank", *keys, "median", "lowest", "highest", "runs", "lost")
    table = Table(columns, tuple((place, *_row(setting)) for place, setting in enumerate(settings, 1)))
    label = ", ".join(f"{key}={value}" for key, value in mapping(problem, "values").items())
    return Ranked(label, f"{name}, {'greater' if greater else 'less'} is better", table)


def _result(row: Mapping[str, Any], swept: Sequence[str], name: str, greater: bool) -> Result:
    values = {key: row[key] or "" for key in swept}
    return Result(
        number=int(row["job"]),
        overrides=values,
        values=tuple(values.values()),
        status=str(row["status"]),
        problem=Problem("", "", name),
        objective=_number(row["objective"]),
        greater_is_better=greater,
        metrics={},
        best_epoch=0,
        seconds=_number(row.get("seconds")),
        directory=str(row.get("directory") or ""),
    )


def _row(setting: Setting) -> tuple[object, ...]:
    numbers = (setting.median, setting.lowest, setting.highest)
    known = (value if math.isfinite(value) else None for value in numbers)
    return (*setting.values, *known, len(setting.runs), setting.lost)


def _number(cell: object) -> float:
    try:
        return float(str(cell))
    except ValueError:
        return math.nan


def _lines(table: Table, room: int | None, most: int | None) -> list[str]:
    shown = Table(table.columns, table.rows[:most])
    left = len(table.rows) - len(shown.rows)
    more = [f"... and {left:,} more: --all"] if left else []
    return [*rendered(shown, "text", room).splitlines(), *more]
