"""A run in a sweep is the run alone: the same files with the same content, whatever it is made of."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from omegaconf import OmegaConf
from safetensors.numpy import load_file

from conftest import Command
from nnrun.losses import losses
from nnrun.models import models
from nnrun.models.activations import activations
from nnrun.models.initialisation import SchemeName
from nnrun.optimizers import optimizers
from nnrun.runs.checkpoints import CHECKPOINT
from nnrun.schedules import schedules

OWN = {"seconds", "started", "claimed", "finished", "versions"}
"""What two runs of one configuration need not share."""

COMMON = (
    "epochs=6",
    "plots.save=false",
    "sweep.report=false",
    "dataset.samples=23",
    "dataset.test_samples=11",
)
FITTING = [name for name in losses if name != "cross_entropy"]
OF_TORCH = ("conv", "torch")
"""A model and an optimizer without gradients by hand."""
MODELS = [name for name in models if name not in OF_TORCH]
OPTIMIZERS = [name for name in optimizers if name not in OF_TORCH]

SWEEPS = {
    "models": (f"model={','.join(MODELS)}", "optim=sgd,adam", "optim.lr=0.01"),
    "optimizers": (f"optim={','.join(OPTIMIZERS)}", "optim.lr=0.01"),
    "losses": (f"loss={','.join(FITTING)}", "optim.lr=0.01,0.02"),
    "schedules": (f"schedule={','.join(schedules)}", "pair=zip(optim.lr=choice(0.1,0.2),epochs=choice(5,8))"),
    "activations": (f"model.activation={','.join(activations)}", "seed=0,1"),
    "initialisation": (
        f"model.init={','.join(get_args(SchemeName))}",
        "model.init_scale=0.5,1",
        "model.bias_init=null,0.1",
    ),
    "numbers of an optimizer": (
        "optim=sgd",
        "optim.momentum=0,0.9",
        "optim.weight_decay=0,0.1",
        "clip_norm=null,0.1",
    ),
    "data": ("dataset.seed=0,1", "dataset.noise=0,0.3", "dataset.a=1,2", "seed=0,1"),
    "batches": ("batch_size=4,7", "shuffle=true,false", "seed=0,1"),
    "splits": ("val_fraction=0,0.3", "test_fraction=0,0.2", "seed=0,1"),
    "early stopping": (
        "early_stopping.patience=null,2",
        "early_stopping.restore_best=true,false",
        "val_fraction=0.3",
        "optim.lr=0.1,0.5,2",
        "epochs=12",
    ),
    "dropout": ("model.dropout=0,0.4", "seed=0,1", "batch_size=5"),
    "odd sizes": ("model.hidden=1,3,17,[5,3]", "seed=0,1,2"),
    "diverging": ("optim.lr=0.1,50,1e30", "seed=0,1", "epochs=8"),
    "classes": (
        "dataset=random_mnist",
        "dataset.shape=4x4",
        "dataset.classes=3",
        "loss.label_smoothing=0,0.1",
        "loss=cross_entropy",
        "seed=0,1",
    ),
    "double precision": ("dtype=float32,float64", "seed=0,1"),
    "no epochs": ("epochs=0,3", "seed=0,1"),
    "linear data": ("dataset=linear", "model=linear,mlp", "optim.lr=0.01,0.05"),
}

SWEEPS_OF_TORCH = {
    "images": (
        "dataset=random_mnist",
        "dataset.shape=8x8",
        "dataset.seed=3",
        "model=conv",
        "optim.lr=0.01,0.1",
        "seed=0,1",
    ),
    "optimizers of torch": ("optim=torch", "optim.optimizer=SGD,NAdam", "optim.lr=0.01,0.02"),
}


def content(directory: Path) -> dict[str, Any]:
    summary = json.loads((directory / "summary.json").read_text("utf-8"))
    return {name: value for name, value in summary.items() if name not in OWN}


def table(directory: Path) -> list[str]:
    """metrics.csv without its seconds."""
    return [line.rpartition(",")[0] for line in (directory / "metrics.csv").read_text("utf-8").splitlines()]


def arrays(path: Path) -> dict[str, Any]:
    if path.suffix == ".npz":
        with np.load(path) as archive:
            return dict(archive)
    return dict(load_file(path))


def swept(nnrun: Command, *arguments: str) -> list[Path]:
    """The directories of a sweep's runs, in the order of the jobs."""
    done = nnrun("-m", *arguments)
    assert done.status == 0, done.err
    root = Path(done.out.strip())
    return sorted((path for path in root.iterdir() if path.name.isdecimal()), key=lambda path: int(path.name))


def alone(nnrun: Command, member: Path) -> Path:
    """The same job as a run of its own, by the command that the member recorded."""
    command = shlex.split(content(member)["command"])
    done = nnrun(*command[1:])
    assert done.status == 0, done.err
    return done.directory


def one_by_one(nnrun: Command, *arguments: str) -> list[Path]:
    """The runs of a sweep in which each trains alone; the last one as a command of its own."""
    runs = swept(nnrun, *arguments, "hydra/launcher=basic")
    return [*runs[:-1], alone(nnrun, runs[-1])]


def assert_same_files(member: Path, lone: Path) -> None:
    # A population keeps one checkpoint for all its members.
    assert {path.name for path in member.iterdir()} | {CHECKPOINT} == {path.name for path in lone.iterdir()}
    configs = [OmegaConf.load(run / ".hydra" / "config.yaml") for run in (member, lone)]
    assert configs[0] == configs[1]
    overrides = [OmegaConf.load(run / ".hydra" / "overrides.yaml") for run in (member, lone)]
    # Hydra writes what is not swept as Python has it: plots.save=False.
    assert sorted(map(str.lower, overrides[0])) == sorted(map(str.lower, overrides[1]))


@pytest.mark.parametrize("name", list(SWEEPS))
def test_with_the_manual_engine_every_bit_is_the_same(nnrun: Command, name: str) -> None:
    common = [text for text in COMMON if text.partition("=")[0] not in " ".join(SWEEPS[name])]
    if "dataset=linear" in SWEEPS[name] or "dataset=random_mnist" in SWEEPS[name]:
        common.append("dataset.seed=3")
    arguments = ("engine=manual", *common, *SWEEPS[name])
    for member, lone in zip(swept(nnrun, *arguments), one_by_one(nnrun, *arguments), strict=True):
        assert_same_files(member, lone)
        assert content(member) == content(lone)
        assert table(member) == table(lone)
        assert (member / "model.safetensors").read_bytes() == (lone / "model.safetensors").read_bytes()
        ours, theirs = arrays(member / "plots.npz"), arrays(lone / "plots.npz")
        assert ours.keys() == theirs.keys()
        for key, value in ours.items():
            np.testing.assert_array_equal(value, theirs[key], err_msg=key)


AUTOGRAD = [
    ("models", "float64", 1e-12),
    ("optimizers", "float64", 1e-12),
    pytest.param("optimizers", "float32", 1e-5, marks=pytest.mark.campaign),
    ("losses", "float64", 1e-12),
    pytest.param("schedules", "float64", 1e-12, marks=pytest.mark.campaign),
    pytest.param("activations", "float64", 1e-12, marks=pytest.mark.campaign),
    ("batches", "float32", 1e-5),
    pytest.param("splits", "float64", 1e-12, marks=pytest.mark.campaign),
    ("dropout", "float32", 1e-5),
    pytest.param("odd sizes", "float64", 1e-12, marks=pytest.mark.campaign),
    ("classes", "float32", 1e-5),
    ("images", "float64", 1e-12),
    ("optimizers of torch", "float32", 1e-5),
]


@pytest.mark.parametrize(("name", "dtype", "tolerance"), AUTOGRAD)
def test_with_autograd_the_first_epochs_agree(
    nnrun: Command, name: str, dtype: str, tolerance: float
) -> None:
    """Kernels depend on sizes and alignment, so bits need not agree."""
    sweep = (SWEEPS | SWEEPS_OF_TORCH)[name]
    common = [text for text in COMMON if text.partition("=")[0] not in " ".join(sweep)]
    arguments = ("engine=autograd", f"dtype={dtype}", *common, *sweep)
    for member, lone in zip(swept(nnrun, *arguments), one_by_one(nnrun, *arguments), strict=True):
        assert_same_files(member, lone)
        ours, theirs = (np.loadtxt(run / "metrics.csv", delimiter=",", skiprows=1) for run in (member, lone))
        np.testing.assert_allclose(ours[:5, :-1], theirs[:5, :-1], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("engine", ["manual", "autograd"])
def test_the_same_sweep_twice_leaves_the_same_bits(nnrun: Command, engine: str) -> None:
    arguments = (f"engine={engine}", *COMMON, "optim.lr=0.1,0.5", "seed=0,1,2", "model.hidden=5,7")
    first, second = swept(nnrun, *arguments), swept(nnrun, *arguments)
    for one, other in zip(first, second, strict=True):
        assert table(one) == table(other)
        assert (one / "model.safetensors").read_bytes() == (other / "model.safetensors").read_bytes()


@pytest.mark.parametrize("launcher", ["basic"])
def test_another_launcher_leaves_the_same_runs(nnrun: Command, launcher: str) -> None:
    arguments = ("engine=manual", *COMMON, "optim.lr=0.1,0.5", "seed=0,1")
    vectorized = swept(nnrun, *arguments)
    other = swept(nnrun, *arguments, f"hydra/launcher={launcher}")
    for one, two in zip(vectorized, other, strict=True):
        assert table(one) == table(two)
        assert {path.name for path in one.iterdir()} | {CHECKPOINT} == {path.name for path in two.iterdir()}
        assert (one / "model.safetensors").read_bytes() == (two / "model.safetensors").read_bytes()


def test_jobs_with_the_same_configuration_are_trained_once_and_all_recorded(nnrun: Command) -> None:
    one, other, third = swept(nnrun, *COMMON, "optim.lr=0.1,0.10,1e-1", "engine=manual")
    for copy in (other, third):
        assert table(copy) == table(one)
        assert content(copy)["same_as"] == one.name
        assert (copy / "model.safetensors").read_bytes() == (one / "model.safetensors").read_bytes()
        assert {path.name for path in copy.iterdir()} == {path.name for path in one.iterdir()}
