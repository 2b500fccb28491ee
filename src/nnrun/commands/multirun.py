"""Several runs from one command line: Hydra's multirun, each job an ordinary run of nnrun."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nnrun.commands.console import Console
from nnrun.commands.train import Request, preload, run_in
from nnrun.interruption import Interruption

if TYPE_CHECKING:
    from omegaconf import DictConfig


def multirun(request: Request, console: Console) -> int:
    """Trains every combination, one after the other.

    Raises:
        NnrunError: a job is bad input, or failed.
    """
    from hydra.core.hydra_config import HydraConfig

    from nnrun.composing import Composer, explaining
    from nnrun.config import bind
    from nnrun.plots.process import DrawingProcess
    from nnrun.runs.claiming import link_latest

    interruption = Interruption()

    def task(config: DictConfig) -> float | None:
        if interruption:
            return None
        binding = bind(config, request.typed)
        preload(binding.spec.engine)
        directory = Path(HydraConfig.get().runtime.output_dir)
        link_latest(Path(binding.spec.settings.output), Path(HydraConfig.get().sweep.dir))
        drawing = DrawingProcess.start()
        try:
            summary = run_in(directory, binding, request, console, drawing, interruption)
        finally:
            drawing.cancel()
        value: float | None = summary["objective"]["value"]
        return value

    with Composer(request.config_dir, request.config_name) as composer, explaining(), interruption:
        composer.hydra.multirun(request.config_name, task, list(request.overrides))
    return 0 if interruption.signal is None else 128 + interruption.signal
