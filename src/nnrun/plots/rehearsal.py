"""A small picture drawn for nothing, so that the first real one finds fonts, glyphs and code in memory."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from nnrun.plots.drawing import draw
from nnrun.plots.saving import OPTIONS
from nnrun.plots.style import styled
from nnrun.plots.theme import LIGHT
from nnrun.runs.reading import RunRecord

CHARACTERS = "".join(chr(code) for code in range(32, 127)) + "−×·²⁰¹³⁴⁵⁶⁷⁸⁹⁻…"
"""What titles and labels are made of."""


def rehearse() -> None:
    """Draws picture `curves` of an invented run into memory."""
    falling = np.geomspace(1.0, 0.01, 20)
    metrics = {"epoch": np.arange(20.0), "lr": np.ones(20), "train/loss": falling, "train/r2": 1 - falling}
    summary = {"status": "completed", "title": CHARACTERS, "epochs": 20, "reference": {"truth": 0.01}}
    figure = draw(RunRecord(Path(), metrics, summary, {}), "curves")
    with styled(LIGHT):
        figure.savefig(io.BytesIO(), format="png", **OPTIONS["png"])
