"""A process of its own for drawing, which loads matplotlib on another core while the training starts."""

from __future__ import annotations

import json
import os
import selectors
import signal
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nnrun.plots.fork import REMARK, STOPPING, Request, answer_once, failures_of, live, remark_of

PATIENCE = 120.0
"""Seconds after which a drawing process that says nothing is given up and its pictures are drawn here."""


@dataclass(frozen=True)
class Failure:
    """A picture that could not be drawn, and why, on one line."""

    kind: str
    message: str
    directory: Path | None = None
    """Of its run, where several were drawn."""


class DrawingProcess:
    """Draws the pictures of one run; made by `start`, for one `draw` and one `wait`.

    Where a process of its own is of no use (one core) or not to be had (no `fork`, other threads), `draw`
    draws at once.
    """

    def __init__(self, child: _Child | None) -> None:
        self._child = child
        self._request: Request | None = None
        self._failures: list[Failure] = []
        self.remark: str | None = None
        """After `wait`: what of the wanted letters could not be had."""

    @classmethod
    def start(cls, wanted: bool = True) -> DrawingProcess:
        """Forks, if pictures are `wanted` and that helps; best before anything heavy is imported."""
        return cls(_fork() if wanted and _worth_it() else None)

    @property
    def forked(self) -> bool:
        """Whether there is a process of its own."""
        return self._child is not None

    def draw(
        self,
        directory: Path,
        kinds: Sequence[str] = ("fit", "curves"),
        **options: Any,
    ) -> None:
        """Asks for pictures of the finished run in `directory`, and returns before they are there.

        Args:
            directory: of the run.
            kinds: which ones.
            options: the other attributes of `Request`.
        """
        self._request = Request(str(directory.absolute()), tuple(kinds), **options)
        if self._child is None:
            self.remark = remark_of(self._request)
            self._failures = [*_drawn_here(self._request)]
            return
        with suppress(BrokenPipeError):
            os.write(self._child.requests, (json.dumps(asdict(self._request)) + "\n").encode())

    def wait(self, patience: float = PATIENCE) -> list[Failure]:
        """The pictures that failed, once all the others are on disk.

        What a process that died or fell silent for `patience` seconds has left undone is drawn here.
        """
        if self._child is None or self._request is None:
            self.cancel()
            return self._failures
        replies = self._child.replies_within(patience)
        self.cancel()
        self.remark = replies.pop(REMARK, None)
        undone = tuple(kind for kind in self._request.kinds if kind not in replies)
        failures = [Failure(kind, message) for kind, message in replies.items() if message is not None]
        if undone:
            failures += _drawn_here(Request(**{**asdict(self._request), "kinds": undone}))
        return failures

    def cancel(self) -> None:
        """Ends the process, whatever it is doing; pictures are whole or not there at all."""
        if self._child is not None:
            self._child.end()
            self._child = None


@dataclass(frozen=True)
class _Child:
    """The parent's side: a process, the pipe that it reads requests from, and the one that it answers on."""

    pid: int
    requests: int
    replies: int

    def replies_within(self, patience: float) -> dict[str, str | None]:
        """Kind -> message or None, as far as they came before the child closed the pipe or fell silent."""
        received = b""
        deadline = time.monotonic() + patience
        with selectors.DefaultSelector() as selector:
            selector.register(self.replies, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0 and selector.select(left):
                part = os.read(self.replies, 65536)
                if not part:
                    break
                received += part
        lines = [json.loads(line) for line in received.split(b"\n")[:-1]]
        return {line["kind"]: line["message"] for line in lines}

    def end(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        os.close(self.requests)
        os.close(self.replies)


def _worth_it() -> bool:
    return hasattr(os, "fork") and cores() > 1 and threading.active_count() == 1


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _fork() -> _Child | None:
    """None where the system has no process left to give."""
    ends = (*os.pipe(), *os.pipe())
    kept = (ends[0], ends[3])
    pid = forked(kept, lambda: answer_once(*kept))
    for end in ends if pid is None else kept:
        os.close(end)
    return None if pid is None else _Child(pid, ends[1], ends[2])


def forked(kept: Sequence[int], serve: Callable[[], None]) -> int | None:
    """The id of a new process that does `serve` with the files `kept`; None where there is none to be had.

    Signals wait until the child ignores them: one that came earlier would run the parent's handler there.
    """
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            live(kept, blocked, serve)
    except OSError:
        return None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    return pid


def _drawn_here(request: Request) -> list[Failure]:
    return [Failure(kind, message) for kind, message in failures_of(request, request.kinds).items()]
