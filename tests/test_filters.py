"""Conditions on runs: what they may name, what words are texts, what a missing value means."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnrun.errors import ExpressionError
from nnrun.filters import Filter, objective_of, part_of, typed, values_of
from nnrun.runs.entry import Entry
from saved_runs import summary_of

RUN: dict[str, object] = {
    "optim.lr": 0.2,
    "status": "completed",
    "model": "mlp",
    "model.activation": "tanh",
    "model.hidden": "20x20",
    "model.bias": True,
    "batch_size": None,
    "train.loss": 0.01,
    "tags": ("a", "long run"),
    "started": "2026-11-21T09:30:15Z",
}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("optim.lr>0.1 and status==completed", True),
        ("optim.lr > 0.1 and status == failed", False),
        ("completed == status", True),
        ("status != completed", False),
        ("model.activation == tanh", True),
        ("0.1 < optim.lr <= 0.2", True),
        ("log10(optim.lr) < -1", False),
        ("model.hidden == 20x20", True),
        ("model.hidden == '20x20'", True),
        ("model.bias == true", True),
        ("model.bias", True),
        ("batch_size == null", True),
        ("batch_size > 16", False),
        ("not batch_size > 16", False),
        ("train/loss < 0.1", True),
        ("train.loss < 0.1", True),
        ("started > 2026-11-20", True),
        ("started > 2026-11-21T10", False),
        ("tags == a", True),
        ("tags == 'long run'", True),
        ("tags == b", False),
        ("tags != b", True),
        ("tags != a", False),
        ("optim.momentum > 0", False),
        ("not optim.momentum > 0", False),
        ("optim.momentum > 0 or model == mlp", True),
        ("model == mlp or optim.momentum > 0", True),
        ("not (model == linear and optim.momentum > 0)", True),
        ("optim.momentum == mlp", False),
    ],
)
def test_a_condition_holds_as_it_reads(condition: str, expected: bool) -> None:
    parsed = Filter.parse(condition)
    assert parsed.keep(RUN) is expected
    assert parsed.within({*RUN, "optim.momentum"}).keep(RUN) is expected


def test_names_are_those_of_values_and_not_texts() -> None:
    assert Filter.parse("optim.lr>0.1 and status==completed and x != 'b'").names == (
        "optim.lr",
        "status",
        "x",
    )
    assert Filter.parse("completed == status").within(RUN).names == ("status",)
    assert Filter.parse("pi < 4").names == ()


def test_what_no_run_has_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(
        ExpressionError, match=r"unknown name 'optim\.rl'; did you mean 'optim\.lr'\? at 1 in"
    ):
        Filter.parse("optim.rl > 1").matching([RUN])
    with pytest.raises(ExpressionError, match=r"unknown name 'lr'; did you mean 'optim\.lr'\?"):
        Filter.parse("lr > 1").matching([RUN])


def test_what_one_run_has_is_known_and_the_others_do_not_match() -> None:
    runs = [RUN, {"optim.momentum": 0.9}]
    assert Filter.parse("optim.momentum > 0.5").matching(runs) == [False, True]
    assert Filter.parse("optim.momentum > 0.5").matching([]) == []


def test_a_comparison_that_suits_some_runs_skips_the_others() -> None:
    runs = [{"batch_size": None}, {"batch_size": 32}]
    assert Filter.parse("batch_size > 16").matching(runs) == [False, True]


def test_a_comparison_that_suits_no_run_is_refused() -> None:
    with pytest.raises(ExpressionError, match="cannot compare the text 'completed' with a number"):
        Filter.parse("status > 3").matching([RUN])
    with pytest.raises(ExpressionError, match="a number is needed here"):
        Filter.parse("status").matching([RUN])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("", "empty"),
        ("status = completed", "write '=='"),
        ("optim.lr >", "ends too early"),
        ("__import__('os')", "there is no function"),
        ("optim.lr()", "there is no function"),
    ],
)
def test_what_is_no_condition_is_refused(wrong: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        Filter.parse(wrong).matching([RUN])


@given(st.floats(allow_nan=False), st.floats(allow_nan=False, allow_infinity=False, min_value=0))
def test_numbers_compare_as_pythons_do(value: float, bound: float) -> None:
    assert Filter.parse(f"x > {bound!r}").keep({"x": value}) is (value > bound)


def entry(**fields: object) -> Entry:
    return Entry(Path("r"), "run", "completed", summary_of({"model.hidden": [20, 20]}, **fields))


def test_the_values_of_a_run_are_flat() -> None:
    values = values_of(entry(tags=["a"], verdicts=[{"key": "exploded"}], error="no"))
    assert (
        values.items()
        >= {
            "optim.lr": 0.5,
            "model.hidden": "20x20",
            "model": "mlp",
            "optim": "sgd",
            "loss": "mse",
            "loss.name": "auto",
            "engine": "manual",
            "status": "completed",
            "kind": "run",
            "objective": 0.25,
            "objective.name": "train/loss",
            "train.loss": 0.25,
            "test.loss": 0.3,
            "best": 0.2,
            "best.epoch": 7,
            "epochs.done": 100,
            "parameters": 31,
            "seconds": 1.5,
            "tags": ("a",),
            "verdicts": ("exploded",),
            "error": "no",
        }.items()
    )


@pytest.mark.parametrize("junk", [None, 3, "x", [], [1], {}, {"name": []}, [[{}]], True])
def test_a_summary_of_junk_has_values_that_can_be_filtered(junk: object) -> None:
    fields = summary_of({})
    found = Entry(Path("r"), "run", "unknown", dict.fromkeys(fields, junk), "why")
    values = values_of(found)
    assert values["problem"] == "why"
    assert Filter.parse("objective < 1 or status == unknown").keep(values)
    objective_of(found)
    assert part_of(found, "model") in (None, "x")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([20, 20], "20x20"),
        ([10], "10"),
        ([0.5, 1.0], "0.5,1"),
        ([True, None], "true,null"),
        ([], ""),
        (None, "null"),
        (True, "true"),
        (0.1, "0.1"),
        (1e-7, "1e-07"),
        (3, "3"),
        ("a b", "a b"),
    ],
)
def test_values_are_shown_as_they_are_typed(value: object, expected: str) -> None:
    assert typed(value) == expected
