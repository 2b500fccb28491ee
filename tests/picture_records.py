"""Made-up records of runs, one for each thing that a picture has to cope with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnrun.runs.reading import RunRecord

NASTY = "[/foo] $\\frac{$ _x 日本語 <b>\x1b[31m\u202e $x^2$ \U0001f980"


def metrics_of(train: Any, **others: Any) -> dict[str, Any]:
    train = np.asarray(train, dtype=float)
    count = len(train)
    columns = {
        "epoch": np.arange(1.0, count + 1),
        "step": np.arange(1.0, count + 1),
        "lr": np.full(count, 0.5),
        "train/loss": train,
    }
    columns |= {name.replace("__", "/"): np.asarray(values, dtype=float) for name, values in others.items()}
    return columns | {"seconds": np.full(count, 1e-4)}


def summary_of(metrics: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    last = {
        name: float(v[-1]) for name, v in metrics.items() if "/" in name and len(v) and np.isfinite(v[-1])
    }
    train = metrics["train/loss"]
    finite = np.flatnonzero(np.isfinite(train))
    best = int(finite[np.argmin(train[finite])]) if len(finite) else None
    return {
        "schema": 1,
        "status": "completed",
        "name": None,
        "title": "quadratic, mlp 1-10-1 relu, sgd lr=0.5",
        "dataset": {"name": "quadratic", "description": "y = x^2 + U[0, 0.2)", "task": "regression"},
        "model": {"name": "mlp", "parameters": 31},
        "loss": "mse",
        "epochs": len(train),
        "final": last or {"train/loss": 0.31},
        "test": {},
        "best": None
        if best is None
        else {"epoch": int(metrics["epoch"][best]), "name": "train/loss", "value": float(train[best])},
        "reference": {"truth": 0.00377, "constant": 0.103},
        "stop": None,
    } | changes


def curve_plots(
    count: int = 100, prediction: Any = None, truth: bool = True, val: int = 0, outputs: int = 1
) -> dict[str, Any]:
    random = np.random.default_rng(0)
    fitted = prediction or (
        lambda x: np.interp(x, [-1.1, -0.6, -0.1, 0.3, 1.1], [1.15, 0.44, 0.12, 0.15, 1.2])
    )

    def columns(values: Any) -> Any:
        return np.stack([values * (1 + k) + k for k in range(outputs)], axis=1)

    x = np.linspace(-1, 1, count)
    y = x**2 + random.uniform(0, 0.2, count)
    grid = np.linspace(-1.1, 1.1, 400)
    held = np.zeros(count, dtype=bool)
    held[random.permutation(count)[:val]] = True
    plots = {"grid": grid[:, None], "grid_prediction": columns(fitted(grid))}
    for split, mask in (("train", ~held), ("val", held)):
        if mask.any():
            plots[f"{split}_x"] = x[mask][:, None]
            plots[f"{split}_y"] = columns(y[mask])
            plots[f"{split}_prediction"] = columns(fitted(x[mask]))
    if truth:
        plots["grid_truth"] = columns(grid**2 + 0.1)
    return plots


def record_of(metrics: Mapping[str, Any], plots: Mapping[str, Any], **changes: Any) -> RunRecord:
    return RunRecord(Path("outputs/run"), metrics, summary_of(metrics, **changes), plots)


def falling(count: int = 100, first: float = 0.1, last: float = 0.0047) -> Any:
    return last + (first - last) * np.exp(-np.linspace(0, 6, count)) if count else np.empty(0)


def default() -> RunRecord:
    loss = falling()
    return record_of(metrics_of(loss, train__r2=1 - loss / 0.103), curve_plots())


def ten_points() -> RunRecord:
    x = np.linspace(-10, 10, 10)
    y = np.array([0.9413, 1.1254, 1.2278, 1.1222, 1.1027, 0.4576, -0.1547, 0.4595, 0.9119, 0.9897])
    grid = np.linspace(-11, 11, 400)

    def model(at: Any) -> Any:
        return 1.1 - 1.2 * np.exp(-((at - 3.1) ** 2) / 6)

    plots = {
        "train_x": x[:, None],
        "train_y": y[:, None],
        "train_prediction": model(x)[:, None],
        "grid": grid[:, None],
        "grid_prediction": model(grid)[:, None],
    }
    loss = falling(50, 1.3, 0.04) * (1 + 0.1 * np.random.default_rng(1).normal(size=50))
    metrics = metrics_of(loss, train__mae=np.sqrt(loss))
    title = "ten_points, mlp 1-5-1 sigmoid, sgd lr=0.01"
    return record_of(metrics, plots, title=title, reference={"truth": None, "constant": 0.15})


def several_inputs(outputs: int = 1) -> RunRecord:
    random = np.random.default_rng(0)
    x = random.normal(size=(500, 4))
    weights = np.array([[8.1, 2, 2, 4], [1, -3, 0.5, 2], [0.2, 0.1, 5, -4], [1, 1, 1, 1]])[:outputs].T
    y = x @ weights + 1.1 + random.normal(0, 0.01, (500, outputs))
    grid = np.linspace(x.min(axis=0), x.max(axis=0), 100).T
    means = x.mean(axis=0)
    partial = np.stack([(grid[f] - means[f])[:, None] * weights[f] + means @ weights + 1.1 for f in range(4)])
    plots = {
        "train_x": x,
        "train_y": y,
        "train_prediction": x @ weights + 1.1,
        "partial_grid": grid,
        "partial_prediction": partial,
        "partial_truth": partial + 0.02,
    }
    loss = 0.01 + 7 * np.exp(-np.linspace(0, 12, 50))
    metrics = metrics_of(loss, train__r2=1 - loss / 9, train__mae=loss, train__rmse=loss * 1.3)
    return record_of(
        metrics, plots, title="linear 4 features, linear 4-1, mae, sgd lr=0.01", reference={"truth": 0.008}
    )


def snapshots(fitted: Any, epochs: int = 100, count: int = 21) -> dict[str, Any]:
    """The fit on its way from a flat line to `fitted`."""
    grid = np.linspace(-1.1, 1.1, 101)
    at = np.linspace(0, epochs, count).round().astype(int)
    shares = (1 - np.exp(-5 * at / epochs))[:, None, None]
    return {
        "snapshot_epochs": at,
        "snapshot_losses": 0.1 * (1 - shares[:, 0, 0]) ** 2 + 0.004,
        "snapshot_grid": grid[:, None],
        "snapshot_predictions": (shares * np.asarray(fitted(grid))[:, None]).astype(np.float16),
    }


def animated() -> RunRecord:
    record = default()
    arrays = dict(record.plots) | snapshots(lambda x: x**2 + 0.1)
    return record_of(record.metrics, arrays, name="bending")


def animated_outputs(outputs: int) -> RunRecord:
    arrays = curve_plots(outputs=outputs) | snapshots(lambda x: x**2)
    arrays["snapshot_predictions"] = np.repeat(arrays["snapshot_predictions"], outputs, axis=2)
    return record_of(metrics_of(falling()), arrays)


def animated_divergence() -> RunRecord:
    record = diverged()
    arrays = dict(record.plots) | snapshots(lambda x: 1e4 * x, 12, 13)
    arrays["snapshot_predictions"][-1] = np.nan
    return record_of(record.metrics, arrays, status="diverged", stop=record.summary["stop"])


def descent(rate: float, epochs: int, sides: tuple[float, float, float, float], **changes: Any) -> RunRecord:
    """y = w x^2 + b by gradient descent on half the sum of squares, from (1, 0)."""
    record = power()
    x, y = (record.plots[f"train_{name}"][:, 0] for name in "xy")
    design = np.column_stack([x**2, np.ones_like(x)])
    path = [np.array([1.0, 0.0])]
    for _ in range(epochs):
        path.append(path[-1] - rate * design.T @ (design @ path[-1] - y))
    w, b = np.linspace(*sides[:2], 73), np.linspace(*sides[2:], 49)
    errors = design @ np.stack(np.meshgrid(w, b)).reshape(2, -1) - y[:, None]
    arrays = {
        "path": np.stack(path),
        "landscape_x": w,
        "landscape_y": b,
        "landscape_loss": (errors**2).sum(axis=0).reshape(49, 73) / 2,
        "landscape_solution": np.linalg.lstsq(design, y)[0],
    }
    losses = ((np.stack(path)[:-1] @ design.T - y) ** 2).sum(axis=1) / 2
    parameters = {"learned": {"weight": [[3.0]], "bias": [2.1]}, "true": {"weight": [[3.0]], "bias": [2.1]}}
    return record_of(metrics_of(losses), dict(record.plots) | arrays, parameters=parameters, **changes)


def power() -> RunRecord:
    random = np.random.default_rng(3)
    x = np.linspace(-1, 1, 100)
    y = 3 * x**2 + 2 + 0.2 * random.uniform(size=100)
    grid = np.linspace(-1.1, 1.1, 400)
    plots = {
        "train_x": x[:, None],
        "train_y": y[:, None],
        "train_prediction": (2.99 * x**2 + 2.103)[:, None],
        "grid": grid[:, None],
        "grid_prediction": (2.99 * grid**2 + 2.103)[:, None],
        "grid_truth": (3 * grid**2 + 2.1)[:, None],
    }
    loss = 0.17 + 250 * np.exp(-np.linspace(0, 30, 800))
    return record_of(
        metrics_of(loss),
        plots,
        title="quadratic, power 2, half_sse, sgd lr=0.001",
        reference={"truth": 0.168},
    )


def classified(classes: int = 10, images: bool = True, count: int = 100) -> RunRecord:
    random = np.random.default_rng(2)
    true = random.integers(0, classes, count)
    predicted = np.where(random.uniform(size=count) < 0.55, true, random.integers(0, classes, count))
    confusion = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(confusion, (true, predicted), 1)
    plots: dict[str, Any] = {"confusion": confusion, "confusion_split": np.array("train")}
    if images:
        plots |= {
            "samples": random.normal(size=(16, 28, 28)),
            "sample_true": true[:16],
            "sample_predicted": predicted[:16],
            "sample_probability": random.uniform(size=16),
        }
    metrics = metrics_of([2.3039, 2.21, 2.1, 1.9], train__accuracy=[0.1, 0.18, 0.33, 0.58])
    title = f"random_mnist, mlp 784-256-{classes} relu, sgd lr=0.01"
    return record_of(metrics, plots, title=title, reference={"truth": None})


def overfitted() -> RunRecord:
    epochs = np.arange(200)
    train = 0.001 + 0.2 * np.exp(-epochs / 25)
    val = 0.012 + 0.2 * np.exp(-epochs / 22) + 0.00012 * epochs
    metrics = metrics_of(
        train,
        val__loss=val,
        train__r2=1 - train / 0.1,
        val__r2=1 - val / 0.1,
        train__mae=np.sqrt(train),
        val__mae=np.sqrt(val),
        lr=0.05 * (1 + np.cos(np.pi * epochs / 200)),
    )
    best = {"epoch": int(np.argmin(val)) + 1, "name": "val/loss", "value": float(val.min())}
    return record_of(
        metrics,
        curve_plots(val=25),
        best=best,
        status="stopped",
        stop={"epoch": 200, "reason": "no better validation loss in 50 epochs"},
    )


def diverged() -> RunRecord:
    loss = [0.1 * 40.0 ** (k**1.7) for k in range(11)] + [np.inf]
    metrics = metrics_of(loss, train__r2=1 - np.asarray(loss) / 0.103)
    plots = curve_plots(prediction=lambda x: 1e30 * x - 3e29)
    return record_of(
        metrics,
        plots,
        status="diverged",
        title="quadratic, mlp 1-10-1 relu, sgd lr=10",
        final={"train/loss": None, "train/r2": None},
        stop={"epoch": 12, "reason": "the loss is not finite"},
    )


def diverged_to_nan() -> RunRecord:
    plots = curve_plots(prediction=lambda x: np.full_like(x, np.nan), val=20)
    loss = [0.1, 1e308, np.nan]
    metrics = metrics_of(loss, val__loss=[0.2, 1e308, np.nan], train__mae=[0.1, np.inf, np.nan])
    return record_of(metrics, plots, status="diverged", final={"train/loss": None})


def no_epochs() -> RunRecord:
    metrics = metrics_of(np.empty(0), train__r2=np.empty(0))
    return record_of(metrics, curve_plots(prediction=lambda x: 0.3 * x))


def one_epoch() -> RunRecord:
    return record_of(metrics_of([0.1], train__r2=[0.03]), curve_plots(prediction=lambda x: 0.3 + 0 * x))


def long_name() -> RunRecord:
    record = default()
    name = (
        NASTY
        + " and a very long tail that says what this run was for, at length, and then says it again once more"
    )
    return record_of(record.metrics, record.plots, name=name)


def many_points() -> RunRecord:
    return record_of(metrics_of(falling()), curve_plots(2000))


def noise_free() -> RunRecord:
    loss = np.concatenate([10.0 ** np.linspace(-1, -30, 300), np.zeros(5)])
    plots = curve_plots(prediction=lambda x: x**2 + 0.1)
    return record_of(metrics_of(loss), plots, reference={"truth": 0.0})


def all_equal() -> RunRecord:
    plots = curve_plots(prediction=lambda x: 0 * x)
    plots["train_y"] = np.zeros_like(plots["train_y"])
    return record_of(metrics_of(np.full(30, 0.25), train__mae=np.full(30, 0.5)), plots)


def all_zero() -> RunRecord:
    return record_of(metrics_of(np.zeros(30)), curve_plots(truth=False), reference={"truth": None})


def negative_loss() -> RunRecord:
    return record_of(metrics_of(np.linspace(1, -2, 30)), curve_plots(), reference={"truth": -2.1})


def gaps() -> RunRecord:
    loss = falling()
    loss[10:20] = np.nan
    loss[22:30] = np.inf
    return record_of(metrics_of(loss, train__r2=1 - loss / 0.1), curve_plots())


def many_metrics() -> RunRecord:
    loss = falling()
    return record_of(
        metrics_of(
            loss,
            val__loss=loss * 1.2,
            train__r2=1 - loss / 0.1,
            train__mae=loss,
            train__rmse=loss,
            train__max_error=loss,
            lr=np.linspace(1, 0.001, 100),
        ),
        curve_plots(val=30),
    )


def large_numbers() -> RunRecord:
    plots = {
        name: (v if "x" in name or name == "grid" else 1e7 + 250 * v) for name, v in curve_plots().items()
    }
    return record_of(metrics_of(falling() * 1e9), plots, reference={"truth": 1e7})


RECORDS: Mapping[str, Callable[[], RunRecord]] = {
    "default": default,
    "ten_points": ten_points,
    "linear": several_inputs,
    "linear_two_outputs": lambda: several_inputs(2),
    "linear_four_outputs": lambda: several_inputs(4),
    "power": power,
    "descent": lambda: descent(0.001, 800, (-0.3, 4.4, -0.4, 2.7), name="power_alone"),
    "descent_zigzag": lambda: descent(0.0176, 300, (-2.4, 7.2, -0.8, 5.6)),
    "descent_left": lambda: descent(0.0178, 800, (-4, 9.5, -2.2, 6.3), status="diverged"),
    "descent_at_once": lambda: descent(0.01, 0, (-0.3, 4.4, -0.4, 2.7)),
    "animated": animated,
    "animated_two_outputs": lambda: animated_outputs(2),
    "animated_five_outputs": lambda: animated_outputs(5),
    "animated_divergence": animated_divergence,
    "two_outputs": lambda: record_of(metrics_of(falling()), curve_plots(outputs=2)),
    "five_outputs": lambda: record_of(metrics_of(falling()), curve_plots(outputs=5)),
    "random_mnist": classified,
    "three_samples": lambda: classified(3),
    "three_classes": lambda: classified(3, images=False, count=5000),
    "twenty_classes": lambda: classified(20, images=False, count=40000),
    "twenty_images": lambda: classified(20, count=20000),
    "sixty_classes": lambda: classified(60, images=False, count=40000),
    "overfitted": overfitted,
    "diverged": diverged,
    "diverged_to_nan": diverged_to_nan,
    "no_epochs": no_epochs,
    "one_epoch": one_epoch,
    "long_name": long_name,
    "many_points": many_points,
    "noise_free": noise_free,
    "all_equal": all_equal,
    "all_zero": all_zero,
    "negative_loss": negative_loss,
    "gaps": gaps,
    "many_metrics": many_metrics,
    "large_numbers": large_numbers,
}
