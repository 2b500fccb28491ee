"""The campaigns of benchmarks/crash.py, a little of each: nothing is lost, nothing is corrupt."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CRASH = Path(__file__).parents[1] / "benchmarks" / "crash.py"


@pytest.mark.campaign
@pytest.mark.parametrize("campaign", ["killed", "failing"])
def test_nothing_is_lost_in_a_few_kills_and_faults(campaign: str, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, str(CRASH), "--quick", f"--only={campaign}", f"--json={figures}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(figures.read_text("utf-8"))[campaign]
    assert found["wrong"] == {}
    assert found["done"]["kills" if campaign == "killed" else "faults"] >= 3
