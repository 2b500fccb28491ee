"""Losses and metrics of users' own: functions of a prediction and a target become registry entries."""

from __future__ import annotations

import inspect
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.arrays import Array, Cast
from nnrun.errors import BadInput, NnrunError, RunFailed
from nnrun.losses import Loss
from nnrun.metrics import Measure, Metric
from nnrun.plugins.loading import called, explaining, is_own, told
from nnrun.plugins.signatures import Signature, signature_of
from nnrun.registry import Entry

Numbers = npt.NDArray[Any]
Criterion = Callable[[Any, Any], Any]
PAIR = ("prediction", "target")
"""What losses and metrics are given."""


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
        _require_pair(signature, asked)

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


def _require_pair(signature: Signature, asked: str) -> None:
    """Checks that a function takes both.

    Raises:
        BadInput: it takes one alone.
    """
    if len(signature.injected) + len(signature.named) == 1:
        raise BadInput(f"{asked}: takes one argument; wants two, prediction and target")


class _NoNumber(TypeError):
    """A metric gave something else."""


def _number(value: Any, asked: str) -> float:
    """What a metric gave.

    Raises:
        _NoNumber: that is none.
    """
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        shape = f" of shape {tuple(value.shape)}" if hasattr(value, "shape") else ""
        raise _NoNumber(f"{asked}: gives {type(value).__name__}{shape}; wants a number") from error


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


def metric_entry(name: str, function: Callable[..., Any], asked: str, path: Path) -> Entry[Metric]:
    """The entry of a metric.

    Args:
        name: of the entry.
        function: takes prediction and target, NumPy arrays (sample, out), and returns a number; classes are
            one-hot, their predictions logits. Less is better unless it has an attribute
            `greater_is_better = True`.
        asked: what names it, for messages.
        path: of the file that defines it.

    Raises:
        BadInput: it takes anything else.
    """
    signature = signature_of(function, PAIR, asked)
    _require_pair(signature, asked)
    if any(key.required for key in signature.keys.values()):
        raise BadInput(f"{asked}: takes a prediction and a target alone; give other parameters a default")

    each = _Each(function, signature, asked, path)

    def factory() -> Metric:
        greater = bool(getattr(function, "greater_is_better", False))
        return Metric(called(function), "any", greater, each)

    factory.__doc__ = function.__doc__
    return Entry(name, factory, {})


def try_metric(metric: Metric, task: str, outputs: int) -> None:
    """Takes a user's metric of a few samples, before anything trains; nnrun's own need no trial.

    What a function makes of values depends on the data, and shows at the first evaluation; what it cannot do
    with arrays of any values is found here.

    Args:
        metric: any.
        task: `classification` or another, of the samples.
        outputs: of the network.

    Raises:
        BadInput: it names what is not there, cannot take such arrays, or gives no number.
    """
    if not isinstance(metric.against, _Each):
        return
    samples = max(8, 2 * outputs) if task == "classification" else 8
    steps = np.linspace(0.1, 1, samples * outputs, dtype=np.float32).reshape(1, samples, outputs)
    target = np.eye(outputs, dtype=np.float32)[np.arange(samples) % outputs][None]
    asked, path = metric.against.asked, metric.against.path
    with explaining(f"{asked}: failed on {samples} samples", path), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            metric.against.one(steps[0], (target if task == "classification" else steps[:, ::-1])[0])
        except _NoNumber as error:
            raise BadInput(str(error)) from error
        except VALUES_MATTER:
            return


VALUES_MATTER = (ArithmeticError, AssertionError, ValueError, RuntimeError)
"""What a function may raise for numbers that it would not raise for others."""


@dataclass(frozen=True)
class _Each:
    """A metric of one member, for all: one after the other."""

    function: Callable[..., Any]
    signature: Signature
    asked: str
    path: Path

    def __call__(self, target: Numbers) -> Measure:
        """What measures predictions against a target."""

        def measure(prediction: Numbers) -> npt.NDArray[np.float64]:
            pairs = ((own, target[index if len(target) > 1 else 0]) for index, own in enumerate(prediction))
            return np.array([self.named(own, wanted) for own, wanted in pairs], dtype=np.float64)

        return measure

    def named(self, prediction: Numbers, target: Numbers) -> float:
        """What it gives; a failure deep in somebody's library says which metric it was."""
        try:
            return self.one(prediction, target)
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            if isinstance(error, NnrunError | _NoNumber) or any(is_own(frame.filename) for frame in frames):
                raise
            raise RunFailed(f"{self.asked}: failed on the run's predictions: {told(error)}") from error

    def one(self, prediction: Numbers, target: Numbers) -> float:
        value = self.signature.call(self.function, {"prediction": prediction, "target": target}, {})
        return _number(value, self.asked)
