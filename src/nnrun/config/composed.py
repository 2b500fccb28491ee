"""Compositions that are kept: what only choices of parts shape is composed once, and values enter copies."""

from __future__ import annotations

import copy
from pathlib import Path

from hydra import version
from hydra._internal.config_loader_impl import ConfigLoaderImpl, get_overrides_dirname
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from nnrun.config.shaping import Shaping, enter_values
from nnrun.shipped import config_directory

Key = tuple[object, ...]

MOST_KEPT = 64
"""Compositions kept; the oldest goes first."""

_of_shipped_files: dict[Key, DictConfig] = {}


class KeepingLoader(ConfigLoaderImpl):
    """Hydra's loader, which gives the same several times faster where only values differ from what it gave.

    Only choices of groups (and packages) shape a composition; everything else is applied to the composed
    configuration afterwards, by the function that Hydra itself applies it with. Overrides of `hydra.*` may
    shape anything, and a user's own parts may change: they go the long way.

    Args:
        path: where configuration is searched.
        lasting: nothing but shipped files is searched: compositions are kept for the process's whole life.
    """

    def __init__(self, path: ConfigSearchPath, lasting: bool) -> None:
        super().__init__(path)
        self._kept = _of_shipped_files if lasting else {}
        self._places = tuple(str(place.path) for place in path.get_path())
        self._shaping = Shaping(self.repository)

    def load_configuration(
        self,
        config_name: str | None,
        overrides: list[str],
        run_mode: RunMode,
        from_shell: bool = True,
        validate_sweep_overrides: bool = True,
    ) -> DictConfig:
        """As Hydra's, which see."""
        parsed = OverridesParser.create().parse_overrides(overrides)
        shaping = [override for override in parsed if self._shapes(override)]
        if not all(self._is_kept(override) for override in shaping):
            return super().load_configuration(
                config_name, overrides, run_mode, from_shell, validate_sweep_overrides
            )
        if validate_sweep_overrides:
            self.validate_sweep_overrides_legal(parsed, run_mode, from_shell)
        lines = tuple(override.input_line or "" for override in shaping)
        key = (self._places, version.getbase(), config_name, run_mode, lines)
        if key not in self._kept:
            found = super().load_configuration(config_name, list(lines), run_mode, from_shell, False)
            while len(self._kept) >= MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = found
        config = copy.deepcopy(self._kept[key])
        # Of `now`, which was then.
        OmegaConf.clear_cache(config)
        values = [o for o in parsed if o not in shaping and not o.is_sweep_override()]
        enter_values(values, config)
        _enter(config, [override for override in parsed if not override.is_hydra_override()])
        return config

    def _shapes(self, override: Override) -> bool:
        if override.is_hydra_override() or override.package is not None:
            return True
        return self._shaping(override) and not override.is_sweep_override()

    def _is_kept(self, override: Override) -> bool:
        """Whether it chooses what is shipped, for good."""
        if override.is_sweep_override() or override.key_or_group.startswith("hydra."):
            return False
        if override.is_hydra_override():
            return True
        name = override.value()
        shipped = config_directory() / override.key_or_group
        return isinstance(name, str) and name.isidentifier() and (shipped / f"{name}.yaml").is_file()


def _enter(config: DictConfig, overrides: list[Override]) -> None:
    """What a composition records of where and with which overrides it was made."""
    hydra = config.hydra
    hydra.runtime.cwd = str(Path.cwd())
    hydra.overrides.task = [override.input_line for override in overrides]
    naming = OmegaConf.to_container(hydra.job.config.override_dirname)
    hydra.job.override_dirname = get_overrides_dirname(overrides=overrides, **naming)  # type: ignore[arg-type]
