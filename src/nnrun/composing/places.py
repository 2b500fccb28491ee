"""Where configuration files come from: nnrun's own, the user's directories, checked, and registered parts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml
from hydra._internal.utils import create_config_search_path
from hydra.core.config_search_path import ConfigSearchPath, SearchPathQuery

from nnrun.config import REGISTRIES
from nnrun.errors import BadInput
from nnrun.plugins import primary, source
from nnrun.plugins.naming import own_names
from nnrun.plugins.trust import allow
from nnrun.shipped import config_directory


def check_files(directory: Path) -> None:
    """Reads every YAML file of a user's configuration directory; the code that it names may be executed.

    Raises:
        BadInput: naming file and line of whatever cannot be read, empty files among it.
    """
    from omegaconf._utils import get_yaml_loader

    if not directory.is_dir():
        raise BadInput(f"--config-dir {directory}: there is no such directory")
    problems = []
    for path in sorted(directory.rglob("*.yaml")):
        try:
            text = path.read_text("utf-8")
            if not text.strip():
                problems.append(f"{path}: is empty; delete it, or write key: value lines")
                continue
            allow(name.path for name in own_names(yaml.load(text, Loader=get_yaml_loader())))
        except UnicodeDecodeError as error:
            line = path.read_bytes()[: error.start].count(b"\n") + 1
            problems.append(f"{path}:{line}: is not UTF-8 text; save it as UTF-8")
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            problems.append(f"{path}:{line}: {_first_line(error.problem or 'cannot be read')}")
        except (yaml.YAMLError, OSError) as error:
            problems.append(f"{path}: {_first_line(str(error))}")
    if problems:
        raise BadInput(problems)


def search_path(directories: Sequence[Path]) -> ConfigSearchPath:
    """Where Hydra looks: `directories` first, then nnrun's own files and the parts without any."""
    path = create_config_search_path(str(config_directory()))
    path.append("nnrun", source.place(REGISTRIES), anchor=SearchPathQuery(provider="main"))
    for directory in directories:
        place = f"file://{directory.absolute()}"
        path.prepend(provider="command-line", path=place, anchor=SearchPathQuery(provider="main"))
    primary_place = primary.place(directories)
    if primary_place is not None:
        path.prepend(provider="nnrun", path=primary_place)
    return path


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "cannot be read"
