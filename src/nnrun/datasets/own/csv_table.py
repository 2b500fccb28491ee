"""The dataset `csv`: a table from a file of the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nnrun.characters import visible
from nnrun.datasets.own.asked import AskedDecimal, AskedTask, Delimiter, Missing, Reading
from nnrun.datasets.own.complaints import listed, shortened
from nnrun.datasets.scaling import Scaling
from nnrun.datasets.source import Extreme, Source, Wording
from nnrun.errors import BadInput
from nnrun.schema import Count, Seed
from nnrun.words.notes import Note

if TYPE_CHECKING:
    from nnrun.datasets.own.table import Table

DIGITS_SHOWN = 12
"""Of a hash."""


def csv(
    *,
    seed: Seed = 0,
    path: str | None = None,
    target: tuple[str, ...] | None = None,
    features: tuple[str, ...] | None = None,
    categorical: tuple[str, ...] | None = None,
    header: bool = True,
    delimiter: Delimiter = "auto",
    decimal: AskedDecimal = "auto",
    missing: Missing = "refuse",
    task: AskedTask = "auto",
    samples: Count | None = None,
    standardize: bool = True,
    sha256: str | None = None,
) -> Source:
    """A table of your own from a CSV or TSV file: one row per sample, one or several columns to predict."""
    if path is None:
        raise BadInput("dataset.path is missing; write dataset.path=FILE, such as data.csv")
    from nnrun.datasets.own.table import table_of

    reading = Reading(
        path, target or (), features, categorical or (), header, delimiter, decimal, missing, task, samples
    )
    table = table_of(reading)
    if sha256 is not None and sha256.lower() != table.sha256:
        raise BadInput(
            f"dataset.sha256={visible(sha256)[:DIGITS_SHOWN]}...: {visible(path)} has"
            f" {table.sha256[:DIGITS_SHOWN]}...: it holds other data"
        )
    task_found = "classification" if table.classes else "regression"
    regression = task_found == "regression"
    needed = standardize or missing == "mean"
    marks = table.numeric if standardize else (False,) * len(table.features)
    return Source(
        name="csv",
        wording=_wording(path, table, standardize),
        task="regression" if regression else "classification",
        inputs=len(table.features),
        outputs=table.y.shape[1] if regression else len(table.classes),
        samples=len(table.x),
        seed=seed,
        draw=lambda rng: (table.x, table.y),
        title=shortened(Path(path).name),
        scaling=Scaling(marks, standardize and regression) if needed else None,
        features=table.features,
        columns=() if all(table.numeric) else table.columns,
        targets=table.targets,
        classes=table.classes,
        sha256=table.sha256,
        extreme=None if standardize else Extreme(*table.largest),
        notes=_notes(table),
    )


def _wording(path: str, table: Table, standardize: bool) -> Wording:
    fields = {
        "path": visible(path),
        "samples": len(table.x),
        "features": listed(table.features, 4),
        "targets": listed(table.targets, 4),
    }
    kind = "classes" if table.classes else "numbers"
    if table.classes:
        fields["classes"] = len(table.classes)
    return Wording(f"data.table.{kind}{'.standardized' if standardize else ''}", fields)


def _notes(table: Table) -> tuple[Note, ...]:
    notes = []
    if len(table.x) < table.rows:
        notes.append(Note("note.dropped", {"dropped": table.rows - len(table.x), "rows": table.rows}))
    if table.constant:
        notes.append(Note("note.constant_features", {"names": listed(table.constant)}))
    if table.unrepeated:
        notes.append(Note("note.unrepeated_texts", {"names": listed(table.unrepeated)}))
    if table.counting:
        notes.append(Note("note.row_numbers", {"names": listed(table.counting)}))
    return tuple(notes)
