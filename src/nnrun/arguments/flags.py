"""Hydra's own flags and nnrun's: which there are, and the values that they take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

MULTIRUN = frozenset({"-m", "--multirun"})
QUIET = frozenset({"-q", "--quiet"})
HYDRAS_TALK = frozenset({"-sc", "--shell-completion", "--hydra-help"})
"""Flags after which the whole line is Hydra's."""

_RUN = frozenset({"-r", "--run"})
_DIRECTORY = frozenset({"-cd", "--config-dir", "-cp", "--config-path"})
_SWITCHES = MULTIRUN | _RUN | HYDRAS_TALK | {"--resolve"}
_CONFIGS = ("job", "hydra", "all")
_TOPICS = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")
_CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"-c": _CONFIGS, "--cfg": _CONFIGS, "-i": _TOPICS, "--info": _TOPICS}
)
_VALUED = _DIRECTORY | {"-p", "--package", "-cn", "--config-name"} | set(_CHOICES)
_FORBIDDEN = "--experimental-rerun"

NAMES = tuple(sorted(_SWITCHES | _VALUED | QUIET | {"-h", "--help", "--version"}))
"""Every flag that there is."""


@dataclass(frozen=True)
class Flag:
    """One flag as typed.

    Attributes:
        words: what was typed.
        flags: for Hydra.
        problem: what is wrong, or None.
        fixed: the words to type instead; None where there is no single fix.
    """

    words: tuple[str, ...]
    flags: tuple[str, ...] = ()
    problem: str | None = None
    fixed: tuple[str, ...] | None = None


def is_start_word(word: str) -> bool:
    """Whether `word` says how to train, and means nothing to a subcommand."""
    return word in MULTIRUN | _RUN


def directories(words: Sequence[str]) -> Iterator[Path]:
    """The configuration directories that the flags among `words` name."""
    for position, word in enumerate(words):
        name, equals, value = word.partition("=")
        if word == "--":
            return
        if name in _DIRECTORY:
            following = words[position + 1 : position + 2]
            yield from map(Path, [value] if equals else following)


def read_flag(words: Sequence[str]) -> Flag | None:
    """The flag that `words` starts with, its value included; None if nobody knows such a flag."""
    name, equals, value = words[0].partition("=")
    if name == _FORBIDDEN:
        return Flag(tuple(words[: 1 if equals else 2]), problem="not allowed in nnrun")
    if name in QUIET and not equals:
        return Flag((name,), fixed=(name,))
    if name in _SWITCHES and not equals:
        return Flag((name,), flags=(name,), fixed=(name,))
    if name not in _VALUED:
        return None
    if name in _CHOICES:
        return _read_choice(words, name, value if equals else None)
    if not equals and (len(words) == 1 or words[1].startswith("-")):
        return Flag((name,), problem="wants a value")
    taken = tuple(words[: 1 if equals else 2])
    return Flag(taken, flags=taken, fixed=taken)


def _read_choice(words: Sequence[str], name: str, value: str | None) -> Flag:
    choices = _CHOICES[name]
    following = value if value is not None else next(iter(words[1:2]), None)
    if following in choices:
        taken = tuple(words[: 1 if value is not None else 2])
        return Flag(taken, flags=taken, fixed=taken)
    if choices is _TOPICS and value is None:
        # Spelt out: argparse would take the first override for the topic.
        return Flag((name,), flags=(name, "all"), fixed=(name,))
    return Flag(tuple(words[:1]), problem=f"wants one of {', '.join(choices)}", fixed=(name, choices[0]))
