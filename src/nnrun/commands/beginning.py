"""The directory of a new run: its name, and what is known of the run from its first moment on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from omegaconf import DictConfig, open_dict, read_write
from omegaconf.errors import OmegaConfBaseException

from nnrun.config import Binding
from nnrun.config.saved import CONFIG
from nnrun.config.written import application, container, dumped
from nnrun.errors import BadInput
from nnrun.runs.claiming import link_latest, next_claim, slug


def wanted_place(config: DictConfig, binding: Binding) -> Path:
    """The directory that a new run would have, were it free.

    Raises:
        BadInput: `hydra.run.dir` names none.
    """
    settings = binding.spec.settings
    try:
        wanted = Path(str(config.hydra.run.dir))
    except OmegaConfBaseException as error:
        raise BadInput(f"hydra.run.dir: {str(error).splitlines()[0]}") from error
    if wanted.name in ("", ".."):
        raise BadInput(f"hydra.run.dir={wanted}: is no name for a new directory; write hydra.run.dir=DIR")
    given = any("hydra.run.dir" in text for text in config.hydra.overrides.hydra)
    if not given:
        # As it stands: what it takes from the environment is not to be in the directory's name.
        name = str(container(config._get_node("name")))
        title = f"{binding.source.name}-{binding.network.name}" if settings.name is None else name
        wanted = wanted.with_name(f"{wanted.name}_{slug(title)}")
    return wanted


def first_files(config: DictConfig, binding: Binding) -> dict[Path, bytes]:
    """Path in the directory -> content of what it takes to start a run over; none where Hydra saves nothing.

    Keys that mean nothing in this configuration are taken out of it first.
    """
    with read_write(config), open_dict(config):
        for key in binding.leftovers:
            group, _, name = key.partition(".")
            del config[group][name]
    if config.hydra.output_subdir != CONFIG.parent.name:
        return {}
    texts = {"overrides.yaml": dumped(config.hydra.overrides.task), CONFIG.name: application(config)}
    return {CONFIG.with_name(name): text.encode("utf-8", "backslashreplace") for name, text in texts.items()}


def enter(directory: Path, files: Mapping[Path, bytes], config: DictConfig, root: Path) -> str:
    """Makes a directory just claimed a run's, and the latest of its output root.

    Hydra writes the files too, but only after a while in which the process may be killed: nobody could go on
    with a run of which nothing is known.

    Returns:
        The moment of the claim.

    Raises:
        OSError: the disk is in the way.
    """
    for path, content in files.items():
        (directory / path).parent.mkdir(exist_ok=True)
        (directory / path).write_bytes(content)
    moment = next_claim(root)
    link_latest(root, directory)
    with read_write(config), open_dict(config):
        config.hydra.run.dir = str(directory)
    return moment
