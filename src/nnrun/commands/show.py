"""`nnrun show [RUN]`: one run or sweep, from what its directory holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nnrun.commands.console import emit
from nnrun.commands.flags import refuse_repeats
from nnrun.commands.inspecting import Inspected, inspected
from nnrun.commands.options import Options
from nnrun.commands.run_page import courses, page
from nnrun.commands.tabulating import as_json, terminal_width
from nnrun.config.defaults import differences
from nnrun.errors import BadInput
from nnrun.runs.finding import find_run

EXAMPLES = ("nnrun show", "nnrun show latest~1 --all", "nnrun show latest/best")


def main(arguments: Sequence[str]) -> int:
    """Prints the page."""
    options = Options("show", "Show a run or a sweep: settings, metrics, verdicts, files.", EXAMPLES)
    options.add_argument(
        "run", nargs="?", default="latest", metavar="RUN", help="directory, id, start of a name, or latest"
    )
    options.add_argument("--all", action="store_true", help="the whole configuration; all rows of a sweep")
    options.add_argument("--json", action="store_true", help="print JSON; with --all, with all epochs")
    refuse_repeats(arguments)
    asked = options.parse_args(list(arguments))
    directory = _from_here(find_run(asked.run))
    found = inspected(directory)
    text = (
        _sweep(found, asked.all, asked.json)
        if found.entry.kind == "sweep"
        else _run(found, asked.all, asked.json)
    )
    emit(text)
    return 0


def _run(run: Inspected, everything: bool, as_record: bool) -> str:
    if run.is_empty:
        raise BadInput([f"{run.directory}: {problem}" for problem in run.problems])
    if not as_record:
        return page(run, everything, terminal_width())
    config = dict(run.entry.config)
    curves = {name: column.tolist() for name, column in run.metrics.items()}
    record = {
        **_common(run, run.problems),
        "summary": run.entry.summary,
        "settings": config if everything else differences(config),
        "metrics": courses(run),
        **({"curves": curves} if everything else {}),
    }
    return as_json(record)


def _sweep(sweep: Inspected, everything: bool, as_record: bool) -> str:
    # Imported here: a run's page needs nothing of sweeps.
    from nnrun.commands.sweep_page import SweepPage

    told = SweepPage.of(sweep)
    if told.is_empty:
        raise BadInput([f"{sweep.directory}: {problem}" for problem in told.problems])
    if as_record:
        return as_json({**_common(sweep, told.problems), "status": told.status, **told.record()})
    return told.text(everything, terminal_width())


def _common(found: Inspected, problems: Sequence[str]) -> dict[str, object]:
    return {
        "directory": str(found.directory),
        "kind": found.entry.kind,
        "status": found.entry.status,
        "problems": list(problems),
        "files": [{"name": file.name, "bytes": file.size, "note": file.kind or None} for file in found.files],
    }


def _from_here(directory: Path) -> Path:
    """Relative to the working directory where it lies below it."""
    try:
        here = Path.cwd().resolve()
        there = directory.resolve()
    except OSError:
        return directory
    return there.relative_to(here) if there.is_relative_to(here) and there != here else directory
