"""What few numbers say of their mean: against SciPy, and against what the intervals promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nnrun.comparison.statistics import (
    difference_interval,
    mean_interval,
    sign_test,
    t_probability,
    t_quantile,
)

FREEDOMS = (1.0, 1.7, 2.0, 3.0, 4.0, 9.0, 29.5, 200.0, 1e5)


@pytest.mark.parametrize("freedom", FREEDOMS)
@pytest.mark.parametrize("probability", [0.001, 0.3, 0.5, 0.6, 0.9, 0.975, 0.9995])
def test_a_quantile_is_that_of_scipy(probability: float, freedom: float) -> None:
    assert t_quantile(probability, freedom) == pytest.approx(stats.t.ppf(probability, freedom), rel=1e-9)


@pytest.mark.parametrize(("freedom", "expected"), [(1, 12.706), (4, 2.776), (9, 2.262), (30, 2.042)])
def test_a_quantile_is_that_of_the_printed_tables(freedom: int, expected: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(expected, abs=5e-4)


@given(st.floats(0.5, 1e4), st.floats(-50, 50))
def test_probabilities_rise_and_both_sides_make_one(freedom: float, value: float) -> None:
    below = t_probability(value, freedom)
    assert 0 <= below <= t_probability(value + 0.1, freedom) <= 1
    assert below + t_probability(-value, freedom) == pytest.approx(1.0)


def test_an_interval_of_a_mean_is_that_of_scipy() -> None:
    values = [0.3, -1.2, 0.8, 2.4, 0.1]
    interval = mean_interval(values)
    expected = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))
    assert interval.mean == pytest.approx(np.mean(values))
    assert not interval.decided


def test_an_interval_of_unpaired_values_is_welchs() -> None:
    first, second = [3.0, 4.1, 3.6, 5.2], [1.0, 1.1, 0.8, 1.3, 0.9, 1.6]
    interval = difference_interval(first, second)
    expected = stats.ttest_ind(first, second, equal_var=False)
    bounds = expected.confidence_interval(0.95)
    assert interval.freedom == pytest.approx(expected.df)
    assert (interval.low, interval.high) == pytest.approx((bounds.low, bounds.high))
    assert interval.decided


def test_equal_values_have_an_interval_without_width() -> None:
    assert (mean_interval([2.0, 2.0, 2.0]).low, mean_interval([2.0, 2.0]).high) == (2.0, 2.0)
    assert difference_interval([1.0, 1.0], [1.0, 1.0]).high == 0.0


@pytest.mark.parametrize(
    ("lower", "higher"), [(0, 0), (3, 0), (5, 0), (6, 0), (7, 3), (1, 9), (40, 60), (900, 1100)]
)
def test_the_sign_test_is_the_binomial_one(lower: int, higher: int) -> None:
    total = lower + higher
    expected = stats.binomtest(lower, total).pvalue if total else 1.0
    assert sign_test(lower, higher) == pytest.approx(expected)


@pytest.mark.parametrize("count", [3, 5, 10])
def test_an_interval_of_few_values_holds_what_it_promises(count: int) -> None:
    random = np.random.default_rng(0)
    held = [
        (interval := mean_interval(list(random.normal(0.7, 2.0, count)))).low <= 0.7 <= interval.high
        for _ in range(2000)
    ]
    assert math.isclose(np.mean(held), 0.95, abs_tol=0.02)
