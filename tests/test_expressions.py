"""The expression language, against NumPy and against an evaluation written a second time."""

from __future__ import annotations

import contextlib
import math
import operator
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nnrun.errors import ExpressionError
from nnrun.expressions import (
    CONSTANTS,
    FUNCTIONS,
    Arithmetic,
    Binary,
    Call,
    Comparison,
    Expression,
    Logical,
    Name,
    Node,
    Not,
    Number,
    Text,
    Unary,
    format,
    parse,
)
from nnrun.expressions.foreign import FORMULAS, SPELLINGS, rewritten

GUIDE = Path(__file__).parent.parent / "docs" / "expressions.md"
X = np.linspace(-2.0, 2.0, 9)
Y = np.linspace(0.5, 3.0, 9)

ORACLES: dict[str, Callable[..., Any]] = {
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "exp": np.exp,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "hypot": np.hypot,
    "abs": np.abs,
    "sign": np.sign,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.round,
    "min": lambda *arrays: np.min(np.broadcast_arrays(*arrays), axis=0),
    "max": lambda *arrays: np.max(np.broadcast_arrays(*arrays), axis=0),
    "clip": np.clip,
    "where": lambda condition, a, b: np.where(condition.astype(bool), a, b),
    "sigmoid": lambda x: torch.sigmoid(torch.from_numpy(x)).numpy(),
    "relu": lambda x: torch.relu(torch.from_numpy(x)).numpy(),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "step": lambda x: (x > 0).astype(float),
    "sum": lambda x: math.fsum(x.tolist()),
    "mean": lambda x: math.fsum(x.tolist()) / len(x),
}


def value(text: str, **values: Any) -> Any:
    return parse(text).evaluate(values)


def marked(text: str, **values: Any) -> str:
    """The source from the place on that the error marks."""
    with pytest.raises(ExpressionError, match=r"at \d+ in '") as caught:
        parse(text).evaluate(values)
    assert 0 <= caught.value.position <= len(text)
    return text[caught.value.position :]


# --- reading -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1+2*3", 7.0),
        ("(1+2)*3", 9.0),
        ("8-4-2", 2.0),
        ("16/4/2", 2.0),
        ("7//2", 3.0),
        ("-7//2", -4.0),
        ("-7%3", 2.0),
        ("2^3^2", 512.0),
        ("2**3**2", 512.0),
        ("-2^2", -4.0),
        ("2^-2", 0.25),
        ("2^-1*4", 2.0),
        ("--2", 2.0),
        ("+3", 3.0),
        ("2*-3", -6.0),
        ("1e-3", 0.001),
        (".5+5.", 5.5),
        ("1E2", 100.0),
        ("pi", math.pi),
        ("e^1", math.e),
        ("true + true", 2.0),
        ("(1<2) - (2<3)", 0.0),
        ("-(1<2)", -1.0),
        ("max(1, 2, 5, 3)", 5.0),
        ("sin ( 0 )", 0.0),
    ],
)
def test_arithmetic_follows_the_usual_rules(text: str, expected: float) -> None:
    result = value(text)
    assert isinstance(result, np.float64)
    assert result == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1<2<3", True),
        ("1<3<2", False),
        ("3>2>=2!=1", True),
        ("not 1==2", True),
        ("not not 0", False),
        ("1<2 and 2<1", False),
        ("1 or 0 and 0", True),
        ("not 0 and 0", False),
        ("1 and not 0", True),
        ("2 == (1<2)", False),
    ],
)
def test_conditions_give_truth_values(text: str, expected: bool) -> None:
    result = value(text)
    assert isinstance(result, np.bool_)
    assert bool(result) is expected


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("（x＋１）＊２－３／４", "(x+1)*2-3/4"),
        ("ｍａｘ（x，２）", "max(x,2)"),
        ("x\N{MINUS SIGN}1", "x-1"),
        ("2\N{MULTIPLICATION SIGN}x÷3", "2*x/3"),
        ("x＝＝1", "x==1"),
        ("x≤1 and x≥0 or x≠3", "x<=1 and x>=0 or x!=3"),
        ("π*x", "pi*x"),
        ("x**2", "x^2"),
        ("‘a’ == “a”", "'a' == \"a\""),
    ],
)
def test_full_width_and_typographic_characters_read_as_ascii(typed: str, plain: str) -> None:
    assert parse(typed).root == parse(plain).root


def test_text_between_quotes_stays_as_it_is() -> None:
    assert parse("name == 'ａ，²= b'").root == Comparison(("==",), (Name("name"), Text("ａ，²= b")))


def test_names_are_the_free_ones_in_order_of_appearance() -> None:
    assert parse("b*x + sin(optim.lr) + x^e - pi + 数据").names == ("b", "x", "optim.lr", "数据")
    assert parse("1+2").names == ()


def test_nodes_know_their_place_and_trees_are_equal_without_it() -> None:
    tight, wide = parse("x+sin(3)").root, parse("x  +  sin( 3 )").root
    assert tight == wide
    assert hash(tight) == hash(wide)
    assert (tight.position, wide.position) == (1, 3)


# --- computing ---------------------------------------------------------------------------------------


def test_every_function_has_an_oracle() -> None:
    assert ORACLES.keys() == FUNCTIONS.keys()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_agree_with_their_oracle(name: str) -> None:
    arguments = {"a": X / 2.5, "b": Y / 2, "c": Y}
    if name.startswith(("log", "sqrt")):
        arguments["a"] = Y
    used = list(arguments)[: len(FUNCTIONS[name].parameters)]
    result = value(f"{name}({', '.join(used)})", **arguments)
    np.testing.assert_allclose(result, ORACLES[name](*(arguments[key] for key in used)), rtol=1e-14)


def test_reductions_give_one_number_and_may_stand_inside() -> None:
    np.testing.assert_allclose(value("mean(3*(x+2)**2)", x=[1.0, 2.0, 3.0]), 50.0)
    np.testing.assert_allclose(value("x - mean(x)", x=[1.0, 2.0, 6.0]), [-2.0, -1.0, 3.0])


def test_values_broadcast_as_in_numpy() -> None:
    np.testing.assert_array_equal(value("x + y", x=X[:, None], y=Y), X[:, None] + Y)


def test_conditions_on_arrays_are_masks() -> None:
    mask = value("x > 0 and not y < 1 or x == -2", x=X, y=Y)
    np.testing.assert_array_equal(mask, (X > 0) & ~(Y < 1) | (X == -2))
    assert mask.dtype == bool


def test_values_become_float64() -> None:
    for number in (3, True, np.float32(3), np.array([1, 2]), [1, 2]):
        assert value("x", x=number).dtype == np.float64
    assert value("flag == true", flag=True)
    assert value("2^63 * x", x=4) == 2.0**65


def test_the_result_shares_no_memory_with_the_values() -> None:
    for text in ("x", "+x", "where(1, x, x)"):
        result = value(text, x=X)
        assert not np.shares_memory(result, X)


def test_constants_cannot_be_given_another_value() -> None:
    assert value("e", e=1.0) == math.e


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9**9**9**9", math.inf),
        ("-9**9**9**9", -math.inf),
        ("1/0", math.inf),
        ("0/0", math.nan),
        ("1//0", math.inf),
        ("5%0", math.nan),
        ("log(0)", -math.inf),
        ("log(-1)", math.nan),
        ("(-8)^(1/3)", math.nan),
        ("exp(1000)", math.inf),
        ("exp(-1000)", 0.0),
        ("sigmoid(-1000)", 0.0),
        ("softplus(1000)", 1000.0),
        ("mean(x)", math.nan),
    ],
)
def test_numbers_that_are_not_finite_are_results_without_a_warning(text: str, expected: float) -> None:
    np.testing.assert_equal(value(text, x=np.zeros(0)), expected)


def test_bare_words_are_texts_where_compared_with_one() -> None:
    run = {"status": "completed", "optim.lr": 0.2, "completed_at": 3.0, "batch_size": None}
    assert value("optim.lr>0.1 and status==completed", **run)
    assert value("completed == status", **run)
    assert value("status != failed", **run)
    assert value("relu == 'relu'")
    assert value("batch_size == null", **run)
    assert value("status < 'd'", **run)


def test_a_name_with_a_value_is_never_a_bare_word() -> None:
    assert not value("status == other", status="completed", other="failed")


def test_texts_and_numbers_are_never_equal() -> None:
    np.testing.assert_array_equal(value("x == 'a'", x=X), np.full(X.shape, False))
    np.testing.assert_array_equal(value("'a' != x", x=X), np.full(X.shape, True))
    assert not value("x == '3'", x=3)


def test_steps_are_all_values_with_operands_first() -> None:
    expression = parse("mean(3*(x+2)^2)")
    steps = expression.steps({"x": [1, 2, 3]})
    assert [format(node) for node, _ in steps] == [
        "3",
        "x",
        "2",
        "x + 2",
        "2",
        "(x + 2)^2",
        "3*(x + 2)^2",
        "mean(3*(x + 2)^2)",
    ]
    np.testing.assert_array_equal(steps[5][1], [9.0, 16.0, 25.0])
    assert steps[-1] == (expression.root, 50.0)


def test_expressions_compute_on_torch_tensors_with_gradients() -> None:
    tensors = Arithmetic(
        array=lambda number: torch.as_tensor(number, dtype=torch.float64),
        functions={"mean": torch.mean, "sin": torch.sin, "where": lambda c, a, b: torch.where(c != 0, a, b)},
    )
    x = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)
    result = parse("mean(where(x > 1 and not x > 2, 3*(x+2)**2, 2^x - x%2))").evaluate({"x": x}, tensors)
    (gradient,) = torch.autograd.grad(result, x)
    assert result.item() == pytest.approx((2 - 1 + 48 + 8 - 1) / 3)
    np.testing.assert_allclose(gradient, [(2 * math.log(2) - 1) / 3, 8.0, (8 * math.log(2) - 1) / 3])


# --- refusing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem", "place"),
    [
        ("", "the expression is empty", ""),
        ("  ", "the expression is empty", "  "),
        ("x +", "ends too early: a value is missing", ""),
        ("x + * 2", "a value is missing before '*'", "* 2"),
        ("sin(,1)", "a value is missing before ','", ",1)"),
        ("max(x,)", "a value is missing before ')'", ")"),
        ("()", "a value is missing before ')'", ")"),
        ("x * not x", "put 'not ...' in parentheses", "not x"),
        ("(x + 1", "this parenthesis is not closed", "(x + 1"),
        ("max(x, (x)", "this parenthesis is not closed", "(x, (x)"),
        ("x)", "this ')' closes nothing", ")"),
        ("x, 1", "unexpected ','", ", 1"),
        ("(x, 1)", "unexpected ',' inside parentheses", ", 1)"),
        ("3x", "write 3*x to multiply", "x"),
        ("2(x+1)", "write 2*(...) to multiply", "(x+1)"),
        ("(x+1)(x-1)", "write (...)*(...) to multiply", "(x-1)"),
        ("sin(x)x", "write (...)*x to multiply", "x"),
        ("x x", "write x*x to multiply", "x"),
        ("1 + sin x", "write sin(x): 'sin' is a function", "sin x"),
        ("ln(x)", "there is no function 'ln'; write log(x)", "ln(x)"),
        ("pow(x, 2)", "there is no function 'pow'; write x^2", "pow(x, 2)"),
        ("x 'a'", "an operator is missing", "'a'"),
        ("x(2)", "write x*(...) to multiply: there is no function 'x'", "x(2)"),
        ("pi(2)", "write pi*(...) to multiply", "pi(2)"),
        ("2+sinn(x)", "there is no function 'sinn'; did you mean 'sin'?", "sinn(x)"),
        ("np.sqrt(x)", "there is no function 'np.sqrt'; write sqrt(x)", "np.sqrt(x)"),
        ("sin()", "sin(x) got 0 arguments", "sin()"),
        ("1+clip(x, 1)", "clip(x, low, high) got 2 arguments", "clip(x, 1)"),
        ("max(x)", "max(a, b, ...) got 1 argument; it compares two or more", "max(x)"),
        ("x = 1", "'=' does not compare; write '=='", "= 1"),
        ("x && 1", "write 'and' instead of '&'", "&& 1"),
        ("x | 1", "write 'or' instead of '|'", "| 1"),
        ("!x", "write 'not' instead of '!'", "!x"),
        ("x²", "write x^2 instead of x²", "²"),
        ("[x]", "write '(' instead of '['", "[x]"),
        ("dot(w, x+1)", "there is no function 'dot'; write sum(w*(x+1))", "dot(w, x+1)"),
        ("x.sum()", "there is no function 'x.sum'; write sum(x)", "x.sum()"),
        ("x.dot(w)", "there is no function 'x.dot'; write sum(x*w)", "x.dot(w)"),
        ("torch.nn.functional.relu(x)", "write relu(x)", "torch.nn.functional.relu(x)"),
        ("math.sin(2*x)", "there is no function 'math.sin'; write sin(2*x)", "math.sin(2*x)"),
        ("ｌｎ（ｘ）", "there is no function 'ln'; write log(x)", "ｌｎ（ｘ）"),
        ("ln(x", "write log(x)", "ln(x"),
        ("pow(x+1, 2)", "write (x+1)^2", "pow(x+1, 2)"),
        ("std()", "write sqrt(mean((x - mean(x))^2))", "std()"),
        (
            "prod(x)",
            "there is no function 'prod'; 'nnrun grad --help' lists them; write prod*(...)",
            "prod(x)",
        ),
        ("x.item()", "there is no function 'x.item'; 'nnrun grad --help' lists them at", "x.item()"),
        ("log(x, 2)", "log(x) got 2 arguments; write log(x)/log(2)", "log(x, 2)"),
        ("sin^2(x+1)", "write sin(x+1)^2", "2(x+1)"),
        ("sin**2 x", "write sin(x)^2", "2 x"),
        ("sin t", "write sin(t): 'sin' is a function", "sin t"),
        ("sin 2*x", "write sin(x): 'sin' is a function", "sin 2*x"),
        ("x^2.sum()", "write sum(...) around it: there are no methods", "sum()"),
        ("(x+1).sum()", "write sum(...) around it: there are no methods", ".sum()"),
        ("|x+1|", "write abs(x+1) instead of |x+1|", "|x+1|"),
        ("2*|x|", "write abs(x) instead of |x|", "|x|"),
        ("x>0|x<2|x<3", "write 'or' instead of '|'", "|x<2|x<3"),
        ("sin²(x)", "write sin(x)^2 instead of sin²", "²(x)"),
        ("(x+1)²", "write '^2' instead of '²'", "²"),
        ("√x", "write sqrt(x) instead of √x", "√x"),
        ("√(x)", "write 'sqrt(...)' instead of '√'", "√(x)"),
        ("x @ w", "write sum(x*w) instead of x @ w", "@ w"),
        ("x!", "there is no factorial", "!"),
        ("x[0]", "single elements cannot be picked", "[0]"),
        ("x == 'a", "this quote is not closed", "'a"),
        ("x; import os", "unexpected ';'", "; import os"),
        ("1.2.3", "'1.2.' is not a number", "1.2.3"),
        ("1e999", "'1e999' is too large for a number", "1e999"),
        ("\0", r"unexpected '\x00'", "\0"),
    ],
)
def test_texts_that_are_not_expressions_are_marked_and_explained(text: str, problem: str, place: str) -> None:
    with pytest.raises(ExpressionError, match=re.escape(problem)):
        parse(text)
    assert marked(text) == place


@pytest.mark.parametrize(
    ("text", "problem", "place"),
    [
        ("2*Optim.LR", "unknown name 'Optim.LR'; did you mean 'optim.lr'?", "Optim.LR"),
        ("lr > 1", "unknown name 'lr'; did you mean 'optim.lr'?", "lr > 1"),
        ("statsu == 1", "did you mean 'status'?", "statsu == 1"),
        (
            "status == two-moons",
            "unknown name 'two'; a text that is not one plain word needs quotes",
            "two-moons",
        ),
        ("True == 1", "did you mean 'true'?", "True == 1"),
        ("sin + 1", "write sin(x): 'sin' is a function", "sin + 1"),
        ("zz == ww", "unknown name 'zz'", "zz == ww"),
        ("x == completed", "unknown name 'completed'", "completed"),
        ("status < completed", "unknown name 'completed'", "completed"),
        ("status + 1", "a number is needed here, and 'completed' is a text", "status + 1"),
        ("-'a'", "a number is needed here", "'a'"),
        ("not status", "a number is needed here", "status"),
        ("sin(status)", "a number is needed here", "status)"),
        ("status", "a number is needed here", "status"),
        ("zz", "unknown name 'zz'", "zz"),
        ("status < 3", "'<' cannot compare the text 'completed' with a number", "< 3"),
        ("x + xs", "shapes (2,) and (3,) do not fit together", "+ xs"),
        ("x < xs", "shapes (2,) and (3,) do not fit together", "< xs"),
        ("1 + odd", "the value of 'odd' is not a number", "odd"),
        ("1 + huge", "the value of 'huge' is not a number", "huge"),
    ],
)
def test_values_that_cannot_be_computed_with_are_marked(text: str, problem: str, place: str) -> None:
    values: dict[str, Any] = {"x": [1, 2], "status": "completed", "optim.lr": 0.1}
    values |= {key: extra for key, extra in EXTRA.items() if key in text}
    with pytest.raises(ExpressionError, match=re.escape(problem)):
        value(text, **values)
    assert marked(text, **values) == place


EXTRA: dict[str, Any] = {"xs": [1, 2, 3], "odd": {"a": 1}, "huge": 10**400}


@pytest.mark.parametrize("name", [*FORMULAS, *SPELLINGS])
def test_what_stands_for_a_function_of_elsewhere_is_an_expression(name: str) -> None:
    assert name not in FUNCTIONS
    for arguments in (["x"], ["x", "y"], ["x + 1", "2"]):
        written = rewritten(name, arguments)
        assert written is not None
        parse(written.replace(", ...)", ")"))


@pytest.mark.parametrize(
    ("name", "oracle"),
    [
        ("cbrt", np.cbrt),
        ("log1p", np.log1p),
        ("expm1", np.expm1),
        ("norm", np.linalg.norm),
        ("std", np.std),
        ("var", np.var),
        ("softmax", lambda x: torch.softmax(torch.from_numpy(x), 0).numpy()),
        ("logsumexp", lambda x: torch.logsumexp(torch.from_numpy(x), 0).numpy()),
        ("relu6", lambda x: torch.nn.functional.relu6(torch.from_numpy(x)).numpy()),
        ("leaky_relu", lambda x: torch.nn.functional.leaky_relu(torch.from_numpy(x)).numpy()),
        ("elu", lambda x: torch.nn.functional.elu(torch.from_numpy(x)).numpy()),
        ("silu", lambda x: torch.nn.functional.silu(torch.from_numpy(x)).numpy()),
        ("gelu", lambda x: torch.nn.functional.gelu(torch.from_numpy(x), approximate="tanh").numpy()),
    ],
)
def test_what_stands_for_a_function_of_elsewhere_has_its_values(
    name: str, oracle: Callable[..., Any]
) -> None:
    inputs = Y if name == "log1p" else X
    written = rewritten(name, ["x"])
    assert written is not None
    np.testing.assert_allclose(value(written, x=inputs), oracle(inputs), rtol=1e-12, atol=1e-12)


def test_requires_names_the_nearest_allowed_name() -> None:
    parse("sin(x) + pi").requires({"x"})
    with pytest.raises(ExpressionError, match=r"unknown name 'X'; did you mean 'x'\?") as caught:
        parse("x + X").requires(["x"])
    assert caught.value.position == 4
    with pytest.raises(ExpressionError, match="unknown name 'z'; known: x1, x2 at 5 in"):
        parse("x1 +z").requires(("x1", "x2"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1" * 1001, "at most 1000 characters, this one 1001"),
        ("(" * 51 + "x" + ")" * 51, "at most 50 deep"),
        ("-" * 51 + "x", "at most 50 deep"),
        ("not " * 51 + "x", "at most 50 deep"),
        ("x" + "^x" * 51, "at most 50 deep"),
        ("sin(" * 51 + "x" + ")" * 51, "at most 50 deep"),
        ("x" + "+x" * 250, "at most 500 values and operators, here 501"),
        ("(" * 1000, "at most 50 deep"),
        ("(" * 10**6, "at most 1000 characters"),
    ],
)
def test_what_is_too_large_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ExpressionError, match=problem):
        parse(text)


@pytest.mark.parametrize(
    "text",
    ["(" * 50 + "x" + ")" * 50, "-" * 50 + "x", "x" + "+x" * 249, "x" + "^x" * 50, "x" + "<x" * 490],
)
def test_what_is_just_small_enough_is_computed(text: str) -> None:
    expression = parse(text)
    assert expression.evaluate({"x": 1.0}) in (0, 1, 250)
    assert expression == parse(text)
    assert len(format(expression.root)) >= 1


# --- round trips and fuzzing -------------------------------------------------------------------------

LEAVES: st.SearchStrategy[Node] = st.one_of(
    st.floats(min_value=0, max_value=1e300).map(Number),
    st.sampled_from(["x", "y", "pi", "e", "true", "optim.lr"]).map(Name),
)


def _grown(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    def comparison(signs: list[str]) -> st.SearchStrategy[Node]:
        sides = st.tuples(*[nodes] * (len(signs) + 1))
        return sides.map(lambda operands: Comparison(tuple(signs), operands))

    def call(name: str) -> st.SearchStrategy[Node]:
        count = len(FUNCTIONS[name].parameters)
        return st.tuples(*[nodes] * count).map(lambda arguments: Call(name, arguments))

    return st.one_of(
        st.builds(Unary, st.sampled_from("-+"), nodes),
        st.builds(Binary, st.sampled_from(["+", "-", "*", "/", "//", "%", "^"]), nodes, nodes),
        st.builds(Logical, st.sampled_from(["and", "or"]), nodes, nodes),
        st.builds(Not, nodes),
        st.lists(st.sampled_from(list(COMPARE)), min_size=1, max_size=3).flatmap(comparison),
        st.sampled_from(list(FUNCTIONS)).flatmap(call),
    )


COMPARE = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
COMPUTE = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "//": np.floor_divide,
    "%": np.remainder,
    "^": np.power,
}
TREES = st.recursive(LEAVES, _grown, max_leaves=12)


@settings(deadline=None)
@given(TREES)
def test_formatted_trees_are_read_back_equal(tree: Node) -> None:
    assert parse(format(tree)).root == tree


@settings(deadline=None)
@given(st.text(max_size=20).filter(lambda text: not re.search("['‘’＇]", text)))
def test_formatted_texts_are_read_back_equal(text: str) -> None:
    tree = Comparison(("==",), (Name("name"), Text(text)))
    assert parse(format(tree)).root == tree


@pytest.mark.parametrize(
    "text",
    [
        "-x^2",
        "(-x)^2",
        "2^-x^3",
        "(x^y)^2",
        "x - (y - 1)",
        "x - y - 1",
        "x/(y*2)",
        "(x + 1)*-y",
        "(x < y) == (y < 3)",
        "not (x or y) and not x == 1",
        "(not x) == y",
        "clip(x, -1, 1e-05) <= 1e+300",
        'name == "it\'s"',
    ],
)
def test_canonical_sources_have_minimal_parentheses(text: str) -> None:
    assert format(parse(f"(({text}))").root) == text


def test_negative_numbers_of_trees_made_by_hand_keep_their_value() -> None:
    tree = Binary("^", Number(-2.0), Number(2.0))
    assert format(tree) == "(-2)^2"
    assert Expression(format(tree), tree).evaluate({}) == 4.0


def _computed(node: Node, values: dict[str, Any]) -> Any:
    """The value of a tree, by plain recursion."""
    parts = [np.asarray(_computed(operand, values), dtype=float) for operand in node.operands]
    match node:
        case Number(number):
            return np.float64(number)
        case Name(name):
            return CONSTANTS.get(name, values.get(name))
        case Unary(sign):
            return np.negative(parts[0]) if sign == "-" else parts[0]
        case Binary(sign):
            return COMPUTE[sign](*parts)
        case Logical(word):
            either, both = np.logical_or, np.logical_and
            return (both if word == "and" else either)(*parts)
        case Not():
            return ~(parts[0] != 0)
        case Comparison(signs):
            pairs = [COMPARE[sign](parts[i], parts[i + 1]) for i, sign in enumerate(signs)]
            return np.all(np.broadcast_arrays(*pairs), axis=0)
        case Call(name):
            return FUNCTIONS[name].compute(*parts)
    raise AssertionError(node)


@settings(deadline=None)
@given(TREES)
def test_random_trees_agree_with_a_second_evaluation(tree: Node) -> None:
    values = {"x": X, "y": Y[:, None], "optim.lr": 0.1}
    result = Expression(format(tree), tree).evaluate(values)
    with np.errstate(all="ignore"):
        expected = _computed(tree, values)
    np.testing.assert_allclose(np.asarray(result, float), np.asarray(expected, float), rtol=1e-9)


PIECES = st.sampled_from(
    [
        *"+-*/%^<>=!()., '\"xe12（²",
        "**",
        "//",
        "==",
        "and",
        "or",
        " not ",
        "sin",
        "max(",
        "mean(",
        "1e",
        "a.b",
        "s",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=1100), st.lists(PIECES, max_size=60).map("".join)))
def test_no_text_raises_anything_but_an_expression_error(text: str) -> None:
    started = time.process_time()
    with contextlib.suppress(ExpressionError):
        expression = parse(text)
        result = expression.evaluate({"x": X, "a.b": 2, "s": "text"})
        assert result.dtype in (np.float64, np.bool_)
        assert parse(format(expression.root)).root == expression.root
    assert time.process_time() - started < 1.0


# --- the guide ---------------------------------------------------------------------------------------


def test_the_guide_lists_exactly_the_functions() -> None:
    section = GUIDE.read_text("utf-8").partition("## Functions\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+\(.*?\))` \| (.*?) \|$", section, re.MULTILINE)
    assert rows == [(function.signature, function.summary) for function in FUNCTIONS.values()]


def test_the_results_in_the_guide_are_right() -> None:
    examples = re.findall(r"^(\S.*?) +-> (\S+)$", GUIDE.read_text("utf-8"), re.MULTILINE)
    assert len(examples) >= 6
    for text, expected in examples:
        assert value(text, x=3.0, status="completed", **{"optim.lr": 0.2}) == float(expected)
