"""An expression as NumPy code, such as `np.sin(3 * x) + 0.1 * x`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnrun.errors import Refused
from nnrun.expressions.nodes import (
    ATOM_STRENGTH,
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
    Unary,
    postorder,
)

_RENAMED = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2"}
_PATTERNS: Mapping[str, tuple[str, int]] = {
    "sigmoid": ("1 / (1 + np.exp(-({0})))", STRENGTH["/"]),
    "relu": ("np.maximum({0}, 0)", ATOM_STRENGTH),
    "softplus": ("np.logaddexp(0, {0})", ATOM_STRENGTH),
    "step": ("np.heaviside({0}, 0)", ATOM_STRENGTH),
    "where": ("np.where(({0}) != 0, {1}, {2})", ATOM_STRENGTH),
}
_CONSTANTS = {"pi": "np.pi", "e": "np.e", "true": "1.0", "false": "0.0"}
_LOGIC = {"and": "np.logical_and", "or": "np.logical_or"}

Piece = tuple[str, int]
"""Code, and how strongly its outermost operator binds."""


def number_text(value: float) -> str:
    """A number without what it does not need: `1`, `0.2`, `1e-05`."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def numpy_text(root: Node) -> str:
    """NumPy code with the value of an expression of `x`.

    Raises:
        Refused: it has a text in it, which is no number.
    """
    pieces: list[Piece] = []
    for node in postorder(root):
        split = len(pieces) - len(node.operands)
        pieces[split:] = [_piece(node, pieces[split:])]
    return pieces[0][0]


def _piece(node: Node, operands: Sequence[Piece]) -> Piece:
    texts = [text for text, _ in operands]
    match node:
        case Number(value):
            return number_text(value), SIGN_STRENGTH if value < 0 else ATOM_STRENGTH
        case Name(name):
            return _CONSTANTS.get(name, name), ATOM_STRENGTH
        case Unary(operator):
            return operator + _enclosed(operands[0], SIGN_STRENGTH), SIGN_STRENGTH
        case Binary(operator):
            return _infix(operator, operands[0], operands[1])
        case Comparison(operators):
            pairs = [f"({texts[i]} {sign} {texts[i + 1]})" for i, sign in enumerate(operators)]
            return f"np.where({' & '.join(pairs)}, 1.0, 0.0)", ATOM_STRENGTH
        case Logical(operator):
            return f"np.where({_LOGIC[operator]}({', '.join(texts)}), 1.0, 0.0)", ATOM_STRENGTH
        case Not():
            return f"np.where(({texts[0]}) == 0, 1.0, 0.0)", ATOM_STRENGTH
        case Call(function):
            return _called(function, texts)
    raise Refused("--to script: the expression has a text in it")


def _called(function: str, texts: Sequence[str]) -> Piece:
    if function in _PATTERNS:
        pattern, strength = _PATTERNS[function]
        return pattern.format(*texts), strength
    if function in ("min", "max"):
        code = texts[0]
        for text in texts[1:]:
            code = f"np.{function}imum({code}, {text})"
        return code, ATOM_STRENGTH
    return f"np.{_RENAMED.get(function, function)}({', '.join(texts)})", ATOM_STRENGTH


def _infix(operator: str, left: Piece, right: Piece) -> Piece:
    strength = STRENGTH[operator]
    if operator == "^":
        return f"{_enclosed(left, strength + 1)}**{_enclosed(right, SIGN_STRENGTH)}", strength
    return f"{_enclosed(left, strength)} {operator} {_enclosed(right, strength + 1)}", strength


def _enclosed(piece: Piece, least: int) -> str:
    text, strength = piece
    return text if strength >= least else f"({text})"
