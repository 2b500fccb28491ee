"""Gradients of expressions: the chain rule in symbols against torch's autograd and finite differences."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conftest import Command
from nnrun.calculus import FUNCTION_RULES, OPERATOR_RULES, Graph, backward, finite_differences, kinks, trace
from nnrun.calculus.algebra import rebuilt
from nnrun.calculus.autograd import FUNCTIONS as TORCH_FUNCTIONS
from nnrun.calculus.autograd import autograd
from nnrun.calculus.derivation import derived
from nnrun.calculus.rounding import rounding
from nnrun.characters import cells
from nnrun.commands.gradient_view import as_text
from nnrun.errors import ExpressionError
from nnrun.expressions import (
    FUNCTIONS,
    Binary,
    Call,
    Comparison,
    Expression,
    Name,
    Node,
    Number,
    Unary,
    format,
    parse,
)
from nnrun.words import words

GUIDE = Path(__file__).parent.parent / "docs" / "gradients.md"
TUTORIAL = ("mean(3*(x+2)**2)", "x=1,2,3")
OPERATORS = ("+", "-", "*", "/", "%", "^")


def graph(text: str, **values: Any) -> Graph:
    return trace(parse(text), {name: np.array(value, dtype=np.float64) for name, value in values.items()})


def by_rule(computed: Graph) -> dict[str, Any]:
    return {link.label: link.value for link in backward(computed) if link.label in computed.values}


def formula(text: str, by: str = "x", **values: Any) -> str | None:
    return {link.label: link.text for link in backward(graph(text, **values))}[by]


# --- the tutorial ------------------------------------------------------------------------------------


def test_the_tutorial_has_its_values_and_the_right_gradient_three_ways(nnrun: Command) -> None:
    done = nnrun("grad", *TUTORIAL)
    assert (done.status, done.err) == (0, "")
    for line in (
        "y1 = x + 2     = [3, 4, 5]",
        "y3 = 3*y2      = [27, 48, 75]",
        "out = mean(y3) = 50",
        "d out/d x = 2*(x + 2)",
        "chain rule          [6, 8, 10]",
        "autograd            [6, 8, 10]",
        "finite differences  [6, 8, 10]",
    ):
        assert f"  {line}\n" in done.out


def test_the_tutorials_json_has_every_number(nnrun: Command) -> None:
    content = json.loads(nnrun("grad", *TUTORIAL, "--json").out)
    assert [step["value"] for step in content["steps"]] == [[3, 4, 5], [9, 16, 25], [27, 48, 75], 50]
    assert content["result"] == 50
    found = content["gradient"]["x"]
    assert (found["formula"], found["chain_rule"], found["autograd"]) == ("2*(x + 2)", [6, 8, 10], [6, 8, 10])
    np.testing.assert_allclose(found["finite_differences"], [6, 8, 10], rtol=1e-9)
    assert found["largest_difference"] < 1e-8
    assert content["notes"] == []


def test_the_tutorial_agrees_with_torch_written_out() -> None:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    out = (3 * (x + 2) ** 2).mean()
    out.backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None
    np.testing.assert_allclose(by_rule(graph("mean(3*(x+2)**2)", x=[1, 2, 3]))["x"], x.grad, rtol=1e-6)


# --- the table of derivatives ------------------------------------------------------------------------


def test_every_function_and_operator_has_a_rule_and_every_function_one_in_torch() -> None:
    assert FUNCTION_RULES.keys() == FUNCTIONS.keys() == TORCH_FUNCTIONS.keys()
    assert OPERATOR_RULES.keys() == set(OPERATORS)
    for name, rule in FUNCTION_RULES.items():
        assert len(rule.partials) == len(FUNCTIONS[name].parameters)
        for text in rule.partials:
            parse(text).requires([*FUNCTIONS[name].parameters, "n"])


A, B, C = [0.3, 0.55, 0.8], [0.7, 0.45, 0.75], [0.9, 0.5, 0.85]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_functions_rule_agrees_with_autograd_and_differences(name: str) -> None:
    names = ("a", "b", "c")[: len(FUNCTIONS[name].parameters)]
    weighted = f"sum({name}({', '.join(names)})*k)"
    values = {"a": A, "b": B, "c": C, "k": [1.0, -2.0, 3.0]}
    used = graph(weighted, **{key: values[key] for key in (*names, "k")})
    found, oracle = by_rule(used), autograd(used.expression, used.values)
    for key in used.values:
        np.testing.assert_allclose(found[key], oracle[key], rtol=1e-12, atol=1e-12)
    if name not in ("min", "max"):
        differences = finite_differences(used.expression, used.values)
        for key in used.values:
            np.testing.assert_allclose(found[key], differences[key], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("sign", OPERATORS)
def test_each_operators_rule_agrees_with_autograd_and_differences(sign: str) -> None:
    for left, right in ((A, B), (A, 0.65), (0.65, B)):
        used = graph(f"mean(a {sign} b)", a=left, b=right)
        found, oracle = by_rule(used), autograd(used.expression, used.values)
        differences = finite_differences(used.expression, used.values)
        for key in used.values:
            np.testing.assert_allclose(found[key], oracle[key], rtol=1e-12, atol=1e-12)
            np.testing.assert_allclose(found[key], differences[key], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", [name for name, rule in FUNCTION_RULES.items() if rule.kink])
@pytest.mark.parametrize("x", [-1.0, -0.5, 0.0, 0.5, 1.0])
def test_where_there_is_no_derivative_torchs_convention_is_used(name: str, x: float) -> None:
    others = {"clip": ", -0.5, 0.5", "atan2": ", -1", "hypot": ", 1"}.get(name, "")
    if name in ("min", "max"):
        others = ", 0.5"
    used = graph(f"{name}(x{others})*3", x=x)
    np.testing.assert_allclose(by_rule(used)["x"], autograd(used.expression, used.values)["x"], rtol=1e-15)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("mean((w*x + b - y)^2)", {"x": [1, 2, 3], "y": [2, 4, 7], "w": 0.5, "b": 0.1}),
        ("sum(w*x)^2 + w", {"x": [1, 2, 3], "w": 0.5}),
        ("mean(x*mean(x) - sum(x^2))", {"x": [1, 2, 6]}),
        ("mean((x - mean(x))^2)^0.5", {"x": [1, 2, 6]}),
        ("sum(x + w)", {"x": [1, 2, 3], "w": 2}),
        ("sum(w)*mean(3)*w", {"w": 2}),
        ("sum(x/x + x - x + 0*x)", {"x": [1, 2, 3]}),
        ("sum(x*v)", {"x": [1, 2, 3], "v": [2]}),
        ("v*v", {"v": [3]}),
        ("sum(x^n)", {"x": [0, 1, 2], "n": 2}),
        ("sum(x^n)", {"x": [0, 1, 2], "n": [0, 0, 1]}),
        ("sum(e^-x*log(e)*pi)", {"x": [0, 1, 2]}),
        ("max(x, y, z) + min(x, 1, y, 2)", {"x": 1, "y": 1, "z": 1}),
        ("sum(max(x, x) + min(x, 0)*w)", {"x": [-1, 0, 1], "w": 2}),
        ("sum(clip(x, w, 1)*x)", {"x": [-1, 0, 1, 2], "w": -0.5}),
        ("clip(x, 2, y)", {"x": 1, "y": 1}),
        ("sum(where(x > w and not x > 1, x^2*w, w/x))", {"x": [0.1, 0.5, 2], "w": 0.5}),
        ("sum(sigmoid(w*x)*step(x - 1)/(1 + exp(-x)) + floor(x)*x)", {"x": [0.5, 1, 3], "w": 2}),
        ("-(-x)^3*+2 - -x", {"x": 1.5}),
        ("x*x*x/(x*x) + (2*x)^2/x^-3 + (x + x)*3", {"x": 1.5}),
        ("tanh(w2*relu(w1*x + b1) + b2)", {"x": 1, "w1": 0.3, "b1": 0.1, "w2": -1, "b2": 0.2}),
        ("x^1000/x^998 + 3^0*2^10", {"x": 1.001}),
        ("x % 3 + 7.5 % x", {"x": 2}),
        ("3 + floor(x)", {"x": 2.5}),
    ],
)
def test_whole_expressions_agree_with_autograd(text: str, values: dict[str, Any]) -> None:
    used = graph(text, **values)
    oracle = autograd(used.expression, used.values)
    for gradient in backward(used)[-len(values) :]:
        assert gradient.formula is not None
        assert gradient.value.shape == used.values[gradient.label].shape
        np.testing.assert_allclose(gradient.value, oracle[gradient.label], rtol=1e-12, atol=1e-12)


def test_a_branch_that_is_not_taken_gives_0_where_autograd_gives_nan() -> None:
    used = graph("sum(where(x > 0, sqrt(log(x)^2), 0))", x=[0, 2])
    np.testing.assert_allclose(by_rule(used)["x"], [0, 0.5])
    assert np.isnan(autograd(used.expression, used.values)["x"][0])
    (*_, step) = [link for link in backward(used) if link.label.startswith("y")]
    assert np.isfinite(step.value).all()


# --- random expressions ------------------------------------------------------------------------------

SMOOTH = [name for name in FUNCTIONS if name not in ("where", "tan", "asin", "acos", "round")]
NUMBERS = st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0])
LEAVES: st.SearchStrategy[Node] = st.one_of(
    NUMBERS.map(Number), st.sampled_from(["x", "x", "w", "v", "pi"]).map(Name)
)


def _grown(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    def call(name: str) -> st.SearchStrategy[Node]:
        arguments = st.tuples(*[nodes] * len(FUNCTIONS[name].parameters))
        return arguments.map(lambda operands: Call(name, operands))

    def choice(parts: tuple[Node, Node, Node, Node]) -> Node:
        return Call("where", (Comparison((">",), parts[:2]), *parts[2:]))

    return st.one_of(
        st.builds(Unary, st.sampled_from("-+"), nodes),
        st.builds(Binary, st.sampled_from(OPERATORS), nodes, nodes),
        st.sampled_from(SMOOTH).flatmap(call),
        st.tuples(nodes, nodes, nodes, nodes).map(choice),
    )


TREES = st.recursive(LEAVES, _grown, max_leaves=10)
VALUES = {"x": np.array([-1.5, 0.0, 0.5, 2.0]), "w": np.array(0.75), "v": np.array([1.0, 2.5, -0.5, 1.0])}


@settings(max_examples=150)
@given(TREES)
def test_random_expressions_agree_with_autograd(tree: Node) -> None:
    tree = Call("mean", (tree,))
    used = trace(Expression(format(tree), tree), VALUES)
    gradients = backward(used)
    numbers = [step.value for step in used.steps] + [gradient.value for gradient in gradients]
    assume(all(np.all(np.abs(value) < 1e4) for value in numbers))
    found, oracle = by_rule(used), autograd(used.expression, VALUES)
    for name in VALUES:
        finite = np.isfinite(oracle[name])
        np.testing.assert_allclose(found[name][finite], oracle[name][finite], rtol=1e-7, atol=1e-7)


@settings(max_examples=150)
@given(TREES)
def test_simplified_expressions_have_the_same_value(tree: Node) -> None:
    # atan2 jumps where y is 0 and x negative, and simplifying turns -0 into 0.
    assume(not re.search("floor|ceil|[%<>]|step|sign|sum|mean|atan2", format(tree)))
    before = Expression("", tree).evaluate(VALUES)
    finite = np.isfinite(before)
    numbers = [value for _, value in Expression("", tree).steps(VALUES)]
    assume(all(np.all(np.abs(value) < 1e4) for value in numbers))
    after = Expression("", rebuilt(tree)).evaluate(VALUES)
    np.testing.assert_allclose(
        np.broadcast_to(after, np.shape(before))[finite], before[finite], rtol=1e-7, atol=1e-7
    )


@settings(max_examples=60)
@given(TREES)
def test_whatever_is_computed_can_be_shown(tree: Node) -> None:
    tree = Call("sum", (tree,))
    derivation = derived(trace(Expression(format(tree), tree), VALUES))
    assert "gradient, three ways" in as_text(derivation)
    for gradient in derivation.variables:
        assert gradient.text is None or parse(gradient.text) == parse(gradient.text)


# --- readable formulas -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3*(x+2)^2", "6*(x + 2)"),
        ("x", "1"),
        ("5 - 0*x", "0"),
        ("x^2 + 0 + 1*x", "2*x + 1"),
        ("x^1", "1"),
        ("sqrt(x)", "1/(2*sqrt(x))"),
        ("1/x", "-1/x^2"),
        ("x/4", "1/4"),
        ("0.1*x^2", "x/5"),
        ("0.01*x^2", "0.02*x"),
        ("sin(x^2)", "2*x*cos(x^2)"),
        ("cos(3*x)", "-3*sin(3*x)"),
        ("x*x", "2*x"),
        ("x + x", "2"),
        ("e^x", "e^x"),
        ("2^x", "2^x*log(2)"),
        ("exp(-x^2/2)", "-x*exp(-x^2/2)"),
        ("log(x)*x", "1 + log(x)"),
        ("x^-2", "-2/x^3"),
        ("x^0.5", "1/(2*x^0.5)"),
        ("relu(x)", "step(x)"),
        ("abs(x)", "sign(x)"),
        ("where(x > 0, x^2, 0)", "where(x > 0, 2*x, 0)"),
        ("floor(x)", "0"),
        ("x^(1/3)", "1/(3*x^(2/3))"),
        ("(x + 1)*(x - 1)", "2*x"),
    ],
)
def test_formulas_are_simplified(text: str, expected: str) -> None:
    assert formula(text, x=1.5) == expected


@pytest.mark.parametrize(
    ("text", "by", "expected"),
    [
        ("mean(3*(x+2)^2)", "x", "2*(x + 2)"),
        ("mean((w*x - y)^2)", "w", "2*sum(x*(w*x - y))/3"),
        ("mean((w*x - y)^2)", "x", "2*w*(w*x - y)/3"),
        ("sum(x*0 + y*0 + w)", "w", "3"),
        ("mean(x*y)*w", "y", "x*w/3"),
        ("sum(x)*sum(y*w)", "w", "sum(x)*sum(y)"),
    ],
)
def test_formulas_over_vectors_add_up_where_one_number_meets_many(text: str, by: str, expected: str) -> None:
    names = parse(text).names
    values = {"x": [1.0, 2.0, 3.0], "y": [2.0, 0.0, 1.0], "w": 0.5}
    assert formula(text, by, **{name: values[name] for name in names}) == expected


def test_formulas_that_grow_too_large_are_left_out_and_the_numbers_stay() -> None:
    used = graph("*".join(f"sin(x + {number})" for number in range(1, 60)), x=0.3)
    gradient = backward(used)[-1]
    assert gradient.formula is None
    np.testing.assert_allclose(gradient.value, autograd(used.expression, used.values)["x"], rtol=1e-10)
    assert "too long to be written out" in as_text(derived(used))


def test_the_largest_expressions_are_differentiated() -> None:
    for text in ("x" + "*x" * 249, "x" + "/x" * 249, "x" + "+x" * 249, "sin(" * 50 + "x" + ")" * 50):
        used = graph(text, x=1.01)
        np.testing.assert_allclose(by_rule(used)["x"], autograd(used.expression, used.values)["x"], rtol=1e-9)


# --- what has no gradient ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "x", "note"),
    [
        ("sum(abs(x))", [1, 0, -1], "abs has no derivative at x[1] = 0; 0 is used"),
        ("sum(relu(x - 1))", [1, 1, 2], "relu has no derivative at y1[0], y1[1] = 0; 0 is used"),
        ("sum(relu(x))", [0] * 5, "relu has no derivative at x[0], x[1], x[2] and 2 more = 0; 0 is used"),
        ("sign(x)*x", 0, "sign has no derivative at x = 0; 0 is used"),
        ("floor(x)", 2, "floor has no derivative at x = 2; 0 is used"),
        ("round(x)", 2.5, "round has no derivative at x = 2.5; 0 is used"),
        ("step(x)", 0, "step has no derivative at x = 0; 0 is used"),
        ("floor(x)*x", 2.5, "floor is flat between its jumps, so its derivative is 0"),
        ("sum(max(x, 1))", [0, 1], "max has no derivative at x[1] = 1; each of the two gets half"),
        ("clip(x, 0, 1)", 1, "clip has no derivative at x = 1; x gets the whole gradient"),
        ("sum(where(x > 0, x^2, x))", [1, 0], "where changes sides at x[1] = 0; the side taken is used"),
        ("hypot(x, x)", 0, "hypot has no derivative at x = 0"),
        ("x % 2", 4, "the remainder has no derivative at x = 4; the chain rule gives d out/d x = 1 there"),
    ],
)
def test_what_has_no_derivative_is_named_with_what_is_used(text: str, x: Any, note: str) -> None:
    used = graph(text, x=x)
    assert any(note in found.text(words("en")) for found in kinks(used, backward(used)))


@pytest.mark.parametrize(
    ("text", "x"), [("sum(abs(x))", [1, -1]), ("max(x, x)", 1), ("where(x > 0, x, 0)", 1), ("relu(3)*x", 0)]
)
def test_nothing_is_said_where_there_is_a_derivative(text: str, x: Any) -> None:
    used = graph(text, x=x)
    assert kinks(used, backward(used)) == ()


@pytest.mark.parametrize(
    ("text", "values", "note"),
    [
        (
            "x^0.5",
            {"x": 0},
            "the power has no derivative at x = 0; the chain rule gives d out/d x = inf there",
        ),
        ("sqrt(x)", {"x": 0}, "sqrt has no derivative at x = 0; the chain rule gives d out/d x = inf there"),
        ("acos(x)", {"x": 1}, "acos has no derivative at x = 1; the chain rule gives d out/d x = -inf there"),
        (
            "(-2)^x",
            {"x": 2},
            "the power has no derivative at x = 2; the chain rule gives d out/d x = nan there",
        ),
        (
            "1/x",
            {"x": 0},
            "out = 1/x: division has no value at x = 0, so no derivative either; the chain rule gives",
        ),
        (
            "x/0",
            {"x": 1},
            "out = x/0: division has no value here, so no derivative either; the chain rule gives",
        ),
        (
            "sum(x/0)",
            {"x": [1, -1]},
            "y1 = x/0: division has no value here, so no derivative either; the chain rule gives",
        ),
        (
            "log(x)",
            {"x": -1},
            "log has no value at x = -1, so no derivative either; the chain rule gives d out/d x = -1 there",
        ),
        ("log(-1)*x", {"x": 1}, "y1 = log(-1): log has no value here, so no derivative either"),
        ("sqrt(x)", {"x": -1}, "out = sqrt(x): sqrt has no value at x = -1"),
        ("x^-2", {"x": 0}, "out = x^-2: the power has no value at x = 0"),
        ("x^(1/3)", {"x": -8}, "the power has no value at x = -8"),
        ("x % 0", {"x": 1}, "out = x%0: the remainder has no value here"),
        (
            "sum(x^n)",
            {"x": [0, -1], "n": [0.5, 2]},
            "derivative at x[1] = -1; the chain rule gives d out/d n = nan there",
        ),
        ("exp(x)", {"x": 1000}, "out = exp(x) is not finite: inf"),
    ],
)
def test_poles_and_values_outside_the_domain_are_named(text: str, values: dict[str, Any], note: str) -> None:
    notes = [found.text(words("en")) for found in derived(graph(text, **values)).notes]
    assert any(note in found for found in notes), notes
    assert any("at x: chain rule" in found or "at x[0]: chain rule" in found for found in notes)


@pytest.mark.parametrize(
    ("text", "x"), [("x^2", -3), ("x^3", 0), ("sqrt(x)", 2), ("log(x)", 1), ("x^0.5", 4), ("3^x", 0)]
)
def test_nothing_is_said_inside_the_domain(text: str, x: float) -> None:
    assert derived(graph(text, x=x)).notes == ()


def test_a_steep_branch_that_is_not_taken_is_not_blamed() -> None:
    notes = [note.key for note in derived(graph("where(x > 0, sqrt(x), 0)", x=0)).notes]
    assert "grad.steep" not in notes


NO_DERIVATIVE = (
    ("1/x", {"x": 0}),
    ("1/x + x", {"x": 0}),
    ("sum(1/x)", {"x": [0, 2, 0]}),
    ("1/(1/x)", {"x": 0}),
    ("x/0", {"x": 1}),
    ("where(x > 0, log(x), 0)", {"x": 0}),
    ("log(x)", {"x": -1}),
    ("sum(0*log(x))", {"x": [0, 1]}),
    ("(x^2)^0.5", {"x": 0}),
    ("sqrt(x^2)", {"x": 0}),
    ("atan2(y, x)", {"y": 0, "x": 0}),
    ("atan2(y, x)", {"y": 0, "x": -1}),
    ("sum(atan2(y, x))", {"y": 0, "x": [-1, 1, -2]}),
    ("hypot(x, y)", {"x": 0, "y": 0}),
    ("x % 2", {"x": 4}),
    ("x % 2 + 5*x", {"x": 4}),
    ("2 % x", {"x": 1}),
    ("x^x", {"x": 0}),
    ("x^y", {"x": -2, "y": 2}),
    ("asin(2*x)", {"x": 0.5}),
)
GIVEN = re.compile(r"d (\S+)/d (\S+) = (\S+?)(?= there| and|,)")


@pytest.mark.parametrize(("text", "values"), NO_DERIVATIVE)
def test_a_value_that_a_note_names_is_the_gradient_that_is_printed(
    nnrun: Command, text: str, values: dict[str, Any]
) -> None:
    typed = [f"{name}={str(value).strip('[]').replace(' ', '')}" for name, value in values.items()]
    content = json.loads(nnrun("grad", text, *typed, "--json").out)
    computed = derived(graph(text, **values))
    printed = {gradient.label: np.ravel(gradient.value) for gradient in computed.gradients}
    blamed = [note for note in content["notes"] if "has no value" in note or "has no derivative" in note]
    assert blamed
    assert not any(" is used" in note for note in blamed)
    for _, by, number in GIVEN.findall(" ".join(blamed)):
        assert np.isin(float(number), printed[by]) or (number == "nan" and np.isnan(printed[by]).any())


def test_nan_by_0_times_infinity_is_explained(nnrun: Command) -> None:
    shown = nnrun("grad", "(x^2)^0.5", "x=0", "--language=en").out
    assert "the power has no derivative at y1 = 0; the chain rule gives d out/d y1 = inf there\n" in shown
    assert "d out/d x: inf * 0 has no value, so it is nan\n" in shown


def test_where_two_operands_matter_both_are_named(nnrun: Command) -> None:
    shown = nnrun("grad", "atan2(y, x)", "y=0", "x=0", "--language=en").out
    assert "atan2 has no derivative at y = 0 and x = 0; the chain rule gives d out/d y = nan and" in shown
    assert "at x = 2; each of the two" in nnrun("grad", "max(2, x)", "x=2", "--language=en").out


def test_chinese_words_stand_without_blanks_and_names_with_them(nnrun: Command) -> None:
    assert "out = 1/x：除法在 x = 0 处没有定义" in nnrun("grad", "1/x", "x=0", "--language=zh").out
    assert "out = log(x)：log 在 x = -1 处没有定义" in nnrun("grad", "log(x)", "x=-1", "language=zh").out


# --- rounding ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("sum(x^2)", {"x": [0.1, 0.7, 123456.7, 3e6]}),
        ("sum(x) - y", {"x": [1e9, 3.0], "y": 1e12}),
        ("1e10 + sin(x)", {"x": 1.0}),
        ("sum(x^2)", {"x": [number + 0.1 for number in range(2000)]}),
    ],
)
def test_rounding_of_a_large_sum_is_not_called_a_disagreement(text: str, values: dict[str, Any]) -> None:
    computed = derived(graph(text, **values))
    assert {note.key for note in computed.notes} <= {"grad.rounding"}
    for name, limit in rounding(computed.graph).items():
        rule, steps = (computed.ways[way][name] for way in ("chain_rule", "finite_differences"))
        assert np.all(np.abs(steps - rule) <= np.maximum(limit, 1e-7 * np.maximum(1, np.abs(rule))))


def test_what_rounding_takes_is_said(nnrun: Command) -> None:
    shown = nnrun("grad", "sum(x) - y", "x=1e9,3", "y=1e12", "--language=en").out
    assert "x: sums of numbers of size 1e+12 are rounded, so finite differences of them are right to" in shown
    assert "differ" not in shown.partition("notes")[2].replace("differences", "")


def test_beside_a_large_sum_a_kink_is_still_a_disagreement() -> None:
    keys = [note.key for note in derived(graph("1e4 + sum(relu(x))", x=[0.0, 1.0])).notes]
    assert "grad.differ" in keys


# --- long expressions --------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["foo(x)", "x x", "zz", "(", "x//x"])
@pytest.mark.parametrize(("before", "after"), [(0, 100), (10, 100), (100, 0), (100, 100), (35, 0)])
def test_a_long_expression_is_cut_around_the_place(
    nnrun: Command, wrong: str, before: int, after: int
) -> None:
    done = nnrun("grad", "x+" * before + wrong + "+x" * after, "x=1")
    shown, caret = [line for line in done.err.splitlines() if "try: " not in line]
    message = caret.partition("^ ")[2]
    assert done.status == 2
    assert cells(shown) <= 80
    assert cells(caret) <= 80 or before < 36 or cells(message) > 60
    assert caret.index("^") < 80
    if wrong in ("foo(x)", "zz"):
        assert shown[caret.index("^") :].startswith(wrong)


# --- language ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [("--language", "zh"), ("--language=zh",), ("language=zh",)])
def test_the_language_is_asked_for_as_a_flag_or_as_a_key(nnrun: Command, asked: tuple[str, ...]) -> None:
    assert "三种方法求梯度" in nnrun("grad", "x^2", "x=3", *asked).out


def test_a_variable_may_be_called_language(nnrun: Command) -> None:
    content = json.loads(nnrun("grad", "language^2", "language=3", "--json").out)
    assert content["gradient"]["language"]["chain_rule"] == 6


def test_disagreements_are_shown_with_what_each_way_uses(nnrun: Command) -> None:
    done = nnrun("grad", "relu(x)", "x=0")
    assert "three ways differ at x: chain rule 0, autograd 0, finite differences 0.5" in done.out
    assert "largest difference  0.5" in done.out
    done = nnrun("grad", "sum(log(x))", "x=0,1")
    assert "y1 = log(x): log has no value at x[0] = 0, so no derivative either; the chain rule" in done.out
    assert "not every way gives a finite gradient at x[0]: chain rule inf, autograd inf" in done.out
    content = json.loads(nnrun("grad", "sum(log(x))", "x=0,1", "--json").out)
    assert content["gradient"]["x"]["autograd"] == [None, 1]
    assert content["result"] is None


# --- the command -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        ([], ["grad needs an expression", "try: nnrun grad"]),
        (
            ["x^2", "x=1,2,3"],
            [
                "x^2: the result has 3 values; wrap it in sum(...) or mean(...)",
                'try: nnrun grad "mean(x^2)" x=1,2,3',
            ],
        ),
        (
            ["x + zz", "x=1"],
            ["x + zz", "    ^ 'zz' has no value; add zz=1", 'try: nnrun grad "x + zz" x=1 zz=1'],
        ),
        (["x + Pi", "x=1"], ["x + Pi", "    ^ 'Pi' has no value; add Pi=1 or Pi=1,2,3; did you mean 'pi'?"]),
        (["1 + sin", "x=1"], ["x=1: 'x' is not in the expression"]),
        (["x + sin", "x=1"], ["x + sin", "    ^ write sin(x): 'sin' is a function"]),
        (["xs", "x=1"], ["x=1: 'x' is not in the expression; did you mean 'xs'?"]),
        (["x", "x=1", "zzz=1"], ["zzz=1: 'zzz' is not in the expression; its names: x"]),
        (["x", "x=1", "x=2"], ["x=2: 'x' already has a value"]),
        (["x", "x=a"], ["x=a: 'a' is not a number"]),
        (["x", "x=1,,2"], ["x=1,,2: a number is missing between commas"]),
        (["x", "x="], ["x=: a value is missing; write x=1,2,3"]),
        (["x", "x=[]"], ["x=[]: a value is missing"]),
        (["x", "x=[[1,2],[3,4]]"], ["x=[[1,2],[3,4]]: a value is a number or one vector, not a matrix"]),
        (["x", "x=1/0"], ["x=1/0: '1/0' is inf, not a finite number"]),
        (["x", "x=1 2"], ["x=1 2: write 1*2 to multiply"]),
        (["x", "e=1", "x="], ["e=1: 'e' is a constant", "x=: a value is missing"]),
        (["x", "3"], ["3: not a value; write name=value"]),
        (["3"], ["3: no name in it, so there is nothing to differentiate by"]),
        (["x > 1", "x=1"], ["x > 1", "  ^ a condition has no gradient; use it as where("]),
        (["1 + (x and 1)", "x=1"], ["1 + (x and 1)", "       ^ a condition has no gradient"]),
        (["x//2", "x=1"], ["x//2", " ^ '//' has no gradient; write floor(a/b)"]),
        (["x == 'a'", "x=1"], ["x == 'a'", "     ^ a text has no gradient"]),
        (["sinn(x)", "x=1"], ["sinn(x)", "^ there is no function 'sinn'; did you mean 'sin'?"]),
        (["x + y", "x=1,2", "y=1,2,3"], ["x + y", "  ^ shapes (2,) and (3,) do not fit together"]),
        (["x^2"], ["x^2", "^ 'x' has no value", 'try: nnrun grad "x^2" x=1']),
        (["mean(x)"], ["mean(x)", "     ^ 'x' has no value", 'try: nnrun grad "mean(x)" x=1,2,3']),
        (["sum(x*y)", "x=1,2"], ["sum(x*y)", "", 'try: nnrun grad "sum(x*y)" x=1,2 y=1,2']),
        (
            ["x*np.pi", "x=1"],
            ["x*np.pi", "  ^ 'np.pi' has no value; add np.pi=1 or np.pi=1,2,3; did you mean"],
        ),
        (["x^2", "x", "=", "1,2,3"], ["x = 1,2,3: a value has no blanks", 'try: nnrun grad "x^2" x=1,2,3']),
        (["x^2", "x=", "1,2"], ["x= 1,2: a value has no blanks", 'try: nnrun grad "x^2" x=1,2']),
        (["x^2", "x", "=-1"], ["x =-1: a value has no blanks", 'try: nnrun grad "x^2" x=-1']),
        (["x^2", "x=1,", "-2", "3"], ["x=1, -2 3: a value has no blanks", 'try: nnrun grad "x^2" x=1,-2,3']),
        (["x*y", "x", "=1", "y=", "2"], ["x =1 y= 2: a value has", 'try: nnrun grad "x*y" x=1 y=2']),
        (["x^2", "+", "1", "x=2"], ["x^2 + 1: an expression with blanks", 'try: nnrun grad "x^2 + 1" x=2']),
        (["x", "x=1", "--json", "--json"], ["--json: given 2 times; give it once"]),
        (["x", "x=1", "--language", "zh", "--language=en"], ["--language: given 2 times; give it once"]),
        (["x", "x=1", "--language", "fr"], ["--language fr: choices: auto, en, zh"]),
        (["x", "x=1", "language=fr"], ["--language fr: choices: auto, en, zh"]),
        (["x", "x=[1,2"], ["x=[1,2: a bracket is not closed: ']' is missing"]),
        (["x", "x=1,2]"], ["x=1,2]: a bracket is not opened: '[' is missing"]),
        (
            ["f(x)=x^2", "x=1"],
            ["f(x)=x^2: write only what stands right of 'f(x) ='", 'try: nnrun grad "x^2" x=1'],
        ),
        (["y = 2*x", "x=1"], ["y = 2*x: write only what stands right of 'y ='", 'try: nnrun grad "2*x" x=1']),
        (["x=1", "x+1"], ["x=1", " ^ '=' does not compare; write '=='"]),
        (["x", "x=1", "--jsn"], ["--jsn: unknown flag; did you mean '--json'?"]),
    ],
)
def test_bad_input_is_explained_and_ends_with_2(
    nnrun: Command, arguments: list[str], lines: list[str]
) -> None:
    done = nnrun("grad", *arguments)
    assert (done.status, done.out) == (2, "")
    found = done.err.splitlines()
    assert len(found) == len(lines)
    for got, expected in zip(found, lines, strict=True):
        assert got.startswith(f"nnrun: {expected}")


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("x=1,2,3", [1, 2, 3]),
        ("x=[1,2,3]", [1, 2, 3]),
        ("x= 1, 2, 3", [1, 2, 3]),
        ("x=[5]", [5]),
        ("x=0.5", 0.5),
        ("x=-1e-3", -0.001),
        ("x=pi/2", math.pi / 2),
        ("x=max(1,2),2^3,-1", [2, 8, -1]),
        ("ｘ＝１，２", [1, 2]),
        ("x=inf", None),
    ],
)
def test_values_are_numbers_formulas_of_numbers_and_vectors(nnrun: Command, typed: str, value: Any) -> None:
    content = json.loads(nnrun("grad", "sum(x)", typed, "--json").out)
    assert content["values"] == {"x": value}


def test_an_expression_may_begin_with_a_sign(nnrun: Command) -> None:
    assert "d out/d x = -2*x\n" in nnrun("grad", "-x^2", "x=-3").out


def test_names_of_steps_avoid_those_of_variables(nnrun: Command) -> None:
    shown = nnrun("grad", "sin(y1)*out", "y1=0", "out=2").out
    assert "z1 = sin(y1)" in shown
    assert "result = z1*out" in shown
    assert "d result/d out" in shown


def test_equal_operations_are_one_step_and_drawn_once(nnrun: Command) -> None:
    shown = nnrun("grad", "sin(x+1)*cos(x+1)", "x=0").out
    assert shown.count("y1 = x + 1 ") == 2
    assert "y1 (as above)" in shown


def test_long_vectors_are_shortened_in_text_alone(nnrun: Command) -> None:
    typed = "x=" + ",".join(map(str, range(1, 101)))
    assert "x = [1, 2, 3, 4, ..., 99, 100] (100 values)" in nnrun("grad", "mean(x^2)", typed).out
    assert (
        len(json.loads(nnrun("grad", "mean(x^2)", typed, "--json").out)["gradient"]["x"]["autograd"]) == 100
    )


def test_many_variables_share_the_width_of_a_screen(nnrun: Command) -> None:
    names = [f"weight{number}" for number in range(12)]
    shown = nnrun("grad", "+".join(names), *(f"{name}=1" for name in names)).out
    rows = shown.partition("three ways\n")[2].splitlines()
    assert all(len(row) <= 102 for row in rows)
    assert sum(row.startswith("  autograd") for row in rows) == 3


def test_the_graph_is_ascii_where_the_stream_is(nnrun: Command, nnrun_process: Command) -> None:
    plain = nnrun_process("grad", "x*y", "x=1", "y=2", PYTHONIOENCODING="ascii")
    assert plain.status == 0
    assert "  |- x = 1\n  `- y = 2\n" in plain.out
    assert plain.out.isascii()
    assert "  ├─ x = 1\n  └─ y = 2\n" in nnrun("grad", "x*y", "x=1", "y=2").out


def test_headings_are_coloured_on_a_terminal_alone(nnrun: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in nnrun("grad", *TUTORIAL).out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    coloured = nnrun("grad", *TUTORIAL).out
    assert "\x1b[1;36mvalues\x1b[0m\n" in coloured
    assert "\x1b" not in re.sub("\x1b\\[[0-9;]*m", "", coloured)


def test_the_command_loads_torch_and_nothing_else_heavy(place: Path) -> None:
    program = (
        "import sys; from nnrun import cli; assert cli.run(sys.argv[1:]) == 0; "
        "print('LOADED', *{name.partition('.')[0] for name in sys.modules})"
    )
    command = [sys.executable, "-c", program, "grad", *TUTORIAL]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, encoding="utf-8", check=True)
    loaded = set(done.stdout.rpartition("LOADED ")[2].split())
    assert "torch" in loaded
    assert not loaded & {"matplotlib", "hydra", "omegaconf", "rich"}


def test_a_trace_refuses_names_without_value() -> None:
    with pytest.raises(ExpressionError, match="unknown name 'y'; did you mean 'yy'"):
        graph("x*y", x=1, yy=2)


# --- in Chinese --------------------------------------------------------------------------------------

EVERYTHING = (
    "sum(relu(x))/n + where(n > 1, abs(n), 0)*floor(n) + max(n, n*1) + clip(n, 1, 3)",
    "x=" + ",".join(["0"] * 10),
    "n=1",
)
PLAIN = re.compile(r"[A-Za-z]+")


@pytest.mark.parametrize(
    "arguments",
    [
        TUTORIAL,
        EVERYTHING,
        ("sin(x+1)*cos(x+1)", "x=0"),
        ("sum(log(x)) + exp(1000 + x)", "x=0"),
        ("1/x + x^0.5 + log(-1)", "x=0"),
        ("hypot(x, x) % 2", "x=0"),
        ("*".join(f"sin(x + {number})" for number in range(1, 60)), "x=0.3"),
    ],
)
def test_in_chinese_no_english_is_left_but_names_and_formulas(
    nnrun: Command, arguments: tuple[str, ...]
) -> None:
    done = nnrun("grad", *arguments, "--language", "zh")
    assert (done.status, done.err) == (0, "")
    allowed = {*FUNCTIONS, *parse(arguments[0]).names, "out", "d", "y", "nan", "inf", "e", "true", "false"}
    assert set(PLAIN.findall(done.out)) <= allowed


def test_chinese_has_the_same_numbers_and_aligned_columns(nnrun: Command) -> None:
    english, chinese = nnrun("grad", *TUTORIAL).out, nnrun("grad", *TUTORIAL, "--language=zh").out
    assert re.findall(r"[-\d.]+", english) == re.findall(r"[-\d.]+", chinese)
    rows = chinese.partition("三种方法求梯度\n")[2].splitlines()
    assert rows[1:4] == ["  链式法则  [6, 8, 10]", "  自动微分  [6, 8, 10]", "  有限差分  [6, 8, 10]"]
    assert rows[0].index("d out/d x") == cells("  链式法则  ")


def test_punctuation_between_chinese_words_is_full_width(nnrun: Command) -> None:
    done = nnrun("grad", *EVERYTHING, "--language=zh")
    assert not re.search(r"[\u4e00-\u9fff] ?[,:;()]|[,:;()] ?[\u4e00-\u9fff]", done.out)


def test_the_locale_chooses_the_language_and_the_flag_wins(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.delenv("LANGUAGE", raising=False)
    assert "\n计算图\n" in nnrun("grad", *TUTORIAL).out
    assert "\ngraph\n" in nnrun("grad", *TUTORIAL, "--language", "en").out


def test_json_stays_english(nnrun: Command) -> None:
    command = ("grad", "relu(x)", "x=0", "--json")
    assert nnrun(*command, "--language=zh").out == nnrun(*command).out


# --- the guide ---------------------------------------------------------------------------------------


def test_every_command_of_the_guide_prints_what_the_guide_shows(nnrun: Command) -> None:
    blocks = re.findall(r"```\n\$ nnrun grad (.*?)\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) >= 3
    for command, shown in blocks:
        words = [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', command)]
        done = nnrun("grad", *words)
        printed = _steady(done.out + done.err)
        for part in _steady(f"\n{shown}").split("\n...\n"):
            assert part.strip("\n") in printed


def _steady(text: str) -> str:
    """Without the digits of rounding errors, which differ between machines."""
    return re.sub(r"(largest difference +).*", r"\1-", text)


@pytest.mark.parametrize(("language", "expected"), [("en", ", without x[0]"), ("zh", "，不含 x[0]")])
def test_elements_without_a_finite_gradient_are_named_beside_the_largest_difference(
    language: str, expected: str, nnrun: Command
) -> None:
    words = ("grad", "sum(where(x>0,log(x),0))", "x=0,1")
    last = next(line for line in nnrun(*words, f"language={language}").out.splitlines() if "1.9e-11" in line)
    assert last.endswith(expected)
    assert json.loads(nnrun(*words, "--json").out)["gradient"]["x"]["not_compared"] == [0]
