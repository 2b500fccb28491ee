"""What nnrun says to people, in one catalogue per language; file formats, keys and logs stay English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from nnrun.words import en

_CATALOGUES: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": en.WORDS})

LANGUAGES = tuple(_CATALOGUES)


def words(language: str) -> Mapping[str, str]:
    """The catalogue of `language`: key -> text with `str.format` fields."""
    return _CATALOGUES[language]
