"""What the shipped configuration files say, and in what a run differs from them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import yaml

from nnrun.shipped import config_directory

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
CHOSEN = {"dataset.name": "quadratic", "model.name": "mlp"}
"""The parts of a run in which nothing is chosen."""


@functools.cache
def defaults(part: str = "config") -> Mapping[str, Any]:
    """Key -> value of a shipped file, `a.b` for what stands below; empty where there is no such file.

    Args:
        part: such as `optim/sgd`; `config` for what belongs to no part.
    """
    try:
        content = yaml.load((config_directory() / f"{part}.yaml").read_text("utf-8"), Loader=_LOADER)
    except (OSError, ValueError):
        return {}
    return dict(_flat({key: value for key, value in content.items() if key not in ("defaults", "hydra")}))


def differences(config: Mapping[str, Any]) -> dict[str, Any]:
    """Those keys of a recorded configuration that have other values than the files give them.

    The names of dataset and model are left out: they are what a run is about.

    Args:
        config: key -> value, as summary.json has it.
    """
    named = ((group, config.get(f"{group}.name")) for group in _usual_parts())
    usual = _usual(*(f"{group}/{name}" for group, name in named if name is not None))
    return {
        key: value
        for key, value in config.items()
        if key not in CHOSEN and (key not in usual or usual[key] != value)
    }


@functools.lru_cache(256)
def _usual(*parts: str) -> Mapping[str, Any]:
    """What the files say of a run with these parts, such as `optim/sgd`."""
    usual: dict[str, Any] = dict(defaults())
    for part in parts:
        group = part.partition("/")[0]
        usual |= {f"{group}.{key}": value for key, value in defaults(part).items()}
    return usual | {f"{group}.name": name for group, name in _usual_parts().items()}


@functools.cache
def _usual_parts() -> Mapping[str, str]:
    """Group -> the part that is taken where none is chosen."""
    content = yaml.load((config_directory() / "config.yaml").read_text("utf-8"), Loader=_LOADER)
    chosen = [entry for entry in content["defaults"] if isinstance(entry, dict)]
    return {group: name for entry in chosen for group, name in entry.items() if "/" not in group and name}


def _flat(content: Mapping[str, Any], prefix: str = "") -> Any:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
