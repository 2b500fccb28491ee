"""What may be typed: the keys of a run's configuration, and the choices of every group."""

from __future__ import annotations

import dataclasses
import functools
import re
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnrun.registry import Registry
from nnrun.schema import Parameter, field_parameters

_DEFAULT = re.compile(r"\s*-\s*(?:override\s+)?/?(\w+):\s*([\w./-]+)")
_CHOSEN = re.compile(r"(\w+):\s*([\w./-]+)\s*(?:#.*)?")
"""A part that a user's own config.yaml picks without a defaults list."""
_MULTIRUN = re.compile(r"\s+mode:\s*MULTIRUN\b")


@dataclass(frozen=True)
class Vocabulary:
    """Keys and choices.

    Attributes:
        settings: the run's own keys, dotted where they are nested, such as `plots.format`.
        registries: group -> its registry; None for a group that consists of files alone.
        directories: configuration directories: nnrun's own, then those that Hydra searches before it.
    """

    settings: Mapping[str, Parameter]
    registries: Mapping[str, Registry[Any] | None]
    directories: tuple[Path, ...] = ()

    @functools.cached_property
    def options(self) -> tuple[str, ...]:
        """Groups, then the run's own keys."""
        return (*self.registries, *self.settings)

    @functools.cached_property
    def sections(self) -> frozenset[str]:
        """What stands before the dot of nested settings."""
        return frozenset(key.partition(".")[0] for key in self.settings if "." in key)

    @functools.cached_property
    def part_keys(self) -> tuple[str, ...]:
        """`GROUP.KEY` of every registered part."""
        found = {
            f"{group}.{key}": None
            for group, registry in self.registries.items()
            for key in _keys(registry, registry or ())
        }
        return tuple(found)

    @functools.cached_property
    def leaves(self) -> Mapping[str, tuple[str, ...]]:
        """Last name of every dotted key -> the keys that end in it."""
        found: dict[str, tuple[str, ...]] = {}
        for key in (*self.part_keys, *(key for key in self.settings if "." in key)):
            leaf = key.rpartition(".")[2]
            found[leaf] = (*found.get(leaf, ()), key)
        return found

    @functools.cached_property
    def defaults(self) -> Mapping[str, str]:
        """Group -> the part that config.yaml picks."""
        picked: dict[str, str] = {}
        for directory in reversed(self._searched):
            lines = _lines_of(directory / "config.yaml")
            picked |= self._picked_in(lines) | self._picked_in(lines, _CHOSEN)
        return picked

    def picked_by(self, experiment: str) -> Mapping[str, str]:
        """Group -> the part that is trained where `experiment` alone is asked for."""
        return {**self.defaults, **self._picked_in(self._lines(f"experiment/{experiment}.yaml"))}

    def is_sweep(self, experiment: str) -> bool:
        """Whether `experiment` starts several runs without `-m`."""
        return any(map(_MULTIRUN.match, self._lines(f"experiment/{experiment}.yaml")))

    def _picked_in(self, lines: Iterable[str], form: re.Pattern[str] = _DEFAULT) -> dict[str, str]:
        """The defaults list of a file; with another `form`, what it picks otherwise."""
        matches = [match for match in map(form.match, lines) if match]
        return {match[1]: match[2] for match in matches if match[1] in self.registries}

    @property
    def _searched(self) -> tuple[Path, ...]:
        """The directories as Hydra searches them: nnrun's own last."""
        return (*self.directories[1:], *self.directories[:1])

    def _lines(self, name: str) -> list[str]:
        """The lines of the first file of that name."""
        return next(filter(None, (_lines_of(directory / name) for directory in self._searched)), [])

    def choices(self, group: str) -> tuple[str, ...]:
        """Names that `group` may be set to, sorted."""
        return tuple(sorted({*(self.registries[group] or ()), *self._files(group)}))

    def _files(self, group: str) -> Iterator[str]:
        for directory in self.directories:
            for path in (directory / group).rglob("*.yaml"):
                yield path.relative_to(directory / group).with_suffix("").as_posix()

    def has_keys(self, group: str) -> bool:
        """Whether any part of `group` has keys of its own."""
        registry = self.registries[group]
        return next(_keys(registry, registry or ()), None) is not None

    def is_sure(self, key: str, chosen: Mapping[str, tuple[str, ...]]) -> bool:
        """Whether every chosen part of its group has `key`; where none is known, whether any part has it."""
        if key in self.settings:
            return True
        group, _, leaf = key.partition(".")
        registry = self.registries.get(group)
        entries = [name for name in chosen.get(group, ()) if registry is not None and name in registry]
        if registry is None or not entries:
            return key in self.part_keys
        return all(leaf in registry[name].parameters for name in entries)

    def parameters(self, key: str, chosen: Mapping[str, tuple[str, ...]]) -> tuple[Parameter, ...]:
        """What `key` takes in the chosen parts of its group, or in any part where those do not have it."""
        if key in self.settings:
            return (self.settings[key],)
        group, _, leaf = key.partition(".")
        registry = self.registries.get(group)
        if registry is None:
            return ()
        entries = [name for name in chosen.get(group, ()) if name in registry]
        return _found(registry, entries, leaf) or _found(registry, registry, leaf)


def _lines_of(path: Path) -> list[str]:
    """None where there is no file; what is wrong with one is for its reader to say."""
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []


def _found(registry: Registry[Any], entries: Iterable[str], leaf: str) -> tuple[Parameter, ...]:
    return tuple(registry[name].parameters[leaf] for name in entries if leaf in registry[name].parameters)


def _keys(registry: Registry[Any] | None, entries: Iterable[str]) -> Iterator[str]:
    for name in entries if registry is not None else ():
        yield from registry[name].parameters if registry is not None else ()


def settings_of(owner: type, prefix: str = "") -> dict[str, Parameter]:
    """The keys of a dataclass of settings, those of nested dataclasses dotted; parts are left out."""
    hints = typing.get_type_hints(owner, include_extras=True)
    found = {f"{prefix}{name}": parameter for name, parameter in field_parameters(owner).items()}
    for field in dataclasses.fields(owner):
        if dataclasses.is_dataclass(hints[field.name]) and not field.metadata.get("part"):
            found |= settings_of(hints[field.name], f"{prefix}{field.name}.")
    return found


def shipped_vocabulary(directories: Iterable[Path] = ()) -> Vocabulary:
    """Everything registered and shipped, and what lies in further configuration directories."""
    from nnrun.datasets import datasets
    from nnrun.devices import devices
    from nnrun.engines import engines
    from nnrun.losses import losses
    from nnrun.models import models
    from nnrun.optimizers import optimizers
    from nnrun.schedules import schedules
    from nnrun.shipped import config_directory
    from nnrun.spec import Settings, Spec

    registries = (datasets, models, losses, optimizers, schedules, devices, engines)
    return Vocabulary(
        settings=settings_of(Spec) | settings_of(Settings),
        registries={registry.group: registry for registry in registries} | {"experiment": None},
        directories=(config_directory(), *directories),
    )
