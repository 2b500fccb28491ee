"""Losses of users' own: functions of a prediction and a target become registry entries."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.arrays import Array, Cast
from nnrun.errors import BadInput
from nnrun.losses import Loss
from nnrun.plugins.loading import called, explaining
from nnrun.plugins.signatures import PAIR, require_pair, signature_of
from nnrun.registry import Entry

Numbers = npt.NDArray[Any]
Criterion = Callable[[Any, Any], Any]


def loss_entry(name: str, function: Callable[..., Any], asked: str, path: Path) -> Entry[Loss]:
    """The entry of a loss.

    Args:
        name: of the entry.
        function: takes the prediction and the target of one member, tensors (batch, out), targets of classes
            one-hot, and returns a tensor without axes; or a class whose objects do.
        asked: what names it, for messages.
        path: of the file that defines it.

    Raises:
        BadInput: its parameters cannot be configured.
    """
    is_class = inspect.isclass(function)
    signature = signature_of(function, () if is_class else PAIR, asked)
    if not is_class:
        require_pair(signature, asked)

    def factory(_cast: Cast, **options: Any) -> Loss:
        if is_class:
            with explaining(f"{asked}: cannot be built", path):
                criterion: Criterion = function(**options)
        else:

            def criterion(prediction: Any, target: Any) -> Any:
                return signature.call(function, {"prediction": prediction, "target": target}, options)

        title = called(function)
        value = _Stacked(criterion, asked, path)
        return Loss(title, "any", f"{title}(p, y)", "by autograd", value, _none_by_hand, is_by_hand=False)

    factory.__doc__ = function.__doc__
    return Entry(name, factory, signature.keys)


def try_loss(loss: Loss, outputs: int) -> None:
    """Takes a user's loss of two samples, before anything trains.

    Raises:
        BadInput: it fails, or gives something else than a number.
    """
    assert isinstance(loss.value, _Stacked)
    import torch

    prediction = torch.zeros((1, 2, outputs), requires_grad=True)
    target = torch.eye(2, outputs)[None]
    with explaining(f"{loss.value.asked}: failed on 2 samples", loss.value.path):
        found = loss.value(prediction, target)
    if not found.requires_grad:
        raise BadInput(
            f"{loss.value.asked}: its number has no gradient; compute it from the prediction with torch"
            " alone, without .item(), .detach() or NumPy"
        )


def _kind(value: Any) -> str:
    module, name = type(value).__module__, type(value).__name__
    return name if module == "builtins" else f"{module}.{name}"


def _none_by_hand(prediction: Array, target: Array) -> Array:
    raise NotImplementedError("this loss has no gradient by hand")


class _Stacked:
    """A loss of one member, for all: by `vmap`, or one after the other where that cannot be."""

    def __init__(self, criterion: Criterion, asked: str, path: Path) -> None:
        self._criterion, self.asked, self.path = criterion, asked, path
        self._vectorized = True

    def __call__(self, prediction: Array, target: Array) -> Array:
        """Losses (member,)."""
        import torch

        if isinstance(prediction, np.ndarray):
            with torch.no_grad():
                losses: Numbers = self(torch.as_tensor(prediction), torch.as_tensor(target)).numpy()
            return losses
        if len(prediction) > 1 and self._vectorized:
            from torch.func import vmap

            shared = len(target) == 1
            mapped = vmap(self._one, in_dims=(0, None if shared else 0))
            try:
                return mapped(prediction, target[0] if shared else target)
            except BadInput:
                raise
            except Exception:
                # What raises for a member alone as well does so again below, with a traceback of its own.
                self._vectorized = False
        pairs = ((own, target[index if len(target) > 1 else 0]) for index, own in enumerate(prediction))
        return torch.stack([self._one(own, wanted) for own, wanted in pairs])

    def _one(self, prediction: Any, target: Any) -> Any:
        import torch

        loss = self._criterion(prediction, target)
        if not isinstance(loss, torch.Tensor) or loss.ndim > 0:
            is_tensor = isinstance(loss, torch.Tensor)
            given = f"a tensor of shape {tuple(loss.shape)}" if is_tensor else f"no tensor but {_kind(loss)}"
            raise BadInput(f"{self.asked}: gives {given}; wants one number, such as a mean")
        return loss
