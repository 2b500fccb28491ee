"""What of a run's record can be believed: a stranger's summary and table as the pictures take them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nnrun.runs.reading import RunRecord
from nnrun.words import words

Fields = Mapping[str, Any]

_NEEDED = ("epoch", "train/loss", "lr")
"""Columns of metrics.csv that pictures look at without asking whether they are there."""


def has_curves(record: RunRecord) -> bool:
    """Whether learning curves can be drawn."""
    return {"epoch", "train/loss"}.issubset(record.metrics)


def sound(record: RunRecord, status: str) -> RunRecord:
    """The record without what makes no sense, so that the rest can be drawn.

    Args:
        record: as it was read.
        status: the run's true one.
    """
    return replace(record, summary=_summary(record.summary, status), metrics=_metrics(record))


def _metrics(record: RunRecord) -> dict[str, Any]:
    """The rows whose epoch is a number; without values where a column is missing."""
    if not has_curves(record):
        return dict.fromkeys(_NEEDED, np.empty(0))
    rows = np.isfinite(record.metrics["epoch"])
    columns = {name: values[rows] for name, values in record.metrics.items()}
    rates = columns.get("lr", np.empty(0))
    return columns | {"lr": rates if np.isfinite(rates).any() else np.empty(0)}


def _summary(summary: Fields, status: str) -> dict[str, Any]:
    """The same, in which each field that pictures show is of its own kind."""
    texts = {name: summary[name] for name in ("name", "title") if isinstance(summary.get(name), str)}
    epochs = summary.get("epochs")
    others = {name: value for name, value in summary.items() if name not in ("name", "title", "epochs")}
    return {
        **others,
        **texts,
        **({"epochs": epochs} if type(epochs) is int and 0 <= epochs < 2**53 else {}),
        "status": status if f"plot.status.{status}" in words("en") else "completed",
        "stop": _stop(_fields(summary, "stop")),
        "final": _numbers(_fields(summary, "final")),
        "test": _numbers(_fields(summary, "test")),
        "reference": _numbers(_fields(summary, "reference")),
        "best": _best(_fields(summary, "best")),
        "parameters": _parameters(_fields(summary, "parameters")),
        "dataset": _dataset(_fields(summary, "dataset")),
    }


def _stop(stop: Fields) -> dict[str, Any]:
    """Why and when a run ended; `kind` only with all that its words need."""
    kept = dict(stop) if _can_be_said(f"stop.{stop.get('kind')}", stop) else {}
    for name, kind in (("reason", str), ("epoch", int)):
        kept.pop(name, None)
        if type(stop.get(name)) is kind:
            kept[name] = stop[name]
    return kept


def _best(best: Fields) -> dict[str, Any]:
    value = _number(best.get("value"))
    if value is None or type(best.get("epoch")) is not int or not isinstance(best.get("name"), str):
        return {}
    return {"epoch": best["epoch"], "name": best["name"], "value": value}


def _parameters(parameters: Fields) -> dict[str, Any]:
    """Arrays by name, the learned and the true ones."""
    return {
        name: {key: np.asarray(value, np.float64) for key, value in arrays.items()}
        for name in ("learned", "true")
        if (arrays := _fields(parameters, name)) and all(map(_is_array, arrays.values()))
    }


def _dataset(dataset: Fields) -> dict[str, Any]:
    """Names, and how many samples there are of each part."""
    wording = _fields(dataset, "wording")
    key, told = wording.get("key"), _fields(wording, "fields")
    kinds = {**dict.fromkeys(("features", "targets", "classes"), list), "name": str, "description": str}
    kept = {name: value for name, value in dataset.items() if isinstance(value, kinds.get(name, object))}
    kept["samples"] = {
        part: count
        for part, count in _fields(dataset, "samples").items()
        if f"plot.count.{part}" in words("en") and type(count) is int
    }
    said = isinstance(key, str) and _can_be_said(key, told)
    return kept | {"wording": {"key": key, "fields": told} if said else {}}


def _numbers(fields: Fields) -> dict[str, float | None]:
    return {name: _number(value) for name, value in fields.items()}


def _number(value: Any) -> float | None:
    """None of what is no finite number."""
    try:
        number = float(value) if type(value) in (int, float) else math.nan
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _is_array(value: Any) -> bool:
    try:
        return bool(np.asarray(value, np.float64).size)
    except (TypeError, ValueError, OverflowError):
        return False


def _can_be_said(key: str, fields: Fields) -> bool:
    """Whether the words under `key` can be filled in."""
    text = words("en").get(key)
    try:
        return text is not None and bool(text.format(**fields))
    except (LookupError, ValueError, TypeError, AttributeError, OverflowError):
        return False


def _fields(content: Fields, name: str) -> Fields:
    part = content.get(name)
    return part if isinstance(part, Mapping) else {}
