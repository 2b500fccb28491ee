"""`nnrun resume` through the front door: interrupted anywhere, a run or a sweep comes to the same end."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import Command
from nnrun.commands import resume
from nnrun.composing import Composer
from nnrun.experiment import diagnosis, recording
from nnrun.plots import process
from nnrun.runs.locking import RunLock
from nnrun.runs.reading import read_metrics
from nnrun.sweep import driving

QUICK = ("plots.save=false", "sweep.report=false", "language=en")
PAYLOAD = "payload_ran"

VOLATILE = frozenset({"seconds", "started", "claimed", "finished", "resumed", "command", "name", "tags"})
"""What of a summary two runs of one configuration need not share."""

Train = Callable[..., Iterator[Any]]


@pytest.fixture(autouse=True)
def _drawn_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No processes for pictures, which few of these runs leave."""
    monkeypatch.setattr(process, "_worth_it", lambda: False)


# Interruptions, and what is compared --------------------------------------------------------------------


@pytest.fixture
def kill(monkeypatch: pytest.MonkeyPatch, place: Path) -> Callable[[int], Callable[[], None]]:
    """`revive = kill(n)`: after n more epochs the disk's state is kept; `revive()` goes back to it.

    What is on disk at a moment is what a kill at that moment leaves.
    """
    train: Train = recording.train
    left = [-1]

    def copying(*arguments: Any) -> Iterator[Any]:
        if left[0] == 0:
            keep()
        for epoch in train(*arguments):
            yield epoch
            left[0] -= 1
            if left[0] == 0:
                keep()

    def keep() -> None:
        left[0] = -1
        shutil.copytree(place / "outputs", place / "kept", symlinks=True)

    def revive() -> None:
        shutil.rmtree(place / "outputs")
        (place / "kept").rename(place / "outputs")

    def after(epochs: int) -> Callable[[], None]:
        left[0] = epochs
        return revive

    monkeypatch.setattr(recording, "train", copying)
    return after


def summary(directory: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((directory / "summary.json").read_text("utf-8"))
    return content


def result(directory: Path) -> dict[str, Any]:
    """All of a run that has to be the same whatever happened on the way."""
    rows = [line.rpartition(",")[0] for line in (directory / "metrics.csv").read_text("utf-8").splitlines()]
    with np.load(directory / "plots.npz") as archive:
        plots = {name: archive[name].tobytes() for name in archive.files}
    told = {key: value for key, value in summary(directory).items() if key not in VOLATILE}
    return {
        "rows": rows,
        "weights": (directory / "model.safetensors").read_bytes(),
        "plots": plots,
        "summary": told,
    }


def latest(place: Path) -> Path:
    return (place / "outputs" / "latest").resolve()


def whole(nnrun: Command, place: Path, *arguments: str) -> Path:
    """The run or sweep that nothing interrupts."""
    done = nnrun(*QUICK, *arguments)
    assert done.status in (0, 1), done.err
    return latest(place)


def members(sweep: Path) -> list[Path]:
    return sorted((path for path in sweep.iterdir() if path.name.isdigit()), key=lambda path: int(path.name))


def same_sweep(one: Path, other: Path) -> None:
    """Checks that two sweeps have the same runs, one by one, and the same answer."""
    assert [path.name for path in members(one)] == [path.name for path in members(other)]
    for mine, theirs in zip(members(one), members(other), strict=True):
        if summary(theirs)["status"] == "failed":
            assert summary(mine)["error"] == summary(theirs)["error"]
        else:
            assert result(mine) == result(theirs), mine.name
    assert answers(one) == answers(other)


def answers(sweep: Path) -> list[dict[str, str]]:
    with (sweep / "results.csv").open(encoding="utf-8", newline="") as file:
        return [
            {key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)
        ]


def snapshot(directory: Path) -> dict[str, bytes]:
    """Every file below a directory, by name."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


# Lone runs ----------------------------------------------------------------------------------------------

LONE = {
    "plain": "epochs=9",
    "mini-batches": "epochs=7 batch_size=16",
    "in order": "epochs=7 batch_size=32 shuffle=false",
    "momentum": "epochs=9 optim.lr=0.05 optim.momentum=0.9 optim.nesterov=true",
    "adam": "epochs=9 optim=adam batch_size=40",
    "adamw": "epochs=9 optim=adamw",
    "rmsprop": "epochs=9 optim=rmsprop optim.lr=0.01",
    "adagrad": "epochs=9 optim=adagrad optim.lr=0.1",
    "cosine": "epochs=9 schedule=cosine",
    "step": "epochs=9 schedule=step schedule.every=2",
    "exponential": "epochs=9 schedule=exponential",
    "dropout": "epochs=9 model.hidden=16x8 model.dropout=0.3 batch_size=25",
    "validation": "epochs=9 val_fraction=0.2 test_fraction=0.1",
    "early stopping": "epochs=60 optim=adam optim.lr=0.3 early_stopping.patience=4 val_fraction=0.3",
    "last weights": "epochs=60 optim.lr=0.2 early_stopping.patience=3 early_stopping.restore_best=false",
    "clipped": "epochs=9 clip_norm=0.1 optim.lr=3",
    "double": "epochs=9 dtype=float64 optim=adam",
    "classes": "epochs=6 dataset=random_mnist dataset.samples=60 dataset.shape=5x5 batch_size=20",
    "diverging": "epochs=60 optim.lr=10 seed=1",
    "often": "epochs=9 checkpoint_every=2",
}


@pytest.mark.parametrize("engine", ["manual", "autograd"])
@pytest.mark.parametrize("line", LONE.values(), ids=LONE)
def test_an_interrupted_run_comes_to_the_same_end_bit_by_bit(
    nnrun: Command, place: Path, interrupt: Callable[[int], None], line: str, engine: str
) -> None:
    words = [*line.split(), f"engine={engine}"]
    expected = result(whole(nnrun, place, *words))
    interrupt(4)
    done = nnrun(*QUICK, *words)
    assert done.status == 130
    assert done.summary["status"] == "interrupted"
    assert "interrupted at epoch 4/" in done.err
    again = nnrun("resume")
    assert (again.status, "after epoch 4 of" in again.err) == (0, True), again.err
    assert result(done.directory) == expected
    assert summary(done.directory)["resumed"][0]["epochs"] == 4


def test_a_run_can_be_interrupted_again_and_again(
    nnrun: Command, place: Path, interrupt: Callable[[int], None]
) -> None:
    words = ("epochs=12", "optim=adam", "batch_size=30")
    expected = result(whole(nnrun, place, *words))
    for round_ in range(4):
        interrupt(3)
        done = nnrun(*(["resume"] if round_ else [*QUICK, *words]))
        # The third time it is over before the signal can count.
        assert done.status == (130 if round_ < 3 else 0) or round_ == 3
    nnrun("resume")
    directory = latest(place)
    assert result(directory) == expected
    assert [entry["epochs"] for entry in summary(directory)["resumed"]][:3] == [3, 6, 9]


@pytest.mark.parametrize("epochs", [0, 1, 2, 5])
@pytest.mark.parametrize("every", ["1", "2", "1h"])
def test_a_killed_run_goes_on_from_its_checkpoint_or_starts_over(
    nnrun: Command, place: Path, kill: Callable[[int], Callable[[], None]], epochs: int, every: str
) -> None:
    words = ("epochs=6", "batch_size=25", "optim=adam", f"checkpoint_every={every}")
    revive = kill(epochs)
    directory = whole(nnrun, place, *words)
    expected = result(directory)
    revive()
    assert summary(directory)["status"] == "running"
    done = nnrun("resume")
    assert done.status == 0, done.err
    assert result(directory) == expected
    assert not [path.name for path in directory.iterdir() if path.name.startswith(".") and path.is_file()]


def test_a_run_that_died_before_its_first_file_starts_over_in_its_directory(
    nnrun: Command, place: Path
) -> None:
    directory = whole(nnrun, place, "epochs=4")
    expected = result(directory)
    for path in directory.iterdir():
        if path.is_file():
            path.unlink()
    done = nnrun("resume", str(directory))
    assert done.status == 0, done.err
    assert "it starts over" in done.err
    assert result(directory) == expected
    assert "plots.save=false" in summary(directory)["command"]
    assert str(place) not in (directory / "summary.json").read_text("utf-8")


class Killed(BaseException):
    """Ends a run at once, as nothing within it would notice."""


@pytest.mark.parametrize("words", [(), ("-m", "seed=0,1"), ("-m", "seed=0,1", "hydra/launcher=basic")])
def test_what_is_killed_before_hydra_has_written_anything_starts_over(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    before = whole(nnrun, place, "epochs=9")
    expected = whole(nnrun, place, "epochs=4", "name='a b'", *words)

    def kill(*arguments: Any, **options: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Composer, "job", kill)
        patch.setattr(driving._Driver, "_swept", kill)
        with pytest.raises(Killed):
            nnrun(*QUICK, "epochs=4", "name='a b'", *words)
    directory = latest(place)
    assert directory not in (before, expected)
    (newest, *_) = json.loads(nnrun("list", "--json").out)
    assert place / "outputs" / newest["id"] == directory
    done = nnrun("resume")
    assert done.status == 0, done.err
    (same_sweep if words else same_run)(directory, expected)


def same_run(directory: Path, expected: Path) -> None:
    assert result(directory) == result(expected)
    assert summary(directory)["command"] == summary(expected)["command"]


def test_rows_that_are_packed_meanwhile_are_those_that_are_not(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []
    for block in (diagnosis.BLOCK, 7):
        monkeypatch.setattr(diagnosis, "BLOCK", block)
        runs.append(whole(nnrun, place, "epochs=23", "val_fraction=0.2", "-m", "seed=0,1,2"))
    one, other = (np.load(run / ".checkpoints" / "0.npz") for run in runs)
    assert {"course/lr", "course/train/loss", "course/val/loss", "course/seconds"} <= set(one.files)
    assert one["course/val/loss"].shape == (23, 3)
    for name in set(one.files) - {"course/seconds", "training/seconds"}:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)
    assert one["course/seconds"].shape == other["course/seconds"].shape == (24,)
    same_sweep(*runs)


def test_what_was_written_after_the_checkpoint_is_dropped(
    nnrun: Command, place: Path, interrupt: Callable[[int], None]
) -> None:
    expected = result(whole(nnrun, place, "epochs=9"))
    interrupt(4)
    directory = nnrun(*QUICK, "epochs=9").directory
    with (directory / "metrics.csv").open("a") as file:
        file.write("5,5,0.5,nonsense,0,0\n6,6,0.5,0.1")
    assert nnrun("resume").status == 0
    assert result(directory) == expected


def test_a_run_that_lost_rows_in_a_power_cut_starts_over(
    nnrun: Command, place: Path, interrupt: Callable[[int], None]
) -> None:
    expected = result(whole(nnrun, place, "epochs=9"))
    interrupt(4)
    directory = nnrun(*QUICK, "epochs=9").directory
    (directory / "metrics.csv").write_bytes((directory / "metrics.csv").read_bytes()[:-10])
    done = nnrun("resume")
    assert done.status == 0, done.err
    assert result(directory) == expected


@pytest.mark.parametrize("case", ["moved", "renamed", "below a link"])
def test_a_run_goes_on_wherever_it_lies(
    nnrun: Command, place: Path, interrupt: Callable[[int], None], case: str
) -> None:
    expected = result(whole(nnrun, place, "epochs=9"))
    interrupt(4)
    directory = nnrun(*QUICK, "epochs=9").directory
    new = {"moved": place / "away" / "run", "renamed": directory.with_name("mine"), "below a link": place}[
        case
    ]
    if case == "below a link":
        (place / "door").symlink_to(directory.parent)
        new = place / "door" / directory.name
    else:
        new.parent.mkdir(exist_ok=True)
        shutil.move(directory, new)
    before = set(place.glob("outputs/2*/*"))
    assert nnrun("resume", str(new)).status == 0
    assert result(new) == expected
    assert set(place.glob("outputs/2*/*")) == before


def test_pictures_are_drawn_when_a_run_goes_on(
    nnrun: Command, place: Path, interrupt: Callable[[int], None]
) -> None:
    interrupt(3)
    directory = nnrun("epochs=6").directory
    for path in directory.glob("*.png"):
        path.unlink()
    assert nnrun("resume").status == 0
    assert {path.name for path in directory.glob("*.png")} == {"fit.png", "curves.png"}


# Longer than at first -----------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["manual", "autograd"])
@pytest.mark.parametrize("line", ["optim=adam batch_size=25", "val_fraction=0.2 early_stopping.patience=90"])
def test_a_finished_run_that_is_extended_equals_one_of_that_length(
    nnrun: Command, place: Path, line: str, engine: str
) -> None:
    words = [*line.split(), f"engine={engine}"]
    expected = result(whole(nnrun, place, "epochs=9", *words))
    directory = whole(nnrun, place, "epochs=5", *words)
    done = nnrun("resume", "latest", "epochs=9")
    assert done.status == 0, done.err
    found = result(directory)
    for told in (found, expected):
        # Snapshots are taken at epochs that depend on the length.
        told["plots"] = {
            name: array for name, array in told["plots"].items() if name in ("prediction", "grid")
        }
    assert found == expected
    assert "epochs=9" in (directory / ".hydra" / "overrides.yaml").read_text()
    assert nnrun("resume").err.startswith("nothing left to do: completed after 9 epochs")


def test_the_command_of_an_extended_run_trains_it_again(nnrun: Command, place: Path) -> None:
    directory = whole(nnrun, place, "epochs=4", "seed=3")
    nnrun("resume", "epochs=7", "name=my longer one")
    command = summary(directory)["command"]
    again = nnrun(*shlex.split(command)[1:])
    assert again.summary["epochs"] == 7
    assert again.summary["name"] == summary(directory)["name"] == "my longer one"
    assert result(directory)["weights"] == (again.directory / "model.safetensors").read_bytes()


def test_a_stopped_run_goes_on_when_its_patience_grows(nnrun: Command, place: Path) -> None:
    words = ("epochs=60", "optim=adam", "optim.lr=0.3", "val_fraction=0.3")
    expected = result(whole(nnrun, place, *words, "early_stopping.patience=8"))
    directory = whole(nnrun, place, *words, "early_stopping.patience=2")
    assert summary(directory)["status"] == "stopped"
    done = nnrun("resume", "early_stopping.patience=8")
    assert done.status == 0, done.err
    assert result(directory)["rows"] == expected["rows"]
    assert result(directory)["weights"] == expected["weights"]


def test_a_run_of_a_sweep_can_be_extended_alone(nnrun: Command, place: Path) -> None:
    """Alone it meets other kernels: equal to 1e-5 of the loss with autograd, bit by bit by hand."""
    long = whole(nnrun, place, "epochs=12", "-m", "seed=0,1,2")
    short = whole(nnrun, place, "epochs=5", "-m", "seed=0,1,2")
    done = nnrun("resume", f"{short}/1", "epochs=12")
    assert done.status == 0, done.err
    mine, theirs = (read_metrics(sweep / "1" / "metrics.csv")[0] for sweep in (short, long))
    assert mine["epoch"].tolist() == list(range(1, 13))
    np.testing.assert_allclose(mine["train/loss"], theirs["train/loss"], rtol=1e-5)
    assert result(short / "1")["rows"] == result(long / "1")["rows"]
    # Its neighbours stay as they were.
    assert summary(short / "0")["epochs"] == 5


@pytest.mark.parametrize("engine", ["manual", "autograd"])
def test_a_member_that_ended_before_its_population_can_be_extended_alone(
    nnrun: Command, place: Path, engine: str
) -> None:
    words = (f"engine={engine}", "optim=adam", "batch_size=30")
    expected = read_metrics(whole(nnrun, place, "epochs=9", *words) / "metrics.csv")[0]["train/loss"]
    sweep = whole(nnrun, place, *words, "-m", "epochs=3,6,12")
    done = nnrun("resume", f"{sweep}/0", "epochs=9")
    assert (done.status, "after epoch 3 of 9" in done.err) == (0, True), done.err
    found = read_metrics(sweep / "0" / "metrics.csv")[0]
    assert found["epoch"].tolist() == list(range(1, 10))
    assert found["step"].tolist() == list(range(4, 37, 4))
    np.testing.assert_allclose(found["train/loss"], expected, rtol=1e-4)


# Sweeps -------------------------------------------------------------------------------------------------

SWEEPS = {
    "grid": "epochs=8 -m seed=0..2 optim.lr=0.1,0.5",
    "mini-batches": "epochs=6 batch_size=16 optim=adam -m seed=0..2",
    "two populations": "epochs=6 -m model.hidden=4,8 seed=0,1",
    "lengths": "-m epochs=2,5,9 seed=0,1",
    "stopping": "epochs=40 optim=adam optim.lr=0.3 val_fraction=0.3 -m early_stopping.patience=2,5 seed=0,1",
    "diverging": "epochs=30 -m optim.lr=0.1,10 seed=0,1",
    "duplicates": "epochs=8 -m seed=0,0,1",
    "invalid": "epochs=8 sweep.skip_invalid=true -m optim.lr=0.1,-1,0.5",
    "one by one": "epochs=8 hydra/launcher=basic -m seed=0,1",
    "in pairs": "epochs=4 sweep.max_population=2 -m seed=0..4",
    "dropout": "epochs=6 model.dropout=0.2 schedule=cosine -m seed=0,1",
}


@pytest.mark.parametrize("engine", ["manual", "autograd"])
@pytest.mark.parametrize("line", SWEEPS.values(), ids=SWEEPS)
def test_an_interrupted_sweep_comes_to_the_same_end_bit_by_bit(
    nnrun: Command, place: Path, interrupt: Callable[[int], None], line: str, engine: str
) -> None:
    words = [f"engine={engine}", *line.split()]
    expected = whole(nnrun, place, *words)
    interrupt(3)
    done = nnrun(*QUICK, *words)
    assert done.status == 130, done.err
    sweep = latest(place)
    assert "resume" in done.err
    again = nnrun("resume")
    assert again.status == (1 if "skip_invalid" in line else 0), again.err
    assert latest(place) == sweep
    same_sweep(sweep, expected)
    assert nnrun("resume").err.startswith("nothing left to do")


@pytest.mark.parametrize("epochs", [0, 1, 4, 5, 7])
def test_a_killed_sweep_trains_only_what_is_missing(
    nnrun: Command, place: Path, kill: Callable[[int], Callable[[], None]], epochs: int
) -> None:
    words = ("epochs=4", "checkpoint_every=2", "-m", "model.hidden=3,5", "seed=0,1")
    expected = whole(nnrun, place, *words)
    shutil.copytree(expected, place / "expected")
    shutil.rmtree(place / "outputs")
    revive = kill(epochs)
    sweep = whole(nnrun, place, *words)
    revive()
    done = {path.name for path in members(sweep) if summary(path)["status"] == "completed"}
    assert len(done) == (0 if epochs < 5 else 2)
    before = {name: (sweep / name / "metrics.csv").stat().st_mtime_ns for name in done}
    assert nnrun("resume").status == 0
    same_sweep(sweep, place / "expected")
    assert {name: (sweep / name / "metrics.csv").stat().st_mtime_ns for name in done} == before


def test_a_sweep_can_be_interrupted_again_and_again(
    nnrun: Command, place: Path, interrupt: Callable[[int], None]
) -> None:
    words = ("-m", "epochs=3,7", "seed=0,1")
    expected = whole(nnrun, place, *words)
    for round_ in range(3):
        interrupt(2)
        nnrun(*(["resume"] if round_ else [*QUICK, *words]))
    nnrun("resume")
    same_sweep(latest(place), expected)


def test_a_run_of_an_interrupted_sweep_can_go_on_alone(
    nnrun: Command, place: Path, interrupt: Callable[[int], None]
) -> None:
    expected = whole(nnrun, place, "epochs=9", "-m", "seed=0,1")
    interrupt(4)
    nnrun(*QUICK, "epochs=9", "-m", "seed=0,1")
    sweep = latest(place)
    assert nnrun("resume", f"{sweep}/1").status == 0
    assert result(sweep / "1")["rows"] == result(expected / "1")["rows"]
    assert summary(sweep / "0")["status"] == "interrupted"
    assert nnrun("resume").status == 0
    assert result(sweep / "0")["rows"] == result(expected / "0")["rows"]


def test_a_run_that_went_on_alone_has_no_checkpoint_of_its_own_once_its_sweep_goes_on(
    nnrun: Command, place: Path, interrupt: Callable[[int], None]
) -> None:
    expected = whole(nnrun, place, "epochs=9", "-m", "seed=0,1")
    interrupt(3)
    nnrun(*QUICK, "epochs=9", "-m", "seed=0,1")
    sweep = latest(place)
    interrupt(3)
    assert nnrun("resume", f"{sweep}/1").status == 130
    assert (sweep / "1" / "checkpoint.npz").exists()
    assert nnrun("resume", str(sweep)).status == 0
    same_sweep(sweep, expected)
    again = nnrun("resume", f"{sweep}/1", "epochs=12")
    # What it had when it was alone tells of rows that its sweep has written anew.
    assert (again.status, "going on after epoch 9 of 12" in again.err) == (0, True), again.err
    assert read_metrics(sweep / "1" / "metrics.csv")[0]["epoch"].tolist() == list(range(1, 13))


@pytest.mark.parametrize("launcher", ["vectorized", "basic"])
def test_a_sweep_killed_before_hydras_file_of_it_starts_over_in_its_directory(
    nnrun: Command, place: Path, launcher: str
) -> None:
    sweep = whole(nnrun, place, "epochs=4", f"hydra/launcher={launcher}", "-m", "seed=0,1")
    shutil.move(sweep, place / "expected")
    sweep.mkdir()
    told = summary(place / "expected")
    begun = {key: told[key] for key in ("schema", "arguments", "command", "started", "claimed")}
    (sweep / "summary.json").write_text(json.dumps(begun | {"status": "running"}))
    (row,) = json.loads(nnrun("list", "--json").out)
    assert (row["kind"], row["status"]) == ("sweep", "interrupted")
    done = nnrun("resume")
    assert done.status == 0, done.err
    same_sweep(sweep, place / "expected")


def test_a_sweep_without_hydras_file_of_it_keeps_its_runs_though_the_disk_is_full(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = whole(nnrun, place, "epochs=4", "-m", "seed=0,1")
    shutil.rmtree(sweep / "1")
    (sweep / "multirun.yaml").unlink()
    before = snapshot(sweep / "0")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert nnrun("resume").status == 3
    assert snapshot(sweep / "0") == before
    assert nnrun("resume").status == 0
    assert summary(sweep / "1")["status"] == "completed"


def test_failed_runs_are_trained_again_when_asked_for(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = whole(nnrun, place, "epochs=4", "-m", "seed=0,1,2")
    train = recording.train

    def unlucky(population: Any, *rest: Any) -> Any:
        if any(spec.seed == 1 for spec in population.specs):
            raise ValueError("bad luck")
        return train(population, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(recording, "train", unlucky)
        assert nnrun(*QUICK, "epochs=4", "-m", "seed=0,1,2").status == 1
    sweep = latest(place)
    told = nnrun("resume")
    assert (told.status, "--failed" in told.err) == (0, True)
    assert summary(sweep / "1")["status"] == "failed"
    leftover = sweep / ".checkpoints" / ".0.npz.999999999"
    leftover.touch()
    with monkeypatch.context() as patch:
        patch.setattr(recording, "train", unlucky)
        assert nnrun("resume", "--failed").status == 1
    assert not leftover.exists()
    assert nnrun("resume", "--failed").status == 0
    for mine, theirs in zip(members(sweep), members(expected), strict=True):
        assert result(mine)["rows"] == result(theirs)["rows"]


@pytest.mark.parametrize("launcher", ["vectorized", "basic"])
def test_runs_that_a_sweep_has_lost_are_trained_again(nnrun: Command, place: Path, launcher: str) -> None:
    words = ("epochs=4", f"hydra/launcher={launcher}", "-m", "seed=0..3")
    sweep = whole(nnrun, place, *words)
    shutil.copytree(sweep, place / "expected")
    shutil.rmtree(sweep / "1")
    (sweep / "2" / "summary.json").unlink()
    (sweep / "3" / "metrics.csv").unlink()
    kept = (sweep / "0" / "metrics.csv").stat().st_mtime_ns
    done = nnrun("resume")
    assert done.status == 0, done.err
    assert "3 of 4 run directories are missing or without their files: 1, 2, 3; they are" in done.err
    same_sweep(sweep, place / "expected")
    assert (sweep / "0" / "metrics.csv").stat().st_mtime_ns == kept
    assert nnrun("resume").err.startswith("nothing left to do: all 4 runs have ended")


def test_a_sweep_that_was_moved_goes_on_where_it_is(
    nnrun: Command, place: Path, interrupt: Callable[[int], None]
) -> None:
    words = ("epochs=9", "-m", "seed=0,1")
    expected = whole(nnrun, place, *words)
    interrupt(4)
    nnrun(*QUICK, *words)
    moved = place / "away"
    shutil.move(latest(place), moved)
    before = set((place / "outputs").rglob("*"))
    done = nnrun("resume", str(moved))
    assert done.status == 0, done.err
    same_sweep(moved, expected)
    assert set((place / "outputs").rglob("*")) == before


# What is done elsewhere ---------------------------------------------------------------------------------


def test_a_wider_grid_trains_only_what_is_new(nnrun: Command, place: Path, kill: Any) -> None:
    narrow = whole(nnrun, place, "epochs=4", "-m", "seed=0,1", "optim.lr=0.1,0.2")
    done = nnrun("epochs=4", "language=en", "-m", "seed=0,1,2", "optim.lr=0.1,0.2", "sweep.skip_done=true")
    assert done.status == 0, done.err
    sweep = latest(place)
    table = answers(sweep)
    assert [row["status"] for row in table] == ["completed"] * 6
    old = [row for row in table if row["seed"] != "2"]
    assert len(members(sweep)) == 2
    for row in old:
        assert not Path(row["directory"]).is_absolute()
        assert (sweep / row["directory"]).resolve().parent == narrow.resolve()
    for name in ("sweep.png", "fits.png"):
        assert (sweep / name).read_bytes().startswith(b"\x89PNG")
    with (sweep / "curves.csv").open(encoding="utf-8") as file:
        assert {row["seed"] for row in csv.DictReader(file)} == {"0", "1", "2"}
    told = json.loads(nnrun("show", f"latest/{old[0]['job']}", "--json").out)
    assert Path(told["directory"]).resolve() == (sweep / old[0]["directory"]).resolve()
    (sweep / "results.csv").write_text("job,directory\n77,../../../elsewhere\n78,\n")
    for job in ("77", "78", "79"):
        assert "there is no such job in this sweep" in nnrun("show", f"latest/{job}").err


def test_a_sweep_that_is_typed_again_trains_nothing(nnrun: Command, place: Path) -> None:
    words = ("epochs=4", "-m", "seed=0,1")
    first = whole(nnrun, place, *words)
    done = nnrun(*QUICK, *words, "sweep.skip_done=true")
    assert done.status == 0, done.err
    second = latest(place)
    assert second != first
    assert members(second) == []
    assert [row["objective"] for row in answers(second)] == [row["objective"] for row in answers(first)]


# Nothing to do, and refusals ----------------------------------------------------------------------------


@pytest.fixture
def begun(nnrun: Command, interrupt: Callable[[int], None]) -> Path:
    """A run that was interrupted."""
    interrupt(4)
    done = nnrun(*QUICK, "epochs=9", "optim=adam")
    assert done.status == 130
    return done.directory


def refused(nnrun: Command, directory: Path, *arguments: str, status: int = 4) -> str:
    """What stderr says, on one line, while nothing in the directory changes."""
    before = snapshot(directory)
    done = nnrun("resume", str(directory), "-q", *arguments)
    assert done.status == status, done.err
    assert done.out == ""
    assert done.err.startswith("nnrun: ")
    assert done.err.count("\n") == 1
    assert snapshot(directory) == before
    return done.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("epochs=3", "nothing left to do: completed after 3 epochs; epochs=N extends it"),
        ("epochs=0", "nothing left to do: completed after 0 epochs; epochs=N extends it"),
        ("epochs=60 optim.lr=10 seed=1", "nothing left to do: diverged after"),
        ("epochs=60 early_stopping.patience=2 optim.lr=0.9", "nothing left to do: stopped after"),
    ],
)
def test_where_nothing_is_left_to_do_nothing_changes(
    nnrun: Command, place: Path, line: str, said: str
) -> None:
    directory = whole(nnrun, place, *line.split())
    before = snapshot(directory)
    done = nnrun("resume")
    assert done.status == 0
    assert done.err.startswith(said)
    assert done.out.strip() == str(directory.relative_to(place))
    assert snapshot(directory) == before


def test_a_run_that_is_in_use_is_left_alone(nnrun: Command, begun: Path) -> None:
    lock = RunLock(begun)
    said = refused(nnrun, begun)
    lock.release()
    assert f"is in use by pid {os.getpid()} on " in said


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is open cannot be removed there")
def test_a_lock_is_gone_before_it_is_free(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever had it between the two would hold a file that nobody finds, beside the next one's."""
    lock, seen, close = RunLock(place), [], os.close

    def closing(handle: int) -> None:
        seen.append((place / ".lock").exists())
        close(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "close", closing)
        lock.release()
    assert seen == [False]
    second = RunLock(place)
    lock.release()
    assert (place / ".lock").exists()
    second.release()


def test_a_sweep_is_left_alone_while_a_run_of_it_goes_on(
    nnrun: Command, place: Path, interrupt: Callable[[int], None]
) -> None:
    interrupt(3)
    nnrun(*QUICK, "epochs=9", "-m", "seed=0,1")
    sweep = latest(place)
    lock = RunLock(sweep / "1")
    said = refused(nnrun, sweep)
    lock.release()
    assert said.startswith(f"nnrun: {sweep / '1'} is in use by pid {os.getpid()} on ")
    assert nnrun("resume", str(sweep)).status == 0
    assert not list(sweep.rglob(".lock*"))


@pytest.mark.parametrize("whose", ["run", "sweep"])
def test_whoever_is_second_changes_nothing_before_it_is_refused(
    nnrun: Command, place: Path, begun: Path, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    """Both have found the directory free, and one of them then makes ready to go on."""
    if whose == "sweep":
        begun = whole(nnrun, place, "epochs=3", "-m", "seed=0,1") / "1"
    lock = RunLock(begun if whose == "run" else begun.parent)
    monkeypatch.setattr(resume, "require_free", lambda directory: None)
    said = refused(nnrun, begun, "epochs=20", "name=second")
    lock.release()
    assert f"is in use by pid {os.getpid()} on " in said


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("optim.lr=0.1", "optim.lr=0.1: cannot be changed in a run that has begun; nnrun rerun"),
        ("seed=4", "seed=4: cannot be changed in a run that has begun"),
        ("model=linear", "model=linear: cannot be changed in a run that has begun"),
        ("output=elsewhere", "output=elsewhere: cannot be changed in a run that has begun; nnrun rerun"),
        ("hydra.run.dir=elsewhere", "hydra.run.dir=elsewhere: cannot be changed in a run that has begun"),
        ("hydra/launcher=basic", "hydra/launcher=basic: cannot be changed in a run that has begun"),
        ("epohcs=20", "unknown option 'epohcs'; did you mean 'epochs'?"),
        ("epochs=-1", "epochs=-1: must be at least 0"),
        ("epochs=abc", "epochs=abc: wants a whole number"),
        ("~epochs", "~epochs"),
        ("name=${nokey}", "name"),
    ],
)
def test_what_cannot_be_changed_is_bad_input(nnrun: Command, begun: Path, word: str, said: str) -> None:
    assert said in refused(nnrun, begun, word, status=2)


def test_fewer_epochs_than_there_are_are_bad_input(nnrun: Command, begun: Path) -> None:
    assert "epochs=2: the run has 4 epochs already" in refused(nnrun, begun, "epochs=2", status=2)


def test_two_runs_at_once_and_no_run_are_bad_input(nnrun: Command, begun: Path) -> None:
    assert "takes one run at a time" in refused(nnrun, begun, "latest", status=2)
    assert nnrun("resume", "nowhere").status == 2


@pytest.mark.parametrize("word", ["/0", "/best", "/nowhere/at/all"])
def test_a_path_that_leads_nowhere_means_no_run_of_the_only_sweep(
    nnrun: Command, place: Path, word: str
) -> None:
    whole(nnrun, place, "epochs=2", "-m", "seed=0,1")
    done = nnrun("resume", word, "epochs=9")
    assert done.status == 2
    assert f"{word}: no such run under outputs" in done.err


def test_a_sweep_takes_no_overrides(nnrun: Command, place: Path) -> None:
    sweep = whole(nnrun, place, "epochs=2", "-m", "seed=0,1")
    assert "sweep.skip_done=true" in refused(nnrun, sweep, "epochs=9", status=2)


@pytest.mark.parametrize("case", ["newer", "not json", "empty", "a link"])
def test_a_summary_that_cannot_be_trusted_is_refused(nnrun: Command, begun: Path, case: str) -> None:
    path = begun / "summary.json"
    if case == "newer":
        path.write_text(json.dumps(summary(begun) | {"schema": 99}))
    elif case == "a link":
        path.rename(begun / "elsewhere.json")
        path.symlink_to("elsewhere.json")
    else:
        path.write_text("{" if case == "not json" else "")
    said = refused(nnrun, begun)
    assert {"newer": "newer nnrun"}.get(case, "summary.json") in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("\nseed: 0\n", "\nseed: 0\nunknown_key: 1\n", "unknown_key"),
        ("\nseed: 0\n", "\nseed: 1\n", "its configuration is not the one that it was begun with"),
        ("seed: 0\n", "seed: [\n", "cannot be read"),
        ("name: null", "name: ${oc.env:SECRET_TOKEN}", "it reads the environment: SECRET_TOKEN; if you"),
        ("name: null", "name: ${oc.env:A,${oc.env:B}}", "it reads the environment: A, B; if you"),
        ("seed: 0\n", "seed: &a [*a]\n", "cannot be read"),
        ("seed: 0\n", "seed: !!python/object/apply:os.system ['true']\n", "cannot be read"),
    ],
)
def test_a_configuration_that_cannot_be_trusted_is_refused(
    nnrun: Command, begun: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, said: str
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "do-not-show-this")
    path = begun / ".hydra" / "config.yaml"
    text = path.read_text("utf-8")
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1))
    found = refused(nnrun, begun)
    assert said in found
    assert "do-not-show-this" not in found


def test_the_environment_is_read_once_that_is_allowed(
    nnrun: Command, place: Path, interrupt: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_NAME", "short")
    expected = result(whole(nnrun, place, "epochs=9"))
    interrupt(4)
    directory = nnrun(*QUICK, "epochs=9", "name=${oc.env:MY_NAME}").directory
    assert "it reads the environment: MY_NAME" in refused(nnrun, directory)
    assert nnrun("resume", "--allow-env").status == 0
    assert result(directory)["rows"] == expected["rows"]


def test_a_sweep_that_reads_the_environment_is_refused(
    nnrun: Command, place: Path, interrupt: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_NAME", "short")
    interrupt(4)
    nnrun(*QUICK, "epochs=9", "name=${oc.env:MY_NAME}", "-m", "seed=0,1")
    sweep = latest(place)
    assert "it reads the environment: MY_NAME" in refused(nnrun, sweep)
    assert nnrun("resume", "--allow-env").status == 0
    assert {summary(path)["epochs"] for path in members(sweep)} == {9}


# Damaged checkpoints ------------------------------------------------------------------------------------


def test_a_checkpoint_that_was_cut_off_is_refused_wherever(nnrun: Command, begun: Path) -> None:
    path = begun / "checkpoint.npz"
    content = path.read_bytes()
    for length in [*range(0, len(content), 1 + len(content) // 25), len(content) - 1]:
        path.write_bytes(content[:length])
        assert "checkpoint" in refused(nnrun, begun), length


def test_a_checkpoint_with_a_flipped_bit_is_refused_or_read_right(nnrun: Command, begun: Path) -> None:
    from nnrun.errors import Refused
    from nnrun.runs.checkpoints import read_checkpoint

    path = begun / "checkpoint.npz"
    content = path.read_bytes()
    right = read_checkpoint(path, 10**7)
    rng = np.random.default_rng(0)
    refusals = 0
    for position in rng.integers(8 * len(content), size=500).tolist():
        damaged = bytearray(content)
        damaged[position // 8] ^= 1 << position % 8
        path.write_bytes(damaged)
        try:
            found = read_checkpoint(path, 10**7)
        except Refused:
            refusals += 1
            continue
        assert found.arrays.keys() == right.arrays.keys()
        for name, array in right.arrays.items():
            assert found.arrays[name].dtype == array.dtype, name
            assert found.arrays[name].tobytes() == array.tobytes(), name
        assert (found.runs, found.marks) == (right.runs, right.marks)
    assert refusals > 333
    damaged = bytearray(content)
    # Among the numbers of an array, well behind its header.
    damaged[content.index(b"NUMPY", content.index(b"training/weights.npy")) + 150] ^= 1
    path.write_bytes(damaged)
    refused(nnrun, begun)


def rewritten(path: Path, change: Callable[[dict[str, Any]], None], compressed: bool = False) -> None:
    with np.load(path) as archive:
        arrays = dict(archive)
    change(arrays)
    (np.savez_compressed if compressed else np.savez)(path, **arrays)


def _other_shape(arrays: dict[str, Any]) -> None:
    arrays["training/weights"] = arrays["training/weights"][:, :-1]


def _other_type(arrays: dict[str, Any]) -> None:
    arrays["training/weights"] = arrays["training/weights"].astype(np.float64)


def _none(arrays: dict[str, Any]) -> None:
    del arrays["training/weights"]


def _of_another_length(arrays: dict[str, Any]) -> None:
    arrays["course/train/loss"] = arrays["course/train/loss"][:1]


def _wide_course(arrays: dict[str, Any]) -> None:
    arrays["course/train/loss"] = np.zeros((4, 7))


def _later(arrays: dict[str, Any]) -> None:
    arrays["training/epoch"] = np.array(7)


def _negative(arrays: dict[str, Any]) -> None:
    arrays["training/epoch"] = np.array(-3)


def _an_ending_that_is_none(arrays: dict[str, Any]) -> None:
    arrays["training/progress/ending"] = np.array([99], dtype=np.int8)


def _without_about(arrays: dict[str, Any]) -> None:
    del arrays["about"]


def _about(**fields: Any) -> Callable[[dict[str, Any]], None]:
    def change(arrays: dict[str, Any]) -> None:
        about = json.loads(arrays["about"].tobytes()) | fields
        arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)

    return change


@pytest.mark.parametrize(
    "change",
    [
        _other_shape,
        _other_type,
        _none,
        _of_another_length,
        _wide_course,
        _later,
        _negative,
        _an_ending_that_is_none,
        _without_about,
        _about(format=2),
        _about(format="one"),
        _about(runs=["../.."]),
        _about(runs=[]),
        _about(marks=[]),
        _about(marks=["x"]),
        _about(marks=[-5]),
        _about(hashes=["of another run"]),
    ],
)
def test_a_checkpoint_that_is_not_this_runs_is_refused(
    nnrun: Command, begun: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    rewritten(begun / "checkpoint.npz", change)
    refused(nnrun, begun)


def test_a_compressed_checkpoint_is_not_unfolded(nnrun: Command, begun: Path) -> None:
    def grow(arrays: dict[str, Any]) -> None:
        arrays["training/slots/bomb"] = np.zeros(20_000_000)

    rewritten(begun / "checkpoint.npz", grow, compressed=True)
    assert (begun / "checkpoint.npz").stat().st_size < 200_000
    assert "compressed" in refused(nnrun, begun)


def test_a_checkpoint_that_is_too_large_is_not_read(nnrun: Command, begun: Path) -> None:
    path = begun / "checkpoint.npz"
    rewritten(path, lambda arrays: arrays.update({"training/slots/extra": np.zeros(500_000)}))
    assert "more than this run can need" in refused(nnrun, begun)


class _Payload:
    """What runs a command once it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (PAYLOAD,)


def _pickled(path: Path) -> None:
    import pickle

    path.write_bytes(pickle.dumps(_Payload()))


def _pickle_inside(path: Path) -> None:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.array([_Payload()], dtype=object), allow_pickle=True)
    with np.load(path) as archive:
        arrays = dict(archive)
    del arrays["training/weights"]
    np.savez(path, **arrays)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("training/weights.npy", buffer.getvalue())


def _torch_file(path: Path) -> None:
    import torch

    torch.save({"weights": _Payload()}, path)


@pytest.mark.parametrize("make", [_pickled, _pickle_inside, _torch_file])
def test_nothing_in_a_checkpoint_is_executed(
    nnrun: Command, place: Path, begun: Path, make: Callable[[Path], None]
) -> None:
    make(begun / "checkpoint.npz")
    refused(nnrun, begun)
    assert not (place / PAYLOAD).exists()


@pytest.mark.parametrize("kind", ["link", "directory", "pipe"])
def test_a_checkpoint_that_is_no_ordinary_file_is_not_opened(nnrun: Command, begun: Path, kind: str) -> None:
    path = begun / "checkpoint.npz"
    path.rename(begun / "elsewhere")
    if kind == "link":
        path.symlink_to("elsewhere")
    elif kind == "directory":
        path.mkdir()
    else:
        os.mkfifo(path)
    reason = "is a link, which is not followed" if kind == "link" else "no ordinary file"
    assert reason in refused(nnrun, begun)


def test_a_damaged_checkpoint_of_a_population_is_refused(
    nnrun: Command, place: Path, interrupt: Callable[[int], None]
) -> None:
    interrupt(4)
    nnrun(*QUICK, "epochs=9", "-m", "seed=0,1")
    sweep = latest(place)
    (path,) = (sweep / ".checkpoints").glob("*.npz")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    before = {member.name: snapshot(member) for member in members(sweep)}
    done = nnrun("resume")
    assert done.status == 4, done.err
    assert "checkpoint" in done.err
    for member in members(sweep):
        # Hydra's own files are written anew before anything is read.
        now = {name: content for name, content in snapshot(member).items() if ".hydra" not in name}
        assert now == {name: before[member.name][name] for name in now}


@pytest.mark.parametrize("more", [(), ("epochs=7",)])
def test_what_killed_writers_left_is_gone_once_a_run_has_ended(
    more: tuple[str, ...], nnrun: Command, place: Path
) -> None:
    run = nnrun("epochs=5", "plots.save=false").directory
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (run / f".checkpoint.npz.{dead.pid}").touch()
    (run / f".fit.gif.{dead.pid}.part").touch()
    (run / f".summary.json.{os.getppid()}").write_text("{}")
    (run / ".notes.2024").write_text("of the user's own")
    done = nnrun("resume", str(run), *more)
    assert done.status == 0, done.err
    left = sorted(path.name for path in run.glob(".*") if path.is_file())
    assert left == [".notes.2024", f".summary.json.{os.getppid()}"]


def test_a_sweep_that_has_lost_its_table_gets_it_again(nnrun: Command, place: Path) -> None:
    sweep = whole(nnrun, place, "-m", "optim.lr=0.1,0.5", "epochs=3", "sweep.plots=none")
    table, weights = (
        (sweep / "results.csv").read_bytes(),
        (sweep / "0" / "model.safetensors").stat().st_mtime_ns,
    )
    (sweep / "results.csv").unlink()
    assert "results.csv is missing; the sweep's answer is written again" in nnrun("resume", str(sweep)).err
    assert (sweep / "results.csv").read_bytes() == table
    assert (sweep / "0" / "model.safetensors").stat().st_mtime_ns == weights
    assert nnrun("resume", str(sweep)).err.startswith("nothing left to do")
