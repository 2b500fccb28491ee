"""Axes at whose end the best setting lies, and the command of the wider sweep."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from nnrun.arguments import command_line
from nnrun.arguments.vocabulary import Vocabulary
from nnrun.plots.axis import Axis, axis, is_seed
from nnrun.sweep.answer.extension import is_bound, wider
from nnrun.sweep.answer.ranking import SEED, Ranking, Setting

FEWEST = 3
"""Values that an axis must have for its end to mean anything."""

_WORD = re.compile(r'(?:[^\s"]|"(?:[^"\\]|\\.)*")+')


@dataclass(frozen=True)
class Edge:
    """The best value of an axis is its first or its last.

    Attributes:
        key: the axis.
        value: the best, as typed.
        side: which end.
        wider: the values to try next, as one types them; None where there is nothing to try, or where the
            key was typed among others.
        problems: the places of the rankings whose best it is, where those are not all of them.
    """

    key: str
    value: str
    side: Literal["lowest", "highest"]
    wider: str | None
    problems: tuple[int, ...] = ()


def edges_of_all(
    ranked: Sequence[Ranking], swept: Sequence[str], command: str, vocabulary: Vocabulary
) -> tuple[Edge, ...]:
    """The edges of every ranking, equal ones once; a key that two of them would widen differently is not."""
    found: dict[Edge, list[int]] = {}
    for place, ranking in enumerate(ranked):
        for edge in edges(ranking, swept, command, vocabulary):
            found.setdefault(edge, []).append(place)
    ways: dict[str, set[str | None]] = {}
    for edge in found:
        ways.setdefault(edge.key, set()).add(edge.wider)
    return tuple(
        replace(
            edge,
            wider=edge.wider if len(ways[edge.key]) == 1 else None,
            problems=() if len(places) == len(ranked) else tuple(places),
        )
        for edge, places in found.items()
    )


def edges(ranking: Ranking, swept: Sequence[str], command: str, vocabulary: Vocabulary) -> tuple[Edge, ...]:
    """The edges at which the best setting of `ranking` lies; an end of what a key takes is none."""
    best = ranking.best
    if best is None:
        return ()
    found = []
    for place, key in enumerate(key for key in swept if key != SEED):
        line = axis(key, [setting.values[place] for setting in ranking.settings])
        if not _has_edge(ranking, best, place, line) or changes_problem(key):
            continue
        highest = best.values[place] == line.values[-1]
        limits = [parameter.bounds for parameter in vocabulary.parameters(key, {})]
        if not is_bound(line, highest, limits):
            typed = _typed(command, key)
            among = typed is None and key in command
            values = None if among else wider(line, highest, limits, typed or "")
            found.append(Edge(key, best.values[place], "highest" if highest else "lowest", values))
    return tuple(found)


def changes_problem(key: str) -> bool:
    """Whether `key` changes the data or the loss itself, so that a lower objective is no better model."""
    return key.startswith(("dataset.", "loss.")) and not is_seed(key)


def wider_command(command: str, found: Sequence[Edge]) -> str | None:
    """`command` with the values of these axes in it; None where there are none to try."""
    changed = {edge.key: edge.wider for edge in found if edge.wider is not None}
    if not changed:
        return None
    pieces, end = [], 0
    for match in _WORD.finditer(command):
        key = _key(match[0])
        if key in changed:
            pieces += [command[end : match.start()], command_line([f"{key}={changed[key]}"])]
            end = match.end()
            del changed[key]
    # What a preset swept is typed anew, and so is the sweep itself.
    program, _, rest = "".join([*pieces, command[end:]]).partition(" ")
    more = [command_line([f"{key}={values}"]) for key, values in changed.items()]
    multirun = [] if {"-m", "--multirun"} & set(rest.split()) else ["-m"]
    return " ".join([program, *multirun, rest, *more])


def _has_edge(ranking: Ranking, best: Setting, place: int, line: Axis) -> bool:
    """Whether the best value is at an end of `line`, and its neighbour there, all else equal, is worse."""
    if line.numbers is None or len(line.values) < FEWEST:
        return False
    index = line.index(best.values[place])
    if index not in (0, len(line.values) - 1):
        return False
    inner = line.values[1 if index == 0 else -2]
    wanted = (*best.values[:place], inner, *best.values[place + 1 :])
    neighbour = next((setting for setting in ranking.settings if setting.values == wanted), None)
    return neighbour is None or neighbour.score > best.score


def _typed(command: str, key: str) -> str | None:
    """The values of `key` as typed; None where it was not, or not in a word of its own."""
    words = [match[0] for match in _WORD.finditer(command)]
    values = [word.strip('"').partition("=")[2] for word in words if _key(word) == key]
    return values[0] if len(values) == 1 else None


def _key(word: str) -> str:
    return word.lstrip('"').partition("=")[0].lstrip("+")
