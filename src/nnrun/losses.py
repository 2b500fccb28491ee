"""The losses: what training makes small, per member, each with its gradient derived by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from nnrun.arrays import Array, Cast, namespace
from nnrun.errors import BadInput
from nnrun.registry import Registry
from nnrun.schema import Bounds, EachFraction, EachPositive, PerMember

Task: TypeAlias = Literal["regression", "classification"]
ClassWeights = Annotated[tuple[float, ...] | npt.NDArray[Any] | None, Bounds(above=0)]


@dataclass(frozen=True)
class Loss:
    """What is minimised.

    Attributes:
        formula: one line for people; p is the prediction, y the target, mean and sum go over samples and
            outputs.
        gradient_formula: the same for `gradient`; n is the number of samples times outputs.
        value: loss of each member, shape (member,), from the prediction (member, batch, out) and the target
            (member or 1, batch, out), which is one-hot for classification. Differentiable by torch.
        gradient: derivative of `value` with respect to the prediction, shaped as that.
        has_corner: it has no derivative where p = y, and its gradient is 0 there.
        is_by_hand: whether `gradient` is there; losses of users' own leave it to automatic differentiation.
    """

    name: str
    task: Task | Literal["any"]
    formula: str
    gradient_formula: str
    value: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], Array]
    has_corner: bool = False
    is_by_hand: bool = True


losses: Registry[Loss] = Registry("loss")
register = losses.register
build = losses.build


def _total(terms: Array) -> Array:
    """Sum of each member's terms; one row per member, so that its sum does not depend on its neighbours."""
    return terms.reshape(terms.shape[0], -1).sum(axis=1)


def _size(prediction: Array) -> int:
    batch, out = prediction.shape[1:]
    return int(batch * out)


def _mean(terms: Array) -> Array:
    """Mean of each member's terms (member, batch, out)."""
    return _total(terms) / _size(terms) if isinstance(terms, np.ndarray) else terms.mean((1, 2))


def _beside_axes(cast: Cast, number: PerMember) -> Array:
    return cast(np.asarray(number, dtype=np.float64).reshape(-1, 1, 1))


@losses.register
def mse(_cast: Cast) -> Loss:
    """Mean squared error: mean (p - y)^2 over samples and outputs, as `torch.nn.MSELoss`."""

    def value(prediction: Array, target: Array) -> Array:
        error = prediction - target
        return _mean(error * error)

    def gradient(prediction: Array, target: Array) -> Array:
        slope = prediction - target
        slope *= 2 / _size(prediction)
        return slope

    return Loss("mse", "regression", "mean (p - y)^2", "2 (p - y) / n", value, gradient)


@losses.register
def mae(_cast: Cast) -> Loss:
    """Mean absolute error: mean |p - y|, as `torch.nn.L1Loss`; its gradient is 0 where p = y."""

    def value(prediction: Array, target: Array) -> Array:
        return _mean(abs(prediction - target))

    def gradient(prediction: Array, target: Array) -> Array:
        slope = namespace(prediction).sign(prediction - target)
        slope /= _size(prediction)
        return slope

    return Loss("mae", "regression", "mean |p - y|", "sign(p - y) / n", value, gradient, has_corner=True)


@losses.register
def half_sse(_cast: Cast) -> Loss:
    """Half the sum of squared errors: 1/2 sum (p - y)^2, so that its gradient is p - y.

    A sum, not a mean: the rate that suits it shrinks with the number of samples in a batch.
    """

    def value(prediction: Array, target: Array) -> Array:
        error = prediction - target
        return _total(error * error) * 0.5

    def gradient(prediction: Array, target: Array) -> Array:
        return prediction - target

    return Loss("half_sse", "regression", "1/2 sum (p - y)^2", "p - y", value, gradient)


@losses.register
def huber(cast: Cast, *, delta: EachPositive = 1.0) -> Loss:
    """Huber's loss: e^2 / 2 where |e| = |p - y| <= delta, else delta (|e| - delta / 2), averaged.

    Source: Huber, Annals of Mathematical Statistics 35 (1964), as `torch.nn.HuberLoss`. With e limited to
    +-delta called c, both cases are c (e - c / 2), and the gradient is c.
    """
    limit = _beside_axes(cast, delta)

    def limited(error: Array) -> Array:
        xp = namespace(error)
        return xp.maximum(xp.minimum(error, limit), -limit)

    def value(prediction: Array, target: Array) -> Array:
        error = prediction - target
        inner = limited(error)
        return _mean(inner * (error - 0.5 * inner))

    def gradient(prediction: Array, target: Array) -> Array:
        slope = limited(prediction - target)
        slope /= _size(prediction)
        return slope

    formula = "mean of e^2/2 where |e| = |p - y| <= delta, else delta (|e| - delta/2)"
    slope = "(p - y) / n where |p - y| <= delta, else +-delta / n"
    return Loss("huber", "regression", formula, slope, value, gradient)


def _log_softmax(logits: Array) -> Array:
    xp = namespace(logits)
    if xp is not np:
        return xp.log_softmax(logits, -1)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _softmax(logits: Array) -> Array:
    xp = namespace(logits)
    exponentials = xp.exp(logits - xp.amax(logits, axis=-1, keepdims=True))
    exponentials /= exponentials.sum(axis=-1, keepdims=True)
    return exponentials


@dataclass(frozen=True)
class _Goal:
    """What a classifier's log-probabilities are weighed with: w_c ((1 - s) y_c + s / classes).

    Attributes:
        keep, share: 1 - s and s, shape (member or 1, 1, 1); None where no member smooths its labels.
        weights: w, shape (member or 1, 1, classes); None where all are 1.
    """

    keep: Array | None
    share: Array | None
    weights: Array | None

    @classmethod
    def of(cls, cast: Cast, smoothing: PerMember, weights: ClassWeights) -> _Goal:
        amount = np.asarray(smoothing, dtype=np.float64)
        keep = share = by_class = None
        if amount.any():
            keep, share = _beside_axes(cast, 1 - amount), _beside_axes(cast, amount)
        if weights is not None:
            rows = np.atleast_2d(np.asarray(weights, dtype=np.float64))
            by_class = cast(rows[:, np.newaxis, :])
        return cls(keep, share, by_class)

    def __call__(self, target: Array) -> Array:
        """The weighed, smoothed labels, broadcastable to the logits."""
        if self.keep is not None:
            target = self.keep * target + self.share / target.shape[-1]
        return target if self.weights is None else self.weights * target

    def divisor(self, target: Array) -> Array:
        """Sum of the weights of the samples' own classes, shape (member or 1,); their number without any."""
        if self.weights is None:
            return target.shape[1]
        classes, given = target.shape[-1], self.weights.shape[-1]
        if classes != given:
            raise BadInput(
                f"loss.class_weights has {given} numbers for {classes} classes; give one per class"
            )
        return _total(self.weights * target)


@losses.register
def cross_entropy(
    cast: Cast, *, label_smoothing: EachFraction = 0.0, class_weights: ClassWeights = None
) -> Loss:
    """Cross-entropy of logits p: mean over samples of -log softmax(p)[class], as `torch.nn.CrossEntropyLoss`.

    With q_c = w_c ((1 - s) y_c + s / classes), s being `label_smoothing`, y the one-hot target and w the
    `class_weights`, it is -sum q_c log softmax(p)_c / D, where D is the sum of the weights of the samples'
    own classes (the number of samples without weights). Its gradient is (softmax(p) sum_c q_c - q) / D.
    """
    goal = _Goal.of(cast, label_smoothing, class_weights)

    def value(prediction: Array, target: Array) -> Array:
        divisor = goal.divisor(target)
        return _total(goal(target) * _log_softmax(prediction)) / -divisor

    def gradient(prediction: Array, target: Array) -> Array:
        divisor = goal.divisor(target)
        slope, wanted = _softmax(prediction), goal(target)
        if goal.weights is not None:
            slope *= wanted.sum(axis=-1, keepdims=True)
            divisor = divisor.reshape(-1, 1, 1)
        slope -= wanted
        slope /= divisor
        return slope

    formula = "mean over samples of -log softmax(p)[class of y]"
    slope = "(softmax(p) - y) / samples, y being one-hot"
    return Loss("cross_entropy", "classification", formula, slope, value, gradient)
