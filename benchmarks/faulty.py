"""Writes, renames and syncs that fail when they are told to."""

from __future__ import annotations

import builtins
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Faults:
    """Counts writes, renames and syncs below a directory, and lets one of them fail, or all from one on.

    Args:
        place: files elsewhere are left alone.
        at: the operation, from 1; 0: none, operations are only counted.
        number: of the error.
        torn: half of what was to be written reaches the file.
        lasting: whatever follows fails too.
    """

    def __init__(self, place: Path, at: int, number: int, torn: bool, lasting: bool) -> None:
        self._place, self._at, self._number = str(place), at, number
        self._torn, self._lasting = torn, lasting
        self.count = 0

    def install(self) -> None:
        """Takes the places of the functions of this process that write."""
        write, sync, replace, rename = os.write, os.fsync, os.replace, os.rename
        opened = builtins.open

        def failing_write(handle: int, data: Any) -> int:
            if self._is_ours(handle) and self._due():
                if self._torn:
                    write(handle, bytes(data)[: len(data) // 2])
                raise OSError(self._number, os.strerror(self._number))
            return write(handle, data)

        def failing_sync(handle: int) -> None:
            if self._is_ours(handle):
                self._raise()
            sync(handle)

        def failing_replace(source: Any, target: Any, **options: Any) -> None:
            if self._is_below(target):
                self._raise()
            replace(source, target, **options)

        def failing_rename(source: Any, target: Any, **options: Any) -> None:
            if self._is_below(target):
                self._raise()
            rename(source, target, **options)

        def failing_open(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
            found = opened(file, mode, *arguments, **options)
            writing = not isinstance(file, int) and not set(mode).isdisjoint("wax+")
            return FaultyFile(found, self) if writing and self._is_below(file) else found

        os.write, os.fsync, os.replace, os.rename = (  # type: ignore[assignment]
            failing_write,
            failing_sync,
            failing_replace,
            failing_rename,
        )
        builtins.open = io.open = failing_open  # type: ignore[assignment]

    def written(self, file: Any, data: Any) -> int:
        """Writes into a file, unless that is to fail."""
        if self._due():
            if self._torn:
                file.write(data[: len(data) // 2])
                file.flush()
            raise OSError(self._number, os.strerror(self._number))
        return int(file.write(data))

    def _raise(self) -> None:
        if self._due():
            raise OSError(self._number, os.strerror(self._number))

    def _due(self) -> bool:
        self.count += 1
        return self.count == self._at or (self._lasting and 0 < self._at < self.count)

    def _is_ours(self, handle: int) -> bool:
        try:
            return self._is_below(Path(f"/proc/self/fd/{handle}").readlink())
        except OSError:
            return False

    def _is_below(self, path: Any) -> bool:
        absolute = os.path.abspath(os.fspath(path))  # noqa: PTH100 - may be bytes
        return str(absolute).startswith(self._place) and not str(absolute).endswith("said.txt")


class FaultyFile:
    """A file opened for writing whose writes can fail."""

    def __init__(self, file: Any, faults: Faults) -> None:
        self._file, self._faults = file, faults

    def write(self, data: Any) -> int:
        """Writes, unless that is to fail."""
        return self._faults.written(self._file, data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> FaultyFile:
        return self

    def __exit__(self, *reason: object) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._file)
