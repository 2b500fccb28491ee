"""What Hydra is told of a job that has ended, as its own launchers would tell it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from hydra.core.utils import JobReturn, JobStatus
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from nnrun.errors import NnrunError
from nnrun.sweep.planning import Planned


def returned(planned: Planned, result: float | NnrunError, task_name: str) -> JobReturn:
    """What Hydra's sweepers look at; without the configurations, of which ten thousand would stay.

    Args:
        planned: the job.
        result: its objective, or why it failed.
        task_name: of Hydra's job.
    """
    failed = isinstance(result, NnrunError)
    returns = _Returned(
        overrides=list(planned.lines),
        working_dir=str(Path.cwd()),
        task_name=task_name,
        status=JobStatus.FAILED if failed else JobStatus.COMPLETED,
    )
    returns.return_value = result
    return returns


def parted(config: DictConfig) -> tuple[DictConfig, DictConfig]:
    """The application's configuration, and the `hydra` node in one of its own."""
    application = copy.deepcopy(config)
    with read_write(application), open_dict(application):
        hydra = application.pop("hydra")
    return application, OmegaConf.create({"hydra": hydra})


class _Returned(JobReturn):
    """Raises a failure without announcing it: the sweep will say so, once."""

    @property
    def return_value(self) -> Any:
        """The objective.

        Raises:
            NnrunError: the job failed.
        """
        if self.status is JobStatus.FAILED:
            raise self._return_value
        return self._return_value

    @return_value.setter
    def return_value(self, value: Any) -> None:
        self._return_value = value
