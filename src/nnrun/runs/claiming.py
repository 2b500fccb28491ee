"""New run directories: named by time and slug, claimed so that no two runs share one."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from nnrun.errors import EnvironmentFault
from nnrun.runs.files import explaining
from nnrun.runs.moments import claimed_now
from nnrun.runs.ordering import last_claim

SLUG_LENGTH = 60
"""Most characters of a slug; with the time before it and a suffix behind, a name stays within 80."""

_WINDOWS_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


def slug(text: str) -> str:
    """`text` as a part of a file name: only [A-Za-z0-9._=-], never empty, nothing that a system reserves."""
    cleaned = re.sub(r"[^A-Za-z0-9._=-]+", "-", text)[:SLUG_LENGTH].strip("-.")
    return "run" if not cleaned or _WINDOWS_DEVICES.match(cleaned) else cleaned


def claim(wanted: Path) -> Path:
    """Creates the directory `wanted`, or the first free one of `wanted-2`, `wanted-3`, ...

    Raises:
        EnvironmentFault: it cannot be created; directories made on the way to it are gone again.
    """
    with explaining(wanted), _undoing([path for path in wanted.parents if not os.path.lexists(path)]):
        wanted.parent.mkdir(parents=True, exist_ok=True)
        for number in itertools.count(1):
            candidate = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
            try:
                candidate.mkdir()
            except FileExistsError:
                continue
            if not os.access(candidate, os.R_OK | os.W_OK | os.X_OK):
                candidate.rmdir()
                raise PermissionError(errno.EACCES, "the umask forbids its owner to write")
            return candidate
    raise AssertionError("unreachable")


@contextlib.contextmanager
def _undoing(made: Sequence[Path]) -> Iterator[None]:
    """Removes `made`, the deepest first, as far as they are empty, if what is done within fails."""
    try:
        yield
    except BaseException:
        for path in made:
            with contextlib.suppress(OSError, ValueError):
                path.rmdir()
        raise


@contextlib.contextmanager
def unless_begun(directory: Path, mark: str) -> Iterator[None]:
    """Removes a directory just claimed if the disk is in the way before there is a file `mark` in it."""
    try:
        yield
    except (OSError, EnvironmentFault):
        if not (directory / mark).exists():
            shutil.rmtree(directory, ignore_errors=True)
        raise


def next_claim(root: Path) -> str:
    """The moment of a claim made now under an output root: after all others, whatever the clock says."""
    return claimed_now(last_claim(root))


def link_latest(root: Path, directory: Path) -> None:
    """Points `root/latest` at `directory`, where links are allowed; never replaces anything but a link."""
    link = root / "latest"
    temporary = root / f".latest.{os.getpid()}"
    if link.exists() and not link.is_symlink():
        return
    try:
        temporary.symlink_to(os.path.relpath(directory, root), target_is_directory=True)
        temporary.replace(link)
    except OSError:
        temporary.unlink(missing_ok=True)
