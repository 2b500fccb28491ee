"""`nnrun.load_run`: saved runs and sweeps, whoever made them, as objects."""

from __future__ import annotations

import os
from typing import Literal, overload

from nnrun.api.runs import Run
from nnrun.api.sweeps import Sweep
from nnrun.errors import BadInput
from nnrun.runs.finding import find_run
from nnrun.runs.marks import is_sweep


@overload
def load_run(
    run: str | os.PathLike[str], *, sweep: Literal[False] = False, allow_code: bool = False
) -> Run: ...


@overload
def load_run(run: str | os.PathLike[str], *, sweep: Literal[True], allow_code: bool = False) -> Sweep: ...


def load_run(run: str | os.PathLike[str], *, sweep: bool = False, allow_code: bool = False) -> Run | Sweep:
    """A saved run, or a whole sweep; its files are data, and nothing in them is executed or changed.

    Args:
        run: a directory, the start of its name, `latest`, `latest~1`, `latest/7`, `latest/best`.
        sweep: it is a sweep.
        allow_code: execute the files of code that a run's configuration names, for its network.

    Raises:
        BadInput: there is no such run, or it is a sweep where a run is meant, or the other way round.
    """
    if not isinstance(run, str | os.PathLike):
        raise BadInput(f"{run!r}: is neither a directory nor a word that means a run, such as 'latest'")
    directory = find_run(os.fspath(run))
    if sweep:
        if not is_sweep(directory):
            raise BadInput(f"{directory}: is a run, not a sweep; leave sweep=True out")
        return Sweep(directory)
    if is_sweep(directory):
        raise BadInput(
            f"{directory}: is a sweep; write one of its runs, such as {directory.name}/0 or"
            f" {directory.name}/best, or load all of it with sweep=True"
        )
    return Run(directory, allow_code)
