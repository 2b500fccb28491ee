"""An animation as a GIF file: one palette for all frames, whole or not at all, and the same bytes again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from PIL import Image

from nnrun.errors import BadInput
from nnrun.plots import kinds
from nnrun.plots.animation import images, stage
from nnrun.plots.drawing import page
from nnrun.plots.moments import frames
from nnrun.plots.saving import replacing
from nnrun.plots.theme import LIGHT, Theme
from nnrun.runs.reading import RunRecord

COLOURS = 64
"""Of the palette; the pictures have few hues, and shades where lines are smoothed."""

MOST_COLOURS, SHADES = 248, 4
"""Of the palette where areas are coloured, and of each ink of theirs."""

EXACT = 8
"""Of them, the most frequent ones, which are not rounded: background, grid, data, text."""

FIRST, LAST = 0.8, 2.5
"""Seconds for which the first and the last frame stay at least."""

FASTEST = 0.02
"""Seconds; most viewers show what is faster slowly."""


def animate(
    record: RunRecord,
    path: Path,
    *,
    pace: float = 0.1,
    language: str = "en",
    font: str | None = None,
    theme: Theme = LIGHT,
    width: float | None = None,
    height: float | None = None,
) -> None:
    """Writes the picture `animation` of a run as GIF, which repeats for ever.

    Args:
        record: what its directory holds.
        path: of the file.
        pace: seconds for which a frame stays.
        language: of the words in it.
        font: family of the letters.
        theme: how it looks.
        width: inches; None: the theme's.
        height: inches, likewise.

    Raises:
        BadInput: the run has no recorded moments of its fit.
        OSError: the file cannot be written; what was there before is still there.
    """
    if "animation" not in kinds(record):
        raise BadInput(
            "only a fit over one input, or of classes in the plane, is recorded: there is nothing to animate"
        )
    moments = frames(record)
    with page(record, "animation", language, font, theme, width, height) as (sheet, chosen):
        set_stage = stage(record, sheet, chosen, moments)
        pictures = list(images(set_stage, moments))
    palette = palette_of(pictures, set_stage.inks)
    with replacing(path) as file:
        write_frames(pictures, palette, _seconds(len(moments), pace), file)


def _seconds(count: int, pace: float) -> list[float]:
    seconds = [max(pace, FASTEST)] * count
    seconds[0] = max(pace, FIRST)
    seconds[-1] = max(pace, LAST)
    return seconds


def write_frames(pictures: Sequence[Any], palette: Any, seconds: Sequence[float], file: Any) -> None:
    """Writes frames as a GIF that repeats for ever.

    Args:
        pictures: red, green and blue of each, (row, column, 3).
        palette: colours (n, 3) that all of them share.
        seconds: for which each stays.
        file: open for writing bytes.
    """
    first, *others = [_indexed(indices, palette) for indices in _nearest(pictures, palette)]
    first.save(
        file,
        format="GIF",
        save_all=True,
        append_images=others,
        duration=[round(1000 * each) for each in seconds],
        loop=0,
        optimize=False,
        disposal=1,
    )


def palette_of(pictures: Sequence[Any], inks: Sequence[tuple[str, str]]) -> Any:
    """Colours (n, 3) of the first, middle and last frame, the most frequent ones exactly as they are.

    Args:
        pictures: the frames.
        inks: pairs of colours which, with shades between them, must not be lost among areas full of others.
    """
    some = [pictures[index] for index in sorted({0, len(pictures) // 2, len(pictures) - 1})]
    together = np.concatenate(some)
    size = MOST_COLOURS - SHADES * len(inks) if inks else COLOURS
    chosen = Image.fromarray(together).quantize(size, Image.Quantize.MEDIANCUT).getpalette() or []
    palette = np.array(chosen[: 3 * size], dtype=np.int32).reshape(-1, 3)
    numbers, counts = np.unique(_numbers(together), return_counts=True)
    palette[-EXACT:] = _colours(numbers[np.argsort(-counts, kind="stable")[:EXACT]])
    return np.concatenate([palette, *(_shades(*pair) for pair in inks)])


def _shades(ink: str, ground: str) -> Any:
    """Colours (4, 3) from one to another."""
    ends = 255 * np.array([to_rgb(ink), to_rgb(ground)])
    shares = np.linspace(0, 0.75, SHADES)[:, None]
    return np.round((1 - shares) * ends[0] + shares * ends[1]).astype(np.int32)


def _nearest(pictures: Sequence[Any], palette: Any) -> Iterator[Any]:
    """Of each picture (row, column, 3), the palette's number nearest to each colour.

    Colours are looked up in a table that is filled as they come; Pillow's own search rounds them first.
    """
    unknown = len(palette)
    table = np.full(1 << 24, unknown, dtype=np.uint8)
    for picture in pictures:
        numbers = _numbers(picture)
        indices = table[numbers]
        new = np.unique(numbers[indices == unknown])
        distances = ((_colours(new)[:, None] - palette) ** 2).sum(axis=2)
        table[new] = distances.argmin(axis=1)
        yield table[numbers] if len(new) else indices


def _numbers(picture: Any) -> Any:
    """One number for each colour of a picture (row, column, 3); in their order the colours are sorted too."""
    red, green, blue = (picture[:, :, channel].astype(np.int32) for channel in range(3))
    return (red << 16) | (green << 8) | blue


def _colours(numbers: Any) -> Any:
    """Colours (n, 3) by their numbers."""
    return np.stack([numbers >> 16, (numbers >> 8) & 255, numbers & 255], axis=1)


def _indexed(indices: Any, palette: Any) -> Image.Image:
    image = Image.fromarray(indices)
    image.putpalette(palette.ravel().tolist())
    return image
