"""A configuration as text: what OmegaConf writes, many times faster."""

from __future__ import annotations

from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf._utils import get_omega_conf_dumper


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # libyaml's, where it is
    """Writes what OmegaConf's own dumper writes."""


def _represented(dumper: Any, text: str) -> Any:
    """As OmegaConf does; what an old locale made of bytes, which libyaml cannot write, is spelled out."""
    return get_omega_conf_dumper().str_representer(dumper, text.encode("utf-8", "backslashreplace").decode())


_Dumper.add_representer(str, _represented)


def application(config: DictConfig) -> str:
    """What Hydra's `config.yaml` of a job has: all but the `hydra` node, interpolations as they stand."""
    nodes = config.__dict__["_content"].items()
    return yaml_text({key: container(node) for key, node in nodes if key != "hydra"})


def container(node: Any) -> Any:
    """A node as plain data, interpolations as they stand."""
    if OmegaConf.is_config(node):
        if node._is_none() or node._is_missing() or node._is_interpolation():
            return node._value()
        return OmegaConf.to_container(node, resolve=False, enum_to_str=True)
    value = node._value()
    return value.name if hasattr(value, "name") and hasattr(value, "value") else value


def dumped(node: Any) -> str:
    """A node of a configuration, interpolations as they stand."""
    return yaml_text(container(node))


def yaml_text(content: Any) -> str:
    """`content` as OmegaConf would write it."""
    text: str = yaml.dump(
        content, default_flow_style=False, allow_unicode=True, sort_keys=False, Dumper=_Dumper
    )
    return text
