"""`nnrun report` and the page that a sweep leaves: what it holds, that it is safe, and that it works."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from browser import Browser
from conftest import Command
from nnrun import cli
from nnrun.commands import report as command
from nnrun.errors import BadInput, Refused
from nnrun.report import gather, page, payload
from nnrun.report.differing import differing, spelled
from nnrun.report.packing import Packing
from nnrun.report.page import ASSETS, SCRIPTS, embedded, plotly
from nnrun.report.thinning import Limits, evenly, thinned

SWEPT = ("-m", "optim.lr=0.1,0.5,5", "seed=0,1", "epochs=20", "sweep.plots=none", "plots.save=false", "-q")
NASTY = '"><img src=x onerror=alert(1)></script><script>alert(2)</script>\u2028&amp;{{data}}'


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with `outputs` of one sweep and three single runs."""
    place = tmp_path_factory.mktemp("reports")
    with contextlib.chdir(place):
        assert cli.run(SWEPT) == 0
        assert cli.run(("dataset=linear", "dataset.samples=40", "epochs=3", "plots.save=false", "-q")) == 0
        classes = ("dataset=random_mnist", "dataset.shape=6x6", "dataset.samples=30", "epochs=1")
        assert cli.run((*classes, "plots.save=false", "-q")) == 0
        assert cli.run(("model=power", "epochs=4", "val_fraction=0.2", "plots.save=false", "-q")) == 0
    return place


@pytest.fixture
def here(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of `root` to work in."""
    shutil.copytree(root / "outputs", tmp_path / "outputs", symlinks=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sweep_in(place: Path) -> Path:
    return next((place / "outputs").glob("2*/*_sweep"))


def runs_in(place: Path) -> list[Path]:
    """The three runs that are in no sweep, the oldest first."""
    found = (path.parent for path in (place / "outputs").glob("2*/*/summary.json"))
    return sorted(path for path in found if not path.name.endswith("_sweep"))


def content(directories: list[Path]) -> dict[str, Any]:
    return payload(gather(directories))[0]


class Tags(HTMLParser):
    """The elements of a page, with their attributes, and the text in its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def recorded(text: str) -> dict[str, Any]:
    """The data in a page."""
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    told: dict[str, Any] = json.loads(found[1])
    return told


def test_a_sweep_leaves_its_page_after_its_answer(root: Path) -> None:
    text = (sweep_in(root) / "report.html").read_text("utf-8")
    told = recorded(text)
    assert [axis["key"] for axis in told["axes"]] == ["optim.lr", "seed"]
    assert len(told["runs"]) == 6
    assert {run["status"] for run in told["runs"]} == {"completed", "diverged"}
    assert told["sources"][0]["bests"][0]["values"] == {"optim.lr": "0.5"}


def test_a_sweep_can_do_without_it(nnrun: Command, place: Path) -> None:
    assert nnrun("-m", "seed=0,1", "epochs=2", "plots.save=false", "sweep.report=false").status == 0
    assert not list(place.glob("outputs/*/*/report.html"))


@pytest.mark.parametrize("fault", [ValueError("a bug"), OSError("disk"), KeyboardInterrupt()])
def test_a_page_that_cannot_be_made_is_a_line_and_nothing_more(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    def fails(directories: object) -> None:
        raise fault

    monkeypatch.setattr(command, "made", fails)
    done = nnrun("-m", "seed=0,1", "epochs=2", "plots.save=false")
    assert done.status == 0
    assert f"report.html could not be made: {fault or type(fault).__name__}" in done.err


def test_the_command_writes_one_file_and_prints_its_path(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    newest = runs_in(here)[-1]
    assert command.main([str(newest)]) == 0
    assert capsys.readouterr() == ("report.html\n", "")
    assert command.main([str(newest)]) == 0
    assert capsys.readouterr().out == "report-2.html\n"
    assert (here / "report.html").stat().st_size < 6_000_000


def test_a_sweeps_page_goes_to_its_directory_unless_there_is_one(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = sweep_in(here) / "report.html"
    before = own.read_bytes()
    command.main([str(sweep_in(here))])
    assert capsys.readouterr().out == "report.html\n"
    assert own.read_bytes() == before
    own.unlink()
    command.main([str(sweep_in(here))])
    assert capsys.readouterr().out == f"{own}\n"


def test_a_file_that_is_named_is_written_over(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "mine.html").write_text("old")
    assert command.main(["latest", "-o", "mine.html"]) == 0
    assert capsys.readouterr().out == "mine.html\n"
    assert (here / "mine.html").read_text("utf-8").startswith("<!doctype html>")


def test_several_runs_and_patterns_share_one_page(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["outputs/*/*", "latest", "-o", "all.html"]) == 0
    told = recorded((here / "all.html").read_text("utf-8"))
    assert len(told["runs"]) == 9
    assert told["objective"]["others"] > 0
    assert len({tuple(run["place"]) for run in told["runs"]}) == 9


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["nowhere"], "nowhere: no such run"),
        (["no*where"], "no\\*where: matches no run"),
        (["latest", "-o", "."], "-o .: is a directory"),
        (["--open"], "--open: unknown flag"),
    ],
)
def test_what_cannot_be_meant_is_said(here: Path, words: list[str], complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        command.main(words)


@pytest.fixture(scope="module")
def varied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a sweep over data and seeds, one over two rates, and runs of a table."""
    place = tmp_path_factory.mktemp("varied")
    rest = ("epochs=10", "sweep.plots=none", "sweep.report=false", "-q")
    (place / "exam.csv").write_text(
        "hours,sleep,points\n" + "".join(f"{k},{k % 4},{3 * k}\n" for k in range(12))
    )
    with contextlib.chdir(place):
        assert cli.run(("-m", "dataset=moons,quadratic", "optim.lr=0.1,0.2", "seed=0,1", *rest)) == 0
        assert cli.run(("-m", "dataset=quadratic", "model=mlp,linear", *rest)) == 0
        words = ("dataset=csv", "dataset.path=exam.csv", "dataset.target=points", "epochs=3", "-q")
        assert cli.run((*words, "plots.save=false")) == 0
        assert cli.run((*words, "dataset.features=hours", "plots.save=false")) == 0
    return place


def sweeps_in(place: Path) -> list[Path]:
    """The sweeps, the oldest first: the one over data, the one over models."""
    found = (path.parent for path in (place / "outputs").glob("2*/*/results.csv"))
    return sorted(found, key=lambda path: (path / "results.csv").stat().st_mtime_ns)


def tables_in(place: Path) -> list[Path]:
    """The runs of a table, the one of two columns first."""
    found = (path.parent for path in (place / "outputs").glob("2*/*/plots.npz"))
    return sorted(found, key=lambda path: (path / "plots.npz").stat().st_mtime_ns)


def test_what_differs_in_data_is_not_called_by_one_of_them_and_has_a_best_setting_each(varied: Path) -> None:
    told = content([sweeps_in(varied)[0]])
    assert told["title"] == "mlp over dataset, lr, seed"
    assert told["objective"]["others"] == 4
    assert [kind["label"] for kind in told["kinds"]] == ["moons, cross_entropy", "quadratic, mse"]
    assert [run["kind"] for run in told["runs"]] == [0] * 4 + [1] * 4
    assert [best["of"] for best in told["sources"][0]["bests"]] == ["moons, cross_entropy", "quadratic, mse"]
    assert [best["values"]["dataset"] for best in told["sources"][0]["bests"]] == ["moons", "quadratic"]


def test_keys_of_several_sweeps_are_called_as_they_are_typed(varied: Path) -> None:
    told = content(sweeps_in(varied))
    assert {"dataset", "model"} <= {axis["name"] for axis in told["axes"]}
    assert not [axis for axis in told["axes"] if axis["key"].endswith(".name")]
    assert len({source["name"] for source in told["sources"]}) == 2
    assert not [key for run in told["runs"] for key in run["changed"] if key.endswith(".name")]


def test_a_table_keeps_the_names_of_its_columns(varied: Path) -> None:
    told = content(tables_in(varied))
    assert [told["names"][run["names"]]["features"] for run in told["runs"]] == [
        ["hours", "sleep"],
        ["hours"],
    ]
    assert {tuple(names["targets"]) for names in told["names"]} == {("points",)}


def test_regions_are_kept_as_bytes_and_their_way_too(varied: Path) -> None:
    run = next(path.parent for path in sweeps_in(varied)[0].glob("*/plots.npz"))
    with np.load(run / "plots.npz") as archive:
        plots = dict(archive)
    shown = thinned(plots, Limits.of(1, 3))
    expected = plots["region_probability"][:, :, 1].astype(float)
    np.testing.assert_allclose(shown["region"] / 255, expected, atol=1 / 255)
    np.testing.assert_array_equal(shown["snapshot_region"], plots["snapshot_regions"][..., 1])
    assert shown["region"].dtype == shown["snapshot_region"].dtype == np.uint8
    many = thinned(plots, Limits.of(1000, 3))
    assert many["region"].size + many["snapshot_region"].size < 3000
    assert many["snapshot_epochs"][[0, -1]].tolist() == [0, 10]
    plots["region_probability"] = np.eye(3)[np.zeros((81, 81), int) + 2]
    assert set(thinned(plots, Limits.of(1, 3))["region"].ravel().tolist()) == {2}
    plots["region_across"] = np.zeros(3)
    assert "region" not in thinned(plots, Limits.of(1, 3))


def test_damaged_runs_are_left_out_or_reduced_with_a_note(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = sweep_in(here)
    (sweep / "0" / "summary.json").write_text("{")
    (sweep / "1" / "plots.npz").write_bytes((sweep / "1" / "plots.npz").read_bytes()[:500])
    with (sweep / "2" / "metrics.csv").open("a") as file:
        file.write("21,21,oops\n22,")
    (sweep / "3" / "metrics.csv").unlink()
    (sweep / "4" / "metrics.csv").unlink()
    (sweep / "4" / "metrics.csv").symlink_to("/etc/passwd")
    assert command.main([str(sweep), "-o", "r.html"]) == 0
    said = capsys.readouterr().err.splitlines()
    told = recorded((here / "r.html").read_text("utf-8"))
    assert [run["label"] for run in told["runs"]] == ["1", "2", "3", "4", "5"]
    assert [line.removeprefix("note: ") for line in said] == told["notes"]
    assert told["notes"] == [
        "0 is left out: summary.json: is no whole JSON (line 1)",
        "1: plots.npz: is damaged",
        "2: metrics.csv: 2 rows that could not be read left out",
        "3: metrics.csv: is missing",
        "4: metrics.csv: is a link, which is not followed",
    ]


def test_where_nothing_can_be_read_the_command_is_refused(here: Path) -> None:
    run = runs_in(here)[0]
    (run / "summary.json").write_text("[]")
    with pytest.raises(Refused, match=r"is left out: summary\.json: holds no summary"):
        command.main([str(run)])
    assert not (here / "report.html").exists()


def test_a_sweep_without_its_table_is_taken_as_it_lies_there(here: Path) -> None:
    for name in ("results.csv", "summary.json"):
        (sweep_in(here) / name).unlink()
    told = content([sweep_in(here)])
    assert [run["label"] for run in told["runs"]] == ["0", "1", "2", "3", "4", "5"]
    assert [axis["key"] for axis in told["axes"]] == ["optim.lr", "seed"]


def test_a_table_leads_to_no_run_outside_the_output_root(here: Path) -> None:
    outside = here / "private"
    shutil.copytree(runs_in(here)[0], outside)
    table = sweep_in(here) / "results.csv"
    lines = table.read_text("utf-8").splitlines()
    table.write_text("\n".join([lines[0], f"{lines[1].rpartition(',')[0]},../../../private", *lines[2:]]))
    told = content([sweep_in(here)])
    assert len(told["runs"]) == 5
    assert told["notes"] == [f"{sweep_in(here).name}: 1 of 6 jobs have no directory"]


def test_strings_of_a_run_are_text_and_nothing_else(here: Path) -> None:
    run = runs_in(here)[0]
    summary = json.loads((run / "summary.json").read_text("utf-8"))
    summary |= {"name": NASTY, "command": NASTY, "status": NASTY, "error": NASTY, "tags": [NASTY]}
    summary["dataset"] |= {"name": NASTY, "description": NASTY}
    summary["config"] |= {NASTY: NASTY, "model.name": NASTY}
    summary["final"] = {NASTY: 1.0}
    summary["verdicts"] = [{"key": NASTY, "evidence": {}, "command": NASTY}]
    (run / "summary.json").write_text(json.dumps(summary))
    text = page(content([run])).decode("utf-8")
    tags = Tags(text).tags
    assert [tag for tag, _ in tags if tag in ("img", "iframe", "object", "embed", "base", "form")] == []
    assert [attributes.get("type") for tag, attributes in tags if tag == "script"] == [
        "application/json",
        None,
        "module",
    ]
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    assert recorded(text)["title"] == NASTY
    assert "\u2028" not in text.partition('type="application/json">')[2].partition("</script>")[0]


def test_the_page_may_fetch_nothing_and_runs_its_own_scripts_alone(root: Path) -> None:
    text = (sweep_in(root) / "report.html").read_text("utf-8")
    tags = Tags(text).tags
    assert not [attributes for _, attributes in tags if "src" in attributes]
    assert [attributes["href"] for tag, attributes in tags if tag == "link"] == ["data:,"]
    policy = next(a["content"] for tag, a in tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy
    assert policy.count("unsafe-inline") == 1


def test_every_script_of_the_page_is_listed_after_what_it_imports() -> None:
    assert sorted(SCRIPTS) == sorted(path.stem for path in ASSETS.glob("*.js"))
    for place, name in enumerate(SCRIPTS):
        text = (ASSETS / f"{name}.js").read_text("utf-8")
        assert text.startswith("/** "), name
        assert set(re.findall(r'from "\./(\w+)\.js"', text)) <= set(SCRIPTS[:place]), name
        assert "innerHTML" not in text
        assert "insertAdjacentHTML" not in text


def test_the_plotting_library_is_free_to_be_passed_on() -> None:
    assert "Licensed under the MIT license" in plotly()[:400]
    assert "</script" not in plotly()


def test_numbers_survive_the_way_into_the_page() -> None:
    packing = Packing()
    halves = np.array([[1.5, -2.25], [np.inf, 6e-5]], dtype=np.float16)
    first = packing.add(halves)
    assert packing.add(halves.copy()) == first
    assert packing.arrays[0][:2] == ("f2", [2, 2])
    packing.add(np.array([1e-30, 3.0]))
    back = np.frombuffer(base64.b64decode(packing.arrays[1][2]), dtype="<f4")
    np.testing.assert_array_equal(back, np.array([1e-30, 3.0], dtype=np.float32))


def test_a_full_page_leaves_pictures_out_and_says_so(root: Path) -> None:
    told, notes = payload(gather([sweep_in(root)]), most_bytes=3000)
    assert len(told["runs"]) == 6
    assert notes[-1].startswith("some pictures are left out")
    assert sum(len(array[2]) for array in told["arrays"]) <= 4000


@pytest.mark.parametrize("runs", [1, 20, 200, 1000, 2000])
def test_what_is_shown_of_each_run_fits_however_many_there_are(runs: int) -> None:
    limits = Limits.of(runs, 3)
    plots = {
        "train_x": np.zeros((100, 1)),
        "train_y": np.zeros((100, 1)),
        "train_prediction": np.zeros((100, 1), np.float32),
        "grid": np.zeros((400, 1)),
        "grid_prediction": np.zeros((400, 1), np.float32),
        "snapshot_epochs": np.arange(21),
        "snapshot_losses": np.zeros(21),
        "snapshot_grid": np.zeros((101, 1)),
        "snapshot_predictions": np.zeros((21, 101, 1), np.float16),
    }
    shown = thinned(plots, limits)
    own = ("train_prediction", "grid_prediction", "snapshot_losses")
    each = 4 * sum(shown[name].size for name in own) + 2 * shown["snapshot_predictions"].size
    curves = 4 * 3 * min(100, limits.epochs)
    assert runs * (each + curves) < 8_500_000
    assert shown["snapshot_epochs"][[0, -1]].tolist() == [0, 20]


def test_thinning_keeps_first_and_last() -> None:
    places = evenly(1000, 11)
    assert not isinstance(places, slice)
    assert places[[0, -1]].tolist() == [0, 999]
    assert len(set(places.tolist())) == 11
    assert evenly(5, 11) == slice(None)


def test_arrays_that_are_not_as_documented_are_left_out() -> None:
    limits = Limits.of(1, 1)
    wrong = {
        "grid": np.zeros((5, 1)),
        "grid_prediction": np.zeros((4, 1)),
        "train_x": np.zeros(3),
        "snapshot_predictions": np.array(["a"]),
        "landscape_x": np.zeros(2),
        "landscape_y": np.zeros(2),
        "landscape_loss": np.zeros((3, 3)),
        "confusion": np.zeros((2, 2, 2)),
    }
    assert thinned(wrong, limits) == {}


def test_settings_that_follow_from_others_are_no_axes() -> None:
    common = {"epochs": 5, "dataset.name": "quadratic"}
    sgd = {"optim.name": "sgd", "optim.momentum": 0.0, "optim.lr": 0.1}
    adam = {"optim.name": "adam", "optim.beta1": 0.9, "optim.lr": 0.001}
    keys, rows = differing([{"seed": seed} | common | part for seed in (0, 1) for part in (sgd, adam)])
    assert keys == ["optim", "seed"]
    assert rows == [["sgd", "0"], ["adam", "0"], ["sgd", "1"], ["adam", "1"]]
    assert differing([{"model.hidden": [5]}, {"model.hidden": [20, 20]}, {}]) == (
        ["model.hidden"],
        [["5"], ["20x20"], ["-"]],
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.5"),
        (1e-05, "1e-05"),
        (None, "null"),
        (True, "true"),
        ([20, 20], "20x20"),
        ("a b", "a b"),
        (3, "3"),
    ],
)
def test_values_are_spelled_as_they_are_typed(value: object, text: str) -> None:
    assert spelled(value) == text


def test_data_cannot_end_its_element() -> None:
    text = embedded({"a": "</script><!--&\u2028\ud800"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"a": "</script><!--&\u2028\ud800"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    opened = Browser()
    yield opened
    opened.close()


CURVE = "[...document.querySelector('#panel-explore .plot').data[2].y].map(v => v.toFixed(4)).join()"
READING = "document.querySelector('.reading output').textContent"


def slide(browser: Browser, name: str, value: int) -> None:
    """Moves a slider as a hand does."""
    browser.value(
        f"(() => {{ const input = document.querySelector('.slider input[aria-label=\"{name}\"]');"
        f"input.value = {value}; input.dispatchEvent(new Event('input')); }})()"
    )


def test_the_page_of_a_sweep_works(root: Path, browser: Browser) -> None:
    browser.open(sweep_in(root) / "report.html")
    browser.until("document.querySelectorAll('#panel-summary .main-svg').length > 3")
    assert browser.value("document.querySelector('.best .headline').textContent") == "optim.lr=0.5"

    browser.value("document.getElementById('tab-runs').click()")
    cells = "document.querySelectorAll('tbody tr:not(.spacer) .link')"
    labels = f"[...{cells}].map(cell => cell.textContent).join()"
    assert browser.value(labels) == "0,1,2,3,4,5"
    assert browser.value("document.querySelectorAll('tbody svg path.model').length") == 6
    head = "[...document.querySelectorAll('th button')].find(b => b.textContent === 'train/loss')"
    browser.value(f"{head}.click()")
    ascending = str(browser.value(labels)).split(",")
    objectives = {run["label"]: run["objective"] for run in content([sweep_in(root)])["runs"]}
    good = [objectives[label] for label in ascending if objectives[label] is not None]
    assert good == sorted(good)
    assert browser.value(f"{head}.closest('th').getAttribute('aria-sort')") == "ascending"
    browser.value(f"{head}.click()")
    assert [label for label in str(browser.value(labels)).split(",") if objectives[label] is not None] == [
        label for label in reversed(ascending) if objectives[label] is not None
    ]
    assert ascending[-2:] == ["4", "5"], "runs without a number stay last"

    def typed(text: str) -> None:
        field = "document.querySelector('#panel-runs input')"
        browser.value(f"{field}.value = '{text}'; {field}.dispatchEvent(new Event('input'))")

    typed("lr<1 seed=1")
    assert sorted(str(browser.value(labels)).split(",")) == ["1", "3"]
    typed("diverged")
    assert browser.value("document.querySelector('#panel-runs [role=status]').textContent") == "2 of 6 runs"
    browser.until("location.hash.includes('filter=diverged')")

    browser.value("document.querySelector('tbody tr').click()")
    browser.until(
        "document.querySelector('dialog').open && document.querySelectorAll('dialog .main-svg').length > 2"
    )
    assert "lr=5" in browser.value("document.getElementById('run-title').textContent")
    codes = "[...document.querySelectorAll('dialog code')].map(code => code.textContent)"
    assert browser.value(f"{codes}.some(text => text.startsWith('nnrun optim.lr=5 seed='))")
    browser.value("document.querySelector('dialog').close()")
    assert browser.problems == []


def test_curves_are_switched_off_in_the_legend(root: Path, browser: Browser) -> None:
    browser.open(sweep_in(root) / "report.html")
    plot = "document.querySelectorAll('#panel-summary .plot')[1]"
    browser.until(f"{plot}?.querySelectorAll('.legend .traces').length === 3")
    toggle = f"{plot}.querySelector('.legendtoggle')"
    for kind in ("mousedown", "mouseup"):
        browser.value(f"{toggle}.dispatchEvent(new MouseEvent('{kind}', {{bubbles: true}}))")
    browser.until(f"{plot}.data[0].visible === 'legendonly'")
    assert browser.problems == []


def test_sliders_move_the_curve_its_loss_the_command_and_the_address(root: Path, browser: Browser) -> None:
    browser.open(sweep_in(root) / "report.html", "#explore?optim.lr=0.1&seed=1&epoch=4")
    browser.until("document.querySelector('#panel-explore .plot')?.data")
    first, loss = browser.value(CURVE), browser.value(READING)
    run = next(run for run in runs_of(root) if run.name == "1")
    with np.load(run / "plots.npz") as plots:
        index = plots["snapshot_epochs"].tolist().index(4)
        expected = plots["snapshot_predictions"][index, :, 0].astype(np.float64)
        told = float(plots["snapshot_losses"][index])
    np.testing.assert_allclose([float(value) for value in str(first).split(",")], expected, atol=1e-4)
    assert float(str(loss)) == pytest.approx(told, rel=1e-3)

    slide(browser, "lr", 1)
    browser.until(f"{CURVE} !== '{first}'")
    command_text = "document.querySelector('#panel-explore .command code').textContent"
    browser.until(f"{command_text}.startsWith('nnrun optim.lr=0.5 seed=1')")
    browser.until("location.hash === '#explore?optim.lr=0.5&seed=1&epoch=4'")
    second = browser.value(CURVE)
    slide(browser, "epoch", 20)
    browser.until(f"{CURVE} !== '{second}'")
    browser.value("document.querySelector('[aria-label=\"Previous epoch\"]').click()")
    browser.until("location.hash.endsWith('epoch=19')")
    browser.value("document.querySelector('[aria-label=\"Play epoch\"]').click()")
    browser.until("location.hash.endsWith('epoch=20')")
    browser.until("document.querySelector('[aria-label=\"Play epoch\"]') !== null")
    assert browser.problems == []


def test_the_page_of_different_data_compares_within_each_and_moves_regions(
    varied: Path, tmp_path: Path, browser: Browser
) -> None:
    file = tmp_path / "varied.html"
    file.write_bytes(page(content(sweeps_in(varied))))
    browser.open(file)
    browser.until("document.querySelectorAll('#panel-summary .main-svg').length > 3")
    heads = str(browser.value("[...document.querySelectorAll('.best h2')].map(h => h.textContent).join('|')"))
    names = [path.name for path in sweeps_in(varied)]
    assert heads.split("|")[0] == f"Best setting of {names[0]} for moons, cross_entropy"
    assert heads.split("|")[2] == f"Best setting of {names[1]}"
    panel = "document.getElementById('panel-summary').textContent"
    browser.until(f"{panel}.includes('Best medians: moons, cross_entropy:')")
    text = str(browser.value(panel))
    assert "lowest median" not in text

    for fragment, data in (
        ("dataset.name=quadratic&seed=1", "quadratic"),
        ("dataset=moons&epoch=4", "moons"),
    ):
        browser.value(f"location.hash = '#explore?{fragment}'")
        told = "document.querySelector('#panel-explore .command code').textContent"
        browser.until(f"{told}.includes('dataset={data}')")
    plot = "document.querySelector('#panel-explore .plot')"
    browser.until(f"{plot}.data[0].type === 'heatmap'")
    sums = f"{plot}.data[0].z.map(line => line.reduce((a, b) => a + b, 0)).join()"
    first = browser.value(sums)
    slide(browser, "epoch", 0)
    browser.until(f"{sums} !== '{first}'")
    browser.value("document.getElementById('tab-runs').click()")
    assert browser.value("document.querySelectorAll('tbody svg path[style*=fill]').length") == 8
    assert browser.problems == []


def test_medians_are_joined_over_values_that_other_data_alone_were_tried_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser: Browser
) -> None:
    monkeypatch.chdir(tmp_path)
    rest = ("epochs=2", "sweep.plots=none", "sweep.report=false", "-q")
    assert cli.run(("-m", "dataset=moons", "optim.lr=0.1,0.3", *rest)) == 0
    assert cli.run(("-m", "dataset=quadratic", "optim.lr=0.2,0.4", *rest)) == 0
    (tmp_path / "both.html").write_bytes(page(content(sweeps_in(tmp_path))))
    browser.open(tmp_path / "both.html")
    drawn = "document.querySelector('#panel-summary .plot')?.data"
    lines = f"{drawn}?.filter(t => t.mode === 'lines').map(t => [t.name, ...t.x].join()).join('|')"
    browser.until(lines)
    assert browser.value(lines) == "moons, cross_entropy: median,0.1,0.3|quadratic, mse: median,0.2,0.4"
    assert browser.problems == []


def test_a_wider_sweep_is_offered_only_beside_a_setting_at_an_edge(
    varied: Path, tmp_path: Path, browser: Browser
) -> None:
    told = content([sweeps_in(varied)[0]])
    (source,) = told["sources"]
    source["wider"] = "nnrun -m optim.lr=0.2,0.4"
    source["bests"][0]["edges"], source["bests"][1]["edges"] = [], ["optim.lr=0.2"]
    (tmp_path / "edges.html").write_bytes(page(told))
    browser.open(tmp_path / "edges.html")
    offered = "[...document.querySelectorAll('.best')].map(best => best.textContent.includes('lr=0.2,0.4'))"
    browser.until("document.querySelectorAll('.best').length === 2")
    assert browser.value(offered) == [False, True]


def test_explore_says_where_a_curve_is_that_left_the_picture(root: Path, browser: Browser) -> None:
    browser.open(sweep_in(root) / "report.html", "#explore?optim.lr=5&seed=0")
    words = "document.querySelector('#panel-explore figcaption').textContent"
    browser.until(f"{words}.includes('This run diverged')")
    assert "the model" in browser.value(words)
    remark = "document.querySelector('#panel-explore .plot').layout.annotations.map(a => a.text).join()"
    assert str(browser.value(remark)).startswith("the model")
    slide(browser, "lr", 0)
    browser.until(f"{words}.startsWith('What the network says')")
    browser.until(f"{remark} === ''")
    assert browser.problems == []


def test_a_table_is_shown_by_the_names_of_its_columns(varied: Path, tmp_path: Path, browser: Browser) -> None:
    for place, label in enumerate(("points", "hours")):
        file = tmp_path / f"{place}.html"
        file.write_bytes(page(content([tables_in(varied)[place]])))
        browser.open(file)
        titles = "[...document.querySelectorAll('.xtitle, .ytitle')].map(t => t.textContent).join()"
        browser.until(f"{titles}.includes('{label}')")
    file.write_bytes(page(content([tables_in(varied)[0]])))
    browser.open(file)
    choices = "[...document.querySelectorAll('select option')].map(o => o.textContent).join()"
    browser.until(f"{choices}.includes('hours,sleep')")
    assert browser.problems == []


def runs_of(root: Path) -> list[Path]:
    return [path for path in sweep_in(root).iterdir() if (path / "plots.npz").is_file()]


def test_pages_of_every_kind_of_run_open_without_complaint(
    root: Path, tmp_path: Path, browser: Browser
) -> None:
    for number, run in enumerate(runs_in(root)):
        file = tmp_path / f"{number}.html"
        file.write_bytes(page(content([run])))
        browser.open(file)
        browser.until("document.querySelectorAll('#panel-summary .main-svg').length > 2")
        browser.value("document.getElementById('tab-explore').click()")
        browser.until("document.querySelectorAll('#panel-explore .main-svg').length > 2")
        assert browser.problems == [], run
    file = tmp_path / "all.html"
    file.write_bytes(page(content([*runs_in(root), sweep_in(root)])))
    browser.open(file)
    for fragment in ("#summary", "#runs?sort=-objective", "#explore"):
        browser.value(f"location.hash = '{fragment}'")
        browser.until("document.querySelector('main > section:not([hidden])').childElementCount")
        assert browser.problems == [], fragment


def test_hostile_names_are_shown_as_they_are(here: Path, browser: Browser) -> None:
    paths = runs_in(here)
    for run in paths:
        summary = json.loads((run / "summary.json").read_text("utf-8"))
        summary |= {"name": f"{NASTY}{run.name}", "command": NASTY, "error": NASTY, "status": "failed"}
        summary["config"]["model.name"] = f"{NASTY}{run.name}"
        (run / "summary.json").write_text(json.dumps(summary))
    file = here / "hostile.html"
    file.write_bytes(page(content(paths)))
    browser.open(file)
    for fragment in ("#summary", "#runs?filter=<script>", "#explore?model=<img>"):
        browser.value(f"location.hash = '{fragment}'")
        browser.until("document.querySelector('main > section:not([hidden])').childElementCount")
        assert browser.value("document.querySelectorAll('img, iframe').length") == 0
        assert browser.problems == []


def test_it_follows_dark_colours_fits_a_phone_and_prints(root: Path, browser: Browser) -> None:
    try:
        browser.ask(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}]
        )
        browser.ask(
            "Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True
        )
        browser.open(sweep_in(root) / "report.html")
        for tab in ("summary", "runs", "explore"):
            browser.value(f"document.getElementById('tab-{tab}').click()")
            assert browser.value("document.documentElement.scrollWidth") <= 390
        assert (
            browser.value("getComputedStyle(document.documentElement).backgroundColor") == "rgb(20, 23, 27)"
        )
        assert len(browser.pdf()) > 10_000
        assert browser.problems == []
    finally:
        browser.ask("Emulation.setEmulatedMedia", features=[])
        browser.ask(
            "Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False
        )


def test_a_page_is_made_without_torch_matplotlib_and_the_import_of_plotly(here: Path) -> None:
    program = (
        "import sys; from nnrun import cli; assert cli.run(['report', 'latest', '-o', 'r.html']) == 0;"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"torch", "matplotlib", "plotly", "hydra"} & set(done.stdout.split())
