"""Composing: Hydra puts a configuration together, once, and its complaints become lines for people."""

from nnrun.composing.complaints import COMPLAINTS, SWEEPERS, explaining
from nnrun.composing.composer import Composer
from nnrun.composing.presets import forget_preset

__all__ = ["COMPLAINTS", "SWEEPERS", "Composer", "explaining", "forget_preset"]
