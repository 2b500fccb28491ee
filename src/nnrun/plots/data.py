"""Picture `data`: what there is to learn from, before there is a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator

from nnrun.plots import classes, fit, limits, naming, regions
from nnrun.plots.sheet import EDGE, POINT, Entry, Sheet
from nnrun.runs.reading import RunRecord
from nnrun.words import words

COLUMNS = 6
"""Samples side by side."""
FEATURES = 6
"""Panels of a regression with one output, at most; there are two rows of them from four on."""


def draw(record: RunRecord, sheet: Sheet, language: str, feature: int) -> None:
    """Fills `sheet`; `feature` picks the input, or the first of them, where there are several.

    Raises:
        BadInput: there is no such feature.
    """
    say, plots = words(language), record.plots
    _header(record, sheet, language, feature)
    if "samples" in plots:
        _images(record, sheet, say)
    elif "train_class" in plots:
        regions.draw_data(record, sheet, language)
    elif "confusion" in plots:
        _counts(record, sheet, say)
    elif _shown_features(record, feature):
        _over_features(record, sheet, feature, say)
    else:
        _points(record, sheet, feature, say)


def _shown_features(record: RunRecord, feature: int) -> range:
    """Inputs over which the only output is drawn, panel by panel; none where one panel is enough.

    Raises:
        BadInput: there is no such feature.
    """
    plots = record.plots
    if "train_y" not in plots or "grid" in plots or plots["train_y"].shape[1] > 1:
        return range(0)
    fit.require_feature(plots, feature)
    last = min(feature + FEATURES, len(plots["partial_grid"]))
    return range(feature, last) if last - feature > 1 else range(0)


def _header(record: RunRecord, sheet: Sheet, language: str, feature: int) -> None:
    say, dataset = words(language), record.summary.get("dataset") or {}
    counts = dataset.get("samples")
    counts = counts if isinstance(counts, Mapping) else {}
    notes = [say[f"plot.count.{part}"].format(count=counts[part]) for part in counts if counts[part]]
    if "train_y" in record.plots:
        notes += fit.too_many(record.plots["train_y"].shape[1], say)
        shown, features = _shown_features(record, feature), record.plots["train_x"].shape[1]
        if 0 < len(shown) < features:
            text = say["plot.some_features"]
            notes.append(text.format(first=shown[0], last=shown[-1], features=features))
    sheet.header(title(dataset, language) or say["plot.data"], notes)


def title(dataset: Mapping[str, Any], language: str) -> str:
    """The dataset's name and what it holds, in `language` as far as that is recorded."""
    say, wording = words(language), dataset.get("wording") or {}
    description = dataset.get("description")
    if wording.get("key") in say:
        description = say[wording["key"]].format(**wording["fields"])
    if description is None or "name" not in dataset:
        return str(dataset.get("name") or description or "")
    return say["run.data"].format(name=dataset["name"], description=description)


def _points(record: RunRecord, sheet: Sheet, feature: int, say: Mapping[str, str]) -> None:
    """One panel for each output, over the only input or the chosen one."""
    plots, summary = record.plots, record.summary
    if "grid" not in plots:
        fit.require_feature(plots, feature)
    column = 0 if "grid" in plots else feature
    unnamed = "x" if "grid" in plots else say["plot.feature"].format(feature=feature)
    label = naming.of_input(summary, column, unnamed)
    if "val_x" in plots:
        sheet.legend(_entries(sheet, say))
    shown = range(min(plots["train_y"].shape[1], fit.OUTPUTS))
    x = limits.spread([plots[f"{split}_x"][:, column] for split in fit.splits(plots)], margin=0.04)
    panels = []
    for output in shown:
        axes = sheet.panel(label, naming.of_output(summary, output, fit.output_name("y", output, shown)))
        sheet.scale_x(axes, x, fit.ticks(len(shown)))
        sheet.scale_y(axes, limits.spread([plots[f"{split}_y"][:, output] for split in fit.splits(plots)]), 7)
        fit.scatter(axes, sheet.theme, plots, column, output)
        panels.append(axes)
    sheet.place([panels], [1.0])


def _over_features(record: RunRecord, sheet: Sheet, feature: int, say: Mapping[str, str]) -> None:
    """One panel for each feature: the output over it."""
    plots, summary = record.plots, record.summary
    if "val_x" in plots:
        sheet.legend(_entries(sheet, say))
    shown = _shown_features(record, feature)
    columns = len(shown) if len(shown) < 4 else -(-len(shown) // 2)
    y = limits.spread([plots[f"{split}_y"][:, 0] for split in fit.splits(plots)])
    rows: list[list[Axes]] = []
    for position, column in enumerate(shown):
        if position % columns == 0:
            rows.append([])
        label = naming.of_input(summary, column, say["plot.feature"].format(feature=column))
        axes = sheet.panel(label, None if rows[-1] else naming.of_output(summary, 0, "y"))
        x = [plots[f"{split}_x"][:, column] for split in fit.splits(plots)]
        sheet.scale_x(axes, limits.spread(x, margin=0.04), fit.ticks(columns))
        sheet.scale_y(axes, y, 7 if len(shown) < 4 else 5)
        fit.scatter(axes, sheet.theme, plots, column, 0)
        rows[-1].append(axes)
    sheet.place(rows, [1.0] * len(rows))


def _entries(sheet: Sheet, say: Mapping[str, str]) -> list[Entry]:
    theme = sheet.theme
    return [
        Entry(Line2D([], [], **{**fit.dots(theme), "alpha": 1.0}), say["plot.data"]),
        Entry(Line2D([], [], **fit.rings(theme)), say["plot.validation_data"]),
    ]


def _images(record: RunRecord, sheet: Sheet, say: Mapping[str, str]) -> None:
    """Up to 16 samples, the class under each."""
    plots = record.plots
    theme, samples = sheet.theme, plots["samples"]
    names = naming.of_classes(record.summary, len(plots["confusion"]))
    columns = min(COLUMNS, len(samples))
    rows = -(-len(samples) // columns)
    split = say[f"plot.split.{plots['confusion_split']}"]
    line = sheet.caption()
    line.set_text(say["plot.classes_of"].format(split=split))
    sheet.top -= 4 * POINT
    caption = (1.3 * theme.label + 3) * POINT
    step = min((sheet.width - 2 * EDGE) / columns, (sheet.top - EDGE) / rows - caption)
    captions = [(names[true], theme.ink) for true in plots["sample_true"]]
    classes.draw_images(sheet, samples, captions, columns, (EDGE, sheet.top), step, theme.label)


def _counts(record: RunRecord, sheet: Sheet, say: Mapping[str, str]) -> None:
    """How many samples there are of each class."""
    plots = record.plots
    counts = np.asarray(plots["confusion"]).sum(axis=1)
    names = naming.of_classes(record.summary, len(counts))
    axes = sheet.panel(say["plot.class"], say[f"plot.split.{plots['confusion_split']}"])
    ticks: Sequence[int] = classes.class_ticks(len(counts))
    sheet.scale_x(axes, (-0.6, len(counts) - 0.4), 9, whole=True)
    axes.xaxis.set_major_locator(FixedLocator(list(ticks)))
    axes.xaxis.set_ticklabels([names[tick] for tick in ticks])
    sheet.scale_y(axes, (0.0, 1.06 * float(counts.max(initial=1))), 7, whole=True)
    axes.bar(np.arange(len(counts)), counts, width=0.72, color=sheet.theme.data, zorder=2)
    axes.grid(False, axis="x")
    sheet.place([[axes]], [1.0])
