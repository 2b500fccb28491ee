"""Every array of weights in one step: its gradient three ways, and what the update made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nnrun.models import Network
from nnrun.models.layers import Layer
from nnrun.tracing.gradients import Floats, Passes, Problem, by_autograd, by_differences
from nnrun.tracing.moment import Moment, Numbers


@dataclass(frozen=True)
class ParameterTrace:
    """One array of weights: its gradient three ways, before and after.

    Attributes:
        name: as in the state_dict.
        layer: the one that it belongs to.
        index: of that layer.
        symbol: of its gradient in the layer's formulas, `dW` or `db`.
        hand, autograd, differences: the gradient, in float64; NaN where finite differences were not taken.
        before, after: the weights themselves, in the run's dtype.
        slots: what the optimizer keeps for it, before and after.
    """

    name: str
    layer: Layer
    index: int
    symbol: str
    hand: Floats
    autograd: Floats
    differences: Floats
    before: Numbers
    after: Numbers
    slots: Mapping[str, tuple[Numbers, Numbers]]

    @property
    def largest_difference(self) -> float:
        """Between any two of the three, element by element."""
        probed = ~np.isnan(self.differences)
        with np.errstate(all="ignore"):
            pairs = (self.hand - self.autograd, (self.hand - self.differences)[probed])
        return float(np.max([np.max(np.abs(pair), initial=0.0) for pair in pairs]))


def parameter_traces(
    network: Network, moment: Moment, passes: Passes, problem: Problem
) -> tuple[ParameterTrace, ...]:
    """All arrays in the order of the weights."""
    named = network.named
    hand, autograd = named(passes.gradient), named(by_autograd(problem))
    differences = named(by_differences(problem))
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
            hand=hand[weights.name],
            autograd=autograd[weights.name],
            differences=differences[weights.name],
            before=before[weights.name],
            after=after[weights.name],
            slots={slot: (old[weights.name], new[weights.name]) for slot, (old, new) in slots.items()},
        )
        for index, layer in enumerate(network.layers)
        for weights in layer.weights
    )
