"""The lock that a run holds on its directory while it lives; the system frees it when the process dies."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from nnrun.errors import EnvironmentFault, Refused
from nnrun.runs.files import explaining
from nnrun.runs.moments import now

LOCK = ".lock"
SWEEP = "multirun.yaml"
"""Hydra's own file of a sweep, in a directory whose lock holds for all runs below it."""


class RunLock:
    """An exclusive claim on a run directory; takes over what this process has `reserved`.

    Raises:
        Refused: another process holds it.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / LOCK
        self._held: Callable[[], None] | None
        with explaining(self._path):
            earlier = _reserved.pop(directory.resolve(), None)
            self._held = _taken(self._path) if earlier is None else earlier._held
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
        held, self._held = self._held, None
        if held is not None:
            self._path.with_name(f"{LOCK}.owner").unlink(missing_ok=True)
            _let_go(self._path, held)


_reserved: dict[Path, RunLock] = {}
"""What `reserved` holds, by directories as they resolve."""


@contextlib.contextmanager
def reserved(directory: Path) -> Iterator[None]:
    """Holds a directory while it is found out how to go on there, until a `RunLock` takes it over.

    No two processes then make ready to go on with one run, nor one with a sweep and another one with a run
    of it. Where a lock cannot be written, nothing can: whoever needs to write there says so.

    Raises:
        Refused: another process holds the directory, the sweep that it belongs to, or a run in it.
    """
    try:
        lock = RunLock(directory)
    except EnvironmentFault:
        yield
        return
    place = directory.resolve()
    _reserved[place] = lock
    try:
        # Everybody looks around with a lock in hand: of two that start at once, one at least sees the other.
        for other in (*_sweeps_of(directory), *_members_of(directory)):
            _require_unheld(other)
        yield
    finally:
        if _reserved.pop(place, None) is not None:
            lock.release()


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
    return any(_is_held(place / LOCK) for place in (directory, *_sweeps_of(directory)))


def require_free(directory: Path) -> None:
    """Checks that no living process holds the directory, or the sweep that it belongs to.

    Raises:
        Refused: one does.
    """
    for place in (directory, *_sweeps_of(directory)):
        _require_unheld(place)


def _require_unheld(place: Path) -> None:
    if _is_held(place / LOCK):
        raise Refused(f"{place} is in use {_holder(place)}")


def _sweeps_of(directory: Path) -> list[Path]:
    return [parent for parent in directory.absolute().parents if (parent / SWEEP).is_file()]


def _members_of(directory: Path) -> Iterator[Path]:
    """The runs of a sweep that have a lock, living or not; none of a run."""
    if (directory / SWEEP).is_file():
        for parent, _, files in os.walk(directory):
            if LOCK in files and Path(parent) != directory:
                yield Path(parent)


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

    def _let_go(path: Path, held: Callable[[], None]) -> None:
        # A file that is open cannot be removed here.
        held()
        path.unlink(missing_ok=True)

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

    def _let_go(path: Path, held: Callable[[], None]) -> None:
        # In this order: once it is free, the file of that name may be somebody else's lock.
        try:
            path.unlink(missing_ok=True)
        finally:
            held()

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


def _holder(directory: Path) -> str:
    try:
        owner = json.loads((directory / f"{LOCK}.owner").read_text("utf-8"))
        return f"by pid {owner['pid']} on {owner['host']} since {owner['since']}"
    except (OSError, ValueError, KeyError):
        return "by another process"
