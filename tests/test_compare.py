"""`nnrun compare`: what differs, how runs did, what can be said of it, and what damaged runs do to that."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from scipy import stats

from conftest import Command
from nnrun import cli
from nnrun.comparison.comparison import compared
from nnrun.comparison.pictured import pictured
from nnrun.comparison.recorded import recorded
from nnrun.runs.entry import read_entry
from nnrun.runs.locking import RunLock
from test_documents import assert_same_text


def trained(*words: str) -> list[Path]:
    """The runs that one command leaves below the working directory."""
    before = set(Path("outputs").glob("*/*"))
    assert cli.run(["-m", *words, "-q", "plots.save=false", "sweep.report=false"]) == 0
    (made,) = {path for path in set(Path("outputs").glob("*/*")) - before if path.parent.name != "latest"}
    return [made.absolute() / str(job) for job in range(len(list(made.glob("*/metrics.csv"))))]


def furnished() -> dict[str, list[Path]]:
    """Name -> runs, trained in the working directory."""
    engines = trained("experiment=quadratic_manual", "engine=manual,autograd", "epochs=60")
    rates = trained("dataset=quadratic", "model=mlp", "optim.lr=0.1,0.5,1", "seed=0..4")
    sixty = trained("optim.lr=0.01..0.9:12log", "optim.momentum=0,0.2,0.4,0.6,0.8", "epochs=8")
    return {
        **{name: [run] for name, run in zip(("manual", "autograd"), engines, strict=True)},
        **{name: [rates[job]] for name, job in (("slow", 0), ("right", 5), ("wild", 10))},
        **{f"pair/{job}": [rates[job]] for job in range(10)},
        "pair": rates[:10],
        "rates": [rates[0].parent],
        "sixty": [sixty[0].parent],
        "adam": trained("optim=adam", "model.hidden=5x5", "seed=0"),
        "linear": trained("experiment=linear_regression", "epochs=5", "seed=0"),
        "classes": trained("experiment=random_mnist", "epochs=2", "seed=0"),
    }


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Name -> runs or sweeps, trained once for all workers; none of the tests changes them."""
    own = tmp_path_factory.getbasetemp()
    # The directory above is that of all workers; where there are none, it is that of all sessions ever.
    place = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "studio"
    place.mkdir(exist_ok=True)
    with FileLock(place / "lock"):
        if not (place / "index.json").exists():
            with contextlib.chdir(place):
                made = {name: list(map(str, runs)) for name, runs in furnished().items()}
            (place / "index.json").write_text(json.dumps(made))
    content = json.loads((place / "index.json").read_text())
    return {name: list(map(Path, runs)) for name, runs in content.items()}


class Said:
    """What a comparison printed, and what it left in the working directory."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    @property
    def rows(self) -> dict[str, list[str]]:
        """Name of each row of the text table -> its cells."""
        table = self.out.split("\n\n")[0].splitlines()
        starts = [place for place, letter in enumerate(table[0]) if letter != " "]
        cut = [(start, stop) for start, stop in zip(starts, [*starts[1:], None], strict=True)]
        return {line[: starts[0]].strip(): [line[a:b].strip() for a, b in cut] for line in table}

    @property
    def words(self) -> str:
        """What stands below the table."""
        return self.out.split("\n\n", 1)[1]

    @property
    def content(self) -> Any:
        return json.loads(self.out)


Compare = Callable[..., Said]


@pytest.fixture
def compare(
    studio: dict[str, list[Path]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Compare:
    """`compare(*words)` in an empty directory, where names of the studio stand for their directories."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NNRUN_OUTPUTS", str(studio["rates"][0].parent.parent))

    def command(*words: str) -> Said:
        capsys.readouterr()
        status = cli.run(["compare", *(str(run) for word in words for run in studio.get(word, [word]))])
        return Said(status, *capsys.readouterr())

    return command


def test_two_engines_differ_in_the_engine_and_in_nothing_else(compare: Compare) -> None:
    said = compare("manual", "autograd")
    rows = said.rows
    assert next(iter(rows.items())) == ("", ["A", "B"])
    assert list(rows)[1] == "engine"
    assert rows["engine"] == ["manual", "autograd"]
    assert rows["final train/loss"][0] == rows["final train/loss"][1]
    assert rows["weight (true 3)"][0] == rows["weight (true 3)"][1]
    assert float(rows["fit differs from A"][1]) < 1e-4
    assert (
        "train/loss is the same for A (engine=manual) and B (engine=autograd), but for rounding" in said.words
    )
    assert said.err.split() == ["saved", "compare.png"]


def test_of_three_rates_the_diverged_one_has_no_goal_and_no_verdict(compare: Compare) -> None:
    said = compare("slow", "right", "wild")
    assert said.rows["optim.lr"] == ["0.1", "0.5", "1"]
    assert said.rows["status"] == ["completed", "completed", "diverged"]
    (goal,) = [name for name in said.rows if name.startswith("epochs to ")]
    assert said.rows[goal][2] == "-"
    assert int(said.rows[goal][1]) < int(said.rows[goal][0]) <= 100
    assert "one seed each: nothing can be said" in said.words
    assert "try nnrun -m optim.lr=0.1,0.5,1 seed=0..9" in said.words


def test_the_goal_is_a_loss_that_both_reach_and_no_sooner(
    compare: Compare, studio: dict[str, list[Path]]
) -> None:
    found = compare("slow", "right", "--json").content
    goal = found["goal"]["loss"]
    losses_of = {name: _losses(studio[name][0]) for name in ("slow", "right")}
    for run, losses in zip(found["runs"], losses_of.values(), strict=True):
        epoch = run["epochs_to_goal"]
        assert losses[epoch - 1] <= goal < min(losses[: epoch - 1])
    assert goal == pytest.approx(min(losses_of["slow"]), rel=0.01)


def _losses(run: Path) -> list[float]:
    return [float(row["train/loss"]) for row in _rows(run / "metrics.csv")]


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


def test_fits_differ_by_the_largest_distance_on_the_grid(
    compare: Compare, studio: dict[str, list[Path]]
) -> None:
    second = compare("slow", "right", "--json").content["settings"][1]
    arrays = [np.load(studio[name][0] / "plots.npz") for name in ("slow", "right")]
    x = arrays[0]["grid"][:, 0]
    distance = np.abs(arrays[0]["grid_prediction"] - arrays[1]["grid_prediction"])[:, 0]
    inside = (x >= arrays[0]["train_x"].min()) & (x <= arrays[0]["train_x"].max())
    assert second["fit_difference"] == pytest.approx(distance[inside].max())
    assert second["fit_difference_at"] == [pytest.approx(x[inside][distance[inside].argmax()])]


def test_five_seeds_of_two_rates_are_paired_and_decided(
    compare: Compare, studio: dict[str, list[Path]]
) -> None:
    said = compare("pair")
    assert said.rows["runs"] == ["5", "5"]
    assert "train/loss differs: B (lr=0.5) has" in said.words
    assert "lower in 5 of 5 seeds" in said.words
    told = compare("pair", "--json").content["contrast"]
    finals = np.log([_objectives(studio["rates"][0], "optim.lr", rate) for rate in ("0.1", "0.5")])
    expected = stats.ttest_1samp(finals[1] - finals[0], 0.0)
    bounds = expected.confidence_interval(0.95)
    assert told["estimate"] == pytest.approx(np.exp((finals[1] - finals[0]).mean()))
    assert told["interval"] == pytest.approx(np.exp([bounds.low, bounds.high]))
    assert (told["outcome"], told["paired"], told["seeds"]) == ("different", True, 5)


def _objectives(sweep: Path, key: str, value: str) -> list[float]:
    return [float(row["objective"]) for row in _rows(sweep / "results.csv") if row[key] == value]


def test_medians_stand_with_the_lowest_and_the_highest(
    compare: Compare, studio: dict[str, list[Path]]
) -> None:
    settings = compare("pair", "--json").content["settings"]
    for setting, rate in zip(settings, ("0.1", "0.5"), strict=True):
        values = _objectives(studio["rates"][0], "optim.lr", rate)
        expected = (np.median(values), min(values), max(values))
        assert (setting["median"], setting["lowest"], setting["highest"]) == pytest.approx(expected)


def test_what_makes_no_difference_is_the_same_and_not_called_equal(
    compare: Compare, studio: dict[str, list[Path]], tmp_path: Path
) -> None:
    for job in "01":
        shutil.copytree(studio[f"pair/{job}"][0], tmp_path / job)
        summary = json.loads((tmp_path / job / "summary.json").read_text("utf-8"))
        summary["config"]["shuffle"] = False
        (tmp_path / job / "summary.json").write_text(json.dumps(summary))
    said = compare("pair/0", "pair/1", "0", "1")
    assert "is the same for A (shuffle=true) and B (shuffle=false), but for rounding" in said.words
    assert "equal" not in said.words


def test_undecided_settings_get_words_of_doubt_and_the_command_with_more_seeds(compare: Compare) -> None:
    said = compare("pair/0", "pair/1", "pair/5", "pair/6")
    assert "no evidence of a difference in train/loss" in said.words
    assert "lower in 2 of 2 seeds" in said.words
    assert "try nnrun -m optim.lr=0.1,0.5 seed=0..9" in said.words
    assert "equal" not in said.words


def test_runs_without_a_partner_are_counted_in_words(compare: Compare) -> None:
    said = compare("pair/0", "pair/1", "pair/2", "pair/5", "pair/6")
    assert "1 run of unshared seeds left out" in said.words
    said = compare("pair/0", "pair/1", "pair/2", "pair/3", "pair/5", "pair/6")
    assert "2 runs of unshared seeds left out" in said.words


def test_the_command_that_is_offered_can_be_planned(
    compare: Compare, capsys: pytest.CaptureFixture[str]
) -> None:
    offered = compare("slow", "adam").words.split("try ")[1].splitlines()
    words = [line.removeprefix("and ").split()[1:] for line in offered]
    assert len(words) == 2
    for each in words:
        assert cli.run([*each, "sweep.dry_run=true"]) == 0
    assert "seed=0..9" in words[0]


def test_settings_that_share_no_seed_are_compared_unpaired(
    compare: Compare, studio: dict[str, list[Path]]
) -> None:
    sweep = studio["rates"][0]
    runs = [f"pair/{job}" for job in (0, 1, 2, 8, 9)]
    told = compare(*runs, "--json").content["contrast"]
    assert (told["paired"], told["seeds"]) == (False, 2)
    finals = [np.log(_objectives(sweep, "optim.lr", rate)) for rate in ("0.1", "0.5")]
    expected = stats.ttest_ind(finals[1][3:], finals[0][:3], equal_var=False).confidence_interval(0.95)
    assert told["interval"] == pytest.approx(np.exp([expected.low, expected.high]))


def test_losses_of_different_things_are_set_side_by_side_and_not_compared(compare: Compare) -> None:
    said = compare("linear", "classes", "right")
    assert said.rows["final train/accuracy"][0] == said.rows["final train/accuracy"][2] == "-"
    assert "differ: their losses are of different things, and not compared" in said.words
    assert not [name for name in said.rows if name.startswith("epochs to")]
    assert "fit differs from A" not in said.rows


def test_keys_that_only_one_part_has_are_not_listed_where_they_are_as_usual(compare: Compare) -> None:
    rows = compare("slow", "adam").rows
    assert rows["optim"] == ["sgd", "adam"]
    assert rows["model.hidden"] == ["10", "5x5"]
    assert "optim.lr" in rows
    assert not {"optim.beta1", "optim.momentum"} & set(rows)
    assert {"optim.beta1", "optim.momentum"} <= set(compare("slow", "adam", "--all").rows)


def test_everything_has_all_keys_and_the_state_of_the_code(compare: Compare) -> None:
    rows = compare("slow", "right", "--all").rows
    assert {"dataset.noise", "seed", "version of numpy", "git commit", "config hash", "command"} <= set(rows)
    assert rows["dataset"] == ["quadratic", "quadratic"]


def test_a_sweep_of_sixty_is_a_row_each_the_best_one_first(compare: Compare) -> None:
    said = compare("sixty")
    head, *lines = said.out.split("\n\n")[0].splitlines()
    assert head.split()[:3] == ["lr", "momentum", "train/loss"]
    losses = [float(line.split()[2]) for line in lines if not line.startswith("and ")]
    assert len(losses) == 30
    assert losses == sorted(losses)
    assert lines[-1] == "and 30 more settings; --all shows them"
    assert len(compare("sixty", "--all").out.split("\n\n")[0].splitlines()) == 61


@pytest.mark.parametrize("runs", [("manual", "autograd"), ("pair",), ("slow", "right", "wild", "adam")])
def test_a_table_of_few_fits_into_eighty_columns(compare: Compare, runs: Sequence[str]) -> None:
    assert max(map(len, compare(*runs).out.split("\n\n")[0].splitlines())) <= 80


def test_six_runs_fit_into_eighty_columns(compare: Compare, studio: dict[str, list[Path]]) -> None:
    said = compare(*(str(studio["sixty"][0] / str(job)) for job in (1, 9, 17, 30, 41, 50)))
    assert max(map(len, said.out.split("\n\n")[0].splitlines())) <= 80
    assert list(said.rows)[:3] == ["", "optim.lr", "optim.momentum"]


def test_runs_of_one_setting_differ_in_luck(compare: Compare, studio: dict[str, list[Path]]) -> None:
    said = compare("pair/0", "pair/1", "pair/2")
    assert said.rows["seed"] == ["0", "1", "2"]
    assert "they differ in their seed alone: what differs in the outcome is luck" in said.words


def test_the_same_run_twice_is_one_run(compare: Compare, studio: dict[str, list[Path]]) -> None:
    said = compare("slow", str(studio["slow"][0]), f"{studio['slow'][0]}/")
    assert "one run: there is nothing to compare it with" in said.words
    assert said.rows[""] == ["A"]
    assert said.status == 0


def test_runs_of_two_sweeps_that_were_trained_twice_count_once_and_it_is_said(
    compare: Compare, studio: dict[str, list[Path]], tmp_path: Path
) -> None:
    for job in (0, 1, 5):
        shutil.copytree(studio[f"pair/{job}"][0], tmp_path / str(job))
    said = compare("pair", "0", "1", "5")
    assert said.rows["runs"] == ["5", "5"]
    assert "0 and 4 more (2 runs were trained again, and counted once)\n" in said.words
    assert "5 and 4 more (1 run was trained again, and counted once)\n" in said.words


def test_data_sets_are_shown_each_in_its_panel_by_its_own_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    runs = trained("dataset=moons,circles,quadratic", "epochs=2", "seed=0")
    drawn = pictured(compared([recorded(read_entry(run)) for run in runs]))
    assert [unit.kind for unit in drawn.units] == ["regions", "regions", "curve"]
    assert not drawn.same_data
    assert [unit.classes for unit in drawn.units] == [("0", "1"), ("0", "1"), ()]
    assert cli.run(["compare", *map(str, runs), "-o", "sets.svg"]) == 0
    text = (tmp_path / "sets.svg").read_text("utf-8")
    assert cli.run(["compare", *map(str, runs), "-o", "again.svg"]) == 0
    assert (tmp_path / "again.svg").read_text("utf-8") == text


def test_equal_configurations_are_said_to_be_the_same(
    compare: Compare, studio: dict[str, list[Path]], tmp_path: Path
) -> None:
    shutil.copytree(studio["slow"][0], tmp_path / "copy")
    said = compare("slow", "copy")
    assert "their configurations are the same" in said.words
    assert said.rows[""] == ["A", "B"]


def test_without_an_argument_the_two_newest_are_compared(
    compare: Compare, studio: dict[str, list[Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = tmp_path / "outputs" / "2026-11-21"
    for second, name in enumerate(("slow", "adam", "right")):
        copy = shutil.copytree(studio[name][0], day / f"10-30-1{second}_{name}")
        summary = json.loads((copy / "summary.json").read_text("utf-8"))
        summary["claimed"] = f"2026-11-21T10:30:1{second}.000000Z"
        (copy / "summary.json").write_text(json.dumps(summary), "utf-8")
    monkeypatch.setenv("NNRUN_OUTPUTS", "outputs")
    assert "10-30-11_adam\nB" in compare().words.replace("outputs/2026-11-21/", "")
    found = compare("--where", "model.hidden==10", "--json").content
    assert [Path(run["run"]).name for run in found["runs"]] == ["10-30-10_slow", "10-30-12_right"]
    found = compare("outputs/*/*_[ar]*", "--json").content
    assert [Path(run["run"]).name for run in found["runs"]] == ["10-30-11_adam", "10-30-12_right"]
    assert compare("*/*_adam", "*/*_slow", "--json").content["differs"]


def test_csv_has_a_row_per_run_and_json_everything(compare: Compare) -> None:
    rows = list(csv.DictReader(io.StringIO(compare("pair", "--csv").out)))
    assert [row["seed"] for row in rows] == ["0", "1", "2", "3", "4"] * 2
    assert {row["setting"] for row in rows} == {"0", "1"}
    found = compare("pair", "--json").content
    assert set(found) == {"runs", "differs", "settings", "goal", "contrast", "said"}
    assert found["differs"] == ["optim.lr", "seed"]


@pytest.mark.parametrize(("flag", "start"), [("--md", "|"), ("--latex", "\\begin{tabular}")])
def test_a_table_for_a_page_or_a_paper_has_no_picture_unless_one_is_named(
    compare: Compare, tmp_path: Path, flag: str, start: str
) -> None:
    said = compare("slow", "right", flag)
    assert said.out.startswith(start)
    assert list(tmp_path.iterdir()) == []
    assert compare("slow", "right", flag, "-o", "both.svg").err.split() == ["saved", "both.svg"]
    assert (tmp_path / "both.svg").read_bytes().startswith(b"<?xml")


def test_a_picture_never_takes_the_place_of_another_unless_it_is_named(
    compare: Compare, tmp_path: Path
) -> None:
    (tmp_path / "compare.png").write_text("mine")
    assert compare("slow", "right").err.split() == ["saved", "compare-2.png"]
    assert compare("slow", "right").err.split() == ["saved", "compare-3.png"]
    assert (tmp_path / "compare.png").read_text() == "mine"
    assert compare("slow", "right", "-o", "compare.png").status == 0
    assert (tmp_path / "compare.png").read_bytes().startswith(b"\x89PNG")


def test_a_place_that_cannot_be_written_costs_the_picture_and_not_the_table(
    compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("nnrun.plots.saving.save", refuse)
    said = compare("slow", "right")
    assert said.status == 3
    assert said.rows["optim.lr"] == ["0.1", "0.5"]
    assert said.err == (
        "nnrun: cannot write compare.png: Permission denied; choose another place with -o FILE\n"
    )


def damaged(studio: dict[str, list[Path]], place: Path) -> dict[str, Path]:
    """Copies of a run, each with something wrong."""
    made = {}
    for name in ("gone", "garbage", "newer", "torn", "empty", "short", "linked", "pipe", "archive", "list"):
        made[name] = place / name
        shutil.copytree(studio["right"][0], made[name])
    (made["gone"] / "summary.json").unlink()
    (made["garbage"] / "summary.json").write_bytes(b"{\xff\x00")
    summary = json.loads((made["newer"] / "summary.json").read_text("utf-8"))
    (made["newer"] / "summary.json").write_text(json.dumps(summary | {"schema": 99}))
    text = (made["torn"] / "metrics.csv").read_text("utf-8")
    lines = text.splitlines()
    lines[20] = "not,numbers"
    (made["torn"] / "metrics.csv").write_text("\n".join(lines)[:-9])
    (made["empty"] / "metrics.csv").write_text("")
    (made["short"] / "metrics.csv").write_text(lines[0] + "\n")
    (made["linked"] / "metrics.csv").unlink()
    (made["linked"] / "metrics.csv").symlink_to("/etc/passwd")
    (made["pipe"] / "plots.npz").unlink()
    os.mkfifo(made["pipe"] / "plots.npz")
    (made["archive"] / "plots.npz").write_bytes((made["archive"] / "plots.npz").read_bytes()[:2000])
    wrong: dict[str, Any] = {
        key: [] for key in ("final", "best", "parameters", "dataset", "test", "objective")
    }
    (made["list"] / "summary.json").write_text(json.dumps(summary | wrong))
    return made


def test_damaged_runs_are_named_and_the_others_compared(
    compare: Compare, studio: dict[str, list[Path]], tmp_path: Path
) -> None:
    made = damaged(studio, tmp_path)
    said = compare("slow", *map(str, made.values()), "-o", "some.png")
    assert said.status == 0
    skipped = [line for line in said.err.splitlines() if line.startswith("skipped")]
    assert [line.split()[1].rstrip(":") for line in skipped] == ["gone", "garbage", "newer"]
    assert "newer nnrun (schema 99" in said.err
    notes = [line for line in said.err.splitlines() if line.startswith("note")]
    assert any("torn: 2 rows of metrics.csv" in line for line in notes)
    assert any("linked: metrics.csv" in line for line in notes)
    assert (tmp_path / "some.png").stat().st_size > 10_000


@pytest.mark.parametrize("name", ["torn", "empty", "short", "linked", "pipe", "archive", "list"])
def test_a_damaged_run_beside_a_whole_one_has_a_column(
    compare: Compare, studio: dict[str, list[Path]], tmp_path: Path, name: str
) -> None:
    made = damaged(studio, tmp_path)
    said = compare("slow", str(made[name]))
    assert said.status == 0
    assert said.rows["optim.lr"] == ["0.1", "0.5"]
    assert compare("slow", str(made[name]), "--json").content["runs"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("pipe", "pipe: plots.npz: is no ordinary file; its fit is left out"),
        ("archive", "archive: plots.npz: is no whole ZIP file; its fit is left out"),
        ("without", "without: plots.npz: is missing; its fit is left out"),
        ("uncounted", "uncounted: metrics.csv: is missing"),
    ],
)
def test_what_is_left_out_is_said_in_words(
    compare: Compare, studio: dict[str, list[Path]], tmp_path: Path, name: str, reason: str
) -> None:
    made = damaged(studio, tmp_path)
    for other, file in (("without", "plots.npz"), ("uncounted", "metrics.csv")):
        made[other] = tmp_path / other
        shutil.copytree(studio["right"][0], made[other])
        (made[other] / file).unlink()
    said = compare("slow", str(made[name]))
    assert [line for line in said.err.splitlines() if line.startswith("note")] == [f"note      {reason}"]


def test_a_summary_that_is_nested_too_deeply_is_skipped_in_words(
    compare: Compare, studio: dict[str, list[Path]], tmp_path: Path
) -> None:
    shutil.copytree(studio["right"][0], tmp_path / "deep")
    (tmp_path / "deep" / "summary.json").write_text("[" * 100_000)
    said = compare("slow", str(tmp_path / "deep"))
    assert "skipped   deep: summary.json: is nested too deeply" in said.err


def test_a_run_that_trains_is_compared_by_what_it_has_so_far(
    compare: Compare, studio: dict[str, list[Path]], tmp_path: Path
) -> None:
    run = tmp_path / "trains"
    shutil.copytree(studio["right"][0], run)
    summary = json.loads((run / "summary.json").read_text("utf-8"))
    ended = ("final", "test", "best", "epochs", "objective", "parameters", "stop", "finished")
    known = {name: value for name, value in summary.items() if name not in ended}
    (run / "summary.json").write_text(json.dumps(known | {"status": "running"}))
    (run / "plots.npz").unlink()
    rows = (run / "metrics.csv").read_text().splitlines()[:11]
    (run / "metrics.csv").write_text("\n".join(rows) + "\n")
    lock = RunLock(run)
    said = compare("slow", str(run))
    lock.release()
    assert said.rows["status"] == ["completed", "running"]
    assert said.rows["epochs done"][1] == "10"
    lowest = min(float(row.split(",")[rows[0].split(",").index("train/loss")]) for row in rows[1:])
    assert float(said.rows["best train/loss"][1]) == pytest.approx(lowest, rel=1e-2)
    assert "trains is still running: which is better is not said" in said.words
    assert "trains: is still running, and plots.npz is written at its end; its fit is left out" in said.err


def test_nothing_that_can_be_read_is_bad_input(
    compare: Compare, studio: dict[str, list[Path]], tmp_path: Path
) -> None:
    made = damaged(studio, tmp_path)
    said = compare(str(made["gone"]), str(made["garbage"]))
    assert said.status == 2
    assert said.out == ""
    assert said.err.splitlines()[-1] == "nnrun: none of 2 runs can be compared"


def test_a_sweep_of_which_no_run_has_begun_is_said_to_be_one(compare: Compare, tmp_path: Path) -> None:
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "multirun.yaml").touch()
    said = compare(str(tmp_path / "begun"))
    assert (said.status, said.out) == (2, "")
    assert said.err == f"nnrun: {tmp_path / 'begun'}: a sweep of which no run has begun yet\n"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("nothing",), "nothing: no such run under"),
        (("none*",), "none*: matches no run"),
        (("a**b",), "a**b: matches no run"),
        (("slow", "--where", "optim.lr>7"), "--where optim.lr>7: matches none of 1 runs"),
        (("slow", "--where", "optim.rl>7"), "did you mean"),
        (("slow", "-o", "x.bmp"), "-o x.bmp: no format 'bmp'"),
        (("slow", "--animate", "-o", "x.png"), "-o x.png: no format 'png'; end it with .gif"),
        (("linear", "classes", "--animate"), "--animate: only fits over one input, and classes in"),
        (("sixty", "--animate"), "--animate: 12 do not fit side by side"),
        (("--anmate",), "--anmate: unknown flag"),
    ],
)
def test_what_cannot_be_done_is_one_line(compare: Compare, words: Sequence[str], problem: str) -> None:
    said = compare(*words)
    assert said.status == 2
    assert problem in said.err
    assert len(said.err.splitlines()) == 1


STRANGE = "\x1b[31m[/foo] [bold]x $\\frac{$ _x \u202e日本語"


def test_strange_names_and_values_are_shown_and_obeyed_by_nobody(
    compare: Compare, studio: dict[str, list[Path]], tmp_path: Path
) -> None:
    place = tmp_path / STRANGE.replace("/", "-")
    shutil.copytree(studio["right"][0], place)
    summary = json.loads((place / "summary.json").read_text("utf-8"))
    summary["config"]["optim.lr"] = "${oc.env:HOME}"
    summary["config"]["dataset.expression"] = STRANGE
    summary["name"] = STRANGE
    (place / "summary.json").write_text(json.dumps(summary))
    said = compare("slow", str(place))
    assert said.status == 0
    assert "\x1b" not in said.out + said.err
    assert "\u202e" not in said.out + said.err
    assert said.rows["optim.lr"] == ["0.1", "${oc.env:HOME}"]
    assert os.environ["HOME"] not in said.out
    assert "try " not in said.words


def test_runs_are_read_and_never_changed(compare: Compare, studio: dict[str, list[Path]]) -> None:
    def state() -> dict[Path, tuple[int, int]]:
        files = [path for name in ("slow", "right", "rates") for path in studio[name][0].rglob("*")]
        return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in files}

    before = state()
    compare("slow", "right", "rates")
    assert state() == before


def test_the_table_loads_neither_torch_nor_matplotlib(studio: dict[str, list[Path]], tmp_path: Path) -> None:
    program = (
        "import sys; from nnrun import cli; assert cli.run(sys.argv[1:]) == 0;"
        "print('LOADED', *{name.partition('.')[0] for name in sys.modules})"
    )
    command = [sys.executable, "-c", program, "compare", str(studio["rates"][0]), "--md"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert not {"torch", "matplotlib", "hydra"} & set(done.stdout.rpartition("LOADED")[2].split())


PAGE = Path(__file__).parent.parent / "docs" / "comparing.md"


def walk() -> list[tuple[list[str], list[str]]]:
    """The commands of the guide's page, in order, and the lines that it shows below each."""
    found: list[tuple[list[str], list[str]]] = []
    for block in re.findall(r"^   ```\n(.*?)^   ```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            line = line.removeprefix("   ")
            if line.startswith("$ nnrun "):
                found.append((shlex.split(line)[2:], []))
            elif line and line != "...":
                found[-1][1].append(re.sub(r"\d\d-\d\d-\d\d_", "", line))
    return found


def test_the_guides_page_is_a_walk_that_does_what_it_shows(nnrun: Command, place: Path) -> None:
    for words, shown in walk():
        sweep = ["plots.save=false", "sweep.report=false"] if words[0] == "-m" else []
        done = nnrun(*words, *sweep)
        assert done.status == 0, done.err
        # Two sweeps within one second have a number behind their names.
        timeless = re.sub(r"\d\d-\d\d-\d\d_(sweep)?(-\d+)?", r"\1", done.out)
        printed = [line for line in timeless.splitlines() if line]
        at = next((at for at, line in enumerate(printed) if shown and line[:6] == shown[0][:6]), 0)
        for mine, theirs in zip(printed[at : at + len(shown)], shown, strict=True):
            assert_same_text(mine, theirs)
    drawn = {path.name for path in place.iterdir()}
    assert drawn >= {"seeds.png", "rates.png", "rates.gif", "engines.png", "many.png"}
