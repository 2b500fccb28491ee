"""The settings in which recorded configurations differ, without those that follow from others."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

MOST_KEYS = 6
"""That a page has sliders for."""

ABSENT = "-"
"""The value of a key that a part does not have."""


def differing(configs: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Keys with several values among `configs`, and each one's values of those keys, `-` where it has none.

    A key that tells no runs apart that those before it do not tell apart is left out: `optim.momentum` where
    it comes with `optim`. Parts come first, by the name of their group as people type it, seeds last.
    """
    keys = list(dict.fromkeys(key for config in configs for key in config))
    columns = {key: [spelled(config[key]) if key in config else ABSENT for config in configs] for key in keys}
    varied = [key for key in keys if len(set(columns[key])) > 1]
    varied.sort(key=lambda key: (key.rpartition(".")[2] == "seed", not key.endswith(".name")))
    kept: list[str] = []
    groups = 1
    for key in varied:
        told = len(set(zip(*(columns[other] for other in [*kept, key]), strict=True)))
        if told > groups and len(kept) < MOST_KEYS:
            kept.append(key)
            groups = told
    return [typed_key(key) for key in kept], [
        [columns[key][place] for key in kept] for place in range(len(configs))
    ]


def typed_key(key: str) -> str:
    """A key as people type it: `dataset` chooses what `dataset.name` tells."""
    return key.removesuffix(".name")


def spelled(value: Any) -> str:
    """A value of a configuration as people type it: `0.5`, `null`, `true`, `20x20`."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, int | float):
        return (
            str(value)
            if isinstance(value, int)
            else f"{value:g}"
            if float(f"{value:g}") == value
            else repr(value)
        )
    if isinstance(value, list) and value and all(type(item) is int for item in value):
        return "x".join(map(str, value))
    return json.dumps(value, ensure_ascii=False)
