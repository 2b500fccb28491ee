"""Disks that fill up or refuse: what was there stays whole, and the run goes on once there is room."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import Command
from nnrun.runs.reading import read_metrics

QUICK = ("plots.save=false", "language=en", "log_every=100000")
LONG = ("epochs=3000", "checkpoint_every=100", "metrics=[]", "engine=manual")


def whole(directory: Path) -> None:
    """Checks that every file is one, and that nothing temporary is left."""
    for path in directory.rglob("*"):
        assert path.name == "nnrun.log" or path.is_dir() or path.stat().st_size, path
        if path.suffix == ".json":
            json.loads(path.read_text("utf-8"))
        elif path.suffix == ".npz":
            with np.load(path) as arrays:
                dict(arrays)
    assert not [path.name for path in directory.iterdir() if path.name.startswith(".") and path.is_file()]
    if (directory / "metrics.csv").exists():
        assert read_metrics(directory / "metrics.csv")[1] == 0


@contextlib.contextmanager
def small_disk(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Callable[[], None]]]:
    """A directory in which 96 KB have room, and what makes it large; a real disk where one may be mounted."""
    disk = place / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode == 0:
        remount = ["mount", "-o", "remount,size=8m", str(disk)]
        try:
            yield disk, lambda: subprocess.run(remount, check=True)  # type: ignore[return-value]
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=True)
        return
    write, left = os.write, [64_000]

    def full(handle: int, data: Any) -> int:
        left[0] -= len(data)
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(handle, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        yield disk, patch.undo


def test_fault_31_a_disk_that_fills_up_while_it_trains_loses_no_checkpoint(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = nnrun(*QUICK, *LONG)
    with small_disk(place, monkeypatch) as (disk, enlarge):
        done = nnrun(*QUICK, *LONG, f"output={disk}")
        assert done.status == 3, done.err
        (line,) = [line for line in done.err.splitlines() if line.startswith("nnrun: ")]
        told = re.fullmatch(
            r"nnrun: cannot write \S+: disk full; .*; (\d+) epochs are saved; then: nnrun resume (\S+)", line
        )
        assert told is not None, line
        assert int(told[1]) % 100 == 0
        assert int(told[1]) > 0
        directory = Path(told[2])
        whole(directory)
        enlarge()
        again = nnrun("resume", str(directory))
        assert again.status == 0, again.err
        assert f"going on after epoch {told[1]} of 3000" in again.err
        rows = [line.rpartition(",")[0] for line in (directory / "metrics.csv").read_text().splitlines()]
        assert "\n".join(rows) == expected.reproducible[0]
        assert (directory / "model.safetensors").read_bytes() == expected.reproducible[1]


@pytest.mark.parametrize("launcher", ["vectorized", "basic"])
def test_fault_31_a_sweep_on_a_disk_that_fills_up_says_how_to_go_on(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch, launcher: str
) -> None:
    with small_disk(place, monkeypatch) as (disk, enlarge):
        words = ("-m", f"hydra/launcher={launcher}", "sweep.report=false", "seed=0..3", f"output={disk}")
        done = nnrun(*QUICK, *LONG, *words)
        assert done.status == 3, done.err
        (line,) = [line for line in done.err.splitlines() if line.startswith("nnrun: ")]
        told = re.fullmatch(
            r"nnrun: cannot write \S+: disk full; .*; (\d) of 4 runs are done; then: nnrun resume (\S+)", line
        )
        assert told is not None, line
        enlarge()
        again = nnrun("resume", told[2])
        assert again.status == 0, again.err
        summaries = [json.loads((Path(told[2]) / str(job) / "summary.json").read_text()) for job in range(4)]
        assert [summary["status"] for summary in summaries] == ["completed"] * 4


def test_fault_31_resume_on_a_disk_that_is_still_full_says_so_again(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(place, monkeypatch) as (disk, enlarge):
        assert nnrun(*QUICK, *LONG, f"output={disk}").status == 3
        (directory,) = disk.glob("2*/*")
        # Not even the log has room.
        (directory / "nnrun.log").write_bytes(b"")
        with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as file:
            for _ in range(200):
                file.write(bytes(1000))
        again = nnrun("resume", str(directory))
        assert (again.status, "disk full" in again.err) == (3, True), again.err
        assert "Traceback" not in again.err
        assert "Logging error" not in again.err
        (disk / "filler").unlink()
        enlarge()
        assert nnrun("resume", str(directory)).status == 0


def test_fault_31_a_disk_that_is_full_at_the_start_is_left_as_it_was(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any, **options: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("omegaconf.OmegaConf.save", full)
    monkeypatch.setattr("nnrun.runs.files.os.fsync", full)
    done = nnrun(*QUICK, "epochs=3")
    assert done.status == 3
    assert "disk full" in done.err
    assert [path for path in (place / "outputs").rglob("*") if path.is_file()] == []
    assert [path.name for path in place.glob("outputs/2*/*")] == []


@pytest.mark.parametrize("words", [("epochs=4",), ("epochs=4", "-m", "seed=0,1")], ids=["run", "sweep"])
@pytest.mark.parametrize("number", ["ENOSPC", "EROFS"])
@pytest.mark.parametrize("at", [1, 4, 7])
def test_fault_32_whichever_rename_fails_files_are_old_or_new(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], number: str, at: int
) -> None:
    replace, count = os.replace, [0]

    def failing(source: Any, target: Any, **options: Any) -> None:
        count[0] += "outputs/2" in str(target)
        if count[0] == at:
            raise OSError(getattr(errno, number), os.strerror(getattr(errno, number)))
        replace(source, target, **options)

    monkeypatch.setattr(os, "replace", failing)
    done = nnrun(*QUICK, "checkpoint_every=2", *words)
    assert done.status in (0, 3), done.err
    assert "Traceback" not in done.err
    if done.status == 3:
        assert "nnrun: cannot write " in done.err
    for directory in place.glob("outputs/2*/*"):
        whole(directory)
