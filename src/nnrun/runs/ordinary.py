"""Whether a run directory, which may be a stranger's, can be written to without writing anywhere else."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from nnrun.errors import Refused
from nnrun.runs.checkpoints import CHECKPOINT, POPULATIONS
from nnrun.runs.finding import RESULTS
from nnrun.runs.locking import LOCK, SWEEP
from nnrun.runs.marks import holds_run
from nnrun.runs.writing import METRICS, PLOTS, SUMMARY, WEIGHTS

_INSIDE = (".hydra", POPULATIONS)
"""Directories in which every file is nnrun's."""

_FILES = (METRICS, SUMMARY, WEIGHTS, PLOTS, CHECKPOINT, "nnrun.log", LOCK, f"{LOCK}.owner", SWEEP, RESULTS)


def require_ordinary(directory: Path) -> None:
    """Checks that what nnrun writes in a directory, and in the runs below it, stays there.

    Links of other names are left alone: nothing is written through them.

    Raises:
        Refused: one of its files is a link, a pipe or a device, or a directory of it is a link.
    """
    for parent, below, files in os.walk(directory):
        place = Path(parent)
        for name in below:
            if (place / name).is_symlink() and (name in _INSIDE or holds_run(place / name)):
                _require_file(place / name)
        for name in files:
            if name in (*_FILES, *_INSIDE) or place.name in _INSIDE:
                _require_file(place / name)


def _require_file(path: Path) -> None:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        raise Refused(f"{path}: is a link, which is not followed; put what it leads to in its place")
    if not stat.S_ISREG(mode):
        raise Refused(f"{path}: is no ordinary file; remove it")
