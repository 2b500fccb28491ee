"""The parts of a run that have no gradients by hand, and what is said when somebody's code fails."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from nnrun.config import Binding
from nnrun.losses import losses
from nnrun.plugins.loading import explaining


def without_gradients(binding: Binding) -> tuple[str, ...]:
    """Those without gradients by hand, such as `model=./net.py:Net`."""
    spec = binding.spec
    loss = losses.build(spec.loss.name, np.asarray, **spec.loss.options)
    model = () if binding.network.is_by_hand else (f"model={spec.model.name}",)
    return model if loss.is_by_hand else (*model, f"loss={spec.loss.name}")


@contextmanager
def failures_told(binding: Binding) -> Iterator[None]:
    """What somebody's code raises inside becomes bad input, with the part of the traceback that is theirs.

    Raises:
        BadInput: it has raised something.
    """
    own = without_gradients(binding)
    if not binding.spec.code or not own:
        yield
        return
    with explaining(f"{', '.join(own)}: failed in training", _file(binding)):
        yield


def _file(binding: Binding) -> Path:
    """The model's own file, else the loss's."""
    spec, layer = binding.spec, binding.network.module
    loss = losses.build(spec.loss.name, np.asarray, **spec.loss.options)
    if layer is None:
        return Path(getattr(loss.value, "path", ""))
    defined = sys.modules.get(type(layer.module).__module__)
    return Path(str(getattr(defined, "__file__", "")))
