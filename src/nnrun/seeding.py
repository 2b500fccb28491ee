"""Random streams: from one seed, an independent NumPy generator for every named use of chance."""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, use: str, *counters: int) -> np.random.Generator:
    """The generator for one use of chance, the same on every machine and in every company.

    Streams of different uses or counters are independent, so that drawing more of one never shifts another,
    and a stream indexed by the epoch has no state to lose.

    Args:
        seed: the run's or the dataset's seed.
        use: what the numbers are for, such as `start` or `order`.
        counters: position in a series of streams, such as the epoch.
    """
    key = (zlib.crc32(use.encode()), *counters)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))
