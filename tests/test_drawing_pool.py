from __future__ import annotations

import functools
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from conftest import sampled
from nnrun import plots
from nnrun.errors import NnrunError
from nnrun.plots import letters, pictures, pool, process, records
from nnrun.plots.brush import painted
from nnrun.plots.drawing import sketch
from nnrun.plots.fork import Request, failures_of
from nnrun.plots.letters import Lettered
from nnrun.plots.png import png
from nnrun.plots.pool import DrawingPool
from nnrun.plots.process import Failure
from nnrun.plots.rehearsal import rehearse
from nnrun.plots.saving import dots
from nnrun.plots.style import styled
from nnrun.plots.theme import LIGHT
from nnrun.runs.reading import RunRecord, read_run
from picture_records import NASTY, RECORDS, curve_plots, metrics_of, record_of, several_inputs
from test_drawing_process import DRAWN, PNG, is_gone, write

SKETCHED = [
    (name, kind)
    for name, record in RECORDS.items()
    for kind in DRAWN
    if kind == "curves" or "confusion" not in record().plots
]
SEEDS = range(14)
"""Of `some_run`: each sort of run twice, with and without names, truths and further metrics."""
LOOK = Lettered(LIGHT.note, (LIGHT.font,), LIGHT.dpi)


def on_figure(record: RunRecord, kind: str, **words: Any) -> Any:
    figure = plots.draw(record, kind, **words)
    with styled(LIGHT):
        return dots(figure)


def at_once(record: RunRecord, kind: str, **words: Any) -> Any:
    page = sketch(record, kind, **words)
    assert page is not None
    with styled(LIGHT):
        return painted(page).copy()


def some_run(seed: int) -> RunRecord:
    """One of a sweep over rates and seeds, of any sort that a sweep leaves."""
    random = np.random.default_rng(seed)
    sort = ("completed", "diverged", "stopped", "nan", "short", "empty", "several")[seed % 7]
    epochs = {"empty": 0, "short": int(random.integers(1, 13))}.get(sort, int(random.integers(20, 300)))
    loss = 10.0 ** random.uniform(-3, 1) * random.uniform(0.3, 1.0, epochs).cumprod() ** 0.05
    if sort == "diverged":
        loss *= 10.0 ** np.linspace(0, random.uniform(1, 40), epochs)
        loss[-1] = np.inf
    if sort == "nan":
        loss[random.integers(1, epochs) :] = np.nan
    a, b, c = random.normal(0, 2, 3) * (1e20 if sort == "diverged" else 1.0)

    def fitted(x: Any) -> Any:
        return (np.nan if sort == "nan" else a) * x**2 + b * x + c

    shown = (
        several_inputs(1 + seed % 2).plots
        if sort == "several"
        else curve_plots(
            prediction=fitted, truth=bool(seed % 3), val=int(random.integers(0, 40)), outputs=1 + seed % 4
        )
    )
    others = {"train__r2": 1 - loss / 0.1, "val__loss": loss * random.uniform(0.8, 1.5, epochs)}
    if seed % 5 == 0:
        others |= {"train__mae": loss**0.5, "lr": np.geomspace(0.5, 0.001, epochs)}
    return record_of(
        metrics_of(loss, **others),
        shown,
        title=f"quadratic, mlp 1-10-1 relu, sgd lr={random.uniform(1e-4, 2):.3g}",
        name=(NASTY if seed % 8 == 1 else f"fi {seed}  ff-1.50") if seed % 4 == 1 else None,
        status=sort if sort in ("diverged", "stopped") else "completed",
        stop={"epoch": epochs, "reason": "no better loss in 20 epochs"} if sort == "stopped" else None,
        reference={"truth": float(random.uniform(0, 0.01)), "constant": 0.1},
    )


@pytest.mark.parametrize(("name", "kind"), sampled(SKETCHED))
def test_a_picture_drawn_at_once_has_the_dots_of_its_figure(name: str, kind: str) -> None:
    record = RECORDS[name]()
    np.testing.assert_array_equal(at_once(record, kind), on_figure(record, kind))


@pytest.mark.parametrize("kind", DRAWN)
@pytest.mark.parametrize("words", [{"language": "zh"}, {"font": "DejaVu Serif"}, {"font": "STIXGeneral"}])
def test_other_letters_are_those_of_the_figure_too(kind: str, words: dict[str, str]) -> None:
    record = RECORDS["overfitted"]()
    np.testing.assert_array_equal(at_once(record, kind, **words), on_figure(record, kind, **words))


@pytest.mark.parametrize(
    "name",
    ["שלום 12", "مرحبا بالعالم", "e\u0301 a\u0308\u0323 ffi", "日本語 🦀 x", "Σxᵢ² ≤ 3·10⁻³", " a  b ", "\t"],
)
def test_names_in_any_script_are_those_of_the_figure(name: str) -> None:
    record = RECORDS["default"]()
    named = record_of(record.metrics, record.plots, name=name, title=f"{name} of {name}")
    np.testing.assert_array_equal(at_once(named, "curves"), on_figure(named, "curves"))


@functools.cache
def figure_of_some_run(seed: int, kind: str) -> Any:
    """Its dots, which two tests compare with."""
    return on_figure(some_run(seed), kind)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_run_of_a_sweep_shows_anything_of_the_one_before(seed: int) -> None:
    for kind in DRAWN:
        np.testing.assert_array_equal(at_once(some_run(seed), kind), figure_of_some_run(seed, kind))


@given(
    st.text(st.characters(min_codepoint=32, max_codepoint=126) | st.sampled_from(letters.SIGNS), max_size=24)
)
@settings(max_examples=300)
def test_letters_stand_where_matplotlib_puts_them(text: str) -> None:
    whole = letters._layout(letters._sized(LOOK), text)
    expected = [(glyph.glyph_index, glyph.x, glyph.y) for glyph in whole]
    assert [(glyph.number, glyph.x, glyph.y) for glyph in letters.glyphs(text, LOOK)] == expected
    apart = [
        (glyph.number, begin + glyph.x)
        for word, begin in letters._words(text, LOOK)
        for glyph in letters.glyphs(word, LOOK)
    ]
    blank = letters.glyphs(" ", LOOK)[0].number
    assert apart == [(number, x) for number, x, _ in expected if number != blank]


def test_drawing_at_once_is_known_to_be_right_here() -> None:
    assert rehearse()


def test_where_it_is_not_pictures_are_drawn_as_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, other = (write(RECORDS["default"](), tmp_path / name) for name in ("run", "other"))
    assert failures_of(Request(str(run)), DRAWN) == {}
    monkeypatch.setattr(pictures, "rehearse", lambda: False)
    monkeypatch.setattr(pictures, "sketch", None)
    assert failures_of(Request(str(other)), DRAWN) == {}
    for kind in DRAWN:
        assert (run / f"{kind}.png").read_bytes() == (other / f"{kind}.png").read_bytes()


@pytest.mark.parametrize("opaque", [True, False])
def test_a_png_holds_the_dots(opaque: bool) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (7, 13, 4), dtype=np.uint8)
    if opaque:
        picture[..., 3] = 255
    with Image.open(io.BytesIO(png(picture, 125.0))) as image:
        assert image.mode == ("RGB" if opaque else "RGBA")
        assert image.info["dpi"] == pytest.approx((125, 125), rel=1e-3)
        np.testing.assert_array_equal(np.asarray(image.convert("RGBA")), picture)


def same_record(directory: Path) -> None:
    quick, whole = records.read(directory), read_run(directory)
    assert (quick.directory, quick.summary, quick.skipped) == (directory, whole.summary, whole.skipped)
    for ours, theirs in ((quick.metrics, whole.metrics), (quick.plots, whole.plots)):
        assert list(ours) == list(theirs)
        for name, values in theirs.items():
            np.testing.assert_array_equal(ours[name], values)
            assert ours[name].dtype == values.dtype


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_read_quickly_is_the_record(name: str, tmp_path: Path) -> None:
    same_record(write(RECORDS[name](), tmp_path / "run"))


@pytest.mark.parametrize("tail", ["101,101,0.5", "101,x,0.5\n", "1,2\n3,4,5,6,7,8,9,10,11,12\n", "\n"])
def test_torn_rows_are_skipped_as_ever(tail: str, tmp_path: Path) -> None:
    run = write(RECORDS["default"](), tmp_path / "run")
    with (run / "metrics.csv").open("a") as file:
        file.write(tail)
    assert records.read(run).skipped > 0
    same_record(run)


def test_compressed_arrays_are_read_too(tmp_path: Path) -> None:
    run = write(RECORDS["default"](), tmp_path / "run")
    np.savez_compressed(run / "plots.npz", **RECORDS["default"]().plots)
    same_record(run)


def test_a_damaged_or_missing_file_is_refused(tmp_path: Path) -> None:
    run = write(RECORDS["default"](), tmp_path / "run")
    content = bytearray((run / "plots.npz").read_bytes())
    content[len(content) // 3] ^= 1
    (run / "plots.npz").write_bytes(content)
    with pytest.raises(NnrunError, match="damaged"):
        dict(records.read(run).plots)
    (run / "plots.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(NnrunError, match="cannot be read as a run"):
        records.read(run)
    (run / "plots.npz").unlink()
    with pytest.raises(NnrunError, match="cannot be read as a run"):
        records.read(run)


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], DrawingPool]]:
    """Starts pools as where there are two cores and one thread, and leaves none behind."""
    monkeypatch.setattr(process, "_worth_it", lambda: True)
    started: list[DrawingPool] = []

    def begin(workers: int = 2) -> DrawingPool:
        started.append(DrawingPool.start(workers))
        assert started[-1].forked
        return started[-1]

    yield begin
    for drawing in started:
        drawing.cancel()


@pytest.fixture
def never_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the test fail if the workers do not draw and the parent has to."""

    def refuse(number: int, request: Request) -> dict[str, Any]:
        raise AssertionError(f"no worker drew {request.directory}")

    monkeypatch.setattr(pool, "_drawn_here", refuse)


def leader_of(drawing: DrawingPool) -> int:
    assert drawing._crew is not None
    return drawing._crew._leader


def sweep(directory: Path, count: int) -> list[Path]:
    directory.mkdir()
    return [write(some_run(seed), directory / str(seed)) for seed in range(count)]


@pytest.mark.usefixtures("never_here")
def test_every_run_of_a_sweep_gets_the_pictures_of_a_run_alone(
    start: Callable[..., DrawingPool], tmp_path: Path
) -> None:
    runs = sweep(tmp_path / "sweep", len(SEEDS))
    drawing = start()
    leader, seen = leader_of(drawing), []
    for run in runs:
        drawing.draw(run)
    assert drawing.wait(progress=lambda done, asked: seen.append((done, asked))) == []
    assert seen[-1] == (len(runs), len(runs))
    drawing.cancel()
    assert is_gone(leader)
    for seed, run in zip(SEEDS, runs, strict=True):
        for kind in DRAWN:
            alone = png(figure_of_some_run(seed, kind), LIGHT.dpi)
            assert (run / f"{kind}.png").read_bytes() == alone


@pytest.mark.usefixtures("never_here")
def test_kinds_formats_and_words_can_be_chosen_for_each_run(
    start: Callable[..., DrawingPool], tmp_path: Path
) -> None:
    one, two, three = (
        write(RECORDS[name](), tmp_path / name) for name in ("default", "linear", "random_mnist")
    )
    drawing = start()
    drawing.draw(one, ["curves"], file_format="svg", font="No Such Font")
    drawing.draw(two, feature=7)
    drawing.draw(three, ["fit"])
    assert drawing.wait() == [Failure("fit", "feature=7: this run has 4 inputs; choose one of 0 to 3", two)]
    assert drawing.remark is not None
    assert "No Such Font" in drawing.remark
    assert (one / "curves.svg").read_text().startswith("<?xml")
    assert all(path.read_bytes().startswith(PNG) for path in (two / "curves.png", three / "fit.png"))


@pytest.mark.usefixtures("never_here")
def test_more_requests_than_a_pipe_holds_block_nobody(
    start: Callable[..., DrawingPool], tmp_path: Path
) -> None:
    drawing = start()
    os.killpg(leader_of(drawing), signal.SIGSTOP)
    assert drawing._crew is not None
    missing: list[Path] = []
    while len(drawing._crew._waiting) < 100:
        missing.append(tmp_path / f"nowhere-{len(missing)}")
        drawing.draw(missing[-1], ["fit"])
    os.killpg(leader_of(drawing), signal.SIGCONT)
    failures = drawing.wait()
    assert {failure.directory for failure in failures} == set(missing)
    assert all("nowhere" in failure.message and "\n" not in failure.message for failure in failures)


@pytest.mark.parametrize("whom", ["leader", "all"])
def test_killed_workers_cost_no_picture(whom: str, start: Callable[..., DrawingPool], tmp_path: Path) -> None:
    runs = sweep(tmp_path / "sweep", 8)
    drawing = start()
    for run in runs:
        drawing.draw(run)
    (os.kill if whom == "leader" else os.killpg)(leader_of(drawing), signal.SIGKILL)
    assert drawing.wait(patience=5) == []
    assert all((run / f"{kind}.png").read_bytes().startswith(PNG) for run in runs for kind in DRAWN)


def test_silent_workers_are_given_up(start: Callable[..., DrawingPool], tmp_path: Path) -> None:
    (run,) = sweep(tmp_path / "sweep", 1)
    drawing = start()
    leader = leader_of(drawing)
    os.killpg(leader, signal.SIGSTOP)
    drawing.draw(run)
    assert drawing.wait(patience=0.1) == []
    assert is_gone(leader)
    assert (run / "fit.png").exists()


@pytest.mark.usefixtures("never_here")
def test_an_interruption_leaves_the_rest_undrawn(start: Callable[..., DrawingPool], tmp_path: Path) -> None:
    runs = sweep(tmp_path / "sweep", 3)
    drawing = start()
    leader = leader_of(drawing)
    os.killpg(leader, signal.SIGSTOP)
    for run in runs:
        drawing.draw(run)
    assert drawing.wait(interrupted=lambda: True) == []
    drawing.forget()
    assert is_gone(leader)
    assert not list(tmp_path.glob("sweep/*/*.png"))


def test_cancelled_workers_are_gone(start: Callable[..., DrawingPool], tmp_path: Path) -> None:
    drawing = start()
    leader = leader_of(drawing)
    for run in sweep(tmp_path / "sweep", 3):
        drawing.draw(run)
    drawing.cancel()
    drawing.cancel()
    assert is_gone(leader)


@pytest.mark.usefixtures("never_here")
def test_signals_to_the_workers_are_left_to_their_parent(
    start: Callable[..., DrawingPool], tmp_path: Path
) -> None:
    (run,) = sweep(tmp_path / "sweep", 1)
    drawing = start()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(leader_of(drawing), number)
    drawing.draw(run)
    assert drawing.wait() == []


def test_workers_hold_nothing_of_their_parent(start: Callable[..., DrawingPool]) -> None:
    reader, writer = os.pipe()
    start()
    os.close(writer)
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_workers_leave_with_their_parent_and_nothing_stays(tmp_path: Path) -> None:
    """A pipe that only the workers hold besides reads as ended once all of them have left."""
    run = write(RECORDS["default"](), tmp_path / "run")
    (tmp_path / "temporary").mkdir()
    (tmp_path / "file").write_text("")
    code = (
        "import os, sys; from pathlib import Path; from nnrun.plots import pool, process\n"
        "process._worth_it = lambda: True\n"
        "drawing = pool.DrawingPool.start(2); drawing.draw(Path(sys.argv[1]))\n"
        "print(drawing.wait() if sys.argv[2] == 'wait' else drawing._crew._leader, flush=True)\n"
        "if sys.argv[2] == 'wait': drawing.cancel()\n"
        "os._exit(1)"
    )
    surroundings = {"MPLCONFIGDIR": str(tmp_path / "file" / "no"), "TMPDIR": str(tmp_path / "temporary")}
    for end in ("wait", "die"):
        done = subprocess.run(
            [sys.executable, "-c", code, str(run), end], capture_output=True, text=True, env=surroundings
        )
        assert done.stderr == ""
        assert done.stdout.strip() == "[]" if end == "wait" else is_gone(int(done.stdout))
        assert not list((tmp_path / "temporary").iterdir())


def test_where_no_process_can_be_had_the_pictures_are_drawn_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> int:
        raise BlockingIOError("no more processes")

    runs = sweep(tmp_path / "sweep", 2)
    monkeypatch.setattr(os, "fork", refuse)
    for worth in (False, True):
        monkeypatch.setattr(process, "_worth_it", lambda worth=worth: worth)
        drawing = DrawingPool.start()
        assert not drawing.forked
        for run in runs:
            drawing.draw(run)
        assert drawing.wait() == []
        for picture in tmp_path.glob("sweep/*/*.png"):
            picture.unlink()
        assert len(json.dumps(drawing.remark)) == 4
