"""Where OmegaConf ends: a composed configuration is checked and becomes a `Spec`."""

from nnrun.config.binding import REGISTRIES, Binding, bind, bind_settings

__all__ = ["REGISTRIES", "Binding", "bind", "bind_settings"]
