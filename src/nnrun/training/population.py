"""Members trained together: their data, weights and progress, and what can be asked of them."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.datasets import Dataset, Split, datasets, draw
from nnrun.metrics import metrics
from nnrun.models import Network, models
from nnrun.spec import Choice, Spec
from nnrun.training.allocation import LEAST_ELEMENTS, keep_freed_memory
from nnrun.training.blocks import BlockedEngine
from nnrun.training.data import Portion, portion
from nnrun.training.engine import Engine
from nnrun.training.progress import Floats, Member, Progress
from nnrun.training.stacking import parts

EVALUATION_ELEMENTS = 4_000_000
"""Most numbers that a layer's output may hold while predicting; longer inputs are predicted in pieces."""
WORK_OF_ONE_THREAD = 500_000_000
"""Multiplications of a step, about 30 ms, below which one thread is best or as good as any."""
MOST_THREADS = 4
BLOCK_ELEMENTS = {"manual": 128_000, "autograd": 512_000}
"""Numbers that a layer's output for one block of members may hold; larger ones leave the caches."""


class Population:
    """Runs of equal shape, trained as one.

    Args:
        specs: one per member; they differ only in what can be a tensor axis.

    Attributes:
        epoch: complete ones so far.
        step: updates so far.
        seconds: that training took so far.
    """

    def __init__(self, specs: Sequence[Spec]) -> None:
        self.specs = tuple(specs)
        first = self.specs[0]
        self.datasets = _drawn(self.specs)
        source = self.datasets[0].source
        self.networks = [
            models.build(s.model.name, source.inputs, source.outputs, **s.model.options) for s in specs
        ]
        self.network = self.networks[0]
        start = np.stack([_start(network, s) for network, s in zip(self.networks, specs, strict=True)])
        self.engine = _engine(self.specs, start, self.network, self.datasets[0])
        self.metrics = [metrics.build(name) for name in first.metrics or ()]
        self.train = self._portion("train")
        self.val = self._portion("val") if self.datasets[0].val is not None else None
        self.test = self._portion("test") if self.datasets[0].test is not None else None
        self.progress = Progress(self.specs, self.engine.weights())
        self.epoch, self.step, self.seconds = 0, 0, 0.0
        # What the optimizer kept of members that ended before the others, when they did.
        self._aside: dict[str, npt.NDArray[Any]] = {}

    def put_aside(self, ended: npt.NDArray[np.int64]) -> None:
        """Keeps what the optimizer has of members that end now while others go on."""
        for slot, array in self.engine.state().items():
            self._aside.setdefault(slot, np.zeros_like(array))[ended] = array[ended]

    def settle(self) -> None:
        """Gives every member the weights that it ends with."""
        self.engine.restore(self.progress.settled())

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Where training stands after a whole epoch: all that `resume` needs, with axis `member` first."""
        counted = {"epoch": np.array(self.epoch), "step": np.array(self.step)}
        return {
            **counted,
            "seconds": np.array(self.seconds),
            "weights": self.engine.weights(),
            **{f"slots/{slot}": array for slot, array in self.engine.state().items()},
            **{f"aside/{slot}": array for slot, array in self._aside.items()},
            **{f"progress/{name}": array for name, array in self.progress.state().items()},
        }

    def resume(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Goes on from a state of a population of the same shape."""
        self.epoch, self.step = int(state["epoch"]), int(state["step"])
        self.seconds = float(state["seconds"])
        self.engine.restore(state["weights"])
        self.engine.restore_state(below(state, "slots"))
        self._aside = {slot: array.copy() for slot, array in below(state, "aside").items()}
        self.progress.resume(below(state, "progress"))

    def _portion(self, name: str) -> Portion:
        splits: list[Split] = [getattr(dataset, name) for dataset in self.datasets]
        return portion(self.engine, self.metrics, self.datasets, splits)

    @property
    def members(self) -> list[Member]:
        """How far each of them has come."""
        return [self.progress.member(index) for index in range(len(self.specs))]

    def dataset(self, member: int) -> Dataset:
        """The data of one member."""
        return self.datasets[member if len(self.datasets) > 1 else 0]

    def predict(self, x: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
        """Raw outputs (member, sample, out) for inputs (member or 1, sample, feature), in evaluation mode.

        Weights about to diverge overflow silently.
        """
        with np.errstate(all="ignore"):
            return self._predict(self.engine.array(x))

    def _predict(self, x: Any) -> npt.NDArray[Any]:
        widest = max(x.shape[2], self.network.widest)
        rows = max(1, EVALUATION_ELEMENTS // (widest * len(self.specs)))
        if x.shape[1] <= rows:
            return self.engine.numpy(self.engine.predict(x))
        pieces = range(0, x.shape[1], rows)
        return np.concatenate(
            [self.engine.numpy(self.engine.predict(x[:, a : a + rows])) for a in pieces], axis=1
        )

    def evaluate(self, data: Portion) -> dict[str, Floats]:
        """Loss and metrics (member,) of the present weights in evaluation mode."""
        prediction = self._predict(data.x)
        return self.measured(self.loss(prediction, data), prediction, data)

    def training_loss(self) -> Floats:
        """The loss (member,) of the present weights on the training data, in evaluation mode."""
        with np.errstate(all="ignore"):
            return self.loss(self._predict(self.train.x), self.train)

    def loss(self, prediction: npt.NDArray[Any], data: Portion) -> Floats:
        """The loss (member,) of raw outputs for `data`."""
        return self.engine.loss(self.engine.array(prediction), data.y)

    def measured(self, loss: Floats, prediction: npt.NDArray[Any], data: Portion) -> dict[str, Floats]:
        """A loss beside the metrics of the same predictions, by name."""
        return {"loss": loss} | {name: measure(prediction) for name, measure in data.measures.items()}


def below(state: Mapping[str, npt.NDArray[Any]], part: str) -> dict[str, npt.NDArray[Any]]:
    """The arrays of one part of a state, by their names in it."""
    return {
        name.removeprefix(f"{part}/"): array for name, array in state.items() if name.startswith(f"{part}/")
    }


def _start(network: Network, spec: Spec) -> Floats:
    """Initial weights (parameter,): another run's, or drawn by the model's scheme."""
    return network.initial(spec.seed) if spec.start is None else spec.start.weights.astype(np.float64)


def _drawn(specs: Sequence[Spec]) -> list[Dataset]:
    """Every member's data; a single dataset where all have the same."""
    drawn: dict[tuple[Any, ...], Dataset] = {}
    wanted = [(str(spec.dataset), spec.val_fraction, spec.test_fraction) for spec in specs]
    for want, spec in zip(wanted, specs, strict=True):
        if want not in drawn:
            drawn[want] = draw(_source(spec.dataset), spec.val_fraction, spec.test_fraction)
    return [*drawn.values()] if len(drawn) == 1 else [drawn[want] for want in wanted]


def _source(choice: Choice) -> Any:
    return datasets.build(choice.name, **choice.options)


def _engine(specs: Sequence[Spec], start: Floats, network: Network, dataset: Dataset) -> Engine:
    first = specs[0]
    batch = min(first.batch_size or len(dataset.train), len(dataset.train))
    most = max(1, BLOCK_ELEMENTS[first.engine] // (batch * network.widest))
    count = -(-len(specs) // most)
    edges = [round(index * len(specs) / count) for index in range(count + 1)]
    blocks = list(itertools.pairwise(edges))
    threads = first.settings.threads or _threads(start.size * batch)
    if len(specs) * batch * network.widest >= LEAST_ELEMENTS:
        keep_freed_memory()
    engines = [_block(specs[a:b], start[a:b], network, threads) for a, b in blocks]
    if count == 1:
        return engines[0]
    return BlockedEngine(engines, [b - a for a, b in blocks], _join(first.engine))


def _block(specs: Sequence[Spec], start: Floats, network: Network, threads: int) -> Engine:
    first = specs[0]
    if first.engine == "manual":
        from nnrun.training.manual import ManualEngine

        return ManualEngine(start, first.dtype, lambda cast: parts(specs, network, cast))
    from nnrun.training.autograd import AutogradEngine

    return AutogradEngine(start, first.dtype, first.device, lambda cast: parts(specs, network, cast), threads)


def _join(engine: str) -> Any:
    """What puts that engine's arrays together along their first axis."""
    if engine == "manual":
        return np.concatenate
    import torch

    return torch.cat


def _threads(work: int) -> int:
    """How many threads help a step of so many multiplications, forward.

    Several on small arrays wait for each other, and where another process has one of the cores, a step takes
    up to fifty times as long.
    """
    return 1 if work < WORK_OF_ONE_THREAD else min(MOST_THREADS, os.cpu_count() or 1)
