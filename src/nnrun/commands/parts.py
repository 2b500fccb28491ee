"""`nnrun parts [GROUP [NAME]]`: what can be picked, from registries, docstrings and presets."""

from __future__ import annotations

import functools
import inspect
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nnrun.characters import cells, padded
from nnrun.commands.console import emit
from nnrun.commands.flags import add_language, language_as_flag, refuse_repeats, spoken
from nnrun.commands.options import Options
from nnrun.config import REGISTRIES
from nnrun.errors import BadInput
from nnrun.metrics import metrics
from nnrun.models.activations import Activation, activations
from nnrun.models.initialisation import schemes
from nnrun.own_pictures import pictures
from nnrun.plugins.declaring import declared, listed, user_directory
from nnrun.plugins.naming import own_name
from nnrun.plugins.registering import load_installed, load_plugin
from nnrun.plugins.trust import allow
from nnrun.registry import Entry, Registry, suggestion
from nnrun.schema import Bounds, Parameter, Table
from nnrun.shipped import config_directory
from nnrun.words import words
from nnrun.words.parts_zh import PARTS as CHINESE

GROUPS: Mapping[str, Registry[Any]] = {**REGISTRIES, "metric": metrics, "plot": pictures}
"""Groups whose entries are factories, described by their docstrings."""

KEYS: Mapping[str, str] = {"activation": "model.activation", "init": "model.init"}
"""Groups that are values of a key of the model."""

EXPERIMENT = "experiment"


def main(arguments: Sequence[str]) -> int:
    """Prints groups and their entries, one group, or one entry with its parameters."""
    options = Options(
        "parts",
        "List what can be picked: every group, the entries of one, or one entry with its keys.",
        [
            "nnrun parts",
            "nnrun parts optim",
            "nnrun parts optim adam",
            "nnrun parts --json",
            "nnrun parts plugins=my_parts",
        ],
    )
    options.add_argument("group", nargs="?", help=f"one of {', '.join(_known())}")
    options.add_argument("name", nargs="?", help="an entry of the group")
    options.add_argument("--json", action="store_true", help="everything, for programs")
    add_language(options)
    typed = language_as_flag(arguments)
    refuse_repeats(typed)
    asked = options.parse_args(_with_plugins(typed))
    _allow_own(asked.group, asked.name)
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


def _with_plugins(words: Sequence[str]) -> list[str]:
    """Loads what `plugins=` names, what `conf/` does and what is installed; the words that remain."""
    directory = user_directory()
    own = [] if directory is None else [directory]
    beside = [place.absolute().parent for place in own]
    named = [name for word in words if word.startswith("plugins=") for name in listed(word.partition("=")[2])]
    for name in (*named, *(name for name, _ in declared(own, ()))):
        load_plugin(name, beside)
    load_installed()
    return [word for word in words if not word.startswith("plugins=")]


def _allow_own(group: str | None, name: str | None) -> None:
    """Executes the file of a part such as `./net.py:Net`, which its user has named."""
    own = None if name is None else own_name(name)
    if own is not None and group in GROUPS:
        allow([own.path])


def _described(group: str | None, name: str | None, language: str) -> dict[str, list[dict[str, Any]]]:
    """Entries by group, each with name, summary, text and parameters."""
    known = _known()
    if group is not None and group not in known:
        raise _unknown(group)
    described = {key: _entries(key, language) for key in (known if group is None else [group])}
    if group is not None and name is not None:
        if own_name(name) is not None and group in GROUPS:
            return {group: [_entry(group, GROUPS[group][name], language)]}
        names = [entry["name"] for entry in described[group]]
        if name not in names:
            raise BadInput(f"no {group} '{name}'{suggestion(name, names)} choices: {', '.join(names)}")
        return {group: [entry for entry in described[group] if entry["name"] == name]}
    return described


def _known() -> list[str]:
    return [*(group for group in GROUPS if group != "plot" or len(pictures)), *KEYS, EXPERIMENT]


def _unknown(typed: str) -> BadInput:
    """`optim=adam`, `optim.adam` and `adam` have one meaning each; nothing else has."""
    group, separator, name = typed.replace(".", "=").partition("=")
    if separator and group in _known():
        command = " ".join(["nnrun", "parts", group, *([name] if re.fullmatch(r"\w+", name) else [])])
        return BadInput(f"{typed}: group and name are two words", command)
    owners = [group for group in _known() if typed in (entry["name"] for entry in _entries(group, "en"))]
    if owners:
        problem = f"no group '{typed}'; it is a name of {' and '.join(owners)}"
        return BadInput(problem, f"nnrun parts {owners[0]} {typed}" if len(owners) == 1 else None)
    return BadInput(f"no group '{typed}'{suggestion(typed, _known())} choices: {', '.join(_known())}")


def _entries(group: str, language: str) -> list[dict[str, Any]]:
    if group == EXPERIMENT:
        return _presets(language)
    if group == "activation":
        return list(map(functools.partial(_activation, language=language), activations.values()))
    if group == "init":
        return [
            _plain(name, _worded("init", name, scheme.draw, language)) for name, scheme in schemes.items()
        ]
    found = [_entry(group, GROUPS[group][name], language) for name in GROUPS[group]]
    automatic = [_plain("auto", words(language)["parts.loss.auto"])] if group == "loss" else []
    return [*found, *automatic]


def _activation(activation: Activation, language: str) -> dict[str, Any]:
    """Its formula and that of its derivative."""
    from nnrun.tracing.phrases import Phrases

    say = Phrases(language).formula
    return _plain(activation.name, f"y = {say(activation.formula)}\ndy/dx = {say(activation.slope)}")


def _plain(name: str, text: str) -> dict[str, Any]:
    """An entry without parameters."""
    return {"name": name, "summary": text.partition("\n")[0], "text": text, "parameters": []}


def _worded(group: str, name: str, documented: Callable[..., Any], language: str) -> str:
    """The docstring, or what stands for it in the other language."""
    text = inspect.getdoc(documented) or ""
    return CHINESE.get(f"{group}.{name}", text) if language == "zh" else text


def _entry(group: str, entry: Entry[Any], language: str) -> dict[str, Any]:
    parameters = [_parameter(parameter, words(language)) for parameter in entry.parameters.values()]
    text = _worded(group, entry.name, entry.factory, language)
    return _plain(entry.name, text) | {"parameters": parameters}


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
        _plain(path.stem, f"{say[f'preset.{path.stem}.expect']}\n{say[f'preset.{path.stem}.next']}")
        | {"command": f"nnrun {EXPERIMENT}={path.stem}"}
        for path in sorted((config_directory() / EXPERIMENT).glob("*.yaml"))
    ]


def _group_text(title: str, entries: Sequence[Mapping[str, Any]]) -> str:
    width = max(cells(entry["name"]) for entry in entries)
    return "\n".join([title, *(f"  {padded(entry['name'], width)}  {entry['summary']}" for entry in entries)])


def _entry_text(group: str, entry: Mapping[str, Any]) -> str:
    lines = [
        f"{KEYS.get(group, group)}={entry['name']}",
        "",
        *(f"  {line}".rstrip() for line in entry["text"].splitlines()),
    ]
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
    if isinstance(value, Table):
        return "{}"
    return f"{value:g}" if isinstance(value, float) else str(value)
