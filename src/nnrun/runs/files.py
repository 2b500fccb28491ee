"""Writing files so that a reader meets the old content or the new, never a part of it."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

from nnrun.errors import EnvironmentFault

LONGEST_PATH = 300
"""Characters of a path that messages show."""

_TEMPORARY = re.compile(
    r"\..+\.(?:csv|gif|html|json|npz|pdf|png|safetensors|svg|yaml)\.(\d{1,10})(?:\.part)?", re.ASCII
)
"""What a file is called until it is whole, with the writing process; pictures have a word more."""

_ADVICE = {
    errno.ENOSPC: "disk full; free some space, or choose another place with output=DIR",
    errno.EDQUOT: "disk quota used up; free some space, or choose another place with output=DIR",
    errno.EACCES: "permission denied; choose another place with output=DIR",
    errno.EPERM: "not permitted; choose another place with output=DIR",
    errno.EROFS: "read-only; choose another place with output=DIR",
    errno.ENOTDIR: "a part of this path is a file, not a directory; choose another place with output=DIR",
    errno.EEXIST: "is there already, and is no directory; choose another place with output=DIR",
    errno.ENOENT: "cannot be made there; choose another place with output=DIR",
    errno.ELOOP: "its links lead in a circle; choose another place with output=DIR",
    errno.ENAMETOOLONG: "path too long; choose a shorter output=DIR",
}


@contextlib.contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Turns an OSError into a fault that names `path` and says what to do.

    Raises:
        EnvironmentFault: whatever the operating system refused.
    """
    try:
        yield
    except OSError as error:
        raise fault_at(path, error) from error
    except UnicodeEncodeError as error:
        advice = (
            "this locale has no such letters; set LC_ALL=C.UTF-8, or choose another place with output=DIR"
        )
        raise EnvironmentFault(f"cannot write {_shortened(str(path))}: {advice}") from error


def fault_at(path: Path, error: OSError) -> EnvironmentFault:
    """What was refused at `path`, and what to do."""
    advice = _ADVICE.get(error.errno or 0, error.strerror or str(error))
    return EnvironmentFault(f"cannot write {_shortened(str(path))}: {advice}")


def _shortened(path: str) -> str:
    return path if len(path) <= LONGEST_PATH else f"{path[:LONGEST_PATH]}..."


def write_atomically(path: Path, content: bytes, sync: bool = True) -> None:
    """Replaces `path` by `content`.

    Args:
        path: of the file.
        content: all of it.
        sync: have it on disk, safe from a power cut, when this returns; else somebody else will see to it.

    Raises:
        EnvironmentFault: it cannot be written; what was there before is whole.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with explaining(path):
        try:
            with open(temporary, "wb", opener=_unfollowed) as file:
                file.write(content)
                if sync:
                    file.flush()
                    os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        if sync:
            sync_directory(path.parent)


def _unfollowed(path: str, flags: int) -> int:
    """Opens a file, unless it is a link: in a stranger's directory one may be waiting under its name."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def remove_leftovers(directory: Path) -> None:
    """Removes temporary files, such as `.summary.json.4711`, of writers that were killed, at any depth."""
    for path in directory.rglob(".*"):
        found = _TEMPORARY.fullmatch(path.name)
        if found and path.is_file() and not path.is_symlink() and not _is_alive(int(found[1])):
            path.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def sync_everything() -> None:
    """Has whatever was written so far on disk, where the system can."""
    if hasattr(os, "sync"):
        os.sync()


def sync_directory(path: Path) -> None:
    """Makes renames in `path` last through a power cut, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
