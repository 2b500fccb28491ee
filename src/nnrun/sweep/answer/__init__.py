"""The answer that a sweep ends with: settings ranked, tables on disk, the commands to go on with."""

from __future__ import annotations

from nnrun.sweep.answer.answer import Answer, answer, judged, write
from nnrun.sweep.answer.edges import Edge
from nnrun.sweep.answer.jobs import Sweep, SweptJob
from nnrun.sweep.answer.ranking import Ranking, Setting
from nnrun.sweep.answer.results import NOT_STARTED, Problem, Result

__all__ = [
    "NOT_STARTED",
    "Answer",
    "Edge",
    "Problem",
    "Ranking",
    "Result",
    "Setting",
    "Sweep",
    "SweptJob",
    "answer",
    "judged",
    "write",
]
