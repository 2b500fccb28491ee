"""Metrics of users' own: functions of a prediction and a target become registry entries."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.errors import BadInput, NnrunError, RunFailed
from nnrun.metrics import Measure, Metric
from nnrun.plugins.loading import called, explaining, is_own, told
from nnrun.plugins.signatures import PAIR, Signature, require_pair, signature_of
from nnrun.registry import Entry

Numbers = npt.NDArray[Any]
VALUES_MATTER = (ArithmeticError, AssertionError, ValueError, RuntimeError)
"""What a function may raise for numbers that it would not raise for others."""


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
    require_pair(signature, asked)
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
