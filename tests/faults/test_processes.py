"""Signals, and many processes at once: a run ends by its signal and leaves a whole, truthful directory."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from conftest import Command
from faults.started import EPOCHS, LONG_EPOCHS, SLOW, UNDRAWN, Started
from nnrun.errors import Refused
from nnrun.interruption import Interruption
from nnrun.runs.entry import read_entry
from nnrun.runs.locking import is_locked, require_free
from nnrun.runs.reading import read_run

Start = Callable[..., Started]


def whole(run: Started, drawn: bool = True) -> int:
    """Checks the directory of an interrupted run, its pictures too where some are; its number of epochs."""
    (directory,) = run.directories
    record = read_run(directory)
    epochs: int = record.summary["epochs"]
    assert record.summary["status"] == "interrupted"
    assert record.skipped == 0
    assert record.metrics["epoch"].tolist() == list(range(1, epochs + 1))
    assert np.isfinite(record.metrics["train/loss"]).all()
    assert record.summary["final"]["train/loss"] is not None
    names = {path.name for path in directory.iterdir()}
    assert names >= {"model.safetensors", "plots.npz"}
    assert {path.name for path in directory.glob("*.png")} == ({"fit.png", "curves.png"} if drawn else set())
    assert not [name for name in names if name.startswith(".") and name != ".hydra"]
    for picture in directory.glob("*.png"):
        assert picture.read_bytes().startswith(b"\x89PNG")
    assert not is_locked(directory)
    return epochs


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"])
def test_fault_42_a_signal_mid_epoch_saves_and_then_ends_the_process(start: Start, name: str) -> None:
    drawn = name == "SIGINT"
    run = start(SLOW if drawn else [*SLOW, UNDRAWN])
    run.until_rows(2)
    run.process.send_signal(getattr(signal, name))
    assert run.end() == -getattr(signal, name)
    epochs = whole(run, drawn)
    assert f"          interrupted at epoch {epochs}/{EPOCHS}, saved; to go on: nnrun resume " in run.said
    assert "Traceback" not in run.said


def test_fault_40_ctrl_c_in_a_terminal_saves_and_leaves_the_cursor_visible(start: Start) -> None:
    run = start(SLOW, terminal=(40, 100))
    run.until_rows(2)
    os.write(run.master, b"\x03")
    assert run.end() == -signal.SIGINT
    assert f"interrupted at epoch {whole(run)}/{EPOCHS}, saved" in run.said
    assert run.said.rfind("\x1b[?25h") > run.said.rfind("\x1b[?25l")


def test_fault_41_ctrl_c_twice_ends_at_once(start: Start) -> None:
    run = start(LONG_EPOCHS, terminal=(40, 100))
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
    run = start([*SLOW, UNDRAWN], before=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    run.until_rows(1)
    run.process.send_signal(signal.SIGINT)
    seen = run.rows
    run.until_rows(seen + 2)
    run.process.send_signal(signal.SIGTERM)
    assert run.end() == -signal.SIGTERM
    assert whole(run, drawn=False) >= seen + 2


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
        for seed in range(6)
    ]
    said = [process.communicate(timeout=120)[0].strip() for process in started]
    assert [process.returncode for process in started] == [0] * 6
    assert len(set(said)) == 6
    for seed, text in enumerate(said):
        directory = tmp_path / text
        summary = json.loads((directory / "summary.json").read_text("utf-8"))
        assert (summary["status"], summary["training"]["seed"]) == ("completed", seed)
        assert (directory / "metrics.csv").read_text().count("\n") == 4
        assert f"seed={seed}" in (directory / ".hydra" / "overrides.yaml").read_text()
    assert (tmp_path / "outputs" / "latest" / "summary.json").is_file()
    assert not list((tmp_path / "outputs").glob(".latest*"))


def bits(directory: Path) -> tuple[list[str], bytes]:
    rows = [line.rpartition(",")[0] for line in (directory / "metrics.csv").read_text().splitlines()]
    return rows, (directory / "model.safetensors").read_bytes()


def test_fault_43_a_run_that_was_killed_goes_on_to_the_same_end(
    start: Start, nnrun: Command, place: Path
) -> None:
    words = ["dataset.samples=2000", "batch_size=4", "epochs=25", "checkpoint_every=3", "plots.save=false"]
    run = start(words)
    run.until_rows(7)
    run.process.kill()
    assert run.end() == -signal.SIGKILL
    (directory,) = run.directories
    assert run.summary["status"] == "running"
    before = (directory / "metrics.csv").read_text().splitlines()[:-1]
    expected = nnrun(*words)
    done = nnrun("resume", str(directory))
    assert done.status == 0, done.err
    assert expected.directory != directory
    assert bits(directory) == bits(expected.directory)
    assert {row.rpartition(",")[0] for row in before} <= set(bits(directory)[0])
    assert not [path for path in directory.iterdir() if path.name.startswith(".") and path.is_file()]


def test_fault_45_a_run_that_was_stopped_is_alive_and_continues(start: Start) -> None:
    run = start([*SLOW, UNDRAWN])
    run.until_rows(1)
    run.process.send_signal(signal.SIGSTOP)
    os.waitpid(run.process.pid, os.WUNTRACED)
    (directory,) = run.directories
    assert read_entry(directory).status == "running"
    with pytest.raises(Refused, match=f"in use by pid {run.process.pid} on "):
        require_free(directory)
    seen = run.rows
    run.process.send_signal(signal.SIGCONT)
    run.until_rows(seen + 2)
    run.process.send_signal(signal.SIGTERM)
    assert run.end() == -signal.SIGTERM


def _children(pid: int) -> set[int]:
    """The living processes below one."""
    found: set[int] = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found |= {int(path.parent.name)} | _children(int(path.parent.name))
    return found


def test_fault_46_processes_of_a_sweep_end_with_it(start: Start) -> None:
    words = [*SLOW, UNDRAWN, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "-m", "seed=0,1"]
    run = start(words)
    run.until(lambda: len(list(run.place.glob("outputs/2*/*/*/metrics.csv"))) == 2)
    workers = _children(run.process.pid)
    assert len(workers) >= 2
    run.process.kill()
    run.end()
    deadline = time.monotonic() + 5
    while (left := {pid for pid in workers if _is_alive(pid)}) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == set()


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[0] != "Z"
    except OSError:
        return False


COMMANDS = (
    "epochs=2",
    "epochs=2 plots.save=false -m seed=0,1",
    "list",
    "show",
    "compare",
    "report latest",
    "resume",
    "parts",
)


def test_fault_59_every_command_works_without_a_network(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*arguments: object, **options: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", unreachable)
    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    for line in COMMANDS:
        done = nnrun(*line.split())
        assert done.status == 0, (line, done.err)


def test_fault_59_a_process_of_its_own_works_without_a_network(place: Path) -> None:
    alone = ["unshare", "-rn"] if os.geteuid() else ["unshare", "-n"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        alone = []
    done = subprocess.run(
        [*alone, sys.executable, "-m", "nnrun", "epochs=2"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_fault_60_two_sweeps_started_together_share_nothing(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "nnrun", "-q", "epochs=2", UNDRAWN, "sweep.report=false", "-m"]
    started = [
        subprocess.Popen(
            [*words, "seed=0,1"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[0].strip() for process in started]
    assert [process.returncode for process in started] == [0, 0]
    assert len(set(said)) == 2
    for text in said:
        assert {path.name for path in (tmp_path / text).iterdir()} >= {"0", "1", "results.csv"}


def test_fault_61_of_two_resumes_of_one_run_the_second_is_refused(
    start: Start, nnrun: Command, place: Path
) -> None:
    run = start([*SLOW, UNDRAWN])
    run.until_rows(1)
    (directory,) = run.directories
    begun = time.monotonic()
    running = nnrun("resume", str(directory))
    assert time.monotonic() - begun < 5
    assert running.status == 4
    assert f"is in use by pid {run.process.pid} on {socket.gethostname()} since " in running.err
    run.process.send_signal(signal.SIGTERM)
    run.end()
    first = start(["resume", str(directory)])
    first.until_rows(run.rows + 1)
    second = nnrun("resume", str(directory))
    assert (second.status, f"by pid {first.process.pid} " in second.err) == (4, True)
    first.process.send_signal(signal.SIGTERM)
    assert first.end() == -signal.SIGTERM
