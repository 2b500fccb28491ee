"""The catalogues: complete, with the same fields, and chosen as gettext would."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

from nnrun.shipped import config_directory
from nnrun.words import LANGUAGES, chosen, words

OTHERS = [language for language in LANGUAGES if language != "en"]
KEYS = sorted(words("en"))


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_every_key_and_no_other(language: str) -> None:
    assert set(words(language)) == set(KEYS)


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("key", KEYS)
def test_a_translation_has_the_same_fields(language: str, key: str) -> None:
    assert fields(words(language)[key]) == fields(words("en")[key])


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "de:zh_CN"}, "zh"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "zh"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en:zh"}, "en"),
    ],
)
def test_auto_takes_the_language_of_the_locale(environment: dict[str, str], expected: str) -> None:
    assert chosen("auto", environment) == expected


@pytest.mark.parametrize(
    "path", sorted((config_directory() / "experiment").glob("*.yaml")), ids=lambda p: p.stem
)
def test_a_presets_file_opens_with_its_sentences(path: Path) -> None:
    comments = [line[2:].strip() for line in path.read_text("utf-8").splitlines() if line.startswith("# ")]
    say = words("en")
    assert " ".join(comments[2:]) == f"{say[f'preset.{path.stem}.expect']} {say[f'preset.{path.stem}.next']}"


def test_a_language_asked_for_wins_over_the_locale() -> None:
    assert chosen("en", {"LANG": "zh_CN.UTF-8"}) == "en"
    assert chosen("zh", {}) == "zh"
