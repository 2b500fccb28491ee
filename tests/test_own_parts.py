"""Parts of users' own beside models: losses, metrics, data, plugins, and the optimizers of torch.optim."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from conftest import Command
from nnrun.losses import losses
from nnrun.models import models
from nnrun.plots import process

PARTS = """
import numpy as np
import torch

def cubic(rng, *, samples: int = 40, scale: float = 1.0):
    x = rng.uniform(-1, 1, samples)
    return x, scale * x**3

def corners(samples: int = 30):
    x = np.random.default_rng(0).uniform(-1, 1, (samples, 2))
    return x, (x[:, 0] > 0) * 2 + (x[:, 1] > 0)

def power(prediction, target, *, exponent: float = 2.0):
    return ((prediction - target).abs() ** exponent).mean()

class Absolute(torch.nn.Module):
    def __init__(self, *, scale: float = 1.0):
        super().__init__()
        self.scale = scale
    def forward(self, p, y):
        return self.scale * torch.nn.functional.l1_loss(p, y)

def branching(prediction, target):
    error = prediction - target
    return (error**2).mean() if error.abs().max() > 0.01 else error.abs().mean()

def entropy(p, y):
    return torch.nn.functional.cross_entropy(p, y)

def rows(p, y):
    return (p - y).square()

def rmse(prediction, target):
    return np.sqrt(np.mean((prediction - target) ** 2))

def share(prediction, target):
    return (np.abs(prediction - target) < 0.1).mean()
share.greater_is_better = True

def mae(prediction, target):
    return 0.0

def short(rng):
    return np.zeros(3), np.zeros(2)

def none():
    return np.zeros((0, 1)), np.zeros((0, 1))

def prices():
    return np.zeros((3, 1)), np.array([1000, 2500, 1700])

def alike():
    return np.zeros((3, 1)), np.zeros(3, dtype=int)

def alone(prediction):
    return prediction.abs().mean()

def cut(prediction, target):
    return (prediction - target).square().mean().detach()

def words(prediction, target):
    return "good"

def typo(prediction, target):
    return (prediction - target).squared().mean()

def left(prediction, target):
    return np.mean((prediction - target).detach().numpy() ** 2)

made = torch.nn.Linear(1, 1)
"""

PLUGIN = """
import numpy as np
from torch import nn
from nnrun import datasets, losses, metrics, models, optimizers, schedules
from nnrun.optimizers import Optimizer
from nnrun.schedules import Schedule
from nnrun.schema import EachNonNegative

@models.register
class Tiny(nn.Module):
    '''A tiny network.'''
    def __init__(self, inputs, outputs, *, width: int = 4):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(inputs, width), nn.Tanh(), nn.Linear(width, outputs))
    def forward(self, x):
        return self.net(x)

@datasets.register
def wave(rng, *, samples: int = 60, frequency: float = 2.0):
    x = rng.uniform(-1, 1, samples)
    return x, np.sin(frequency * x)

@losses.register
def quartic(prediction, target):
    return ((prediction - target) ** 4).mean()

@metrics.register
def worst(prediction, target):
    return np.abs(prediction - target).max()

@optimizers.register
def plain(cast, *, lr: EachNonNegative = 0.1):
    '''Gradient descent.'''
    def update(parameters, gradient, state, step, rate):
        parameters -= rate * gradient
    return Optimizer(np.asarray(lr, dtype=np.float64).reshape(-1, 1), (), update)

@schedules.register
def sudden(epochs, *, at: int = 2):
    return Schedule(lambda epoch: np.array([[1.0 if epoch < at else 0.0]]))
"""
QUICK = ("epochs=6", "plots.save=false", "sweep.report=false")


@pytest.fixture(autouse=True)
def _drawn_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No processes for pictures, which hardly any of these runs leave."""
    monkeypatch.setattr(process, "_worth_it", lambda: False)


@pytest.fixture
def parts(place: Path) -> Path:
    path = place / "parts.py"
    path.write_text(PARTS)
    return path


@pytest.fixture
def plugin(place: Path) -> Path:
    path = place / "own_parts_of_a_test.py"
    path.write_text(PLUGIN)
    return path


def sweep_of(place: Path) -> Path:
    return max((place / "outputs").glob("*/*_sweep*"), key=lambda path: path.stat().st_mtime)


def summaries(sweep: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(sweep.glob("[0-9]*/summary.json"))]


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(
    ("own", "same"),
    [("./parts.py:power", "mse"), ("./parts.py:Absolute", "mae"), ("./parts.py:branching", "mse")],
)
def test_a_loss_of_ones_own_trains_as_the_built_in_one_with_its_formula(
    own: str, same: str, nnrun: Command, place: Path
) -> None:
    common = ("-m", "seed=0..2", "optim.lr=0.1", "dtype=float64", *QUICK)
    assert nnrun(*common, f"loss={own}").status == 0
    mine = sweep_of(place)
    assert nnrun(*common, f"loss={same}", "engine=autograd").status == 0
    theirs = sweep_of(place)
    for number in "012":
        expected = load_file(theirs / number / "model.safetensors")
        for name, array in load_file(mine / number / "model.safetensors").items():
            np.testing.assert_allclose(array, expected[name], rtol=1e-8, atol=1e-12)
    alone = nnrun(f"loss={own}", "seed=1", *common[2:]).weights
    for name, array in load_file(mine / "1" / "model.safetensors").items():
        np.testing.assert_allclose(array, alone[name], rtol=1e-8, atol=1e-12)


@pytest.mark.usefixtures("parts")
def test_losses_have_keys_and_choose_the_engine(nnrun: Command) -> None:
    done = nnrun("loss=./parts.py:power", "loss.exponent=3", *QUICK)
    assert done.summary["engine"] == "autograd"
    assert done.summary["config"]["loss.exponent"] == 3
    assert nnrun("loss=./parts.py:power", "engine=manual").status == 2


@pytest.mark.usefixtures("parts")
def test_classes_are_one_hot_for_a_loss_and_integers_in_a_dataset(nnrun: Command) -> None:
    own = nnrun("dataset=./parts.py:corners", "loss=./parts.py:entropy", "dtype=float64", *QUICK)
    built_in = nnrun("dataset=./parts.py:corners", "dtype=float64", *QUICK)
    assert own.summary["dataset"]["outputs"] == 4
    np.testing.assert_allclose(own.metrics["train/loss"], built_in.metrics["train/loss"], rtol=1e-7)


@pytest.mark.usefixtures("parts")
def test_a_dataset_of_ones_own_has_keys_a_seed_and_fresh_samples(nnrun: Command) -> None:
    done = nnrun("dataset=./parts.py:cubic", "dataset.scale=2", "dataset.samples=50", *QUICK)
    assert done.summary["dataset"]["samples"] == {"train": 50, "val": 0, "test": 0}
    assert done.summary["config"]["dataset.seed"] == 0
    other = nnrun(
        "dataset=./parts.py:cubic", "dataset.scale=2", "dataset.samples=50", "dataset.seed=1", *QUICK
    )
    assert other.metrics_text != done.metrics_text
    assert nnrun("predict", str(done.directory), "--new", "3", "--allow-code").status == 0


@pytest.mark.usefixtures("parts")
def test_metrics_of_ones_own_are_columns_and_objectives(nnrun: Command) -> None:
    done = nnrun("metrics=./parts.py:rmse,./parts.py:share,mae", "objective=train/share", *QUICK)
    assert done.status == 0, done.err
    np.testing.assert_allclose(done.metrics["train/rmse"] ** 2, done.metrics["train/loss"], rtol=1e-5)
    assert done.summary["objective"]["greater_is_better"] is True
    assert set(done.summary["code"]) == {"parts.py"}


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("metrics=./parts.py:mae", "there is a metric 'mae' already, in nnrun.metrics"),
        ("loss=./parts.py:rows", "gives a tensor of shape (2, 1); wants one number"),
        ("loss=./parts.py:rmse", "failed on 2 samples"),
        ("dataset=./parts.py:short", "gives 3 inputs and 2 targets"),
        ("dataset=./parts.py:rmse", "'target' has no type that can be configured"),
        ("optim=./parts.py:rmse", "an optimizer of your own is registered by a plugin"),
        ("dataset=./parts.py:none", "gives no samples"),
        ("dataset=./parts.py:prices", "up to 2,500 as targets of 3 samples, which are classes"),
        ("dataset=./parts.py:alike", "gives one class alone"),
        ("loss=./parts.py:alone", "takes one argument; wants two, prediction and target"),
        ("loss=./parts.py:cut", "has no gradient; compute it from the prediction with torch"),
        ("loss=./parts.py:left", "gives no tensor but numpy.float32; wants one number"),
        ("metrics=./parts.py:alone", "metrics=./parts.py:alone: takes one argument"),
        ("metrics=./parts.py:words", "metrics=./parts.py:words: gives str; wants a number"),
        ("metrics=./parts.py:typo", "failed on 8 samples: AttributeError"),
        ("model=./parts.py:made", "is a model already made; name its class"),
    ],
)
def test_what_is_no_such_part_is_bad_input(words: str, said: str, nnrun: Command) -> None:
    done = nnrun(words)
    assert done.status == 2
    assert said in done.err


@pytest.mark.usefixtures("plugin")
def test_a_plugin_registers_parts_without_any_yaml(nnrun: Command) -> None:
    words = ("plugins=own_parts_of_a_test", "model=Tiny", "model.width=5", "dataset=wave", "loss=quartic")
    done = nnrun(*words, "optim=plain", "schedule=sudden", *QUICK)
    assert done.status == 0, done.err
    assert done.summary["model"]["name"] == "Tiny"
    assert "train/worst" in done.metrics
    assert done.metrics["lr"].tolist() == [0.1, 0.1, 0, 0, 0, 0]
    assert set(done.summary["code"]) == {"own_parts_of_a_test.py"}
    assert nnrun("rerun", str(done.directory)).status == 4
    assert nnrun("rerun", str(done.directory), "--allow-code", "--check").status == 0


@pytest.mark.usefixtures("plugin")
def test_plugins_leave_nothing_behind_in_the_process(nnrun: Command) -> None:
    before = set(models), set(losses)
    nnrun("plugins=own_parts_of_a_test", "model=Tiny", *QUICK)
    assert (set(models), set(losses)) == before
    assert nnrun("model=Tiny").status == 2
    assert nnrun("plugins=./own_parts_of_a_test.py", "model=Tiny", *QUICK).status == 0


@pytest.mark.usefixtures("plugin")
def test_parts_of_plugins_are_listed_and_swept(nnrun: Command, place: Path) -> None:
    listed = nnrun("parts", "model", "Tiny", "plugins=own_parts_of_a_test")
    assert "A tiny network." in listed.out
    assert "model.width=4" in listed.out
    done = nnrun("-m", "plugins=own_parts_of_a_test", "model=Tiny,mlp", "optim=plain,sgd", "seed=0,1", *QUICK)
    assert done.status == 0, done.err
    assert len(summaries(sweep_of(place))) == 8


@pytest.mark.usefixtures("plugin")
def test_a_conf_of_ones_own_extends_the_shipped_one_and_names_plugins(nnrun: Command, place: Path) -> None:
    (place / "conf" / "experiment").mkdir(parents=True)
    (place / "conf" / "optim").mkdir()
    (place / "conf" / "optim" / "slow.yaml").write_text("name: sgd\nlr: 0.001\n")
    (place / "conf" / "experiment" / "mine.yaml").write_text(
        "# @package _global_\ndefaults:\n  - override /model: Tiny\nplugins: own_parts_of_a_test\nepochs: 3\n"
    )
    done = nnrun("experiment=mine", "optim=slow", "plots.save=false")
    assert done.status == 0, done.err
    assert done.summary["model"]["name"] == "Tiny"
    assert done.summary["training"]["optim"]["lr"] == 0.001
    assert done.summary["epochs"] == 3


def test_a_package_is_a_plugin_and_all_its_files_count(nnrun: Command, place: Path) -> None:
    package = place / "own_package_of_a_test"
    package.mkdir()
    (package / "__init__.py").write_text("from own_package_of_a_test import nets\n")
    (package / "nets.py").write_text(PLUGIN)
    done = nnrun("plugins=own_package_of_a_test", "model=Tiny", *QUICK)
    assert done.status == 0, done.err
    assert set(done.summary["code"]) == {"__init__.py", "nets.py"}


def test_a_name_that_is_taken_says_who_has_it(nnrun: Command, place: Path) -> None:
    (place / "clash.py").write_text(
        "from nnrun import models\n@models.register\ndef mlp(inputs, outputs):\n    return None\n"
    )
    done = nnrun("plugins=clash")
    assert done.status == 2
    assert "clash.py is already registered by nnrun.models" in done.err
    assert 'clash.py", line 2' in done.err
    assert "registry.py" not in done.err, "frames of nnrun's own say nothing to its user"


def test_a_loss_of_a_plugin_that_takes_one_argument_is_refused(nnrun: Command, place: Path) -> None:
    (place / "alone.py").write_text(
        "from nnrun import losses\n@losses.register\ndef alone(p):\n    return p.mean()\n"
    )
    done = nnrun("plugins=alone", "loss=alone")
    assert done.status == 2
    assert "loss 'alone': takes one argument; wants two, prediction and target" in done.err


def test_installed_packages_register_parts_by_an_entry_point(nnrun_process: Command, place: Path) -> None:
    wheel = place / "mine-1.0-py3-none-any.whl"
    about = "mine-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("installed_parts_of_a_test.py", PLUGIN)
        archive.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/entry_points.txt", "[nnrun.plugins]\nmine = installed_parts_of_a_test\n")
        archive.writestr(f"{about}/RECORD", "")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(place / "lib"), str(wheel)], check=True)
    surroundings = {"PYTHONPATH": str(place / "lib")}
    done = nnrun_process("model=Tiny", "model.width=3", *QUICK, **surroundings)
    assert done.status == 0, done.err
    assert done.summary["model"]["name"] == "Tiny"
    assert "Tiny" in nnrun_process("parts", "model", **surroundings).out
    assert nnrun_process("model=Tiny", *QUICK).status == 2


def test_a_new_project_trains_and_its_own_test_passes(nnrun: Command, place: Path) -> None:
    assert nnrun("new", "project").status == 0
    assert nnrun("new", "project").status == 2
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(command, cwd=place / "project", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("number", [errno.ENOENT, errno.EACCES, errno.ENOSPC])
def test_a_project_that_cannot_be_written_asks_for_another_directory(
    number: int, nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "mkdir", refuse)
    done = nnrun("new", "project")
    assert done.status == 3
    assert re.fullmatch(r"nnrun: cannot write project/README.md: [a-z ]+; .*choose another DIR\n", done.err)
    assert not list(place.iterdir())


def test_a_configuration_of_ones_own_changes_defaults(nnrun: Command, place: Path) -> None:
    (place / "conf").mkdir()
    own = place / "conf" / "config.yaml"
    own.write_text("epochs: 3\noptim: adam\nmodel:\n  hidden: [3]\nplots:\n  save: false\n")
    done = nnrun("optim.beta1=0.5")
    assert done.status == 0, done.err
    assert "1 -> 3 relu -> 1" in done.err
    assert (done.summary["epochs"], done.summary["training"]["optim"]["beta1"]) == (3, 0.5)
    own.write_text("epochs: 3\nplots: {save: false}\n")
    assert nnrun("experiment=quadratic_manual").summary["epochs"] == 800
    assert nnrun("epochs=4").summary["epochs"] == 4
    sweep = nnrun("-m", "seed=0,1")
    assert sweep.status == 0, sweep.err
    jobs = [json.loads(path.read_text()) for path in place.glob("outputs/latest/?/summary.json")]
    assert [job["epochs"] for job in jobs] == [3, 3]
    own.write_text("optim: adamm\n")
    assert nnrun().err.startswith(
        "nnrun: config.yaml: no optim 'adamm'; did you mean 'adam'? choices: adagrad"
    )
    own.write_text("epocs: 3\nseed: 1\n")
    assert "unknown option 'epocs'; did you mean 'epochs'?" in nnrun().err
    for text in ("seed: 1\ndatabase: x\n", "defaults:\n  - database: x\nseed: 1\n", "- 1\n", "{"):
        own.write_text(text)
        done = nnrun("epochs=1", "plots.save=false")
        assert done.status == 0, done.err
        assert done.summary["training"]["seed"] == 0


def test_the_directory_that_is_named_counts_more_than_conf(nnrun: Command, place: Path) -> None:
    for name, text in (("conf", "epochs: 3\nseed: 5\n"), ("other", "epochs: 2\nplots: {save: false}\n")):
        (place / name).mkdir()
        (place / name / "config.yaml").write_text(text)
    summary = nnrun("--config-dir", "other").summary
    assert (summary["epochs"], summary["training"]["seed"]) == (2, 5)


def test_a_file_without_a_name_asks_for_one(nnrun: Command, place: Path) -> None:
    (place / "net.py").write_text("class Net: pass\n")
    done = nnrun("model=./net.py")
    assert (done.status, "write model=./net.py:NAME" in done.err) == (2, True)


def test_what_fails_while_training_names_the_line_of_ones_own(nnrun: Command, place: Path) -> None:
    (place / "own.py").write_text(
        "steps = []\n"
        "def late(prediction, target):\n"
        "    steps.append(1)\n"
        "    if len(steps) > 4:\n"
        "        raise KeyError('late')\n"
        "    return ((prediction - target) ** 2).mean()\n"
    )
    done = nnrun("loss=./own.py:late", "epochs=9", "plots.save=false")
    assert done.status == 1
    assert "the run failed: KeyError: 'late' (own.py, line 5; the traceback is in nnrun.log)" in done.err


def test_a_metric_of_a_library_that_fails_while_training_is_named(nnrun: Command, place: Path) -> None:
    (place / "scores.py").write_text("from sklearn.metrics import f1_score\n")
    done = nnrun("metrics=./scores.py:f1_score", *QUICK)
    assert done.status == 1
    assert "metrics=./scores.py:f1_score: failed on the run's predictions: ValueError" in done.err


def test_what_fails_elsewhere_is_not_laid_to_a_file_of_the_same_name(nnrun: Command, place: Path) -> None:
    package = place / "own_package_that_fails"
    package.mkdir()
    (package / "__init__.py").write_text(
        "import json\nimport torch\nfrom nnrun import models\nsteps = []\n\n"
        "@models.register\nclass Late(torch.nn.Module):\n"
        "    def __init__(self, inputs, outputs):\n"
        "        super().__init__()\n        self.layer = torch.nn.Linear(inputs, outputs)\n"
        "    def forward(self, x):\n        steps.append(1)\n"
        "        if len(steps) > 9:\n            json.loads('{')\n        return self.layer(x)\n"
    )
    done = nnrun("plugins=own_package_that_fails", "model=Late", "epochs=9", "plots.save=false")
    assert done.status == 1
    assert "(__init__.py, line 14; the traceback is in nnrun.log)" in done.err


def test_a_loss_below_zero_is_no_explosion(nnrun: Command, place: Path) -> None:
    (place / "own.py").write_text("def low(prediction, target):\n    return prediction.mean() - 5\n")
    done = nnrun("loss=./own.py:low", "optim.lr=0.01", *QUICK)
    assert (done.status, done.summary["status"]) == (0, "completed"), done.err
    assert done.summary["final"]["train/loss"] < done.metrics["train/loss"][0] < 0
    assert "verdict" not in done.err


def test_a_class_of_torchs_may_be_named_by_name(nnrun: Command) -> None:
    done = nnrun("optim=torch", "optim.name=RAdam", *QUICK)
    assert done.status == 0, done.err
    assert done.summary["training"]["optim"]["optimizer"] == "RAdam"
    assert "torch.optim has no 'RAdm'; did you mean 'RAdam'?" in nnrun("optim=torch", "optim.name=RAdm").err
    assert nnrun("optim=torch", "optim.name=torch", *QUICK).status == 0
    assert nnrun("optim=sgd", "optim.name=RAdam").status == 2


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("NAdam", {"betas": [0.8, 0.99]}),
        ("RAdam", {}),
        ("Rprop", {}),
        ("ASGD", {}),
        ("Adadelta", {"rho": 0.8}),
    ],
)
def test_optimizers_of_torch_do_what_torch_does_with_them(
    name: str, options: dict[str, Any], nnrun: Command
) -> None:
    typed = json.dumps(options).replace('"', "").replace(" ", "")
    words = ("optim=torch", f"optim.optimizer={name}", f"optim.options={typed}", "optim.lr=0.02")
    done = nnrun(*words, "dtype=float64", *QUICK)
    assert done.status == 0, done.err
    from nnrun.datasets import datasets

    x, y = (torch.tensor(part) for part in datasets.build("quadratic").drawn())
    network = models.build("mlp", 1, 1)
    start = network.named(network.initial(0))
    module = torch.nn.Sequential(torch.nn.Linear(1, 10), torch.nn.ReLU(), torch.nn.Linear(10, 1)).double()
    module.load_state_dict({key: torch.tensor(value) for key, value in start.items()})
    optimizer = getattr(torch.optim, name)(module.parameters(), lr=0.02, **options)
    for _ in range(6):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(module(x), y).backward()
        optimizer.step()
    for key, tensor in module.state_dict().items():
        np.testing.assert_allclose(done.weights[key], tensor.numpy(), rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("name", ["NAdam", "Rprop", "ASGD"])
def test_optimizers_of_torch_resume_to_the_same_end(name: str, nnrun: Command) -> None:
    words = ("optim=torch", f"optim.optimizer={name}", "batch_size=30", "plots.save=false")
    whole = nnrun(*words, "epochs=8")
    part = nnrun(*words, "epochs=3")
    assert nnrun("resume", str(part.directory), "epochs=8").status == 0
    for key, array in load_file(part.directory / "model.safetensors").items():
        np.testing.assert_array_equal(array, whole.weights[key])


def test_optimizers_of_torch_run_alone_and_again(nnrun: Command, place: Path) -> None:
    done = nnrun("-m", "optim=torch", "optim.options={betas:[0.8,0.99]}", "seed=0,1", *QUICK)
    assert done.status == 0, done.err
    run = sweep_of(place) / "1"
    assert nnrun("rerun", str(run), "--check").status == 0


def test_an_optimizer_that_steps_by_itself_is_refused_in_plain_words(nnrun: Command) -> None:
    refused = nnrun("trace", "optim=torch", "optim.optimizer=LBFGS")
    assert refused.status == 2
    assert "optim.optimizer=LBFGS: wants the loss several times within one step" in refused.err
    assert "closure" not in refused.err
