"""Texts for Hydra's override grammar: quoted so that what Hydra reads is what was typed."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_/.\-]*")
_MEANS_SOMETHING = frozenset({"null", "true", "false", "inf", "nan"})
_UNCLOSED = re.compile(r"(\\*)\$\{(?=[^}]*\Z)")
QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)
"""A quoted value of Hydra's lexer: it ends at the first such quote after an even number of backslashes."""


def is_quoted(value: str) -> bool:
    """Whether the whole of `value` is one quoted text of Hydra's."""
    return QUOTED.fullmatch(value) is not None


def quoted(text: str) -> str:
    """`text` as a quoted value of Hydra's, whatever it holds.

    Hydra unescapes backslashes before a quote of the same kind alone, so these alone are escaped.
    """
    quote = '"' if "'" in text and '"' not in text else "'"
    escaped = re.sub(rf"(\\*){quote}", lambda match: f"{match[1] * 2}\\{quote}", text)
    closed = re.sub(r"\\+\Z", lambda match: match[0] * 2, escaped)
    return f"{quote}{closed}{quote}"


def literal(text: str) -> str:
    """`text` as an override's value: as it is where Hydra reads it so, else quoted.

    Interpolations such as `${oc.env:HOME}` stay what they are. A `${` that nothing closes is none, and is
    escaped for OmegaConf.
    """
    if is_quoted(text):
        return text
    if _PLAIN.fullmatch(text) and text.lower() not in _MEANS_SOMETHING:
        return text
    return quoted(_UNCLOSED.sub(lambda match: f"{match[1] * 2}\\${{", text))
