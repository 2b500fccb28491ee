"""Models: their initial weights, their names and outputs against torch's modules, what they know of truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from nnrun.datasets import datasets
from nnrun.errors import BadInput
from nnrun.models import Network, models
from nnrun.models.activations import activations
from nnrun.models.initialisation import schemes
from nnrun.training.population import Population
from small_runs import choice, spec, trained

OWN = [name for name in models if name != "conv"]
"""Models of nnrun's own layers, whose weights start by its schemes; the others are torch's."""

MODULES = {
    "leaky_relu": nn.LeakyReLU,
    "sine": lambda: _Sine(),
    "elu": nn.ELU,
    "selu": nn.SELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "mish": nn.Mish,
    "softplus": nn.Softplus,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "softsign": nn.Softsign,
    "hardtanh": nn.Hardtanh,
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "identity": nn.Identity,
}


class _Sine(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sin(x)


def by_torch(inputs: int, outputs: int, **options: Any) -> nn.Module:
    """The module that an `mlp` of these options describes."""
    layers: list[nn.Module] = []
    width = inputs
    for size in options["hidden"]:
        layers += [nn.Linear(width, size, bias=options["bias"]), MODULES[options["activation"]]()]
        layers += [nn.Dropout(options["dropout"])] if options["dropout"] else []
        width = size
    return nn.Sequential(*layers, nn.Linear(width, outputs, bias=options["output_bias"])).double().eval()


def build(name: str, inputs: int = 3, outputs: int = 2, **options: Any) -> Network:
    return models.build(name, inputs, outputs, **choice("model", name, **options).options)


def outputs_of(network: Network, row: Any, x: Any) -> Any:
    return network.forward(network.arrange(network.views(row[None])), x[None])[0]


def loaded(module: nn.Module, network: Network, row: Any) -> nn.Module:
    state = {name: torch.tensor(values) for name, values in network.named(row).items()}
    module.load_state_dict(state, strict=True)
    return module


SHAPES: list[dict[str, Any]] = [
    {},
    {"hidden": ()},
    {"hidden": (4, 3)},
    {"hidden": (4, 3, 5), "dropout": 0.5},
    {"bias": False},
    {"output_bias": False},
    {"hidden": (4, 3), "bias": False, "output_bias": False, "dropout": 0.1},
]


@pytest.mark.parametrize("options", SHAPES, ids=str)
def test_weights_of_an_mlp_load_into_a_sequential_of_torch(options: dict[str, Any]) -> None:
    network = build("mlp", **options)
    row = network.initial(5)
    module = loaded(by_torch(3, 2, **choice("model", "mlp", **options).options), network, row)
    assert network.size == sum(parameter.numel() for parameter in module.parameters()) == row.size
    x = np.random.default_rng(0).normal(size=(6, 3))
    np.testing.assert_allclose(outputs_of(network, row, x), module(torch.tensor(x)).detach(), rtol=1e-12)


@pytest.mark.parametrize("activation", list(activations))
def test_every_activation_is_the_module_of_torch(activation: str) -> None:
    network = build("mlp", hidden=(5,), activation=activation, init="normal")
    row = network.initial(1)
    options = choice("model", "mlp", hidden=(5,), activation=activation).options
    module = loaded(by_torch(3, 2, **options), network, row)
    x = np.random.default_rng(0).normal(size=(6, 3))
    np.testing.assert_allclose(outputs_of(network, row, x), module(torch.tensor(x)).detach(), rtol=1e-9)


@pytest.mark.parametrize("bias", [True, False])
def test_weights_of_a_linear_model_load_into_a_linear_layer(bias: bool) -> None:
    network = build("linear", bias=bias)
    row = network.initial(2)
    module = loaded(nn.Linear(3, 2, bias=bias).double(), network, row)
    x = np.random.default_rng(0).normal(size=(6, 3))
    np.testing.assert_allclose(outputs_of(network, row, x), module(torch.tensor(x)).detach(), rtol=1e-12)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0, 3.0, 0.5])
def test_a_power_model_weighs_a_power(exponent: float) -> None:
    network = build("power", 2, 1, exponent=exponent)
    x = np.random.default_rng(0).uniform(0.1, 2, (6, 2))
    weights = {"weight": np.array([[2.0, -3.0]]), "bias": np.array([0.5])}
    row = np.concatenate([values.ravel() for values in weights.values()])
    assert network.named(row).keys() == weights.keys()
    wanted = 2 * x[:, :1] ** exponent - 3 * x[:, 1:] ** exponent + 0.5
    np.testing.assert_allclose(outputs_of(network, row, x), wanted)


def test_a_trained_network_predicts_what_torch_predicts_from_its_weights() -> None:
    run = trained(spec(choice("model", "mlp", hidden=(6, 4), activation="tanh"), epochs=5))
    network, row = run.population.network, run.weights[0].astype(np.float64)
    options = choice("model", "mlp", hidden=(6, 4), activation="tanh").options
    module = loaded(by_torch(1, 1, **options), network, row)
    x = np.linspace(-2, 2, 9)[:, None]
    np.testing.assert_allclose(
        run.population.predict(x[None])[0], module(torch.tensor(x)).detach(), rtol=1e-5
    )


def test_long_inputs_are_predicted_in_pieces_to_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    population = Population([spec(seed=seed) for seed in range(3)])
    x = np.random.default_rng(0).normal(size=(1, 101, 1))
    whole = population.predict(x)
    monkeypatch.setattr("nnrun.training.population.EVALUATION_ELEMENTS", 300)
    np.testing.assert_allclose(population.predict(x), whole, rtol=1e-6)


@pytest.mark.parametrize("init", list(schemes))
@pytest.mark.parametrize("model", OWN)
def test_the_seed_alone_decides_the_initial_weights(model: str, init: str) -> None:
    network = build(model, init=init)
    assert network.initial(7).tobytes() == build(model, init=init).initial(7).tobytes()
    differ = network.initial(7).tobytes() != network.initial(8).tobytes()
    assert differ == (init != "zeros")


@pytest.mark.parametrize("model", OWN)
def test_biases_start_where_they_are_told_to(model: str) -> None:
    network = build(model, bias_init=0.25, init="normal")
    named = network.named(network.initial(0))
    biases = {name: values for name, values in named.items() if name.endswith("bias")}
    assert biases
    assert all((values == 0.25).all() for values in biases.values())
    assert all(values.std() > 0 for name, values in named.items() if name.endswith("weight"))


def test_default_weights_spread_as_those_of_a_linear_layer_do() -> None:
    network = build("mlp", 25, 1, hidden=(400,))
    named = network.named(network.initial(0))
    assert 0.98 / 5 < np.abs(named["0.weight"]).max() <= 1 / 5
    assert 0.9 / 5 < np.abs(named["0.bias"]).max() <= 1 / 5
    assert 0.9 / 20 < np.abs(named["2.weight"]).max() <= 1 / 20


def test_a_mask_keeps_the_mean_and_zeroes_the_share_that_it_should() -> None:
    (layer,) = build("mlp", hidden=(50,), dropout=0.3).dropouts
    mask = layer.mask(np.random.default_rng(0), 4000)
    assert mask.shape == (4000, 50)
    assert set(np.unique(mask)) == {0.0, 1 / 0.7}
    assert (mask == 0).mean() == pytest.approx(0.3, abs=0.005)


def test_dropout_is_at_work_in_training_alone() -> None:
    run = spec(choice("model", "mlp", dropout=0.5), optim=choice("optim", "sgd", lr=0.0), epochs=3)
    outcome = trained(run)
    losses = outcome.column("train/loss")
    assert len(set(losses)) == 3
    x = outcome.population.train.x
    np.testing.assert_array_equal(outcome.population.predict(x), outcome.population.predict(x))


@pytest.mark.parametrize(
    ("dataset", "data", "model", "options", "known"),
    [
        ("linear", {}, "linear", {}, {"weight": [[8.1, 2.0, 2.0, 4.0]], "bias": [1.1]}),
        ("linear", {"noise_kind": "uniform", "noise": 0.2}, "linear", {}, {"bias": [1.2]}),
        ("linear", {}, "linear", {"bias": False}, None),
        ("linear", {}, "power", {}, None),
        ("linear", {}, "power", {"exponent": 1.0}, {"bias": [1.1]}),
        ("linear", {}, "mlp", {}, None),
        ("quadratic", {"a": 3.0, "c": 2.0}, "power", {}, {"weight": [[3.0]], "bias": [2.1]}),
        ("quadratic", {"a": 3.0, "b": 1.0}, "power", {}, None),
        ("quadratic", {"a": 0.0, "b": 4.0}, "linear", {}, {"weight": [[4.0]], "bias": [0.1]}),
        ("quadratic", {}, "linear", {}, None),
        ("quadratic", {}, "power", {"exponent": 3.0}, None),
        ("function", {}, "linear", {}, None),
    ],
)
def test_true_parameters_are_known_where_the_truth_has_the_form_of_the_model(
    dataset: str, data: dict[str, Any], model: str, options: dict[str, Any], known: dict[str, Any] | None
) -> None:
    source = datasets.build(dataset, **data)
    network = build(model, source.inputs, source.outputs, **options)
    assert source.truth is not None
    found = network.matching(source.truth)
    assert (found is None) == (known is None)
    if found is None or known is None:
        return
    for name, values in known.items():
        np.testing.assert_allclose(found[name], values)
    # The truth is the network with its true parameters.
    row = np.concatenate([found[weights.name].ravel() for weights in network.weights])
    x, _ = source.drawn()
    np.testing.assert_allclose(outputs_of(network, row, x), source.truth.mean(x))


@pytest.mark.parametrize(
    ("exponent", "interval", "complaint"),
    [
        (0.5, (-1.0, 1.0), r"model.exponent=0.5: inputs below 0 have no such power"),
        (-1.0, (-1.0, 1.0), r"model.exponent=-1: 0 has no such power"),
        (0.5, None, r"model.exponent=0.5: inputs below 0"),
    ],
)
def test_a_power_that_inputs_do_not_have_is_bad_input(
    exponent: float, interval: tuple[float, float] | None, complaint: str
) -> None:
    with pytest.raises(BadInput, match=complaint):
        build("power", 1, 1, exponent=exponent).require_domain(interval)


@pytest.mark.parametrize(("exponent", "interval"), [(0.5, (0.0, 1.0)), (-1.0, (0.1, 1.0)), (2.0, None)])
def test_a_power_that_inputs_have_is_fine(exponent: float, interval: tuple[float, float] | None) -> None:
    build("power", 1, 1, exponent=exponent).require_domain(interval)


@pytest.mark.parametrize(
    ("model", "options", "description", "short"),
    [
        ("mlp", {}, "3 -> 10 relu -> 2", "3-10-2 relu"),
        ("mlp", {"hidden": (4, 5), "activation": "tanh"}, "3 -> 4 tanh -> 5 tanh -> 2", "3-4-5-2 tanh"),
        ("linear", {}, "3 -> 2", "3-2"),
        ("power", {"exponent": 2.5}, "w x^2.5 + b", "w x^2.5 + b"),
    ],
)
def test_a_model_describes_itself(model: str, options: dict[str, Any], description: str, short: str) -> None:
    network = build(model, **options)
    assert (network.name, network.description, network.short) == (model, description, short)


def test_conv_is_the_sequence_of_torchs_modules_that_its_weights_are_named_after() -> None:
    network = build("conv", 64, 10)
    module = nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        *(nn.Conv2d(1, 16, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(128, 10)),
    )
    row = network.initial(3)
    module.load_state_dict({name: torch.as_tensor(values) for name, values in network.named(row).items()})
    x = np.random.default_rng(0).normal(size=(5, 64))
    with torch.no_grad():
        wanted = module.double()(torch.as_tensor(x)).numpy()
    np.testing.assert_allclose(outputs_of(network, row, x), wanted, rtol=1e-9, atol=1e-12)


def test_pictures_that_are_not_square_need_a_shape() -> None:
    assert build("conv", 12, 2, shape=(3, 4), channels=(2,), hidden=(5,)).size > 0
    with pytest.raises(BadInput, match=r"12 features are no square picture; write model.shape=ROWSxCOLUMNS"):
        build("conv", 12, 2)
    with pytest.raises(BadInput, match=r"model.shape=5x2: wants rows and columns whose product is 12"):
        build("conv", 12, 2, shape=(5, 2))
