"""The attacks find the leak they were made for."""

from __future__ import annotations

from builder.scoring.shortcuts import attack, attribute_votes, closest_option


def test_one_edit_a_distractor_makes_the_key_the_closest() -> None:
    options = ["a b c d", "x b c d", "a y c d", "a b z d"]
    assert closest_option(options) == (0,)
    assert attribute_votes(options) == (0,)
    assert attack([(options, 0)])["closest_option"].accuracy == 1.0


def test_a_tie_counts_as_one_guess_among_the_tied() -> None:
    score = attack([(["a b", "x b", "a y", "x y"], 2)])["closest_option"]
    assert (score.accuracy, score.n, score.chance) == (0.25, 1, 0.25)


def test_no_rows_give_no_score() -> None:
    assert attack([])["attribute_votes"].n == 0
