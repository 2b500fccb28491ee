"""`nnrun trace`: its numbers against torch's autograd and real training, and every part traced."""

from __future__ import annotations

import itertools
import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from conftest import Command
from nnrun.characters import cells
from nnrun.config import REGISTRIES, Binding
from nnrun.datasets import datasets
from nnrun.losses import losses
from nnrun.models import models
from nnrun.models.activations import activations
from nnrun.models.layers import Activate, Affine, Dropout, Layer, Power
from nnrun.models.module import chance
from nnrun.optimizers import optimizers
from nnrun.schedules import schedules
from nnrun.shipped import config_directory
from nnrun.spec import Spec
from nnrun.tracing import formulas
from nnrun.tracing.gradients import MOST_PROBED
from nnrun.tracing.moment import reach
from nnrun.tracing.page import page
from nnrun.tracing.phrases import Phrases
from nnrun.tracing.record import record
from nnrun.tracing.scalars import Equation, scalars
from nnrun.tracing.step import Trace, trace
from nnrun.tracing.text import WIDTH, wrapped
from nnrun.tracing.updates import RULES, updates
from small_runs import choice, spec, task_of, trained, varied

BY_HAND = [name for name in models if name != "conv"]
OWN_OPTIMIZERS = [name for name in optimizers if name != "torch"]
"""Those with formulas of nnrun's own; what is torch's is computed there."""
KEYS_OF_OPTIMIZERS = sorted({key for name in OWN_OPTIMIZERS for key in optimizers[name].parameters})
EVERY_LAYER = (
    Affine("0", 2, 3, True),
    Dropout(0.25, 3),
    Power(2.5),
    *(Activate(function) for function in activations.values()),
)
EVERY_KEY = [
    key for registry in REGISTRIES.values() for name in registry for key in (name, *registry[name].parameters)
]
CHINESE = (
    ("experiment=ten_points", "--scalars"),
    ("experiment=quadratic_manual", "optim.lr=0"),
    ("experiment=quadratic_autograd", "optim=adagrad", "--scalars", "clip_norm=1"),
    ("experiment=linear_regression", "--rows", "2"),
    ("experiment=random_mnist", "model.hidden=8", "loss.label_smoothing=0.1"),
    ("model.dropout=0.3", "model.hidden=3x2", "optim=rmsprop", "optim.momentum=0.5"),
    ("model.hidden=2", "model.init=zeros", "--layer", "1"),
    ("model.hidden=2", "model.init=zeros", "loss=mae", "--scalars"),
)

FLOAT32 = 1e-6
"""How far a number that training rounds to float32 may be from the exact one, relative to its size."""


def traced(nnrun: Command, *arguments: str) -> dict[str, Any]:
    """What `--json` prints."""
    done = nnrun("trace", *arguments, "--json")
    assert done.status == 0, done.err
    assert done.found is None
    content: dict[str, Any] = json.loads(done.out)
    return content


def arrays(items: list[dict[str, Any]], key: str) -> dict[str, Any]:
    return {item["name"]: np.array(item[key]) for item in items}


def binding_of(given: Spec) -> Binding:
    source = datasets.build(given.dataset.name, **given.dataset.options)
    network = models.build(given.model.name, source.inputs, source.outputs, **given.model.options)
    return Binding(given, source, network, (), ())


def text_of(step: Trace, rows: int = 3, **options: Any) -> str:
    return "\n".join(line.text for line in page(step, rows, **options))


def assert_three_ways(content: dict[str, Any], expected: dict[str, Any]) -> None:
    """Every gradient, found three ways, is the one expected."""
    # A saturated sigmoid loses digits in 1 - y, whoever computes it.
    for way, relative, absolute in (
        ("by_hand", 1e-9, 1e-14),
        ("autograd", 1e-9, 1e-14),
        ("differences", 1e-6, 1e-9),
    ):
        found = arrays(content["gradients"], way)
        assert set(found) == set(expected)
        for name, values in expected.items():
            np.testing.assert_allclose(found[name], values, rtol=relative, atol=absolute, err_msg=way)
    largest = max(item["largest_difference"] for item in content["gradients"])
    assert largest < 1e-7


def assert_updated(content: dict[str, Any], rate: float, gradients: dict[str, Any]) -> None:
    before, after = (arrays(content["parameters"], key) for key in ("before", "after"))
    for name, gradient in gradients.items():
        exact = before[name] - rate * gradient
        np.testing.assert_allclose(after[name], exact, rtol=FLOAT32, atol=FLOAT32)


@pytest.mark.parametrize("step", [0, 7, 13])
def test_ten_points_is_what_torch_computes_from_the_tutorials_formulas(nnrun: Command, step: int) -> None:
    content = traced(nnrun, "experiment=ten_points", f"--step={step}", "--scalars")
    start = arrays(content["parameters"], "before")
    w, b, v = (
        torch.tensor(start[name], dtype=torch.float64, requires_grad=True)
        for name in ("0.weight", "0.bias", "2.weight")
    )
    x, y = content["batch"]["x"][0][0], content["batch"]["y"][0][0]
    neurons = [w[i, 0] * x + b[i] for i in range(5)]
    outputs = [1 / (1 + torch.exp(-z)) for z in neurons]
    prediction = sum(v[0, i] * outputs[i] for i in range(5))
    loss = (prediction - y) ** 2
    loss.backward()
    hidden = [layer["output"][0] for layer in content["layers"]]
    np.testing.assert_allclose(hidden[0], [z.item() for z in neurons], rtol=1e-13)
    np.testing.assert_allclose(hidden[1], [s.item() for s in outputs], rtol=1e-13)
    assert content["prediction"] == [[pytest.approx(prediction.item(), rel=1e-13)]]
    assert content["loss"]["value"] == pytest.approx(loss.item(), rel=1e-13)
    expected = {"0.weight": w.grad.numpy(), "0.bias": b.grad.numpy(), "2.weight": v.grad.numpy()}
    assert_three_ways(content, expected)
    assert_updated(content, 0.01, expected)
    by_scalars = [equation["value"] for equation in content["scalars"]["gradients"]]
    everything = np.concatenate([expected[name].ravel() for name in ("0.weight", "0.bias", "2.weight")])
    assert len(by_scalars) == 15
    np.testing.assert_allclose(by_scalars, everything, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("preset", ["quadratic_manual", "quadratic_autograd"])
@pytest.mark.parametrize("step", [0, 41])
def test_quadratic_is_what_torch_computes_from_the_tutorials_formulas(
    nnrun: Command, preset: str, step: int
) -> None:
    content = traced(nnrun, f"experiment={preset}", "--step", str(step))
    start = arrays(content["parameters"], "before")
    w, b = (torch.tensor(start[name].item(), dtype=torch.float64, requires_grad=True) for name in start)
    x, y = (torch.tensor(content["batch"][name], dtype=torch.float64) for name in "xy")
    prediction = w * x**2 + b
    loss = 0.5 * ((prediction - y) ** 2).sum()
    loss.backward()
    np.testing.assert_allclose(content["prediction"], prediction.detach().numpy(), rtol=1e-13)
    assert content["loss"]["value"] == pytest.approx(loss.item(), rel=1e-13)
    residual = np.array(content["prediction"]) - y.numpy()
    by_the_tutorial = {"weight": [[(residual * x.numpy() ** 2).sum()]], "bias": [residual.sum()]}
    assert_three_ways(content, {"weight": [[w.grad.item()]], "bias": [b.grad.item()]})
    assert_three_ways(content, by_the_tutorial)
    assert_updated(content, 0.001, {name: np.array(value) for name, value in by_the_tutorial.items()})


@pytest.mark.parametrize("engine", ["manual", "autograd"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"model": choice("model", "mlp", dropout=0.3), "optim": varied("optim", "adam")},
        {"schedule": choice("schedule", "cosine", warmup=2), "clip_norm": 0.1, "val_fraction": 0.3},
    ],
    ids=["plain", "dropout and adam", "schedule and clipping"],
)
def test_a_step_starts_from_the_weights_of_a_real_training(engine: str, changes: dict[str, Any]) -> None:
    given = spec(**({"engine": engine, "batch_size": 5, "epochs": 4} | changes))
    per_epoch = 2 if given.val_fraction else 3
    moments = [reach(given, step) for step in range(4 * per_epoch)]
    for earlier, later in itertools.pairwise(moments):
        np.testing.assert_array_equal(earlier.after, later.before)
        for slot, values in earlier.state_after.items():
            np.testing.assert_array_equal(values, later.state_before[slot])
    np.testing.assert_array_equal(moments[-1].after, trained(given).weights)


def test_step_7_starts_from_the_weights_after_7_steps_of_the_command_line(nnrun: Command) -> None:
    run = nnrun("experiment=quadratic_manual", "epochs=7", "plots.save=false")
    content = traced(nnrun, "experiment=quadratic_manual", "--step", "7")
    for name, values in arrays(content["parameters"], "before").items():
        np.testing.assert_array_equal(values, run.weights[name])


@pytest.mark.parametrize("loss", losses)
@pytest.mark.parametrize("model", BY_HAND)
def test_every_model_with_every_loss_agrees_three_ways(model: str, loss: str) -> None:
    step = trace(binding_of(spec(model, varied("loss", loss), batch_size=6)), 4)
    assert step.largest_difference < 1e-8
    assert step.agrees
    assert json.dumps(record(step, scalars=None), allow_nan=False)
    text = text_of(step)
    assert step.parameters[0].name in text
    assert losses.build(loss, np.asarray).gradient_formula in text


@pytest.mark.parametrize("activation", activations)
def test_every_activation_is_traced_in_both_views(activation: str) -> None:
    model = choice("model", "mlp", activation=activation, hidden=(3, 2))
    step = trace(binding_of(spec(model, optim=choice("optim", "sgd", lr=0.05), batch_size=1)), 3)
    each = scalars(step)
    assert step.largest_difference < 1e-8
    shares = [equation.value for equation in each.gradients]
    np.testing.assert_allclose(shares, np.concatenate([p.hand.ravel() for p in step.parameters]), rtol=1e-10)
    for text in (text_of(step), text_of(step, scalars=each)):
        assert activations[activation].slope.partition(" ")[0] in text
    assert activations[activation].formula in text_of(step)


@pytest.mark.parametrize("optim", OWN_OPTIMIZERS)
@pytest.mark.parametrize("is_varied", [False, True])
def test_every_optimizer_is_traced_with_its_rule_and_what_it_keeps(optim: str, is_varied: bool) -> None:
    chosen = varied("optim", optim) if is_varied else choice("optim", optim)
    step = trace(binding_of(spec("mlp", optim=chosen, dtype="float64")), 2)
    content = record(step)
    kept = {slot for item in content["parameters"] for slot in item["state"]}
    assert kept == set(optimizers.build(optim, np.asarray, **chosen.options).slots)
    text = text_of(step)
    assert formulas.optimizer(optim)[0] in text.replace("\n  ", " ")
    assert all(f"new {slot}" in text for slot in kept)
    for own in step.parameters:
        assert not np.array_equal(own.before, own.after) or not own.hand.any()


@pytest.mark.parametrize("schedule", schedules)
def test_the_rate_is_the_schedules(schedule: str) -> None:
    given = spec("linear", schedule=varied("schedule", schedule), dtype="float64")
    step = trace(binding_of(given), 5)
    assert step.moment.rate == pytest.approx(given.optim.options["lr"] * step.factor, rel=1e-12)
    for own in step.parameters:
        np.testing.assert_allclose(own.after, own.before - step.moment.rate * own.hand, rtol=1e-12)


def test_the_sum_of_all_samples_shares_is_the_batchs_gradient() -> None:
    step = trace(binding_of(spec(choice("model", "mlp", hidden=(3,)), batch_size=4, shuffle=False)), 0)
    shares = np.zeros(step.binding.network.size)
    for sample in range(4):
        rolled = [replace(layer, **_rolled(layer, sample)) for layer in step.layers]
        moved = replace(step, layers=tuple(rolled), loss_signal=np.roll(step.loss_signal, -sample, axis=0))
        shares += [equation.value for equation in scalars(moved).gradients]
    np.testing.assert_allclose(shares, np.concatenate([p.hand.ravel() for p in step.parameters]), rtol=1e-9)


def _rolled(layer: Any, sample: int) -> dict[str, Any]:
    return {key: np.roll(getattr(layer, key), -sample, axis=0) for key in ("x", "y")}


def test_every_product_of_the_chain_rule_multiplies_to_its_value() -> None:
    model = choice("model", "mlp", hidden=(3, 2), dropout=0.4, activation="tanh")
    step = trace(binding_of(spec(model, "huber", batch_size=1)), 1)
    for equation in (*scalars(step).forward, *scalars(step).gradients):
        if equation.terms:
            total = sum(math.prod(factor.value for factor in term) for term in equation.terms)
            assert total == pytest.approx(equation.value, rel=1e-12, abs=1e-15), equation.name
    text = text_of(step, scalars=scalars(step))
    assert "mask[0]" in text
    assert "tanh'(z1[0])" in text


def test_several_outputs_have_a_line_each() -> None:
    step = trace(binding_of(spec(choice("model", "mlp", hidden=(2,)), "cross_entropy", batch_size=1)), 0)
    text = text_of(step, scalars=scalars(step))
    assert "dL/dp[2] = " in text
    assert "dL/dh1[1] = dL/dp[0] × 2.weight[0,1] + " in text


@pytest.mark.parametrize("name", [name for name in activations if activations[name].kinks])
def test_a_kink_that_is_met_is_named_with_the_value_in_its_place(name: str) -> None:
    kink = activations[name].kinks[-1]
    model = choice("model", "mlp", hidden=(2,), activation=name, init="zeros", bias_init=float(kink))
    step = trace(binding_of(spec(model)), 0)
    (met,) = step.layers[1].kinks[-1:]
    x = np.array([float(kink)])
    assert met.count == 26
    assert met.used == activations[name].derivative(x, activations[name].value(x))[0]
    line = f"{name} has no derivative at x = {kink:g}, met 26 times: {met.used:.5g} is used"
    assert line in text_of(step)
    assert line in text_of(step, scalars=scalars(step))


def test_torch_takes_the_same_value_at_every_kink() -> None:
    for function in activations.values():
        for kink in function.kinks:
            x = torch.tensor([float(kink)], dtype=torch.float64, requires_grad=True)
            function.value(x).backward()
            array = x.detach().numpy()
            assert function.derivative(array, function.value(array)) == pytest.approx(x.grad.numpy())


def test_finite_differences_that_see_both_sides_of_a_kink_are_explained() -> None:
    model = choice("model", "mlp", hidden=(2,), init="normal", bias_init=0.0)
    flat = choice("dataset", "quadratic", samples=3, test_samples=0, low=-1.0, high=1.0)
    step = trace(binding_of(spec(model, dataset=flat)), 0)
    assert step.layers[1].kinks[0].count == 2
    assert not step.agrees
    assert "finite differences see both sides of a kink: relu at x = 0" in text_of(step)


def test_mae_says_that_it_has_no_derivative_where_the_prediction_is_the_target() -> None:
    exact = choice("dataset", "linear", samples=4, weights=(0.0,), bias=0.0, noise=0.0, test_samples=0)
    step = trace(binding_of(spec(choice("model", "linear", init="zeros"), "mae", dataset=exact)), 0)
    assert "mae has no derivative at p = y, met 4 times: 0 is used" in text_of(step)


@pytest.mark.parametrize("name", activations)
def test_the_text_of_a_slope_is_the_derivative(name: str) -> None:
    function = activations[name]
    x = np.array([-7.3, -1.4, -0.6, 0.3, 0.8, 2.2, 6.5])
    y = function.value(x)
    for place, value, wanted in zip(x, y, function.derivative(x, y), strict=True):
        assert _evaluated(function.slope, float(place), float(value)) == pytest.approx(wanted, abs=1e-4), (
            place
        )


def _evaluated(formula: str, x: float, y: float) -> float:
    """Such a text as Python: `A where C, else B`, `^`, products without a sign, a name defined at the end."""
    formula, _, definition = formula.partition(", s = ") if ", s = " in formula else (formula, "", "")
    name = "s" if definition else ""
    if ", t = " in formula:
        (formula, _, definition), name = formula.partition(", t = "), "t"
    chosen = re.fullmatch(r"(.*) where (.*), else (.*)", formula)
    names = {"x": x, "y": y, "e": math.e, "pi": math.pi}
    names |= {f.__name__: f for f in (math.erf, math.sqrt, math.cos, abs)}
    if definition:
        names[name] = _evaluated(definition, x, y)

    def value(text: str) -> float:
        text = re.sub(r"\|x\|", "abs(x)", text).replace("^", "**")
        text = re.sub(r"(?<=[\w)]) (?=[\w(])", " * ", text)
        return float(eval(text, {"__builtins__": {}}, names))

    if chosen is None:
        return value(formula)
    return value(chosen[1]) if value(chosen[2]) else value(chosen[3])


def test_large_networks_are_probed_here_and_there(nnrun: Command) -> None:
    content = traced(nnrun, "experiment=random_mnist", "model.hidden=8", "--step", "5")
    assert (content["epoch"], content["batch_number"]) == (2, 2)
    probed = np.array(content["gradients"][0]["differences"], dtype=np.float64)
    assert 50 <= np.isfinite(probed).sum() < MOST_PROBED
    assert len(content["layers"][0]["input"]) == 32
    assert len(content["layers"][0]["input"][0]) == 784
    done = nnrun("trace", "experiment=random_mnist", "model.hidden=8", "--rows", "2")
    assert "finite differences: of at most 100 elements of each array" in done.out
    assert max(map(len, done.out.splitlines())) < 200
    assert "class of [" in done.out


def test_a_saved_run_is_traced_from_its_weights(nnrun: Command) -> None:
    run = nnrun("experiment=ten_points", "epochs=3", "plots.save=false", "seed=4")
    content = traced(nnrun, "--run", "latest")
    assert content["start"].endswith(run.directory.name)
    for name, values in arrays(content["parameters"], "before").items():
        np.testing.assert_array_equal(values, run.weights[name])
    assert f"start  the weights of {content['start']}" in nnrun("trace", "--run", content["start"]).out


def _changed(directory: Path, **changes: Any) -> None:
    path = directory / ".hydra" / "config.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text("utf-8")) | changes), "utf-8")


def test_a_saved_configuration_is_never_resolved(nnrun: Command) -> None:
    directory = nnrun("epochs=2", "plots.save=false").directory
    _changed(directory, output="${oc.env:NOT_THERE}")
    assert nnrun("trace", "--run", "latest").status == 0
    _changed(directory, seed="${oc.env:HOME}")
    done = nnrun("trace", "--run", "latest")
    assert done.status == 4
    assert "seed refers to other values, which are not followed" in done.err


def test_damaged_runs_are_refused_in_one_line(nnrun: Command) -> None:
    directory = nnrun("epochs=2", "plots.save=false").directory
    _changed(directory, epochs="many")
    done = nnrun("trace", "--run", "latest")
    assert (done.status, len(done.err.splitlines())) == (4, 1)
    _changed(directory, epochs=2, model={"name": "linear"})
    assert "other weights than its configuration describes" in nnrun("trace", "--run", "latest").err
    (directory / "model.safetensors").write_bytes(b"nothing")
    assert "model.safetensors: cannot be read: " in nnrun("trace", "--run", "latest").err
    (directory / ".hydra" / "config.yaml").unlink()
    assert "config.yaml: cannot be read: " in nnrun("trace", "--run", "latest").err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--step", "100"), "--step 100: the run has 100 steps, 0 to 99"),
        (("epochs=1", "--step", "1"), "--step 1: the run has 1 step, 0"),
        (("epochs=0",), "--step 0: the run has no steps, because epochs=0"),
        (
            ("early_stopping.patience=1", "early_stopping.threshold=0.9", "--step", "50"),
            "--step 50: the run has 2 steps, 0 to 1; it stops early in epoch 2 of 100",
        ),
        (
            ("optim.lr=100", "model.init=normal", "--step=90"),
            "--step 90: the run has 4 steps, 0 to 3; it diverges in epoch 4 of 100",
        ),
        (("--step", "-1"), "--step -1: must be at least 0"),
        (("--rows", "0"), "--rows 0: must be at least 1"),
        (("--layer", "3"), "--layer 3: the model has layers 0 to 2"),
        (("model=linear", "--layer", "1"), "--layer 1: the model has layer 0 alone"),
        (("--steps", "3"), "--steps: unknown flag; did you mean '--step'?"),
        (("--wrong",), "--wrong: unknown flag; nnrun trace --help lists the flags"),
        (("--wrong", "3"), "--wrong: unknown flag; nnrun trace --help lists the flags"),
        (("--steppe", "3"), "--steppe: unknown flag; did you mean '--step'?"),
        (("--multirn",), "--multirn: unknown flag; nnrun trace --help lists the flags"),
        (("--step", "1", "--step", "2"), "--step: given 2 times; give it once"),
        (("--layer=1", "--layer", "1"), "--layer: given 2 times; give it once"),
        (("--rows", "1", "--rows=2"), "--rows: given 2 times; give it once"),
        (("--run", "latest", "--run", "latest~1"), "--run: given 2 times; give it once"),
        (("--run", "latest", "language=fr"), "language=fr: no such language; choices: auto, en, zh"),
        (("--cfg", "job"), "--cfg: no flag of a trace; leave it out (nnrun trace --help)"),
        (("--step", "1.5"), "--step 1.5: must be a whole number"),
        (("--rows=x",), "--rows x: must be a whole number"),
        (("--step",), "--step: wants a value"),
        (("--language", "fr"), "--language fr: choices: auto, en, zh"),
        (("--layer", "1", "--scalars"), "--scalars with --layer 1: --scalars shows all layers; leave one of"),
        (("model.hiden=3",), "model.hiden=3: mlp has no parameter 'hiden'; did you mean 'hidden'?"),
        (("--run", "none"), "none: no such run under outputs"),
        (("--run", "latest", "seed=1"), "seed=1: --run takes the run's own configuration"),
        (("model.hidden=64", "--scalars"), "--scalars: the model has 193 parameters, and at most 64 are"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_is_one_line_and_status_2(
    nnrun: Command, place: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = nnrun("trace", *arguments)
    assert done.status == 2
    assert done.out == ""
    (line,) = done.err.splitlines()
    assert line.startswith(f"nnrun: {message}")
    assert not list(place.iterdir())


def test_the_gate_corrects_a_trace_as_it_does_a_training(nnrun: Command) -> None:
    done = nnrun("trace", "lr=0.1", "--step", "4", "--scalars")
    assert done.err.splitlines()[-1] == "nnrun: try: nnrun trace optim.lr=0.1 --step 4 --scalars"
    done = nnrun("trace", "model.hidden=3x", "optim.lr=-1")
    assert len(done.err.splitlines()) == 2
    assert nnrun("trace", "dataset=function", "dataset.expression=sin(3*x) + 0.1*x", "epochs=5").status == 0


def test_a_key_written_as_a_flag_is_corrected_and_keeps_the_traces_own(nnrun: Command) -> None:
    done = nnrun("trace", "--epochs", "3", "--step", "1")
    assert done.err.splitlines()[-1] == "nnrun: try: nnrun trace epochs=3 --step 1"


def test_nothing_is_left_on_disk(nnrun: Command, place: Path) -> None:
    assert nnrun("trace", "--step", "3").status == 0
    assert not list(place.iterdir())


def test_one_layer_alone(nnrun: Command) -> None:
    text = nnrun("trace", "--layer", "2", "--rows", "1").out
    assert "2.weight (1, 10)" in text
    assert "0.weight" not in text
    assert "this layer has no weights" in nnrun("trace", "--layer", "1").out


def test_text_is_plain_and_ascii_where_stdout_is_not_utf8(nnrun_process: Command) -> None:
    utf8 = nnrun_process("trace", "experiment=quadratic_manual", "--scalars", PYTHONIOENCODING="utf-8")
    ascii_ = nnrun_process("trace", "experiment=quadratic_manual", "--scalars", PYTHONIOENCODING="ascii")
    assert "weight[0,0] × x^2" in utf8.out
    assert ascii_.out == utf8.out.replace("×", "*")
    assert "\x1b" not in utf8.out


def test_headings_are_coloured_on_a_terminal_alone(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = nnrun("trace", "model=linear").out
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    coloured = nnrun("trace", "model=linear").out
    assert "\x1b[1;36mforward" in coloured
    assert plain != coloured


def test_bad_input_needs_no_torch() -> None:
    call = "cli.run(['trace', '--step', '100'])"
    program = f"import sys; from nnrun import cli; {call}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_dataset_is_traced() -> None:
    for name in REGISTRIES["dataset"]:
        entry = REGISTRIES["dataset"][name]
        if not any(parameter.required for parameter in entry.parameters.values()):
            given = choice("dataset", name)
            task = datasets.build(name, **given.options).task
            loss = next(known for known in losses if task_of(known) == task)
            assert trace(binding_of(spec("linear", loss, dataset=given)), 1).agrees


CLIPPED = {"clip_norm": 0.05}


@pytest.mark.parametrize("optim", OWN_OPTIMIZERS)
@pytest.mark.parametrize("changes", [{}, CLIPPED], ids=["free", "clipped"])
@pytest.mark.parametrize("off_default", [None, "all", *KEYS_OF_OPTIMIZERS])
def test_every_number_of_an_update_is_the_optimizers_own(
    optim: str, off_default: str | None, changes: dict[str, Any]
) -> None:
    chosen, all_varied = choice("optim", optim), varied("optim", optim)
    if off_default == "all":
        chosen = all_varied
    elif off_default in chosen.options:
        chosen = replace(chosen, options=chosen.options | {off_default: all_varied.options[off_default]})
    model = choice("model", "mlp", hidden=(3,))
    step = trace(binding_of(spec(model, optim=chosen, dtype="float64", **changes)), 2)
    assert step.clip is None or step.clip.scale < 1
    written = updates(step)
    symbols = RULES[optim][1]
    for own in step.parameters:
        assert len(written[own.name]) == own.before.size
        for update, place in zip(written[own.name], np.ndindex(own.before.shape), strict=True):
            values = {equation.name: equation.value for equation in update.equations}
            assert update.equations[-1].value == pytest.approx(own.after[place], rel=1e-12, abs=1e-14)
            for slot, (_, after) in own.slots.items():
                assert values[f"{symbols[slot]}'"] == pytest.approx(after[place], rel=1e-9, abs=1e-300)
            for equation in update.equations:
                assert _of_formula(equation) == pytest.approx(equation.value, rel=2e-4, abs=1e-12)


def _of_formula(equation: Equation) -> float:
    """What its text computes; the constants in it have five digits."""
    text = equation.formula.replace("×", "*").replace("^", "**").replace("'", "_")
    names = {factor.symbol.replace("'", "_"): factor.value for factor in equation.given}
    return float(eval(text, {"__builtins__": {}, "sqrt": math.sqrt}, names))


def test_an_update_is_written_with_momentum_decay_and_clipping(nnrun: Command) -> None:
    options = ("optim.momentum=0.9", "optim.weight_decay=0.1", "clip_norm=10", "--scalars", "--step", "1")
    text = nnrun("trace", "experiment=quadratic_manual", *options).out
    assert re.search(r"\|g\| = sqrt\(sum g\^2\) = sqrt\(\(-[\d.]+\)\^2 \+ \(-[\d.]+\)\^2\) = [\d.]+\n", text)
    assert re.search(r"min\(10 / \([\d.]+ \+ 1e-06\), 1\) = 0\.0\d+\n", text)
    number = r"\(?-?[\d.e-]+\)?"
    for line in (
        rf"weight\[0,0\]: g = {number}",
        rf"g' = 0\.0\d+ × g = 0\.0\d+ × {number} = {number}",
        rf"g'' = g' \+ 0\.1 × p = {number} \+ 0\.1 × {number} = {number}",
        rf"b' = 0\.9 × b \+ g'' = 0\.9 × {number} \+ {number} = {number}",
        rf"p' = p - 0\.001 × b' = {number} - 0\.001 × {number} = {number}",
    ):
        assert re.search(rf"^ +{line}$", text, re.MULTILINE), line


def test_the_updates_equations_are_in_the_json(nnrun: Command) -> None:
    content = traced(nnrun, "experiment=quadratic_manual", "optim=adam", "--scalars")
    after = arrays(content["parameters"], "after")
    found = {update["name"]: update["equations"][-1]["value"] for update in content["scalars"]["updates"]}
    assert found == {
        "weight[0,0]": pytest.approx(after["weight"].item()),
        "bias[0]": pytest.approx(after["bias"].item()),
    }


def test_an_update_that_the_equations_do_not_explain_is_a_table() -> None:
    step = trace(binding_of(spec("linear")), 0)
    (first, *others) = step.parameters
    changed = replace(step, parameters=(replace(first, after=first.after + 1), *others))
    assert set(updates(changed)) == {own.name for own in others}
    assert re.search(r"before +gradient +change +after", text_of(changed, scalars=scalars(step)))


def test_the_layers_signals_are_torchs() -> None:
    step = trace(binding_of(spec(choice("model", "mlp", hidden=(4, 3), activation="tanh"))), 2)
    x = torch.tensor(step.layers[0].x)
    outputs = []
    for layer in step.layers:
        if layer.names:
            own = {
                p.symbol: torch.tensor(p.before.astype(np.float64))
                for p in step.parameters
                if p.index == layer.index
            }
            x = torch.nn.functional.linear(x, own["dW"], own["db"])
        else:
            x = torch.tanh(x)
        outputs.append(x.requires_grad_() if not outputs else x)
        outputs[-1].retain_grad()
    torch.nn.functional.mse_loss(x, torch.tensor(step.problem.y[0])).backward()
    for layer, output in zip(step.layers, outputs, strict=True):
        np.testing.assert_allclose(layer.signal, output.grad.numpy(), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("layer", EVERY_LAYER, ids=lambda layer: type(layer).__name__)
def test_the_english_words_of_a_layer_are_those_of_its_documentation(layer: Layer) -> None:
    say = Phrases("en")
    assert say.forward(layer) == formulas.forward(layer)
    assert say.backward(layer) == formulas.backward(layer)


@pytest.mark.parametrize("optim", OWN_OPTIMIZERS)
def test_the_english_words_of_an_optimizer_are_those_of_its_documentation(optim: str) -> None:
    assert Phrases("en").optimizer(optim) == formulas.optimizer(optim)


@pytest.mark.parametrize("name", losses)
def test_the_english_words_of_a_loss_are_those_of_its_documentation(name: str) -> None:
    say, loss = Phrases("en"), losses.build(name, np.asarray)
    assert (say.loss(loss), say.loss_slope(loss)) == (loss.formula, loss.gradient_formula)
    assert say.loss_text(name) == formulas.loss(name)


def test_a_part_that_the_catalogue_does_not_know_is_described_as_it_documents_itself() -> None:
    loss = replace(losses.build("mse", np.asarray), name="own", formula="max |p - y|")
    assert Phrases("zh").loss(loss) == "max |p - y|"


NAMES = {
    *re.findall("[A-Za-z]+", " ".join((*REGISTRIES, *activations))),
    *(word for name in EVERY_KEY for word in re.findall("[A-Za-z]+", name)),
    *("float", "false", "true", "weight", "bias", "dweight", "dbias", "mask", "clip", "norm", "step"),
    *("mean", "sqrt", "sign", "softmax", "logits", "loss", "torch", "Linear", "CrossEntropyLoss"),
    *("Adam", "AdamW", "RMSprop", "Adagrad", "ICML", "ICLR", "JMLR", "Sutskever", "Kingma", "Loshchilov"),
    *("Hutter", "Hinton", "Duchi", "Hazan", "Singer"),
}
"""Latin words that may stand in a Chinese trace: keys, parts, functions, people, places."""
ENGLISH_MARKS = re.compile(r"[\u4e00-\u9fff] ?[,;:]|[,;:] ?[\u4e00-\u9fff]|[，；：（] | [，；：）]")


def assert_chinese(text: str) -> None:
    left = set(re.findall("[A-Za-z]{4,}", text)) - NAMES
    assert not left
    for line in text.splitlines():
        assert not ENGLISH_MARKS.search(line), line


@pytest.mark.parametrize("arguments", CHINESE, ids=" ".join)
def test_a_chinese_trace_has_no_english_words(nnrun: Command, arguments: tuple[str, ...]) -> None:
    done = nnrun("trace", *arguments, "language=zh")
    assert done.status == 0, done.err
    assert_chinese(done.out)


@pytest.mark.parametrize("optim", OWN_OPTIMIZERS)
@pytest.mark.parametrize("loss", losses)
def test_every_part_is_traced_in_chinese(optim: str, loss: str) -> None:
    model = choice("model", "mlp", hidden=(2,), dropout=0.3)
    step = trace(binding_of(spec(model, varied("loss", loss), varied("optim", optim), clip_norm=0.1)), 1)
    assert_chinese(text_of(step, language="zh"))
    assert_chinese(text_of(step, language="zh", scalars=scalars(step)))


@pytest.mark.parametrize("activation", activations)
def test_every_activation_is_traced_in_chinese(activation: str) -> None:
    model = choice("model", "mlp", hidden=(2,), activation=activation, init="zeros")
    step = trace(binding_of(spec(model)), 0)
    assert_chinese(text_of(step, language="zh"))
    assert_chinese(text_of(step, language="zh", scalars=scalars(step)))


@pytest.mark.parametrize("optim", ["sgd", "adam"])
def test_chinese_columns_end_at_the_same_place(nnrun: Command, optim: str) -> None:
    lines = nnrun("trace", f"optim={optim}", "language=zh").out.splitlines()
    headers = [index for index, line in enumerate(lines) if "更新前" in line or "手工推导" in line]
    assert len(headers) == 8
    for header in headers:
        ends = [cells(lines[index]) for index in (header, header + 1)]
        assert ends[0] == ends[1], lines[header]


def test_chinese_explanations_are_wrapped_by_what_they_take_on_a_terminal() -> None:
    say = Phrases("zh")
    for name in OWN_OPTIMIZERS:
        for text in say.optimizer(name):
            lines = wrapped(text)
            assert all(cells(line) <= WIDTH for line in lines)
            assert not any(line.startswith(("，", "。", "；", "）", " ")) for line in lines)
            assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_the_language_is_the_locales(nnrun: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert nnrun("trace", "model=linear").out.startswith("第 0 步")
    assert nnrun("trace", "model=linear", "language=en").out.startswith("step 0")


def test_a_saved_run_is_traced_in_its_language_the_locales_or_the_one_asked_for(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = nnrun("model=linear", "epochs=1", "plots.save=false")
    assert nnrun("trace", "--run", "latest").out.startswith("step 0")
    asked = nnrun("trace", "--run", "latest", "language=zh").out
    assert asked.startswith("第 0 步")
    assert re.search(r"起点   .* 的权重", asked)
    _changed(run.directory, language="zh")
    assert nnrun("trace", "--run", "latest").out == asked
    assert nnrun("trace", "--run", "latest", "language=en").out.startswith("step 0")
    _changed(run.directory, language="auto")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert nnrun("trace", "--run", "latest").out == asked


def test_json_stays_english(nnrun: Command) -> None:
    arguments = ("trace", "model.hidden=2", "optim=adam", "--scalars", "--json")
    assert nnrun(*arguments, "language=zh").out == nnrun(*arguments).out


# --- sweeps, one layer as JSON, language -------------------------------------------------------------


SWEEPS = [
    path.stem
    for path in sorted((config_directory() / "experiment").glob("*.yaml"))
    if "MULTIRUN" in path.read_text("utf-8")
]


@pytest.mark.parametrize("name", SWEEPS)
def test_a_preset_that_sweeps_is_traced_as_one_run(nnrun: Command, name: str) -> None:
    shown = nnrun("trace", f"experiment={name}", "--language=en", "--rows=1")
    assert (shown.status, shown.err) == (0, "")
    assert (
        f"note   experiment={name} is a sweep; this is one run of it, with the usual value of " in shown.out
    )
    asked = traced(nnrun, f"experiment={name}", "hydra.mode=RUN")
    assert traced(nnrun, f"experiment={name}") == asked


def test_a_key_that_is_given_is_no_more_named_as_swept(nnrun: Command) -> None:
    shown = nnrun("trace", "experiment=lr_curve", "optim.lr=0.001", "seed=3", "--language=en").out
    assert "is a sweep" not in shown
    assert "lr = 0.001" in shown


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            ("optim.lr=0.1,0.2",),
            ("optim.lr=0.1,0.2: a trace takes one value of optim.lr", "try: nnrun trace optim.lr=0.1"),
        ),
        (
            ("experiment=lr_curve", "seed=2..4", "--step", "3", "--json"),
            (
                "seed=2..4: a trace takes one value of seed",
                "try: nnrun trace experiment=lr_curve seed=2 --step 3 --json",
            ),
        ),
        (
            ("-m", "optim=adam,sgd", "epochs=3"),
            (
                "-m: a trace shows one step of one run; leave it out",
                "optim=adam,sgd: a trace takes one value of optim",
                "try: nnrun trace optim=adam epochs=3",
            ),
        ),
        (
            ("experiment=lr_curve", "-m"),
            (
                "-m: a trace shows one step of one run; leave it out",
                "try: nnrun trace experiment=lr_curve",
            ),
        ),
        (
            ("hydra.mode=MULTIRUN", "epochs=3"),
            (
                "hydra.mode=MULTIRUN: a trace shows one step of one run; leave it out",
                "try: nnrun trace epochs=3",
            ),
        ),
    ],
)
def test_several_values_are_refused_with_the_command_for_the_first(
    nnrun: Command, arguments: tuple[str, ...], lines: tuple[str, ...]
) -> None:
    done = nnrun("trace", *arguments)
    assert (done.status, done.out) == (2, "")
    assert done.err.splitlines() == [f"nnrun: {line}" for line in lines]
    again = lines[-1].removeprefix("try: nnrun ").split()
    assert nnrun(*again).status == 0


def test_a_mistake_beside_a_sweeping_preset_is_corrected_without_its_mode(nnrun: Command) -> None:
    err = nnrun("trace", "experiment=lr_curve", "epoch=3").err
    assert "nnrun trace experiment=lr_curve epochs=3" in err
    assert "hydra.mode" not in err


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_json_of_one_layer_has_that_layer_and_its_weights_alone(nnrun: Command, layer: int) -> None:
    whole, one = traced(nnrun, "--scalars"), traced(nnrun, "--layer", str(layer))
    assert one["layers"] == [whole["layers"][layer]]
    for key in ("gradients", "parameters"):
        assert one[key] == [item for item in whole[key] if item["name"].startswith(f"{layer}.")]
    assert one["loss"] == whole["loss"]


@pytest.mark.parametrize("asked", [("--language", "zh"), ("--language=zh",), ("language=zh",)])
def test_the_language_is_asked_for_as_a_flag_or_as_a_key(nnrun: Command, asked: tuple[str, ...]) -> None:
    assert nnrun("trace", "--rows=1", *asked).out.startswith("第 0 步")


def test_a_note_of_the_configuration_is_worded_in_the_language_of_the_run(nnrun: Command) -> None:
    for language, text in (("en", "nothing will be learned"), ("zh", "什么也学不到")):
        assert text in nnrun("trace", "optim.lr=0", f"language={language}").out
        assert text in nnrun("optim.lr=0", "epochs=1", "plots.save=false", f"language={language}").err


# --- parts of users' own, convolutions, optimizers of torch's ------------------------------------------


NET = """
import torch
from torch import nn


class Normed(nn.Module):
    def __init__(self, inputs, outputs, *, width: int = 4):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(inputs, width), nn.BatchNorm1d(width), nn.Tanh())
        self.last = nn.Linear(width, outputs)
        self.last.bias.requires_grad_(False)

    def forward(self, x):
        return self.last(self.body(x))


class Dropped(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.first, self.last = nn.Linear(inputs, 6), nn.Linear(6, outputs)
        self.drop = nn.Dropout(0.4)

    def forward(self, x):
        return self.last(self.drop(torch.tanh(self.first(x))))


class Noisy(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.last = nn.Linear(inputs, outputs)
        self.gain = nn.Parameter(torch.tensor(0.5))

    def forward(self, x):
        moved = x + torch.randn_like(x) if self.training else x
        return self.gain * self.last(moved)


class Picky(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.last = nn.Linear(inputs, outputs)

    def forward(self, x):
        if len(x) > 50:
            raise ValueError("too many samples")
        return self.last(x)


class Zero(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.last = nn.Linear(inputs, outputs)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, x):
        return self.last(x).relu()


class Single(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.last, self.matrix = nn.Linear(inputs, outputs), torch.eye(outputs)

    def forward(self, x):
        return self.last(x) @ self.matrix

"""
LOSSES = """
def cubic(prediction, target, *, weight: float = 1.0):
    return weight * ((prediction - target).abs() ** 3).mean()
"""
BATCHES = ("batch_size=20", "seed=3", "optim.lr=0.05")


@pytest.fixture
def own(place: Path) -> dict[str, Any]:
    """`net.py` and `parts.py` in the working directory, and what the former defines."""
    (place / "net.py").write_text(NET, "utf-8")
    (place / "parts.py").write_text(LOSSES, "utf-8")
    names: dict[str, Any] = {}
    exec(compile(NET, "net.py", "exec"), names)
    return names


def by_torch(module: Any, content: dict[str, Any], step: int, seed: int = 3) -> dict[str, Any]:
    """The gradient of mse in float64 and training mode, from the weights and the chance of a traced step."""
    kept = {item["name"]: np.array(item["before"]) for item in content["kept"]}
    start = arrays(content["parameters"], "before") | kept
    module.load_state_dict({name: torch.tensor(array) for name, array in start.items()})
    module.double().train()
    x, y = (torch.tensor(content["batch"][name], dtype=torch.float64) for name in "xy")
    torch.manual_seed(chance(seed, step + 1))
    prediction = module(x)
    np.testing.assert_allclose(content["prediction"], prediction.detach(), rtol=1e-12)
    loss = torch.nn.functional.mse_loss(prediction, y)
    assert content["loss"]["value"] == pytest.approx(loss.item(), rel=1e-12)
    trained = {name: tensor for name, tensor in module.named_parameters() if tensor.requires_grad}
    gradients = torch.autograd.grad(loss, list(trained.values()))
    return {name: gradient.numpy() for name, gradient in zip(trained, gradients, strict=True)}


def assert_two_ways(content: dict[str, Any], expected: dict[str, Any]) -> None:
    for way, relative, absolute in (("autograd", 1e-9, 1e-14), ("differences", 1e-6, 1e-9)):
        found = arrays(content["gradients"], way)
        assert set(found) == set(expected)
        for name, values in expected.items():
            np.testing.assert_allclose(found[name], values, rtol=relative, atol=absolute, err_msg=way)
    assert all(item["by_hand"] is None and item["formula"] is None for item in content["gradients"])


@pytest.mark.parametrize("step", [0, 7])
@pytest.mark.parametrize("name", ["Normed", "Dropped"])
def test_a_module_of_ones_own_is_what_torch_computes(
    nnrun: Command, own: dict[str, Any], name: str, step: int
) -> None:
    content = traced(nnrun, f"model=./net.py:{name}", *BATCHES, f"--step={step}")
    module = own[name](1, 1)
    expected = by_torch(module, content, step)
    assert_two_ways(content, expected)
    assert_updated(content, 0.05, expected)
    for item in content["kept"]:
        after = dict(module.state_dict())[item["name"]].numpy()
        np.testing.assert_allclose(item["after"], after, rtol=1e-5)


def test_a_module_is_one_layer_with_its_children_in_order(nnrun: Command, own: dict[str, Any]) -> None:
    asked = ("trace", "model=./net.py:Normed", *BATCHES, "--rows=2", "--step=2")
    text = nnrun(*asked).out
    for line in (
        "  layer 0: Normed, a torch.nn.Module of class Normed",
        "    y = Normed(x) in training mode",
        "    parameters: body.0.weight (4, 1), body.0.bias (4), body.1.weight (4), body.1.bias (4),",
        "    frozen parameters, kept as they are: last.bias (1)",
        "    buffers, kept by the module itself: body.1.running_mean (4), body.1.running_var (4),",
        "  model=./net.py:Normed has no gradients by hand: autograd goes back through it",
        "gradients, two ways",
        "  kept by the module itself, and changed in this step",
    ):
        assert line in text.splitlines(), text
    assert re.search(r"^ {6}body +Sequential +\(20, 4\) +\[.*\]\n {6}last +Linear +\(20, 1\)", text, re.M)
    assert re.search(r"^ +autograd +differences\n +\[0,0\]", text, re.M)
    assert "by hand  autograd" not in text
    assert "  last.bias (1)" not in text.splitlines()
    assert "draws or rounds otherwise" not in text
    assert nnrun(*asked, "--layer", "0").out == text
    (layer,) = traced(nnrun, *asked[1:])["layers"]
    assert [(part["name"], part["class"]) for part in layer["children"]] == [
        ("body", "Sequential"),
        ("last", "Linear"),
    ]
    assert layer["children"][1]["output"] == layer["output"]


def test_noise_is_that_of_the_step_though_float64_draws_another(nnrun: Command, own: dict[str, Any]) -> None:
    content = traced(nnrun, "model=./net.py:Noisy", *BATCHES, "--step=4")
    start = {item["name"]: torch.tensor(item["before"]).double() for item in content["parameters"]}
    leaves = {name: tensor.requires_grad_() for name, tensor in start.items()}
    x, y = (torch.tensor(content["batch"][name], dtype=torch.float64) for name in "xy")
    torch.manual_seed(chance(3, 5))
    noise = torch.randn_like(x.float()).double()
    line = torch.nn.functional.linear(x + noise, leaves["last.weight"], leaves["last.bias"])
    torch.nn.functional.mse_loss(leaves["gain"] * line, y).backward()
    expected = {name: leaf.grad.numpy() for name, leaf in leaves.items()}
    assert_two_ways(content, expected)
    assert_updated(content, 0.05, expected)
    text = nnrun("trace", "model=./net.py:Noisy", *BATCHES).out
    assert "y = Noisy(x) in training mode, with the random numbers of this step" in text
    assert "draws or rounds otherwise" not in text


@pytest.mark.parametrize("loss", ["mse", "./parts.py:cubic"])
def test_convolutions_are_what_torch_computes(nnrun: Command, own: dict[str, Any], loss: str) -> None:
    data = ("dataset=random_mnist", "dataset.shape=6x6", "dataset.samples=12", "dataset.classes=3")
    asked = (*data, "model=conv", "model.channels=2", "model.activation=tanh", "epochs=2", "batch_size=6")
    content = traced(nnrun, *asked, "--step=1", *([] if loss == "mse" else [f"loss={loss}"]))
    module = torch.nn.Sequential(
        torch.nn.Unflatten(1, (1, 6, 6)),
        torch.nn.Conv2d(1, 2, 3, padding="same"),
        torch.nn.Tanh(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(18, 3),
    )
    before = arrays(content["parameters"], "before")
    module.load_state_dict({name: torch.tensor(array) for name, array in before.items()})
    x, y = (torch.tensor(content["batch"][name], dtype=torch.float64) for name in "xy")
    prediction = module.double()(x)
    cross_entropy = torch.nn.functional.cross_entropy
    value = cross_entropy(prediction, y) if loss == "mse" else ((prediction - y).abs() ** 3).mean()
    assert content["loss"]["value"] == pytest.approx(value.item(), rel=1e-12)
    gradients = torch.autograd.grad(value, [prediction, *module.parameters()])
    np.testing.assert_allclose(content["loss"]["gradient"], gradients[0], rtol=1e-9)
    names = [name for name, _ in module.named_parameters()]
    assert_two_ways(content, dict(zip(names, (array.numpy() for array in gradients[1:]), strict=True)))
    children = content["layers"][0]["children"]
    assert [np.shape(part["output"])[1:] for part in children][1:4] == [(2, 6, 6), (2, 6, 6), (2, 3, 3)]
    assert content["layers"][0]["title"] == "layer 0: conv, a torch.nn.Module of class Sequential"


def test_large_modules_are_probed_at_fewer_places(nnrun: Command) -> None:
    asked = ("experiment=random_mnist", "model=conv", "model.channels=2", "batch_size=4")
    content = traced(nnrun, *asked)
    probed = [np.array(item["differences"], dtype=np.float64) for item in content["gradients"]]
    assert [min(20, array.size) >= np.isfinite(array).sum() > 0 for array in probed] == [True] * 4
    assert "of at most 20 elements of each array" in nnrun("trace", *asked).out


@pytest.mark.parametrize("scalars_too", [False, True])
def test_an_own_loss_is_followed_back_by_hand_from_its_automatic_signal(
    nnrun: Command, own: dict[str, Any], scalars_too: bool
) -> None:
    flags = ["--scalars"] if scalars_too else []
    asked = ("loss=./parts.py:cubic", "loss.weight=2", "model.hidden=3", "model.activation=tanh", "--step=2")
    content = traced(nnrun, *asked, *flags)
    start = {item["name"]: torch.tensor(item["before"]).double() for item in content["parameters"]}
    leaves = {name: tensor.requires_grad_() for name, tensor in start.items()}
    x, y = (torch.tensor(content["batch"][name], dtype=torch.float64) for name in "xy")
    hidden = torch.tanh(torch.nn.functional.linear(x, leaves["0.weight"], leaves["0.bias"]))
    prediction = torch.nn.functional.linear(hidden, leaves["2.weight"], leaves["2.bias"])
    prediction.retain_grad()
    (2 * ((prediction - y).abs() ** 3).mean()).backward()
    assert_three_ways(content, {name: leaf.grad.numpy() for name, leaf in leaves.items()})
    np.testing.assert_allclose(content["loss"]["gradient"], prediction.grad, rtol=1e-9)
    assert content["loss"]["gradient_formula"] is None
    text = nnrun("trace", *asked, *flags).out
    assert "by autograd (loss=./parts.py:cubic has no gradient by hand)" in text
    assert "  L = cubic(p, y), weight 2\n    = cubic([" in text
    assert "gradients, three ways" in text


@pytest.mark.parametrize("optimizer", ["NAdam", "RAdam", "Rprop"])
@pytest.mark.parametrize("step", [0, 3])
def test_an_optimizer_of_torchs_does_what_it_does_in_a_loop(
    nnrun: Command, optimizer: str, step: int
) -> None:
    asked = ("model=linear", "optim=torch", f"optim.optimizer={optimizer}", "optim.lr=0.02", "seed=2")
    first = traced(nnrun, *asked)
    module = torch.nn.Linear(1, 1)
    start = arrays(first["parameters"], "before")
    module.load_state_dict({name: torch.tensor(array) for name, array in start.items()})
    x, y = (torch.tensor(first["batch"][name], dtype=torch.float32) for name in "xy")
    update = getattr(torch.optim, optimizer)(module.parameters(), lr=0.02)
    for _ in range(step + 1):
        update.zero_grad()
        torch.nn.functional.mse_loss(module(x), y).backward()
        update.step()
    content = traced(nnrun, *asked, f"--step={step}")
    assert content["update"]["name"] == f"torch.optim.{optimizer}"
    for item, tensor in zip(content["parameters"], module.parameters(), strict=True):
        np.testing.assert_allclose(item["after"], tensor.detach(), rtol=1e-5)
        for slot, value in update.state[tensor].items():
            wanted = np.broadcast_to(torch.as_tensor(value).numpy(), np.shape(item["after"]))
            np.testing.assert_allclose(item["state"][slot]["after"], wanted, rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("flags", [(), ("--scalars",)], ids=["matrices", "scalars"])
def test_the_page_of_an_optimizer_of_torchs_has_its_settings_and_slots(
    nnrun: Command, flags: tuple[str, ...]
) -> None:
    options = "optim.options={betas:[0.8,0.99]}"
    text = nnrun("trace", "model=linear", "optim=torch", options, "optim.lr=0.02", *flags).out
    assert "update by torch.optim.NAdam\n" in text
    assert "  lr = 0.02 × 1 (constant) = 0.02, betas [0.8, 0.99], eps 1e-08, weight_decay 0," in text
    heads = r"before +gradient( +new (step|mu_product|exp_avg|exp_avg_sq)){4} +change +after"
    assert len(re.findall(heads, text)) == 2
    assert "gradients, three ways" in text


def test_a_module_is_not_written_out_scalar_by_scalar(nnrun: Command, own: dict[str, Any]) -> None:
    done = nnrun("trace", "model=./net.py:Normed", "--scalars")
    assert (done.status, done.out) == (2, "")
    (line,) = done.err.splitlines()
    assert line.startswith(
        "nnrun: --scalars: the model Normed is a torch.nn.Module, with no gradients by hand"
    )
    done = nnrun("trace", "model=./net.py:Normed", "--layer", "1")
    assert (done.status, done.err) == (2, "nnrun: --layer 1: the model has layer 0 alone\n")


def test_a_module_that_does_not_take_float64_is_refused_in_one_line(
    nnrun: Command, own: dict[str, Any]
) -> None:
    done = nnrun("trace", "model=./net.py:Single")
    assert (done.status, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert "model=./net.py:Single: a trace computes in float64, which fails here: RuntimeError" in done.err


def test_code_that_fails_in_training_is_told_with_its_own_traceback(
    nnrun: Command, own: dict[str, Any]
) -> None:
    done = nnrun("trace", "model=./net.py:Picky")
    first, *others = done.err.splitlines()
    assert (done.status, done.out) == (2, "")
    assert first == "nnrun: model=./net.py:Picky: failed in training: ValueError: too many samples"
    assert "net.py" in others[0]
    assert 'raise ValueError("too many samples")' in others[-1]


def test_a_kink_inside_a_module_is_suspected_where_gradients_differ(
    nnrun: Command, own: dict[str, Any]
) -> None:
    assert "they differ: a part of your own has a kink here" in nnrun("trace", "model=./net.py:Zero").out
    assert "they differ" not in nnrun("trace", "model=./net.py:Normed").out


def test_predictions_that_cannot_be_had_again_are_told() -> None:
    step = trace(binding_of(spec("linear")), 0)
    moved = replace(step, moment=replace(step.moment, prediction=step.moment.prediction + 1))
    assert step.drift is None
    assert "predictions differ from the run's own by up to 1: the module draws" in text_of(moved)


SAMPLERS = {
    "rand": lambda x: torch.rand(3, dtype=x.dtype),
    "randn_like": torch.randn_like,
    "randint": lambda x: torch.randint(9, (4,)),
    "randperm": lambda x: torch.randperm(6),
    "bernoulli": lambda x: torch.bernoulli(x.sigmoid()),
    "multinomial": lambda x: torch.multinomial(x.exp(), 2),
    "normal_": lambda x: torch.empty_like(x).normal_(),
    "normal": lambda x: torch.distributions.Normal(x, x.exp()).rsample(),
    "dropout": lambda x: torch.nn.functional.dropout(x, 0.5),
    "native_dropout": lambda x: torch.native_dropout(x, 0.5, True)[0],
    "gumbel_softmax": torch.nn.functional.gumbel_softmax,
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_what_was_drawn_in_float32_is_drawn_again_in_float64(name: str) -> None:
    from nnrun.tracing.draws import Draws

    x = torch.linspace(-1, 1, 12).reshape(3, 4)
    torch.manual_seed(5)
    alone = SAMPLERS[name](x)
    torch.manual_seed(5)
    with Draws() as draws:
        first = SAMPLERS[name](x)
    torch.testing.assert_close(first, alone)
    leaf = x.double().requires_grad_()
    for _ in range(2):
        draws.again()
        with draws:
            again = SAMPLERS[name](leaf)
        torch.testing.assert_close(again.detach().double(), first.double())
    if again.requires_grad:
        assert again.dtype == torch.float64
        (slope,) = torch.autograd.grad(again[0, 0], leaf)
        moved = leaf.detach().clone()
        moved[0, 0] += 1e-6
        draws.again()
        with draws:
            change = (SAMPLERS[name](moved) - again.detach())[0, 0] / 1e-6
        assert slope[0, 0].item() == pytest.approx(change.item(), rel=1e-4, abs=1e-8)


def test_a_saved_run_with_code_is_traced_once_that_is_allowed(nnrun: Command, own: dict[str, Any]) -> None:
    run = nnrun("model=./net.py:Normed", "loss=./parts.py:cubic", "epochs=3", "plots.save=false")
    refused = nnrun("trace", "--run", "latest")
    assert (refused.status, refused.out) == (4, "")
    assert "allow it with --allow-code" in refused.err
    content = traced(nnrun, "--run", "latest", "--allow-code")
    kept = {item["name"]: item["before"] for item in content["kept"]}
    for name, values in (arrays(content["parameters"], "before") | kept).items():
        np.testing.assert_array_equal(values, run.weights[name])
    alone = nnrun("trace", "--allow-code")
    assert (alone.status, len(alone.err.splitlines())) == (2, 1)
    assert alone.err.startswith("nnrun: --allow-code: is for a saved run (--run RUN)")


def test_parts_of_ones_own_are_traced_in_chinese(nnrun: Command, own: dict[str, Any]) -> None:
    asked = ("model=./net.py:Dropped", "loss=./parts.py:cubic", "optim=torch", "language=zh")
    text = nnrun("trace", *asked).out
    assert "两种方法求梯度" in text
    assert "model=./net.py:Dropped 没有手工推导的梯度：由自动微分反向通过它" in text
    assert "由自动微分得到（loss=./parts.py:cubic 没有手工推导的梯度）" in text
    words = "first|last|drop|Dropped|Dropout|Module|PyTorch|NAdam|cubic|parts|product|decay|decoupled|betas"
    assert_chinese(re.sub(words, "x", text))
