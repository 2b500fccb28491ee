"""A process of nnrun that is still running: with or without a terminal, watched, signalled, waited for."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

PATIENCE = 100
EPOCHS = 20_000
_SIZES = ("dataset=random_mnist", "batch_size=16", f"epochs={EPOCHS}", "log_every=1")
SLOW = [*_SIZES, "dataset.samples=2000", "dataset.shape=8x8", "model.hidden=64"]
"""A run that takes minutes, in short epochs."""
LONG_EPOCHS = [*_SIZES, "dataset.samples=8000", "dataset.shape=16x16", "model.hidden=256"]
"""A run with much of a second between its epochs."""
UNDRAWN = "plots.save=false"


class Started:
    """`nnrun` with `arguments` in `place`; `terminal` gives it a controlling terminal of its own.

    Args:
        place: the working directory.
        arguments: of nnrun.
        terminal: rows and columns, or None for pipes.
        environment: in addition to this process's.
        before: called in the process before nnrun starts.
        interpreter: options of Python itself.
    """

    def __init__(
        self,
        place: Path,
        arguments: Sequence[str],
        terminal: tuple[int, int] | None = None,
        environment: Mapping[str, str] | None = None,
        before: Callable[[], None] = lambda: None,
        interpreter: Sequence[str] = (),
    ) -> None:
        self.place = place
        self._parts: list[bytes] = []
        inside: Any = subprocess.PIPE
        if terminal:
            self.master, inside = pty.openpty()
            termios.tcsetwinsize(inside, terminal)

        def prepare() -> None:
            if terminal:
                os.setsid()
                fcntl.ioctl(inside, termios.TIOCSCTTY, 0)
            before()

        self.process = subprocess.Popen(
            [sys.executable, *interpreter, "-m", "nnrun", *arguments],
            cwd=place,
            env=os.environ | dict(environment or {}),
            stdin=inside if terminal else subprocess.DEVNULL,
            stdout=inside,
            stderr=inside if terminal else subprocess.PIPE,
            preexec_fn=prepare,
        )
        if terminal:
            os.close(inside)
            source = self.master
        else:
            assert self.process.stderr is not None
            source = self.process.stderr.fileno()
        self._reader = threading.Thread(target=self._read, args=(source,), daemon=True)
        self._reader.start()

    def _read(self, source: int) -> None:
        with contextlib.suppress(OSError):
            while part := os.read(source, 65536):
                self._parts.append(part)

    @property
    def said(self) -> str:
        """What came on the terminal, or on stderr, so far."""
        return b"".join(self._parts).decode("utf-8")

    def until(self, condition: Callable[[], bool]) -> None:
        """Waits until `condition` holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.01)

    def until_rows(self, count: int) -> None:
        """Waits until `count` epochs are recorded."""
        self.until(lambda: self.rows >= count)

    @property
    def directories(self) -> list[Path]:
        """Run directories."""
        return [path.parent for path in self.place.glob("outputs/2*/*/summary.json")]

    @property
    def rows(self) -> int:
        """Epochs recorded so far."""
        texts = [path.read_text() for path in self.place.glob("outputs/2*/*/metrics.csv")]
        return texts[0].count("\n") - 1 if texts else 0

    @property
    def summary(self) -> dict[str, Any]:
        """summary.json of the only run."""
        (directory,) = self.directories
        content: dict[str, Any] = json.loads((directory / "summary.json").read_text("utf-8"))
        return content

    def end(self) -> int:
        """Waits for the end; the exit status, negative for a signal."""
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        if self.process.stdout:
            self.process.stdout.close()
        if self.process.stderr:
            self.process.stderr.close()
        return status

    def close(self) -> None:
        """Leaves nothing running."""
        if self.process.poll() is None:
            self.process.kill()
            self.end()
