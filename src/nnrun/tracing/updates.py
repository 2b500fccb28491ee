"""The update of each weight as equations, one scalar at a time: clipping, decay, means, the step itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from nnrun.tracing.parameters import ParameterTrace
from nnrun.tracing.scalars import Equation, Factor
from nnrun.tracing.step import Trace
from nnrun.tracing.text import SYMBOL, TIMES, number


@dataclass(frozen=True)
class Update:
    """What happened to one weight; p is the weight, g its gradient, a prime marks what is new.

    Attributes:
        name: such as `0.weight[0,0]`.
        gradient: of the batch's loss.
        equations: the last one gives the weight after the step, as the run has it.
    """

    name: str
    gradient: float
    equations: tuple[Equation, ...]


class _Chain:
    """Equations, each of which may use what the earlier ones gave."""

    def __init__(
        self, start: Mapping[str, float], options: Mapping[str, Any], rate: float, step: int
    ) -> None:
        self._values = {name: np.float64(value) for name, value in start.items()}
        self.options, self.rate, self.step = options, rate, step
        self.equations: list[Equation] = []

    def __getitem__(self, symbol: str) -> np.float64:
        return self._values[symbol]

    def let(self, name: str, formula: str, value: np.float64) -> str:
        """Adds `name = formula`, with its value; returns the name."""
        known = [symbol for symbol in dict.fromkeys(SYMBOL.findall(formula)) if symbol in self._values]
        given = tuple(Factor(symbol, float(self._values[symbol])) for symbol in known)
        self.equations.append(Equation(name, (), float(value), formula=formula, given=given))
        self._values[name] = value
        return name

    def step_along(self, direction: str, value: np.float64, start: str = "p") -> None:
        """The weight after a step of the learning rate against a direction."""
        formula = f"{start} - {number(self.rate)} {TIMES} {direction}"
        self.let(f"{start}'", formula, self[start] - self.rate * value)

    def decayed(self, g: str) -> str:
        """The gradient with the pull of weight decay, if there is any."""
        decay = self.options["weight_decay"]
        if not decay:
            return g
        return self.let(f"{g}'", f"{g} + {number(decay)} {TIMES} p", self[g] + decay * self["p"])


Rule = Callable[[_Chain, str], None]
"""Adds an optimizer's equations, given the symbol of the gradient."""


def _sgd(chain: _Chain, g: str) -> None:
    direction = g = chain.decayed(g)
    momentum = chain.options["momentum"]
    if momentum:
        kept = f"{number(momentum)} {TIMES} b"
        direction = chain.let("b'", f"{kept} + {g}", momentum * chain["b"] + chain[g])
        if chain.options["nesterov"]:
            direction = chain.let("u", f"{g} + {kept}'", chain[g] + momentum * chain["b'"])
    chain.step_along(direction, chain[direction])


def _adam(chain: _Chain, g: str) -> None:
    _follow_moments(chain, chain.decayed(g), "p")


def _adamw(chain: _Chain, g: str) -> None:
    decay, start = chain.options["weight_decay"], "p"
    if decay:
        formula = f"p {TIMES} (1 - {number(chain.rate)} {TIMES} {number(decay)})"
        start = chain.let("p'", formula, chain["p"] * (1 - chain.rate * decay))
    _follow_moments(chain, g, start)


def _follow_moments(chain: _Chain, g: str, start: str) -> None:
    beta1, beta2, eps = (chain.options[key] for key in ("beta1", "beta2", "eps"))
    mean = beta1 * chain["m"] + (1 - beta1) * chain[g]
    square = beta2 * chain["v"] + (1 - beta2) * chain[g] ** 2
    chain.let("m'", f"{number(beta1)} {TIMES} m + {number(1 - beta1)} {TIMES} {g}", mean)
    chain.let("v'", f"{number(beta2)} {TIMES} v + {number(1 - beta2)} {TIMES} {g}^2", square)
    chain.let("M", f"m' / (1 - {number(beta1)}^{chain.step})", mean / (1 - beta1**chain.step))
    chain.let("V", f"v' / (1 - {number(beta2)}^{chain.step})", square / (1 - beta2**chain.step))
    chain.step_along(f"M / (sqrt(V) + {number(eps)})", chain["M"] / (np.sqrt(chain["V"]) + eps), start)


def _rmsprop(chain: _Chain, g: str) -> None:
    g = chain.decayed(g)
    alpha, eps, momentum = (chain.options[key] for key in ("alpha", "eps", "momentum"))
    square = alpha * chain["v"] + (1 - alpha) * chain[g] ** 2
    chain.let("v'", f"{number(alpha)} {TIMES} v + {number(1 - alpha)} {TIMES} {g}^2", square)
    direction = chain.let("u", f"{g} / (sqrt(v') + {number(eps)})", chain[g] / (np.sqrt(square) + eps))
    if momentum:
        direction = chain.let(
            "b'", f"{number(momentum)} {TIMES} b + u", momentum * chain["b"] + chain[direction]
        )
    chain.step_along(direction, chain[direction])


def _adagrad(chain: _Chain, g: str) -> None:
    g, eps = chain.decayed(g), chain.options["eps"]
    total = chain["s"] + chain[g] ** 2
    chain.let("s'", f"s + {g}^2", total)
    chain.step_along(f"{g} / (sqrt(s') + {number(eps)})", chain[g] / (np.sqrt(total) + eps))


RULES: Mapping[str, tuple[Rule, Mapping[str, str]]] = MappingProxyType(
    {
        "sgd": (_sgd, {"velocity": "b"}),
        "adam": (_adam, {"mean": "m", "square": "v"}),
        "adamw": (_adamw, {"mean": "m", "square": "v"}),
        "rmsprop": (_rmsprop, {"square": "v", "velocity": "b"}),
        "adagrad": (_adagrad, {"total": "s"}),
    }
)
"""Optimizer -> its equations, and the symbols of what it keeps, as in its documentation."""


def updates(trace: Trace) -> dict[str, tuple[Update, ...]]:
    """Every weight's update by the name of its array.

    An array is left out where the equations do not give the run's own weights: its optimizer has none here,
    or the run's shorter numbers rounded a gradient to something else.
    """
    if trace.binding.spec.optim.name not in RULES:
        return {}
    with np.errstate(all="ignore"):
        found = {own.name: _of_array(trace, own) for own in trace.parameters}
    return {name: written for name, written in found.items() if written}


def _of_array(trace: Trace, own: ParameterTrace) -> tuple[Update, ...]:
    written = [_of_element(trace, own, index) for index in np.ndindex(own.before.shape)]
    computed = [update.equations[-1].value for update in written]
    if not np.allclose(computed, own.after.ravel(), rtol=1e-6, atol=1e-6):
        return ()
    return tuple(written)


def _of_element(trace: Trace, own: ParameterTrace, index: tuple[int, ...]) -> Update:
    optim, moment = trace.binding.spec.optim, trace.moment
    rule, symbols = RULES[optim.name]
    kept = {symbols[slot]: float(before[index]) for slot, (before, _) in own.slots.items()}
    gradient = float(own.gradient[index])
    start = {"p": float(own.before[index]), "g": gradient, **kept}
    chain = _Chain(start, optim.options, moment.rate, moment.step + 1)
    g = "g"
    if trace.clip is not None and trace.clip.scale < 1:
        g = chain.let("g'", f"{number(trace.clip.scale)} {TIMES} g", trace.clip.scale * chain["g"])
    rule(chain, g)
    return Update(f"{own.name}[{','.join(map(str, index))}]", gradient, tuple(chain.equations))
