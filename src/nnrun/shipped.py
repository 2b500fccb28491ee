"""Where the shipped YAML lies: in the wheel beside the code, or in the checkout that the code runs from."""

from __future__ import annotations

from pathlib import Path


def config_directory() -> Path:
    """The directory with config.yaml and the group directories."""
    package = Path(__file__).parent
    packed = package / "conf"
    return packed if packed.is_dir() else package.parent.parent / "conf"
