from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from nnrun import plots
from nnrun.losses import losses
from nnrun.plots import landscape as picture
from nnrun.plots import surface
from nnrun.plots.limits import drawable
from nnrun.plots.theme import LIGHT
from nnrun.spec import Choice
from nnrun.training import landscape as recorded
from nnrun.training.loop import train
from nnrun.training.population import Population
from nnrun.training.portrait import portraits
from nnrun.training.snapshots import Snapshots
from picture_records import RECORDS, descent
from small_runs import DATA, choice, spec

QUADRATIC = DATA["regression"]


def portrait_of(*specs: Any) -> tuple[Population, list[dict[str, Any]]]:
    population = Population(specs)
    snapshots = Snapshots(population)
    for epoch in train(population):
        snapshots.take(epoch.number)
    return population, portraits(population, snapshots)


def loss_at(population: Population, member: int, weights: Any) -> float:
    """As the engine itself says it."""
    rows = population.engine.weights()
    rows[member] = weights
    population.engine.restore(rows)
    return float(population.evaluate(population.train)["loss"][member])


MODELS = [
    (choice("model", "power"), QUADRATIC),
    (choice("model", "linear"), QUADRATIC),
    (choice("model", "linear", bias=False), choice("dataset", "linear", weights=(2.0, -1.0), samples=20)),
    (choice("model", "mlp", hidden=(1,), bias=False, output_bias=False), QUADRATIC),
    (choice("model", "mlp", hidden=(1,), bias=False, output_bias=False, activation="tanh"), QUADRATIC),
]
REGRESSION = [name for name in losses if losses.build(name, np.asarray).task == "regression"]


@pytest.mark.parametrize("loss", REGRESSION)
@pytest.mark.parametrize(
    ("model", "dataset"), MODELS, ids=[f"{m.name}-{d.name}" for m, d in MODELS[:-1]] + ["tanh"]
)
@pytest.mark.parametrize("engine", ["manual", "autograd"])
def test_every_recorded_loss_is_the_engines_own(
    loss: str, model: Choice, dataset: Choice, engine: str
) -> None:
    given = spec(model, loss, dataset=dataset, epochs=3, dtype="float64", engine=engine)
    population, (arrays,) = portrait_of(given)
    table = arrays["landscape_loss"]
    assert table.shape == (len(arrays["landscape_y"]), len(arrays["landscape_x"])) == (49, 73)
    for row, column in [(0, 0), (48, 72), (20, 30), (7, 61), (33, 5)]:
        weights = arrays["landscape_x"][column], arrays["landscape_y"][row]
        assert table[row, column] == pytest.approx(loss_at(population, 0, weights), rel=1e-5)


def test_the_solution_is_that_of_least_squares() -> None:
    population, (arrays,) = portrait_of(spec("power", "half_sse", epochs=2))
    split = population.dataset(0).train
    design = np.column_stack([split.x[:, 0] ** 2, np.ones(len(split.x))])
    expected = np.linalg.lstsq(design, split.y[:, 0])[0]
    np.testing.assert_allclose(arrays["landscape_solution"], expected, rtol=1e-5)


@pytest.mark.parametrize(("model", "dataset"), MODELS[3:])
def test_a_model_that_is_not_linear_in_its_weights_has_no_such_solution(
    model: Choice, dataset: Choice
) -> None:
    _, (arrays,) = portrait_of(spec(model, dataset=dataset, epochs=1))
    assert "landscape_solution" not in arrays


def test_one_class_more_or_less_has_no_such_solution_either() -> None:
    data = Choice(
        "random_mnist", {"seed": 0, "samples": 20, "test_samples": 6, "shape": (1, 1), "classes": 2}
    )
    model = choice("model", "linear", bias=False)
    _, (arrays,) = portrait_of(spec(model, "cross_entropy", dataset=data, epochs=1))
    assert "landscape_loss" in arrays
    assert "landscape_solution" not in arrays


def test_models_of_more_parameters_have_no_landscape() -> None:
    _, (arrays,) = portrait_of(spec("mlp", epochs=1))
    assert not [name for name in arrays if name.startswith("landscape")]


def test_a_member_has_the_landscape_that_it_has_alone() -> None:
    rates = [choice("optim", "sgd", lr=rate) for rate in (0.01, 0.05)]
    _, together = portrait_of(*(spec("power", optim=rate, epochs=4, seed=i) for i, rate in enumerate(rates)))
    for index, rate in enumerate(rates):
        _, (alone,) = portrait_of(spec("power", optim=rate, epochs=4, seed=index))
        for name in ("landscape_x", "landscape_y", "landscape_loss", "landscape_solution"):
            np.testing.assert_array_equal(together[index][name], alone[name])


@pytest.mark.parametrize("rate", [0.0001, 0.01, 0.15, 10.0, 1e6])
def test_start_and_solution_are_in_sight_however_far_the_path_goes(rate: float) -> None:
    given = spec("power", "half_sse", optim=choice("optim", "sgd", lr=rate), epochs=30)
    _, (arrays,) = portrait_of(given)
    x, y = arrays["landscape_x"], arrays["landscape_y"]
    for point in (arrays["path"][0], arrays["landscape_solution"]):
        assert x[0] < point[0] < x[-1]
        assert y[0] < point[1] < y[-1]
    reach = np.abs(arrays["path"][0] - arrays["landscape_solution"]).max()
    assert x[-1] - x[0] < 10 * reach
    assert np.isfinite(arrays["landscape_loss"]).all()


def test_of_many_samples_some_stand_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "MOST_SAMPLES", 200)
    data = choice("dataset", "quadratic", samples=1000)
    population, (arrays,) = portrait_of(spec("power", "half_sse", dataset=data, epochs=0, dtype="float64"))
    weights = arrays["landscape_x"][10], arrays["landscape_y"][10]
    assert arrays["landscape_loss"][10, 10] == pytest.approx(loss_at(population, 0, weights), rel=0.1)


def test_the_picture_has_contours_and_the_path_by_epoch() -> None:
    record = RECORDS["descent"]()
    axes, scale = plots.draw(record, "landscape").axes
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), record.plots["path"])
    filled, lines = axes.collections
    np.testing.assert_array_equal(
        filled.levels[1:-1] if len(filled.levels) > len(lines.levels) else filled.levels, lines.levels
    )
    table = record.plots["landscape_loss"]
    assert all(table.min() < level < table.max() for level in lines.levels)
    assert len(scale.get_yticks()) <= picture.LABELS
    assert {"1", "10", "50", "800"} <= {text.get_text() for text in axes.texts}
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("weight", "bias")


def test_contours_run_where_the_loss_is_theirs() -> None:
    record = RECORDS["descent"]()
    x, y = (record.plots[f"train_{name}"][:, 0] for name in "xy")
    lines = plots.draw(record, "landscape").axes[0].collections[1]
    for level, path in zip(lines.levels, lines.get_paths(), strict=True):
        for w, b in path.vertices[:: max(1, len(path.vertices) // 9)]:
            assert ((w * x**2 + b - y) ** 2).sum() / 2 == pytest.approx(level, rel=0.02)


@pytest.mark.parametrize("name", ["descent", "descent_zigzag", "descent_left", "descent_at_once"])
def test_both_weights_have_one_scale_and_every_mark_is_inside(name: str) -> None:
    record = RECORDS[name]()
    figure = plots.draw(record, "landscape")
    FigureCanvasAgg(figure).draw()
    axes = figure.axes[0]
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    assert (x1 - x0) / axes.bbox.width == pytest.approx((y1 - y0) / axes.bbox.height, rel=1e-6)
    for point in picture.places(record, surface.surface(record.plots)).values():
        assert x0 < point[0] < x1
        assert y0 < point[1] < y1


def test_the_legend_names_the_places_that_are_in_sight() -> None:
    def names(name: str) -> list[str]:
        (legend,) = plots.draw(RECORDS[name](), "landscape").legends
        return sorted(text.get_text() for text in legend.get_texts())

    assert names("descent") == ["end", "least squares", "path by epoch", "start", "truth"]
    assert names("descent_left") == ["least squares", "path by epoch", "start", "truth"]
    assert names("descent_at_once") == ["least squares", "start", "truth"]


@pytest.mark.parametrize(
    "table",
    [np.full((49, 73), 0.5), np.zeros((49, 73)), np.full((49, 73), np.nan), -np.ones((49, 73))],
    ids=["flat", "zero", "nan", "negative"],
)
def test_a_landscape_without_heights_is_drawn(table: Any) -> None:
    record = RECORDS["descent"]()
    arrays = dict(record.plots) | {"landscape_loss": table}
    changed = type(record)(record.directory, record.metrics, record.summary, arrays)
    FigureCanvasAgg(plots.draw(changed, "landscape")).draw()


def test_refining_follows_a_parabola_exactly() -> None:
    x, y = np.linspace(-1, 2, 9), np.linspace(0, 3, 7)
    arrays = {
        "landscape_x": x,
        "landscape_y": y,
        "landscape_loss": x**2 + 2 * x * y[:, None] + 3 * y[:, None] ** 2,
    }
    known = surface.Surface(x, y, arrays["landscape_loss"])
    fine = surface.refined(known)
    u, v = fine.x, fine.y
    expected = u**2 + 2 * u * v[:, None] + 3 * v[:, None] ** 2
    inner = slice(surface.FINER, -surface.FINER)
    np.testing.assert_allclose(fine.loss[inner, inner], expected[inner, inner], atol=1e-12)
    np.testing.assert_allclose(fine.loss[:: surface.FINER, :: surface.FINER], drawable(known.loss))


def leaving(rate: float, epochs: int = 30, sides: Any = (0.0, 4.1, -0.3, 2.4)) -> Any:
    """A descent that leaves the rectangle that was recorded of it."""
    return descent(rate, epochs, sides, status="diverged")


def loss_of(record: Any, weights: Any) -> float:
    x, y = (record.plots[f"train_{name}"][:, 0] for name in "xy")
    return float(((weights[0] * x**2 + weights[1] - y) ** 2).sum() / 2)


def test_a_path_that_leaves_soon_gets_a_wider_landscape_around_the_minimum() -> None:
    record = leaving(0.02)
    there, solution = surface.surface(record.plots), record.plots["landscape_solution"]
    (x0, x1), (y0, y1) = there.sides
    np.testing.assert_allclose([(x0 + x1) / 2, (y0 + y1) / 2], solution)
    assert there.holds(record.plots["path"][:7]).all()
    for row, column in [(0, 0), (48, 72), (20, 30), (7, 61)]:
        expected = loss_of(record, (there.x[column], there.y[row]))
        assert there.loss[row, column] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("rate", [0.001, 0.0176])
def test_a_path_that_stays_keeps_its_landscape(rate: float) -> None:
    record = descent(rate, 800, (-2.4, 7.2, -0.8, 5.6))
    np.testing.assert_array_equal(surface.surface(record.plots).x, record.plots["landscape_x"])


def test_what_is_no_parabola_is_not_continued() -> None:
    record = leaving(0.02)
    arrays = dict(record.plots)
    arrays["landscape_loss"] = np.sqrt(arrays["landscape_loss"])
    np.testing.assert_array_equal(surface.surface(arrays).loss, arrays["landscape_loss"])


@pytest.mark.parametrize("rate", [0.0178, 0.02, 0.05, 3.0, 1e30])
def test_start_minimum_and_the_way_out_are_in_sight_however_fast_a_run_diverges(rate: float) -> None:
    record = leaving(rate, 800 if rate < 0.02 else 30 if rate < 1 else 4)
    there = surface.surface(record.plots)
    assert {"start", "solution", "truth"} <= picture.places(record, there).keys()
    taken = picture.route(record, there)
    assert taken.leaves is not None
    assert not there.holds(record.plots["path"][taken.leaves :]).any()
    figure = plots.draw(record, "landscape")
    FigureCanvasAgg(figure).draw()
    axes = figure.axes[0]
    assert f"leaves at epoch {taken.leaves}" in [text.get_text() for text in axes.texts]
    end = axes.lines[0].get_xydata()[-1]
    shares = axes.transAxes.inverted().transform(axes.transData.transform(end))
    assert min(*np.abs(shares), *np.abs(1 - shares)) == pytest.approx(0, abs=1e-6)


def test_the_way_out_is_said_in_the_pictures_language() -> None:
    figure = plots.draw(leaving(0.05), "landscape", language="zh")
    said = {text.get_text() for text in figure.axes[0].texts}
    assert said & {"第 2 轮离开画面", "leaves at epoch 2"}


def test_a_path_whose_next_step_is_not_finite_has_no_arrow() -> None:
    record = leaving(0.02, 3)
    arrays = dict(record.plots) | {"path": np.array([[1.0, 0.0], [np.nan, np.inf]])}
    changed = type(record)(record.directory, record.metrics, record.summary, arrays)
    figure = plots.draw(changed, "landscape")
    FigureCanvasAgg(figure).draw()
    assert not figure.axes[0].texts


def test_a_crowded_path_is_clear_at_first_and_faint_later() -> None:
    axes = plots.draw(RECORDS["descent_zigzag"](), "landscape").axes[0]
    whole, clear = axes.lines[:2]
    assert len(clear.get_xydata()) < len(whole.get_xydata()) == 301
    assert whole.get_alpha() == picture.FAINT
    assert clear.get_color() == LIGHT.model


@pytest.mark.parametrize(
    ("loss", "optim", "marked", "noted"),
    [
        ("half_sse", {}, True, False),
        ("mse", {"weight_decay": 0.0}, True, False),
        ("mae", {}, False, False),
        ("mse", {"weight_decay": 0.1}, False, True),
        ("mse", {"options": {"weight_decay": 0.1}}, False, True),
    ],
)
def test_least_squares_are_marked_where_they_are_what_descent_looks_for(
    loss: str, optim: dict[str, Any], marked: bool, noted: bool
) -> None:
    record = descent(0.005, 30, (0.0, 4.0, -1.0, 3.0), loss=loss, training={"optim": optim})
    figure = plots.draw(record, "landscape")
    assert ("least squares" in [text.get_text() for text in figure.legends[0].get_texts()]) == marked
    told = " ".join(text.get_text() for text in figure.texts)
    assert ("the loss without the penalty of weight_decay" in told) == noted


def test_the_end_of_a_descent_with_weight_decay_is_in_sight() -> None:
    given = spec("power", optim=choice("optim", "sgd", lr=0.1, weight_decay=0.5), epochs=100)
    _, (arrays,) = portrait_of(given)
    for name, weight in zip(("landscape_x", "landscape_y"), arrays["path"][-1], strict=True):
        assert arrays[name][0] < weight < arrays[name][-1]
