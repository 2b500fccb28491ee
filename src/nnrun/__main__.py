"""The process: sound file descriptors and streams before nnrun starts, a quick exit when it is done."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

_POOLS = frozenset({"joblib", "ray", "submitit"})
"""Packages of Hydra launchers that have processes of their own to end before this one does."""

_OBJECTS_BETWEEN_COLLECTIONS = 20_000
"""New ones; loading modules and summaries makes hundreds of thousands that stay, which 700 would go through
again and again."""


def main() -> NoReturn:
    """Runs nnrun on this process's arguments and ends the process.

    Leaves by `os._exit` once everything is flushed, unless there are other processes to see to: taking a
    process apart that has loaded torch costs a third of a second and changes nothing.
    """
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    _open_descriptors()
    _forgiving_streams()
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _leave)
    # Imported here: Ctrl-C is answered with a line by now.
    from nnrun import cli

    status = cli.run(_arguments())
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    if status > 128:
        from nnrun.interruption import die_of

        die_of(status - 128)
    if not _POOLS.isdisjoint(sys.modules):
        sys.exit(status)
    os._exit(status)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """Ends the process by the signal; while there is a run to save, `nnrun.interruption` listens instead."""
    with contextlib.suppress(OSError):
        os.write(2, b"nnrun: interrupted\n")
    if os.name == "posix":
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(128 + number)


def _arguments() -> list[str]:
    """Read as UTF-8, whatever the locale: an old one makes something else of them."""
    return [os.fsencode(word).decode("utf-8", "surrogateescape") for word in sys.argv[1:]]


def _open_descriptors() -> None:
    """Opens what of 0, 1 and 2 is closed on the null device, so that no file of a run gets such a number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            handle = os.open(os.devnull, os.O_RDWR)
            if handle != number:
                os.dup2(handle, number)
                os.close(handle)
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - lives as long as we do
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - lives as long as we do


def _forgiving_streams() -> None:
    """Characters that a stream cannot show are spelled out instead of raising."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    main()
