"""The gate between the shell and Hydra: what was typed, checked, corrected and quoted."""

from __future__ import annotations

from nnrun.arguments.invocation import Invocation, Refusal, parse
from nnrun.arguments.shell import command_line

__all__ = ["Invocation", "Refusal", "command_line", "parse"]
