"""Pictures of recorded runs: a `Figure` out, drawn from what a run directory holds and nothing else."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nnrun.plots.silence import silence

if TYPE_CHECKING:
    from nnrun.plots.drawing import draw as draw
    from nnrun.plots.process import DrawingProcess as DrawingProcess
    from nnrun.plots.saving import save as save
    from nnrun.plots.theme import Theme as Theme

KINDS = ("fit", "curves")

_HOMES = {"draw": "drawing", "save": "saving", "DrawingProcess": "process", "Theme": "theme"}

__all__ = ["KINDS", "DrawingProcess", "Theme", "draw", "kinds", "save"]


def kinds() -> tuple[str, ...]:
    """The pictures that any run has."""
    return KINDS


def __getattr__(name: str) -> Any:
    """Loads matplotlib with the first name that needs it, not with the package."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with silence():
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
