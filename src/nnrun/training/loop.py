"""The training loop: an iterator of epochs over a population, which writes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnrun.arrays import Array
from nnrun.seeding import stream
from nnrun.training.data import batches, bounds, in_sample_order
from nnrun.training.population import Population
from nnrun.training.progress import Floats
from nnrun.training.stacking import schedule

EXPLODED = 10
"""A final loss more than this many times the first one counts as diverged."""


@dataclass(frozen=True)
class Epoch:
    """What one epoch measured, for all members.

    Attributes:
        number: from 1.
        step: updates so far.
        rate: learning rates (member,).
        train: `loss` and metrics (member,), each from before its update.
        val: the same after the epoch, in evaluation mode; empty without validation.
        seconds: since training began.
        active: indices of the members to which this epoch belongs; others ended earlier.
    """

    number: int
    step: int
    rate: Floats
    train: dict[str, Floats]
    val: dict[str, Floats]
    seconds: float
    active: npt.NDArray[np.int64]


def train(population: Population, interrupted: Callable[[], bool] = lambda: False) -> Iterator[Epoch]:
    """Trains every member until its last epoch, an early stop, a divergence or an interruption.

    Goes on where the population stands, after a whole epoch, and leaves it after a whole epoch. A member's
    `ending` says why it ended: None if it was interrupted. A finished member goes on computing beside the
    others, which costs nothing and changes no bit of theirs; its weights were put aside, and
    `population.settle` puts them back.
    """
    begun = time.perf_counter() - population.seconds
    loop, progress = _Loop(population), population.progress
    first, last = population.epoch + 1, max(spec.epochs for spec in population.specs)
    for number in range(first, last + 1 if len(progress.active) else first):
        with np.errstate(all="ignore"):
            measured = loop.epoch(number, interrupted)
            if measured is None:
                break
            seconds = time.perf_counter() - begun
            population.epoch, population.step, population.seconds = number, loop.step, seconds
            epoch = Epoch(number, loop.step, *measured, seconds, progress.active)
            monitored = (epoch.val or epoch.train)["loss"]
            ended = progress.judge(number, epoch.train["loss"], monitored, population.engine.weights())
            if len(ended) and len(progress.active):
                population.put_aside(ended)
        yield epoch
        if not len(progress.active):
            break


class _Loop:
    """What stays the same from epoch to epoch, and the number of steps done."""

    def __init__(self, population: Population) -> None:
        first = population.specs[0]
        self.population = population
        self.step = population.step
        self._limits = bounds(population.train.samples, first.batch_size or population.train.samples)
        self._sizes = np.array([stop - start for start, stop in self._limits], dtype=np.float64)
        self._shuffled = first.shuffle and len(self._limits) > 1
        self._schedule = schedule(population.specs)
        self._full_rates = np.array([spec.optim.options["lr"] for spec in population.specs])[:, None]
        self._factor: list[list[float]] = []
        self._set_rates(population.epoch + 1)

    def epoch(
        self, number: int, interrupted: Callable[[], bool]
    ) -> tuple[Floats, dict[str, Floats], dict[str, Floats]] | None:
        """Rates, training and validation measurements of one epoch; None if interrupted on the way."""
        population, engine = self.population, self.population.engine
        order = self._order(number) if self._shuffled else None
        masks = self._masks(number) if population.network.dropouts else None
        self._set_rates(number)
        native = None if order is None else engine.indices(order)
        before = (engine.weights(), engine.state()) if len(self._limits) > 1 else None
        losses, predictions = [], []
        for x, y in batches(population.train, self._limits, native):
            if interrupted():
                if before is not None:
                    engine.restore(before[0])
                    engine.restore_state(before[1])
                return None
            self.step += 1
            done = engine.step(
                x, y, None if masks is None else masks(x.shape[1]), self._native_rates, self.step
            )
            losses.append(done.loss)
            if population.metrics:
                predictions.append(done.prediction)
        return self._rates[:, 0], self._measured(losses, predictions, order), self._validated()

    def _set_rates(self, number: int) -> None:
        """The learning rates of an epoch; to cast them anew for each would cost as much as a small layer."""
        factor = self._schedule.factor(number - 1)
        if factor.tolist() != self._factor:
            self._factor = factor.tolist()
            self._rates = self._full_rates * factor
            self._native_rates = self.population.engine.array(self._rates)

    def _measured(
        self, losses: list[Array], predictions: list[Array], order: npt.NDArray[np.int64] | None
    ) -> dict[str, Floats]:
        """The epoch's mean loss, weighted by batch size, and its metrics, pooled."""
        population, engine = self.population, self.population.engine
        if len(losses) == 1:
            loss = engine.numpy(losses[0]).astype(np.float64)
        else:
            # One row per member, so that its sum does not depend on its neighbours.
            each = np.stack([engine.numpy(loss) for loss in losses], axis=1).astype(np.float64)
            loss = (each * self._sizes).sum(axis=1) / self._sizes.sum()
        if not predictions:
            return {"loss": loss}
        seen = [engine.numpy(prediction) for prediction in predictions]
        visited = seen[0] if len(seen) == 1 else np.concatenate(seen, axis=1)
        prediction = visited if order is None else in_sample_order(visited, order)
        return population.measured(loss, prediction, population.train)

    def _validated(self) -> dict[str, Floats]:
        return {} if self.population.val is None else self.population.evaluate(self.population.val)

    def _order(self, number: int) -> npt.NDArray[np.int64]:
        samples = self.population.train.samples
        return np.stack(
            [stream(spec.seed, "order", number).permutation(samples) for spec in self.population.specs]
        )

    def _masks(self, number: int) -> Callable[[int], list[Array]]:
        """Batch size -> the next batch's masks (member, batch, width), one per dropout layer."""
        population = self.population
        streams = [stream(spec.seed, "dropout", number) for spec in population.specs]
        return lambda batch: [
            population.engine.array(np.stack([layer.mask(rng, batch) for rng in streams]))
            for layer in population.network.dropouts
        ]
