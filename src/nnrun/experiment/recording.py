"""Recording a population: its run directories from before the first step to their summaries."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from nnrun.datasets import Source
from nnrun.errors import EnvironmentFault, NnrunError, OutOfMemory, Refused
from nnrun.experiment.diagnosis import diagnoses
from nnrun.experiment.provenance import Provenance
from nnrun.experiment.standing import Standing, lasting, most_bytes
from nnrun.experiment.summary import outcomes, planned
from nnrun.models import Network
from nnrun.runs.checkpoints import (
    CHECKPOINT,
    START_OVER,
    Checkpoint,
    is_whole,
    place_of,
    read_checkpoint,
    write_checkpoint,
)
from nnrun.runs.files import explaining, sync_everything
from nnrun.runs.moments import now
from nnrun.runs.pace import Pace
from nnrun.runs.writing import RunWriter
from nnrun.spec import Spec
from nnrun.training.loop import Epoch, train
from nnrun.training.population import Population
from nnrun.training.portrait import portraits
from nnrun.training.units import Arrays
from nnrun.verdicts import verdicts

DIGITS = {"float32": 9, "float64": 17}
FLUSH_SECONDS = 2.0
"""How late the rows of a population may reach the disk."""


@dataclass(frozen=True)
class Job:
    """One run to be: what, where, and where it comes from.

    Attributes:
        besides: what its summary says besides what is planned: when the directory was claimed, or what is
            kept of the time before an interruption.
    """

    spec: Spec
    source: Source
    network: Network
    directory: Path
    origin: Provenance
    besides: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """One run that has been: its directory and its summary."""

    directory: Path
    summary: dict[str, Any]


Watch = Callable[[Epoch], None]
Asked = Callable[[], bool]


def columns(spec: Spec) -> list[str]:
    """The header of metrics.csv."""
    parts = ["train", "val"] if spec.val_fraction > 0 else ["train"]
    measured = [f"{part}/{name}" for part in parts for name in ("loss", *(spec.metrics or ()))]
    return ["epoch", "step", "lr", *measured, "seconds"]


class Recording:
    """The run directories of a population, from before its first step to its summaries.

    Args:
        jobs: of one shape.
        root: of the sweep that they belong to; None for a lone run, which locks and syncs its own files.
        resume: goes on from the checkpoint, or starts over in the same directories where there is none.
        done: index of a job -> its outcome, of those whose directories are finished and stay as they are.

    Attributes:
        begun: whether the directories say that their runs train.

    Raises:
        Refused: the checkpoint is damaged, or belongs to other runs.
        EnvironmentFault: the disk is in the way.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        root: Path | None = None,
        resume: bool = False,
        done: Mapping[int, Outcome] = MappingProxyType({}),
    ) -> None:
        started = now()
        self._jobs, self._member, self._done = jobs, root is not None, done
        self._place = place_of([job.directory for job in jobs], root)
        self._root = jobs[0].directory if root is None else root
        self._resume = resume
        self._saved = self._checkpointed() if resume else None
        self._summaries = [
            planned(job.spec, job.source, job.network, job.origin, started) | dict(job.besides)
            for job in jobs
        ]
        self._writers: dict[int, RunWriter] = {}
        self.begun = False
        if self._saved is None:
            self._begin([0] * len(jobs))

    def _begin(self, marks: Sequence[int]) -> None:
        """Opens the directories; nothing is changed in one before its checkpoint is known to fit."""
        self.begun = True
        for index, job in enumerate(self._jobs):
            if index not in self._done:
                if self._member and self._resume:
                    # Its own one, from when it went on alone, would tell of rows that are written anew.
                    with explaining(job.directory):
                        (job.directory / CHECKPOINT).unlink(missing_ok=True)
                self._writers[index] = RunWriter(
                    job.directory,
                    columns(job.spec),
                    DIGITS[job.spec.dtype],
                    self._summaries[index],
                    self._member,
                    marks[index] if self._resume else None,
                )

    def _checkpointed(self) -> Checkpoint | None:
        """Where the runs stand; None where that is the beginning."""
        first = self._jobs[0]
        epochs = max(job.spec.epochs for job in self._jobs)
        most = most_bytes(len(self._jobs), first.network.size, epochs, first.source.outputs)
        try:
            found = read_checkpoint(self._place, most)
        except FileNotFoundError:
            return None
        if list(found.runs) != self._names() or list(found.hashes) != self._hashes():
            raise Refused(f"{self._place}: belongs to other runs than these; {START_OVER}")
        return found if is_whole(found, [job.directory for job in self._jobs]) else None

    def _hashes(self) -> list[str]:
        """What tells the runs apart; a lone one may have become longer."""
        return [job.spec.config_hash if self._member else lasting(job.spec) for job in self._jobs]

    def _names(self) -> list[str]:
        """The runs' directories, relative to the one whose checkpoint it is."""
        return [Path(os.path.relpath(job.directory, self._root)).as_posix() for job in self._jobs]

    def train(self, watch: Watch, interrupted: Asked, show: Callable[[Arrays], None] | None) -> list[Outcome]:
        """Trains and records everything.

        Raises:
            Refused: the checkpoint does not fit the runs.
            EnvironmentFault: the disk is in the way.
        """
        specs = [job.spec for job in self._jobs]
        standing = Standing(Population(specs), show)
        if self._saved is not None:
            standing.resume_from(self._place, self._saved.arrays)
            self._begin(self._saved.marks)
        pace, flushed = Pace(specs[0].settings.checkpoint_every), time.monotonic()
        for epoch in train(standing.population, interrupted):
            self._rows(epoch)
            standing.snapshots.take(epoch.number)
            standing.course.take(epoch)
            watch(epoch)
            if pace.due(epoch.number):
                self._checkpoint(standing)
            elif time.monotonic() - flushed > FLUSH_SECONDS:
                self._flush()
                flushed = time.monotonic()
        self._checkpoint(standing)
        standing.population.settle()
        return self._finished(standing)

    def _checkpoint(self, standing: Standing) -> None:
        """Rows first: a checkpoint never knows of more than metrics.csv holds."""
        self._flush()
        if self._member:
            sync_everything()
        marks = [
            self._writers[index].mark() if index in self._writers else 0 for index in range(len(self._jobs))
        ]
        with explaining(self._place):
            self._place.parent.mkdir(exist_ok=True)
        write_checkpoint(self._place, Checkpoint(standing.state(), self._names(), self._hashes(), marks))

    def _rows(self, epoch: Epoch) -> None:
        tables = [epoch.rate, *epoch.train.values(), *epoch.val.values()]
        rows = np.stack(tables, axis=1).tolist()
        for index in epoch.active.tolist():
            if index not in self._done:
                self._writers[index].row(epoch.number, epoch.step, rows[index], epoch.seconds)

    def _flush(self) -> None:
        for writer in self._writers.values():
            writer.flush()

    def _finished(self, standing: Standing) -> list[Outcome]:
        population, course = standing.population, standing.course
        results, found = outcomes(population, course.first_losses(len(self._jobs))), diagnoses(population)
        weights = population.engine.weights()
        arrays = portraits(population, standing.snapshots)
        for index, writer in self._writers.items():
            summary = self._summaries[index]
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
        for index, writer in self._writers.items():
            writer.summarise(self._summaries[index])
        return [
            self._done.get(index) or Outcome(job.directory, self._summaries[index])
            for index, job in enumerate(self._jobs)
        ]

    def fail(self, failure: NnrunError) -> list[Outcome]:
        """Records every run as failed; as interrupted where it is the disk that failed, and it can go on."""
        if not self.begun:
            self._begin([0] * len(self._jobs) if self._saved is None else self._saved.marks)
        can_go_on = isinstance(failure, EnvironmentFault) and not isinstance(failure, OutOfMemory)
        status = "interrupted" if can_go_on else "failed"
        for summary in self._summaries:
            summary |= {"status": status, "error": str(failure), "finished": now()}
        return self._summarised()

    def withdraw(self) -> None:
        """Leaves the directories as they were."""
        self._place.unlink(missing_ok=True)
        for writer in self._writers.values():
            writer.withdraw()

    def close(self) -> None:
        """Lets go of the directories."""
        for writer in self._writers.values():
            writer.close()
