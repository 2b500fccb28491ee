"""A page as a list of what is on it: what `Sheet`, `fit` and `curves` ask of a `Figure`, and no more.

A `Figure` decides every size and colour anew for each of its hundreds of parts; a sweep draws thousands of
pictures of a few kinds. `painted` draws this page, dot for dot as the `Figure` that the same calls fill.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nnrun.plots.theme import Theme

Place = tuple[float, float, float, float]

TITLE_PAD = 4.0
"""Points between a panel and its title."""


class RasterTicks:
    """Where an axis has numbers, and which."""

    def __init__(self) -> None:
        self.places: Sequence[float] = ()
        self.texts: Sequence[str] = ()
        self.label = (0.0, 0.0)

    def set_major_locator(self, locator: Any) -> None:
        """Where its numbers are."""
        self.places = locator.locs.tolist()

    def set_major_formatter(self, formatter: Any) -> None:
        """Which they are."""
        self.texts = getattr(formatter, "seq", ())

    def set_minor_locator(self, locator: Any) -> None:
        """There are no minor ticks."""

    def set_label_coords(self, x: float, y: float) -> None:
        """Where its name is, in shares of the panel."""
        self.label = (x, y)


@dataclass
class RasterLine:
    """A line of a panel.

    Attributes:
        style: as `Line2D` takes it.
        across: x are shares of the panel's width.
        up: y are shares of its height.
    """

    x: Any
    y: Any
    style: dict[str, Any]
    across: bool = False
    up: bool = False

    def set(self, **style: Any) -> None:
        """Changes its style."""
        self.style |= style

    def set_label(self, label: str) -> None:
        """It has no name: legends are made of entries of their own."""


@dataclass
class RasterText:
    """Words at shares of a panel or of the page; `style` as `Text` takes it."""

    x: float
    y: float
    text: str
    style: dict[str, Any]


class RasterPanel:
    """What the makers of pictures ask of `Axes`."""

    def __init__(self) -> None:
        self.box: Place = (0.0, 0.0, 1.0, 1.0)
        self.xaxis, self.yaxis = RasterTicks(), RasterTicks()
        self.lines: list[RasterLine] = []
        self.texts: list[RasterText] = []
        self.transAxes = "panel"
        self.log = False
        self._x, self._y = (0.0, 1.0), (0.0, 1.0)
        self._labels = {"x": "", "y": "", "title": ""}

    def set_xlabel(self, text: str) -> None:
        """The name below it."""
        self._labels["x"] = text

    def set_ylabel(self, text: str) -> None:
        """The name beside it."""
        self._labels["y"] = text

    def set_title(self, text: str, y: float, pad: float) -> None:
        """The name above it, at its left."""
        assert (y, pad) == (1.0, TITLE_PAD)
        self._labels["title"] = text

    def get_xlabel(self) -> str:
        """Empty where there is none; the others likewise."""
        return self._labels["x"]

    def get_ylabel(self) -> str:
        """As set."""
        return self._labels["y"]

    def get_title(self, loc: str) -> str:
        """As set."""
        return self._labels["title"]

    def set_xlim(self, limits: tuple[float, float]) -> None:
        """What it shows from left to right."""
        self._x = limits

    def set_ylim(self, limits: tuple[float, float]) -> None:
        """What it shows from bottom to top."""
        self._y = limits

    def get_xlim(self) -> tuple[float, float]:
        """As set."""
        return self._x

    def get_ylim(self) -> tuple[float, float]:
        """As set."""
        return self._y

    def set_yscale(self, scale: str, nonpositive: str) -> None:
        """The only other scale."""
        assert (scale, nonpositive) == ("log", "clip")
        self.log = True

    def set_position(self, place: Place) -> None:
        """Left, bottom, width and height as shares of the page."""
        self.box = place

    def plot(self, x: Any, y: Any, **style: Any) -> list[RasterLine]:
        """A line through points, or dots at them."""
        self.lines.append(RasterLine(x, y, style))
        return self.lines[-1:]

    def axhline(self, y: float, **style: Any) -> RasterLine:
        """A line from side to side."""
        self.lines.append(RasterLine([0.0, 1.0], [y, y], style, across=True))
        return self.lines[-1]

    def axvline(self, x: float, **style: Any) -> RasterLine:
        """A line from bottom to top."""
        self.lines.append(RasterLine([x, x], [0.0, 1.0], style, up=True))
        return self.lines[-1]

    def text(self, x: float, y: float, text: str, transform: str, **style: Any) -> None:
        """Words, at shares of the panel."""
        assert transform == self.transAxes
        self.texts.append(RasterText(x, y, text, style))


@dataclass
class RasterLegend:
    """Styles and names, their corner as shares of the page, and three distances in sizes of a name."""

    artists: Sequence[Mapping[str, Any]]
    names: Sequence[str]
    corner: tuple[float, float]
    columns: int
    spacing: tuple[float, float, float]

    def set_in_layout(self, counts: bool) -> None:
        """Nothing is laid out but by hand."""


@dataclass
class RasterFigure:
    """What `Sheet` asks of a `Figure`, in inches; `painted` draws it."""

    theme: Theme
    width: float
    height: float
    panels: list[RasterPanel] = field(default_factory=list)
    texts: list[RasterText] = field(default_factory=list)
    legends: list[RasterLegend] = field(default_factory=list)

    def add_axes(self, place: Place) -> RasterPanel:
        """One more panel."""
        self.panels.append(RasterPanel())
        self.panels[-1].set_position(place)
        return self.panels[-1]

    def text(self, x: float, y: float, text: str, **style: Any) -> None:
        """Words, at shares of the page."""
        self.texts.append(RasterText(x, y, text, style))

    def legend(
        self,
        artists: Sequence[Mapping[str, Any]],
        names: Sequence[str],
        *,
        bbox_to_anchor: tuple[float, float],
        ncols: int,
        handletextpad: float,
        columnspacing: float,
        labelspacing: float,
        **_: Any,
    ) -> RasterLegend:
        """Rows of names above the panels; `artists` are styles of lines."""
        spacing = (handletextpad, columnspacing, labelspacing)
        self.legends.append(RasterLegend(artists, names, bbox_to_anchor, ncols, spacing))
        return self.legends[-1]
