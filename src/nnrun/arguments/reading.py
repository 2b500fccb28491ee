"""Words of the command line taken together as arguments: flags, `key=value`, and what was meant as such."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from nnrun.arguments.characters import ascii_form, is_encodable
from nnrun.arguments.context import Context
from nnrun.arguments.flags import Flag, read_flag
from nnrun.arguments.keys import is_hydras, meanings
from nnrun.arguments.synonyms import START_WORDS
from nnrun.arguments.vocabulary import Vocabulary

_EQUALS = re.compile("[=＝]")
_DASHES = "-–—−"
_NEGATIVE = re.compile(r"-\.?\d")


class Kind(Enum):
    """How an argument was written."""

    FLAG = "a flag that is known"
    OVERRIDE = "key=value"
    LOOSE = "a key and a value in another form"
    SPACED = "key=value, where the value's blanks were not quoted"
    DASHED = "a dash and a word that is no flag, with or without a value"
    REMOVAL = "~key"
    WORD = "one word alone"
    BROKEN = "not text"


@dataclass(frozen=True)
class Argument:
    """Words that belong together.

    Attributes:
        kind: how they were written.
        words: as typed.
        key: before the equals sign, if any; ASCII.
        value: after it; None where there is none.
        flag: what a flag is.
    """

    kind: Kind
    words: tuple[str, ...]
    key: str = ""
    value: str | None = None
    flag: Flag | None = None

    @property
    def text(self) -> str:
        """As typed, on one line."""
        return " ".join(self.words)


def read(words: Sequence[str], vocabulary: Vocabulary, subcommands: Collection[str]) -> list[Argument]:
    """`words` as arguments, in order."""
    return list(_Reader(vocabulary, subcommands).arguments(words))


class _Reader:
    def __init__(self, vocabulary: Vocabulary, subcommands: Collection[str]) -> None:
        self._context = Context(vocabulary, multirun=False, chosen={})
        self._subcommands = subcommands

    def arguments(self, words: Sequence[str]) -> Iterator[Argument]:
        position, flags_allowed = 0, True
        last: Argument | None = None
        while position < len(words):
            rest = words[position:]
            if flags_allowed and rest[0] == "--":
                flags_allowed, position = False, position + 1
                continue
            argument = self._next(rest, flags_allowed)
            position += len(argument.words)
            if last and argument.kind is Kind.WORD and self._continues(last, argument.text):
                last = Argument(
                    Kind.SPACED, (*last.words, argument.text), last.key, f"{last.value} {argument.text}"
                )
                continue
            if last:
                yield last
            last = argument
        if last:
            yield last

    def _next(self, rest: Sequence[str], flags_allowed: bool) -> Argument:
        word = rest[0]
        if not is_encodable(word) or "\0" in word:
            return Argument(Kind.BROKEN, (word,))
        if flags_allowed and len(word) > 1 and word[0] in _DASHES:
            flag = read_flag(rest) if word[0] == "-" else None
            return Argument(Kind.FLAG, flag.words, flag=flag) if flag else self._dashed(rest)
        if _EQUALS.match(word) is None and _EQUALS.search(word):
            return self._override(rest)
        if word.startswith("~"):
            return Argument(Kind.REMOVAL, (word,), ascii_form(word))
        return self._word(rest)

    def _override(self, rest: Sequence[str]) -> Argument:
        key, value = _parted(rest[0])
        follows = not value and not is_hydras(key) and self._is_value(rest[1:2])
        if follows and self._is_key(key) and not self._is_text(key):
            return Argument(Kind.LOOSE, tuple(rest[:2]), key, rest[1])
        return Argument(Kind.OVERRIDE, (rest[0],), key, value)

    def _dashed(self, rest: Sequence[str]) -> Argument:
        bare = rest[0].lstrip(_DASHES)
        if _EQUALS.search(bare):
            key, value = _parted(bare)
            return Argument(Kind.DASHED, (rest[0],), key, value)
        key = ascii_form(bare)
        if self._is_key(key) and not self._is_switch(key) and self._is_value(rest[1:2]):
            return Argument(Kind.DASHED, tuple(rest[:2]), key, rest[1])
        return Argument(Kind.DASHED, (rest[0],), key)

    def _word(self, rest: Sequence[str]) -> Argument:
        word = ascii_form(rest[0]).strip()
        if len(rest) > 1 and word and not _EQUALS.match(rest[0]):
            if rest[1] in ("=", "＝") and len(rest) > 2:
                return Argument(Kind.LOOSE, tuple(rest[:3]), word, rest[2])
            if _EQUALS.match(rest[1]):
                return Argument(Kind.LOOSE, tuple(rest[:2]), word, rest[1][1:])
            if not self._is_choice(word) and self._is_key(word) and self._is_value(rest[1:2]):
                return Argument(Kind.LOOSE, tuple(rest[:2]), word, rest[1])
        key, colon, value = word.partition(":")
        if colon and value and self._is_key(key):
            return Argument(Kind.LOOSE, (rest[0],), key, value)
        if _EQUALS.match(word):
            return Argument(Kind.OVERRIDE, (rest[0],), "", word[1:])
        return Argument(Kind.WORD, (rest[0],))

    def _continues(self, last: Argument, word: str) -> bool:
        """Whether `word` is the next one of a text whose blanks were not quoted."""
        if last.kind not in (Kind.OVERRIDE, Kind.SPACED) or not self._is_text(last.key) or not word:
            return False
        if last.kind is Kind.SPACED:
            return True
        plain = not self._is_choice(word) and not self._is_key(word) and word not in self._subcommands
        return plain or word in START_WORDS

    def _is_value(self, following: Sequence[str]) -> bool:
        if not following or _EQUALS.search(following[0]):
            return False
        word = following[0]
        negative = _NEGATIVE.match(word) is not None
        return (negative or word[:1] not in _DASHES) and word not in self._context.vocabulary.options

    def _is_key(self, key: str) -> bool:
        vocabulary = self._context.vocabulary
        return key in vocabulary.part_keys or bool(meanings(key, self._context))

    def _is_text(self, key: str) -> bool:
        parameters = self._context.vocabulary.parameters(key, {})
        return any(parameter.kind is str and not parameter.choices for parameter in parameters)

    def _is_switch(self, key: str) -> bool:
        """Whether `key` is a yes or no, which other tools turn on by its name alone."""
        (meant, *_) = meanings(key, self._context) or (key,)
        parameters = self._context.vocabulary.parameters(meant, {})
        return bool(parameters) and all(parameter.kind is bool for parameter in parameters)

    def _is_choice(self, word: str) -> bool:
        vocabulary = self._context.vocabulary
        return any(word.lower() in vocabulary.choices(group) for group in vocabulary.registries)


def _parted(word: str) -> tuple[str, str]:
    """Key and value around the first equals sign, full-width or not."""
    match = _EQUALS.search(word)
    if match is None:
        return word, ""
    return ascii_form(word[: match.start()]).strip(), word[match.end() :]
