"""The front door: argv in, exit status out, every deliberate error as lines for people."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nnrun.arguments import Invocation
from nnrun.characters import visible
from nnrun.commands.requests import parsed
from nnrun.errors import EnvironmentFault, NnrunError
from nnrun.plugins.trust import session
from nnrun.secrets import forget, redacted

if TYPE_CHECKING:
    from nnrun.plots.process import DrawingProcess

SUBCOMMANDS: tuple[str, ...] = (
    "compare",
    "completion",
    "export",
    "grad",
    "list",
    "new",
    "open",
    "parts",
    "plot",
    "predict",
    "report",
    "rerun",
    "resume",
    "show",
    "trace",
)
"""First words that are commands of their own; each has its module in `nnrun.commands`, with `main`."""

_TALK = frozenset(
    ("-h", "--help", "--version", "--hydra-help", "-c", "--cfg", "-i", "--info", "-sc", "--shell-completion")
) | {"-m", "--multirun"}
"""Flags with which no single run is trained."""


def run(argv: Sequence[str]) -> int:
    """Does what `argv` (without the program's name) asks for.

    Returns:
        0 done; 1 a run failed; 2 bad input; 3 the environment; 4 refused; 128 + N for signal N.
    """
    forget()
    try:
        with session():
            return _dispatch(argv)
    except NnrunError as error:
        if debugging():
            sys.stderr.write(redacted(traceback.format_exc()))
        for line in error.lines:
            _complain(line)
        return error.exit_status
    except KeyboardInterrupt:
        _complain("interrupted")
        return 130
    except MemoryError:
        _complain("out of memory; try a smaller batch_size, fewer samples or fewer units")
        return 3


def debugging() -> bool:
    """Whether tracebacks are wanted for deliberate errors too."""
    return any(os.environ.get(name, "") not in ("", "0") for name in ("NNRUN_DEBUG", "HYDRA_FULL_ERROR"))


def _complain(text: str) -> None:
    try:
        sys.stderr.write(f"nnrun: {visible(redacted(text))}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return


def _dispatch(argv: Sequence[str]) -> int:
    # Started before anything else is loaded: drawing is ready when the training is.
    drawing = _drawing(argv)
    try:
        invocation = parsed(argv, SUBCOMMANDS)
        for warning in invocation.warnings:
            _complain(warning)
        if invocation.subcommand is not None:
            main = importlib.import_module(f"nnrun.commands.{invocation.subcommand}").main
            return int(main(invocation.rest))
        if invocation.show is not None:
            return _show(invocation.show, argv)
        return _train(argv, invocation, drawing)
    finally:
        if drawing is not None:
            drawing.cancel()


def _drawing(argv: Sequence[str]) -> DrawingProcess | None:
    """A process that gets ready to draw, if `argv` looks like a training."""
    if not _TALK.isdisjoint(word.partition("=")[0] for word in argv) or (argv and argv[0] in SUBCOMMANDS):
        return None
    from nnrun.plots.process import DrawingProcess

    return DrawingProcess.start("plots.save=false" not in argv)


def _show(what: str, argv: Sequence[str]) -> int:
    from nnrun.commands.console import emit
    from nnrun.commands.flags import language_asked
    from nnrun.commands.help import help_text, version_text

    emit(help_text(language_asked(argv)) if what == "help" else version_text())
    return 0


def _train(argv: Sequence[str], invocation: Invocation, drawing: DrawingProcess | None) -> int:
    from nnrun.commands.console import Console
    from nnrun.commands.requests import request_of
    from nnrun.commands.train import train
    from nnrun.plots.process import DrawingProcess

    _require_working_directory()
    request, parser, flags = request_of(argv, invocation)
    if flags.cfg or flags.info or flags.hydra_help or flags.shell_completion:
        from nnrun.commands.hydra_flags import show

        return show(request, flags, parser)
    console = Console(quiet=invocation.quiet)
    if invocation.multirun:
        from nnrun.commands.multirun import multirun

        return multirun(request, console)
    signal = train(request, console, drawing or DrawingProcess.start())
    return 0 if signal is None else 128 + signal


def _require_working_directory() -> None:
    try:
        Path.cwd()
    except OSError as error:
        raise EnvironmentFault("the working directory is gone; change to one that exists") from error
