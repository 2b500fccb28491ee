"""Picture `fit` of a regression: data, model and truth over one input, and what is left of the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from nnrun.errors import BadInput
from nnrun.plots import captions, limits, naming
from nnrun.plots.limits import Interval, Values
from nnrun.plots.sheet import Entry, Sheet
from nnrun.plots.theme import Theme
from nnrun.runs.reading import RunRecord
from nnrun.words import words

OUTPUTS = 3
"""Outputs that a picture has room for; the first ones are drawn."""

_DASHES = (0, (4, 2.5))

Plots = Mapping[str, Any]


def draw(record: RunRecord, sheet: Sheet, language: str, feature: int) -> None:
    """Fills `sheet`; `feature` picks the input where there are several.

    Raises:
        BadInput: there is no such feature.
    """
    say, plots = words(language), record.plots
    outputs = plots["train_y"].shape[1]
    captions.heading(record, sheet, language, *too_many(outputs, say))
    sheet.legend(_legend(plots, sheet.theme, say))
    shown = range(min(outputs, OUTPUTS))
    if "grid" in plots:
        _over_one_input(record, sheet, shown, say)
    else:
        _over_several_inputs(record, sheet, shown, feature, say)


def too_many(outputs: int, say: Mapping[str, str]) -> list[str]:
    """A note that not all outputs are drawn, where that is so."""
    return [say["plot.some_outputs"].format(shown=OUTPUTS, outputs=outputs)] if outputs > OUTPUTS else []


def extra_height(record: RunRecord) -> float:
    """Inches beyond the theme's height; negative where two square panels stand side by side."""
    several_inputs = "grid" not in record.plots
    return -1.0 if several_inputs and record.plots["train_y"].shape[1] == 1 else 0.0


def _over_one_input(record: RunRecord, sheet: Sheet, shown: Sequence[int], say: Mapping[str, str]) -> None:
    """Data and curves above, residuals below, one column for each output."""
    plots, summary = record.plots, record.summary
    x = _around(plots["grid"])
    top, bottom = [], []
    for output in shown:
        axes = sheet.panel(None, naming.of_output(summary, output, output_name("y", output, shown)))
        rest = sheet.panel(naming.of_input(summary, 0, "x"), say["plot.residual"] if output == 0 else None)
        for panel in (axes, rest):
            sheet.scale_x(panel, x, ticks(len(shown)), labels=panel is rest)
        _fit_panel(plots, sheet, axes, output)
        _residual_panel(plots, sheet, rest, output, say)
        top.append(axes)
        bottom.append(rest)
    sheet.place([top, bottom], [2.6, 1.0])


def _fit_panel(plots: Plots, sheet: Sheet, axes: Axes, output: int) -> None:
    theme, grid = sheet.theme, plots["grid"][:, 0]
    prediction = _column(plots["grid_prediction"], output)
    truth = _column(plots["grid_truth"], output) if "grid_truth" in plots else None
    data = [_column(plots[f"{split}_y"], output) for split in splits(plots)]
    sheet.scale_y(axes, limits.spread(data, [prediction] if truth is None else [prediction, truth]), 7)
    scatter(axes, theme, plots, 0, output)
    axes.plot(grid, prediction, color=theme.model, zorder=3)
    if truth is not None:
        axes.plot(grid, truth, zorder=3.1, **truth_style(theme))


def _residual_panel(plots: Plots, sheet: Sheet, axes: Axes, output: int, say: Mapping[str, str]) -> None:
    """y minus prediction; the dashed line is truth minus prediction: what the model has not learned."""
    theme = sheet.theme
    residuals = {
        split: _column(plots[f"{split}_y"], output) - _column(plots[f"{split}_prediction"], output)
        for split in splits(plots)
    }
    data = [_column(plots[f"{split}_y"], output) for split in residuals]
    reach = _residual_reach(list(residuals.values()), data)
    sheet.scale_y(axes, (-reach, reach), 4)
    axes.axhline(0.0, color=theme.model, lw=theme.thin, zorder=2)
    sizes = np.abs(np.concatenate(list(residuals.values())))
    if not (sizes <= reach).any():
        text = say["plot.residuals_left" if np.isfinite(sizes).any() else "plot.residuals_nan"]
        axes.text(0.5, 0.75, text, transform=axes.transAxes, ha="center", va="center", color=theme.alarm)
        return
    _points(axes, theme, plots, lambda split: plots[f"{split}_x"][:, 0], residuals.__getitem__)
    if "grid_truth" in plots:
        rest = _column(plots["grid_truth"], output) - _column(plots["grid_prediction"], output)
        axes.plot(plots["grid"][:, 0], rest, zorder=3, **truth_style(theme))


def _residual_reach(residuals: Sequence[Values], data: Sequence[Values]) -> float:
    """The limit on either side, never more than the range of y: a residual beyond that has left."""
    largest = max((float(np.abs(limits.finite(part)).max(initial=0.0)) for part in residuals), default=0.0)
    low, high = limits.spread(data, margin=0.0)
    return 1.12 * min(largest, high - low) or 0.5


def _over_several_inputs(
    record: RunRecord, sheet: Sheet, shown: Sequence[int], feature: int, say: Mapping[str, str]
) -> None:
    """The chosen feature against y with the model's line, and predicted against true beside it or below."""
    plots, summary = record.plots, record.summary
    require_feature(plots, feature)
    label = naming.of_input(summary, feature, say["plot.feature"].format(feature=feature))
    first, second = [], []
    for output in shown:
        true = naming.of_output(summary, output, output_name(say["plot.true"], output, shown))
        partial = sheet.panel(label, true)
        _partial_panel(plots, sheet, partial, feature, output, ticks(max(2, len(shown))))
        against = sheet.panel(
            true if _has_names(summary) else say["plot.true"],
            say["plot.predicted"].format(name=true),
        )
        _against_panel(plots, sheet, against, output, ticks(max(2, len(shown))))
        first.append(partial)
        second.append(against)
    if len(shown) == 1:
        sheet.place([[*first, *second]], [1.0])
    else:
        sheet.place([first, second], [1.0, 1.0])


def _has_names(summary: Mapping[str, Any]) -> bool:
    """Whether the outputs have names of their own."""
    return bool((summary.get("dataset") or {}).get("targets"))


def require_feature(plots: Plots, feature: int) -> None:
    """Checks that there are points and curves over this feature.

    Raises:
        BadInput: there are not.
    """
    drawn, features = len(plots["partial_grid"]), plots["train_x"].shape[1]
    if not 0 <= feature < drawn:
        raise BadInput(f"feature={feature}: this run has {features} inputs; choose one of 0 to {drawn - 1}")


def _partial_panel(plots: Plots, sheet: Sheet, axes: Axes, feature: int, output: int, most: int) -> None:
    """The line holds every other feature at its mean; points scatter around it by what those contribute."""
    theme, grid = sheet.theme, plots["partial_grid"][feature]
    lines = [
        _column(plots[name][feature], output)
        for name in ("partial_prediction", "partial_truth")
        if name in plots
    ]
    inputs = [plots[f"{split}_x"][:, feature] for split in splits(plots)]
    data = [_column(plots[f"{split}_y"], output) for split in splits(plots)]
    sheet.scale_x(axes, limits.spread(inputs, margin=0.04), most)
    sheet.scale_y(axes, limits.spread(data, lines), 7)
    scatter(axes, theme, plots, feature, output)
    axes.plot(grid, lines[0], color=theme.model, zorder=3)
    for line in lines[1:]:
        axes.plot(grid, line, zorder=3.1, **truth_style(theme))


def _against_panel(plots: Plots, sheet: Sheet, axes: Axes, output: int, most: int) -> None:
    """Predicted against true values; on the thin diagonal they are equal."""
    theme = sheet.theme
    data = [_column(plots[f"{split}_y"], output) for split in splits(plots)]
    predictions = [_column(plots[f"{split}_prediction"], output) for split in splits(plots)]
    both = limits.spread(data)
    sheet.scale_x(axes, both, most)
    sheet.scale_y(axes, limits.spread(data, predictions), 7)
    axes.plot(both, both, color=theme.frame, lw=theme.thin, zorder=2)
    _points(
        axes,
        theme,
        plots,
        lambda split: plots[f"{split}_y"][:, output],
        lambda split: _column(plots[f"{split}_prediction"], output),
    )


def _legend(plots: Plots, theme: Theme, say: Mapping[str, str]) -> list[Entry]:
    entries = [Entry({**dots(theme), "alpha": 1.0}, say["plot.data"])]
    if "val_x" in plots:
        entries.append(Entry(rings(theme), say["plot.validation_data"]))
    entries.append(Entry({"color": theme.model, "lw": theme.line}, say[_model_word(plots)]))
    if "grid_truth" in plots or "partial_truth" in plots:
        entries.append(Entry(truth_style(theme), say["plot.truth"]))
    return entries


def _model_word(plots: Plots) -> str:
    """`plot.model`, or why there is no line of it."""
    predictions = limits.finite(plots["grid_prediction" if "grid" in plots else "train_prediction"])
    if not len(predictions):
        return "plot.model_nan"
    low, high = limits.spread([plots["train_y"]])
    crosses = predictions.min() <= high and predictions.max() >= low
    return "plot.model" if crosses else "plot.model_left"


def scatter(axes: Axes, theme: Theme, plots: Plots, feature: int, output: int) -> None:
    """Training and validation data over one feature."""
    _points(
        axes,
        theme,
        plots,
        lambda split: plots[f"{split}_x"][:, feature],
        lambda split: plots[f"{split}_y"][:, output],
    )


def _points(axes: Axes, theme: Theme, plots: Plots, x: Any, y: Any) -> None:
    """Training and validation points; `x` and `y` give the coordinates of a split."""
    for split in splits(plots):
        style = dots(theme, len(plots["train_y"])) if split == "train" else rings(theme)
        axes.plot(x(split), limits.drawable(y(split)), zorder=2.1 if split == "train" else 2.2, **style)


def dots(theme: Theme, points: int = 100) -> dict[str, Any]:
    """Many points get smaller and fainter, so that their density shows."""
    crowd = min(1.0, (200 / max(points, 1)) ** 0.5)
    size, alpha = theme.dot * max(0.6, crowd**0.5), max(0.35, 0.85 * crowd)
    return {"ls": "", "marker": "o", "ms": size, "mew": 0, "color": theme.data, "alpha": alpha}


def rings(theme: Theme) -> dict[str, Any]:
    """Validation points."""
    return {
        "ls": "",
        "marker": "o",
        "ms": theme.dot,
        "mfc": "none",
        "mec": theme.validation,
        "mew": 1.1 * theme.mark,
        "color": theme.validation,
    }


def truth_style(theme: Theme) -> dict[str, Any]:
    """The line of what no network can beat."""
    return {"color": theme.truth, "lw": theme.thin, "ls": _DASHES}


def splits(plots: Plots) -> list[str]:
    """Those that have points."""
    return [split for split in ("train", "val") if f"{split}_x" in plots]


def _column(values: Any, output: int) -> Values:
    return limits.drawable(values[:, output])


def _around(grid: Any) -> Interval:
    """The grid already reaches a little past the data."""
    return limits.padded(float(grid.min()), float(grid.max()), 0.0)


def output_name(name: str, output: int, shown: Sequence[int]) -> str:
    """`name`, with its number where several are drawn."""
    return name if len(shown) == 1 else f"{name}[{output}]"


def ticks(columns: int) -> int:
    """For a panel that has to share the page's width."""
    return {1: 9, 2: 6}.get(columns, 4)
