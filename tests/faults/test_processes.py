"""Signals, and many processes at once: a run ends by its signal and leaves a whole, truthful directory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from faults.started import SLOW, Started
from nnrun.interruption import Interruption
from nnrun.runs.locking import is_locked
from nnrun.runs.reading import read_run

Start = Callable[..., Started]


def whole(run: Started) -> int:
    """Checks the directory of an interrupted run; its number of epochs."""
    (directory,) = run.directories
    record = read_run(directory)
    epochs: int = record.summary["epochs"]
    assert record.summary["status"] == "interrupted"
    assert record.skipped == 0
    assert record.metrics["epoch"].tolist() == list(range(1, epochs + 1))
    assert np.isfinite(record.metrics["train/loss"]).all()
    assert record.summary["final"]["train/loss"] is not None
    names = {path.name for path in directory.iterdir()}
    assert names >= {"model.safetensors", "plots.npz", "fit.png", "curves.png"}
    assert not [name for name in names if name.startswith(".") and name != ".hydra"]
    for picture in directory.glob("*.png"):
        assert picture.read_bytes().startswith(b"\x89PNG")
    assert not is_locked(directory)
    return epochs


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"])
def test_fault_42_a_signal_mid_epoch_saves_and_then_ends_the_process(start: Start, name: str) -> None:
    run = start(SLOW)
    run.until_rows(2)
    run.process.send_signal(getattr(signal, name))
    assert run.end() == -getattr(signal, name)
    epochs = whole(run)
    assert f"          interrupted at epoch {epochs}/500, saved\n" in run.said
    assert "Traceback" not in run.said


def test_fault_40_ctrl_c_in_a_terminal_saves_and_leaves_the_cursor_visible(start: Start) -> None:
    run = start(SLOW, terminal=(40, 100))
    run.until_rows(2)
    os.write(run.master, b"\x03")
    assert run.end() == -signal.SIGINT
    assert f"interrupted at epoch {whole(run)}/500, saved" in run.said
    assert run.said.rfind("\x1b[?25h") > run.said.rfind("\x1b[?25l")


def test_fault_41_ctrl_c_twice_ends_at_once(start: Start) -> None:
    run = start(SLOW, terminal=(40, 100))
    run.until_rows(1)
    os.write(run.master, b"\x03")
    time.sleep(0.2)
    begun = time.monotonic()
    os.write(run.master, b"\x03")
    assert run.end() == -signal.SIGINT
    assert time.monotonic() - begun < 1
    assert "Traceback" not in run.said
    assert run.said.rfind("\x1b[?25h") > run.said.rfind("\x1b[?25l")
    (directory,) = run.directories
    assert run.summary["status"] in ("running", "interrupted")
    assert not is_locked(directory)
    assert run.rows >= 1


@pytest.mark.parametrize("module", ["nnrun.arguments", "numpy", "hydra", "nnrun.config"])
def test_fault_41_ctrl_c_during_the_imports_leaves_one_line_and_nothing_else(
    start: Start, module: str
) -> None:
    run = start(["epochs=3"], interpreter=["-X", "importtime"])
    run.until(lambda: any(line.split()[-1] == module for line in run.said.split("\n") if line.split()))
    run.process.send_signal(signal.SIGINT)
    assert run.end() == -signal.SIGINT
    said = [line for line in run.said.splitlines() if not line.startswith("import time:")]
    assert said in ([], ["nnrun: interrupted"])
    assert list(run.place.iterdir()) == []


def test_fault_42_a_terminal_that_is_closed_ends_the_run_saved(start: Start) -> None:
    run = start(SLOW, terminal=(40, 100))
    run.until_rows(2)
    os.close(run.master)
    assert run.end() == -signal.SIGHUP
    assert whole(run) >= 2


def test_fault_44_a_signal_that_was_ignored_stays_ignored(start: Start) -> None:
    run = start(SLOW, before=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    run.until_rows(1)
    run.process.send_signal(signal.SIGINT)
    seen = run.rows
    run.until_rows(seen + 2)
    run.process.send_signal(signal.SIGTERM)
    assert run.end() == -signal.SIGTERM
    assert whole(run) >= seen + 2


def test_fault_42_handlers_are_as_before_once_the_run_is_over() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Interruption() as interruption:
        assert not interruption
        os.kill(os.getpid(), signal.SIGTERM)
        assert interruption
        assert interruption.signal == signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before


def test_fault_60_runs_started_together_share_nothing(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "nnrun", "-q", "epochs=3", "optim.lr=0.05", "plots.save=false"]
    started = [
        subprocess.Popen([*arguments, f"seed={seed}"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
        for seed in range(12)
    ]
    said = [process.communicate(timeout=120)[0].strip() for process in started]
    assert [process.returncode for process in started] == [0] * 12
    assert len(set(said)) == 12
    for seed, text in enumerate(said):
        directory = tmp_path / text
        summary = json.loads((directory / "summary.json").read_text("utf-8"))
        assert (summary["status"], summary["training"]["seed"]) == ("completed", seed)
        assert (directory / "metrics.csv").read_text().count("\n") == 4
        assert f"seed={seed}" in (directory / ".hydra" / "overrides.yaml").read_text()
    assert (tmp_path / "outputs" / "latest" / "summary.json").is_file()
    assert not list((tmp_path / "outputs").glob(".latest*"))
