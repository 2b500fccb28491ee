"""A run directory while its run lives: metrics appended row by row, everything else replaced whole."""

from __future__ import annotations

import contextlib
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
from nnrun.secrets import redacted

METRICS, SUMMARY, WEIGHTS, PLOTS = "metrics.csv", "summary.json", "model.safetensors", "plots.npz"


class RunWriter:
    """The only writer of one run directory.

    A lone run's holds the directory's lock until `close`, and what it writes is on disk when a method has
    returned. A member's leaves the lock to its sweep, and syncing and the moment of `flush` to its
    population: the thousand files of one are not held open.

    Args:
        directory: claimed, empty but for Hydra's own files.
        columns: of metrics.csv.
        digits: significant ones of a measured number, enough to tell two numbers of the run's dtype apart.
        summary: what is known before training, status included.
        member: whether the run is one of a population.
        keep: bytes of an existing metrics.csv that stay, what follows being dropped; None for a new run.

    Raises:
        EnvironmentFault: the disk is in the way.
    """

    def __init__(
        self,
        directory: Path,
        columns: Sequence[str],
        digits: int,
        summary: Mapping[str, Any],
        member: bool = False,
        keep: int | None = None,
    ) -> None:
        self.directory = directory
        # Between epoch and step in front and seconds at the end.
        self._row = f"%d,%d,{f'%.{digits}g,' * (len(columns) - 3)}%.6f\n"
        self._waiting: list[str] = []
        self._lock = None if member else RunLock(directory)
        self._metrics = directory / METRICS
        self._handle: int | None = None
        try:
            self._begin(f"{','.join(columns)}\n", keep)
            self.summarise(summary)
        except BaseException:
            self._free()
            raise

    def _begin(self, header: str, keep: int | None) -> None:
        """Opens metrics.csv and writes what it lacks."""
        with explaining(self._metrics):
            self._handle = self._opened(os.O_EXCL if keep is None else 0)
            if keep is not None:
                os.ftruncate(self._handle, keep)
        if not keep:
            self._waiting.append(header)
        self.flush()
        if self._lock is None:
            self._let_go()

    def row(self, epoch: int, step: int, values: Sequence[float], seconds: float) -> None:
        """Appends one epoch, as one whole line; a member's waits for `flush`."""
        self._waiting.append(self._row % (epoch, step, *values, seconds))
        if self._lock is not None:
            self.flush()

    def flush(self) -> None:
        """Writes the lines that wait."""
        if not self._waiting:
            return
        content = "".join(self._waiting).encode()
        self._waiting.clear()
        with explaining(self._metrics):
            handle = self._opened() if self._handle is None else self._handle
            before = os.fstat(handle).st_size
            try:
                while content:
                    content = content[os.write(handle, content) :]
            except OSError:
                self._take_back(handle, before)
                raise
            finally:
                if self._handle is None:
                    os.close(handle)

    def _take_back(self, handle: int, size: int) -> None:
        """Leaves the whole rows from before a write that failed, and no empty file."""
        with contextlib.suppress(OSError):
            os.ftruncate(handle, size)
            if not size:
                self._metrics.unlink()

    def mark(self) -> int:
        """Bytes of metrics.csv, of which a lone run's are on disk when this returns."""
        self.flush()
        with explaining(self._metrics):
            if self._handle is None:
                return self._metrics.stat().st_size
            os.fsync(self._handle)
            return os.fstat(self._handle).st_size

    def _opened(self, flags: int = 0) -> int:
        return os.open(self._metrics, os.O_WRONLY | os.O_CREAT | os.O_APPEND | flags, 0o666)

    def summarise(self, summary: Mapping[str, Any]) -> None:
        """Replaces summary.json."""
        write_summary(self.directory, summary, sync=self._lock is not None)

    def weights(self, named: Mapping[str, npt.NDArray[Any]]) -> None:
        """Replaces model.safetensors."""
        from safetensors.numpy import save

        self._replace(WEIGHTS, save(dict(named)))

    def plots(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Replaces plots.npz."""
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)  # type: ignore[arg-type]  # NumPy's stub takes allow_pickle for any keyword
        self._replace(PLOTS, buffer.getvalue())

    def _replace(self, name: str, content: bytes) -> None:
        write_atomically(self.directory / name, content, sync=self._lock is not None)

    def withdraw(self) -> None:
        """Takes back a member's run, whose population could not be trained: its files are gone."""
        self._waiting.clear()
        for name in (METRICS, SUMMARY, WEIGHTS, PLOTS):
            (self.directory / name).unlink(missing_ok=True)

    def close(self) -> None:
        """Lets go of the directory."""
        try:
            self.flush()
        finally:
            self._free()

    def _free(self) -> None:
        self._let_go()
        if self._lock is not None:
            self._lock.release()

    def _let_go(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def write_summary(directory: Path, summary: Mapping[str, Any], sync: bool = True) -> None:
    """Replaces the summary.json of a run or a sweep: null for what is not finite, and no secrets."""
    text = json.dumps(_finite(summary), indent=2, ensure_ascii=False, allow_nan=False)
    write_atomically(directory / SUMMARY, f"{text}\n".encode("utf-8", "backslashreplace"), sync)


def _finite(value: Any) -> Any:
    """`value` as JSON has it: plain types, null for what is not finite."""
    # By far the most values, told by their exact types: asking for abstract ones takes several times as long.
    kind = type(value)
    if kind is float:
        return value if math.isfinite(value) else None
    if kind is int or kind is bool or value is None:
        return value
    if kind is dict or isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return _finite(value.tolist())
    if isinstance(value, str):
        return redacted(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
