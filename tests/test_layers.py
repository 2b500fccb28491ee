"""The shape of the house: who may import whom, and what a start may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import saved_runs

SOURCE = Path(__file__).parent.parent / "src" / "nnrun"
LAYERS = (
    ("errors", "capacity", "characters", "words", "shipped", "arrays", "interruption"),
    ("expressions", "schema", "secrets", "seeding"),
    ("calculus", "registry"),
    ("spec",),
    ("datasets", "losses", "metrics", "optimizers", "schedules", "devices"),
    ("models",),
    ("engines", "memory", "own_pictures"),
    ("runs", "plugins"),
    ("verdicts", "filters", "index"),
    ("config", "training", "plots"),
    ("comparison", "composing", "experiment", "prediction", "report", "tracing"),
    ("arguments", "exporting"),
    ("completing",),
    ("sweep",),
    ("commands",),
    ("api",),
    ("cli",),
    ("__main__",),
)
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}


def unit_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_units(path: Path) -> set[str]:
    found: set[str] = set()
    tree = ast.parse(path.read_text("utf-8"))
    if path == SOURCE / "__init__.py":
        # What it tells type checkers of, it loads when that is asked for.
        tree.body = [node for node in tree.body if not isinstance(node, ast.If)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "nnrun":
            found |= {f"nnrun.{alias.name}" for alias in node.names if alias.name != "__version__"}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name.split(".")[1] for name in found if name.startswith("nnrun.")}


def test_every_module_has_a_layer_and_every_layer_a_module() -> None:
    units = {unit_of(path) for path in SOURCE.rglob("*.py")} - {"__init__"}
    assert units == set(RANK)


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_file_imports_only_from_layers_below_or_its_own_package(path: Path) -> None:
    own = unit_of(path)
    wrong = {
        other
        for other in imported_units(path)
        if other != own and (own == "__init__" or RANK[other] >= RANK[own])
    }
    assert not wrong


def loaded_by(arguments: list[str], directory: Path) -> set[str]:
    """The top-level packages that a run of nnrun has loaded when it is done."""
    program = (
        "import sys; from nnrun import cli; cli.run(sys.argv[1:]);"
        "print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=directory, capture_output=True, text=True, check=True
    )
    return set(done.stdout.rpartition("LOADED ")[2].split())


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_help_and_version_load_no_library_at_all(flag: str, tmp_path: Path) -> None:
    assert not loaded_by([flag], tmp_path) & {"torch", "matplotlib", "numpy", "hydra", "omegaconf", "rich"}


def test_bad_input_is_found_without_torch_and_matplotlib(tmp_path: Path) -> None:
    assert not loaded_by(["model.hidden=1000000x1000000", "optim.lr=-1"], tmp_path) & {"torch", "matplotlib"}


def test_the_manual_engine_never_loads_torch_and_draws_elsewhere(tmp_path: Path) -> None:
    loaded = loaded_by(["epochs=3", "engine=manual"], tmp_path)
    assert not loaded & {"torch", "matplotlib"}
    assert "numpy" in loaded


def test_the_autograd_engine_loads_torch_without_its_compiler(tmp_path: Path) -> None:
    program = (
        "import sys; from nnrun import cli; assert cli.run(sys.argv[1:]) == 0;"
        "print('LOADED', *(name in sys.modules for name in ('torch', 'torch._dynamo', 'sympy')))"
    )
    command = [sys.executable, "-c", program, "epochs=3", "engine=autograd"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.rpartition("LOADED ")[2].split() == ["True", "False", "False"]


@pytest.mark.parametrize(
    "arguments", [["list", "--jobs", "--where", "seed == 0"], ["show"], ["show", "--json"]], ids=" ".join
)
@pytest.mark.parametrize("save", [saved_runs.save, saved_runs.save_sweep], ids=["run", "sweep"])
def test_lists_and_pages_of_runs_load_neither_torch_nor_matplotlib(
    arguments: list[str], save: Callable[[Path], Path], tmp_path: Path
) -> None:
    save(tmp_path / "outputs" / "2026-11-21" / "10-30-15_x")
    assert not loaded_by(arguments, tmp_path) & {"torch", "matplotlib", "pandas", "rich"}


def test_importing_nnrun_loads_neither_torch_nor_matplotlib_nor_numpy() -> None:
    program = "import sys, nnrun; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"torch", "matplotlib", "numpy"} & set(done.stdout.split())
