"""Verdicts: each rule on runs that must trigger it and on many that must not, and what is made of them."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from string import Formatter
from typing import Any

import numpy as np
import pytest

from conftest import Command
from nnrun.experiment.diagnosis import Course, diagnoses
from nnrun.experiment.provenance import Provenance
from nnrun.experiment.summary import outcomes, planned
from nnrun.models.activations import activations
from nnrun.spec import Choice, Spec
from nnrun.training.loop import train
from nnrun.training.population import Population
from nnrun.verdicts import TABLE, Verdict, verdicts
from nnrun.verdicts.command import with_setting
from nnrun.words import LANGUAGES, words
from small_runs import choice

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "verdicts.py"
PAGE = Path(__file__).parents[1] / "docs" / "verdicts.md"
DOCUMENTED = re.findall(r"^\| `([\w.]+)`.* `nnrun ([^`]*)` \|$", PAGE.read_text("utf-8"), re.MULTILINE)
SEEDS = range(40)
KEYS = {
    "beyond_curvature",
    "beyond_curvature.momentum",
    "exploded",
    "overfitting.since",
    "overfitting.noise",
    "oscillating",
    "stuck.dead",
    "stuck.saturated",
    "nothing",
    "noisy",
    "floor",
    "too_low",
    "improving",
    "no_better.mean",
    "no_better.classes",
}


def job(dataset: Choice | None = None, model: Choice | None = None, **changes: Any) -> Spec:
    """The default job with some changes; `lr` and `momentum` are the optimizer's."""
    optim = choice("optim", changes.pop("optim", "sgd"), lr=changes.pop("lr", 0.5))
    if "momentum" in changes:
        optim = Choice(optim.name, {**optim.options, "momentum": changes.pop("momentum")})
    given = {"metrics": (), "device": "cpu", "engine": "manual", "objective": "train/loss"} | changes
    loss = choice("loss", given.pop("loss", "mse"))
    schedule = choice("schedule", "constant")
    data = dataset or choice("dataset", "quadratic")
    return Spec(data, model or choice("model", "mlp"), loss, optim, schedule, **given)


def recorded(specs: Sequence[Spec]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Summary and metrics of every member of a population."""
    population, course = Population(specs), Course()
    first = np.full(len(specs), np.nan)
    for epoch in train(population):
        first = epoch.train["loss"] if epoch.number == 1 else first
        course.take(epoch)
    runs = []
    for index, (spec, result, diagnosis) in enumerate(
        zip(specs, outcomes(population, first), diagnoses(population), strict=True)
    ):
        source = population.dataset(index).source
        origin = Provenance("nnrun", {}, None)
        summary = planned(spec, source, population.networks[index], origin, "") | result
        summary["dataset"]["samples"] = summary.pop("samples")
        summary["diagnosis"] = diagnosis
        runs.append((summary, course.of_member(index, summary["epochs"])))
    return runs


_SAID: dict[str, list[list[Verdict]]] = {}


def said(spec: Spec, seeds: Sequence[int] = SEEDS) -> list[list[Verdict]]:
    """What is said of a run under every seed; it trains once for all tests."""
    key = f"{spec} {seeds}"
    if key not in _SAID:
        _SAID[key] = [verdicts(*run) for run in recorded([replace(spec, seed=seed) for seed in seeds])]
    return _SAID[key]


def keys(runs: Sequence[Sequence[Verdict]]) -> list[set[str]]:
    return [{verdict.key for verdict in run} for run in runs]


def count(spec: Spec, key: str) -> int:
    """Under how many of the seeds something is said."""
    return sum(key in found for found in keys(said(spec)))


PARABOLA = choice("dataset", "quadratic", a=3.0, c=2.0, test_samples=100)
LABELS = choice("dataset", "random_mnist", samples=60, test_samples=200, shape=(6, 6), classes=4)
FEW = choice("dataset", "quadratic", samples=20, noise=0.5)
LINE = choice("dataset", "linear")
WIDE = choice("model", "mlp", hidden=(60,))
LINEAR, POWER = choice("model", "linear"), choice("model", "power")
SATURATED = choice("model", "mlp", activation="sigmoid", init="normal", init_scale=10.0)
TUTORIAL = job(PARABOLA, POWER, loss="half_sse", lr=0.001, epochs=800)


def with_rate(spec: Spec, rate: float) -> Spec:
    return replace(spec, optim=Choice(spec.optim.name, {**spec.optim.options, "lr": rate}))


MUST = {
    "beyond_curvature": (with_rate(TUTORIAL, 0.0178), 40),
    "beyond_curvature.momentum": (job(LINE, LINEAR, lr=1.7, momentum=0.5, epochs=60), 40),
    "exploded": (job(lr=1.2), 40),
    "overfitting.since": (job(LABELS, loss="cross_entropy", lr=0.3, epochs=300, val_fraction=0.3), 40),
    "overfitting.noise": (job(FEW, WIDE, optim="adam", lr=0.01, epochs=1500), 15),
    "oscillating": (job(lr=0.9), 3),
    "stuck.dead": (job(lr=0.7), 5),
    "stuck.saturated": (job(model=SATURATED, epochs=300), 4),
    "nothing": (job(LABELS, loss="cross_entropy", lr=0.01, batch_size=16, epochs=2), 40),
    "noisy": (job(choice("dataset", "quadratic", noise=5.0), lr=0.1, epochs=300), 20),
    "floor": (job(LINE, LINEAR, lr=0.1), 40),
    "too_low": (job(lr=1e-9), 40),
    "improving": (job(lr=0.1), 25),
    "no_better.mean": (job(model=LINEAR, lr=0.3), 40),
}
QUIET = {
    "beyond_curvature": (TUTORIAL, with_rate(TUTORIAL, 0.0176), job(LINE, LINEAR, lr=0.7), job(lr=1.2)),
    "exploded": (job(), job(lr=0.1), TUTORIAL, job(optim="adam", lr=0.1)),
    "overfitting.since": (job(val_fraction=0.2), job(LINE, LINEAR, lr=0.1, val_fraction=0.3)),
    "overfitting.noise": (job(), job(LINE, LINEAR, lr=0.1), TUTORIAL),
    "oscillating": (
        job(lr=0.1),
        job(lr=0.1, batch_size=10),
        job(LINE, LINEAR, lr=0.1),
        job(loss="mae", lr=0.1),
    ),
    "stuck.dead": (job(lr=0.3), job(lr=0.01), job(LINE, LINEAR, lr=0.1)),
    "stuck.saturated": (job(), job(model=choice("model", "mlp", activation="tanh"), lr=0.1)),
    "nothing": (job(), TUTORIAL, job(LINE, LINEAR, lr=0.1)),
    "noisy": (job(), TUTORIAL, job(LINE, LINEAR, lr=0.1)),
    "floor": (job(lr=0.01), job(LABELS, loss="cross_entropy", epochs=100), job(model=LINEAR, lr=0.3)),
    "too_low": (job(), job(lr=0.01), TUTORIAL, job(model=LINEAR), job(optim="adam", lr=0.1), job(lr=0.001)),
    "improving": (TUTORIAL, job(model=LINEAR, lr=0.3), job(lr=1.2), job(LINE, LINEAR, lr=0.1)),
    "no_better.mean": (TUTORIAL, job(LINE, LINEAR, lr=0.1), job(lr=1.2)),
}


@pytest.mark.parametrize("key", MUST)
def test_a_verdict_is_said_where_it_must_be(key: str) -> None:
    spec, least = MUST[key]
    assert count(spec, key) >= least


@pytest.mark.parametrize(("key", "spec"), [(key, spec) for key, specs in QUIET.items() for spec in specs])
def test_a_verdict_is_not_said_where_it_must_not_be(key: str, spec: Spec) -> None:
    assert count(spec, key) == 0


def test_every_verdict_has_runs_that_trigger_it() -> None:
    assert {*MUST, "no_better.classes"} == KEYS


def test_a_classifier_that_learned_nothing_of_data_whose_truth_is_unknown_is_told_so() -> None:
    summary, metrics = recorded([job(LABELS, loss="cross_entropy", optim="adam", lr=1e-12, epochs=16)])[0]
    summary["reference"]["truth"] = summary["diagnosis"]["truth_spread"] = None
    (verdict,) = verdicts(summary, metrics)
    assert verdict.key == "no_better.classes"
    assert "classes" in words("en")["verdict.no_better.classes"].format(**verdict.evidence)


@pytest.mark.parametrize("spec", [job(), job(lr=0.7), job(lr=0.9), job(epochs=300), job(val_fraction=0.2)])
def test_at_most_two_verdicts_are_said_and_they_do_not_contradict(spec: Spec) -> None:
    apart = [{"floor", "improving"}, {"floor", "noisy"}, {"improving", "no_better.mean"}]
    apart += [{"improving", stuck} for stuck in ("stuck.dead", "stuck.saturated", "oscillating")]
    apart += [{"overfitting.noise", other} for other in ("floor", "improving")]
    for found in keys(said(spec)):
        assert len(found) <= 2
        assert not any(pair <= found for pair in apart)


FLAT = choice("dataset", "quadratic", a=0.0, noise=0.0)
EXACT = choice("dataset", "quadratic", noise=0.0)
POINTS = choice("dataset", "ten_points")
ONE = choice("dataset", "quadratic", samples=1, test_samples=0)


@pytest.mark.parametrize("data", [FLAT, EXACT, POINTS, ONE])
@pytest.mark.parametrize("epochs", [1, 2, 16, 60])
@pytest.mark.parametrize("changes", [{}, {"lr": 0.0}, {"lr": 1e9}, {"optim": "adam"}, {"batch_size": 3}])
def test_unusual_data_and_settings_are_no_trouble(data: Choice, epochs: int, changes: dict[str, Any]) -> None:
    for run in said(job(data, epochs=epochs, **changes), range(4)):
        assert len(run) <= 2
        assert all(v.key in KEYS and words("en")[f"verdict.{v.key}"].format(**v.evidence) for v in run)


STILL = {
    "no rate": job(model=LINEAR, lr=0.0),
    "mae": job(model=LINEAR, loss="mae", lr=1e-6),
    "tiny": job(lr=1e-9),
    "tiny steps of adam": job(model=LINEAR, optim="adam", lr=1e-9),
    "tiny with momentum": job(lr=1e-9, momentum=0.9),
}


@pytest.mark.parametrize("name", STILL)
def test_a_loss_that_has_not_moved_is_no_reason_for_another_model(name: str) -> None:
    for run in said(STILL[name], range(8)):
        for verdict in run:
            assert "model=" not in str(verdict.command)
            assert name == "tiny steps of adam" or verdict.key == "too_low"


@pytest.mark.parametrize("name", ["no rate", "mae", "tiny"])
def test_the_rate_that_is_suggested_instead_helps(name: str) -> None:
    for seed, (verdict,) in enumerate(said(STILL[name], range(8))):
        rate = float(str(verdict.command).rpartition("optim.lr=")[2])
        assert STILL[name].optim.options["lr"] < rate
        (summary, _), *_ = recorded([replace(with_rate(STILL[name], rate), seed=seed)])
        assert summary["final"]["train/loss"] < 0.95 * float(verdict.evidence["loss"])


def test_an_exploded_run_is_told_nothing_else() -> None:
    assert all(found == {"exploded"} for found in keys(said(job(lr=1.2))))


def test_the_tutorials_curvature_is_about_113_and_its_limit_0_0177() -> None:
    (((verdict,),)) = said(with_rate(TUTORIAL, 0.0178), [0])
    x = np.linspace(-1, 1, 100)
    hessian = np.array([[(x**4).sum(), (x**2).sum()], [(x**2).sum(), 100]])
    curvature = float(np.linalg.eigvalsh(hessian)[-1])
    assert verdict.evidence["curvature"] == pytest.approx(curvature, rel=1e-6)
    assert verdict.evidence["curvature"] == pytest.approx(113, abs=0.5)
    assert verdict.evidence["limit"] == pytest.approx(0.0177, abs=1e-4)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("nesterov", [False, True])
def test_the_limit_is_where_gradient_descent_turns_from_converging_to_diverging(
    momentum: float, nesterov: bool
) -> None:
    def with_options(rate: float) -> Spec:
        options = {"lr": rate, "momentum": momentum, "nesterov": nesterov, "weight_decay": 0.0}
        return replace(TUTORIAL, optim=Choice("sgd", options), dtype="float64", epochs=3000)

    curvature = diagnoses(Population([TUTORIAL]))[0]["curvature"]
    limit = 2 * (1 + momentum) / curvature / (1 + 2 * momentum if nesterov else 1)
    (below, _), (above, _) = recorded([with_options(0.99 * limit), with_options(1.01 * limit)])
    assert below["status"] == "completed"
    assert above["status"] == "diverged"


def test_batches_and_outputs_are_in_the_curvature() -> None:
    full = diagnoses(Population([TUTORIAL]))[0]["curvature"]
    half = diagnoses(Population([replace(TUTORIAL, batch_size=50)]))[0]["curvature"]
    mean = diagnoses(Population([replace(TUTORIAL, loss=choice("loss", "mse"))]))[0]["curvature"]
    assert half == pytest.approx(full / 2)
    assert mean == pytest.approx(full / 50)


def test_sharpness_is_the_curvature_where_that_is_constant() -> None:
    for diagnosis in diagnoses(Population([TUTORIAL, replace(TUTORIAL, seed=1)])):
        assert diagnosis["sharpness"] == pytest.approx(diagnosis["curvature"], rel=1e-3)


def test_a_members_diagnosis_does_not_depend_on_its_neighbours() -> None:
    specs = [replace(job(), seed=seed) for seed in range(3)]
    together = diagnoses(Population(specs))
    for spec, expected in zip(specs, together, strict=True):
        (alone,) = diagnoses(Population([spec]))
        assert alone["hidden"] == expected["hidden"]
        assert alone["sharpness"] == pytest.approx(expected["sharpness"], rel=1e-6)


def diagnosed(activation: str, bias: float) -> dict[str, Any]:
    """The diagnosis of an untrained layer whose units all see weights of 0 and this bias."""
    model = choice("model", "mlp", activation=activation, init_scale=0.0, bias_init=bias)
    return diagnoses(Population([job(model=model)]))[0]


@pytest.mark.parametrize("name", activations)
def test_a_layer_in_the_middle_of_its_activation_has_no_idle_units(name: str) -> None:
    for layer in diagnosed(name, 0.3)["hidden"]:
        assert (layer["units"], layer["dead"], layer["saturated"]) == (10, 0, 0)


@pytest.mark.parametrize("name", ["relu", "relu6", "gelu", "silu", "mish"])
def test_a_layer_far_below_is_dead(name: str) -> None:
    assert diagnosed(name, -20.0)["hidden"] == [{"units": 10, "dead": 10, "saturated": 0}]


@pytest.mark.parametrize(
    ("name", "bias"),
    [(name, bias) for name in ("sigmoid", "tanh", "hardtanh") for bias in (-20.0, 20.0)]
    + [("relu6", 20.0), ("elu", -20.0), ("selu", -20.0)],
)
def test_a_layer_far_out_is_saturated(name: str, bias: float) -> None:
    assert diagnosed(name, bias)["hidden"] == [{"units": 10, "dead": 0, "saturated": 10}]


@pytest.mark.parametrize("engine", ["manual", "autograd"])
def test_both_engines_are_diagnosed_alike(engine: str) -> None:
    spec = job(lr=0.1, epochs=20)
    (expected, _), *_ = recorded([spec])
    (found, _), *_ = recorded([replace(spec, engine=engine)])
    assert found["diagnosis"]["hidden"] == expected["diagnosis"]["hidden"]
    assert found["diagnosis"]["sharpness"] == pytest.approx(expected["diagnosis"]["sharpness"], rel=1e-3)


def test_nothing_is_said_of_runs_that_did_not_train_or_were_interrupted() -> None:
    assert said(job(epochs=0)) == [[]] * len(SEEDS)
    summary, metrics = recorded([job(lr=0.1)])[0]
    assert verdicts(summary, metrics)
    assert verdicts(summary | {"status": "interrupted"}, metrics) == []
    assert verdicts(summary | {"status": "failed"}, metrics) == []


@pytest.mark.parametrize("key", MUST)
def test_evidence_is_finite_and_read_back_from_json_unchanged(key: str) -> None:
    for run in said(MUST[key][0])[:8]:
        for verdict in run:
            assert all(isinstance(v, str) or math.isfinite(v) for v in verdict.evidence.values())
            assert json.loads(json.dumps(verdict.record, allow_nan=False)) == verdict.record


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", MUST)
def test_every_verdict_can_be_said_in_every_language(key: str, language: str) -> None:
    found = next(v for run in said(MUST[key][0]) for v in run if v.key == key)
    template = words(language)[f"verdict.{key}"]
    assert any(field for _, field, _, _ in Formatter().parse(template))
    assert "{" not in template.format(**found.evidence)


def test_the_catalogue_has_a_text_for_every_verdict_and_no_other() -> None:
    assert {key for key in words("en") if key.startswith("verdict.")} == {
        "verdict.try",
        *(f"verdict.{key}" for key in KEYS),
    }


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("nnrun", "nnrun epochs=300"),
        ("nnrun optim.lr=0.1", "nnrun optim.lr=0.1 epochs=300"),
        ("nnrun epochs=100 optim.lr=0.1", "nnrun epochs=300 optim.lr=0.1"),
        ('nnrun "epochs=1 00" seed=1', "nnrun epochs=300 seed=1"),
        ("nnrun +epochs=5", "nnrun epochs=300"),
        ('nnrun "name=a \\" epochs=7" seed=1', 'nnrun "name=a \\" epochs=7" seed=1 epochs=300'),
        ("nnrun --config-dir conf seed=1", "nnrun --config-dir conf seed=1 epochs=300"),
        ("nnrun my.epochs=3", "nnrun my.epochs=3 epochs=300"),
        ("nnrun -m seed=1,2", None),
        ("nnrun rerun latest", None),
        ("python train.py", None),
        ("", None),
    ],
)
def test_a_command_is_changed_in_one_place_and_nowhere_else(command: str, expected: str | None) -> None:
    assert with_setting(command, "epochs", "300") == expected


def test_a_suggested_command_can_be_typed_and_helps(nnrun: Command) -> None:
    first = nnrun("optim.lr=1.2", "plots.save=false")
    (verdict,) = first.summary["verdicts"]
    assert verdict["key"] == "exploded"
    line = next(line for line in first.err.splitlines() if line.startswith("verdict"))
    assert line.endswith(f"; try {verdict['command']}")
    second = nnrun(*verdict["command"].split()[1:])
    assert second.summary["final"]["train/loss"] < 1


@pytest.mark.parametrize(("key", "arguments"), DOCUMENTED)
def test_the_pages_example_of_a_verdict_gets_it(key: str, arguments: str, nnrun: Command) -> None:
    done = nnrun(*arguments.split(), "plots.save=false")
    assert key in [verdict["key"] for verdict in done.summary["verdicts"]]


def test_the_page_lists_every_verdict() -> None:
    page = PAGE.read_text("utf-8")
    assert len(DOCUMENTED) == len(TABLE) + 1
    assert all(f"`{key}`" in page for key in KEYS)


def test_verdicts_are_printed_before_the_place_where_the_run_is_saved(nnrun: Command) -> None:
    lines = nnrun("optim.lr=0.1", "plots.save=false", "language=en").err.splitlines()
    labels = [line.split(" ")[0] for line in lines]
    assert labels.index("verdict") < labels.index("saved")


def test_a_run_without_verdicts_has_an_empty_list_and_no_line(nnrun: Command) -> None:
    done = nnrun("epochs=0", "plots.save=false")
    assert done.summary["verdicts"] == []
    assert "verdict" not in done.err


def test_what_is_said_of_a_recorded_run_is_what_was_said_when_it_ended(nnrun: Command) -> None:
    done = nnrun("optim.lr=0.1", "plots.save=false")
    assert [verdict.record for verdict in verdicts(done.summary, done.metrics)] == done.summary["verdicts"]


def test_every_rule_states_itself() -> None:
    for row in TABLE:
        assert len(row.rule.__doc__ or "") > 60


def test_the_benchmark_counts_false_alarms_in_quick_mode() -> None:
    command = [sys.executable, str(BENCHMARK), "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    sums = done.stdout.rpartition("\n\n")[2].splitlines()[2:]
    assert len(sums) >= 4
    assert all(row.endswith("| 0 |") for row in sums), sums
