"""The optimizer `torch`: any of torch.optim that updates each weight by itself, for one run at a time."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from typing import Any

from nnrun.arrays import Array, Cast
from nnrun.errors import BadInput
from nnrun.optimizers.optimizer import Optimizer, State, column, optimizers
from nnrun.registry import suggestion
from nnrun.schema import EachNonNegative, Table

NO_OPTIONS = Table()
REPEATED = frozenset({"LBFGS"})
"""Those that compute the loss and its gradient several times within a step."""
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

    return Optimizer(column(lr), slots, update)


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
    if name in REPEATED:
        raise BadInput(
            f"optim.optimizer={name}: wants the loss several times within one step, and a step here has one"
            " gradient; choose another, such as optim.optimizer=NAdam"
        )
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
