"""Tables: the same cells for eyes, programs, spreadsheets, pages and papers."""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import os
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnrun.characters import cells
from nnrun.commands.options import Options
from nnrun.commands.sparkline import ASCII, BARS, sparkline
from nnrun.commands.tabulating import Table, add_formats, as_json, cut, format_of, rendered, terminal_width
from nnrun.errors import BadInput

NASTY = Table(
    ("id", "loss", "名称"),
    (
        ("a|b", 0.125, "中文"),
        ("=cmd()", None, "\x1b[1m"),
        ("-x_y_", math.nan, "50% & $5 #1 {x} ~^\\"),
        ("[a](b)", -1.5e-7, "<script>"),
    ),
)


def asked(*flags: str) -> argparse.Namespace:
    options = Options("list", "")
    add_formats(options)
    return options.parse_args(flags)


@pytest.mark.parametrize("name", ["json", "csv", "md", "latex"])
def test_a_format_is_asked_for_by_its_flag(name: str) -> None:
    assert format_of(asked(f"--{name}")) == name


def test_text_is_the_format_of_no_flag_and_two_flags_are_refused() -> None:
    assert format_of(asked()) == "text"
    with pytest.raises(BadInput, match="--md: not allowed with argument --json"):
        asked("--json", "--md")


def test_text_has_columns_of_equal_width_and_no_control_characters() -> None:
    lines = rendered(NASTY, "text").splitlines()
    assert lines[0] == "id           loss  名称"
    assert lines[1] == "a|b         0.125  中文"
    assert lines[2] == "=cmd()          -  \\x1b[1m"
    assert {
        cells(line[: line.index(mark)])
        for line, mark in zip(lines, ("名", "中", "\\", "50%", "<"), strict=True)
    } == {19}


@pytest.mark.parametrize("width", [20, 30, 79])
def test_text_is_cut_to_the_width_of_a_terminal(width: int) -> None:
    table = Table(("a", "b", "n"), (("x" * 50, "中" * 30, 1.5), ("y", "z", 22)))
    lines = rendered(table, "text", width).splitlines()
    assert all(cells(line) <= width for line in lines)
    assert "…" in lines[1]
    assert width == 20 or lines[1].endswith("1.50")


def test_nothing_is_cut_where_there_is_no_terminal() -> None:
    assert "x" * 500 in rendered(Table(("a",), (("x" * 500,),)), "text")


def test_what_is_cut_says_so_in_the_characters_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))
    assert cut("abcdef", 4) == "abc~"


def test_json_has_raw_values_and_null_for_what_is_not_finite() -> None:
    rows = json.loads(rendered(NASTY, "json"))
    assert rows[0] == {"id": "a|b", "loss": 0.125, "名称": "中文"}
    assert [row["loss"] for row in rows] == [0.125, None, None, -1.5e-7]
    assert rendered(NASTY, "json").isascii()
    assert json.loads(as_json({"a": [math.inf, (1, np.float32(0.5))]})) == {"a": [None, [1, 0.5]]}


def test_csv_keeps_numbers_whole_and_disarms_texts() -> None:
    rows = list(csv.reader(io.StringIO(rendered(NASTY, "csv"))))
    assert rows[2] == ["'=cmd()", "", "\\x1b[1m"]
    assert rows[3][:2] == ["'-x_y_", "nan"]
    assert rows[4][1] == "-1.5e-07"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t"])
def test_a_text_that_a_spreadsheet_would_compute_gets_a_quote_in_front(sign: str) -> None:
    table = Table((f"{sign}h",), ((f"{sign}1",), (-1,)))
    rows = list(csv.reader(io.StringIO(rendered(table, "csv"))))
    assert rows == [[f"'{sign}h"], [f"'{sign}1"], ["-1"]]


@given(st.lists(st.one_of(st.floats(), st.integers()), min_size=1))
def test_numbers_come_back_from_csv_as_they_were(numbers: list[float | int]) -> None:
    text = rendered(Table(("x",), tuple((number,) for number in numbers)), "csv")
    back = [
        type(number)(cell[0])
        for number, cell in zip(numbers, list(csv.reader(io.StringIO(text)))[1:], strict=True)
    ]
    assert [repr(number) for number in back] == [repr(number) for number in numbers]


def test_markdown_escapes_what_would_be_markup() -> None:
    lines = rendered(NASTY, "md").splitlines()
    assert lines[1].endswith("|")
    assert "-: |" in lines[1]
    assert "| a\\|b " in lines[2]
    assert "\\\\x1b[1m" in lines[3]
    assert "| -x_y\\_ " in lines[4]
    assert "[a]\\(b)" in lines[5]
    assert "\\<script>" in lines[5]
    assert len({line.replace("\\|", "").count("|") for line in lines}) == 1


def test_latex_is_a_tabular_of_booktabs_with_every_special_escaped() -> None:
    text = rendered(NASTY, "latex")
    assert text.startswith("\\begin{tabular}{lrl}\n  \\toprule\n")
    assert text.endswith("\\bottomrule\n\\end{tabular}\n")
    assert r"50\% \& \$5 \#1 \{x\} \textasciitilde{}\textasciicircum{}\textbackslash{}" in text
    assert r"$-1.50 \times 10^{-7}$" in text
    assert r"{[}a{]}(b)" in text
    assert r"\textless{}script\textgreater{}" in text


@pytest.mark.parametrize("format", ["text", "json", "csv", "md", "latex"])
def test_a_table_without_rows_is_a_table(format: str) -> None:
    text = rendered(Table(("a", "b"), ()), format)
    assert json.loads(text) == [] if format == "json" else "a" in text


@given(
    st.lists(st.tuples(st.text(), st.one_of(st.none(), st.booleans(), st.floats(), st.text()))),
    st.integers(1, 200),
)
def test_any_text_makes_a_table_of_one_line_for_each_row(rows: list[tuple[object, ...]], width: int) -> None:
    table = Table(("a", "b"), tuple(rows))
    for format, more in (("text", 1), ("md", 2), ("latex", 6)):
        text = rendered(table, format, width if format == "text" else None)
        assert text.count("\n") == len(rows) + more
        assert "\x1b" not in text
        assert "\r" not in text


def test_lists_and_truth_values_are_shown_as_in_json() -> None:
    assert rendered(Table(("a", "b"), (([20, 20], True),)), "text").splitlines()[1] == "[20, 20]  true"


def test_a_sparkline_rises_with_its_values() -> None:
    assert sparkline([1, 2, 3, 4, 5, 6, 7, 8]) == BARS
    assert sparkline([8, 1], ASCII) == "#."


def test_a_sparkline_has_gaps_where_nothing_is_finite() -> None:
    assert sparkline([1, math.nan, 2, math.inf]) == "▁ █ "
    assert sparkline([math.nan]) == " "
    assert sparkline([]) == ""


def test_a_sparkline_of_one_value_is_flat() -> None:
    assert sparkline([3.0] * 4) == "▁▁▁▁"


def test_a_sparkline_over_powers_of_ten_is_logarithmic() -> None:
    assert sparkline([1e-3, 1e-2, 1e-1, 1.0]) == "▁▃▆█"


@given(st.lists(st.floats(), max_size=100))
def test_a_sparkline_of_any_numbers_fits(values: list[float]) -> None:
    line = sparkline(values)
    assert len(line) == min(32, len(values))
    assert set(line) <= {*BARS, " "}


@pytest.mark.parametrize(("columns", "width"), [("100", 100), ("1", 20), ("abc", 80), ("0", 80)])
def test_the_width_is_that_of_a_terminal_however_odd(
    columns: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert terminal_width() is None
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((0, 0)))
    assert terminal_width() == width
