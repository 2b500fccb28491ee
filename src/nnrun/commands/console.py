"""Where messages for people go: stderr, in colour on a terminal, never an error of its own."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from nnrun.characters import visible
from nnrun.errors import EnvironmentFault
from nnrun.secrets import redacted

if TYPE_CHECKING:
    from rich.console import Console as RichConsole


def emit(text: str) -> None:
    """Writes a result to stdout, all at once; a reader who has left is no error.

    Raises:
        EnvironmentFault: it cannot be written, the device being full, say.
    """
    try:
        shown = redacted(text)
        sys.stdout.write(shown if shown.endswith("\n") else f"{shown}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
    except OSError as error:
        silence_stdout()
        raise EnvironmentFault(f"cannot write to stdout: {error.strerror}") from error


def silence_stdout() -> None:
    """Sends what else is written to stdout nowhere, so that the interpreter's exit does not fail on it."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Console:
    """Lines for people; a closed pipe or a full device ends the talking, not the run.

    Args:
        quiet: nothing is said.
    """

    def __init__(self, quiet: bool = False) -> None:
        self._silent = quiet
        self._rich: RichConsole | None = None
        if not quiet and sys.stderr.isatty():
            from rich.console import Console as RichConsole

            self._rich = RichConsole(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)

    @property
    def live(self) -> bool:
        """Whether there is a terminal that can show a moving bar."""
        return self._rich is not None and self._rich.is_terminal and not self._rich.is_dumb_terminal

    def line(self, label: str, text: str, emphasis: bool = False) -> None:
        """One line: a label, dimmed on a terminal, and a text."""
        with self.unbroken():
            if self._rich is None:
                self._plain(f"{label}{redacted(text)}")
                return
            from rich.text import Text

            style = "bold yellow" if emphasis else ""
            self._rich.print(Text.assemble((label, "cyan"), (visible(redacted(text)), style)))

    def path(self, label: str, path: Path) -> None:
        """A line with a path, clickable where the terminal can."""
        with self.unbroken():
            if self._rich is None:
                self._plain(f"{label}{path}")
                return
            from rich.style import Style
            from rich.text import Text

            link = Style(bold=True, link=path.absolute().as_uri())
            self._rich.print(Text.assemble((label, "cyan"), (visible(str(path)), link)))

    def bar(self, indent: str, total: int) -> Bar:
        """A progress bar that moves when asked to; for a console that is `live`."""
        assert self._rich is not None
        return Bar(self._rich, self.unbroken, indent, total)

    def _plain(self, text: str) -> None:
        if not self._silent:
            sys.stderr.write(f"{visible(text).rstrip()}\n")
            sys.stderr.flush()

    @contextlib.contextmanager
    def unbroken(self) -> Iterator[None]:
        """Within it, a stream that cannot be written to any more ends the talking."""
        try:
            yield
        except (OSError, ValueError):
            self._silent, self._rich = True, None


class Bar:
    """A moving bar with a text behind it, drawn when it is moved; a terminal that has gone is no error."""

    def __init__(
        self,
        console: RichConsole,
        unbroken: Callable[[], AbstractContextManager[None]],
        indent: str,
        total: int,
    ) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        columns = (
            TextColumn(indent, markup=False),
            BarColumn(bar_width=40),
            TextColumn("{task.description}", markup=False),
        )
        self._unbroken = unbroken
        self._progress = Progress(
            *columns, console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        )
        self._task = self._progress.add_task("", total=total)
        with unbroken():
            self._progress.start()
            # A process that is killed cannot bring back a cursor that was hidden.
            console.show_cursor(True)

    def move(self, completed: int, text: str) -> None:
        """Shows progress."""
        with self._unbroken():
            self._progress.update(self._task, completed=completed, description=text)
            self._progress.refresh()

    def close(self) -> None:
        """Leaves the bar as it stands, the next line below it."""
        with self._unbroken():
            self._progress.stop()
