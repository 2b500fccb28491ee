"""The picture of a comparison: what is drawn of which runs, where it stands, and what it survives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from conftest import sampled
from nnrun.errors import BadInput
from nnrun.plots.axis import axis
from nnrun.plots.compared import Compared, Curve, Unit, quantile, some
from nnrun.plots.comparison import draw_comparison
from nnrun.plots.hues import looks_of
from nnrun.plots.race import race
from nnrun.plots.regions import hues_of
from nnrun.plots.saving import dots
from nnrun.plots.style import styled
from nnrun.plots.theme import LIGHT, THEMES, Theme
from nnrun.words import LANGUAGES, words
from picture_records import NASTY, RECORDS, curve_plots, descent, falling

PARABOLA = {"name": "quadratic", "description": "y = x^2 + U[0, 0.2)"}


def unit(name: str, losses: Any = None, status: str = "completed", **changes: Any) -> Unit:
    """A run of made-up losses and a fit that misses the truth a little."""
    losses = falling() if losses is None else np.asarray(losses, dtype=float)
    curve = Curve(np.arange(1.0, len(losses) + 1), losses, status == "diverged")
    arrays = curve_plots(prediction=lambda x: x**2 + 0.1 + 0.01 * len(name))
    given = {"curves": (curve,) if len(losses) else (), "arrays": arrays, "measure": "mse on quadratic"}
    return Unit(name, status=status, outcome=0.01, **(given | changes))


def compared(*units: Unit, **changes: Any) -> Compared:
    given = {"keys": ("optim.lr",), "differing": 1, "runs": len(units), "column": "train/loss"}
    return Compared(units, **(given | changes))


def recorded(name: str) -> Compared:
    """A record of the other pictures beside itself."""
    record = RECORDS[name]()
    losses, epochs = record.metrics["train/loss"], record.metrics["epoch"]
    curves = (Curve(epochs, losses, record.summary["status"] == "diverged"),) if len(epochs) else ()
    units = [
        Unit(each, curves, record.summary["status"], 0.1, "mse on quadratic", record.plots) for each in "ab"
    ]
    return compared(*units, floor=record.summary["reference"].get("truth"), dataset=PARABOLA)


def seeds(name: str, count: int, level: float = 1.0) -> Unit:
    """A unit of several runs."""
    rows = [level * falling() * (1 + 0.1 * seed) for seed in range(count)]
    curves = tuple(Curve(np.arange(1.0, 101), row) for row in rows)
    return replace(unit(name), curves=curves)


def six_kinds() -> Compared:
    one, two = descent(0.001, 100, (-0.3, 4.4, -0.4, 2.7)), descent(0.005, 100, (-0.3, 4.4, -0.4, 2.7))
    units = [
        unit(f"lr={rate}", record.metrics["train/loss"], arrays=record.plots, weights=("weight", "bias"))
        for rate, record in ((0.001, one), (0.005, two))
    ]
    return compared(*units)


def plane(name: str, classes: tuple[str, ...] = ("0", "1"), **changes: Any) -> Unit:
    """A run whose classes part the plane along a line, or three."""
    random = np.random.default_rng(len(name))
    sides = np.linspace(-1, 1, 21)
    level = sides[None, :, None] * np.linspace(-1, 1, len(classes)) + 0.2 * sides[:, None, None]
    probability = np.exp(3 * level) / np.exp(3 * level).sum(axis=2, keepdims=True)
    arrays = {
        "region_across": sides,
        "region_along": sides,
        "region_probability": probability.astype(np.float16),
        "train_x": random.uniform(-1, 1, (40, 2)),
        "train_class": np.arange(40) % len(classes),
        "confusion": np.eye(len(classes), dtype=np.int64),
    }
    return unit(name, arrays=arrays, classes=classes, measure=f"cross_entropy on {name}", **changes)


def confused(name: str, classes: tuple[str, ...]) -> Unit:
    counts = np.arange(len(classes) ** 2).reshape(len(classes), -1)
    return unit(name, arrays={"confusion": counts}, classes=classes)


CASES: Mapping[str, Callable[[], Compared]] = {
    "one": lambda: compared(unit("alone"), keys=()),
    "two": lambda: compared(unit("lr=0.1"), unit("lr=0.5", 0.3 * falling()), floor=0.0037),
    "the same": lambda: compared(unit("engine=manual"), unit("engine=autograd")),
    "six": lambda: compared(*(unit(f"lr={k}", falling() * k) for k in range(1, 7))),
    "diverged": lambda: compared(unit("lr=0.1"), unit("lr=10", 10.0 ** np.arange(0, 60, 5), "diverged")),
    "all diverged": lambda: compared(*(unit(n, [1.0, 1e9, np.inf], "diverged") for n in ("a", "b"))),
    "seeds": lambda: compared(seeds("lr=0.1", 5), seeds("lr=0.5", 5, 0.2), runs=10),
    "many seeds": lambda: compared(seeds("lr=0.1", 40), seeds("lr=0.5", 40, 0.2), runs=80),
    "twelve": lambda: compared(
        *(unit(f"lr={k}", falling() / k) for k in range(1, 13)),
        axis=axis("optim.lr", [str(k) for k in range(1, 13)]),
    ),
    "two hundred": lambda: compared(
        *(unit(f"lr={k}", falling() / k) for k in range(1, 201)),
        axis=axis("optim.lr", [str(k) for k in range(1, 201)]),
    ),
    "paths": six_kinds,
    "other data": lambda: compared(
        unit("noise=0.1"), unit("noise=1", arrays=curve_plots(30)), same_data=False
    ),
    "three data sets": lambda: compared(
        plane("moons"), plane("circles", ("inner", "outer", "far")), unit("quadratic"), same_data=False
    ),
    "classes": lambda: compared(*(confused(n, ("setosa", "versicolor", "virginica")) for n in "ab")),
    "many classes": lambda: compared(*(confused(n, tuple(map(str, range(40)))) for n in "ab")),
    "other parameters": lambda: compared(
        unit("a=3", errors={"weight": 0.1, "bias": -0.1}),
        unit("a=1", arrays=curve_plots(30), errors={"weight": -0.1, "bias": 0.2}),
        same_data=False,
    ),
    "other losses": lambda: compared(unit("loss=mse"), unit("loss=mae", measure="mae on quadratic")),
    "errors": lambda: compared(
        *(unit(n, arrays={}, errors={f"weight[{k}]": 0.01 * k for k in range(4)}) for n in "ab")
    ),
    "no epochs": lambda: compared(unit("a", []), unit("b", [])),
    "nothing": lambda: compared(unit("a", [], arrays={}), unit("b", [], arrays={}), same_data=False),
    "one epoch": lambda: compared(unit("a", [0.1]), unit("b", [0.2])),
    "no numbers": lambda: compared(unit("a", [np.nan, np.nan]), unit("b", [np.nan, 1e308])),
    "zeros": lambda: compared(unit("a", np.zeros(9)), unit("b", np.zeros(9))),
    "negative": lambda: compared(unit("a", -falling()), unit("b", falling())),
    "strange": lambda: compared(unit(NASTY), unit(NASTY * 3), keys=(NASTY,), dataset={"name": NASTY}),
    **{f"record {name}": lambda name=name: recorded(name) for name in RECORDS},  # type: ignore[misc]
}


@pytest.mark.parametrize("name", sampled(CASES))
def test_whatever_was_recorded_is_drawn(name: str) -> None:
    figure = draw_comparison(CASES[name]())
    picture = dots(figure)
    assert (picture != picture[0, 0]).any()
    assert all(np.isfinite([*axes.get_xlim(), *axes.get_ylim()]).all() for axes in figure.axes)


def boxes(figure: Figure, theme: Theme) -> list[Any]:
    """What takes space: panels with their labels, the legend, the lines of the header; in dots."""
    with styled(theme):
        renderer: Any = FigureCanvasAgg(figure).get_renderer()
        figure.draw(renderer)
        panels = [axes.get_tightbbox(renderer) for axes in figure.axes if axes.get_visible()]
        return [*panels, *(each.get_window_extent(renderer) for each in [*figure.legends, *figure.texts])]


CROWDED = (
    *("two", "seeds", "twelve", "other data", "other losses", "errors"),
    *("three data sets", "classes", "other parameters"),
)


@pytest.mark.parametrize(
    ("name", "theme"),
    [*((name, "light") for name in CROWDED), *((n, t) for n in ("six", "paths", "strange") for t in THEMES)],
)
def test_nothing_covers_anything_else_and_all_is_on_the_page(name: str, theme: str) -> None:
    figure = draw_comparison(CASES[name](), theme=THEMES[theme])
    found, page = boxes(figure, THEMES[theme]), figure.bbox
    for place, box in enumerate(found):
        assert box.x0 >= page.x0 - 1
        assert box.x1 <= page.x1 + 1
        assert box.y0 >= page.y0 - 1
        for other in found[:place]:
            width = min(box.x1, other.x1) - max(box.x0, other.x0)
            height = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert min(width, height) <= 2, (name, theme, box, other)


def test_a_diverged_run_does_not_stretch_the_axis() -> None:
    low, high = draw_comparison(CASES["diverged"]()).axes[0].get_ylim()
    assert low > 1e-4
    assert high < 10


def test_a_loss_over_decades_has_a_logarithmic_axis_and_a_negative_one_has_not() -> None:
    assert draw_comparison(CASES["two"]()).axes[0].get_yscale() == "log"
    assert draw_comparison(CASES["negative"]()).axes[0].get_yscale() == "linear"


def test_a_line_on_another_one_is_dashed_so_that_both_are_seen() -> None:
    found = CASES["the same"]()
    looks = looks_of(found.units, None, LIGHT)
    assert [look.dashed for look in looks.values()] == [False, True]
    assert not any(look.dashed for look in looks_of(CASES["two"]().units, None, LIGHT).values())


def test_of_lines_on_one_another_each_is_seen_between_the_others() -> None:
    units = [unit(name) for name in ("a", "b", "c", "d")]
    period = np.arange(4) + 0.5
    seen = dict.fromkeys(period, "")
    for name, look in looks_of(units, None, LIGHT).items():
        dash = look.line["ls"]
        covered = period if dash == "-" else period[period < dash[1][0] / 2.4]
        assert dash == "-" or sum(dash[1]) == pytest.approx(4 * 2.4)
        seen |= dict.fromkeys(covered, name)
    assert sorted(seen.values()) == ["a", "b", "c", "d"]


def legend_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_up_to_twelve_values_are_all_named_and_of_more_it_is_said_how_many() -> None:
    names = legend_of(draw_comparison(CASES["twelve"]()))
    assert {f"lr={k}: 0.0100" for k in range(1, 13)} <= set(names)
    figure = draw_comparison(CASES["two hundred"]())
    assert len([name for name in legend_of(figure) if name.startswith("lr=")]) == 7
    assert any("7 of 200 are named" in text.get_text() for text in figure.texts)


def test_parameters_do_not_take_the_place_of_fits_on_different_data() -> None:
    figure = draw_comparison(CASES["other parameters"]())
    assert [axes.get_ylabel() for axes in figure.axes] == ["training loss", "learned − true", "y", ""]
    assert [axes.get_title(loc="left") for axes in figure.axes[2:]] == ["a=3", "a=1"]


def test_every_data_set_has_a_panel_with_its_name_and_planes_have_their_regions() -> None:
    figure = draw_comparison(CASES["three data sets"]())
    own = figure.axes[3:]
    assert [axes.get_title(loc="left") for axes in own] == ["moons", "circles", "quadratic"]
    assert [len(axes.images) for axes in own] == [1, 1, 0]
    assert [sum(len(line.get_xdata()) for line in axes.lines) for axes in own[:2]] == [40, 40]
    assert {"0 / inner", "1 / outer", "far", "data", "truth"} <= set(legend_of(figure))
    assert "class 0" in legend_of(draw_comparison(compared(plane("moons"), plane("xor"))))


def test_regions_of_other_shapes_than_their_sides_are_no_plane() -> None:
    arrays = dict(plane("moons").arrays)
    assert unit("a", arrays=arrays).kind == "regions"
    assert unit("a", arrays=arrays | {"region_along": np.zeros(3)}).kind == "classes"
    assert unit("a", arrays=arrays | {"train_x": np.zeros((40, 3))}).kind == "classes"


def test_where_many_on_different_data_have_no_panels_it_is_said() -> None:
    names = [f"d{k}" for k in range(8)]
    found = compared(*map(plane, names), axis=axis("dataset", names), same_data=False)
    texts = [text.get_text() for text in draw_comparison(found).texts]
    assert any("fits are shown of up to six, or over common data" in text for text in texts)


def test_regions_have_other_colours_than_the_runs() -> None:
    found = compared(plane("lr=0.1"), plane("lr=0.5"))
    own = {look.colour for look in looks_of(found.units, None, LIGHT).values()}
    points = {line.get_color() for line in draw_comparison(found).axes[-1].lines}
    assert len(points) == 2
    assert not own & points


def test_a_confusion_has_the_names_of_its_classes_and_its_counts() -> None:
    axes = draw_comparison(CASES["classes"]()).axes[-1]
    assert axes.yaxis.get_major_formatter().seq == ["setosa", "versicolor", "virginica"]
    assert [text.get_text() for text in axes.texts] == [str(count) for count in range(1, 9)]
    assert not draw_comparison(CASES["many classes"]()).axes[-1].texts


def test_axes_have_the_names_that_the_data_has() -> None:
    found = compared(*(unit(name, inputs=("hours",), output="points") for name in "ab"))
    axes = draw_comparison(found).axes[1]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("hours", "points")


def test_one_to_six_have_a_colour_each_in_every_theme() -> None:
    for theme in THEMES.values():
        looks = looks_of(CASES["six"]().units, None, theme)
        assert len({look.colour for look in looks.values()}) == 6
        assert theme.background not in {look.colour for look in looks.values()}


def test_many_are_coloured_by_their_place_on_the_axis() -> None:
    found = CASES["twelve"]()
    looks = looks_of(found.units, found.axis, LIGHT)
    assert len({look.colour for look in looks.values()}) == 12


def test_many_seeds_are_a_band_and_few_are_lines() -> None:
    few, many = (draw_comparison(CASES[name]()).axes[0] for name in ("seeds", "many seeds"))
    assert len(few.lines) == 2 * (5 + 1)
    assert not few.collections
    assert len(many.lines) == 2
    assert len(many.collections) == 2


def test_two_hundred_are_one_band_with_some_lines_in_it() -> None:
    axes = draw_comparison(CASES["two hundred"]()).axes[0]
    assert len(axes.collections) == 1
    assert len(axes.lines) <= 10


def test_the_median_of_seeds_is_that_of_numpy_and_lost_runs_count_as_worst() -> None:
    table = np.array([[3.0, 1.0], [1.0, 2.0], [2.0, np.nan]])
    assert quantile(table, 0.5).tolist() == [2.0, 2.0]
    assert quantile(table[:2], 0.5).tolist() == np.median(table[:2], axis=0).tolist()
    lost = Unit(
        "a", (Curve(np.array([1.0]), np.array([1.0]), True), *seeds("b", 2).curves), "completed", 0, ""
    )
    assert lost.table[0, 5] == np.inf


def test_a_run_that_stopped_early_keeps_its_last_loss() -> None:
    stopped = Curve(np.array([1.0, 2.0]), np.array([0.5, 0.25]))
    assert stopped.at(np.array([1.0, 2.0, 3.0])).tolist() == [0.5, 0.25, 0.25]


def test_some_are_taken_evenly_with_both_ends() -> None:
    units = [unit(str(k)) for k in range(20)]
    assert [each.name for each in some(units, 4)] == ["0", "6", "13", "19"]
    assert some(units, 99) == units


def test_common_data_are_one_panel_and_other_data_one_each() -> None:
    assert len(draw_comparison(CASES["two"]()).axes) == 2
    assert len(draw_comparison(CASES["other data"]()).axes) == 3


def test_models_of_two_weights_share_one_landscape() -> None:
    figure = draw_comparison(CASES["paths"]())
    assert [axes.get_xlabel() for axes in figure.axes] == ["epoch", "x", "weight"]


def test_losses_of_other_things_have_panels_of_their_own() -> None:
    figure = draw_comparison(CASES["other losses"]())
    assert [axes.get_title(loc="left") for axes in figure.axes[:2]] == [
        "mse on quadratic",
        "mae on quadratic",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_every_language(language: str) -> None:
    figure = draw_comparison(CASES["two"](), language=language)
    labels = {axes.get_xlabel() for axes in figure.axes}
    assert {words(language)["plot.epoch"]} <= labels or language != "en"


def moving(name: str, level: float) -> Unit:
    record = RECORDS["animated"]()
    arrays = dict(record.plots)
    kept = {key: values[::10] for key, values in arrays.items() if key.startswith("snapshot_")}
    arrays |= kept | {"snapshot_grid": arrays["snapshot_grid"]}
    arrays["snapshot_predictions"] = (level * arrays["snapshot_predictions"].astype(float)).astype(np.float16)
    return unit(name, arrays=arrays)


def test_an_animation_has_a_frame_for_each_moment_and_keeps_the_hues(tmp_path: Path) -> None:
    found = compared(moving("lr=0.1", 0.5), moving("lr=0.5", 1.0))
    race(found, tmp_path / "race.gif")
    with Image.open(tmp_path / "race.gif") as image:
        assert image.n_frames == 3  # type: ignore[attr-defined]
        image.seek(2)
        colours = {tuple(colour) for colour in np.asarray(image.convert("RGB")).reshape(-1, 3).tolist()}
    for look in looks_of(found.units, None, LIGHT).values():
        wanted = tuple(int(look.colour[place : place + 2], 16) for place in (1, 3, 5))
        assert wanted in colours


def test_an_animation_is_the_same_file_again(tmp_path: Path) -> None:
    found = compared(moving("a", 0.5), moving("b", 1.0))
    for name in ("one.gif", "two.gif"):
        race(found, tmp_path / name)
    assert (tmp_path / "one.gif").read_bytes() == (tmp_path / "two.gif").read_bytes()


def test_regions_move_beside_a_fit(tmp_path: Path) -> None:
    still = plane("a", ("cold", "warm"))
    end = np.round(255 * still.arrays["region_probability"].astype(float)).astype(np.uint8)
    moments = {
        "snapshot_epochs": np.array([0, 10]),
        "snapshot_losses": np.array([1.0, 0.25]),
        "snapshot_regions": np.stack([end[:, ::-1], end]),
    }
    found = compared(replace(still, arrays={**still.arrays, **moments}), moving("b", 1.0))
    race(found, tmp_path / "race.gif")
    hues = [(1 + np.array(to_rgb(hue))) / 2 for hue in hues_of(2, LIGHT, taken=2)]
    with Image.open(tmp_path / "race.gif") as image:
        shown = []
        for frame in (0, image.n_frames - 1):  # type: ignore[attr-defined]
            image.seek(frame)
            pixels = np.asarray(image.convert("RGB")) / 255
            high, wide = pixels.shape[:2]
            # Strips near the left and the right end of the first of two panels.
            strips = (pixels[high // 3 : high // 2, int(place * wide)] for place in (0.14, 0.44))
            shown.append([strip.mean(axis=0) for strip in strips])
    for ends, order in zip(shown, (hues[::-1], hues), strict=True):
        for colour, own, other in zip(ends, order, order[::-1], strict=True):
            assert np.abs(colour - own).sum() < np.abs(colour - other).sum()


def test_what_does_not_move_or_is_too_many_cannot_be_animated(tmp_path: Path) -> None:
    for found in (CASES["two"](), compared(plane("a")), compared(confused("a", ("x", "y")))):
        with pytest.raises(BadInput, match="only fits over one input, and classes in the plane"):
            race(found, tmp_path / "race.gif")
    with pytest.raises(BadInput, match="7 do not fit side by side; name 6 at most"):
        race(compared(*(moving(str(k), 1.0) for k in range(7))), tmp_path / "race.gif")
    assert not list(tmp_path.iterdir())
