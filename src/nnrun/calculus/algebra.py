"""Trees that are built simplified: products and sums that collect their numbers and their equal parts.

`0*x` is 0, `1*x` and `x + 0` are x, `x*x` is x^2, `x + x` is 2*x, numbers are multiplied out as fractions.
Nothing is expanded: `2*(x + 1)` stays.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import TypeAlias

from nnrun.expressions import Binary, Call, Comparison, Logical, Name, Node, Not, Number, Unary, postorder

ZERO, ONE = Number(0.0), Number(1.0)

_Powers: TypeAlias = dict[Node, int]

_SMALLEST, _LARGEST = Fraction(1, 10**300), Fraction(10**300)
"""Coefficients outside are not multiplied out: float64 could not hold them."""

_NO_NAMES: Mapping[str, Node] = MappingProxyType({})


def constant(node: Node) -> Fraction | None:
    """The number that a literal, with its signs, or a quotient of two is; None for anything else."""
    match node:
        case Number(value):
            return Fraction(repr(float(value)))
        case Unary(sign, operand):
            inner = constant(operand)
            return -inner if inner is not None and sign == "-" else inner
        case Binary("/", left, Number(under)) if under:
            inner = constant(left)
            return None if inner is None else inner / Fraction(repr(float(under)))
    return None


def rebuilt(node: Node, names: Mapping[str, Node] = _NO_NAMES) -> Node:
    """The simplified tree of a rule, with trees put in the place of some names; those stay as they are.

    What stands inside `sum` or `mean` must not be simplified: `x - x` has as many elements as x, 0 has one.
    """
    built: list[Node] = []
    for part in postorder(node):
        split = len(built) - len(part.operands)
        built[split:] = [_made(part, built[split:], names)]
    return built[0]


def _made(node: Node, operands: Sequence[Node], names: Mapping[str, Node]) -> Node:
    match node:
        case Name(name):
            return names.get(name, node)
        case Unary(sign):
            return product(Number(-1.0), operands[0]) if sign == "-" else operands[0]
        case Binary("+" | "-" as sign):
            return total([operands[0], operands[1] if sign == "+" else product(Number(-1.0), operands[1])])
        case Binary("*"):
            return product(*operands)
        case Binary("/"):
            return product(operands[0], power(operands[1], Number(-1.0)))
        case Binary("^"):
            return power(*operands)
        case Binary(sign):
            return Binary(sign, operands[0], operands[1])
        case Comparison(signs):
            return Comparison(signs, tuple(operands))
        case Logical(word):
            return Logical(word, operands[0], operands[1])
        case Not():
            return Not(operands[0])
        case Call("log") if operands[0] == Name("e"):
            return ONE
        case Call(name):
            return Call(name, tuple(operands))
    return node


def product(*factors: Node) -> Node:
    """The product; a choice (`where`) with a number in it takes the other factors inside.

    `where(x > 0, 1, 0)*y` is `where(x > 0, y, 0)`, which is 0 where x <= 0, whatever y is there.
    """
    coefficient, powers = _split(factors)
    if coefficient == 0:
        return ZERO
    for factor, exponent in powers.items():
        if exponent == 1 and _is_mask(factor):
            condition, yes, no = factor.operands
            others = _joined(coefficient, {key: n for key, n in powers.items() if key != factor})
            return Call("where", (condition, product(others, yes), product(others, no)))
    return _joined(coefficient, powers)


def power(base: Node, exponent: Node) -> Node:
    """The power; whole exponents join those of a base that is a power itself."""
    number, root = constant(exponent), constant(base)
    if number is None:
        return ONE if root == 1 else Binary("^", base, exponent)
    if number == 0:
        return ONE
    if number.denominator > 1 or abs(number) > 1000:
        raised = Binary("^", base, _exponent(abs(number)))
        return _reciprocal(raised) if number < 0 else raised
    if number == 1:
        return base
    coefficient, powers = _split([base])
    if coefficient == 0:
        return ZERO if number > 0 else _reciprocal(base)
    if len(powers) == 1 and coefficient == 1:
        ((inner, inner_exponent),) = powers.items()
        return _joined(Fraction(1), {inner: inner_exponent * int(number)})
    if not powers and abs(number) <= 64 and _SMALLEST < abs(coefficient) ** int(number) < _LARGEST:
        return _joined(coefficient ** int(number), {})
    if number == -1:
        return _joined(1 / coefficient, {factor: -n for factor, n in powers.items()})
    return _joined(Fraction(1), {base: int(number)})


def total(terms: Iterable[Node]) -> Node:
    """The sum, equal terms counted together, in order of appearance."""
    counts: dict[Node, Fraction] = {}
    for sign, term in _terms(terms):
        coefficient, powers = _split([term])
        key = _joined(Fraction(1), powers)
        counts[key] = counts.get(key, Fraction(0)) + sign * coefficient
    result: Node | None = None
    for key, count in counts.items():
        if count == 0:
            continue
        scaled = _joined(abs(count), _split([key])[1])
        if result is None:
            result = _joined(count, _split([key])[1])
        else:
            result = Binary("+" if count > 0 else "-", result, scaled)
    return ZERO if result is None else result


def summed(node: Node, count: int, is_wide: Callable[[Node], bool]) -> Node:
    """The sum over `count` elements of `node`; factors that are not wide, single numbers, stand before it."""
    coefficient, powers = _split([node])
    inside = {factor: n for factor, n in powers.items() if is_wide(factor)}
    outside = _joined(coefficient, {factor: n for factor, n in powers.items() if factor not in inside})
    if not inside:
        return product(Number(float(count)), outside)
    return product(outside, Call("sum", (_joined(Fraction(1), inside),)))


def _is_mask(node: Node) -> bool:
    """Whether it is a choice with a number as a branch, or with such a choice as a branch."""
    if not (isinstance(node, Call) and node.function == "where"):
        return False
    return any(constant(branch) is not None or _is_mask(branch) for branch in node.operands[1:])


def _terms(nodes: Iterable[Node]) -> list[tuple[int, Node]]:
    """The terms of sums of sums, each with its sign, left to right."""
    pending = [(1, node) for node in reversed(list(nodes))]
    found = []
    while pending:
        sign, node = pending.pop()
        match node:
            case Binary("+", left, right):
                pending += [(sign, right), (sign, left)]
            case Binary("-", left, right):
                pending += [(-sign, right), (sign, left)]
            case Unary("-", operand) if constant(node) is None:
                pending.append((-sign, operand))
            case _:
                found.append((sign, node))
    return found


def _split(factors: Iterable[Node]) -> tuple[Fraction, _Powers]:
    """The number in a product, and the whole exponent of each of its other factors, in order."""
    coefficient, powers = Fraction(1), dict[Node, int]()
    pending = [(node, 1) for node in reversed(list(factors))]
    while pending:
        node, exponent = pending.pop()
        number = constant(node)
        if number is not None and (number != 0 or exponent > 0):
            scaled = coefficient * number**exponent if abs(exponent) <= 64 else Fraction(0)
            if number == 0 or _SMALLEST < abs(scaled) < _LARGEST:
                coefficient = scaled
                continue
        match node:
            case Binary("*", left, right):
                pending += [(right, exponent), (left, exponent)]
            case Binary("/", left, right):
                pending += [(right, -exponent), (left, exponent)]
            case Unary("-", operand) if number is None:
                coefficient *= (-1) ** abs(exponent)
                pending.append((operand, exponent))
            case Binary("^", base, Number(whole)) if number is None and whole.is_integer() and whole <= 1000:
                powers[base] = powers.get(base, 0) + exponent * int(whole)
            case _:
                powers[node] = powers.get(node, 0) + exponent
    return coefficient, {factor: n for factor, n in powers.items() if n}


def _joined(coefficient: Fraction, powers: _Powers) -> Node:
    """`-2*x^2/(3*y)` of -2/3, {x: 2, y: -1}."""
    over, under = _quotient(abs(coefficient))
    numerator = [_powered(factor, n) for factor, n in powers.items() if n > 0]
    denominator = [_powered(factor, -n) for factor, n in powers.items() if n < 0]
    if over != ONE or not numerator:
        numerator.insert(0, over)
    if under != ONE:
        denominator.insert(0, under)
    if coefficient < 0:
        numerator[0] = Unary("-", numerator[0])
    whole = functools.reduce(functools.partial(Binary, "*"), numerator)
    if not denominator:
        return whole
    return Binary("/", whole, functools.reduce(functools.partial(Binary, "*"), denominator))


def _powered(base: Node, exponent: int) -> Node:
    return base if exponent == 1 else Binary("^", base, Number(float(exponent)))


def _reciprocal(node: Node) -> Node:
    return Binary("/", ONE, node)


def _quotient(number: Fraction) -> tuple[Node, Node]:
    """Two literals with this quotient: a short decimal number over 1, else whole numbers."""
    over, under = number.numerator, number.denominator
    is_decimal = Fraction(repr(float(number))) == number
    if (is_decimal and under > 9) or max(over, under) > 10**6:
        return Number(float(number)), ONE
    return Number(float(over)), Number(float(under))


def _exponent(number: Fraction) -> Node:
    """A decimal number where it is exact, else a quotient."""
    is_decimal = Fraction(repr(float(number))) == number
    return Number(float(number)) if is_decimal else _joined(number, {})
