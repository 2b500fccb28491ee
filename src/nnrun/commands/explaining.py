"""What `verbose=true` adds to a run's lines: layers, parameters before and after, what the losses mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnrun.characters import values, visible
from nnrun.config import Binding
from nnrun.experiment.summary import MOST_LEARNED
from nnrun.models.layers import Activate, Affine, Dropout, Layer, Power
from nnrun.models.module import ModuleLayer
from nnrun.models.outline import Part, outline
from nnrun.words import words

MOST_PARTS = 40
"""Lines that a module gets."""

LONGEST_PART = 46
"""Letters of what PyTorch writes of a part."""


def layers(binding: Binding) -> list[str]:
    """The network layer by layer, with sizes and parameter counts."""
    say = words(binding.spec.settings.language)
    return [line for layer in binding.network.layers for line in _lines(layer, say)]


def _lines(layer: Layer, say: Mapping[str, str]) -> list[str]:
    """One line, or one for each part of a module."""
    parts = outline(layer) if isinstance(layer, ModuleLayer) else []
    if not parts:
        return [_layer(layer, say)]
    trained = sum(weights.size for weights in layer.weights if weights.trained)
    rest = trained - sum(part.count for part in parts)
    lines = [_part(part, say) for part in parts[:MOST_PARTS]]
    if len(parts) > MOST_PARTS:
        lines.append(say["verbose.more_parts"].format(count=len(parts) - MOST_PARTS))
    return lines + ([say["verbose.other_parameters"].format(count=f"{rest:,}")] if rest > 0 else [])


def _part(part: Part, say: Mapping[str, str]) -> str:
    text = part.text if len(part.text) <= LONGEST_PART else f"{part.text[: LONGEST_PART - 3]}..."
    shape = "?" if part.shape is None else "x".join(map(str, part.shape)) or "1"
    key = "verbose.part" if part.count else "verbose.part.plain"
    return visible(say[key].format(name=part.name, text=text, shape=shape, count=f"{part.count:,}"))


def _layer(layer: Layer, say: Mapping[str, str]) -> str:
    match layer:
        case Affine():
            names = ", ".join(f"{w.name} {'x'.join(map(str, w.shape))}" for w in layer.weights)
            count = f"{sum(weights.size for weights in layer.weights):,}"
            return say["verbose.affine"].format(
                inputs=layer.inputs, outputs=layer.outputs, count=count, names=names
            )
        case Activate(activation):
            return say["verbose.activation"].format(activation=activation.name, formula=activation.formula)
        case Dropout():
            return say["verbose.dropout"].format(probability=layer.probability)
        case Power():
            return say["verbose.power"].format(exponent=layer.exponent)
        case ModuleLayer(module=module):
            return " ".join(str(module).split())
    raise TypeError(f"no words for {type(layer).__name__}")


def initial_parameters(binding: Binding) -> list[str]:
    """What a small model starts from; nothing of a larger one."""
    if binding.network.size > MOST_LEARNED:
        return []
    return _named(binding.network.named(binding.network.initial(binding.spec.seed)))


def final_parameters(summary: Mapping[str, Any]) -> list[str]:
    """What a small model ends with, where that is not shown beside the truth already."""
    parameters = summary["parameters"]
    if parameters is None or parameters["true"] is not None:
        return []
    return _named(parameters["learned"])


def _named(arrays: Mapping[str, Any]) -> list[str]:
    return [f"{name} {values(array)}" for name, array in arrays.items()]


def meanings(binding: Binding, summary: Mapping[str, Any]) -> list[str]:
    """What the reference losses are for."""
    say, known = words(binding.spec.settings.language), summary["reference"]
    constant = "mean" if binding.source.task == "regression" else "classes"
    keys = {"truth": "verbose.truth", "constant": f"verbose.constant.{constant}"}
    return [say[key] for name, key in keys.items() if known[name] is not None]
