"""The public surface: its names, its signatures, and that a type checker knows them."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import nnrun
from nnrun.api.comparing import Comparison
from nnrun.api.metrics import Metrics
from nnrun.api.runs import Run
from nnrun.api.sweeps import Sweep

NAMES = [
    "NnrunError",
    "Spec",
    "compare",
    "datasets",
    "devices",
    "load_run",
    "losses",
    "models",
    "optimizers",
    "run",
    "sweep",
]

SIGNATURES = {
    nnrun.run: "(*words: 'Word', quiet: 'bool | None' = None) -> 'Run'",
    nnrun.sweep: "(*words: 'Word', quiet: 'bool | None' = None) -> 'Sweep'",
    nnrun.load_run: (
        "(run: 'str | os.PathLike[str]', *, sweep: 'bool' = False, allow_code: 'bool' = False)"
        " -> 'Run | Sweep'"
    ),
    nnrun.compare: "(*runs: 'Named | Iterable[Named]', where: 'str | None' = None) -> 'Comparison'",
}

MEMBERS = {
    Run: ["config", "directory", "figure", "metrics", "model", "objective", "predict", "status", "summary"],
    Sweep: ["best", "count", "directory", "explore", "figure", "frame", "index", "summary"],
    Comparison: ["figure", "frame", "sentences"],
    Metrics: ["get", "items", "keys", "to_pandas", "values"],
}

PROGRAM = """\
from pathlib import Path

import numpy as np

import nnrun

run = nnrun.run("dataset=quadratic", {"optim.lr": 0.5, "seed": 3}, quiet=True)
losses: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]" = run.metrics["train/loss"]
print(float(losses[-1]), run.objective + 1, run.summary["status"], run.directory / "fit.png")
run.model.eval()
print(run.predict(np.zeros((3, 1))).shape, run.figure("fit").get_figwidth())
sweep = nnrun.sweep({"optim.lr": [0.1, 0.5], "seed": range(5)})
best: float = sweep.best.objective
print([each.status for each in sweep[:3]], len(sweep), sweep.figure("sweep"), sweep.explore())
whole = nnrun.load_run(Path("outputs/latest"), sweep=True)
one = nnrun.load_run("latest/best")
print(whole[0].config, one.metrics.to_pandas(), nnrun.compare(sweep, one, "latest").sentences)
network = nnrun.models.build("mlp", 2, 1, hidden=(5,))
print(network.size, nnrun.datasets.build("quadratic").samples, nnrun.devices.build("cpu").upper())
try:
    nnrun.run("optim.lr=-1")
except nnrun.NnrunError as error:
    print(error.lines, error.exit_status)
"""


def test_the_names_are_these() -> None:
    assert nnrun.__all__ == NAMES
    assert dir(nnrun) == sorted([*NAMES, "__version__"])
    assert all(getattr(nnrun, name).__doc__ for name in NAMES)
    with pytest.raises(AttributeError, match="module 'nnrun' has no attribute 'swep'"):
        _ = nnrun.swep  # type: ignore[attr-defined]


@pytest.mark.parametrize("function", SIGNATURES, ids=lambda function: str(function.__name__))
def test_the_signatures_are_these(function: object) -> None:
    assert callable(function)
    assert str(inspect.signature(function)) == SIGNATURES[function]


@pytest.mark.parametrize("kind", MEMBERS, ids=lambda kind: str(kind.__name__))
def test_the_members_are_these_and_documented(kind: type) -> None:
    names = [name for name in dir(kind) if not name.startswith("_")]
    assert names == MEMBERS[kind]
    own = [vars(kind)[name] for name in names if name in vars(kind)]
    assert all(inspect.getdoc(member) for member in own)


def test_importing_the_machinery_of_sweeps_does_not_hide_the_function() -> None:
    from nnrun.sweep.driving import prepared

    assert callable(prepared)
    assert inspect.isfunction(nnrun.sweep)


@pytest.mark.campaign
def test_a_type_checker_knows_it_all_and_finds_mistakes(tmp_path: Path) -> None:
    (tmp_path / "right.py").write_text(PROGRAM, "utf-8")
    (tmp_path / "wrong.py").write_text("import nnrun\n\nnnrun.run(3)\nprint(nnrun.sweep().bets)\n", "utf-8")
    files = ["right.py", "wrong.py"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), *files],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line.partition(" error:")[0] for line in done.stdout.splitlines() if " error: " in line]
    assert found == ["wrong.py:3:", "wrong.py:4:"], done.stdout
