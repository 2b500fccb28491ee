"""Specs and directories in, trained and recorded runs out."""

from nnrun.experiment.jobs import Job, Outcome, run_lone, run_members

__all__ = ["Job", "Outcome", "run_lone", "run_members"]
