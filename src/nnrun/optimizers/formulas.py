"""The optimizers: formulas that update a whole population's weights in place, on NumPy arrays or tensors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnrun.arrays import Array, Cast, namespace
from nnrun.optimizers.optimizer import Optimizer, State, Update, column, optimizers
from nnrun.schema import EachFraction, EachNonNegative, PerMember


def _compact(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The column, or one number without axes where all members agree: NumPy multiplies by that faster."""
    return numbers[0, 0, ...] if (numbers == numbers[0]).all() else numbers


@dataclass(frozen=True)
class _Term:
    """A coefficient per member whose product with an array is added to another array.

    Members with coefficient 0 add -0.0, which leaves every number as it is: zero times their own overflowed
    weights would be NaN, which the same member alone, without the term, never meets.
    """

    coefficient: Array
    any: bool
    mixed: bool

    @classmethod
    def of(cls, cast: Cast, number: PerMember) -> _Term:
        numbers = column(number)
        present = numbers != 0
        some = bool(present.any())
        return cls(cast(_compact(numbers)), any=some, mixed=some and not present.all())

    def times(self, array: Array, out: Array | None = None) -> Array:
        xp = namespace(array)
        product = xp.multiply(array, self.coefficient, out=out)
        if self.mixed:
            product[...] = xp.where(self.coefficient == 0, -0.0, product)
        return product


@optimizers.register
def sgd(
    cast: Cast,
    *,
    lr: EachNonNegative = 0.5,
    momentum: EachFraction = 0.0,
    nesterov: bool = False,
    weight_decay: EachNonNegative = 0.0,
) -> Optimizer:
    """Gradient descent: p <- p - lr b, with b <- momentum b + g and g = gradient + weight_decay p.

    With `nesterov`, p <- p - lr (g + momentum b), b being the new one (Sutskever et al., ICML 2013, in the
    form of `torch.optim.SGD`). b starts at 0; without momentum, b = g and `nesterov` changes nothing.
    """
    heavy, decay = _Term.of(cast, momentum), _Term.of(cast, weight_decay)

    def update(parameters: Array, gradient: Array, state: State, _step: int, rate: Array) -> None:
        if decay.any:
            gradient += decay.times(parameters)
        if heavy.any:
            velocity = state["velocity"]
            heavy.times(velocity, out=velocity)
            velocity += gradient
            if nesterov:
                gradient += heavy.times(velocity)
            else:
                gradient[...] = velocity
        gradient *= rate
        parameters -= gradient

    return Optimizer(column(lr), ("velocity",) if heavy.any else (), update)


@optimizers.register
def adam(
    cast: Cast,
    *,
    lr: EachNonNegative = 0.001,
    beta1: EachFraction = 0.9,
    beta2: EachFraction = 0.999,
    eps: EachNonNegative = 1e-8,
    weight_decay: EachNonNegative = 0.0,
) -> Optimizer:
    """Adam: p <- p - lr M / (sqrt(V) + eps), from running means of the gradient and of its square.

    m <- beta1 m + (1 - beta1) g and M = m / (1 - beta1^step); v <- beta2 v + (1 - beta2) g^2 and
    V = v / (1 - beta2^step); g = gradient + weight_decay p (Kingma and Ba, ICLR 2015, as `torch.optim.Adam`).
    """
    decay = _Term.of(cast, weight_decay)
    follow_moments = _moments(cast, beta1, beta2, eps)

    def update(parameters: Array, gradient: Array, state: State, step: int, rate: Array) -> None:
        if decay.any:
            gradient += decay.times(parameters)
        follow_moments(parameters, gradient, state, step, rate)

    return Optimizer(column(lr), ("mean", "square"), update)


@optimizers.register
def adamw(
    cast: Cast,
    *,
    lr: EachNonNegative = 0.001,
    beta1: EachFraction = 0.9,
    beta2: EachFraction = 0.999,
    eps: EachNonNegative = 1e-8,
    weight_decay: EachNonNegative = 0.01,
) -> Optimizer:
    """AdamW: `adam` without decay in its gradient, after p <- p (1 - lr weight_decay).

    Source: Loshchilov and Hutter, ICLR 2019, as `torch.optim.AdamW`.
    """
    decay = _Term.of(cast, weight_decay)
    follow_moments = _moments(cast, beta1, beta2, eps)

    def update(parameters: Array, gradient: Array, state: State, step: int, rate: Array) -> None:
        if decay.any:
            parameters *= 1 - rate * decay.coefficient
        follow_moments(parameters, gradient, state, step, rate)

    return Optimizer(column(lr), ("mean", "square"), update)


def _moments(cast: Cast, beta1: PerMember, beta2: PerMember, eps: PerMember) -> Update:
    """The step that Adam and AdamW share.

    With c = sqrt(1 - beta2^step), lr M / (sqrt(V) + eps) is computed as
    (lr c / (1 - beta1^step)) m / (sqrt(v) + eps c): all corrections in numbers per member, in float64.
    """
    decay1, decay2, floor = column(beta1), column(beta2), column(eps)
    keep1, gain1, keep2, gain2 = (
        cast(_compact(column)) for column in (decay1, 1 - decay1, decay2, 1 - decay2)
    )
    both = np.stack(np.broadcast_arrays(decay1, decay2, floor)[:2])

    def update(parameters: Array, gradient: Array, state: State, step: int, rate: Array) -> None:
        xp = namespace(gradient)
        mean, square = state["mean"], state["square"]
        mean *= keep1
        mean += gradient * gain1
        square *= keep2
        xp.multiply(gradient, gradient, out=gradient)
        gradient *= gain2
        square += gradient

        corrections = 1 - both**step
        root = np.sqrt(corrections[1])
        np.divide(root, corrections[0], out=corrections[0])
        np.multiply(root, floor, out=corrections[1])
        # Cast as one array, because each cast is a transfer where the device is not the CPU.
        scale, offset = cast(corrections)

        xp.sqrt(square, out=gradient)
        gradient += offset
        xp.divide(mean, gradient, out=gradient)
        gradient *= rate * scale
        parameters -= gradient

    return update


@optimizers.register
def rmsprop(
    cast: Cast,
    *,
    lr: EachNonNegative = 0.01,
    alpha: EachFraction = 0.99,
    eps: EachNonNegative = 1e-8,
    weight_decay: EachNonNegative = 0.0,
    momentum: EachFraction = 0.0,
) -> Optimizer:
    """RMSprop: p <- p - lr b, with b <- momentum b + g / (sqrt(v) + eps) and v <- alpha v + (1 - alpha) g^2.

    g = gradient + weight_decay p (Hinton, lecture 6e, 2012, as `torch.optim.RMSprop`, not centred).
    """
    heavy, decay = _Term.of(cast, momentum), _Term.of(cast, weight_decay)
    fading = column(alpha)
    keep, gain, floor = (cast(_compact(column)) for column in (fading, 1 - fading, column(eps)))

    def update(parameters: Array, gradient: Array, state: State, _step: int, rate: Array) -> None:
        if decay.any:
            gradient += decay.times(parameters)
        square = state["square"]
        square *= keep
        square += gradient * gradient * gain
        root = namespace(gradient).sqrt(square)
        root += floor
        gradient /= root
        if heavy.any:
            velocity = state["velocity"]
            heavy.times(velocity, out=velocity)
            velocity += gradient
            gradient[...] = velocity
        gradient *= rate
        parameters -= gradient

    return Optimizer(column(lr), ("square", "velocity") if heavy.any else ("square",), update)


@optimizers.register
def adagrad(
    cast: Cast,
    *,
    lr: EachNonNegative = 0.01,
    eps: EachNonNegative = 1e-10,
    weight_decay: EachNonNegative = 0.0,
) -> Optimizer:
    """Adagrad: p <- p - lr g / (sqrt(s) + eps), s being the sum of all g^2 so far.

    g = gradient + weight_decay p (Duchi, Hazan and Singer, JMLR 2011, as `torch.optim.Adagrad`).
    """
    decay = _Term.of(cast, weight_decay)
    floor = cast(_compact(column(eps)))

    def update(parameters: Array, gradient: Array, state: State, _step: int, rate: Array) -> None:
        if decay.any:
            gradient += decay.times(parameters)
        total = state["total"]
        total += gradient * gradient
        root = namespace(gradient).sqrt(total)
        root += floor
        gradient /= root
        gradient *= rate
        parameters -= gradient

    return Optimizer(column(lr), ("total",), update)
