"""From a comparison to what its picture shows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nnrun.comparison.comparison import Comparison
from nnrun.comparison.fits import same_data
from nnrun.comparison.recorded import SEED, Recorded
from nnrun.comparison.settings import Setting, labels_of, settings_of, telling
from nnrun.plots import naming
from nnrun.plots.axis import Axis, axis
from nnrun.plots.compared import Compared, Curve, Unit
from nnrun.plots.limits import Values

MOST_FITS = 60
"""Runs whose arrays are read."""

MOST_THIN = 10
"""Runs of a unit whose fits are all drawn."""


def pictured(found: Comparison) -> Compared:
    """What is drawn of `found`: its units where they are few, else one for each value of a key."""
    axis_of_many = None if found.few else _axis(found)
    units, labels = found.units, found.labels
    if axis_of_many is not None:
        groups = {each.values[axis_of_many.key]: each for each in settings_of(found.runs, [axis_of_many.key])}
        units = tuple(groups[value] for value in axis_of_many.values if value in groups)
        labels = labels_of(units, [axis_of_many.key])
    column = _column(found.runs)
    read = set(np.linspace(0, len(units) - 1, min(MOST_FITS, len(units))).round().astype(int).tolist())
    drawn = [
        _unit(unit, label, column, place in read, found.few)
        for place, (unit, label) in enumerate(zip(units, labels, strict=True))
    ]
    objectives = {run.objective_name for run in found.runs}
    with_points = [unit.arrays for unit in drawn if "train_x" in unit.arrays or "train_y" in unit.arrays]
    return Compared(
        tuple(drawn),
        telling(units, [key for key in found.keys if key != SEED] or list(found.unit_keys)),
        len([key for key in found.keys if key != SEED]),
        sum(len(unit.distinct) for unit in units),
        column,
        objectives.pop() if len(objectives) == 1 else "",
        axis_of_many,
        _shared_floor(found.runs),
        _shared_dataset(found.runs),
        same_data(with_points),
    )


def _axis(found: Comparison) -> Axis | None:
    """The key by which many are coloured: numbers before names, then the one with the most values."""
    keys = [key for key in found.keys if key != SEED]
    values = {key: [run.config[key] for run in found.runs if key in run.config] for key in keys}
    lines = [axis(key, values[key]) for key in keys if len(values[key]) == len(found.runs)]
    return max(lines, key=lambda line: (line.numbers is not None, len(line.values)), default=None)


def _unit(setting: Setting, label: str, column: str, with_arrays: bool, with_others: bool) -> Unit:
    typical = setting.typical
    true = typical.true_parameters
    return Unit(
        label,
        tuple(curve for run in setting.distinct if (curve := _curve(run, column)) is not None),
        typical.status,
        setting.objective.median,
        _measure(typical),
        typical.arrays if with_arrays else {},
        {name: typical.parameters.get(name, math.nan) - value for name, value in true.items()},
        tuple(typical.parameters) if len(typical.parameters) == 2 else (),
        tuple(_others(setting)) if with_others and len(setting.distinct) <= MOST_THIN else (),
        tuple(naming.of_classes(_naming(typical), _classes(typical.arrays) if with_arrays else 0)),
        tuple(naming.short(name) for name in _listed(typical.fields("dataset").get("features"))[:2]),
        naming.of_output(_naming(typical), 0, ""),
    )


def _naming(run: Recorded) -> Mapping[str, Any]:
    """What its dataset calls things, as far as that is lists of texts."""
    dataset = run.fields("dataset")
    return {"dataset": {part: _listed(dataset.get(part)) for part in ("targets", "classes")}}


def _listed(names: Any) -> list[str]:
    return [str(name) for name in names] if isinstance(names, list) else []


def _classes(arrays: Mapping[str, Any]) -> int:
    """How many classes there are; 0 where the task is another one."""
    return len(arrays["confusion"]) if "confusion" in arrays else 0


def _others(setting: Setting) -> Iterator[tuple[Values, Values]]:
    """The fits of the runs that are not typical, on the same data as the one that is."""
    typical = setting.typical
    for run in setting.distinct:
        if run is not typical and same_data([typical.arrays, run.arrays]) and "grid_prediction" in run.arrays:
            yield run.arrays["grid"][:, 0], run.arrays["grid_prediction"][:, 0]


def _curve(run: Recorded, column: str) -> Curve | None:
    losses = run.metrics.get(column)
    if losses is None or not len(losses):
        return None
    return Curve(run.metrics["epoch"], losses, run.lost)


def _column(runs: Sequence[Recorded]) -> str:
    """Losses on what was not trained on, where every run that has epochs has them."""
    measured = [run.metrics for run in runs if len(run.metrics.get("epoch", ()))]
    held_out = bool(measured) and all("val/loss" in metrics for metrics in measured)
    return "val/loss" if held_out else "train/loss"


def _measure(run: Recorded) -> str:
    """Losses of one function, on one dataset."""
    return f"{run.config.get('loss', '')} on {run.config.get('dataset', '')}"


def _shared_floor(runs: Sequence[Recorded]) -> float | None:
    recorded = [run.fields("reference").get("truth") for run in runs]
    floors = [float(floor) for floor in recorded if isinstance(floor, int | float)]
    if len(floors) < len(runs):
        return None
    return floors[0] if all(math.isclose(floors[0], floor, rel_tol=1e-5) for floor in floors) else None


def _shared_dataset(runs: Sequence[Recorded]) -> Mapping[str, Any]:
    first = runs[0].fields("dataset")
    told = [(each.get("name"), each.get("description")) for each in (run.fields("dataset") for run in runs)]
    return first if len(set(map(str, told))) == 1 else {}
