"""`nnrun rerun`: the recorded configuration trains again, whatever was typed, whatever the defaults are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import Command, Finished
from nnrun.commands.repetition import Table, circumstances, difference
from nnrun.commands.rerunning import training_words
from nnrun.plots import process

QUICK = ("epochs=3", "plots.save=false")
VARIED = (
    "dataset=function",
    "dataset.expression=sin(3*x)+0.1*x^2",
    "dataset.seed=3",
    "model.hidden=5x4",
    "optim=adam",
    "optim.lr=1e-3",
    'name=it\'s (a) {b}, 50% "c"',
    "tags=a,b",
    "early_stopping.patience=7",
    "metrics=[]",
    "batch_size=32",
)


@pytest.fixture(autouse=True)
def _drawn_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No processes for pictures, which hardly any of these runs leave."""
    monkeypatch.setattr(process, "_worth_it", lambda: False)


def changed(directory: Path, **changes: Any) -> None:
    """Writes into a run's recorded configuration."""
    path = directory / ".hydra" / "config.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text("utf-8")) | changes), "utf-8")


def config_of(run: Finished) -> Any:
    return yaml.safe_load((run.directory / ".hydra" / "config.yaml").read_text("utf-8"))


@pytest.mark.parametrize("words", [(), VARIED], ids=["default", "varied"])
def test_a_rerun_is_the_same_run_again(nnrun: Command, words: Sequence[str]) -> None:
    first = nnrun(*words, *QUICK)
    second = nnrun("rerun", "latest", "--check")
    assert (second.status, second.reproducible) == (0, first.reproducible)
    assert second.summary["config_hash"] == first.summary["config_hash"]
    assert (second.summary["name"], second.summary["tags"]) == (first.summary["name"], first.summary["tags"])
    assert config_of(second) == config_of(first)
    assert second.err.splitlines()[-1] == "check  metrics.csv is the same in 3 rows"


def test_the_command_that_a_rerun_records_trains_it_too(nnrun: Command) -> None:
    import shlex

    nnrun(*VARIED, *QUICK)
    second = nnrun("rerun", "latest", "seed=4")
    third = nnrun(*shlex.split(second.summary["command"])[1:])
    assert third.reproducible == second.reproducible
    assert third.summary["config_hash"] == second.summary["config_hash"]


def test_the_record_counts_and_not_what_was_typed_or_what_the_defaults_are(nnrun: Command) -> None:
    directory = nnrun(*QUICK).directory
    changed(directory, seed=9, epochs=2)
    (directory / ".hydra" / "overrides.yaml").write_text("- seed=1\n")
    again = nnrun("rerun", "latest")
    assert again.summary["training"]["seed"] == 9
    assert len(again.metrics["epoch"]) == 2


def test_overrides_change_single_keys_and_a_part_brings_its_own(nnrun: Command) -> None:
    nnrun("optim=adam", "optim.lr=0.02", "optim.beta1=0.8", "model.hidden=7", *QUICK)
    slower = nnrun("rerun", "latest", "optim.lr=0.3", "name=slower", "-q")
    assert (
        slower.summary["training"]["optim"] | {"lr": 0.3, "beta1": 0.8} == slower.summary["training"]["optim"]
    )
    assert slower.directory.name.endswith("_slower")
    other = nnrun("rerun", "latest", "optim=sgd", "-q")
    assert other.summary["training"]["optim"]["name"] == "sgd"
    assert other.summary["training"]["optim"]["lr"] == 0.5
    assert other.summary["model"]["description"] == "1 -> 7 relu -> 1"


def test_another_result_is_told_with_what_else_differs(nnrun: Command) -> None:
    nnrun(*QUICK)
    done = nnrun("rerun", "latest", "--check", "seed=2", "-q")
    assert done.status == 1
    first, second = done.err.splitlines()
    assert first.startswith("check  metrics.csv differs: in row 1, train/loss was ")
    assert second.strip() == "the configuration is another one"


def test_versions_and_code_that_differ_are_named(nnrun: Command) -> None:
    directory = nnrun(*QUICK).directory
    path = directory / "summary.json"
    summary = json.loads(path.read_text("utf-8"))
    summary["versions"]["numpy"] = "1.0"
    path.write_text(json.dumps(summary | {"git_commit": "a" * 40}))
    metrics = directory / "metrics.csv"
    metrics.write_text(metrics.read_text("utf-8").replace("1,1,", "1,2,", 1))
    done = nnrun("rerun", "latest", "--check", "-q")
    assert done.status == 1
    assert "numpy was 1.0 and is " in done.err
    assert "the commit was aaaaaaaaaaaa and is none" in done.err


def table(text: str) -> Table:
    names, *rows = [tuple(line.split(",")) for line in text.splitlines()]
    return Table(names, tuple(rows))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("a,b\n1,2\n", "a,b\n1,2\n", None),
        ("a,b\n1,2\n", "a,c\n1,2\n", "its columns were a, b and are a, c"),
        ("a,b\n1,2\n1,3\n", "a,b\n1,2\n1,4\n", "in row 2, b was 3 and is 4"),
        ("a,b\n1,2\n", "a,b\n1,2\n2,2\n", "it had 1 rows and has 2"),
        ("a,b\n1,2\n1\n", "a,b\n1,2\n1,4\n", "row 2 had 1 cells and has 2"),
    ],
)
def test_the_first_difference_is_told(before: str, after: str, told: str | None) -> None:
    assert difference(table(before), table(after)) == told


def test_times_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text("epoch,train/loss,seconds\n1,0.5,0.25\n")
    assert Table.of(tmp_path) == Table(("epoch", "train/loss"), (("1", "0.5"),))


def test_engine_and_missing_records_are_told() -> None:
    assert circumstances({"engine": "manual"}, {"engine": "autograd", "versions": {"torch": "2"}}) == [
        "engine was manual and is autograd",
        "torch was not there and is 2",
    ]


def test_a_run_of_a_sweep_is_rerun_alone_and_a_sweep_names_its_command(nnrun: Command) -> None:
    nnrun("-m", "seed=1,2", "epochs=2", "sweep.plots=none", "plots.save=false")
    done = nnrun("rerun", "latest")
    assert done.status == 2
    assert "latest: is a sweep; rerun one of its runs, or its command" in done.err
    assert "try: nnrun -m seed=1,2 epochs=2 sweep.plots=none plots.save=false" in done.err
    again = nnrun("rerun", "latest/1", "--check")
    assert (again.status, again.summary["training"]["seed"]) == (0, 2)
    # As a sweep is that was killed at once.
    (sweep,) = Path("outputs").glob("2*/*_sweep")
    (sweep / "multirun.yaml").unlink()
    done = nnrun("rerun", str(sweep))
    assert (done.status, "is a sweep; rerun one of its runs, or its command" in done.err) == (2, True)


def test_values_from_the_environment_are_refused_unless_allowed(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOISE", "0.3")
    first = nnrun("dataset.noise=${oc.decode:${oc.env:NOISE}}", *QUICK)
    assert first.status == 0, first.err
    done = nnrun("rerun", "latest")
    assert (done.status, done.found) == (4, None)
    assert "dataset.noise takes its value from the environment variable NOISE" in done.err
    assert "0.3" not in done.err
    assert nnrun("rerun", "latest", "dataset.noise=0.1", "-q").status == 0
    again = nnrun("rerun", first.directory.name, "--allow-env", "--check")
    assert (again.status, again.reproducible) == (0, first.reproducible)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colour": "red"}, "this nnrun has no key 'colour'; another version recorded it"),
        ({"plots": {"save": False, "glitter": 1}}, "this nnrun has no key 'plots.glitter'"),
        ({"optim": {"name": "sgd", "speed": 2}}, "this nnrun has no key 'optim.speed'"),
        ({"optim": {"name": "sgdd"}}, "this nnrun has no optim 'sgdd'; did you mean 'sgd'?"),
    ],
)
def test_keys_that_nnrun_does_not_know_are_refused(
    nnrun: Command, changes: dict[str, Any], message: str
) -> None:
    changed(nnrun(*QUICK).directory, **changes)
    done = nnrun("rerun", "latest")
    assert (done.status, done.found) == (4, None)
    assert message in done.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("seed=2",), "nnrun: seed=2: the run comes first: nnrun rerun RUN seed=2\n"),
        (("latest", "hidden=3"), "nnrun: try: nnrun rerun latest model.hidden=3\n"),
        (("latest", "experiment=ten_points"), "a run has its own configuration; nnrun experiment=ten_points"),
        (("latest", "--cfg", "job"), "nnrun: --cfg: no flag of rerun; leave it out (nnrun rerun --help)\n"),
        (("latest", "-m", "seed=1,2"), "try: nnrun -m epochs=3 plots.save=false seed=1,2\n"),
        (("latest", "optim.lr=-1"), "optim.lr=-1: must be at least 0"),
        (("latest", "--check", "--check"), "--check: given 2 times; give it once"),
    ],
)
def test_bad_input_trains_nothing(nnrun: Command, words: Sequence[str], message: str) -> None:
    nnrun(*QUICK)
    done = nnrun("rerun", *words)
    assert (done.status, done.found) == (2, None)
    assert message in done.err


def test_words_are_what_differs_from_the_shipped_files(nnrun: Command) -> None:
    directory = nnrun("optim=adam", "model.hidden=5x4", *QUICK).directory
    assert training_words(directory, set(), False) == [
        "optim=adam",
        "model.hidden=5x4",
        "epochs=3",
        "plots.save=false",
    ]
    assert training_words(directory, {"model"}, False) == ["optim=adam", "epochs=3", "plots.save=false"]
