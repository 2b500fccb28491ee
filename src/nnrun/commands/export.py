"""`nnrun export RUN --to onnx|script`: a saved run for use without nnrun."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nnrun.characters import visible
from nnrun.commands.console import emit
from nnrun.commands.drawing_flags import first_free, format_of
from nnrun.commands.flags import refuse_repeats
from nnrun.commands.options import Options
from nnrun.errors import BadInput, Refused
from nnrun.runs.claiming import slug
from nnrun.runs.entry import read_entry, require_regular
from nnrun.runs.files import write_atomically
from nnrun.runs.finding import find_run
from nnrun.runs.writing import WEIGHTS

if TYPE_CHECKING:
    from nnrun.config import Binding

SUFFIXES = {"onnx": "onnx", "script": "py"}
MOST_WEIGHTS = 8 * 1024**3
"""Bytes of weights that are exported at all."""

EXAMPLES = (
    "nnrun export latest --to script",
    "nnrun export latest --to onnx -o model.onnx",
)


def main(arguments: Sequence[str]) -> int:
    """Writes the file and prints its path."""
    options = Options(
        "export", "Write a saved run as an ONNX file or as a script of plain PyTorch.", EXAMPLES
    )
    options.add_argument("run", metavar="RUN", help="directory, start of its name, or latest")
    options.add_argument("--to", choices=tuple(SUFFIXES), help="onnx: the network; script: its training")
    options.add_argument("-o", "--output", metavar="FILE", help="the file to write; -: stdout, of a script")
    refuse_repeats(arguments)
    asked = options.parse_args(list(arguments))
    if asked.to is None:
        raise BadInput("--to: wants onnx or script")
    path = None if asked.output is None else Path(asked.output)
    to_stdout = asked.output == "-" and asked.to == "script"
    if path is not None and not to_stdout:
        format_of(path, (SUFFIXES[asked.to],))

    from nnrun.config.saved import rebuilt, require_run

    directory = find_run(asked.run)
    require_run(directory)
    binding = rebuilt(directory, "en")
    if binding.spec.code:
        raise BadInput(f"{asked.run}: has parts of its user's own, which are not exported")
    content = _onnx(directory, binding) if asked.to == "onnx" else _script(directory, binding)
    if to_stdout:
        emit(content.decode("utf-8"))
        return 0
    place = path or first_free(Path(), _name(binding), SUFFIXES[asked.to])
    write_atomically(place, content, sync=False)
    emit(str(place))
    return 0


def _name(binding: Binding) -> str:
    return slug(f"{binding.spec.dataset.name}-{binding.spec.model.name}")


def _onnx(directory: Path, binding: Binding) -> bytes:
    from nnrun.config.saved import final_weights, scale_of
    from nnrun.experiment.summary import short_description
    from nnrun.exporting.onnx_file import onnx_bytes

    title = short_description(binding.spec, binding.source, binding.network)
    weights, scale = final_weights(directory, binding.network), scale_of(directory, binding)
    return onnx_bytes(binding, weights, scale, title)


def _script(directory: Path, binding: Binding) -> bytes:
    from nnrun.config.saved import recorded
    from nnrun.exporting.script import script

    entry = read_entry(directory)
    if entry.problem:
        raise Refused(f"{directory}: its summary cannot be read: {entry.problem}")
    if entry.status not in ("completed", "stopped"):
        raise Refused(
            f"--to script: this run is {visible(entry.status)}, and a script trains to the end;"
            f" {_instead(directory, entry.status)}"
        )
    start = recorded(directory).get("init_from")
    if start is not None:
        raise Refused(
            "--to script: init_from starts from weights that a script does not hold; take --to onnx"
        )
    name = directory.name if not directory.name.isdecimal() else f"{directory.parent.name}-{directory.name}"
    return script(binding, entry.summary, name).encode("utf-8")


def _instead(directory: Path, status: str) -> str:
    """What can be done with a run that has no script."""
    if status == "running":
        return "wait until it has ended"
    first = f"nnrun resume {directory} goes on with it" if status == "interrupted" else "rerun it first"
    try:
        require_regular(directory / WEIGHTS, MOST_WEIGHTS)
    except (OSError, ValueError):
        return first
    return f"{first}, or take --to onnx"
