"""In which keys of their configuration runs differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nnrun.comparison.recorded import SEED, Recorded
from nnrun.config.defaults import defaults
from nnrun.filters import typed

RATE = "optim.lr"

_MEASURES = ("dataset", "loss", "objective", "val_fraction", "test_fraction")
"""Keys, or groups of keys, that change what an objective measures."""

_HARMLESS = ("dataset.samples", "dataset.test_samples", "dataset.seed")
"""Keys among them that leave a loss a loss of the same thing."""

_CONSEQUENCES = ("objective",)
"""Keys that follow from others where they were left to nnrun."""


def keys_of(runs: Sequence[Recorded]) -> list[str]:
    """All keys, in the order of the configuration."""
    known: dict[str, None] = {}
    for run in runs:
        known |= dict.fromkeys(run.config)
    return list(known)


def differing(runs: Sequence[Recorded]) -> list[str]:
    """The keys whose values differ, the seed included.

    Where parts are others, what is as each part has it by default goes without saying, but for the rate.
    """
    return [
        key
        for key in keys_of(runs)
        if len({run.config.get(key) for run in runs}) > 1
        and not (key != RATE and _of_other_parts(key, runs) and _usual_everywhere(key, runs))
        and not (key in _CONSEQUENCES and _follows(key, runs))
    ]


def without_seed(keys: Iterable[str]) -> list[str]:
    """The keys that make settings different."""
    return [key for key in keys if key != SEED]


def distorting(keys: Iterable[str]) -> tuple[str, ...]:
    """Those of the keys that change what a loss is a loss of."""
    return tuple(key for key in keys if key.partition(".")[0] in _MEASURES and key not in _HARMLESS)


def _of_other_parts(key: str, runs: Sequence[Recorded]) -> bool:
    return len({run.config.get(key.partition(".")[0]) for run in runs}) > 1


def _usual_everywhere(key: str, runs: Sequence[Recorded]) -> bool:
    group, _, leaf = key.partition(".")
    having = [run for run in runs if key in run.config]
    return bool(leaf) and all(
        group in run.config
        and leaf in (usual := defaults(f"{group}/{run.config[group]}"))
        and run.config[key] == typed(usual[leaf])
        for run in having
    )


def _follows(key: str, runs: Sequence[Recorded]) -> bool:
    """Whether nnrun chose it everywhere."""
    return all(run.entry.config.get(key) == "auto" for run in runs)
