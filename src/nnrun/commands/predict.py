"""`nnrun predict RUN`: what a trained network makes of samples, as a table."""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnrun.arguments import command_line
from nnrun.commands.console import Console, emit
from nnrun.commands.flags import refuse_repeats
from nnrun.commands.options import Options
from nnrun.errors import BadInput
from nnrun.runs.files import write_atomically
from nnrun.runs.finding import find_run

if TYPE_CHECKING:
    from nnrun.config import Binding
    from nnrun.prediction.columns import Columns
    from nnrun.prediction.samples import Samples

EXAMPLES = (
    "nnrun predict latest --x 0.5 1.0",
    "nnrun predict latest --new 10",
    "nnrun predict latest --csv samples.csv -o predictions.csv",
)
MOST_NEW = 1_000_000


def main(arguments: Sequence[str]) -> int:
    """Prints the table, or writes it to a file."""
    typed, words = _without_samples(arguments)
    refuse_repeats(arguments)
    asked = _options().parse_args(typed)
    if asked.run is None:
        raise BadInput(_without_run(words))
    _require_one_source(asked, words)
    _require_another_file(asked)

    from nnrun.config.saved import final_weights, rebuilt, require_run, scale_of
    from nnrun.prediction.columns import Columns
    from nnrun.prediction.predicting import outputs, scores

    directory = find_run(asked.run)
    require_run(directory)
    binding = rebuilt(directory, "en", asked.allow_code)
    weights = final_weights(directory, binding.network)
    scale, asked_of_data = scale_of(directory, binding), binding.spec.dataset.options
    columns = Columns.of(
        binding.source,
        asked_of_data.get("missing") == "mean",
        is_scaled=scale is not None,
        is_headless=asked_of_data.get("header") is False,
    )
    if asked.logits and not columns.classes:
        raise BadInput(f"--logits: dataset {binding.source.name} has no classes; leave it out")
    samples = _samples(asked, words, binding, columns)
    raw = outputs(binding, weights, samples.x if scale is None else scale.to_model(samples.x))
    known = samples.known
    measured = None if samples.y is None else scores(binding, scale, raw[known], samples.y[known])
    names, rows = _table(samples, raw if scale is None else scale.from_model(raw), columns, asked)
    content = _as_json(directory, names, rows, measured) if asked.json else _as_csv(names, rows)
    if asked.output in (None, "-"):
        emit(content)
    else:
        write_atomically(Path(asked.output), content.encode("utf-8"), sync=False)
    if measured is not None:
        _tell(measured, int(known.sum()), len(known))
    return 0


def _options() -> Options:
    options = Options(
        "predict", "Predict with a trained network: samples in, a table with predictions out.", EXAMPLES
    )
    options.add_argument("run", nargs="?", help="directory, start of its name, or latest; before --x")
    options.add_argument(
        "--x", metavar="SAMPLE", help="samples, apart by blanks; a sample's features, by commas"
    )
    options.add_argument("--allow-code", action="store_true", help="execute the files of code that it names")
    options.add_argument("--csv", metavar="FILE", help="a table with a header; -: stdin, the default")
    options.add_argument("--new", metavar="N", type=int, help="N fresh samples of the run's own source")
    options.add_argument("-o", "--output", metavar="FILE", help="where to write; default: stdout")
    options.add_argument("--logits", action="store_true", help="of classes: raw outputs, not probabilities")
    options.add_argument(
        "--predictions-only", action="store_true", help="without the inputs, where there are many"
    )
    options.add_argument("--json", action="store_true", help="for programs; metrics included")
    return options


def _without_samples(arguments: Sequence[str]) -> tuple[list[str], list[str] | None]:
    """The arguments without `--x` and the words after it, and these: a minus sign begins no flag there."""
    kept: list[str] = []
    samples: list[str] | None = None
    taking = False
    for word in arguments:
        if word == "--x" or word.startswith("--x="):
            samples, taking = [], True
            samples += word.partition("=")[2].split()
        elif taking and not word.startswith(("--", "-o")):
            samples = [*(samples or []), *word.split()]
        else:
            taking = False
            kept.append(word)
    return kept, samples


def _without_run(words: Sequence[str] | None) -> str:
    """What is wrong where no run was named; `words` are the samples of `--x`."""
    if not words:
        return "RUN is missing: nnrun predict latest --x 0.5 1.0 (nnrun predict --help)"
    *samples, last = words
    run, kept = ("RUN", words) if _is_sample(last) else (last, samples)
    corrected = command_line(["nnrun", "predict", run, "--x", *(kept or ["0.5"])])
    return f"--x takes all words behind it, and RUN stands before it: {corrected}"


def _is_sample(word: str) -> bool:
    """Whether a word is numbers with commas between them."""
    try:
        return bool([float(part) for part in word.split(",")])
    except ValueError:
        return False


def _require_another_file(asked: argparse.Namespace) -> None:
    """Checks that the predictions do not go over the samples that they are made of.

    Raises:
        BadInput: they would.
    """
    if asked.csv in (None, "-") or asked.output in (None, "-"):
        return
    if os.path.realpath(asked.csv) == os.path.realpath(asked.output) or _is_same(asked.csv, asked.output):
        raise BadInput(f"-o {asked.output}: is the table that is read; write to another file")


def _is_same(one: str, other: str) -> bool:
    """Whether two names are of one file."""
    try:
        return Path(one).samefile(other)
    except (OSError, ValueError):
        return False


def _require_one_source(asked: argparse.Namespace, words: Sequence[str] | None) -> None:
    given = [
        flag
        for flag, value in (("--x", words), ("--csv", asked.csv), ("--new", asked.new))
        if value is not None
    ]
    if len(given) > 1:
        raise BadInput(f"{' with '.join(given)}: samples come from one place; leave the others out")
    if asked.new is not None and not 1 <= asked.new <= MOST_NEW:
        raise BadInput(f"--new {asked.new}: must be from 1 to {MOST_NEW}")
    if not given and sys.stdin.isatty():
        raise BadInput("no samples; give --x 0.5 1.0, --csv FILE or --new 10, or pipe a table in")


def _samples(
    asked: argparse.Namespace, words: Sequence[str] | None, binding: Binding, columns: Columns
) -> Samples:
    from nnrun.prediction.samples import from_csv, from_source, from_words

    if words is not None:
        return from_words(words, columns, binding.spec.dtype)
    if asked.new is not None:
        return from_source(binding.source, asked.new, columns)
    where = "stdin" if asked.csv in (None, "-") else asked.csv
    return from_csv(_text(asked.csv), where, columns, binding.spec.dtype)


def _text(path: str | None) -> str:
    """All of a file, or of stdin.

    Raises:
        BadInput: it cannot be read, or is not UTF-8.
    """
    from_stdin = path is None or path == "-"
    where = "stdin" if from_stdin else f"--csv {path}"
    try:
        content = sys.stdin.buffer.read() if from_stdin else Path(str(path)).read_bytes()
        return content.decode("utf-8")
    except OSError as error:
        raise BadInput(f"{where}: cannot be read: {(error.strerror or 'no such file').lower()}") from error
    except ValueError as error:
        raise BadInput(f"{where}: is not UTF-8 text; save it as UTF-8") from error


def _table(
    samples: Samples, raw: Any, columns: Columns, asked: argparse.Namespace
) -> tuple[list[str], Iterator[list[str]]]:
    """Names of the columns and rows of cells: what was given, then the predictions."""
    from nnrun.prediction.predicting import probabilities

    kept = [
        i for i, name in enumerate(samples.names) if not (asked.predictions_only and name in columns.inputs)
    ]
    names = [*(samples.names[i] for i in kept), *columns.predictions(asked.logits)]
    values = probabilities(raw) if columns.classes and not asked.logits else raw
    classes = raw.argmax(axis=1) if columns.classes else None
    return names, (
        [
            *(samples.cells[row][i] for i in kept),
            *([] if classes is None else [columns.classes[classes[row]]]),
            *(str(value) for value in values[row]),
        ]
        for row in range(len(raw))
    )


def _as_csv(names: Sequence[str], rows: Iterator[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()


def _as_json(
    directory: Path, names: Sequence[str], rows: Iterator[list[str]], measured: Mapping[str, float] | None
) -> str:
    finite = None if measured is None else {key: _finite(value) for key, value in measured.items()}
    samples = [dict(zip(names, map(_plain, row), strict=True)) for row in rows]
    content = {"run": str(directory), "columns": list(names), "samples": samples, "metrics": finite}
    return f"{json.dumps(content, ensure_ascii=False, allow_nan=False)}\n"


def _plain(cell: str) -> Any:
    """A cell as JSON has it: a number where it is one, null where it is not finite, else its text."""
    try:
        value = float(cell)
    except ValueError:
        return cell
    if not math.isfinite(value):
        return None
    return int(cell) if cell.lstrip("-").isdecimal() else value


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _tell(measured: Mapping[str, float], count: int, samples: int) -> None:
    listed = "  ".join(f"{name} {value:.4g}" for name, value in measured.items())
    of = f"of {count} {'sample' if count == 1 else 'samples'}"
    Console().line("metrics  ", f"{listed}  ({of}{' with a target' if count < samples else ''})")
