"""Where a run comes from: the command, the versions and the state of the code around it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from nnrun import __version__


@dataclass(frozen=True)
class Provenance:
    """What is recorded of a run's origin.

    Attributes:
        command: exactly as typed.
        versions: of everything that computes.
        git_commit: of the repository around the working directory; None outside one.
    """

    command: str
    versions: dict[str, str]
    git_commit: str | None


def provenance(command: str, engine: str) -> Provenance:
    """The origin of a run started here and now."""
    version = sys.version_info
    versions = {"python": f"{version.major}.{version.minor}.{version.micro}", "nnrun": __version__}
    # Of loaded modules alone: looking a version up in a package's metadata takes longer than training.
    names = ("numpy", "hydra", *(["torch"] if engine == "autograd" else []))
    loaded = {name: sys.modules.get(name) for name in names}
    versions |= {name: str(module.__version__) for name, module in loaded.items() if module is not None}
    return Provenance(command, versions, _commit(Path.cwd()))


def _commit(start: Path) -> str | None:
    """The commit that HEAD stands on, read from git's own files; nothing is executed."""
    for directory in (start, *start.parents):
        head = directory / ".git" / "HEAD"
        try:
            text = head.read_text("ascii").strip()
            if not text.startswith("ref: "):
                return text
            reference = text.removeprefix("ref: ")
            loose = head.parent / reference
            if loose.exists():
                return loose.read_text("ascii").strip()
            packed = (head.parent / "packed-refs").read_text("utf-8").splitlines()
            return next((line.split()[0] for line in packed if line.endswith(f" {reference}")), None)
        except (OSError, ValueError):
            continue
    return None
