"""What each subcommand takes: read from the calls that build its options, which are not made."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nnrun.completing.literals import PACKAGE, Module, Unknown, module, value

COMMANDS = "nnrun.commands"
_MAIN = re.compile(r"^def main\(", re.MULTILINE)
_SUMMARY = re.compile(r"`nnrun [^`]*`: (.*)")


@dataclass(frozen=True)
class Argument:
    """One call of `add_argument`.

    Attributes:
        names: flags, the short one first; or the one name of what stands alone.
        help: as `--help` has it.
        choices: the only values, where there are any.
        placeholder: what stands for the value in `--help`.
        takes_value: a word follows, or may follow.
        repeated: any number of words.
    """

    names: tuple[str, ...]
    help: str = ""
    choices: tuple[str, ...] = ()
    placeholder: str = ""
    takes_value: bool = True
    repeated: bool = False

    @property
    def is_flag(self) -> bool:
        """Whether it begins with a dash."""
        return self.names[0].startswith("-")


@dataclass(frozen=True)
class Usage:
    """One subcommand.

    Attributes:
        name: its first word.
        summary: what it does, from the first line of its module.
        arguments: in the order of `--help`.
        passes: words that it does not know are overrides, as of a training.
    """

    name: str
    summary: str
    arguments: tuple[Argument, ...]
    passes: bool

    @property
    def flags(self) -> Mapping[str, Argument]:
        """Every flag by each of its names."""
        return {name: found for found in self.arguments if found.is_flag for name in found.names}

    @property
    def words(self) -> tuple[Argument, ...]:
        """What stands alone, in order."""
        return tuple(found for found in self.arguments if not found.is_flag)


def subcommands() -> tuple[str, ...]:
    """The modules that have a `main`."""
    names = sorted(path.stem for path in (PACKAGE / "commands").glob("*.py"))
    return tuple(name for name in names if is_subcommand(name))


def is_subcommand(name: str) -> bool:
    """Whether a first word is one."""
    if not name.isidentifier():
        return False
    try:
        return _MAIN.search((PACKAGE / "commands" / f"{name}.py").read_text("utf-8")) is not None
    except OSError:
        return False


def summary(name: str) -> str:
    """What a subcommand does, in half a sentence."""
    with (PACKAGE / "commands" / f"{name}.py").open(encoding="utf-8") as source:
        found = _SUMMARY.search(source.readline())
    return found[1].strip('"\n .') if found else ""


@functools.cache
def usage(name: str) -> Usage:
    """What the subcommand `name` takes."""
    source = module(f"{COMMANDS}.{name}")
    found = [Argument(("-h", "--help"), "show what it takes", takes_value=False)]
    found += (each for each in _calls(source.tree, source, {}, set()) if each is not None)
    passes = any(
        isinstance(node, ast.Attribute) and node.attr == "parse_known_args" for node in ast.walk(source.tree)
    )
    return Usage(name, summary(name), tuple(found), passes)


def _calls(
    node: ast.AST, where: Module, names: Mapping[str, Any], seen: set[str]
) -> Iterator[Argument | None]:
    """The calls of `add_argument` below `node`, and in functions of other modules called there, in order."""
    if isinstance(node, ast.For):
        for bound in _bindings(node, where, names):
            for statement in node.body:
                yield from _calls(statement, where, {**names, **bound}, seen)
        return
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr == "add_argument":
            yield _argument(node, where, names)
        elif isinstance(node.func, ast.Name) and node.func.id not in seen:
            yield from _called(node.func.id, where, seen)
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, where, names, seen)


def _called(name: str, where: Module, seen: set[str]) -> Iterator[Argument | None]:
    """The calls in a function that comes from another module of commands."""
    origin = where.imported.get(name, "")
    if origin.startswith(f"{COMMANDS}.") and name in module(origin).functions:
        seen.add(name)
        source = module(origin)
        for statement in source.functions[name].body:
            yield from _calls(statement, source, {}, seen)


def _bindings(loop: ast.For, where: Module, names: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What the names of a loop stand for, each time; nothing where that is not to be told."""
    try:
        turns = value(loop.iter, where, names)
    except Unknown:
        return
    for turn in turns:
        if isinstance(loop.target, ast.Name):
            yield {loop.target.id: turn}
        elif isinstance(loop.target, ast.Tuple):
            yield {
                name.id: each
                for name, each in zip(loop.target.elts, turn, strict=False)
                if isinstance(name, ast.Name)
            }


def _argument(call: ast.Call, where: Module, names: Mapping[str, Any]) -> Argument | None:
    """The argument that a call adds; None where its name is not to be told."""
    try:
        given = tuple(value(node, where, names) for node in call.args)
    except Unknown:
        return None
    said = {}
    for keyword in call.keywords:
        try:
            said[keyword.arg] = value(keyword.value, where, names)
        except Unknown:
            continue
    silent = {keyword.arg for keyword in call.keywords} - set(said)
    if not given or not all(isinstance(name, str) for name in given) or ("help" in silent and _hidden(call)):
        return None
    action, many = said.get("action"), said.get("nargs")
    return Argument(
        names=given,
        help=str(said.get("help", "")),
        choices=tuple(map(str, said.get("choices", ()))),
        placeholder=str(said.get("metavar") or said.get("dest") or given[-1].lstrip("-")),
        takes_value=action in (None, "store", "append", "extend") and many != 0,
        repeated=many in ("*", "+") or (isinstance(many, int) and many > 1),
    )


def _hidden(call: ast.Call) -> bool:
    """Whether its help is `argparse.SUPPRESS`."""
    return any(
        keyword.arg == "help"
        and isinstance(keyword.value, ast.Attribute)
        and keyword.value.attr == "SUPPRESS"
        for keyword in call.keywords
    )
