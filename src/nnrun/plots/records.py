"""Records of runs for drawing them by the thousand: an array is read when a picture asks for it."""

from __future__ import annotations

import functools
import json
import math
import struct
import zlib
from ast import literal_eval
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.errors import Refused
from nnrun.runs.reading import RunRecord, read_metrics, read_run
from nnrun.runs.writing import METRICS, PLOTS, SUMMARY

Array = npt.NDArray[Any]

_END, _ENTRY, _LOCAL = struct.Struct("<4s4H2LH"), struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s5H3L2H")
"""Parts of a ZIP file: its end, an entry of its directory, what stands before a member."""

_LAST = b"PK\5\6"
"""With which the end begins."""


def read(directory: Path) -> RunRecord:
    """The record of a run, as `read_run` gives it.

    Raises:
        Refused: a file is missing or damaged; of plots.npz, as far as that shows without reading its arrays.
    """
    try:
        summary = json.loads((directory / SUMMARY).read_bytes())
        plots = Archive(directory / PLOTS)
        metrics, skipped = _metrics(directory / METRICS)
    except (OSError, ValueError, struct.error):
        return read_run(directory)
    return RunRecord(directory, metrics, summary, plots, skipped)


def _metrics(path: Path) -> tuple[dict[str, npt.NDArray[np.float64]], int]:
    """All numbers at once, which takes whole rows alone; `read_metrics` where some are not."""
    header, _, body = path.read_text("utf-8").partition("\n")
    names = header.split(",")
    lines = body.split("\n")
    if lines.pop() or any(line.count(",") != len(names) - 1 for line in lines):
        return read_metrics(path)
    try:
        table = np.array([float(cell) for cell in ",".join(lines).split(",")] if lines else [])
    except ValueError:
        return read_metrics(path)
    columns = table.reshape(-1, len(names)).T
    return dict(zip(names, columns, strict=True)), 0


class Archive(Mapping[str, Array]):
    """The arrays of an .npz file that is not compressed.

    Args:
        path: of the file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is compressed, or too large.
        Refused: it is no whole ZIP file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._content = path.read_bytes()
        if self._content.rfind(_LAST) < 0:
            raise Refused(f"{path.parent} cannot be read as a run: {path.name} is no whole ZIP file")
        self._members = dict(_directory(self._content))
        self._arrays: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        if name not in self._arrays:
            self._arrays[name] = self._array(*self._members[name])
        return self._arrays[name]

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def _array(self, start: int, size: int, checksum: int) -> Array:
        part = _LOCAL.unpack_from(self._content, start)
        begin = start + _LOCAL.size + part[-2] + part[-1]
        content = memoryview(self._content)[begin : begin + size]
        if zlib.crc32(content) != checksum:
            raise Refused(f"{self._path.parent} cannot be read as a run: {PLOTS} is damaged")
        length = struct.unpack_from("<H" if content[6] == 1 else "<I", content, 8)[0]
        first = (10 if content[6] == 1 else 12) + length
        dtype, shape, order = _described(bytes(content[first - length : first]))
        return np.frombuffer(content, dtype, math.prod(shape), first).reshape(shape, order=order)


@functools.lru_cache(1024)
def _described(header: bytes) -> tuple[np.dtype[Any], tuple[int, ...], Any]:
    """Type, shape and order of an array in NumPy's format."""
    said = literal_eval(header.decode("latin-1"))
    return np.dtype(said["descr"]), said["shape"], "F" if said["fortran_order"] else "C"


def _directory(content: bytes) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Array -> where its member begins, how long it is, and its checksum."""
    _, _, _, _, count, _, at, _ = _END.unpack_from(content, content.rfind(_LAST))
    for _ in range(count):
        entry = _ENTRY.unpack_from(content, at)
        (signature, method), (checksum, packed, size), names = (entry[0], entry[4]), entry[7:10], entry[10:13]
        start = entry[-1]
        if signature != b"PK\1\2" or method or packed != size or max(size, start) == 0xFFFFFFFF:
            raise ValueError("compressed, or more than 4 GiB")
        name = content[at + _ENTRY.size : at + _ENTRY.size + names[0]].decode()
        yield name.removesuffix(".npy"), (start, size, checksum)
        at += _ENTRY.size + sum(names)
