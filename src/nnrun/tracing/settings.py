"""What an optimizer is called and how it is set; of torch's also what its class sets by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnrun.spec import Choice
from nnrun.tracing.text import number

_SPEED = frozenset({"foreach", "fused", "capturable", "differentiable", "maximize"})
"""Settings of torch's that change how it computes, or that nobody sets."""


def name_of(optim: Choice) -> str:
    """Its name, or the class of torch's that it is."""
    return f"torch.optim.{optim.options['optimizer']}" if optim.name == "torch" else optim.name


def settings_of(optim: Choice) -> Mapping[str, Any]:
    """All settings but the learning rate."""
    if optim.name != "torch":
        return {key: value for key, value in optim.options.items() if key != "lr"}
    import torch

    given: Mapping[str, Any] = optim.options["options"]
    made = getattr(torch.optim, optim.options["optimizer"])([torch.zeros(1)], **given)
    return {
        key: value
        for key, value in made.defaults.items()
        if key in given or not (key == "lr" or key in _SPEED or value is None)
    }


def written(value: object) -> str:
    """A setting as text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(written, value))}]"
    return number(value) if isinstance(value, float) else str(value)
