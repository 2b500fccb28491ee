"""Runs that go wrong while they train, and the same run twice."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import numpy as np
import pytest

from conftest import Command
from nnrun.comparison import choosing
from nnrun.completing.candidates import answer
from nnrun.experiment import recording
from nnrun.runs import moments
from nnrun.runs.finding import find_run
from nnrun.runs.ordering import by_claim
from nnrun.runs.reading import read_run


@pytest.mark.parametrize("engine", ["manual", "autograd"])
def test_fault_25_a_loss_that_is_not_finite_is_a_result_with_pictures(nnrun: Command, engine: str) -> None:
    done = nnrun("optim.lr=10", "epochs=50", f"engine={engine}", "seed=1")
    assert done.status == 0
    summary = done.summary
    assert summary["status"] == "diverged"
    epoch = summary["stop"]["epoch"]
    assert f"diverged at epoch {epoch}: loss not finite (lr=10)" in done.err
    assert done.metrics["epoch"].tolist() == list(range(1, epoch + 1))
    assert not np.isfinite(done.metrics["train/loss"][-1])
    assert np.isfinite(done.metrics["train/loss"][:-1]).all()
    assert all(np.isfinite(weights).all() for weights in done.weights.values())
    for name in ("fit.png", "curves.png"):
        assert (done.directory / name).stat().st_size > 5000
    assert "could not be drawn" not in done.err
    assert "Warning" not in done.err


def test_fault_25_a_loss_that_grows_tenfold_is_divergence_too(nnrun: Command) -> None:
    done = nnrun("optim.lr=3", "epochs=3", "model=linear", "dataset=linear", "plots.save=false")
    assert done.status == 0
    assert done.summary["status"] == "diverged"
    assert "times the first (lr=3)" in done.err


def numpys() -> None:
    np.empty(10**14)


def torchs() -> None:
    import torch

    torch.empty(10**14)


def an_archive() -> None:
    """NumPy's while it writes into memory: closing what it wrote fails in its turn."""
    try:
        raise MemoryError
    finally:
        raise ValueError("I/O operation on closed file.")


@pytest.mark.parametrize(
    ("allocate", "asked"),
    [(numpys, ", asked for 728. TiB"), (torchs, r", asked for \d+ bytes"), (an_archive, "")],
)
def test_fault_27_a_run_without_memory_fails_with_what_it_asked_for(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch, allocate: Callable[[], None], asked: str
) -> None:
    monkeypatch.setattr(recording, "train", lambda *arguments: allocate())
    done = nnrun("epochs=2", "plots.save=false", "-q")
    assert done.status == 3
    assert re.fullmatch(f"nnrun: out of memory{asked}; try a smaller batch_size, .*\n", done.err), done.err
    (summary,) = Path("outputs").glob("2*/*/summary.json")
    assert json.loads(summary.read_text("utf-8"))["status"] == "failed"


@pytest.mark.parametrize(
    "line",
    [
        "engine=manual",
        "engine=autograd",
        "engine=manual batch_size=16 model.dropout=0.2 val_fraction=0.2 optim=adam",
    ],
)
def test_fault_29_the_same_command_leaves_the_same_bytes(nnrun: Command, line: str) -> None:
    first, second = (nnrun("epochs=20", "plots.save=false", *line.split()) for _ in range(2))
    assert first.status == second.status == 0
    assert first.reproducible == second.reproducible
    assert first.directory != second.directory


def test_fault_30_durations_and_order_survive_a_clock_that_jumps_back(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = time.time
    begun = true()
    monkeypatch.setattr(time, "time", lambda: begun - 3600 * (true() - begun))
    done = nnrun("epochs=20", "plots.save=false")
    assert done.status == 0
    assert (np.diff(done.metrics["seconds"]) >= 0).all()
    assert 0 <= done.summary["seconds"] < 100


def test_fault_30_files_hold_utc_wherever_the_clock_stands(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for zone in ("Bogus/Nowhere", "Asia/Kathmandu"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        before = time.time()
        done = nnrun("epochs=1", "plots.save=false")
        started = np.datetime64(done.summary["started"].removesuffix("Z"), "s").astype(int)
        assert before - 1 <= started <= time.time() + 1
        assert done.summary["started"].endswith("Z")
    monkeypatch.undo()
    time.tzset()


WEST, EAST = "<-11>11", "<+14>-14"
"""The zones whose clocks on the wall are furthest apart: 25 hours."""

SMALL = ("epochs=1", "plots.save=false")


def test_fault_30_runs_are_in_the_order_of_their_claims_not_of_their_names(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = []
    for zone in (EAST, EAST, WEST):
        with monkeypatch.context() as there:
            there.setenv("TZ", zone)
            time.tzset()
            sweep = ["-m", "seed=0,1"] if len(ids) == 1 else []
            assert nnrun(*SMALL, *sweep).status == 0
        ids.append(_newest())
    time.tzset()
    assert ids[2] < ids[0]
    _require_order(nnrun, ids[::-1])
    Path("outputs/latest").unlink()
    _require_order(nnrun, ids[::-1])


@pytest.mark.parametrize("lost", ["nothing", "the link", "the latest run"])
def test_fault_30_the_order_of_claims_survives_a_clock_that_is_set_back(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    ids = []
    for days in (400, 1, 0):
        monkeypatch.setattr(moments, "datetime", _clock_ahead(timedelta(days=days)))
        assert nnrun(*SMALL, f"hydra.run.dir=outputs/{2027 - len(ids)}-01-01/10-00-00_x").status == 0
        ids.append(_newest())
        if lost == "the link":
            Path("outputs/latest").unlink()
        elif lost == "the latest run" and days == 1:
            shutil.rmtree(Path("outputs/latest").resolve())
            ids.pop()
    _require_order(nnrun, ids[::-1])
    read = [json.loads(Path("outputs", id, "summary.json").read_text("utf-8")) for id in ids]
    assert [summary["started"] < "2027" for summary in read] == [
        days < 300 for days in (400, 1, 0)[: len(ids)]
    ]


def _newest() -> str:
    """Id of the run just claimed."""
    return Path("outputs/latest").resolve().relative_to(Path("outputs").resolve()).as_posix()


def _require_order(nnrun: Command, ids: list[str]) -> None:
    """Every command that knows an order has these ids in it, the latest first."""
    rows = json.loads(nnrun("list", "--json").out)
    assert [row["id"] for row in rows] == ids
    for back, id in enumerate(ids):
        assert find_run(f"latest~{back}") == Path("outputs", id)
    assert [path.as_posix() for path in by_claim(Path("outputs"))] == [f"outputs/{id}" for id in ids[::-1]]
    assert choosing._meant("outputs/2*/*") == [Path("outputs", id) for id in ids[::-1]]
    offered = answer(["open"], "latest~", Path("outputs")).candidates
    assert [each.description.split(":")[0] for each in offered] == [id[11:] for id in ids[1:]]


def _clock_ahead(by: timedelta) -> type[datetime]:
    class Ahead(datetime):
        @classmethod
        def now(cls, zone: tzinfo | None = None) -> Self:
            return super().now(zone) + by

    return Ahead


def _rows(kind: str, epochs: int) -> list[float]:
    losses = {
        "nan": [np.nan],
        "inf": [np.inf],
        "huge": [1e308],
        "equal": [0.5],
        "zero": [0.0],
        "mixed": [1.0, np.nan, np.inf, 1e308, 0.0, 1e-300],
    }[kind]
    return [losses[index % len(losses)] for index in range(epochs)]


@pytest.mark.parametrize("epochs", [1, 12])
@pytest.mark.parametrize("kind", ["nan", "inf", "huge", "equal", "zero", "mixed"])
def test_fault_52_pictures_appear_whatever_the_metrics_hold(
    nnrun: Command, place: Path, kind: str, epochs: int
) -> None:
    from nnrun.plots.fork import Request, failure_of

    done = nnrun(f"epochs={epochs}", "plots.save=false", "optim.lr=0.05")
    path = done.directory / "metrics.csv"
    header, *lines = path.read_text("utf-8").splitlines()
    column = header.split(",").index("train/loss")
    cells = [line.split(",") for line in lines]
    for row, value in zip(cells, _rows(kind, epochs), strict=True):
        row[column] = repr(float(value))
    path.write_text("\n".join([header, *(",".join(row) for row in cells), ""]), "utf-8")
    assert read_run(done.directory).skipped == 0
    for picture in ("fit", "curves"):
        assert failure_of(Request(str(done.directory)), picture) is None
        assert (done.directory / f"{picture}.png").stat().st_size > 5000
