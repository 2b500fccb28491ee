"""Where messages for people go: stderr, in colour on a terminal, or below a cell; never an error."""

from __future__ import annotations

import contextlib
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

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
        notebook: lines appear below the cell that is being executed.
        announces: a process that reads stdout is told where results lie.
    """

    def __init__(self, quiet: bool = False, notebook: bool = False, announces: bool = True) -> None:
        self._silent, self._notebook, self._announces = quiet, notebook and not quiet, announces
        self._rich: RichConsole | None = None
        if not quiet and not notebook and sys.stderr.isatty():
            from rich.console import Console as RichConsole

            self._rich = RichConsole(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)

    @property
    def live(self) -> bool:
        """Whether there is a terminal, or a cell, that can show a moving bar."""
        if self._notebook:
            return True
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

    def announce(self, directory: Path) -> None:
        """Tells a process that reads stdout, which is no terminal then, where results lie.

        Raises:
            EnvironmentFault: it cannot be told.
        """
        if self._announces and not sys.stdout.isatty():
            emit(str(directory))

    def bar(self, indent: str, total: int) -> Bar:
        """A progress bar that moves when asked to; for a console that is `live`."""
        if self._rich is None:
            return CellBar(self.unbroken, total)
        return TerminalBar(self._rich, self.unbroken, indent, total)

    def _plain(self, text: str) -> None:
        if not self._silent:
            # What a cell says on stderr has a red background there.
            stream = sys.stdout if self._notebook else sys.stderr
            stream.write(f"{visible(text).rstrip()}\n")
            stream.flush()

    @contextlib.contextmanager
    def unbroken(self) -> Iterator[None]:
        """Within it, a stream that cannot be written to any more ends the talking."""
        try:
            yield
        except (OSError, ValueError):
            self._silent, self._rich, self._notebook = True, None, False


class Bar(ABC):
    """A moving bar with a text behind it, drawn when it is moved."""

    @abstractmethod
    def move(self, completed: int, text: str) -> None:
        """Shows progress."""

    @abstractmethod
    def close(self) -> None:
        """Leaves the bar as it stands."""


@final
class CellBar(Bar):
    """A bar below the cell of a notebook that is being executed, where it replaces itself.

    Args:
        unbroken: within it, a front end that has gone is no error.
        total: of what is counted.
    """

    def __init__(self, unbroken: Callable[[], AbstractContextManager[None]], total: int) -> None:
        self._unbroken, self._total = unbroken, total
        self._handle: Any = None

    def move(self, completed: int, text: str) -> None:
        """Shows progress, in the place where it was shown before."""
        import html

        import IPython.display

        display: Any = IPython.display.display
        bar = f'<progress max="{self._total}" value="{completed}"></progress> '
        content = {"text/plain": text, "text/html": bar + html.escape(text)}
        with self._unbroken():
            if self._handle is None:
                self._handle = display(content, raw=True, display_id=True)
            else:
                self._handle.update(content, raw=True)

    def close(self) -> None:
        """Leaves the bar as it stands."""


@final
class TerminalBar(Bar):
    """A bar on a terminal; one that has gone is no error."""

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
