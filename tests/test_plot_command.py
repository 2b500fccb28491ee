"""`nnrun plot`: pictures of saved runs in every format and theme, without training and without torch."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

import picture_records
from conftest import Command
from nnrun import cli
from nnrun.commands.drawing_flags import Drawing, add_drawing, first_free
from nnrun.errors import BadInput
from nnrun.plots.drawing import draw
from nnrun.plots.saving import save, writes_with_outlines
from nnrun.plots.text import has_glyphs
from nnrun.plots.theme import LIGHT, THEMES, Theme
from nnrun.runs.locking import RunLock
from test_layers import loaded_by

CHINESE = "Noto Sans CJK SC"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a run, a run of two parameters, a classification and a sweep."""
    place = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        quick = ("plots.save=false", "-q")
        commands: dict[str, Sequence[str]] = {
            "one": ("epochs=5", *quick),
            "two": ("model=power", "optim.lr=0.1", "epochs=5", *quick),
            "classes": ("dataset=random_mnist", "dataset.shape=4x4", "epochs=3", *quick),
            "many": ("-m", "optim.lr=0.1,0.3", "epochs=3", "sweep.plots=none", *quick),
        }
        for name, words in commands.items():
            assert cli.run([*words, f"hydra.{'sweep' if name == 'many' else 'run'}.dir={name}"]) == 0
    return place


@pytest.fixture
def here(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


PICTURES = (("one", "fit"), ("one", "curves"), ("one", "data"), ("two", "landscape"), ("classes", "fit"))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("run", "kind"), [*PICTURES, ("many", "sweep"), ("many", "fits")])
def test_every_picture_is_drawn_in_every_theme(
    saved: Path, here: Path, nnrun: Command, run: str, kind: str, theme: str
) -> None:
    done = nnrun("plot", str(saved / run), "--kind", kind, "--theme", theme)
    assert (done.status, done.out, done.err) == (0, f"{kind}.png\n", "")
    with Image.open(here / f"{kind}.png") as picture:
        least = THEMES[theme].width * THEMES[theme].dpi
        assert picture.size[0] >= round(least)
        assert picture.convert("RGB").getpixel((1, 1)) == _rgb(THEMES[theme].background)


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def test_nothing_is_overwritten_unless_it_is_named(saved: Path, here: Path, nnrun: Command) -> None:
    assert nnrun("plot", str(saved / "one")).out == "fit.png\n"
    assert nnrun("plot", str(saved / "one")).out == "fit-2.png\n"
    (here / "mine.png").write_bytes(b"old")
    assert nnrun("plot", str(saved / "one"), "-o", "mine.png").out == "mine.png\n"
    assert (here / "mine.png").read_bytes() == (here / "fit.png").read_bytes()


def test_the_same_picture_is_what_the_run_drew_itself(here: Path, nnrun: Command) -> None:
    run = nnrun("epochs=2")
    nnrun("plot", "latest", "-o", "again.png")
    with Image.open(run.directory / "fit.png") as own, Image.open(here / "again.png") as again:
        assert own.tobytes() == again.tobytes()


def test_a_size_is_in_inches(saved: Path, here: Path, nnrun: Command) -> None:
    nnrun("plot", str(saved / "one"), "--width", "8", "--height", "4", "-o", "a.png")
    with Image.open(here / "a.png") as picture:
        assert picture.size == (8 * LIGHT.dpi, 4 * LIGHT.dpi)


def test_an_animation_is_a_gif_in_its_theme(saved: Path, here: Path, nnrun: Command) -> None:
    words = ("--kind", "animation", "--theme", "dark", "--width", "4", "--height", "3")
    assert nnrun("plot", str(saved / "one"), *words).out == "fit.gif\n"
    with Image.open(here / "fit.gif") as picture:
        assert (picture.format, getattr(picture, "n_frames", 1) > 2) == ("GIF", True)
        assert picture.convert("RGB").getpixel((1, 1)) == _rgb(THEMES["dark"].background)


def test_a_pdf_embeds_truetype_letters_and_no_dates(saved: Path, here: Path, nnrun: Command) -> None:
    for name in ("a.pdf", "b.pdf"):
        assert nnrun("plot", str(saved / "one"), "-o", name).status == 0
    content = (here / "a.pdf").read_bytes()
    assert b"/FontFile2" in content
    assert b"/Type3" not in content
    assert content == (here / "b.pdf").read_bytes()


def test_an_svg_holds_its_language(saved: Path, here: Path, nnrun: Command) -> None:
    nnrun("plot", str(saved / "one"), "--language", "en", "-o", "a.svg")
    assert (here / "a.svg").read_text("utf-8").startswith("<?xml")


def test_chinese_letters_are_such_that_ghostscript_reads_the_pdf(tmp_path: Path) -> None:
    figure = Figure()
    figure.text(0.1, 0.5, "plain · letters")
    assert not writes_with_outlines(figure)
    save(figure, tmp_path / "plain.pdf", "pdf")
    assert b"/Type3" not in (tmp_path / "plain.pdf").read_bytes()
    if has_glyphs(CHINESE, "训练"):
        figure.text(0.1, 0.2, "训练损失", family=[LIGHT.font, CHINESE])
        assert writes_with_outlines(figure)
        save(figure, tmp_path / "chinese.pdf", "pdf")
        content = (tmp_path / "chinese.pdf").read_bytes()
        assert b"/Type3" in content
        assert b"/FontFile3" not in content


def test_drawing_loads_no_torch(saved: Path, here: Path) -> None:
    loaded = loaded_by(["plot", str(saved / "one")], here)
    assert "torch" not in loaded
    assert "matplotlib" in loaded


@pytest.mark.parametrize(
    ("run", "words", "message"),
    [
        ("one", ("--kind", "landscape"), "--kind landscape: "),
        ("one", ("--kind", "sweep"), "has no such picture; choices: fit, curves, data, animation"),
        ("many", ("--kind", "fit"), "many, a sweep, has no such picture; choices: sweep, fits"),
        ("one", ("--theme", "drak"), "--theme drak: choices: light, slide, paper, dark"),
        ("one", ("-o", "a.jpg"), "-o a.jpg: no format 'jpg'; end it with .png, .svg, .pdf or .gif"),
        ("one", ("-o", "a"), "-o a: its name says no format; end it with"),
        ("one", ("-o", "a.gif"), "-o a.gif: --kind fit is drawn as .png, .svg, .pdf"),
        ("one", ("--kind", "animation", "-o", "a.png"), "--kind animation is drawn as .gif"),
        ("one", ("-o", "no/a.png"), "-o no/a.png: there is no directory no; make it first"),
        (
            "one",
            ("--width", "0"),
            "--width 0: must be a number of inches from 3.6 to 30 (with --theme light)",
        ),
        ("one", ("--height", "nan", "--theme", "paper"), "must be a number of inches from 2.1 to 30"),
        ("one", ("--width", "1e9"), "--width 1e9: must be a number of inches"),
    ],
)
def test_bad_input_draws_nothing(
    saved: Path, here: Path, nnrun: Command, run: str, words: Sequence[str], message: str
) -> None:
    done = nnrun("plot", str(saved / run), *words)
    assert (done.status, done.out, list(here.iterdir())) == (2, "", [])
    assert message in done.err


@pytest.fixture
def bad(saved: Path, here: Path) -> Path:
    """A run to be damaged."""
    shutil.copytree(saved / "one", here / "bad")
    return here / "bad"


def unfinished(run: Path) -> None:
    """As a run that has not come to its end leaves its directory."""
    for name in ("plots.npz", "model.safetensors"):
        (run / name).unlink()
    summary = json.loads((run / "summary.json").read_text("utf-8"))
    known = {
        name: value for name, value in summary.items() if name not in ("final", "test", "best", "epochs")
    }
    (run / "summary.json").write_text(json.dumps(known | {"status": "running"}))


def test_a_run_without_arrays_has_its_curves_and_says_why_no_fit(nnrun: Command, bad: Path) -> None:
    (bad / "plots.npz").write_bytes(b"nothing")
    done = nnrun("plot", "bad")
    assert (done.status, done.out) == (0, "curves.png\n")
    assert done.err == "note  curves, not fit: plots.npz: is no whole ZIP file\n"
    done = nnrun("plot", "bad", "--kind", "fit")
    assert (done.status, done.out) == (2, "")
    assert done.err == "nnrun: --kind fit: plots.npz: is no whole ZIP file; choices: curves\n"


def test_a_run_that_trains_has_its_curves(nnrun: Command, bad: Path) -> None:
    unfinished(bad)
    lock = RunLock(bad)
    done = nnrun("plot", "bad")
    assert (done.status, done.out) == (0, "curves.png\n")
    assert "the run is still running, and plots.npz is written at its end" in done.err
    assert "; choices: curves" in nnrun("plot", "bad", "--kind", "data").err
    lock.release()
    assert "the run is interrupted, and plots.npz" in nnrun("plot", "bad").err


def test_curves_need_metrics_alone_and_everything_else_none(nnrun: Command, bad: Path) -> None:
    content = (bad / "metrics.csv").read_bytes()
    (bad / "metrics.csv").write_bytes(b"")
    done = nnrun("plot", "bad", "--kind", "curves")
    assert (done.status, done.out) == (2, "")
    assert done.err == "nnrun: --kind curves: metrics.csv: is empty; choices: fit, data, animation\n"
    assert nnrun("plot", "bad").out == "fit.png\n"
    (bad / "metrics.csv").write_bytes(content)
    (bad / "summary.json").unlink()
    (bad / "plots.npz").unlink()
    done = nnrun("plot", "bad", "--kind", "curves")
    assert (done.status, done.out) == (0, "curves.png\n")
    assert "summary.json: is missing; what it says of the run is left out" in done.err
    (bad / "metrics.csv").unlink()
    done = nnrun("plot", "bad")
    assert (done.status, done.out) == (2, "")
    assert [line.split(": ")[2:] for line in done.err.splitlines()] == [
        [name, "is missing"] for name in ("summary.json", "metrics.csv", "plots.npz")
    ]


@pytest.mark.parametrize(
    "junk", [None, 3, "x", [], [1], {"kind": "stopped", "epoch": [], "true": {"a": "b"}}]
)
@pytest.mark.parametrize("kind", ["fit", "curves", "data"])
def test_a_summary_of_junk_costs_words_and_no_picture(
    nnrun: Command, bad: Path, junk: object, kind: str
) -> None:
    fields = json.loads((bad / "summary.json").read_text("utf-8"))
    (bad / "summary.json").write_text(json.dumps(dict.fromkeys(fields, junk) | {"schema": 1}))
    done = nnrun("plot", "bad", "--kind", kind)
    assert (done.status, done.out, done.err) == (0, f"{kind}.png\n", "")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[]", "holds no summary"),
        (b"[" * 100_000, "is nested too deeply"),
        (b"\xff\xfe\x00", "is no UTF-8 text"),
    ],
)
def test_a_summary_that_is_none_is_said(nnrun: Command, bad: Path, content: bytes, reason: str) -> None:
    (bad / "summary.json").write_bytes(content)
    done = nnrun("plot", "bad", "--kind", "fit")
    assert (done.status, done.out) == (0, "fit.png\n")
    assert done.err.startswith(f"note  summary.json: {reason}")


def test_arrays_that_do_not_go_together_are_refused(nnrun: Command, bad: Path) -> None:
    np.savez(bad / "plots.npz", train_x=np.zeros(3), train_y=np.array(["a"]))
    done = nnrun("plot", "bad", "--kind", "fit")
    assert (done.status, done.out) == (4, "")
    assert "--kind fit cannot be drawn: what it recorded makes no sense" in done.err


@pytest.mark.parametrize("name", ["metrics.csv", "plots.npz", "summary.json"])
def test_nothing_that_is_no_ordinary_file_is_opened(nnrun: Command, bad: Path, name: str) -> None:
    (bad / name).unlink()
    os.mkfifo(bad / name)
    for kind in ("fit", "curves"):
        done = nnrun("plot", "bad", "--kind", kind)
        assert done.status in (0, 2)
        assert "is no ordinary file" in done.err or name == "metrics.csv" or kind == "curves"
    (bad / name).unlink()
    (bad / name).symlink_to(bad.parent / "elsewhere")
    (bad.parent / "elsewhere").write_text("epoch,train/loss\n1,2\n")
    kind = "curves" if name == "metrics.csv" else "fit"
    assert "is a link, which is not followed" in nnrun("plot", "bad", "--kind", kind).err


@pytest.mark.parametrize("content", [None, b"[]", b'{"swept": 3, "problems": [7, {"jobs": 1, "best": []}]}'])
@pytest.mark.parametrize("kind", ["sweep", "fits"])
def test_a_sweep_is_drawn_from_its_table_alone(
    saved: Path, here: Path, nnrun: Command, content: bytes | None, kind: str
) -> None:
    shutil.copytree(saved / "many", here / "bad")
    (here / "bad" / "summary.json").unlink()
    if content is not None:
        (here / "bad" / "summary.json").write_bytes(content)
    done = nnrun("plot", "bad", "--kind", kind)
    assert (done.status, done.out, done.err) == (0, f"{kind}.png\n", "")
    (here / "bad" / "results.csv").unlink()
    done = nnrun("plot", "bad", "--kind", kind)
    assert (done.status, done.err) == (
        4,
        "nnrun: bad cannot be read as a sweep: results.csv: is missing; nnrun resume bad writes it\n",
    )


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    shares = [value / 255 for value in _rgb(colour)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    low, high = sorted([luminance(first), luminance(second)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_letters_and_lines_stand_out_from_the_background(theme: Theme) -> None:
    for name in ("ink", "muted", "alarm"):
        assert contrast(getattr(theme, name), theme.background) >= 4.5, name
    for name in ("model", "validation", "data", "truth"):
        assert contrast(getattr(theme, name), theme.background) >= 3, name
    assert contrast(theme.model, theme.height_low) >= 3


def test_a_slide_is_wide_and_its_letters_large_and_a_paper_fits_a_column() -> None:
    slide, paper = THEMES["slide"], THEMES["paper"]
    assert slide.width / slide.height == pytest.approx(16 / 9)
    assert paper.width <= 3.5
    for name in ("title", "note", "label", "tick", "line", "thin", "hair", "dot", "mark"):
        assert getattr(paper, name) < getattr(LIGHT, name) < getattr(slide, name)


RECORDS: Sequence[Callable[[], Any]] = (picture_records.default, picture_records.overfitted)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize("kind", ["fit", "curves"])
@pytest.mark.parametrize("make", RECORDS)
def test_everything_stays_on_the_page_and_legends_clear_of_panels(
    make: Callable[[], Any], kind: str, theme: Theme
) -> None:
    figure = draw(make(), kind, theme=theme)
    figure.canvas.draw()
    wide, high = figure.canvas.get_width_height()
    panels = [axes.get_window_extent() for axes in figure.axes]
    for box in [text.get_window_extent() for text in figure.texts if text.get_text()]:
        assert box.x0 >= 0
        assert box.x1 <= wide + 1
        assert box.y1 <= high + 1
        assert not any(box.overlaps(panel) for panel in panels)
    for legend, panel in itertools.product(figure.legends, panels):
        assert not legend.get_window_extent().overlaps(panel)


def asked(*words: str) -> argparse.Namespace:
    options = argparse.ArgumentParser()
    add_drawing(options)
    return options.parse_args(words)


def test_flags_say_where_how_large_and_in_which_language(here: Path) -> None:
    drawing = Drawing.of(asked("-o", "A.PDF", "--theme", "slide", "--height", "6.5", "--language", "zh"))
    assert (drawing.path, drawing.file_format) == (Path("A.PDF"), "pdf")
    assert (drawing.width, drawing.height, drawing.language) == (None, 6.5, "zh")
    assert drawing.theme is THEMES["slide"]
    assert Drawing.of(asked()).place("fit") == Path("fit.png")


def test_the_first_free_name_counts_up_past_links_that_lead_nowhere(tmp_path: Path) -> None:
    assert first_free(tmp_path, "fit", "png").name == "fit.png"
    (tmp_path / "fit.png").symlink_to(tmp_path / "gone")
    (tmp_path / "fit-2.png").mkdir()
    assert first_free(tmp_path, "fit", "png").name == "fit-3.png"


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    with pytest.raises(BadInput, match=r"a\.png: is a directory; name a file"):
        Drawing.of(asked("-o", str(tmp_path / "a.png")))
