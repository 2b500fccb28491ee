"""What the flags of printing subcommands have in common: a language, and that each is given once."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Sequence

from nnrun.errors import BadInput
from nnrun.words import LANGUAGES, chosen

_KEY = "language="


def add_language(options: argparse.ArgumentParser) -> None:
    """The flag `--language`; `spoken` says what is meant by its value."""
    options.add_argument(
        "--language",
        choices=("auto", *LANGUAGES),
        default="auto",
        help="of what is printed; auto: that of the locale; --json stays English",
    )


def language_as_flag(words: Sequence[str]) -> list[str]:
    """`language=zh`, as trainings have it, as the flag `--language=zh`; other words as they are."""
    return [f"--{word}" if word.startswith(_KEY) else word for word in words]


def language_asked(words: Sequence[str]) -> str:
    """The language that `language=zh` or `--language zh` among any other words names; `auto` where none does.

    Raises:
        BadInput: there is no such language.
    """
    options = argparse.ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False)
    options.add_argument("--language", default="auto")
    try:
        asked = str(options.parse_known_args(language_as_flag(words))[0].language)
    except argparse.ArgumentError:
        raise BadInput("--language: wants a value") from None
    if asked not in ("auto", *LANGUAGES):
        raise BadInput(f"language={asked}: no such language; choices: {', '.join(('auto', *LANGUAGES))}")
    return asked


def spoken(asked: str) -> str:
    """The language that `--language` or, for `auto`, the locale names."""
    return chosen(asked, os.environ)


def refuse_repeats(words: Sequence[str]) -> None:
    """Refuse a flag that is given more than once.

    Raises:
        BadInput: one is.
    """
    given = Counter(word.partition("=")[0] for word in words if word.startswith("--") and len(word) > 2)
    repeated = [f"{flag}: given {count} times; give it once" for flag, count in given.items() if count > 1]
    if repeated:
        raise BadInput(repeated)
