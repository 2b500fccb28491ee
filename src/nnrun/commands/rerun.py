"""`nnrun rerun RUN [OVERRIDES]`: a saved run's configuration, trained again as a new run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nnrun.arguments import Invocation, Refusal, command_line, parse
from nnrun.arguments.flags import MULTIRUN
from nnrun.characters import visible
from nnrun.commands.console import Console
from nnrun.commands.flags import refuse_repeats
from nnrun.commands.options import Options
from nnrun.commands.repetition import Table, circumstances, difference
from nnrun.commands.train import Request, train
from nnrun.errors import BadInput, Refused
from nnrun.plugins.trust import recorded_words
from nnrun.runs.entry import read_entry, read_summary, reason_of
from nnrun.runs.finding import find_run

EXAMPLES = ("nnrun rerun latest --check", "nnrun rerun latest optim.lr=0.1 name=slower")


def main(arguments: Sequence[str]) -> int:
    """Trains the run; with `--check`, 1 where its metrics came out differently."""
    refuse_repeats(arguments)
    asked, others = _options().parse_known_args(list(arguments))
    _require_run_first(asked.run)
    directory = find_run(asked.run)
    entry = read_entry(directory)
    if entry.kind == "sweep":
        command = entry.summary.get("command")
        raise BadInput(
            f"{asked.run}: is a sweep; rerun one of its runs, or its command",
            command if isinstance(command, str) else None,
        )

    from nnrun.commands.rerunning import training_words
    from nnrun.plots.process import DrawingProcess

    changes = _changes(others, asked.run)
    words = training_words(directory, set(changes.typed), asked.allow_env, asked.allow_code)
    if changes.multirun:
        several = [*words, *(word for word in others if word not in MULTIRUN)]
        raise BadInput("-m: rerun trains one run", command_line(["nnrun", "-m", *several]))
    words += others
    console = Console(quiet=changes.quiet)
    before = Table.of(directory) if asked.check else None
    with recorded_words():
        invocation = parse(words)
    for warning in invocation.warnings:
        console.line("nnrun: ", warning)
    request = Request(words, invocation.overrides, invocation.typed)
    ended: list[Path] = []
    drawing = DrawingProcess.start("plots.save=false" not in words)
    try:
        signal = train(request, console, drawing, ended.append)
    finally:
        drawing.cancel()
    if signal is not None:
        return 128 + signal
    return 0 if before is None else _checked(directory, before, ended[0], Console())


def _options() -> Options:
    options = Options(
        "rerun",
        "Train a saved run again, as a new run: its recorded configuration, with the overrides given here.",
        EXAMPLES,
    )
    options.usage = "nnrun rerun [-h] [--check] [--allow-env] [--allow-code] RUN [KEY=VALUE]..."
    options.add_argument("run", metavar="RUN", help="directory, start of its name, or latest")
    options.add_argument("--check", action="store_true", help="tell whether metrics.csv came out the same")
    options.add_argument(
        "--allow-env", action="store_true", help="let values come from the environment, as they did"
    )
    options.add_argument("--allow-code", action="store_true", help="execute the files of code that it names")
    return options


def _require_run_first(word: str) -> None:
    if "=" in word and not Path(word).is_dir():
        raise BadInput(f"{visible(word)}: the run comes first: nnrun rerun RUN {visible(word)}")


def _changes(words: Sequence[str], run: str) -> Invocation:
    """The overrides alone, past the gate.

    Raises:
        BadInput: one is wrong, or is no setting of one run.
    """
    try:
        found = parse(words)
    except Refusal as refusal:
        is_whole = refusal.command is not None and " -m " not in f"{refusal.command} "
        again = command_line(["nnrun", "rerun", run])
        command = str(refusal.command).replace("nnrun", again, 1) if is_whole else None
        raise BadInput(refusal.problems, command) from refusal
    flags = [flag for flag in found.flags if flag not in MULTIRUN]
    if found.show or flags:
        flags = flags or [f"--{found.show}"]
        raise BadInput(f"{visible(flags[0])}: no flag of rerun; leave it out (nnrun rerun --help)")
    if "experiment" in found.typed:
        typed = visible(found.typed["experiment"])
        raise BadInput(f"{typed}: a run has its own configuration; nnrun {typed} trains the preset")
    return found


def _checked(before: Path, table: Table, after: Path, console: Console) -> int:
    """Says whether the metrics are the same, and what else is not where they differ."""
    found = difference(table, Table.of(after))
    if found is None:
        rows = len(table.rows)
        console.line("check  ", f"metrics.csv is the same in {rows} {'row' if rows == 1 else 'rows'}")
        return 0
    console.line("check  ", f"metrics.csv differs: {found}", emphasis=True)
    try:
        told = circumstances(read_summary(before), read_summary(after))
    except (OSError, ValueError) as error:
        raise Refused(f"{before}: its summary cannot be read: {reason_of(error)}") from error
    for line in told or ["versions, code and configuration are the same"]:
        console.line("       ", line)
    return 1
