"""Pictures of users' own: drawn beside nnrun's, of lone runs and of sweeps, and never in their way."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import Command

PICTURES = '''
def rate(run, figure):
    """The learning rate of each epoch."""
    axes = figure.subplots()
    axes.plot(run.metrics["epoch"], run.metrics["lr"])
    axes.set(xlabel="epoch", ylabel=run.summary["loss"], title=str(run.plots["train_x"].shape))

def missing(run, figure):
    figure.subplots().plot(run.metrics["nope"])

def fit(run, figure):
    pass

def three(run, figure, more: int):
    pass
'''
PLUGIN = """
from nnrun import plots

@plots.register
def weights(run, figure):
    figure.text(0.5, 0.5, run.directory.name)
"""
QUICK = ("epochs=3", "sweep.report=false")


@pytest.fixture
def file(place: Path) -> Path:
    (place / "pictures.py").write_text(PICTURES)
    (place / "my_parts.py").write_text(PLUGIN)
    return place / "pictures.py"


def is_picture(path: Path) -> bool:
    return path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 1000


@pytest.mark.usefixtures("file")
def test_it_lies_beside_the_others(nnrun: Command) -> None:
    run = nnrun("plots.own=./pictures.py:rate", *QUICK)
    assert run.status == 0, run.err
    assert is_picture(run.directory / "rate.png")
    assert is_picture(run.directory / "fit.png")


@pytest.mark.usefixtures("file")
def test_a_plugin_registers_it_and_parts_lists_it(nnrun: Command) -> None:
    run = nnrun("plugins=my_parts", "plots.own=[weights]", "plots.format=svg", *QUICK)
    assert run.status == 0, run.err
    assert "<svg" in (run.directory / "weights.svg").read_text("utf-8")
    assert "weights" in nnrun("parts", "plot", "plugins=my_parts").out
    assert "no group 'plot'" in nnrun("parts", "plot").err


@pytest.mark.parametrize(("which", "runs"), [("all", 3), ("none", 0)])
@pytest.mark.usefixtures("file")
def test_every_run_of_a_sweep_that_is_drawn_has_it(
    which: str, runs: int, nnrun: Command, place: Path
) -> None:
    done = nnrun("-m", "plots.own=./pictures.py:rate", "seed=0..2", f"sweep.plots={which}", *QUICK)
    assert done.status == 0, done.err
    assert len(list(place.glob("outputs/*/*_sweep/*/rate.png"))) == runs


@pytest.mark.usefixtures("file")
def test_one_that_fails_is_missing_and_the_run_is_what_it_was(nnrun: Command) -> None:
    run = nnrun("plots.own=[./pictures.py:missing,./pictures.py:rate]", *QUICK)
    assert run.status == 0
    assert run.summary["status"] == "completed"
    assert "missing could not be drawn: KeyError: 'nope'" in run.err
    assert 'figure.subplots().plot(run.metrics["nope"])' in (run.directory / "nnrun.log").read_text("utf-8")
    assert is_picture(run.directory / "rate.png")
    assert not (run.directory / "missing.png").exists()


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("rates", "plots.own=rates: no plot 'rates'; register one in a plugin, or write ./FILE.py:NAME"),
        ("./pictures.py:rat", "defines no 'rat'; did you mean 'rate'?"),
        ("./pictures.py:fit", "nnrun draws a picture of that name; rename yours"),
        ("./pictures.py:three", "takes a run and a figure alone; give other parameters a default"),
        ("./none.py:rate", "plots.own=./none.py:rate: none.py cannot be read"),
    ],
)
@pytest.mark.usefixtures("file")
def test_what_is_no_picture_is_bad_input_and_leaves_nothing(
    name: str, complaint: str, nnrun: Command, place: Path
) -> None:
    done = nnrun(f"plots.own={name}", *QUICK)
    assert done.status == 2
    assert complaint in done.err
    assert not (place / "outputs").exists()


@pytest.mark.usefixtures("file")
def test_a_saved_run_is_drawn_by_it_as_well(nnrun: Command, place: Path) -> None:
    assert nnrun(*QUICK, "plots.save=false").status == 0
    done = nnrun("plot", "latest", "--kind", "./pictures.py:rate", "-o", "rate.pdf")
    assert (done.status, done.out) == (0, "rate.pdf\n")
    assert (place / "rate.pdf").read_bytes().startswith(b"%PDF")
    failed = nnrun("plot", "latest", "--kind", "./pictures.py:missing")
    assert failed.status == 2
    assert "--kind ./pictures.py:missing: failed: KeyError: 'nope'" in failed.err
    assert (
        "--kind curve: no such picture; did you mean 'curves'?"
        in nnrun("plot", "latest", "--kind", "curve").err
    )


@pytest.mark.usefixtures("file")
def test_a_run_that_is_made_again_asks_before_it_executes_it(nnrun: Command) -> None:
    run = nnrun("plots.own=./pictures.py:rate", *QUICK)
    refused = nnrun("rerun", str(run.directory))
    assert refused.status == 4
    assert "--allow-code" in refused.err
    again = nnrun("rerun", str(run.directory), "--allow-code")
    assert again.status == 0, again.err
    assert is_picture(again.directory / "rate.png")
