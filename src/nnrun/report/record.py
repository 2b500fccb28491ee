"""One run as the page has it: its summary in short, its learning curves and what its pictures show."""

from __future__ import annotations

import os
import stat
import struct
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from nnrun.config.defaults import differences
from nnrun.errors import Refused
from nnrun.plots.records import Archive
from nnrun.report.differing import spelled, typed_key
from nnrun.report.packing import Packing, rounded
from nnrun.report.thinning import Limits, evenly, thinned
from nnrun.runs.entry import Entry, reason_of
from nnrun.runs.reading import read_metrics
from nnrun.runs.writing import METRICS, PLOTS
from nnrun.words import words

Array = npt.NDArray[Any]

MOST_BYTES = 512 * 1024 * 1024
"""Of a metrics.csv or a plots.npz."""

LONGEST = 2000
"""Characters of any text that are shown."""

MOST_NAMES = 100
"""Of inputs, outputs or classes."""

_Content = TypeVar("_Content")
_DAMAGE = (OSError, ValueError, KeyError, TypeError, SyntaxError, struct.error, zipfile.BadZipFile, Refused)
_NO_CURVES = frozenset({"epoch", "step", "seconds"})


class Reader:
    """Runs for one page.

    Args:
        packing: takes their arrays.
        limits: how much of each.

    Attributes:
        facts: what they were trained on; each run has the place of its own, and many share one.
        names: of the inputs, outputs and classes of their data, likewise.
    """

    def __init__(self, packing: Packing, limits: Limits) -> None:
        self._packing, self._limits = packing, limits
        self._facts: dict[str, int] = {}
        self._names: dict[str, int] = {}
        self.facts: list[dict[str, str]] = []
        self.names: list[dict[str, list[str]]] = []

    def run(self, entry: Entry, label: str) -> tuple[dict[str, Any], list[str]]:
        """What the page knows of a run, and what could not be read of it."""
        notes: list[str] = []
        summary = entry.summary
        record = {
            "label": label,
            "title": _text(summary.get("name") or summary.get("title") or entry.directory.name),
            "status": entry.status,
            "ending": _ending(summary),
            "objective": _objective(entry),
            "numbers": _numbers(summary),
            "command": _text(summary.get("command") or ""),
            "changed": {
                typed_key(key): _text(spelled(value)) for key, value in differences(entry.config).items()
            },
            "facts": _shared(_facts(summary), self.facts, self._facts),
            "names": _shared(_names(summary), self.names, self._names),
            "verdicts": _verdicts(summary),
            "curves": self._curves(entry.directory, notes),
            "plots": self._plots(entry.directory, notes),
        }
        return record, notes

    def _curves(self, directory: Path, notes: list[str]) -> dict[str, int]:
        """Column of metrics.csv -> place of its values, `epoch` among them; only those that vary."""
        try:
            columns, skipped = _measured(_own(directory / METRICS))
        except _DAMAGE as error:
            notes.append(f"{METRICS}: {_reason(error)}")
            return {}
        if skipped:
            notes.append(
                f"{METRICS}: {skipped} {'row' if skipped == 1 else 'rows'} that could not be read left out"
            )
        if "epoch" not in columns or not len(columns["epoch"]):
            return {}
        kept = evenly(len(columns["epoch"]), self._limits.epochs)
        wanted = [name for name in columns if name not in _NO_CURVES and _varies(columns[name])]
        return self._packed({name: columns[name][kept] for name in ["epoch", *wanted]})

    def _plots(self, directory: Path, notes: list[str]) -> dict[str, Any]:
        """Name of an array of plots.npz -> its place."""
        try:
            plots = _archive(_own(directory / PLOTS))
            shown: dict[str, Any] = self._packed(thinned(plots, self._limits))
            if "confusion" in shown and "confusion_split" in plots:
                shown["confusion_split"] = _text(str(plots["confusion_split"].reshape(-1)[0]))
        except _DAMAGE as error:
            notes.append(f"{PLOTS}: {_reason(error)}")
            return {}
        return shown

    def _packed(self, arrays: Mapping[str, Array]) -> dict[str, int]:
        placed = {name: self._packing.add(array) for name, array in arrays.items()}
        return {name: place for name, place in placed.items() if place is not None}


def columns_of(directory: Path) -> int:
    """How many learning curves a run has; 1 where that cannot be read."""
    try:
        with _own(directory / METRICS).open(encoding="utf-8", errors="replace") as file:
            return max(1, len(file.readline(100_000).split(",")) - len(_NO_CURVES))
    except _DAMAGE:
        return 1


def _own(path: Path) -> Path:
    """`path`, if it is an ordinary file of its directory.

    Raises:
        OSError: it is missing.
        ValueError: it is a link, something else, or too large.
    """
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        raise ValueError("is a link, which is not followed")
    if not stat.S_ISREG(found.st_mode):
        raise ValueError("is no ordinary file")
    if found.st_size > MOST_BYTES:
        raise ValueError(f"is larger than {MOST_BYTES // (1024 * 1024)} MiB")
    return path


def _measured(path: Path) -> tuple[dict[str, Array], int]:
    """Columns of metrics.csv as `read_metrics` gives them, which takes over where not all rows are whole."""
    header, _, body = path.read_text("utf-8", errors="replace").partition("\n")
    names = header.split(",")
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            cells = np.fromstring(body.replace("\n", ","), sep=",") if body else np.empty(0)
        except (DeprecationWarning, ValueError):
            return read_metrics(path)
    rows = body.count("\n")
    if (
        not (body.endswith("\n") or not body)
        or len(cells) != rows * len(names)
        or body.count(",") != rows * (len(names) - 1)
    ):
        return read_metrics(path)
    return dict(zip(names, cells.reshape(-1, len(names)).T, strict=True)), 0


def _varies(values: Array) -> bool:
    """Whether there is a curve to draw: finite numbers, and not the same one all along."""
    known = values[np.isfinite(values)]
    return len(known) == 1 or bool(len(known) and (known != known[0]).any())


def _archive(path: Path) -> Mapping[str, Array]:
    """The arrays of plots.npz, compressed ones too."""
    try:
        return Archive(path)
    except (ValueError, struct.error):
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "is missing"
    if isinstance(error, zipfile.BadZipFile | Refused | struct.error):
        return "is damaged"
    return reason_of(error)


def _text(value: Any) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _objective(entry: Entry) -> float | None:
    """None where the run diverged or did not get that far."""
    if entry.status not in ("completed", "stopped", "interrupted"):
        return None
    return rounded(_mapping(entry.summary.get("objective")).get("value"))


def _numbers(summary: Mapping[str, Any]) -> dict[str, float | None]:
    """Final metrics on all parts, training time, and the epochs that it had."""
    final = {**_mapping(summary.get("final")), **_mapping(summary.get("test"))}
    told = {"epochs": summary.get("epochs"), "seconds": summary.get("seconds")}
    return {str(name): rounded(value) for name, value in {**final, **told}.items()}


def _ending(summary: Mapping[str, Any]) -> str:
    """Why a run did not reach its last epoch."""
    stop = _mapping(summary.get("stop"))
    reason, epoch = summary.get("error") or stop.get("reason"), stop.get("epoch")
    at = f"at epoch {epoch}" if isinstance(epoch, int) else ""
    return _text(": ".join(part for part in (at, str(reason or "")) if part))


def _facts(summary: Mapping[str, Any]) -> dict[str, str]:
    """What was trained on what, by label."""
    dataset, model = _mapping(summary.get("dataset")), _mapping(summary.get("model"))
    parameters = model.get("parameters")
    told = {
        "Data": _joined(dataset.get("name"), dataset.get("description")),
        "Model": _joined(model.get("name"), model.get("description"))
        + (f", {parameters:,} parameters" if isinstance(parameters, int) else ""),
        "Loss": summary.get("loss"),
        "Computed by": " on ".join(str(summary[key]) for key in ("engine", "device") if summary.get(key)),
    }
    return {label: _text(value) for label, value in told.items() if value}


def _names(summary: Mapping[str, Any]) -> dict[str, list[str]]:
    """What the columns of a table and its classes are called; empty lists where they have no names."""
    dataset = _mapping(summary.get("dataset"))
    listed = {part: dataset.get(part) for part in ("features", "targets", "classes")}
    return {
        part: [_text(name) for name in names[:MOST_NAMES]] if isinstance(names, list) else []
        for part, names in listed.items()
    }


def _joined(name: Any, description: Any) -> str:
    return ": ".join(str(part) for part in (name, description) if part)


def _verdicts(summary: Mapping[str, Any]) -> list[dict[str, str]]:
    """What nnrun said of the run, and the command to try next; a verdict that is not known is left out."""
    say = words("en")
    told = []
    for verdict in summary.get("verdicts") or ():
        try:
            text = say[f"verdict.{verdict['key']}"].format(**verdict["evidence"])
            told.append({"text": text, "command": _text(verdict["command"] or "")})
        except (KeyError, ValueError, TypeError, IndexError):
            continue
    return told


def _shared(content: _Content, contents: list[_Content], places: dict[str, int]) -> int:
    """The place of `content` in `contents`, which has each once; `places` has them by what they are."""
    place = places.setdefault(repr(content), len(contents))
    if place == len(contents):
        contents.append(content)
    return place
