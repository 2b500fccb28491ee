from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from conftest import Command
from nnrun import plots
from nnrun.plots import text
from nnrun.plots.fork import Request, remark_of
from nnrun.plots.lettering import SAMPLES, lettering
from nnrun.plots.theme import LIGHT
from nnrun.words import words
from picture_records import RECORDS


@pytest.fixture
def no_chinese(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine with matplotlib's own fonts alone."""
    own = [font for font in text.fontManager.ttflist if font.name.startswith("DejaVu")]
    with monkeypatch.context() as patch:
        patch.setattr(text, "fontManager", SimpleNamespace(ttflist=own))
        forget_fonts()
        yield
    forget_fonts()


def forget_fonts() -> None:
    """What was found out about the fonts that are installed."""
    text._glyphs.cache_clear()
    text._advance.cache_clear()


def test_english_needs_no_other_family() -> None:
    chosen = lettering(LIGHT, "en", None)
    assert (chosen.theme, chosen.language, chosen.problem) == (LIGHT, "en", None)


def test_an_installed_family_is_taken_and_the_usual_one_stands_in_for_what_it_lacks() -> None:
    chosen = lettering(LIGHT, "en", "DejaVu Serif")
    assert (chosen.theme.font, chosen.theme.fallbacks, chosen.problem) == (
        "DejaVu Serif",
        ("DejaVu Sans",),
        None,
    )
    figure = plots.draw(RECORDS["default"](), "fit", font="DejaVu Serif")
    assert figure.axes[0].yaxis.label.get_family() == ["DejaVu Serif", "DejaVu Sans"]


def test_a_family_that_is_not_installed_counts_for_nothing_and_is_told() -> None:
    chosen = lettering(LIGHT, "en", "No Such Font")
    assert chosen.theme == LIGHT
    assert chosen.problem == words("en")["plot.font_missing"].format(font="No Such Font")
    assert remark_of(Request("", font="No Such Font")) == chosen.problem


@pytest.mark.usefixtures("no_chinese")
def test_without_a_font_for_chinese_labels_are_english_and_that_is_told() -> None:
    chosen = lettering(LIGHT, "zh", None)
    assert (chosen.theme, chosen.language) == (LIGHT, "en")
    assert chosen.problem == words("zh")["plot.no_characters"]
    figure = plots.draw(RECORDS["default"](), "curves", language="zh")
    assert words("en")["plot.loss"] in [axes.get_ylabel() for axes in figure.axes]


def test_chinese_is_written_in_the_first_family_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def has_glyphs(family: str, sample: str) -> bool:
        return family in ("SimHei", "WenQuanYi Zen Hei") or not sample

    monkeypatch.setattr("nnrun.plots.lettering.has_glyphs", has_glyphs)
    chosen = lettering(LIGHT, "zh", None)
    assert chosen.theme.fallbacks == ("WenQuanYi Zen Hei",)
    assert (chosen.language, chosen.problem) == ("zh", None)


@pytest.mark.parametrize(
    "family", [name for name in text.FALLBACKS if text.has_glyphs(name, SAMPLES["zh"])][:1]
)
@pytest.mark.parametrize("name", ["default", "descent", "animated", "random_mnist", "diverged", "linear"])
def test_chinese_pictures_lack_no_glyph(family: str, name: str, tmp_path: Path) -> None:
    """Where a family is installed at all; matplotlib warns of each missing glyph, and warnings are errors."""
    record = RECORDS[name]()
    for kind in plots.kinds(record):
        figure = plots.draw(record, kind, language="zh")
        FigureCanvasAgg(figure).draw()
        plots.save(figure, tmp_path / f"{kind}.pdf", "pdf")


def test_names_of_columns_in_any_script_are_written_on_english_axes() -> None:
    record = RECORDS["default"]()
    names = {"features": ["面积"], "targets": ["价格"]}
    summary = {**record.summary, "dataset": {**(record.summary.get("dataset") or {}), **names}}
    figure = plots.draw(replace(record, summary=summary), "fit")
    label = figure.axes[0].yaxis.label
    assert label.get_text() == "价格"
    families = [family for family in label.get_family() if text.has_glyphs(family, "价格")]
    assert families
    assert figure.axes[1].xaxis.label.get_text() == "面积"


def test_names_that_no_font_can_write_are_question_marks(no_chinese: None) -> None:
    record = RECORDS["default"]()
    summary = {**record.summary, "dataset": {"features": ["面积"], "targets": ["价格 y"]}}
    figure = plots.draw(replace(record, summary=summary), "fit")
    assert figure.axes[0].yaxis.label.get_text() == "?? y"


def test_a_font_is_named_by_its_family(nnrun: Command) -> None:
    refused = nnrun("plots.font=/usr/share/fonts/noto.ttc")
    assert refused.status == 2
    assert "plots.font=/usr/share/fonts/noto.ttc: is a file; write the family's name, such as" in refused.err
