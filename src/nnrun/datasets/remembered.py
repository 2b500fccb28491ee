"""A fixed table as a run remembers it: all that is known of its samples but the samples themselves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, cast

import numpy as np

from nnrun.datasets.scaling import Floats, Scale
from nnrun.datasets.source import Samples, Source, TableColumn, Wording
from nnrun.errors import BadInput

WIDEST = 10_000_000
"""Inputs or outputs that a record may speak of."""


def remembered(record: Mapping[str, Any]) -> Source | None:
    """What `summary.json` has of a run's data; None for data that are drawn anew from their configuration.

    Args:
        record: the entry `dataset`, perhaps a stranger's.

    Raises:
        ValueError: it is damaged.
    """
    if record.get("fixed") is not True:
        return None
    task = record.get("task")
    inputs, outputs = _width(record.get("inputs")), _width(record.get("outputs"))
    counts = record.get("samples")
    classes, columns = _texts(record.get("classes")), _columns(record.get("columns"))
    features, targets = _texts(record.get("features")), _texts(record.get("targets"))
    shape = _shape(record.get("image_shape"))
    fits = (
        task in ("regression", "classification")
        and isinstance(counts, Mapping)
        and (not features or len(features) == inputs)
        and (not columns or sum(column.width for column in columns) == inputs)
        and (not classes or (len(classes) == outputs and task == "classification"))
        and (not targets or len(targets) == (1 if task == "classification" else outputs))
        and (shape is None or math.prod(shape) == inputs)
    )
    if not fits:
        raise ValueError("its data are described in parts that do not fit")
    sha256 = record.get("sha256")
    return Source(
        name=_text(record.get("name")),
        wording=Wording("data.remembered", {"description": _text(record.get("description"))}),
        task=cast(Literal["regression", "classification"], task),
        inputs=inputs,
        outputs=outputs,
        samples=sum(map(_count, cast(Mapping[str, Any], counts).values())),
        seed=_count(record.get("seed")),
        draw=_not_here,
        image_shape=shape,
        features=features,
        columns=columns,
        targets=targets,
        classes=classes,
        sha256=None if sha256 is None else _text(sha256),
    )


def remembered_scale(record: Mapping[str, Any], source: Source) -> Scale:
    """The scale that a run's data were standardized by, from the entry `scale` of its `summary.json`.

    Raises:
        ValueError: it is damaged.
    """
    x = [_numbers(record.get(name), source.inputs) for name in ("x_mean", "x_deviation", "fill")]
    if record.get("y_mean") is None:
        return Scale(*x)
    return Scale(*x, *(_numbers(record.get(name), source.outputs) for name in ("y_mean", "y_deviation")))


def _not_here(rng: np.random.Generator) -> Samples:
    raise BadInput("the run's data are not in its directory, and they are wanted here")


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("its data are described in numbers that are none")
    return value


def _width(value: Any) -> int:
    if not 1 <= _count(value) <= WIDEST:
        raise ValueError("its data are described as too wide")
    return int(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("its data are described in texts that are none")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if value is not None and not isinstance(value, list):
        raise ValueError("its data are described in lists that are none")
    return tuple(map(_text, value or ()))


def _columns(value: Any) -> tuple[TableColumn, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(column, Mapping) for column in value):
        raise ValueError("its columns are described in lists that are none")
    return tuple(TableColumn(_text(one.get("name")), _texts(one.get("categories"))) for one in value)


def _shape(value: Any) -> tuple[int, int] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("its pictures have no such shape")
    return _width(value[0]), _width(value[1])


def _numbers(value: Any, count: int) -> Floats:
    if not isinstance(value, list) or len(value) != count:
        raise ValueError("its scale has other numbers than its data have columns")
    numbers = np.asarray(value)
    if numbers.dtype.kind not in "if" or not np.isfinite(numbers).all():
        raise ValueError("its scale holds what is no number")
    return numbers.astype(np.float64)
