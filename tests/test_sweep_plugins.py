"""Other people's launchers and sweepers: the same runs, the same kind of answer."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from conftest import Command, sampled
from nnrun.runs.checkpoints import CHECKPOINT

COMMON = ("-m", "epochs=3", "sweep.plots=none", "sweep.report=false", "engine=manual")


def rows(sweep: Path) -> list[dict[str, str]]:
    with (sweep / "results.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_joblibs_processes_leave_the_runs_that_a_population_leaves(
    nnrun: Command, nnrun_process: Command
) -> None:
    arguments = (*COMMON, "optim.lr=0.1,0.5", "seed=0,1")
    done = nnrun_process(*arguments, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
    assert done.status == 0, done.err
    assert "Traceback" not in done.err
    other = nnrun(*arguments)
    one, two = (Path(run.out.strip().splitlines()[-1]) for run in (done, other))
    assert [row["objective"] for row in rows(one)] == [row["objective"] for row in rows(two)]
    for number in range(4):
        ours, theirs = (sweep / str(number) for sweep in (one, two))
        # A population keeps one checkpoint for all its members.
        assert {path.name for path in ours.iterdir()} ^ {path.name for path in theirs.iterdir()} == {
            CHECKPOINT
        }
        assert (ours / "model.safetensors").read_bytes() == (theirs / "model.safetensors").read_bytes()
    assert (one / "sweep.png").is_file()


@pytest.mark.parametrize("jobs", sampled([4, 1]))
def test_optuna_searches_with_populations_of_as_many_as_it_asks_for(
    nnrun_process: Command, jobs: int
) -> None:
    done = nnrun_process(
        *COMMON,
        "optim.lr=interval(0.01,3)",
        "hydra/sweeper=optuna",
        "hydra.sweeper.n_trials=8",
        f"hydra.sweeper.n_jobs={jobs}",
        "hydra/sweeper/sampler=random",
    )
    assert done.status == 0, done.err
    assert "Traceback" not in done.err
    sweep = Path(done.out.strip().splitlines()[-1])
    found = rows(sweep)
    assert len(found) == 8
    assert len({row["optim.lr"] for row in found}) == 8
    assert (sweep / "optimization_results.yaml").is_file()
    assert (sweep / "sweep.png").is_file()


def test_a_search_survives_runs_that_diverge(nnrun_process: Command) -> None:
    done = nnrun_process(
        *COMMON,
        "plots.save=false",
        "optim.lr=choice(0.1,1e30)",
        "hydra/sweeper=optuna",
        "hydra.sweeper.n_trials=4",
        "hydra/sweeper/sampler=random",
    )
    assert done.status == 0, done.err
    assert {row["status"] for row in rows(Path(done.out.strip().splitlines()[-1]))} <= {
        "completed",
        "diverged",
    }
