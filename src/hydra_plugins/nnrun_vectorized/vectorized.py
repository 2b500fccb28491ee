"""The launcher `vectorized`: nnrun's own jobs train as populations, those of other programs one by one.

Hydra imports this at every start of every program, so it imports nothing heavy; and it executes it outside
`sys.modules`, where a dataclass cannot look up annotations that are texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hydra._internal.core_plugins.basic_launcher import BasicLauncher
from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn


@dataclass
class VectorizedLauncherConf:
    """The launcher's configuration: how to make one; what it obeys stands below `sweep`."""

    _target_: str = "hydra_plugins.nnrun_vectorized.vectorized.VectorizedLauncher"


ConfigStore.instance().store(
    group="hydra/launcher", name="vectorized", node=VectorizedLauncherConf, provider="nnrun"
)


class VectorizedLauncher(BasicLauncher):
    """Trains jobs of equal shape as one population."""

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Runs a batch of jobs.

        Args:
            job_overrides: of each job.
            initial_job_idx: number of the first one.
        """
        if type(self.task_function).__module__ != "nnrun.sweep.task":
            return super().launch(job_overrides, initial_job_idx)
        from nnrun.sweep.launching import launch
        from nnrun.sweep.task import TrainingTask

        assert isinstance(self.task_function, TrainingTask)
        assert self.hydra_context is not None
        assert self.config is not None
        return launch(self.hydra_context, self.task_function, self.config, job_overrides, initial_job_idx)
