"""Presets beside parts that were chosen instead of theirs."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from omegaconf import DictConfig, OmegaConf, open_dict


def forget_preset(
    config: DictConfig, loader: ConfigLoaderImpl, chosen: Mapping[str, str], typed: Collection[str] = ()
) -> None:
    """Gives parts that were chosen beside a preset their own values: the preset's were for other parts.

    Args:
        config: composed.
        loader: reads the parts' own files.
        chosen: group -> part.
        typed: keys with a value of the user's, which stay.
    """
    for group, name in chosen.items():
        loaded = loader.repository.load_config(f"{group}/{name}")
        if loaded is None:
            continue
        own = OmegaConf.to_container(loaded.config, resolve=False)
        assert isinstance(own, dict)
        node = config[group]
        with open_dict(node):
            for key in [key for key in node if f"{group}.{key}" not in typed]:
                if key in own:
                    node[key] = own[key]
                else:
                    del node[key]
