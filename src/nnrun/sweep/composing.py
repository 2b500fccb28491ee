"""Jobs' configurations: composed once for each set of structural overrides, and patched for the rest."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType, NoneType
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl, get_overrides_dirname
from hydra.core.config_loader import ConfigLoader
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType
from hydra.plugins.config_source import ConfigSource
from hydra.types import RunMode
from omegaconf import AnyNode, DictConfig, OmegaConf, StringNode, open_dict, read_write

from nnrun.config.shaping import Shaping, enter_values
from nnrun.plugins.naming import own_name

Rows = Mapping[str, Sequence[Sequence[str]]]
"""Name of a zip -> its rows, each the overrides that belong together."""

Amendment = Callable[[DictConfig, ConfigLoaderImpl, Sequence[Override]], None]
"""Changes a composition, given the structural overrides that made it."""


class Base:
    """A composition that structural overrides alone shape, lent to one job after the other.

    Args:
        config: as composed; the node `hydra` belongs to whoever has borrowed it.

    Attributes:
        config: the configuration, with the present borrower's values in it.
        touched: top-level keys that those have changed.
    """

    def __init__(self, config: DictConfig) -> None:
        self.config = config
        self.touched: frozenset[str] = frozenset()
        self._content = dict(config.__dict__["_content"])
        self._naming = OmegaConf.to_container(config.hydra.job.config.override_dirname)
        self._leaves: dict[str, AnyNode | None] = {}
        self._changed: list[tuple[AnyNode, Any]] = []

    @property
    def hydra(self) -> DictConfig:
        """The `hydra` node."""
        node: DictConfig = self._content["hydra"]
        return node

    def lend(self, overrides: Sequence[Override], values: Sequence[Override]) -> DictConfig:
        """The configuration with `values` in it, which are those of all `overrides` that shape nothing."""
        for leaf, value in reversed(self._changed):
            leaf._val = value
        self._changed.clear()
        self.touched = frozenset(override.key_or_group.partition(".")[0] for override in values)
        quick = {id(override) for override in values if self._leaf_of(override) is not None}
        slow = [override for override in values if id(override) not in quick]
        content = self._content
        if slow:
            # From here on in their order: a later override may build on an earlier one.
            quick, slow, content = set(), list(values), self._copied()
        self.config.__dict__["_content"] = dict(content)
        for override in values:
            if id(override) in quick and (changed := self._leaf_of(override)) is not None:
                self._changed.append((changed, changed._val))
                changed._val = override.value()
        if slow:
            enter_values(slow, self.config)
        self._enter(overrides)
        return self.config

    def is_as_composed(self, key: str) -> bool:
        """Whether a top-level key of the configuration stands in it as nobody has changed it."""
        return key not in self.touched and self.config.__dict__["_content"].get(key) is self._content.get(key)

    def _copied(self) -> dict[str, Any]:
        """The content with copies of those of its top-level nodes that are about to change."""
        content = dict(self._content)
        for name in self.touched & set(content):
            content[name] = copy.deepcopy(content[name])
            content[name]._set_parent(self.config)
        return content

    def _leaf_of(self, override: Override) -> AnyNode | None:
        """The node whose value a plain override replaces by another plain value; None where it does more."""
        value = override.value()
        if override.type is not OverrideType.CHANGE or type(value) not in (int, float, bool, str, NoneType):
            return None
        if isinstance(value, str) and ("${" in value or value == "???"):
            return None
        key = override.key_or_group
        if key not in self._leaves:
            self._leaves[key] = self._found(key)
        return self._leaves[key]

    def _found(self, key: str) -> AnyNode | None:
        node: Any = self._content.get(key.partition(".")[0])
        for part in key.split(".")[1:]:
            content = node.__dict__.get("_content") if type(node) is DictConfig else None
            node = content.get(part) if isinstance(content, dict) else None
        return node if type(node) is AnyNode and not node._get_flag("readonly") else None

    def _enter(self, overrides: Sequence[Override]) -> None:
        """What a composition records of the overrides that it was made with."""
        naming: Any = self._naming
        lines = [override.input_line for override in overrides]
        task = self.hydra.overrides.task
        task.__dict__["_content"] = [
            StringNode(value=line, key=index, parent=task, is_optional=False)
            for index, line in enumerate(lines)
        ]
        name = get_overrides_dirname(overrides=list(overrides), **naming)
        enter(self.hydra, "job", "override_dirname", name)


class SweepLoader(ConfigLoader):
    """Stands before Hydra's loader; `load_sweep_config` gives the same, many times faster.

    Only choices of groups (and packages) shape a composition; everything else is applied to the composed
    configuration afterwards, by the function that Hydra itself applies it with. Overrides of `hydra.*` may
    shape anything and go the long way.

    Args:
        loader: Hydra's own.
        zips: where a job has `NAME=K`, row K of that zip stands instead.
        amend: what is done to a composition before values are patched into it.
    """

    def __init__(
        self,
        loader: ConfigLoaderImpl,
        zips: Rows = MappingProxyType({}),
        amend: Amendment = lambda config, loader, overrides: None,
    ) -> None:
        self._loader, self._zips, self._amend = loader, dict(zips), amend
        self._vouched: set[tuple[str, ...]] = set()
        self._bases: dict[tuple[str, ...], Base] = {}
        self._shapes = Shaping(loader.repository)
        self._parsed = _Parser()

    def load_sweep_config(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        """The configuration of one job, equal to what Hydra's loader composes for it."""
        if tuple(sweep_overrides) in self._vouched:
            return master_config
        lent = self.lend(master_config, sweep_overrides)
        return lent.config if lent.base is None else copy.deepcopy(lent.config)

    def vouch(self, jobs: Iterable[Sequence[str]]) -> None:
        """Spares jobs whose configurations were checked the sweeper's own check, which looks at none of them.

        For a launcher that composes with `lend`: `load_sweep_config` gives the sweep's configuration instead.
        """
        self._vouched = {tuple(job) for job in jobs}

    def lend(self, master: DictConfig, sweep_overrides: Sequence[str]) -> Lent:
        """The same for a moment: valid until the next job's is asked for."""
        lines = self.rows(sweep_overrides)
        parsed = self._parsed(lines)
        if any(override.is_hydra_override() for override in parsed):
            return Lent(self._loader.load_sweep_config(master, list(lines)), None)
        ConfigLoaderImpl.validate_sweep_overrides_legal(parsed, RunMode.RUN, from_shell=True)
        shaping = [override for override in parsed if self._shapes(override)]
        base = self._base(master, shaping)
        config = base.lend(parsed, [override for override in parsed if override not in shaping])
        OmegaConf.copy_cache(from_config=master, to_config=config)
        return Lent(config, base)

    def rows(self, overrides: Sequence[str]) -> list[str]:
        """`overrides` with the rows of zips in the place of their numbers."""
        lines: list[str] = []
        for override in overrides:
            name, _, number = override.partition("=")
            lines += self._zips[name][int(number)] if name in self._zips else [_as_named(override)]
        return lines

    def modes(self) -> set[RunMode | None]:
        """What the compositions so far would start by themselves."""
        return {base.hydra.mode for base in self._bases.values()}

    def settle(self, key: str, value: str, line: str) -> None:
        """Enters a value that was decided late below `hydra`, as if `line` had been typed."""
        for base in self._bases.values():
            with read_write(base.hydra), open_dict(base.hydra):
                OmegaConf.update(base.hydra, key, value)
                base.hydra.overrides.hydra.append(line)

    def _base(self, master: DictConfig, shaping: Sequence[Override]) -> Base:
        lines = tuple(override.input_line or "" for override in shaping)
        if lines not in self._bases:
            config = self._loader.load_sweep_config(master, list(lines))
            self._amend(config, self._loader, shaping)
            self._bases[lines] = Base(config)
        return self._bases[lines]

    def load_configuration(
        self,
        config_name: str | None,
        overrides: list[str],
        run_mode: RunMode,
        from_shell: bool = True,
        validate_sweep_overrides: bool = True,
    ) -> DictConfig:
        """Hydra's own."""
        return self._loader.load_configuration(
            config_name, overrides, run_mode, from_shell, validate_sweep_overrides
        )

    def get_search_path(self) -> ConfigSearchPath:
        """Hydra's own."""
        return self._loader.get_search_path()

    def get_sources(self) -> list[ConfigSource]:
        """Hydra's own."""
        return self._loader.get_sources()

    def list_groups(self, parent_name: str) -> list[str]:
        """Hydra's own."""
        return self._loader.list_groups(parent_name)

    def get_group_options(
        self,
        group_name: str,
        results_filter: ObjectType | None = ObjectType.CONFIG,
        config_name: str | None = None,
        overrides: list[str] | None = None,
    ) -> list[str]:
        """Hydra's own."""
        return self._loader.get_group_options(group_name, results_filter, config_name, overrides)

    def compute_defaults_list(self, config_name: str | None, overrides: list[str], run_mode: RunMode) -> Any:
        """Hydra's own."""
        return self._loader.compute_defaults_list(config_name, overrides, run_mode)


@dataclass(frozen=True)
class Lent:
    """A job's configuration, and the composition that it was patched from; None if there was none."""

    config: DictConfig
    base: Base | None

    def enter(self, node: str, key: str, value: str | int) -> None:
        """Sets a value below `hydra` that every job has for itself."""
        enter(self.config.hydra, node, key, value)


@dataclass
class _Parser:
    """Parses overrides, each text once: a sweep repeats its values many times."""

    known: dict[str, Override] = field(default_factory=dict)

    def __call__(self, lines: Sequence[str]) -> list[Override]:
        new = [line for line in dict.fromkeys(lines) if line not in self.known]
        if new:
            self.known |= zip(new, OverridesParser.create().parse_overrides(new), strict=True)
        return [self.known[line] for line in lines]


def _as_named(override: str) -> str:
    r"""An override of a user's own part, `./net.py:Net`, without the sweeper's `\:`, which says the same."""
    bare = override.replace("\\:", ":")
    return bare if bare != override and own_name(bare.partition("=")[2]) else override


def enter(hydra: DictConfig, node: str, key: str, value: str | int) -> None:
    """Sets `hydra.NODE.KEY` without what OmegaConf does before it sets a value, ten times faster."""
    hydra._get_node(node)._get_node(key)._val = value  # type: ignore[union-attr]
