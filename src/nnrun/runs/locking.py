"""The lock that a run holds on its directory while it lives; the system frees it when the process dies."""

from __future__ import annotations

import json
import os
import socket
import stat
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from nnrun.errors import Refused
from nnrun.runs.files import explaining

LOCK = ".lock"
SWEEP = "multirun.yaml"
"""Hydra's own file of a sweep, in a directory whose lock holds for all runs below it."""


class RunLock:
    """An exclusive claim on a run directory.

    Raises:
        Refused: another process holds it.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / LOCK
        with explaining(self._path):
            self._held = _taken(self._path)
            if self._held is None:
                raise Refused(f"{directory} is in use {_holder(directory)}")
            try:
                self._path.with_name(f"{LOCK}.owner").write_text(
                    json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": now()}), "utf-8"
                )
            except OSError:
                self.release()
                raise

    def release(self) -> None:
        """Frees the directory and leaves no trace of the lock."""
        self._path.with_name(f"{LOCK}.owner").unlink(missing_ok=True)
        if self._held is not None:
            self._held()
            self._held = None
        self._path.unlink(missing_ok=True)


def _taken(path: Path) -> Callable[[], None] | None:
    """Tries for a moment: a reader that looks has the lock for an instant."""
    for _ in range(5):
        held = _take(path)
        if held is not None:
            return held
        time.sleep(0.01)
    return None


def is_locked(directory: Path) -> bool:
    """Whether a living process holds the directory, or the sweep that it belongs to."""
    sweeps = [parent for parent in directory.absolute().parents if (parent / SWEEP).is_file()]
    return any(_is_held(place / LOCK) for place in (directory, *sweeps))


def require_free(directory: Path) -> None:
    """Checks that no living process holds the directory, or the sweep that it belongs to.

    Raises:
        Refused: one does.
    """
    sweeps = [parent for parent in directory.absolute().parents if (parent / SWEEP).is_file()]
    for place in (directory, *sweeps):
        if _is_held(place / LOCK):
            raise Refused(f"{place} is in use {_holder(place)}")


def _is_held(path: Path) -> bool:
    """A reader's look, which changes nothing and needs no right to write."""
    if not path.exists():
        return False
    try:
        return _looked(path)
    except OSError:
        # Another user's, who may well be training.
        return True


if sys.platform == "win32":

    def _take(path: Path) -> Callable[[], None] | None:
        """Locks a file; returns what lets go of it, or None where somebody else has it."""
        from filelock import FileLock, Timeout

        lock = FileLock(str(path), timeout=0)
        try:
            lock.acquire()
        except Timeout:
            return None
        return lock.release

    def _looked(path: Path) -> bool:
        held = _take(path)
        if held is not None:
            held()
        return held is None

else:
    import fcntl

    def _take(path: Path) -> Callable[[], None] | None:
        """Locks a file; returns what lets go of it, or None where somebody else has it."""
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        if not _is_same(handle, path):
            os.close(handle)
            return None
        return lambda: os.close(handle)

    def _is_same(handle: int, path: Path) -> bool:
        """Whether a file is still the one of that name: whoever had the lock may have removed it."""
        try:
            return os.path.samestat(os.fstat(handle), path.stat())
        except FileNotFoundError:
            return False

    def _looked(path: Path) -> bool:
        # A stranger's may be a link, or a pipe, at which opening would wait for ever.
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        handle = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False


def now() -> str:
    """The present moment, UTC, ISO 8601 with seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _holder(directory: Path) -> str:
    try:
        owner = json.loads((directory / f"{LOCK}.owner").read_text("utf-8"))
        return f"by pid {owner['pid']} on {owner['host']} since {owner['since']}"
    except (OSError, ValueError, KeyError):
        return "by another process"
