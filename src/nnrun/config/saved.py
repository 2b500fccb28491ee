"""A saved run built again from its directory: its configuration, read as data, and its final weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml
from omegaconf import OmegaConf
from omegaconf._utils import get_yaml_loader
from safetensors import SafetensorError
from safetensors.numpy import load

from nnrun.config.binding import Binding, bind
from nnrun.datasets import Scale, Source, draw
from nnrun.datasets.remembered import remembered, remembered_scale
from nnrun.errors import BadInput, Refused
from nnrun.models import Network
from nnrun.plugins.registering import allow_recorded
from nnrun.runs.entry import read_summary, reason_of, regular_bytes
from nnrun.runs.marks import is_run, is_sweep
from nnrun.runs.writing import SUMMARY, WEIGHTS
from nnrun.spec import Settings
from nnrun.words import LANGUAGES

CONFIG = Path(".hydra") / "config.yaml"

MOST_BYTES = 1024 * 1024
"""Of a configuration that is read at all."""
MOST_WEIGHTS = 8 * 1024**3
"""Bytes of weights that are read at all."""

Numbers = npt.NDArray[Any]


def require_run(directory: Path) -> None:
    """Checks that a directory holds one run.

    Raises:
        BadInput: it holds several.
        Refused: it holds what is left of one.
    """
    if is_sweep(directory):
        name = directory.name
        raise BadInput(f"{directory}: is a sweep; write one of its runs, such as {name}/0 or {name}/best")
    if not is_run(directory):
        raise Refused(f"{directory}: holds no whole run; its summary or its metrics are missing")


def rebuilt(
    directory: Path, language: str | None = None, allow_code: bool = False, with_data: bool = False
) -> Binding:
    """A run's configuration, bound.

    What changes no result is left out: it may hold paths that only the run's own machine can resolve. A
    table that the run has read is as the run remembers it, without its samples, unless they are wanted.

    Args:
        directory: of the run.
        language: to speak; None: the run's own.
        allow_code: execute the files of code that it names.
        with_data: its samples will be drawn.

    Raises:
        Refused: it names code and that is not allowed; the configuration is missing or damaged, refers to
            values elsewhere, or is not this nnrun's.
    """
    path, content = directory / CONFIG, recorded(directory)
    # The weights that a run ends with are its own, wherever it started from.
    left_out = {*(field.name for field in fields(Settings)), "init_from"}
    kept = {key: value for key, value in content.items() if key not in left_out}
    spoken = content.get("language") if language is None else language
    if spoken in LANGUAGES:
        kept["language"] = spoken
    if allow_code:
        allow_recorded(kept)
    interpolated = [key for key, value in kept.items() if has_interpolation(value)]
    if interpolated:
        raise Refused(f"{path}: {interpolated[0]} refers to other values, which are not followed")
    try:
        return bind(OmegaConf.create(kept), source=None if with_data else _remembered(directory))
    except BadInput as error:
        raise Refused(f"{path}: {error}{_unread(directory)}") from error


def _unread(directory: Path) -> str:
    """Why the summary, which remembers what the configuration alone does not say, is of no help."""
    try:
        read_summary(directory)
    except (OSError, ValueError) as error:
        return f"; and {SUMMARY}, which remembers the data, cannot be read: {reason_of(error)}"
    return ""


def scale_of(directory: Path, binding: Binding) -> Scale | None:
    """What a run's data were standardized by; None: by nothing.

    Args:
        directory: of the run.
        binding: the same run, rebuilt.

    Raises:
        Refused: what the run recorded is damaged.
    """
    spec, source = binding.spec, binding.source
    try:
        record = read_summary(directory)["scale"]
        return None if record is None else remembered_scale(record, source)
    except KeyError:
        return draw(source, spec.val_fraction, spec.test_fraction).scale
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise Refused(f"{directory / SUMMARY}: {reason_of(error)}") from error


def _remembered(directory: Path) -> Source | None:
    """The run's table as its summary describes it; None where the configuration alone must do."""
    try:
        record = read_summary(directory).get("dataset")
    except (OSError, ValueError):
        return None
    try:
        return remembered(record) if isinstance(record, Mapping) else None
    except ValueError as error:
        raise Refused(f"{directory / SUMMARY}: {error}") from error


def recorded(directory: Path) -> dict[str, Any]:
    """A run's configuration as its file has it, nothing resolved; without the `hydra` node.

    Raises:
        Refused: the file is missing or damaged.
    """
    path = directory / CONFIG
    try:
        content = yaml.load(regular_bytes(path, MOST_BYTES).decode("utf-8"), Loader=_loader())
    except FileNotFoundError as error:
        raise Refused(f"{path}: cannot be read: is missing") from error
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise Refused(f"{path}: cannot be read: {reason_of(error)}") from error
    if not isinstance(content, Mapping):
        raise Refused(f"{path}: holds no configuration")
    return {str(key): value for key, value in content.items() if key != "hydra"}


def has_interpolation(value: Any) -> bool:
    """Whether a value of a configuration, or one inside it, stands elsewhere."""
    if isinstance(value, Mapping):
        return any(map(has_interpolation, value.values()))
    if isinstance(value, list):
        return any(map(has_interpolation, value))
    return isinstance(value, str) and "${" in value


def final_weights(directory: Path, network: Network) -> Numbers:
    """A run's weights (parameter,), in the order of the network's flat row.

    Raises:
        Refused: they are missing or damaged, or are not this network's.
    """
    path = directory / WEIGHTS
    try:
        arrays = load(regular_bytes(path, MOST_WEIGHTS))
    except FileNotFoundError as error:
        raise Refused(f"{path}: is missing: this run has not ended, or failed") from error
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise Refused(f"{path}: cannot be read: {reason_of(error)}") from error
    wanted = {weights.name: weights.shape for weights in network.weights}
    if {name: array.shape for name, array in arrays.items()} != wanted:
        raise Refused(f"{path}: holds other weights than its configuration describes")
    return np.concatenate([arrays[weights.name].ravel() for weights in network.weights])


def _loader() -> Any:
    """OmegaConf's own, which makes plain values alone; without aliases, of which few bytes unfold to many."""
    own: Any = get_yaml_loader()

    class Loader(own):  # type: ignore[misc]
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.events.AliasEvent):
                raise yaml.YAMLError("refers to parts of itself")
            return super().compose_node(parent, index)

    return Loader
