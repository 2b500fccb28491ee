"""Where a training stands: all that has to be kept to go on from there to the same end, bit by bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.errors import Refused
from nnrun.experiment.diagnosis import Course
from nnrun.training.data import bounds
from nnrun.training.population import Population, below
from nnrun.training.portrait import MOST_SNAPSHOTS, SNAPSHOTS, Snapshots

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

    def resume(self, state: Arrays) -> None:
        """Goes on from the state of the same population, or of one whose epochs or rates were others.

        Raises:
            Refused: its parts do not belong together.
        """
        try:
            training = below(state, "training")
            self.population.resume(training)
            self.course.resume(below(state, "course"))
            self.snapshots.resume(below(state, "snapshots"), training["progress/lengths"])
        except (KeyError, IndexError, ValueError, TypeError, OverflowError) as error:
            raise Refused(f"the checkpoint does not fit this run: {error}") from error

    def most_bytes(self) -> int:
        """That a checkpoint of this population can take."""
        specs = self.population.specs
        epochs, members = max(spec.epochs for spec in specs) + 1, len(specs)
        outputs = self.population.datasets[0].source.outputs
        fixed = sum(array.nbytes for array in self.population.state().values())
        snapshots = max(SNAPSHOTS, MOST_SNAPSHOTS) * (101 * outputs + 1) * 8
        return 3 * fixed + members * (epochs * 64 + snapshots)


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
