"""First words of people who come from other tools: flags for keys, names without their group."""

from __future__ import annotations

from collections.abc import Collection

from nnrun.arguments import flags, synonyms
from nnrun.arguments.characters import ascii_form
from nnrun.arguments.context import Context, Outcome
from nnrun.arguments.keys import find_key, meanings
from nnrun.arguments.overrides import check_override
from nnrun.arguments.reading import Argument, Kind
from nnrun.characters import visible
from nnrun.registry import nearest

_FLAG_WORDS = {name.lstrip("-"): name for name in flags.NAMES if name.startswith("--")}


def check_dashed(argument: Argument, context: Context, taken: Collection[str]) -> Outcome:
    """A dash before what is no flag: an option typed as other tools want it, or a misspelt flag."""
    if argument.value is not None:
        return _check_pair(argument, context)
    word = argument.key
    if f"-{word}" in flags.NAMES:
        return _said(argument, f"unknown flag; did you mean '-{word}'?", (f"-{word}",))
    if len(word) < 2:
        return _said(argument, "unknown flag; nnrun --help lists the flags")
    switch = _switch(word, context)
    if switch:
        return check_override(Argument(Kind.DASHED, argument.words, *switch), context)
    meant = _parts_of(word, context, taken)
    if len(meant) == 1:
        return _said(argument, f"write {meant[0]}", (meant[0],))
    known = meanings(word, context)
    if known:
        return _said(argument, f"write {known[0]}=VALUE")
    flag = nearest(word, _FLAG_WORDS)
    if flag:
        name = _FLAG_WORDS[flag]
        return _said(argument, f"unknown flag; did you mean '{name}'?", (name,))
    near = find_key(word, context).key
    return _said(
        argument, f"unknown flag; {f'write {near}=VALUE' if near else 'nnrun --help lists the flags'}"
    )


def _check_pair(argument: Argument, context: Context) -> Outcome:
    """`--epochs=200`, `--epochs 200`, and a flag's name misspelt before its value."""
    key = argument.key
    flag = nearest(key, _FLAG_WORDS)
    if flag and find_key(key, context).key is None:
        return _said(argument, f"unknown flag; did you mean '{_FLAG_WORDS[flag]}'?")
    plain = key.replace("-", "_")
    return check_override(Argument(Kind.DASHED, argument.words, plain, argument.value), context)


def _switch(word: str, context: Context) -> tuple[str, str] | None:
    """Key and value of `--shuffle` and `--no-shuffle`."""
    negated = word.startswith(("no-", "no_"))
    meant = meanings(word[3:] if negated else word, context)
    if len(meant) != 1:
        return None
    parameters = context.vocabulary.parameters(meant[0], context.chosen)
    if not parameters or any(parameter.kind is not bool for parameter in parameters):
        return None
    return meant[0], "false" if negated else "true"


def check_word(argument: Argument, context: Context, taken: Collection[str], is_first: bool) -> Outcome:
    """A word alone: the name of a part, a key without its value, or nothing known."""
    word = ascii_form(argument.text).strip()
    if not word:
        return _said(argument, "an empty argument; leave it out", ())
    meant = _parts_of(word, context, taken)
    if meant:
        return _said(argument, f"write {' or '.join(meant)}", (meant[0],) if len(meant) == 1 else None)
    if is_first and word.lower() in synonyms.START_WORDS:
        return _said(argument, f"nnrun trains without a first word; leave out '{visible(word)}'", ())
    keys = meanings(word, context)
    if keys:
        return _said(argument, f"write {' or '.join(f'{key}=VALUE' for key in keys)}")
    near = _near_choice(word, context)
    if near:
        return _said(argument, f"unknown word; did you mean {near}?", (near,))
    return _said(argument, "unknown word; write KEY=VALUE, nnrun --help lists the keys")


def _parts_of(word: str, context: Context, taken: Collection[str]) -> tuple[str, ...]:
    """`group=word` for every group that has it, those of groups that the command sets elsewhere left out."""
    vocabulary = context.vocabulary
    name = word.lower().replace("-", "_")
    found: dict[str, str] = {}
    for group in vocabulary.registries:
        choices = vocabulary.choices(group)
        choice = next(
            (c for c in (word, name, synonyms.CHOICES.get(group, {}).get(name)) if c in choices), None
        )
        if choice:
            found[group] = f"{group}={choice}"
    free = {group: text for group, text in found.items() if group not in taken}
    return tuple((free or found).values())


def parts_meant(word: str, context: Context) -> tuple[str, ...]:
    """`group=name` for every group in which `word` names a part."""
    return _parts_of(word, context, ())


def _near_choice(word: str, context: Context) -> str | None:
    vocabulary = context.vocabulary
    names = {
        choice: group
        for group in reversed(list(vocabulary.registries))
        for choice in vocabulary.choices(group)
    }
    near = nearest(word, names)
    return f"{names[near]}={near}" if near else None


def _said(argument: Argument, advice: str, fixed: tuple[str, ...] | None = None) -> Outcome:
    shown = visible(argument.text) or "''"
    return Outcome(shown, fixed, (f"{shown}: {advice}",))
