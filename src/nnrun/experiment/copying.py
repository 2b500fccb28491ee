"""A run that another run has trained already: its files, under its own name."""

from __future__ import annotations

import shutil
from typing import Any

from nnrun.experiment.recording import Job, Outcome
from nnrun.runs.files import explaining
from nnrun.runs.writing import METRICS, PLOTS, WEIGHTS, write_summary


def copy_run(job: Job, trained: Outcome) -> Outcome:
    """Fills the directory of `job` from a finished run of the same spec, settings aside."""
    settings = job.spec.settings
    own: dict[str, Any] = {
        "name": settings.name,
        "tags": list(settings.tags),
        "command": job.origin.command,
        "same_as": trained.directory.name,
    }
    for name in (METRICS, WEIGHTS, PLOTS):
        source = trained.directory / name
        if source.exists():
            with explaining(job.directory / name):
                shutil.copyfile(source, job.directory / name)
    summary = trained.summary | own
    write_summary(job.directory, summary, sync=False)
    return Outcome(job.directory, summary)
