"""Pictures of recorded runs: a `Figure` out, drawn from what a run directory holds and nothing else."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nnrun.plots.silence import silence

if TYPE_CHECKING:
    from nnrun.own_pictures import pictures as _own
    from nnrun.plots.drawing import draw as draw
    from nnrun.plots.gif import animate as animate
    from nnrun.plots.process import DrawingProcess as DrawingProcess
    from nnrun.plots.saving import save as save
    from nnrun.plots.theme import Theme as Theme
    from nnrun.runs.reading import RunRecord
    from nnrun.spec import PlotSettings

    register = _own.register

KINDS = ("fit", "curves", "landscape", "data", "animation")

_HOMES = {
    "draw": "drawing",
    "animate": "gif",
    "save": "saving",
    "DrawingProcess": "process",
    "Theme": "theme",
}

__all__ = ["KINDS", "DrawingProcess", "Theme", "animate", "asked", "draw", "kinds", "register", "save"]


def kinds(record: RunRecord) -> tuple[str, ...]:
    """The pictures that a run has, in the order of `KINDS`."""
    needed = {"landscape": ("landscape_loss",), "animation": ("snapshot_predictions", "snapshot_regions")}
    return tuple(
        kind for kind in KINDS if kind not in needed or any(name in record.plots for name in needed[kind])
    )


def asked(settings: PlotSettings, has_landscape: bool) -> tuple[str, ...]:
    """The pictures that these settings want of a run, whose loss may be a surface over two weights."""
    own = ("fit", "curves", *(("landscape",) if has_landscape else ())) if settings.save else ()
    return (*own, *(("data",) if settings.data else ()), *(("animation",) if settings.animation else ()))


def __getattr__(name: str) -> Any:
    """Loads matplotlib with the first name that needs it, not with the package."""
    if name == "register":
        from nnrun.own_pictures import pictures as _own

        return _own.register
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with silence():
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
