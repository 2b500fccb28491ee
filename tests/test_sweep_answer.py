"""The answer of a sweep: its tables, its ranking, its edges, and what the terminal shows of them."""

from __future__ import annotations

import csv
import io
import json
import math
import statistics
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from conftest import Command
from nnrun.arguments.vocabulary import shipped_vocabulary
from nnrun.commands.console import Console
from nnrun.commands.sweep_view import show
from nnrun.errors import EnvironmentFault
from nnrun.plots.axis import axis, shown
from nnrun.sweep.answer import NOT_STARTED, Problem, Result, Sweep, SweptJob, answer, judged
from nnrun.sweep.answer.edges import edges, edges_of_all, wider_command
from nnrun.sweep.answer.extension import wider
from nnrun.sweep.answer.ranking import rankings
from nnrun.words import LANGUAGES

QUADRATIC = Problem("quadratic", "mse", "train/loss")

Swept = Callable[..., Sweep]


@pytest.fixture
def swept(nnrun: Command, place: Path) -> Swept:
    """`swept(keys, *arguments)`: a sweep that has been run, as its launcher tells of it."""

    def run(keys: Sequence[str], *arguments: str) -> Sweep:
        base = ("epochs=3", "plots.save=false")
        finished = nnrun("-m", *arguments, *base)
        assert finished.status == 0, finished.err
        (directory,) = (
            path for path in (place / "outputs").glob("*/*_sweep") if not path.parent.is_symlink()
        )
        runs = sorted(
            (path for path in directory.iterdir() if path.name.isdigit()), key=lambda p: int(p.name)
        )
        jobs = [SweptJob(number, overrides(path), path) for number, path in enumerate(runs)]
        fixed = tuple(word for word in arguments if word.partition("=")[0] not in keys)
        command = " ".join(["nnrun", "-m", *arguments, *base])
        return Sweep(directory, command, (*fixed, *base), tuple(keys), jobs, 2.0)

    return run


def overrides(run: Path) -> dict[str, str]:
    lines = yaml.safe_load((run / ".hydra" / "overrides.yaml").read_text("utf-8"))
    return dict(line.split("=", 1) for line in lines)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def content(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def result(number: int, values: Mapping[str, str], objective: float, **changes: Any) -> Result:
    told: dict[str, Any] = {
        "overrides": values,
        "values": tuple(values.values()),
        "status": "completed" if math.isfinite(objective) else "diverged",
        "problem": QUADRATIC,
        "greater_is_better": False,
        "metrics": {},
        "best_epoch": 0,
        "seconds": 1.0,
        "directory": str(number),
    }
    return Result(number=number, objective=objective, **(told | changes))


def over_lr(values: Mapping[str, Sequence[float]]) -> list[Result]:
    """Results of some learning rates, each with the objectives of its seeds."""
    pairs = [(lr, seed, objective) for lr, found in values.items() for seed, objective in enumerate(found)]
    return [
        result(number, {"optim.lr": lr, "seed": str(seed)}, objective)
        for number, (lr, seed, objective) in enumerate(pairs)
    ]


def test_results_has_a_row_per_job_with_the_numbers_of_its_summary(swept: Swept) -> None:
    sweep = swept(("optim.lr", "seed"), "optim.lr=0.1,0.3", "seed=0,1")
    answer(sweep)
    rows = table(sweep.directory / "results.csv")
    assert [row["job"] for row in rows] == ["0", "1", "2", "3"]
    assert [(row["optim.lr"], row["seed"]) for row in rows] == [
        ("0.1", "0"),
        ("0.1", "1"),
        ("0.3", "0"),
        ("0.3", "1"),
    ]
    for row in rows:
        summary = content(sweep.directory / row["directory"] / "summary.json")
        assert row["status"] == "completed"
        assert float(row["objective"]) == summary["objective"]["value"]
        assert float(row["final/train/loss"]) == summary["final"]["train/loss"]
        assert float(row["final/test/r2"]) == summary["test"]["test/r2"]
        assert float(row["best/train/loss"]) == summary["best"]["value"]
        assert int(row["best_epoch"]) == summary["best"]["epoch"]


def test_curves_has_every_row_of_every_run(swept: Swept) -> None:
    sweep = swept(("optim.lr", "seed"), "optim.lr=0.1,0.3", "seed=0,1")
    answer(sweep)
    rows = table(sweep.directory / "curves.csv")
    assert len(rows) == 4 * 3
    for job in sweep.jobs:
        assert job.directory is not None
        own = [row for row in rows if row["job"] == str(job.number)]
        assert {(row["optim.lr"], row["seed"]) for row in own} == {
            (job.overrides["optim.lr"], job.overrides["seed"])
        }
        for row, expected in zip(own, table(job.directory / "metrics.csv"), strict=True):
            assert {name: row[name] for name in expected} == expected


def test_curves_of_runs_with_different_columns_have_the_union(swept: Swept) -> None:
    sweep = swept(("val_fraction",), "val_fraction=0,0.2")
    answer(sweep)
    rows = table(sweep.directory / "curves.csv")
    assert [row["val/loss"] != "" for row in rows] == [False] * 3 + [True] * 3
    for row, expected in zip(rows[3:], table(sweep.directory / "1" / "metrics.csv"), strict=True):
        assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize("torn", ["4,4,0.1", "4,4,0.1,0.5,0.6,0.7,0.00"])
def test_a_torn_last_line_is_left_out_of_curves(swept: Swept, torn: str) -> None:
    sweep = swept(("seed",), "seed=0,1")
    with (sweep.directory / "0" / "metrics.csv").open("a", encoding="utf-8") as file:
        file.write(torn)
    answer(sweep)
    assert [row["epoch"] for row in table(sweep.directory / "curves.csv")] == ["1", "2", "3"] * 2


def test_values_that_need_quotes_in_csv_come_back_whole(swept: Swept) -> None:
    sweep = swept(("seed",), "seed=0,1")
    jobs = [replace(job, overrides={"dataset.expression": "'x, \"x\"'"}) for job in sweep.jobs]
    sweep = replace(sweep, jobs=jobs, swept=("dataset.expression",))
    answer(sweep)
    assert {row["dataset.expression"] for row in table(sweep.directory / "curves.csv")} == {'x, "x"'}


def test_a_job_that_never_started_has_empty_cells(swept: Swept) -> None:
    sweep = swept(("seed",), "seed=0,1")
    jobs = [sweep.jobs[0], SweptJob(1, {"seed": "1"}, None)]
    told = answer(replace(sweep, jobs=jobs))
    row = table(sweep.directory / "results.csv")[1]
    assert row["status"] == NOT_STARTED
    assert not any(row[name] for name in row if name not in ("job", "status", "seed"))
    assert told.counts == {"completed": 1, NOT_STARTED: 1}
    assert told.rankings[0].settings[0].others == 1


def test_a_sweep_of_which_nothing_started_still_has_its_tables(place: Path) -> None:
    jobs = [SweptJob(number, {"optim.lr": str(number)}, None) for number in range(3)]
    told = answer(Sweep(place, "nnrun -m optim.lr=0,1,2", (), ("optim.lr",), jobs, 0.0))
    assert len(table(place / "results.csv")) == 3
    assert (place / "curves.csv").read_text("utf-8") == "job,optim.lr\n"
    assert content(place / "summary.json")["best"] is None
    show(told, Console(), "en")


def test_a_diverged_run_is_no_number_in_summary_json(swept: Swept) -> None:
    sweep = swept(("optim.lr",), "optim.lr=0.1,1e20")
    told = answer(sweep)
    assert told.counts == {"completed": 1, "diverged": 1}
    text = (sweep.directory / "summary.json").read_text("utf-8")
    assert "NaN" not in text
    assert "Infinity" not in text
    assert content(sweep.directory / "summary.json")["best"]["values"] == {"optim.lr": "0.1"}


def test_the_command_of_the_best_setting_trains_its_typical_run_again(swept: Swept, nnrun: Command) -> None:
    sweep = swept(("optim.lr", "seed"), "optim.lr=0.1,0.3", "seed=0,1,2")
    answer(sweep)
    typical = content(sweep.directory / "summary.json")["best"]["typical"]
    again = nnrun(*typical["command"].split()[1:])
    assert again.summary["objective"]["value"] == typical["objective"]


def test_the_best_setting_has_the_lowest_median_of_its_runs(swept: Swept) -> None:
    sweep = swept(("optim.lr", "seed"), "optim.lr=0.1,0.3", "seed=0,1,2")
    answer(sweep)
    groups: dict[str, list[float]] = {}
    for row in table(sweep.directory / "results.csv"):
        groups.setdefault(row["optim.lr"], []).append(float(row["objective"]))
    best = content(sweep.directory / "summary.json")["best"]
    medians = {lr: statistics.median(found) for lr, found in groups.items()}
    assert best["values"]["optim.lr"] == min(medians, key=lambda lr: medians[lr])
    assert best["median"] == min(medians.values())
    assert (best["lowest"], best["highest"]) == (min(groups["0.3"]), max(groups["0.3"]))


def test_datasets_are_ranked_apart_and_have_no_common_best(
    swept: Swept, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = swept(("dataset", "optim.lr"), "dataset=quadratic,linear", "optim.lr=0.01,0.1")
    told = answer(sweep)
    summary = content(sweep.directory / "summary.json")
    assert summary["best"] is None
    assert [problem["values"] for problem in summary["problems"]] == [
        {"dataset": "quadratic"},
        {"dataset": "linear"},
    ]
    assert all(problem["best"] is not None for problem in summary["problems"])
    capsys.readouterr()
    show(told, Console(), "en")
    text = capsys.readouterr().err
    assert "dataset=linear: final train/loss" in text
    assert "cannot be compared" in text


def shown_lines(sweep: Sweep, capsys: pytest.CaptureFixture[str], language: str = "en") -> list[str]:
    capsys.readouterr()
    show(judged(sweep), Console(), language)
    return capsys.readouterr().err.splitlines()


def test_the_best_of_a_problem_is_told_without_saying_the_problem_twice(
    swept: Swept, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shown_lines(swept(("dataset",), "dataset=quadratic,random_mnist"), capsys)
    best = [line.split() for line in lines if line.startswith("best")]
    assert [words[1] for words in best] == ["dataset=quadratic:", "dataset=random_mnist:"]
    assert all(float(words[2]) > 0 and len(words) == 3 for words in best)


def test_a_sweep_of_nothing_has_no_table_and_its_best_is_a_number(
    swept: Swept, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shown_lines(swept(()), capsys)
    assert not any(line.startswith("rank") for line in lines)
    (best,) = (line for line in lines if line.startswith("best"))
    assert float(best.removeprefix("best")) > 0


def test_seeds_alone_keep_their_table(swept: Swept, capsys: pytest.CaptureFixture[str]) -> None:
    assert any(line.startswith("rank") for line in shown_lines(swept(("seed",), "seed=0,1"), capsys))


def test_curves_that_cannot_be_written_leave_the_summary_and_the_results(swept: Swept) -> None:
    sweep = swept(("seed",), "seed=0,1")
    for name in ("summary.json", "results.csv", "curves.csv"):
        (sweep.directory / name).unlink(missing_ok=True)
    (sweep.directory / "curves.csv").mkdir()
    with pytest.raises(EnvironmentFault, match=r"curves\.csv"):
        answer(sweep)
    assert content(sweep.directory / "summary.json")["best"]["runs"] == 2
    assert len(table(sweep.directory / "results.csv")) == 2


def test_reading_the_runs_of_a_sweep_writes_nothing(swept: Swept) -> None:
    sweep = swept(("seed",), "seed=0,1")
    (sweep.directory / "summary.json").unlink(missing_ok=True)
    assert judged(sweep).rankings[0].best is not None
    assert not (sweep.directory / "summary.json").exists()


def test_a_job_that_was_asked_for_twice_is_one_run_of_its_setting(swept: Swept) -> None:
    sweep = swept(("optim.lr", "seed"), "optim.lr=0.1,0.1", "seed=0,1")
    (setting,) = answer(sweep).rankings[0].settings
    assert len(setting.runs) == 2
    assert len(table(sweep.directory / "results.csv")) == len(sweep.jobs)


def test_a_run_asked_for_often_does_not_move_the_median() -> None:
    rows = [("0", 1.0), ("0", 1.0), ("0", 1.0), ("1", 5.0), ("2", 9.0)]
    found = [result(number, {"seed": seed}, objective) for number, (seed, objective) in enumerate(rows)]
    (ranking,) = rankings(found, ("seed",))
    assert ranking.settings[0].median == 5
    assert ranking.jobs == (0, 1, 2, 3, 4)


def test_a_copy_of_a_run_of_its_setting_is_no_run_of_its_own() -> None:
    found = [
        result(0, {"seed": "1"}, 1.0),
        result(1, {"seed": "0x1"}, 1.0, same_as="0"),
        result(2, {"seed": "2"}, 2.0),
    ]
    (ranking,) = rankings(found, ("seed",))
    assert [run.number for run in ranking.settings[0].runs] == [0, 2]


def test_a_setting_that_is_a_copy_of_another_still_has_its_run() -> None:
    found = [
        result(0, {"optim.lr": "0.1"}, 1.0),
        result(1, {"optim.lr": "1e-1"}, 1.0, same_as="0"),
    ]
    (ranking,) = rankings(found, ("optim.lr",))
    assert [len(setting.runs) for setting in ranking.settings] == [1, 1]


def test_runs_that_failed_or_were_cut_short_do_not_count_as_speed(swept: Swept) -> None:
    sweep = swept(("seed",), "seed=0,1,2,3,4")
    for number, status in enumerate(("stopped", "diverged", "failed", "interrupted")):
        path = sweep.directory / str(number) / "summary.json"
        path.write_text(json.dumps(content(path) | {"status": status}), "utf-8")
    assert judged(replace(sweep, seconds=2.0)).rate == 1.5


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_terminal_shows_it_all_in_eighty_columns(
    swept: Swept, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    sweep = swept(("optim.lr", "model.hidden"), "optim.lr=0.01,0.1,0.3,10000", "model.hidden=5,20x20,8")
    told = answer(sweep)
    capsys.readouterr()
    show(told, Console(), language)
    lines = capsys.readouterr().err.splitlines()
    table_lines = lines[:13]
    columns = [sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line) for line in table_lines]
    assert max(columns) <= 80
    assert sum("10000" in line for line in table_lines[3:]) == 1
    assert any(line.strip().startswith("nnrun ") for line in lines)
    assert str(sweep.directory) in lines[-1]


def test_runs_that_differ_in_their_seed_alone_are_one_setting() -> None:
    (ranking,) = rankings(over_lr({"0.1": [1, 2, 9], "0.3": [3, 3, 3]}), ("optim.lr", "seed"))
    assert [(setting.values, setting.median) for setting in ranking.settings] == [
        (("0.1",), 2),
        (("0.3",), 3),
    ]


def test_a_setting_whose_median_run_diverged_ranks_last() -> None:
    found = over_lr({"1": [0.1, math.nan, math.nan], "0.1": [5, 6, 7], "0.5": [1, 2, math.nan]})
    (ranking,) = rankings(found, ("optim.lr", "seed"))
    assert [setting.values[0] for setting in ranking.settings] == ["0.5", "0.1", "1"]
    assert math.isnan(ranking.settings[-1].median)
    assert [setting.lost for setting in ranking.settings] == [1, 0, 2]
    assert ranking.best_run is not None
    assert ranking.best_run.objective == 0.1


def test_a_failed_run_counts_as_worst_and_an_interrupted_one_not_at_all() -> None:
    found = [
        result(0, {"seed": "0"}, 1.0),
        result(1, {"seed": "1"}, 2.0),
        result(2, {"seed": "2"}, math.nan, status="failed"),
        result(3, {"seed": "3"}, 0.1, status="interrupted"),
    ]
    (ranking,) = rankings(found, ("seed",))
    (setting,) = ranking.settings
    assert (setting.median, setting.lowest, setting.lost, setting.others) == (2.0, 1.0, 1, 1)


def test_where_more_is_better_the_highest_median_wins() -> None:
    found = [
        replace(each, greater_is_better=True) for each in over_lr({"0.1": [0.5, 0.6], "0.3": [0.9, 0.7]})
    ]
    (ranking,) = rankings(found, ("optim.lr", "seed"))
    assert ranking.settings[0].median == pytest.approx(0.8)
    assert ranking.best_run is not None
    assert ranking.best_run.objective == 0.9


def test_medians_that_differ_by_rounding_alone_tie_in_the_order_of_the_sweep() -> None:
    found = over_lr({"0.3": [1.0], "0.1": [0.9999999], "0.2": [0.5]})
    (ranking,) = rankings(found, ("optim.lr", "seed"))
    assert [setting.values[0] for setting in ranking.settings] == ["0.2", "0.3", "0.1"]


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=9))
def test_the_typical_run_is_the_one_at_the_lower_median(objectives: list[float]) -> None:
    (ranking,) = rankings(over_lr({"0.1": objectives}), ("optim.lr", "seed"))
    typical = ranking.settings[0].typical
    assert typical is not None
    assert typical.objective == statistics.median_low(objectives)
    assert ranking.settings[0].median == pytest.approx(float(np.median(objectives)))


@pytest.mark.parametrize(
    ("key", "values", "best", "expected"),
    [
        ("optim.lr", "0.1,0.3,0.5", "0.5", "0.5,0.7,0.9,1.1"),
        ("optim.lr", "0.1,0.3,0.5", "0.1", "0.01,0.02,0.05,0.1"),
        ("optim.lr", "0.01,0.03,0.1", "0.1", "0.1,0.3,1,3"),
        ("optim.lr", "0.1,0.2,0.5,1", "0.1", "0.01,0.02,0.05,0.1"),
        ("optim.lr", "0.001,0.01,0.1", "0.1", "0.1,1,10,100"),
        ("optim.lr", "0.1..0.5:3", "0.5", "0.5..1.1:4"),
        ("optim.lr", "0.001..1:4log", "1", "1..1000:4log"),
        ("optim.lr", "0.001..1:4log", "0.001", "1e-06..0.001:4log"),
        ("optim.lr", '"choice(0.1,0.3,0.5)"', "0.5", "0.5,0.7,0.9,1.1"),
        ("model.hidden", "5,10,20", "20", "20,40,80,160"),
        ("model.hidden", "1..5", "5", "5..8"),
        ("model.hidden", "3,4,5", "3", "1,2,3"),
        ("epochs", "100,200,300", "300", "300,400,500,600"),
        ("optim.momentum", "0.5,0.7,0.9", "0.9", "0.9,0.95,0.98,0.99"),
    ],
)
def test_a_wider_sweep_goes_on_as_the_axis_does(key: str, values: str, best: str, expected: str) -> None:
    command = f"nnrun -m {key}={values} seed=0,1"
    texts = {
        "0.1..0.5:3": ["0.1", "0.3", "0.5"],
        "0.001..1:4log": ["0.001", "0.01", "0.1", "1"],
        "1..5": list("12345"),
    }.get(values) or values.strip('"').removeprefix("choice(").removesuffix(")").split(",")
    found = [
        result(place, {key: text}, abs(float(text) - float(best)) + 1) for place, text in enumerate(texts)
    ]
    (ranking,) = rankings(found, (key,))
    (edge,) = edges(ranking, (key,), command, shipped_vocabulary())
    assert edge.wider == expected
    assert edge.value == best
    assert wider_command(command, [edge]) == f"nnrun -m {key}={expected} seed=0,1"


@pytest.mark.parametrize(
    ("key", "objectives"),
    [
        ("optim.lr", {"0.1": 2, "0.3": 1, "0.5": 2}),
        ("optim.lr", {"0.1": 1, "0.3": 2}),
        ("optim.lr", {"0.1": 1, "0.3": 1, "0.5": 1}),
        ("model.activation", {"relu": 1, "tanh": 2, "sigmoid": 3}),
        ("model.hidden", {"20x20": 1, "10": 2, "5": 3}),
        ("model.hidden", {"1": 1, "2": 2, "3": 3}),
        ("optim.momentum", {"0": 1, "0.5": 2, "0.9": 3}),
        ("seed", {"0": 1, "1": 2, "2": 3}),
        ("dataset.seed", {"0": 1, "1": 2, "2": 3}),
        ("dataset.noise", {"0.1": 1, "0.2": 2, "0.3": 3}),
        ("loss.delta", {"0.1": 1, "0.2": 2, "0.3": 3}),
    ],
)
def test_no_edge_is_told_where_there_is_none(key: str, objectives: dict[str, float]) -> None:
    found = [result(place, {key: text}, value) for place, (text, value) in enumerate(objectives.items())]
    (ranking,) = rankings(found, (key,))
    assert edges(ranking, (key,), f"nnrun -m {key}={','.join(objectives)}", shipped_vocabulary()) == ()


def test_an_edge_of_a_key_that_a_preset_swept_is_typed_anew() -> None:
    (ranking,) = rankings(over_lr({"0.1": [3], "0.3": [2], "0.5": [1]}), ("optim.lr", "seed"))
    command = "nnrun experiment=lr_curve"
    found = edges(ranking, ("optim.lr", "seed"), command, shipped_vocabulary())
    assert [edge.wider for edge in found] == ["0.5,0.7,0.9,1.1"]
    assert wider_command(command, found) == "nnrun -m experiment=lr_curve optim.lr=0.5,0.7,0.9,1.1"


def test_an_edge_of_a_key_that_was_typed_among_others_has_no_command() -> None:
    (ranking,) = rankings(over_lr({"0.1": [3], "0.3": [2], "0.5": [1]}), ("optim.lr", "seed"))
    command = 'nnrun -m "pair=zip(optim.lr=choice(0.1,0.3,0.5),epochs=choice(1,2,3))"'
    found = edges(ranking, ("optim.lr", "seed"), command, shipped_vocabulary())
    assert [edge.wider for edge in found] == [None]
    assert wider_command("nnrun experiment=lr_curve", found) is None


@pytest.mark.parametrize(
    ("objectives", "told"),
    [
        (((3, 2, 1), (9, 8, 7)), [("0.5", "0.5,0.7,0.9,1.1", ())]),
        (((3, 2, 1), (9, 7, 8)), [("0.5", "0.5,0.7,0.9,1.1", (0,))]),
        (((3, 2, 1), (7, 8, 9)), [("0.5", None, (0,)), ("0.1", None, (1,))]),
        (((3, 1, 2), (9, 7, 8)), []),
    ],
)
def test_edges_are_told_of_every_problem_and_what_all_share_once(
    objectives: tuple[tuple[float, ...], ...], told: list[tuple[str, str | None, tuple[int, ...]]]
) -> None:
    losses = ("mse", "mae")
    found = [
        result(3 * row + column, {"optim.lr": lr, "loss": loss}, value, problem=QUADRATIC._replace(loss=loss))
        for row, (loss, values) in enumerate(zip(losses, objectives, strict=True))
        for column, (lr, value) in enumerate(zip(("0.1", "0.3", "0.5"), values, strict=True))
    ]
    swept_keys = ("optim.lr", "loss")
    command = "nnrun -m optim.lr=0.1,0.3,0.5 loss=mse,mae"
    edges_found = edges_of_all(rankings(found, swept_keys), swept_keys, command, shipped_vocabulary())
    assert [(edge.value, edge.wider, edge.problems) for edge in edges_found] == told


def test_an_edge_of_one_problem_says_which(nnrun: Command, place: Path) -> None:
    done = nnrun(
        "-m",
        "loss=mse,mae",
        "optim.lr=0.001,0.002,0.003",
        "epochs=3",
        "plots.save=false",
        "sweep.report=false",
    )
    assert done.status == 0
    assert "edge      optim.lr=0.003 is the highest value tried" in done.err
    done = nnrun(
        "-m", "loss=mse,mae", "optim.lr=0.1,0.3,0.9", "epochs=15", "plots.save=false", "sweep.report=false",
        "schedule=constant,cosine", "seed=0,1",
    )  # fmt: skip
    assert "edge      loss=mae: optim.lr=0.9 is the highest value tried" in done.err


@given(
    st.lists(st.floats(1e-6, 1e3), min_size=3, max_size=8, unique_by=lambda v: f"{v:.4g}"),
    st.booleans(),
)
def test_a_wider_sweep_of_a_positive_key_stays_positive(numbers: list[float], highest: bool) -> None:
    line = axis("optim.lr", [f"{number:.4g}" for number in numbers])
    limits = [each.bounds for each in shipped_vocabulary().parameters("optim.lr", {})]
    text = wider(line, highest, limits, ",".join(line.values))
    assert text is None or all(float(part) > 0 for part in text.split(","))


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("0.5", "0.5"),
        ("[20,20]", "20x20"),
        ("[ 20 ]", "20"),
        ("20x20", "20x20"),
        ("'sin(3*x)'", "sin(3*x)"),
        (r"'it\'s'", "it's"),
        ("[relu,tanh]", "[relu,tanh]"),
    ],
)
def test_values_are_shown_as_people_type_them(typed: str, expected: str) -> None:
    assert shown(typed) == expected


@pytest.mark.parametrize(
    ("values", "logarithmic"),
    [
        ("0.01,0.1,1", True),
        ("0.1,0.3,1,3", True),
        ("0.01,0.1,0.5", True),
        ("5,10,20", True),
        ("0.1,0.3,0.5", False),
        ("0.1,0.3,0.5,0.7,1", False),
        ("1,2,3", False),
        ("0,0.1,1", False),
        ("0.1,1", True),
        ("5,10", False),
        ("relu,tanh,elu", False),
    ],
)
def test_an_axis_is_logarithmic_where_values_are_spaced_so(values: str, logarithmic: bool) -> None:
    assert axis("optim.lr", values.split(",")).is_logarithmic == logarithmic


def test_numbers_are_ordered_and_names_stay_as_they_came() -> None:
    assert axis("optim.lr", ["0.5", "1e-2", "0.1", "0.5"]).values == ("1e-2", "0.1", "0.5")
    assert axis("model.hidden", ["20x20", "5", "10"]).values == ("20x20", "5", "10")


def test_the_tables_are_whole_csv_whatever_the_values(place: Path) -> None:
    values = ["a,b", 'say "x"', "二\n三", ""]
    jobs = [SweptJob(number, {"name": value}, None) for number, value in enumerate(values)]
    answer(Sweep(place, "nnrun -m name=...", (), ("name",), jobs, 1.0))
    rows = csv.DictReader(io.StringIO((place / "results.csv").read_text("utf-8")))
    assert [row["name"] for row in rows] == values
