"""The optimizers: formulas that update a whole population's weights in place, on NumPy arrays or tensors."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nnrun.arrays import Array, Cast, namespace
from nnrun.errors import BadInput
from nnrun.registry import Registry, suggestion
from nnrun.schema import EachFraction, EachNonNegative, PerMember, Table

State: TypeAlias = Mapping[str, Array]
Update: TypeAlias = Callable[[Array, Array, State, int, Array], None]
"""`update(parameters, gradient, state, step, rate)`; see `Optimizer`."""


@dataclass(frozen=True)
class Optimizer:
    """How weights follow their gradient.

    Attributes:
        lr: learning rates, float64, shape (member, 1); (1, 1) where one number was given.
        slots: names of the arrays that `update` keeps between steps: shaped as the parameters, zero at first.
        update: one step, in place. Takes the parameters and their gradient, both of shape
            (member, parameter), the arrays of `slots` by name, the number of this step counted from 1, and
            the rate of this step, (member, 1) in the run's dtype: `lr` times the schedule's factor. The
            gradient is used as scratch space and holds nothing of meaning afterwards.
    """

    lr: npt.NDArray[np.float64]
    slots: tuple[str, ...]
    update: Update


optimizers: Registry[Optimizer] = Registry("optim")
register = optimizers.register
build = optimizers.build


def _column(number: PerMember) -> npt.NDArray[np.float64]:
    return np.asarray(number, dtype=np.float64).reshape(-1, 1)


def _compact(column: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The column, or one number without axes where all members agree: NumPy multiplies by that faster."""
    return column[0, 0, ...] if (column == column[0]).all() else column


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
        column = _column(number)
        present = column != 0
        some = bool(present.any())
        return cls(cast(_compact(column)), any=some, mixed=some and not present.all())

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

    return Optimizer(_column(lr), ("velocity",) if heavy.any else (), update)


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

    return Optimizer(_column(lr), ("mean", "square"), update)


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

    return Optimizer(_column(lr), ("mean", "square"), update)


def _moments(cast: Cast, beta1: PerMember, beta2: PerMember, eps: PerMember) -> Update:
    """The step that Adam and AdamW share.

    With c = sqrt(1 - beta2^step), lr M / (sqrt(V) + eps) is computed as
    (lr c / (1 - beta1^step)) m / (sqrt(v) + eps c): all corrections in numbers per member, in float64.
    """
    decay1, decay2, floor = _column(beta1), _column(beta2), _column(eps)
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
    fading = _column(alpha)
    keep, gain, floor = (cast(_compact(column)) for column in (fading, 1 - fading, _column(eps)))

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

    return Optimizer(_column(lr), ("square", "velocity") if heavy.any else ("square",), update)


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
    floor = cast(_compact(_column(eps)))

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

    return Optimizer(_column(lr), ("total",), update)


NO_OPTIONS = Table()
WHOLE_TENSORS = frozenset({"Adafactor"})
"""Those of torch.optim that look at a tensor as a whole, where here all weights are one row."""


@optimizers.register
def torch(
    _cast: Cast, *, optimizer: str = "NAdam", lr: EachNonNegative = 0.01, options: Table = NO_OPTIONS
) -> Optimizer:
    """Any optimizer of torch.optim that updates each weight by itself: `optimizer` is the name of its class.

    `options` are its other arguments, such as {betas: [0.8, 0.99]}. Such runs train one by one, also in a
    sweep. Its state is kept as that of the others, so that runs resume.
    """
    slots = _torch_slots(optimizer, options)
    made: dict[str, Any] = {}

    def update(parameters: Array, gradient: Array, state: State, step: int, rate: Array) -> None:
        if made.get("step") != step - 1 or made.get("of") is not parameters:
            made.update(of=parameters, weights=parameters[0].detach().requires_grad_())
            made["optimizer"] = _torch_optimizer(optimizer, [made["weights"]], options)
            if step > 1:
                _torch_restore(made["optimizer"], made["weights"], optimizer, options, state)
        made["weights"].grad = gradient[0]
        made["optimizer"].param_groups[0]["lr"] = float(rate)
        made["optimizer"].step()
        made["step"] = step
        for slot, value in made["optimizer"].state[made["weights"]].items():
            if slot in state:
                state[slot][...] = value

    return Optimizer(_column(lr), slots, update)


def _torch_optimizer(name: str, weights: list[Any], options: Mapping[str, Any]) -> Any:
    """An optimizer of torch's for these weights.

    Raises:
        BadInput: torch has no such optimizer, or it does not take these options.
    """
    from torch import optim

    known = [key for key, value in vars(optim).items() if inspect.isclass(value) and key != "Optimizer"]
    if name not in known:
        hint = suggestion(name, known).rstrip(";")
        raise BadInput(f"optim.optimizer={name}: torch.optim has no '{name}'{hint}")
    try:
        return getattr(optim, name)(weights, lr=0.01, **options)
    except (TypeError, ValueError) as error:
        raise BadInput(f"optim.options: torch.optim.{name} does not take them: {error}") from error


@functools.lru_cache(16)
def _torch_slots(name: str, options: Table) -> tuple[str, ...]:
    """What it keeps between steps: found by a step on a weight of its own.

    Raises:
        BadInput: it cannot be used here.
    """
    state = _torch_tried(name, options, 1)
    return tuple(key for key, value in state.items() if value is not None)


def _torch_tried(name: str, options: Mapping[str, Any], size: int) -> Mapping[str, Any]:
    """Its state after a step on `size` weights."""
    import torch

    weights = torch.zeros(size, requires_grad=True)
    weights.grad = torch.zeros(size)
    optimizer = _torch_optimizer(name, [weights], options)
    try:
        if name in WHOLE_TENSORS:
            raise TypeError("it looks at whole tensors, and all weights are one row here")
        optimizer.step()
    except Exception as error:
        reason = " ".join(str(error).split())
        raise BadInput(
            f"optim.optimizer={name}: cannot take a step with one row of gradients: {reason}"
        ) from error
    state: Mapping[str, Any] = optimizer.state[weights]
    return state


def _torch_restore(optimizer: Any, weights: Any, name: str, options: Mapping[str, Any], state: State) -> None:
    """Puts slots back where the optimizer keeps them, shaped and typed as it does."""
    for slot, like in _torch_tried(name, options, len(weights)).items():
        row = state[slot][0]
        value = row.clone() if getattr(like, "ndim", 0) else row[0]
        is_tensor = hasattr(like, "dtype")
        kept = (
            value.to(like.dtype if not like.ndim else weights.dtype)
            if is_tensor
            else type(like)(value.item())
        )
        optimizer.state[weights][slot] = kept.clone() if is_tensor else kept
