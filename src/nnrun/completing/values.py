"""What keys take that take one of a few words: as annotations and registries say, without loading them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

METRICS = ("mae", "r2", "accuracy")
_SCHEMES = (
    *("default", "normal", "uniform", "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal"),
    *("orthogonal", "zeros"),
)
_ACTIVATIONS = (
    *("relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "softplus", "sigmoid", "tanh", "softsign"),
    *("hardtanh", "relu6", "sine", "identity"),
)

VALUES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "dtype": ("float32", "float64"),
        "language": ("auto", "en", "zh"),
        "plots.format": ("png", "svg", "pdf"),
        "sweep.plots": ("all", "best", "none"),
        "dataset.noise_kind": ("normal", "uniform"),
        "dataset.delimiter": ("auto", "comma", "semicolon", "tab", "pipe"),
        "dataset.decimal": ("auto", "point", "comma"),
        "dataset.missing": ("refuse", "drop", "mean"),
        "dataset.task": ("auto", "regression", "classification"),
        "model.init": _SCHEMES,
        "model.activation": _ACTIVATIONS,
    }
)
"""Key -> the only values that it takes."""

OBJECTIVES = (
    "auto",
    *(f"{part}/{name}" for part in ("train", "val", "test") for name in ("loss", *METRICS)),
)

LISTS = frozenset(
    {"metrics", "tags", "plugins", "plots.own", "dataset.target", "dataset.features", "dataset.categorical"}
)
"""Keys whose value is a list with commas, with `-m` and without."""

RUNS = frozenset({"init_from"})
"""Keys whose value is a run."""

DIRECTORIES = frozenset({"output"})
"""Keys whose value is a directory."""

FILES = frozenset({"path", "file", "font_file"})
"""Last names of keys whose value is a file."""

PICTURES = ("fit", "curves", "landscape", "sweep", "fits")
"""Names of pictures that runs and sweeps leave."""


def words_for(key: str, default: str) -> tuple[str, ...]:
    """What `key` may be set to where that is a word; nothing where it is anything else.

    Args:
        key: dotted.
        default: as the configuration files have it, which tells the type.
    """
    if key in VALUES:
        return VALUES[key]
    if default in ("true", "false"):
        return ("true", "false")
    named = {"objective": OBJECTIVES, "metrics": METRICS}.get(key, ())
    return (*named, "null") if default == "null" else named
