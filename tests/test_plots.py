from __future__ import annotations

import itertools
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from conftest import Command, sampled
from nnrun import plots
from nnrun.characters import visible
from nnrun.errors import BadInput
from nnrun.plots import captions, limits, numerals
from nnrun.plots import data as data_picture
from nnrun.plots.text import drawable, shortened, width, wrapped
from nnrun.plots.theme import LIGHT
from nnrun.runs.reading import read_run
from nnrun.words import LANGUAGES, words
from picture_records import (
    NASTY,
    RECORDS,
    classified,
    curve_plots,
    default,
    diverged,
    metrics_of,
    record_of,
    several_inputs,
)

PICTURES = [(name, kind) for name, record in RECORDS.items() for kind in plots.kinds(record())]
SIGNATURES = {"png": b"\x89PNG\r\n\x1a\n", "svg": b"<?xml", "pdf": b"%PDF-"}
SORTS = [
    *(("default", kind) for kind in ("fit", "curves", "data")),
    *(("random_mnist", kind) for kind in ("fit", "data")),
    ("descent", "landscape"),
    ("animated", "animation"),
]
"""One picture of each sort: each is written in every format, and what is like them in one of those."""
ALIKE = [
    (name, kind)
    for name in ("default", "long_name", "random_mnist", "diverged", "descent", "animated")
    for kind in plots.kinds(RECORDS[name]())
    if (name, kind) not in SORTS
]
WRITTEN = [
    *((*picture, file_format) for picture in SORTS for file_format in SIGNATURES),
    *((*picture, file_format) for picture, file_format in zip(ALIKE, itertools.cycle(SIGNATURES))),
]


def visible_texts(figure: Any) -> list[tuple[str, Any]]:
    """Every text that a drawn figure shows, with its box in pixels."""
    renderer = figure.canvas.get_renderer()
    found = []
    for text in figure.findobj(Text):
        box = text.get_window_extent(renderer)
        if text.get_visible() and text.get_text() and box.width > 0:
            found.append((text.get_text(), box))
    return found


def drawn_ticks_only(figure: Any) -> None:
    """`findobj` also finds labels of ticks beyond the limits, which are never drawn."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                if not low - 1e-9 * abs(low) <= tick.get_loc() <= high + 1e-9 * abs(high) or not axes.axison:
                    tick.label1.set_visible(False)


@pytest.fixture(scope="module", params=PICTURES, ids=lambda picture: "-".join(picture))
def picture(request: pytest.FixtureRequest) -> Any:
    """One of all pictures, drawn once for the tests that look at it."""
    name, kind = request.param
    figure = plots.draw(RECORDS[name](), kind)
    FigureCanvasAgg(figure).draw()
    return figure


def test_no_text_overlaps_another_or_leaves_the_picture(picture: Any) -> None:
    drawn_ticks_only(picture)
    texts = visible_texts(picture)
    assert texts
    page = picture.bbox
    for text, box in texts:
        assert page.x0 <= box.x0 < box.x1 <= page.x1, text
        assert page.y0 <= box.y0 < box.y1 <= page.y1, text
    for (first, one), (second, other) in itertools.combinations(texts, 2):
        apart = one.x1 <= other.x0 or other.x1 <= one.x0 or one.y1 <= other.y0 or other.y1 <= one.y0
        assert apart, f"{first!r} and {second!r} overlap"


def test_legend_and_header_are_above_every_panel(picture: Any) -> None:
    for legend in picture.legends:
        bottom = legend.get_window_extent(picture.canvas.get_renderer()).y0
        assert all(axes.bbox.y1 < bottom for axes in picture.axes)


def test_no_text_is_parsed_as_mathematics(picture: Any) -> None:
    assert not any(text.get_parse_math() or text.get_usetex() for text in picture.findobj(Text))


@pytest.mark.parametrize(("name", "kind", "file_format"), sampled(WRITTEN))
def test_the_same_picture_is_the_same_bytes(name: str, kind: str, file_format: str, tmp_path: Path) -> None:
    for attempt in ("one", "two"):
        plots.save(plots.draw(RECORDS[name](), kind), tmp_path / attempt, file_format)
    content = (tmp_path / "one").read_bytes()
    assert content == (tmp_path / "two").read_bytes()
    assert content.startswith(SIGNATURES[file_format])
    assert matplotlib.__version__.encode() not in content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_fit_shows_the_recorded_arrays() -> None:
    record = default()
    axes, rest = plots.draw(record, "fit").axes
    lines = [np.asarray(line.get_xydata()) for line in axes.lines]
    arrays = record.plots
    expected = [
        np.column_stack([arrays["train_x"], arrays["train_y"]]),
        np.column_stack([arrays["grid"], arrays["grid_prediction"]]),
        np.column_stack([arrays["grid"], arrays["grid_truth"]]),
    ]
    for line, points in zip(lines, expected, strict=True):
        np.testing.assert_array_equal(line, points)
    residuals = np.asarray(rest.lines[1].get_ydata())
    np.testing.assert_array_equal(residuals, (arrays["train_y"] - arrays["train_prediction"])[:, 0])
    assert axes.get_xlim() == rest.get_xlim()


@pytest.mark.parametrize(
    ("feature", "expected", "note"),
    [
        (0, ["age", "sex", "bmi", "bp", "s1", "s2"], "features 0 to 5 of 10"),
        (7, ["s4", "s5", "s6"], "features 7 to 9 of 10"),
        (9, ["s6"], None),
    ],
)
def test_data_of_many_features_have_a_panel_for_each(
    feature: int, expected: list[str], note: str | None, nnrun: Command
) -> None:
    run = nnrun("dataset=diabetes", "epochs=1", "plots.save=false").directory
    figure = plots.draw(read_run(run), "data", feature=feature)
    assert [axes.get_xlabel() for axes in figure.axes] == expected
    texts = " ".join(text.get_text() for text in figure.texts)
    assert (note is None) == ("features" not in texts)
    assert note is None or note in texts


def test_fit_of_several_inputs_shows_the_chosen_feature() -> None:
    record = several_inputs()
    partial, against = plots.draw(record, "fit", feature=2).axes
    np.testing.assert_array_equal(partial.lines[0].get_xdata(), record.plots["train_x"][:, 2])
    np.testing.assert_array_equal(partial.lines[1].get_ydata(), record.plots["partial_prediction"][2][:, 0])
    np.testing.assert_array_equal(against.lines[1].get_ydata(), record.plots["train_prediction"][:, 0])
    assert partial.get_xlabel() == "feature 2"


def test_a_feature_that_is_not_there_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"feature=9: this run has 4 inputs; choose one of 0 to 3"):
        plots.draw(several_inputs(), "fit", feature=9)


def test_a_picture_that_is_not_there_is_bad_input() -> None:
    with pytest.raises(BadInput, match="pie: this run has no such picture; choose one of fit, curves, data"):
        plots.draw(default(), "pie")


def test_a_format_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="gif: no such format; choose one of png, svg, pdf"):
        plots.save(plots.draw(default(), "curves"), tmp_path / "curves.gif", "gif")


def test_axes_follow_the_data_when_the_model_has_left() -> None:
    record = diverged()
    axes, rest = plots.draw(record, "fit").axes
    y = record.plots["train_y"]
    for panel, reach in ((axes, np.ptp(y)), (rest, 1.3 * np.ptp(y))):
        low, high = panel.get_ylim()
        assert low >= -reach + min(y.min(), 0)
        assert high <= y.max() + reach
    loss, top = record.metrics["train/loss"], plots.draw(record, "curves").axes[0].get_ylim()[1]
    assert loss[0] < top < 1e5 * loss[0]


def test_axes_include_a_model_that_stayed_near() -> None:
    record = record_of(metrics_of([0.1]), curve_plots(prediction=lambda x: 0.6 * x))
    low, _ = plots.draw(record, "fit").axes[0].get_ylim()
    assert low < -0.66


def test_the_loss_axis_is_logarithmic_and_the_floor_is_on_it() -> None:
    axes = plots.draw(default(), "curves").axes[0]
    assert axes.get_yscale() == "log"
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), default().metrics["train/loss"])
    assert list(axes.lines[1].get_ydata()) == [0.00377, 0.00377]


def legend_of(record: Any, kind: str) -> list[str]:
    return [text.get_text() for legend in plots.draw(record, kind).legends for text in legend.get_texts()]


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("default", "curves", ["training", "floor 0.00377", "best, epoch 100"]),
        ("default", "fit", ["data", "model", "truth"]),
        ("ten_points", "fit", ["data", "model"]),
        ("ten_points", "curves", ["training", "best, epoch 48"]),
        ("diverged", "curves", ["training", "floor 0.00377", "best, epoch 1", "diverged"]),
        ("diverged_to_nan", "fit", ["data", "validation data", "model, not finite", "truth"]),
    ],
)
def test_the_legend_names_what_is_drawn(name: str, kind: str, expected: list[str]) -> None:
    assert sorted(legend_of(RECORDS[name](), kind)) == sorted(expected)


def header_of(record: Any, kind: str) -> list[str]:
    return [text.get_text() for text in plots.draw(record, kind).texts]


def test_the_header_has_title_loss_and_how_the_run_ended() -> None:
    assert header_of(default(), "fit") == [
        "quadratic, mlp 1-10-1 relu, sgd lr=0.5",
        "training loss 0.00494 · 100 epochs",
    ]
    assert header_of(diverged(), "curves")[1] == "diverged at epoch 12: the loss is not finite"


def test_a_run_with_a_name_has_its_description_under_it() -> None:
    named = record_of(default().metrics, default().plots, name="my lesson")
    description = "quadratic, mlp 1-10-1 relu, sgd lr=0.5"
    title, line = header_of(named, "fit")
    assert title == "my lesson"
    assert line == f"{description} · training loss 0.00494 · 100 epochs"


def test_a_long_description_is_shortened_and_the_loss_stays() -> None:
    long = record_of(
        default().metrics, default().plots, name="my lesson", title="quadratic, " + 30 * "mlp 10-"
    )
    line = header_of(long, "fit")[1]
    assert line.startswith("quadratic, mlp 10-mlp")
    assert line.endswith("… · training loss 0.00494")


def test_data_are_shown_alone() -> None:
    record = several_inputs()
    panels = plots.draw(record, "data", feature=1).axes
    assert [axes.get_xlabel() for axes in panels] == ["feature 1", "feature 2", "feature 3"]
    for feature, axes in enumerate(panels, 1):
        (points,) = axes.lines
        np.testing.assert_array_equal(points.get_xdata(), record.plots["train_x"][:, feature])
        np.testing.assert_array_equal(points.get_ydata(), record.plots["train_y"][:, 0])
    assert not plots.draw(record, "data").legends
    with pytest.raises(BadInput, match="feature=9: this run has 4 inputs"):
        plots.draw(record, "data", feature=9)


def test_data_of_classes_are_samples_with_their_class_or_counts() -> None:
    images = classified()
    captions = [text.get_text() for text in plots.draw(images, "data").axes[0].texts]
    assert captions == [str(true) for true in images.plots["sample_true"]]
    table = classified(3, images=False, count=5000)
    bars = [bar.get_height() for bar in plots.draw(table, "data").axes[0].patches]
    assert bars == table.plots["confusion"].sum(axis=1).tolist()


def test_a_run_has_the_pictures_that_its_arrays_allow() -> None:
    assert plots.kinds(default()) == ("fit", "curves", "data")
    assert plots.kinds(RECORDS["descent"]()) == ("fit", "curves", "landscape", "data")
    assert plots.kinds(RECORDS["animated"]()) == ("fit", "curves", "data", "animation")


@pytest.mark.parametrize("kind", ["fit", "curves"])
def test_a_name_is_shown_literally(kind: str) -> None:
    first = header_of(RECORDS["long_name"](), kind)[0]
    assert first.startswith("[/foo] $\\frac{$ _x ")
    assert "<b>\\x1b[31m\\u202e $x^2$" in first


def test_a_run_without_epochs_says_so() -> None:
    assert words("en")["plot.no_epochs"] in header_of(RECORDS["no_epochs"](), "curves")


def test_a_learning_rate_is_shown_only_where_it_changes() -> None:
    def titles(name: str) -> list[str]:
        return [axes.get_title(loc="left") for axes in plots.draw(RECORDS[name](), "curves").axes]

    assert "learning rate" in titles("overfitted")
    assert "learning rate" not in titles("default")


def test_the_confusion_matrix_has_its_counts_up_to_twenty_classes() -> None:
    record = classified(3, images=False, count=5000)
    counts = [int(text.get_text()) for text in plots.draw(record, "fit").axes[0].texts]
    assert counts == record.plots["confusion"].ravel().tolist()
    assert not plots.draw(classified(21, images=False), "fit").axes[0].texts


def test_samples_are_captioned_with_true_and_predicted_class() -> None:
    record = classified()
    captions = [text.get_text() for text in plots.draw(record, "fit").axes[1].texts]
    pairs = zip(record.plots["sample_true"], record.plots["sample_predicted"], strict=True)
    assert captions == [f"{true} → {predicted}" for true, predicted in pairs]


def test_size_and_theme_are_options() -> None:
    figure = plots.draw(default(), "fit", width=8, height=3, theme=replace(LIGHT, model="#ff0000"))
    assert figure.get_size_inches().tolist() == [8, 3]
    assert figure.axes[0].lines[1].get_color() == "#ff0000"


def test_settings_of_the_user_change_nothing_and_stay(tmp_path: Path) -> None:
    plots.save(plots.draw(default(), "fit"), tmp_path / "plain", "png")
    settings = {"text.usetex": True, "lines.linewidth": 9, "axes.grid": False, "font.family": "monospace"}
    with matplotlib.rc_context(settings):
        plots.save(plots.draw(default(), "fit"), tmp_path / "own", "png")
        assert matplotlib.rcParams["text.usetex"]
    assert (tmp_path / "plain").read_bytes() == (tmp_path / "own").read_bytes()


def test_a_picture_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fit.png").write_bytes(b"old")
    figure = plots.draw(default(), "fit")
    monkeypatch.setattr(figure, "savefig", lambda *args, **options: 1 / 0)
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        plots.save(figure, tmp_path / "fit.png", "png")
    assert [path.name for path in tmp_path.iterdir()] == ["fit.png"]
    assert (tmp_path / "fit.png").read_bytes() == b"old"


def test_importing_the_package_loads_no_matplotlib() -> None:
    code = "import sys, nnrun.plots.process; print(*{'matplotlib', 'numpy', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_drawing_loads_neither_pyplot_nor_torch_and_says_nothing_whatever_the_surroundings(
    tmp_path: Path,
) -> None:
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nno.such.key: 1\n")
    (tmp_path / "file").write_text("")
    code = (
        "import sys; from pathlib import Path; from nnrun import plots; from picture_records import default\n"
        "plots.save(plots.draw(default(), 'fit'), Path(sys.argv[1]), 'png')\n"
        "print(*{'matplotlib.pyplot', 'torch'} & set(sys.modules))"
    )
    surroundings = {
        "MPLCONFIGDIR": str(tmp_path / "file" / "unwritable"),
        "MATPLOTLIBRC": str(tmp_path / "matplotlibrc"),
        "MPLBACKEND": "TkAgg",
        "PYTHONPATH": str(Path(__file__).parent),
        "PYTHONWARNINGS": "error",
        "PATH": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "fit.png")],
        capture_output=True,
        text=True,
        env=surroundings,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
    plots.save(plots.draw(default(), "fit"), tmp_path / "plain.png", "png")
    assert (tmp_path / "fit.png").read_bytes() == (tmp_path / "plain.png").read_bytes()


def test_control_characters_are_spelled_out() -> None:
    assert visible("a\x1b\r\n\u202e\ud800\U000e0001é日") == "a\\x1b\\x0d\\x0a\\u202e\\ud800\\U000e0001é日"


def test_what_no_font_has_becomes_a_question_mark() -> None:
    text, families = drawable("a\U0010fffdb", LIGHT.font)
    assert (text, families) == ("a?b", [LIGHT.font])


@given(st.text(max_size=120), st.integers(20, 400))
def test_shortened_text_fits(text: str, room: int) -> None:
    short = shortened(visible(text), room, 10, LIGHT.font)
    assert width(short, 10, LIGHT.font) <= room
    assert short.removesuffix("…") == visible(text)[: len(short.removesuffix("…"))]


@given(st.text(alphabet="ab 日$", max_size=120), st.integers(60, 400))
def test_wrapped_text_keeps_its_letters_until_the_ellipsis(text: str, room: int) -> None:
    lines = wrapped(text, room, 10, LIGHT.font, lines=2)
    assert len(lines) <= 2
    kept = "".join(lines).replace(" ", "").removesuffix("…")
    assert text.replace(" ", "").startswith(kept)
    assert all(width(line, 10, LIGHT.font) <= room for line in lines)


@given(st.floats(-1e12, 1e12), st.floats(1e-6, 1e12))
def test_tick_labels_tell_ticks_apart(start: float, step: float) -> None:
    ticks = [start + k * step for k in range(5)]
    if step > 1e-9 * max(map(abs, ticks)):
        labels = numerals.tick_labels([step * round(tick / step) for tick in ticks])
        assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0047, "0.00470"),
        (0.0, "0"),
        (1.0, "1.00"),
        (123.4, "123"),
        (12345.6, "12346"),
        (1.2e-30, "1.20×10⁻³⁰"),
        (-2.5e7, "−2.50×10⁷"),
        (float("inf"), "∞"),
        (float("nan"), "nan"),
        (None, "nan"),
    ],
)
def test_numbers_are_short(value: float | None, text: str) -> None:
    assert numerals.short(value) == text


@given(st.floats(-280, 140), st.floats(0.03, 160))
def test_logarithmic_axes_have_a_few_ticks_within_their_limits(exponent: float, decades: float) -> None:
    low, high = 10.0**exponent, 10.0 ** (exponent + decades)
    ticks, labels = limits.log_ticks(low, high)
    assert len(ticks) == len(labels)
    assert 2 <= len(ticks) <= 8
    assert all(low <= tick <= high for tick in ticks)
    assert len(set(labels)) == len(labels)


@given(st.lists(st.floats(), max_size=20), st.booleans())
def test_limits_of_logarithmic_axes_are_positive_whatever_the_values(
    values: list[float], diverged: bool
) -> None:
    interval = limits.positive_spread([values], [0.0, 0.1], diverged)
    if interval is not None:
        assert 0 < interval[0] < interval[1] < np.inf


@given(st.lists(st.floats(), max_size=20))
def test_limits_are_an_interval_whatever_the_values(values: list[float]) -> None:
    for low, high in (
        limits.spread([values]),
        limits.spread([], [values]),
        limits.spread([values], [values]),
    ):
        assert np.isfinite([low, high]).all()
        assert low < high


def test_every_language_has_every_word_of_the_pictures() -> None:
    assert NASTY
    assert {key for key in words("en") if key.startswith("plot.")} >= {
        f"plot.status.{s}" for s in ("diverged", "failed")
    }


WORDING = {"key": "data.curve", "fields": {"formula": "y = x^2", "samples": 100, "low": -1.0, "high": 1.0}}
DATASET = {"name": "quadratic", "description": "y = x^2, 100 points on [-1, 1]", "wording": WORDING}


@pytest.mark.parametrize(
    ("language", "dataset", "expected"),
    [
        ("en", DATASET, "quadratic: y = x^2, 100 points on [-1, 1]"),
        ("zh", DATASET, "quadratic：y = x^2，[-1, 1] 上的 100 个点"),
        ("zh", {**DATASET, "wording": None}, "quadratic：y = x^2, 100 points on [-1, 1]"),
        ("zh", {**DATASET, "wording": {"key": "of tomorrow"}}, "quadratic：y = x^2, 100 points on [-1, 1]"),
        ("en", {"name": "quadratic"}, "quadratic"),
        ("zh", {}, ""),
    ],
)
def test_data_are_described_in_the_pictures_language(
    language: str, dataset: dict[str, Any], expected: str
) -> None:
    assert data_picture.title(dataset, language) == expected


def test_a_summary_records_what_another_language_needs(nnrun: Command) -> None:
    done = nnrun("epochs=0", "language=zh", "plots.save=false")
    described = data_picture.title(done.summary["dataset"], "zh")
    assert described == "quadratic：y = x^2 + U[0, 0.2)，[-1, 1] 上的 100 个点"
    assert described in done.err


def test_how_a_run_ended_is_punctuated_as_the_language_is() -> None:
    grown = {"kind": "grown", "epoch": 12, "growth": 20.0, "lr": 10.0}
    record = record_of(default().metrics, default().plots, status="diverged", stop=grown)
    said = {language: captions.ending(record, language) for language in LANGUAGES}
    assert {language: ending.text for language, ending in said.items() if ending} == {
        "en": "diverged at epoch 12: loss 20 times the first (lr=10)",
        "zh": "发散，第 12 轮：损失是最初的 20 倍（lr=10）",
    }
