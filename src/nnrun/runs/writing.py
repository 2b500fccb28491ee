"""A run directory while its run lives: metrics appended row by row, everything else replaced whole."""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.runs.files import explaining, write_atomically
from nnrun.runs.locking import RunLock

METRICS, SUMMARY, WEIGHTS, PLOTS = "metrics.csv", "summary.json", "model.safetensors", "plots.npz"


class RunWriter:
    """The only writer of one run directory; holds its lock until `close`.

    Args:
        directory: claimed, empty but for Hydra's own files.
        columns: of metrics.csv.
        digits: significant ones of a measured number, enough to tell two numbers of the run's dtype apart.
        summary: what is known before training, status included.

    Raises:
        EnvironmentFault: the disk is in the way.
    """

    def __init__(
        self, directory: Path, columns: Sequence[str], digits: int, summary: Mapping[str, Any]
    ) -> None:
        self.directory = directory
        self._number = f"%.{digits}g"
        self._lock = RunLock(directory)
        self._metrics = directory / METRICS
        with explaining(self._metrics):
            self._handle = os.open(self._metrics, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o666)
        self._append(",".join(columns))
        self.summarise(summary)

    def row(self, epoch: int, step: int, values: Sequence[float], seconds: float) -> None:
        """Appends one epoch, as one whole line."""
        numbers = [self._number % value for value in values]
        self._append(",".join([str(epoch), str(step), *numbers, f"{seconds:.6f}"]))

    def _append(self, line: str) -> None:
        content = f"{line}\n".encode()
        with explaining(self._metrics):
            written = os.write(self._handle, content)
            if written < len(content):
                os.write(self._handle, content[written:])

    def summarise(self, summary: Mapping[str, Any]) -> None:
        """Replaces summary.json."""
        text = json.dumps(_finite(summary), indent=2, ensure_ascii=False, allow_nan=False)
        write_atomically(self.directory / SUMMARY, f"{text}\n".encode("utf-8", "backslashreplace"))

    def weights(self, named: Mapping[str, npt.NDArray[Any]]) -> None:
        """Replaces model.safetensors."""
        from safetensors.numpy import save

        write_atomically(self.directory / WEIGHTS, save(dict(named)))

    def plots(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Replaces plots.npz."""
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)  # type: ignore[arg-type]  # NumPy's stub takes allow_pickle for any keyword
        write_atomically(self.directory / PLOTS, buffer.getvalue())

    def close(self) -> None:
        """Lets go of the directory."""
        os.close(self._handle)
        self._lock.release()


def _finite(value: Any) -> Any:
    """`value` as JSON has it: plain types, null for what is not finite."""
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return _finite(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value
