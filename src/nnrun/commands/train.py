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
from nnrun.errors import BadInput
from nnrun.interruption import Interruption

if TYPE_CHECKING:
    from omegaconf import DictConfig

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
    from nnrun.composing import Composer
    from nnrun.config import bind
    from nnrun.experiment.logs import logging_to
    from nnrun.runs.claiming import unless_begun
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
            directory = _claimed(config, binding)
            with explaining(directory), unless_begun(directory, SUMMARY):
                job = _job(directory, _entered(directory, config, binding), binding, request)
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


def _claimed(config: DictConfig, binding: Binding) -> Path:
    """A new directory for this run."""
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    from nnrun.runs.claiming import claim, slug

    settings = binding.spec.settings
    try:
        wanted = Path(str(config.hydra.run.dir))
    except OmegaConfBaseException as error:
        raise BadInput(f"hydra.run.dir: {str(error).splitlines()[0]}") from error
    if wanted.name in ("", ".."):
        raise BadInput(f"hydra.run.dir={wanted}: is no name for a new directory; write hydra.run.dir=DIR")
    given = any("hydra.run.dir" in text for text in config.hydra.overrides.hydra)
    if not given:
        name = OmegaConf.to_container(config, resolve=False)["name"]  # type: ignore[call-overload, index]
        title = f"{binding.source.name}-{binding.network.name}" if settings.name is None else str(name)
        wanted = wanted.with_name(f"{wanted.name}_{slug(title)}")
    return claim(wanted)


def _entered(directory: Path, config: DictConfig, binding: Binding) -> str:
    """Enters a directory in Hydra's configuration, and that in the directory, which is then the latest.

    Hydra will write the configuration too, but only after a while in which the process may be killed:
    nobody could go on with a run of which nothing is known.

    Returns:
        The moment of the claim.
    """
    from omegaconf import open_dict, read_write

    from nnrun.config.saved import CONFIG
    from nnrun.config.written import application, dumped
    from nnrun.runs.claiming import link_latest, next_claim

    with read_write(config), open_dict(config):
        config.hydra.run.dir = str(directory)
        for key in binding.leftovers:
            group, _, name = key.partition(".")
            del config[group][name]
    if config.hydra.output_subdir == CONFIG.parent.name:
        (directory / CONFIG).parent.mkdir()
        texts = {"overrides.yaml": dumped(config.hydra.overrides.task), CONFIG.name: application(config)}
        for name, text in texts.items():
            (directory / CONFIG).with_name(name).write_bytes(text.encode("utf-8", "backslashreplace"))
    root = Path(binding.spec.settings.output)
    moment = next_claim(root)
    link_latest(root, directory)
    return moment
