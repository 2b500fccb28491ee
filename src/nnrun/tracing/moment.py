"""The moment of one step: training runs up to it, and a witness notes what goes in and what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np
import numpy.typing as npt

from nnrun.arrays import Array
from nnrun.errors import BadInput
from nnrun.spec import Spec
from nnrun.training.data import bounds
from nnrun.training.engine import Engine, Step
from nnrun.training.loop import train
from nnrun.training.population import Population

Numbers: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True)
class Moment:
    """One step of a lone run, as its engine did it; every array in the run's dtype.

    Attributes:
        step: updates before it.
        epoch, batch: its place, counted from 1.
        epochs, batches: how many there are.
        x, y: the batch, (1, batch, feature) and (1, batch, out).
        masks: of the dropout layers, (1, batch, width).
        rate: learning rate.
        prediction: (1, batch, out).
        before, after: all weights, (1, parameter).
        state_before, state_after: what the optimizer keeps, by slot, (1, parameter).
    """

    step: int
    epoch: int
    batch: int
    epochs: int
    batches: int
    x: Numbers
    y: Numbers
    masks: list[Numbers] | None
    rate: float
    prediction: Numbers
    before: Numbers
    after: Numbers
    state_before: Mapping[str, Numbers]
    state_after: Mapping[str, Numbers]


def reach(spec: Spec, step: int, weights: Numbers | None = None) -> Moment:
    """Trains silently, exactly as a run does, up to `step`, and does that one.

    Args:
        spec: the run.
        step: updates before the one wanted.
        weights: to start from, (parameter,); None: the initial ones.

    Raises:
        BadInput: the run has no such step.
    """
    population = Population([spec])
    samples = population.train.samples
    batches = len(bounds(samples, spec.batch_size or samples))
    total = spec.epochs * batches
    if not 0 <= step < total:
        raise BadInput(f"--step {step}: the run has {_counted(total)}")
    if weights is not None:
        population.engine.restore(weights[None])
    witness = _Witness(population.engine, step, (spec.epochs, batches))
    population.engine = witness
    for _ in train(population, lambda: witness.seen is not None):
        pass
    if witness.seen is None:
        member = population.members[0]
        why = "stops early" if member.ending == "stopped" else "diverges"
        raise BadInput(
            f"--step {step}: the run has {_counted(member.epochs * batches)}; it {why} in epoch"
            f" {member.epochs} of {spec.epochs}"
        )
    return witness.seen


def _counted(steps: int) -> str:
    if steps == 0:
        return "no steps, because epochs=0"
    return "1 step, 0" if steps == 1 else f"{steps} steps, 0 to {steps - 1}"


@final
class _Witness(Engine):
    """Does what another engine does; notes the arguments and the results of one step.

    Args:
        engine: the one that computes.
        step: which one to note.
        length: epochs, and batches of one.
    """

    def __init__(self, engine: Engine, step: int, length: tuple[int, int]) -> None:
        self._engine, self._step, self._length = engine, step, length
        self.seen: Moment | None = None

    def array(self, values: npt.ArrayLike) -> Array:
        """As the other's."""
        return self._engine.array(values)

    def indices(self, values: npt.NDArray[np.int64]) -> Array:
        """As the other's."""
        return self._engine.indices(values)

    def numpy(self, array: Array) -> Numbers:
        """As the other's."""
        return self._engine.numpy(array)

    def step(self, x: Array, y: Array, masks: Sequence[Array] | None, rate: Array, count: int) -> Step:
        """The other's step, noted if it is the one."""
        if count != self._step + 1:
            return self._engine.step(x, y, masks, rate, count)
        before, state = self.weights(), self.state()
        done = self._engine.step(x, y, masks, rate, count)
        epochs, batches = self._length
        self.seen = Moment(
            step=self._step,
            epoch=self._step // batches + 1,
            batch=self._step % batches + 1,
            epochs=epochs,
            batches=batches,
            x=np.array(self.numpy(x)),
            y=np.array(self.numpy(y)),
            masks=None if masks is None else [np.array(self.numpy(mask)) for mask in masks],
            rate=float(self.numpy(rate)[0, 0]),
            prediction=np.array(self.numpy(done.prediction)),
            before=before,
            after=self.weights(),
            state_before=state,
            state_after=self.state(),
        )
        return done

    def predict(self, x: Array) -> Array:
        """As the other's."""
        return self._engine.predict(x)

    def loss(self, prediction: Array, y: Array) -> npt.NDArray[np.float64]:
        """As the other's."""
        return self._engine.loss(prediction, y)

    def weights(self) -> Numbers:
        """The other's."""
        return self._engine.weights()

    def state(self) -> dict[str, Numbers]:
        """The other's."""
        return self._engine.state()

    def restore(self, rows: Numbers) -> None:
        """The other's."""
        self._engine.restore(rows)

    def restore_state(self, state: Mapping[str, Numbers]) -> None:
        """The other's."""
        self._engine.restore_state(state)
