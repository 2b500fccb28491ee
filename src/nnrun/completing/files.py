"""The configuration files, line by line: names, keys, defaults and the comments behind them."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

GROUPS = ("dataset", "model", "loss", "optim", "schedule", "device", "engine", "experiment")
"""Of what is picked by name."""

MOST_BYTES = 1024 * 1024
"""Of a file that is read at all."""

_ENTRY = re.compile(r"( *)([A-Za-z_]\w*):(?:\s+(.*))?")
_VALUE = re.compile(r"""("[^"]*"|'[^']*'|\[[^\]]*\]|[^#]*?)\s*(?:(?<!\S)#\s*(.*))?""")
_PICK = re.compile(r"\s*-\s*(?:override\s+)?/?(\w+):\s*([\w./-]+)")
_NO_KEYS = ("defaults", "hydra", "name")


@dataclass(frozen=True)
class Key:
    """One `key: value    # comment`.

    Attributes:
        default: as one would type it; empty where the file leaves it to something else.
        comment: what stands behind it.
    """

    default: str
    comment: str = ""

    @property
    def description(self) -> str:
        """Default and comment."""
        return ": ".join(
            text for text in (f"default {self.default}" * bool(self.default), self.comment) if text
        )


@dataclass(frozen=True)
class Content:
    """One file.

    Attributes:
        keys: `a.b` for what stands below, in order.
        picks: group -> name, from its list of defaults.
        remarks: the comment lines at its top.
    """

    keys: Mapping[str, Key]
    picks: Mapping[str, str]
    remarks: tuple[str, ...] = ()


class Files:
    """The files of several configuration directories; one that cannot be read holds nothing.

    Args:
        directories: the first one has config.yaml.
    """

    def __init__(self, directories: Sequence[Path]) -> None:
        self._directories = tuple(directories)

    @functools.cached_property
    def settings(self) -> Mapping[str, Key]:
        """The run's own keys."""
        found = self._read("config.yaml").keys
        return {
            key: value for key, value in found.items() if key.partition(".")[0] not in ("defaults", "hydra")
        }

    @functools.cached_property
    def defaults(self) -> Mapping[str, str]:
        """Group -> the part that is taken where none is chosen."""
        return {group: name for group, name in self._read("config.yaml").picks.items() if name != "null"}

    def names(self, group: str) -> Mapping[str, str]:
        """What `group` can be set to -> what its file says of it."""
        names: set[str] = set()
        for directory in self._directories:
            below = directory / group
            names |= {path.relative_to(below).with_suffix("").as_posix() for path in below.rglob("*.yaml")}
        return {name: self._remark(group, name) for name in sorted(names)}

    def keys(self, group: str, name: str) -> Mapping[str, Key]:
        """The keys of a part; a file that presets another part has that one's keys too."""
        own = self._read(f"{group}/{name}.yaml").keys
        base = own["name"].default if "name" in own else name
        below = self._read(f"{group}/{base}.yaml").keys if base != name else {}
        return {key: value for key, value in (dict(below) | dict(own)).items() if key not in _NO_KEYS}

    def preset(self, name: str) -> Content:
        """An experiment."""
        return self._read(f"experiment/{name}.yaml")

    def _remark(self, group: str, name: str) -> str:
        content = self._read(f"{group}/{name}.yaml")
        if group == "experiment":
            return " ".join(line for line in content.remarks if not line.startswith(("nnrun ", "@package")))
        return content.keys["name"].comment if "name" in content.keys else ""

    def _read(self, name: str) -> Content:
        for directory in self._directories:
            path = directory / name
            if path.is_file():
                return read(path)
        return Content(MappingProxyType({}), MappingProxyType({}))


@functools.cache
def read(path: Path) -> Content:
    """What can be told of a file by its lines; what is wrong with it is for a training to say."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return Content({}, {})
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return Content({}, {})
    picks = {match[1]: match[2] for match in map(_PICK.match, lines) if match}
    opening = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return Content(_keys(lines), picks, tuple(line.lstrip("# ") for line in lines[:opening]))


def _keys(lines: Sequence[str]) -> Mapping[str, Key]:
    """Leaves, dotted; what only holds others is none."""
    found: dict[str, Key] = {}
    above: list[tuple[int, str]] = []
    for line in lines:
        entry = _ENTRY.fullmatch(line)
        if entry is None:
            continue
        indent = len(entry[1])
        while above and above[-1][0] >= indent:
            above.pop()
        for _, parent in above[-1:]:
            found.pop(parent, None)
        dotted = ".".join([*(name for _, name in above[-1:]), entry[2]])
        found[dotted] = _key(entry[3] or "")
        above.append((indent, dotted))
    return found


def _key(text: str) -> Key:
    matched = _VALUE.fullmatch(text)
    value, comment = (matched[1], matched[2] or "") if matched else ("", "")
    return Key(_typed(value), comment)


def _typed(value: str) -> str:
    """A value of YAML as one types it: `20x20` for `[20, 20]`; nothing for an interpolation."""
    if "${" in value:
        return ""
    if value.startswith("[") and value.endswith("]") and value != "[]":
        elements = [element.strip() for element in value[1:-1].split(",")]
        return ("x" if all(map(str.isdecimal, elements)) else ",").join(elements)
    return value.strip("\"'")
