"""From samples and a run's weights to predictions, and to how good they are, in NumPy alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.config import Binding
from nnrun.datasets import Scale, draw
from nnrun.losses import losses
from nnrun.metrics import metrics

PIECE = 4_000_000
"""Most numbers that a layer's output may hold; longer tables are predicted in pieces."""

Numbers = npt.NDArray[Any]


def scale_of(binding: Binding) -> Scale | None:
    """From the data's units to the model's; None where they are the same."""
    spec, source = binding.spec, binding.source
    return None if source.scaling is None else draw(source, spec.val_fraction, spec.test_fraction).scale


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


def scores(binding: Binding, raw: Numbers, y: Numbers) -> dict[str, float]:
    """The run's loss and the metrics of its task, of raw outputs (sample, out) for known targets.

    Args:
        binding: of the run.
        raw: as `outputs` gives them.
        y: (sample, out), or classes (sample,).
    """
    spec, source = binding.spec, binding.source
    dtype = np.dtype(spec.dtype)
    target = np.eye(source.outputs)[y] if source.task == "classification" else y
    target = target.astype(dtype)[None]
    loss = losses.build(spec.loss.name, lambda values: np.asarray(values, dtype), **spec.loss.options)
    fitting = [metric for metric in map(metrics.build, metrics) if metric.fits(source.task)]
    with np.errstate(all="ignore"):
        measured = {metric.name: float(metric.value(raw[None], target)[0]) for metric in fitting}
        return {"loss": float(loss.value(raw[None], target)[0])} | measured
