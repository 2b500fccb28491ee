"""Going on with a run: what is known of it from before, and the checkpoint that it goes on from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnrun.errors import Refused
from nnrun.experiment.standing import lasting, most_bytes, of_member
from nnrun.models import Network
from nnrun.runs.checkpoints import (
    CHECKPOINT,
    POPULATIONS,
    START_OVER,
    Checkpoint,
    read_checkpoint,
    runs_of,
    write_checkpoint,
)
from nnrun.runs.locking import SWEEP
from nnrun.runs.moments import now
from nnrun.spec import Spec
from nnrun.training.population import below

TRAINED = frozenset({"completed", "stopped", "diverged"})
"""Endings of runs that trained until nothing was left to do."""


def kept(summary: Mapping[str, Any]) -> dict[str, Any]:
    """What the summary of a resumed run keeps of the one before."""
    again = [*summary.get("resumed", ()), {"at": now(), "epochs": summary.get("epochs")}]
    lasting = ("started", "claimed", "command", "name", "tags", "data_changes")
    return {**{key: summary[key] for key in lasting if key in summary}, "resumed": again}


def take_out(directory: Path, spec: Spec, network: Network, samples: int, outputs: int) -> None:
    """Gives a run of a sweep a checkpoint of its own, out of the one of its population, where there is one.

    Args:
        directory: of the run.
        spec: of it, as it was.
        network: its model.
        samples: that it trains on.
        outputs: numbers that it predicts for a sample.

    Raises:
        Refused: the population's checkpoint is damaged.
    """
    if (directory / CHECKPOINT).exists():
        return
    sweep = next((above for above in directory.absolute().parents if (above / SWEEP).is_file()), None)
    if sweep is None:
        return
    name = directory.absolute().relative_to(sweep).as_posix()
    for path in sorted((sweep / POPULATIONS).glob("*.npz")):
        runs = runs_of(path)
        if name in runs:
            most = most_bytes(len(runs), network.size, spec.epochs, outputs)
            whole = read_checkpoint(path, most * 100)
            index = runs.index(name)
            if index >= len(whole.hashes) or whole.hashes[index] != spec.config_hash:
                raise Refused(f"{path}: belongs to other runs than these; {START_OVER}")
            arrays = of_member(whole.arrays, index, samples, spec.batch_size or samples)
            own = Checkpoint(arrays, ["."], [lasting(spec)], [whole.marks[index]])
            write_checkpoint(directory / CHECKPOINT, own)
            return


def epochs_of(directory: Path, most: int) -> int:
    """How many epochs a run's own checkpoint has; 0 where there is none.

    Raises:
        Refused: it is damaged.
    """
    try:
        found = read_checkpoint(directory / CHECKPOINT, most)
    except FileNotFoundError:
        return 0
    epochs = below(found.arrays, "training").get("epoch")
    if epochs is None or epochs.shape != ():
        raise Refused(f"{directory / CHECKPOINT}: is no checkpoint of a run; {START_OVER}")
    return int(epochs)
