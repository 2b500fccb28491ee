"""Small runs without the command line: specs made from the registries' defaults, trained in this process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnrun.config import REGISTRIES
from nnrun.losses import losses
from nnrun.metrics import metrics
from nnrun.schema import Parameter
from nnrun.spec import Choice, Spec
from nnrun.training.loop import Epoch, train
from nnrun.training.population import Population

DATA_FILES = Path(__file__).parent / "data"
NEEDED: dict[str, dict[str, Any]] = {
    "csv": {"path": str(DATA_FILES / "norris.csv"), "target": ("y",)},
    "mnist": {"path": str(DATA_FILES / "pictures.npz")},
    "fashion_mnist": {"path": str(DATA_FILES / "pictures.npz")},
}
"""Options without which a dataset is nothing."""

CLASSES = 3
DATA = {
    "regression": Choice(
        "quadratic",
        {name: p.default for name, p in REGISTRIES["dataset"]["quadratic"].parameters.items()}
        # Neither symmetrical nor even: gradients that cancel but for rounding make Adam chaotic.
        | {"samples": 13, "test_samples": 7, "low": -0.8, "high": 1.1},
    ),
    "classification": Choice(
        "random_mnist", {"seed": 0, "samples": 20, "test_samples": 6, "shape": (4, 4), "classes": CLASSES}
    ),
}


def choice(group: str, name: str, **options: Any) -> Choice:
    """One part with its defaults, and `options` instead of some."""
    parameters = REGISTRIES[group][name].parameters
    given = NEEDED.get(name, {}) | options
    return Choice(name, {key: parameter.default for key, parameter in parameters.items()} | given)


def task_of(loss: str) -> str:
    return losses.build(loss, np.asarray).task


def spec(
    model: Choice | str = "mlp",
    loss: Choice | str = "mse",
    optim: Choice | str = "sgd",
    schedule: Choice | str = "constant",
    dataset: Choice | None = None,
    **changes: Any,
) -> Spec:
    """A run on a few samples that suit its loss, with every metric of its task."""
    chosen = {
        group: choice(group, part) if isinstance(part, str) else part
        for group, part in {"model": model, "loss": loss, "optim": optim, "schedule": schedule}.items()
    }
    task = task_of(chosen["loss"].name)
    measured = tuple(name for name in metrics if metrics.build(name).task == task)
    given = {"device": "cpu", "engine": "manual", "metrics": measured, "objective": "train/loss"} | changes
    return Spec(dataset=dataset or DATA[task], **chosen, **given)


def varied(group: str, name: str, **options: Any) -> Choice:
    """One part with every key off its default, and `options` instead of some."""
    parameters = REGISTRIES[group][name].parameters
    return Choice(name, {key: _other(parameter) for key, parameter in parameters.items()} | options)


def _other(parameter: Parameter) -> Any:
    if parameter.choices:
        return next(value for value in parameter.choices[1:] if value != parameter.default)
    if parameter.kind is bool:
        return not parameter.default
    if parameter.kind is int:
        return (5, 4) if parameter.many else 3
    if parameter.many:
        return (0.5, 1.0, 2.0)
    return 1.0 if parameter.bounds.least is None and parameter.bounds.above is None else 0.3


@dataclass(frozen=True)
class Trained:
    """A population that has trained, and the epochs that it gave."""

    population: Population
    epochs: list[Epoch]

    @property
    def weights(self) -> Any:
        """(member, parameter)."""
        return self.population.engine.weights()

    def column(self, name: str, member: int = 0) -> Any:
        """One measurement of one member by epoch, such as `val/mae`, as long as it was active."""
        part, _, key = name.partition("/")
        own = [epoch for epoch in self.epochs if member in epoch.active]
        return np.array([getattr(epoch, part)[key][member] for epoch in own])

    def table(self, member: int = 0) -> dict[str, Any]:
        """All measurements of one member by epoch."""
        first = self.epochs[0]
        names = [f"{part}/{key}" for part in ("train", "val") for key in getattr(first, part)]
        return {name: self.column(name, member) for name in names}


def trained(specs: Sequence[Spec] | Spec) -> Trained:
    """Trains one spec, or several as one population."""
    population = Population([specs] if isinstance(specs, Spec) else specs)
    epochs = list(train(population))
    population.settle()
    return Trained(population, epochs)
