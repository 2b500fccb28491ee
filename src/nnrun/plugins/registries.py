"""The registries that plugins add to, by their groups, and what one file has put there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nnrun.datasets import datasets
from nnrun.losses import losses
from nnrun.metrics import metrics
from nnrun.models import models
from nnrun.optimizers import optimizers
from nnrun.own_pictures import pictures
from nnrun.registry import Registry
from nnrun.schedules import schedules

REGISTRIES: Mapping[str, Registry[Any]] = MappingProxyType(
    {
        registry.group: registry
        for registry in (datasets, models, losses, optimizers, schedules, metrics, pictures)
    }
)


def forget_registered(path: Path) -> None:
    """Takes out what a file registered when somebody imported it as a module: it is about to do so again."""
    for registry in REGISTRIES.values():
        for name in list(registry):
            if registry.owner(registry[name].factory) == str(path):
                registry.forget(name)
