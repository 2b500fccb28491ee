"""Plugins that a user's own configuration directory names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from nnrun.shipped import config_directory

GROUPS = ("dataset", "model", "loss", "optim", "schedule", "experiment")
"""Directories by which one of nnrun's configuration is known."""


def user_directory() -> Path | None:
    """`conf` in the working directory, where it holds configuration for nnrun and is not the shipped one."""
    own = Path("conf")
    try:
        if not any((own / group).is_dir() for group in GROUPS) or own.samefile(config_directory()):
            return None
    except OSError:
        return None
    return own


def declared(directories: Iterable[Path], experiments: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """Plugins named at the top of config.yaml and of experiments, each with a directory to look for it in.

    Args:
        directories: of configuration.
        experiments: that were chosen.
    """
    import yaml

    names = ["config", *(f"experiment/{name}" for name in experiments)]
    for directory in directories:
        for path in (directory / f"{name}.yaml" for name in names):
            try:
                content = yaml.safe_load(path.read_text("utf-8")) if path.is_file() else None
            except (OSError, ValueError, yaml.YAMLError):
                # What is wrong with a file is said where all of them are read.
                continue
            if isinstance(content, dict):
                for name in listed(content.get("plugins")):
                    yield name, directory.absolute().parent


def listed(value: object) -> Sequence[str]:
    """The names in a configured list, which may be one name alone."""
    if isinstance(value, str):
        return [name.strip("'\" ") for name in value.strip("[] ").split(",") if name.strip("'\" ")]
    return [str(name) for name in value] if isinstance(value, list | tuple) else []
