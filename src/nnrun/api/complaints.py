"""What is said to callers of mistakes of theirs, and of files and packages that are not there."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from nnrun.errors import BadInput, EnvironmentFault, Refused
from nnrun.registry import suggestion
from nnrun.runs.entry import reason_of


def named(name: str, choices: tuple[str, ...], what: str) -> str:
    """A name that is one of `choices`.

    Args:
        name: as given.
        choices: of which it has to be one.
        what: the argument that it was given for.

    Raises:
        BadInput: it is none of them.
    """
    if name not in choices:
        near = suggestion(name, choices)
        raise BadInput(f"{what}={name!r}: no such {what}{near} choices: {', '.join(choices)}")
    return name


def refused(path: Path, error: Exception) -> Refused:
    """The error to raise for a file that cannot be read."""
    reason = "is missing" if isinstance(error, FileNotFoundError) else reason_of(error)
    return Refused(f"{path}: {reason}")


def pandas(wanting: str) -> ModuleType:
    """The package, which only tables need.

    Args:
        wanting: what needs it, as it is called.

    Raises:
        EnvironmentFault: it is not installed.
    """
    try:
        import pandas as found
    except ImportError as error:
        raise EnvironmentFault(
            f"{wanting} needs the package pandas, which is not installed: pip install pandas"
        ) from error
    module: ModuleType = found
    return module
