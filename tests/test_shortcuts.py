"""The attacks that learn nothing find the leak they were made for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.scoring.items import Item
from builder.scoring.shortcuts import (
    attribute_votes,
    best,
    closest_option,
    longest_option,
    option_similarity,
    shortest_option,
    stem_similarity,
    token_distance,
)

TOKENS = st.lists(st.sampled_from("abcd"), max_size=9)


def item(*options: str, stem: str = "", key: int = 0) -> Item:
    return Item("i", "p", stem, options, frozenset({key}))


def test_one_edit_a_distractor_makes_the_key_the_closest() -> None:
    options = ["a b c d", "x b c d", "a y c d", "a b z d"]
    assert closest_option(options) == (0,)
    assert attribute_votes(options) == (0,)


def test_vertices_of_a_balanced_design_tie() -> None:
    options = ["a b", "x b", "a y", "x y"]
    assert closest_option(options) == attribute_votes(options) == (0, 1, 2, 3)


def test_the_longest_and_the_shortest_are_told_by_characters() -> None:
    asked = item("two words", "extraordinarily", "a b c d")
    assert best(longest_option(asked)) == (1,)
    assert best(shortest_option(asked)) == (2,)


def test_an_option_that_repeats_the_stem_is_the_most_similar_to_it() -> None:
    asked = item("a bright phase", "grains of titania", "five hours", stem="Which grains of titania are shown?")
    assert best(stem_similarity(asked)) == (1,)


def test_an_odd_option_is_the_least_similar_to_the_others() -> None:
    scores = option_similarity(item("grain size of 20 nm", "grain size of 30 nm", "annealed overnight", "grain size of 40 nm"))
    assert min(scores) == scores[2]


def test_empty_options_are_no_failure() -> None:
    asked = item("", "", "µ")
    for attack in (longest_option, shortest_option, stem_similarity, option_similarity):
        assert len(attack(asked)) == 3
    assert closest_option(["", "", "x"]) == (0, 1)


@given(TOKENS, TOKENS)
def test_the_distance_of_bit_vectors_is_the_textbook_one(one: list[str], other: list[str]) -> None:
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        above, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (left != right))
    assert token_distance(one, other) == row[-1]


@pytest.mark.parametrize(("options", "key"), [(("a",), {0}), (("a", "b"), set()), (("a", "b"), {2})])
def test_an_item_without_a_key_among_its_options_is_refused(options: tuple[str, ...], key: set[int]) -> None:
    with pytest.raises(ValueError, match="options and the key"):
        Item("i", "p", "", options, frozenset(key))
