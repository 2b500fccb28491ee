"""Specs and directories in, trained and recorded runs out."""

from nnrun.experiment.jobs import run_lone, run_members
from nnrun.experiment.recording import Job, Outcome

__all__ = ["Job", "Outcome", "run_lone", "run_members"]
