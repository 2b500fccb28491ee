"""Constants of nnrun's own modules, read from their source: importing them would load what they import."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parent.parent


class Unknown(Exception):
    """The value of an expression is not to be told without running it."""


@dataclass(frozen=True)
class Module:
    """The source of one module.

    Attributes:
        tree: parsed.
        constants: name -> what it is set to at the top level.
        functions: its functions at the top level.
        imported: name -> the module of nnrun's that it comes from.
    """

    tree: ast.Module
    constants: Mapping[str, ast.expr] = field(default_factory=dict)
    functions: Mapping[str, ast.FunctionDef] = field(default_factory=dict)
    imported: Mapping[str, str] = field(default_factory=dict)


@functools.cache
def module(name: str) -> Module:
    """A module of nnrun's by its dotted name; an empty one where there is no source to read."""
    base = PACKAGE.joinpath(*name.split(".")[1:])
    path = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
    try:
        tree = ast.parse(path.read_text("utf-8"))
    except (OSError, SyntaxError, ValueError):
        return Module(ast.Module([], []))
    return Module(
        tree,
        dict(_constants(tree)),
        {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)},
        {
            alias.asname or alias.name: node.module
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nnrun.")
            for alias in node.names
            if node.module
        },
    )


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.Assign):
            yield from ((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            yield node.target.id, node.value


def value(node: ast.expr, where: Module, names: Mapping[str, Any] | None = None) -> Any:
    """What an expression of texts, numbers, tuples and constants comes to.

    Args:
        node: the expression.
        where: the module that it stands in.
        names: what stands for names beside the module's constants.

    Raises:
        Unknown: it holds anything else.
    """
    names = names or {}
    match node:
        case ast.Constant():
            return node.value
        case ast.Tuple() | ast.List() | ast.Set():
            return tuple(_elements(node.elts, where, names))
        case ast.Dict():
            return tuple(_elements([key for key in node.keys if key is not None], where, names))
        case ast.JoinedStr():
            return "".join(str(value(part, where, names)) for part in node.values)
        case ast.FormattedValue():
            return value(node.value, where, names)
        case ast.BinOp(op=ast.Add()):
            return _sum(value(node.left, where, names), value(node.right, where, names))
        case ast.Call(args=[first, *_]) if isinstance(node.func, ast.Name):
            return value(first, where, names) if node.func.id in _WRAPPERS else _unknown()
        case ast.Name():
            return _named(node.id, where, names)
    return _unknown()


_WRAPPERS = frozenset({"tuple", "list", "sorted", "frozenset", "set", "dict", "MappingProxyType"})


def _elements(nodes: list[ast.expr], where: Module, names: Mapping[str, Any]) -> Iterator[Any]:
    for node in nodes:
        if isinstance(node, ast.Starred):
            yield from value(node.value, where, names)
        else:
            yield value(node, where, names)


def _named(name: str, where: Module, names: Mapping[str, Any]) -> Any:
    if name in names:
        return names[name]
    if name in where.constants:
        return value(where.constants[name], where)
    if name in where.imported:
        source = module(where.imported[name])
        return value(ast.Name(name), source)
    return _unknown()


def _sum(left: Any, right: Any) -> Any:
    return left + right if type(left) is type(right) else _unknown()


def _unknown() -> Any:
    raise Unknown
