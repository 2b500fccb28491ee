"""Well-known small data sets, read from the files of scikit-learn's package without importing it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.datasets.scaling import Scaling
from nnrun.datasets.source import Floats, Source, Wording
from nnrun.errors import BadInput
from nnrun.schema import Seed

MOST_SHADES = 16.0
"""Of a pixel of `digits`."""


@dataclass(frozen=True)
class Collection:
    """Samples of one set: inputs (sample, feature), and targets (sample, 1) or classes (sample,)."""

    x: Floats
    y: npt.NDArray[Any]


def digits(*, seed: Seed = 0) -> Source:
    """Handwritten digits: 1,797 pictures of 8 x 8 shades of grey from 0 to 1, ten classes."""
    found = _read("digits")
    return Source(
        name="digits",
        wording=Wording("data.digits", {"samples": len(found.x)}),
        task="classification",
        inputs=64,
        outputs=10,
        samples=len(found.x),
        seed=seed,
        draw=lambda rng: (found.x, found.y),
        image_shape=(8, 8),
        classes=tuple(map(str, range(10))),
    )


def iris(*, seed: Seed = 0, standardize: bool = True) -> Source:
    """Fisher's irises: 150 flowers by four lengths in cm, three species."""
    features = ("sepal length", "sepal width", "petal length", "petal width")
    return _classes("iris", features, ("setosa", "versicolor", "virginica"), seed, standardize)


def wine(*, seed: Seed = 0, standardize: bool = True) -> Source:
    """Italian wines: 178 bottles by thirteen measurements, three growers."""
    features = (
        *("alcohol", "malic acid", "ash", "alcalinity of ash", "magnesium", "total phenols", "flavanoids"),
        *("nonflavanoid phenols", "proanthocyanins", "color intensity", "hue", "od280/od315", "proline"),
    )
    return _classes("wine", features, ("class_0", "class_1", "class_2"), seed, standardize)


def breast_cancer(*, seed: Seed = 0, standardize: bool = True) -> Source:
    """Breast tumours in Wisconsin: 569 of them by thirty measurements of their cells, malignant or benign."""
    measured = (
        *("radius", "texture", "perimeter", "area", "smoothness"),
        *("compactness", "concavity", "concave points", "symmetry", "fractal dimension"),
    )
    features = tuple(f"{kind} {name}" for kind in ("mean", "error of", "worst") for name in measured)
    return _classes("breast_cancer", features, ("malignant", "benign"), seed, standardize)


def diabetes(*, seed: Seed = 0, standardize: bool = True) -> Source:
    """Diabetes: how far it had come after a year in 442 patients, by ten measurements at the start."""
    found = _read("diabetes")
    features = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")
    return Source(
        name="diabetes",
        wording=Wording("data.diabetes", {"samples": len(found.x)}),
        task="regression",
        inputs=10,
        outputs=1,
        samples=len(found.x),
        seed=seed,
        draw=lambda rng: (found.x, found.y),
        scaling=Scaling((True,) * 10, True) if standardize else None,
        features=features,
        targets=("progression",),
    )


def _classes(
    name: str, features: tuple[str, ...], classes: tuple[str, ...], seed: int, standardize: bool
) -> Source:
    found = _read(name)
    return Source(
        name=name,
        wording=Wording(f"data.{name}", {"samples": len(found.x)}),
        task="classification",
        inputs=len(features),
        outputs=len(classes),
        samples=len(found.x),
        seed=seed,
        draw=lambda rng: (found.x, found.y),
        scaling=Scaling((True,) * len(features), False) if standardize else None,
        features=features,
        classes=classes,
    )


@functools.cache
def _read(name: str) -> Collection:
    """The samples of a set, from the package's own files; importing the package takes a second."""
    if name == "digits":
        table = _numbers("digits.csv.gz")
        found = Collection(table[:, :-1] / MOST_SHADES, table[:, -1].astype(np.int64))
    elif name == "diabetes":
        target = _numbers("diabetes_target.csv.gz", " ").reshape(-1, 1)
        found = Collection(_numbers("diabetes_data_raw.csv.gz", " "), target)
    else:
        table = _numbers({"wine": "wine_data.csv"}.get(name, f"{name}.csv"), skipped=1)
        found = Collection(table[:, :-1], table[:, -1].astype(np.int64))
    for values in (found.x, found.y):
        values.flags.writeable = False
    return found


def _numbers(name: str, delimiter: str = ",", skipped: int = 0) -> Floats:
    """The numbers of one of the package's files.

    Raises:
        BadInput: scikit-learn is not installed, or does not bring that file.
    """
    spec = find_spec("sklearn")
    places = [] if spec is None else spec.submodule_search_locations or []
    path = next((p for place in places if (p := Path(place) / "datasets" / "data" / name).is_file()), None)
    if path is None:
        raise BadInput(
            "digits, iris, wine, diabetes and breast_cancer are read from scikit-learn's package, which is"
            " not installed here; install it with: pip install scikit-learn"
        )
    import gzip

    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    lines = text.decode("utf-8").splitlines()[skipped:]
    return np.loadtxt(lines, delimiter=delimiter)
