"""Training from the command line: overrides in, a run directory with its pictures out."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from nnrun.arguments import command_line
from nnrun.commands.console import Console, emit
from nnrun.errors import BadInput, EnvironmentFault
from nnrun.interruption import Interruption

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from nnrun.commands.view import View
    from nnrun.config import Binding
    from nnrun.plots.live import LiveWindow
    from nnrun.plots.process import DrawingProcess


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


def train(request: Request, console: Console, drawing: DrawingProcess) -> int | None:
    """Trains one run and says so.

    Returns:
        The signal that ended it early, if one did.

    Raises:
        NnrunError: see its exit statuses; for bad input, nothing was created.
    """
    from nnrun.composing import Composer
    from nnrun.config import bind
    from nnrun.runs.files import explaining

    with Composer(request.config_dir, request.config_name) as composer:
        config = composer.compose(request.overrides, request.typed)
        binding = bind(config, request.typed)
        preload(binding.spec.engine)
        with Interruption() as interruption:
            directory = _claimed(config, binding)
            with explaining(directory):
                composer.job(
                    config, lambda: run_in(directory, binding, request, console, drawing, interruption)
                )
            return interruption.signal


def check(request: Request) -> None:
    """Composes and binds, and creates nothing.

    Raises:
        BadInput: with every problem.
    """
    from nnrun.composing import Composer
    from nnrun.config import bind

    with Composer(request.config_dir, request.config_name) as composer:
        bind(composer.compose(request.overrides, request.typed), request.typed)


def run_in(
    directory: Path,
    binding: Binding,
    request: Request,
    console: Console,
    drawing: DrawingProcess,
    interruption: Interruption,
) -> dict[str, Any]:
    """Trains and records in a directory of its own, then draws and reports; returns the summary."""
    from nnrun.commands.view import View
    from nnrun.experiment import Job, run_lone
    from nnrun.experiment.provenance import provenance
    from nnrun.plots import asked

    view = View(console, binding)
    view.begin()
    window = _window(binding, view)
    still = _stillness(binding)
    if still is not None and binding.spec.settings.plots.animation:
        view.no_animation(still)
    origin = provenance(command_line(["nnrun", *request.argv]), binding.spec.engine)
    job = Job(binding.spec, binding.source, binding.network, directory, origin)
    try:
        show = None if window is None else window.show
        outcome = run_lone(job, view.epoch, lambda: bool(interruption), show)
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
        if window is not None and window.stays:
            view.window_stays()
        if window is not None and (reason := window.wait(lambda: bool(interruption))) is not None:
            view.no_window(reason)
    finally:
        if window is not None:
            window.close()
        view.close()
    if not sys.stdout.isatty():
        with contextlib.suppress(EnvironmentFault):
            emit(str(directory))
    return outcome.summary


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
    if not _fits_curve(binding):
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
        title = f"{binding.source.name}-{binding.spec.model.name}" if settings.name is None else str(name)
        wanted = wanted.with_name(f"{wanted.name}_{slug(title)}")
    directory = claim(wanted)
    link_latest(Path(settings.output), directory)
    with read_write(config), open_dict(config):
        config.hydra.run.dir = str(directory)
        for key in binding.leftovers:
            group, _, name = key.partition(".")
            del config[group][name]
    return directory
