"""What a sweep has come to: read from its runs, written beside them, ready to be shown."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nnrun.arguments import command_line
from nnrun.arguments.quoting import is_quoted
from nnrun.arguments.vocabulary import Vocabulary, shipped_vocabulary
from nnrun.plots.axis import shown
from nnrun.runs.files import write_atomically
from nnrun.runs.writing import SUMMARY
from nnrun.sweep.answer.edges import Edge, changes_problem, edges_of_all, wider_command
from nnrun.sweep.answer.jobs import Sweep
from nnrun.sweep.answer.ranking import SEED, Ranking, Setting, rankings
from nnrun.sweep.answer.results import TRAINED, Result, read_result
from nnrun.sweep.answer.tables import write_curves, write_results

SCHEMA = 1


@dataclass(frozen=True)
class Answer:
    """Everything that is said at a sweep's end.

    Attributes:
        sweep: that it is about.
        results: one for each job, in order.
        rankings: one for each problem; see `Problem`.
        edges: at which the best settings lie.
        vocabulary: what may be typed.
    """

    sweep: Sweep
    results: tuple[Result, ...]
    rankings: tuple[Ranking, ...]
    edges: tuple[Edge, ...]
    vocabulary: Vocabulary = field(repr=False)

    @property
    def keys(self) -> tuple[str, ...]:
        """The swept keys but the seed, in the order of a setting's values."""
        return tuple(key for key in self.sweep.swept if key != SEED)

    @property
    def counts(self) -> Mapping[str, int]:
        """Jobs by status, the most frequent first."""
        return dict(Counter(result.status for result in self.results).most_common())

    @property
    def rate(self) -> float | None:
        """Runs per second; None where there was no time. Those that failed or were cut short do not count."""
        done = sum(result.status in TRAINED for result in self.results)
        return done / self.sweep.seconds if self.sweep.seconds > 0 else None

    @property
    def distorting(self) -> tuple[str, ...]:
        """Swept keys that change what the objective measures."""
        return tuple(key for key in self.sweep.swept if changes_problem(key))

    @property
    def wider(self) -> str | None:
        """The command of the wider sweep, where a best setting lies at an edge."""
        return wider_command(self.sweep.command, self.edges)

    def command(self, run: Result) -> str:
        """The command that trains `run` again, alone."""
        chosen = [f"{key}={self._typed(key, value)}" for key, value in run.overrides.items()]
        return command_line(["nnrun", *self.sweep.base, *chosen])

    def label(self, ranking: Ranking) -> dict[str, str]:
        """What tells its problem from the others; empty where there is one problem."""
        if ranking.problem is None:
            return {}
        known = [other.problem._asdict() for other in self.rankings if other.problem is not None]
        return {
            name: value
            for name, value in ranking.problem._asdict().items()
            if value and any(other[name] != value for other in known)
        }

    def _typed(self, key: str, value: str) -> str:
        """Texts without the quotes that only Hydra needs."""
        parameters = self.vocabulary.parameters(key, {})
        text = bool(parameters) and all(each.kind is str and not each.many for each in parameters)
        return shown(value) if text and is_quoted(value) else value


def answer(sweep: Sweep) -> Answer:
    """Reads the runs of `sweep`, and writes summary.json, results.csv and curves.csv beside them.

    Raises:
        EnvironmentFault: one of them cannot be written; those before it are there.
    """
    told = judged(sweep)
    write(told)
    return told


def judged(sweep: Sweep) -> Answer:
    """Reads the runs of `sweep`, and writes nothing."""
    vocabulary = shipped_vocabulary()
    results = tuple(read_result(sweep, job) for job in sweep.jobs)
    ranked = rankings(results, sweep.swept)
    found = edges_of_all(ranked, sweep.swept, sweep.command, vocabulary)
    return Answer(sweep, results, ranked, found, vocabulary)


def write(told: Answer) -> None:
    """Writes summary.json, results.csv and curves.csv, the largest last: a full device may keep the others.

    Raises:
        EnvironmentFault: one of them cannot be written; those before it are there.
    """
    text = json.dumps(_summary(told), indent=2, ensure_ascii=False, allow_nan=False)
    write_atomically(told.sweep.directory / SUMMARY, f"{text}\n".encode("utf-8", "backslashreplace"))
    write_results(told.sweep, told.results)
    write_curves(told.sweep, told.results)


def _summary(told: Answer) -> dict[str, Any]:
    """summary.json of a sweep; `best` is null where its problems cannot be compared."""
    problems = [_problem(told, ranking) for ranking in told.rankings]
    alone = problems[0] if len(problems) == 1 else {}
    return {
        "schema": SCHEMA,
        "kind": "sweep",
        **told.sweep.about,
        "command": told.sweep.command,
        "swept": list(told.sweep.swept),
        "jobs": len(told.results),
        "counts": dict(told.counts),
        "seconds": told.sweep.seconds,
        "runs_per_second": told.rate,
        "objective": alone.get("objective"),
        "best": alone.get("best"),
        "best_run": alone.get("best_run"),
        "edges": [
            {
                "key": edge.key,
                "value": edge.value,
                "side": edge.side,
                "wider": edge.wider,
                "problems": list(edge.problems) or list(range(len(told.rankings))),
            }
            for edge in told.edges
        ],
        "wider_command": told.wider,
        "incomparable": list(told.distorting),
        "problems": problems,
    }


def _problem(told: Answer, ranking: Ranking) -> dict[str, Any]:
    problem = ranking.problem
    return {
        "values": told.label(ranking),
        "objective": None
        if problem is None
        else {"name": problem.objective, "greater_is_better": ranking.greater_is_better},
        "settings": len(ranking.settings),
        "jobs": None if len(told.rankings) == 1 else ranking.jobs,
        "best": None if ranking.best is None else _setting(told, ranking.best),
        "best_run": None if ranking.best_run is None else _run(told, ranking.best_run),
    }


def _setting(told: Answer, setting: Setting) -> dict[str, Any]:
    typical = setting.typical
    return {
        "values": dict(zip(told.keys, setting.values, strict=True)),
        "median": _finite(setting.median),
        "lowest": _finite(setting.lowest),
        "highest": _finite(setting.highest),
        "runs": len(setting.runs),
        "diverged": setting.lost,
        "typical": None if typical is None else _run(told, typical),
    }


def _run(told: Answer, run: Result) -> dict[str, Any]:
    return {
        "job": run.number,
        "directory": run.directory,
        "objective": _finite(run.objective),
        "values": dict(zip(told.sweep.swept, run.values, strict=True)),
        "command": told.command(run),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
