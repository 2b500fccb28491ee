"""Signals while a run trains: the first asks it to end in good order, the second ends the process."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")


class Interruption:
    """A context in which signals are noticed instead of obeyed; signals ignored before stay ignored.

    Outside the main thread, which alone may say what signals do, it changes nothing.

    Args:
        guest: the process is somebody else's: a second signal does what it did there before.
    """

    def __init__(self, guest: bool = False) -> None:
        self.signal: int | None = None
        self._guest = guest
        self._before: dict[int, Any] = {}

    def __bool__(self) -> bool:
        return self.signal is not None

    def __enter__(self) -> Interruption:
        if threading.current_thread() is not threading.main_thread():
            return self
        for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
            before = signal.getsignal(number)
            # None: set by code that is not Python's, which could not be put back.
            if before not in (signal.SIG_IGN, None):
                self._before[number] = before
                signal.signal(number, self._notice)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def _restore(self) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _notice(self, number: int, frame: FrameType | None) -> None:
        if self.signal is None:
            self.signal = number
        elif self._guest:
            self._restore()
            signal.raise_signal(number)
        else:
            die_of(number)


def die_of(number: int) -> None:
    """Ends this process by signal `number`, so that whoever waits for it sees why."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            stream.flush()
    if os.name == "posix":
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(128 + number)
