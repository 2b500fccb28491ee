"""What the tests share: clean surroundings, and nnrun's command line in this process or one of its own."""

from __future__ import annotations

import gc
import itertools
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

# Before NumPy or torch is loaded: threads slow small arrays down, and other tests run beside.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"
for _variable in list(os.environ):
    if _variable.startswith("NNRUN_") or _variable in ("MPLBACKEND", "HYDRA_FULL_ERROR", "NO_COLOR"):
        del os.environ[_variable]

# As in a process of nnrun: what a test makes is mostly gone before a collection would find it.
gc.set_threshold(20_000)

# Processes of nnrun begin from cached bytecode, as those of an installed one.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Tests send these to processes of their own, which a shell's `&` or nohup would have made deaf.
for _number in (getattr(signal, name, None) for name in ("SIGINT", "SIGQUIT", "SIGHUP")):
    if _number is not None and signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.SIG_DFL)

settings.register_profile("nnrun", deadline=None)
settings.load_profile("nnrun")

PROCESS_SECONDS = 300
"""After which a process of nnrun counts as hanging."""


@dataclass(frozen=True)
class Finished:
    """One command that has ended.

    Attributes:
        status: exit status.
        out: what it printed on stdout.
        err: what it printed on stderr.
        found: the run directory that it made; None where it made none.
    """

    status: int
    out: str
    err: str
    found: Path | None

    @property
    def directory(self) -> Path:
        """The run directory that must be there."""
        assert self.found is not None, self.err
        return self.found

    @cached_property
    def summary(self) -> dict[str, Any]:
        """summary.json."""
        content: dict[str, Any] = json.loads((self.directory / "summary.json").read_text("utf-8"))
        return content

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """Columns of metrics.csv."""
        header, *rows = [line.split(",") for line in self.metrics_text.splitlines()]
        table = np.array(rows, dtype=np.float64).reshape(-1, len(header))
        return {name: table[:, index] for index, name in enumerate(header)}

    @property
    def metrics_text(self) -> str:
        """metrics.csv as it stands."""
        return (self.directory / "metrics.csv").read_text("utf-8")

    @property
    def reproducible(self) -> tuple[str, bytes]:
        """metrics.csv without its seconds, and model.safetensors: what the same command leaves again."""
        rows = [line.rpartition(",")[0] for line in self.metrics_text.splitlines()]
        return "\n".join(rows), (self.directory / "model.safetensors").read_bytes()

    @cached_property
    def weights(self) -> dict[str, Any]:
        """Arrays of model.safetensors by name."""
        from safetensors.numpy import load_file

        return dict(load_file(self.directory / "model.safetensors"))


Command = Callable[..., Finished]


def sampled(cases: Iterable[Any]) -> list[Any]:
    """Every other one of many alike cases; the others are for the campaign."""
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=marks)
        for case, marks in zip(cases, itertools.cycle([(), pytest.mark.campaign]))
    ]


def pytest_collection_finish() -> None:
    """What thousands of collected tests are made of is never garbage: no collection need look at it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _untouched_logging() -> Iterator[None]:
    """Takes away the log handlers that a run in this process leaves, and closes their files."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _runs(place: Path) -> set[Path]:
    return {path.parent for path in (place / "outputs").glob("*/*/metrics.csv") if not path.is_symlink()}


def _new(place: Path, before: set[Path]) -> Path | None:
    made = {path for path in _runs(place) - before if path.parent.name != "latest"}
    assert len(made) <= 1, made
    return next(iter(made), None)


@pytest.fixture
def nnrun(place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """`nnrun(*arguments)`: the command line in this process, in an empty working directory.

    It draws here, where matplotlib is loaded once for all tests; processes of their own draw as users' do.
    """

    def command(*arguments: str) -> Finished:
        from nnrun import cli
        from nnrun.plots import process

        monkeypatch.setattr(process, "_worth_it", lambda: False)
        before = _runs(place)
        capsys.readouterr()
        status = cli.run(arguments)
        captured = capsys.readouterr()
        return Finished(status, captured.out, captured.err, _new(place, before))

    return command


@pytest.fixture
def nnrun_process(place: Path) -> Command:
    """`nnrun_process(*arguments, **environment)`: a process of its own, in an empty working directory."""

    def command(*arguments: str, **environment: str) -> Finished:
        before = _runs(place)
        done = subprocess.run(
            [sys.executable, "-m", "nnrun", *arguments],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=PROCESS_SECONDS,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr, _new(place, before))

    return command


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """`interrupt(n)`: after n more epochs of whatever trains, Ctrl-C; once."""
    from nnrun.experiment import recording

    train: Callable[..., Iterator[Any]] = recording.train
    left = [0]

    def counting(*arguments: Any) -> Iterator[Any]:
        for epoch in train(*arguments):
            yield epoch
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(recording, "train", counting)
    return lambda epochs: left.__setitem__(0, epochs)
