"""From samples and a run's weights to predictions, and to how good they are, in NumPy alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.config import Binding
from nnrun.datasets import Scale
from nnrun.losses import losses
from nnrun.metrics import metrics

PIECE = 4_000_000
"""Most numbers that a layer's output may hold; longer tables are predicted in pieces."""

Numbers = npt.NDArray[Any]


def outputs(binding: Binding, weights: Numbers, x: npt.NDArray[np.float64]) -> Numbers:
    """Raw outputs (sample, out) in evaluation mode, in the run's dtype; logits where there are classes.

    Args:
        binding: of the run.
        weights: (parameter,).
        x: inputs (sample, feature), in the units of the model.
    """
    network, dtype = binding.network, np.dtype(binding.spec.dtype)
    arrays = network.arrange(network.views(weights.astype(dtype)[None]))
    widest = max(x.shape[1], network.widest)
    rows = max(1, PIECE // widest)
    with np.errstate(all="ignore"):
        pieces = [
            network.forward(arrays, x[None, start : start + rows].astype(dtype))[0]
            for start in range(0, len(x), rows)
        ]
    return np.concatenate(pieces) if pieces else np.empty((0, binding.source.outputs), dtype)


def probabilities(logits: Numbers) -> Numbers:
    """exp(l) / sum exp(l) over the classes (sample, class)."""
    with np.errstate(all="ignore"):
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        result: Numbers = shares / shares.sum(axis=1, keepdims=True)
    return result


def scores(binding: Binding, scale: Scale | None, raw: Numbers, y: Numbers) -> dict[str, float]:
    """The run's loss and the metrics of its task, of raw outputs (sample, out) for known targets.

    As in training, the loss is that of standardized targets, and metrics with units are in those of the data.

    Args:
        binding: of the run.
        scale: what its data were standardized by.
        raw: as `outputs` gives them.
        y: (sample, out), or classes (sample,), in the units of the data.
    """
    spec, source = binding.spec, binding.source
    dtype = np.dtype(spec.dtype)
    own = np.eye(source.outputs)[y] if source.task == "classification" else y
    target = (own if scale is None else scale.target_to_model(own)).astype(dtype)[None]
    loss = losses.build(spec.loss.name, lambda values: np.asarray(values, dtype), **spec.loss.options)
    fitting = [metric for metric in map(metrics.build, metrics) if metric.fits(source.task)]
    with np.errstate(all="ignore"):
        in_units = raw if scale is None else scale.from_model(raw)
        measured = {
            metric.name: float(metric.value(in_units[None], own[None])[0])
            if metric.has_units
            else float(metric.value(raw[None], target)[0])
            for metric in fitting
        }
        return {"loss": float(loss.value(raw[None], target)[0])} | measured
