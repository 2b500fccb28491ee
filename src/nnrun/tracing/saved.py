"""A saved run to trace from: its configuration, read as data, and its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from omegaconf import OmegaConf
from safetensors import SafetensorError
from safetensors.numpy import load_file

from nnrun.config import Binding, bind
from nnrun.errors import BadInput, Refused
from nnrun.models import Network
from nnrun.runs.finding import is_run
from nnrun.runs.writing import WEIGHTS
from nnrun.spec import Settings
from nnrun.tracing.moment import Numbers
from nnrun.words import LANGUAGES

CONFIG = Path(".hydra") / "config.yaml"


def saved(directory: Path, language: str | None = None) -> tuple[Binding, Numbers]:
    """A run's configuration, bound, and its final weights, (parameter,).

    Args:
        directory: of the run.
        language: to speak; None: the run's own.

    Raises:
        BadInput: the directory holds several runs.
        Refused: a file is missing or damaged, or they do not belong together.
    """
    if not is_run(directory):
        raise BadInput(f"{directory}: is a sweep; write one of its runs, such as {directory.name}/0")
    binding = _bound(directory / CONFIG, language)
    return binding, _weights(directory / WEIGHTS, binding.network)


def _bound(path: Path, language: str | None) -> Binding:
    """What changes no result is left out: it may hold paths that only the run's own machine can resolve."""
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise Refused(f"{path}: cannot be read: {_first_line(error)}") from error
    if not isinstance(content, Mapping):
        raise Refused(f"{path}: holds no configuration")
    left_out = {*(field.name for field in fields(Settings)), "hydra"}
    kept = {str(key): value for key, value in content.items() if key not in left_out}
    spoken = content.get("language") if language is None else language
    if spoken in LANGUAGES:
        kept["language"] = spoken
    interpolated = [key for key, value in kept.items() if _has_interpolation(value)]
    if interpolated:
        raise Refused(f"{path}: {interpolated[0]} refers to other values, which a trace does not follow")
    try:
        return bind(OmegaConf.create(kept))
    except BadInput as error:
        raise Refused(f"{path}: {error}") from error


def _has_interpolation(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_interpolation, value.values()))
    if isinstance(value, list):
        return any(map(_has_interpolation, value))
    return isinstance(value, str) and "${" in value


def _weights(path: Path, network: Network) -> Numbers:
    try:
        arrays = load_file(path)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise Refused(f"{path}: cannot be read: {_first_line(error)}") from error
    wanted = {weights.name: weights.shape for weights in network.weights}
    if {name: array.shape for name, array in arrays.items()} != wanted:
        raise Refused(f"{path}: holds other weights than its configuration describes")
    return np.concatenate([arrays[weights.name].ravel() for weights in network.weights])


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
