"""Bad tables: exit status 2 with the place in the file, soon, and nothing on disk."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import Command, Finished
from nnrun import capacity
from nnrun.datasets import datasets, draw
from nnrun.datasets.own.lines import LONGEST_LINE
from nnrun.errors import BadInput
from nnrun.training.population import Population
from nnrun.training.portrait import PIECE
from own_tables import Write, rows, table, writer

QUICK = ("epochs=2", "plots.save=false")
SOON = 10
"""Seconds after which a refusal counts as hanging."""

Refused = Callable[..., list[str]]


@pytest.fixture
def write(place: Path) -> Write:
    """`write(content)`: a file `data.csv` in an empty working directory; its name."""
    return writer(place)


def train(nnrun: Command, path: str, *words: str) -> Finished:
    return nnrun("dataset=csv", f"dataset.path={path}", "dataset.target=y", *QUICK, *words)


@pytest.fixture
def refused(nnrun: Command, place: Path) -> Refused:
    """`refused(path, *words)`: the lines in which a table is refused, soon, with nothing made."""

    def command(path: str, *words: str, status: int = 2) -> list[str]:
        before, begun = sorted(place.rglob("*")), time.monotonic()
        done = train(nnrun, path, *words)
        assert time.monotonic() - begun < SOON
        assert done.status == status, done.err
        assert sorted(place.rglob("*")) == before
        lines = done.err.splitlines()
        assert all(line.startswith("nnrun: ") for line in lines), done.err
        assert "Traceback" not in done.err
        return [line.removeprefix("nnrun: ") for line in lines]

    return command


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("none.csv", "dataset.path=none.csv: no such file in "),
        (".", "dataset.path=.: is a directory; write a file's path"),
        ("/dev/zero", "dataset.path=/dev/zero: is no ordinary file"),
        ("pipe", "dataset.path=pipe: is no ordinary file"),
        ("data.csv/x", "dataset.path=data.csv/x: cannot be read: not a directory"),
        ("loop", "dataset.path=loop: cannot be read: too many levels of symbolic links"),
    ],
)
def test_fault_16_what_is_no_file_is_refused_at_once(
    path: str, complaint: str, refused: Refused, write: Write, place: Path
) -> None:
    os.mkfifo(place / "pipe")
    (place / "loop").symlink_to("loop")
    write("x,y\n1,2\n2,3\n")
    (line,) = refused(path)
    assert line.startswith(complaint)


def test_fault_16_a_path_that_no_file_can_have_is_refused(place: Path) -> None:
    with pytest.raises(BadInput, match=r"dataset.path=a\\x00b: cannot be read"):
        table("a\0b")


def test_fault_16_a_file_that_may_not_be_read_is_a_fault_of_the_surroundings(
    refused: Refused, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, opened = write("x,y\n1,2\n2,3\n"), os.open

    def refuse(asked: Any, *others: Any, **named: Any) -> int:
        if str(asked) == path:
            raise PermissionError(13, "Permission denied")
        return opened(asked, *others, **named)

    monkeypatch.setattr(os, "open", refuse)
    (line,) = refused(path, status=3)
    assert line.startswith("dataset.path=data.csv: may not be read: permission denied")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "data.csv: is empty: no rows"),
        ("\n\n", "data.csv: is empty: no rows"),
        ("\ufeff", "data.csv: is empty: no rows"),
        ("sep=;\n", "data.csv: is empty: no rows"),
        ("x,y\n", "data.csv: has a header and no rows"),
        ("x,y", "data.csv: has a header and no rows"),
        ("x,y\n1,2\n", "data.csv: has 1 row; training needs at least 2 rows"),
    ],
)
def test_fault_17_a_table_without_rows_says_how_many_it_needs(
    content: str, complaint: str, refused: Refused, write: Write
) -> None:
    assert refused(write(content)) == [complaint]


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        ("abc", "'abc' is not a number"),
        ('"1,000"', "'1,000' is not a number; write 1000"),
        ('"1,5"', "'1,5' is not a number; if its comma is decimal, write dataset.decimal=comma"),
        ("", "is missing"),
        ("  ", "is missing"),
        ("nan", "'nan' is missing"),
        ("inf", "'inf' is not a finite number"),
        ("-Infinity", "'-Infinity' is not a finite number"),
        ("1e999", "'1e999' is too large"),
        ("-1e999", "'-1e999' is too large"),
        ("1_000", "'1_000' is not a number"),
        ("٣", "'٣' is not a number"),
        ("۱۲٫۵", "'۱۲٫۵' is not a number"),
        ("３", "'３' is not a number"),
        ("0x10", "'0x10' is not a number"),
        ("1 2", "'1 2' is not a number"),
        ("=cmd()", "'=cmd()' is not a number"),
        ("$5.50", "'$5.50' is not a number; write 5.50"),
        ('"-1,200.50 €"', "'-1,200.50 €' is not a number; write -1200.50"),
        ("7 %", "'7 %' is not a number; write 7"),
    ],
)
def test_fault_18_a_cell_that_is_no_number_is_named_with_row_and_column(
    cell: str, wrong: str, refused: Refused, write: Write
) -> None:
    first, *_ = refused(write(f"x,y\n1,1\n2,2\n3,3\n4,4\n5,5\n6,{cell}\n"))
    assert first == f"data.csv: row 7, column 'y': {wrong}"


def test_fault_18_the_first_bad_cells_are_named_in_the_files_order_and_all_are_counted(
    refused: Refused, write: Write
) -> None:
    good = "".join(f"{row},{row},{row}\n" for row in range(2000))
    bad = "".join(f"x{row},b{row},1\n" for row in range(300))
    lines = refused(write(f"a,b,y\n{good}{bad}"))
    assert lines[0] == "data.csv: row 2002, column 'a': 'x0' is not a number"
    assert lines[1] == "data.csv: row 2002, column 'b': 'b0' is not a number"
    assert lines[5:] == ["data.csv: 600 such places in all"]


def test_fault_18_missing_cells_are_counted_once(refused: Refused, write: Write) -> None:
    gaps = "".join(f"{row},\n" for row in range(82))
    lines = refused(write(f"x,y\n1,2\n2,3\n{gaps}"))
    assert lines[5].startswith("data.csv: 82 cells are missing; dataset.missing=drop leaves such rows out")
    assert len(lines) == 6
    both = refused(write(f"x,y\n1,2\n2,3\n{gaps}1,z\n"))
    assert both[5] == "data.csv: 83 such places in all"
    assert both[6].startswith("data.csv: 82 cells are missing; ")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('x,y\n1,2\n"3,4\n5,6\n', "data.csv: row 3: a quotation mark is opened and never closed"),
        (f'x,y\n1,2\n"{"3,4" * 50000}', "data.csv: row 3: a cell has more than 131,072 characters; is a"),
        (f"x,y\n1,2\n{'3' * 140_000},4\n", "data.csv: row 3: a cell has more than 131,072 characters; is a"),
        ('x,y\n"1"2,3\n', "data.csv: row 2: a closing quotation mark stands inside a cell; double it"),
        ("x,y\n1,2\n3,\0\n", "data.csv: row 3 holds a NUL; it is no text file"),
    ],
    ids=["unclosed", "unclosed and long", "long", "quote inside", "NUL"],
)
def test_fault_19_what_is_no_table_from_some_row_on_is_named_by_that_row(
    content: str, complaint: str, refused: Refused, write: Write
) -> None:
    (line,) = refused(write(content))
    assert line.startswith(complaint)


def test_fault_19_a_row_of_another_length_is_named(refused: Refused, write: Write) -> None:
    assert refused(write("x,y\n1,2\n3\n4,5,6\n7,8\n")) == [
        "data.csv: row 3: has 1 cell, the first row 2",
        "data.csv: row 4: has 3 cells, the first row 2",
    ]


def test_fault_19_a_line_without_end_is_refused_and_not_held(refused: Refused, write: Write) -> None:
    path = write("x,y\n1,2\n" + "7" * (LONGEST_LINE + 10))
    assert refused(path) == ["data.csv: row 3 has more than 16,777,216 characters"]


PLAIN = ([[1.5, 2.0], [-3.0, 4e3]], [[10.0], [20.0]])


@pytest.mark.parametrize(
    "content",
    [
        "a,b,y\n1.5,2,10\n-3,4e3,20\n",
        "\ufeffa,b,y\r\n1.5,2,10\r\n-3,4e3,20\r\n",
        "a,b,y\r1.5,2,10\r-3,4e3,20",
        "a\tb\ty\n1.5\t2\t10\n-3\t4e3\t20\n",
        "a;b;y\n1,5;2;10\n-3;4e3;20\n",
        "a|b|y\n1.5|2|10\n-3|4e3|20\n",
        "sep=;\na;b;y\n1,5;2;10\n-3;4e3;20\n",
        '\ufeff"sep=\t"\r\na\tb\ty\r\n1.5\t2\t10\r\n-3\t4e3\t20\r\n',
        '"a","b","y"\n"1.5","2","10"\n"-3","4e3","20"\n',
        " a , b , y \n 1.5 , 2 , +10.\n -3.0 , 4000 , 2e1\n",
        "a,b,y\n\n1.5,2,10\n\n\n-3,4E+03,20\n\n",
    ],
    ids=[
        "plain",
        "mark and CRLF",
        "CR",
        "tabs",
        "decimal commas",
        "pipes",
        "Excel's first line",
        "Excel's first line, marked",
        "quotes",
        "blanks",
        "empty lines",
    ],
)
def test_fault_20_a_table_reads_the_same_however_it_is_written(content: str, write: Write) -> None:
    source = table(write(content))
    assert rows(source) == PLAIN
    assert (source.features, source.targets, source.task) == (("a", "b"), ("y",), "regression")


def test_fault_20_lines_are_counted_below_one_that_names_the_delimiter(
    refused: Refused, write: Write
) -> None:
    assert refused(write("sep=;\nx;y\n1;2\n2;oops\n")) == [
        "data.csv: row 4, column 'y': 'oops' is not a number"
    ]
    (line,) = refused(write("sep=^\nx^y\n1^2\n2^3\n"))
    assert line.startswith("data.csv: its first line names '^' between cells; nnrun reads commas, semicolons")


def utf(kind: str) -> bytes:
    return "x,y\n1,2\n".encode(kind)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"a,b;c\n1,2;3\n", "data.csv: its cells may be apart by comma or by semicolon; write dataset.deli"),
        (b"x,y\n1,2\n\xe9,3\n", "data.csv: row 3: byte 0xe9 is not UTF-8; the file may be Latin-1"),
        (utf("utf-16"), "data.csv: is UTF-16; save it as UTF-8"),
        (utf("utf-16-le"), "data.csv: is UTF-16; save it as UTF-8"),
        (utf("utf-16-be"), "data.csv: is UTF-16; save it as UTF-8"),
        (utf("utf-32"), "data.csv: is UTF-32; save it as UTF-8"),
    ],
    ids=["two delimiters", "latin-1", "utf-16", "utf-16-le", "utf-16-be", "utf-32"],
)
def test_fault_20_another_encoding_is_named_and_a_doubtful_delimiter_asked_for(
    content: bytes, complaint: str, refused: Refused, write: Write
) -> None:
    (line,) = refused(write(content))
    assert line.startswith(complaint)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("x,x,y\n1,2,3\n", "columns 1 and 2 are both called 'x'; rename one"),
        (",x,y\n0,1,2\n", r"column 1 has no name; .* pandas leaves its row numbers out with index=False"),
        ("x,,y\n0,1,2\n", "column 2 has no name; give it one, or write dataset.header=false$"),
        ("x,z\n1,2\n2,3\n", r"dataset.target=y: data.csv has no such column; columns: x, z"),
        ("x,yy\n1,2\n2,3\n", r"dataset.target=y: data.csv has no such column"),
        ("1,2\n3,4\n5,6\n", "if the first row is data, write dataset.header=false"),
        ("y\n1\n2\n", "data.csv: has no column beside the target 'y'"),
        ("x,y\n1,5\n2,5\n", "the target 'y' is 5 in every row: there is nothing to learn"),
        ("x,y\n1,a\n2,a\n", "the target 'y' is 'a' in every row: there is nothing to learn"),
    ],
)
def test_fault_21_columns_that_cannot_be_told_apart_or_learned_are_refused_by_name(
    content: str, complaint: str, refused: Refused, write: Write
) -> None:
    (line,) = refused(write(content))
    assert re.search(complaint, line)


def test_fault_21_a_constant_feature_is_kept_with_scale_1_and_told(write: Write, nnrun: Command) -> None:
    path = write("x,k,y\n1,7,2\n2,7,3\n3,7,5\n")
    source = table(path)
    assert [note.key for note in source.notes] == ["note.constant_features"]
    drawn = draw(source, 0.0, 0.0)
    assert drawn.train.x[:, 1].tolist() == [0, 0, 0]
    done = train(nnrun, path)
    assert done.status == 0
    assert "the same in every row, so there is nothing to learn from: k" in done.err
    assert done.summary["scale"]["x_deviation"][1] == 1
    assert np.isfinite(done.metrics["train/loss"]).all()


def test_fault_22_ten_gigabytes_are_estimated_from_the_first_rows(
    refused: Refused, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("x,y\n" + "1,2\n2,3\n" * 4000)
    os.truncate(path, 10_000_000_000)
    monkeypatch.setattr(capacity, "free", lambda: 8_000_000_000)
    (line,) = refused(path)
    assert line.startswith("data.csv: about 2.5e+09 rows of 2 columns need about 160 GB, 8 GB free; choose")


def test_fault_22_a_million_columns_are_read_or_refused_with_an_estimate(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ",".join(f"c{place}" for place in range(1_000_000))
    lines = [",".join([digit] * 1_000_000) for digit in "12"]
    path = write("\n".join([names, *lines]))
    assert table(path, "c7", features=("c1", "c2")).inputs == 2
    monkeypatch.setattr(capacity, "free", lambda: 500_000_000)
    with pytest.raises(BadInput, match=r"rows of 1,000,000 columns need about 864 MB, 500 MB free"):
        table(path, "c7")


def test_fault_22_a_table_of_many_columns_trains_and_is_drawn_in_little_memory(
    write: Write, nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes, predict = [], Population.predict

    def watched(population: Population, x: Any) -> Any:
        sizes.append(x.size)
        return predict(population, x)

    monkeypatch.setattr(Population, "predict", watched)
    columns = 20_000
    names = ",".join([*(f"c{place}" for place in range(columns)), "y"])
    values = np.random.default_rng(0).random((3, columns + 1)).round(2)
    path = write("\n".join([names, *(",".join(map(str, row)) for row in values)]))
    done = train(nnrun, path, "model=linear", "optim.lr=1e-6")
    assert done.status == 0, done.err
    assert max(sizes) <= PIECE < 16 * 100 * columns
    with np.load(done.directory / "plots.npz") as plots:
        assert plots["partial_grid"].shape == (16, 100)
        assert plots["partial_prediction"].shape == (16, 100, 1)
        slopes = np.ptp(plots["partial_prediction"][:, :, 0], axis=1) / np.ptp(plots["partial_grid"], axis=1)
    (weight,) = [value for value in done.weights.values() if value.size == columns]
    scale = done.summary["scale"]
    learned = np.abs(weight[0, :16]) * scale["y_deviation"][0] / np.array(scale["x_deviation"][:16])
    np.testing.assert_allclose(slopes, learned, rtol=0.01)
    source = datasets.build("linear")
    drawn = [dataclasses.replace(source, inputs=inputs).drawn_features for inputs in (3, 1000, 10**6, 10**9)]
    assert drawn == [3, 16, 2, 1]


def test_fault_22_a_number_too_large_for_the_models_precision_is_refused_unless_it_is_scaled(
    refused: Refused, write: Write, nnrun: Command
) -> None:
    path = write("x,y\n1e39,1\n2,2\n3e39,3\n")
    (line,) = refused(path, "dataset.standardize=false")
    assert line.startswith("data.csv: row 4, column 'x': 3e+39 is too large for float32")
    assert train(nnrun, path).status == 0
    assert train(nnrun, path, "dataset.standardize=false", "dtype=float64").status == 0


def test_fault_23_a_run_whose_data_changed_goes_on_only_if_that_is_allowed(
    write: Write, nnrun: Command
) -> None:
    begun = train(nnrun, write("x,y\n1,2\n2,3\n3,5\n")).directory
    write("x,y\n1,2\n2,3\n3,6\n")
    before = {path: path.read_bytes() for path in begun.rglob("*") if path.is_file()}
    refused = nnrun("resume", str(begun), "epochs=4")
    assert refused.status == 4
    assert re.search(r"data differs \(sha256 [0-9a-f]{12}\.\.\., begun with", refused.err)
    assert before == {path: path.read_bytes() for path in begun.rglob("*") if path.is_file()}
    assert nnrun("resume", str(begun), "epochs=4", "--allow-data-change").status == 0
    summary = json.loads((begun / "summary.json").read_text("utf-8"))
    assert summary["epochs"] == 4
    (change,) = summary["data_changes"]
    assert change["from"] != change["to"] == summary["dataset"]["sha256"]
