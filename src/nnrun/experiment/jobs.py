"""Training a population and recording every member of it in its own run directory."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnrun.datasets import Source
from nnrun.errors import EnvironmentFault, NnrunError, RunFailed
from nnrun.experiment.diagnosis import Course, diagnoses
from nnrun.experiment.provenance import Provenance
from nnrun.experiment.summary import outcomes, planned
from nnrun.models import Network
from nnrun.runs.locking import now
from nnrun.runs.writing import RunWriter
from nnrun.spec import Spec
from nnrun.training.loop import Epoch, train
from nnrun.training.population import Population
from nnrun.training.portrait import Arrays, Snapshots, portraits
from nnrun.verdicts import verdicts

LONGEST_MESSAGE = 200
DIGITS = {"float32": 9, "float64": 17}

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


def run_population(
    jobs: Sequence[Job],
    watch: Callable[[Epoch], None] = lambda epoch: None,
    interrupted: Callable[[], bool] = lambda: False,
    show: Callable[[Arrays], None] | None = None,
) -> list[Outcome]:
    """Trains `jobs`, which are of equal shape, and leaves a complete run directory for each.

    Args:
        jobs: their directories are claimed already.
        watch: is shown every epoch.
        interrupted: asked at every step; once true, the runs end with their last complete epoch.
        show: is given the first run's snapshots while it trains; see `Snapshots`.

    Raises:
        RunFailed: a part raised; recorded as `failed`, with the traceback in the run's log.
        EnvironmentFault: disk or memory is in the way.
    """
    started = now()
    summaries = [planned(job.spec, job.source, job.network, job.origin, started) for job in jobs]
    writers = [
        RunWriter(job.directory, columns(job.spec), DIGITS[job.spec.dtype], summary)
        for job, summary in zip(jobs, summaries, strict=True)
    ]
    try:
        return _trained(jobs, writers, summaries, watch, interrupted, show)
    except Exception as error:
        failure = _failure(error)
        log.error("%s", traceback.format_exc())
        for writer, summary in zip(writers, summaries, strict=True):
            summary |= {"status": "failed", "error": str(failure), "finished": now()}
            writer.summarise(summary)
        raise failure from error
    finally:
        for writer in writers:
            writer.close()


def columns(spec: Spec) -> list[str]:
    """The header of metrics.csv."""
    parts = ["train", "val"] if spec.val_fraction > 0 else ["train"]
    measured = [f"{part}/{name}" for part in parts for name in ("loss", *(spec.metrics or ()))]
    return ["epoch", "step", "lr", *measured, "seconds"]


def _trained(
    jobs: Sequence[Job],
    writers: Sequence[RunWriter],
    summaries: Sequence[dict[str, Any]],
    watch: Callable[[Epoch], None],
    interrupted: Callable[[], bool],
    show: Callable[[Arrays], None] | None,
) -> list[Outcome]:
    population = Population([job.spec for job in jobs])
    snapshots = Snapshots(population, show)
    course = Course()
    first_losses = np.full(len(jobs), np.nan)
    seconds = np.zeros(len(jobs))
    for epoch in train(population, interrupted):
        if epoch.number == 1:
            first_losses = epoch.train["loss"]
        for index in epoch.active:
            values = [table[name][index] for table in (epoch.train, epoch.val) for name in table]
            writers[index].row(epoch.number, epoch.step, [epoch.rate[index], *values], epoch.seconds)
            seconds[index] = epoch.seconds
        snapshots.take(epoch.number, epoch.train["loss"])
        course.take(epoch)
        watch(epoch)
    results, found = outcomes(population, first_losses), diagnoses(population)
    weights = population.engine.weights()
    arrays = portraits(population, snapshots)
    for index, writer in enumerate(writers):
        writer.weights(population.networks[index].named(weights[index]))
        writer.plots(arrays[index])
        summaries[index] |= results[index] | {"seconds": float(seconds[index]), "finished": now()}
        summaries[index]["dataset"]["samples"] = summaries[index].pop("samples")
        summaries[index]["diagnosis"] = found[index]
        said = verdicts(summaries[index], course.of_member(index, summaries[index]["epochs"]))
        summaries[index]["verdicts"] = [verdict.record for verdict in said]
        writer.summarise(summaries[index])
    return [Outcome(job.directory, summary) for job, summary in zip(jobs, summaries, strict=True)]


def _failure(error: Exception) -> NnrunError:
    """What to tell the user of an exception out of training."""
    if isinstance(error, NnrunError):
        return error
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return EnvironmentFault("out of memory; try a smaller batch_size, fewer samples or fewer units")
    message = str(error).strip() or type(error).__name__
    if len(message) > LONGEST_MESSAGE:
        message = f"{message[:LONGEST_MESSAGE]}..."
    return RunFailed(f"the run failed: {message} (the traceback is in nnrun.log)")
