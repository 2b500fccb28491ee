"""Picture `animation`: the fit as it bends towards the data, one frame for each snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from nnrun.plots import captions, fit, limits, naming
from nnrun.plots.limits import Values
from nnrun.plots.moments import Frame, caption, frames
from nnrun.plots.moving import MovingRegions
from nnrun.plots.sheet import Entry, Sheet
from nnrun.plots.theme import Theme
from nnrun.runs.reading import RunRecord
from nnrun.words import words


@dataclass(frozen=True)
class Heading:
    """What stands above every frame, and how its axes are called where not x and y."""

    title: str
    about: str | None = None
    x: str = "x"
    y: tuple[str, ...] = ()


def draw(record: RunRecord, sheet: Sheet, language: str) -> None:
    """Fills `sheet` with the last frame."""
    moments = frames(record)
    stage(record, sheet, language, moments).show(moments[-1])


def stage(record: RunRecord, sheet: Sheet, language: str, moments: Sequence[Frame]) -> Stage | MovingRegions:
    """A stage for the frames of a recorded run."""
    if "snapshot_regions" in record.plots:
        return MovingRegions(record, sheet, language)
    summary, outputs = record.summary, range(record.plots["train_y"].shape[1])
    named = tuple(naming.of_output(summary, output, "") for output in outputs)
    x = naming.of_input(summary, 0, "x")
    heading = Heading(captions.title(record), captions.about(record), x, named)
    return Stage(record.plots, heading, sheet, language, [moment.prediction for moment in moments])


class Stage:
    """What stays the same from frame to frame, and the few artists that change.

    Args:
        plots: arrays of a portrait: points, `grid`, truth, `snapshot_grid`.
        heading: what stands above it.
        sheet: to be filled.
        language: of the words on it.
        predictions: curves that are known already, for the axes to include those that stay near the data.
    """

    def __init__(
        self,
        plots: Mapping[str, Any],
        heading: Heading,
        sheet: Sheet,
        language: str,
        predictions: Sequence[Any] = (),
    ) -> None:
        self._say, self._grid = words(language), plots["snapshot_grid"][:, 0]
        self.figure, self._heading = sheet.figure, heading
        outputs = plots["train_y"].shape[1]
        self._shown = range(min(outputs, fit.OUTPUTS))
        notes = fit.too_many(outputs, self._say)
        sheet.header(heading.title, notes, about=heading.about)
        self._caption = sheet.caption()
        sheet.top -= 0.06
        sheet.legend(_entries(plots, sheet.theme, self._say))
        panels = [self._panel(plots, sheet, output, predictions) for output in self._shown]
        self._lines = [self._line(axes, sheet.theme) for axes in panels]
        self._absences = [self._absence(axes, sheet.theme) for axes in panels]
        sheet.place([panels], [1.0])

    @property
    def artists(self) -> list[Artist]:
        """Those that `show` changes."""
        return [*self._lines, *self._absences, self._caption]

    @property
    def inks(self) -> list[tuple[str, str]]:
        """Colours that a palette would lose: none, where most of the page is empty."""
        return []

    def show(self, frame: Frame) -> None:
        """Puts one moment on the stage."""
        for output, line, absence in zip(self._shown, self._lines, self._absences, strict=True):
            curve = limits.drawable(frame.prediction[:, output])
            line.set_ydata(curve)
            absence.set_text(self._why_absent(curve, absence.axes.get_ylim()))
        self._caption.set_text(caption(frame, self._say))

    def _why_absent(self, curve: Values, shown: limits.Interval) -> str:
        """Why there is no line on the axes; nothing where there is one."""
        there = limits.finite(curve)
        if not len(there):
            return self._say["plot.model_nan"]
        crosses = there.min() <= shown[1] and there.max() >= shown[0]
        return "" if crosses else self._say["plot.model_left"]

    def _panel(self, plots: Mapping[str, Any], sheet: Sheet, output: int, predictions: Sequence[Any]) -> Axes:
        named = self._heading.y[output] if self._heading.y else ""
        label = named or fit.output_name("y", output, self._shown)
        axes, x = sheet.panel(self._heading.x, label), plots["grid"][:, 0]
        data = [plots[f"{split}_y"][:, output] for split in fit.splits(plots)]
        curves = [prediction[:, output] for prediction in predictions]
        if "grid_truth" in plots:
            truth = limits.drawable(plots["grid_truth"][:, output])
            axes.plot(x, truth, zorder=2.8, **fit.truth_style(sheet.theme))
            curves.append(truth)
        sheet.scale_x(axes, (float(x.min()), float(x.max())), fit.ticks(len(self._shown)))
        sheet.scale_y(axes, limits.spread(data, curves), 7)
        fit.scatter(axes, sheet.theme, plots, 0, output)
        return axes

    def _line(self, axes: Axes, theme: Theme) -> Line2D:
        nothing: Values = np.full(len(self._grid), np.nan)
        return axes.plot(self._grid, nothing, color=theme.model, zorder=3)[0]

    def _absence(self, axes: Axes, theme: Theme) -> Any:
        """A text for frames in which there is no line to be seen."""
        place: dict[str, Any] = {"transform": axes.transAxes, "ha": "center", "va": "center"}
        return axes.text(0.5, 0.93, "", color=theme.alarm, zorder=4, **place)


class Blitter:
    """Draws the stage once and then only what changes.

    Args:
        set_stage: whose figure has a canvas of Agg's kind.
    """

    def __init__(self, set_stage: Stage | MovingRegions) -> None:
        self._stage, self._canvas = set_stage, set_stage.figure.canvas
        for artist in set_stage.artists:
            artist.set_animated(True)
        self._background: Any = None

    def prepare(self) -> None:
        """Draws what stays."""
        self._canvas.draw()
        self.remember()

    def remember(self) -> None:
        """Takes what is on the canvas for what stays."""
        self._background = self._canvas.copy_from_bbox(self._stage.figure.bbox)  # type: ignore[attr-defined]

    def draw(self, frame: Frame) -> None:
        """One frame on the canvas."""
        self._canvas.restore_region(self._background)  # type: ignore[attr-defined]
        self._stage.show(frame)
        for artist in self._stage.artists:
            self._stage.figure.draw_artist(artist)


def images(set_stage: Stage | MovingRegions, moments: Sequence[Frame]) -> Iterator[Any]:
    """Every frame as an array (row, column, 3) of bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(set_stage.figure)
    blitter = Blitter(set_stage)
    blitter.prepare()
    for moment in moments:
        blitter.draw(moment)
        yield np.array(canvas.buffer_rgba())[:, :, :3]  # type: ignore[no-untyped-call]


def _entries(plots: Mapping[str, Any], theme: Theme, say: Mapping[str, str]) -> list[Entry]:
    entries = [Entry(Line2D([], [], **{**fit.dots(theme), "alpha": 1.0}), say["plot.data"])]
    if "val_x" in plots:
        entries.append(Entry(Line2D([], [], **fit.rings(theme)), say["plot.validation_data"]))
    entries.append(Entry(Line2D([], [], color=theme.model, lw=theme.line), say["plot.model"]))
    if "grid_truth" in plots:
        entries.append(Entry(Line2D([], [], **fit.truth_style(theme)), say["plot.truth"]))
    return entries
