"""`nnrun predict`: samples in, predictions out, and every bad cell named."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from conftest import Command, Finished
from nnrun.errors import BadInput
from nnrun.prediction.columns import Columns
from nnrun.prediction.predicting import probabilities
from nnrun.prediction.samples import from_csv, from_words

ONE = Columns(("x",), ((),), ("y",), (), 1)
THREE = Columns(("x1", "x2", "x3"), ((),) * 3, ("y",), (), 1)
CLASSES = Columns(("x1", "x2"), ((),) * 2, ("y",), ("0", "1", "2"), 3)
QUICK = ("epochs=3", "plots.save=false")


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def column(text: str, name: str) -> list[float]:
    return [float(row[name]) for row in table(text)]


def type_in(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Puts `content` on stdin."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), "utf-8"))


def measured(done: Finished) -> dict[str, float]:
    """The metrics that are told beside the table."""
    words = done.err.split("metrics", 1)[1].split("(of")[0].split()
    return {name: float(value) for name, value in zip(words[::2], words[1::2], strict=True)}


def torch_mlp(run: Finished, activation: torch.nn.Module) -> torch.nn.Module:
    """The run's network as torch has it."""
    hidden, inputs = run.weights["0.weight"].shape
    model = torch.nn.Sequential(
        torch.nn.Linear(inputs, hidden), activation, torch.nn.Linear(hidden, len(run.weights["2.weight"]))
    )
    model.load_state_dict({name: torch.tensor(array) for name, array in run.weights.items()})
    return model


def test_predictions_are_those_of_the_saved_network_in_torch(nnrun: Command) -> None:
    run = nnrun(*QUICK)
    done = nnrun("predict", "latest", "--x", "0.5", "-1", "-.25", "1e-3")
    assert done.status == 0
    x = [0.5, -1.0, -0.25, 1e-3]
    wanted = torch_mlp(run, torch.nn.ReLU())(torch.tensor(x)[:, None])
    assert column(done.out, "x") == x
    np.testing.assert_allclose(column(done.out, "prediction"), wanted.detach().numpy()[:, 0], rtol=1e-5)


def test_predictions_on_the_training_data_have_the_runs_final_loss_and_metrics(
    nnrun: Command, place: Path
) -> None:
    run = nnrun("experiment=ten_points", *QUICK)
    points = zip(
        (-10, -7.78, -5.56, -3.33, -1.11, 1.11, 3.33, 5.56, 7.78, 10),
        (0.9413, 1.1254, 1.2278, 1.1222, 1.1027, 0.4576, -0.1547, 0.4595, 0.9119, 0.9897),
        strict=True,
    )
    (place / "points.csv").write_text("y,x\n" + "".join(f"{y},{x}\n" for x, y in points))
    done = nnrun("predict", "latest", "--csv", "points.csv", "--json")
    measured = json.loads(done.out)["metrics"]
    for name, value in measured.items():
        assert value == pytest.approx(run.summary["final"][f"train/{name}"], rel=1e-5)
    assert done.err.startswith("metrics  loss ")
    assert "(of 10 samples)" in done.err


def test_a_classifier_gives_its_class_and_probabilities_or_logits(nnrun: Command) -> None:
    nnrun("dataset=random_mnist", "dataset.shape=2x2", "dataset.classes=3", *QUICK)
    shares, raw = (
        table(nnrun("predict", "latest", "--new", "4", *flags).out) for flags in ((), ("--logits",))
    )
    assert list(shares[0]) == ["x1", "x2", "x3", "x4", "y", "class", "p0", "p1", "p2"]
    assert list(raw[0])[-4:] == ["class", "logit0", "logit1", "logit2"]
    for share, logits in zip(shares, raw, strict=True):
        numbers = [float(logits[f"logit{index}"]) for index in range(3)]
        wanted = torch.softmax(torch.tensor(numbers), 0).numpy()
        np.testing.assert_allclose([float(share[f"p{index}"]) for index in range(3)], wanted, rtol=1e-5)
        assert share["class"] == logits["class"] == str(int(np.argmax(numbers)))
    assert nnrun("predict", "latest", "--new", "4").out == nnrun("predict", "latest", "--new", "4").out


def test_fresh_samples_are_neither_the_training_nor_the_test_samples(nnrun: Command) -> None:
    run = nnrun(*QUICK)
    fresh = set(column(nnrun("predict", "latest", "--new", "50").out, "x"))
    with np.load(run.directory / "plots.npz") as plots:
        assert len(fresh) == 50
        assert not fresh & set(plots["train_x"].ravel().tolist())
    assert nnrun("predict", "latest", "--new", "5", "--predictions-only").out.startswith("y,prediction\n")


def test_other_columns_come_along_and_earlier_predictions_are_replaced(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nnrun(*QUICK)
    type_in(monkeypatch, '\ufeffname,prediction,x\n"a, b",7,0.5\n'.encode())
    done = nnrun("predict", "latest", "-o", "out.csv")
    assert (done.status, done.out, done.err) == (0, "", "")
    (row,) = table((place / "out.csv").read_text("utf-8"))
    assert list(row) == ["x", "name", "prediction"]
    assert (row["name"], row["x"]) == ("a, b", "0.5")
    assert row["prediction"] != "7"


def test_numbers_without_a_header_are_inputs(nnrun: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    nnrun(*QUICK)
    type_in(monkeypatch, b"0.5\n\n-1\n")
    assert column(nnrun("predict", "latest", "--csv", "-").out, "x") == [0.5, -1.0]


def test_samples_without_a_target_are_predicted_and_do_not_count(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    nnrun(*QUICK)
    type_in(monkeypatch, b"x,y\n0.5,\n-1,NA\n0.25,0.1\n1,1.1\n")
    some = nnrun("predict", "latest")
    assert some.status == 0, some.err
    assert len(column(some.out, "prediction")) == 4
    assert "(of 2 samples with a target)" in some.err
    type_in(monkeypatch, b"x,y\n0.25,0.1\n1,1.1\n")
    alone = nnrun("predict", "latest").err
    assert some.err.replace(" with a target", "") == alone
    type_in(monkeypatch, b"x,y\n0.5,\n-1,\n")
    assert nnrun("predict", "latest").err == ""


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("engine", ["manual", "autograd"])
def test_dtype_and_engine_of_the_run_do_not_matter(nnrun: Command, dtype: str, engine: str) -> None:
    run = nnrun("model.dropout=0.5", f"dtype={dtype}", f"engine={engine}", *QUICK)
    with np.load(run.directory / "plots.npz") as plots:
        grid, wanted = plots["grid"][::200, 0], plots["grid_prediction"][::200, 0]
    words = [repr(float(x)) for x in grid]
    np.testing.assert_allclose(
        column(nnrun("predict", "latest", "--x", *words).out, "prediction"), wanted, rtol=1e-4
    )


def test_a_run_without_torch_predicts_without_torch(nnrun: Command, place: Path) -> None:
    from test_layers import loaded_by

    nnrun(*QUICK)
    assert not loaded_by(["predict", "latest", "--x", "0.5"], place) & {"torch", "matplotlib"}


CELLS = (
    ('x\n0.5\n"1,000"\n', ["row 3, column 'x': '1,000' is not a number; write 1000"]),
    ("x,y\n,1\n1,inf\n", ["row 2, column 'x': is empty", "row 3, column 'y': 'inf' is not a finite number"]),
    ("x\n1e999\n", ["row 2, column 'x': '1e999' is too large"]),
    ("x\n1e39\n", ["row 2, column 'x': '1e39' is too large"]),
    ("x\n1_000\n", ["row 2, column 'x': '1_000' is not a number"]),
    ("x\n٣\n", ["row 2, column 'x': '٣' is not a number"]),
    ("x\n-inf\n", ["row 2, column 'x': '-inf' is not a finite number"]),
    ("x,y\n1\n", ["row 2 has 1 cells, the header 2"]),
    ("", ["is empty; it wants a header x and rows"]),
    ("x\n", ["has a header and no rows"]),
    ("x1,y\n1,2\n", ["has no column x; is it 'x1'? (its columns: x1, y)"]),
    ("x,x\n1,2\n", ["has two columns 'x'"]),
    ('x\n"1\n', ["is no CSV table: unexpected end of data"]),
)


@pytest.mark.parametrize(("text", "problems"), CELLS)
def test_what_is_wrong_with_a_table_is_told_by_row_and_column(text: str, problems: Sequence[str]) -> None:
    with pytest.raises(BadInput, match=r"^t\.csv") as raised:
        from_csv(text, "t.csv", ONE, "float32")
    assert [line.removeprefix("t.csv: ") for line in raised.value.problems] == list(problems)


def test_many_bad_cells_are_counted_and_the_first_ones_told() -> None:
    with pytest.raises(BadInput, match=r"^t\.csv") as raised:
        from_csv("x\n" + "bad\n" * 40, "t.csv", ONE, "float32")
    assert len(raised.value.problems) == 6
    assert raised.value.problems[-1] == "t.csv: 40 bad cells in all"


@pytest.mark.parametrize("cell", ["3", "-1", "1.5", "a", "99999999999"])
def test_a_class_that_there_is_not_is_refused(cell: str) -> None:
    with pytest.raises(BadInput, match=r"column 'y': '.*' is no class; classes: 0, 1, 2"):
        from_csv(f"x1,x2,y\n1,2,{cell}\n", "t.csv", CLASSES, "float32")


def test_words_with_another_number_of_features_are_refused() -> None:
    with pytest.raises(BadInput, match=r"--x 1,2: has 2 values; a sample of this run has 3 values apart"):
        from_words(["1,2"], THREE, "float32")
    with pytest.raises(BadInput, match=r"has 4 values; .* values apart by commas .*; decimals have a point"):
        from_words(["1,5,2,3"], THREE, "float32")
    assert from_words(["1, 2,3", "-4,5e0,.6"], THREE, "float32").x.tolist() == [[1, 2, 3], [-4, 5, 0.6]]


@given(
    st.lists(
        st.tuples(*[st.floats(allow_nan=False, allow_infinity=False, width=32)] * 4), min_size=1, max_size=9
    )
)
def test_a_table_of_numbers_is_read_back_as_written(rows: list[tuple[float, ...]]) -> None:
    text = "y,x3,x1,x2\n" + "".join(",".join(map(repr, row)) + "\n" for row in rows)
    samples = from_csv(text, "t.csv", THREE, "float32")
    assert samples.y is not None
    np.testing.assert_array_equal(np.c_[samples.y, samples.x[:, [2, 0, 1]]], np.array(rows))
    assert samples.names == ("x1", "x2", "x3", "y")


@pytest.mark.parametrize(
    "text",
    ["x1;x2;x3\n1,5;2;-3,25\n", "x1\tx2\tx3\n1.5\t2\t-3.25\n", "x3|x1|x2\n-3,25|1,5|2\n", "1,5;2;-3,25\n"],
)
def test_a_table_may_be_written_in_every_way_that_training_reads(text: str) -> None:
    samples = from_csv(text, "t.csv", THREE, "float32")
    assert samples.x.tolist() == [[1.5, 2, -3.25]]
    assert samples.y is None


@pytest.mark.parametrize(
    ("text", "x"),
    [
        ("7,1,2\n8,3,4\n", [[1, 2], [3, 4]]),
        ("1,2,3\n8,3,4\n", [[2, 3], [3, 4]]),
        ("2,3\n3,4\n", [[2, 3], [3, 4]]),
        ("2,3,1,prediction\n1,2,7,7.5\n", [[1, 2]]),
    ],
)
def test_where_columns_are_numbered_a_table_has_no_header_and_keeps_its_order(
    text: str, x: list[list[float]]
) -> None:
    """Its first row may be 2,3, which are names of columns, and is a sample nevertheless."""
    numbered = Columns(("2", "3"), ((),) * 2, ("1",), (), 1, is_headless=True)
    assert from_csv(text, "t.csv", numbered, "float32").x.tolist() == x


def test_a_first_line_that_names_the_delimiter_is_no_header() -> None:
    columns = Columns(("a", "b"), ((), ()), ("y",), (), 1)
    for first in ("sep=;", '"sep=;"', "\ufeffSEP=;"):
        samples = from_csv(f"{first}\r\na;b\r\n1,5;2\r\n3;4\r\n", "t.csv", columns, "float32")
        assert samples.x.tolist() == [[1.5, 2], [3, 4]]
    with pytest.raises(BadInput, match=r"t.csv: row 3, column 'b': 'q' is not a number"):
        from_csv("sep=;\na;b\n1;q\n", "t.csv", columns, "float32")


def test_columns_that_a_header_calls_by_numbers_are_found_by_them() -> None:
    named = Columns(("0", "1"), ((),) * 2, ("2",), (), 1)
    assert from_csv("1,0,2\n5,6,7\n", "t.csv", named, "float32").x.tolist() == [[6, 5]]


def test_a_number_too_large_for_the_network_is_predicted_where_it_is_standardized_first() -> None:
    with pytest.raises(BadInput, match=r"'1e39' is too large"):
        from_csv("x\n1e39\n", "t.csv", ONE, "float32")
    scaled = Columns(("x",), ((),), ("y",), (), 1, is_scaled=True)
    assert from_csv("x\n1e39\n", "t.csv", scaled, "float32").x.tolist() == [[1e39]]


def test_the_table_that_was_trained_on_is_predicted_again(nnrun: Command, tmp_path: Path) -> None:
    """Without a header, the target first, decimal commas: as many samples, in their order."""
    path = tmp_path / "own.csv"
    path.write_text("1,5;1;2\n2,5;2;1\n3,5;3;2\n", "utf-8")
    words = (f"dataset.path={path}", "dataset.header=false", "dataset.target=1", "model=linear")
    run = nnrun("dataset=csv", *words, "optim.lr=0.1", "epochs=200", "plots.save=false")
    done = nnrun("predict", str(run.directory), "--csv", str(path))
    assert column(done.out, "prediction") == pytest.approx([1.5, 2.5, 3.5], abs=0.01)


@pytest.mark.parametrize("logits", [[[0.0, 0.0]], [[1000.0, 0.0], [-1000.0, -1001.0]]])
def test_probabilities_of_large_logits_are_finite_and_sum_to_one(logits: Any) -> None:
    shares = probabilities(np.array(logits))
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_allclose(shares, torch.softmax(torch.tensor(logits), 1).numpy())


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("nothing", "--x", "1"), 2, "nothing: no such run under outputs"),
        (("latest", "--x"), 2, "--x: wants samples, such as --x 0.5 1.0"),
        (("latest", "--x", "1", "--new", "3"), 2, "--x with --new: samples come from one place"),
        (("latest", "--new", "0"), 2, "--new 0: must be from 1 to 1000000"),
        (("latest", "--csv", "none.csv"), 2, "--csv none.csv: cannot be read: no such file or directory"),
        (("latest", "--x", "1", "--logits"), 2, "--logits: dataset quadratic has no classes; leave it out"),
        (("latest", "--x", "one"), 2, "--x sample 1, column 'x': 'one' is not a number"),
        (("--x", "0.5", "latest"), 2, "and RUN stands before it: nnrun predict latest --x 0.5"),
        (("--x", "0.5", "1"), 2, "and RUN stands before it: nnrun predict RUN --x 0.5 1"),
        (("--new", "3"), 2, "RUN is missing: nnrun predict latest --x 0.5 1.0"),
        (("latest", "--nwe", "3"), 2, "--nwe: unknown flag; did you mean '--new'?"),
    ],
)
def test_bad_input_is_one_line(nnrun: Command, words: Sequence[str], status: int, message: str) -> None:
    nnrun(*QUICK)
    done = nnrun("predict", *words)
    assert (done.status, done.out) == (status, "")
    assert done.err.splitlines() == [line for line in done.err.splitlines() if line.startswith("nnrun: ")]
    assert message in done.err


@pytest.mark.parametrize("output", ["in.csv", "./in.csv", "link.csv"])
def test_the_table_that_is_read_is_not_written_over(nnrun: Command, place: Path, output: str) -> None:
    nnrun(*QUICK)
    (place / "in.csv").write_text("x\n0.5\n")
    (place / "link.csv").symlink_to("in.csv")
    done = nnrun("predict", "latest", "--csv", "in.csv", "-o", output)
    assert (done.status, done.out) == (2, "")
    assert done.err == f"nnrun: -o {output}: is the table that is read; write to another file\n"
    assert (place / "in.csv").read_text() == "x\n0.5\n"
    assert nnrun("predict", "latest", "--csv", "in.csv", "-o", "out.csv").status == 0


def test_a_table_that_is_no_utf8_is_refused(nnrun: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    nnrun(*QUICK)
    type_in(monkeypatch, b"x,\xe9\n1,2\n")
    assert "stdin: is not UTF-8 text; save it as UTF-8" in nnrun("predict", "latest").err


def test_a_fixed_table_has_no_fresh_samples(nnrun: Command) -> None:
    nnrun("dataset=ten_points", *QUICK)
    done = nnrun("predict", "latest", "--new", "3")
    assert done.status == 2
    assert "--new 3: dataset ten_points is a fixed table; give samples with --x or --csv" in done.err


def test_a_sweep_is_refused_and_its_runs_are_not(nnrun: Command) -> None:
    nnrun("-m", "seed=1,2", "epochs=2", "sweep.plots=none")
    done = nnrun("predict", "latest", "--x", "1")
    assert done.status == 2
    assert "is a sweep; write one of its runs, such as " in done.err
    assert nnrun("predict", "latest/best", "--x", "1").status == 0


def test_damaged_and_foreign_runs_are_refused(nnrun: Command, place: Path) -> None:
    directory = nnrun(*QUICK).directory
    weights = directory / "model.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[:40])
    assert nnrun("predict", "latest", "--x", "1").status == 4
    weights.unlink()
    assert "model.safetensors: is missing" in nnrun("predict", "latest", "--x", "1").err
    (place / "elsewhere").write_bytes(content)
    weights.symlink_to(place / "elsewhere")
    assert "is a link, which is not followed" in nnrun("predict", "latest", "--x", "1").err
    config = directory / ".hydra" / "config.yaml"
    config.write_text("a: &a [1, 1]\nb: [*a, *a]\n")
    assert (
        "config.yaml: cannot be read: refers to parts of itself" in nnrun("predict", "latest", "--x", "1").err
    )


def test_a_table_of_ones_own_is_predicted_in_its_own_units_and_names(nnrun: Command, place: Path) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(50, 9, (40, 2))
    text = "".join(f"{a},{b},{3 * a - b + 1000}\n" for a, b in rows.tolist())
    (place / "data.csv").write_text(f"size,age,price\n{text}")
    run = nnrun(
        "dataset=csv",
        "dataset.path=data.csv",
        "dataset.target=price",
        "model=linear",
        "optim.lr=0.1",
        "epochs=200",
    )
    assert run.status == 0, run.err
    done = nnrun("predict", "latest", "--csv", "data.csv")
    assert list(table(done.out)[0]) == ["size", "age", "price", "prediction"]
    np.testing.assert_allclose(column(done.out, "prediction"), column(done.out, "price"), rtol=1e-3)
    assert measured(done)["mae"] == pytest.approx(run.summary["final"]["train/mae"], rel=0.1)


def test_named_classes_are_read_and_written_by_name(nnrun: Command, place: Path) -> None:
    text = "".join(f"{x},{'high' if x > 4 else 'low'}\n" for x in range(10))
    (place / "data.csv").write_text(f"size,kind\n{text}")
    run = nnrun(
        "dataset=csv", "dataset.path=data.csv", "dataset.target=kind", "epochs=200", "plots.save=false"
    )
    assert run.status == 0, run.err
    done = nnrun("predict", "latest", "--csv", "data.csv")
    assert list(table(done.out)[0]) == ["size", "kind", "class", "p_high", "p_low"]
    assert [row["class"] for row in table(done.out)] == [row["kind"] for row in table(done.out)]
    assert "accuracy 1 " in done.err


def flats(nnrun: Command, place: Path, *arguments: str) -> Finished:
    """A run on a table with a column of texts and a missing cell."""
    rows = [(20 + 3 * k, ("north", "south", "harbour")[k % 3], 500 + 9 * k + 50 * (k % 3)) for k in range(12)]
    lines = [f"{area},{district},{rent}" for area, district, rent in rows]
    lines[4] = lines[4].replace("32,", ",")
    (place / "flats.csv").write_text("\n".join(["area,district,rent", *lines, ""]))
    data = ("dataset=csv", "dataset.path=flats.csv", "dataset.target=rent", "dataset.missing=mean")
    run = nnrun(*data, "optim.lr=0.1", "epochs=50", "plots.save=false", *arguments)
    assert run.status == 0, run.err
    return run


def test_texts_are_given_as_they_stand_in_the_table_and_its_file_is_not_needed(
    nnrun: Command, place: Path
) -> None:
    run = flats(nnrun, place)
    (place / "new.csv").write_text((place / "flats.csv").read_text())
    (place / "flats.csv").unlink()
    done = nnrun("predict", "latest", "--csv", "new.csv")
    assert list(table(done.out)[0]) == ["area", "district", "rent", "prediction"]
    assert [row["area"] for row in table(done.out)][4] == ""
    assert measured(done)["loss"] == pytest.approx(run.summary["final"]["train/loss"], rel=1e-3)
    first = column(done.out, "prediction")[0]
    assert column(nnrun("predict", "latest", "--x", "20,north").out, "prediction") == [first]
    refused = nnrun("predict", "latest", "--x", "20,west")
    assert refused.status == 2
    assert "column 'district': 'west' is new to this run, which knows harbour, north, south" in refused.err


@pytest.mark.parametrize(
    ("entry", "key", "value"),
    [
        ("dataset", "columns", [{"name": "area"}]),
        ("dataset", "columns", "area"),
        ("dataset", "inputs", 10**12),
        ("dataset", "inputs", True),
        ("dataset", "features", ["area"]),
        ("dataset", "samples", 12),
        ("dataset", "task", "guessing"),
        ("dataset", "image_shape", [2, 3]),
        ("scale", "x_mean", [0.0]),
        ("scale", "y_deviation", [None]),
        ("scale", "fill", None),
    ],
)
def test_what_a_strangers_summary_says_of_the_data_is_checked(
    entry: str, key: str, value: Any, nnrun: Command, place: Path
) -> None:
    run = flats(nnrun, place, "epochs=2")
    summary = json.loads((run.directory / "summary.json").read_text("utf-8"))
    summary[entry][key] = value
    (run.directory / "summary.json").write_text(json.dumps(summary), "utf-8")
    done = nnrun("predict", "latest", "--x", "20,north")
    assert done.status == 4
    assert done.err.count("\n") == 1
    assert "summary.json: its " in done.err


def test_a_broken_summary_is_named_where_its_memory_is_missed(nnrun: Command, place: Path) -> None:
    (place / "t.csv").write_text("a,y\n" + "".join(f"{k},{2 * k}\n" for k in range(9)))
    run = nnrun("dataset=csv", "dataset.path=t.csv", "dataset.target=y", "optim.lr=0.01", *QUICK).directory
    (place / "t.csv").unlink()
    (run / "summary.json").write_text("{")
    done = nnrun("predict", str(run), "--x", "1")
    assert done.status == 4
    assert "t.csv: no such file" in done.err
    assert "; and summary.json, which remembers the data, cannot be read: is no whole JSON" in done.err
