"""`nnrun resume [RUN] [OVERRIDES]`: goes on with a run or a sweep that was interrupted, to the same end."""

from __future__ import annotations

import csv
import json
import re
from argparse import Namespace
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnrun.arguments import command_line
from nnrun.commands.console import Console, emit
from nnrun.commands.options import Options
from nnrun.errors import BadInput, Refused
from nnrun.interruption import Interruption
from nnrun.plugins.trust import recorded_words
from nnrun.runs.entry import Entry, read_entry, reason_of
from nnrun.runs.extending import ENDED, cut_short
from nnrun.runs.files import remove_leftovers
from nnrun.runs.finding import CURVES, RESULTS, find_run
from nnrun.runs.locking import require_free, reserved
from nnrun.runs.lost import lost, sentence
from nnrun.runs.moments import now
from nnrun.runs.ordinary import require_ordinary

if TYPE_CHECKING:
    from nnrun.commands.finishing import Finished
    from nnrun.config import Binding

_ENVIRONMENT = re.compile(r"\$\{\s*oc\.env\s*:\s*([^,}\s]+)")


def options() -> Options:
    """What it takes."""
    found = Options(
        "resume",
        "Go on with a run or a sweep that was interrupted; what is done is not done again, and pictures"
        " that are missing are drawn. With epochs=N, a finished run is extended.",
        ["nnrun resume", "nnrun resume latest epochs=500", "nnrun resume latest~1 --failed"],
    )
    found.add_argument(
        "words", nargs="*", metavar="[RUN] [KEY=VALUE ...]", help="the run (default: latest); what to change"
    )
    found.add_argument("--failed", action="store_true", help="train the failed runs of a sweep again, too")
    found.add_argument(
        "--allow-data-change", action="store_true", help="go on although its file holds other data now"
    )
    found.add_argument("--allow-env", action="store_true", help="read the environment variables it names")
    found.add_argument("--allow-code", action="store_true", help="execute the files of code that it names")
    found.add_argument("-q", "--quiet", action="store_true", help="say nothing while it trains")
    return found


def main(arguments: Sequence[str]) -> int:
    """Goes on; where nothing is left to do, says so."""
    asked = options().parse_intermixed_args(list(arguments))
    overrides = [word for word in asked.words if "=" in word or word.startswith("~")]
    names = [word for word in asked.words if word not in overrides]
    if len(names) > 1:
        raise BadInput(f"{names[1]}: resume takes one run at a time")
    directory = find_run(names[0] if names else "latest")
    require_free(directory)
    require_ordinary(directory)
    with reserved(directory):
        status = _gone_on(read_entry(directory), overrides, asked, Console(quiet=asked.quiet))
        remove_leftovers(directory)
    return status


def _gone_on(entry: Entry, overrides: Sequence[str], asked: Namespace, console: Console) -> int:
    if entry.kind == "sweep":
        with nullcontext() if asked.allow_code else recorded_words():
            return _sweep(entry, overrides, asked, console)
    if asked.allow_code:
        allow_code(entry.directory)
    return _run(entry, overrides, asked.allow_env, asked.allow_data_change, console)


def allow_code(directory: Path) -> None:
    """Lets the files of code that a run names be executed."""
    from nnrun.config.saved import recorded
    from nnrun.plugins.registering import allow_recorded

    allow_recorded(recorded(directory))


def _sweep(entry: Entry, overrides: Sequence[str], asked: Namespace, console: Console) -> int:
    """Trains what of a sweep is missing, in the same company as before; then draws what is missing."""
    if overrides:
        raise BadInput(
            f"{overrides[0]}: a sweep is resumed as it was; type the wider one with sweep.skip_done=true, or"
            f" resume one of its runs, such as {entry.directory.name}/0"
        )
    argv = entry.summary.get("arguments")
    if not isinstance(argv, list) or not all(isinstance(word, str) for word in argv):
        raise Refused(
            f"{entry.directory}: {entry.problem or 'does not say with which command it was started'}; start"
            " it again with sweep.skip_done=true"
        )
    _require_environment(argv, asked.allow_env)
    counts = entry.summary.get("counts")
    done = ENDED if asked.failed else ENDED | {"failed"}
    ended = isinstance(counts, dict) and done.issuperset(word for word, number in counts.items() if number)
    gone = lost(entry.directory) if ended else ()
    tables = [name for name in (RESULTS, CURVES) if not (entry.directory / name).is_file()]
    if gone:
        console.line("", f"{sentence(gone, entry.summary.get('jobs'))}; they are trained again")
    elif ended and tables:
        verb = "is" if len(tables) == 1 else "are"
        console.line("", f"{' and '.join(tables)} {verb} missing; the sweep's answer is written again")
    elif ended:
        return _finished_sweep(entry, asked.allow_code, console)
    from nnrun.arguments import parse
    from nnrun.commands.multirun import multirun
    from nnrun.commands.requests import request_of

    return multirun(request_of(argv, parse(argv))[0], console, entry.directory, asked.failed)


def _finished_sweep(entry: Entry, allow_code: bool, console: Console) -> int:
    """Draws what a sweep is without whose runs have all ended; returns the exit status.

    Raises:
        Refused: its table is damaged.
    """
    from nnrun.commands.finishing import finish_sweep

    try:
        found = finish_sweep(entry, console, allow_code)
    except (OSError, ValueError, KeyError, csv.Error) as error:
        raise Refused(
            f"{entry.directory / RESULTS}: {reason_of(error)}; delete it, and it is written again"
        ) from error
    counts = entry.summary["counts"]
    told = f"all {sum(counts.values())} runs have ended"
    hints = ["--failed trains the failed ones again"] if counts.get("failed") else []
    cut = {place: str(entry.directory / place) for place in list(cut_short(entry.directory))[:3]}
    hints += [
        f"{name} was extended and is cut short: {command_line(['nnrun', 'resume', place])} goes on with it"
        for name, place in cut.items()
    ]
    return _told(found, told, hints, entry.directory, console)


def _told(found: Finished, told: str, hints: Sequence[str], directory: Path, console: Console) -> int:
    """Says what was drawn, or that there was nothing left to do; returns the exit status."""
    hint = "".join(f"; {each}" for each in hints)
    if found.signal is not None:
        command = command_line(["nnrun", "resume", str(directory)])
        console.line("", f"interrupted while drawing what is missing; to go on: {command}")
    elif found.made:
        console.line("", f"{told}; drawn now, as it was missing: {found.made}{hint}")
    elif not found.left:
        console.line("", f"nothing left to do: {told}{hint}")
    for line in found.left:
        console.line("", line)
    emit(str(directory))
    return 0 if found.signal is None else 128 + found.signal


def _run(
    entry: Entry, overrides: Sequence[str], allow_environment: bool, allow_data: bool, console: Console
) -> int:
    """Goes on with one run."""
    from omegaconf import OmegaConf

    from nnrun.commands import continuing
    from nnrun.commands.finishing import finish_run
    from nnrun.config import bind
    from nnrun.config.saved import recorded
    from nnrun.experiment.resuming import kept

    directory = entry.directory
    if entry.problem and "missing" not in entry.problem:
        raise Refused(f"{directory}: {entry.problem}")
    content = recorded(directory)
    content.pop("output", None)
    _require_environment([json.dumps(content)], allow_environment)
    config = OmegaConf.create(content)
    try:
        before = bind(config)
    except BadInput as error:
        raise Refused(f"{directory}: {error}") from error
    before, changes = _with_recorded_data(directory, entry.summary, before, allow_data)
    continuing.require_same(directory, entry.summary, config, before)
    typed = continuing.changed(config, overrides)
    binding = bind(config, typed)
    begun = _epochs(directory, before)
    if binding.spec.epochs < begun:
        wanted = typed.get("epochs", f"epochs={binding.spec.epochs}")
        raise BadInput(f"{wanted}: the run has {begun} epochs already; type a larger number")
    if not _is_open(entry, binding, begun):
        told = f"{entry.status} after {begun} epochs"
        hints = [] if entry.status == "diverged" else ["epochs=N extends it"]
        late = [text for key, text in typed.items() if key in ("name", "tags")]
        hints += [f"{text} is not recorded in a run that has ended" for text in late]
        found = finish_run(directory, binding.spec.settings, True)
        return _told(found, told, hints, directory, console)
    if typed:
        continuing.record(directory, config, overrides)
    known = {key: value for key, value in kept(entry.summary).items() if key not in typed}
    command = continuing.command(entry, overrides)
    return _go_on(entry, binding, begun, known | changes | {"command": command}, console)


def _with_recorded_data(
    directory: Path, summary: Mapping[str, Any], binding: Binding, allowed: bool
) -> tuple[Binding, dict[str, Any]]:
    """The binding as the run was begun, and what its summary keeps if its file holds other data now.

    Raises:
        Refused: it does, and that is not allowed.
    """
    known, found = (summary.get("dataset") or {}).get("sha256"), binding.source.sha256
    if not isinstance(known, str) or found is None or known == found:
        return binding, {}
    if not allowed:
        raise Refused(
            f"{directory}: data differs (sha256 {found[:12]}..., begun with {known[:12]}...): put the file"
            " back, or go on with it as it is with --allow-data-change"
        )
    changes = [*summary.get("data_changes", ()), {"at": now(), "from": known, "to": found}]
    return replace(binding, spec=binding.spec.with_data(known)), {"data_changes": changes}


def _require_environment(texts: Sequence[str], allowed: bool) -> None:
    """Checks that a directory, which may be a stranger's, reads no variables unless its user wants that.

    Raises:
        Refused: naming them.
    """
    names = dict.fromkeys(name for text in texts for name in _ENVIRONMENT.findall(text))
    if names and not allowed:
        raise Refused(
            f"it reads the environment: {', '.join(names)}; if you trust where it comes from, add --allow-env"
        )


def _epochs(directory: Path, binding: Binding) -> int:
    """Epochs of the run's own checkpoint, which a run of a sweep gets here."""
    from nnrun.datasets import SplitSizes
    from nnrun.experiment.resuming import epochs_of, take_out
    from nnrun.experiment.standing import most_bytes

    spec, source, network = binding.spec, binding.source, binding.network
    samples = SplitSizes.of(source.samples, spec.val_fraction, spec.test_fraction).train
    take_out(directory, spec, network, samples, source.outputs)
    return epochs_of(directory, most_bytes(1, network.size, spec.epochs, source.outputs))


def _is_open(entry: Entry, binding: Binding, begun: int) -> bool:
    """Whether there is something to train."""
    if entry.status == "diverged":
        return False
    if entry.status == "stopped":
        best, patience = entry.summary.get("best") or {}, binding.spec.early_stopping.patience
        patient = patience is None or begun - int(best.get("epoch", 0)) < patience
        return patient and begun < binding.spec.epochs
    return entry.status != "completed" or begun < binding.spec.epochs


def _go_on(entry: Entry, binding: Binding, begun: int, before: Mapping[str, Any], console: Console) -> int:
    from nnrun.commands.running import preload, run_in
    from nnrun.experiment import Job
    from nnrun.experiment.logs import logging_to
    from nnrun.experiment.provenance import provenance
    from nnrun.plots import asked
    from nnrun.plots.process import DrawingProcess

    preload(binding.spec.engine)
    drawing = DrawingProcess.start(bool(asked(binding.spec.settings.plots, binding.network.has_landscape)))
    origin = provenance(str(before["command"]), binding.spec.engine)
    job = Job(binding.spec, binding.source, binding.network, entry.directory, origin, before)
    try:
        with Interruption() as interruption, logging_to(entry.directory):
            run_in(job, binding, console, drawing, interruption, (begun, _first_loss(entry.directory)))
    finally:
        drawing.cancel()
    return 0 if interruption.signal is None else 128 + interruption.signal


def _first_loss(directory: Path) -> float:
    from nnrun.runs.reading import read_metrics
    from nnrun.runs.writing import METRICS

    try:
        losses = read_metrics(directory / METRICS)[0].get("train/loss")
    except (OSError, ValueError):
        losses = None
    return float("nan") if losses is None or not len(losses) else float(losses[0])
