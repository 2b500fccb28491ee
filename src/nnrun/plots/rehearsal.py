"""A small picture drawn for nothing, so that the first real one finds fonts, glyphs and code in memory."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from nnrun.plots.drawing import draw, sketch
from nnrun.plots.saving import dots
from nnrun.plots.style import styled
from nnrun.plots.theme import LIGHT
from nnrun.runs.reading import RunRecord

CHARACTERS = "".join(chr(code) for code in range(32, 127)) + "−×·²⁰¹³⁴⁵⁶⁷⁸⁹⁻…"
"""What titles and labels are made of."""


@functools.cache
def rehearse() -> bool:
    """Draws picture `curves` of an invented run into memory, as a `Figure` and at once as dots.

    Returns:
        Whether both look the same to the dot. A version of matplotlib in which they do not, or in which
        what drawing at once needs is not there, gets every picture as a `Figure`.
    """
    falling = np.geomspace(1.0, 0.01, 20)
    metrics = {"epoch": np.arange(20.0), "lr": np.ones(20), "train/loss": falling, "train/r2": 1 - falling}
    best = {"epoch": 12, "name": "train/loss", "value": float(falling[12])}
    summary = {"status": "completed", "title": CHARACTERS, "epochs": 20, "best": best}
    record = RunRecord(Path(), metrics, summary | {"reference": {"truth": 0.01}}, {})
    figure = draw(record, "curves")
    with styled(LIGHT):
        wanted = dots(figure)
    page = sketch(record, "curves")
    assert page is not None
    try:
        with styled(LIGHT):
            from nnrun.plots.brush import painted

            return bool(np.array_equal(painted(page), wanted))
    except (ImportError, AttributeError, TypeError, ValueError):
        return False
