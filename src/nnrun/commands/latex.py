"""Tables in LaTeX: rules of the package booktabs, every special character escaped."""

from __future__ import annotations

from collections.abc import Sequence

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
    "-": "-{}",
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
} | {sign: f"\\{sign}" for sign in "{}$&#_%"}
"""Characters that mean something, alone or beside others."""


def tabular(alignment: str, rows: Sequence[Sequence[str]]) -> str:
    """A table.

    Args:
        alignment: `l` or `r` for each column.
        rows: cells in LaTeX; the first row is the head.
    """
    head, *body = (f"  {' & '.join(row)} \\\\\n" for row in rows)
    return (
        f"\\begin{{tabular}}{{{alignment}}}\n  \\toprule\n{head}  \\midrule\n{''.join(body)}"
        "  \\bottomrule\n\\end{tabular}\n"
    )


def escaped(text: str) -> str:
    """A text that LaTeX prints as it stands."""
    return "".join(_SPECIAL.get(character, character) for character in text)


def number(text: str) -> str:
    """A printed number with a minus sign and a power of ten where it needs one."""
    signs = {"nan": "--", "inf": r"$\infty$", "-inf": r"$-\infty$"}
    if text in signs:
        return signs[text]
    mantissa, marked, exponent = text.partition("e")
    if marked:
        return rf"${mantissa} \times 10^{{{int(exponent)}}}$"
    return f"${text}$" if text.startswith("-") else text
