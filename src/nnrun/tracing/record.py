"""A traced step as plain data for programs: every number, nothing shortened."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from nnrun.losses import losses
from nnrun.tracing import formulas
from nnrun.tracing.layers import LayerTrace
from nnrun.tracing.parameters import ParameterTrace
from nnrun.tracing.phrases import Phrases
from nnrun.tracing.scalars import Equation, Scalars
from nnrun.tracing.settings import name_of, settings_of
from nnrun.tracing.step import Trace
from nnrun.tracing.updates import Update, updates


def record(trace: Trace, origin: str | None = None, scalars: Scalars | None = None) -> dict[str, Any]:
    """The step as JSON has it: null for what is not finite or was not computed."""
    moment, spec = trace.moment, trace.binding.spec
    loss = losses.build(spec.loss.name, np.asarray, **spec.loss.options)
    is_torch = spec.optim.name == "torch"
    formula = None if is_torch else " ".join(filter(None, formulas.optimizer(spec.optim.name)))
    content: dict[str, Any] = {
        "step": moment.step,
        "epoch": moment.epoch,
        "batch_number": moment.batch,
        "dtype": spec.dtype,
        "engine": spec.engine,
        "dataset": spec.dataset.name,
        "model": spec.model.name,
        "start": origin,
        "batch": {"x": moment.x[0], "y": moment.y[0]},
        "layers": [_layer(layer) for layer in trace.layers],
        "prediction": trace.prediction,
        "loss": {
            "name": loss.name,
            "formula": loss.formula,
            "options": spec.loss.options,
            "value": trace.loss,
            "gradient_formula": loss.gradient_formula if loss.is_by_hand else None,
            "gradient": trace.loss_signal,
            "kink": trace.kink,
        },
        "gradients": [_gradient(own) for own in trace.parameters],
        "update": {
            "name": name_of(spec.optim),
            "formula": formula,
            "options": {"lr": spec.optim.options["lr"], **settings_of(spec.optim)},
            "factor": trace.factor,
            "rate": moment.rate,
            "clip": trace.clip,
        },
        "parameters": [_parameter(own) for own in trace.parameters],
        "kept": trace.kept,
    }
    if scalars is not None:
        content["scalars"] = {
            "samples": scalars.samples,
            "forward": list(map(_equation, scalars.forward)),
            "backward": list(map(_equation, scalars.backward)),
            "gradients": list(map(_equation, scalars.gradients)),
            "updates": [_update(update) for array in updates(trace).values() for update in array],
        }
    plain: dict[str, Any] = _plain(content)
    return plain


def _layer(layer: LayerTrace) -> dict[str, Any]:
    return {
        "title": Phrases("en").title(layer.index, layer.layer, layer.model),
        "role": layer.role,
        "formula": formulas.forward(layer.layer),
        "derivatives": formulas.backward(layer.layer),
        "weights": layer.names,
        "input": layer.x,
        "output": layer.y,
        "mask": layer.mask,
        "signal": layer.signal,
        "kinks": layer.kinks,
        "children": [{"name": own.name, "class": own.kind, "output": own.y} for own in layer.children],
    }


def _gradient(own: ParameterTrace) -> dict[str, Any]:
    return {
        "name": own.name,
        "formula": None if own.hand is None else f"{own.symbol} = {formulas.backward(own.layer)[own.symbol]}",
        "by_hand": own.hand,
        "autograd": own.autograd,
        "differences": own.differences,
        "largest_difference": own.largest_difference,
    }


def _parameter(own: ParameterTrace) -> dict[str, Any]:
    return {
        "name": own.name,
        "before": own.before,
        "after": own.after,
        "state": {slot: {"before": old, "after": new} for slot, (old, new) in own.slots.items()},
    }


def _update(update: Update) -> dict[str, Any]:
    return {
        "name": update.name,
        "gradient": update.gradient,
        "equations": list(map(_equation, update.equations)),
    }


def _equation(equation: Equation) -> dict[str, Any]:
    return {
        "name": equation.name,
        "terms": [[dataclasses.asdict(factor) for factor in term] for term in equation.terms],
        "call": equation.call,
        "formula": equation.formula,
        "given": {factor.symbol: factor.value for factor in equation.given},
        "value": equation.value,
    }


def _plain(value: Any) -> Any:
    """Plain types; null for a number that is not finite."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain(dataclasses.asdict(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value
