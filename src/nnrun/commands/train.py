"""Training from the command line: overrides in, a run directory with its pictures out."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from nnrun.arguments import command_line
from nnrun.commands.console import Console
from nnrun.errors import BadInput, EnvironmentFault, OutOfMemory, Refused
from nnrun.interruption import Interruption

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from nnrun.commands.view import View
    from nnrun.config import Binding
    from nnrun.experiment import Job
    from nnrun.plots.live import LiveWindow
    from nnrun.plots.process import DrawingProcess, Failure
    from nnrun.spec import PlotSettings


@dataclass(frozen=True)
class Request:
    """One training run as asked for.

    Attributes:
        argv: as typed.
        overrides: ready for Hydra.
        typed: key -> the argument as typed.
        config_dir: the user's own configuration directory.
        config_name: the primary configuration.
        zips: names of zips and their rows; see `Invocation`.
    """

    argv: Sequence[str]
    overrides: Sequence[str]
    typed: Mapping[str, str]
    config_dir: str | None = None
    config_name: str = "config"
    zips: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def flags(self) -> list[str]:
        """Hydra's flags that name the configuration, as another command would need them."""
        directory = [] if self.config_dir is None else ["--config-dir", self.config_dir]
        return [*directory, *([] if self.config_name == "config" else ["--config-name", self.config_name])]


def train(
    request: Request,
    console: Console,
    drawing: DrawingProcess,
    ended: Callable[[Path], None] = lambda directory: None,
    answered: Callable[[Path], None] = lambda directory: None,
    guest: bool = False,
) -> int | None:
    """Trains one run and says so.

    Args:
        request: what to train.
        console: where it is said.
        drawing: draws the pictures.
        ended: is shown the run's directory once all of it is there.
        answered: is shown the directory of a run that has trained the same, where that is not done again.
        guest: the process is somebody else's, whose logging and second Ctrl-C stay as they are.

    Returns:
        The signal that ended it early, if one did.

    Raises:
        NnrunError: see its exit statuses; for bad input, nothing was created.
    """
    from nnrun.composing import Composer
    from nnrun.config import bind
    from nnrun.experiment.logs import logging_to
    from nnrun.runs.claiming import unless_begun
    from nnrun.runs.files import explaining
    from nnrun.runs.writing import SUMMARY

    with Composer(request.config_dir, request.config_name) as composer:
        config = composer.compose(request.overrides, request.typed)
        binding = bind(config, request.typed)
        answer = _answer(binding)
        if answer is not None:
            console.path("done      ", answer)
            console.announce(answer)
            answered(answer)
            return None
        preload(binding.spec.engine)
        with Interruption(guest) as interruption:
            directory = _claimed(config, binding)
            with explaining(directory), unless_begun(directory, SUMMARY):
                job = _job(directory, binding, request)
                with logging_to(directory) if guest else contextlib.nullcontext():
                    composer.job(
                        config, lambda: run_in(job, binding, console, drawing, interruption), not guest
                    )
            ended(directory)
            return interruption.signal


def _answer(binding: Binding) -> Path | None:
    """The run that has trained this already, where such are to be skipped."""
    settings = binding.spec.settings
    if not settings.sweep.skip_done:
        return None
    from nnrun.index import answered

    return answered(Path(settings.output)).get(binding.spec.config_hash)


def check(request: Request) -> None:
    """Composes and binds, and creates nothing.

    Raises:
        BadInput: with every problem.
    """
    from nnrun.composing import Composer
    from nnrun.config import bind

    with Composer(request.config_dir, request.config_name) as composer:
        bind(composer.compose(request.overrides, request.typed), request.typed)


def _job(directory: Path, binding: Binding, request: Request) -> Job:
    """The run to be, with the command that trains it."""
    from nnrun.experiment import Job
    from nnrun.experiment.provenance import provenance

    origin = provenance(command_line(["nnrun", *request.argv]), binding.spec.engine)
    return Job(binding.spec, binding.source, binding.network, directory, origin)


def run_in(
    job: Job,
    binding: Binding,
    console: Console,
    drawing: DrawingProcess,
    interruption: Interruption,
    resumed: tuple[int, float] | None = None,
) -> dict[str, Any]:
    """Trains and records in a directory of its own, then draws and reports.

    Args:
        job: what and where.
        binding: of its configuration.
        console: to speak through.
        drawing: draws the pictures.
        interruption: ends it early.
        resumed: epochs that it has, and the loss of the first; None for a new run.

    Returns:
        The summary.
    """
    from nnrun.commands.view import View
    from nnrun.experiment import run_lone
    from nnrun.plots import asked

    directory = job.directory
    view = View(console, binding)
    view.begin()
    if resumed is not None:
        view.resumed(*resumed)
    window = _window(binding, view)
    still = _stillness(binding)
    if still is not None and binding.spec.settings.plots.animation:
        view.no_animation(still)
    try:
        show = None if window is None else window.show
        try:
            outcome = run_lone(job, view.epoch, lambda: bool(interruption), show, resumed is not None)
        except OutOfMemory:
            raise
        except EnvironmentFault as fault:
            raise EnvironmentFault(f"{fault}; {_way_on(job)}") from fault
        plots = binding.spec.settings.plots
        kinds = tuple(k for k in asked(plots, binding.network.size) if k != "animation" or still is None)
        if kinds:
            drawing.draw(
                directory,
                kinds,
                file_format=plots.format,
                feature=plots.feature,
                language=binding.spec.settings.language,
                font=plots.font,
                pace=plots.pace,
            )
        view.end(outcome.summary, directory)
        for failure in drawing.wait() if kinds else ():
            view.picture_failed(failure.kind, failure.message)
        if drawing.remark is not None:
            view.note(drawing.remark)
        if plots.own and plots.save:
            for failure in own_pictures([directory], plots):
                view.picture_failed(failure.kind, failure.message)
        if window is not None and window.stays:
            view.window_stays()
        if window is not None and (reason := window.wait(lambda: bool(interruption))) is not None:
            view.no_window(reason)
    finally:
        if window is not None:
            window.close()
        view.close()
    with contextlib.suppress(EnvironmentFault):
        console.announce(directory)
    return outcome.summary


def own_pictures(directories: Iterable[Path], plots: PlotSettings) -> list[Failure]:
    """Draws the user's own pictures of runs; those that fail have their tracebacks in the runs' logs."""
    from nnrun.experiment.jobs import note
    from nnrun.plots.own import leave_own

    failures = []
    for directory in directories:
        for failure, trace in leave_own(directory, plots.own, plots.format):
            note(directory, trace)
            failures.append(failure)
    return failures


def _way_on(job: Job) -> str:
    """How much of a run is safe that the disk has stopped, and how to go on."""
    from nnrun.experiment.resuming import epochs_of
    from nnrun.experiment.standing import most_bytes

    most = most_bytes(1, job.network.size, job.spec.epochs, job.source.outputs)
    try:
        epochs = epochs_of(job.directory, most)
    except (Refused, OSError):
        epochs = 0
    return f"{epochs} epochs are saved; then: {command_line(['nnrun', 'resume', str(job.directory)])}"


def _window(binding: Binding, view: View) -> LiveWindow | None:
    """A window for the fit while it trains, if wanted and possible."""
    settings = binding.spec.settings
    if not settings.plots.live:
        return None
    from nnrun.experiment.summary import short_description
    from nnrun.plots.live import LiveWindow, Playing
    from nnrun.words import words

    if not _fits_curve(binding):
        view.no_window(words(settings.language)["plot.nothing_to_show"])
        return None
    about = short_description(binding.spec, binding.source, binding.network)
    playing = Playing(
        title=settings.name or about,
        about=about if settings.name else None,
        pace=settings.plots.pace,
        stay=sys.stderr.isatty(),
        language=settings.language,
        font=settings.plots.font,
    )
    window = LiveWindow(playing)
    if window.lack is None:
        return window
    view.no_window(window.lack)
    return None


def _stillness(binding: Binding) -> str | None:
    """Why there is nothing to animate, as a key of the catalogue; None where there is something."""
    from nnrun.training.grids import is_planar

    if not _fits_curve(binding) and not is_planar(binding.source):
        return "plot.nothing_to_animate"
    return "plot.nothing_moves" if binding.spec.epochs == 0 else None


def _fits_curve(binding: Binding) -> bool:
    """Whether the fit is a curve over one input, which is recorded while it trains."""
    return binding.source.task == "regression" and binding.source.inputs == 1


def preload(engine: str) -> None:
    """Loads the engine's library before anything is on disk, so that an interruption leaves nothing."""
    importlib.import_module(f"nnrun.training.{engine}")


def _claimed(config: DictConfig, binding: Binding) -> Path:
    """A new directory for this run, entered in Hydra's configuration, and linked as the latest."""
    from omegaconf import OmegaConf, open_dict, read_write
    from omegaconf.errors import OmegaConfBaseException

    from nnrun.runs.claiming import claim, link_latest, slug

    settings = binding.spec.settings
    try:
        wanted = Path(str(config.hydra.run.dir))
    except OmegaConfBaseException as error:
        raise BadInput(f"hydra.run.dir: {str(error).splitlines()[0]}") from error
    if wanted.name in ("", ".."):
        raise BadInput(f"hydra.run.dir={wanted}: is no name for a new directory; write hydra.run.dir=DIR")
    given = any("hydra.run.dir" in text for text in config.hydra.overrides.hydra)
    if not given:
        name = OmegaConf.to_container(config, resolve=False)["name"]  # type: ignore[call-overload, index]
        title = f"{binding.source.name}-{binding.network.name}" if settings.name is None else str(name)
        wanted = wanted.with_name(f"{wanted.name}_{slug(title)}")
    directory = claim(wanted)
    link_latest(Path(settings.output), directory)
    with read_write(config), open_dict(config):
        config.hydra.run.dir = str(directory)
        for key in binding.leftovers:
            group, _, name = key.partition(".")
            del config[group][name]
    return directory
