"""The part of a script that makes a run's data: the same NumPy calls in the same order."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nnrun.config import Binding
from nnrun.datasets import SplitSizes
from nnrun.errors import Refused
from nnrun.exporting.numpy_text import number_text, numpy_text
from nnrun.expressions import parse

WIDTH = 100
"""Characters of a line."""

Options = Mapping[str, Any]


def data_lines(binding: Binding) -> list[str]:
    """Lines after which `x` and `y` are tensors of training data, and `x_val`, `y_val` of validation.

    Raises:
        Refused: the dataset is none of those that NumPy can make in a few lines.
    """
    spec, source = binding.spec, binding.source
    if spec.dataset.name not in _WRITERS:
        raise Refused(
            f"--to script: dataset={spec.dataset.name} is not made by a formula, which a script could hold;"
            " --to onnx takes the network with you"
        )
    made = _WRITERS[spec.dataset.name](spec.dataset.options)
    drawing = [f'rng = chance({source.seed}, "data")'] if any("rng." in line for line in made) else []
    return [*drawing, *made, *_tensors(binding), *_split(binding)]


def _tensors(binding: Binding) -> list[str]:
    dtype = f"torch.{binding.spec.dtype}"
    if binding.source.task == "classification":
        return [f"x, y = torch.tensor(x, dtype={dtype}), torch.tensor(y)"]
    return [f"x, y = torch.tensor(x, dtype={dtype}), torch.tensor(y, dtype={dtype})"]


def _split(binding: Binding) -> list[str]:
    spec, source = binding.spec, binding.source
    sizes = SplitSizes.of(source.samples, spec.val_fraction, spec.test_fraction)
    if sizes.train == source.samples:
        return []
    lines = [f'order = chance({source.seed}, "split").permutation({source.samples})']
    if sizes.val:
        rows = f"np.sort(order[{sizes.train}:{sizes.train + sizes.val}])"
        lines += [f"rows = {rows}  # kept from training", "x_val, y_val = x[rows], y[rows]"]
    return [*lines, f"rows = np.sort(order[:{sizes.train}])", "x, y = x[rows], y[rows]"]


def _noise(options: Options) -> str:
    """Such as ` + 0.2 * rng.random((100, 1))`; empty where there is none."""
    scale, shape = options["noise"], (options["samples"], 1)
    if scale == 0:
        return ""
    drawn = "random" if options["noise_kind"] == "uniform" else "standard_normal"
    return f" + {number_text(scale)} * rng.{drawn}({shape})"


def _even(options: Options) -> str:
    low, high = number_text(options["low"]), number_text(options["high"])
    return f"x = np.linspace({low}, {high}, {options['samples']}).reshape(-1, 1)"


def _quadratic(options: Options) -> list[str]:
    terms = [
        _times(options["a"], "x**2") if options["a"] else "",
        _times(options["b"], "x") if options["b"] else "",
        number_text(options["c"]) if options["c"] else "",
    ]
    formula = " + ".join(term for term in terms if term).replace("+ -", "- ") or "0 * x"
    if "x" not in formula:
        formula += " + 0 * x"
    return [_even(options), f"y = {formula}{_noise(options)}"]


def _times(factor: float, term: str) -> str:
    return term if factor == 1 else f"-{term}" if factor == -1 else f"{number_text(factor)} * {term}"


def _function(options: Options) -> list[str]:
    expression = parse(options["expression"])
    formula = numpy_text(expression.root)
    if "x" not in expression.names:
        formula = f"{formula} + 0 * x"
    return [_even(options), *_long(f"y = {formula}{_noise(options)}")]


def _ten_points(options: Options) -> list[str]:
    return [line for name in ("x", "y") for line in _column(name, options[name])]


def _linear(options: Options) -> list[str]:
    weights, samples = options["weights"], options["samples"]
    known = _column("true_weights", weights)
    x = f"x = rng.standard_normal(({samples}, {len(weights)}))"
    bias = f" + {number_text(options['bias'])}".replace("+ -", "- ") if options["bias"] else ""
    return [x, *known, f"y = x @ true_weights{bias}{_noise(options)}"]


def _random_mnist(options: Options) -> list[str]:
    samples, (rows, columns) = options["samples"], options["shape"]
    return [
        f"x = rng.standard_normal(({samples}, {rows * columns}))  # pictures of {rows} x {columns} dots",
        f"y = rng.integers(0, {options['classes']}, {samples})  # and labels that mean nothing",
    ]


def _planar(options: Options, classes: int, places: list[str]) -> list[str]:
    """Points of every class in turn, at their places plus noise."""
    samples, noise = options["samples"], options["noise"]
    noisy = f"x = x + {number_text(noise)} * rng.standard_normal(({samples}, 2))"
    return [f"y = np.arange({samples}) % {classes}", *places, *([noisy] if noise else [])]


def _moons(options: Options) -> list[str]:
    return _planar(
        options,
        2,
        [
            f"angle = rng.uniform(0, np.pi, {options['samples']})",
            "upper = np.column_stack([np.cos(angle), np.sin(angle)])",
            "lower = np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)])",
            "x = np.where(y[:, None] == 0, upper, lower) - [0.5, 0.25]",
        ],
    )


_ROUND = "np.column_stack([np.cos(angle), np.sin(angle)])"


def _circles(options: Options) -> list[str]:
    samples, classes = options["samples"], options["classes"]
    angle, radius = f"rng.uniform(0, 2 * np.pi, {samples})", f"(y + 1) / {classes}"
    return _planar(
        options, classes, [f"angle, radius = {angle}, {radius}", f"x = radius[:, None] * {_ROUND}"]
    )


def _spirals(options: Options) -> list[str]:
    way = f"way = np.sqrt(rng.uniform(0.01, 1, {options['samples']}))"
    angle = f"angle = 2 * np.pi * ({_times(options['turns'], 'way')} + y / {options['classes']})"
    return _planar(options, options["classes"], [way, angle, f"x = way[:, None] * {_ROUND}"])


def _blobs(options: Options) -> list[str]:
    classes = options["classes"]
    return _planar(
        options, classes, [f"angle = 2 * np.pi * np.arange({classes}) / {classes}", f"x = {_ROUND}[y]"]
    )


def _xor(options: Options) -> list[str]:
    samples, classes = options["samples"], options["classes"]
    return _planar(
        options,
        classes,
        [
            f"across = rng.integers(0, {classes}, {samples})",
            f"corner = np.column_stack([across, (y - across) % {classes}])",
            f"x = 2 * (corner + rng.uniform(0, 1, ({samples}, 2))) / {classes} - 1",
        ],
    )


def _column(name: str, values: Sequence[float]) -> list[str]:
    """A list of numbers as an array (sample, 1)."""
    listed = f"[{', '.join(map(number_text, values))}]"
    line = f"{name} = np.array({listed}).reshape(-1, 1)"
    if len(line) <= WIDTH:
        return [line]
    inside = textwrap.wrap(listed[1:-1], WIDTH - 4, initial_indent="    ", subsequent_indent="    ")
    return [f"{name} = np.array([", *inside, "]).reshape(-1, 1)"]


def _long(line: str) -> list[str]:
    """A statement on several lines, in brackets, where it is too long for one."""
    if len(line) <= WIDTH:
        return [line]
    name, _, value = line.partition(" = ")
    inside = textwrap.wrap(value, WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return [f"{name} = (", *(f"    {piece}" for piece in inside), ")"]


_WRITERS: Mapping[str, Callable[[Options], list[str]]] = {
    "quadratic": _quadratic,
    "function": _function,
    "ten_points": _ten_points,
    "linear": _linear,
    "random_mnist": _random_mnist,
    "moons": _moons,
    "circles": _circles,
    "spirals": _spirals,
    "blobs": _blobs,
    "xor": _xor,
}
