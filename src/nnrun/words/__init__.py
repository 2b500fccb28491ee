"""What nnrun says to people, in one catalogue per language; file formats, keys and logs stay English."""

from __future__ import annotations

import functools
from collections.abc import Mapping

LANGUAGES = ("en", "zh")


@functools.cache
def words(language: str) -> Mapping[str, str]:
    """The catalogue of `language`: key -> text with `str.format` fields.

    Raises:
        KeyError: there is none.
    """
    if language == "en":
        from nnrun.words.en import WORDS
    elif language == "zh":
        from nnrun.words.zh import WORDS
    else:
        raise KeyError(language)
    return WORDS


def chosen(asked: str, environment: Mapping[str, str]) -> str:
    """The language to speak: the one asked for, or for `auto` the one that the locale names, if nnrun has it.

    Args:
        asked: `auto` or one of `LANGUAGES`.
        environment: of the process; LANGUAGE, LC_ALL, LC_MESSAGES and LANG count as in gettext.
    """
    if asked != "auto":
        return asked
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environment[name] for name in names if environment.get(name)), "C")
    if locale.partition(".")[0] in ("C", "POSIX"):
        return "en"
    wanted = [name for name in environment.get("LANGUAGE", "").split(":") if name] or [locale]
    found = (name.partition("_")[0].lower() for name in wanted)
    return next((name for name in found if name in LANGUAGES), "en")
