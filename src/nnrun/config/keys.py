"""Reading a configuration key by key: each converted by its schema, each problem in the user's own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from omegaconf import DictConfig, OmegaConf

from nnrun.config.resolving import resolved
from nnrun.errors import BadInput
from nnrun.plugins.naming import own_name
from nnrun.plugins.registering import load_installed
from nnrun.registry import Registry, suggestion
from nnrun.schema import InvalidValue, Parameter, field_parameters
from nnrun.spec import Choice


class Keys:
    """One pass over a composed configuration, collecting problems.

    Args:
        config: composed.
        typed: key -> the argument as typed.

    Attributes:
        problems: one line each, in the order found.
        leftovers: keys that a preset set for a part which was then replaced; they mean nothing.
        interpolated: key -> what the configuration has where a value stands elsewhere.
    """

    def __init__(self, config: DictConfig, typed: Mapping[str, str]) -> None:
        self._config, self._typed = config, typed
        found = resolved(config, typed)
        self._content, self._unresolved = found.content, found.problems
        self.interpolated = found.interpolated
        self.problems: list[str] = list(self._unresolved.values())
        self.leftovers: list[str] = []

    def fields(self, owner: type, node: str = "") -> dict[str, Any]:
        """The scalar and list fields of a settings class, which stand below `node`, converted."""
        below = self._content.get(node, {}) if node else self._content
        if not isinstance(below, Mapping):
            self.problems.append(f"{self.shown(node)}: wants keys below it, such as {node}.KEY=VALUE")
            return {}
        return self._converted(field_parameters(owner), below, f"{node}." if node else "")

    def reject_unknown(self, known: Iterable[str], node: str = "") -> None:
        """Reports every key below `node` that is not among `known`."""
        below = self._content.get(node, {}) if node else self._content
        prefix = f"{node}." if node else ""
        names = [f"{prefix}{name}" for name in known]
        for key in below if isinstance(below, Mapping) else ():
            if f"{prefix}{key}" not in names:
                hint = near(f"{prefix}{key}", names)
                self.problems.append(f"{self.shown(f'{prefix}{key}')}: unknown option '{prefix}{key}'{hint}")

    def require_installed(self, registries: Mapping[str, Registry[Any]]) -> None:
        """Lets installed packages register their parts, where one is chosen that nobody else has."""
        nodes = {group: self._content.get(group) for group in registries}
        chosen = {group: node.get("name") for group, node in nodes.items() if isinstance(node, Mapping)}
        unknown = [
            group
            for group, name in chosen.items()
            if isinstance(name, str)
            and name != "auto"
            and not own_name(name)
            and name not in registries[group]
        ]
        if unknown:
            load_installed()

    def choice(self, group: str, registry: Registry[Any], unbound: str | None = None) -> Choice | None:
        """One group's choice with its options converted; None if it cannot be bound.

        Args:
            group: the configuration group.
            registry: its entries.
            unbound: a name that stands for a later decision and takes no keys.
        """
        if group in self._unresolved or f"{group}.name" in self._unresolved:
            return None
        node = self._content.get(group)
        if not isinstance(node, Mapping) or not isinstance(node.get("name"), str):
            self.problems.append(f"{self.shown(group)}: wants one of {', '.join(registry)}")
            return None
        name: str = node["name"]
        before = len(self.problems)
        parameters: Mapping[str, Parameter] = MappingProxyType({})
        try:
            parameters = parameters if name == unbound else registry[name].parameters
        except BadInput as error:
            self.problems += error.problems
            return None
        self._set_apart(
            group, name, [key for key in node if key != "name" and key not in parameters], parameters
        )
        defaults = {key: p.default for key, p in parameters.items() if not p.required}
        options = self._converted(parameters, defaults | dict(node), f"{group}.")
        return None if len(self.problems) > before else Choice(name, MappingProxyType(options))

    def _set_apart(self, group: str, name: str, strange: Iterable[str], known: Iterable[str]) -> None:
        """Keys that a part does not have: a problem, unless a preset set them for another part."""
        for key in strange:
            full = f"{group}.{key}"
            if full in self._typed or group not in self._typed:
                self.problems.append(f"{self.shown(full)}: {name} has no parameter '{key}'{near(key, known)}")
            else:
                self.leftovers.append(full)

    def _converted(
        self, parameters: Mapping[str, Parameter], node: Mapping[str, Any], prefix: str
    ) -> dict[str, Any]:
        values = {}
        for name, parameter in parameters.items():
            if name not in node:
                if parameter.required and prefix + name not in self._unresolved:
                    self.problems.append(f"{prefix}{name} is missing; it wants {parameter.wanted}")
                continue
            try:
                values[name] = parameter.convert(node[name])
            except InvalidValue as error:
                self.problems.append(f"{self.shown(prefix + name)}: {error}")
        return values

    def shown(self, key: str) -> str:
        """`key=value` as typed, else as the files have it: an interpolation, never what it stands for."""
        if key in self._typed:
            return self._typed[key]
        parent, _, last = key.rpartition(".")
        node = OmegaConf.select(self._config, parent) if parent else self._config
        raw = OmegaConf.to_container(node, resolve=False) if OmegaConf.is_config(node) else {}
        value = raw.get(last) if isinstance(raw, Mapping) else raw
        text = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        return f"{key}={text}"


def near(name: str, candidates: Iterable[str]) -> str:
    """`; did you mean 'X'?`, or nothing."""
    return suggestion(name, candidates).rstrip(";")
