"""What a run measured, epoch by epoch: columns of metrics.csv as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias, final

import numpy as np
import numpy.typing as npt

from nnrun.api.complaints import pandas
from nnrun.registry import suggestion

if TYPE_CHECKING:
    import pandas as pd

Column: TypeAlias = npt.NDArray[np.float64]


@final
class Metrics(Mapping[str, Column]):
    """Name of a column, such as `train/loss` -> its values, shape (epoch,).

    Args:
        columns: all of one length.
    """

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self._columns = dict(columns)

    def __getitem__(self, name: str) -> Column:
        """A column.

        Raises:
            KeyError: there is none of this name; its text has those that there are.
        """
        if name not in self._columns:
            near = suggestion(str(name), list(self._columns))
            raise KeyError(f"{name}: no such column{near} columns: {', '.join(self._columns)}")
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __repr__(self) -> str:
        epochs = max(map(len, self._columns.values()), default=0)
        return f"<metrics of {epochs} epochs: {', '.join(self._columns)}>"

    def to_pandas(self) -> pd.DataFrame:
        """A table with a row for each epoch.

        Raises:
            EnvironmentFault: pandas is not installed.
        """
        frame: pd.DataFrame = pandas("to_pandas()").DataFrame(self._columns)
        return frame
