"""`init_from`: the weights of another run, which must have the same network."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load

from nnrun.errors import BadInput
from nnrun.models import Network
from nnrun.runs.entry import reason_of, regular_bytes
from nnrun.runs.finding import find_run
from nnrun.runs.marks import is_sweep
from nnrun.runs.writing import WEIGHTS
from nnrun.spec import Start

MOST_BYTES = 8 * 1024**3
"""Of weights that are read at all."""


def start_of(run: str | None, network: Network) -> Start | None:
    """The weights to start from; None where no run is named.

    Args:
        run: a RUN: a directory, the start of its name, `latest`, `latest/best`.
        network: that is to be trained.

    Raises:
        BadInput: there is no such run, or it has another network.
    """
    if run is None:
        return None
    try:
        directory = find_run(run)
        if is_sweep(directory):
            raise BadInput(f"{run}: is a sweep; write one of its runs, such as {run}/best")
        path = directory / WEIGHTS
        arrays = _loaded(path, path.stat().st_mtime_ns)
    except BadInput as error:
        raise BadInput([f"init_from={problem}" for problem in error.problems]) from error
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise BadInput(f"init_from={run}: its weights cannot be read: {reason_of(error)}") from error
    wanted = {weights.name: weights.shape for weights in network.weights}
    found = {name: array.shape for name, array in arrays.items()}
    if found != wanted:
        raise BadInput(
            f"init_from={run}: has weights {_shapes(found)}; this model has {_shapes(wanted)}; choose the"
            " same dataset.* and model.*"
        )
    flat = np.concatenate([arrays[weights.name].ravel() for weights in network.weights])
    return Start(hashlib.sha256(flat.astype(np.float64).tobytes()).hexdigest(), flat)


@functools.lru_cache(8)
def _loaded(path: Path, changed: int) -> dict[str, npt.NDArray[Any]]:
    """Read once for all jobs of a sweep, as long as the file stays as it is."""
    return dict(load(regular_bytes(path, MOST_BYTES)))


def _shapes(shapes: dict[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {'x'.join(map(str, shape))}" for name, shape in shapes.items())
