"""Sweeps through the front door: what is checked, what trains together, what is left on disk."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from conftest import Command, Finished
from nnrun import composing
from nnrun.experiment import recording
from nnrun.runs.locking import is_locked

QUICK = ("epochs=3", "plots.save=false", "sweep.report=false")


def root_of(done: Finished) -> Path:
    return Path(done.out.strip().splitlines()[-1])


def summary(directory: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((directory / "summary.json").read_text("utf-8"))
    return content


def rows(sweep: Path) -> list[dict[str, str]]:
    with (sweep / "results.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def nothing_made(place: Path) -> bool:
    return not (place / "outputs").exists()


# What is said and what trains together ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("optim.lr=0.1,0.5", "seed=0..4"), "10 jobs: 1 population of 10"),
        (("optim.lr=0.1,0.5", "clip_norm=null,1"), "4 jobs: 1 population of 4"),
        (("model.hidden=5,10", "seed=0,1"), "4 jobs: 2 populations of 2 (model.hidden differs in structure)"),
        (("seed=0..4", "sweep.max_population=2"), "5 jobs: 2 populations of 2, 1 alone"),
        (("model=linear,mlp",), "2 jobs: 2 alone (model differs in structure)"),
        (("seed=0..9", "sweep.max_population=5"), "10 jobs: 2 populations of 5"),
        (("engine=manual,autograd", "seed=0,1"), "4 jobs: 2 populations of 2 (engine differs in structure)"),
        (
            ("model.hidden=5,10", "model.bias=true,false"),
            "4 jobs: 4 alone (model.hidden, model.bias differ in structure)",
        ),
        (
            ("pair=zip(model.hidden=choice([5],[10]),clip_norm=[1,2])",),
            "2 jobs: 2 alone (model.hidden differs in structure)",
        ),
        (
            ("pair=zip(optim=[sgd,adam],optim.lr=[0.1,0.01])", "seed=0,1"),
            "4 jobs: 2 populations of 2 (optim differs in structure)",
        ),
        (("seed=0,1", "hydra/launcher=basic"), "2 jobs, one by one under hydra/launcher=basic"),
        (("dataset.noise=0,0.1", "dataset.seed=0,1"), "4 jobs: 1 population of 4"),
        (("dataset.samples=20,30", "seed=0,1"), "4 jobs: 2 populations of 2 (dataset.samples differs"),
    ],
)
def test_the_launcher_says_what_trains_together(
    nnrun: Command, arguments: tuple[str, ...], said: str
) -> None:
    done = nnrun("-m", *QUICK, *arguments, "sweep.dry_run=true")
    assert done.status == 0
    assert said in done.err


def test_a_dry_run_lists_the_jobs_and_trains_nothing(nnrun: Command, place: Path) -> None:
    done = nnrun("-m", *QUICK, "optim.lr=0.1,0.5", "seed=0,0", "sweep.dry_run=true")
    assert done.status == 0
    assert done.out.splitlines()[0].startswith("0  epochs=3 plots.save=")
    assert len(done.out.splitlines()) == 4
    assert "2 jobs are equal to others and will be filled from them: 1 = 0, 3 = 2" in done.err
    assert "about" in done.err
    assert nothing_made(place)


def test_one_equal_job_is_counted_as_one(nnrun: Command) -> None:
    done = nnrun("-m", *QUICK, "seed=0,0", "sweep.dry_run=true")
    assert "1 job is equal to another and will be filled from it: 1 = 0" in done.err


def test_with_nothing_swept_the_one_job_runs_and_that_is_said(nnrun: Command) -> None:
    done = nnrun("-m", *QUICK)
    assert done.status == 0
    assert "nothing is swept" in done.err
    assert [row["status"] for row in rows(root_of(done))] == ["completed"]


def test_a_zip_pairs_its_values_and_leaves_ordinary_overrides(nnrun: Command) -> None:
    done = nnrun("-m", *QUICK[1:], "pair=zip(optim.lr=choice(0.1,0.5),epochs=choice(2,4))", "seed=0,1")
    sweep = root_of(done)
    found = [(row["optim.lr"], row["epochs"], row["seed"]) for row in rows(sweep)]
    assert found == [("0.1", "2", "0"), ("0.1", "2", "1"), ("0.5", "4", "0"), ("0.5", "4", "1")]
    overrides = OmegaConf.load(sweep / "2" / ".hydra" / "overrides.yaml")
    assert set(overrides) >= {"optim.lr=0.5", "epochs=4", "seed=0"}
    assert OmegaConf.load(sweep / "2" / ".hydra" / "config.yaml").optim.lr == 0.5


@pytest.mark.parametrize("preset", ["lr_curve", "width_curve", "lucky_seeds"])
def test_a_preset_may_be_a_sweep(nnrun: Command, preset: str) -> None:
    done = nnrun(f"experiment={preset}", "sweep.dry_run=true")
    assert done.status == 0
    assert "population" in done.err
    assert len(done.out.splitlines()) >= 50


def test_a_sweep_presets_best_run_has_a_command_for_one_run(nnrun: Command) -> None:
    done = nnrun("experiment=lucky_seeds", "seed=0,1", *QUICK, "-m")
    command = summary(root_of(done))["best_run"]["command"]
    again = nnrun(*command.split()[1:])
    assert again.status == 0, again.err
    assert again.summary["objective"]["value"] == summary(root_of(done))["best_run"]["objective"]


# Bad input ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("launcher", ["vectorized", "basic"])
def test_bad_jobs_are_reported_once_each_before_anything_is_on_disk(
    nnrun: Command, place: Path, launcher: str
) -> None:
    done = nnrun("-m", "optim.lr=0.1,-1", "epochs=5,x", "seed=0,1", f"hydra/launcher={launcher}")
    assert done.status == 2
    assert done.err.count("optim.lr=-1: must be at least 0 (jobs 4, 5, 6, 7)") == 1
    assert done.err.count("epochs=x: wants a whole number (jobs 2, 3, 6, 7)") == 1
    assert len(done.err.splitlines()) == 2
    assert nothing_made(place)


@pytest.mark.parametrize("launcher", ["vectorized", "basic"])
def test_skipped_bad_jobs_are_recorded_as_failed(nnrun: Command, launcher: str) -> None:
    done = nnrun("-m", *QUICK, "optim.lr=0.1,-1", "sweep.skip_invalid=true", f"hydra/launcher={launcher}")
    assert done.status == 1
    sweep = root_of(done)
    assert [row["status"] for row in rows(sweep)] == ["completed", "failed"]
    assert "optim.lr=-1: must be at least 0" in summary(sweep / "1")["error"]
    assert "failed: optim.lr=-1: must be at least 0 (job 1)" in done.err


def test_a_sweep_of_bad_jobs_alone_is_refused_even_so(nnrun: Command, place: Path) -> None:
    done = nnrun("-m", "optim.lr=-1,-2", "sweep.skip_invalid=true")
    assert done.status == 2
    assert nothing_made(place)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("seed=0..9", "sweep.max_jobs=5"), "seed: 10 = 10 jobs, more than sweep.max_jobs=5"),
        (("hydra.sweep.subdir=same", "seed=0,1"), "jobs 0 and 1 would share the directory same"),
        (("hydra.sweep.subdir=../x", "seed=0,1"), "leaves the sweep's directory"),
        (("model.hidden=5", "seed=1..0x"), "seed"),
        (("sweep.plots=some", "seed=0,1"), "sweep.plots=some: wants one of all, best, none"),
    ],
)
def test_impossible_sweeps_are_refused(
    nnrun: Command, place: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = nnrun("-m", *arguments)
    assert done.status == 2, done.err
    assert said.partition(": ")[2] in done.err or said in done.err
    assert nothing_made(place)


def test_a_grid_is_counted_before_it_is_made(nnrun: Command) -> None:
    begun = time.monotonic()
    done = nnrun("-m", "seed=0..1999", "optim.lr=0.0001..1:500", "epochs=1..1000")
    assert done.status == 2
    assert "2,000 x 500 x 1,000 = 1,000,000,000 jobs" in done.err
    assert time.monotonic() - begun < 60


# Failures -----------------------------------------------------------------------------------------------


@pytest.fixture
def failing_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training raises for every population with a seed of at least 100 in it."""
    train = recording.train

    def failing(population: Any, *rest: Any) -> Any:
        if any(spec.seed >= 100 for spec in population.specs):
            raise ValueError("this seed is unlucky")
        return train(population, *rest)

    monkeypatch.setattr(recording, "train", failing)


@pytest.mark.usefixtures("failing_seeds")
@pytest.mark.parametrize("launcher", ["vectorized", "basic"])
def test_a_job_that_fails_does_not_stop_the_others(nnrun: Command, launcher: str) -> None:
    done = nnrun("-m", *QUICK, "seed=0,1,100,3,4,101,6", f"hydra/launcher={launcher}")
    assert done.status == 1
    assert "Traceback" not in done.err
    sweep = root_of(done)
    assert [row["status"] for row in rows(sweep)] == [
        "completed",
        "completed",
        "failed",
        "completed",
        "completed",
        "failed",
        "completed",
    ]
    assert (
        summary(sweep / "2")["error"]
        == "the run failed: this seed is unlucky (the traceback is in nnrun.log)"
    )
    assert "this seed is unlucky" in (sweep / "5" / "nnrun.log").read_text("utf-8")
    assert "(jobs 2, 5)" in done.err
    alone = nnrun(*QUICK, "seed=4", "plots.save=false")
    assert alone.reproducible[0] == "\n".join(
        line.rpartition(",")[0] for line in (sweep / "4" / "metrics.csv").read_text("utf-8").splitlines()
    )


@pytest.mark.usefixtures("failing_seeds")
@pytest.mark.parametrize("launcher", ["vectorized", "basic"])
def test_with_fail_fast_no_job_starts_after_a_failure(nnrun: Command, launcher: str) -> None:
    done = nnrun(
        "-m",
        *QUICK,
        "seed=0,100,2,3",
        "sweep.fail_fast=true",
        "sweep.max_population=1",
        f"hydra/launcher={launcher}",
    )
    assert done.status == 1
    assert [row["status"] for row in rows(root_of(done))] == [
        "completed",
        "failed",
        "not started",
        "not started",
    ]


def test_a_population_that_does_not_fit_into_memory_is_halved(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, sizes = recording.train, []

    def limited(population: Any, *rest: Any) -> Any:
        sizes.append(len(population.specs))
        if len(population.specs) > 3:
            raise MemoryError
        return train(population, *rest)

    monkeypatch.setattr(recording, "train", limited)
    done = nnrun("-m", *QUICK, "seed=0..9", "optim.lr=0.01")
    assert done.status == 0
    assert sizes == [10, 5, 2, 3, 5, 2, 3]
    assert {row["status"] for row in rows(root_of(done))} == {"completed"}


def test_a_full_disk_ends_a_sweep_with_what_there_is(nnrun: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from nnrun.errors import EnvironmentFault
    from nnrun.runs.writing import RunWriter

    weights = RunWriter.weights

    def full(self: RunWriter, named: Any) -> None:
        if self.directory.name == "3":
            raise EnvironmentFault("cannot write weights: disk full")
        weights(self, named)

    monkeypatch.setattr(RunWriter, "weights", full)
    done = nnrun("-m", *QUICK, "seed=0..5", "sweep.max_population=2")
    assert done.status == 3
    assert "disk full" in done.err
    assert [row["status"] for row in rows(root_of(done))] == [
        "completed",
        "completed",
        "interrupted",
        "interrupted",
        "not started",
        "not started",
    ]


# What else belongs to a multirun ------------------------------------------------------------------------


def test_a_sweep_leaves_what_hydra_leaves(nnrun: Command) -> None:
    done = nnrun("-m", *QUICK, "seed=0,1", "hydra.job.name=own")
    sweep = root_of(done)
    assert (sweep / "multirun.yaml").is_file()
    assert Path("outputs/latest").resolve() == sweep.resolve()
    for number in (0, 1):
        assert {path.name for path in (sweep / str(number)).iterdir()} == {
            ".hydra",
            "metrics.csv",
            "model.safetensors",
            "nnrun.log",
            "plots.npz",
            "summary.json",
        }
        hydra = OmegaConf.load(sweep / str(number) / ".hydra" / "hydra.yaml").hydra
        assert hydra.job.num == number
        assert hydra.job.name == "own"
        assert hydra.job.override_dirname == f"epochs=3,plots.save=False,seed={number},sweep.report=False"
        assert Path(hydra.runtime.output_dir) == (sweep / str(number)).absolute()


def test_hydras_files_have_the_same_content_under_both_launchers(nnrun: Command) -> None:
    arguments = ("-m", *QUICK, "seed=0,1", "model.hidden=5,[3,4]", "tags=[a,b]", "name='x: y'")
    one, two = root_of(nnrun(*arguments)), root_of(nnrun(*arguments, "hydra/launcher=basic"))
    for number in range(4):
        for name in ("config.yaml", "overrides.yaml"):
            ours, theirs = (sweep / str(number) / ".hydra" / name for sweep in (one, two))
            assert ours.read_text("utf-8") == theirs.read_text("utf-8")
        ours, theirs = (
            OmegaConf.to_container(OmegaConf.load(sweep / str(number) / ".hydra" / "hydra.yaml"))
            for sweep in (one, two)
        )
        for content in (ours, theirs):
            assert isinstance(content, dict)
            hydra = content["hydra"]
            del hydra["launcher"], hydra["runtime"]["output_dir"], hydra["runtime"]["choices"]
            hydra["sweep"]["dir"] = hydra["overrides"]["hydra"] = None
        assert ours == theirs


def test_the_subdirectory_may_be_named_by_the_overrides(nnrun: Command) -> None:
    done = nnrun(
        "-m",
        *QUICK,
        "seed=0,1",
        "hydra.sweep.subdir='${hydra.job.num}_s${seed}'",
        "name=run_${hydra:job.num}",
    )
    assert done.status == 0, done.err
    assert {row["directory"] for row in rows(root_of(done))} == {"0_s0", "1_s1"}
    assert summary(root_of(done) / "1_s1")["name"] == "run_1"


CALLBACK = """
from hydra.experimental.callback import Callback

class Recorder(Callback):
    def on_job_start(self, config, **kwargs):
        with open("calls.txt", "a") as file:
            file.write(f"start {config.seed} {config.hydra.job.num}\\n")

    def on_job_end(self, config, job_return, **kwargs):
        with open("calls.txt", "a") as file:
            file.write(f"end {config.seed} {job_return.return_value:.6f} {job_return.cfg.seed}\\n")

    def on_multirun_end(self, config, **kwargs):
        with open("calls.txt", "a") as file:
            file.write("all\\n")
"""


def test_callbacks_hear_of_every_job(nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "recorder_of_jobs.py").write_text(CALLBACK, "utf-8")
    monkeypatch.syspath_prepend(str(place))
    done = nnrun("-m", *QUICK, "seed=0,1", "+hydra.callbacks.own._target_=recorder_of_jobs.Recorder")
    assert done.status == 0, done.err
    values = [f"{float(row['objective']):.6f}" for row in rows(root_of(done))]
    assert (place / "calls.txt").read_text("utf-8").splitlines() == [
        "start 0 0",
        "start 1 1",
        f"end 0 {values[0]} 0",
        f"end 1 {values[1]} 1",
        "all",
    ]


def test_a_job_that_wants_its_own_directory_runs_alone(nnrun: Command) -> None:
    done = nnrun("-m", *QUICK, "seed=0,1", "hydra.job.chdir=true")
    assert done.status == 0, done.err
    assert {row["status"] for row in rows(root_of(done))} == {"completed"}


def test_two_sweeps_of_one_second_have_directories_of_their_own(nnrun: Command) -> None:
    made = {root_of(nnrun("-m", *QUICK, "seed=0,1", "hydra.sweep.dir=sweeps/here")) for _ in range(2)}
    assert made == {Path("sweeps/here"), Path("sweeps/here-2")}


def test_a_diverged_run_counts_as_worst(nnrun: Command) -> None:
    done = nnrun("-m", "epochs=20", *QUICK[1:], "optim.lr=0.1,1e9")
    assert done.status == 0
    assert [row["status"] for row in rows(root_of(done))] == ["completed", "diverged"]
    assert summary(root_of(done))["best_run"]["job"] == 0


@pytest.mark.parametrize(("wanted", "drawn"), [("all", 12), ("best", 10), ("none", 0)])
def test_pictures_are_left_by_as_many_runs_as_asked_for(nnrun: Command, wanted: str, drawn: int) -> None:
    done = nnrun("-m", "epochs=3", "seed=0..11", f"sweep.plots={wanted}", "sweep.report=false")
    sweep = root_of(done)
    assert len(list(sweep.glob("*/fit.png"))) == len(list(sweep.glob("*/curves.png"))) == drawn
    assert (sweep / "sweep.png").is_file()
    assert (sweep / "fits.png").is_file()


def test_results_can_be_read_by_one_line_of_code(nnrun: Command) -> None:
    done = nnrun("-m", *QUICK, "optim.lr=0.1,0.5", "seed=0,1")
    sweep = root_of(done)
    with (sweep / "curves.csv").open(encoding="utf-8", newline="") as file:
        curves = list(csv.DictReader(file))
    assert len(curves) == 12
    assert curves[0].keys() >= {"job", "optim.lr", "seed", "epoch", "train/loss"}
    assert summary(sweep)["counts"] == {"completed": 4}


# Signals ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("launcher", ["vectorized", "basic"])
def test_a_sweep_that_is_interrupted_ends_with_its_answer(place: Path, launcher: str) -> None:
    arguments = ["-m", "epochs=200000", *QUICK[1:], "seed=0..3", "metrics=[]", "optim.lr=0.01"]
    process = subprocess.Popen(
        [sys.executable, "-m", "nnrun", *arguments, f"hydra/launcher={launcher}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    for _ in range(600):
        started = list((place / "outputs").glob("*/*_sweep/0/metrics.csv"))
        if started and started[0].stat().st_size > 100:
            break
        time.sleep(0.1)
    assert is_locked(started[0].parent)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGINT, err
    assert "Traceback" not in err
    found = [row["status"] for row in rows(Path(out.strip()))]
    assert found == (
        ["interrupted"] * 4 if launcher == "vectorized" else ["interrupted", *["not started"] * 3]
    )
    assert not is_locked(started[0].parent)


# What a stranger tried --------------------------------------------------------------------------------


def test_a_range_of_one_value_is_a_value_in_commands(nnrun: Command) -> None:
    done = nnrun("-m", *QUICK, "seed=3..3", "optim.lr=0.1,0.2")
    command = summary(root_of(done))["best_run"]["command"]
    assert "seed=3" in command.split()
    assert nnrun(*command.split()[1:]).status == 0
    assert "seed=3 " in summary(root_of(done) / "0")["command"] + " "


@pytest.mark.parametrize("swept", ["sweep.dry_run=true,false", "sweep.plots=all,none", "output=a,b"])
def test_what_belongs_to_the_whole_sweep_is_not_swept(nnrun: Command, place: Path, swept: str) -> None:
    done = nnrun("-m", *QUICK, swept)
    assert done.status == 2
    assert "belongs to the sweep as a whole; give it one value" in done.err
    assert nothing_made(place)


def test_a_sweep_over_presets_that_are_sweeps_records_commands_of_single_runs(nnrun: Command) -> None:
    done = nnrun("-m", *QUICK, "experiment=lucky_seeds,quadratic_fit", "hydra.sweeper.params=null")
    for number in range(2):
        command = summary(root_of(done) / str(number))["command"]
        assert nnrun(*command.split()[1:]).status == 0


def test_members_record_the_versions_that_a_lone_run_records(nnrun: Command) -> None:
    arguments = (*QUICK, "engine=autograd", "seed=0")
    done = nnrun("-m", *arguments, "optim.lr=0.1,0.2")
    assert summary(root_of(done) / "0")["versions"].keys() == nnrun(*arguments).summary["versions"].keys()


@pytest.mark.parametrize("name", ["write_bytes", "touch"])
def test_a_disk_that_is_full_before_training_is_a_line_and_not_a_traceback(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def full(self: Path, *given: Any, **named: Any) -> None:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, name, full)
    done = nnrun("-m", *QUICK, "seed=0,1")
    assert done.status == 3
    assert "disk full" in done.err


def test_an_interruption_leaves_pictures_undrawn_and_the_answer_whole(place: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "nnrun", "-m", "seed=0..59", "epochs=5", "optim.lr=0.1,0.2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    for _ in range(1200):
        if len(list(place.glob("outputs/*/*_sweep/*/fit.png"))) >= 3:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGTERM, err
    assert "interrupted" in err
    sweep = Path(out.strip())
    assert len(list(sweep.glob("*/fit.png"))) < 120
    assert summary(sweep)["jobs"] == 120
    assert (sweep / "curves.csv").is_file()


def test_launchers_and_sweepers_that_are_not_there_are_named(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = nnrun("-m", "hydra/sweeper=optnua", "seed=0,1")
    assert (done.status, "did you mean 'optuna'? choices: basic, optuna" in done.err) == (2, True)
    monkeypatch.setitem(composing.SWEEPERS, "ray", "hydra-ray-launcher")
    done = nnrun("-m", "hydra/launcher=ray", "seed=0,1")
    assert "hydra/launcher=ray: it is not installed here; install it with: pip install hydra-ray" in done.err
