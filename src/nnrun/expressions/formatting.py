"""A tree -> the text that is read back as the same tree, with no parenthesis too many."""

from __future__ import annotations

from typing import TypeAlias

from nnrun.expressions.nodes import (
    ATOM_STRENGTH,
    COMPARISONS,
    NOT_STRENGTH,
    SIGN_STRENGTH,
    STRENGTH,
    Binary,
    Call,
    Comparison,
    Logical,
    Name,
    Node,
    Not,
    Number,
    Text,
    Unary,
    postorder,
)
from nnrun.expressions.tokens import fold

_Piece: TypeAlias = tuple[str, int]  # text, and how strongly its outermost operator binds

_SPACED = frozenset({"+", "-", "and", "or", *COMPARISONS})


def format(node: Node) -> str:
    """The source of a tree: `parse(format(node))` has an equal one, if it is within the bounds of `parse`.

    A negative number, which only a tree made by hand can hold, is read back as a sign before a number.
    """
    pieces: list[_Piece] = []
    for part in postorder(node):
        split = len(pieces) - len(part.operands)
        pieces[split:] = [_piece(part, pieces[split:])]
    return pieces[0][0]


def _piece(node: Node, operands: list[_Piece]) -> _Piece:
    match node:
        case Number(value):
            return repr(value).removesuffix(".0"), SIGN_STRENGTH if value < 0 else ATOM_STRENGTH
        case Text(value):
            quote = '"' if "'" in fold(value) else "'"
            return f"{quote}{value}{quote}", ATOM_STRENGTH
        case Name(name):
            return name, ATOM_STRENGTH
        case Unary(operator):
            return operator + _enclosed(operands[0], SIGN_STRENGTH), SIGN_STRENGTH
        case Not():
            return f"not {_enclosed(operands[0], NOT_STRENGTH)}", NOT_STRENGTH
        case Binary(operator) | Logical(operator):
            return _infix(operator, *operands)
        case Comparison(operators):
            sides = [_enclosed(operand, STRENGTH["=="] + 1) for operand in operands]
            rest = (f" {operator} {side}" for operator, side in zip(operators, sides[1:], strict=True))
            return sides[0] + "".join(rest), STRENGTH["=="]
        case Call(function):
            return f"{function}({', '.join(text for text, _ in operands)})", ATOM_STRENGTH


def _infix(operator: str, left: _Piece, right: _Piece) -> _Piece:
    strength = STRENGTH[operator]
    sign = f" {operator} " if operator in _SPACED else operator
    if operator == "^":
        return _enclosed(left, strength + 1) + sign + _enclosed(right, SIGN_STRENGTH), strength
    return _enclosed(left, strength) + sign + _enclosed(right, strength + 1), strength


def _enclosed(piece: _Piece, least: int) -> str:
    text, strength = piece
    return text if strength >= least else f"({text})"
