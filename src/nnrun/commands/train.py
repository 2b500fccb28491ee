"""Training from the command line: overrides in, a run directory with its pictures out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from nnrun.arguments import command_line
from nnrun.commands.console import Console
from nnrun.commands.running import preload, run_in
from nnrun.interruption import Interruption

if TYPE_CHECKING:
    from nnrun.config import Binding
    from nnrun.experiment import Job
    from nnrun.plots.process import DrawingProcess


@dataclass(frozen=True)
class Request:
    """One training run as asked for.

    Attributes:
        argv: as typed.
        overrides: ready for Hydra.
        typed: key -> the argument as typed.
        config_dir: the user's own configuration directory.
        config_name: the primary configuration.
        zips: names of zips and their rows; see `Invocation`.
    """

    argv: Sequence[str]
    overrides: Sequence[str]
    typed: Mapping[str, str]
    config_dir: str | None = None
    config_name: str = "config"
    zips: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def flags(self) -> list[str]:
        """Hydra's flags that name the configuration, as another command would need them."""
        directory = [] if self.config_dir is None else ["--config-dir", self.config_dir]
        return [*directory, *([] if self.config_name == "config" else ["--config-name", self.config_name])]


def train(
    request: Request,
    console: Console,
    drawing: DrawingProcess,
    ended: Callable[[Path], None] = lambda directory: None,
    answered: Callable[[Path], None] = lambda directory: None,
    guest: bool = False,
) -> int | None:
    """Trains one run and says so.

    Args:
        request: what to train.
        console: where it is said.
        drawing: draws the pictures.
        ended: is shown the run's directory once all of it is there.
        answered: is shown the directory of a run that has trained the same, where that is not done again.
        guest: the process is somebody else's, whose logging and second Ctrl-C stay as they are.

    Returns:
        The signal that ended it early, if one did.

    Raises:
        NnrunError: see its exit statuses; for bad input, nothing was created.
    """
    from nnrun.commands.beginning import enter, first_files, wanted_place
    from nnrun.composing import Composer
    from nnrun.config import bind
    from nnrun.experiment.logs import logging_to
    from nnrun.runs.claiming import claim, unless_begun
    from nnrun.runs.files import explaining
    from nnrun.runs.writing import SUMMARY

    with Composer(request.config_dir, request.config_name) as composer:
        config = composer.compose(request.overrides, request.typed)
        binding = bind(config, request.typed)
        answer = _answer(binding)
        if answer is not None:
            console.path("done      ", answer)
            console.announce(answer)
            answered(answer)
            return None
        preload(binding.spec.engine)
        with Interruption(guest) as interruption:
            wanted, files = wanted_place(config, binding), first_files(config, binding)
            directory = claim(wanted)
            with explaining(directory), unless_begun(directory, SUMMARY):
                moment = enter(directory, files, config, Path(binding.spec.settings.output))
                job = _job(directory, moment, binding, request)
                with logging_to(directory) if guest else contextlib.nullcontext():
                    composer.job(
                        config, lambda: run_in(job, binding, console, drawing, interruption), not guest
                    )
            ended(directory)
            return interruption.signal


def _answer(binding: Binding) -> Path | None:
    """The run that has trained this already, where such are to be skipped."""
    settings = binding.spec.settings
    if not settings.sweep.skip_done:
        return None
    from nnrun.index import answered

    return answered(Path(settings.output)).get(binding.spec.config_hash)


def check(request: Request) -> None:
    """Composes and binds, and creates nothing.

    Raises:
        BadInput: with every problem.
    """
    from nnrun.composing import Composer
    from nnrun.config import bind

    with Composer(request.config_dir, request.config_name) as composer:
        bind(composer.compose(request.overrides, request.typed), request.typed)


def _job(directory: Path, claimed: str, binding: Binding, request: Request) -> Job:
    """The run to be, with the command that trains it and the moment when its directory was claimed."""
    from nnrun.experiment import Job
    from nnrun.experiment.provenance import provenance

    origin = provenance(command_line(["nnrun", *request.argv]), binding.spec.engine)
    return Job(binding.spec, binding.source, binding.network, directory, origin, {"claimed": claimed})
