"""Which families write a picture: the one asked for, and one that has the characters of its language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from matplotlib.font_manager import fontManager

from nnrun.plots.text import FALLBACKS, drawable, has_glyphs
from nnrun.plots.theme import Theme
from nnrun.words import words

SAMPLES: Mapping[str, str] = {"zh": "训练损失误差"}
"""Characters that a family must have to write a language."""


@dataclass(frozen=True)
class Lettering:
    """What can be written, and what could not be had.

    Attributes:
        theme: with its families.
        language: English where no family can write the wanted one.
        problem: for people; None where everything is as wanted.
    """

    theme: Theme
    language: str
    problem: str | None = None


def lettering(theme: Theme, language: str, font: str | None) -> Lettering:
    """Families for a picture in `language`; `font` is the user's choice.

    A family that is not installed counts for nothing.
    """
    say = words(language)
    problem = None
    if font is not None and font not in fontManager.get_font_names():
        problem = say["plot.font_missing"].format(font=font)
    elif font is not None:
        theme = replace(theme, font=font, fallbacks=(theme.font, *theme.fallbacks))
    sample = SAMPLES.get(language, "")
    if has_glyphs(theme.font, sample):
        return Lettering(theme, language, problem)
    family = next((name for name in FALLBACKS if has_glyphs(name, sample)), None)
    if family is None:
        return Lettering(theme, "en", problem or say["plot.no_characters"])
    return Lettering(replace(theme, fallbacks=(*theme.fallbacks, family)), language, problem)


def with_names(theme: Theme, names: Iterable[str]) -> Theme:
    """The theme with families for all characters of `names`, which may be in any script."""
    _, families = drawable("".join(names), theme.font)
    more = [family for family in families[1:] if family not in theme.fallbacks]
    return replace(theme, fallbacks=(*theme.fallbacks, *more)) if more else theme
