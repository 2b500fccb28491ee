"""Training jobs, whatever happens: each leaves a run directory that says how it ended."""

from __future__ import annotations

import logging
import re
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from nnrun.errors import EnvironmentFault, NnrunError, OutOfMemory, Refused, RunFailed
from nnrun.experiment.recording import Asked, Job, Outcome, Recording, Watch
from nnrun.plugins.loading import is_own
from nnrun.runs.files import explaining
from nnrun.secrets import redacted
from nnrun.training.units import Arrays

LONGEST_MESSAGE = 200
LOG = "nnrun.log"
_NO_MEMORY = "DefaultCPUAllocator: can't allocate memory"
_ASKED = re.compile(r"\ballocate (\d[\d.]* ?(?:[KMGTP]?i?B|bytes))\b")
"""The size, as NumPy and torch have it in their messages."""

log = logging.getLogger(__name__)


def run_lone(
    job: Job,
    watch: Watch = lambda epoch: None,
    interrupted: Asked = lambda: False,
    show: Callable[[Arrays], None] | None = None,
    resume: bool = False,
) -> Outcome:
    """Trains one run and leaves a complete run directory.

    Args:
        job: its directory is claimed already.
        watch: is shown every epoch.
        interrupted: asked at every step; once true, the run ends with its last complete epoch.
        show: is given the run's snapshots while it trains; see `Snapshots`.
        resume: goes on from the run's checkpoint, or starts over in its directory where there is none.

    Raises:
        Refused: the checkpoint is damaged, or belongs to another run.
        RunFailed: a part raised; recorded as `failed`, with the traceback in the run's log.
        EnvironmentFault: disk or memory is in the way.
    """
    recording = Recording([job], resume=resume)
    try:
        return recording.train(watch, interrupted, show)[0]
    except (Exception, SystemExit) as error:
        failure = _failure(error)
        if not recording.begun and isinstance(error, Refused | EnvironmentFault):
            raise
        log.error("%s", redacted(traceback.format_exc()))
        recording.fail(failure)
        raise failure from error
    finally:
        recording.close()


def run_members(
    jobs: Sequence[Job],
    root: Path,
    watch: Watch = lambda epoch: None,
    interrupted: Asked = lambda: False,
    resume: bool = False,
    done: Mapping[int, Outcome] = MappingProxyType({}),
) -> list[Outcome]:
    """Trains `jobs`, which are of equal shape, as a population, and leaves a run directory for each.

    A population that fails, for want of memory or because of one of its members, is halved and trained
    again, until what cannot be trained stands alone: that run is recorded as `failed`.

    Args:
        jobs: their directories are claimed already.
        root: the sweep's directory, above theirs.
        watch: is shown every epoch.
        interrupted: asked at every step; once true, all end with the last complete epoch.
        resume: goes on from their checkpoint, or starts over in their directories where there is none.
        done: index of a job -> its outcome, of those whose directories are finished and stay as they are.

    Raises:
        Refused: the checkpoint is damaged, or belongs to other runs; nothing was changed.
        EnvironmentFault: the disk is in the way.
    """
    recording = Recording(jobs, root, resume, done)
    try:
        return recording.train(watch, interrupted, None)
    except (Exception, SystemExit) as error:
        failure = _failure(error)
        if not recording.begun and isinstance(error, Refused):
            raise
        if isinstance(failure, EnvironmentFault) and not isinstance(failure, OutOfMemory):
            recording.fail(failure)
            raise failure from error
        if len(jobs) == 1:
            note(jobs[0].directory, traceback.format_exc())
            return recording.fail(failure)
        recording.withdraw()
    finally:
        recording.close()
    middle = len(jobs) // 2
    finished = (
        {index: outcome for index, outcome in done.items() if index < middle},
        {index - middle: outcome for index, outcome in done.items() if index >= middle},
    )
    halves = zip((jobs[:middle], jobs[middle:]), finished, strict=True)
    return [
        outcome
        for half, ended in halves
        for outcome in run_members(half, root, watch, interrupted, resume, ended)
    ]


def _failure(error: Exception | SystemExit) -> NnrunError:
    """What to tell the user of an exception out of training, with the line of their own that it came from."""
    if isinstance(error, NnrunError):
        return error
    short = _short_of_memory(error)
    if short is not None:
        return OutOfMemory(f"out of memory{short}; try a smaller batch_size, fewer samples or fewer units")
    message = _message(error)
    if len(message) > LONGEST_MESSAGE:
        message = f"{message[:LONGEST_MESSAGE]}..."
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if is_own(frame.filename)]
    if not frames:
        return RunFailed(f"the run failed: {message} (the traceback is in {LOG})")
    place = f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}"
    name = type(error).__name__
    told = message if isinstance(error, SystemExit) or message == name else f"{name}: {message}"
    return RunFailed(f"the run failed: {told} ({place}; the traceback is in {LOG})")


def _short_of_memory(error: BaseException | None) -> str | None:
    """How much an exception says was asked for, where the memory was too small; None of any other one.

    What tidies up after a MemoryError can raise another exception, as closing an archive in memory does.
    """
    while error is not None:
        text = _message(error) if isinstance(error, MemoryError | RuntimeError) else ""
        # torch has an exception of its own for a device alone.
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or _NO_MEMORY in text:
            asked = _ASKED.search(text)
            return "" if asked is None else f", asked for {asked[1]}"
        error = error.__context__
    return None


def _message(error: BaseException) -> str:
    """What an exception says, or what it is where it says nothing."""
    if isinstance(error, SystemExit):
        return f"its code asked to exit with status {error.code}"
    try:
        return " ".join(str(error).split()) or type(error).__name__
    except Exception:
        return type(error).__name__


def note(directory: Path, text: str) -> None:
    """Appends to the log of a run that has no handler of its own."""
    with explaining(directory), (directory / LOG).open("a", encoding="utf-8") as file:
        file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} ERROR {redacted(text)}")
