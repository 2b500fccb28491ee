"""The gate itself: reports every problem with the corrected command, or lets the arguments pass."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from nnrun.arguments import flags
from nnrun.arguments.beginners import check_dashed, check_word, parts_meant
from nnrun.arguments.characters import ascii_form, is_encodable
from nnrun.arguments.context import Context, Outcome
from nnrun.arguments.grammar import call, split, values_meant
from nnrun.arguments.invocation import Invocation, Refusal
from nnrun.arguments.keys import find_key, is_hydras
from nnrun.arguments.overrides import check_override, check_removal
from nnrun.arguments.reading import Argument, Kind, read
from nnrun.arguments.repeats import joined_for_sweep, last_ones
from nnrun.arguments.shell import command_line
from nnrun.arguments.vocabulary import Vocabulary, shipped_vocabulary
from nnrun.arguments.zips import check_zip, is_zip, parts_zipped, without_conflicts
from nnrun.characters import visible
from nnrun.errors import BadInput
from nnrun.plugins.declaring import declared, listed, user_directory
from nnrun.plugins.naming import own_name
from nnrun.plugins.trust import allow


def pass_through(
    argv: Sequence[str], subcommands: Collection[str], vocabulary: Vocabulary | None
) -> Invocation:
    """What `argv` asks for.

    Raises:
        Refusal: all problems.
    """
    if any(word in flags.HYDRAS_TALK for word in argv):
        return _for_hydra(argv)
    if vocabulary is None:
        vocabulary = shipped_vocabulary(_directories(argv))
    arguments = read(argv, vocabulary, subcommands)
    _refuse_late_subcommand(arguments, argv, subcommands)
    picked = _picked(arguments, vocabulary)
    if _load_plugins(arguments, picked, vocabulary):
        # Another look: plugins may have parts, and so keys, that were not known.
        vocabulary = dataclasses.replace(vocabulary)
        arguments = read(argv, vocabulary, subcommands)
        picked = _picked(arguments, vocabulary)
    _load(picked | _measured(arguments))
    context = _context(arguments, vocabulary, picked)
    outcomes = without_conflicts(_check(arguments, context, picked))
    if context.multirun:
        outcomes = joined_for_sweep(outcomes)
    problems = [problem for outcome in outcomes for problem in outcome.problems]
    invocation = _passed(arguments, [outcome for outcome in outcomes if not outcome.problems], context)
    if problems:
        raise Refusal(problems, _corrected(outcomes, context.multirun), invocation)
    return invocation


def _passed(arguments: Sequence[Argument], outcomes: Sequence[Outcome], context: Context) -> Invocation:
    kept, warnings = last_ones(outcomes)
    zips = [outcome.zipped for outcome in kept if outcome.zipped]
    typed = {outcome.key: outcome.typed for outcome in kept if outcome.key}
    return Invocation(
        overrides=tuple(override for outcome in kept for override in _overrides(outcome)),
        flags=tuple(flag for outcome in kept for flag in outcome.flags),
        multirun=context.multirun,
        quiet=any(argument.kind is Kind.FLAG and argument.text in flags.QUIET for argument in arguments),
        warnings=warnings,
        typed=MappingProxyType(typed | {key: word for found in zips for key, word in found.members.items()}),
        zips=MappingProxyType({found.name: found.rows for found in zips if len(found.rows) > 1}),
        swept=tuple(_swept(kept)) if context.multirun else (),
    )


def _overrides(outcome: Outcome) -> tuple[str, ...]:
    if outcome.zipped:
        return outcome.zipped.overrides
    return () if outcome.override is None else (outcome.override,)


def _swept(outcomes: Iterable[Outcome]) -> Iterator[str]:
    for outcome in outcomes:
        if outcome.zipped and len(outcome.zipped.rows) > 1:
            yield from outcome.zipped.members
        elif outcome.key and values_meant((outcome.override or "").partition("=")[2]) != 1:
            yield outcome.key


def _for_hydra(argv: Sequence[str]) -> Invocation:
    """The line as it is: completion and Hydra's help read it themselves."""
    words = list(argv)
    overrides: list[str] = []
    taken: list[str] = []
    while words:
        flag = flags.read_flag(words) if words[0].startswith("-") else None
        if flag and flag.problem:
            raise BadInput(f"{visible(flag.words[0])}: {flag.problem}")
        if flag:
            taken.extend(flag.flags)
        else:
            overrides.append(words[0])
        del words[: len(flag.words) if flag else 1]
    return Invocation(overrides=tuple(overrides), flags=tuple(taken))


def _is_usable(directory: Path) -> bool:
    """Whether `directory` can be looked into; what is wrong with it is for Hydra's loader to say."""
    text = str(directory)
    return is_encodable(text) and "\0" not in text and directory.is_dir()


def _refuse_late_subcommand(
    arguments: Sequence[Argument], argv: Sequence[str], subcommands: Collection[str]
) -> None:
    late = [argument for argument in arguments if argument.kind is Kind.WORD and argument.text in subcommands]
    dashed = [
        argument for argument in arguments if argument.kind is Kind.DASHED and argument.key in subcommands
    ]
    for argument in (*late, *dashed):
        name = argument.key or argument.text
        others = [word for word in argv if word != argument.words[0] and not flags.is_start_word(word)]
        problem = f"{visible(argument.text)}: '{name}' comes first; write nnrun {name}"
        raise BadInput(problem, _typable(["nnrun", name, *others]))


def _context(
    arguments: Sequence[Argument], vocabulary: Vocabulary, picked: Mapping[str, tuple[str, ...]]
) -> Context:
    """What the whole line says: whether it sweeps, and which parts it trains where it names none."""
    experiments = picked.get("experiment", ())
    if len(experiments) > 1:
        defaults: Mapping[str, str] = {}
    else:
        defaults = vocabulary.picked_by(experiments[0]) if experiments else vocabulary.defaults
    chosen = {group: (name,) for group, name in defaults.items()} | dict(picked)
    modes = [mode for mode in map(_sweeps, arguments) if mode is not None]
    multirun = any(modes) if modes else any(map(vocabulary.is_sweep, experiments))
    return Context(vocabulary, multirun, MappingProxyType(chosen))


def _picked(arguments: Sequence[Argument], vocabulary: Vocabulary) -> dict[str, tuple[str, ...]]:
    """Group -> the parts that the line names for it, with or without the group."""
    context = Context(vocabulary, multirun=False, chosen={})
    picked: dict[str, tuple[str, ...]] = {}
    for argument in arguments:
        if is_zip(argument, context):
            picked |= parts_zipped(argument, context)
        elif argument.value and not is_hydras(argument.key):
            key = find_key(argument.key.lstrip("+"), context).key
            if key is not None and key in vocabulary.registries:
                value = ascii_form(argument.value).strip()
                called = call(value)
                picked[key] = tuple(split(called[1] if called else value))
    for argument in arguments:
        if argument.kind is Kind.WORD:
            parts = parts_meant(ascii_form(argument.text), context)
            if len(parts) == 1:
                group, _, name = parts[0].partition("=")
                picked.setdefault(group, (name,))
    return picked


def _directories(argv: Sequence[str]) -> list[Path]:
    """The user's own configuration directories."""
    own = user_directory()
    return [*filter(_is_usable, flags.directories(argv)), *([] if own is None else [own])]


def _load_plugins(
    arguments: Sequence[Argument], picked: Mapping[str, Sequence[str]], vocabulary: Vocabulary
) -> bool:
    """Executes the plugins that the line and the user's own configuration name; whether there are any.

    Where a part is picked that nobody else has, those of installed packages as well.

    Raises:
        BadInput: one cannot be executed, or registers a name that is taken.
    """
    directories = vocabulary.directories[1:]
    typed = [argument.value for argument in arguments if argument.key == "plugins" and argument.value]
    beside = [directory.absolute().parent for directory in directories]
    found = [(name, beside) for value in typed for name in listed(value)]
    found += [(name, [place]) for name, place in declared(directories, picked.get("experiment", ()))]
    for name, places in found:
        from nnrun.plugins.registering import load_plugin

        load_plugin(name, places)
    unknown = [
        name
        for group, names in picked.items()
        for name in names
        if name not in ("auto", "null", "")
        and own_name(name) is None
        and name not in vocabulary.choices(group)
    ]
    if unknown:
        from nnrun.plugins.registering import load_installed

        load_installed()
    return bool(found or unknown)


def _measured(arguments: Sequence[Argument]) -> dict[str, Sequence[str]]:
    """The metrics and the pictures that the line names."""
    found: dict[str, Sequence[str]] = {}
    for group, key in (("metric", "metrics"), ("plot", "plots.own")):
        values = [argument.value for argument in arguments if argument.key == key and argument.value]
        found[group] = [name.strip("[]'\" ") for value in values for name in value.split(",")]
    return found


def _load(picked: Mapping[str, Sequence[str]]) -> None:
    """Executes the files that are named: what may be typed depends on the parts in them.

    Raises:
        BadInput: one cannot be executed, or has no such part.
    """
    for group, names in picked.items():
        for own in filter(None, map(own_name, names)):
            from nnrun.plugins.finding import own_entry

            allow([own.path])
            own_entry(group, own.text)


def _sweeps(argument: Argument) -> bool | None:
    """Whether the argument asks for several runs; None where it does not say."""
    if argument.kind is Kind.FLAG:
        return True if argument.text in flags.MULTIRUN else None
    return argument.value == "MULTIRUN" if argument.key.lstrip("+") == "hydra.mode" else None


def _check(arguments: Sequence[Argument], context: Context, picked: Collection[str]) -> list[Outcome]:
    first = next((argument for argument in arguments if argument.kind is not Kind.FLAG), None)
    return [_outcome(argument, context, picked, argument is first) for argument in arguments]


def _outcome(argument: Argument, context: Context, picked: Collection[str], is_first: bool) -> Outcome:
    if is_zip(argument, context):
        return check_zip(argument, context)
    match argument.kind:
        case Kind.FLAG:
            return _flag_outcome(argument)
        case Kind.OVERRIDE | Kind.LOOSE | Kind.SPACED:
            return check_override(argument, context)
        case Kind.DASHED:
            return check_dashed(argument, context, picked)
        case Kind.REMOVAL:
            return check_removal(argument)
        case Kind.WORD:
            return check_word(argument, context, picked, is_first)
        case Kind.BROKEN:
            shown = visible(argument.text)
            what = "holds a NUL character" if "\0" in argument.text else "is not valid UTF-8"
            return Outcome(shown, None, (f"{shown}: {what}; type it as UTF-8 text",))


def _flag_outcome(argument: Argument) -> Outcome:
    flag, shown = argument.flag or flags.Flag(argument.words), visible(argument.text)
    problems = (f"{shown}: {flag.problem}",) if flag.problem else ()
    return Outcome(shown, flag.fixed, problems, flags=flag.flags)


def _corrected(outcomes: Sequence[Outcome], multirun: bool) -> str | None:
    """The whole command with every fix applied; None where an argument has no single one."""
    adds_multirun = not multirun and any(outcome.sweeps for outcome in outcomes)
    words = ["nnrun", "-m"] if adds_multirun else ["nnrun"]
    for outcome in outcomes:
        fixed = outcome.shielded if adds_multirun and outcome.shielded else outcome.fixed
        if fixed is None:
            return None
        words.extend(fixed)
    return _typable(words)


def _typable(words: Sequence[str]) -> str | None:
    """The command, unless it holds characters that a person can neither see nor type."""
    command = command_line(words)
    return command if visible(command) == command else None
