"""The training loop: what is measured when, when it stops, and what a run ends with."""

from __future__ import annotations

import math
import os
import platform
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from conftest import Command, Finished
from nnrun.datasets import datasets, draw
from nnrun.experiment.summary import outcomes
from nnrun.seeding import stream
from nnrun.spec import EarlyStopping, Settings
from nnrun.training import population as populations
from nnrun.training.allocation import keep_freed_memory
from nnrun.training.data import bounds, in_sample_order
from nnrun.training.loop import train
from nnrun.training.population import Population
from nnrun.training.snapshots import snapshot_epochs
from small_runs import choice, spec, trained

both_engines = pytest.mark.parametrize("engine", ["manual", "autograd"])


def module_of(weights: dict[str, Any]) -> nn.Module:
    """A 1-hidden-layer ReLU network of torch with these weights."""
    hidden, inputs = weights["0.weight"].shape
    network = nn.Sequential(
        nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, len(weights["2.weight"]))
    ).double()
    network.load_state_dict({name: torch.tensor(values) for name, values in weights.items()})
    return network.eval()


def named(population: Population, member: int = 0) -> dict[str, Any]:
    return population.network.named(population.engine.weights()[member])


def measured_by_torch(weights: dict[str, Any], split: Any, task: str) -> dict[str, float]:
    """Loss and metrics of a network on one part of the data, by the book."""
    with torch.no_grad():
        prediction = module_of(weights)(torch.tensor(split.x))
    y = torch.tensor(split.y)
    if task == "classification":
        right = (prediction.argmax(1) == y).double().mean()
        return {"loss": nn.functional.cross_entropy(prediction, y).item(), "accuracy": right.item()}
    error = (prediction - y).numpy()
    return {
        "loss": float((error**2).mean()),
        "mae": float(np.abs(error).mean()),
        "r2": float(1 - (error**2).mean() / np.var(split.y)),
    }


# What is measured --------------------------------------------------------------------------------------


@both_engines
@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
def test_final_validation_and_test_metrics_are_those_of_the_saved_weights(
    loss: str, engine: str, nnrun: Command
) -> None:
    data = {
        "mse": ("dataset=quadratic",),
        "cross_entropy": ("dataset=random_mnist", "dataset.shape=3x4", "dataset.classes=3"),
    }[loss]
    words = *data, f"engine={engine}", "batch_size=16", "val_fraction=0.3", "optim.lr=0.05", "epochs=7"
    run = nnrun(*words, "plots.save=false")
    assert run.status == 0, run.err
    name, options = data[0].split("=")[1], {}
    if name == "random_mnist":
        options = {"shape": (3, 4), "classes": 3}
    dataset = draw(datasets.build(name, **options), 0.3, 0.0)
    for part in ("train", "val", "test"):
        saved = run.summary["test" if part == "test" else "final"]
        wanted = measured_by_torch(run.weights, getattr(dataset, part), dataset.source.task)
        for key, value in wanted.items():
            assert saved[f"{part}/{key}"] == pytest.approx(value, rel=1e-5, abs=1e-6), (part, key)
    # Validation is measured after an epoch's last update, so its last row is the final one.
    for key in wanted:
        assert run.metrics[f"val/{key}"][-1] == pytest.approx(run.summary["final"][f"val/{key}"], rel=1e-7)
    assert run.summary["objective"] == {
        "name": "val/loss",
        "value": run.summary["final"]["val/loss"],
        "greater_is_better": False,
    }
    sizes = [len(getattr(dataset, part)) for part in ("train", "val", "test")]
    assert list(run.summary["dataset"]["samples"].values()) == sizes


@both_engines
def test_a_full_batch_measures_before_its_update_and_final_measures_after_the_last(engine: str) -> None:
    run = spec(optim=choice("optim", "sgd", lr=0.1), epochs=4, engine=engine, dtype="float64")
    population = Population([run])
    split = population.dataset(0).train
    before = measured_by_torch(named(population), split, "regression")
    for epoch in train(population):
        for name, value in before.items():
            assert epoch.train[name][0] == pytest.approx(value, rel=1e-9)
        before = measured_by_torch(named(population), split, "regression")
    (outcome,) = outcomes(population, np.ones(1))
    for name, value in before.items():
        assert outcome["final"][f"train/{name}"] == pytest.approx(value, rel=1e-9)


@both_engines
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("size", [4, 5, 12, 13, 50])
def test_the_loss_of_an_epoch_weighs_batches_by_size_and_metrics_are_pooled(
    size: int, shuffle: bool, engine: str
) -> None:
    """13 samples: each batch's loss and predictions are from before its own update."""
    run = spec(
        optim=choice("optim", "sgd", lr=0.2),
        epochs=3,
        batch_size=size,
        shuffle=shuffle,
        engine=engine,
        seed=5,
        dtype="float64",
    )
    population = Population([run])
    x, y = (torch.tensor(values) for values in vars(population.dataset(0).train).values())
    network = module_of(named(population)).train()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.2)
    for epoch in train(population):
        order = stream(5, "order", epoch.number).permutation(13) if shuffle else np.arange(13)
        total, errors = 0.0, []
        for start in range(0, 13, size):
            rows = order[start : start + size]
            optimizer.zero_grad()
            prediction = network(x[rows])
            loss = nn.functional.mse_loss(prediction, y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
            errors.append((prediction - y[rows]).detach())
        error = torch.cat(errors)
        assert epoch.step == epoch.number * math.ceil(13 / size)
        assert epoch.train["loss"][0] == pytest.approx(total / 13, rel=1e-9)
        assert epoch.train["mae"][0] == pytest.approx(error.abs().mean().item(), rel=1e-9)
        pooled = 1 - (error**2).mean() / y.var(correction=0)
        assert epoch.train["r2"][0] == pytest.approx(pooled.item(), rel=1e-9)


def test_without_metrics_only_the_loss_is_measured() -> None:
    run = trained(spec(metrics=(), epochs=2, val_fraction=0.3))
    assert [list(epoch.train) for epoch in run.epochs] == [["loss"]] * 2
    assert [list(epoch.val) for epoch in run.epochs] == [["loss"]] * 2


def test_validation_samples_are_never_trained_on() -> None:
    """Other targets of the validation samples change nothing but what is measured on them."""
    run = spec(epochs=5, val_fraction=0.4, batch_size=3)
    plain, poisoned = Population([run]), Population([run])
    assert poisoned.val is not None
    poisoned.val.y[...] = 1e3
    ends = []
    for population in (plain, poisoned):
        epochs = list(train(population))
        ends.append((named(population)["0.weight"].tobytes(), [e.train["loss"][0] for e in epochs]))
    assert ends[0] == ends[1]


@given(st.integers(1, 200), st.integers(1, 300))
def test_batches_cover_every_sample_once(samples: int, size: int) -> None:
    limits = bounds(samples, size)
    assert [i for start, stop in limits for i in range(start, stop)] == list(range(samples))
    assert all(stop - start == size for start, stop in limits[:-1])


@given(st.integers(1, 30), st.integers(1, 3), st.integers(0, 99))
def test_visited_predictions_find_back_to_their_samples(samples: int, members: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    order = np.stack([rng.permutation(samples) for _ in range(members)])
    values = rng.normal(size=(members, samples, 2))
    visited = np.stack([values[member][order[member]] for member in range(members)])
    np.testing.assert_array_equal(in_sample_order(visited, order), values)


def test_the_rate_of_an_epoch_is_that_of_its_schedule() -> None:
    run = spec(
        optim=choice("optim", "sgd", lr=0.2),
        schedule=choice("schedule", "step", every=2, gamma=0.5),
        epochs=6,
    )
    rates = [epoch.rate[0] for epoch in trained(run).epochs]
    np.testing.assert_allclose(rates, [0.2, 0.2, 0.1, 0.1, 0.05, 0.05])


# Clipping ----------------------------------------------------------------------------------------------


@both_engines
@pytest.mark.parametrize("limit", [1e-3, 0.1, 1e3])
def test_clipping_is_that_of_torch(limit: float, engine: str) -> None:
    run = spec(
        optim=choice("optim", "sgd", lr=0.5, momentum=0.9),
        epochs=20,
        batch_size=5,
        shuffle=False,
        clip_norm=limit,
        engine=engine,
        dtype="float64",
    )
    population = Population([run])
    x, y = (torch.tensor(values) for values in vars(population.dataset(0).train).values())
    network = module_of(named(population)).train()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5, momentum=0.9)
    for _ in train(population):
        for start in range(0, 13, 5):
            optimizer.zero_grad()
            nn.functional.mse_loss(network(x[start : start + 5]), y[start : start + 5]).backward()
            nn.utils.clip_grad_norm_(network.parameters(), limit)
            optimizer.step()
    for name, values in network.state_dict().items():
        np.testing.assert_allclose(named(population)[name], values, rtol=1e-9, atol=1e-12)


@both_engines
def test_a_gradient_too_long_for_its_dtype_is_not_clipped_where_nothing_was_asked(engine: str) -> None:
    """Its norm overflows, which is no reason to touch the gradient of a member without a limit."""
    steep = choice("dataset", "quadratic", samples=10, a=1e5, low=-1e5, high=1e6)
    wild = spec("linear", dataset=steep, optim=choice("optim", "sgd", lr=1e-14), epochs=2, engine=engine)
    clipped = replace(wild, clip_norm=1.0)
    alone, together = trained(wild), trained([wild, clipped])
    np.testing.assert_allclose(together.weights[0], alone.weights[0], rtol=1e-5)
    assert np.abs(alone.weights[0]).max() > 1e3


# Early stopping ----------------------------------------------------------------------------------------


def stops_at(losses: Any, patience: int, threshold: float) -> tuple[int, int]:
    """The epoch at which a run with these losses stops (0: never) and the best epoch until then."""
    best, best_epoch = math.inf, 0
    for number, loss in enumerate(losses, start=1):
        if best_epoch == 0 or best - loss > threshold * best:
            best, best_epoch = loss, number
        if number - best_epoch >= patience:
            return number, best_epoch
    return 0, best_epoch


@both_engines
@pytest.mark.parametrize(("patience", "threshold"), [(1, 0.0), (3, 0.0), (7, 0.0), (2, 0.05), (1, 0.5)])
def test_a_run_stops_when_patience_runs_out(patience: int, threshold: float, engine: str) -> None:
    run = spec(
        dataset=choice("dataset", "quadratic"),
        optim=choice("optim", "sgd", lr=0.3),
        batch_size=10,
        val_fraction=0.2,
        epochs=60,
        engine=engine,
    )
    asked = EarlyStopping(patience=patience, threshold=threshold)
    free, stopped = trained(run), trained(replace(run, early_stopping=asked))
    stop, best = stops_at(free.column("val/loss"), patience, threshold)
    assert 0 < stop < 60
    for name, values in stopped.table().items():
        np.testing.assert_array_equal(values, free.table()[name][:stop])
    member = stopped.population.members[0]
    assert (member.ending, member.epochs, member.best_epoch) == ("stopped", stop, best)
    assert member.best == free.column("val/loss")[best - 1]
    # The best epoch's weights are those that a run of so many epochs ends with.
    assert stopped.weights.tobytes() == trained(replace(run, epochs=best)).weights.tobytes()
    kept = trained(replace(run, early_stopping=replace(asked, restore_best=False)))
    assert kept.weights.tobytes() == trained(replace(run, epochs=stop)).weights.tobytes()


def test_a_stopped_run_records_what_happened(nnrun: Command) -> None:
    words = "optim.lr=0.3", "batch_size=10", "val_fraction=0.2", "epochs=60", "early_stopping.patience=2"
    run = nnrun(*words)
    stop, best = stops_at(run.metrics["val/loss"], 2, 0.0)
    assert run.status == 0
    assert run.summary["status"] == "stopped"
    assert run.summary["epochs"] == len(run.metrics["epoch"]) == stop < 60
    assert run.summary["stop"] == {
        "epoch": stop,
        "reason": "no better loss for 2 epochs",
        "kind": "stopped",
        "patience": 2,
    }
    assert run.summary["best"]["name"] == "val/loss"
    assert run.summary["best"]["epoch"] == best
    for value in (run.summary["best"]["value"], run.summary["final"]["val/loss"]):
        assert value == pytest.approx(run.metrics["val/loss"][best - 1], rel=1e-7)


def test_without_validation_the_training_loss_is_watched() -> None:
    run = spec(
        optim=choice("optim", "sgd", lr=0.5),
        batch_size=2,
        epochs=60,
        early_stopping=EarlyStopping(patience=2),
    )
    outcome = trained(run)
    free = trained(replace(run, early_stopping=EarlyStopping()))
    stop, best = stops_at(free.column("train/loss"), 2, 0.0)
    assert 0 < stop < 60
    member = outcome.population.members[0]
    assert (member.ending, member.epochs, member.best_epoch) == ("stopped", stop, best)


def test_patience_that_runs_out_at_the_last_epoch_is_a_completed_run() -> None:
    run = spec(epochs=4, optim=choice("optim", "sgd", lr=0.0), early_stopping=EarlyStopping(patience=3))
    member = trained(run).population.members[0]
    assert (member.ending, member.epochs, member.best_epoch) == ("completed", 4, 1)


# Ends --------------------------------------------------------------------------------------------------


@both_engines
def test_no_epochs_evaluate_and_save_the_initial_weights(engine: str, nnrun: Command) -> None:
    run = nnrun("epochs=0", f"engine={engine}", "seed=3", "val_fraction=0.2")
    assert run.status == 0
    assert run.summary["status"] == "completed"
    assert run.metrics_text == (
        "epoch,step,lr,train/loss,train/mae,train/r2,val/loss,val/mae,val/r2,seconds\n"
    )
    dataset = draw(datasets.build("quadratic"), 0.2, 0.0)
    for part in ("train", "val"):
        for name, value in measured_by_torch(run.weights, getattr(dataset, part), "regression").items():
            assert run.summary["final"][f"{part}/{name}"] == pytest.approx(value, rel=1e-5)
    assert run.summary["best"] is None
    network = Population([spec(dataset=choice("dataset", "quadratic"), seed=3)]).networks[0]
    for name, values in network.named(network.initial(3)).items():
        np.testing.assert_array_equal(run.weights[name], values.astype(np.float32))
    assert {"fit.png", "curves.png"} <= {path.name for path in run.directory.iterdir()}


def assert_truthful(run: Finished) -> None:
    """Finite weights, whole rows, and no word of NaN in the summary."""
    assert run.status == 0
    assert all(np.isfinite(values).all() for values in run.weights.values())
    assert "NaN" not in (run.directory / "summary.json").read_text("utf-8")
    assert len(run.metrics["epoch"]) == run.summary["epochs"]


@both_engines
@pytest.mark.parametrize("rate", ["10", "1e38"])
def test_a_loss_that_leaves_the_numbers_ends_the_run_there(rate: str, engine: str, nnrun: Command) -> None:
    run = nnrun(
        "model=linear",
        f"optim.lr={rate}",
        f"engine={engine}",
        "epochs=200",
        "plots.save=false",
        "loss=half_sse",
    )
    assert_truthful(run)
    losses = run.metrics["train/loss"]
    assert run.summary["status"] == "diverged"
    assert not np.isfinite(losses[-1])
    assert np.isfinite(losses[:-1]).all()
    assert run.summary["stop"]["epoch"] == len(losses) < 200
    assert "not finite" in run.summary["stop"]["reason"]


@both_engines
def test_a_validation_loss_that_leaves_the_numbers_ends_the_run_too(engine: str) -> None:
    population = Population([spec(epochs=5, val_fraction=0.3, engine=engine)])
    assert population.val is not None
    population.val.x[...] = np.inf
    epochs = list(train(population))
    assert len(epochs) == 1
    assert population.members[0].ending == "diverged"


@both_engines
@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_an_update_that_leaves_the_numbers_is_a_divergence_at_the_last_epoch_too(
    epochs: int, engine: str
) -> None:
    steep = choice("dataset", "quadratic", a=1e8)
    run = spec(dataset=steep, optim=choice("optim", "sgd", lr=3e38), epochs=epochs, engine=engine)
    outcome = trained(run)
    (recorded,) = outcomes(outcome.population, outcome.epochs[0].train["loss"])
    assert recorded["status"] == "diverged"
    assert recorded["stop"]["reason"] == "loss not finite (lr=3e+38)"
    assert np.isfinite(outcome.weights).all()


def test_a_loss_that_grew_from_nothing_is_a_divergence_without_a_ratio() -> None:
    run = trained(spec(epochs=1))
    (outcome,) = outcomes(run.population, np.zeros(1))
    assert outcome["status"] == "diverged"


@pytest.mark.parametrize(("factor", "status"), [(9.9, "completed"), (10.1, "diverged")])
def test_a_final_loss_ten_times_the_first_is_a_divergence(factor: float, status: str) -> None:
    run = trained(spec(epochs=3))
    final = run.population.evaluate(run.population.train)["loss"]
    (outcome,) = outcomes(run.population, final / factor)
    assert outcome["status"] == status
    if status == "diverged":
        assert outcome["stop"]["epoch"] == 3
        assert outcome["stop"]["reason"] == "loss 10.1 times the first (lr=0.5)"


def test_a_run_that_grew_but_stayed_finite_says_by_how_much(nnrun: Command) -> None:
    run = nnrun(
        "model=linear", "loss=half_sse", "optim.lr=0.0205", "epochs=60", "dtype=float64", "plots.save=false"
    )
    assert_truthful(run)
    assert run.summary["status"] == "diverged"
    assert run.summary["epochs"] == 60
    assert "times the first" in run.summary["stop"]["reason"]


@both_engines
def test_an_interrupted_run_ends_with_its_last_complete_epoch(engine: str) -> None:
    run = spec(epochs=50, batch_size=5, engine=engine)
    population, calls = Population([run]), iter(range(1000))
    epochs = list(train(population, interrupted=lambda: next(calls) >= 3 * 4 + 1))
    assert len(epochs) == 4
    assert population.members[0].ending is None
    assert population.members[0].epochs == 4
    alone = trained(replace(run, epochs=4))
    assert population.engine.weights().tobytes() == alone.weights.tobytes()
    (outcome,) = outcomes(population, epochs[0].train["loss"])
    assert outcome["status"] == "interrupted"
    assert outcome["stop"] == {"epoch": 4, "reason": "interrupted", "kind": "interrupted"}


@pytest.mark.parametrize(
    ("objective", "greater"),
    [("train/loss", False), ("val/mae", False), ("val/r2", True), ("test/loss", False), ("test/r2", True)],
)
def test_the_objective_is_the_final_value_of_what_was_asked(objective: str, greater: bool) -> None:
    run = trained(spec(objective=objective, val_fraction=0.2, epochs=3))
    (outcome,) = outcomes(run.population, run.epochs[0].train["loss"])
    values = outcome["final"] | outcome["test"]
    assert outcome["objective"] == {
        "name": objective,
        "value": values[objective],
        "greater_is_better": greater,
    }


@pytest.mark.parametrize(
    ("words", "objective"),
    [((), "train/loss"), (("val_fraction=0.2",), "val/loss"), (("loss=mae",), "train/loss")],
)
def test_the_objective_is_chosen_by_whether_there_is_validation(
    words: tuple[str, ...], objective: str, nnrun: Command
) -> None:
    run = nnrun(*words, "epochs=1", "plots.save=false")
    assert run.summary["objective"]["name"] == objective


def test_snapshots_are_few_and_reach_from_the_start_to_the_end() -> None:
    for epochs in (0, 1, 5, 20, 21, 100, 1000):
        chosen = snapshot_epochs(epochs)
        assert min(chosen) == 0
        assert max(chosen) == epochs
        assert len(chosen) == min(epochs + 1, 21)


def test_a_population_is_judged_member_by_member() -> None:
    base = spec(epochs=6, optim=choice("optim", "sgd", lr=0.1))
    rates = [0.1, 1e30, 0.0]
    specs = [replace(base, optim=choice("optim", "sgd", lr=rate)) for rate in rates]
    run = trained(specs)
    together = outcomes(run.population, run.epochs[0].train["loss"])
    assert [outcome["status"] for outcome in together] == ["completed", "diverged", "completed"]
    for own, outcome in zip(specs, together, strict=True):
        alone = trained(own)
        (wanted,) = outcomes(alone.population, alone.epochs[0].train["loss"])
        np.testing.assert_equal(outcome, wanted)


@pytest.mark.parametrize(("asked", "least", "expected"), [(None, 10**6, 1), (3, 10**6, 3), (None, 10, 4)])
def test_threads_follow_the_work_of_a_step(
    asked: int | None, least: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: list[int] = []
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    monkeypatch.setattr(torch, "set_num_threads", chosen.append)
    monkeypatch.setattr(populations, "WORK_OF_ONE_THREAD", least)
    Population([spec(engine="autograd", settings=Settings(threads=asked))])
    assert chosen == [expected]


def test_a_population_trains_in_memory_that_it_has_already() -> None:
    resource = pytest.importorskip("resource")
    if not keep_freed_memory():
        assert sys.platform != "linux" or platform.libc_ver()[0] != "glibc"
        return
    specs = [replace(spec(engine="manual", epochs=20), seed=seed) for seed in range(3000)]
    population = Population(specs)
    epochs = train(population)
    for _ in range(5):
        next(epochs)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    assert sum(1 for _ in epochs) == 15
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    # Fresh pages for every array would be some 650 an epoch.
    assert faults < 15 * 150
