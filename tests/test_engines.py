"""The two engines against each other, hand-made gradients against two oracles, members against lone runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from nnrun.losses import losses
from nnrun.models import Network, models
from nnrun.models.activations import activations
from nnrun.optimizers import optimizers
from nnrun.registry import Registry
from nnrun.schedules import schedules
from nnrun.spec import Choice, EarlyStopping, Spec
from nnrun.training.loop import train
from nnrun.training.population import Population
from small_runs import CLASSES, Trained, choice, spec, task_of, trained, varied

EPOCHS = 50
RATE = 0.01
"""Small enough for every combination of parts to train stably."""

BY_HAND = [name for name in models if name != "conv"]
"""Models whose gradients are derived by hand; the others are torch's own."""

all_models = pytest.mark.parametrize("model", BY_HAND)
all_losses = pytest.mark.parametrize("loss", list(losses))
OWN = [name for name in optimizers if name != "torch"]
"""Optimizers with members; what is taken from torch trains one run."""
all_optimizers = pytest.mark.parametrize("optim", OWN)
both_engines = pytest.mark.parametrize("engine", ["manual", "autograd"])

OPTIONS: dict[str, dict[str, Any]] = {
    "batches": {"batch_size": 5},
    "batches in the given order": {"batch_size": 5, "shuffle": False},
    "dropout": {"model": choice("model", "mlp", hidden=(8, 6), dropout=0.4, activation="tanh")},
    "dropout in batches": {"model": choice("model", "mlp", dropout=0.3), "batch_size": 4},
    "clipping": {"clip_norm": 0.05},
    "momentum": {"optim": choice("optim", "sgd", lr=RATE, momentum=0.9)},
    "nesterov": {"optim": choice("optim", "sgd", lr=RATE, momentum=0.9, nesterov=True)},
    "decay and clipping": {
        "optim": choice("optim", "sgd", lr=RATE, weight_decay=0.1),
        "clip_norm": 0.1,
        "batch_size": 5,
    },
    "smoothed labels": {"loss": choice("loss", "cross_entropy", label_smoothing=0.2)},
    "weighted classes in batches": {
        "loss": choice("loss", "cross_entropy", class_weights=(0.5, 1.0, 3.0)),
        "batch_size": 6,
    },
    "validation": {"val_fraction": 0.3, "batch_size": 3},
    "no hidden layer": {"model": choice("model", "mlp", hidden=())},
    "no biases": {"model": choice("model", "mlp", bias=False, output_bias=False)},
    "several inputs": {
        "dataset": choice("dataset", "linear", samples=20),
        "model": choice("model", "linear"),
    },
}


def assert_same_course(one: Trained, other: Trained, tolerance: float, member: int = 0) -> None:
    """All metrics of all epochs to a relative tolerance; r2 to one relative to 1, its best value."""
    theirs = other.table(member)
    for name, values in one.table(member).items():
        assert np.isfinite(values).all(), name
        absolute = tolerance if name.endswith("r2") else 0
        np.testing.assert_allclose(values, theirs[name], rtol=tolerance, atol=absolute, err_msg=name)


def assert_engines_agree(run: Spec, tolerance: float) -> None:
    by_hand, by_torch = trained(run), trained(replace(run, engine="autograd"))
    assert len(by_hand.epochs) == len(by_torch.epochs) == EPOCHS
    assert_same_course(by_hand, by_torch, tolerance)
    scale = np.abs(by_torch.weights).max()
    np.testing.assert_allclose(by_hand.weights, by_torch.weights, rtol=tolerance, atol=tolerance * scale)


@all_optimizers
@all_losses
@all_models
def test_engines_measure_the_same(model: str, loss: str, optim: str) -> None:
    parts = choice("model", model), choice("loss", loss), choice("optim", optim, lr=RATE)
    assert_engines_agree(spec(*parts, epochs=EPOCHS), 1e-4)


@all_optimizers
@all_losses
@all_models
def test_engines_agree_far_closer_in_float64_with_every_key_varied(model: str, loss: str, optim: str) -> None:
    parts = varied("model", model), varied("loss", loss), varied("optim", optim, lr=RATE)
    assert_engines_agree(spec(*parts, epochs=EPOCHS, dtype="float64"), 1e-9)


@pytest.mark.parametrize("activation", list(activations))
def test_engines_agree_for_every_activation(activation: str) -> None:
    model = choice("model", "mlp", hidden=(6, 5), activation=activation)
    run = spec(model, optim=choice("optim", "sgd", lr=0.05), epochs=EPOCHS, batch_size=7)
    assert_engines_agree(replace(run, dtype="float64"), 1e-9)


@pytest.mark.parametrize("make", [choice, varied], ids=["defaults", "varied"])
@pytest.mark.parametrize("schedule", list(schedules))
def test_engines_agree_for_every_schedule(schedule: str, make: Any) -> None:
    run = spec(schedule=make("schedule", schedule), optim=choice("optim", "sgd", lr=RATE), epochs=EPOCHS)
    assert_engines_agree(replace(run, dtype="float64"), 1e-9)


@pytest.mark.parametrize("name", list(OPTIONS))
def test_engines_agree_for_every_option(name: str) -> None:
    options = {"optim": choice("optim", "adam", lr=RATE)} | OPTIONS[name]
    run = spec(epochs=EPOCHS, **options)
    assert_engines_agree(run, 1e-4)
    assert_engines_agree(replace(run, dtype="float64"), 1e-9)


# Gradients ---------------------------------------------------------------------------------------------

MEMBERS, BATCH, INPUTS = 2, 6, 3


def problem(task: str, seed: int = 3) -> tuple[Any, Any]:
    """Inputs (member, batch, 3) and targets of a regression with two outputs or of three classes."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(MEMBERS, BATCH, INPUTS))
    if task == "classification":
        return x, np.eye(CLASSES)[rng.integers(0, CLASSES, (MEMBERS, BATCH))]
    return x, rng.normal(size=(MEMBERS, BATCH, 2))


def rows_by_hand(network: Network, loss: Choice, flat: Any, x: Any, y: Any, masks: Any) -> tuple[Any, Any]:
    """Losses (member,) and gradients (member, parameter), computed by hand."""
    criterion = losses.build(loss.name, np.asarray, **loss.options)
    gradient = np.full_like(flat, np.nan)
    arrays = network.arrange(network.views(flat), masks)
    tape = network.forward_recording(arrays, x)
    slope = criterion.gradient(tape[-1], y)
    network.backward(arrays, tape, slope, network.arrange(network.views(gradient)))
    return criterion.value(tape[-1], y), gradient


def gradient_by_torch(network: Network, loss: Choice, flat: Any, x: Any, y: Any, masks: Any) -> Any:
    def cast(numbers: Any) -> torch.Tensor:
        return torch.as_tensor(numbers, dtype=torch.float64)

    leaf = cast(flat).requires_grad_()
    given = None if masks is None else [cast(mask) for mask in masks]
    prediction = network.forward(network.arrange(network.views(leaf), given), cast(x))
    value = losses.build(loss.name, cast, **loss.options).value(prediction, cast(y))
    return torch.autograd.grad(value.sum(), leaf)[0].numpy()


def gradient_by_differences(network: Network, loss: Choice, flat: Any, x: Any, y: Any, masks: Any) -> Any:
    """Central differences, every parameter of one member moved by a member of its own."""
    step, criterion = 1e-6, losses.build(loss.name, np.asarray, **loss.options)
    moves = step * np.concatenate([np.eye(network.size), -np.eye(network.size)])
    slopes = []
    for member, row in enumerate(flat):
        own = slice(member, member + 1)
        given = None if masks is None else [mask[own] for mask in masks]
        arrays = network.arrange(network.views(row + moves), given)
        prediction = network.forward(arrays, np.repeat(x[own], len(moves), axis=0))
        above, below = np.split(criterion.value(prediction, y[own]), 2)
        slopes.append((above - below) / (2 * step))
    return np.stack(slopes)


def assert_gradients_agree(model: Choice, loss: Choice, dropout: bool = False) -> None:
    x, y = problem(task_of(loss.name))
    network = models.build(model.name, INPUTS, y.shape[2], **model.options)
    flat = np.random.default_rng(8).normal(size=(MEMBERS, network.size))
    rng = np.random.default_rng(9)
    masks = None
    if dropout:
        masks = [np.stack([layer.mask(rng, BATCH) for _ in range(MEMBERS)]) for layer in network.dropouts]
    given = network, loss, flat, x, y, masks
    _, gradient = rows_by_hand(*given)
    np.testing.assert_allclose(gradient, gradient_by_torch(*given), rtol=1e-9, atol=1e-12)
    absolute = 1e-8 * (1 + np.abs(gradient).max())
    np.testing.assert_allclose(gradient, gradient_by_differences(*given), rtol=1e-6, atol=absolute)


@pytest.mark.parametrize("make", [choice, varied], ids=["defaults", "varied"])
@all_losses
@all_models
def test_gradients_by_hand_are_right(model: str, loss: str, make: Any) -> None:
    assert_gradients_agree(make("model", model), make("loss", loss))


@pytest.mark.parametrize("activation", list(activations))
@all_losses
def test_gradients_by_hand_are_right_for_every_activation(loss: str, activation: str) -> None:
    model = choice("model", "mlp", hidden=(4, 3), activation=activation)
    assert_gradients_agree(model, choice("loss", loss))


@all_losses
def test_gradients_by_hand_are_right_under_dropout(loss: str) -> None:
    model = choice("model", "mlp", hidden=(6, 5), activation="tanh", dropout=0.4)
    assert_gradients_agree(model, choice("loss", loss), dropout=True)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0, 3.0, -2.0])
def test_gradients_by_hand_are_right_for_every_exponent(exponent: float) -> None:
    assert_gradients_agree(choice("model", "power", exponent=exponent), choice("loss", "mse"))


# Members -----------------------------------------------------------------------------------------------


def each_its_own(registry: Registry[Any], group: str, name: str, count: int) -> list[Choice]:
    """One part for each member, with everything in which members may differ spread from default to other."""
    plain, other = choice(group, name).options, varied(group, name).options
    spread = {
        key: np.linspace(plain[key], other[key], count).tolist()
        for key, parameter in registry[name].parameters.items()
        if parameter.per_member and not parameter.many
    }
    return [choice(group, name, **{k: v[member] for k, v in spread.items()}) for member in range(count)]


def family(model: Choice, loss: str, optim: str, **changes: Any) -> list[Spec]:
    """Three members that differ in everything in which they may."""
    criteria = each_its_own(losses, "loss", loss, 3)
    optimization = each_its_own(optimizers, "optim", optim, 3)
    own = [dict(part.options) | {"lr": RATE / (k + 1)} for k, part in enumerate(optimization)]
    return [
        spec(model, criteria[k], Choice(optim, own[k]), seed=k * 7, clip_norm=(None, 0.5, 0.02)[k], **changes)
        for k in range(3)
    ]


def assert_members_equal_lone_runs(specs: list[Spec], tolerance: float | None) -> Trained:
    """Without a tolerance: bit for bit."""
    together = trained(specs)
    for member, own in enumerate(specs):
        alone = trained(own)
        assert vars(together.population.members[member])["ending"] == alone.population.members[0].ending
        assert together.population.members[member].epochs == alone.population.members[0].epochs
        if tolerance is None:
            assert together.weights[member].tobytes() == alone.weights[0].tobytes()
            for name, values in together.table(member).items():
                assert values.tobytes() == alone.table()[name].tobytes(), name
            continue
        np.testing.assert_allclose(together.weights[member], alone.weights[0], rtol=tolerance, atol=tolerance)
        for name, values in together.table(member).items():
            np.testing.assert_allclose(values, alone.table()[name], rtol=tolerance, atol=tolerance)
    return together


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@all_optimizers
@all_losses
@all_models
def test_a_member_is_bit_for_bit_its_lone_run(model: str, loss: str, optim: str, dtype: str) -> None:
    specs = family(choice("model", model), loss, optim, epochs=6, dtype=dtype, batch_size=5)
    assert_members_equal_lone_runs(specs, None)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-12)])
@all_optimizers
@all_losses
def test_a_member_is_its_lone_run_under_autograd(loss: str, optim: str, dtype: str, tolerance: float) -> None:
    model = choice("model", "mlp", activation="tanh")
    specs = family(model, loss, optim, epochs=6, dtype=dtype, batch_size=5, engine="autograd")
    assert_members_equal_lone_runs(specs, tolerance)


CROWDS: dict[str, dict[str, Any]] = {
    "dropout": {"model": choice("model", "mlp", hidden=(8, 6), dropout=0.4), "batch_size": 5},
    "the given order": {"batch_size": 5, "shuffle": False},
    "validation": {"val_fraction": 0.25, "test_fraction": 0.25},
    "one batch": {},
    "wide layers": {"model": choice("model", "mlp", hidden=(130, 33))},
    "warm-up": {"schedule": choice("schedule", "cosine", warmup=3)},
}


@both_engines
@pytest.mark.parametrize("name", list(CROWDS))
def test_a_member_is_its_lone_run_whatever_the_options(name: str, engine: str) -> None:
    options = {"model": choice("model", "mlp"), "engine": engine, "epochs": 10} | CROWDS[name]
    specs = family(options.pop("model"), "mse", "adam", **options)
    assert_members_equal_lone_runs(specs, None if engine == "manual" else 1e-5)


@both_engines
def test_members_may_have_data_of_their_own(engine: str) -> None:
    specs = [
        spec(
            dataset=choice("dataset", "quadratic", samples=11, seed=seed, noise=0.1 * seed, a=1.0 + seed),
            optim=choice("optim", "sgd", lr=0.1),
            epochs=10,
            batch_size=4,
            val_fraction=0.3,
            engine=engine,
        )
        for seed in range(3)
    ]
    assert_members_equal_lone_runs(specs, None if engine == "manual" else 1e-5)


@both_engines
def test_members_may_end_at_different_epochs(engine: str) -> None:
    specs = [
        spec(
            optim=choice("optim", "sgd", lr=0.3),
            schedule=choice("schedule", "cosine"),
            seed=seed,
            epochs=epochs,
            val_fraction=0.3,
            early_stopping=EarlyStopping(patience=patience),
            engine=engine,
        )
        for seed, epochs, patience in [(0, 10, None), (1, 25, None), (2, 40, 1), (3, 40, 2), (4, 0, None)]
    ]
    tolerance = None if engine == "manual" else 1e-5
    together = assert_members_equal_lone_runs([each for each in specs if each.epochs], tolerance)
    assert {member.ending for member in together.population.members} == {"completed", "stopped"}


@both_engines
@pytest.mark.parametrize("clip_norm", [None, 0.5])
@all_optimizers
def test_a_diverging_member_leaves_the_bits_of_its_neighbours(
    optim: str, clip_norm: float | None, engine: str
) -> None:
    calm = [
        spec(optim=choice("optim", optim, lr=RATE), seed=s, epochs=15, batch_size=5, engine=engine)
        for s in (1, 2, 3)
    ]
    calm = [replace(own, clip_norm=clip_norm) for own in calm]
    wild = replace(calm[1], optim=choice("optim", optim, lr=1e36), clip_norm=None)
    with_calm, with_wild = trained(calm), trained([calm[0], wild, calm[2]])
    endings = [member.ending for member in with_wild.population.members]
    assert endings == ["completed", "diverged", "completed"]
    for member in (0, 2):
        assert with_calm.weights[member].tobytes() == with_wild.weights[member].tobytes()
        for name, values in with_calm.table(member).items():
            assert values.tobytes() == with_wild.table(member)[name].tobytes(), name
    assert np.isfinite(with_wild.weights).all()


def test_initial_weights_batches_and_masks_are_the_same_in_both_engines() -> None:
    run = spec(choice("model", "mlp", dropout=0.5), epochs=1, batch_size=4, seed=11)
    frozen = replace(run, optim=choice("optim", "sgd", lr=0.0))
    by_hand, by_torch = trained(frozen), trained(replace(frozen, engine="autograd"))
    assert by_hand.weights.tobytes() == by_torch.weights.tobytes()
    assert_same_course(by_hand, by_torch, 1e-6)


@both_engines
def test_blocks_of_members_are_one_population(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from nnrun.training import population as populations

    specs = [spec(epochs=4, engine=engine, seed=seed, dtype="float64") for seed in range(5)]
    whole = Population(specs)
    monkeypatch.setitem(populations.BLOCK_ELEMENTS, engine, 13 * 10 * 2)
    blocked = Population(specs)
    for population in (whole, blocked):
        for _ in train(population):
            pass
    np.testing.assert_allclose(blocked.engine.weights(), whole.engine.weights(), rtol=1e-12)
    shared = np.zeros((1, 13, 1))
    everybodys = np.broadcast_to(whole.loss(shared, whole.train), 5)
    np.testing.assert_allclose(blocked.loss(shared, blocked.train), everybodys, rtol=1e-6)
