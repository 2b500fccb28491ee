"""Training a population and recording every member of it in its own run directory."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnrun.datasets import Source
from nnrun.errors import EnvironmentFault, NnrunError, OutOfMemory, RunFailed
from nnrun.experiment.diagnosis import Course, diagnoses
from nnrun.experiment.provenance import Provenance
from nnrun.experiment.summary import outcomes, planned
from nnrun.models import Network
from nnrun.runs.files import explaining, sync_everything
from nnrun.runs.locking import now
from nnrun.runs.writing import RunWriter
from nnrun.spec import Spec
from nnrun.training.loop import Epoch, train
from nnrun.training.population import Population
from nnrun.training.portrait import Arrays, Snapshots, portraits
from nnrun.verdicts import verdicts

LONGEST_MESSAGE = 200
LOG = "nnrun.log"
DIGITS = {"float32": 9, "float64": 17}
FLUSH_SECONDS = 2.0
"""How late the rows of a population may reach the disk."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """One run to be: what, where, and where it comes from."""

    spec: Spec
    source: Source
    network: Network
    directory: Path
    origin: Provenance


@dataclass(frozen=True)
class Outcome:
    """One run that has been: its directory and its summary."""

    directory: Path
    summary: dict[str, Any]


Watch = Callable[[Epoch], None]
Asked = Callable[[], bool]


def run_lone(
    job: Job,
    watch: Watch = lambda epoch: None,
    interrupted: Asked = lambda: False,
    show: Callable[[Arrays], None] | None = None,
) -> Outcome:
    """Trains one run and leaves a complete run directory.

    Args:
        job: its directory is claimed already.
        watch: is shown every epoch.
        interrupted: asked at every step; once true, the run ends with its last complete epoch.
        show: is given the run's snapshots while it trains; see `Snapshots`.

    Raises:
        RunFailed: a part raised; recorded as `failed`, with the traceback in the run's log.
        EnvironmentFault: disk or memory is in the way.
    """
    recording = _Recording([job], member=False)
    try:
        return recording.train(watch, interrupted, show)[0]
    except Exception as error:
        failure = _failure(error)
        log.error("%s", traceback.format_exc())
        recording.fail(failure)
        raise failure from error
    finally:
        recording.close()


def run_members(
    jobs: Sequence[Job], watch: Watch = lambda epoch: None, interrupted: Asked = lambda: False
) -> list[Outcome]:
    """Trains `jobs`, which are of equal shape, as a population, and leaves a run directory for each.

    A population that fails, for want of memory or because of one of its members, is halved and trained
    again, until what cannot be trained stands alone: that run is recorded as `failed`.

    Raises:
        EnvironmentFault: the disk is in the way.
    """
    recording = _Recording(jobs, member=True)
    try:
        return recording.train(watch, interrupted, None)
    except Exception as error:
        failure = _failure(error)
        if isinstance(failure, EnvironmentFault) and not isinstance(failure, OutOfMemory):
            recording.fail(failure)
            raise failure from error
        if len(jobs) == 1:
            _note(jobs[0].directory, traceback.format_exc())
            return recording.fail(failure)
        recording.withdraw()
    finally:
        recording.close()
    middle = len(jobs) // 2
    halves = jobs[:middle], jobs[middle:]
    return [outcome for half in halves for outcome in run_members(half, watch, interrupted)]


def columns(spec: Spec) -> list[str]:
    """The header of metrics.csv."""
    parts = ["train", "val"] if spec.val_fraction > 0 else ["train"]
    measured = [f"{part}/{name}" for part in parts for name in ("loss", *(spec.metrics or ()))]
    return ["epoch", "step", "lr", *measured, "seconds"]


class _Recording:
    """The run directories of a population, from before its first step to its summaries."""

    def __init__(self, jobs: Sequence[Job], member: bool) -> None:
        started = now()
        self._jobs, self._member = jobs, member
        self._summaries = [planned(job.spec, job.source, job.network, job.origin, started) for job in jobs]
        self._writers = [
            RunWriter(job.directory, columns(job.spec), DIGITS[job.spec.dtype], summary, member)
            for job, summary in zip(jobs, self._summaries, strict=True)
        ]

    def train(self, watch: Watch, interrupted: Asked, show: Callable[[Arrays], None] | None) -> list[Outcome]:
        """Trains and records everything."""
        population = Population([job.spec for job in self._jobs])
        snapshots = Snapshots(population, show)
        course = Course()
        flushed = time.monotonic()
        for epoch in train(population, interrupted):
            self._rows(epoch)
            snapshots.take(epoch.number)
            course.take(epoch)
            watch(epoch)
            if time.monotonic() - flushed > FLUSH_SECONDS:
                self._flush()
                flushed = time.monotonic()
        return self._finished(population, snapshots, course)

    def _rows(self, epoch: Epoch) -> None:
        tables = [epoch.rate, *epoch.train.values(), *epoch.val.values()]
        rows = np.stack(tables, axis=1).tolist()
        for index in epoch.active.tolist():
            self._writers[index].row(epoch.number, epoch.step, rows[index], epoch.seconds)

    def _flush(self) -> None:
        for writer in self._writers:
            writer.flush()

    def _finished(self, population: Population, snapshots: Snapshots, course: Course) -> list[Outcome]:
        results, found = outcomes(population, course.first_losses(len(self._jobs))), diagnoses(population)
        weights = population.engine.weights()
        arrays = portraits(population, snapshots)
        for index, (writer, summary) in enumerate(zip(self._writers, self._summaries, strict=True)):
            writer.weights(population.networks[index].named(weights[index]))
            writer.plots(arrays[index])
            writer.flush()
            seconds = course.seconds(results[index]["epochs"])
            summary |= results[index] | {"seconds": seconds, "finished": now()}
            summary["dataset"]["samples"] = summary.pop("samples")
            summary["diagnosis"] = found[index]
            said = verdicts(summary, course.of_member(index, summary["epochs"]))
            summary["verdicts"] = [verdict.record for verdict in said]
        if self._member:
            # One for all of them: a run is called completed only when its files are safe.
            sync_everything()
        return self._summarised()

    def _summarised(self) -> list[Outcome]:
        for writer, summary in zip(self._writers, self._summaries, strict=True):
            writer.summarise(summary)
        return [
            Outcome(job.directory, summary) for job, summary in zip(self._jobs, self._summaries, strict=True)
        ]

    def fail(self, failure: NnrunError) -> list[Outcome]:
        """Records every run as failed."""
        for summary in self._summaries:
            summary |= {"status": "failed", "error": str(failure), "finished": now()}
        return self._summarised()

    def withdraw(self) -> None:
        """Leaves the directories as they were."""
        for writer in self._writers:
            writer.withdraw()

    def close(self) -> None:
        """Lets go of the directories."""
        for writer in self._writers:
            writer.close()


def _failure(error: Exception) -> NnrunError:
    """What to tell the user of an exception out of training."""
    if isinstance(error, NnrunError):
        return error
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return OutOfMemory("out of memory; try a smaller batch_size, fewer samples or fewer units")
    message = str(error).strip() or type(error).__name__
    if len(message) > LONGEST_MESSAGE:
        message = f"{message[:LONGEST_MESSAGE]}..."
    return RunFailed(f"the run failed: {message} (the traceback is in nnrun.log)")


def _note(directory: Path, text: str) -> None:
    """Appends to the log of a run that has no handler of its own."""
    with explaining(directory), (directory / LOG).open("a", encoding="utf-8") as file:
        file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} ERROR {text}")
