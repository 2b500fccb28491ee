"""Sweeps in which something is wrong: the rest is trained, and everything that is wrong is told."""

from __future__ import annotations

import csv
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from conftest import Command, Finished
from nnrun.experiment import recording

QUICK = ("epochs=3", "plots.save=false", "sweep.report=false", "language=en")


def root_of(done: Finished) -> Path:
    return Path(done.out.strip().splitlines()[-1])


def statuses(done: Finished) -> list[str]:
    with (root_of(done) / "results.csv").open(encoding="utf-8", newline="") as file:
        return [row["status"] for row in csv.DictReader(file)]


def rows(directory: Path) -> list[str]:
    return [line.rpartition(",")[0] for line in (directory / "metrics.csv").read_text().splitlines()]


@pytest.fixture
def unlucky(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever trains with a seed of 100 or more fails, each in its own way."""
    train = recording.train

    def failing(population: Any, *rest: Any) -> Any:
        worst = max(spec.seed for spec in population.specs)
        if worst >= 101:
            raise SystemExit(0) if worst == 102 else ValueError(f"bad luck with {worst}")
        if worst == 100:
            raise ValueError
        return train(population, *rest)

    monkeypatch.setattr(recording, "train", failing)


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ("optim.lr=0.1,0.1,10", "optim.lr=0.1,0.1,0.1"),
        ("epochs=3,9,9", "epochs=9,9,9"),
        ("clip_norm=null,1,0.001", "clip_norm=null,1,1"),
    ],
)
def test_fault_26_a_member_that_goes_wrong_changes_no_bit_of_its_neighbours(
    nnrun: Command, bad: str, good: str
) -> None:
    pair = f"pair=zip({{}},{'seed=choice(1,2,3)'})"
    found = []
    for text in (bad, good):
        key, _, values = text.partition("=")
        length = () if key == "epochs" else ("epochs=30",)
        done = nnrun(*length, *QUICK[1:], "-m", pair.format(f"{key}=choice({values})"))
        assert done.status == 0, done.err
        found.append(root_of(done))
    assert rows(found[0] / "1") == rows(found[1] / "1")


@pytest.mark.usefixtures("unlucky")
@pytest.mark.parametrize("launcher", ["vectorized", "basic"])
def test_fault_63_every_failed_job_is_told_and_the_others_train(nnrun: Command, launcher: str) -> None:
    done = nnrun("-m", *QUICK, "seed=0,100,1,101", f"hydra/launcher={launcher}")
    assert done.status == 1
    assert statuses(done) == ["completed", "failed", "completed", "failed"]
    assert "ValueError" in done.err
    assert "bad luck with 101" in done.err
    assert "nnrun.log" in done.err
    assert "Traceback" not in done.err


@pytest.mark.usefixtures("unlucky")
def test_fault_63_all_may_fail(nnrun: Command) -> None:
    done = nnrun("-m", *QUICK, "seed=100,101")
    assert (done.status, statuses(done)) == (1, ["failed", "failed"])


@pytest.mark.usefixtures("unlucky")
def test_fault_63_with_fail_fast_nothing_starts_after_the_first_failure(nnrun: Command) -> None:
    done = nnrun("-m", *QUICK, "seed=101,0,1", "sweep.fail_fast=true", "sweep.max_population=1")
    assert (done.status, statuses(done)) == (1, ["failed", "not started", "not started"])


def test_fault_64_duplicates_run_once_and_no_jobs_are_bad_input(nnrun: Command, place: Path) -> None:
    done = nnrun("-m", *QUICK, "optim.lr=0.1,0.1")
    assert done.status == 0
    assert rows(root_of(done) / "0") == rows(root_of(done) / "1")
    dry = nnrun("-m", *QUICK, "optim.lr=0.1,0.1", "sweep.dry_run=true")
    assert "1 = 0" in dry.err
    for nothing in ("seed=range(0)", "optim.lr=choice()"):
        assert nnrun("-m", *QUICK, nothing).status == 2


@pytest.mark.parametrize(
    "words",
    [("seed=range(10000000)",), ("seed=range(0,1000)", "optim.lr=range(0,1,0.001)", "epochs=0..999")],
)
def test_fault_65_a_grid_too_large_is_refused_before_it_is_made(
    nnrun: Command, place: Path, words: tuple[str, ...]
) -> None:
    begun = time.process_time()
    done = nnrun("-m", *words)
    assert done.status == 2
    assert "sweep.max_jobs=" in done.err
    assert time.process_time() - begun < 5
    assert not (place / "outputs").exists()


def test_fault_66_what_is_done_is_not_done_again(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("-m", *QUICK, "optim.lr=0.01", "seed=0..9", "sweep.max_population=2")
    whole = root_of(nnrun(*words))
    train, begun = recording.train, []

    def counting(population: Any, *rest: Any) -> Any:
        begun.extend(spec.seed for spec in population.specs)
        if len(begun) == 8:
            os.kill(os.getpid(), signal.SIGTERM)
        return train(population, *rest)

    monkeypatch.setattr(recording, "train", counting)
    done = nnrun(*words)
    assert done.status == 128 + signal.SIGTERM
    assert begun == list(range(8))
    assert nnrun("resume").status == 0
    assert begun[8:] == [6, 7, 8, 9]
    assert statuses(done) == ["completed"] * 10
    for number in range(10):
        assert rows(root_of(done) / str(number)) == rows(whole / str(number))
    assert nnrun(*words, "sweep.skip_done=true").status == 0
    assert len(begun) == 12


def test_fault_67_a_bad_value_anywhere_stops_the_sweep_before_it_starts(nnrun: Command, place: Path) -> None:
    done = nnrun("-m", *QUICK, "model.hidden=8,16,abc", "seed=0,1")
    assert done.status == 2
    assert "abc" in done.err
    assert not (place / "outputs").exists()
    done = nnrun("-m", *QUICK, "optim.lr=0.1,-1", "seed=0,1", "sweep.skip_invalid=true")
    assert (done.status, statuses(done)) == (1, ["completed", "completed", "failed", "failed"])


@pytest.mark.parametrize("subdir", ["same", "../x", "/x", "a/../../b"])
def test_fault_68_runs_of_a_sweep_never_share_or_leave_its_directory(
    nnrun: Command, place: Path, subdir: str
) -> None:
    assert nnrun("-m", *QUICK, "seed=0,1", f"hydra.sweep.subdir={subdir}").status == 2
    assert not (place / "outputs").exists()


def test_fault_68_names_made_of_overrides_stay_short(nnrun: Command) -> None:
    title = "x" * 300
    done = nnrun(
        "-m", *QUICK, "seed=0,1", f"name={title}", "hydra.sweep.subdir=${hydra.job.override_dirname}"
    )
    assert done.status in (0, 2, 3), done.err
    assert "Traceback" not in done.err


def test_fault_69_a_worker_that_is_killed_is_a_failed_job(nnrun_process: Command, place: Path) -> None:
    (place / "sitecustomize.py").write_text(
        "import os, signal\n"
        "from nnrun.experiment import recording\n"
        "train = recording.train\n"
        "def dying(population, *rest):\n"
        "    if any(spec.seed == 100 for spec in population.specs):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return train(population, *rest)\n"
        "recording.train = dying\n"
    )
    done = nnrun_process(
        "-m", *QUICK, "seed=0,100", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", PYTHONPATH=str(place)
    )
    assert done.status == 1, done.err
    assert "Traceback" not in done.err
    found = dict(zip(("0", "100"), statuses(done), strict=True))
    assert found["100"] in ("failed", "interrupted")
    assert re.search(r"killed|interrupted|terminated", done.err), done.err
