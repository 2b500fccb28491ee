"""A whole sweep from its command: composed, checked, started under Hydra's sweeper, and what came of it."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hydra._internal.callbacks import Callbacks
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.types import HydraContext, RunMode
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from nnrun.arguments.quoting import quoted
from nnrun.composing import COMPLAINTS, Composer, explaining, forget_preset
from nnrun.config import REGISTRIES, bind_settings
from nnrun.errors import BadInput, NnrunError, RunFailed
from nnrun.runs.claiming import claim, link_latest, next_claim, unless_begun
from nnrun.runs.entry import known_summary
from nnrun.runs.files import fault_at, write_atomically
from nnrun.runs.locking import SWEEP, RunLock
from nnrun.runs.moments import now
from nnrun.runs.writing import write_summary
from nnrun.spec import Settings
from nnrun.sweep.composing import Rows, SweepLoader
from nnrun.sweep.expansion import Expansion, expansion
from nnrun.sweep.planning import Planned, Planner, complaints, require_distinct_places
from nnrun.sweep.resuming import Known
from nnrun.sweep.task import Connections, SweepEnded, TrainingTask

if TYPE_CHECKING:
    from hydra.plugins.sweeper import Sweeper


@dataclass(frozen=True)
class Asked:
    """A sweep as its command asks for it.

    Attributes:
        overrides: ready for Hydra.
        typed: key -> the argument as typed.
        flags: of Hydra's that a command for one of its jobs needs as well.
        zips: names of zips and their rows.
        config_dir: the user's own configuration directory.
        config_name: the primary configuration.
        about: what summary.json says of the command.
    """

    overrides: Sequence[str]
    typed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    flags: Sequence[str] = ()
    zips: Rows = field(default_factory=lambda: MappingProxyType({}))
    config_dir: str | None = None
    config_name: str = "config"
    about: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Prepared:
    """A sweep that could start: nothing is on disk yet.

    Attributes:
        settings: of the sweep as a whole.
        jobs: all of them, checked; None where the sweeper makes them up as it goes.
        swept: keys with several values, in the order typed; empty where they are not known.
        launcher: the name of Hydra's launcher.
        lone: what makes a single run of a job's command, where a preset would make a sweep of it.
        start: trains, in a directory that it claims, or in the one that it resumes; see `Ended`.
    """

    settings: Settings
    jobs: tuple[Planned, ...] | None
    swept: tuple[str, ...]
    launcher: str
    lone: tuple[str, ...]
    start: Callable[[Connections, Known], Ended]


@dataclass(frozen=True)
class Ended:
    """A sweep that is over, one way or another.

    Attributes:
        directory: of the sweep.
        seconds: from the first job's start to the last one's end.
        failed: whether a job failed.
        error: what ended it early, to be told after its results; None where nothing did.
        began: what its summary says of that: when, and when its directory was claimed.
    """

    directory: Path
    seconds: float
    failed: bool
    error: NnrunError | None
    began: Mapping[str, str]


@contextmanager
def prepared(asked: Asked) -> Iterator[Prepared]:
    """Composes and checks a sweep; it can be started as long as the context lasts.

    Raises:
        BadInput: with every problem, each once, and the jobs that it concerns.
    """
    with Composer(asked.config_dir, asked.config_name) as composer, explaining(), _resolvers():
        master = _master(composer, asked)
        settings = _settings(master, asked)
        loader = SweepLoader(composer.loader, asked.zips, _amend)
        planner = Planner(
            loader,
            master,
            asked.typed,
            composer.problems,
        )
        task = TrainingTask(asked.typed, asked.flags, settings.sweep, Connections())
        callbacks = Callbacks(master)
        context = HydraContext(config_loader=loader, callbacks=callbacks)
        sweeper = Plugins.instance().instantiate_sweeper(
            config=master, hydra_context=context, task_function=task
        )
        found = _expanded(sweeper, master, asked, settings)
        jobs = None
        if found is not None:
            _require_own_keys(found.swept)
            varying = {*found.swept, *asked.zips}
            task.shared = {key: text for key, text in asked.typed.items() if key not in varying}
            jobs = tuple(planner.plan(number, job) for number, job in enumerate(found.jobs))
            _check(jobs, settings)
        driver = _Driver(asked, master, settings, loader, planner, task, callbacks, sweeper)
        lone = ("hydra.mode=RUN",) if RunMode.MULTIRUN in (master.hydra.mode, *loader.modes()) else ()
        task.flags = (*asked.flags, *lone)
        launcher = str(master.hydra.runtime.choices["hydra/launcher"])
        if launcher == "vectorized" and jobs is not None:
            loader.vouch(job.overrides for job in jobs)
        swept = () if found is None else found.swept
        yield Prepared(settings, jobs, swept, launcher, lone, driver.start)


def _master(composer: Composer, asked: Asked) -> DictConfig:
    """The sweep's own configuration, in which what is swept keeps its default."""
    try:
        return composer.hydra.compose_config(
            config_name=asked.config_name, overrides=list(asked.overrides), run_mode=RunMode.MULTIRUN
        )
    except COMPLAINTS as error:
        problems = composer.diagnosed(asked.overrides, asked.typed, RunMode.MULTIRUN, error)
        raise BadInput(problems) from error


def _settings(master: DictConfig, asked: Asked) -> Settings:
    """The sweep's own settings; names and tags are its jobs', and may refer to their numbers."""
    general = copy.deepcopy(master)
    with open_dict(general):
        general.name, general.tags = None, []
    return bind_settings(general, asked.typed)


def _amend(config: DictConfig, loader: ConfigLoaderImpl, overrides: Sequence[Override]) -> None:
    """A part beside a preset has its own values, in a sweep as alone."""
    names = {override.key_or_group: override.value() for override in overrides}
    if names.get("experiment"):
        chosen = {group: str(name) for group, name in names.items() if group in REGISTRIES}
        forget_preset(config, loader, chosen)


def _expanded(sweeper: Sweeper, master: DictConfig, asked: Asked, settings: Settings) -> Expansion | None:
    """The jobs that Hydra's basic sweeper would make; None for other sweepers."""
    # Hydra's scanner executes modules twice: classes of one name need not be the same.
    if master.hydra.sweeper._target_ != f"{BasicSweeper.__module__}.{BasicSweeper.__name__}":
        return None
    arguments = OmegaConf.to_container(master.hydra.overrides.task, resolve=False)
    assert isinstance(arguments, list)
    presets = master.hydra.sweeper.params or {}
    lines = [*(f"{key}={value}" for key, value in presets.items()), *map(str, arguments)]
    return expansion(lines, asked.zips, settings.sweep.max_jobs)


def _require_own_keys(swept: Sequence[str]) -> None:
    """Checks that what is swept belongs to the jobs.

    Raises:
        BadInput: naming each key of the sweep as a whole.
    """
    problems = [
        f"{key}: belongs to the sweep as a whole; give it one value"
        for key in swept
        if key.startswith("sweep.") or key in ("output", "language")
    ]
    if problems:
        raise BadInput(problems)


def _check(jobs: Sequence[Planned], settings: Settings) -> None:
    bad = [job for job in jobs if job.binding is None]
    if bad and (not settings.sweep.skip_invalid or len(bad) == len(jobs)):
        raise BadInput(complaints(jobs))
    require_distinct_places(jobs)


@contextmanager
def _resolvers() -> Iterator[None]:
    """Hydra's resolvers look into whatever configuration was composed last; afterwards into none."""
    before = HydraConfig.instance().cfg
    try:
        yield
    finally:
        HydraConfig.instance().cfg = before


@dataclass(frozen=True)
class _Driver:
    """What starts a prepared sweep."""

    asked: Asked
    master: DictConfig
    settings: Settings
    loader: SweepLoader
    planner: Planner
    task: TrainingTask
    callbacks: Callbacks
    sweeper: Sweeper

    def start(self, connections: Connections, known: Known) -> Ended:
        """Trains under Hydra's sweeper and launcher.

        Args:
            connections: to whoever started the sweep.
            known: what need not be trained.

        Raises:
            NnrunError: before any job started.
        """
        connections.planner = self.planner
        self.task.connections, self.task.known = connections, known
        began, wanted = self._began(known.directory), Path(str(self.master.hydra.sweep.dir))
        begun = time.monotonic()
        directory = known.directory or claim(wanted)
        with unless_begun(directory, SWEEP) if known.directory is None else nullcontext():
            lock = RunLock(directory)
            try:
                # At once: from the command in it, a sweep that is killed now can be started over.
                write_summary(directory, {**self.asked.about, "status": "running", **began})
                self._enter(directory)
                if known.directory is None:
                    link_latest(Path(self.settings.output), directory)
                error = self._swept(directory)
            finally:
                lock.release()
        failed = self.task.failed or error is not None
        return Ended(directory, time.monotonic() - begun, failed, error, began)

    def _swept(self, directory: Path) -> NnrunError | None:
        arguments = OmegaConf.to_container(self.master.hydra.overrides.task, resolve=False)
        self.callbacks.on_multirun_start(config=self.master, config_name=self.asked.config_name)
        try:
            self.sweeper.sweep(arguments=arguments)  # type: ignore[arg-type]  # a list of texts
        except SweepEnded:
            return None
        except NnrunError as error:
            return error
        except OSError as error:
            # Hydra's own files, of launchers that run one job after the other.
            return fault_at(Path(error.filename or directory), error)
        except BrokenExecutor:
            return RunFailed("a worker process was killed; nnrun resume trains what it left")
        self.callbacks.on_multirun_end(config=self.master, config_name=self.asked.config_name)
        return None

    def _began(self, directory: Path | None) -> dict[str, str]:
        """What its summary says of when it began: now, or when it first did, in that directory."""
        if directory is None:
            return {"started": now(), "claimed": next_claim(Path(self.settings.output))}
        before = known_summary(directory)
        began = {key: str(before[key]) for key in ("started", "claimed") if before.get(key)}
        return {"started": now(), **began}

    def _enter(self, directory: Path) -> None:
        """Enters the sweep's own directory wherever Hydra will look for it, and Hydra's file of it there."""
        line = f"hydra.sweep.dir={quoted(str(directory))}"
        with read_write(self.master), open_dict(self.master):
            self.master.hydra.sweep.dir = str(directory)
            self.master.hydra.overrides.hydra.append(line)
        self.loader.settle("sweep.dir", str(directory), line)
        text = OmegaConf.to_yaml(self.master)
        write_atomically(directory / SWEEP, text.encode("utf-8", "backslashreplace"))
