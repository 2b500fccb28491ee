"""How much memory a run will need, counted from shapes alone, and how much there is."""

from __future__ import annotations

from nnrun.capacity import free, readable
from nnrun.datasets import Source
from nnrun.models import Network

__all__ = ["free", "needed", "readable"]

COPIES = 6
"""Arrays like the weights that a run holds: weights, gradient, optimizer state, best and last good."""


def needed(network: Network, source: Source, batch: int, dtype: str) -> int:
    """Bytes: weights with their copies, the data in float64 and in `dtype`, and one batch's activations."""
    width = 4 if dtype == "float32" else 8
    samples = source.samples + source.test_samples
    weights = network.size * (8 + COPIES * width)
    data = samples * (source.inputs + source.outputs) * (8 + width)
    outputs = sum(weights.shape[0] for weights in network.weights if weights.shape and not weights.is_bias)
    return weights + data + 3 * batch * outputs * width
