"""Where a run comes from: the command, the versions and the state of the code around it."""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path


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
    names = ["nnrun", "numpy", "hydra-core", *(["torch"] if engine == "autograd" else [])]
    versions = {"python": platform.python_version()} | {name: _version(name) for name in names}
    return Provenance(command, versions, _commit(Path.cwd()))


def quoted(arguments: Sequence[str]) -> str:
    """`nnrun` and its arguments as one line that any shell, cmd.exe too, reads back."""
    return " ".join(["nnrun", *map(_quoted, arguments)])


def _quoted(argument: str) -> str:
    plain = argument and all(c.isalnum() or c in "-_./=,:+@%~" for c in argument)
    return argument if plain else '"' + argument.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _version(name: str) -> str:
    loaded = sys.modules.get(name)
    version = getattr(loaded, "__version__", None)
    return str(version) if version else metadata.version(name)


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
