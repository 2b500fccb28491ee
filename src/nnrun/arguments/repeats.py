"""Keys given more than once: the last counts, or, in a sweep, a shell has expanded braces."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from nnrun.arguments.context import Outcome
from nnrun.arguments.ranges import shortest
from nnrun.arguments.shell import shell_word
from nnrun.characters import visible


def last_ones(outcomes: Iterable[Outcome]) -> tuple[list[Outcome], tuple[str, ...]]:
    """The outcomes that count, and a warning for every key of which some do not."""
    outcomes = list(outcomes)
    last = {outcome.key: position for position, outcome in enumerate(outcomes) if outcome.key}
    kept = [
        outcome
        for position, outcome in enumerate(outcomes)
        if not outcome.key or last[outcome.key] == position
    ]
    warnings = []
    for key, same in _by_key(outcomes).items():
        if len(same) > 1:
            values = [visible(outcome.value) or "nothing" for outcome in same]
            warnings.append(
                f"{key} given {_times(same)}: {', '.join(values[:-1])}, then {values[-1]}; the last counts"
            )
        # A shell that expands braces leaves a run of three; two are more likely a change of mind.
        if len(same) > 2:
            form = visible(shell_word(_joined(key, same)))
            warnings.append(f"to try each value of {key}: nnrun -m {form}")
    return kept, tuple(warnings)


def joined_for_sweep(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """With `-m`: a key that was given again becomes a problem, fixed by all its values in one argument."""
    joined = list(outcomes)
    for key, same in _by_key(outcomes).items():
        if len(same) < 2:
            continue
        word = _joined(key, same)
        problem = (
            f"{key} given {_times(same)}; write {visible(shell_word(word))}"
            " (a shell turns {1,2} into two arguments)"
        )
        complete = all(outcome.fixed for outcome in same)
        for outcome in same:
            first = outcome is same[0]
            joined[joined.index(outcome)] = dataclasses.replace(
                outcome,
                problems=(*outcome.problems, problem) if outcome is same[1] else outcome.problems,
                fixed=((word,) if first else ()) if complete else None,
            )
    return joined


def _joined(key: str, same: Sequence[Outcome]) -> str:
    """All values in one argument; a run of whole numbers as a range, unless they are texts."""
    values = [outcome.fixed[0].partition("=")[2] for outcome in same if outcome.fixed]
    passed = [(outcome.override or "").partition("=")[2] for outcome in same]
    return f"{key}={shortest(values) if passed == values else ','.join(values)}"


def _times(same: Sequence[Outcome]) -> str:
    return "twice" if len(same) == 2 else f"{len(same)} times"


def _by_key(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.key:
            found.setdefault(outcome.key, []).append(outcome)
    return found
