"""Which overrides shape a composition, and how the others, which are values, enter it."""

from __future__ import annotations

from collections.abc import Sequence

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import IConfigRepository
from hydra.core.override_parser.types import Override
from hydra.errors import ConfigCompositionException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException


class Shaping:
    """Tells choices of groups, and packages, from values; remembers what is a group.

    Args:
        repository: where groups are looked up.
    """

    def __init__(self, repository: IConfigRepository) -> None:
        self._repository = repository
        self._groups: dict[str, bool] = {}

    def __call__(self, override: Override) -> bool:
        """Whether `override` decides which files make up the composition."""
        if override.package is not None:
            return True
        if isinstance(override.value(), dict):
            return False
        key = override.key_or_group
        if key not in self._groups:
            self._groups[key] = self._repository.group_exists(key)
        return self._groups[key]


def enter_values(values: Sequence[Override], config: DictConfig) -> None:
    """Applies overrides that shape nothing to a composition, by the function that Hydra itself uses.

    Raises:
        ConfigCompositionException: one does not fit; its cause is OmegaConf's own error.
    """
    try:
        ConfigLoaderImpl._apply_overrides_to_config(list(values), config)
    except OmegaConfBaseException as error:
        raise ConfigCompositionException() from error
