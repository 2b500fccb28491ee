"""A job that was refused, recorded as a failed run, so that the sweep's results have a place for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nnrun.config.written import yaml_text
from nnrun.experiment.summary import SCHEMA
from nnrun.runs.files import explaining, write_atomically
from nnrun.runs.moments import now
from nnrun.runs.writing import METRICS, write_summary


def record_invalid(directory: Path, problems: Sequence[str], lines: Sequence[str], command: str) -> str:
    """Leaves a summary with the status `failed`, a metrics.csv without rows, and the overrides.

    Args:
        directory: of the run.
        problems: what is wrong with it.
        lines: its overrides.
        command: what would train it alone.

    Returns:
        The problems as one line.
    """
    error = "; ".join(problems)
    summary: dict[str, Any] = {
        "schema": SCHEMA,
        "status": "failed",
        "error": error,
        "command": command,
        "started": now(),
        "finished": now(),
    }
    hydra = directory / ".hydra"
    with explaining(hydra):
        hydra.mkdir(exist_ok=True)
    write_atomically(hydra / "overrides.yaml", yaml_text(list(lines)).encode(), sync=False)
    write_atomically(directory / METRICS, b"epoch,step,lr,train/loss,seconds\n", sync=False)
    write_summary(directory, summary, sync=False)
    return error
