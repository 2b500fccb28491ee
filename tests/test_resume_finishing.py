"""What `nnrun resume` makes of runs that trained to their end: drawn, trained with mended code, extended."""

from __future__ import annotations

import csv
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Command
from nnrun.commands import multirun
from nnrun.plots import pool, process

PAGE = ("sweep.report=false", "language=en")
QUICK = ("plots.save=false", *PAGE)

NET = """
import torch

class Net(torch.nn.Module):
    def __init__(self, inputs, outputs, width: int = 8):
        super().__init__()
        self.inner, self.outer = torch.nn.Linear(inputs, width), torch.nn.Linear(width, outputs)

    def forward(self, x):
        {fault}
        return self.outer(torch.relu(self.inner(x)))
"""
FAULT = "if len(x) > 20 and self.inner.out_features > 4: raise ValueError('boo')"


@pytest.fixture(autouse=True)
def _drawn_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No processes for pictures."""
    monkeypatch.setattr(process, "_worth_it", lambda: False)


def latest(place: Path) -> Path:
    return (place / "outputs" / "latest").resolve()


def summary(directory: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((directory / "summary.json").read_text("utf-8"))
    return content


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pictures(directory: Path) -> set[str]:
    return {path.relative_to(directory).as_posix() for path in directory.rglob("*.png")}


# Pictures that are missing -------------------------------------------------------------------------------


def test_a_sweep_that_was_interrupted_while_it_was_drawn_gets_its_pictures(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = pool._drawn_here

    def interrupted(*arguments: Any) -> dict[str, Any]:
        os.kill(os.getpid(), signal.SIGINT)
        return drawn(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(pool, "_drawn_here", interrupted)
        patch.setattr(multirun, "_draw_the_rest", lambda *arguments: None)
        done = nnrun("language=en", "epochs=3", "-m", "seed=0..2")
    assert done.status == 130
    sweep = latest(place)
    before = pictures(sweep)
    with monkeypatch.context() as patch:
        patch.setattr(pool, "_drawn_here", interrupted)
        (sweep / "0" / "fit.png").unlink()
        done = nnrun("resume")
    assert done.status == 130
    way_on = f"nnrun resume {sweep.relative_to(place)}"
    assert done.err.endswith(f"interrupted while drawing what is missing; to go on: {way_on}\n")
    kept = (sweep / "0" / "fit.png").stat().st_mtime_ns
    assert before == {"0/fit.png", "0/curves.png"}
    done = nnrun("resume")
    assert done.status == 0, done.err
    said = done.err.splitlines()[-1]
    assert said == (
        "all 3 runs have ended; drawn now, as it was missing: 4 pictures of 2 runs, sweep.png, fits.png,"
        " report.html"
    )
    assert pictures(sweep) == {
        *(f"{run}/{kind}.png" for run in range(3) for kind in ("fit", "curves")),
        "sweep.png",
        "fits.png",
    }
    assert (sweep / "report.html").exists()
    assert (sweep / "0" / "fit.png").stat().st_mtime_ns == kept
    assert nnrun("resume").err.startswith("nothing left to do: all 3 runs have ended")


def test_a_sweep_that_was_killed_before_its_answer_gets_the_pictures_of_runs_that_had_ended(
    nnrun: Command, place: Path
) -> None:
    assert nnrun(*PAGE, "epochs=3", "-m", "seed=0,1").status == 0
    sweep = latest(place)
    begun = {
        key: summary(sweep)[key] for key in ("schema", "kind", "arguments", "command", "started", "claimed")
    }
    (sweep / "summary.json").write_text(json.dumps({**begun, "status": "running"}))
    for name in ("results.csv", "curves.csv", "sweep.png", "1/fit.png"):
        (sweep / name).unlink()
    kept = (sweep / "0" / "fit.png").stat().st_mtime_ns
    assert nnrun("resume").status == 0
    assert {"1/fit.png", "sweep.png"} <= pictures(sweep)
    assert (sweep / "curves.csv").exists()
    assert (sweep / "0" / "fit.png").stat().st_mtime_ns == kept


def test_pictures_that_a_second_ctrl_c_left_out_are_drawn_when_a_run_is_resumed(
    nnrun: Command, place: Path
) -> None:
    directory = nnrun("epochs=3", "language=en", "model=linear").directory
    assert (directory / "landscape.png").exists()
    (directory / "landscape.png").unlink()
    (directory / "fit.png").unlink()
    kept = (directory / "curves.png").stat().st_mtime_ns
    done = nnrun("resume")
    said = (
        "completed after 3 epochs; drawn now, as it was missing: fit.png, landscape.png; epochs=N extends it"
    )
    assert (done.status, done.err.strip()) == (0, said)
    assert (directory / "curves.png").stat().st_mtime_ns == kept
    assert nnrun("resume").err.startswith("nothing left to do: completed after 3 epochs")


@pytest.mark.parametrize(
    ("words", "number"),
    [
        (("plots.save=false",), 0),
        (("sweep.plots=none",), 0),
        (("sweep.plots=best", "plots.animation=true"), 20),
        (("plots.format=svg",), 0),
    ],
)
def test_no_pictures_are_drawn_that_nobody_asked_for(
    nnrun: Command, place: Path, words: tuple[str, ...], number: int
) -> None:
    assert nnrun(*PAGE, *words, "epochs=2", "-m", "seed=0..11").status == 0
    assert sum(path.parent.name.isdigit() for path in latest(place).rglob("*.png")) == number
    done = nnrun("resume")
    assert (done.status, done.err.startswith("nothing left to do: all 12 runs have ended")) == (0, True)
    member = nnrun("resume", "latest/11")
    assert member.err.startswith("nothing left to do: completed after 2 epochs"), member.err


def test_curves_that_are_missing_are_written_again(nnrun: Command, place: Path) -> None:
    nnrun(*QUICK, "epochs=3", "-m", "seed=0,1")
    table = (latest(place) / "curves.csv").read_bytes()
    (latest(place) / "curves.csv").unlink()
    assert "curves.csv is missing; the sweep's answer is written again" in nnrun("resume").err
    assert (latest(place) / "curves.csv").read_bytes() == table


def test_a_table_that_is_damaged_is_named(nnrun: Command, place: Path) -> None:
    nnrun(*QUICK, "epochs=3", "-m", "seed=0,1")
    (latest(place) / "results.csv").write_text("job,status,directory\nx,completed,0\n")
    done = nnrun("resume")
    assert (done.status, "results.csv" in done.err, "delete it" in done.err) == (4, True, True), done.err


# Code that was mended ------------------------------------------------------------------------------------


@pytest.mark.parametrize("launcher", ["vectorized", "basic"])
def test_runs_that_failed_are_trained_with_the_mended_file(
    nnrun: Command, place: Path, launcher: str
) -> None:
    (place / "net.py").write_text(NET.format(fault=FAULT))
    words = ("model=./net.py:Net", "epochs=3", f"hydra/launcher={launcher}", "checkpoint_every=1")
    assert nnrun(*QUICK, *words, "-m", "model.width=3,8,9").status == 1
    sweep = latest(place)
    assert [summary(sweep / run)["status"] for run in "012"] == ["completed", "failed", "failed"]
    before, kept = summary(sweep / "1")["code"], summary(sweep / "0")
    (place / "net.py").write_text(NET.format(fault="pass"))
    done = nnrun("resume", "--failed", "--allow-code")
    assert done.status == 0, done.err
    assert [summary(sweep / run)["status"] for run in "012"] == ["completed"] * 3
    assert summary(sweep / "1")["code"] == summary(sweep / "2")["code"] != before
    assert summary(sweep / "0") == kept
    alone = nnrun(*QUICK, *words, "model.width=8")
    assert (
        rows(alone.directory / "metrics.csv")[-1]["train/loss"]
        == (rows(sweep / "1" / "metrics.csv")[-1]["train/loss"])
    )


@pytest.mark.parametrize("extended", [False, True])
def test_code_that_changed_since_a_run_was_begun_is_named(
    nnrun: Command, place: Path, interrupt: Callable[[int], None], extended: bool
) -> None:
    (place / "net.py").write_text(NET.format(fault="pass"))
    interrupt(2)
    # Apart from this process nothing could interrupt it.
    done = nnrun(*QUICK, "model=./net.py:Net", "epochs=4", "hydra/launcher=basic", "-m", "seed=0,1")
    assert done.status == 130, done.err
    sweep = latest(place)
    if extended:
        assert nnrun("resume", f"{sweep}/0", "--allow-code", "epochs=6").status == 0
    (place / "net.py").write_text(NET.format(fault="pass  # other"))
    for more in ((), () if extended else ("--failed",)):
        done = nnrun("resume", "--allow-code", str(sweep), *more)
        assert done.status == 4, done.err
        assert not (sweep / "1" / "summary.json").exists()
        assert "/0: net.py has changed since this run was begun; put it back, or type" in done.err
        assert "sweep.skip_done=true" in done.err


# Jobs that cannot be trained -----------------------------------------------------------------------------


def test_jobs_that_cannot_be_trained_stay_in_their_directories(nnrun: Command, place: Path) -> None:
    nnrun(*QUICK, "epochs=2", "sweep.skip_invalid=true", "-m", "model.hidden=4,-3")
    for _ in range(2):
        assert nnrun("resume", "--failed").status == 1
    names = sorted(path.name for path in latest(place).iterdir() if path.is_dir())
    assert names == [".checkpoints", "0", "1"]
    assert [row["directory"] for row in rows(latest(place) / "results.csv")] == ["0", "1"]


# Runs that were extended alone ---------------------------------------------------------------------------


def test_a_run_that_was_extended_alone_is_left_out_of_the_ranking(nnrun: Command, place: Path) -> None:
    nnrun(*QUICK, "epochs=5", "-m", "seed=0..2")
    sweep = latest(place)
    before, curves = rows(sweep / "results.csv"), rows(sweep / "curves.csv")
    assert nnrun("resume", f"{sweep}/1", "epochs=30").status == 0
    (sweep / "results.csv").unlink()
    done = nnrun("resume", str(sweep))
    assert "1: trained alone to another length than the sweep's, and left out of the ranking" in done.err
    found = rows(sweep / "results.csv")
    assert [row["status"] for row in found] == ["completed", "extended", "completed"]
    assert [row["objective"] for row in found] == [before[0]["objective"], "", before[2]["objective"]]
    assert {value for key, value in found[1].items() if "loss" in key} == {""}
    assert summary(sweep)["best"]["runs"] == 2
    assert summary(sweep)["best_run"]["job"] != 1
    assert [(row["job"], row["epoch"], row["train/loss"]) for row in rows(sweep / "curves.csv")] == [
        (row["job"], row["epoch"], row["train/loss"]) for row in curves
    ]
    assert "2 completed, 1 extended" in nnrun("show", str(sweep)).out
    assert nnrun("resume", str(sweep)).err.startswith("nothing left to do: all 3 runs have ended")


def test_an_extension_that_is_cut_short_counts_as_interrupted(
    nnrun: Command, place: Path, interrupt: Callable[[int], None]
) -> None:
    nnrun(*QUICK, "epochs=5", "-m", "seed=0..2")
    sweep = latest(place)
    interrupt(4)
    assert nnrun("resume", f"{sweep}/1", "epochs=30").status == 130
    shown = nnrun("show", str(sweep)).out
    assert "status    interrupted: 3 runs: 2 completed, 1 interrupted" in shown
    assert "1 was extended and is cut short; nnrun resume" in shown
    told = json.loads(nnrun("show", str(sweep), "--json").out)
    assert (told["status"], told["summary"]["counts"]) == ("interrupted", {"completed": 2, "interrupted": 1})
    said = nnrun("resume", str(sweep)).err
    assert f"1 was extended and is cut short: nnrun resume {sweep / '1'} goes on with it" in said
    assert len(rows(sweep / "1" / "metrics.csv")) == 9


@pytest.mark.parametrize("launcher", ["vectorized", "basic"])
def test_an_unfinished_sweep_leaves_the_rows_of_an_extended_run_alone(
    nnrun: Command, place: Path, interrupt: Callable[[int], None], launcher: str
) -> None:
    interrupt(3)
    nnrun(*QUICK, "epochs=5", f"hydra/launcher={launcher}", "-m", "seed=0..2")
    sweep = latest(place)
    interrupt(6)
    assert nnrun("resume", f"{sweep}/0", "epochs=30").status == 130
    assert len(rows(sweep / "0" / "metrics.csv")) == 9
    done = nnrun("resume", str(sweep))
    assert done.status == 0, done.err
    assert [len(rows(sweep / run / "metrics.csv")) for run in "012"] == [9, 5, 5]
    assert [row["status"] for row in rows(sweep / "results.csv")] == ["extended", "completed", "completed"]
    assert nnrun("resume", f"{sweep}/0").status == 0
    assert len(rows(sweep / "0" / "metrics.csv")) == 30
