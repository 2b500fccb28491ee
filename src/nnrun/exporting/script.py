"""A run as the tutorial that it could have been: one file of plain PyTorch that trains the same network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

from nnrun.characters import visible
from nnrun.config import Binding
from nnrun.errors import Refused
from nnrun.experiment.summary import short_description
from nnrun.exporting.script_data import data_lines
from nnrun.exporting.script_model import definitions, model_lines
from nnrun.exporting.script_training import (
    Course,
    ending_lines,
    loop_lines,
    loss_definition,
    loss_lines,
    optimizer_lines,
)
from nnrun.runs.claiming import slug
from nnrun.spec import Spec

TOLERANCE = 1e-4
"""Of the final loss, relative: what differently rounded arithmetic may make of it."""

_WRITTEN = frozenset(
    ("dataset", "model", "loss", "optim", "schedule", "device", "engine", "seed", "epochs", "batch_size")
) | {"shuffle", "val_fraction", "test_fraction", "dtype", "clip_norm", "early_stopping"}
_WITHOUT_EFFECT = frozenset({"metrics", "objective", "settings", "asked"})

_CHANCE = '''\
def chance(seed, use, *counters):
    """A generator of its own for each use of chance: more of one never shifts another."""
    key = (zlib.crc32(use.encode()), *counters)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


'''


def script(binding: Binding, summary: Mapping[str, Any], name: str) -> str:
    """The content of the file.

    Args:
        binding: of the run.
        summary: its summary.json.
        name: what the run is called.

    Raises:
        Refused: the run did not end by itself, or has a part that plain PyTorch does not.
    """
    final = _final_loss(summary)
    _require_written(binding.spec)
    course = Course.of(binding)
    spec, network = binding.spec, binding.network
    best = ['best, best_epoch = float("inf"), 0']
    if course.restoring:
        best = ['best, best_epoch, best_weights = float("inf"), 0, parameters']
    training = [
        *loss_lines(spec.loss, spec.dtype),
        *optimizer_lines(spec.optim, spec.schedule, spec.epochs),
        *(best if course.patient else []),
    ]
    sections = [
        [f"# Data: {visible(binding.source.description)}", *data_lines(binding)],
        [f"# Model: {network.description}, {_counted(network.size)}", *model_lines(binding)],
        ["# Training", *training],
        loop_lines(binding, course) if spec.epochs else [],
        [*ending_lines(course), f"    # nnrun came to {final:.9g}"],
    ]
    helpers = _CHANCE + definitions(network) + loss_definition(spec.loss)
    body = "\n\n".join("\n".join(lines) for lines in sections if lines)
    return f"{_head(binding, name, final)}{helpers}{body}\n"


def _head(binding: Binding, name: str, final: float) -> str:
    about = visible(short_description(binding.spec, binding.source, binding.network))
    device = binding.spec.device
    place = "" if device == "cpu" else f" The run was on {slug(device)}, this is on the cpu."
    return (
        f'"""{about}: run {slug(name)} as one script.\n\n'
        f"It draws the same random numbers, and comes to the run's final loss of {final:.6g} but for\n"
        f"rounding, which makes a relative difference of at most {TOLERANCE:g} as a rule.{place}\n"
        '"""\n\n'
        "import zlib\n\n"
        "import numpy as np\n"
        "import torch\n"
        "from torch import nn\n\n\n"
    )


def _counted(size: int) -> str:
    return "1 parameter" if size == 1 else f"{size} parameters"


def _final_loss(summary: Mapping[str, Any]) -> float:
    """The loss that a script is to come to.

    Raises:
        Refused: there is none.
    """
    status = summary.get("status")
    if status not in ("completed", "stopped"):
        raise Refused(
            f"--to script: this run is {visible(str(status))}, and a script trains to the end;"
            " rerun it first, or take --to onnx"
        )
    final = summary.get("final")
    loss = final.get("train/loss") if isinstance(final, Mapping) else None
    if not isinstance(loss, int | float):
        raise Refused("--to script: this run's summary.json has no final train/loss")
    return float(loss)


def _require_written(spec: Spec) -> None:
    """Checks that no key has a meaning that the script would leave out.

    Raises:
        Refused: one has.
    """
    others = [field for field in fields(Spec) if field.name not in _WRITTEN | _WITHOUT_EFFECT]
    set_ones = [field.name for field in others if getattr(spec, field.name) != _default(field)]
    if set_ones:
        raise Refused(f"--to script: {', '.join(set_ones)} cannot be written as a script; take --to onnx")


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()
