"""How much memory a run will need, counted from shapes alone, and how much there is."""

from __future__ import annotations

import os
from pathlib import Path

from nnrun.datasets import Source
from nnrun.models import Network

COPIES = 6
"""Arrays like the weights that a run holds: weights, gradient, optimizer state, best and last good."""


def needed(network: Network, source: Source, batch: int, dtype: str) -> int:
    """Bytes: weights with their copies, the data in float64 and in `dtype`, and one batch's activations."""
    width = 4 if dtype == "float32" else 8
    samples = source.samples + source.test_samples
    weights = network.size * (8 + COPIES * width)
    data = samples * (source.inputs + source.outputs) * (8 + width)
    outputs = sum(weights.shape[0] for weights in network.weights if not weights.is_bias)
    return weights + data + 3 * batch * outputs * width


def free() -> int:
    """Bytes that this machine can still give, as far as it tells; else a terabyte."""
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 10**12


def readable(size: float) -> str:
    """Such as `22 GB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB" if size < 1000 else f"{size / 1000:.3g} PB"
