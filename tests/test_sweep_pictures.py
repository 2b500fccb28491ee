"""The pictures of a sweep, drawn from what it left on disk: what they show, the same again each time."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from matplotlib.figure import Figure
from matplotlib.text import Text

from conftest import Command
from nnrun.errors import Refused
from nnrun.plots import save
from nnrun.plots.fits import draw_fits
from nnrun.plots.lottery import camps
from nnrun.plots.marking import TOP
from nnrun.plots.selection import select
from nnrun.plots.study import studies
from nnrun.plots.sweep import draw_sweep
from nnrun.sweep.answer import Sweep, SweptJob, answer


def recorded(directory: Path, rows: Sequence[tuple[Mapping[str, str], float]], **changes: Any) -> Path:
    """A sweep of these values and objectives, with the run directories that its answer is read from."""
    jobs = []
    for number, (values, objective) in enumerate(rows):
        run = directory / str(number)
        run.mkdir()
        good = math.isfinite(objective)
        summary = {
            "status": "completed" if good else "diverged",
            "dataset": {"name": values.get("dataset", "quadratic")},
            "loss": "mse",
            "objective": {
                "name": "train/loss",
                "value": objective if good else None,
                "greater_is_better": False,
            },
            "final": {"train/loss": objective if good else None},
            "reference": {"truth": 0.01, "constant": 0.5},
            "seconds": 0.1,
        } | changes
        (run / "summary.json").write_text(json.dumps(summary), "utf-8")
        grid = np.linspace(-1, 1, 20)[:, None]
        lines = {"grid": grid, "grid_prediction": grid * number, "grid_truth": grid}
        np.savez(run / "plots.npz", train_x=grid, train_y=grid, train_prediction=grid, **lines)
        jobs.append(SweptJob(number, values, run))
    keys = tuple(dict.fromkeys(key for values, _ in rows for key in values))
    answer(Sweep(directory, "nnrun -m ...", (), keys, jobs, 1.0))
    return directory


def crossed(axes: Mapping[str, Sequence[str]], objective: Any) -> list[tuple[dict[str, str], float]]:
    rows: list[dict[str, str]] = [{}]
    for key, values in axes.items():
        rows = [row | {key: value} for row in rows for value in values]
    return [(row, float(objective(row))) for row in rows]


def texts(figure: Figure) -> str:
    return "\n".join(found.get_text() for found in figure.findobj(Text))


def panels(figure: Figure) -> list[Any]:
    return [axes for axes in figure.axes if axes.get_visible()]


LR = {"optim.lr": ("0.01", "0.1", "1"), "seed": ("0", "1", "2")}


def by_lr(row: Mapping[str, str]) -> float:
    """Diverges at 1."""
    return math.nan if row["optim.lr"] == "1" else float(row["optim.lr"]) * (1 + int(row["seed"]))


def test_a_real_sweep_has_its_pictures(nnrun: Command, place: Path) -> None:
    assert nnrun("-m", "optim.lr=0.1,0.3", "seed=0,1", "epochs=2", "plots.save=false").status == 0
    (directory,) = (path for path in (place / "outputs").glob("*/*_sweep") if not path.parent.is_symlink())
    jobs = []
    for number in range(4):
        run = directory / str(number)
        lines = yaml.safe_load((run / ".hydra" / "overrides.yaml").read_text("utf-8"))
        jobs.append(SweptJob(number, dict(line.split("=", 1) for line in lines), run))
    answer(Sweep(directory, "nnrun -m ...", (), ("optim.lr", "seed"), jobs, 1.0))
    assert "optim.lr" in texts(draw_sweep(directory))
    figure = draw_fits(directory)
    assert figure is not None
    assert len(panels(figure)) == 4


def test_one_axis_is_a_line_of_medians_and_every_run_a_point(place: Path) -> None:
    figure = draw_sweep(recorded(place, crossed(LR, by_lr)))
    (axes,) = panels(figure)
    assert axes.get_xscale() == "log"
    (median,) = (line for line in axes.lines if len(line.get_xdata()) == 3 and line.get_linestyle() == "-")
    assert median.get_ydata()[:2] == pytest.approx([0.02, 0.2])
    assert math.isnan(median.get_ydata()[2])
    dots = [line for line in axes.lines if line.get_linestyle() == "None" and line.get_marker() == "o"]
    shown = np.concatenate([line.get_ydata() for line in dots])
    assert set(np.round(shown[np.isfinite(shown)], 6)) >= {0.01, 0.02, 0.03, 0.1, 0.2, 0.3}


def test_diverged_runs_are_marked_at_the_top_and_stretch_no_axis(place: Path) -> None:
    figure = draw_sweep(recorded(place, crossed(LR, by_lr)))
    (axes,) = panels(figure)
    (lost,) = (line for line in axes.lines if line.get_marker() == "^")
    assert list(lost.get_ydata()) == [TOP]
    assert list(lost.get_xdata()) == [1.0]
    assert any(text.get_text() == "3" for text in axes.texts)
    low, high = axes.get_ylim()
    assert low < 0.01
    assert 0.3 < high < 3
    place_of_highest = (math.log(0.5) - math.log(low)) / (math.log(high) - math.log(low))
    assert place_of_highest < TOP - 0.03


def test_two_axes_are_a_heat_map_with_the_best_setting_framed(place: Path) -> None:
    axes = {"model.hidden": ("5", "20x20"), "optim.lr": ("0.01", "0.1", "0.5"), "seed": ("0", "1")}
    rows = crossed(
        axes, lambda row: 0.5 / float(row["optim.lr"]) + int(row["seed"]) + len(row["model.hidden"])
    )
    figure = draw_sweep(recorded(place, rows))
    heat = panels(figure)[0]
    assert heat.get_xlabel() == "optim.lr"
    assert heat.get_ylabel() == "model.hidden"
    frames = [patch for patch in heat.patches if patch.get_linewidth() == 2.0]
    assert [frame.get_xy() for frame in frames] == [(1.5, -0.5)]
    assert "2.50" in [text.get_text() for text in heat.texts]


def test_a_third_axis_makes_small_multiples_and_a_fourth_one_panel_each(place: Path) -> None:
    three = {"model.activation": ("relu", "tanh"), "optim.lr": ("0.1", "0.5"), "epochs": ("1", "2", "3")}
    (place / "three").mkdir()
    figure = draw_sweep(recorded(place / "three", crossed(three, lambda row: float(row["optim.lr"]))))
    titles = [axes.get_title(loc="left") for axes in panels(figure)]
    assert titles[:2] == ["model.activation=relu", "model.activation=tanh"]
    (place / "four").mkdir()
    four = three | {"model.hidden": ("5", "10")}
    figure = draw_sweep(recorded(place / "four", crossed(four, lambda row: float(row["optim.lr"]))))
    assert [axes.get_xlabel() for axes in panels(figure)] == list(four)


def test_a_sparse_grid_is_drawn_over_each_of_its_axes(place: Path) -> None:
    rows = [({"optim.lr": str(0.1 * k), "epochs": str(k)}, float(k)) for k in range(1, 6)]
    figure = draw_sweep(recorded(place, rows))
    assert [axes.get_xlabel() for axes in panels(figure)] == ["optim.lr", "epochs"]


def test_datasets_have_panels_and_axes_of_their_own(place: Path) -> None:
    axes = {"dataset": ("quadratic", "linear"), "optim.lr": ("0.1", "0.5")}
    rows = crossed(axes, lambda row: float(row["optim.lr"]) * (1000 if row["dataset"] == "linear" else 1))
    found = panels(draw_sweep(recorded(place, rows)))
    assert [each.get_title(loc="left") for each in found] == ["dataset=quadratic", "dataset=linear"]
    assert found[0].get_ylim()[1] < 1
    assert found[1].get_ylim()[0] > 1


def test_the_marks_of_several_datasets_are_explained(place: Path) -> None:
    axes = {"dataset": ("quadratic", "linear"), "seed": ("0", "1", "2")}
    said = texts(draw_sweep(recorded(place, crossed(axes, lambda row: 1 + float(row["seed"])))))
    assert {"one run", "median over seeds", "middle half"} <= set(said.splitlines())


def test_a_line_through_single_runs_looks_in_the_legend_as_it_does_in_the_panel(place: Path) -> None:
    rows = [({"optim.lr": lr}, float(lr)) for lr in ("0.1", "0.2", "0.3")]
    figure = draw_sweep(recorded(place, rows))
    handle = figure.legends[0].legend_handles[0]
    drawn = [line for line in panels(figure)[0].lines if line.get_linestyle() != "None"]
    assert handle is not None
    assert getattr(handle, "get_color")() in {line.get_color() for line in drawn}  # noqa: B009


def test_a_panel_above_one_of_another_kind_has_the_numbers_of_its_axis(place: Path) -> None:
    axes = {"dataset": ("linear", "moons"), "seed": ("0", "1")}
    recorded(place, crossed(axes, lambda row: 0.1))
    for number in (2, 3):
        np.savez(place / str(number) / "plots.npz", confusion=np.eye(2))
    figure = draw_fits(place)
    assert figure is not None
    upper = panels(figure)[0]
    assert upper.get_xlabel() == "x"
    assert [text for text in upper.xaxis.get_major_formatter().seq if text]


def test_runs_of_different_datasets_are_not_said_to_differ_in_their_seed(place: Path) -> None:
    rows = [({"dataset": name}, 0.1) for name in ("quadratic", "ten_points", "linear", "random_mnist")]
    said = texts(draw_sweep(recorded(place, rows)))
    assert "final train/loss by dataset" in said
    assert "seed" not in said


@pytest.mark.parametrize(
    ("statuses", "note"),
    [
        (("diverged", "diverged"), "2 diverged"),
        (("failed", "failed"), "2 failed"),
        (("diverged", "failed"), "2 diverged or failed"),
    ],
)
def test_lost_runs_are_called_what_they_are(place: Path, statuses: Sequence[str], note: str) -> None:
    recorded(place, [({"optim.lr": lr}, 0.1 if lr == "0.1" else math.nan) for lr in ("0.1", "1", "2")])
    path = place / "results.csv"
    header, good, *lost = path.read_text("utf-8").splitlines()
    lost = [line.replace("diverged", status) for line, status in zip(lost, statuses, strict=True)]
    path.write_text("\n".join([header, good, *lost, ""]), "utf-8")
    said = texts(draw_sweep(place))
    assert any(note in line.split(" · ") for line in said.splitlines())
    assert note.removeprefix("2 ") in said.splitlines()


def test_a_median_is_named_only_where_there_are_several_runs(place: Path) -> None:
    for name, seeds in (("one", ("0",)), ("two", ("0", "1"))):
        (place / name).mkdir()
        axes = {"optim.lr": ("0.1", "0.2", "0.3"), "seed": seeds}
        rows = crossed(axes, lambda row: float(row["optim.lr"]))
        said = texts(draw_sweep(recorded(place / name, rows)))
        assert ("median" in said) == (name == "two")
        assert ("best: 0.100 at lr=0.1" in said) == (name == "one")


def test_a_run_asked_for_twice_is_shown_once(place: Path) -> None:
    recorded(place, [({"seed": seed}, 0.1) for seed in "0012"])
    (study,) = studies(place)
    assert [point.job for point in study.points] == [0, 2, 3]


def test_bare_values_over_the_fits_are_explained_in_their_order(place: Path) -> None:
    axes = {"model.activation": ("leaky_relu", "sigmoid"), "model.hidden": ("20x20x20", "5", "6", "7", "8")}
    recorded(place, crossed(axes | {"optim.lr": ("0.0125", "0.1")}, lambda row: float(row["optim.lr"])))
    figure = draw_fits(place)
    assert figure is not None
    assert "leaky_relu 20x20x20 0.0125" in [axes.get_title(loc="left") for axes in panels(figure)]
    assert "each: activation, hidden, lr" in texts(figure)


def test_the_fits_of_some_runs_say_how_many_they_are(place: Path) -> None:
    axes = {"optim.lr": tuple(f"0.{k}" for k in range(1, 10)), "optim.momentum": ("0", "0.3", "0.6", "0.9")}
    recorded(place, crossed(axes, lambda row: float(row["optim.lr"]) + float(row["optim.momentum"])))
    summary = json.loads((place / "summary.json").read_text("utf-8"))
    summary["command"] = "nnrun -m" + " optim.lr=0.1" * 20
    (place / "summary.json").write_text(json.dumps(summary), "utf-8")
    figure = draw_fits(place)
    assert figure is not None
    assert "each: lr, momentum · 25 of 36 runs, from best to worst" in texts(figure)


def test_panels_are_wide_enough_for_what_tells_them_apart(place: Path) -> None:
    axes = {"schedule": ("constant", "cosine"), "loss": ("mse", "mae"), "optim.lr": ("0.1", "0.25")}
    recorded(place, crossed(axes | {"seed": ("0", "1")}, lambda row: 0.0123 + float(row["optim.lr"])))
    figure = draw_fits(place)
    assert figure is not None
    assert not [axes for axes in panels(figure) if "…" in axes.get_title(loc="left")]


def test_seeds_alone_fall_into_those_that_learned_and_those_that_are_stuck(place: Path) -> None:
    rows = [({"seed": str(seed)}, 0.1 if seed % 4 == 0 else 0.01 + 0.0001 * seed) for seed in range(20)]
    recorded(place, rows)
    (study,) = studies(place)
    found = camps(study)
    assert found is not None
    assert (found.good, found.rest, found.first) == (15, 5, 0.1)
    assert "15 runs up to 0.0119, 5 from 0.100 on" in texts(draw_sweep(place))


def test_seeds_without_a_gap_are_one_camp(place: Path) -> None:
    recorded(place, [({"seed": str(seed)}, 0.01 * 1.2**seed) for seed in range(20)])
    (study,) = studies(place)
    assert camps(study) is None


ANY = {
    "one": [({"optim.lr": "0.1"}, 0.5)],
    "all diverged": [({"optim.lr": lr}, math.nan) for lr in ("5", "10", "20")],
    "seeds diverged": [({"seed": seed}, math.nan) for seed in "0123"],
    "grid diverged": [({"optim.lr": lr, "epochs": epochs}, math.nan) for lr in "12" for epochs in "34"],
    "negative": [({"model.activation": name}, -1.0) for name in ("relu", "tanh")],
    "zero": [({"optim.lr": lr}, 0.0) for lr in ("0.1", "0.2", "0.3")],
    "long": [({"name": "$x_1$ " * 20 + str(k)}, float(k)) for k in range(3)],
    "wide": [({"optim.lr": str(k)}, 1e-30 * 10**k) for k in range(1, 30)],
}


@pytest.mark.parametrize(("name", "language"), [*zip(ANY, itertools.cycle(["en", "zh"]))])
def test_any_sweep_can_be_drawn(place: Path, name: str, language: str) -> None:
    recorded(place, ANY[name])
    save(draw_sweep(place, language=language), place / "sweep.png", "png")
    figure = draw_fits(place, language=language)
    assert figure is not None
    save(figure, place / "fits.png", "png")


@pytest.mark.parametrize("file_format", ["png", "svg", "pdf"])
def test_the_same_sweep_is_the_same_bytes(place: Path, file_format: str) -> None:
    recorded(place, crossed(LR, by_lr))
    for draw in (draw_sweep, draw_fits):
        paths = [place / f"{count}.{file_format}" for count in range(2)]
        for path in paths:
            figure = draw(place)
            assert figure is not None
            save(figure, path, file_format)
        assert paths[0].read_bytes() == paths[1].read_bytes()


def test_fits_of_two_crossed_axes_are_rows_and_columns(place: Path) -> None:
    recorded(place, crossed(LR, by_lr))
    chosen = select(studies(place))
    assert (chosen.kind, chosen.columns, len(chosen.runs)) == ("every", 3, 9)
    figure = draw_fits(place)
    assert figure is not None
    left = [axes.get_title(loc="left") for axes in panels(figure)]
    right = [axes.get_title(loc="right") for axes in panels(figure)]
    assert left[:3] == ["lr=0.01 seed=0", "lr=0.01 seed=1", "lr=0.01 seed=2"]
    assert right == ["0.0100", "0.0200", "0.0300", "0.100", "0.200", "0.300", *["diverged"] * 3]


def test_a_tall_page_of_fits_gets_more_columns_where_they_come_out_even(place: Path) -> None:
    axes = {"optim.lr": ("0.1", "0.2", "0.3"), "seed": ("0", "1", "2", "3"), "model.hidden": ("5", "9")}
    recorded(place, crossed(axes, lambda row: float(row["optim.lr"]) + int(row["seed"])))
    assert select(studies(place)).columns == 4


def test_fits_of_classes_in_the_plane_show_their_regions(nnrun: Command, place: Path) -> None:
    nnrun("-m", "dataset=moons,quadratic", "epochs=2", "sweep.plots=none")
    figure = draw_fits(place / "outputs" / "latest")
    assert figure is not None
    plane, curve = panels(figure)
    assert [len(axes.images) for axes in (plane, curve)] == [1, 0]
    assert (plane.get_xlabel(), curve.get_xlabel()) == ("x1", "x")


def test_many_runs_are_shown_by_the_typical_one_of_each_setting(place: Path) -> None:
    axes = {"optim.lr": ("0.1", "0.2", "0.3"), "seed": tuple(map(str, range(11)))}
    recorded(place, crossed(axes, lambda row: float(row["optim.lr"]) + int(row["seed"])))
    chosen = select(studies(place))
    assert chosen.kind == "typical"
    assert [point.values["seed"] for _, point in chosen.runs] == ["5", "5", "5"]


def test_a_sample_of_many_runs_has_the_best_the_median_and_the_worst(place: Path) -> None:
    recorded(place, [({"seed": str(seed)}, 1 + float((7 * seed) % 51)) for seed in range(51)])
    chosen = select(studies(place))
    objectives = [point.objective for _, point in chosen.runs]
    assert chosen.kind == "sample"
    assert len(objectives) == 25
    assert objectives == sorted(objectives)
    assert (objectives[0], objectives[12], objectives[-1]) == (1, 26, 51)


def test_runs_without_plots_are_empty_panels_and_all_of_them_no_picture(place: Path) -> None:
    recorded(place, crossed(LR, by_lr))
    (place / "0" / "plots.npz").write_bytes(b"PK")
    figure = draw_fits(place)
    assert figure is not None
    for run in range(9):
        (place / str(run) / "plots.npz").unlink()
    assert draw_fits(place) is None


def test_fits_on_the_same_data_share_their_axes_and_others_do_not(place: Path) -> None:
    recorded(place, crossed(LR, by_lr))
    figure = draw_fits(place)
    assert figure is not None
    assert len({axes.get_ylim() for axes in panels(figure)}) == 1
    with np.load(place / "0" / "plots.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    np.savez(place / "0" / "plots.npz", **(arrays | {"train_y": arrays["train_y"] * 50}))
    figure = draw_fits(place)
    assert figure is not None
    assert len({axes.get_ylim() for axes in panels(figure)}) > 1


def test_classes_are_shown_as_confusion_matrices(place: Path) -> None:
    recorded(place, crossed(LR, by_lr))
    for run in range(9):
        np.savez(place / str(run) / "plots.npz", confusion=np.eye(3, dtype=np.int64) * 5)
    figure = draw_fits(place)
    assert figure is not None
    assert "true class" in texts(figure)
    assert all(axes.collections for axes in panels(figure))


def test_a_directory_that_is_no_sweep_is_refused(place: Path) -> None:
    with pytest.raises(Refused, match="cannot be read as a sweep"):
        draw_sweep(place)
