"""Calibration error: worked values, the bins that are stated with it, and the rows that it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.scoring.calibration import calibration_error

KEY = ["A"] * 4
confidences = st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=40)


def of(rows: list[tuple[bool, float]], **parameters: object) -> dict[str, object]:
    return calibration_error(
        ["A" if right else "B" for right, _ in rows], ["A"] * len(rows), [c for _, c in rows], **parameters
    )


def test_worked_value_over_two_bins() -> None:
    result = calibration_error(["A", "A", "B", "B"], KEY, [0.9, 0.7, 0.6, 0.2], bins=2)
    upper, lower = abs((0.9 + 0.7 + 0.6) / 3 - 2 / 3), 0.2
    assert result["calibration_error"] == pytest.approx(3 / 4 * upper + 1 / 4 * lower)
    assert result["brier_score"] == pytest.approx((0.01 + 0.09 + 0.36 + 0.04) / 4)
    assert [(b["bin"], b["n"]) for b in result["bins"]] == [(0, 1), (1, 3)]
    assert result["parameters"] == {
        "bins": 2,
        "binning": "equal width, closed on the right",
        "adaptive": "equal mass, ties together",
    }


def test_a_model_that_is_always_sure_and_right_is_calibrated() -> None:
    assert of([(True, 1.0)] * 5)["calibration_error"] == 0


def test_a_model_that_is_always_sure_and_wrong_is_not() -> None:
    result = of([(False, 1.0)] * 5)
    assert (result["calibration_error"], result["adaptive_calibration_error"], result["brier_score"]) == (1, 1, 1)


def test_an_edge_belongs_to_the_bin_on_its_left_and_zero_to_the_first() -> None:
    result = of([(True, c) for c in (0.0, 0.1, 0.2, 0.3, 0.7, 1.0)], bins=10)
    assert [b["bin"] for b in result["bins"]] == [0, 1, 2, 6, 9]
    assert result["bins"][0]["n"] == 2


def test_adaptive_bins_hold_equal_numbers_and_keep_equal_confidences_together() -> None:
    rows = [(True, c) for c in (0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5, 0.5)]
    table = of(rows, bins=2)["adaptive_bins"]
    assert [(b["lowest"], b["highest"], b["n"]) for b in table] == [(0.1, 0.4, 4), (0.5, 0.5, 4)]
    assert [b["n"] for b in of([(True, 0.8)] * 6 + [(False, 0.9)], bins=3)["adaptive_bins"]] == [6, 1]


def test_a_question_without_confidence_is_left_out_and_counted() -> None:
    result = calibration_error(["A", "B", None], ["A", "A", "A"], [1.0, None, 0.0])
    assert (result["n"], result["without_confidence"], result["unanswered"]) == (3, 1, 1)
    assert result["calibration_error"] == 0


@given(confidences, st.integers(1, 20))
def test_all_values_are_in_0_1_and_the_error_is_at_least_the_gap_of_the_means(
    rows: list[tuple[bool, float]], bins: int
) -> None:
    result = of(rows, bins=bins)
    gap = abs(result["mean_confidence"] - result["exact_set_match"])
    for name in ("calibration_error", "adaptive_calibration_error", "brier_score"):
        assert 0 <= result[name] <= 1 + 1e-12
    assert result["calibration_error"] >= gap - 1e-9
    assert result["adaptive_calibration_error"] >= gap - 1e-9


@given(confidences, st.randoms())
def test_no_order_of_questions_matters(rows: list[tuple[bool, float]], random) -> None:  # type: ignore[no-untyped-def]
    mixed = random.sample(rows, len(rows))
    assert of(rows) == of(mixed)


def test_one_bin_gives_the_gap_of_the_means() -> None:
    result = of([(True, 0.9), (False, 0.6)], bins=1)
    assert result["calibration_error"] == pytest.approx(abs(0.75 - 0.5))


def test_the_interval_is_of_the_binned_error_by_papers() -> None:
    rows = [(bool(i % 3), 0.5 + (i % 5) / 10) for i in range(60)]
    result = of(rows, papers=[i // 6 for i in range(60)], resamples=200)
    drawn = result["interval"]
    assert (drawn["clusters"], drawn["unit"]) == (10, "paper")
    assert drawn["low"] < result["calibration_error"] < drawn["high"]


def test_an_interval_pairs_papers_with_the_questions_that_have_a_confidence() -> None:
    """Paper p is perfectly calibrated, q never: without its silent rows each resample's error is 0, 1/2 or 1."""
    answers, stated = ["B", "A", "B", "B"], [None, 1.0, None, 1.0]
    drawn = calibration_error(answers, ["A"] * 4, stated, papers=["q", "p", "p", "q"], resamples=200)["interval"]
    assert (drawn["low"], drawn["high"], drawn["clusters"]) == (0.0, 1.0, 2)


REFUSED = (
    ([0.5], "1 confidences for 2 questions"),
    (None, "confidences is None; pass a list"),
    ([0.5, math.nan], "confidence 1 is nan; pass a number in"),
    ([0.5, np.float64("nan")], "confidence 1 is .*nan"),
    ([1.2, 0.5], r"confidence 0 is 1.2; pass a number in \[0, 1\]"),
    ([0.5, -0.1], "confidence 1 is -0.1"),
    ([0.5, "0.5"], "confidence 1 is '0.5'"),
    ([True, 0.5], "confidence 0 is True"),
    ([80, 0.5], "confidence 0 is 80"),
    ([None, None], "no question has a confidence"),
)


@pytest.mark.parametrize(("stated", "message"), REFUSED)
def test_confidences_that_cannot_be_used_are_refused_with_their_row(stated: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        calibration_error(["A", "B"], ["A", "A"], stated)  # type: ignore[arg-type]


@pytest.mark.parametrize("bins", [0, -1, 2.5, True, 10**10])
def test_bins_are_whole_numbers(bins: object) -> None:
    with pytest.raises(ValueError, match="^bins is "):
        calibration_error(["A"], ["A"], [0.5], bins=bins)  # type: ignore[arg-type]


def test_papers_are_counted_before_questions_are_left_out() -> None:
    with pytest.raises(ValueError, match="1 papers for 2 questions"):
        calibration_error(["A", "A"], ["A", "A"], [0.5, None], papers=["p"])
