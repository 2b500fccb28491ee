"""Checkpoints: where training stands, as NumPy arrays in one file whose every array has a checksum."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.errors import Refused
from nnrun.runs.entry import reason_of, require_regular
from nnrun.runs.files import write_atomically
from nnrun.runs.writing import METRICS

CHECKPOINT = "checkpoint.npz"
"""Of a lone run, in its directory."""

POPULATIONS = ".checkpoints"
"""The directory of a sweep that holds one checkpoint for each population."""

START_OVER = "delete it to train from the beginning"

FORMAT = 1
_ABOUT = "about"
_HEADERS = 64 * 1024
"""Bytes that names and descriptions of arrays may take beside the arrays themselves."""

_LARGEST = 1 << 62
_DAMAGE = (OSError, ValueError, KeyError, TypeError, EOFError, NotImplementedError, zipfile.BadZipFile)

Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Checkpoint:
    """Where the runs of one population stood after an epoch that was whole.

    Attributes:
        arrays: what training needs to go on, by name.
        runs: their directories, relative to the one whose checkpoint it is, in the order of the members.
        hashes: of what each run is; another run's checkpoint has others.
        marks: bytes of each run's metrics.csv that belong to it.
    """

    arrays: Arrays
    runs: Sequence[str]
    hashes: Sequence[str]
    marks: Sequence[int]


def place_of(directories: Sequence[Path], root: Path | None) -> Path:
    """The checkpoint of a population, or of a lone run, whose `root` is None."""
    if root is None:
        return directories[0] / CHECKPOINT
    return root / POPULATIONS / f"{directories[0].relative_to(root).as_posix().replace('/', '_')}.npz"


def is_whole(checkpoint: Checkpoint, directories: Sequence[Path]) -> bool:
    """Whether every metrics.csv has all rows from before the checkpoint; a power cut can take some."""
    try:
        sizes = [(directory / METRICS).stat().st_size for directory in directories]
    except OSError:
        return False
    return all(size >= mark for size, mark in zip(sizes, checkpoint.marks, strict=True))


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Replaces a checkpoint, which stays whole until the new one is on disk.

    Raises:
        EnvironmentFault: it cannot be written.
    """
    about = {
        "format": FORMAT,
        "runs": list(checkpoint.runs),
        "hashes": list(checkpoint.hashes),
        "marks": list(checkpoint.marks),
        "arrays": sorted(checkpoint.arrays),
    }
    content = np.frombuffer(json.dumps(about).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, **{_ABOUT: content}, **checkpoint.arrays)  # type: ignore[arg-type]  # NumPy's stub
    write_atomically(path, buffer.getvalue())


def read_checkpoint(path: Path, most: int) -> Checkpoint:
    """A checkpoint, every array of which agrees with its checksum; nothing in it is executed.

    Args:
        path: of the file.
        most: bytes that its arrays may take; nothing larger is read.

    Raises:
        FileNotFoundError: there is none.
        Refused: it is damaged, no checkpoint, too large, or from a newer nnrun.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise Refused(f"{path}: is no ordinary file, and is not read")
    try:
        with zipfile.ZipFile(path) as archive:
            _require_plain(path, archive, most)
            infos = archive.infolist()
            arrays = {info.filename.removesuffix(".npy"): _array(archive, info) for info in infos}
        about = json.loads(arrays.pop(_ABOUT).tobytes())
        newer = about["format"] > FORMAT
        found = Checkpoint(arrays, about["runs"], about["hashes"], about["marks"])
        _require_marks(found)
        if sorted(arrays) != about["arrays"]:
            # A damaged directory of an archive can leave out a file and look whole.
            raise ValueError("arrays are missing")
    except FileNotFoundError:
        raise
    except _DAMAGE as error:
        raise Refused(f"{path}: is no whole nnrun checkpoint: {reason_of(error)}; {START_OVER}") from error
    if newer:
        raise Refused(f"{path}: was written by a newer nnrun")
    return found


def runs_of(path: Path) -> list[str]:
    """The runs whose checkpoint it is; empty where that cannot be read."""
    try:
        require_regular(path, _LARGEST)
        with zipfile.ZipFile(path) as archive:
            about = json.loads(_array(archive, archive.getinfo(f"{_ABOUT}.npy")).tobytes())
        return [str(run) for run in about["runs"]]
    except _DAMAGE:
        return []


def _require_plain(path: Path, archive: zipfile.ZipFile, most: int) -> None:
    """Nothing compressed: a small file could unfold into more than the memory."""
    infos = archive.infolist()
    if any(info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1 for info in infos):
        raise ValueError("its arrays are compressed or encrypted")
    size = sum(info.file_size for info in infos)
    if size > most + _HEADERS * (1 + len(infos)):
        raise Refused(
            f"{path}: holds {size} bytes, more than this run can need, and is not read; {START_OVER}"
        )


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> npt.NDArray[Any]:
    content = archive.read(info)
    array = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    return np.asarray(array)


def _require_marks(checkpoint: Checkpoint) -> None:
    """Checks that there is a length of metrics.csv for every run.

    Raises:
        ValueError: there is none, or it is no length.
    """
    if len(checkpoint.marks) != len(checkpoint.runs):
        raise ValueError("it has not one mark for each run")
    if not all(type(mark) is int and mark >= 0 for mark in checkpoint.marks):
        raise ValueError("its marks are no lengths")


def require_like(path: Path, saved: Arrays, fresh: Arrays, growing: Sequence[str] = ()) -> None:
    """Checks that a checkpoint's arrays are those that a run like this one has.

    Args:
        path: of the checkpoint, for messages.
        saved: its arrays.
        fresh: the same of a run that has not begun.
        growing: beginnings of the names of arrays that grow from epoch to epoch.

    Raises:
        Refused: names, shapes or types differ.
    """
    fixed = {name for name in fresh if not name.startswith(tuple(growing))}
    for name in sorted(fixed):
        have, want = saved.get(name), fresh[name]
        if have is None:
            raise Refused(f"{path}: lacks '{name}'; it belongs to another run; {START_OVER}")
        if have.shape != want.shape or have.dtype != want.dtype:
            raise Refused(
                f"{path}: '{name}' is {have.dtype}{list(have.shape)}, this run has"
                f" {want.dtype}{list(want.shape)}; it belongs to another run; {START_OVER}"
            )
