"""A batch of jobs, trained as populations; each leaves what Hydra and a run alone would leave."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.utils import JobReturn, run_job
from hydra.types import HydraContext
from omegaconf import DictConfig

from nnrun.errors import BadInput, RunFailed
from nnrun.experiment import Job, Outcome, run_members
from nnrun.experiment.apart import can_be_apart, run_apart
from nnrun.experiment.copying import copy_run
from nnrun.experiment.jobs import LOG
from nnrun.experiment.resuming import kept
from nnrun.runs.checkpoints import place_of
from nnrun.runs.claiming import claim
from nnrun.runs.entry import known_summary
from nnrun.runs.files import explaining
from nnrun.sweep.cohorts import cohorts, distinct
from nnrun.sweep.composing import SweepLoader
from nnrun.sweep.hydra_files import HydraFiles
from nnrun.sweep.invalid import record_invalid
from nnrun.sweep.planning import Planned, Planner, complaints
from nnrun.sweep.resuming import note_populations, regrouped
from nnrun.sweep.returning import parted, returned
from nnrun.sweep.task import SweepEnded, TrainingTask, objective

ORDINARY_LOGGING = "nnrun"
"""The `hydra/job_logging` that a population can stand in for: one file per run, nothing on the screen."""


def launch(
    context: HydraContext,
    task: TrainingTask,
    master: DictConfig,
    job_overrides: Sequence[Sequence[str]],
    first: int,
) -> list[JobReturn]:
    """Trains jobs `first`, `first` + 1, ...

    Raises:
        BadInput: some jobs cannot be trained, and `sweep.skip_invalid` is not set; nothing was done.
        SweepEnded: by the user, or because a job failed and `sweep.fail_fast` is set.
    """
    loader = _sweep_loader(context.config_loader)
    planner = task.connections.planner or Planner(loader, master, {}, lambda lines, typed: ["invalid"])
    jobs = [planner.plan(first + offset, overrides) for offset, overrides in enumerate(job_overrides)]
    batch = _Batch(context, task, master, planner, HydraFiles())
    bad = [job for job in jobs if job.binding is None]
    if bad and not task.settings.skip_invalid:
        raise BadInput(complaints(jobs))
    batch.refuse(bad)
    for population in batch.populations([job for job in jobs if not batch.recall(job)]):
        batch.train(population)
        planner.forget(population)
    return [batch.returns[job.number] for job in jobs]


def _sweep_loader(loader: ConfigLoader) -> SweepLoader:
    assert isinstance(loader, SweepLoader)
    return loader


@dataclass
class _Batch:
    """One call of the launcher."""

    context: HydraContext
    task: TrainingTask
    master: DictConfig
    planner: Planner
    files: HydraFiles

    def __post_init__(self) -> None:
        self.returns: dict[int, JobReturn] = {}
        self._root = Path(str(self.master.hydra.sweep.dir))
        self._task_name = str(self.master.hydra.job.name)
        # Configurations of jobs under way, where callbacks will want to see them.
        self._watched: dict[int, DictConfig] = {}

    def recall(self, job: Planned) -> bool:
        """Whether nothing is to be trained for a job: it is refused, or a run elsewhere has its answer."""
        if job.binding is None:
            return True
        outcome = self.task.known.copied(job.binding.spec)
        if outcome is not None:
            self._conclude(job, None, outcome)
        return outcome is not None

    def populations(self, jobs: Sequence[Planned]) -> list[tuple[Planned, ...]]:
        """The jobs that train together; in a resumed sweep those that did before."""
        planned = [
            population
            for cohort in cohorts(jobs, self.task.settings.max_population)
            for population in cohort.populations
        ]
        if self.task.known.directory is not None:
            return regrouped(self._root, jobs, planned)
        note_populations(self._root, planned)
        return planned

    def refuse(self, jobs: Sequence[Planned]) -> None:
        """Records jobs that cannot be trained as failed.

        Raises:
            Refused: one was trained, before what it is made of changed.
        """
        for job in jobs:
            directory, _ = self._directory(job)
            self.task.known.require_untrained(directory, job.problems)
            error = record_invalid(directory, job.problems, job.lines, self.task.command(job.lines))
            self.returns[job.number] = returned(job, RunFailed(error), self._task_name)
            self.task.failed = True

    def train(self, population: Sequence[Planned]) -> None:
        """Trains one population and has it drawn.

        Raises:
            SweepEnded: nothing else is to start.
        """
        if not self._is_ordinary():
            for job in population:
                self.returns[job.number] = self._by_hydra(job)
            return
        connections = self.task.connections
        ended = self._ended(population)
        if len(ended) == len(population):
            for planned in population:
                self._conclude(planned, None, ended[planned.number])
            return
        self._forget_checkpoints(population)
        first, others = distinct(population)
        jobs = {
            planned.number: self._as_it_is(planned) if planned.number in ended else self._prepared(planned)
            for planned in population
        }
        outcomes = dict(
            zip(
                [planned.number for planned in first],
                self._trained(
                    [jobs[planned.number] for planned in first],
                    {index: ended[job.number] for index, job in enumerate(first) if job.number in ended},
                ),
                strict=True,
            )
        )
        for planned, original in others:
            outcomes[planned.number] = ended.get(planned.number) or copy_run(
                jobs[planned.number], outcomes[original.number]
            )
        for planned in population:
            trained = None if planned.number in ended else jobs[planned.number]
            self._conclude(planned, trained, outcomes[planned.number])
        if connections.interrupted():
            raise SweepEnded

    def _trained(self, jobs: Sequence[Job], done: Mapping[int, Outcome]) -> list[Outcome]:
        """Trains what a population lacks, away from this process where users' code is in it."""
        progress, connections = self.task.connections.progress, self.task.connections
        again = self.task.known.directory is not None
        if any(job.spec.code for job in jobs) and can_be_apart(jobs):
            return run_apart(jobs, self._root, progress.trained, connections.interrupted, again, done)
        return run_members(
            jobs,
            self._root,
            lambda epoch: progress.trained(len(epoch.active)),
            connections.interrupted,
            again,
            done,
        )

    def _ended(self, population: Sequence[Planned]) -> dict[int, Outcome]:
        """Number -> outcome of those jobs that a resumed sweep has trained already."""
        known = self.task.known
        found = {
            job.number: known.ended(self._root / job.place, job.binding.spec)
            for job in population
            if job.binding is not None
        }
        return {number: outcome for number, outcome in found.items() if outcome is not None}

    def _forget_checkpoints(self, population: Sequence[Planned]) -> None:
        """Lets a population begin anew whose code was mended: it would go on from what other code left."""
        places = [self._root / job.place for job in population]
        specs = [job.binding.spec for job in population if job.binding is not None]
        if any(map(self.task.known.is_mended, places, specs)):
            for place in places:
                checkpoint = place_of([place], self._root)
                with explaining(checkpoint):
                    checkpoint.unlink(missing_ok=True)

    def _conclude(self, planned: Planned, job: Job | None, outcome: Outcome) -> None:
        """Tells whoever waits how a job ended; a `job` of None was not trained now."""
        failed = outcome.summary["status"] == "failed"
        result = RunFailed(outcome.summary["error"]) if failed else objective(outcome)
        returns = self.returns[planned.number] = returned(planned, result, self._task_name)
        config = self._watched.pop(planned.number, None)
        if config is not None:
            returns.cfg, returns.hydra_cfg = parted(config)
            self.context.callbacks.on_job_end(config=config, job_return=returns)
        if job is not None:
            self.task.draw(job, outcome)
        elif planned.binding is not None and outcome.directory == self._root / planned.place:
            self.task.draw_missing(planned.binding.spec, outcome)
        self.task.connections.progress.finished(1)
        if failed and job is None:
            self.task.failed = True
        elif failed:
            self.task.note_failure()

    def _is_ordinary(self) -> bool:
        """Whether nothing is asked of a job that only a job of its own can do."""
        hydra = self.master.hydra
        return (
            not hydra.job.chdir
            and not hydra.job.env_set
            and hydra.runtime.choices["hydra/job_logging"] == ORDINARY_LOGGING
        )

    def _by_hydra(self, job: Planned) -> JobReturn:
        """One job as the basic launcher runs it."""
        config = copy.deepcopy(self.planner.lend(job.number, job.overrides).config)
        return run_job(
            hydra_context=self.context,
            task_function=self.task,
            config=config,
            job_dir_key="hydra.sweep.dir",
            job_subdir_key="hydra.sweep.subdir",
        )

    def _as_it_is(self, planned: Planned) -> Job:
        """A job that is only company for others: nothing in its directory changes, which may be extended."""
        assert planned.binding is not None
        return self.task.job(planned.binding, self._root / planned.place, planned.lines)

    def _prepared(self, planned: Planned) -> Job:
        """The job's directory, with what Hydra leaves in it."""
        assert planned.binding is not None
        directory, before = self._directory(planned)
        lent = self.planner.lend(planned.number, planned.overrides)
        lent.enter("runtime", "output_dir", str(directory.absolute()))
        self.files.write(directory, lent, planned.binding.leftovers)
        with explaining(directory / LOG):
            (directory / LOG).touch()
        if self.master.hydra.callbacks:
            config = self._watched[planned.number] = copy.deepcopy(lent.config)
            self.context.callbacks.on_job_start(config=config, task_function=self.task)
        return replace(self.task.job(planned.binding, directory, planned.lines), besides=before)

    def _directory(self, planned: Planned) -> tuple[Path, dict[str, Any]]:
        """Where a job's run goes, and what its summary keeps of the time before."""
        place = self._root / planned.place
        if self.task.known.directory is None or not place.is_dir():
            return claim(place), {}
        return place, kept(known_summary(place))
