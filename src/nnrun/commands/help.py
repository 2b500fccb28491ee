"""What `nnrun --help` and `nnrun --version` print, without loading anything."""

from __future__ import annotations

import os
import textwrap

from nnrun import __version__
from nnrun.shipped import config_directory
from nnrun.words import chosen, words

WIDTH = 80
_GROUPS = ("dataset", "model", "loss", "optim", "schedule", "device", "engine", "experiment")


def help_text(language: str = "auto") -> str:
    """The help page; its choices are the shipped configuration files.

    Args:
        language: one of nnrun's, or `auto` for that of the locale.
    """
    groups = "\n".join(_row(group) for group in _GROUPS)
    return words(chosen(language, os.environ))["help.page"].format(groups=groups).rstrip()


def version_text() -> str:
    """Such as `nnrun 0.1.0`."""
    return f"nnrun {__version__}"


def _row(group: str) -> str:
    indent = " " * 14
    return textwrap.fill(
        ", ".join(_choices(group)),
        WIDTH,
        initial_indent=f"  {group:<12}",
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _choices(group: str) -> list[str]:
    return sorted(path.stem for path in (config_directory() / group).glob("*.yaml"))
