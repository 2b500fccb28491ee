"""The forms of a sweep that nnrun expands itself: ranges, zips, and the braces of shells."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, settings
from hypothesis import strategies as st

from nnrun.arguments import Invocation, parse
from nnrun.arguments.context import Zip
from nnrun.arguments.members import read_members
from nnrun.arguments.quoting import quoted
from nnrun.arguments.ranges import MOST_VALUES, Range, is_range, read_range, shortest
from nnrun.arguments.vocabulary import Vocabulary, shipped_vocabulary
from nnrun.errors import BadInput


@pytest.fixture(scope="module")
def shipped() -> Vocabulary:
    return shipped_vocabulary()


def words(line: str) -> list[str]:
    """Words of a test case: at blanks, or at `|` where it has one."""
    return line.split("|") if "|" in line else line.split()


def invocation(vocabulary: Vocabulary, line: str) -> Invocation:
    return parse(words(line), (), vocabulary)


def refusal(vocabulary: Vocabulary, line: str) -> BadInput:
    with pytest.raises(BadInput, match=r".") as caught:
        parse(words(line), (), vocabulary)
    return caught.value


def passed_or_refused(argv: list[str], vocabulary: Vocabulary) -> tuple[Invocation | None, tuple[str, ...]]:
    try:
        return parse(argv, (), vocabulary), ()
    except BadInput as error:
        return None, error.problems


def jobs(overrides: tuple[str, ...]) -> list[tuple[str, ...]]:
    """What Hydra's own sweeper makes of the line."""
    parsed = OverridesParser.create().parse_overrides(list(overrides))
    return [tuple(job) for job in BasicSweeper.split_arguments(parsed, max_batch_size=None)[0]]


def numbers(override: str) -> list[float]:
    """The values of an override, as Hydra's own parser reads each job's."""
    parser = OverridesParser.create()
    parsed = parser.parse_override(override)
    lines = [job[0] for job in jobs((override,))] if parsed.is_sweep_override() else [override]
    found = [parser.parse_override(line).value() for line in lines]
    assert all(isinstance(value, int | float) and not isinstance(value, bool) for value in found)
    return [value for value in found if isinstance(value, int | float)]


# Ranges.

EXPANDED = [
    ("seed=0..4", "seed=0,1,2,3,4"),
    ("seed=4..0", "seed=4,3,2,1,0"),
    ("seed=-2..2", "seed=-2,-1,0,1,2"),
    ("seed=-2..-4", "seed=-2,-3,-4"),
    ("seed=+1..3", "seed=1,2,3"),
    ("seed=3..3", "seed=3"),
    ("seed=0..9:2", "seed=0,9"),
    ("seed=0..9:3", "seed=0,5,9"),
    ("seed=9..0:3", "seed=9,5,0"),
    ("seed=0..2:9", "seed=0,1,2"),
    ("seed=0..4,10", "seed=0,1,2,3,4,10"),
    ("seed=10,0..2,5..6", "seed=10,0,1,2,5,6"),
    ("seed=choice(0..2,9)", "seed=choice(0,1,2,9)"),
    ("seed=1_000..1_002", "seed=1000,1001,1002"),
    ("seed=1e1..1e3:3log", "seed=10,100,1000"),
    ("seed=18446744073709551614..18446744073709551615", "seed=18446744073709551614,18446744073709551615"),
    ("seed= 0 .. 2 ", "seed=0,1,2"),
    ("seed＝０．．２", "seed=0,1,2"),
    ("optim.lr=0.1..0.5:5", "optim.lr=0.1,0.2,0.3,0.4,0.5"),
    ("optim.lr=0.5..0.1:5", "optim.lr=0.5,0.4,0.3,0.2,0.1"),
    ("optim.lr=0..1:5", "optim.lr=0,0.25,0.5,0.75,1"),
    ("optim.lr=.5..1.:2", "optim.lr=0.5,1"),
    ("optim.lr=1..3", "optim.lr=1,2,3"),
    ("optim.lr=-0.1..0.1:3", "optim.lr=-0.1,0,0.1"),
    ("optim.lr=0.001..1:4log", "optim.lr=0.001,0.01,0.1,1"),
    ("optim.lr=1e-6..1e-2:3log", "optim.lr=1e-06,0.0001,0.01"),
    ("optim.lr=0.001..1:7log", "optim.lr=0.001,0.0032,0.01,0.032,0.1,0.32,1"),
    ("optim.lr=1..0.001:4LOG", "optim.lr=1,0.1,0.01,0.001"),
    ("optim.lr=-1..-0.01:3log", "optim.lr=-1,-0.1,-0.01"),
    ("optim.lr=0.123456789..1:2log", "optim.lr=0.123456789,1"),
    ("optim.lr=1..1000:4log", "optim.lr=1,10,100,1000"),
    ("model.hidden=4..64:5log", "model.hidden=4,8,16,32,64"),
    ("model.hidden=10..1000:7log", "model.hidden=10,22,46,100,215,464,1000"),
    ("model.hidden=1..4:20log", "model.hidden=1,2,3,4"),
    ("model.hidden=10,20x20,1..2", "model.hidden=10,20x20,1,2"),
    ("batch_size=null,8..32:3log", "batch_size=null,8,16,32"),
    ("model.hiden=0..2", "++model.hiden=0,1,2"),
    ("model.hiden=0..2,a^b", "++model.hiden=0,1,2,'a^b'"),
    ("seed=0..2,a^b", "seed=0,1,2,'a^b'"),
]


@pytest.mark.parametrize(("typed", "override"), EXPANDED, ids=[case[0] for case in EXPANDED])
def test_a_range_becomes_the_list_that_it_means(shipped: Vocabulary, typed: str, override: str) -> None:
    assert parse(["-m", typed], (), shipped).overrides == (override,)


@pytest.mark.parametrize(
    ("typed", "override"),
    [
        ("name=0..4", "name='0..4'"),
        ("tags=0..4", "tags='0..4'"),
        ("output=../x", "output='../x'"),
        ("seed='0..4'", "seed='0..4'"),
        ('seed="0..4"', 'seed="0..4"'),
        ("seed=${..seed}", "seed=${..seed}"),
        ("model.hiden=../x", "++model.hiden='../x'"),
        ("model.hiden=a..b", "++model.hiden='a..b'"),
        ("hydra.run.dir=0..4", "hydra.run.dir=0..4"),
    ],
)
@pytest.mark.parametrize("multirun", [True, False], ids=["-m", "alone"])
def test_texts_quoted_values_and_hydras_own_keys_have_no_ranges(
    shipped: Vocabulary, multirun: bool, typed: str, override: str
) -> None:
    found = parse(["-m", typed] if multirun else [typed], (), shipped).overrides
    assert [text.replace("'", "") for text in found] == [override.replace("'", "")]
    assert parse(["-m", typed], (), shipped).swept == ()


WRONG = [
    ("seed=0..", "seed=0..: a range needs both ends, such as seed=0..4", None),
    ("seed=..4", "seed=..4: a range needs both ends, such as seed=0..4", None),
    ("seed=..", "seed=..: a range needs both ends, such as seed=0..4", None),
    ("seed=a..b", "seed=a..b: a range needs numbers, such as seed=0..4", None),
    (
        "model.hidden=5x5..9x9",
        "model.hidden=5x5..9x9: a range needs numbers, such as model.hidden=0..4",
        None,
    ),
    (
        "optim.lr=0.1..0.5",
        "optim.lr=0.1..0.5: how many values? write optim.lr=0.1..0.5:5",
        "nnrun -m optim.lr=0.1..0.5:5",
    ),
    (
        "optim.lr=0.1..0.5,1",
        "optim.lr=0.1..0.5,1: how many values? write optim.lr=0.1..0.5:5,1",
        "nnrun -m optim.lr=0.1..0.5:5,1",
    ),
    (
        "optim.lr=0.1..0.5:",
        "optim.lr=0.1..0.5:: how many values? write optim.lr=0.1..0.5:5",
        "nnrun -m optim.lr=0.1..0.5:5",
    ),
    ("seed=1e1..1e2", "seed=1e1..1e2: how many values? write seed=1e1..1e2:5", "nnrun -m seed=1e1..1e2:5"),
    (
        "optim.lr=1..10:0",
        "optim.lr=1..10:0: both ends count, so there are at least 2 values, such as optim.lr=1..10:5",
        None,
    ),
    (
        "optim.lr=1..10:1",
        "optim.lr=1..10:1: both ends count, so there are at least 2 values, such as optim.lr=1..10:5",
        None,
    ),
    (
        "optim.lr=0..1:5log",
        "optim.lr=0..1:5log: log needs both ends above 0 or both below, such as optim.lr=0.001..1:5log",
        None,
    ),
    (
        "optim.lr=-1..1:5log",
        "optim.lr=-1..1:5log: log needs both ends above 0 or both below, such as optim.lr=0.001..1:5log",
        None,
    ),
    (
        "seed=0..100000",
        "seed=0..100000: 100,001 values are more than 100,000, such as seed=0..100000:50",
        None,
    ),
    (
        "optim.lr=1..2:100001log",
        "optim.lr=1..2:100001log: 100,001 values are more than 100,000, such as optim.lr=1..2:50log",
        None,
    ),
    ("seed=0..99999,7", "seed=0..99999,7: 100,001 values for seed are more than 100,000", None),
    ("seed=0...4", "seed=0...4: two dots stand between the ends; write seed=0..4", "nnrun -m seed=0..4"),
    (
        "optim.lr=0.1....0.5",
        "optim.lr=0.1....0.5: two dots stand between the ends; write optim.lr=0.1..0.5:5",
        "nnrun -m optim.lr=0.1..0.5:5",
    ),
    ("seed=...", "seed=...: two dots stand between the ends, such as seed=0..4", None),
    ("seed=0..4:5:2", "seed=0..4:5:2: one count is enough; write seed=0..4:5", "nnrun -m seed=0..4:5"),
    (
        "optim.lr=1..9:log5",
        "optim.lr=1..9:log5: log stands after the count; write optim.lr=1..9:5log",
        "nnrun -m optim.lr=1..9:5log",
    ),
    (
        "optim.lr=1..9:log",
        "optim.lr=1..9:log: log stands after the count; write optim.lr=1..9:5log",
        "nnrun -m optim.lr=1..9:5log",
    ),
    (
        "optim.lr=1..9:x",
        "optim.lr=1..9:x: after ':' stands how many values, with or without log, such as optim.lr=1..9:5",
        None,
    ),
    (
        "seed=0..10..2",
        "seed=0..10..2: a range takes a count, not a step; write seed=0..10:6",
        "nnrun -m seed=0..10:6",
    ),
    (
        "seed=9..0..2",
        "seed=9..0..2: a range takes a count, not a step; write seed=9..1:5",
        "nnrun -m seed=9..1:5",
    ),
    (
        "optim.lr=0.1..0.5..0.1",
        "optim.lr=0.1..0.5..0.1: a range takes a count, not a step; write optim.lr=0.1..0.5:5",
        "nnrun -m optim.lr=0.1..0.5:5",
    ),
    ("seed=0..4..9", "seed=0..4..9: a range takes a count, not a step; write seed=0", "nnrun -m seed=0"),
    ("seed=0..4..0", "seed=0..4..0: a range takes a count, not a step, such as seed=0..4:5", None),
    ("seed=3..3:5", "seed=3..3:5: both ends are the same; write seed=3", "nnrun -m seed=3"),
    (
        "seed=0..1e400:5",
        "seed=0..1e400:5: the ends of a range must be finite numbers, such as seed=0..4",
        None,
    ),
    ("shuffle=0..1", "shuffle=0..1: ranges are for numbers; shuffle wants true or false", None),
    (
        "dtype=float32..float64",
        "dtype=float32..float64: ranges are for numbers; dtype wants one of float32, float64",
        None,
    ),
    ("model.hiden=0.1..1", "model.hiden=0.1..1: how many values? write model.hiden=0.1..1:5", None),
    # The braces of shells.
    (
        "seed={0..4}",
        "seed={0..4}: braces are for a shell that expands them; write seed=0..4",
        "nnrun -m seed=0..4",
    ),
    (
        "seed={4,5,6}",
        "seed={4,5,6}: braces are for a shell that expands them; write seed=4..6",
        "nnrun -m seed=4..6",
    ),
    (
        "optim.lr={0.1,1}",
        "optim.lr={0.1,1}: braces are for a shell that expands them; write optim.lr=0.1,1",
        "nnrun -m optim.lr=0.1,1",
    ),
    (
        "seed={0..10..5},7",
        "seed={0..10..5},7: braces are for a shell that expands them; write seed=0..10:3,7",
        "nnrun -m seed=0..10:3,7",
    ),
    (
        "seed={0..1:5}",
        "seed={0..1:5}: braces are for a shell that expands them; write seed=0..1:5",
        "nnrun -m seed=0..1:5",
    ),
    (
        "seed={a..e}",
        "seed={a..e}: braces are for a shell that expands them, such as seed=0..4",
        None,
    ),
    (
        "model.hidden={5,10x10}",
        "model.hidden={5,10x10}: braces are for a shell that expands them; write model.hidden=5,10x10",
        "nnrun -m model.hidden=5,10x10",
    ),
    (
        "model.activation={relu,tanh}",
        "model.activation={relu,tanh}: braces are for a shell that expands them;"
        " write model.activation=relu,tanh",
        "nnrun -m model.activation=relu,tanh",
    ),
    (
        "model={mlp,linear}",
        "model={mlp,linear}: model takes one name; to try each: -m and no braces",
        "nnrun -m model=mlp,linear",
    ),
    (
        "optim.lr=0.1..0.1",
        "optim.lr=0.1..0.1: both ends are the same; write optim.lr=0.1",
        "nnrun -m optim.lr=0.1",
    ),
    (
        "seed=0..4:3log",
        "seed=0..4:3log: log needs both ends above 0 or both below, such as seed=1..4:3log",
        None,
    ),
    (
        "seed=range(0,3),5",
        "seed=range(0,3),5: range(...) cannot stand beside other values; write values and ranges apart by"
        " commas, such as seed=0..4,10",
        None,
    ),
    (
        "optim.lr=choice(0.1,choice(0.2,0.3))",
        "optim.lr=choice(0.1,choice(0.2,0.3)): choice(...) cannot stand beside other values; write values"
        " and ranges apart by commas, such as optim.lr=0..4,10",
        None,
    ),
]


@pytest.mark.parametrize(("typed", "problem", "command"), WRONG, ids=[case[0] for case in WRONG])
def test_a_wrong_range_is_one_line_that_says_what_to_type(
    shipped: Vocabulary, typed: str, problem: str, command: str | None
) -> None:
    error = refusal(shipped, f"-m {typed}")
    assert error.problems == (problem,)
    if command is not None:
        assert error.command == command


@pytest.mark.parametrize("typed", [case[0] for case in WRONG])
def test_the_same_is_said_without_m_and_the_command_has_it(shipped: Vocabulary, typed: str) -> None:
    if "hiden" in typed:
        return
    alone, sweep = refusal(shipped, typed), refusal(shipped, f"-m {typed}")
    assert len(alone.problems) == 1
    assert alone.problems[0].replace("write nnrun -m ", "write ") == sweep.problems[0]
    assert alone.command == sweep.command


@pytest.mark.parametrize("typed", [case[0] for case in WRONG if case[2]])
def test_the_command_that_is_shown_is_right(shipped: Vocabulary, typed: str) -> None:
    command = refusal(shipped, typed).command
    assert command is not None
    assert parse(command.split()[1:], (), shipped).multirun


@pytest.mark.parametrize(
    ("typed", "count"),
    [
        ("seed=0..4", "5"),
        ("seed=4..0", "5"),
        ("optim.lr=0.1..0.5:7", "7"),
        ("seed=0..4,10", "6"),
        ("model.hidden=1..4:20log", "4"),
        ("model.hidden=5,6..7", "3"),
        ("seed=choice(0..4)", "5"),
    ],
)
def test_a_range_without_m_gets_the_command_with_it(shipped: Vocabulary, typed: str, count: str) -> None:
    error = refusal(shipped, typed)
    key = typed.partition("=")[0]
    form = f'"{typed}"' if "(" in typed else typed
    assert error.problems == (f"{typed}: {count} values for {key}; to try each: nnrun -m {form}",)
    assert error.command == f"nnrun -m {form}"


def test_a_key_that_nobody_knows_is_not_taken_for_a_range_without_m(shipped: Vocabulary) -> None:
    assert parse(["model.hiden=0..4"], (), shipped).overrides == ("++model.hiden=0..4",)


whole_numbers = st.integers(-(10**6), 10**6)
floats = st.floats(-1e9, 1e9, allow_nan=False, allow_subnormal=False)
positive = st.floats(1e-12, 1e12, allow_subnormal=False)


@given(whole_numbers, st.integers(-300, 300))
def test_whole_numbers_come_back_through_hydra(first: int, length: int) -> None:
    found = read_range(f"{first}..{first + length}")
    assert isinstance(found, Range)
    step = 1 if length >= 0 else -1
    expected = list(range(first, first + length + step, step))
    assert numbers(f"k={','.join(found.values(whole=False))}") == expected
    assert found.values(whole=True) == found.values(whole=False)


@given(floats, floats, st.integers(2, 40))
@settings(deadline=None)
def test_evenly_spaced_numbers_come_back_through_hydra(first: float, last: float, count: int) -> None:
    found = read_range(f"{first!r}..{last!r}:{count}")
    if not isinstance(found, Range):
        assert first == last
        return
    values = numbers(f"k={','.join(found.values(whole=False))}")
    assert (values[0], values[-1]) == (first, last)
    exact = [first + (last - first) * i / (count - 1) for i in range(count)]
    allowed = 1e-14 * max(abs(first), abs(last))
    if len(values) == count:
        assert all(abs(a - b) <= allowed for a, b in zip(values, exact, strict=True))
    else:
        assert abs(last - first) <= allowed * count


@given(positive, positive, st.integers(2, 40), st.booleans())
@settings(deadline=None)
def test_log_spaced_numbers_come_back_through_hydra_in_few_digits(
    first: float, last: float, count: int, negative: bool
) -> None:
    sign = -1 if negative else 1
    if abs(math.log(last / first)) < 1e-3:
        return
    found = read_range(f"{sign * first!r}..{sign * last!r}:{count}log")
    assert isinstance(found, Range)
    texts = found.values(whole=False)
    values = numbers(f"k={','.join(texts)}")
    assert (values[0], values[-1]) == (sign * first, sign * last)
    assert len(values) == len(set(values)) == count
    assert values == sorted(values, reverse=(last < first) != negative)
    step = math.log(last / first) / (count - 1)
    assert digits(values[1:-1]) <= 6 or not fits(values, first, last, 6)
    assert digits(values[1:-1]) > 6 or all(
        abs(math.log(b / a) / step - 1) < 0.0151 for a, b in itertools.pairwise(values)
    )
    assert digits(values[1:-1]) <= 2 or not fits(values, first, last, digits(values[1:-1]) - 1)


def digits(values: list[float]) -> int:
    """Most significant digits that any of `values` needs."""
    return max((next(n for n in range(1, 18) if float(f"{v:.{n - 1}e}") == v) for v in values), default=0)


def fits(values: list[float], first: float, last: float, places: int) -> bool:
    """Whether so many digits would clearly do."""
    step = math.log(last / first) / (len(values) - 1)
    exact = [first * math.exp(step * i) for i in range(1, len(values) - 1)]
    rounded = [first, *(float(f"{v:.{places - 1}e}") for v in exact), last]
    return all(a != b and abs(math.log(b / a) / step - 1) < 0.0149 for a, b in itertools.pairwise(rounded))


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(2, 60))
@settings(deadline=None)
def test_sizes_between_whole_ends_are_whole_and_come_once(first: int, last: int, count: int) -> None:
    for spacing in ("", "log"):
        found = read_range(f"{first}..{last}:{count}{spacing}")
        if not isinstance(found, Range):
            assert first == last
            continue
        values = numbers(f"k={','.join(found.values(whole=True))}")
        assert all(isinstance(value, int) for value in values)
        assert values == sorted(set(values), reverse=last < first)
        assert (values[0], values[-1]) == (first, last)
        assert len(values) <= count


def test_the_most_values_that_are_allowed_pass(shipped: Vocabulary) -> None:
    found = parse(["-m", f"seed=1..{MOST_VALUES}"], (), shipped)
    assert found.overrides[0].count(",") == MOST_VALUES - 1


@pytest.mark.parametrize(
    "typed", ["1..1e-320:50log", "1e-300..1e300:9log", "5e-324..1:4log", "1..1.0000000000000002:9log"]
)
def test_extreme_ends_are_no_trouble(typed: str) -> None:
    found = read_range(typed)
    assert isinstance(found, Range)
    assert len(numbers(f"k={','.join(found.values(whole=False))}")) > 1


@given(st.text("0123456789.:-+elog_ab{}, ", max_size=14))
@settings(max_examples=400)
def test_whatever_has_two_dots_is_a_range_or_said_to_be_wrong(text: str) -> None:
    if is_range(text.strip()):
        found = read_range(text.strip())
        if not isinstance(found, Range):
            assert found.text
            if found.fixed and is_range(found.fixed):
                assert isinstance(read_range(found.fixed), Range)


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["0", "1", "2"], "0..2"),
        (["2", "1", "0"], "2..0"),
        (["-1", "0", "1"], "-1..1"),
        (["0", "1"], "0,1"),
        (["0", "2", "4"], "0,2,4"),
        (["1", "2", "2"], "1,2,2"),
        (["0.1", "0.2", "0.3"], "0.1,0.2,0.3"),
        (["a", "b", "c"], "a,b,c"),
        ([], ""),
    ],
)
def test_the_form_to_type_is_a_range_only_for_a_run_of_whole_numbers(values: list[str], form: str) -> None:
    assert shortest(values) == form


# What a shell has expanded.


@pytest.mark.parametrize(
    ("line", "form"),
    [
        ("seed=0 seed=1 seed=2", "seed=0..2"),
        ("seed=0 seed=1", "seed=0,1"),
        ("seed=0 seed=1 seed=5", "seed=0,1,5"),
        ("optim.lr=0.1 optim.lr=0.5 epochs=5", "optim.lr=0.1,0.5"),
        ("name=0 name=1 name=2", "name=0,1,2"),
        ("model=mlp model=linear", "model=mlp,linear"),
        ("model.hidden=1 model.hidden=2 model.hidden=3", "model.hidden=1..3"),
        ("seed=1..3 seed=7", "seed=1..3,7"),
    ],
)
def test_repeated_keys_of_a_sweep_get_the_form_to_type(shipped: Vocabulary, line: str, form: str) -> None:
    error = refusal(shipped, f"-m {line}")
    key = form.partition("=")[0]
    count = line.count(f"{key}=")
    times = "twice" if count == 2 else f"{count} times"
    assert error.problems == (
        f"{key} given {times}; write {form} (a shell turns {{1,2}} into two arguments)",
    )
    others = [word for word in line.split() if not word.startswith(f"{key}=")]
    assert error.command == " ".join(["nnrun", "-m", form, *others])


def test_without_m_a_run_of_three_is_trained_as_its_last_and_the_warning_shows_the_sweep(
    shipped: Vocabulary,
) -> None:
    found = invocation(shipped, "seed=0 seed=1 seed=2")
    assert found.overrides == ("seed=2",)
    assert found.warnings == (
        "seed given 3 times: 0, 1, then 2; the last counts",
        "to try each value of seed: nnrun -m seed=0..2",
    )


# Zips.

PAIR = "pair=zip(optim.lr=choice(0.1,0.5),epochs=choice(100,20))"
ROWS = (("optim.lr=0.1", "epochs=100"), ("optim.lr=0.5", "epochs=20"))


def test_a_zip_is_a_sweep_over_its_rows(shipped: Vocabulary) -> None:
    found = invocation(shipped, f"-m {PAIR} seed=1,2 shuffle=false")
    assert found.overrides == ("pair=0,1", "seed=1,2", "shuffle=false")
    assert found.zips == {"pair": ROWS}
    assert found.swept == ("optim.lr", "epochs", "seed")
    assert found.typed["epochs"] == "epochs=choice(100,20)"


@pytest.mark.parametrize(
    ("inside", "rows"),
    [
        ("optim.lr=[0.1,0.5],epochs=[100,20]", ROWS),
        ("optim.lr=0.1..0.5:2,epochs=choice(100,20)", ROWS),
        ("optim.lr = choice( 0.1 , 0.5 ) , epochs = choice(100, 20)", ROWS),
        ("+optim.lr=choice(0.1,0.5),++epochs=[100,20]", ROWS),
        ("seed=0..2,epochs=5..3", (("seed=0", "epochs=5"), ("seed=1", "epochs=4"), ("seed=2", "epochs=3"))),
        (
            "seed=choice(0..1,9),epochs=[1..2,5]",
            (("seed=0", "epochs=1"), ("seed=1", "epochs=2"), ("seed=9", "epochs=5")),
        ),
        ("seed=range(1,4,2),epochs=range(2)", (("seed=1", "epochs=0"), ("seed=3", "epochs=1"))),
        ("optim.lr=range(0.5,2),seed=0..1", (("optim.lr=0.5", "seed=0"), ("optim.lr=1.5", "seed=1"))),
        (
            "model=[linear,mlp],loss=[mae,mse],seed=0..1",
            (("model=linear", "loss=mae", "seed=0"), ("model=mlp", "loss=mse", "seed=1")),
        ),
        (
            "model=choice(mlp,linear),model.hidden=choice(10,20)",
            (("model=mlp", "++model.hidden=10"), ("model=linear", "++model.hidden=20")),
        ),
        (
            "model.hidden=choice([5],[20,20]),seed=0..1",
            (("model.hidden=[5]", "seed=0"), ("model.hidden=[20,20]", "seed=1")),
        ),
        (
            "model.hidden=[5,20x20],seed=0..1",
            (("model.hidden=5", "seed=0"), ("model.hidden=20x20", "seed=1")),
        ),
        ("name=choice(a b,f(x,y)),seed=0..1", (("name='a b'", "seed=0"), ("name='f(x,y)'", "seed=1"))),
        ("name=choice('a,b',甲，乙),seed=0..1", (("name='a,b'", "seed=0"), ("name='甲，乙'", "seed=1"))),
        ("name=[1,true],seed=0..1", (("name='1'", "seed=0"), ("name='true'", "seed=1"))),
        ("tags=choice([a,b],c),seed=0..1", (("tags=[a,b]", "seed=0"), ("tags=c", "seed=1"))),
        ("batch_size=choice(null,8),seed=[1,2]", (("batch_size=null", "seed=1"), ("batch_size=8", "seed=2"))),
    ],
)
def test_rows_are_ready_for_hydra(
    shipped: Vocabulary, inside: str, rows: tuple[tuple[str, ...], ...]
) -> None:
    found = parse(["-m", f"p=zip({inside})"], (), shipped)
    assert found.zips == {"p": rows}
    assert found.overrides == ("p=" + ",".join(map(str, range(len(rows)))),)
    for row in rows:
        OverridesParser.create().parse_overrides(list(row))


def test_full_width_characters_are_read_as_ascii_in_a_zip(shipped: Vocabulary) -> None:
    typed = "pair＝zip（optim.lr＝choice（０．１，０．５），epochs＝［100、20］）"
    assert parse(["-m", typed], (), shipped).zips == {"pair": ROWS}


def test_a_zip_of_one_row_is_its_overrides(shipped: Vocabulary) -> None:
    found = invocation(shipped, "-m pair=zip(optim.lr=0.1,epochs=choice(5)) seed=1,2")
    assert found.overrides == ("optim.lr=0.1", "epochs=5", "seed=1,2")
    assert found.zips == {}
    assert found.swept == ("seed",)


def test_rows_may_be_shuffled(shipped: Vocabulary) -> None:
    found = invocation(shipped, f"-m {PAIR.replace('zip', 'shuffle(zip')})")
    assert found.overrides == ("pair=shuffle(0,1)",)
    assert found.zips == {"pair": ROWS}
    assert sorted(jobs(found.overrides)) == [("pair=0",), ("pair=1",)]


def test_zips_are_crossed_with_each_other_and_with_the_rest(shipped: Vocabulary) -> None:
    found = invocation(shipped, f"-m {PAIR} other=zip(seed=0..2,val_fraction=0.1..0.3:3) clip_norm=1,2")
    assert set(found.zips) == {"pair", "other"}
    assert found.swept == ("optim.lr", "epochs", "seed", "val_fraction", "clip_norm")
    assert len(jobs(found.overrides)) == 2 * 3 * 2


@pytest.mark.parametrize("name", ["name", "dataset.expression", "output", "tags"])
def test_a_text_may_look_like_a_zip(shipped: Vocabulary, name: str) -> None:
    found = parse(["-m", "dataset=function", f"{name}=zip(a=1)"], (), shipped)
    assert found.overrides[1] == f"{name}='zip(a=1)'"
    assert found.zips == {}


EXAMPLE = '"pair=zip(optim.lr=choice(0.1,0.5),epochs=choice(100,20))"'

WRONG_ZIPS = [
    ("p=zip()", f"p=zip(): zip pairs the values of two keys or more: {EXAMPLE}", None),
    ("p=zip(seed=[1,2])", f"p=zip(seed=[1,2]): zip pairs the values of two keys or more: {EXAMPLE}", None),
    (
        "p=zip(1,seed=[1,2])",
        f"p=zip(1,seed=[1,2]): zip pairs the values of two keys or more: {EXAMPLE}",
        None,
    ),
    (
        "p=zip(seed=[1,2],epochs=[1,2,3])",
        "p=zip(seed=[1,2],epochs=[1,2,3]): seed has 2 values, epochs has 3 values; all need equally many",
        None,
    ),
    (
        "p=zip(seed=[1,2],epochs=5,optim.lr=[1,2])",
        "p=zip(seed=[1,2],epochs=5,optim.lr=[1,2]): seed has 2 values, epochs has 1 value,"
        " optim.lr has 2 values; all need equally many",
        None,
    ),
    (
        "p=zip(seed=[1,2],seed=[3,4])",
        "p=zip(seed=[1,2],seed=[3,4]): seed is in it twice; leave one of them out",
        None,
    ),
    (
        "p=zip(sede=[1,2],epochs=[3,4])",
        "sede=[1,2]: unknown option 'sede'; did you mean 'seed'?",
        'nnrun -m "p=zip(seed=[1,2],epochs=[3,4])"',
    ),
    (
        "p=zip(lr=choice(1,2),epochs=[3,4])",
        "lr=choice(1,2): unknown option 'lr'; write \"optim.lr=choice(1,2)\"",
        'nnrun -m "p=zip(optim.lr=choice(1,2),epochs=[3,4])"',
    ),
    (
        "p=zip(lr=1,2,epochs=[3,4])",
        "lr=1,2: unknown option 'lr'; write \"optim.lr=choice(1,2)\"",
        'nnrun -m "p=zip(optim.lr=choice(1,2),epochs=[3,4])"',
    ),
    (
        "p=zip(seed=1,2,epochs=[3,4])",
        'seed=1,2: several values stand in choice(...); write "seed=choice(1,2)"',
        'nnrun -m "p=zip(seed=choice(1,2),epochs=[3,4])"',
    ),
    (
        "p=zip(model=choice(mpl,linear),epochs=[3,4])",
        "model=choice(mpl,linear): no model 'mpl'; did you mean 'mlp'? choices: conv, linear, mlp, power",
        'nnrun -m "p=zip(model=choice(mlp,linear),epochs=[3,4])"',
    ),
    (
        "p=zip(optim.lr=0.1..0.5,epochs=[3,4])",
        "optim.lr=0.1..0.5: how many values? write optim.lr=0.1..0.5:5",
        'nnrun -m "p=zip(optim.lr=0.1..0.5:5,epochs=[3,4])"',
    ),
    (
        "p=zip(seed={1..2},epochs=[3,4])",
        "seed={1..2}: braces are for a shell that expands them; write seed=1..2",
        'nnrun -m "p=zip(seed=1..2,epochs=[3,4])"',
    ),
    (
        "p=zip(zzzz=[1,2],epochs=[3,4])",
        "zzzz=[1,2]: unknown option 'zzzz'; nnrun --help lists the options",
        None,
    ),
    ("p=zip(seed=[],epochs=[3,4])", "seed=[]: there are no values", None),
    ("p=zip(seed=choice(),epochs=[3,4])", "seed=choice(): there are no values", None),
    ("p=zip(seed=,epochs=[3,4])", "seed=: there are no values", None),
    ("p=zip(seed=range(0),epochs=[3,4])", "seed=range(0): there are no values", None),
    (
        "p=zip(seed=range(1,2,0),epochs=[3,4])",
        "seed=range(1,2,0): not a range of Hydra's; write FIRST..LAST, such as 0..4",
        None,
    ),
    (
        "p=zip(optim.lr=interval(0,1),epochs=[3,4])",
        "optim.lr=interval(0,1): interval has no fixed order of values; list them in choice(...)",
        None,
    ),
    (
        "p=zip(seed=shuffle(1,2),epochs=[3,4])",
        "seed=shuffle(1,2): shuffle has no fixed order of values; list them in choice(...)",
        None,
    ),
    (
        "p=zip(model=glob(*),epochs=[3,4])",
        "model=glob(*): glob has no fixed order of values; list them in choice(...)",
        None,
    ),
    ("p=zip(q=zip(seed=1,epochs=2),epochs=[3,4])", "q=zip(seed=1,epochs=2): a zip cannot be in a zip", None),
    (
        "p=zip(seed=choice(range(0,2),5),epochs=[3,4])",
        "seed=choice(range(0,2),5): range(0,2) is a sweep inside a zip; list its values",
        None,
    ),
    (
        "p=zip(hydra.job.num=[1,2],seed=[3,4])",
        "hydra.job.num=[1,2]: Hydra's own settings cannot be in a zip",
        None,
    ),
    ("p=zip(x._target_=[1,2],seed=[3,4])", "x._target_=[1,2]: not allowed in nnrun", None),
    (
        "p=zip(model@x=[mlp,linear],seed=[3,4])",
        "model@x=[mlp,linear]: packages ('@') are not allowed in nnrun; write GROUP=NAME",
        None,
    ),
    (
        "p=zip(~seed=[1,2],epochs=[3,4])",
        "~seed=[1,2]: nothing can be removed; leave out '~seed=[1,2]' for its default",
        None,
    ),
    (
        "seed=zip(optim.lr=[1,2],epochs=[3,4])",
        "seed=zip(optim.lr=[1,2],epochs=[3,4]): 'seed' is an option;"
        " a zip needs a name of its own, such as pair",
        'nnrun -m "pair=zip(optim.lr=[1,2],epochs=[3,4])"',
    ),
    (
        "model=zip(optim.lr=[1,2],epochs=[3,4])",
        "model=zip(optim.lr=[1,2],epochs=[3,4]): 'model' is an option;"
        " a zip needs a name of its own, such as pair",
        'nnrun -m "pair=zip(optim.lr=[1,2],epochs=[3,4])"',
    ),
    (
        "a-b=zip(optim.lr=[1,2],epochs=[3,4])",
        "a-b=zip(optim.lr=[1,2],epochs=[3,4]): the name of a zip is one plain word, such as pair",
        'nnrun -m "pair=zip(optim.lr=[1,2],epochs=[3,4])"',
    ),
    (
        "p=zip(optim.lr=choice(0.1,",
        "p=zip(optim.lr=choice(0.1,: zip( is not closed; put double quotes around it all",
        None,
    ),
    (
        "p=shuffle(zip(seed=[1,2],epochs=[3,4])",
        "p=shuffle(zip(seed=[1,2],epochs=[3,4]): zip( is not closed; put double quotes around it all",
        None,
    ),
    (
        "p=zip(seed=0..1,val_fraction=[0.1,0.2]) seed=3",
        "p=zip(seed=0..1,val_fraction=[0.1,0.2]): seed is set by seed=3 too; leave one of them out",
        None,
    ),
    (
        "p=zip(seed=0..1,epochs=1..2) q=zip(seed=3..4,val_fraction=[0.1,0.2])",
        "q=zip(seed=3..4,val_fraction=[0.1,0.2]): seed is set by p=zip(seed=0..1,epochs=1..2) too;"
        " leave one of them out",
        None,
    ),
    (
        "p=zip(seed=0..1,epochs=1..2) p=zip(optim.lr=3..4,val_fraction=[0.1,0.2])",
        "p=zip(optim.lr=3..4,val_fraction=[0.1,0.2]): two zips are named p; rename one",
        None,
    ),
    (
        "zip(seed=0..1,epochs=1..2)",
        'zip(seed=0..1,epochs=1..2): a zip needs a name of its own; write "pair=zip(seed=0..1,epochs=1..2)"',
        'nnrun -m "pair=zip(seed=0..1,epochs=1..2)"',
    ),
]


@pytest.mark.parametrize(("line", "problem", "command"), WRONG_ZIPS, ids=[case[0] for case in WRONG_ZIPS])
def test_a_wrong_zip_is_one_line_that_says_what_to_type(
    shipped: Vocabulary, line: str, problem: str, command: str | None
) -> None:
    error = refusal(shipped, f"-m {line}")
    assert error.problems == (problem,)
    assert error.command == command


@pytest.mark.parametrize("line", [case[0] for case in WRONG_ZIPS if case[2]])
def test_the_right_zip_that_is_shown_passes(shipped: Vocabulary, line: str) -> None:
    command = refusal(shipped, f"-m {line}").command
    assert command is not None
    word = command.removeprefix('nnrun -m "').removesuffix('"')
    _, problems = passed_or_refused(["-m", word], shipped)
    assert all("equally many" in problem for problem in problems)


def test_without_m_a_zip_gets_the_command_with_it(shipped: Vocabulary) -> None:
    error = refusal(shipped, PAIR)
    assert error.problems == (f'{PAIR}: a zip is for a sweep; to try each row: nnrun -m "{PAIR}"',)
    assert error.command == f'nnrun -m "{PAIR}"'


def test_without_m_a_wrong_zip_is_corrected_whole(shipped: Vocabulary) -> None:
    error = refusal(shipped, "pair=zip(lr=choice(0.1,0.5),epochs=choice(100,20)) seed=0..4")
    assert error.command == f'nnrun -m "{PAIR}" seed=0..4'
    assert len(error.problems) == 3
    hopeless = refusal(shipped, "pair=zip(zzzz=choice(0.1,0.5),epochs=choice(100,20))")
    assert hopeless.problems[-1].endswith(": a zip is for a sweep; to try each row with -m")
    assert hopeless.command is None


member_values = st.sampled_from(
    ["0.1", "1e-3", "5", "null", "true", "[1,2]", "20x20", "1..3", "a", "'b,c'", ""]
)
members = st.tuples(
    st.sampled_from(
        ["seed", "optim.lr", "model", "name", "tags", "model.hidden", "epohcs", "x", "hydra.x", "~a", ""]
    ),
    st.sampled_from(
        ["choice({})", "[{}]", "{}", "range({})", "zip({})", "shuffle({})", "choice({}", "{{{}}}"]
    ),
    st.lists(member_values, max_size=3).map(",".join),
)


@given(
    st.sampled_from(["p=zip({})", "p=shuffle(zip({}))", "seed=zip({})", "p=zip({}"]),
    st.lists(members, max_size=3),
)
@settings(max_examples=400, deadline=None)
def test_any_zip_gives_rows_or_problems(
    shipped: Vocabulary, form: str, typed: list[tuple[str, str, str]]
) -> None:
    word = form.format(",".join(f"{key}={around.format(values)}" for key, around, values in typed))
    for argv in (["-m", word], [word]):
        found, problems = passed_or_refused(argv, shipped)
        assert found or problems
        for row in found.zips.get("p", ()) if found else ():
            assert len(row) == len(typed)
            OverridesParser.create().parse_overrides(list(row))


awkward = st.text("'\"\\,()[]{}$=:~ é日x#", max_size=8).filter(lambda text: "${" not in text)


@given(st.lists(awkward, min_size=2, max_size=4))
@settings(max_examples=300, deadline=None)
def test_any_quoted_text_travels_through_a_zip(shipped: Vocabulary, texts: list[str]) -> None:
    listed = ",".join(map(quoted, texts))
    argv = ["-m", f"p=zip(name=choice({listed}),seed=1..{len(texts)})"]
    rows = parse(argv, (), shipped).zips["p"]
    assert [OverridesParser.create().parse_override(row[0]).value() for row in rows] == texts


def test_members_keep_what_stands_around_their_values() -> None:
    found = read_members("a=choice(1,2),b=[3,4],c=5,d=6,7")
    assert [(member.key, member.values, member.around) for member in found] == [
        ("a", "1,2", "choice("),
        ("b", "3,4", "["),
        ("c", "5", ""),
        ("d", "6,7", ""),
    ]
    assert found[0].written("x", "9") == "x=choice(9)"
    assert found[2].written("c", "8,9") == "c=choice(8,9)"


def test_a_zip_knows_what_stands_for_it() -> None:
    assert Zip("p", {}, (("a=1",), ("a=2",))).overrides == ("p=0,1",)
    assert Zip("p", {}, (("a=1",), ("a=2",)), shuffled=True).overrides == ("p=shuffle(0,1)",)
    assert Zip("p", {}, (("a=1", "b=2"),)).overrides == ("a=1", "b=2")


# What is swept.


@pytest.mark.parametrize(
    ("line", "swept"),
    [
        ("-m seed=0..4 epochs=5 optim.lr=0.1,0.2", ("seed", "optim.lr")),
        ("-m optim.lr=0.1,0.2 seed=0..4", ("optim.lr", "seed")),
        ("-m seed=3..3 epochs=choice(5)", ()),
        ("-m seed=range(3) optim.lr=interval(0,1) model=glob(*)", ("seed", "optim.lr", "model")),
        ("-m model=mlp,linear model.hidden=5,20x20", ("model", "model.hidden")),
        ("-m model.hidden=[5,20]", ()),
        ("-m model.hiden=1,2 +epochs=1,2", ("model.hiden", "epochs")),
        ("-m model.hiden=1,a^b", ("model.hiden",)),
        ("-m name=a,b dataset=function dataset.expression=f(x,y)", ("name",)),
        ("-m name='a,b'", ()),
        ("-m hydra.job.num=1,2 epochs=5", ()),
        ("-m", ()),
        ("hydra.mode=MULTIRUN seed=1,2", ("seed",)),
        ("seed=1 epochs=2", ()),
        ("tags=a,b", ()),
    ],
)
def test_the_swept_keys_are_named_as_typed_and_in_order(
    shipped: Vocabulary, line: str, swept: tuple[str, ...]
) -> None:
    assert invocation(shipped, line).swept == swept


def test_a_preset_may_be_a_sweep(tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    preset = tmp_path / "experiment" / "curve.yaml"
    preset.write_text("# @package _global_\nhydra:\n  mode: MULTIRUN\n  sweeper:\n    params: {seed: 1}\n")
    flags = ["--config-dir", str(tmp_path), "experiment=curve"]
    assert parse([*flags, "optim.lr=0.1..0.2:2"]).overrides == ("experiment=curve", "optim.lr=0.1,0.2")
    assert parse(flags).multirun
    assert not parse([*flags, "hydra.mode=RUN"]).multirun
