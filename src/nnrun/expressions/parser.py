"""Tokens of an expression -> its tree, by operator precedence, within fixed bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from nnrun.errors import ExpressionError
from nnrun.expressions.foreign import arguments as arguments_of
from nnrun.expressions.foreign import known
from nnrun.expressions.functions import FUNCTIONS
from nnrun.expressions.hints import not_applied, unknown_function, wrong_count
from nnrun.expressions.nodes import (
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
from nnrun.expressions.tokens import Token, tokenize

_POWERED = re.compile(r"([^\W\d]\w*)\s*(?:\^|\*\*)\s*(\d+)\s*$")

MAX_CHARACTERS = 1000
MAX_NESTING = 50
MAX_NODES = 500


def parse_tree(text: str) -> Node:
    """The tree of `text`.

    Raises:
        ExpressionError: it is empty, too large, or not an expression.
    """
    if len(text) > MAX_CHARACTERS:
        problem = f"shorten it: an expression has at most {MAX_CHARACTERS} characters, this one {len(text)}"
        raise ExpressionError(problem, f"{text[:40]}...", 0)
    if not text.strip():
        raise ExpressionError("the expression is empty; write one like 'sin(3*x)'", text, 0)
    root = _Parser(text).whole()
    nodes = postorder(root)
    if len(nodes) > MAX_NODES:
        problem = f"shorten it: an expression has at most {MAX_NODES} values and operators, here {len(nodes)}"
        raise ExpressionError(problem, text, nodes[MAX_NODES].position)
    return root


class _Parser:
    """Reads one text; `token` is the first that is not yet read, `previous` the one before."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.token = self.previous = next(self.tokens)
        self.nesting = 0

    def whole(self) -> Node:
        root = self.expression(0)
        if self.token.is_operator(")"):
            raise self.error("this ')' closes nothing", self.token)
        if self.token.kind != "end":
            raise self.error(f"unexpected '{self.token.text}'", self.token)
        return root

    def expression(self, floor: int) -> Node:
        """What follows, up to the first operator that binds no stronger than `floor`."""
        left = self.prefixed(floor)
        while self.token.kind == "operator" and STRENGTH.get(self.token.text, 0) > floor:
            left = self.infix(left)
        return left

    def infix(self, left: Node) -> Node:
        if self.token.text in COMPARISONS:
            return self.comparison(left)
        operator = self.advance()
        strength = STRENGTH[operator.text]
        if operator.text == "^":
            with self.nested(operator):
                # Right-associative, and its right side may carry a sign: 2^-x.
                return Binary("^", left, self.expression(SIGN_STRENGTH), operator.position)
        right = self.expression(strength)
        if operator.text in ("and", "or"):
            return Logical(operator.text, left, right, operator.position)
        return Binary(operator.text, left, right, operator.position)

    def comparison(self, first: Node) -> Node:
        operands, operators, position = [first], [], self.token.position
        while self.token.is_operator(*COMPARISONS):
            operators.append(self.advance().text)
            operands.append(self.expression(STRENGTH["=="]))
        return Comparison(tuple(operators), tuple(operands), position)

    def prefixed(self, floor: int) -> Node:
        token = self.token
        if token.is_operator("-", "+"):
            self.advance()
            with self.nested(token):
                return Unary(token.text, self.expression(SIGN_STRENGTH), token.position)
        if token.is_operator("not"):
            if floor > NOT_STRENGTH:
                raise self.error("put 'not ...' in parentheses", token)
            self.advance()
            with self.nested(token):
                return Not(self.expression(NOT_STRENGTH), token.position)
        node = self.atom()
        self.refuse_neighbour()
        return node

    def atom(self) -> Node:
        token = self.token
        if token.is_operator("("):
            return self.bracketed(self.advance())
        if token.kind == "end":
            raise self.error("the expression ends too early: a value is missing", token)
        if token.kind == "operator":
            raise self.error(f"a value is missing before '{token.text}'", token)
        self.advance()
        if token.kind == "number":
            return Number(float(token.text), token.position)
        if token.kind == "text":
            return Text(token.text, token.position)
        return self.call(token) if self.token.is_operator("(") else Name(token.text, token.position)

    def bracketed(self, opening: Token) -> Node:
        with self.nested(opening):
            node = self.expression(0)
        self.close(opening)
        return node

    def call(self, name: Token) -> Node:
        if name.text not in FUNCTIONS:
            raise self.error(unknown_function(name.text, arguments_of(self.text, self.token.position)), name)
        opening = self.advance()
        arguments: list[Node] = []
        with self.nested(name):
            while not (self.token.is_operator(")") and not arguments):
                arguments.append(self.expression(0))
                if not self.token.is_operator(","):
                    break
                self.advance()
        self.close(opening)
        function = FUNCTIONS[name.text]
        if not function.accepts(len(arguments)):
            raise self.error(wrong_count(function, arguments_of(self.text, opening.position)), name)
        return Call(name.text, tuple(arguments), name.position)

    def close(self, opening: Token) -> None:
        if self.token.is_operator(")"):
            self.advance()
            self.refuse_neighbour()
        elif self.token.kind == "end":
            raise self.error("this parenthesis is not closed; add ')'", opening)
        else:
            raise self.error(f"unexpected '{self.token.text}' inside parentheses", self.token)

    def refuse_neighbour(self) -> None:
        """Raise where a value follows a value: `3x` may be meant as a product, but nothing is guessed."""
        left, right = self.previous, self.token
        if right.kind in ("end", "operator") and not right.is_operator("("):
            return
        if "text" in (left.kind, right.kind):
            raise self.error("an operator is missing", right)
        if left.kind == "name" and left.text in FUNCTIONS:
            following = self.text[left.position + len(left.text) :]
            raise self.error(not_applied(left.text, following), left)
        powered = _POWERED.search(self.text[: right.position])
        if left.kind == "number" and powered and powered[1] in FUNCTIONS:
            argument = right.text
            if argument == "(":
                argument = ", ".join(arguments_of(self.text, right.position))
            raise self.error(f"write {powered[1]}({argument})^{powered[2]}", left)
        if left.kind == "number" and left.text.endswith(".") and known(right.text):
            raise self.error(f"write {right.text}(...) around it: there are no methods", right)
        factors = ["(...)" if token.is_operator("(", ")") else token.text for token in (left, right)]
        raise self.error(f"write {'*'.join(factors)} to multiply: an operator is missing", right)

    def advance(self) -> Token:
        self.previous, self.token = self.token, next(self.tokens)
        return self.previous

    @contextmanager
    def nested(self, token: Token) -> Iterator[None]:
        """Count what stands inside brackets, behind a sign or `not`, or in an exponent."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise self.error(f"simplify it: an expression is nested at most {MAX_NESTING} deep", token)
        yield
        self.nesting -= 1

    def error(self, problem: str, token: Token) -> ExpressionError:
        return ExpressionError(problem, self.text, token.position)
