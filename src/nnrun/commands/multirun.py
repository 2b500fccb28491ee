"""Several runs from one command line: checked, trained, drawn, and summed up."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnrun.arguments import command_line
from nnrun.characters import padded
from nnrun.commands.console import Console, emit
from nnrun.commands.sweep_plan import PlanView
from nnrun.errors import EnvironmentFault, OutOfMemory, RunFailed
from nnrun.interruption import Interruption
from nnrun.runs.entry import NEWEST_SCHEMA
from nnrun.runs.extending import ENDED
from nnrun.runs.moments import now
from nnrun.words import words

if TYPE_CHECKING:
    from nnrun.commands.train import Request
    from nnrun.plots.pool import DrawingPool
    from nnrun.plots.process import Failure
    from nnrun.spec import Settings
    from nnrun.sweep.answer import Answer
    from nnrun.sweep.driving import Ended, Prepared
    from nnrun.sweep.planning import Planned
    from nnrun.sweep.resuming import Known


BEST = 10
"""Runs that leave pictures with `sweep.plots=best`."""
OF_BEST = ("fit", "curves")
"""Their pictures."""
MOST_JOBS = 50
"""Jobs that a dry run lists on a terminal."""


def multirun(
    request: Request,
    console: Console,
    directory: Path | None = None,
    again: bool = False,
    ended: Callable[[Path], None] = lambda directory: None,
    guest: bool = False,
) -> int:
    """Trains every combination and says what came of it.

    Args:
        request: the command.
        console: to speak through.
        directory: of the same sweep, begun earlier; None begins a new one.
        again: train also what failed then.
        ended: is shown the sweep's directory once its answer is there.
        guest: the process is somebody else's: it is not divided once it holds torch, and a second Ctrl-C
            does what it did there before.

    Returns:
        The exit status: 0, 1 where a run failed, 128 + N where signal N ended it early.

    Raises:
        NnrunError: bad input, before anything is on disk; or what ended the sweep early.
    """
    from nnrun.plots.pool import DrawingPool
    from nnrun.sweep.driving import Asked, prepared

    about = {"schema": NEWEST_SCHEMA, "kind": "sweep", **_command(request)}
    # Before anything heavy is loaded: drawing is ready when the first runs are.
    drawing = DrawingPool(None) if guest and "torch" in sys.modules else DrawingPool.start()
    try:
        asked = Asked(
            request.overrides,
            request.typed,
            request.flags,
            request.zips,
            request.config_dir,
            request.config_name,
            about,
        )
        with prepared(asked) as sweep:
            view = PlanView(console, sweep.settings.language)
            _announce(sweep, view)
            if sweep.settings.sweep.dry_run:
                return 0
            if not sweep.settings.plots.save:
                drawing.cancel()
            known = _known(sweep.settings, directory, again)
            known.require_same(sweep.jobs or ())
            _tell_skipped(sweep, known, view)
            return _run(sweep, request, known, console, view, drawing, Interruption(guest), ended)
    finally:
        drawing.cancel()


def _command(request: Request) -> dict[str, Any]:
    """What summary.json keeps of the command, so that it can be resumed."""
    return {"command": command_line(["nnrun", *request.argv]), "arguments": list(request.argv)}


def _known(settings: Settings, directory: Path | None, again: bool) -> Known:
    """What need not be trained."""
    from nnrun.sweep.resuming import Known

    if not settings.sweep.skip_done:
        return Known(directory, again)
    from nnrun.index import answered

    return Known(directory, again, answered(Path(settings.output), directory))


def _tell_skipped(sweep: Prepared, known: Known, view: PlanView) -> None:
    """How many jobs have their answers elsewhere."""
    bound = [job.binding for job in sweep.jobs or () if job.binding is not None]
    skipped = sum(binding.spec.config_hash in known.elsewhere for binding in bound)
    if skipped:
        view.skipped(skipped, len(bound))


def _announce(sweep: Prepared, view: PlanView) -> None:
    from nnrun.sweep.cohorts import cohorts, repetitions
    from nnrun.sweep.estimate import estimate

    if sweep.jobs is None:
        return
    found = cohorts(sweep.jobs, sweep.settings.sweep.max_population)
    view.plan(sweep.jobs, found, sweep.swept, sweep.launcher)
    if sweep.settings.sweep.dry_run:
        view.dry(repetitions(sweep.jobs), estimate(found))
        emit(_listed(sweep.jobs))
    epochs = sum(job.binding.spec.epochs for job in sweep.jobs if job.binding is not None)
    view.planned(len(sweep.jobs), epochs)


def _listed(jobs: Sequence[Planned]) -> str:
    """The jobs, one a line; on a terminal not so many that the plan would scroll away."""
    shown = jobs[:MOST_JOBS] if sys.stdout.isatty() else jobs
    lines = [f"{job.number}  {' '.join(line.lstrip('+') for line in job.lines)}" for job in shown]
    return "\n".join([*lines, *(["..."] if len(shown) < len(jobs) else [])])


def _run(
    sweep: Prepared,
    request: Request,
    known: Known,
    console: Console,
    view: PlanView,
    drawing: DrawingPool,
    interruption: Interruption,
    tell: Callable[[Path], None],
) -> int:
    from nnrun.commands.sweep_view import show
    from nnrun.sweep.task import Connections

    begun = time.monotonic()
    with interruption:

        def asked_to_end() -> bool:
            return bool(interruption)

        try:
            ended = sweep.start(Connections(view, drawing, asked_to_end), known)
            told = _judged(sweep, request, ended, known, time.monotonic() - begun)
            unwritten = _written(told)
            fault = ended.error or unwritten
            failures = drawing.wait(asked_to_end, view.drawing)
            drawing.forget()
            if sweep.settings.plots.save:
                _draw_the_rest(told, sweep.settings, drawing)
                failures += drawing.wait()
                failures += _own_pictures(told, sweep.settings)
        finally:
            view.close()
    tell(ended.directory)
    show(told, console, sweep.settings.language)
    view.failures(_failures(told))
    for failure in failures:
        view.picture_failed(failure.directory, failure.kind, failure.message)
    console.announce(ended.directory)
    if interruption.signal is not None:
        view.interrupted(ended.directory)
        return 128 + interruption.signal
    if sweep.settings.sweep.report and unwritten is None:
        leave_report(ended.directory, console, sweep.settings.language)
    if isinstance(fault, EnvironmentFault) and not isinstance(fault, OutOfMemory):
        raise EnvironmentFault(f"{fault}; {_way_on(told)}") from fault
    if fault is not None and not isinstance(fault, RunFailed):
        raise fault
    return 1 if ended.failed else 0


def _way_on(told: Answer) -> str:
    """How much of a sweep is safe that the disk has stopped, and how to go on."""
    done = sum(result.status in ENDED for result in told.results)
    resume = command_line(["nnrun", "resume", str(told.sweep.directory)])
    return f"{done} of {len(told.results)} runs are done; then: {resume}"


def leave_report(directory: Path, console: Console, language: str) -> None:
    """Leaves report.html; a sweep that has told its answer is done, whatever becomes of its page."""
    from nnrun.commands.report import REPORT, made
    from nnrun.commands.sweep_view import LABEL_WIDTH
    from nnrun.runs.files import write_atomically

    try:
        write_atomically(directory / REPORT, made([directory])[0])
    except (Exception, KeyboardInterrupt) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        console.line("", f"report.html could not be made: {reason}")
        return
    console.path(padded(words(language)["sweep.label.report"], LABEL_WIDTH), directory / REPORT)


def _written(told: Answer) -> EnvironmentFault | None:
    """Writes the answer's files; what was in the way is told after the answer itself."""
    from nnrun.sweep.answer import write

    try:
        write(told)
    except EnvironmentFault as fault:
        return fault
    return None


def _judged(sweep: Prepared, request: Request, ended: Ended, known: Known, seconds: float) -> Answer:
    from nnrun.sweep.answer import Sweep, judged
    from nnrun.sweep.recorded import planned_jobs, recorded_jobs, varied

    if sweep.jobs is not None:
        jobs, swept = planned_jobs(ended.directory, sweep.jobs, known.elsewhere), sweep.swept
    else:
        jobs = recorded_jobs(ended.directory)
        swept = varied(jobs)
    return judged(
        Sweep(
            directory=ended.directory,
            command=command_line(["nnrun", *request.argv]),
            base=[*_base(request, swept, sweep.jobs), *sweep.lone],
            swept=swept,
            jobs=jobs,
            seconds=seconds,
            about={"arguments": list(request.argv), **ended.began, "finished": now()},
        )
    )


def _base(request: Request, swept: Sequence[str], jobs: Sequence[Planned] | None) -> list[str]:
    """The typed arguments that are the same for all jobs."""
    from nnrun.sweep.task import as_typed

    varying = {*swept, *request.zips, "hydra.mode"}
    known = {} if jobs is None else {key: f"{key}={value}" for key, value in jobs[0].values.items()}
    shared = [(key, text) for key, text in request.typed.items() if key not in varying]
    return [*request.flags, *(as_typed(known.get(key, text), {key: text}) for key, text in shared)]


def _failures(told: Answer) -> dict[str, list[int]]:
    """Why runs failed -> which ones."""
    found: dict[str, list[int]] = {}
    for result in told.results:
        if result.error:
            found.setdefault(result.error, []).append(result.number)
    return found


def _draw_the_rest(told: Answer, settings: Settings, drawing: DrawingPool) -> None:
    """What can be drawn only when all runs are known: the sweep as a whole, and which of them are best."""
    from nnrun.sweep.task import picture_options

    options = picture_options(settings)
    for kind in ("sweep", "fits"):
        drawing.draw(told.sweep.directory, (kind,), **options)
    if settings.sweep.plots == "best":
        for directory in best_runs(told):
            drawing.draw(directory, OF_BEST, **options)


def _own_pictures(told: Answer, settings: Settings) -> list[Failure]:
    """The user's own pictures, of the runs that have nnrun's."""
    if not settings.plots.own or settings.sweep.plots == "none":
        return []
    from nnrun.commands.running import own_pictures
    from nnrun.experiment.pictures import UNDRAWN

    ended = [
        told.sweep.directory / result.directory
        for result in told.results
        if result.directory and result.status not in (*UNDRAWN, "not started")
    ]
    return own_pictures(best_runs(told) if settings.sweep.plots == "best" else ended, settings.plots)


def best_runs(told: Answer) -> list[Path]:
    """Directories of the best runs, whatever their settings."""
    ranked = [run for ranking in told.rankings for setting in ranking.settings for run in setting.runs]
    return [told.sweep.directory / run.directory for run in sorted(ranked, key=lambda run: run.score)[:BEST]]
