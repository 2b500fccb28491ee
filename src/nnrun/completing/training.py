"""What can follow in the line of a training: groups, keys, their values, and its flags."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nnrun.arguments.flags import MULTIRUN
from nnrun.completing.answer import Answer, Candidate
from nnrun.completing.files import GROUPS, Files, Key
from nnrun.completing.runs import run_words
from nnrun.completing.values import DIRECTORIES, FILES, LISTS, RUNS, words_for

FLAGS: Mapping[str, str] = {
    "-m": "several values per key: one run for each combination",
    "--multirun": "the same as -m",
    "-q": "errors alone",
    "--quiet": "the same as -q",
    "--cfg": "print the configuration, train nothing",
    "--resolve": "with --cfg: interpolations replaced by what they stand for",
    "--package": "with --cfg: one part of the configuration alone",
    "--info": "print what Hydra knows of the configuration",
    "--config-dir": "a directory with configuration files of your own",
    "--config-name": "another primary configuration than config.yaml",
    "--help": "the help page",
    "--hydra-help": "Hydra's own flags",
    "--version": "print the version",
}
"""Of a training, those that are worth knowing."""

_TOPICS = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")
_FLAG_VALUES: Mapping[str, tuple[str, ...]] = {
    "--cfg": ("job", "hydra", "all"),
    "-c": ("job", "hydra", "all"),
    "--info": _TOPICS,
    "-i": _TOPICS,
}
_FLAGS_OF_DIRECTORIES = frozenset({"--config-dir", "-cd"})
_OPERATORS = "+~"


@dataclass(frozen=True)
class Training:
    """The line of a training, up to the word that is typed.

    Attributes:
        words: those before it.
        files: the configuration that it starts from.
        runs: where runs lie.
    """

    words: Sequence[str]
    files: Files
    runs: Path

    def answer(self, current: str) -> Answer:
        """What `current` could become."""
        last = self.words[-1] if self.words else ""
        if last in _FLAG_VALUES or last in _FLAGS_OF_DIRECTORIES:
            return _flag_value(last)
        key, equals, value = current.partition("=")
        if current.startswith("-"):
            return _flag_value(key).behind(f"{key}=") if equals else _flags()
        if equals:
            return self._values(key.lstrip(_OPERATORS), value).behind(f"{key}=")
        operators = current[: len(current) - len(current.lstrip(_OPERATORS))]
        return Answer(tuple(self._keys(current.lstrip(_OPERATORS), operators))).behind(operators)

    @functools.cached_property
    def given(self) -> Mapping[str, str]:
        """Key -> value of the words before."""
        pairs = (word.lstrip(_OPERATORS).partition("=") for word in self.words if not word.startswith("-"))
        return {key: value for key, equals, value in pairs if equals}

    def _keys(self, current: str, operators: str) -> Iterator[Candidate]:
        """Groups and keys; what stands below a dot once the dot is there."""
        section, dot, _ = current.partition(".")
        found = self._below(section) if dot else self._top()
        for key, description in found:
            if key.rstrip("=") not in self.given or operators:
                yield Candidate(key, description)

    def _top(self) -> Iterator[tuple[str, str]]:
        for group in GROUPS:
            chosen = self._chosen(group)
            yield f"{group}=", f"default {', '.join(chosen)}" if chosen else "a whole experiment"
        sections: dict[str, list[str]] = {}
        for key, entry in self.files.settings.items():
            section, dot, leaf = key.partition(".")
            if dot:
                sections.setdefault(section, []).append(leaf)
            else:
                yield f"{key}=", self._described(key, entry)
        for group in GROUPS:
            leaves = [key.partition(".")[2] for key, _ in self._parts_keys(group)]
            sections |= {group: leaves} if leaves else {}
        for section, leaves in sections.items():
            yield f"{section}.", ", ".join(leaves)

    def _below(self, section: str) -> Iterator[tuple[str, str]]:
        own = ((key, entry) for key, entry in self.files.settings.items() if key.startswith(f"{section}."))
        for key, entry in own if section not in GROUPS else self._parts_keys(section):
            yield f"{key}=", self._described(key, entry)

    def _described(self, key: str, entry: Key) -> str:
        """Default and comment; the preset's value where one is chosen, unless its part is another."""
        preset = self._preset_keys.get(key)
        if preset is None or key.partition(".")[0] in self.given:
            return entry.description
        return Key(preset.default, entry.comment).description

    @functools.cached_property
    def _preset_keys(self) -> Mapping[str, Key]:
        name = self.given.get("experiment")
        return self.files.preset(name).keys if name else {}

    @functools.cached_property
    def _picks(self) -> Mapping[str, str]:
        name = self.given.get("experiment")
        return {**self.files.defaults, **(self.files.preset(name).picks if name else {})}

    def _chosen(self, group: str) -> tuple[str, ...]:
        """The parts of `group` that the line trains."""
        typed = self.given.get(group, self._picks.get(group, ""))
        return tuple(name for name in typed.split(",") if name)

    def _parts_keys(self, group: str) -> list[tuple[str, Key]]:
        """The keys of the chosen parts, with what the first one of them that has a key says of it."""
        found: dict[str, Key] = {}
        for name in self._chosen(group) if group != "experiment" else ():
            for key, entry in self.files.keys(group, name).items():
                found.setdefault(f"{group}.{key}", entry)
        return list(found.items())

    def _values(self, key: str, value: str) -> Answer:
        """What can stand behind `key=`; of several values, the last one."""
        leaf = key.rpartition(".")[2]
        if key in DIRECTORIES:
            return Answer(paths="directories")
        if key in RUNS:
            return Answer(run_words(value, self.runs), "directories")
        known = self._words(key)
        if not known and "." in key and leaf in FILES:
            return Answer(paths="files")
        head, comma, _ = value.rpartition(",")
        if not comma:
            return Answer(known)
        if not (key in LISTS or MULTIRUN & set(self.words)):
            return Answer()
        used = head.split(",")
        return Answer(tuple(found for found in known if found.text not in used)).behind(f"{head},")

    def _words(self, key: str) -> tuple[Candidate, ...]:
        if key in GROUPS:
            return tuple(Candidate(name, remark) for name, remark in self.files.names(key).items())
        group = key.partition(".")[0]
        keys: Mapping[str, Key] = dict(self._parts_keys(group)) if group in GROUPS else self.files.settings
        default = keys[key].default if key in keys else ""
        usual = self._preset_keys[key].default if key in self._preset_keys else default
        return tuple(_marked(words_for(key, default), usual))


def _marked(words: Iterable[str], usual: str) -> Iterator[Candidate]:
    for word in words:
        yield Candidate(word, "default" if word == usual else "")


def _flags() -> Answer:
    return Answer(tuple(Candidate(name, meaning) for name, meaning in FLAGS.items()))


def _flag_value(flag: str) -> Answer:
    if flag in _FLAGS_OF_DIRECTORIES:
        return Answer(paths="directories")
    return Answer(tuple(Candidate(word) for word in _FLAG_VALUES.get(flag, ())))
