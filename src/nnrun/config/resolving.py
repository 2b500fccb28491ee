"""A composed configuration as plain containers, its interpolations resolved or explained."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from omegaconf import DictConfig, OmegaConf, ValueNode
from omegaconf.errors import OmegaConfBaseException
from omegaconf.resolvers import oc

from nnrun.secrets import note


@dataclass(frozen=True)
class Resolved:
    """A configuration without its `hydra` node.

    Attributes:
        content: without keys that lead nowhere.
        problems: key -> what is wrong with each of those.
        interpolated: key -> the text of each value that stands elsewhere, in the environment, say.
    """

    content: dict[str, Any]
    problems: dict[str, str] = field(default_factory=dict)
    interpolated: dict[str, Any] = field(default_factory=dict)


def _environment(variable: str, *default: Any) -> str | None:
    """OmegaConf's own `oc.env`, which remembers what it read."""
    value = oc.env(variable, *default)
    if value is not None and variable in os.environ:
        note(variable, value)
    return value


OmegaConf.register_new_resolver("oc.env", _environment, replace=True)


def resolved(config: DictConfig, typed: Mapping[str, str]) -> Resolved:
    """The configuration with its interpolations followed.

    Args:
        config: composed.
        typed: key -> the argument as typed.
    """
    found = Resolved({})
    found.content.update(_content(config, "", typed, found))
    return found


def _content(node: DictConfig, prefix: str, typed: Mapping[str, str], found: Resolved) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for name, child in node.__dict__["_content"].items():
        key = str(name)
        full = f"{prefix}{key}"
        if full == "hydra":
            continue
        try:
            if isinstance(child, ValueNode) and not _is_special(child._val):
                # What `node[key]` gives, ten times faster: a sweep reads its keys a thousand times.
                content[key] = child._val
            elif isinstance(child, DictConfig) and not child._is_none() and not child._is_interpolation():
                content[key] = _content(child, f"{full}.", typed, found)
            else:
                value = node[key]
                nested = OmegaConf.is_config(value)
                content[key] = OmegaConf.to_container(value, resolve=True) if nested else value
                raw = child._val if isinstance(child, ValueNode) else _unresolved(child)
                if "${" in str(raw):
                    found.interpolated[full] = raw
        except (OmegaConfBaseException, RecursionError) as error:
            found.problems[full] = _explained(typed.get(full, full), error)
    return content


def _unresolved(node: Any) -> Any:
    """A list or a missing dictionary as it is configured."""
    if node._is_none():
        return None
    return node._value() if node._is_interpolation() else OmegaConf.to_container(node, resolve=False)


def _is_special(value: Any) -> bool:
    """Whether a value is an interpolation, or stands for one that is missing."""
    return isinstance(value, str) and ("${" in value or value == "???")


def _explained(shown: str, error: Exception) -> str:
    """Names what an interpolation lacks, never a value."""
    variable = re.search(r"Environment variable '(.*?)' not found", str(error))
    if variable:
        return f"{shown}: the environment variable '{variable[1]}' is not set; set it, or type the value"
    missing = re.search(r"Interpolation key '(.*?)' not found", str(error))
    if missing:
        return f"{shown}: there is no key '{missing[1]}' to take a value from"
    if isinstance(error, RecursionError) or "recursive" in str(error).lower():
        return f"{shown}: refers to itself; type a value"
    return f"{shown}: {str(error).splitlines()[0]}"
