"""How the fit looks at chosen moments of training, collected while a population trains."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.spec import MOST_MOMENTS
from nnrun.training.grids import grid_of, is_planar, lattice
from nnrun.training.landscape import landscape
from nnrun.training.population import Population
from nnrun.training.portrait import probabilities, regression
from nnrun.training.progress import Floats
from nnrun.training.units import Arrays, in_units

SNAPSHOTS = 21
MOST_SNAPSHOTS = MOST_MOMENTS
SIDE = 41
"""Points of a plane's lattice on either side."""


def snapshot_epochs(epochs: int, every: int | None = None) -> frozenset[int]:
    """At which epochs the fit is recorded: first and last, and at most 21 in all.

    Evenly between them up to 100 epochs; in longer runs the closer together the earlier, where the fit bends
    most, the first after 5 epochs. With `every`, each epoch that it divides; more than 500 are thinned out
    evenly.
    """
    power = max(1.0, math.log(max(epochs, 1) / 5) / math.log(SNAPSHOTS - 1))
    wanted = epochs * np.linspace(0, 1, SNAPSHOTS) ** power
    if every is not None:
        wanted = np.append(np.arange(0, epochs, every), epochs)
        kept = np.linspace(0, len(wanted) - 1, min(len(wanted), MOST_SNAPSHOTS))
        wanted = wanted[np.round(kept).astype(int)]
    return frozenset(np.round(wanted).astype(int).tolist())


class Snapshots:
    """Predictions of all members on a grid, collected while they train.

    Records where each member's data has one input and numbers as targets, or is classes in the plane; nothing
    otherwise.

    Args:
        population: who trains.
        show: is given the first member's arrays as they come: at first all that is known before training,
            then each snapshot with `snapshot_loss`, the loss of this very curve on the training data.
    """

    def __init__(self, population: Population, show: Callable[[Arrays], None] | None = None) -> None:
        self._population, self._show = population, show
        self._wanted = [snapshot_epochs(s.epochs, s.settings.plots.every) for s in population.specs]
        self._any = frozenset().union(*self._wanted)
        self._plane = is_planar(population.datasets[0].source)
        self._grids = _grids(population, self._plane)
        self._predictions: dict[int, npt.NDArray[Any]] = {}
        self._losses: dict[int, Floats] = {}
        self._path: list[npt.NDArray[Any]] = []
        self._final: tuple[npt.NDArray[Any], Floats] | None = None
        if show is not None and self._grids is not None and not self._plane:
            before = {name: values[0] for name, values in regression(population).items()}
            show(in_units(population, 0, before | {"snapshot_grid": self._grids[0]}))
        self.take(0)

    def take(self, epoch: int) -> None:
        """Records the present weights' predictions and their loss, if this epoch is one to record.

        The loss is measured here: metrics.csv has an epoch's from before its updates, as tutorials print it.
        """
        if self._grids is not None and epoch in self._any:
            self._predictions[epoch], self._losses[epoch] = self._measured(self._grids)
            if epoch in self._wanted[0]:
                self._showing(epoch, self._losses[epoch], self._predictions[epoch])
        if self._population.network.has_landscape:
            self._path.append(self._population.engine.weights())

    def _measured(self, grids: Floats) -> tuple[npt.NDArray[Any], Floats]:
        """Predictions on the grids, and losses, of the present weights."""
        predictions = self._population.predict(grids)
        return _in_bytes(predictions) if self._plane else predictions, self._population.training_loss()

    def _showing(self, epoch: int, losses: Floats, predictions: npt.NDArray[Any]) -> None:
        if self._show is not None and not self._plane:
            self._show(in_units(self._population, 0, _shown(epoch, losses, predictions)))

    def state(self) -> Arrays:
        """What was recorded so far; see `resume`."""
        epochs = sorted(self._predictions)
        arrays: Arrays = {"epochs": np.array(epochs, dtype=np.int64)}
        if epochs:
            arrays["predictions"] = np.stack([self._predictions[epoch] for epoch in epochs])
            arrays["losses"] = np.stack([self._losses[epoch] for epoch in epochs])
        return arrays | ({"path": np.stack(self._path)} if self._path else {})

    def resume(self, state: Mapping[str, npt.NDArray[Any]], lengths: npt.NDArray[Any]) -> None:
        """Goes on from a state.

        Args:
            state: what `state` returned.
            lengths: epochs that each member was to have then, which said when to record.
        """
        for index, epoch in enumerate(state["epochs"].tolist()):
            self._predictions[epoch] = state["predictions"][index]
            self._losses[epoch] = state["losses"][index]
        self._path = list(state["path"]) if "path" in state else []
        recorded = [
            snapshot_epochs(length, spec.settings.plots.every)
            for length, spec in zip(lengths.tolist(), self._population.specs, strict=True)
        ]
        self._wanted = [now | before for now, before in zip(self._wanted, recorded, strict=True)]

    def of_member(self, member: int, last: int) -> Arrays:
        """One member's snapshots up to its last epoch, the weights that it ends with among them.

        Args:
            member: which; the population has the weights that its members end with.
            last: the member's last epoch.
        """
        arrays = {} if self._grids is None else self._on_grids(member, last, self._grids)
        if self._path:
            path = np.stack([row[member] for row in self._path[: last + 1]])
            arrays |= {"path": path} | landscape(self._population, member, path)
        return arrays

    def _on_grids(self, member: int, last: int, grids: Floats) -> Arrays:
        """`of_member` without the path."""
        taken = {
            epoch: (self._predictions[epoch][member], self._losses[epoch][member])
            for epoch in sorted(self._predictions)
            if epoch <= last and epoch in self._wanted[member]
        }
        kept = self._population.progress.kept(member)
        if kept not in taken:
            self._final = self._final or self._measured(grids)
            taken[kept] = self._final[0][member], self._final[1][member]
            if member == 0:
                self._showing(kept, self._final[1], self._final[0])
        epochs = sorted(taken)
        predictions = np.stack([taken[epoch][0] for epoch in epochs])
        arrays: Arrays = {
            "snapshot_epochs": np.array(epochs),
            "snapshot_losses": np.array([taken[epoch][1] for epoch in epochs]),
        }
        arrays |= {"snapshot_kept": np.array(kept)} if kept < last else {}
        if self._plane:
            sides = (len(epochs), SIDE, SIDE, -1)
            return arrays | {"snapshot_regions": predictions.reshape(sides)}
        arrays["snapshot_grid"] = grids[member if len(grids) > 1 else 0]
        arrays["snapshot_predictions"] = predictions
        arrays = in_units(self._population, member, arrays)
        arrays["snapshot_predictions"] = _halved(arrays["snapshot_predictions"])
        return arrays


def _grids(population: Population, plane: bool) -> Floats | None:
    """Inputs (member or 1, point, feature) of snapshots."""
    source = population.datasets[0].source
    if plane:
        return np.stack([lattice(dataset.train.x, SIDE)[0] for dataset in population.datasets])
    if source.inputs == 1 and source.task == "regression":
        return np.stack([grid_of(dataset.train.x, 101) for dataset in population.datasets])
    return None


def _in_bytes(logits: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Probabilities from 0 to 255; 0 of every class where they are not finite."""
    return np.round(255 * np.nan_to_num(probabilities(logits))).astype(np.uint8)


def _shown(epoch: int, losses: Floats, predictions: npt.NDArray[Any]) -> Arrays:
    return {
        "snapshot_epoch": np.array(epoch),
        "snapshot_loss": np.array(losses[0]),
        "snapshot_prediction": predictions[0],
    }


def _halved(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """As float16 where range and digits suffice for pictures, else as float32."""
    small = bool(np.nanmax(np.abs(values), initial=0.0) < 6e4)
    with np.errstate(over="ignore", invalid="ignore"):
        half = values.astype(np.float16)
        # Values far from 0 that differ little, such as years, need more digits.
        small = small and bool(np.nanmax(np.abs(half - values), initial=0.0) <= 0.002 * _range(values))
        return half if small else values.astype(np.float32)


def _range(values: npt.NDArray[Any]) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.max() - finite.min()) if len(finite) else 0.0
