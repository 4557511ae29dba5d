"""Response profile: the partition of answers, the signed gap, and a personality with a stated rule."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_option_sets import TABLE_3

from builder.scoring.strategies import STRATEGIES, personality_of_scores, response_profile

OPTIONS = list("ABCD")


def strategy(selected: str, key: str, options: str = "ABCD") -> str:
    shares = response_profile([list(selected)], [list(key)], [list(options)], resamples=1)["response_profile"]
    (name,) = [name for name, share in shares.items() if share == 1]
    return name


@pytest.mark.parametrize(
    ("selected", "key", "name"),
    [
        ("AB", "AB", "perfect"),
        ("", "AB", "abstention"),
        ("A", "AB", "conservative"),
        ("ABC", "AB", "aggressive"),
        ("ABCD", "AB", "gambling"),
        ("ABCD", "ABC", "gambling"),  # everything selected, though more is right than wrong
        ("ABCD", "ABCD", "perfect"),  # everything selected and right
        ("AC", "AB", "gambling"),  # as many wrong as right
        ("CD", "AB", "all_wrong"),
        ("ABZ", "AB", "aggressive"),
        ("ABCZ", "ABCD", "aggressive"),  # four labels of four options, one of them no option: not everything
        ("Z", "A", "all_wrong"),
    ],
)
def test_an_answer_has_one_strategy(selected: str, key: str, name: str) -> None:
    assert strategy(selected, key) == name


def test_the_strategies_of_table_1() -> None:
    names = [strategy(s, "AB") for s in ("AB", "A", "ABC", "ABCD", "CD")]
    assert names == ["perfect", "conservative", "aggressive", "gambling", "all_wrong"]


def test_every_answer_to_every_question_has_exactly_one_strategy() -> None:
    sets = ["".join(c) for n in range(5) for c in itertools.combinations("ABCD", n)]
    assert {strategy(s, key) for s in sets for key in sets[1:]} == set(STRATEGIES)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sets(st.sampled_from("ABCDZ")), st.sets(st.sampled_from("ABCD"), min_size=1)), min_size=1))
def test_shares_sum_to_1(rows: list[tuple[set[str], set[str]]]) -> None:
    result = response_profile([p for p, _ in rows], [r for _, r in rows], [OPTIONS] * len(rows), resamples=3)
    assert sum(result["response_profile"].values()) == pytest.approx(1)
    assert result["response_profile"]["abstention"] * len(rows) == pytest.approx(result["unanswered"])
    assert -0.6 < result["spc_minus_sip_f1"] < 0.4


def test_the_gap_is_positive_for_answers_that_select_too_little_and_negative_for_too_much() -> None:
    little = response_profile(["A"] * 4, ["A, B"] * 4, ["A, B, C"] * 4, resamples=5)
    much = response_profile(["A, B, C"] * 4, ["A, B"] * 4, ["A, B, C, D"] * 4, resamples=5)
    assert little["interval"]["low"] == pytest.approx(0.1)
    assert much["interval"]["high"] == pytest.approx(-0.24)
    assert little["spc_minus_sip_f1"] == pytest.approx(0.5 - 0.4)
    assert much["spc_minus_sip_f1"] == pytest.approx(0 - 0.24)


ANSWERS = {"Wise": ("A, B", 80, "A"), "Conservative": ("A", 70, "A, B"), "Aggressive": ("A, B, C", 70, "A, B")}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_clear_habit_has_its_name(name: str) -> None:
    most, times, rest = ANSWERS[name]
    given_answers = [most] * times + [rest] * (100 - times)
    result = response_profile(given_answers, ["A, B"] * 100, ["A, B, C, D"] * 100, resamples=200)
    assert result["personality"] == name
    assert result["personality_shares"][name] >= 0.9


def test_a_habit_that_resampling_does_not_settle_is_undetermined() -> None:
    answers = ["A"] * 10 + ["A, B, C"] * 11
    result = response_profile(answers, ["A, B"] * 21, ["A, B, C, D"] * 21, resamples=300)
    assert result["personality"] == "undetermined"
    assert sum(result["personality_shares"].values()) == pytest.approx(1)


def test_all_wrong_answers_and_abstentions_have_no_personality() -> None:
    assert response_profile(["C", None], ["A", "A"], ["A, C", "A, C"], resamples=20)["personality"] == "undetermined"


@pytest.mark.parametrize(("answer", "strategy"), [("C", "all_wrong"), (None, "abstention")])
def test_a_model_that_is_mostly_wrong_or_silent_has_no_personality(answer: str | None, strategy: str) -> None:
    result = response_profile([answer] * 90 + ["A"] * 10, ["A, B"] * 100, ["A, B, C, D"] * 100, resamples=50)
    assert result["response_profile"][strategy] == 0.9
    assert result["personality"] == "undetermined"


@pytest.mark.parametrize(("n", "name"), [(1, "undetermined"), (9, "undetermined"), (10, "Wise")])
def test_fewer_than_ten_questions_bear_no_name(n: int, name: str) -> None:
    result = response_profile(["A"] * n, ["A"] * n, ["A, B"] * n)
    assert result["personality"] == name
    assert (result["interval"] is None) == (n == 1)


def test_strangers_are_counted() -> None:
    assert response_profile(["A, Z", "A", "Y"], ["A", "A", "A"], ["A, B"] * 3, resamples=2)["strangers"] == 2


def test_generators_and_frames_of_another_index_are_columns_too() -> None:
    result = response_profile(iter(["A"]), iter(["A"]), iter(["A, B"]))
    assert result["response_profile"]["perfect"] == 1


def test_one_papers_questions_are_resampled_together() -> None:
    result = response_profile(["A, B", "A"] * 20, ["A, B"] * 40, ["A, B, C"] * 40, papers=["p", "q"] * 20, resamples=100)
    assert result["interval"]["clusters"] == 2
    assert result["personality"] == "undetermined"


def test_options_without_the_right_one_are_refused() -> None:
    with pytest.raises(ValueError, match="question 1 has right options .* not among its options"):
        response_profile(["A", "A"], ["A", "E"], ["A, B", "A, B"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["A, B", ""], "option set 1 is empty"),
        (["A, B"], "2 predictions, 2 references, 1 options: pass one row for each question"),
        ([["A"], ["B"]], "reference 0 is 'A' where the option sets are lists"),
        (None, "options is None; pass a list"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        response_profile(["A", "A"], ["A", "A"], options)  # type: ignore[arg-type]


def test_how_many_of_the_papers_personalities_the_rule_gives_from_the_three_printed_scores() -> None:
    """10 of 17. The other 7 are named against the sign of their own gap, which is what the three scores tell."""
    given_names = {model: personality_of_scores(em, spc, sip) for model, (em, spc, sip, _, _) in TABLE_3.items()}
    same = [model for model, row in TABLE_3.items() if given_names[model] == row[4]]
    other = {model: (row[4], given_names[model]) for model, row in TABLE_3.items() if given_names[model] != row[4]}
    assert len(same) == 10
    assert all(row[4] == "Wise" for model, row in TABLE_3.items() if given_names[model] == "Wise")
    assert other == {
        "qwen3.6-plus": ("Aggressive", "Conservative"),
        "gemini-3-flash-preview": ("Aggressive", "Conservative"),
        "qwen3-vl-235b-a22b-thinking": ("Aggressive", "Conservative"),
        "qwen-vl-max": ("Aggressive", "Conservative"),
        "qwen3-vl-plus": ("Aggressive", "Conservative"),
        "gemini-2.5-flash-image-preview": ("Gambling", "Conservative"),
        "gpt-5.5": ("Conservative", "Aggressive"),
    }
