"""Populations with users' code in them, trained in a process that may die without ending the sweep."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nnrun.errors import NnrunError, RunFailed
from nnrun.experiment.jobs import run_members
from nnrun.experiment.recording import Asked, Job, Outcome, Recording

POLL_SECONDS = 0.1
"""How long the sweep waits for news before it looks whether it is to end."""


def can_be_apart(jobs: Sequence[Job]) -> bool:
    """Whether this system can divide a process that has loaded torch, and the device bears it."""
    return sys.platform == "linux" and all(job.spec.device == "cpu" for job in jobs)


def run_apart(
    jobs: Sequence[Job],
    root: Path,
    trained: Callable[[int], None],
    interrupted: Asked = lambda: False,
    resume: bool = False,
    done: Mapping[int, Outcome] = MappingProxyType({}),
) -> list[Outcome]:
    """As `run_members`, in a process of its own; a population whose process dies is halved as if it failed.

    Args:
        jobs, root, interrupted, resume, done: see `run_members`.
        trained: is told of so many more epochs.

    Raises:
        EnvironmentFault: the disk is in the way.
    """
    found = _in_child(jobs, root, trained, interrupted, resume, done)
    if isinstance(found, NnrunError):
        raise found
    if isinstance(found, list):
        return found
    own = [index for index in range(len(jobs)) if index not in done]
    if len(jobs) == 1 or not own:
        return _failed(jobs, root, done, found)
    _clear(jobs, root, done)
    middle = len(jobs) // 2
    halves = (
        (jobs[:middle], {index: outcome for index, outcome in done.items() if index < middle}),
        (jobs[middle:], {index - middle: outcome for index, outcome in done.items() if index >= middle}),
    )
    return [
        outcome
        for half, ended in halves
        for outcome in run_apart(half, root, trained, interrupted, False, ended)
    ]


def _in_child(
    jobs: Sequence[Job],
    root: Path,
    trained: Callable[[int], None],
    interrupted: Asked,
    resume: bool,
    done: Mapping[int, Outcome],
) -> list[Outcome] | NnrunError | str:
    """What the child came to; how it died, where it did."""
    here, there = Pipe()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    child = os.fork()
    if child == 0:
        here.close()
        _serve(there, jobs, root, interrupted, resume, done)
    there.close()
    result: list[Outcome] | NnrunError | None = None
    told = False
    try:
        while True:
            if interrupted() and not told:
                os.kill(child, signal.SIGTERM)
                told = True
            if not here.poll(POLL_SECONDS):
                continue
            news = pickle.loads(here.recv_bytes())
            if isinstance(news, int):
                trained(news)
            else:
                result = news
    except (EOFError, ConnectionResetError):
        pass
    finally:
        here.close()
    _, status = os.waitpid(child, 0)
    return _death(status) if result is None else result


def _serve(
    pipe: Connection,
    jobs: Sequence[Job],
    root: Path,
    interrupted: Asked,
    resume: bool,
    done: Mapping[int, Outcome],
) -> None:
    """The child: trains, tells, and ends without a word to anybody else."""

    def tell(news: Any) -> None:
        try:
            pipe.send_bytes(pickle.dumps(news))
        except BrokenPipeError:
            # The sweep's own process is gone, and nobody is left to tell.
            os._exit(1)

    # Of what a terminal sends to both, only the sweep's own process tells this one.
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
    try:
        lone = [replace(job, spec=_of_one_thread(job.spec)) for job in jobs]
        tell(run_members(lone, root, lambda epoch: tell(len(epoch.active)), interrupted, resume, done))
    except NnrunError as error:
        tell(type(error)(str(error)))
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _of_one_thread(spec: Any) -> Any:
    """Threads of a divided process wait for those that stayed behind."""
    return replace(spec, settings=replace(spec.settings, threads=1))


def _death(status: int) -> str:
    """How a process ended, in words."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return f"its code ended the process by signal {number} ({signal.Signals(number).name})"
    return f"its code ended the process with status {os.WEXITSTATUS(status)}"


def _failed(jobs: Sequence[Job], root: Path, done: Mapping[int, Outcome], reason: str) -> list[Outcome]:
    """Records runs whose process died as failed."""
    _clear(jobs, root, done)
    recording = Recording(jobs, root, False, done)
    try:
        return recording.fail(RunFailed(f"the run failed: {reason}"))
    finally:
        recording.close()


def _clear(jobs: Sequence[Job], root: Path, done: Mapping[int, Outcome]) -> None:
    """Takes back what a process that died has left in the directories."""
    from nnrun.runs.checkpoints import place_of
    from nnrun.runs.writing import METRICS, PLOTS, SUMMARY, WEIGHTS

    place_of([job.directory for job in jobs], root).unlink(missing_ok=True)
    for index, job in enumerate(jobs):
        for name in (METRICS, SUMMARY, WEIGHTS, PLOTS) if index not in done else ():
            (job.directory / name).unlink(missing_ok=True)
