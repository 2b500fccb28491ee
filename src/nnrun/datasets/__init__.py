"""Datasets that a configuration can pick; each factory returns a `Source`."""

from __future__ import annotations

from nnrun.datasets.curves import function, quadratic, ten_points
from nnrun.datasets.source import Source, Truth
from nnrun.datasets.splits import Dataset, Split, SplitSizes, draw
from nnrun.datasets.tables import linear, random_mnist
from nnrun.registry import Registry

__all__ = ["Dataset", "Source", "Split", "SplitSizes", "Truth", "datasets", "draw"]

datasets: Registry[Source] = Registry("dataset")
for _factory in (linear, quadratic, ten_points, random_mnist, function):
    datasets.register(_factory)
