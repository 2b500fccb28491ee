"""Zips, such as `pair=zip(seed=choice(1,2),epochs=choice(9,5))`: values that belong together, row by row."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence

from nnrun.arguments.characters import ascii_form
from nnrun.arguments.context import Context, Outcome, Zip
from nnrun.arguments.grammar import call, split
from nnrun.arguments.keys import find_key, is_hydras
from nnrun.arguments.members import Member, read_members
from nnrun.arguments.overrides import check_override
from nnrun.arguments.ranges import MOST_VALUES
from nnrun.arguments.reading import Argument, Kind
from nnrun.arguments.shell import shell_word
from nnrun.characters import visible

_OPENING = re.compile(r"\s*(?:(?P<shuffle>shuffle)\s*\(\s*)?zip\s*\(", re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_USUAL_NAME = "pair"
_EXAMPLE = '"pair=zip(optim.lr=choice(0.1,0.5),epochs=choice(100,20))"'


def is_zip(argument: Argument, context: Context) -> bool:
    """Whether the argument is a zip: a text may look like one."""
    if argument.kind is not Kind.OVERRIDE or is_hydras(argument.key) or argument.value is None:
        return False
    if _OPENING.match(argument.key):
        return True
    parameters = context.vocabulary.parameters(argument.key.lstrip("+"), {})
    is_text = any(parameter.kind is str and not parameter.choices for parameter in parameters)
    return not is_text and _OPENING.match(ascii_form(argument.value)) is not None


def parts_zipped(argument: Argument, context: Context) -> dict[str, tuple[str, ...]]:
    """Group -> the parts that a zip names for it."""
    named = {}
    for member in read_members(_inside(argument.value or "") or ""):
        key = find_key(member.key.lstrip("+"), context).key
        if key is not None and key in context.vocabulary.registries:
            named[key] = tuple(split(ascii_form(member.values)))
    return named


def check_zip(argument: Argument, context: Context) -> Outcome:
    """A zip with its rows, every member checked as an ordinary argument of a sweep is."""
    shown = visible(argument.text)
    if _OPENING.match(argument.key):
        return _with_a_name(argument, context)
    inside = _inside(argument.value or "")
    if inside is None:
        return Outcome(shown, None, (f"{shown}: zip( is not closed; put double quotes around it all",))
    members = read_members(inside)
    if len(members) < 2 or not all(member.key for member in members):
        return Outcome(shown, None, (f"{shown}: zip pairs the values of two keys or more: {_EXAMPLE}",))
    outcomes = [_checked(member, context) for member in members]
    shuffled = _is_shuffled(argument)
    name, problems = _named(argument, context)
    problems += [problem for outcome in outcomes for problem in outcome.problems]
    columns = {outcome.key or "": _column(outcome) for outcome in outcomes}
    unpaired = [] if problems else _unpaired(outcomes, columns)
    words = [word for outcome in outcomes for word in outcome.fixed or ()]
    rows = f"zip({','.join(words)})"
    word = f"{name}={f'shuffle({rows})' if shuffled else rows}"
    fixed = None if unpaired or len(words) < len(members) else (word,)
    said = [f"{shown}: {problem}" for problem in unpaired]
    if not context.multirun:
        line = f": nnrun -m {visible(shell_word(word))}" if fixed else " with -m"
        said.append(f"{shown}: a zip is for a sweep; to try each row{line}")
    return Outcome(
        typed=shown,
        fixed=fixed if problems or said else argument.words,
        problems=(*problems, *said),
        zipped=Zip(name, _typed(outcomes), tuple(zip(*columns.values(), strict=False)), shuffled),
        sweeps=not context.multirun,
    )


def _with_a_name(argument: Argument, context: Context) -> Outcome:
    """`zip(...)` that stands for itself: the same with a name before it, and what is wrong with that."""
    shown, word = visible(argument.text), f"{_USUAL_NAME}={argument.text}"
    outcome = check_zip(Argument(Kind.OVERRIDE, (word,), _USUAL_NAME, argument.text), context)
    form = f"; write {visible(shell_word(word))}" if outcome.fixed else f", such as {_USUAL_NAME}=zip(...)"
    problem = f"{shown}: a zip needs a name of its own{form}"
    return dataclasses.replace(outcome, typed=shown, problems=(problem, *outcome.problems))


def without_conflicts(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """A zip becomes a problem where another argument sets its keys, or a zip before it has its name."""
    checked = list(outcomes)
    for position, outcome in enumerate(outcomes):
        others = [other for other in outcomes if other is not outcome]
        zips_before = [other for other in outcomes[:position] if other.zipped]
        said = _conflicts(outcome, others, zips_before) if outcome.zipped else []
        if said:
            problems = tuple(f"{outcome.typed}: {text}" for text in said)
            checked[position] = dataclasses.replace(
                outcome, problems=(*outcome.problems, *problems), fixed=None
            )
    return checked


def _conflicts(outcome: Outcome, others: Sequence[Outcome], zips_before: Sequence[Outcome]) -> list[str]:
    said: list[str] = []
    if outcome.zipped is None:
        return said
    for key in outcome.zipped.members:
        setters = [other.typed for other in others if other.key == key]
        setters += [other.typed for other in zips_before if other.zipped and key in other.zipped.members]
        said += [f"{key} is set by {setter} too; leave one of them out" for setter in setters[:1]]
    if any(other.zipped and other.zipped.name == outcome.zipped.name for other in zips_before):
        said.append(f"two zips are named {outcome.zipped.name}; rename one")
    return said


def _inside(value: str) -> str | None:
    """What stands between the brackets of `zip(...)`, or None where they are not closed."""
    plain = ascii_form(value)
    opening = _OPENING.match(plain)
    closing = re.search(r"\)\s*\)\s*\Z" if opening and opening["shuffle"] else r"\)\s*\Z", plain)
    if opening is None or closing is None or closing.start() < opening.end() or len(split(plain)) > 1:
        return None
    return value[opening.end() : closing.start()]


def _is_shuffled(argument: Argument) -> bool:
    opening = _OPENING.match(ascii_form(argument.value or ""))
    return opening is not None and opening["shuffle"] is not None


def _named(argument: Argument, context: Context) -> tuple[str, list[str]]:
    """The zip's name, or a usual one and what is wrong with the one typed."""
    name, shown = argument.key.lstrip("+"), visible(argument.text)
    if find_key(name, context).is_right:
        return _USUAL_NAME, [
            f"{shown}: '{name}' is an option; a zip needs a name of its own, such as {_USUAL_NAME}"
        ]
    if not _NAME.fullmatch(name):
        return _USUAL_NAME, [f"{shown}: the name of a zip is one plain word, such as {_USUAL_NAME}"]
    return name, []


def _checked(member: Member, context: Context) -> Outcome:
    """The member checked as the argument `KEY=VALUES` of a sweep."""
    shown = visible(member.typed)
    if is_hydras(member.key):
        return Outcome(shown, None, (f"{shown}: Hydra's own settings cannot be in a zip",))
    if member.problem and member.fixed is None:
        return Outcome(shown, None, (f"{shown}: {member.problem}",))
    nested = next((visible(each) for each in split(ascii_form(member.values)) if call(each)), None)
    if nested:
        return Outcome(shown, None, (f"{shown}: {nested} is a sweep inside a zip; list its values",))
    as_argument = Argument(Kind.OVERRIDE, (member.typed,), member.key, member.values)
    outcome = _rewritten(member, check_override(as_argument, dataclasses.replace(context, multirun=True)))
    if member.fixed and not outcome.problems:
        said = f"{shown}: {member.problem}; write {visible(shell_word(member.fixed))}"
        return dataclasses.replace(outcome, fixed=(member.fixed,), problems=(said,))
    return outcome


def _rewritten(member: Member, outcome: Outcome) -> Outcome:
    """The outcome of a sweep, with its fix in the form that a zip wants."""
    if not outcome.problems or not outcome.fixed:
        return outcome if outcome.fixed else dataclasses.replace(outcome, fixed=None)
    word = outcome.fixed[0]
    key, _, values = word.partition("=")
    written = member.written(key, values)
    plain, meant = (f"write {visible(shell_word(text))}" for text in (word, written))
    problems = tuple(problem.replace(plain, meant) for problem in outcome.problems)
    return dataclasses.replace(outcome, fixed=(written,), problems=problems)


def _column(outcome: Outcome) -> list[str]:
    key, _, values = (outcome.override or "").partition("=")
    return [f"{key}={value}" for value in split(values)]


def _unpaired(outcomes: Sequence[Outcome], columns: Mapping[str, Sequence[str]]) -> list[str]:
    """What is wrong with the members taken together."""
    if len(columns) < len(outcomes):
        keys = [outcome.key for outcome in outcomes]
        return [f"{key} is in it twice; leave one of them out" for key in columns if keys.count(key) > 1]
    lengths = {key: len(column) for key, column in columns.items()}
    if len(set(lengths.values())) > 1:
        counted = ", ".join(f"{key} has {_counted(length)}" for key, length in lengths.items())
        return [f"{counted}; all need equally many"]
    longest = max(lengths.values())
    return [f"{longest:,} rows are more than {MOST_VALUES:,}"] if longest > MOST_VALUES else []


def _counted(length: int) -> str:
    return f"{length} value{'' if length == 1 else 's'}"


def _typed(outcomes: Sequence[Outcome]) -> dict[str, str]:
    return {outcome.key: outcome.typed for outcome in outcomes if outcome.key}
