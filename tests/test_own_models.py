"""A user's own `nn.Module` as a model, by its file: alone, in sweeps, recorded, and trusted."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from conftest import Command
from nnrun.models.module import ModuleLayer
from nnrun.plots import process

NET = """
import torch
from torch import nn

class Net(nn.Sequential):
    '''One hidden layer.'''
    def __init__(self, inputs, outputs, *, width: int = 10):
        super().__init__(nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, outputs))

def deep(inputs: int, outputs: int, layers: tuple[int, ...] = (4, 4), slope: float = 0.1):
    sizes = [inputs, *layers]
    parts = []
    for a, b in zip(sizes, sizes[1:]):
        parts += [nn.Linear(a, b), nn.LeakyReLU(slope)]
    return nn.Sequential(*parts, nn.Linear(sizes[-1], outputs))

class Scalar(nn.Module):
    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(0.5))
        self.unused = nn.Parameter(torch.zeros(2))
        self.frozen = nn.Parameter(torch.ones(1), requires_grad=False)
    def forward(self, x):
        return self.factor * x * self.frozen

class Normed(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.inner, self.norm, self.last = nn.Linear(inputs, 4), nn.BatchNorm1d(4), nn.Linear(4, outputs)
    def forward(self, x):
        return self.last(torch.tanh(self.norm(self.inner(x))))

class Dropped(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.inner, self.last = nn.Linear(inputs, 16), nn.Linear(16, outputs)
    def forward(self, x):
        return self.last(nn.functional.dropout(torch.relu(self.inner(x)), 0.5, self.training))

class Recurrent(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.cell, self.last = nn.LSTM(1, 3, batch_first=True), nn.Linear(3, outputs)
    def forward(self, x):
        return self.last(self.cell(x.unsqueeze(-1))[0][:, -1])
"""


@pytest.fixture
def net(place: Path) -> Path:
    """`net.py` in the working directory."""
    path = place / "net.py"
    path.write_text(NET)
    return path


def write(place: Path, name: str, text: str) -> None:
    (place / name).write_text(dedent(text))


def weights(directory: Path) -> dict[str, Any]:
    return dict(load_file(directory / "model.safetensors"))


def sweep_of(place: Path) -> Path:
    return max((place / "outputs").glob("*/*_sweep*"), key=lambda path: path.stat().st_mtime)


def records(sweep: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(sweep.glob("[0-9]*/summary.json"))]


UNDRAWN = "plots.save=false"
QUICK = ("epochs=8", UNDRAWN, "sweep.report=false")


@pytest.fixture(autouse=True)
def _drawn_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No processes for pictures, which hardly any of these runs leave."""
    monkeypatch.setattr(process, "_worth_it", lambda: False)


@pytest.mark.usefixtures("net")
def test_a_module_trains_by_its_name_with_keys_from_its_signature(nnrun: Command) -> None:
    done = nnrun("model=./net.py:Net", "model.width=6", *QUICK)
    assert done.status == 0, done.err
    assert done.summary["model"] == {"name": "./net.py:Net", "description": "Net(width=6)", "parameters": 19}
    assert done.summary["config"]["model.width"] == 6
    assert done.summary["engine"] == "autograd"
    assert done.weights["0.weight"].shape == (6, 1)
    assert "name: ./net.py:Net" in (done.directory / ".hydra" / "config.yaml").read_text("utf-8")


@pytest.mark.usefixtures("net")
def test_initial_weights_are_those_of_the_module_after_manual_seed(nnrun: Command) -> None:
    done = nnrun("model=./net.py:Net", "seed=5", "epochs=0", UNDRAWN)
    before = torch.random.get_rng_state()
    torch.manual_seed(5)
    wanted = torch.nn.Sequential(torch.nn.Linear(1, 10), torch.nn.ReLU(), torch.nn.Linear(10, 1)).state_dict()
    torch.random.set_rng_state(before)
    for name, tensor in wanted.items():
        np.testing.assert_array_equal(done.weights[name], tensor.numpy())


@pytest.mark.usefixtures("net")
def test_training_leaves_the_global_generator_of_torch_alone(nnrun: Command) -> None:
    before = torch.random.get_rng_state()
    nnrun("model=./net.py:Dropped", *QUICK)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.usefixtures("net")
def test_a_sweep_of_it_equals_the_built_in_model_run_for_run(nnrun: Command, place: Path) -> None:
    start = nnrun("epochs=0", UNDRAWN).directory
    swept = ("-m", f"init_from={start}", "optim.lr=0.1,0.3,0.5", "optim=sgd,adam", *QUICK)
    assert nnrun(*swept, "model=./net.py:Net").status == 0
    own = sweep_of(place)
    assert nnrun(*swept, "engine=autograd").status == 0
    built_in = sweep_of(place)
    assert own != built_in
    for mine, theirs in zip(sorted(own.glob("[0-9]*")), sorted(built_in.glob("[0-9]*")), strict=True):
        for name, array in weights(theirs).items():
            np.testing.assert_allclose(weights(mine)[name], array, rtol=1e-5, atol=1e-6)


@pytest.mark.usefixtures("net")
@pytest.mark.parametrize("model", ["Net", "deep", "Scalar", "Normed"])
def test_a_sweep_is_vectorized_and_each_run_is_the_one_it_would_be_alone(
    model: str, nnrun: Command, place: Path
) -> None:
    common = (f"model=./net.py:{model}", "dtype=float64", "val_fraction=0.2", "optim.lr=0.05", *QUICK)
    done = nnrun("-m", *common, "seed=0..2")
    assert done.status == 0, done.err
    assert "3 jobs: 1 population of 3" in done.err, done.err
    sweep = sweep_of(place)
    for seed in range(3):
        alone = nnrun(*common, f"seed={seed}")
        assert set(weights(sweep / str(seed))) == set(alone.weights)
        for name, array in alone.weights.items():
            np.testing.assert_allclose(weights(sweep / str(seed))[name], array, rtol=1e-9, atol=1e-12)


@pytest.mark.usefixtures("net")
@pytest.mark.parametrize("model", ["Dropped", "Recurrent"])
def test_what_cannot_be_stacked_trains_alone_with_the_same_result(
    model: str, nnrun: Command, place: Path
) -> None:
    done = nnrun("-m", f"model=./net.py:{model}", "seed=0,1", *QUICK)
    assert done.status == 0, done.err
    assert f"trained alone, one after the other: 2, because model=./net.py:{model} " in done.err
    alone = nnrun(f"model=./net.py:{model}", "seed=1", *QUICK)
    for name, array in alone.weights.items():
        np.testing.assert_array_equal(weights(sweep_of(place) / "1")[name], array)


@pytest.mark.usefixtures("net")
def test_dropout_depends_on_the_seed_alone(nnrun: Command) -> None:
    first, second = (nnrun("model=./net.py:Dropped", *QUICK) for _ in range(2))
    assert first.reproducible == second.reproducible
    assert nnrun("model=./net.py:Dropped", "seed=1", *QUICK).reproducible != first.reproducible


@pytest.mark.usefixtures("net")
def test_buffers_are_saved_as_in_a_state_dict_and_weight_decay_leaves_them_alone(nnrun: Command) -> None:
    kept = nnrun(
        "model=./net.py:Normed", "optim=adamw", "optim.weight_decay=0.5", "epochs=3", UNDRAWN
    ).weights
    assert kept["norm.num_batches_tracked"] == 3
    assert {"inner.weight", "norm.weight", "norm.running_mean", "norm.running_var"} < set(kept)
    frozen = nnrun(
        "model=./net.py:Scalar", "optim=adamw", "optim.weight_decay=0.5", "epochs=3", UNDRAWN
    ).weights
    assert frozen["frozen"] == 1


@pytest.mark.usefixtures("net")
def test_a_module_that_is_taken_by_torch_learns_what_plain_torch_learns(nnrun: Command) -> None:
    done = nnrun("model=./net.py:Net", "optim.lr=0.1", "dtype=float64", "epochs=20", UNDRAWN)
    from nnrun.datasets import datasets

    x, y = (torch.tensor(part) for part in datasets.build("quadratic").drawn())
    before = torch.random.get_rng_state()
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(1, 10), torch.nn.ReLU(), torch.nn.Linear(10, 1)).double()
    torch.random.set_rng_state(before)
    for _ in range(20):
        loss = torch.nn.functional.mse_loss(net(x), y)
        gradients = torch.autograd.grad(loss, list(net.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(net.parameters(), gradients, strict=True):
                parameter -= 0.1 * gradient
    for name, tensor in net.state_dict().items():
        np.testing.assert_allclose(done.weights[name], tensor.numpy(), rtol=1e-9)


@pytest.mark.usefixtures("net")
def test_models_of_both_kinds_are_swept_side_by_side(nnrun: Command, place: Path) -> None:
    assert nnrun("-m", "model=./net.py:Net,mlp", "seed=0,1", *QUICK).status == 0
    found = records(sweep_of(place))
    assert [record["model"]["name"] for record in found] == ["./net.py:Net"] * 2 + ["mlp"] * 2
    table = (sweep_of(place) / "results.csv").read_text("utf-8")
    assert "./net.py:Net" in table
    assert "\\" not in table


def test_the_content_of_the_file_is_in_the_hash_of_the_configuration(nnrun: Command, net: Path) -> None:
    first = nnrun("model=./net.py:Net", "epochs=0", UNDRAWN).summary
    again = nnrun("model=./net.py:Net", "epochs=0", UNDRAWN).summary
    net.write_text(NET.replace("ReLU()", "Tanh()"))
    changed = nnrun("model=./net.py:Net", "epochs=0", UNDRAWN).summary
    assert first["config_hash"] == again["config_hash"] != changed["config_hash"]
    assert set(first["code"]) == {"net.py"}
    assert first["code"] != changed["code"]


def test_a_neighbour_that_the_file_imports_counts_as_well(nnrun: Command, place: Path) -> None:
    write(place, "own_sizes_neighbour.py", "WIDTH = 3\n")
    write(
        place,
        "net.py",
        """
        from torch import nn
        from own_sizes_neighbour import WIDTH
        def make(inputs, outputs):
            return nn.Sequential(nn.Linear(inputs, WIDTH), nn.Linear(WIDTH, outputs))
        """,
    )
    first = nnrun("model=./net.py:make", "epochs=0", UNDRAWN).summary
    assert set(first["code"]) == {"net.py", "own_sizes_neighbour.py"}
    write(place, "own_sizes_neighbour.py", "WIDTH = 5  # more\n")
    second = nnrun("model=./net.py:make", "epochs=0", UNDRAWN)
    assert second.summary["config_hash"] != first["config_hash"]
    assert second.weights["0.weight"].shape == (5, 1)


def test_a_file_of_a_package_imports_its_neighbours_relatively(nnrun: Command, place: Path) -> None:
    package = place / "own_nets_of_a_test"
    (package / "kinds").mkdir(parents=True)
    for directory in (package, package / "kinds"):
        (directory / "__init__.py").touch()
    write(package, "sizes.py", "WIDTH = 3\n")
    write(
        package / "kinds",
        "net.py",
        """
        from torch import nn
        from ..sizes import WIDTH
        def make(inputs, outputs):
            return nn.Sequential(nn.Linear(inputs, WIDTH), nn.Linear(WIDTH, outputs))
        """,
    )
    words = ("model=own_nets_of_a_test/kinds/net.py:make", "epochs=0", UNDRAWN)
    first = nnrun(*words)
    assert first.status == 0, first.err
    assert {"net.py", "../sizes.py"} <= set(first.summary["code"])
    write(package, "sizes.py", "WIDTH = 5  # more\n")
    second = nnrun(*words)
    assert second.summary["config_hash"] != first.summary["config_hash"]
    assert second.weights["0.weight"].shape == (5, 1)


def test_a_file_that_its_package_imports_registers_its_parts_once(nnrun: Command, place: Path) -> None:
    package = place / "own_parts_of_a_test"
    package.mkdir()
    write(package, "__init__.py", "from .net import OwnOfATest\n")
    write(package, "sizes.py", "WIDTH = 3\n")
    write(
        package,
        "net.py",
        """
        from torch import nn
        from nnrun import models
        from .sizes import WIDTH
        @models.register
        def OwnOfATest(inputs, outputs):
            return nn.Sequential(nn.Linear(inputs, WIDTH), nn.Linear(WIDTH, outputs))
        """,
    )
    words = ("epochs=0", UNDRAWN)
    for named in (
        ("plugins=own_parts_of_a_test/net.py", "model=OwnOfATest"),
        ("model=own_parts_of_a_test/net.py:OwnOfATest",),
    ):
        done = nnrun(*named, *words)
        assert done.status == 0, done.err
        assert done.weights["0.weight"].shape == (3, 1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_module_of_another_precision_has_that_of_the_run(dtype: str, nnrun: Command, place: Path) -> None:
    write(
        place,
        "own.py",
        """
        from torch import nn
        def A(inputs, outputs):
            return nn.Linear(inputs, outputs).double()
        """,
    )
    done = nnrun("model=./own.py:A", f"dtype={dtype}", "epochs=2", UNDRAWN)
    assert done.status == 0, done.err
    assert done.weights["weight"].dtype == dtype


def test_a_module_that_insists_on_a_precision_is_refused(nnrun: Command, place: Path) -> None:
    write(
        place,
        "own.py",
        """
        from torch import nn
        class A(nn.Linear):
            def __init__(self, inputs, outputs):
                super().__init__(inputs, outputs)
                self.double()
            def forward(self, x):
                return super().forward(x.double())
        """,
    )
    done = nnrun("model=./own.py:A")
    assert done.status == 2
    assert "forward computes in double precision whatever its samples have; leave .double()" in done.err
    assert "dtype=float64 sets the precision" in done.err


BROKEN = {
    "class A: pass": ("A", "gives an A; wants a torch.nn.Module"),
    "A = 3": ("A", "'A' is int; wants a class or a function"),
    "def A(inputs, outputs): return undefined": ("A", "NameError: name 'undefined' is not defined"),
    "raise RuntimeError": ("A", "cannot be loaded: RuntimeError"),
    "import sys; sys.exit(0)": ("A", "cannot be loaded: SystemExit: 0"),
    "def A(:": ("A", "SyntaxError: invalid syntax"),
    "def Ab(inputs, outputs): pass": ("A", "defines no 'A'"),
    "from torch import nn\ndef A(): return nn.Sequential(nn.ReLU(inplace=True), nn.Linear(1, 1))": (
        "A",
        "forward changes the samples that it is given",
    ),
    "from torch import nn\ndef A(): return nn.ReLU()": ("A", "has no parameters to train"),
    "from torch import nn\ndef A(): return nn.LazyLinear(1)": ("A", "has no shape before the first input"),
    "from torch import nn\ndef A(inputs): return nn.Linear(inputs, 2)": ("A", "gives (3, 2) for 3 samples"),
    "from torch import nn\ndef A(inputs, outputs, other): pass": ("A", "'other' has no type"),
    "from torch import nn\ndef A(inputs, outputs, *, name: str): pass": ("A", "cannot be called 'name'"),
    "from torch import nn\ndef A(): return nn.Linear(7, 1)": ("A", "failed on 3 samples of 1 feature:"),
}


@pytest.mark.parametrize(("text", "found"), BROKEN.items(), ids=[found[1] for found in BROKEN.values()])
def test_what_is_no_model_is_bad_input_and_leaves_nothing(
    text: str, found: tuple[str, str], nnrun: Command, place: Path
) -> None:
    (place / "own.py").write_text(text)
    done = nnrun(f"model=./own.py:{found[0]}")
    assert done.status == 2
    assert found[1] in done.err
    assert "model=./own.py:A" in done.err
    assert "Traceback" not in done.err
    assert [path.name for path in place.iterdir()] == ["own.py"]


def test_an_error_in_the_file_shows_the_users_own_lines(nnrun: Command, place: Path) -> None:
    write(
        place,
        "own.py",
        """
        from torch import nn
        def helper():
            return 1 / 0
        class A(nn.Module):
            def __init__(self, inputs, outputs):
                helper()
        """,
    )
    err = nnrun("model=./own.py:A").err
    assert 'own.py", line 7, in __init__' in err
    assert 'own.py", line 4, in helper' in err
    assert "return 1 / 0" in err


@pytest.mark.parametrize("word", ["./no.py:A", "./net.py:Nett", "nowhere/net.py:Net"])
@pytest.mark.usefixtures("net")
def test_a_file_or_a_name_that_is_not_there_is_bad_input(word: str, nnrun: Command) -> None:
    done = nnrun(f"model={word}")
    assert done.status == 2
    assert word in done.err


@pytest.mark.usefixtures("net")
def test_keys_are_checked_against_the_signature(nnrun: Command) -> None:
    done = nnrun("model=./net.py:Net", "model.widht=3")
    assert done.status == 2
    assert "did you mean 'width'?" in done.err
    assert "wants a whole number" in nnrun("model=./net.py:Net", "model.width=x").err
    assert nnrun("model=./net.py:deep", "model.layers=3x5", "model.slope=0.2", "epochs=0", UNDRAWN).weights[
        "2.weight"
    ].shape == (5, 3)


@pytest.mark.usefixtures("net")
def test_engine_manual_is_refused_for_it(nnrun: Command) -> None:
    done = nnrun("model=./net.py:Net", "engine=manual")
    assert done.status == 2
    assert "model=./net.py:Net needs PyTorch; write engine=autograd" in done.err


def test_files_may_have_blanks_in_their_names(nnrun: Command, place: Path) -> None:
    (place / "my nets").mkdir()
    (place / "my nets" / "a net.py").write_text(NET)
    assert nnrun("model=my nets/a net.py:Net", *QUICK).status == 0
    assert nnrun("-m", "model=my nets/a net.py:Net,mlp", *QUICK).status == 0


@pytest.mark.usefixtures("net")
def test_runs_are_made_again_and_resumed_only_where_their_code_is_allowed(nnrun: Command) -> None:
    run = str(nnrun("model=./net.py:Normed", *QUICK).directory)
    for command in (["rerun", run], ["resume", run, "epochs=9"], ["predict", run, "--new", "2"]):
        refused = nnrun(*command)
        assert refused.status == 4, refused.err
        assert "would execute net.py" in refused.err
        assert "--allow-code" in refused.err
        assert nnrun(*command, "--allow-code").status == 0
    assert nnrun("rerun", run, "model=./net.py:Net").status == 0


@pytest.mark.usefixtures("net")
def test_a_resumed_run_ends_as_one_that_never_stopped(nnrun: Command) -> None:
    for model in ("Normed", "Dropped"):
        whole = nnrun(f"model=./net.py:{model}", "epochs=12", "batch_size=30", UNDRAWN)
        part = nnrun(f"model=./net.py:{model}", "epochs=5", "batch_size=30", UNDRAWN)
        assert nnrun("resume", str(part.directory), "epochs=12", "--allow-code").status == 0
        for name, array in weights(part.directory).items():
            np.testing.assert_array_equal(array, whole.weights[name])


def test_58_code_named_by_a_run_directory_is_never_executed_by_itself(nnrun: Command, net: Path) -> None:
    run = nnrun("model=./net.py:Net", *QUICK).directory
    net.write_text("from pathlib import Path\nPath('executed').touch()\n")
    for command in (
        ["rerun", str(run)],
        ["resume", str(run)],
        ["predict", str(run), "--new", "1"],
        ["trace", "--run", str(run)],
        ["show", str(run)],
        ["list"],
        ["compare", str(run), str(run)],
    ):
        nnrun(*command)
        assert not Path("executed").exists(), command


def test_58_code_named_by_the_users_own_conf_is_executed_and_its_hash_recorded(
    nnrun: Command, net: Path
) -> None:
    (net.parent / "mine" / "model").mkdir(parents=True)
    (net.parent / "mine" / "model" / "wide.yaml").write_text("name: ./net.py:Net\nwidth: 30\n")
    done = nnrun("--config-dir", "mine", "model=wide", *QUICK)
    assert done.status == 0, done.err
    assert done.weights["0.weight"].shape == (30, 1)
    assert set(done.summary["code"]) == {"net.py"}


CRASHING = """
import ctypes, os, sys
from torch import nn
class Net(nn.Module):
    def __init__(self, inputs, outputs, *, how: str = "no"):
        super().__init__()
        self.inner, self.how = nn.Linear(inputs, outputs), how
    def forward(self, x):
        if self.training and len(x) > 10:
            if self.how == "raise": raise ValueError("the reason")
            if self.how == "empty": raise ValueError
            if self.how == "long": raise ValueError("x" * 1_000_000)
            if self.how == "exit": sys.exit(0)
            if self.how == "_exit": os._exit(0)
            if self.how == "fault": ctypes.string_at(0)
        return self.inner(x)
"""
SAID = {"raise": "the reason", "empty": "ValueError", "long": "x" * 200 + "...", "exit": "asked to exit"}


@pytest.mark.parametrize("how", SAID)
def test_28_a_failure_in_users_code_ends_with_1_and_leaves_its_traceback_in_the_log(
    how: str, nnrun: Command, place: Path
) -> None:
    (place / "own.py").write_text(CRASHING)
    done = nnrun("model=./own.py:Net", f"model.how={how}", *QUICK)
    assert done.status == 1
    assert SAID[how] in done.err
    assert len(done.err) < 2000
    assert done.summary["status"] == "failed"
    assert SAID[how] in done.summary["error"]
    assert "in forward" in (done.directory / "nnrun.log").read_text("utf-8")


def test_28_a_sweep_survives_whatever_its_jobs_do(nnrun: Command, place: Path) -> None:
    (place / "own.py").write_text(CRASHING)
    hows = ["no", "empty", "exit", "_exit", "fault", "raise"]
    done = nnrun("-m", "model=./own.py:Net", f"model.how={','.join(hows)}", *QUICK)
    assert done.status == 1
    found = records(sweep_of(place))
    assert [record["status"] for record in found] == ["completed"] + ["failed"] * 5
    assert "with status 0" in found[3]["error"]
    assert "SIGSEGV" in found[4]["error"]


def test_28_a_member_that_kills_its_population_does_not_take_the_others_with_it(
    nnrun: Command, place: Path
) -> None:
    dying = "        if torch.initial_seed() == 2: os._exit(0)\n        super()"
    (place / "own.py").write_text("import torch\n" + CRASHING.replace("        super()", dying))
    done = nnrun("-m", "model=./own.py:Net", "seed=0..3", *QUICK)
    assert done.status == 1, done.err
    assert [record["status"] for record in records(sweep_of(place))] == [
        "completed",
        "completed",
        "failed",
        "completed",
    ]


def test_module_layers_are_equal_by_what_they_are_made_of() -> None:
    module = torch.nn.Linear(1, 1)
    first, second = (ModuleLayer(("a", 1), lambda: module, module, 1, False) for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)


BRANCHED = """
from torch import nn, ones

class Branched(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.first, self.body = nn.Linear(inputs, 8), nn.Sequential(nn.Linear(8, 8), nn.Tanh())
        self.last, self.scale = nn.Linear(8, outputs), nn.Parameter(ones(1))
    def forward(self, x):
        return self.scale * self.last(self.body(self.body(self.first(x))))
"""


def shown_layers(err: str) -> list[str]:
    """The lines of `verbose=true` about the network, without their label."""
    lines = err.splitlines()
    begin = next(index for index, line in enumerate(lines) if line.startswith("layers"))
    end = next(index for index, line in enumerate(lines) if line.startswith("training"))
    assert all(len(line) < 100 for line in lines[begin:end])
    return [line[10:] for line in lines[begin:end]]


def test_verbose_shows_a_module_layer_by_layer(nnrun: Command, tmp_path: Path) -> None:
    (tmp_path / "branched.py").write_text(BRANCHED)
    words = (f"model={tmp_path}/branched.py:Branched", "epochs=1", "verbose=true", "plots.save=false")
    first, inner, tanh, *_, last, rest = shown_layers(nnrun(*words, "language=en").err)
    assert first.startswith("first: Linear(in_features=1, out_features=8")
    assert first.endswith(" -> 8, 16 parameters")
    assert inner.startswith("body.0: ")
    assert inner.endswith(" -> 8, 72 parameters")
    assert tanh == "body.1: Tanh() -> 8"
    assert last.endswith(" -> 1, 9 parameters")
    assert rest == "outside of these: 1 parameters"


def test_verbose_shows_the_sizes_of_convolutions(nnrun: Command) -> None:
    data = ("dataset=random_mnist", "dataset.samples=20", "dataset.test_samples=0", "dataset.shape=[8,8]")
    done = nnrun("model=conv", *data, "epochs=1", "verbose=true", "plots.save=false", "language=en")
    layers = shown_layers(done.err)
    assert any("Conv2d(1, 16, kernel_size=(3, 3)" in line and "-> 16x8x8, 160" in line for line in layers)
    counts = [
        int(line.split(", ")[-1].split()[0].replace(",", "")) for line in layers if "parameters" in line
    ]
    assert sum(counts) == done.summary["model"]["parameters"]


def test_two_weights_beside_a_buffer_are_no_landscape(nnrun: Command, place: Path) -> None:
    (place / "counted.py").write_text(
        "import torch\n"
        "class Counted(torch.nn.Module):\n"
        "    def __init__(self, inputs, outputs):\n"
        "        super().__init__()\n"
        "        self.line = torch.nn.Linear(inputs, outputs)\n"
        "        self.register_buffer('count', torch.zeros((), dtype=torch.long))\n"
        "    def forward(self, x):\n"
        "        self.count += 1\n"
        "        return self.line(x)\n",
        encoding="utf-8",
    )
    done = nnrun("model=./counted.py:Counted", "optim.lr=0.1", "epochs=3")
    assert done.status == 0, done.err
    assert (done.directory / "fit.png").exists()
    assert not (done.directory / "landscape.png").exists()
