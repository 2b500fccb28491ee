"""Samples that a caller wants predicted: arrays of inputs, or tables in the data's own columns and texts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nnrun.errors import BadInput

if TYPE_CHECKING:
    from nnrun.config import Binding
    from nnrun.prediction.columns import Columns

TABLE = "x, as a table with its header in row 1"
"""What a table is called in messages, which count its rows as `nnrun predict --csv` does."""


def samples_of(x: Any, binding: Binding, is_scaled: bool) -> npt.NDArray[np.float64]:
    """Inputs of the network (sample, feature), in the units of the data.

    Args:
        x: the same as numbers; or rows that have the table's texts among their cells; or a pandas table, of
            which the columns are found by name and others are passed over.
        binding: of the run.
        is_scaled: numbers are standardized before they reach the network, so that float64's range is theirs.

    Raises:
        BadInput: it has another shape, lacks a column, or has cells that this run cannot read.
    """
    from nnrun.prediction.columns import Columns

    fills = binding.spec.dataset.options.get("missing") == "mean"
    columns = Columns.of(binding.source, fills, is_scaled=is_scaled)
    named = [name for name in getattr(x, "columns", ()) if isinstance(name, str)]
    if set(named) & set(columns.inputs):
        return _read(x.to_csv(index=False), columns, binding.spec.dtype)
    try:
        samples = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError) as error:
        if not any(columns.categories):
            raise BadInput(f"x: holds something else than numbers ({error})") from error
        return _read(_written(x, columns), columns, binding.spec.dtype)
    if samples.ndim == 1 and columns.width == 1:
        samples = samples[:, None]
    if samples.ndim != 2 or samples.shape[1] != columns.width:
        raise BadInput(
            f"x: has shape {samples.shape}; samples of this run have shape (samples, {columns.width})"
        )
    return samples


def _written(x: Any, columns: Columns) -> str:
    """Rows of cells in the order of the data's columns, as a table with a header.

    Raises:
        BadInput: they are no rows.
    """
    rows = list(x) if isinstance(x, Iterable) and not isinstance(x, str) else [x]
    content = io.StringIO()
    writer = csv.writer(content)
    writer.writerow(columns.inputs)
    for row in rows:
        if isinstance(row, str) or not isinstance(row, Iterable):
            wanted = ", ".join(columns.inputs)
            raise BadInput(f"x: {row!r} is no sample; a sample of this run is a list of {wanted}")
        writer.writerow(row)
    return content.getvalue()


def _read(text: str, columns: Columns, dtype: str) -> npt.NDArray[np.float64]:
    """The inputs of a table, each text as an input of its own."""
    from nnrun.prediction.samples import from_csv

    return from_csv(text, TABLE, columns, dtype).x
