"""The same command twice leaves the same metrics and weights, byte for byte."""

from __future__ import annotations

import pytest

from conftest import Command

BATCHES = ("batch_size=7", "shuffle=true")
COMMANDS = {
    "the bare default": (),
    "batches": BATCHES,
    "dropout in batches": (*BATCHES, "model.dropout=0.3", "model.hidden=20x20"),
    "float64": ("dtype=float64",),
    "early stopping": ("val_fraction=0.2", "early_stopping.patience=3", "clip_norm=0.1", *BATCHES),
    "pictures in batches": ("dataset=random_mnist", "dataset.shape=8x8", "batch_size=32"),
    "random features": ("dataset=linear", "model=linear", "optim.lr=0.1", *BATCHES),
    "adam in batches": ("optim=adam", *BATCHES),
}
both_engines = pytest.mark.parametrize("engine", ["manual", "autograd"])


@both_engines
@pytest.mark.parametrize("name", list(COMMANDS))
def test_the_same_command_twice_leaves_the_same_bytes(name: str, engine: str, nnrun: Command) -> None:
    words = (*COMMANDS[name], f"engine={engine}", "epochs=12", "plots.save=false")
    first, second = nnrun(*words), nnrun(*words)
    assert first.status == 0, first.err
    assert first.directory != second.directory
    assert first.reproducible == second.reproducible


@both_engines
def test_two_processes_leave_the_same_bytes_whatever_their_hash_seed(
    engine: str, nnrun_process: Command
) -> None:
    words = (*COMMANDS["dropout in batches"], f"engine={engine}", "epochs=12", "plots.save=false")
    first, second = (nnrun_process(*words, PYTHONHASHSEED=seed) for seed in ("1", "2"))
    assert first.status == 0, first.err
    assert first.reproducible == second.reproducible


def test_pictures_and_what_is_said_change_no_result(nnrun: Command) -> None:
    loud = nnrun("epochs=5", "log_every=1", "name=loud", "plots.format=svg")
    silent = nnrun("epochs=5", "-q", "plots.save=false", "tags=[quiet]")
    assert (loud.directory / "fit.svg").exists()
    assert silent.err == ""
    assert loud.reproducible == silent.reproducible
    assert loud.summary["config_hash"] == silent.summary["config_hash"]


def test_the_seed_draws_weights_and_order_but_not_the_data(nnrun: Command) -> None:
    words = "epochs=3", "batch_size=10", "plots.save=false", "val_fraction=0.2"
    zero, one, data = nnrun(*words), nnrun(*words, "seed=1"), nnrun(*words, "dataset.seed=1")
    assert zero.reproducible != one.reproducible != data.reproducible != zero.reproducible
    assert zero.summary["reference"] == one.summary["reference"] != data.summary["reference"]


def test_longer_training_begins_with_the_same_epochs(nnrun: Command) -> None:
    words = "batch_size=9", "model.dropout=0.2", "plots.save=false"
    short, long = nnrun(*words, "epochs=4"), nnrun(*words, "epochs=9")
    assert long.reproducible[0].startswith(short.reproducible[0])
