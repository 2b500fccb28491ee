"""Arguments that set a key: key and value checked together, whatever form they were typed in."""

from __future__ import annotations

from nnrun.arguments.context import Context, Outcome, Value
from nnrun.arguments.keys import KeyFinding, find_key, is_forbidden, is_hydras
from nnrun.arguments.reading import Argument, Kind
from nnrun.arguments.shell import shell_word
from nnrun.arguments.values import check_value
from nnrun.characters import visible
from nnrun.schema import Table

BY_ITSELF = {
    "plots.landscape": "a landscape is drawn by itself for models of two parameters, such as"
    " experiment=quadratic_manual"
}
"""Options that one may look for and does not need."""

OF_TORCH = ("optim", "torch", "optim.name", "optim.optimizer")
"""A group, its part that stands for classes of torch's, the key by which one would name such a class, and the
key that does."""


def check_removal(argument: Argument) -> Outcome:
    """`~key`: Hydra's own keys alone may be removed."""
    if is_hydras(argument.key):
        return Outcome(argument.text, argument.words, override=argument.text)
    return _wrong(
        argument, f"nothing can be removed; leave out '{visible(argument.text)}' for its default", ()
    )


def check_override(argument: Argument, context: Context) -> Outcome:
    """A key and a value."""
    key, value = argument.key, argument.value or ""
    if is_hydras(key):
        return Outcome(argument.text, argument.words, override=f"{key}={value}")
    if is_forbidden(key):
        return _wrong(argument, "not allowed in nnrun")
    if key.startswith("~"):
        return check_removal(argument)
    if "@" in key:
        return _wrong(argument, "packages ('@') are not allowed in nnrun; write GROUP=NAME")
    bare = key.lstrip("+")
    if not bare:
        return _wrong(argument, "nothing stands before '='; write KEY=VALUE")
    if bare in BY_ITSELF:
        return _wrong(argument, f"unknown option '{bare}'; {BY_ITSELF[bare]}")
    finding = find_key(_settled(bare, value, context), context)
    if finding.key is None:
        return _wrong(argument, f"unknown option '{visible(bare)}'; {_with_value(finding.advice, value)}")
    checked = check_value(finding.key, value, context)
    return _outcome(argument, bare, finding, checked, context)


def _settled(key: str, value: str, context: Context) -> str:
    """The key, or, for the name of one of torch's classes, the key that takes it."""
    group, part, typed, meant = OF_TORCH
    return meant if key == typed and value != part and context.chosen.get(group) == (part,) else key


def _prefix(key: str, context: Context) -> str:
    """`++` for a key that a chosen part may lack: so it reaches the binding, which says what the part has."""
    vocabulary = context.vocabulary
    is_fixed = key in vocabulary.registries or key in vocabulary.sections
    if any(parameter.kind is Table for parameter in vocabulary.parameters(key, context.chosen)):
        # Its own keys are in no file.
        return "++"
    return "" if is_fixed or vocabulary.is_sure(key, context.chosen) else "++"


def _outcome(
    argument: Argument, typed_key: str, finding: KeyFinding, checked: Value, context: Context
) -> Outcome:
    key, raw = finding.key or "", argument.value or ""
    fixed = checked.fixed if checked.problem else raw
    word = None if fixed is None else f"{key}={fixed}"
    shown = visible(argument.text)
    problems = []
    if not finding.is_right or argument.kind is not Kind.OVERRIDE:
        problems.append(f"{shown}: {_advice(argument, typed_key, finding, word or f'{key}={raw}')}")
    if checked.problem:
        problems.append(f"{shown}: {checked.problem}")
    as_typed = word is not None and not problems
    return Outcome(
        typed=shown,
        fixed=argument.words if as_typed else None if word is None else (word,),
        problems=tuple(problems),
        key=key,
        value=raw,
        override=f"{_prefix(key, context)}{key}={checked.hydra}",
        sweeps=checked.sweeps,
        shielded=None if checked.shielded is None else (f"{key}={checked.shielded}",),
    )


def _advice(argument: Argument, typed_key: str, finding: KeyFinding, word: str) -> str:
    """How to type the key; in another form, the whole word."""
    form = visible(shell_word(word))
    if argument.kind is Kind.SPACED:
        return f"a value with blanks needs quotes; write {form}"
    if finding.is_right:
        return f"write {form}"
    unknown = f"unknown option '{visible(typed_key)}'; "
    if argument.kind is not Kind.OVERRIDE:
        return f"write {form}" if finding.advice == "write" else f"{unknown}{finding.advice} write {form}"
    return f"{unknown}write {form}" if finding.advice == "write" else f"{unknown}{finding.advice}"


def _with_value(advice: str, value: str) -> str:
    """`write a or b` with the value after every key."""
    if not advice.startswith("write "):
        return advice
    keys = advice.removeprefix("write ").split(" or ")
    return f"write {' or '.join(visible(shell_word(f'{key}={value}')) for key in keys)}"


def _wrong(argument: Argument, problem: str, fixed: tuple[str, ...] | None = None) -> Outcome:
    shown = visible(argument.text)
    return Outcome(shown, fixed, (f"{shown}: {problem}",))
