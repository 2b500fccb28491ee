"""Members of a zip as typed, `KEY=VALUES`, in every form that lists values in order."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice

from nnrun.arguments.characters import ascii_form
from nnrun.arguments.grammar import call, split
from nnrun.arguments.ranges import MOST_VALUES

_KEY = re.compile(r"([^=()\[\]{}'\"]*)=\s*", re.ASCII)
_NESTED = re.compile(r"zip\s*\(")
_CLOSING = {"choice(": ")", "[": "]", "": ""}


@dataclass(frozen=True)
class Member:
    """One key of a zip.

    Attributes:
        typed: all of it, as typed.
        key: ASCII; empty where values stand without one.
        values: separated by commas, without what stands around them.
        around: what stands before them: `choice(`, `[` or nothing.
        problem: what is wrong with how it is written, or None.
        fixed: how to write it; None where there is no single way.
    """

    typed: str
    key: str
    values: str
    around: str = ""
    problem: str | None = None
    fixed: str | None = None

    def written(self, key: str, values: str) -> str:
        """With `key` and `values` in the places of its own."""
        around = self.around or ("choice(" if len(split(values)) > 1 else "")
        return f"{key}={around}{values}{_CLOSING[around]}"


def read_members(inside: str) -> list[Member]:
    """The members between the brackets of a zip, in order; texts keep their full-width characters."""
    members: list[tuple[str, list[str]]] = []
    for piece in _pieces(inside):
        match = _KEY.match(ascii_form(piece))
        if match:
            members.append((match[1].strip(), [piece[match.end() :]]))
        elif members:
            members[-1][1].append(piece)
        elif piece:
            members.append(("", [piece]))
    return [_member(key, values) for key, values in members]


def _pieces(text: str) -> list[str]:
    """`text` split where its ASCII form splits: full-width commas separate members too."""
    plain, position, pieces = ascii_form(text), 0, []
    for element in split(plain):
        position = plain.index(element, position)
        pieces.append(text[position : position + len(element)])
        position += len(element)
    return pieces


def _member(key: str, listed: list[str]) -> Member:
    values = ",".join(listed)
    member = Member(f"{key}={values}", key, values)
    if len(listed) > 1:
        fixed = f"{key}=choice({values})"
        return replace(member, problem="several values stand in choice(...)", fixed=fixed)
    plain = ascii_form(values)
    called = call(plain)
    if _NESTED.match(plain):
        return replace(member, problem="a zip cannot be in a zip")
    if called and called[0] == "range":
        return _counted_out(member, plain)
    if called and called[0] != "choice":
        return replace(member, problem=f"{called[0]} has no fixed order of values; list them in choice(...)")
    if called:
        return _bare(member, "choice(", values[plain.index("(") + 1 : -1])
    if plain.startswith("[") and plain.endswith("]") and len(split(plain)) == 1:
        return _bare(member, "[", values[1:-1])
    return _bare(member, "", values)


def _bare(member: Member, around: str, values: str) -> Member:
    problem = None if values.strip() else "there are no values"
    return replace(member, around=around, values=values, problem=problem)


def _counted_out(member: Member, plain: str) -> Member:
    """`range(...)` with its values in its place: they are what Hydra makes of it."""
    # Imported here: only this form needs Hydra, which takes longer to load than everything before it.
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    try:
        override = OverridesParser.create().parse_override(f"key={plain}")
        values = list(islice(override.sweep_string_iterator(), MOST_VALUES + 1))
    except (HydraException, ValueError, ZeroDivisionError):
        return replace(member, problem="not a range of Hydra's; write FIRST..LAST, such as 0..4")
    if not values:
        return replace(member, problem="there are no values")
    return replace(member, values=",".join(values))
