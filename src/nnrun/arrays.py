"""One spelling of array arithmetic for NumPy arrays and torch tensors: the namespace behind an array."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = Any
"""A NumPy array or a torch tensor; operators and the functions of `namespace` work alike on both."""

Cast: TypeAlias = Callable[[npt.ArrayLike], Array]
"""Turns float64 numbers into the engine's kind of array, in the run's dtype and on its device."""


def namespace(array: Array) -> Any:
    """`numpy` or `torch`, whichever `array` belongs to; torch accepts NumPy's `axis` and `keepdims`."""
    return np if isinstance(array, np.ndarray | np.generic) else sys.modules["torch"]
