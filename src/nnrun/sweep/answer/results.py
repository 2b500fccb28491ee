"""What each job came to, read from its run directory."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from nnrun.plots.axis import shown
from nnrun.runs.extending import EXTENDED, is_extended
from nnrun.runs.writing import SUMMARY
from nnrun.sweep.answer.jobs import Sweep, SweptJob

NOT_STARTED = "not started"

TRAINED = frozenset({"completed", "stopped", "diverged"})
"""Endings of runs that trained until nothing was left to do."""

JUDGED = TRAINED | {"failed"}
"""Endings that say something of a setting; runs that were cut short or never began do not."""


class Problem(NamedTuple):
    """What an objective is an objective of: numbers of different problems cannot be compared."""

    dataset: str
    loss: str
    objective: str


@dataclass(frozen=True)
class Result:
    """One job.

    Attributes:
        number: its place in the sweep.
        overrides: swept key -> value in Hydra's override grammar, of those swept keys that the job has.
        values: of all swept keys, as people type them; empty where the job does not have the key.
        status: how it ended.
        problem: None where it ended before that was known.
        objective: final value; NaN where there is none.
        greater_is_better: of the objective.
        metrics: column of results.csv -> final or best value.
        best_epoch: 0 where there is none.
        seconds: NaN where not known.
        directory: relative to the sweep's; empty where it never started.
        error: why it failed; empty where it did not.
        same_as: name of the directory of the run that this one is a copy of; empty where it is none.
        epochs: that the sweep asked for, of a run that went on alone beyond them; None of any other.
    """

    number: int
    overrides: Mapping[str, str]
    values: tuple[str, ...]
    status: str
    problem: Problem | None
    objective: float
    greater_is_better: bool
    metrics: Mapping[str, float]
    best_epoch: int
    seconds: float
    directory: str
    error: str = ""
    same_as: str = ""
    epochs: int | None = None

    @property
    def score(self) -> float:
        """Less is better, and nothing is worse than a run that diverged or failed: infinity."""
        if self.status not in ("completed", "stopped") or not math.isfinite(self.objective):
            return math.inf
        return -self.objective if self.greater_is_better else self.objective


def read_result(sweep: Sweep, job: SweptJob) -> Result:
    """The row of one job."""
    summary = {} if job.directory is None else _summary(job.directory)
    overrides = {key: job.overrides[key] for key in sweep.swept if key in job.overrides}
    extended = is_extended(summary, job.length)
    if extended:
        summary = _without_numbers(summary)
    objective = summary.get("objective") or {}
    best = summary.get("best") or {}
    metrics = {f"final/{name}": _number(value) for name, value in _final(summary).items()}
    if best:
        metrics[f"best/{best['name']}"] = _number(best["value"])
    return Result(
        number=job.number,
        overrides=overrides,
        values=tuple(shown(overrides.get(key, "")) for key in sweep.swept),
        status=EXTENDED if extended else _status(job, summary),
        problem=_problem(summary),
        objective=_number(objective.get("value")),
        greater_is_better=bool(objective.get("greater_is_better")),
        metrics=metrics,
        best_epoch=best.get("epoch", 0),
        seconds=_number(summary.get("seconds")),
        directory="" if job.directory is None else _relative(job.directory, sweep.directory),
        error=str(summary.get("error", "")),
        same_as=str(summary.get("same_as", "")),
        epochs=_asked(job) if extended else None,
    )


def _without_numbers(summary: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of a run that was extended: its numbers are those of another length than the others'."""
    kept = {key: value for key, value in summary.items() if key not in ("final", "test", "best")}
    return kept | ({"objective": {**kept["objective"], "value": None}} if kept.get("objective") else {})


def _asked(job: SweptJob) -> int | None:
    """Epochs that the sweep asked for; None where they stand in the environment."""
    epochs = job.length.get("epochs")
    return epochs if isinstance(epochs, int) else None


def _summary(directory: Path) -> dict[str, Any]:
    """summary.json; empty where it is not there or damaged, which is no reason to lose the other jobs."""
    try:
        content = json.loads((directory / SUMMARY).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _status(job: SweptJob, summary: Mapping[str, Any]) -> str:
    if job.directory is None:
        return job.status or NOT_STARTED
    recorded = summary.get("status")
    if recorded in (None, "running"):
        return job.status or ("failed" if recorded is None else "interrupted")
    return str(recorded)


def _problem(summary: Mapping[str, Any]) -> Problem | None:
    """The loss matters where it is the objective."""
    objective = summary.get("objective")
    if objective is None:
        return None
    name = objective["name"]
    return Problem(summary["dataset"]["name"], summary["loss"] if name.endswith("/loss") else "", name)


def _final(summary: Mapping[str, Any]) -> dict[str, Any]:
    return {**(summary.get("final") or {}), **(summary.get("test") or {})}


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _relative(directory: Path, root: Path) -> str:
    return Path(os.path.relpath(directory, root)).as_posix()
