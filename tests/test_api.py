"""nnrun from Python: what calls return, and that they leave the process as they found it."""

from __future__ import annotations

import gc
import json
import logging
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig

import nnrun
from browser import Browser
from conftest import Command
from nnrun.api.asking import arguments_of
from nnrun.api.runs import Run
from nnrun.api.sweeps import Sweep
from nnrun.commands.sweep_plan import PlanView
from nnrun.errors import BadInput, Refused, RunFailed
from nnrun.interruption import Interruption
from nnrun.models.activations import activations
from nnrun.models.equivalent import as_module
from nnrun.training.loop import Epoch

QUICK = {"epochs": 3, "plots.save": False, "sweep.report": False}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output root with a sweep, and a run after it, that tests copy."""
    root = tmp_path_factory.mktemp("made") / "outputs"
    nnrun.sweep({"optim.lr": [0.1, 0.5], "seed": range(2), "output": root}, QUICK)
    nnrun.run("dataset=quadratic", {"output": root}, QUICK, "name=z-run")
    return root


@pytest.fixture
def copied(outputs: Path, place: Path) -> Path:
    shutil.copytree(outputs, place / "outputs", symlinks=True)
    return place


@pytest.fixture
def lone(copied: Path) -> Run:
    return nnrun.load_run("latest")


@pytest.fixture
def swept(copied: Path) -> Sweep:
    return nnrun.load_run("latest~1", sweep=True)


def state() -> dict[str, Any]:
    """What belongs to the process."""
    root = logging.getLogger()
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")
    return {
        "directory": Path.cwd(),
        "handlers": list(root.handlers),
        "known handlers": list(vars(logging)["_handlerList"]),
        "level": root.level,
        "raises": logging.raiseExceptions,
        "nnrun's logger": (list(logging.getLogger("nnrun").handlers), logging.getLogger("nnrun").level),
        "signals": [signal.getsignal(getattr(signal, name)) for name in names],
        "torch's state": torch.get_rng_state().tolist(),
        "threads": torch.get_num_threads(),
        "python's state": random.getstate(),
        "numpy's state": str(np.random.get_state()),
        "environment": dict(os.environ),
        "hydra": (GlobalHydra.instance().hydra, HydraConfig.instance().cfg),
        "pyplot": "matplotlib.pyplot" in sys.modules,
        "running threads": threading.active_count(),
    }


CALLS: dict[str, Callable[[], object]] = {
    "run": lambda: nnrun.run("epochs=2", "engine=autograd", "threads=2", "optim.lr=0.1")._repr_html_(),
    "sweep": lambda: nnrun.sweep("epochs=2", "engine=autograd", "threads=2", "seed=0,1")._repr_html_(),
    "model": lambda: nnrun.run(QUICK, "model.dropout=0.5").model,
    "launcher": lambda: nnrun.sweep("seed=0,1", "hydra/launcher=basic", QUICK).frame(),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_leaves_the_process_as_it_was(name: str, place: Path) -> None:
    handler = logging.FileHandler(place / "own.log", mode="w", encoding="utf-8")
    logging.getLogger().addHandler(handler)
    before = state()
    # What is left must not hang on when Python next looks for cycles.
    gc.disable()
    try:
        CALLS[name]()
        after = state()
    finally:
        gc.enable()
    assert after == before
    logging.getLogger().warning("still here")
    assert (place / "own.log").read_text("utf-8") == "still here\n"


def test_what_a_call_is_the_first_to_load_is_left_as_it_loads(place: Path) -> None:
    # One thread is what conftest.py lets torch begin with.
    program = (
        "import matplotlib; matplotlib.use('svg'); import nnrun;"
        "nnrun.run('epochs=2', 'engine=autograd', 'threads=2');"
        "import torch; print(matplotlib.get_backend(), torch.get_num_threads())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("svg 1\n", "")


def test_a_run_leaves_what_the_command_leaves(nnrun: Command, place: Path) -> None:
    import nnrun as package

    told = nnrun("dataset=quadratic", "optim.lr=0.5", "epochs=5")
    run = package.run("dataset=quadratic", {"optim.lr": 0.5, "epochs": 5})
    names = {path.relative_to(run.directory) for path in run.directory.rglob("*")}
    assert names == {path.relative_to(told.directory) for path in told.directory.rglob("*")}
    assert run.summary["config"] == told.summary["config"]
    assert run.summary["command"] == told.summary["command"]
    for name in told.weights:
        np.testing.assert_array_equal(run.model.state_dict()[name].numpy(), told.weights[name])
    for name in ("train/loss", "train/r2"):
        np.testing.assert_array_equal(run.metrics[name], told.metrics[name])


def test_nothing_is_said_where_nobody_watches(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    nnrun.run(QUICK)
    nnrun.sweep("seed=0,1", QUICK)
    assert capfd.readouterr() == ("", "")


def test_what_is_said_goes_to_stderr(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    nnrun.run(QUICK, quiet=False)
    printed = capfd.readouterr()
    assert printed.out == ""
    assert "loss      0.857 -> " in printed.err


def test_metrics_are_columns_by_name(lone: Run) -> None:
    assert list(lone.metrics)[:4] == ["epoch", "step", "lr", "train/loss"]
    np.testing.assert_array_equal(lone.metrics["epoch"], [1, 2, 3])
    assert lone.metrics.to_pandas().shape == (3, len(lone.metrics))
    assert repr(lone.metrics).startswith("<metrics of 3 epochs: epoch, ")
    with pytest.raises(KeyError, match="train/los"):
        lone.metrics["train/los"]


def test_a_run_tells_what_it_was(lone: Run) -> None:
    assert lone.status == "completed"
    assert lone.config["optim.lr"] == 0.5
    assert lone.objective == lone.summary["objective"]["value"]
    assert repr(lone).startswith(f"<run {lone.directory.name}: completed, quadratic, ")


NETWORKS = [
    *(("mlp", {"activation": name}) for name in activations),
    ("mlp", {"hidden": ()}),
    ("mlp", {"hidden": (4, 3), "dropout": 0.3, "bias": False}),
    ("linear", {}),
    ("linear", {"bias": False}),
    ("power", {"exponent": 3.0}),
    ("conv", {"channels": (2,), "shape": (2, 1)}),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), NETWORKS, ids=str)
def test_the_module_computes_what_the_network_does(name: str, options: dict[str, Any], dtype: str) -> None:
    network = nnrun.models.build(name, 2, 3, **options)
    weights = network.initial(seed=1).astype(dtype)
    x = np.random.default_rng(0).normal(size=(7, 2)).astype(dtype)
    before = torch.get_rng_state()
    module = as_module(network, weights, dtype)
    assert torch.equal(torch.get_rng_state(), before)
    assert not module.training
    assert list(module.state_dict()) == [each.name for each in network.weights]
    with torch.no_grad():
        computed = module(torch.as_tensor(x)).numpy()
    expected = network.forward(network.arrange(network.views(weights[None])), x[None])[0]
    np.testing.assert_allclose(computed, expected, rtol=1e-5, atol=1e-6)


def test_the_module_has_what_the_run_learned(lone: Run) -> None:
    with torch.no_grad():
        computed = lone.model(torch.tensor([[0.5], [1.0]])).numpy()
    np.testing.assert_allclose(lone.predict([0.5, 1]), computed, rtol=1e-5)


OWN = """
import torch


class Net(torch.nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm = torch.nn.BatchNorm1d(inputs)
        self.head = torch.nn.Linear(inputs, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.norm(x))
"""


def test_a_module_of_ones_own_comes_back_as_itself(place: Path) -> None:
    (place / "net.py").write_text(OWN, "utf-8")
    run = nnrun.run("model=./net.py:Net", QUICK)
    assert type(run.model).__name__ == "Net"
    with torch.no_grad():
        computed = run.model(torch.tensor([[0.5]])).numpy()
    np.testing.assert_allclose(run.predict([0.5]), computed, rtol=1e-5)
    with pytest.raises(Refused, match="allow"):
        nnrun.load_run(run.directory).predict([0.5])
    again = nnrun.load_run(run.directory, allow_code=True)
    np.testing.assert_array_equal(again.predict([0.5]), run.predict([0.5]))


def test_predictions_are_in_the_units_of_the_data(place: Path) -> None:
    run = nnrun.run("dataset=iris", "model=mlp", "epochs=20", "plots.save=false", "optim=adam")
    x, y = nnrun.datasets.build("iris").drawn()
    shares = run.predict(x)
    np.testing.assert_allclose(shares.sum(1), 1, rtol=1e-5)
    assert (shares.argmax(1) == y).mean() > 0.5
    np.testing.assert_array_equal(run.predict(x, logits=True).argmax(1), shares.argmax(1))


@pytest.mark.parametrize(
    ("x", "complaint"),
    [
        (np.zeros((3, 2)), r"x: has shape \(3, 2\); samples of this run have shape \(samples, 1\)"),
        (0.5, r"x: has shape \(\)"),
        ([["a"]], "x: holds something else than numbers"),
    ],
)
def test_samples_of_another_shape_are_refused(x: Any, complaint: str, lone: Run) -> None:
    with pytest.raises(BadInput, match=complaint):
        lone.predict(x)


TABLE = "area,rooms,district,rent\n" + "".join(
    f"{30 + 7 * n},{1 + n % 4},{('north', 'harbour', 'old, old town')[n % 3]!r},{500 + 9 * n}\n".replace(
        "'", '"'
    )
    for n in range(12)
)


@pytest.fixture
def tabled(place: Path) -> Run:
    """A run on a table that has a column of texts."""
    (place / "flats.csv").write_text(TABLE, "utf-8")
    return nnrun.run("dataset=csv", "dataset.path=flats.csv", "dataset.target=rent", "optim.lr=0.1", QUICK)


def test_a_table_is_predicted_in_its_own_columns_and_texts(tabled: Run) -> None:
    coded = tabled.predict([[60, 3, 0, 1, 0], [75.5, 2, 0, 0, 1]])
    np.testing.assert_array_equal(tabled.predict([[60, 3, "north"], [75.5, 2, "old, old town"]]), coded)
    frame = pd.DataFrame({"rent": [0, 0], "district": ["north", "old, old town"], "rooms": [3, 2]})
    np.testing.assert_array_equal(tabled.predict(frame.assign(area=[60, 75.5])), coded)


@pytest.mark.parametrize(
    ("x", "complaint"),
    [
        ([[60, 3, "north"], [60, 3, "south"]], "row 3, column 'district': 'south' is new to this run"),
        ([[60, "north"]], "row 2 has 2 cells, the header 3"),
        ([60, 3, "north"], "x: 60 is no sample; a sample of this run is a list of area, rooms, district"),
        ("north", "x: 'north' is no sample"),
        (pd.DataFrame({"area": [60], "rooms": [3]}), "has no column district"),
    ],
)
def test_rows_that_are_not_the_tables_are_refused(x: Any, complaint: str, tabled: Run) -> None:
    with pytest.raises(BadInput, match=complaint):
        tabled.predict(x)


def test_samples_of_one_feature_may_be_a_row(lone: Run) -> None:
    np.testing.assert_array_equal(lone.predict([0.5, 1]), lone.predict([[0.5], [1]]))
    assert lone.predict(np.empty((0, 1))).shape == (0, 1)


@pytest.mark.parametrize("width", ["4", 1, float("nan"), 31])
def test_a_size_that_no_picture_can_have_is_refused(width: Any, lone: Run) -> None:
    with pytest.raises(BadInput, match=r"width=.*: must be a number of inches from 3 to 30"):
        lone.figure(width=width)


def test_a_column_that_is_not_there_is_answered_with_those_that_are(lone: Run) -> None:
    with pytest.raises(
        KeyError, match=r"trian/loss: no such column; did you mean 'train/loss'\? columns: ep"
    ):
        lone.metrics["trian/loss"]
    assert lone.metrics.get("val/loss") is None


def test_pictures_show_themselves_without_pyplot(lone: Run, swept: Sweep) -> None:
    for figure in (lone.figure(), lone.figure("curves", theme="dark", width=5), swept.figure("fits")):
        assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]
    with pytest.raises(BadInput, match="fti: this run has no such picture"):
        lone.figure("fti")
    with pytest.raises(BadInput, match="theme='drak': no such theme; did you mean 'dark'"):
        lone.figure(theme="drak")
    with pytest.raises(BadInput, match="width=300: must be a number of inches"):
        lone.figure(width=300)
    with pytest.raises(BadInput, match="kind='fit': no such kind; did you mean 'fits'"):
        swept.figure("fit")


def test_a_notebook_shows_runs_sweeps_and_comparisons(lone: Run, swept: Sweep) -> None:
    for shown in (lone, swept, nnrun.compare(swept, lone)):
        content = shown._repr_html_()
        assert "data:image/png;base64," in content
        assert "train/loss" in content
        assert content.count("<img ") == content.count('<img alt="') == 1
    assert "epochs=3" in lone._repr_html_()
    assert " · train/mae " in lone._repr_html_()


def test_a_comparison_of_few_shows_all_its_numbers(swept: Sweep) -> None:
    found = nnrun.compare(swept)
    content = found._repr_html_()
    assert not re.search("and [0-9]+ more</p>", content)
    assert content.count("<tr>") == str(found).partition("\n\n")[0].count("\n") + 1


def test_text_of_a_stranger_is_shown_as_text(lone: Run) -> None:
    path = lone.directory / "summary.json"
    nasty = "<script>alert(1)</script>\x1b[2J"
    summary = json.loads(path.read_text("utf-8")) | {"title": nasty, "name": nasty, "error": nasty}
    path.write_text(json.dumps(summary), "utf-8")
    shown = nnrun.load_run(lone.directory)
    assert "<script" not in shown._repr_html_()
    assert "\x1b" not in shown._repr_html_() + repr(shown)


def test_a_sweep_is_a_sequence_of_its_runs(swept: Sweep) -> None:
    assert len(swept) == 4
    assert [run.directory.name for run in swept] == ["0", "1", "2", "3"]
    assert swept[-1].config["optim.lr"] == 0.5
    assert [run.config["seed"] for run in swept[:2]] == [0, 1]
    assert swept.best.objective == min(run.objective for run in swept)
    frame = swept.frame()
    assert list(frame.columns[:4]) == ["status", "optim.lr", "seed", "objective"]
    np.testing.assert_allclose(frame["objective"], [run.objective for run in swept])
    assert repr(swept) == f"<sweep {swept.directory.name}: completed, 4 runs>"


def test_a_frame_keeps_what_was_swept_and_names_directories(place: Path) -> None:
    sweep = nnrun.sweep({"batch_size": [None, 16]}, QUICK)
    frame = sweep.frame()
    assert list(frame.groupby("batch_size").groups) == ["16", "null"]
    assert [(sweep.directory / name).is_dir() for name in frame["directory"]] == [True, True]


def test_a_diverged_job_has_numbers_in_the_frame(swept: Sweep) -> None:
    path = swept.directory / "results.csv"
    rows = path.read_text("utf-8").splitlines()
    cells = rows[1].split(",")
    cells[4:8] = ["nan", "inf", "", "-inf"]
    path.write_text("\n".join([rows[0], ",".join(cells), *rows[2:]]) + "\n", "utf-8")
    first = nnrun.load_run(swept.directory, sweep=True).frame().iloc[0, 3:7]
    np.testing.assert_array_equal(first.to_numpy(float), [np.nan, np.inf, np.nan, -np.inf])


def test_a_saved_sweep_is_the_same_again(swept: Sweep) -> None:
    again = nnrun.load_run("latest~1", sweep=True)
    assert [run.summary for run in again] == [run.summary for run in swept]
    (again.directory / "results.csv").unlink()
    assert len(nnrun.load_run(again.directory, sweep=True)) == 4
    with pytest.raises(Refused, match=r"results\.csv: is missing"):
        nnrun.load_run(again.directory, sweep=True).frame()


def test_a_strangers_sweep_leads_nowhere_else(swept: Sweep, lone: Run) -> None:
    path = swept.directory / "results.csv"
    path.write_text(path.read_text("utf-8").replace(",0\n", f",../{lone.directory.name}\n"), "utf-8")
    assert [run.directory.name for run in nnrun.load_run(swept.directory, sweep=True)] == ["1", "2", "3"]


def test_a_saved_run_is_found_as_on_the_command_line(swept: Sweep, lone: Run) -> None:
    assert nnrun.load_run("latest").directory == lone.directory.resolve()
    assert nnrun.load_run(lone.directory).summary == lone.summary
    assert nnrun.load_run(f"{swept.directory}/best").summary == swept.best.summary
    with pytest.raises(BadInput, match=r"is a sweep; write one of its runs, such as .*, or load all of it"):
        nnrun.load_run(swept.directory)
    with pytest.raises(BadInput, match="is a run, not a sweep"):
        nnrun.load_run(lone.directory, sweep=True)
    with pytest.raises(BadInput, match="nothing: no such run under outputs"):
        nnrun.load_run("nothing")


def test_a_damaged_run_is_refused_where_it_is_damaged(lone: Run) -> None:
    (lone.directory / "model.safetensors").write_bytes(b"damaged")
    run = nnrun.load_run(lone.directory)
    assert len(run.metrics["epoch"]) == 3
    with pytest.raises(Refused, match=r"model\.safetensors: cannot be read"):
        run.predict([0.5])
    (lone.directory / "summary.json").write_text("{", "utf-8")
    run = nnrun.load_run(lone.directory)
    assert "unknown" in run._repr_html_()
    with pytest.raises(Refused, match=r"summary\.json: is no whole JSON"):
        _ = run.summary


def test_runs_are_compared_however_they_are_named(swept: Sweep, lone: Run) -> None:
    found = nnrun.compare(swept)
    assert nnrun.compare(list(swept)).frame().equals(found.frame())
    assert nnrun.compare(swept.directory).frame().equals(found.frame())
    assert any("no evidence of a difference" in said or "differs" in said for said in found.sentences)
    assert "optim.lr" in str(found)
    assert len(nnrun.compare(swept, lone, where="optim.lr<0.3").frame()) == 2
    assert found.figure(width=6).get_figwidth() == 6
    assert "A  " in str(found)
    assert str(found).count(" and 1 more") == 2
    with pytest.raises(BadInput, match="there are no runs to compare"):
        nnrun.compare([])
    with pytest.raises(BadInput, match="5: is neither a run nor a sweep"):
        nnrun.compare(lone, 5)  # type: ignore[arg-type]


def test_exploring_is_the_report_in_a_frame(swept: Sweep) -> None:
    content = swept.explore(height=500)._repr_html_()
    assert content.startswith('<iframe srcdoc="&lt;!doctype html&gt;')
    assert content.count("<") == 2
    assert "height: 500px" in content
    assert "&quot;tab&quot;:&quot;explore&quot;" in content


def test_the_frame_opens_where_one_explores(swept: Sweep, place: Path) -> None:
    notebook = f'<!doctype html><p id="made">a notebook</p>{swept.explore()._repr_html_()}'
    (place / "cell.html").write_text(notebook, "utf-8")
    browser = Browser()
    try:
        browser.open(place / "cell.html")
        inside = "document.querySelector('iframe').contentDocument"
        browser.until(f"{inside}?.querySelector('#panel-explore .plot')?.data")
        assert browser.value(f"{inside}.querySelector('#panel-summary').hidden") is True
        assert browser.value(f"{inside}.querySelectorAll('#panel-explore input[type=range]').length") == 3
        # The page would write its address a quarter of a second after it was shown.
        time.sleep(0.6)
        assert browser.problems == []
    finally:
        browser.close()


@pytest.mark.parametrize(
    ("words", "sweeps", "arguments"),
    [
        (["optim.lr=0.5"], False, ["optim.lr=0.5"]),
        (
            [{"optim.lr": 0.5, "bias": True, "batch_size": None}],
            False,
            ["optim.lr=0.5", "bias=true", "batch_size=null"],
        ),
        ([{"model.hidden": [20, 20]}], False, ["model.hidden=[20,20]"]),
        ([{"model.hidden": [(20, 20), (40,)]}], True, ["model.hidden=[20,20],[40]"]),
        ([{"seed": range(3), "optim.lr": np.array([0.5, 1])}], True, ["seed=0,1,2", "optim.lr=0.5,1.0"]),
        (
            [{"epochs": np.int64(3), "dataset.file": Path("a") / "b"}],
            False,
            ["epochs=3", f"dataset.file={Path('a/b')}"],
        ),
    ],
)
def test_mappings_are_typed_as_on_the_command_line(
    words: list[Any], sweeps: bool, arguments: list[str]
) -> None:
    assert arguments_of(words, sweeps) == arguments


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (
            lambda: nnrun.run("model.hiden=64", "optim.lr=-1"),
            "mlp has no parameter 'hiden'; did you mean 'hidden'",
        ),
        (lambda: nnrun.run("seed=0,1"), "seed=0,1"),
        (lambda: nnrun.run("-m", "seed=0,1"), "call nnrun.sweep with the same"),
        (lambda: nnrun.run("--help"), "--help: belongs to the command line"),
        (lambda: nnrun.run("--cfg", "job"), "--cfg: belongs to the command line"),
        (lambda: nnrun.run(3), "3: is neither text"),  # type: ignore[arg-type]
        (lambda: nnrun.sweep("seed=0,1", "optim.lr=-1"), "optim.lr=-1"),
        (lambda: nnrun.sweep({"seed": range(0)}), "seed: its list of values is empty"),
        (lambda: nnrun.load_run(3), "3: is neither a directory nor a word"),  # type: ignore[call-overload]
        (lambda: nnrun.sweep("seed=0,1", "sweep.dry_run=true"), "trains nothing, so there are no runs"),
    ],
)
def test_mistakes_are_exceptions_with_the_words_of_the_command_line(
    call: Callable[[], object], complaint: str, place: Path
) -> None:
    with pytest.raises(BadInput, match=complaint):
        call()
    assert list(place.iterdir()) == []


def test_a_corrected_command_stands_below_the_message(place: Path) -> None:
    with pytest.raises(BadInput, match="lr") as caught:
        nnrun.run("lr=0.1")
    assert caught.value.__notes__ == ["try: nnrun optim.lr=0.1"]


def test_a_run_that_fails_is_an_exception_and_has_its_log(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object, epoch: Epoch) -> None:
        raise ZeroDivisionError("for the test")

    monkeypatch.setattr("nnrun.commands.view.View.epoch", fail)
    with pytest.raises(RunFailed, match="the run failed: for the test"):
        nnrun.run(QUICK)
    run = nnrun.load_run("latest")
    assert run.status == "failed"
    assert "ZeroDivisionError: for the test" in (run.directory / "nnrun.log").read_text("utf-8")


def test_what_is_done_is_not_done_again(lone: Run) -> None:
    again = nnrun.run("dataset=quadratic", QUICK, "sweep.skip_done=true")
    swept = nnrun.sweep("seed=0,5", QUICK, "sweep.skip_done=true")
    assert again.summary["config_hash"] == lone.summary["config_hash"]
    assert again.directory.name == lone.directory.name
    assert not list(lone.directory.parent.glob("*_quadratic-mlp"))
    assert [run.directory.name for run in swept] == [again.directory.name, "1"]


def test_runs_train_in_threads(place: Path) -> None:
    found: dict[int, float] = {}

    def one(seed: int) -> None:
        found[seed] = nnrun.run(QUICK, {"seed": seed}).objective

    before = state()
    threads = [threading.Thread(target=one, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert state() == before
    assert found == {seed: nnrun.run(QUICK, {"seed": seed}).objective for seed in (1, 2)}


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the second epoch."""
    from nnrun.commands.view import View

    show = View.epoch

    def epoch(self: View, epoch: Epoch) -> None:
        show(self, epoch)
        if epoch.number == 2:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(View, "epoch", epoch)


@pytest.mark.usefixtures("interrupted")
def test_an_interrupted_run_is_saved_before_the_interruption_goes_on(place: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        nnrun.run("epochs=1000", "plots.save=false")
    run = nnrun.load_run("latest")
    assert run.status == "interrupted"
    assert run.summary["epochs"] == 2
    assert len(run.metrics["epoch"]) == 2


def test_an_interrupted_sweep_keeps_the_runs_that_it_has(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PlanView, "trained", lambda self, epochs: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        nnrun.sweep("seed=0,1", "epochs=1000", "plots.save=false", "sweep.max_population=1")
    swept = nnrun.load_run("latest", sweep=True)
    assert [run.status for run in swept] == ["interrupted"]
    assert swept.summary["counts"] == {"interrupted": 1, "not started": 1}


def interrupt_twice() -> None:
    with Interruption(guest=True) as interruption:
        signal.raise_signal(signal.SIGINT)
        assert interruption.signal == signal.SIGINT
        signal.raise_signal(signal.SIGINT)
        time.sleep(0)


def test_a_second_interruption_ends_it_at_once() -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupt_twice()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_parts_are_of_use_by_themselves() -> None:
    network = nnrun.models.build("mlp", 2, 1, hidden=(5,), activation="tanh")
    assert network.size == 21
    assert nnrun.datasets.build("quadratic", samples=7).drawn()[0].shape == (7, 1)
    loss = nnrun.losses.build("mse", np.asarray)
    np.testing.assert_allclose(loss.value(np.array([[[1.0], [2.0]]]), np.zeros((1, 2, 1))), [2.5])
    weights = np.ones((1, 3))
    nnrun.optimizers.build("sgd", np.asarray, lr=0.5).update(
        weights, np.ones((1, 3)), {}, 1, np.array([[0.5]])
    )
    np.testing.assert_array_equal(weights, [[0.5, 0.5, 0.5]])
    assert nnrun.devices.build("cpu") == "cpu"
