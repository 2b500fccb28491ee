"""`nnrun new DIR`: a small project with parts of one's own, one of each kind, and a test that passes."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path

from nnrun.arguments import command_line
from nnrun.characters import visible
from nnrun.commands.console import Console, emit
from nnrun.commands.options import Options
from nnrun.errors import BadInput, EnvironmentFault

STARTER = Path(__file__).parent.parent / "starter"
SUFFIX = ".txt"


def main(arguments: Sequence[str]) -> int:
    """Writes the project, where nothing is in its way."""
    options = Options(
        "new",
        "Write a small project with a dataset, a model, a loss, an optimizer, a schedule and a metric of your"
        " own, an experiment with them, and a test.",
        ["nnrun new my_project"],
    )
    options.add_argument("directory", metavar="DIR", help="a new or an empty directory")
    asked = options.parse_args(list(arguments))
    directory = Path(asked.directory)
    _require_empty(directory)
    for source in sorted(STARTER.rglob(f"*{SUFFIX}")):
        path = directory / source.relative_to(STARTER).with_suffix("")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source.read_text("utf-8"), "utf-8")
        except (OSError, UnicodeEncodeError) as error:
            raise EnvironmentFault(f"cannot write {visible(str(path))}: {_reason(error)}") from error
    console = Console()
    console.line(
        "", f"try: {command_line(['cd', asked.directory])}, then nnrun experiment=first; see README.md"
    )
    emit(str(directory))
    return 0


def _reason(error: OSError | UnicodeEncodeError) -> str:
    """Why a file cannot be written, and what to do."""
    if isinstance(error, UnicodeEncodeError):
        return "this locale has no such letters; set LC_ALL=C.UTF-8, or choose another DIR"
    if error.errno == errno.ENOENT:
        return "nothing can be made there; choose another DIR"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{str(error.strerror).lower()}; free some space, or choose another DIR"
    return f"{str(error.strerror).lower()}; choose another DIR"


def _require_empty(directory: Path) -> None:
    """Checks that nothing could be overwritten.

    Raises:
        BadInput: something is there.
    """
    shown = visible(str(directory))
    if "\0" in str(directory) or not directory.name:
        raise BadInput(f"{shown}: is no name for a new directory; write nnrun new DIR")
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise BadInput(f"{shown}: is there already; choose a new directory, or an empty one")
