"""The answer to the tab key: from the words of a line to what the last one could become."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from nnrun.arguments.flags import directories
from nnrun.completing.answer import Answer, Candidate, Paths
from nnrun.completing.files import GROUPS, Files
from nnrun.completing.runs import run_words
from nnrun.completing.training import Training
from nnrun.completing.usage import Argument, Usage, is_subcommand, subcommands, summary, usage
from nnrun.completing.values import METRICS, PICTURES, VALUES
from nnrun.shipped import config_directory

_FILES = frozenset({"FILE", "FILES", "PATH", "PATHS"})
_DIRECTORIES = frozenset({"DIR", "DIRECTORY"})
_RUNS = frozenset({"RUN", "RUNS"})
_KEYS = frozenset({"KEY", "KEYS"})
_OVERRIDES = frozenset({"KEY=VALUE", "OVERRIDES", "OVERRIDE"})
_PARTS = (*GROUPS[:-1], "metric", "activation", "init", "experiment")
"""Groups that `nnrun parts` knows."""


def answer(words: Sequence[str], current: str, runs: Path) -> Answer:
    """What `current` could become.

    Args:
        words: those before it, without the program's name.
        current: the beginning of a word, without quotes.
        runs: where runs lie.
    """
    own = [directory.expanduser() for directory in directories(words)]
    training = Training(words, Files((config_directory(), *own)), runs)
    if words and is_subcommand(words[0]):
        found = _of_subcommand(usage(words[0]), words[1:], current, training)
    else:
        found = training.answer(current)
        if not words and "=" not in current and not current.startswith("-"):
            named = tuple(Candidate(name, summary(name)) for name in subcommands())
            found = replace(found, candidates=(*named, *found.candidates))
    return _with_paths(found.starting(current), current)


def _with_paths(found: Answer, current: str) -> Answer:
    """Directories beside other candidates only where a path is being typed, or nothing else is there."""
    typed = current.rpartition("=")[2]
    if (
        found.paths == "directories"
        and found.candidates
        and not (typed.startswith((".", "~")) or "/" in typed)
    ):
        return replace(found, paths="none")
    return found


def _of_subcommand(taken: Usage, words: Sequence[str], current: str, training: Training) -> Answer:
    last = words[-1] if words else ""
    open_flag = taken.flags.get(last)
    if open_flag is not None and open_flag.takes_value:
        return _value(open_flag, current, (), training)
    name, equals, typed = current.partition("=")
    if name.startswith("-"):
        if not equals:
            return Answer(tuple(_flags(taken, words)))
        found = _value(taken.flags[name], typed, (), training) if name in taken.flags else Answer()
        return found.behind(f"{name}=")
    alone = _alone(taken, words)
    place = _place(taken.words, len(alone))
    found = _value(place, current, alone, training) if place is not None else Answer()
    if place is None and taken.passes:
        return replace(training, words=alone).answer(current)
    return found


def _flags(taken: Usage, words: Sequence[str]) -> Iterator[Candidate]:
    """Those that are not given yet: each by its long name, and by its short one."""
    for found in taken.arguments:
        if found.is_flag and (found.repeated or not set(found.names) & set(words)):
            yield from (Candidate(name, found.help) for name in found.names)


def _alone(taken: Usage, words: Sequence[str]) -> list[str]:
    """The words that are neither flags nor their values."""
    alone: list[str] = []
    flag: Argument | None = None
    for word in words:
        if flag is not None and flag.takes_value:
            flag = None
        elif word.startswith("-"):
            flag = taken.flags.get(word)
        else:
            alone.append(word)
    return alone


def _place(places: Sequence[Argument], filled: int) -> Argument | None:
    """The place that the next word takes."""
    if filled < len(places):
        return places[filled]
    return places[-1] if places and places[-1].repeated else None


def _value(argument: Argument, current: str, before: Sequence[str], training: Training) -> Answer:
    """What can stand for an argument, by its choices, its placeholder or its name."""
    if argument.choices:
        return Answer(_plain(argument.choices))
    known = set(re.findall(r"[A-Z][A-Z=]*", argument.placeholder.upper()))
    found = list(_of_parts(argument.names[0], before, training))
    if known & _RUNS and "=" not in current:
        found += run_words(current, training.runs)
    if known & _OVERRIDES:
        found += replace(training, words=before).answer(current).candidates
    elif known & _KEYS:
        found += _key_names(current, training)
    paths: Paths = "files" if known & _FILES else "directories" if known & (_DIRECTORIES | _RUNS) else "none"
    return Answer(tuple(found), paths)


def _of_parts(name: str, before: Sequence[str], training: Training) -> Iterator[Candidate]:
    """The words of `nnrun parts`, and the pictures that `--kind` names."""
    if name == "group":
        yield from _plain(_PARTS)
    elif name == "name" and before:
        named = {"metric": METRICS, "activation": VALUES["model.activation"], "init": VALUES["model.init"]}
        found = training.files.names(before[0]) if before[0] in GROUPS else {}
        yield from _plain(named.get(before[0], ()))
        yield from (Candidate(part, remark) for part, remark in found.items())
    elif name == "--kind":
        yield from _plain(PICTURES)


def _key_names(current: str, training: Training) -> Iterator[Candidate]:
    for found in training.answer(current).candidates:
        if found.text.removesuffix("=") not in GROUPS:
            yield replace(found, text=found.text.removesuffix("="))


def _plain(words: Iterable[str]) -> tuple[Candidate, ...]:
    return tuple(map(Candidate, words))
