"""A composed configuration as plain containers, its interpolations resolved or explained."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from nnrun.errors import BadInput


def resolved(config: DictConfig, typed: Mapping[str, str]) -> dict[str, Any]:
    """The configuration without its `hydra` node.

    Raises:
        BadInput: with every interpolation that leads nowhere.
    """
    content: dict[str, Any] = {}
    problems = []
    for key in config:
        if key == "hydra":
            continue
        try:
            node = config._get_node(key)
            content[str(key)] = (
                OmegaConf.to_container(node, resolve=True, throw_on_missing=True)
                if OmegaConf.is_config(node)
                else config[key]
            )
        except (OmegaConfBaseException, RecursionError) as error:
            problems.append(_explained(typed.get(str(key), str(key)), error))
    if problems:
        raise BadInput(problems)
    return content


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
