"""`nnrun report [RUN]...`: runs and sweeps as one HTML page that opens from disk."""

from __future__ import annotations

import glob
import itertools
import os
from collections.abc import Sequence
from pathlib import Path

from nnrun.commands.console import Console, emit
from nnrun.commands.options import Options
from nnrun.errors import BadInput, Refused
from nnrun.runs.files import write_atomically
from nnrun.runs.finding import find_run, output_root
from nnrun.runs.marks import holds_run, is_sweep

REPORT = "report.html"

EXAMPLES = (
    "nnrun report",
    "nnrun report latest~1 latest -o two.html",
    'nnrun report "outputs/*/*_sweep" -o everything.html',
)


def main(arguments: Sequence[str]) -> int:
    """Writes the page and prints its path.

    Raises:
        BadInput: there is no such run.
        Refused: no run could be read.
        EnvironmentFault: the page cannot be written.
    """
    options = Options("report", "Runs and sweeps as one page that opens from disk.", EXAMPLES)
    options.add_argument(
        "runs", nargs="*", metavar="RUN", help="a directory, the start of a name, latest, or a pattern"
    )
    options.add_argument("-o", "--output", metavar="FILE", help="where to write it, over what is there")
    asked = options.parse_args(arguments)
    directories = [directory for word in asked.runs or ["latest"] for directory in _meant(word)]
    target = None if asked.output is None else _named(asked.output)
    content, notes = made(directories)
    path = _free(directories) if target is None else target
    write_atomically(path, content)
    from nnrun.report.payload import shortened

    console = Console()
    for note in shortened(notes):
        console.line("", f"note: {note}")
    emit(str(path))
    return 0


def made(directories: Sequence[Path]) -> tuple[bytes, list[str]]:
    """The page of the runs and sweeps in `directories`, and what could not be read of them.

    Raises:
        Refused: there is no run that could be read.
        EnvironmentFault: the plotting library is not installed.
    """
    from nnrun.report import gather, page, payload

    gathered = gather(directories)
    if not gathered.members:
        raise Refused("; ".join(gathered.notes[:3]) or f"{directories[0]}: there is no run to show")
    content, notes = payload(gathered)
    return page(content), notes


def _meant(word: str) -> list[Path]:
    """The runs and sweeps that a word or a pattern means.

    Raises:
        BadInput: there is none.
    """
    if not glob.has_magic(word) or os.path.lexists(word):
        return [find_run(word)]
    pattern = Path(word)
    roots = [Path(pattern.anchor)] if pattern.is_absolute() else [Path(), output_root()]
    found = [path for root in roots for path in root.glob(str(pattern.relative_to(pattern.anchor)))]
    runs = {path.resolve(): path for path in sorted(found, reverse=True) if holds_run(path)}
    if not runs:
        raise BadInput(f"{word}: matches no run")
    return sorted(runs.values())


def _named(output: str) -> Path:
    path = Path(output)
    if path.is_dir():
        raise BadInput(f"-o {output}: is a directory; name a file, such as {path / REPORT}")
    return path


def _free(directories: Sequence[Path]) -> Path:
    """`report.html` of a sweep that has none, else the first free one, `report-2.html` say, right here."""
    if len(directories) == 1 and is_sweep(directories[0]):
        path = directories[0] / REPORT
        if not os.path.lexists(path) and os.access(directories[0], os.W_OK):
            return path
    names = itertools.chain([REPORT], (f"report-{number}.html" for number in itertools.count(2)))
    return next(path for path in map(Path, names) if not os.path.lexists(path))
