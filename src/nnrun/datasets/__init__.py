"""Datasets that a configuration can pick; each factory returns a `Source`."""

from __future__ import annotations

from nnrun.datasets.collected import breast_cancer, diabetes, digits, iris, wine
from nnrun.datasets.curves import function, quadratic, ten_points
from nnrun.datasets.idx import fashion_mnist, mnist
from nnrun.datasets.own.csv_table import csv
from nnrun.datasets.planar import blobs, circles, moons, spirals, xor
from nnrun.datasets.scaling import Scale
from nnrun.datasets.source import Source, Truth
from nnrun.datasets.splits import Dataset, Split, SplitSizes, draw
from nnrun.datasets.tables import linear, random_mnist
from nnrun.registry import Registry

__all__ = [
    "Dataset",
    "Scale",
    "Source",
    "Split",
    "SplitSizes",
    "Truth",
    "build",
    "datasets",
    "draw",
    "register",
]

datasets: Registry[Source] = Registry("dataset")
register = datasets.register
build = datasets.build
for _factory in (
    *(linear, quadratic, ten_points, random_mnist, function, csv),
    *(moons, circles, spirals, blobs, xor),
    *(digits, iris, wine, breast_cancer, diabetes, mnist, fashion_mnist),
):
    datasets.register(_factory)
