"""Datasets: their truth, noise and floor, fresh samples, splits and how they describe themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnrun.datasets import Source, SplitSizes, datasets, draw
from nnrun.errors import BadInput
from nnrun.experiment.summary import references
from nnrun.training.population import Population
from small_runs import NEEDED, choice, spec

MANY = 20_000
NOISES = [("normal", 0.3), ("uniform", 0.4), ("normal", 0.0), ("uniform", 0.0)]
NOISY = [name for name in datasets if "noise_kind" in datasets[name].parameters]
FIXED = [name for name in datasets if "samples" not in datasets[name].parameters or name in NEEDED]
"""Those whose samples are there already, and not drawn."""
all_datasets = pytest.mark.parametrize("name", list(datasets))
all_noises = pytest.mark.parametrize(("kind", "scale"), NOISES)


def build(name: str, **options: Any) -> Source:
    return datasets.build(name, **(NEEDED.get(name, {}) | options))


@all_datasets
def test_a_dataset_keeps_what_it_promises(name: str) -> None:
    source = build(name)
    x, y = source.drawn()
    assert source.name == name
    assert x.shape == (source.samples, source.inputs)
    assert x.dtype == np.float64
    if source.task == "regression":
        assert y.shape == (source.samples, source.outputs)
        assert y.dtype == np.float64
    else:
        assert y.shape == (source.samples,)
        assert set(np.unique(y)) <= set(range(source.outputs))
    if source.interval is not None:
        assert source.interval[0] <= x.min() <= x.max() <= source.interval[1]
    if source.image_shape is not None:
        assert source.inputs == np.prod(source.image_shape)
    if source.truth is not None:
        assert source.truth.mean(x).shape == (source.samples, source.outputs)


@all_datasets
def test_the_same_seed_draws_the_same_data_and_another_seed_other_data(name: str) -> None:
    one, again, other = (np.hstack([*map(_columns, build(name, seed=seed).drawn())]) for seed in (1, 1, 2))
    assert one.tobytes() == again.tobytes()
    assert (one.tobytes() != other.tobytes()) == (name not in FIXED)


def _columns(values: Any) -> Any:
    return values.reshape(len(values), -1)


@all_noises
@pytest.mark.parametrize("name", NOISY)
def test_what_the_truth_leaves_is_noise_of_mean_zero(name: str, kind: str, scale: float) -> None:
    source = build(name, samples=MANY, noise=scale, noise_kind=kind, seed=3)
    assert source.truth is not None
    for x, y in (source.drawn(), source.new(MANY)):
        rest = y - source.truth.mean(x)
        spread = scale if kind == "normal" else scale / np.sqrt(12)
        assert rest.std() == pytest.approx(spread, rel=0.02, abs=1e-12)
        assert abs(rest.mean()) <= 4 * spread / np.sqrt(MANY) + 1e-12
        if kind == "uniform" and scale:
            assert -scale / 2 <= rest.min() < -0.49 * scale
            assert 0.49 * scale < rest.max() < scale / 2
        # Noise knows nothing of the inputs.
        if scale:
            correlation = np.corrcoef(x[:, 0], rest[:, 0])[0, 1]
            assert abs(correlation) < 4 / np.sqrt(MANY)


def test_the_truth_includes_the_mean_of_the_noise() -> None:
    x = np.linspace(-1, 1, 5)[:, None]
    truth = build("quadratic").truth
    assert truth is not None
    np.testing.assert_allclose(truth.mean(x), x**2 + 0.1)
    assert (truth.noise_mean, truth.constant, truth.weights, truth.power) == (0.1, 0.0, (1.0,), 2.0)


def test_truths_are_the_formulas_that_were_asked_for() -> None:
    x = np.linspace(-2, 2, 9)[:, None]
    quadratic = build("quadratic", a=2.0, b=-3.0, c=0.5, noise=0.0).truth
    function = build("function", expression="exp(-x^2) + 1", noise=0.0).truth
    linear = build("linear", weights=(1.0, -2.0), bias=0.5, noise=0.0).truth
    assert quadratic is not None
    assert function is not None
    assert linear is not None
    np.testing.assert_allclose(quadratic.mean(x), 2 * x**2 - 3 * x + 0.5)
    np.testing.assert_allclose(function.mean(x), np.exp(-(x**2)) + 1)
    np.testing.assert_allclose(linear.mean(np.hstack([x, x + 1])), x - 2 * (x + 1) + 0.5)


@pytest.mark.parametrize("expression", ["3", "x", "0*x"])
def test_a_function_may_be_constant(expression: str) -> None:
    _, y = build("function", expression=expression, samples=4, noise=0.0).drawn()
    assert y.shape == (4, 1)


@pytest.mark.parametrize(("loss", "oracle"), [("mse", np.square), ("mae", np.abs)])
def test_the_floor_is_the_loss_of_the_truth_on_this_very_data(loss: str, oracle: Any) -> None:
    run = spec(loss=loss, dataset=choice("dataset", "quadratic"), val_fraction=0.2, dtype="float64")
    population = Population([run])
    train = population.dataset(0).train
    floor = references(population)[0]
    assert floor["truth"] == pytest.approx(oracle(train.y - train.x**2 - 0.1).mean())
    assert floor["constant"] == pytest.approx(oracle(train.y - train.y.mean()).mean())


def test_the_floor_of_random_labels_is_guessing() -> None:
    dataset = choice("dataset", "random_mnist", shape=(3, 3), classes=4)
    population = Population([spec(loss="cross_entropy", dataset=dataset, dtype="float64")])
    shares = np.bincount(population.dataset(0).train.y, minlength=4) / 100
    floor = references(population)[0]
    assert floor["truth"] == pytest.approx(np.log(4))
    assert floor["constant"] == pytest.approx(-(shares * np.log(shares)).sum())


def test_no_truth_no_floor() -> None:
    population = Population([spec(dataset=choice("dataset", "ten_points"))])
    assert references(population)[0]["truth"] is None


@pytest.mark.parametrize("name", [name for name in datasets if name not in FIXED])
def test_fresh_samples_are_new_ones_of_the_same_law(name: str) -> None:
    source = build(name, samples=MANY // 10)
    x, y = source.drawn()
    fresh = source.new(MANY // 10)
    assert fresh is not None
    assert fresh[0].shape == x.shape
    assert fresh[1].shape == y.shape
    assert not set(map(tuple, fresh[0])) & set(map(tuple, x))
    for theirs, ours in zip(fresh, (x, y), strict=True):
        error = np.hypot(theirs.std(), ours.std()) / np.sqrt(MANY // 10)
        assert abs(theirs.mean() - ours.mean()) < 5 * error
        assert theirs.std() == pytest.approx(ours.std(), rel=0.1)
    again, other = source.new(MANY // 10), source.new(MANY // 10, "another use")
    assert again is not None
    assert other is not None
    assert fresh[0].tobytes() == again[0].tobytes() != other[0].tobytes()


def test_a_table_has_no_fresh_samples() -> None:
    assert build("ten_points").new(5) is None
    assert draw(build("ten_points"), 0.0, 0.0).test is None


def test_random_pictures_and_labels_are_what_they_are_said_to_be() -> None:
    x, labels = build("random_mnist", samples=4000, shape=(6, 7), classes=5).drawn()
    assert x.mean() == pytest.approx(0, abs=0.01)
    assert x.std() == pytest.approx(1, rel=0.01)
    np.testing.assert_allclose(np.bincount(labels) / 4000, 0.2, atol=0.03)


@given(st.integers(2, 300), st.floats(0, 0.9), st.floats(0, 0.9))
def test_sizes_of_splits_add_up_and_no_wanted_part_is_empty(samples: int, val: float, test: float) -> None:
    try:
        sizes = SplitSizes.of(samples, val, test)
    except BadInput:
        assert round(val * samples) + round(test * samples) >= samples or (
            (val > 0 and round(val * samples) == 0) or (test > 0 and round(test * samples) == 0)
        )
        return
    assert sizes.train + sizes.val + sizes.test == samples
    assert sizes.train > 0
    assert (sizes.val > 0, sizes.test > 0) == (val > 0, test > 0)
    assert abs(sizes.val - val * samples) <= 0.5
    assert abs(sizes.test - test * samples) <= 0.5


@pytest.mark.parametrize(
    ("val", "test", "complaint"),
    [
        (0.001, 0.0, r"val_fraction=0.001: leaves no sample of 10; choose at least 0.1"),
        (0.0, 0.01, r"test_fraction=0.01: leaves no sample of 10"),
        (0.6, 0.4, r"val_fraction=0.6 test_fraction=0.4: leave none of 10 samples to train on"),
    ],
)
def test_a_part_without_samples_is_bad_input(val: float, test: float, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        SplitSizes.of(10, val, test)


@pytest.mark.parametrize("fractions", [(0.0, 0.0), (0.3, 0.0), (0.0, 0.3), (0.2, 0.5)])
@all_datasets
def test_splits_share_out_the_samples_and_keep_their_order(name: str, fractions: tuple[float, float]) -> None:
    source = build(name, seed=4)
    drawn = draw(source, *fractions)
    x, y = source.drawn()
    if drawn.scale is not None:
        x, y = drawn.scale.to_model(x), drawn.scale.target_to_model(y)
    rows = np.column_stack([x, y])
    place = {row.tobytes(): index for index, row in enumerate(rows)}
    parts = [part for part in (drawn.train, drawn.val, drawn.test) if part is not None]
    if len(place) < len(rows):
        # Some samples are there twice, so their places cannot be told apart.
        shared = np.vstack(
            [np.column_stack([part.x, part.y]) for part in parts[: 1 + sum(map(bool, fractions))]]
        )
        assert sorted(map(bytes, shared)) == sorted(map(bytes, rows))
        return
    found = []
    for split, fraction in ((drawn.train, None), (drawn.val, fractions[0]), (drawn.test, fractions[1])):
        if fraction == 0.0:
            continue
        assert split is not None
        own = [place[row.tobytes()] for row in np.column_stack([split.x, split.y])]
        assert own == sorted(own)
        found += own
    assert sorted(found) == list(range(source.samples))
    assert (drawn.val is None) == (fractions[0] == 0)


def test_the_test_part_is_fresh_samples_unless_a_share_is_asked_for() -> None:
    source = build("quadratic", test_samples=33)
    fresh, share = draw(source, 0.1, 0.0).test, draw(source, 0.1, 0.2).test
    assert fresh is not None
    assert share is not None
    assert (len(fresh), len(share)) == (33, 20)
    assert not set(fresh.x.ravel()) & set(source.drawn()[0].ravel())
    assert draw(build("quadratic", test_samples=0), 0.1, 0.0).test is None


def test_another_seed_of_the_data_splits_otherwise() -> None:
    first, second = (draw(build("ten_points", seed=seed), 0.3, 0.0).val for seed in (0, 1))
    assert first is not None
    assert second is not None
    assert first.x.tolist() != second.x.tolist()


@pytest.mark.parametrize(
    ("name", "options", "description"),
    [
        ("quadratic", {}, "y = x^2 + U[0, 0.2), 100 points on [-1, 1]"),
        (
            "quadratic",
            {"a": -2.5, "b": -1.0, "c": -3.0, "noise": 0.0},
            "y = -2.5 x^2 - x - 3, 100 points on [-1, 1]",
        ),
        ("quadratic", {"a": 0.0, "noise": 0.0, "samples": 5}, "y = 0, 5 points on [-1, 1]"),
        ("quadratic", {"noise_kind": "normal"}, "y = x^2 + N(0, 0.2), 100 points on [-1, 1]"),
        ("function", {}, "y = sin(3*x)+0.1*x + N(0, 0.1), 100 points on [-2, 2]"),
        (
            "linear",
            {"weights": (1.0, 2.0)},
            "y = x . [1, 2] + 1.1 + N(0, 0.01), 500 points, x from N(0, 1)",
        ),
        (
            "linear",
            {"weights": (1.0,) * 9, "noise": 0.0},
            "y = x . [1, 1, 1, 1, 1, 1, ...] + 1.1, 500 points, x from N(0, 1)",
        ),
        ("ten_points", {}, "10 given points"),
        ("random_mnist", {}, "100 random pictures of 28 x 28, random labels 0..9"),
    ],
)
def test_a_dataset_describes_itself(name: str, options: dict[str, Any], description: str) -> None:
    assert build(name, **options).description == description


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("quadratic", {"low": 1.0}, r"dataset.low=1 dataset.high=1: low must be less than high"),
        ("function", {"expression": "1/x", "samples": 101}, r"not a finite number at x = 0"),
        ("function", {"expression": "log(x)"}, r"dataset.expression=log\(x\): not a finite number at x = -2"),
        ("ten_points", {"x": (1.0,)}, r"dataset.x has 1 values and dataset.y has 10; give as many of each"),
        ("ten_points", {"x": (), "y": ()}, r"dataset.x has 0 values"),
        ("linear", {"weights": ()}, r"dataset.weights=\[\]: give at least one weight"),
        ("random_mnist", {"shape": (3,)}, r"dataset.shape=\[3\]: wants two numbers"),
    ],
)
def test_data_that_cannot_be_is_bad_input(name: str, options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        build(name, **options)
