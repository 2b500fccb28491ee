"""`nnrun.run`: one run, trained in the caller's process, as an object."""

from __future__ import annotations

import signal
from pathlib import Path

from nnrun.api.asking import Word, arguments_of, console_of, invocation_of
from nnrun.api.runs import Run
from nnrun.api.surroundings import explained, undisturbed
from nnrun.errors import BadInput


def run(*words: Word, quiet: bool | None = None) -> Run:
    """Trains one run and leaves its directory, as `nnrun WORDS` does.

    The working directory, logging, torch's threads and random state, and matplotlib's backend stay as they
    are. Ctrl-C, or a notebook's stop button, ends the run in good order, and is then passed on.

    Args:
        words: settings as on the command line, `"optim.lr=0.5"`, or as mappings, `{"optim.lr": 0.5}`.
        quiet: nothing is said; None: unless somebody is watching, at a terminal or in a notebook.

    Raises:
        BadInput: with every problem; nothing was created.
        RunFailed: a part raised; its traceback is in the run's log.
        EnvironmentFault: disk or memory is in the way.
        KeyboardInterrupt: it was interrupted; `nnrun.load_run("latest")` is the run as far as it came.
    """
    from nnrun.commands.requests import request_of
    from nnrun.commands.train import train
    from nnrun.plots.process import DrawingProcess

    found: list[Path] = []
    with undisturbed(), explained():
        argv = arguments_of(words, sweeps=False)
        invocation = invocation_of(argv)
        if invocation.multirun:
            raise BadInput("this asks for several runs, and run trains one; call nnrun.sweep with the same")
        console = console_of(invocation.quiet or quiet)
        for warning in invocation.warnings:
            console.line("note      ", warning)
        request, _, flags = request_of(argv, invocation)
        if flags.cfg or flags.info or flags.hydra_help or flags.shell_completion:
            raise BadInput(f"{invocation.flags[0]}: belongs to the command line; leave it out")
        # No process of its own: this one may hold what does not bear to be divided.
        drawing = DrawingProcess(None)
        number = train(request, console, drawing, found.append, found.append, guest=True)
    if number is not None:
        signal.raise_signal(number)
    return Run(found[-1], allow_code=True)
