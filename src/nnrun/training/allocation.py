"""Keeping freed memory: fetching new pages for every array takes longer than computing what fills it."""

from __future__ import annotations

import functools

LEAST_ELEMENTS = 16_384
"""Numbers of a layer's output below which arrays come from memory that is kept anyway."""

_KEPT = 64 * 1024 * 1024
"""Bytes at the end of the heap that stay with the process."""
_LARGEST = 16 * 1024 * 1024
"""Bytes of an array that still comes from the heap."""
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
"""Numbers of the parameters, as in glibc's malloc.h."""


@functools.cache
def keep_freed_memory() -> bool:
    """Has the C library keep up to 64 MiB that arrays have left; whether it could be told so.

    glibc gives memory back to the system, and takes it again, with every array of some 100 KB and more, the
    smaller arrays of a training step with it: training a population took three times as long. Other C
    libraries are left as they are.
    """
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False
    wanted = {_MMAP_THRESHOLD: _LARGEST, _TRIM_THRESHOLD: 2 * _KEPT, _TOP_PAD: _KEPT}
    return bool(sum(mallopt(parameter, value) for parameter, value in wanted.items()) == len(wanted))
