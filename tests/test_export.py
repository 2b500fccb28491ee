"""`nnrun export`: the ONNX file computes what the run's network does, the script trains what the run was."""

from __future__ import annotations

import builtins
import json
import runpy
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import Command
from nnrun.arguments import parse as parse_words
from nnrun.composing import Composer
from nnrun.config import REGISTRIES, Binding, bind
from nnrun.datasets import datasets
from nnrun.errors import Refused
from nnrun.exporting.numpy_text import number_text, numpy_text
from nnrun.exporting.onnx_file import onnx_bytes
from nnrun.exporting.script import TOLERANCE, script
from nnrun.exporting.script_data import _WRITERS
from nnrun.expressions import FUNCTIONS, parse
from nnrun.models import models
from nnrun.models.activations import activations
from nnrun.models.initialisation import schemes
from nnrun.prediction.predicting import outputs
from nnrun.runs.locking import RunLock
from small_runs import choice, spec, trained

QUICK = "plots.save=false"
TUTORIALS = (
    "linear_regression",
    "ten_points",
    "random_mnist",
    "quadratic_manual",
    "quadratic_autograd",
    "quadratic_fit",
)


def bound(model: Any, dataset: Any = None, dtype: str = "float32") -> Binding:
    """A run of this model that has not been trained."""
    kind = choice("dataset", "random_mnist", shape=(2, 3), classes=3) if dataset == "classes" else None
    loss = "cross_entropy" if dataset == "classes" else "mse"
    made = spec(model=model, loss=loss, dataset=kind or choice("dataset", "quadratic"), dtype=dtype)
    source = datasets.build(made.dataset.name, **made.dataset.options)
    network = models.build(made.model.name, source.inputs, source.outputs, **made.model.options)
    return Binding(made, source, network, (), ())


def composed(words: str) -> Binding:
    """A run as the command line describes it."""
    asked = parse_words(words.split())
    with Composer() as composer:
        return bind(composer.compose(asked.overrides, asked.typed), asked.typed)


def session_of(content: bytes) -> Callable[[Any], dict[str, Any]]:
    """What onnxruntime makes of inputs, by output."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return lambda x: dict(zip(names, session.run(None, {"x": x}), strict=True))


MODELS = (
    *(choice("model", name) for name in models if name != "conv"),
    choice("model", "linear", bias=False),
    choice("model", "power", exponent=3.0),
    choice("model", "mlp", hidden=(4, 3), bias=False, output_bias=False, dropout=0.5),
    *(choice("model", "mlp", activation=name, hidden=(7, 5)) for name in activations),
)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.name}-{model.options.get('activation')}")
def test_onnxruntime_computes_what_nnrun_does(model: Any, dtype: str) -> None:
    binding = bound(model, dtype=dtype)
    weights = binding.network.initial(7).astype(dtype)
    predicted = session_of(onnx_bytes(binding, weights, None, "title"))
    rng = np.random.default_rng(0)
    gelu_in_double = model.options.get("activation") == "gelu" and dtype == "float64"
    tolerance = 1e-6 if gelu_in_double else 1e-12 if dtype == "float64" else 1e-5
    for rows in (1, 5, 0):
        x = rng.normal(0, 3, (rows, 1))
        (prediction,) = predicted(x.astype(dtype)).values()
        assert prediction.dtype == dtype
        np.testing.assert_allclose(prediction, outputs(binding, weights, x), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_classifier_gives_logits_probabilities_and_the_class(dtype: str) -> None:
    binding = bound(choice("model", "mlp"), "classes", dtype)
    weights = binding.network.initial(1).astype(dtype)
    x = np.random.default_rng(0).normal(size=(8, 6))
    found = session_of(onnx_bytes(binding, weights, None, "title"))(x.astype(dtype))
    logits = outputs(binding, weights, x)
    np.testing.assert_allclose(found["logits"], logits, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["probabilities"].sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(found["class"], logits.argmax(axis=1))


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "options",
    [
        {"channels": (3, 4)},
        {"channels": (2, 3, 2), "kernel": 2, "hidden": (5,), "activation": "sine"},
        {"channels": (3,), "kernel": 4, "activation": "gelu"},
    ],
)
def test_convolutions_are_computed_as_nnrun_does(options: Any, dtype: str) -> None:
    pictures = choice("dataset", "random_mnist", shape=(5, 6), classes=3)
    model = choice("model", "conv", shape=(5, 6), **options)
    made = spec(model=model, loss="cross_entropy", dataset=pictures, dtype=dtype)
    source = datasets.build(pictures.name, **pictures.options)
    network = models.build("conv", source.inputs, source.outputs, **model.options)
    binding = Binding(made, source, network, (), ())
    weights = network.initial(3).astype(dtype)
    x = np.random.default_rng(0).normal(size=(7, 30))
    found = session_of(onnx_bytes(binding, weights, None, "title"))(x.astype(dtype))
    assert found["logits"].dtype == dtype
    np.testing.assert_allclose(found["logits"], outputs(binding, weights, x), rtol=1e-5, atol=1e-6)


def test_standardizing_is_part_of_the_graph(nnrun: Command, place: Path) -> None:
    lines = [f"{20 + 3 * k},{'north' if k % 2 else 'south'},{500 + 9 * k}" for k in range(12)]
    (place / "flats.csv").write_text("\n".join(["area,district,rent", *lines, ""]))
    data = ("dataset=csv", "dataset.path=flats.csv", "dataset.target=rent")
    assert nnrun(*data, "optim.lr=0.1", "epochs=50", "plots.save=false").status == 0
    (place / "flats.csv").unlink()
    assert nnrun("export", "latest", "--to", "onnx", "-o", "flats.onnx").status == 0
    x = np.array([[20, 0, 1], [77.5, 1, 0]], np.float32)
    found = session_of((place / "flats.onnx").read_bytes())(x)["prediction"]
    told = nnrun("predict", "latest", "--x", "20,south", "77.5,north").out.split()[1:]
    np.testing.assert_allclose(found[:, 0], [float(line.split(",")[-1]) for line in told], rtol=1e-5)


def test_the_file_says_what_it_is_and_is_the_same_again(nnrun: Command, place: Path) -> None:
    nnrun("epochs=2", QUICK)
    assert nnrun("export", "latest", "--to", "onnx").out == "quadratic-mlp.onnx\n"
    assert nnrun("export", "latest", "--to", "onnx").out == "quadratic-mlp-2.onnx\n"
    first, second = ((place / name).read_bytes() for name in ("quadratic-mlp.onnx", "quadratic-mlp-2.onnx"))
    assert first == second
    model = onnx.load_from_string(first)
    assert model.producer_name == "nnrun"
    assert model.doc_string == "quadratic, mlp 1-10-1 relu, sgd lr=0.5"
    assert [entry.name for entry in model.graph.initializer][:2] == ["0.weight", "0.bias"]


def test_without_onnx_it_says_what_to_install(nnrun: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    nnrun("epochs=2", QUICK)
    own = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name == "onnx":
            raise ImportError(name)
        return own(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    done = nnrun("export", "latest", "--to", "onnx")
    assert (done.status, done.out) == (2, "")
    assert done.err == 'nnrun: --to onnx: needs the package onnx; pip install "nnrun[export]"\n'


CASES = (
    *(f"experiment={name}" for name in TUTORIALS),
    "dataset=function epochs=30 model.hidden=8x8 model.activation=tanh optim=adam optim.lr=0.01",
    "dataset=function dataset.expression=where(x>0,x,-x^2)+min(x,1,2)*sigmoid(x)-relu(-x)+atan2(x,2)%3//2"
    " epochs=20 optim=adamw optim.lr=0.01 batch_size=16 model.activation=sine",
    "dataset=function dataset.expression=pi+0.5 epochs=5 optim=rmsprop batch_size=32 shuffle=false",
    "epochs=20 val_fraction=0.2 test_fraction=0.1 optim=rmsprop optim.momentum=0.5 optim.weight_decay=0.01"
    " loss=huber loss.delta=0.1",
    "epochs=20 optim=adagrad optim.lr=0.1 optim.weight_decay=0.01 loss=mae model.hidden=6x3",
    "epochs=20 model.dropout=0.3 model.hidden=12x12 optim.lr=0.1 batch_size=25 dtype=float64",
    "epochs=20 optim=torch optim.optimizer=RAdam optim.options={betas:[0.8,0.99],weight_decay:0.01}"
    " optim.lr=0.05",
    "epochs=100 early_stopping.patience=3 optim.lr=0.4 val_fraction=0.3 seed=4",
    "epochs=100 early_stopping.patience=3 early_stopping.threshold=0.05"
    " early_stopping.restore_best=false optim.lr=0.3",
    "epochs=20 clip_norm=0.05 schedule=cosine schedule.warmup=3 schedule.final_factor=0.1"
    " optim.momentum=0.9 optim.nesterov=true optim.lr=0.1 optim.weight_decay=0.001",
    "epochs=20 schedule=cosine optim.nesterov=true",
    "epochs=20 schedule=step schedule.every=5 schedule.gamma=0.3",
    "epochs=20 schedule=exponential schedule.warmup=4 model=linear model.bias_init=0.3 model.bias=false",
    "epochs=20 schedule.warmup=4 model=linear model.bias_init=0.3",
    "dataset=random_mnist dataset.shape=4x4 dataset.classes=3 loss=cross_entropy loss.label_smoothing=0.1"
    " loss.class_weights=1,2,3 batch_size=32 epochs=4 model.init=xavier_normal",
    "dataset=random_mnist dataset.shape=6x5 model=conv model.shape=6x5 model.channels=3x4 model.hidden=6"
    " model.activation=sine batch_size=32 epochs=3 seed=2 dtype=float64",
    "dataset=random_mnist model=conv model.channels=4 model.kernel=2 batch_size=32 epochs=2 optim=adam",
    "epochs=10 model=power model.init=kaiming_uniform model.exponent=3 optim.lr=0.1"
    " dataset.noise_kind=normal dataset.a=0 dataset.b=2 dataset.c=-1",
    "epochs=0",
    "dataset=moons epochs=10 optim.lr=0.3",
    "dataset=moons dataset.noise=0 dataset.samples=41 epochs=5 val_fraction=0.2",
    "dataset=circles dataset.classes=3 epochs=10 batch_size=32 dataset.seed=5",
    "dataset=spirals dataset.turns=0.75 epochs=10 dtype=float64",
    "dataset=blobs dataset.classes=4 epochs=10",
    "dataset=xor dataset.classes=3 epochs=10 model.activation=tanh",
    "dataset=linear dataset.weights=1,2,3,4,5,6,7,8,9,10,11,12,13.25,14,15,16,17,18.125,19,20.12345,21,22"
    " epochs=5 optim.lr=0.01 dataset.noise=0",
    *(
        f"epochs=5 optim.lr=0.1 model.init={name} model.hidden=4x3 model.output_bias=false"
        for name in schemes
    ),
    *(f"epochs=5 optim.lr=0.1 model.activation={name}" for name in activations),
)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("words", CASES)
def test_the_script_comes_to_the_runs_final_loss(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    binding = composed(words)
    population = trained(binding.spec).population
    final = float(population.training_loss()[0])
    summary = {"status": population.members[0].ending, "final": {"train/loss": final}}
    (tmp_path / "lesson.py").write_text(script(binding, summary, "name"), "utf-8")
    runpy.run_path(str(tmp_path / "lesson.py"))
    printed = capsys.readouterr().out.splitlines()[-1]
    assert printed.startswith("final loss ")
    assert float(printed.split()[-1]) == pytest.approx(final, rel=TOLERANCE)


@pytest.mark.parametrize("name", ["moons", "circles", "spirals", "blobs", "xor"])
def test_a_script_has_the_points_of_the_run_in_the_plane_bit_by_bit(name: str) -> None:
    binding = composed(f"dataset={name} dataset.seed=3")
    key = (zlib.crc32(b"data"),)
    rng = np.random.default_rng(np.random.SeedSequence(3, spawn_key=key))
    x, y = binding.source.draw(rng)
    made = {"np": np, "rng": np.random.default_rng(np.random.SeedSequence(3, spawn_key=key))}
    exec("\n".join(_WRITERS[name](binding.spec.dataset.options)), made)
    np.testing.assert_array_equal(made["x"], x)
    np.testing.assert_array_equal(made["y"], y)


def test_data_that_no_formula_makes_has_no_script() -> None:
    with pytest.raises(Refused, match="dataset=iris is not made by a formula, which a script could hold"):
        script(composed("dataset=iris"), {"status": "completed", "final": {"train/loss": 0.5}}, "name")


@pytest.mark.parametrize("name", TUTORIALS)
def test_a_tutorials_script_is_short_and_without_nnrun(name: str) -> None:
    summary = {"status": "completed", "final": {"train/loss": 0.5}}
    content = script(composed(f"experiment={name}"), summary, "name")
    lines = content.splitlines()
    assert 30 <= len(lines) <= 60
    assert max(map(len, lines)) <= 100
    assert not [line for line in lines if "import" in line and "nnrun" in line]
    assert f"at most {TOLERANCE:g} as a rule" in content


def test_a_script_runs_in_a_process_of_its_own(nnrun: Command, place: Path) -> None:
    run = nnrun("epochs=20", QUICK)
    assert nnrun("export", "latest", "--to", "script").out == "quadratic-mlp.py\n"
    content = (place / "quadratic-mlp.py").read_text("utf-8")
    assert nnrun("export", "latest", "--to", "script", "-o", "-").out == content
    done = subprocess.run(
        [sys.executable, "-I", "quadratic-mlp.py"], cwd=place, capture_output=True, text=True, check=True
    )
    assert "(0): Linear(in_features=1, out_features=10, bias=True)" in done.stdout
    assert "epoch 2  loss " in done.stdout
    final = float(done.stdout.splitlines()[-1].split()[-1])
    assert final == pytest.approx(run.summary["final"]["train/loss"], rel=TOLERANCE)


def test_a_run_that_did_not_end_by_itself_has_no_script(nnrun: Command) -> None:
    nnrun("optim.lr=100", QUICK)
    done = nnrun("export", "latest", "--to", "script")
    assert (done.status, done.out) == (4, "")
    assert (
        "this run is diverged, and a script trains to the end; rerun it first, or take --to onnx" in done.err
    )
    assert nnrun("export", "latest", "--to", "onnx").status == 0


def test_a_run_that_trains_is_told_to_wait_and_offered_nothing_that_fails(nnrun: Command) -> None:
    run = nnrun("epochs=2", QUICK).directory
    (run / "model.safetensors").unlink()
    summary = json.loads((run / "summary.json").read_text("utf-8"))
    (run / "summary.json").write_text(json.dumps(summary | {"status": "running"}))
    lock = RunLock(run)
    assert nnrun("export", "latest", "--to", "script").err.endswith("; wait until it has ended\n")
    lock.release()
    done = nnrun("export", "latest", "--to", "script")
    assert (done.status, done.err.endswith(" goes on with it\n")) == (4, True)
    assert "interrupted, and a script trains to the end; nnrun resume " in done.err


def test_a_summary_that_is_nested_too_deeply_is_refused_in_words(nnrun: Command) -> None:
    (nnrun("epochs=1", QUICK).directory / "summary.json").write_text("[" * 100_000)
    done = nnrun("export", "latest", "--to", "script")
    assert (done.status, done.out) == (4, "")
    assert done.err.endswith("summary.json: is nested too deeply\n")


def test_what_a_script_would_leave_out_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    binding = bound(choice("model", "mlp"))
    summary = {"status": "completed", "final": {"train/loss": 0.5}}
    assert "for epoch in range" in script(binding, summary, "name")
    monkeypatch.setattr("nnrun.exporting.script._WRITTEN", frozenset({"dataset", "model", "loss", "optim"}))
    changed = replace(binding, spec=replace(binding.spec, clip_norm=1.0))
    with pytest.raises(Refused, match="clip_norm cannot be written as a script"):
        script(changed, summary, "name")


@pytest.mark.parametrize("name", ['a"""\nimport os\n"""', "evil'''\\"])
def test_a_strangers_names_cannot_leave_their_places(name: str) -> None:
    content = script(bound(choice("model", "mlp")), {"status": "completed", "final": {"train/loss": 1}}, name)
    assert "import os" not in content
    compile(content, "lesson.py", "exec")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "--to: wants onnx or script"),
        (("--to", "pickle"), "--to pickle: choices: onnx, script"),
        (("--to", "script", "-o", "x.txt"), "-o x.txt: no format 'txt'; end it with .py"),
        (("--to", "onnx", "-o", "x"), "-o x: its name says no format; end it with .onnx"),
        (("--to", "onnx", "-o", "no/x.onnx"), "-o no/x.onnx: there is no directory no; make it first"),
    ],
)
def test_bad_input_is_one_line(nnrun: Command, words: Sequence[str], message: str) -> None:
    nnrun("epochs=1", QUICK)
    done = nnrun("export", "latest", *words)
    assert (done.status, done.out, done.err) == (2, "", f"nnrun: {message}\n")


ARGUMENTS = {"clip": "(x,-1,1)", "where": "(x>0,x,2)", "atan2": "(x,2)", "hypot": "(x,2)"}


@pytest.mark.parametrize(
    "text",
    [
        *(name + ARGUMENTS.get(name, "(x,1.5)" if name in ("min", "max") else "(x)") for name in FUNCTIONS),
        "-x^2",
        "(-x)^2",
        "x^-2",
        "2^x^2",
        "-(x-(1-x))/2/(x/3)",
        "x//0.3%0.7",
        "(0<x<=0.5)+(x!=0)",
        "(x>0 and x<1 or not x==0.25)*2",
        "1/sigmoid(x)-sigmoid(x)^2",
        "max(x,0.1,x^2)*pi+e-true",
    ],
)
def test_numpy_code_has_the_value_of_the_expression(text: str) -> None:
    x = np.linspace(0.01, 0.99, 17)
    expression = parse(text)
    value = eval(numpy_text(expression.root), {"np": np, "x": x})
    np.testing.assert_allclose(value, expression.evaluate({"x": x}), rtol=1e-12)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_text_is_that_number(value: float) -> None:
    assert float(number_text(value)) == value


def test_every_part_is_exported_by_a_test() -> None:
    for group in ("dataset", "loss", "optim", "schedule"):
        named = " ".join(CASES) + " dataset=quadratic loss=mse optim=sgd schedule=constant loss=half_sse"
        tutorials = {"linear", "ten_points", "random_mnist"} if group == "dataset" else {"cross_entropy"}
        rest = {name for name in REGISTRIES[group] if f"{group}={name}" not in named}
        refused = set(REGISTRIES[group]) - set(_WRITERS) if group == "dataset" else set()
        assert rest - refused <= tutorials
