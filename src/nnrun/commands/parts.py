"""`nnrun parts [GROUP [NAME]]`: what can be picked, from registries, docstrings and presets."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from nnrun.commands.console import emit
from nnrun.commands.options import Options
from nnrun.config import REGISTRIES
from nnrun.errors import BadInput
from nnrun.metrics import metrics
from nnrun.models.activations import activations
from nnrun.registry import Entry, Registry, suggestion
from nnrun.schema import Bounds, Parameter
from nnrun.shipped import config_directory
from nnrun.words import chosen, words

GROUPS: Mapping[str, Registry[Any]] = {**REGISTRIES, "metric": metrics}
EXPERIMENT = "experiment"


def main(arguments: Sequence[str]) -> int:
    """Prints groups and their entries, one group, or one entry with its parameters."""
    options = Options(
        "parts",
        "List what can be picked: every group, the entries of one, or one entry with its keys.",
        ["nnrun parts", "nnrun parts optim", "nnrun parts optim adam", "nnrun parts --json"],
    )
    options.add_argument("group", nargs="?", help=f"one of {', '.join([*GROUPS, EXPERIMENT])}")
    options.add_argument("name", nargs="?", help="an entry of the group")
    options.add_argument("--json", action="store_true", help="everything, for programs")
    asked = options.parse_args(list(arguments))
    described = _described(asked.group, asked.name)
    if asked.json:
        emit(json.dumps(described, indent=2, ensure_ascii=False))
    elif asked.name is not None:
        emit(_entry_text(asked.group, described[asked.group][0]))
    else:
        emit("\n\n".join(_group_text(group, entries) for group, entries in described.items()))
    return 0


def _described(group: str | None, name: str | None) -> dict[str, list[dict[str, Any]]]:
    """Entries by group, each with name, summary, text and parameters."""
    known = [*GROUPS, EXPERIMENT]
    if group is not None and group not in known:
        raise BadInput(f"no group '{group}'{suggestion(group, known)} choices: {', '.join(known)}")
    described = {
        key: _presets() if key == EXPERIMENT else [_entry(registry) for registry in _entries(GROUPS[key])]
        for key in (known if group is None else [group])
    }
    if group is not None and name is not None:
        names = [entry["name"] for entry in described[group]]
        if name not in names:
            raise BadInput(f"no {group} '{name}'{suggestion(name, names)} choices: {', '.join(names)}")
        return {group: [entry for entry in described[group] if entry["name"] == name]}
    return described


def _entries(registry: Registry[Any]) -> list[Entry[Any]]:
    return [registry[name] for name in registry]


def _entry(entry: Entry[Any]) -> dict[str, Any]:
    return {
        "name": entry.name,
        "summary": entry.summary,
        "text": inspect.getdoc(entry.factory),
        "parameters": [_parameter(parameter) for parameter in entry.parameters.values()],
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "wants": _wants(parameter),
        "default": parameter.default,
        "sweeps_together": parameter.per_member,
    }


def _wants(parameter: Parameter) -> str:
    """The type with its range."""
    if parameter.name == "activation":
        return f"one of {', '.join(activations)}"
    return parameter.wanted + _range(parameter.bounds)


def _range(bounds: Bounds) -> str:
    parts = [
        f"at least {bounds.least:g}" if bounds.least is not None else "",
        f"more than {bounds.above:g}" if bounds.above is not None else "",
        f"less than {bounds.below:g}" if bounds.below is not None else "",
    ]
    given = " and ".join(part for part in parts if part)
    return f", {given}" if given else ""


def _presets() -> list[dict[str, Any]]:
    """The shipped experiments, in the language of the locale."""
    say = words(chosen("auto", os.environ))
    return [
        {
            "name": path.stem,
            "summary": f"nnrun {EXPERIMENT}={path.stem}",
            "text": f"{say[f'preset.{path.stem}.expect']}\n{say[f'preset.{path.stem}.next']}",
            "parameters": [],
        }
        for path in sorted((config_directory() / EXPERIMENT).glob("*.yaml"))
    ]


def _group_text(group: str, entries: Sequence[Mapping[str, Any]]) -> str:
    width = max(len(entry["name"]) for entry in entries)
    return "\n".join([group, *(f"  {entry['name']:<{width}}  {entry['summary']}" for entry in entries)])


def _entry_text(group: str, entry: Mapping[str, Any]) -> str:
    lines = [f"{group}={entry['name']}", "", *(f"  {line}".rstrip() for line in entry["text"].splitlines())]
    parameters = entry["parameters"]
    if parameters:
        names = [f"{group}.{parameter['name']}={_shown(parameter['default'])}" for parameter in parameters]
        width = max(map(len, names))
        lines += [
            "",
            *(f"  {name:<{width}}  {p['wants']}" for name, p in zip(names, parameters, strict=True)),
        ]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, tuple):
        return f"[{','.join(f'{element:g}' for element in value)}]"
    return f"{value:g}" if isinstance(value, float) else str(value)
