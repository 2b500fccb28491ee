"""Where OmegaConf ends: a composed configuration is checked and becomes a `Spec`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnrun.config.binding import REGISTRIES as REGISTRIES
    from nnrun.config.binding import Binding as Binding
    from nnrun.config.binding import bind as bind
    from nnrun.config.binding import bind_settings as bind_settings

__all__ = ["REGISTRIES", "Binding", "bind", "bind_settings"]


def __getattr__(name: str) -> Any:
    """Loads OmegaConf with the first name that needs it: lists of runs only need the shipped defaults."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("nnrun.config.binding"), name)
