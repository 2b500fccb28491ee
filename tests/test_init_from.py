"""`init_from`: the weights of another run, named so that they are still the same ones when it is done."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from conftest import Command

QUICK = ("epochs=4", "plots.save=false", "language=en")


def test_the_first_step_is_taken_from_the_other_runs_weights(nnrun: Command) -> None:
    before = load_file(nnrun(*QUICK).directory / "model.safetensors")
    after = load_file(nnrun("init_from=latest", "optim.lr=0", *QUICK).directory / "model.safetensors")
    for name, weights in before.items():
        np.testing.assert_array_equal(after[name], weights)


def test_latest_is_recorded_as_the_run_that_it_was(nnrun: Command) -> None:
    first = nnrun(*QUICK)
    second = nnrun("init_from=latest", *QUICK)
    id = f"{first.directory.parent.name}/{first.directory.name}"
    assert f"init_from={id}" in second.summary["command"]
    assert nnrun("rerun", str(second.directory), "--check").status == 0
    extended = nnrun("resume", str(second.directory), "epochs=9")
    assert extended.status == 0, extended.err
    at_once = nnrun(f"init_from={id}", "epochs=9", *QUICK[1:])
    wanted = load_file(at_once.directory / "model.safetensors")
    for name, weights in load_file(second.directory / "model.safetensors").items():
        np.testing.assert_array_equal(weights, wanted[name])


def test_a_sweep_from_latest_ones_can_be_resumed(nnrun: Command) -> None:
    nnrun("seed=1", *QUICK)
    nnrun("-m", "seed=2,3", *QUICK)
    swept = nnrun("-m", "init_from=latest/best,latest~1", *QUICK)
    assert swept.status == 0, swept.err
    first = Path(swept.out.strip(), "0")
    whole = (first / "metrics.csv").read_text("utf-8")
    shutil.rmtree(first)
    done = nnrun("resume", "latest")
    assert done.status == 0, done.err
    again = (first / "metrics.csv").read_text("utf-8")
    assert [row.rpartition(",")[0] for row in again.splitlines()] == [
        row.rpartition(",")[0] for row in whole.splitlines()
    ]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("latest", "init_from=latest: is a sweep; write one of its runs, such as latest/best"),
        ("latest~5", "init_from=latest~5: there is 1 run under"),
        ("nobody", "init_from=nobody: no such run under"),
    ],
)
def test_what_has_no_weights_is_refused_in_the_words_that_were_typed(
    word: str, said: str, nnrun: Command
) -> None:
    nnrun("-m", "seed=2,3", *QUICK)
    done = nnrun(f"init_from={word}", *QUICK)
    assert done.status == 2
    assert said in done.err
