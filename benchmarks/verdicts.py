"""Counts how often each verdict is said and how often wrongly, against definitions that no rule uses.

    python benchmarks/verdicts.py [--quick] [--seeds N] [--first SEED]

Prints the table of docs/verdicts.md: one row per verdict and scenario. What counts as right:

- rate: the command it suggests ends with a lower training loss;
- stuck: ten times the epochs lower the loss by less than a tenth;
- overfitting: on fresh data the loss is higher than it was at some earlier epoch, and above the floor;
- nothing, noisy, floor: on fresh data the truth explains less than 1 %, less than 60 %, or the loss is
  within a quarter of the truth's;
- improving: training for the epochs that it suggests gives at least half of the promised gain;
- no better: on fresh data too, the loss is within 5 % of the constant guess's.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.config import REGISTRIES
from nnrun.datasets import Split
from nnrun.experiment.diagnosis import diagnoses
from nnrun.experiment.provenance import Provenance
from nnrun.experiment.summary import outcomes, planned
from nnrun.spec import Choice, Spec
from nnrun.training.data import portion, targets
from nnrun.training.loop import Epoch, train
from nnrun.training.population import Population
from nnrun.verdicts import Verdict, verdicts

Floats = npt.NDArray[np.float64]
FRESH = 2000


@dataclass(frozen=True)
class Run:
    """One finished run and what was said of it."""

    spec: Spec
    summary: dict[str, Any]
    said: list[Verdict]

    @property
    def loss(self) -> float:
        """Final training loss; infinite where it is not finite."""
        loss = float(self.summary["final"]["train/loss"])
        return loss if np.isfinite(loss) else np.inf


def choice(group: str, name: str, **options: Any) -> Choice:
    """One part with its defaults, and `options` instead of some."""
    parameters = REGISTRIES[group][name].parameters
    return Choice(name, {key: parameter.default for key, parameter in parameters.items()} | options)


def run(
    dataset: str = "quadratic",
    model: str = "mlp",
    loss: str = "mse",
    optim: str = "sgd",
    data: Mapping[str, Any] = {},
    shape: Mapping[str, Any] = {},
    rate: float = 0.5,
    momentum: float | None = None,
    **changes: Any,
) -> Spec:
    """The default job with some changes."""
    settings = {"lr": rate} if momentum is None else {"lr": rate, "momentum": momentum}
    parts = {
        "dataset": choice("dataset", dataset, **data),
        "model": choice("model", model, **shape),
        "loss": choice("loss", loss),
        "optim": choice("optim", optim, **settings),
        "schedule": choice("schedule", "constant"),
    }
    fixed = {"device": "cpu", "engine": "manual", "metrics": (), "objective": "train/loss"}
    return Spec(**parts, **fixed | changes)


NOISE = {"dataset": "random_mnist", "loss": "cross_entropy"}
PICTURES = {"samples": 60, "test_samples": 200, "shape": (6, 6), "classes": 4}
PARABOLA = {"a": 3.0, "c": 2.0, "test_samples": 100}
FEW = {"samples": 20, "noise": 0.5}
WIDE = {"hidden": (60,)}
SIGMOID = {"activation": "sigmoid"}
FAR = {"init": "normal", "init_scale": 10.0}
SCENARIOS: dict[str, Spec] = {
    "default": run(),
    **{f"optim.lr={rate:g}": run(rate=rate) for rate in (0.01, 0.03, 0.1, 0.3, 0.7, 0.9, 1.0, 1.2)},
    **{f"epochs={epochs}": run(epochs=epochs) for epochs in (20, 50, 300, 1000)},
    "optim.lr=0.1 epochs=1000": run(rate=0.1, epochs=1000),
    "noise=0 lr=0.1": run(rate=0.1, epochs=500, data={"noise": 0.0}),
    "noise=1 lr=0.1": run(rate=0.1, epochs=500, data={"noise": 1.0}),
    "noise=5 lr=0.1": run(rate=0.1, epochs=500, data={"noise": 5.0}),
    "batches of 10, lr=0.1": run(rate=0.1, batch_size=10),
    "batches of 10": run(batch_size=10),
    "validation": run(val_fraction=0.2, epochs=200),
    "validation, noise=1": run(val_fraction=0.1, rate=0.1, epochs=300, data={"noise": 1.0}),
    "adam lr=0.01": run(optim="adam", rate=0.01, epochs=200),
    "adam lr=0.3": run(optim="adam", rate=0.3, epochs=200),
    "rmsprop lr=0.1": run(optim="rmsprop", rate=0.1),
    "mae lr=0.1": run(loss="mae", rate=0.1),
    "function lr=0.03": run("function", rate=0.03, epochs=300),
    "function lr=0.1": run("function", rate=0.1, epochs=300),
    "tanh": run(shape={"activation": "tanh"}),
    "tanh, far start": run(shape={"activation": "tanh"} | FAR, rate=0.1, epochs=300),
    "sigmoid": run(shape=SIGMOID, epochs=300),
    "sigmoid, far start": run(shape=SIGMOID | FAR, epochs=300),
    "20 points, 60 units, adam": run(optim="adam", rate=0.01, data=FEW, shape=WIDE, epochs=1000),
    "the same, validation": run(optim="adam", rate=0.01, data=FEW, shape=WIDE, epochs=1000, val_fraction=0.3),
    "linear": run("linear", "linear", rate=0.1),
    "linear, 20 epochs": run("linear", "linear", rate=0.1, epochs=20),
    "linear lr=1.1": run("linear", "linear", rate=1.1, epochs=20),
    "linear lr=1.7 momentum=0.5": run("linear", "linear", rate=1.7, momentum=0.5, epochs=60),
    "linear on a parabola": run(model="linear", rate=0.3),
    "tutorial lr=0.001": run(model="power", loss="half_sse", data=PARABOLA, rate=0.001, epochs=800),
    "tutorial lr=0.0178": run(model="power", loss="half_sse", data=PARABOLA, rate=0.0178, epochs=800),
    "random classes, 2 epochs": run(**NOISE, data=PICTURES, rate=0.01, batch_size=16, epochs=2),
    "random classes": run(**NOISE, data=PICTURES, rate=0.3, epochs=400),
    "random classes, validation": run(**NOISE, data=PICTURES, rate=0.3, epochs=400, val_fraction=0.3),
    "ten_points": run("ten_points", shape=SIGMOID | {"hidden": (5,)}, rate=0.01, batch_size=1, epochs=50),
}
RATES = frozenset({"beyond_curvature", "beyond_curvature.momentum", "exploded", "oscillating", "too_low"})
"""Verdicts that are right when the command that they suggest ends lower."""
QUICK = ("default", "optim.lr=1", "linear", "tutorial lr=0.0178", "linear on a parabola")


def seeded(spec: Spec, seeds: int, first: int = 0) -> list[Spec]:
    """The same with every seed, of the data too, so that no single draw decides."""
    return [
        replace(spec, seed=seed, dataset=Choice(spec.dataset.name, {**spec.dataset.options, "seed": seed}))
        for seed in range(first, first + seeds)
    ]


def finished(
    specs: Sequence[Spec], watch: Callable[[Population, Epoch], None] | None = None
) -> tuple[Population, list[Run]]:
    """Trains `specs` as one population, and judges each as a run of its own."""
    population = Population(specs)
    first = np.full(len(specs), np.nan)
    seen = []
    for epoch in train(population):
        first = epoch.train["loss"] if epoch.number == 1 else first
        seen.append(epoch)
        if watch is not None:
            watch(population, epoch)
    population.settle()
    results = zip(specs, outcomes(population, first), diagnoses(population), strict=True)
    return population, [
        _judged(population, index, spec, outcome | {"diagnosis": diagnosis}, seen)
        for index, (spec, outcome, diagnosis) in enumerate(results)
    ]


def _judged(
    population: Population, index: int, spec: Spec, result: dict[str, Any], seen: Sequence[Epoch]
) -> Run:
    source, network = population.dataset(index).source, population.networks[index]
    summary = planned(spec, source, network, Provenance("nnrun", {}, None), "") | result
    summary["dataset"]["samples"] = summary.pop("samples")
    own = seen[: summary["epochs"]]
    columns = {"lr": np.array([epoch.rate[index] for epoch in own])}
    for part in ("train", "val"):
        if getattr(population, part) is not None:
            columns[f"{part}/loss"] = np.array([getattr(epoch, part)["loss"][index] for epoch in own])
    return Run(spec, summary, verdicts(summary, columns))


def following(spec: Spec, verdict: Verdict) -> Spec:
    """The run that a verdict suggests."""
    assert verdict.command is not None
    key, _, text = verdict.command.split()[-1].partition("=")
    group, _, option = key.partition(".")
    if key == "model":
        return replace(spec, model=choice("model", text))
    if option:
        part: Choice = getattr(spec, group)
        return replace(spec, **{group: Choice(part.name, {**part.options, option: float(text)})})
    return replace(spec, **{key: type(getattr(spec, key))(float(text))})


def losses_of(specs: Sequence[Spec]) -> Floats:
    """Final training losses (member,)."""
    return np.array([run.loss for run in finished(specs)[1]])


class Fresh:
    """New data of the same kind as a population's, on which every loss can be taken again."""

    def __init__(self, population: Population) -> None:
        self._population = population
        drawn = [dataset.source.new(FRESH, "verdict check") for dataset in population.datasets]
        splits = [Split(*samples) for samples in drawn if samples is not None]
        self.data = portion(population.engine, [], population.datasets, splits)
        datasets = list(zip(population.datasets, splits, strict=True))
        truths = [d.source.truth.mean(s.x) for d, s in datasets if d.source.truth is not None]
        self.floor = population.loss(np.stack(truths), self.data)
        guesses = [_constant(targets(d, s), d.source.task) for d, s in datasets]
        self.constant = population.loss(np.stack(guesses), self.data)

    def loss(self) -> Floats:
        """Of the present weights (member,)."""
        return self._population.evaluate(self.data)["loss"]


def _constant(y: Floats, task: str) -> Floats:
    mean = y.mean(axis=0)
    return np.broadcast_to(mean if task == "regression" else np.log(np.maximum(mean, 1e-30)), y.shape)


def judgements(specs: Sequence[Spec]) -> dict[str, tuple[int, int]]:
    """Verdict -> how often it was said, and how often wrongly."""
    lowest = np.full(len(specs), np.inf)
    fresh: Fresh | None = None
    every = max(1, specs[0].epochs // 40)

    def watch(population: Population, epoch: Epoch) -> None:
        nonlocal fresh, lowest
        if fresh is None and population.dataset(0).source.fresh is not None:
            fresh = Fresh(population)
        if fresh is not None and epoch.number % every == 0:
            lowest = np.fmin(lowest, fresh.loss())

    _, runs = finished(specs, watch)
    by_key = defaultdict(list)
    for index, finished_run in enumerate(runs):
        for verdict in finished_run.said:
            by_key[verdict.key].append((index, verdict))
    return {
        key: (len(cases), int((~_right(key, cases, runs, fresh, lowest)).sum()))
        for key, cases in by_key.items()
    }


def _right(
    key: str, cases: Sequence[tuple[int, Verdict]], runs: Sequence[Run], fresh: Fresh | None, lowest: Floats
) -> npt.NDArray[np.bool_]:
    rows = np.array([index for index, _ in cases])
    loss = np.array([runs[row].loss for row in rows])
    if key in RATES or key == "improving":
        after = losses_of([following(runs[index].spec, verdict) for index, verdict in cases])
        if key != "improving":
            return after < loss
        promised = np.array([float(verdict.evidence["promised"]) for _, verdict in cases])
        return loss - after >= (loss - promised) / 2
    if key.startswith("stuck"):
        longer = losses_of([replace(runs[row].spec, epochs=10 * runs[row].spec.epochs) for row in rows])
        return ~(longer < 0.9 * loss)
    if fresh is None:
        return np.ones(len(rows), dtype=bool)
    new, floor, constant = (_of(values, rows) for values in (fresh.loss(), fresh.floor, fresh.constant))
    if key.startswith("overfitting"):
        return (new > lowest[rows]) & (new > 1.05 * floor)
    if key == "nothing":
        return floor >= 0.99 * constant
    if key.startswith("no_better"):
        return new >= 0.95 * constant
    near = new <= 1.25 * floor + 1e-3 * constant
    return near & (floor >= 0.4 * constant) if key == "noisy" else near


def _of(values: Floats, rows: npt.NDArray[Any]) -> Floats:
    return values[rows] if len(values) > 1 else np.repeat(values, len(rows))


def main(argv: Sequence[str] | None = None) -> None:
    """Prints one row per scenario and verdict, then the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few scenarios, 6 seeds")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=1000, help="below 200 the rules were made")
    options = parser.parse_args(argv)
    seeds = 6 if options.quick else options.seeds
    sums: dict[str, tuple[int, int]] = {}
    print(f"| {seeds} seeds of | verdict | said | wrongly |\n|---|---|---|---|")
    for name in QUICK if options.quick else SCENARIOS:
        found = judgements(seeded(SCENARIOS[name], seeds, options.first))
        for key, (said, wrong) in found.items():
            print(f"| {name} | {key} | {said} | {wrong} |", flush=True)
            before = sums.get(key, (0, 0))
            sums[key] = (before[0] + said, before[1] + wrong)
    print("\n| verdict | said | wrongly |\n|---|---|---|")
    for key, (said, wrong) in sorted(sums.items()):
        print(f"| {key} | {said} | {wrong} |")


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
