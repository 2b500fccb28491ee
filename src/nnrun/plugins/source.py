"""Where Hydra finds the configuration of parts that have no file: written from their own keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigLoadError, ConfigResult, ConfigSource
from omegaconf import OmegaConf

from nnrun.registry import Registry

SCHEME = "nnrun-parts"
"""Of the place in Hydra's search path."""


class GrouplessSource(ConfigSource):
    """A place that is always there, and has single configurations beside the groups of the files."""

    def available(self) -> bool:
        """Always."""
        return True

    def is_group(self, config_path: str) -> bool:
        """None of its own: the files have all of them."""
        return False

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """Nothing beside the files."""
        return []


class PartsSource(GrouplessSource):
    """One configuration `GROUP/NAME` for every entry of a registry: its name and the defaults of its keys.

    It comes last in the search path, so that a file says more than this.
    """

    registries: Mapping[str, Registry[Any]] = {}

    @staticmethod
    def scheme() -> str:
        """What stands before `://` in a search path."""
        return SCHEME

    def is_config(self, config_path: str) -> bool:
        """Whether a registry has the entry; of a part of one's own, whether its file may be executed."""
        group, _, name = self._parted(config_path)
        return group in self.registries and bool(name) and name in self.registries[group]

    def load_config(self, config_path: str) -> ConfigResult:
        """Its name and what its keys are where nothing is said."""
        group, _, name = self._parted(config_path)
        if group not in self.registries:
            raise ConfigLoadError(f"no configuration {config_path}")
        parameters = self.registries[group][name].parameters.values()
        defaults = {p.name: _plain(p.default) for p in parameters if not p.required}
        return ConfigResult(
            config=OmegaConf.create({"name": name, **defaults}),
            path=f"{SCHEME}://",
            provider=self.provider,
            header={"package": None},
        )

    @staticmethod
    def _parted(config_path: str) -> tuple[str, str, str]:
        group, slash, name = config_path.partition("/")
        return group, slash, name.removesuffix(".yaml")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def place(registries: Mapping[str, Registry[Any]]) -> str:
    """Lets Hydra look there; returns what to add to its search path."""
    PartsSource.registries = registries
    SourcesRegistry.instance().register(PartsSource)
    return f"{SCHEME}://"
