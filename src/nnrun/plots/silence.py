"""Keeps matplotlib's log off the screen: it tells of caches and of a matplotlibrc that is not used."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silence() -> Iterator[None]:
    """Within it, matplotlib logs nothing short of an error; warnings of Python's own are left alone."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
