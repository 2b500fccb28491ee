"""Run directories as nnrun leaves them, written by hand: many of them in no time."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CONFIG = {
    "dataset.name": "quadratic",
    "dataset.samples": 100,
    "model.name": "mlp",
    "model.hidden": [10],
    "model.activation": "relu",
    "model.bias": True,
    "optim.name": "sgd",
    "optim.lr": 0.5,
    "seed": 0,
    "epochs": 100,
    "batch_size": None,
    "loss.name": "auto",
}
"""A part of a recorded configuration, all of it the default."""


def summary_of(config: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """The summary of a completed run."""
    whole = {**CONFIG, **config}
    return {
        "schema": 1,
        "status": "completed",
        "name": None,
        "tags": [],
        "title": "quadratic, mlp",
        "started": "2026-11-21T09:30:15Z",
        "dataset": {"name": whole["dataset.name"], "task": "regression"},
        "model": {"name": whole["model.name"], "parameters": 31},
        "loss": "mse",
        "engine": "manual",
        "device": "cpu",
        "config": whole,
        "command": "nnrun",
        "epochs": whole["epochs"],
        "objective": {"name": "train/loss", "value": 0.25, "greater_is_better": False},
        "final": {"train/loss": 0.25, "train/r2": 0.5},
        "test": {"test/loss": 0.3},
        "best": {"name": "train/loss", "epoch": 7, "value": 0.2},
        "parameters": None,
        "seconds": 1.5,
        "stop": None,
        "verdicts": [],
        **fields,
    }


def save(directory: Path, config: Mapping[str, Any] | None = None, **fields: Any) -> Path:
    """Writes a run, old enough for a cache to trust it."""
    (directory / ".hydra").mkdir(parents=True)
    (directory / "metrics.csv").write_text("epoch,train/loss,seconds\n1,0.75,0.1\n2,0.5,0.2\n")
    rewrite(directory, summary_of(config or {}, **fields))
    return directory


def rewrite(directory: Path, summary: Mapping[str, Any]) -> None:
    """Replaces summary.json by one that looks old."""
    path = directory / "summary.json"
    path.unlink(missing_ok=True)
    path.write_text(json.dumps(summary, indent=2), "utf-8")
    os.utime(path, (1_700_000_000, 1_700_000_000))


def save_sweep(directory: Path, rates: tuple[float, ...] = (0.1, 0.5)) -> Path:
    """Writes a sweep over the rate, the objective of a job being its rate."""
    directory.mkdir(parents=True)
    (directory / "multirun.yaml").write_text("hydra: {}\n")
    lines = ["job,status,optim.lr,objective,seconds,directory"]
    for number, rate in enumerate(rates):
        objective = {"name": "train/loss", "value": rate, "greater_is_better": False}
        save(directory / str(number), {"optim.lr": rate, "epochs": 5}, objective=objective)
        lines.append(f"{number},completed,{rate},{rate},1.5,{number}")
    (directory / "results.csv").write_text("\n".join([*lines, ""]))
    typical = {"job": 0, "directory": "0", "command": f"nnrun epochs=5 optim.lr={rates[0]}"}
    best = {"values": {"optim.lr": str(rates[0])}, "median": rates[0], "runs": 1, "typical": typical}
    objective = {"name": "train/loss", "greater_is_better": False}
    summary = {
        "schema": 1,
        "kind": "sweep",
        "command": "nnrun epochs=5 -m optim.lr=0.1,0.5",
        "swept": ["optim.lr"],
        "jobs": len(rates),
        "counts": {"completed": len(rates)},
        "seconds": 3.0,
        "objective": objective,
        "best": best,
        "best_run": typical,
        "wider_command": "nnrun epochs=5 -m optim.lr=0.02,0.1,0.5",
        "problems": [{"values": {}, "objective": objective, "jobs": None}],
    }
    rewrite(directory, summary)
    return directory
