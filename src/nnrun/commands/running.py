"""One run from its first step to its pictures, in a directory that is there already, told as it goes on."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnrun.arguments import command_line
from nnrun.commands.console import Console
from nnrun.errors import EnvironmentFault, OutOfMemory, Refused
from nnrun.interruption import Interruption

if TYPE_CHECKING:
    from nnrun.commands.view import View
    from nnrun.config import Binding
    from nnrun.experiment import Job, Outcome
    from nnrun.plots.live import LiveWindow
    from nnrun.plots.process import DrawingProcess, Failure
    from nnrun.spec import PlotSettings


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

    view = View(console, binding)
    view.begin()
    if resumed is not None:
        view.resumed(*resumed)
    window = _window(binding, view)
    kinds = _kinds(binding, view)
    try:
        outcome = _trained(job, view, window, interruption, resumed is not None)
        if kinds:
            _draw(job, kinds, drawing)
        view.end(outcome.summary, job.directory)
        _tell_pictures(job, drawing if kinds else None, view)
        if window is not None:
            _wait_for(window, view, interruption)
    finally:
        if window is not None:
            window.close()
        view.close()
    with contextlib.suppress(EnvironmentFault):
        console.announce(job.directory)
    return outcome.summary


def _kinds(binding: Binding, view: View) -> tuple[str, ...]:
    """The pictures to draw; where an animation would show nothing, that is said at once."""
    from nnrun.plots import asked

    plots = binding.spec.settings.plots
    kinds = tuple(asked(plots, binding.network.has_landscape))
    still = _stillness(binding)
    if still is None:
        return kinds
    if plots.animation:
        view.no_animation(still)
    return tuple(kind for kind in kinds if kind != "animation")


def _trained(
    job: Job, view: View, window: LiveWindow | None, interruption: Interruption, resumes: bool
) -> Outcome:
    """Trains and records.

    Raises:
        EnvironmentFault: the disk is in the way; the message says how to go on.
    """
    from nnrun.experiment import run_lone

    show = None if window is None else window.show
    try:
        return run_lone(job, view.epoch, lambda: bool(interruption), show, resumes)
    except OutOfMemory:
        raise
    except EnvironmentFault as fault:
        raise EnvironmentFault(f"{fault}; {_way_on(job)}") from fault


def _draw(job: Job, kinds: tuple[str, ...], drawing: DrawingProcess) -> None:
    """Has the pictures drawn, beside what is done meanwhile."""
    settings = job.spec.settings
    plots = settings.plots
    drawing.draw(
        job.directory,
        kinds,
        file_format=plots.format,
        feature=plots.feature,
        language=settings.language,
        font=plots.font,
        pace=plots.pace,
    )


def _tell_pictures(job: Job, drawing: DrawingProcess | None, view: View) -> None:
    """Waits for the pictures, draws the user's own, and says which failed."""
    plots = job.spec.settings.plots
    for failure in () if drawing is None else drawing.wait():
        view.picture_failed(failure.kind, failure.message)
    if drawing is not None and drawing.remark is not None:
        view.note(drawing.remark)
    if plots.own and plots.save:
        for failure in own_pictures([job.directory], plots):
            view.picture_failed(failure.kind, failure.message)


def _wait_for(window: LiveWindow, view: View, interruption: Interruption) -> None:
    """Leaves the window open until it is closed; says why, where there was none."""
    if window.stays:
        view.window_stays()
    reason = window.wait(lambda: bool(interruption))
    if reason is not None:
        view.no_window(reason)


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
