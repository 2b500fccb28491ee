"""What Hydra runs for every job of a sweep, whichever launcher starts it."""

from __future__ import annotations

import importlib
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnrun.arguments import command_line
from nnrun.config import Binding, bind
from nnrun.config.saved import CONFIG
from nnrun.errors import BadInput, NnrunError, RunFailed
from nnrun.experiment import Job, Outcome, run_lone
from nnrun.experiment.pictures import UNDRAWN, undrawn
from nnrun.experiment.provenance import Provenance, provenance
from nnrun.experiment.resuming import kept
from nnrun.plots import asked
from nnrun.plugins.trust import allow, allowed
from nnrun.runs.checkpoints import CHECKPOINT
from nnrun.runs.entry import known_summary
from nnrun.runs.extending import is_extended, length
from nnrun.runs.files import write_atomically
from nnrun.runs.writing import METRICS
from nnrun.spec import Settings, Spec, SweepSettings
from nnrun.sweep.invalid import record_invalid
from nnrun.sweep.orphans import call_in
from nnrun.sweep.resuming import Known

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from nnrun.plots.pool import DrawingPool
    from nnrun.sweep.planning import Planner


class SweepEnded(BaseException):
    """No more jobs are to be started; not an error, and not to be caught on the way as one."""


class Progress:
    """What a sweep tells of itself while it runs; this one says nothing."""

    def planned(self, jobs: int, epochs: int) -> None:
        """How much there is to do."""

    def trained(self, epochs: int) -> None:
        """So many more epochs, all runs' together."""

    def finished(self, runs: int) -> None:
        """So many more runs."""


@dataclass
class Connections:
    """What ties a task to the process that started the sweep.

    Attributes:
        progress: is told how far the sweep is.
        drawing: draws what runs recorded; None: each run's process draws.
        interrupted: whether the user wants it to end.
        planner: has checked the jobs.
    """

    progress: Progress = field(default_factory=Progress)
    drawing: DrawingPool | None = None
    interrupted: Callable[[], bool] = lambda: False
    planner: Planner | None = None


class TrainingTask:
    """Trains one job. Pickles for launchers that run jobs in other processes, without its connections.

    Args:
        typed: key -> the argument as typed.
        flags: of Hydra's that a command for a single job needs as well.
        settings: the sweep's.
        connections: to the sweep's own process.
        known: what need not be trained.
    """

    def __init__(
        self,
        typed: Mapping[str, str],
        flags: Sequence[str],
        settings: SweepSettings,
        connections: Connections,
        known: Known | None = None,
    ) -> None:
        self._typed, self.flags = dict(typed), tuple(flags)
        self.settings, self.connections = settings, connections
        self.known = known or Known()
        self.shared: Mapping[str, str] = {}
        """Key -> the argument as typed, of keys that all jobs have in common."""
        self.failed = False
        self._origins: dict[str, Provenance] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        own = (self._typed, self.flags, self.settings, Connections(), self.known)
        return call_in, (os.getpid(), _unpickled, (allowed(), own))

    def __call__(self, config: DictConfig) -> float:
        """Trains the run that `config` describes, alone, where Hydra has made its directory.

        Returns:
            The objective; infinite, and of the bad sign, where training diverged.

        Raises:
            NnrunError: see its exit statuses.
            SweepEnded: after this run, no other is to start.
        """
        from hydra.core.hydra_config import HydraConfig

        hydra, progress = HydraConfig.get(), self.connections.progress
        lines = [str(line) for line in hydra.overrides.task]
        directory = Path(hydra.runtime.output_dir)
        try:
            binding = bind(config, self.typed_for(lines))
        except BadInput as error:
            progress.finished(1)
            self.note_failure()
            raise RunFailed(record_invalid(directory, error.problems, lines, self.command(lines))) from error
        known = self.known.copied(binding.spec)
        if known is None:
            known = self.known.ended(directory, binding.spec)
            if known is not None:
                _restore_length(config, binding.spec, known)
                self.draw_missing(binding.spec, known)
        if known is not None:
            progress.finished(1)
            return self._recalled(known)
        if self.known.is_mended(directory, binding.spec):
            (directory / CHECKPOINT).unlink(missing_ok=True)
        job = self.job(binding, directory, lines)
        before = self.known.directory is not None and (directory / METRICS).exists()
        if before:
            job = replace(job, besides=kept(known_summary(directory)))
        try:
            outcome = run_lone(job, lambda epoch: progress.trained(1), self.interrupted, resume=before)
        except NnrunError:
            progress.finished(1)
            self.note_failure()
            raise
        self.draw(job, outcome)
        progress.finished(1)
        if self.interrupted():
            raise SweepEnded
        return objective(outcome)

    def _recalled(self, outcome: Outcome) -> float:
        """The objective of a run that was trained before.

        Raises:
            RunFailed: it failed then.
        """
        if outcome.summary["status"] == "failed":
            self.failed = True
            raise RunFailed(outcome.summary["error"])
        return objective(outcome)

    def interrupted(self) -> bool:
        """Whether the user wants the sweep to end."""
        return self.connections.interrupted()

    def note_failure(self) -> None:
        """Remembers that a job failed.

        Raises:
            SweepEnded: that is to end the sweep.
        """
        self.failed = True
        if self.settings.fail_fast:
            raise SweepEnded

    def typed_for(self, lines: Sequence[str]) -> dict[str, str]:
        """Key -> the argument for one job, as its user would have typed it alone."""
        own = (plain(line) for line in lines)
        return {**self._typed, **{line.partition("=")[0]: line for line in own}}

    def job(self, binding: Binding, directory: Path, lines: Sequence[str]) -> Job:
        """The run to be, with the command that would train it alone."""
        engine = binding.spec.engine
        if engine not in self._origins:
            # Its library is loaded first, so that its version is known.
            importlib.import_module(f"nnrun.training.{engine}")
            self._origins[engine] = provenance("", engine)
        origin = self._origins[engine]
        return Job(
            binding.spec,
            binding.source,
            binding.network,
            directory,
            Provenance(self.command(lines), origin.versions, origin.git_commit),
        )

    def command(self, lines: Sequence[str]) -> str:
        """What trains one job alone."""
        words = [as_typed(line, self.shared) for line in lines]
        return command_line(["nnrun", *self.flags, *words])

    def draw(self, job: Job, outcome: Outcome) -> None:
        """Has the pictures of a finished run drawn, in the process of the sweep or at once."""
        plots = job.spec.settings.plots
        self._draw(asked(plots, job.network.has_landscape), job.spec.settings, outcome)

    def draw_missing(self, spec: Spec, outcome: Outcome) -> None:
        """The same of a run that had ended before, as far as its pictures are not there."""
        self._draw(undrawn(outcome.directory, spec.settings.plots), spec.settings, outcome)

    def _draw(self, kinds: Sequence[str], settings: Settings, outcome: Outcome) -> None:
        if not kinds or self.settings.plots != "all" or outcome.summary["status"] in UNDRAWN:
            return
        request = picture_options(settings)
        if self.connections.drawing is not None:
            self.connections.drawing.draw(outcome.directory, kinds, **request)
            return
        from nnrun.plots.process import DrawingProcess

        drawing = DrawingProcess(None)
        drawing.draw(outcome.directory, kinds, **request)
        drawing.wait()


def _restore_length(config: DictConfig, spec: Spec, outcome: Outcome) -> None:
    """Records again how long a run trains that was extended: Hydra has written what the sweep asks for."""
    from omegaconf import OmegaConf

    if is_extended(outcome.summary, length(spec.config)):
        own = config.copy()
        for key, value in length(outcome.summary["config"]).items():
            OmegaConf.update(own, key, value)
        write_atomically(outcome.directory / CONFIG, OmegaConf.to_yaml(own).encode())


def _unpickled(files: frozenset[Path], own: tuple[Any, ...]) -> TrainingTask:
    """A task in another process, which may execute what its user has named in this one."""
    allow(files)
    return TrainingTask(*own)


def picture_options(settings: Settings) -> dict[str, Any]:
    """How the pictures of a run are to look, as drawing processes are told."""
    plots = settings.plots
    return {
        "file_format": plots.format,
        "feature": plots.feature,
        "language": settings.language,
        "font": plots.font,
        "pace": plots.pace,
    }


def as_typed(line: str, typed: Mapping[str, str]) -> str:
    """An override as its user typed it, where that says the same; a range of one value does not."""
    own = plain(line)
    key, _, value = own.partition("=")
    text = typed.get(key, own)
    same = value.strip("'\"").lower() == text.partition("=")[2].strip("'\"").lower()
    return text if same else own


def plain(line: str) -> str:
    """An override without the signs that tell Hydra to add its key."""
    return line.lstrip("+")


def objective(outcome: Outcome) -> float:
    """The number that the run is judged by; infinite, and of the bad sign, where training diverged."""
    # A run that was extended, and killed then, has none.
    judged = outcome.summary.get("objective") or {"value": None, "greater_is_better": False}
    value = judged["value"]
    if outcome.summary["status"] == "diverged" or value is None or not math.isfinite(value):
        return -math.inf if judged["greater_is_better"] else math.inf
    return float(value)
