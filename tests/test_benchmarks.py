"""Every benchmark of time runs in its quick mode and reports a ratio for each claim; none is asserted."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.campaign

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
CLAIMS = {
    "single_run": {"process": 3, "step": 4, "epoch": 4},
    "records": {"all": 3},
    "reliability": {"run": 1, "sweep": 1},
    "sweep": {"whole": 5, "training": 2, "many": 1, "images": 1},
}


@pytest.mark.parametrize(
    ("benchmark", "group"), [(name, group) for name, groups in CLAIMS.items() for group in groups]
)
def test_a_benchmark_measures_every_claim_in_quick_mode(benchmark: str, group: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = [sys.executable, str(BENCHMARKS / f"{benchmark}.py"), "--quick", f"--only={group}"]
    done = subprocess.run([*command, f"--json={report}"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    about, head, *rows = done.stdout.splitlines()
    assert "cores" in about
    assert "torch" in about
    assert head.split() == ["claim", "nnrun", "peer", "ratio", "target", "met"]
    assert len(rows) == CLAIMS[benchmark][group]
    assert all(re.search(r" \d+\.\d\d +\d+\.\d\d +(yes|NO)$", row) for row in rows), rows
    claims = json.loads(report.read_text("utf-8"))["claims"]
    assert [claim["claim"] in row for claim, row in zip(claims, rows, strict=True)] == [True] * len(rows)
    assert all(claim["ratio"] > 0 for claim in claims)


def test_the_cost_of_verdicts_is_measured_in_quick_mode(tmp_path: Path) -> None:
    command = [sys.executable, str(BENCHMARKS / "teaching.py"), "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"without: \d\.\d{3} \(at most 1\.02\), median of 2 pairs", done.stdout)


def test_drawing_at_once_is_measured_beside_figures(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    words = ["--runs=2", "--pairs=1", f"--json={report}"]
    command = [sys.executable, str(BENCHMARKS / "drawing.py"), *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "dot for dot: yes" in done.stdout
    assert len(json.loads(report.read_text("utf-8"))["claims"]) == 3


def test_where_the_time_of_a_sweep_goes_is_shown_in_quick_mode(tmp_path: Path) -> None:
    command = [sys.executable, str(BENCHMARKS / "sweep.py"), "--quick", "--phases"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    seconds = [float(line.split()[0]) for line in done.stdout.splitlines() if " s  " in line]
    assert sum(seconds[:-1]) == pytest.approx(seconds[-1], abs=0.1)


def test_every_benchmark_of_time_is_tried_here() -> None:
    texts = {path.stem: path.read_text("utf-8") for path in BENCHMARKS.glob("*.py")}
    timing = {name for name, text in texts.items() if "from measuring" in text and "--quick" in text}
    assert timing == {*CLAIMS, "teaching", "crash"}
