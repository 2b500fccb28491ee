"""A saved run on one page: what it was, how it went, what it came to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nnrun.characters import number, values, visible
from nnrun.commands.inspecting import Inspected, mapping
from nnrun.commands.listed import local_time
from nnrun.commands.sparkline import ASCII, BARS, sparkline
from nnrun.commands.tabulating import Table, encodable, rendered
from nnrun.config.defaults import differences
from nnrun.filters import assigned
from nnrun.metrics import metrics
from nnrun.words import words

LABEL_WIDTH = 10

_UNMEASURED = frozenset(("epoch", "step", "lr", "seconds"))
"""Columns of metrics.csv that have no best value."""


def page(run: Inspected, everything: bool, width: int | None) -> str:
    """The page as text.

    Args:
        run: to show.
        everything: all of its configuration, not only what differs from the defaults.
        width: of the terminal; None where there is none.
    """
    room = None if width is None else width - LABEL_WIDTH
    summary = run.entry.summary
    parts = [
        *_head(run),
        ("settings", _settings(run.entry.config, everything)),
        ("metrics", _table(_courses(run), room)),
        ("final", _table(_final(summary), room)),
        ("learned", _table(_learned(summary), room)),
        ("verdict", list(verdicts(summary))),
        ("files", _table(files(run), room)),
        ("problem", list(run.problems)),
        ("log", run.log if run.entry.status == "failed" else []),
    ]
    return labelled(parts)


def labelled(parts: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Lines under labels; what has no lines is left out, and control characters are spelled out."""
    lines = []
    for label, texts in parts:
        for place, text in enumerate(texts):
            lines.append(f"{'' if place else label:<{LABEL_WIDTH}}{visible(text)}".rstrip())
    return "\n".join(lines)


def courses(run: Inspected) -> dict[str, dict[str, float | int | None]]:
    """Column of metrics.csv -> its first and last value, its best one, and in which epoch that was."""
    epochs = run.metrics.get("epoch", np.empty(0))
    return {
        name: {"first": float(column[0]), "last": float(column[-1]), **_best(name, column, epochs)}
        for name, column in run.metrics.items()
        if name != "epoch" and len(column)
    }


def verdicts(summary: Mapping[str, Any]) -> Iterator[str]:
    """What was said of the run, each with the command to try next."""
    said, say = summary.get("verdicts"), words("en")
    for verdict in said if isinstance(said, list) else ():
        if not isinstance(verdict, dict):
            continue
        key, command = verdict.get("key"), verdict.get("command")
        try:
            text = say[f"verdict.{key}"].format(**mapping(verdict, "evidence"))
        except (LookupError, ValueError, TypeError, AttributeError):
            text = str(key)
        yield say["verdict.try"].format(text=text, command=command) if isinstance(command, str) else text


def files(run: Inspected) -> Table | None:
    """Name and size of each."""
    rows = tuple((file.name, f"{file.size:,} bytes" if not file.kind else file.kind) for file in run.files)
    return Table(("name", "size"), rows) if rows else None


def _head(run: Inspected) -> list[tuple[str, list[str]]]:
    """What it is, how it ended, when, and by which command."""
    summary = run.entry.summary
    tags = summary.get("tags")
    texts = {
        "run": str(run.directory),
        "title": summary.get("title"),
        "name": summary.get("name"),
        "tags": ", ".join(map(str, tags)) if isinstance(tags, list) else None,
        "status": _ending(run),
        "when": _when(summary),
        "command": summary.get("command"),
    }
    return [(label, [str(text)]) for label, text in texts.items() if text]


def _ending(run: Inspected) -> str:
    summary, status = run.entry.summary, run.entry.status
    stop, error = mapping(summary, "stop"), summary.get("error")
    if status in ("failed", "interrupted") and error:
        return f"{status}: {error}"
    at = f" at epoch {stop['epoch']}" if "epoch" in stop else ""
    return f"{status}{at}: {stop['reason']}" if stop.get("reason") else f"{status}{at}"


def _when(summary: Mapping[str, Any]) -> str:
    started, seconds, epochs = (summary.get(name) for name in ("started", "seconds", "epochs"))
    told = [local_time(started)] if isinstance(started, str) else []
    if isinstance(epochs, int):
        told.append(f"{epochs} epoch{'' if epochs == 1 else 's'}")
    if isinstance(seconds, int | float):
        told.append(f"{number(float(seconds))} s")
    return ", ".join(told)


def _settings(config: Mapping[str, Any], everything: bool) -> list[str]:
    chosen = dict(config) if everything else differences(config)
    if config and not chosen:
        return ["the defaults"]
    return [assigned(key, value) for key, value in chosen.items()]


def _best(name: str, column: Any, epochs: Any) -> dict[str, float | int | None]:
    """The least value, or the greatest where that is better; none where that is not known."""
    measured = name.rpartition("/")[2]
    finite = np.flatnonzero(np.isfinite(column))
    if name in _UNMEASURED or not len(finite) or (measured != "loss" and measured not in metrics):
        return {"best": None, "best_epoch": None}
    greater = measured != "loss" and metrics.build(measured).greater_is_better
    place = finite[(np.argmax if greater else np.argmin)(column[finite])]
    return {"best": float(column[place]), "best_epoch": int(epochs[place])}


def _courses(run: Inspected) -> Table | None:
    heights = BARS if encodable(BARS) else ASCII
    rows = tuple(
        (name, *course.values(), sparkline(run.metrics[name].tolist(), heights))
        for name, course in courses(run).items()
        if name not in ("step", "seconds")
    )
    return Table(("column", "first", "last", "best", "epoch", "curve"), rows) if rows else None


def _final(summary: Mapping[str, Any]) -> Table | None:
    """What the final weights measure: metric by split."""
    measured = {**mapping(summary, "final"), **mapping(summary, "test")}
    pairs = [name.partition("/") for name in measured]
    splits, names = (tuple(dict.fromkeys(pair[place] for pair in pairs)) for place in (0, 2))
    rows = tuple(
        (name, *(_finite(measured.get(f"{split}/{name}")) for split in splits)) for name in names if name
    )
    return Table(("metric", *splits), rows) if rows else None


def _finite(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None


def _learned(summary: Mapping[str, Any]) -> Table | None:
    """Each parameter of a small model, beside the true one where it is known."""
    parameters = mapping(summary, "parameters")
    learned, true, noise = (
        mapping(parameters, "learned"),
        mapping(parameters, "true"),
        parameters.get("noise_mean"),
    )
    if not learned:
        return None
    rows: list[tuple[object, ...]] = [
        (name, _array(value), _array(true[name]) if name in true else None) for name, value in learned.items()
    ]
    if "bias" in true and noise:
        rows.append(("", None, f"of the bias, {number(_finite(noise))} is the mean of the noise"))
    return Table(("parameter", "learned", "true"), tuple(rows))


def _array(array: object) -> str:
    try:
        return values(array)
    except (TypeError, ValueError, IndexError):
        return str(array)


def _table(table: Table | None, room: int | None) -> list[str]:
    return [] if table is None else rendered(table, "text", room).splitlines()
