"""nnrun: train, record and compare small neural networks from configuration files."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnrun import datasets as datasets
    from nnrun import devices as devices
    from nnrun import losses as losses
    from nnrun import models as models
    from nnrun import optimizers as optimizers
    from nnrun.api.comparing import compare as compare
    from nnrun.api.loading import load_run as load_run
    from nnrun.api.running import run as run
    from nnrun.api.sweeps import sweep as sweep
    from nnrun.errors import NnrunError as NnrunError
    from nnrun.spec import Spec as Spec

__version__ = "0.1.0"

__all__ = [
    "NnrunError",
    "Spec",
    "compare",
    "datasets",
    "devices",
    "load_run",
    "losses",
    "models",
    "optimizers",
    "run",
    "sweep",
]

_HOMES = {
    "NnrunError": "errors",
    "Spec": "spec",
    "compare": "api.comparing",
    "load_run": "api.loading",
    "run": "api.running",
}


def __getattr__(name: str) -> Any:
    """Loads what a name needs with its first use: `import nnrun` itself loads nothing heavy."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name not in _HOMES:
        return import_module(f"{__name__}.{name}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """What there is, whether it is loaded or not."""
    return [*__all__, "__version__"]


class _Package(ModuleType):
    """nnrun itself, whose `sweep` is the function, although there is a package of that name.

    Python enters a package that it imports as an attribute of the one around it, over whatever stands there.
    """

    @property
    def sweep(self) -> Any:
        """Trains every combination; see `nnrun.api.sweeps.sweep`."""
        return import_module("nnrun.api.sweeps").sweep

    @sweep.setter
    def sweep(self, package: ModuleType) -> None:
        """Imports of `nnrun.sweep.driving` and the like find their package where Python keeps all of them."""


sys.modules[__name__].__class__ = _Package
