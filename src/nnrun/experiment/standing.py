"""Where a training stands: all that has to be kept to go on from there to the same end, bit by bit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.errors import Refused
from nnrun.experiment.diagnosis import Course
from nnrun.runs.checkpoints import START_OVER, require_like
from nnrun.runs.entry import reason_of
from nnrun.spec import EarlyStopping, Spec
from nnrun.training.data import bounds
from nnrun.training.population import Population, below
from nnrun.training.progress import ENDINGS
from nnrun.training.snapshots import MOST_SNAPSHOTS, Snapshots

Arrays = Mapping[str, npt.NDArray[Any]]

GROWING = ("course/", "snapshots/")
"""Beginnings of the names of arrays that grow from epoch to epoch, member being their second axis."""

_COUNTS = ("training/epoch", "training/step", "training/seconds", "course/seconds", "snapshots/epochs")
"""Arrays without an axis of members."""


class Standing:
    """A population with what is collected beside its training.

    Args:
        population: not begun yet.
        show: is given snapshots while it trains; see `Snapshots`.
    """

    def __init__(
        self, population: Population, show: Callable[[dict[str, npt.NDArray[Any]]], None] | None = None
    ) -> None:
        self.population = population
        self.snapshots = Snapshots(population, show)
        self.course = Course()

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """All of it, by name; for `resume`."""
        parts = {
            "training": self.population.state(),
            "course": self.course.state(),
            "snapshots": self.snapshots.state(),
        }
        return {f"{part}/{name}": array for part, arrays in parts.items() for name, array in arrays.items()}

    def resume_from(self, path: Path, state: Arrays) -> None:
        """Goes on from the state of the same population, or of one whose epochs were others.

        Args:
            path: of the checkpoint, for messages.
            state: its arrays.

        Raises:
            Refused: it is another population's, or its parts do not belong together.
        """
        require_like(path, state, self.state(), GROWING)
        try:
            _require_consistent(state, len(self.population.specs))
            training = below(state, "training")
            self.population.resume(training)
            self.course.resume(below(state, "course"))
            self.snapshots.resume(below(state, "snapshots"), training["progress/lengths"])
        except (KeyError, IndexError, ValueError, TypeError, OverflowError) as error:
            raise Refused(f"{path}: does not fit this run: {reason_of(error)}; {START_OVER}") from error


def _require_consistent(state: Arrays, members: int) -> None:
    """Checks that counts and lengths in a state agree.

    Raises:
        ValueError: they do not.
        KeyError: one is missing.
    """
    epoch, step = int(state["training/epoch"]), int(state["training/step"])
    if epoch < 0 or step < epoch or (step and not epoch):
        raise ValueError(f"it has {step} steps in {epoch} epochs")
    if state["training/progress/epochs"].max() != epoch or (state["training/progress/epochs"] < 0).any():
        raise ValueError("its members have other epochs than their population")
    endings = state["training/progress/ending"]
    if not ((endings >= 0) & (endings < ENDINGS)).all():
        raise ValueError("it has an ending that there is none of")
    recorded = len(state["snapshots/epochs"])
    lengths = {"course/seconds": epoch + 1, "snapshots/path": epoch + 1}
    lengths |= {"course/lr": epoch, "course/train/loss": epoch, "course/val/loss": epoch} if epoch else {}
    lengths |= {"snapshots/predictions": recorded, "snapshots/losses": recorded} if recorded else {}
    for name, length in lengths.items():
        array = state.get(name)
        if array is None and name in ("course/val/loss", "snapshots/path"):
            continue
        if array is None or len(array) != length or array.shape[1:2] not in ((), (members,)):
            raise ValueError(f"'{name}' does not belong to {length} epochs of {members} runs")
    for name, array in state.items():
        kept = state.get(name.replace("/aside/", "/slots/"))
        if kept is None or kept.shape != array.shape:
            raise ValueError(f"'{name}' is of another optimizer")


def lasting(spec: Spec) -> str:
    """Hash of what stays the same of a run that has begun: all but how long it trains, and a file's data."""
    return dataclasses.replace(spec.with_data(None), epochs=0, early_stopping=EarlyStopping()).config_hash


def most_bytes(members: int, parameters: int, epochs: int, outputs: int) -> int:
    """That a checkpoint of so many members can take; see `read_checkpoint`."""
    weights = 16 * 8 * (parameters + 8)
    course = 64 * (epochs + 1)
    snapshots = MOST_SNAPSHOTS * (216 * outputs + 1) * 8
    return members * (weights + course + snapshots)


def of_member(state: Arrays, index: int, samples: int, batch: int) -> dict[str, npt.NDArray[Any]]:
    """The state of one member, as if it had trained alone, at the end of its own last epoch.

    Args:
        state: of its population.
        index: of the member.
        samples: that it trains on.
        batch: samples per update.
    """
    own = {name: array if name in _COUNTS else _rows(name, array, index) for name, array in state.items()}
    epoch = int(own["training/progress/epochs"][0])
    if epoch == int(own["training/epoch"]):
        return {name: array for name, array in own.items() if not name.startswith("training/aside/")}
    # Members that went on computed beside it; what it ended with was put aside.
    own["training/weights"] = own["training/progress/last_good"]
    for name in [name for name in own if name.startswith("training/aside/")]:
        own[name.replace("aside", "slots")] = own.pop(name)
    own["training/epoch"] = np.array(epoch)
    own["training/step"] = np.array(epoch * len(bounds(samples, batch)))
    for name in own:
        if name.startswith("course/") or name == "snapshots/path":
            longer = name in ("course/seconds", "snapshots/path")
            own[name] = own[name][: epoch + longer]
    own["training/seconds"] = own["course/seconds"][-1]
    kept = own["snapshots/epochs"] <= epoch
    for name in ("snapshots/epochs", "snapshots/predictions", "snapshots/losses"):
        if name in own:
            own[name] = own[name][kept]
    return own


def _rows(name: str, array: npt.NDArray[Any], index: int) -> npt.NDArray[Any]:
    return array[:, index : index + 1] if name.startswith(GROWING) else array[index : index + 1]
