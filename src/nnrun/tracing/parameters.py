"""Every array of weights in one step: its gradient three ways, and what the update made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nnrun.models import Network
from nnrun.models.layers import Layer
from nnrun.tracing.gradients import Floats, Ways
from nnrun.tracing.moment import Moment, Numbers


@dataclass(frozen=True)
class ParameterTrace:
    """One array of weights: its gradient three ways, before and after.

    Attributes:
        name: as in the state_dict.
        layer: the one that it belongs to.
        index: of that layer.
        symbol: of its gradient in the layer's formulas, `dW` or `db`.
        hand: the gradient, in float64; None of a module, which has none by hand.
        autograd, differences: the same; NaN where finite differences were not taken.
        before, after: the weights themselves, in the run's dtype.
        slots: what the optimizer keeps for it, before and after.
    """

    name: str
    layer: Layer
    index: int
    symbol: str
    hand: Floats | None
    autograd: Floats
    differences: Floats
    before: Numbers
    after: Numbers
    slots: Mapping[str, tuple[Numbers, Numbers]]

    @property
    def gradient(self) -> Floats:
        """By hand where there is one, else by autograd."""
        return self.autograd if self.hand is None else self.hand

    @property
    def largest_difference(self) -> float:
        """Between the gradient and each other way to it, element by element."""
        probed = ~np.isnan(self.differences)
        with np.errstate(all="ignore"):
            pairs = (self.gradient - self.autograd, (self.gradient - self.differences)[probed])
        return float(np.max([np.max(np.abs(pair), initial=0.0) for pair in pairs]))


@dataclass(frozen=True)
class KeptTrace:
    """A buffer of a module, or a frozen parameter: no gradient moves it.

    Attributes:
        name: as in the state_dict.
        frozen: it is a parameter.
        before, after: the step, in the run's dtype.
    """

    name: str
    frozen: bool
    before: Numbers
    after: Numbers


def parameter_traces(network: Network, moment: Moment, ways: Ways) -> tuple[ParameterTrace, ...]:
    """All arrays that are trained, in the order of the weights."""
    named = network.named
    hand = None if ways.hand is None else named(ways.hand)
    autograd, differences = named(ways.autograd), named(ways.differences)
    before, after = named(moment.before[0]), named(moment.after[0])
    slots = {
        slot: (named(old[0]), named(moment.state_after[slot][0])) for slot, old in moment.state_before.items()
    }
    return tuple(
        ParameterTrace(
            name=weights.name,
            layer=layer,
            index=index,
            symbol="db" if weights.is_bias else "dW",
            hand=None if hand is None else hand[weights.name],
            autograd=autograd[weights.name],
            differences=differences[weights.name],
            before=before[weights.name],
            after=after[weights.name],
            slots={slot: (old[weights.name], new[weights.name]) for slot, (old, new) in slots.items()},
        )
        for index, layer in enumerate(network.layers)
        for weights in layer.weights
        if weights.trained
    )


def kept_traces(network: Network, moment: Moment) -> tuple[KeptTrace, ...]:
    """Buffers and frozen parameters of a module; none of nnrun's own layers."""
    if network.module is None:
        return ()
    parameters = {name for name, _ in network.module.module.named_parameters()}
    before, after = network.named(moment.before[0]), network.named(moment.after[0])
    return tuple(
        KeptTrace(weights.name, weights.name in parameters, before[weights.name], after[weights.name])
        for weights in network.weights
        if not weights.trained
    )
