"""What summary.json says of a run, before it has trained and after."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.datasets import Dataset, Source
from nnrun.experiment.provenance import Provenance
from nnrun.metrics import metrics
from nnrun.models import Network
from nnrun.models.layers import Affine
from nnrun.spec import Spec
from nnrun.training.loop import EXPLODED
from nnrun.training.population import Population
from nnrun.training.progress import Floats, Member
from nnrun.words import words

SCHEMA = 1
MOST_LEARNED = 16
"""Parameters of a model up to which summary.json lists them all."""


def planned(spec: Spec, source: Source, network: Network, origin: Provenance, started: str) -> dict[str, Any]:
    """What is known before training; the status is `running`."""
    return {
        "schema": SCHEMA,
        "status": "running",
        "name": spec.settings.name,
        "tags": list(spec.settings.tags),
        "title": short_description(spec, source, network),
        "started": started,
        "dataset": {
            "name": source.name,
            "description": source.description,
            "wording": {"key": source.wording.key, "fields": dict(source.wording.fields)},
            "task": source.task,
            "inputs": source.inputs,
            "outputs": source.outputs,
            "seed": source.seed,
            "fixed": source.fresh is None and source.truth is None,
            "image_shape": None if source.image_shape is None else list(source.image_shape),
            "features": list(source.features) or None,
            "columns": [asdict(column) for column in source.columns] or None,
            "targets": list(source.targets) or None,
            "classes": list(source.classes) or None,
            "sha256": source.sha256,
        },
        "model": {
            "name": spec.model.name,
            "description": network.description,
            "parameters": network.size,
        },
        "loss": spec.loss.name,
        "training": {
            "optim": {"name": spec.optim.name} | dict(spec.optim.options),
            "schedule": {"name": spec.schedule.name} | dict(spec.schedule.options),
            "epochs": spec.epochs,
            "batch_size": spec.batch_size,
            "seed": spec.seed,
        },
        "engine": spec.engine,
        "device": spec.device,
        "dtype": spec.dtype,
        "config": spec.config,
        "config_hash": spec.config_hash,
        **({"code": dict(spec.code)} if spec.code else {}),
        "command": origin.command,
        "versions": origin.versions,
        "git_commit": origin.git_commit,
    }


def short_description(spec: Spec, source: Source, network: Network) -> str:
    """Such as `quadratic, mlp 1-10-1 relu, sgd lr=0.5`."""
    return f"{source.title or source.name}, {network.name} {network.short}, {optimization(spec)}"


def optimization(spec: Spec) -> str:
    """Such as `sgd lr=0.5`."""
    return f"{spec.optim.name} lr={spec.optim.options['lr']:g}"


def outcomes(population: Population, first_losses: Floats) -> list[dict[str, Any]]:
    """What each member came to, measured with the weights that it ends with.

    Args:
        first_losses: training loss of the first epoch (member,); NaN where there was none.
    """
    with np.errstate(all="ignore"):
        measured = {
            part: population.evaluate(data)
            for part in ("train", "val", "test")
            if (data := getattr(population, part)) is not None
        }
        rows = zip(population.members, references(population), population.engine.weights(), strict=True)
        return [
            _outcome(population, index, member, measured, float(first_losses[index]))
            | {"reference": reference, "parameters": learned(population, index, weights)}
            | {"scale": None if (scale := population.dataset(index).scale) is None else scale.record}
            for index, (member, reference, weights) in enumerate(rows)
        ]


def _outcome(
    population: Population,
    index: int,
    member: Member,
    measured: dict[str, dict[str, Floats]],
    first_loss: float,
) -> dict[str, Any]:
    spec, dataset = population.specs[index], population.dataset(index)
    columns = {
        f"{part}/{name}": float(values[index])
        for part, results in measured.items()
        for name, values in results.items()
    }
    test = {name: value for name, value in columns.items() if name.startswith("test/")}
    loss = columns["train/loss"]
    ending = member.ending or "interrupted"
    # A loss of somebody's own may begin below 0, of which there are no multiples.
    limit = EXPLODED * first_loss if first_loss >= 0 else math.inf
    well = math.isfinite(loss) and loss <= limit
    grown = ending in ("completed", "stopped") and not well and member.epochs > 0
    if grown:
        ending = "diverged"
    return {
        "status": ending,
        "stop": _stop(spec, ending, member.epochs, loss / first_loss if grown and first_loss else np.inf),
        "epochs": member.epochs,
        "objective": {
            "name": spec.objective,
            "value": columns[spec.objective],
            "greater_is_better": _greater(spec.objective),
        },
        "final": {name: value for name, value in columns.items() if name not in test},
        "test": test,
        "best": {
            "name": "val/loss" if population.val is not None else "train/loss",
            "epoch": member.best_epoch,
            "value": member.best,
        }
        if member.best_epoch
        else None,
        "samples": {part: len(getattr(dataset, part) or ()) for part in ("train", "val", "test")},
    }


def _stop(spec: Spec, ending: str, epoch: int, growth: float) -> dict[str, Any] | None:
    """Why a run did not simply reach its last epoch; `growth` is its final loss in units of the first."""
    if ending == "completed":
        return None
    kind = ending
    fields: dict[str, Any] = {}
    if ending == "stopped":
        fields = {"patience": spec.early_stopping.patience}
    elif ending == "diverged":
        kind = "grown" if math.isfinite(growth) else "not_finite"
        fields = {"growth": growth, "lr": spec.optim.options["lr"]}
    reason = words("en")[f"stop.{kind}"].format(**fields)
    return {"epoch": epoch, "reason": reason, "kind": kind, **fields}


def _greater(objective: str) -> bool:
    name = objective.partition("/")[2]
    return name in metrics and metrics.build(name).greater_is_better


def references(population: Population) -> list[dict[str, float | None]]:
    """Losses to compare with, on each member's own training data: of the truth, and of one constant guess."""
    means = [
        dataset.source.truth.mean(dataset.train.x)
        for dataset in population.datasets
        if dataset.source.truth is not None
    ]
    truth = _losses_of(population, means) if means else None
    constant = _losses_of(population, [_constant(dataset) for dataset in population.datasets])
    return [
        {"truth": None if truth is None else float(truth[index]), "constant": float(constant[index])}
        for index in range(len(population.specs))
    ]


def _constant(dataset: Dataset) -> Floats:
    """The same raw output for every sample: the mean target, or the logarithm of the classes' shares."""
    y = dataset.train.y
    if dataset.source.task == "regression":
        return np.broadcast_to(y.mean(axis=0), y.shape)
    counts = np.bincount(y, minlength=dataset.source.outputs)
    shares = np.log(np.maximum(counts, 1e-30) / len(y))
    return np.broadcast_to(shares, (len(y), len(shares)))


def _losses_of(population: Population, predictions: list[Floats]) -> Floats:
    """The loss (member,) of predictions (sample, out) for each dataset of the population."""
    members = len(population.specs)
    stacked = np.stack(predictions)
    # Sums over arrays of other memory layouts, which broadcast ones have, may differ in the last bits.
    repeated = np.ascontiguousarray(np.broadcast_to(stacked, (members, *stacked.shape[1:])))
    return population.loss(repeated, population.train)


def learned(population: Population, index: int, weights: npt.NDArray[Any]) -> dict[str, Any] | None:
    """The parameters of a small model, `weights` (parameter,), beside the true ones where they are known."""
    network = population.networks[index]
    if network.size > MOST_LEARNED:
        return None
    truth = population.dataset(index).source.truth
    known = None if truth is None else network.matching(truth)
    return {
        "learned": network.named(weights),
        "in_units": _in_units(population, index, weights),
        "true": known,
        "noise_mean": truth.noise_mean if truth is not None and known is not None else None,
    }


def _in_units(population: Population, index: int, weights: npt.NDArray[Any]) -> dict[str, Any] | None:
    """Weight and bias of a linear model in the units of its data; None where they are so anyway."""
    network, scale = population.networks[index], population.dataset(index).scale
    if scale is None or len(network.layers) != 1 or not isinstance(network.layers[0], Affine):
        return None
    named = network.named(weights)
    weight, bias = scale.coefficients(named["weight"], named.get("bias"))
    return {"weight": weight, "bias": bias}
