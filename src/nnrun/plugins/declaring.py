"""Plugins that a user's own configuration directory names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from nnrun.shipped import config_directory

GROUPS = ("dataset", "model", "loss", "optim", "schedule", "experiment")
"""Directories by which one of nnrun's configuration is known."""

CONFIG = "config.yaml"

MISSPELT = 0.85
"""How much alike a key and nnrun's are, by difflib's measure, when it is taken for a slip."""


def user_directory() -> Path | None:
    """`conf` in the working directory, where it holds configuration for nnrun and is not the shipped one."""
    own = Path("conf")
    try:
        known = any((own / group).is_dir() for group in GROUPS) or _is_about_nnrun(own / CONFIG)
        return own if known and not own.samefile(config_directory()) else None
    except OSError:
        return None


def _is_about_nnrun(path: Path) -> bool:
    """Whether all that a file has are keys of nnrun's, or misspelt ones: other programs use Hydra too."""
    if not path.is_file():
        return False
    import difflib

    import yaml

    try:
        content = yaml.safe_load(path.read_text("utf-8"))
        shipped = yaml.safe_load((config_directory() / CONFIG).read_text("utf-8"))
    except (ValueError, yaml.YAMLError):
        return False
    picked = {key for entry in shipped["defaults"] if isinstance(entry, dict) for key in entry}
    known = {*shipped, *picked} - {"defaults"}
    if not isinstance(content, dict) or "defaults" in content or known.isdisjoint(content):
        return False
    return all(difflib.get_close_matches(str(key), known, n=1, cutoff=MISSPELT) for key in content)


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
