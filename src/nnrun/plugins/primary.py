"""Where Hydra finds config.yaml when a user's own changes some keys of nnrun's and does not replace it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from hydra._internal.sources_registry import SourcesRegistry
from hydra.plugins.config_source import ConfigResult
from omegaconf import OmegaConf
from omegaconf._utils import get_yaml_loader

from nnrun.plugins.declaring import CONFIG
from nnrun.plugins.source import GrouplessSource
from nnrun.shipped import config_directory

SCHEME = "nnrun-config"
"""Of the place in Hydra's search path."""


class PrimarySource(GrouplessSource):
    """nnrun's config.yaml, in which a part or a value stands as the user's own files have it.

    It comes first in the search path. Presets and the command line still have the last word, because what
    the user changes stands where nnrun's own values stand.
    """

    @staticmethod
    def scheme() -> str:
        """What stands before `://` in a search path."""
        return SCHEME

    def is_config(self, config_path: str) -> bool:
        """There is only one."""
        return self._normalize_file_name(config_path) == CONFIG

    def load_config(self, config_path: str) -> ConfigResult:
        """nnrun's own with the changes of each directory, the last one's counting most."""
        content = _read(config_directory())
        for directory in self.path.split(os.pathsep):
            content = changed(content, _read(Path(directory)))
        return ConfigResult(
            config=OmegaConf.create(content),
            path=f"{SCHEME}://{self.path}",
            provider=self.provider,
            header={"package": None},
        )


def changed(content: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """A primary configuration with a user's keys: names of parts go to the defaults list, all else is merged.

    Args:
        content: nnrun's.
        own: top-level keys; `optim: adam` picks a part, `optim: {lr: 0.3}` changes a value of the picked one.
    """
    names = {key: value for key, value in own.items() if value is None or isinstance(value, str)}
    picked = {key: name for key, name in names.items() if _is_picked(content, key)}
    entries = [
        {group: picked.get(group, name) for group, name in entry.items()}
        if isinstance(entry, dict)
        else entry
        for entry in content["defaults"]
    ]
    values = {key: value for key, value in own.items() if key not in picked}
    return {**_merged(content, values), "defaults": entries}


def _is_picked(content: Mapping[str, Any], key: str) -> bool:
    return any(isinstance(entry, dict) and key in entry for entry in content["defaults"])


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        known = merged.get(key)
        merged[key] = _merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged


def _read(directory: Path) -> dict[str, Any]:
    content = yaml.load((directory / CONFIG).read_text("utf-8"), Loader=get_yaml_loader())
    return content if isinstance(content, dict) else {}


def place(directories: Sequence[Path]) -> str | None:
    """Lets Hydra look there; returns what stands first in its search path, None where nnrun's own will do.

    Args:
        directories: of configuration, the one that counts most first; a config.yaml with a defaults list of
            its own replaces nnrun's, and all below it, as Hydra has it.
    """
    extending = []
    for directory in directories:
        if (directory / CONFIG).is_file():
            if "defaults" in _read(directory):
                break
            extending.append(str(directory.absolute()))
    else:
        if extending:
            SourcesRegistry.instance().register(PrimarySource)
            return f"{SCHEME}://{os.pathsep.join(reversed(extending))}"
    return None
