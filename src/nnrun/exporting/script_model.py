"""The part of a script that builds a run's network, with the weights that the run started from."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nnrun.config import Binding
from nnrun.errors import Refused
from nnrun.exporting.convolutions import Convolve, Flatten, Part, Pool, Unflatten, is_conv, written_parts
from nnrun.exporting.numpy_text import number_text
from nnrun.models import Network
from nnrun.models.initialisation import schemes
from nnrun.models.layers import Activate, Affine, Dropout, Power

_MODULES = {
    "relu": "nn.ReLU()",
    "leaky_relu": "nn.LeakyReLU()",
    "elu": "nn.ELU()",
    "selu": "nn.SELU()",
    "gelu": "nn.GELU()",
    "silu": "nn.SiLU()",
    "mish": "nn.Mish()",
    "softplus": "nn.Softplus()",
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "softsign": "nn.Softsign()",
    "hardtanh": "nn.Hardtanh()",
    "relu6": "nn.ReLU6()",
    "sine": "Sine()",
    "identity": "nn.Identity()",
}

_SINE = """\
class Sine(nn.Module):
    def forward(self, x):
        return torch.sin(x)


"""

_DROPOUT = """\
class Dropout(nn.Module):
    def forward(self, x):
        if not self.training:
            return x
        keep = torch.tensor(silence.random(x.shape) >= {probability})
        return x * keep / {rest}


"""

_POWER = """\
def model(x):
    return x**{exponent} @ w.T + b


"""

_ORTHOGONAL = """\
def orthogonal(shape):
    q, r = np.linalg.qr(rng.normal(size=(max(shape), min(shape))))
    q = q * np.where(np.diagonal(r) < 0, -1, 1)
    return q if shape[0] >= shape[1] else q.T


"""


def definitions(network: Network) -> str:
    """Classes and functions that the model needs and torch has not, each with two blank lines after it."""
    found = ""
    parts = written_parts(network.layers)
    if any(isinstance(part, Activate) and part.activation.name == "sine" for part in parts):
        found += _SINE
    if network.dropouts:
        probability = network.dropouts[0].probability
        rest = number_text(1.0 - probability)
        found += _DROPOUT.format(probability=number_text(probability), rest=rest)
    first = network.layers[0]
    if isinstance(first, Power):
        found += _POWER.format(exponent=number_text(first.exponent))
    return found + (_ORTHOGONAL if network.initialisation.scheme == "orthogonal" else "")


def model_lines(binding: Binding) -> list[str]:
    """Lines after which `model` maps inputs to outputs, and `parameters` lists what is trained.

    Raises:
        Refused: a layer has no form in torch that nnrun knows.
    """
    network = binding.network
    seeding = [f'rng = chance({binding.spec.seed}, "start")']
    if isinstance(network.layers[0], Power):
        return [*seeding, *_explicit(network, binding.spec.dtype)]
    parts = written_parts(network.layers)
    single = len(parts) == 1
    written = [_module(part) for part in parts]
    built = [f"model = {written[0]}"] if single else ["model = nn.Sequential(", *_indented(written), ")"]
    if binding.spec.dtype == "float64":
        built[-1] += ".double()"
    if is_conv(network.layers[0]):
        seeded = f"torch.manual_seed({binding.spec.seed})  # its initial weights are torch's own"
        return [seeded, *built, "print(model)", "parameters = list(model.parameters())"]
    drawing = seeding if any("rng." in line or "orthogonal" in line for line in _start(network, "")) else []
    return [
        *built,
        "print(model)",
        "parameters = list(model.parameters())",
        *drawing,
        *_started(network, single),
    ]


def _module(part: Part) -> str:
    match part:
        case Affine():
            bias = "" if part.bias else ", bias=False"
            return f"nn.Linear({part.inputs}, {part.outputs}{bias})"
        case Dropout():
            return "Dropout()"
        case Activate(activation) if activation.name in _MODULES:
            return _MODULES[activation.name]
        case Unflatten(rows, columns):
            return f"nn.Unflatten(1, (1, {rows}, {columns}))"
        case Convolve(inputs, outputs, kernel):
            return f'nn.Conv2d({inputs}, {outputs}, {kernel}, padding="same")'
        case Pool():
            return "nn.MaxPool2d(2)"
        case Flatten():
            return "nn.Flatten()"
    raise Refused(f"--to script: {part} has no form in torch that nnrun knows")


def _indented(modules: list[str]) -> list[str]:
    return [f"    {module}," for module in modules]


def _started(network: Network, single: bool) -> list[str]:
    """Lines that replace torch's initial weights by nnrun's."""
    if single:
        return ["with torch.no_grad():", *(f"    {line}" for line in _start(network, "model"))]
    return [
        "with torch.no_grad():",
        "    for layer in model:",
        "        if isinstance(layer, nn.Linear):",
        *(f"            {line}" for line in _start(network, "layer")),
    ]


def _start(network: Network, layer: str) -> list[str]:
    """Lines that start one linear layer."""
    start = network.initialisation
    has_bias = [part.bias for part in network.layers if isinstance(part, Affine)]
    drawn = _Drawn.of(start.scheme, start.scale, layer)
    if schemes[start.scheme].biases and start.bias is None and any(has_bias):
        return [
            *drawn.before,
            f"for values in {layer}.parameters():",
            f"    values.copy_(torch.tensor({drawn.value('values.shape')}))",
        ]
    lines = [*drawn.before, f"{layer}.weight.copy_(torch.tensor({drawn.value(f'{layer}.weight.shape')}))"]
    if any(has_bias):
        fill = f"{layer}.bias.fill_({number_text(start.bias or 0.0)})"
        lines += [fill] if all(has_bias) else [f"if {layer}.bias is not None:", f"    {fill}"]
    return lines


def _explicit(network: Network, dtype: str) -> list[str]:
    """A weight and a bias as tensors, and the model as a function of them."""
    affine = network.layers[1]
    assert isinstance(affine, Affine)
    start = network.initialisation
    drawn = _Drawn.of(start.scheme, start.scale, "", affine)
    shapes = (f"({affine.outputs}, {affine.inputs})", f"({affine.outputs},)")
    bias = drawn.value(shapes[1])
    if start.bias is not None or not schemes[start.scheme].biases:
        bias = f"np.full({shapes[1]}, {float(start.bias or 0.0)!r})"
    return [
        *drawn.before,
        f"w = torch.tensor({drawn.value(shapes[0])}, dtype=torch.{dtype}, requires_grad=True)",
        f"b = torch.tensor({bias}, dtype=torch.{dtype}, requires_grad=True)",
        "parameters = [w, b]",
    ]


@dataclass(frozen=True)
class _Drawn:
    """How a scheme draws.

    Attributes:
        before: lines that come first.
        pattern: code, with `{shape}` in it.
    """

    before: tuple[str, ...]
    pattern: str

    def value(self, shape: str) -> str:
        """Code of an array of that shape."""
        return self.pattern.format(shape=shape)

    @classmethod
    def of(cls, scheme: str, scale: float, layer: str, sizes: Affine | None = None) -> _Drawn:
        """For a linear layer named `layer`, or one of these sizes."""
        inputs = f"{layer}.in_features" if sizes is None else str(sizes.inputs)
        outputs = f"{layer}.out_features" if sizes is None else str(sizes.outputs)
        factor = number_text(scale)
        even = "rng.uniform(-bound, bound, {shape})"
        both = f"({inputs} + {outputs})"
        match scheme:
            case "default":
                return cls((f"bound = {factor} / {inputs}**0.5",), even)
            case "normal":
                return cls((), f"rng.normal(0, {factor}, {{shape}})")
            case "uniform":
                return cls((), f"rng.uniform(-{factor}, {factor}, {{shape}})")
            case "xavier_uniform":
                return cls((f"bound = {_scaled(scale)}(6 / {both}) ** 0.5",), even)
            case "xavier_normal":
                return cls((), f"rng.normal(0, {_scaled(scale)}(2 / {both}) ** 0.5, {{shape}})")
            case "kaiming_uniform":
                return cls((f"bound = {_scaled(scale)}(6 / {inputs}) ** 0.5",), even)
            case "kaiming_normal":
                return cls((), f"rng.normal(0, {_scaled(scale)}(2 / {inputs}) ** 0.5, {{shape}})")
            case "orthogonal":
                return cls((), f"{_scaled(scale)}orthogonal({{shape}})")
            case "zeros":
                return cls((), "np.zeros({shape})")
        raise Refused(f"--to script: model.init={scheme} has no form that nnrun knows")


def _scaled(scale: float) -> str:
    return "" if math.isclose(scale, 1.0, rel_tol=0.0) else f"{number_text(scale)} * "
