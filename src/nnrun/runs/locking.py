"""The lock that a run holds on its directory while it lives; the system frees it when the process dies."""

from __future__ import annotations

import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from nnrun.errors import Refused
from nnrun.runs.files import explaining

LOCK = ".lock"


class RunLock:
    """An exclusive claim on a run directory.

    Raises:
        Refused: another process holds it.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / LOCK
        self._lock = FileLock(str(self._path), timeout=0)
        with explaining(self._path):
            try:
                self._lock.acquire()
            except Timeout:
                raise Refused(f"{directory} is in use {_holder(directory)}") from None
            self._path.with_name(f"{LOCK}.owner").write_text(
                json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": now()}), "utf-8"
            )

    def release(self) -> None:
        """Frees the directory and leaves no trace of the lock."""
        self._path.with_name(f"{LOCK}.owner").unlink(missing_ok=True)
        self._lock.release()
        self._path.unlink(missing_ok=True)


def is_locked(directory: Path) -> bool:
    """Whether a living process holds the directory."""
    path = directory / LOCK
    if not path.exists():
        return False
    probe = FileLock(str(path), timeout=0)
    try:
        with probe:
            return False
    except Timeout:
        return True


def now() -> str:
    """The present moment, UTC, ISO 8601 with seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _holder(directory: Path) -> str:
    try:
        owner = json.loads((directory / f"{LOCK}.owner").read_text("utf-8"))
        return f"by pid {owner['pid']} on {owner['host']} since {owner['since']}"
    except (OSError, ValueError, KeyError):
        return "by another process"
