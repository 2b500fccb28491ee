"""`nnrun parts [GROUP [NAME]]`: what can be picked, from registries, docstrings and presets."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from typing import Any

from nnrun.characters import cells, padded
from nnrun.commands.console import emit
from nnrun.commands.flags import add_language, refuse_repeats, spoken
from nnrun.commands.options import Options
from nnrun.config import REGISTRIES
from nnrun.errors import BadInput
from nnrun.metrics import metrics
from nnrun.models.activations import activations
from nnrun.registry import Entry, Registry, suggestion
from nnrun.schema import Bounds, Parameter
from nnrun.shipped import config_directory
from nnrun.words import words
from nnrun.words.parts_zh import PARTS as CHINESE

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
    add_language(options)
    refuse_repeats(arguments)
    asked = options.parse_args(list(arguments))
    language = "en" if asked.json else spoken(asked.language)
    described = _described(asked.group, asked.name, language)
    if asked.json:
        emit(json.dumps(described, indent=2, ensure_ascii=False))
    elif asked.name is not None:
        emit(_entry_text(asked.group, described[asked.group][0]))
    else:
        title = {group: words(language)[f"parts.group.{group}"] for group in described}
        emit("\n\n".join(_group_text(title[group], entries) for group, entries in described.items()))
    return 0


def _described(group: str | None, name: str | None, language: str) -> dict[str, list[dict[str, Any]]]:
    """Entries by group, each with name, summary, text and parameters."""
    known = [*GROUPS, EXPERIMENT]
    if group is not None and group not in known:
        raise BadInput(f"no group '{group}'{suggestion(group, known)} choices: {', '.join(known)}")
    described = {
        key: _presets(language)
        if key == EXPERIMENT
        else [_entry(key, entry, language) for entry in _entries(GROUPS[key])]
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


def _entry(group: str, entry: Entry[Any], language: str) -> dict[str, Any]:
    text = inspect.getdoc(entry.factory) or ""
    if language == "zh":
        text = CHINESE.get(f"{group}.{entry.name}", text)
    return {
        "name": entry.name,
        "summary": text.partition("\n")[0],
        "text": text,
        "parameters": [_parameter(parameter, words(language)) for parameter in entry.parameters.values()],
    }


def _parameter(parameter: Parameter, say: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "wants": _wants(parameter, say),
        "default": parameter.default,
        "sweeps_together": parameter.per_member,
    }


def _wants(parameter: Parameter, say: Mapping[str, str]) -> str:
    """The type with its range."""
    choices = activations if parameter.name == "activation" else parameter.choices
    if choices:
        wanted = say["parts.wants.choice"].format(choices=", ".join(map(str, choices)))
    else:
        wanted = say[f"parts.wants.{parameter.kind.__name__}{'.many' if parameter.many else ''}"]
    if parameter.optional:
        wanted = say["parts.wants.optional"].format(wanted=wanted)
    bounds = _range(parameter.bounds, say)
    return say["parts.range"].format(wanted=wanted, bounds=bounds) if bounds else wanted


def _range(bounds: Bounds, say: Mapping[str, str]) -> str:
    limits = {"least": bounds.least, "above": bounds.above, "below": bounds.below}
    given = (
        say[f"parts.range.{kind}"].format(bound=bound) for kind, bound in limits.items() if bound is not None
    )
    return say["parts.range.and"].join(given)


def _presets(language: str) -> list[dict[str, Any]]:
    """The shipped experiments."""
    say = words(language)
    return [
        {
            "name": path.stem,
            "summary": f"nnrun {EXPERIMENT}={path.stem}",
            "text": f"{say[f'preset.{path.stem}.expect']}\n{say[f'preset.{path.stem}.next']}",
            "parameters": [],
        }
        for path in sorted((config_directory() / EXPERIMENT).glob("*.yaml"))
    ]


def _group_text(title: str, entries: Sequence[Mapping[str, Any]]) -> str:
    width = max(cells(entry["name"]) for entry in entries)
    return "\n".join([title, *(f"  {padded(entry['name'], width)}  {entry['summary']}" for entry in entries)])


def _entry_text(group: str, entry: Mapping[str, Any]) -> str:
    lines = [f"{group}={entry['name']}", "", *(f"  {line}".rstrip() for line in entry["text"].splitlines())]
    parameters = entry["parameters"]
    if parameters:
        names = [f"{group}.{parameter['name']}={_shown(parameter['default'])}" for parameter in parameters]
        width = max(map(cells, names))
        lines += [
            "",
            *(f"  {padded(name, width)}  {p['wants']}" for name, p in zip(names, parameters, strict=True)),
        ]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, tuple):
        return f"[{','.join(f'{element:g}' for element in value)}]"
    return f"{value:g}" if isinstance(value, float) else str(value)
