"""The words that train a saved run again: its recorded configuration, as far as it differs from the files."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from nnrun.arguments.quoting import is_quoted, quoted
from nnrun.config import REGISTRIES
from nnrun.config.defaults import defaults, differences
from nnrun.config.saved import CONFIG, has_interpolation, recorded
from nnrun.errors import Refused
from nnrun.plugins.declaring import listed
from nnrun.plugins.naming import own_name
from nnrun.plugins.registering import allow_recorded, require_plugin
from nnrun.registry import suggestion
from nnrun.schema import field_parameters
from nnrun.spec import RESULT, EarlyStopping, PlotSettings, Settings, Spec

LEFT = ("sweep",)
"""Settings that mean nothing to a lone run."""

_VARIABLE = re.compile(r"\$\{\s*oc\.env:\s*([^,}\s]+)")
_RESOLVER = re.compile(r"\$\{[^}]*:")


def training_words(
    directory: Path, changed: Collection[str], allow_environment: bool, allow_code: bool = False
) -> list[str]:
    """Overrides that compose what a run recorded, whatever the defaults have become.

    Args:
        directory: of the run.
        changed: keys and groups that will have other values.
        allow_environment: let values come from the environment as they did.
        allow_code: let files be executed as they were.

    Raises:
        Refused: the configuration is damaged, has keys that nnrun does not know, takes values from the
            environment, or names code that is not allowed.
    """
    content = recorded(directory)
    flat = {key: value for key, value in _flat(content) if key.partition(".")[0] not in LEFT}
    if allow_code:
        allow_recorded(content)
    for name in listed(content.get("plugins")) if "plugins" not in changed else ():
        require_plugin(name)
    _require_known(flat, directory / CONFIG, changed)
    kept = {key: value for key, value in _different(flat).items() if not _is_replaced(key, changed)}
    if not allow_environment:
        _refuse_environment(kept, directory / CONFIG)
    return [f"{key.removesuffix('.name')}={_text(value)}" for key, value in kept.items()]


def _flat(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if isinstance(value, Mapping) and f"{prefix}{key}" != "optim.options":
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _different(flat: Mapping[str, Any]) -> dict[str, Any]:
    """What the shipped files do not say, the choices of parts first."""
    found = differences(flat)
    named = {f"{group}.name": flat.get(f"{group}.name") for group in ("dataset", "model")}
    usual = {"dataset.name": "quadratic", "model.name": "mlp"}
    named = {key: value for key, value in named.items() if value not in (None, usual[key])}
    parts = {key: value for key, value in found.items() if _is_part(key)}
    return named | parts | {key: value for key, value in found.items() if not _is_part(key)}


def _is_part(key: str) -> bool:
    return key.endswith(".name") and key.removesuffix(".name") in REGISTRIES


def _is_replaced(key: str, changed: Collection[str]) -> bool:
    """Whether a key is changed, or belongs to a part that is."""
    group = key.partition(".")[0]
    return key in changed or (group in REGISTRIES and group in changed)


def _require_known(flat: Mapping[str, Any], path: Path, changed: Collection[str]) -> None:
    """Checks that this nnrun has every key, and may execute what the parts that stay are made of.

    Raises:
        Refused: it does not have one, or may not.
    """
    nested = {"early_stopping": EarlyStopping, "plots": PlotSettings}
    known = {*RESULT, *(field.name for field in fields(Settings)), *field_parameters(Spec)} - {*REGISTRIES}
    for node, owner in nested.items():
        known |= {f"{node}.{name}" for name in field_parameters(owner)}
    for group, registry in REGISTRIES.items():
        name = str(flat.get(f"{group}.name"))
        if own_name(name) and group in changed:
            flat = {key: value for key, value in flat.items() if key.partition(".")[0] != group}
            continue
        own = registry[name].parameters if own_name(name) or name in registry else ()
        known |= {f"{group}.name", *(f"{group}.{key}" for key in (*own, *defaults(f"{group}/{name}")))}
        if f"{group}.name" in flat and not (name in registry or (group, name) == ("loss", "auto")):
            raise Refused(
                f"{path}: this nnrun has no {group} '{name}'{suggestion(name, registry).rstrip(';')}"
            )
    unknown = [key for key in flat if key not in known]
    if unknown:
        listed = ", ".join(f"'{key}'" for key in unknown[:5])
        raise Refused(f"{path}: this nnrun has no key {listed}; another version recorded it")


def _refuse_environment(kept: Mapping[str, Any], path: Path) -> None:
    """Refuses values that something outside the configuration decides.

    Raises:
        Refused: naming keys and variables, never their values.
    """
    wanted = []
    for key, value in kept.items():
        text = str(value)
        if has_interpolation(value) and _RESOLVER.search(text):
            variables = ", ".join(_VARIABLE.findall(text))
            source = f"the environment variable {variables}" if variables else "outside the configuration"
            wanted.append(f"{key} takes its value from {source}")
    if wanted:
        raise Refused(
            f"{path}: {'; '.join(wanted)}; type {_keys(wanted)}=VALUE, or allow it with --allow-env"
        )


def _keys(wanted: list[str]) -> str:
    return wanted[0].partition(" ")[0]


def _text(value: Any) -> str:
    """A value as the command line takes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{key}:{_text(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return _listed(value) if not value or isinstance(value[0], str) else str(value).replace(" ", "")
    if isinstance(value, str):
        return quoted(value) if is_quoted(value) or value in ("null", "", "???") else value
    return repr(value)


def _listed(values: list[Any]) -> str:
    """In a form without brackets, which shells take for something else, where there is one."""
    if len(values) > 1 and all(type(value) is int for value in values):
        return "x".join(map(str, values))
    if len(values) > 1 and all(isinstance(value, int | float) for value in values):
        return ",".join(map(repr, values))
    return f"[{','.join(quoted(value) if isinstance(value, str) else _text(value) for value in values)}]"
