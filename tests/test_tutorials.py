"""Each preset against its tutorial: the expected numbers, and torch's own modules step by step."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from torch import nn

from conftest import Command, Finished
from nnrun.composing import Composer
from nnrun.config import bind
from nnrun.datasets import Dataset, datasets, draw
from nnrun.seeding import stream
from nnrun.training.loop import train
from nnrun.training.population import Population

Batches = Sequence[Any]
"""For each batch of an epoch the indices of its samples."""

NETWORKS = {
    "linear_regression": lambda: nn.Linear(4, 1),
    "ten_points": lambda: nn.Sequential(nn.Linear(1, 5), nn.Sigmoid(), nn.Linear(5, 1, bias=False)),
    "random_mnist": lambda: nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10)),
    "quadratic_fit": lambda: nn.Sequential(nn.Linear(1, 10), nn.ReLU(), nn.Linear(10, 1)),
}
CRITERIA = {
    "linear_regression": nn.L1Loss(),
    "ten_points": nn.MSELoss(),
    "random_mnist": nn.CrossEntropyLoss(),
    "quadratic_fit": nn.MSELoss(),
}
# As articles.md has them: rate, batch size, shuffled, epochs.
SETTINGS = {
    "linear_regression": (0.01, 16, True, 50),
    "ten_points": (0.01, 1, False, 50),
    "random_mnist": (0.01, 32, True, 2),
    "quadratic_fit": (0.5, 100, False, 100),
}


def data_of(run: Finished) -> Dataset:
    """The data that a finished run has trained on, drawn again from its configuration."""
    config = yaml.safe_load((run.directory / ".hydra" / "config.yaml").read_text("utf-8"))
    options = dict(config["dataset"])
    return draw(datasets.build(options.pop("name"), **options), 0.0, 0.0)


def batches(samples: int, size: int, shuffled: bool, epochs: int) -> Iterator[Batches]:
    """The batches of every epoch; the run's seed is 0."""
    for epoch in range(1, epochs + 1):
        order = stream(0, "order", epoch).permutation(samples) if shuffled else np.arange(samples)
        yield [order[start : start + size] for start in range(0, samples, size)]


def by_torch(preset: str, data: Dataset, start: dict[str, Any], dtype: torch.dtype) -> tuple[Any, Any]:
    """Mean loss of every epoch and final weights, as the tutorial's own loop computes them."""
    rate, size, shuffled, epochs = SETTINGS[preset]
    network, criterion = NETWORKS[preset]().to(dtype), CRITERIA[preset]
    network.load_state_dict({name: torch.tensor(values) for name, values in start.items()}, strict=True)
    optimizer = torch.optim.SGD(network.parameters(), lr=rate)
    x = torch.tensor(data.train.x, dtype=dtype)
    y = torch.tensor(data.train.y, dtype=dtype if data.source.task == "regression" else torch.int64)
    means = []
    for epoch in batches(len(x), size, shuffled, epochs):
        total = 0.0
        for rows in epoch:
            optimizer.zero_grad()
            loss = criterion(network(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        means.append(total / len(x))
    return np.array(means), {name: values.numpy() for name, values in network.state_dict().items()}


@pytest.mark.parametrize("engine", ["manual", "autograd"])
@pytest.mark.parametrize("preset", list(NETWORKS))
def test_a_preset_computes_what_torch_computes(preset: str, engine: str, nnrun: Command) -> None:
    words = f"experiment={preset}", f"engine={engine}", "plots.save=false"
    start, run = nnrun(*words, "epochs=0"), nnrun(*words)
    assert run.status == start.status == 0, run.err
    assert start.metrics_text.count("\n") == 1
    means, weights = by_torch(preset, data_of(run), start.weights, torch.float32)
    np.testing.assert_allclose(run.metrics["train/loss"], means, rtol=1e-5)
    assert run.weights.keys() == weights.keys()
    for name, values in weights.items():
        scale = np.abs(values).max()
        np.testing.assert_allclose(run.weights[name], values, rtol=1e-5, atol=1e-5 * scale, err_msg=name)


def command_line(nnrun: Command, preset: str) -> Finished:
    """The tutorial as a reader types it, pictures and all."""
    run = nnrun(f"experiment={preset}")
    assert run.status == 0, run.err
    assert run.summary["status"] == "completed"
    assert run.out.strip().endswith(run.directory.name)
    assert {"fit.png", "curves.png"} <= {path.name for path in run.directory.iterdir()}
    return run


def test_linear_regression_finds_the_true_weights(nnrun: Command) -> None:
    run = command_line(nnrun, "linear_regression")
    np.testing.assert_allclose(run.weights["weight"], [[8.1, 2.0, 2.0, 4.0]], atol=0.02)
    np.testing.assert_allclose(run.weights["bias"], [1.1], atol=0.02)
    assert run.summary["parameters"]["true"] == {"weight": [[8.1, 2.0, 2.0, 4.0]], "bias": [1.1]}
    assert run.metrics["step"][-1] == 50 * 32
    # E|N(0, 0.01)| = 0.01 sqrt(2 / pi) = 0.008
    assert run.summary["reference"]["truth"] == pytest.approx(0.01 * np.sqrt(2 / np.pi), rel=0.1)
    # A constant rate leaves the weights trembling: more than the noise, never much more.
    assert run.summary["final"]["train/loss"] < 0.02


def test_ten_points_trains_fifteen_parameters_one_sample_at_a_time(nnrun: Command) -> None:
    run = command_line(nnrun, "ten_points")
    assert sum(values.size for values in run.weights.values()) == 15
    assert run.metrics["step"].tolist() == [10 * epoch for epoch in range(1, 51)]
    data = data_of(run).train
    assert data.x.ravel().tolist() == [-10, -7.78, -5.56, -3.33, -1.11, 1.11, 3.33, 5.56, 7.78, 10]
    assert data.y.ravel().tolist() == [
        0.9413, 1.1254, 1.2278, 1.1222, 1.1027, 0.4576, -0.1547, 0.4595, 0.9119, 0.9897,
    ]  # fmt: skip
    losses = run.metrics["train/loss"]
    assert losses[0] > 5 * losses[-1]
    assert losses[-1] < run.summary["reference"]["constant"]


def test_random_mnist_starts_at_the_loss_of_guessing(nnrun: Command) -> None:
    run = command_line(nnrun, "random_mnist")
    shapes = {name: values.shape for name, values in run.weights.items()}
    assert shapes == {"0.weight": (256, 784), "0.bias": (256,), "2.weight": (10, 256), "2.bias": (10,)}
    assert run.metrics["step"].tolist() == [4, 8]
    np.testing.assert_allclose(run.metrics["train/loss"], np.log(10), atol=0.1)
    assert run.summary["test"]["test/loss"] == pytest.approx(np.log(10), abs=0.1)
    assert run.summary["reference"]["truth"] == pytest.approx(np.log(10), rel=1e-6)


def descent(x: Any, y: Any, start: Any, steps: int, rate: float = 0.001) -> Any:
    """(w, b) after `steps` steps: z* + (I - rate H)^steps (z0 - z*), H being the Hessian of the loss."""
    design = np.hstack([x**2, np.ones_like(x)])
    best = least_squares(x, y)
    shrink = np.linalg.matrix_power(np.eye(2) - rate * design.T @ design, steps)
    return best + shrink @ (start - best)


def least_squares(x: Any, y: Any) -> Any:
    return np.linalg.lstsq(np.hstack([x**2, np.ones_like(x)]), y[:, 0], rcond=None)[0]


def test_both_halves_of_the_quadratic_follow_the_closed_form(nnrun: Command) -> None:
    ends = []
    for engine in ("manual", "autograd"):
        start = nnrun(f"experiment=quadratic_{engine}", "epochs=0", "plots.save=false")
        run = command_line(nnrun, f"quadratic_{engine}")
        assert run.summary["engine"] == engine
        data = data_of(run).train
        np.testing.assert_allclose(data.x[:, 0], np.linspace(-1, 1, 100))
        assert ((data.y - 3 * data.x**2 - 2 >= 0) & (data.y - 3 * data.x**2 - 2 < 0.2)).all()
        first = np.array([start.weights["weight"].item(), start.weights["bias"].item()], dtype=np.float64)
        assert first[1] == 0.0
        path = np.array([descent(data.x, data.y, first, step) for step in range(801)])
        end = np.array([run.weights["weight"].item(), run.weights["bias"].item()])
        np.testing.assert_allclose(end, path[-1], rtol=1e-5)
        errors = path[:-1, :1] * data.x[:, 0] ** 2 + path[:-1, 1:] - data.y[:, 0]
        np.testing.assert_allclose(run.metrics["train/loss"], 0.5 * (errors**2).sum(axis=1), rtol=1e-4)
        difference = np.abs(end - least_squares(data.x, data.y))
        assert difference[0] < 0.006
        assert difference[1] < 0.002
        np.testing.assert_allclose(end, [3.0, 2.1], atol=0.05)
        assert run.summary["parameters"]["true"] == {"weight": [[3.0]], "bias": [2.1]}
        ends.append(end)
    np.testing.assert_allclose(ends[0], ends[1], rtol=1e-5)


@pytest.mark.parametrize(("rate", "status"), [(0.0177, "completed"), (0.0178, "diverged")])
def test_the_quadratic_diverges_beyond_the_rate_that_its_curvature_allows(
    rate: float, status: str, nnrun: Command
) -> None:
    run = nnrun(
        "experiment=quadratic_manual", f"optim.lr={rate}", "epochs=1600", "dtype=float64", "plots.save=false"
    )
    assert run.status == 0
    assert run.summary["status"] == status


def test_quadratic_fit_bends_the_line_and_is_the_bare_default(nnrun: Command, nnrun_process: Command) -> None:
    run = command_line(nnrun_process, "quadratic_fit")
    assert run.summary["final"]["train/loss"] < 0.01
    data = data_of(run).train
    np.testing.assert_allclose(data.x[:, 0], np.linspace(-1, 1, 100))
    assert ((data.y - data.x**2 >= 0) & (data.y - data.x**2 < 0.2)).all()
    assert nnrun("plots.save=false").reproducible == run.reproducible


def test_three_seeds_in_four_bend_the_line() -> None:
    with Composer() as composer:
        config = composer.compose(["experiment=quadratic_fit", "metrics=[]"], {})
        preset = bind(config).spec
    population = Population([replace(preset, seed=seed) for seed in range(200)])
    for _ in train(population):
        pass
    share = (population.evaluate(population.train)["loss"] < 0.01).mean()
    assert 0.65 < share < 0.88


def test_every_preset_is_tested_here() -> None:
    from nnrun.shipped import config_directory

    presets = {path.stem for path in (config_directory() / "experiment").glob("*.yaml")}
    sweeps = {"lr_curve", "width_curve", "lucky_seeds"}
    classes = {"digits", "moons"}  # in test_classes_data.py and docs/own-data.md
    assert presets == {*NETWORKS, "quadratic_manual", "quadratic_autograd", *sweeps, *classes}


def ends(nnrun: Command, preset: str, key: str) -> dict[str, list[float]]:
    """Value of `key` -> final losses of its runs, infinite where they diverged, the lowest first."""
    done = nnrun(f"experiment={preset}", "plots.save=false", "sweep.report=false")
    assert done.status == 0, done.err
    found: dict[str, list[float]] = {}
    with (Path(done.out.strip()) / "results.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            loss = float(row["objective"]) if row["status"] == "completed" else np.inf
            found.setdefault(row.get(key, ""), []).append(loss)
    return {value: sorted(losses) for value, losses in found.items()}


def test_the_curve_of_learning_rates_has_its_cliff_where_the_preset_says(nnrun: Command) -> None:
    losses = ends(nnrun, "lr_curve", "optim.lr")
    medians = [losses[rate][2] for rate in ("1e-05", "3e-05", "0.0001", "0.0003", "0.001")]
    assert medians == sorted(medians, reverse=True)
    assert all(abs(loss - 0.191) < 0.001 for rate in ("0.001", "0.0176") for loss in losses[rate])
    assert all(loss == np.inf for rate in ("0.0178", "0.03") for loss in losses[rate])


def test_the_curve_of_widths_is_as_the_preset_says(nnrun: Command) -> None:
    losses = ends(nnrun, "width_curve", "model.hidden")
    medians = {width: float(np.median(each)) for width, each in losses.items()}
    assert min(medians, key=lambda width: medians[width]) == "10"
    assert 0.0055 < medians["10"] < 0.0065
    assert abs(medians["1"] - 0.0995) < 0.001


def test_seeds_are_as_lucky_as_the_preset_says(nnrun: Command) -> None:
    (losses,) = ends(nnrun, "lucky_seeds", "").values()
    assert sum(loss < 0.02 for loss in losses) == 43
    assert sum(loss > 0.06 for loss in losses) == 7


def test_a_part_typed_beside_a_preset_has_its_own_defaults_and_not_the_presets(nnrun: Command) -> None:
    run = nnrun("experiment=linear_regression", "model=mlp", "loss=huber", "epochs=0", "plots.save=false")
    plain = nnrun("dataset=linear", "model=mlp", "epochs=0", "plots.save=false")
    assert run.weights.keys() == plain.weights.keys()
    for name, expected in plain.weights.items():
        np.testing.assert_array_equal(run.weights[name], expected)


def test_the_configuration_shown_for_a_replaced_part_is_the_one_that_trains(nnrun: Command) -> None:
    shown = nnrun("--cfg", "job", "experiment=linear_regression", "model=mlp").out
    assert "init: default" in shown
    assert "init_scale: 1.0" in shown


def test_keys_typed_beside_a_preset_and_another_part_still_count(nnrun: Command) -> None:
    run = nnrun("experiment=linear_regression", "model=mlp", "model.hidden=3", "epochs=0", "plots.save=false")
    assert run.summary["model"]["description"] == "4 -> 3 relu -> 1"
    assert run.summary["training"]["optim"]["lr"] == 0.01
