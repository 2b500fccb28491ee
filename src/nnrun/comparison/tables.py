"""The tables of a comparison: a column for each of few, a row for each of many, and a row for each run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from nnrun.characters import number
from nnrun.comparison.comparison import LETTERS, Comparison
from nnrun.comparison.differences import keys_of
from nnrun.comparison.recorded import SEED, Recorded
from nnrun.comparison.settings import Setting, Spread
from nnrun.plots.axis import short_names

Row = tuple[object, ...]

MOST_PARAMETERS = 8
"""Learned values that have a row each."""


def side_by_side(found: Comparison, everything: bool) -> tuple[tuple[str, ...], list[Row]]:
    """Names of the columns, and a row for each key in which they differ and each measure.

    Args:
        found: few enough for a column each.
        everything: all keys, all metrics, versions and the state of the code.
    """
    letters = LETTERS[: len(found.units)]
    rows = [*_configured(found, everything), *_outcomes(found, everything), *_parameters(found)]
    if everything:
        rows += _provenance(found)
    return ("", *letters), rows


def by_setting(found: Comparison) -> tuple[tuple[str, ...], list[Row]]:
    """A row for each setting, the best one first."""
    keys = [key for key in found.keys if key != SEED]
    names = {setting.typical.objective_name for setting in found.settings}
    repeated = any(len(setting.by_seed) > 1 for setting in found.settings)
    lost = any(setting.lost for setting in found.settings)
    goal = found.goal
    head = [*short_names(keys), *([] if len(names) == 1 else ["objective"])]
    head.append(f"{'median ' if repeated else ''}{names.copy().pop() if len(names) == 1 else 'value'}")
    head += ["lowest", "highest", "runs"] if repeated else []
    head += ["lost"] if lost else []
    head += [f"epochs to {number(goal.loss)}"] if goal is not None else []
    rows = []
    for setting in found.ranked:
        spread = setting.objective
        row: list[object] = [setting.values.get(key) for key in keys]
        row += [] if len(names) == 1 else [setting.typical.objective_name]
        row.append(_median(setting, spread))
        row += [_known(spread.lowest), _known(spread.highest), len(setting.distinct)] if repeated else []
        row += [setting.lost] if lost else []
        row += [_whole(found.epochs_to_goal(setting))] if goal is not None else []
        rows.append(tuple(row))
    return tuple(head), rows


def by_run(found: Comparison) -> list[dict[str, object]]:
    """Column -> value of each run, for a program: numbers in full, None for what is not there."""
    keys, columns = keys_of(found.runs), _columns(found.runs)
    units = {id(run): place for place, unit in enumerate(found.units) for run in unit.runs}
    return [
        {
            "run": run.directory.as_posix(),
            "setting": units[id(run)],
            "status": run.status,
            **{key: run.config.get(key) for key in keys},
            "objective": _known(run.objective),
            "objective_name": run.objective_name or None,
            **{column: run.numbers.get(column) for column in columns},
            "best": None if run.best is None else run.best[0],
            "best_epoch": None if run.best is None else run.best[1],
            "epochs_done": run.summary.get("epochs"),
            "goal": None if found.goal is None else found.goal.loss,
            "epochs_to_goal": None if found.goal is None else _whole(found.goal.epoch(run)),
            "seconds": run.summary.get("seconds"),
        }
        for run in found.runs
    ]


def _configured(found: Comparison, everything: bool) -> Iterator[Row]:
    keys = keys_of(found.runs) if everything else list(found.unit_keys)
    for key in keys:
        yield key, *(_common(unit, key) for unit in found.units)


def _common(unit: Setting, key: str) -> str | None:
    """The value of a key; of several, how many there are."""
    values = dict.fromkeys(run.config.get(key) for run in unit.runs)
    return next(iter(values)) if len(values) == 1 else f"{len(values)} values"


def _outcomes(found: Comparison, everything: bool) -> Iterator[Row]:
    units = found.units
    if any(len(unit.runs) > 1 for unit in units):
        yield "runs", *(len(unit.distinct) for unit in units)
    if any(run.status != "completed" for run in found.runs):
        yield "status", *(_statuses(unit) for unit in units)
    for column in _shown(found, everything):
        yield from _spread_rows(found, column)
    yield from _best_rows(found)
    if everything or any(str(run.summary.get("epochs")) != run.config.get("epochs") for run in found.runs):
        yield "epochs done", *(_whole(unit.spread(_epochs).median) for unit in units)
    if found.goal is not None:
        yield f"epochs to {number(found.goal.loss)}", *(_whole(found.epochs_to_goal(unit)) for unit in units)
    if any(found.gaps):
        yield "fit differs from A", *(None if gap is None else gap.size or 0 for gap in found.gaps)
        if any(gap is not None and gap.place for gap in found.gaps):
            yield "  most at", *((gap.place or None) if gap is not None else None for gap in found.gaps)


def _statuses(unit: Setting) -> str:
    """One word, or how many ended how."""
    statuses = [run.status for run in unit.distinct]
    counts = {status: statuses.count(status) for status in dict.fromkeys(statuses)}
    if len(counts) == 1:
        return statuses[0]
    return ", ".join(f"{count} {status}" for status, count in counts.items())


def _spread_rows(found: Comparison, column: str) -> Iterator[Row]:
    """The final number, or the median with the lowest and the highest below it."""
    greater = any(run.greater_is_better and run.objective_name == column for run in found.runs)
    spreads = [unit.spread(lambda run: run.numbers.get(column, math.nan), greater) for unit in found.units]
    repeated = any(len(unit.distinct) > 1 for unit in found.units)
    part, _, measure = column.partition("/")
    name = f"{measure} on new points" if part == "test" else f"{'median' if repeated else 'final'} {column}"
    yield name, *(_known(spread.median) for spread in spreads)
    if repeated:
        yield "  lowest", *(_known(spread.lowest) for spread in spreads)
        yield "  highest", *(_known(spread.highest) for spread in spreads)


def _best_rows(found: Comparison) -> Iterator[Row]:
    names = {str(run.fields("best").get("name")) for run in found.runs if run.best is not None}
    if not names:
        return
    name = names.pop() if len(names) == 1 else "loss"
    best = [unit.spread(lambda run: math.nan if run.best is None else run.best[0]) for unit in found.units]
    middle = "median " if any(len(unit.distinct) > 1 for unit in found.units) else ""
    yield f"{middle}best {name}", *(_known(spread.median) for spread in best)
    if all(len(unit.distinct) == 1 for unit in found.units):
        runs = [unit.typical for unit in found.units]
        yield "  at epoch", *(None if run.best is None else run.best[1] for run in runs)


def _columns(runs: Sequence[Recorded]) -> list[str]:
    """Of what the runs were measured by: training, validation, new points."""
    known: dict[str, None] = {}
    for run in runs:
        known |= dict.fromkeys(run.numbers)
    return list(known)


def _shown(found: Comparison, everything: bool) -> list[str]:
    """Losses, accuracies and objectives; or everything."""
    objectives = {run.objective_name for run in found.runs}
    return [
        column
        for column in _columns(found.runs)
        if everything or column in objectives or column.endswith(("/loss", "/accuracy"))
    ]


def _parameters(found: Comparison) -> Iterator[Row]:
    """Learned values beside the true ones, where these are known."""
    truths: dict[str, float] = {}
    for run in found.runs:
        truths = {**run.true_parameters, **truths}
    for name in list(truths)[:MOST_PARAMETERS]:
        values = [unit.spread(_learned(name)) for unit in found.units]
        yield f"{name} (true {truths[name]:.4g})", *(_digits(spread) for spread in values)


def _learned(name: str) -> Callable[[Recorded], float]:
    return lambda run: run.parameters.get(name, math.nan)


def _digits(spread: Spread) -> str | None:
    return f"{spread.median:.4g}" if math.isfinite(spread.median) else None


def _provenance(found: Comparison) -> Iterator[Row]:
    """Versions and the state of the code, of the typical run of each unit."""
    runs = [unit.typical for unit in found.units]
    versions = dict.fromkeys(name for run in runs for name in run.fields("versions"))
    for name in versions:
        yield f"version of {name}", *(_text(run.fields("versions").get(name)) for run in runs)
    for name, key in (
        ("git commit", "git_commit"),
        ("config hash", "config_hash"),
        ("started", "started"),
        ("seconds", "seconds"),
        ("command", "command"),
    ):
        yield name, *(_plain(run.summary.get(key)) for run in runs)


def _plain(value: Any) -> object:
    return value if value is None or isinstance(value, int | float) else _text(value)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _median(setting: Setting, spread: Spread) -> object:
    """The number, or how the middle run ended."""
    return spread.median if math.isfinite(spread.median) else setting.typical.status


def _epochs(run: Recorded) -> float:
    done = run.summary.get("epochs")
    return float(done) if isinstance(done, int) else math.nan


def _whole(value: float) -> object:
    """A number of epochs; of a median perhaps a half."""
    if not math.isfinite(value):
        return None
    return int(value) if value == int(value) else value


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
