"""Tables of the user's own: messy files are read right or refused with the place, and units come back."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import Command
from nnrun.datasets import datasets, draw
from nnrun.datasets.own.cells import complaint, number, numbers
from nnrun.datasets.own.table import _kept
from nnrun.datasets.scaling import Scaling
from nnrun.errors import BadInput
from own_tables import Write, rows, table, writer
from small_runs import choice, spec, trained

NORRIS = Path(__file__).parent / "data" / "norris.csv"
SLOPE, INTERCEPT = 1.00211681802045, -0.262323073774029
"""Certified values of NIST's Statistical Reference Dataset Norris."""


@pytest.fixture
def write(place: Path) -> Write:
    """`write(content)`: a file `data.csv` in an empty working directory; its name."""
    return writer(place)


def test_a_cell_may_hold_line_ends_quotes_and_any_script(write: Write) -> None:
    source = table(write('ä,"quoted ""name""\nover two lines",y\n1,2,3\n4,5,6\n'))
    assert source.features == ("ä", 'quoted "name"\nover two lines')


def test_rows_after_a_cell_of_several_lines_keep_their_numbers(write: Write) -> None:
    path = write('note,x,y\n"one\ntwo",1,2\nplain,oops,4\n')
    with pytest.raises(BadInput, match=r"data.csv: row 4, column 'x': 'oops' is not a number"):
        table(path, features=("x",))


def test_columns_are_chosen_in_the_order_asked_for_and_others_are_never_looked_at(write: Write) -> None:
    source = table(write("a,note,b,y\n1,?!,2,3\n4,,5,6\n"), features=("b", "a"))
    assert rows(source) == ([[2.0, 1.0], [5.0, 4.0]], [[3.0], [6.0]])


def test_several_targets_are_several_outputs(write: Write) -> None:
    source = table(write("a,b,y\n1,2,3\n4,5,6\n"), target="y,a")
    assert rows(source) == ([[2.0], [5.0]], [[3.0, 1.0], [6.0, 4.0]])
    assert source.targets == ("y", "a")


def test_columns_without_a_header_are_called_by_their_numbers(write: Write) -> None:
    source = table(write("1,2,3\n4,5,6\n"), target="3", header=False)
    assert rows(source) == ([[1.0, 2.0], [4.0, 5.0]], [[3.0], [6.0]])
    assert source.features == ("1", "2")


def test_texts_become_one_column_for_each_category_in_order(write: Write) -> None:
    source = table(write("size,colour,y\n1,red,1\n2,blue,2\n3,red,3\n"))
    assert source.features == ("size", "colour=blue", "colour=red")
    assert rows(source)[0] == [[1, 0, 1], [2, 1, 0], [3, 0, 1]]
    assert source.scaling == Scaling((True, False, False), True)


def test_numbers_can_be_categories_in_the_order_of_their_size(write: Write) -> None:
    source = table(write("code,y\n10,1\n9,2\n10,3\n"), categorical=("code",))
    assert source.features == ("code=9", "code=10")


def test_a_target_of_texts_makes_it_a_classification_with_the_classes_names(write: Write) -> None:
    source = table(write("x,y\n1,no\n2,yes\n3,maybe\n4,no\n"))
    assert (source.task, source.outputs, source.classes) == ("classification", 3, ("maybe", "no", "yes"))
    assert source.drawn()[1].tolist() == [1, 2, 0, 1]


def test_numbers_are_classes_where_that_is_asked_for(write: Write) -> None:
    source = table(write("x,y\n1,10\n2,9\n3,10\n"), task="classification")
    assert (source.classes, source.drawn()[1].tolist()) == (("9", "10"), [1, 0, 1])


@pytest.mark.parametrize("mark", ["", "NA", "n/a", "NaN", "null", "?", "  "])
def test_a_missing_cell_is_refused_with_its_place_and_what_to_do(mark: str, write: Write) -> None:
    path = write(f"x,y\n1,2\n{mark},5\n3,6\n")
    with pytest.raises(BadInput, match=r"data.csv: row 3, column 'x': .*is missing") as caught:
        table(path)
    assert "1 cell is missing; dataset.missing=drop leaves such rows out" in caught.value.problems[-1]


def test_rows_with_missing_cells_can_be_dropped_and_that_is_said(write: Write) -> None:
    source = table(write("x,c,y\n1,a,2\n,b,3\n3,,4\n4,a,\n5,b,6\n"), missing="drop")
    assert rows(source) == ([[1, 1, 0], [5, 0, 1]], [[2], [6]])
    assert [(note.key, dict(note.fields)) for note in source.notes] == [
        ("note.dropped", {"dropped": 3, "rows": 5})
    ]


def test_a_feature_that_no_picture_shows_is_refused_before_training(nnrun: Command, write: Write) -> None:
    names = [f"c{place}" for place in range(20)]
    values = np.random.default_rng(0).normal(size=(9, 21)).tolist()
    path = write("\n".join(",".join(map(str, row)) for row in ([*names, "y"], *values)))
    words = ("dataset=csv", f"dataset.path={path}", "dataset.target=y", "epochs=1")
    refused = nnrun(*words, "plots.feature=16")
    assert refused.status == 2
    assert "plots.feature=16: pictures show the first 16 features, counted from 0" in refused.err
    assert nnrun(*words, "plots.feature=15").status == 0


def test_missing_features_can_be_filled_with_the_training_parts_mean(write: Write) -> None:
    source = table(write("x,c,y\n1,a,2\n,b,3\n3,,4\n"), missing="mean", standardize=False)
    np.testing.assert_allclose(
        draw(source, 0.0, 0.0).train.x, [[1, 1, 0], [2, 0, 1], [3, 0.5, 0.5]], rtol=1e-12
    )


def test_a_missing_target_is_never_filled_in(write: Write) -> None:
    path = write("x,y\n1,2\n2,\n3,4\n")
    with pytest.raises(BadInput, match=r"row 3, column 'y': is missing; a target is not filled in"):
        table(path, missing="mean")


def test_columns_of_too_many_texts_are_named_together_with_the_way_without_them(write: Write) -> None:
    lines = "".join(
        f"name {row},{row % 3},{row}A,{row % 28 + 1}.1.2024,kind {row % 2},{row}\n" for row in range(200)
    )
    path = write(f"who,n,cabin,day,kind of it,y\n{lines}")
    with pytest.raises(BadInput) as caught:
        table(path)
    assert caught.value.problems == (
        "data.csv: column 'day' holds dates, which are no numbers; write days since the first one, or make"
        " each date an input of its own with dataset.categorical=day",
        "data.csv: column 'who' has more than 100 different texts; make it numbers",
        "data.csv: column 'cabin' has more than 100 different texts; make it numbers",
        "data.csv: leave them out: 'dataset.features=n,kind of it'",
    )
    assert table(path, features=("n", "kind of it")).inputs == 3
    with pytest.raises(
        BadInput, match=r"column 'who' has more than 100 .*; data.csv: no column is left with"
    ):
        table(path, features=("who",))


def test_a_target_of_too_many_classes_is_refused(write: Write) -> None:
    path = write("x,y\n" + "".join(f"{row},name {row}\n" for row in range(1100)))
    with pytest.raises(BadInput, match=r"column 'y' has more than 1,000 different texts; predict a column"):
        table(path)


def test_a_path_and_a_target_are_asked_for(write: Write) -> None:
    with pytest.raises(BadInput, match=r"dataset.path is missing; write dataset.path=FILE"):
        datasets.build("csv")
    with pytest.raises(BadInput, match=r"dataset.target is missing; name the column .* one of x, y"):
        datasets.build("csv", path=write("x,y\n1,2\n2,3\n"))


def test_a_file_that_has_changed_is_read_again_and_one_that_has_not_is_not(write: Write) -> None:
    _kept.cache_clear()
    path = write("x,y\n1,2\n2,3\n")
    before = table(path)
    assert table(path).drawn()[0] is before.drawn()[0]
    write("x,y\n1,2\n2,3\n4,5\n")
    assert table(path).samples == 3
    assert before.samples == 2


def test_the_hash_is_of_the_whole_file_also_where_few_rows_are_read(write: Write) -> None:
    content = "x,y\n" + "".join(f"{row},{row}\n" for row in range(100_000))
    source = table(write(content), samples=10)
    assert source.samples == 10
    assert source.sha256 == hashlib.sha256(content.encode()).hexdigest()
    with pytest.raises(BadInput, match=r"dataset.sha256=0{12}...: data.csv has .*: it holds other data"):
        table("data.csv", sha256="0" * 64)


@given(
    st.lists(
        st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 2), min_size=2, max_size=30
    ).filter(lambda pairs: len({y for _, y in pairs}) > 1),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    pairs: list[tuple[float, float]],
    delimiter: str,
    end: str,
    marked: bool,
) -> None:
    path = tmp_path_factory.mktemp("own") / "t.csv"
    with path.open("w", encoding="utf-8-sig" if marked else "utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator=end)
        writer.writerows([("x", "y"), *pairs])
    x, y = table(str(path)).drawn()
    assert list(zip(x[:, 0], y[:, 0], strict=True)) == pairs


@given(st.text(max_size=8))
def test_fast_and_careful_reading_of_a_cell_agree(cell: str) -> None:
    for decimal in ("point", "comma"):
        fast = numbers([cell], decimal)
        if fast is None:
            assert complaint(cell, decimal) is not None or np.isfinite(number(cell, decimal))
        else:
            assert complaint(cell, decimal) is None
            assert fast[0] == number(cell.strip(), decimal)


@given(
    st.lists(st.tuples(*[st.floats(-1e300, 1e300)] * 3), min_size=2, max_size=20),
)
def test_scaling_gives_mean_0_and_deviation_1_and_can_be_taken_back(rows: list[tuple[float, ...]]) -> None:
    data = np.array(rows)
    x, y = data[:, :2], data[:, 2:]
    scale = Scaling((True, False), True).of(x, y)
    model = scale.to_model(x)
    assert np.isfinite(model).all()
    np.testing.assert_array_equal(model[:, 1], x[:, 1])
    size = np.abs(data).max(initial=1e-300)
    np.testing.assert_allclose(scale.to_units(model) / size, x / size, atol=1e-12)
    np.testing.assert_allclose(scale.from_model(scale.target_to_model(y)) / size, y / size, atol=1e-12)
    if np.ptp(x[:, 0] / size) > 1e-6:
        assert abs(model[:, 0].mean()) < 1e-6
        assert model[:, 0].std() == pytest.approx(1, rel=1e-6)


def test_the_training_part_alone_decides_the_scale(write: Write) -> None:
    content = "x,y\n" + "".join(f"{row**2},{row}\n" for row in range(40))
    drawn = draw(table(write(content)), 0.25, 0.25)
    assert drawn.scale is not None
    assert drawn.val is not None
    assert drawn.test is not None
    for values in (drawn.train.x, drawn.train.y):
        assert values.mean() == pytest.approx(0, abs=1e-12)
        assert values.std() == pytest.approx(1)
    assert abs(drawn.val.x.mean()) > 1e-3
    parts = [drawn.scale.to_units(part.x)[:, 0] for part in (drawn.train, drawn.val, drawn.test)]
    np.testing.assert_allclose(sorted(np.concatenate(parts)), [row**2 for row in range(40)], atol=1e-9)


def test_texts_of_which_none_repeats_are_told(write: Write) -> None:
    (note,) = table(write("name,kind,y\nann,a,2\nbob,b,3\neve,a,5\n")).notes
    assert (note.key, note.fields) == ("note.unrepeated_texts", {"names": "name"})
    (note,) = table(write("name,x,y\nann,1,2\n,2,3\nbob,3,4\neve,4,5\n"), missing="drop").notes[1:]
    assert note.key == "note.unrepeated_texts"
    assert not table(write("kind,x,y\na,1,2\nb,2,3\n")).notes


@pytest.mark.parametrize("name", ["id", "ID", "Id", "index", "customer_id", "PassengerId", "Unnamed: 0"])
def test_numbers_of_the_rows_are_told_by_their_name(name: str, write: Write) -> None:
    (note,) = table(write(f"{name},x,y\n7,1,2\n8,2,3\n9,3,5\n")).notes
    assert (note.key, note.fields) == ("note.row_numbers", {"names": name})


@pytest.mark.parametrize(
    "content",
    ["id,x,y\n7,1,2\n9,2,3\n8,3,5\n", "day,x,y\n7,1,2\n8,2,3\n9,3,5\n", "valid,y\n1.5,2\n2.5,3\n3.5,5\n"],
    ids=["no order", "another name", "no such name"],
)
def test_other_columns_are_no_numbers_of_the_rows(content: str, write: Write) -> None:
    assert not table(write(content)).notes


def csv_choice(path: str, target: str = "y", **options: Any) -> Any:
    return choice("dataset", "csv", path=path, target=(target,), **options)


def test_metrics_in_units_are_those_of_the_data(write: Write) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(50, 20, 60)
    y = 3000 * x + rng.normal(0, 9000, 60)
    path = write("x,y\n" + "".join(f"{a!r},{b!r}\n" for a, b in zip(x.tolist(), y.tolist(), strict=True)))
    run = trained(spec("linear", dataset=csv_choice(path), epochs=3, dtype="float64", val_fraction=0.2))
    population = run.population
    scale = population.dataset(0).scale
    assert scale is not None
    val = population.dataset(0).val
    assert val is not None
    p = scale.from_model(population.predict(val.x[None])[0])
    want = np.abs(p - scale.from_model(val.y)).mean()
    assert run.column("val/mae")[-1] == pytest.approx(want)
    assert want > 100


def test_members_with_splits_of_their_own_have_scales_of_their_own(write: Write) -> None:
    content = "x,y\n" + "".join(f"{row},{row**2}\n" for row in range(30))
    path = write(content)
    runs = [
        spec("linear", dataset=csv_choice(path, seed=seed), epochs=4, dtype="float64", val_fraction=0.3)
        for seed in (0, 1, 2)
    ]
    together = trained(runs)
    for member, run in enumerate(runs):
        alone = trained(run)
        np.testing.assert_allclose(together.column("val/mae", member), alone.column("val/mae"), rtol=1e-9)


def learned(directory: Path) -> tuple[float, float]:
    import json

    found = json.loads((directory / "summary.json").read_text("utf-8"))["parameters"]["in_units"]
    return found["weight"][0][0], found["bias"][0]


@pytest.mark.parametrize(("dtype", "digits"), [("float32", 1e-4), ("float64", 1e-8)])
def test_gradient_descent_finds_the_certified_line_of_norris(
    dtype: str, digits: float, nnrun: Command
) -> None:
    done = nnrun(
        "dataset=csv",
        f"dataset.path={NORRIS}",
        "dataset.target=y",
        "model=linear",
        "optim.lr=0.3",
        "epochs=200",
        f"dtype={dtype}",
        "plots.save=false",
    )
    assert done.status == 0, done.err
    slope, intercept = learned(done.directory)
    assert slope == pytest.approx(SLOPE, rel=digits)
    assert intercept == pytest.approx(INTERCEPT, rel=digits)
    assert "y = 1.0021 x - 0.2623" in done.err


def test_plots_hold_the_datas_own_units(nnrun: Command) -> None:
    done = nnrun(
        "dataset=csv",
        f"dataset.path={NORRIS}",
        "dataset.target=y",
        "model=linear",
        "optim.lr=0.3",
        "epochs=99",
    )
    x, y = np.loadtxt(NORRIS, delimiter=",", skiprows=1).T
    with np.load(done.directory / "plots.npz") as plots:
        np.testing.assert_allclose(plots["train_x"][:, 0], x, atol=1e-9)
        np.testing.assert_allclose(plots["train_y"][:, 0], y, atol=1e-9)
        line = SLOPE * plots["grid"] + INTERCEPT
        np.testing.assert_allclose(plots["grid_prediction"], line, atol=0.01)
        np.testing.assert_allclose(
            plots["snapshot_predictions"][-1], SLOPE * plots["snapshot_grid"] + INTERCEPT, atol=2
        )
        assert plots["snapshot_epochs"][0] == 0
    assert done.summary["dataset"]["features"] == ["x"]
    assert done.summary["dataset"]["sha256"] == hashlib.sha256(NORRIS.read_bytes()).hexdigest()
    assert done.summary["scale"]["x_mean"][0] == pytest.approx(x.mean())


def test_the_configurations_hash_covers_what_the_file_holds(write: Write, nnrun: Command) -> None:
    keys = ("dataset=csv", "dataset.path=data.csv", "dataset.target=y", "epochs=1", "plots.save=false")
    hashes = []
    for content in ("x,y\n1,2\n2,3\n", "x,y\n1,2\n2,4\n", "x,y\n1,2\n2,3\n"):
        write(content)
        hashes.append(nnrun(*keys).summary["config_hash"])
    assert hashes[0] == hashes[2] != hashes[1]


@pytest.mark.parametrize("day", ["2024-01-{:02d}", "{}.1.2024", "1/{}/24", "2024-01-{:02d}T10:00:00"])
def test_a_column_of_dates_is_refused_unless_each_is_to_be_a_category(day: str, write: Write) -> None:
    path = write("day,x,y\n" + "".join(f"{day.format(n)},{n},{n * n % 7}\n" for n in range(1, 9)))
    with pytest.raises(BadInput, match=r"column 'day' holds dates, which are no numbers; write days since"):
        table(path)
    assert table(path, features=("x",)).features == ("x",)
    assert len(table(path, categorical=("day",)).features) == 9


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04rest of a workbook", "is a workbook or a zip archive, no text; save its table as CSV"),
        (b"\x1f\x8b\x08\x00packed", "is packed by gzip"),
    ],
)
def test_a_file_that_is_no_text_is_called_what_it_is(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=said):
        table(str(path))


def test_a_column_of_amounts_is_no_column_of_classes(write: Write) -> None:
    with pytest.raises(BadInput, match=r"row 2, column 'y': '\$5\.00' is not a number; write 5\.00"):
        table(write("x,y\n1,$5.00\n2,$6.00\n3,$7.50\n"))
    source = table(write("x,y\n1,5%\n2,6%\n3,5%\n"), task="classification")
    assert source.classes == ("5%", "6%")


def test_thousands_beside_decimal_commas_are_refused_with_what_to_write(write: Write) -> None:
    with pytest.raises(BadInput, match=r"row 2, column 'x': '1\.000,5' is not a number; write 1000,5"):
        table(write("x;y\n1.000,5;2\n2.000,5;3\n"))
