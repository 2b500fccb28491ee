"""`python docs/tools/reference.py`: brings the tables of docs/configuration.md up to what the registries say.

Keys, what they take and their defaults come from the code. What a key means is written on the page, by hand;
a new key starts with the comment of its line in `conf/`, and a new part with the first line of its docstring.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nnrun.config import REGISTRIES
from nnrun.schema import LARGEST_INTEGER, Parameter, Table, field_parameters
from nnrun.spec import EarlyStopping, PlotSettings, Settings, Spec, SweepSettings

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/configuration.md"
Keys = Mapping[str, Parameter]

_HEADING = re.compile(r"^(?=#+ )", re.MULTILINE)
_TABLE = re.compile(r"^\| key \|.*\n(?:\|.*\n)*", re.MULTILINE)
_ROW = re.compile(r"^\| `([\w.]+)` \| .*? \| `.*?` \| (.*?) \|$", re.MULTILINE)
_HEAD = "| key | takes | default | meaning |\n|---|---|---|---|\n"
_KINDS = {int: "whole number", float: "number", str: "text", Table: "keys and values"}
_SHOWN = {2**64: "2^64"}


def updated(page: str) -> str:
    """The page with its tables as they should be.

    Raises:
        ValueError: a section is about a part that does not exist.
    """
    sections = [_Section(text) for text in _HEADING.split(page)]
    known = {**_RUN, **_parts()}
    stale = [s.title for s in sections if re.match(r"`\w+=", s.title) and s.title not in known]
    if stale:
        raise ValueError(
            f"docs/configuration.md: there is no {', '.join(stale)}; take out what is said of it"
        )
    for missing in known.keys() - {section.title for section in sections}:
        _add(sections, missing)
    return "".join(section.text_with(known.get(section.title, {})) for section in sections)


class _Section:
    """A heading and what stands below it, up to the next heading of any level."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.title = text.partition("\n")[0].lstrip("# ")

    def text_with(self, keys: Keys) -> str:
        """The section with a table of `keys`, which keeps its column of meanings."""
        meanings = dict(_ROW.findall(self.text))
        rows = [_row(key, p, meanings.get(key) or _comment(self.title, key)) for key, p in keys.items()]
        table = _HEAD + "".join(rows) if rows else ""
        if _TABLE.search(self.text):
            return _TABLE.sub(lambda _: table, self.text, count=1)
        return f"{self.text.rstrip()}\n\n{table}\n" if table else self.text


def _add(sections: list[_Section], title: str) -> None:
    """Puts a section about a new part behind the others of its group."""
    group, name = title.strip("`").split("=")
    last = max(index for index, section in enumerate(sections) if section.title.startswith(f"`{group}"))
    entry = REGISTRIES[group][name]
    nothing = "" if entry.parameters else " No keys."
    sections.insert(last + 1, _Section(f"### {title}\n\n{entry.summary}{nothing}\n\n"))


def _row(key: str, parameter: Parameter, meaning: str) -> str:
    return f"| `{key}` | {takes(parameter)} | `{default(parameter.default)}` | {meaning} |\n"


def _comment(title: str, key: str) -> str:
    """What the configuration file of a section says beside a key; nothing where it does not have it."""
    part = re.fullmatch(r"`(\w+)=(\w+)`", title)
    file = ROOT / "conf" / (f"{part[1]}/{part[2]}.yaml" if part else "config.yaml")
    name = key.rpartition(".")[2]
    found = re.search(rf"^ *{name}: .*?# (.*)$", file.read_text("utf-8"), re.MULTILINE)
    return found[1] if found else ""


def takes(parameter: Parameter) -> str:
    """The type of a key, with its range."""
    if len(parameter.choices) > 5:
        anchor = {"activation": "activations"}.get(parameter.name, "initial-weights")
        words = f"[a name below](#{anchor})"
    elif parameter.choices or parameter.kind is bool:
        words = ", ".join(f"`{choice}`" for choice in parameter.choices or ("true", "false"))
    else:
        words = f"{_KINDS[parameter.kind]}{'s' * parameter.many} {', '.join(_bounds(parameter))}".strip()
    return f"{words}, `null`" if parameter.optional else words


def _bounds(parameter: Parameter) -> Iterator[str]:
    limits = parameter.bounds
    most, below = limits.most, limits.below
    if most is not None and most > LARGEST_INTEGER:
        most, below = None, most + 1
    elif most == LARGEST_INTEGER:
        most = None
    for sign, value in (("≥", limits.least), (">", limits.above), ("≤", most), ("<", below)):
        if value is not None:
            yield f"{sign} {_SHOWN.get(int(value), f'{value:g}')}"


def default(value: Any) -> str:
    """A default as one types it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        separator = "x" if all(isinstance(element, int) for element in value) else ","
        return separator.join(map(default, value)) or "[]"
    return str(value) if isinstance(value, str | Table) else f"{value:g}"


def _fields(node: type, prefix: str = "") -> Keys:
    return {f"{prefix}{key}": parameter for key, parameter in field_parameters(node).items()}


_RUN: Mapping[str, Keys] = {
    "The run": {**_fields(Spec), **_fields(EarlyStopping, "early_stopping.")},
    "What changes no result": {
        **_fields(Settings),
        **_fields(PlotSettings, "plots."),
        **_fields(SweepSettings, "sweep."),
    },
}


def _parts() -> dict[str, Keys]:
    return {
        f"`{group}={name}`": {f"{group}.{key}": p for key, p in registry[name].parameters.items()}
        for group, registry in REGISTRIES.items()
        for name in registry
    }


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text("utf-8")), "utf-8")
