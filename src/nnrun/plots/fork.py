"""A drawing process from its fork to its end: load, rehearse, draw what is asked for, answer."""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import stat
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from nnrun.plots.silence import silence

LONGEST_MESSAGE = 200
"""Characters of an error that are reported."""

REMARK = "remark"
"""Stands where a reply has a kind, in one that tells of all pictures."""

STOPPING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What a terminal sends to every process of a command; this one leaves by its parent's word alone."""


@dataclass(frozen=True)
class Request:
    """Which pictures to leave in which run directory, as `KIND.FORMAT`; an animation is `fit.gif`."""

    directory: str
    kinds: tuple[str, ...] = ("fit", "curves")
    file_format: str = "png"
    feature: int = 0
    language: str = "en"
    font: str | None = None
    pace: float = 0.1


def live(kept: Iterable[int], mask: set[Any], serve: Callable[[], None]) -> NoReturn:
    """The child, from the fork to its end; nothing of it returns into the code that forked.

    Args:
        kept: files that `serve` needs; all others that can be written are closed.
        mask: signals that are blocked once the child ignores those that are not for it.
        serve: what it does once matplotlib is loaded and warm.
    """
    try:
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        gc.disable()
        logging.disable()
        _let_go_of_files(set(kept))
        with _matplotlib_loaded():
            _warm_up()
            serve()
    finally:
        os._exit(0)


def _let_go_of_files(kept: set[int]) -> None:
    """Closes what the parent has open, so that its locks, pipes and terminal end with the parent.

    Files that are only read stay: libraries that are already loaded may read on, as they do in fonts.
    Standard input and output lead nowhere: the parent speaks for both.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    for number in [int(path.name) for path in Path("/dev/fd").iterdir()]:
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

        from nnrun.plots import pictures, records  # noqa: F401
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


def answer_once(requests: int, replies: int) -> None:
    """Reads one request, draws it and answers."""
    line = _line_from(requests)
    if line:
        _answer(Request(**json.loads(line)), replies)


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
    remark = remark_of(request)
    if remark is not None:
        _reply(replies, REMARK, remark)
    helpers = []
    for kind in request.kinds[1:]:
        helper = os.fork()
        if helper == 0:
            _reply(replies, kind, failure_of(request, kind))
            os._exit(0)
        helpers.append(helper)
    for kind in request.kinds[:1]:
        _reply(replies, kind, failure_of(request, kind))
    for helper in helpers:
        os.waitpid(helper, 0)


def _reply(replies: int, kind: str, message: str | None) -> None:
    """One write of one short line, which a pipe keeps whole."""
    os.write(replies, (json.dumps({"kind": kind, "message": message}) + "\n").encode())


def remark_of(request: Request) -> str | None:
    """What of the wanted letters cannot be had, on one line."""
    with silence():
        from nnrun.plots.lettering import lettering
        from nnrun.plots.theme import LIGHT
    return lettering(LIGHT, request.language, request.font).problem


def failure_of(request: Request, kind: str) -> str | None:
    """Draws one picture; None, or why that failed."""
    return failures_of(request, (kind,)).get(kind)


def failures_of(request: Request, kinds: Sequence[str]) -> dict[str, str]:
    """Draws pictures of one run, read once, or of one sweep; kind -> why it failed, of those that did.

    A picture that fails must take neither its run nor the other pictures along.
    """
    with silence():
        from nnrun.plots.pictures import SHEETS, leave, leave_sheet
        from nnrun.plots.records import read

    words = {"language": request.language, "font": request.font}
    failures = {}
    record = None
    for kind in kinds:
        try:
            if kind in SHEETS:
                leave_sheet(Path(request.directory), kind, request.file_format, words)
                continue
            record = record or read(Path(request.directory))
            leave(record, kind, request.file_format, request.feature, request.pace, words)
        except Exception as error:
            failures[kind] = (" ".join(str(error).split()) or type(error).__name__)[:LONGEST_MESSAGE]
    return failures
