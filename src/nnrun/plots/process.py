"""A process of its own for drawing, which loads matplotlib on another core while the training starts."""

from __future__ import annotations

import gc
import json
import logging
import os
import select
import signal
import stat
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

from nnrun.plots import KINDS
from nnrun.plots.silence import silence

PATIENCE = 120.0
"""Seconds after which a drawing process that says nothing is given up and its pictures are drawn here."""

LONGEST_MESSAGE = 200
"""Characters of an error that are reported."""


@dataclass(frozen=True)
class Failure:
    """A picture that could not be drawn, and why, on one line."""

    kind: str
    message: str


@dataclass(frozen=True)
class Request:
    """Which pictures to leave in which run directory, as `KIND.FORMAT`."""

    directory: str
    kinds: tuple[str, ...] = KINDS
    file_format: str = "png"
    feature: int = 0
    language: str = "en"


class DrawingProcess:
    """Draws the pictures of one run; made by `start`, for one `draw` and one `wait`.

    Where a process of its own is of no use (one core) or not to be had (no `fork`, other threads), `draw`
    draws at once.
    """

    def __init__(self, child: _Child | None) -> None:
        self._child = child
        self._request: Request | None = None
        self._failures: list[Failure] = []

    @classmethod
    def start(cls) -> DrawingProcess:
        """Forks, if that helps; best before anything heavy is imported."""
        return cls(_fork() if _worth_it() else None)

    @property
    def forked(self) -> bool:
        """Whether there is a process of its own."""
        return self._child is not None

    def draw(
        self,
        directory: Path,
        kinds: Sequence[str] = KINDS,
        file_format: str = "png",
        feature: int = 0,
        language: str = "en",
    ) -> None:
        """Asks for pictures of the finished run in `directory`, and returns before they are there."""
        self._request = Request(str(directory.absolute()), tuple(kinds), file_format, feature, language)
        if self._child is None:
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
        while (left := deadline - time.monotonic()) > 0 and select.select([self.replies], [], [], left)[0]:
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
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return hasattr(os, "fork") and cores > 1 and threading.active_count() == 1


def _fork() -> _Child | None:
    """None where the system has no process left to give.

    Signals wait until the child ignores them: one that came earlier would run the parent's handler there.
    """
    ends = (*os.pipe(), *os.pipe())
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            _live(ends[0], ends[3], blocked)
    except OSError:
        for end in ends:
            os.close(end)
        return None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    os.close(ends[0])
    os.close(ends[3])
    return _Child(pid, ends[1], ends[2])


_STOPPING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def _live(requests: int, replies: int, mask: set[Any]) -> NoReturn:
    """The child, from the fork to its end; nothing of it returns into the code that forked."""
    try:
        for number in _STOPPING:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        gc.disable()
        logging.disable()
        _let_go_of_files({requests, replies})
        with _matplotlib_loaded():
            _warm_up()
            line = _line_from(requests)
            if line:
                _answer(Request(**json.loads(line)), replies)
    finally:
        os._exit(0)


def _let_go_of_files(kept: set[int]) -> None:
    """Closes what the parent has open, so that its locks, pipes and terminal end with the parent.

    Files that are only read stay: libraries that are already loaded may read on (fonts are). Standard input and
    output lead nowhere: the parent speaks for both.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    for number in map(int, os.listdir("/dev/fd")):
        with suppress(OSError):
            if number > 2 and number not in kept and not _only_read(number):
                os.close(number)


def _only_read(number: int) -> bool:
    import fcntl

    access = fcntl.fcntl(number, fcntl.F_GETFL) & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR)
    return access == os.O_RDONLY and stat.S_ISREG(os.fstat(number).st_mode)


@contextmanager
def _matplotlib_loaded() -> Iterator[None]:
    """Loads it without its third dimension, and removes the directory that it makes where it has no other."""
    os.environ["MPLBACKEND"] = "agg"
    sys.modules["mpl_toolkits.mplot3d"] = None  # type: ignore[assignment]  # a fifth of the loading
    with silence(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import matplotlib
        import matplotlib.backends.backend_agg

        from nnrun.plots import drawing, saving  # noqa: F401
        from nnrun.runs import reading  # noqa: F401
    try:
        yield
    finally:
        _remove_temporary(Path(matplotlib.get_configdir()))


def _remove_temporary(configuration: Path) -> None:
    """matplotlib would do so itself at the end of a process that ends by itself."""
    import shutil
    import tempfile

    if configuration.parent == Path(tempfile.gettempdir()) and configuration.name.startswith("matplotlib-"):
        shutil.rmtree(configuration, ignore_errors=True)


def _warm_up() -> None:
    """Draws a run's pictures once for nothing: fonts, glyphs and code are in memory afterwards."""
    from nnrun.plots.rehearsal import rehearse

    rehearse()


def _line_from(requests: int) -> bytes:
    """The request; empty where the parent is gone."""
    received = b""
    while not received.endswith(b"\n"):
        part = os.read(requests, 65536)
        if not part:
            return b""
        received += part
    return received


def _answer(request: Request, replies: int) -> None:
    """Draws the pictures, all but the first in further processes, each of which answers for its own."""
    helpers = []
    for kind in request.kinds[1:]:
        helper = os.fork()
        if helper == 0:
            _reply(replies, kind, _failure_of(request, kind))
            os._exit(0)
        helpers.append(helper)
    for kind in request.kinds[:1]:
        _reply(replies, kind, _failure_of(request, kind))
    for helper in helpers:
        os.waitpid(helper, 0)


def _reply(replies: int, kind: str, message: str | None) -> None:
    """One write of one short line, which a pipe keeps whole."""
    os.write(replies, (json.dumps({"kind": kind, "message": message}) + "\n").encode())


def _drawn_here(request: Request) -> list[Failure]:
    outcomes = ((kind, _failure_of(request, kind)) for kind in request.kinds)
    return [Failure(kind, message) for kind, message in outcomes if message is not None]


def _failure_of(request: Request, kind: str) -> str | None:
    """Draws one picture; None, or why that failed. A picture that fails must not take its run along."""
    try:
        with silence():
            from nnrun.plots.drawing import draw
            from nnrun.plots.saving import save
            from nnrun.runs.reading import read_run

        directory = Path(request.directory)
        figure = draw(read_run(directory), kind, feature=request.feature, language=request.language)
        save(figure, directory / f"{kind}.{request.file_format}", request.file_format)
    except Exception as error:
        return (" ".join(str(error).split()) or type(error).__name__)[:LONGEST_MESSAGE]
    return None
