"""What `verbose=true` adds to a run's lines: layers, parameters before and after, what the losses mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnrun.characters import values
from nnrun.config import Binding
from nnrun.experiment.summary import MOST_LEARNED
from nnrun.models.layers import Activate, Affine, Dropout, Layer, Power
from nnrun.models.module import ModuleLayer
from nnrun.words import words


def layers(binding: Binding) -> list[str]:
    """The network layer by layer, with sizes and parameter counts."""
    say = words(binding.spec.settings.language)
    return [_layer(layer, say) for layer in binding.network.layers]


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
