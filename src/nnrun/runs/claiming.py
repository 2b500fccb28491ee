"""New run directories: named by time and slug, claimed so that no two runs share one."""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path

from nnrun.runs.files import explaining

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
        EnvironmentFault: it cannot be created.
    """
    with explaining(wanted):
        wanted.parent.mkdir(parents=True, exist_ok=True)
        for number in itertools.count(1):
            candidate = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
            try:
                candidate.mkdir()
            except FileExistsError:
                continue
            return candidate
    raise AssertionError("unreachable")


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
