"""The battery: exact chance, a test of the right size, and planted leaks found by the attack that they were planted for."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from builder.scoring import chance
from builder.scoring.agreement import krippendorff_alpha
from builder.scoring.battery import FREE, LEAST_ITEMS, Guess, Result, Verdict, examine, free_guesses, likely_sizes, selected
from builder.scoring.chance import exact, exact_chance, hit, holm, ordered, p_value
from builder.scoring.items import Item
from builder.scoring.shortcuts import longest_option

WORDS = ("film", "grain", "oxide", "layer", "bright", "dark", "lattice", "growth", "rate", "tip", "image", "step", "terrace")
Plant = Callable[[random.Random, list[str]], int]  # the option that a leak makes right


def made(
    papers: int, each: int, *, seed: int = 0, options: int = 6, plant: Plant | None = None, share: float = 0.0
) -> list[Item]:
    """Items with random words and random keys; in `share` of them the planted option is right and another is not."""
    draw = random.Random(seed)
    items = []
    for paper, number in itertools.product(range(papers), range(each)):
        texts = [f"{' '.join(draw.choices(WORDS, k=draw.randint(5, 14)))} {draw.randint(2, 900)} nm" for _ in range(options)]
        key = set(draw.sample(range(options), draw.randint(1, options - 1)))
        if plant and draw.random() < share:
            right = plant(draw, texts)
            if right not in key:
                key.remove(draw.choice(sorted(key)))
                key.add(right)
        items.append(Item(f"{paper}-{number}", f"p{paper}", " ".join(draw.choices(WORDS, k=9)), tuple(texts), frozenset(key)))
    return items


def examined(items: Sequence[Item]) -> tuple[Verdict, dict[str, Result]]:
    verdict, results = examine(items, free_guesses(items), 0.05)
    return verdict, {result.attack: result for result in results}


# ---- chance, exactly


@pytest.mark.parametrize(("n", "k"), [(4, 1), (4, 3), (5, 2), (6, 3)])
@pytest.mark.parametrize("scores", [(3, 1, 2, 0, 5, 4), (1, 1, 0, 0, 1, 0), (0, 0, 0, 0, 0, 0)])
def test_over_all_keys_every_statistic_has_its_chance_whatever_was_scored(n: int, k: int, scores: tuple[float, ...]) -> None:
    keys = [frozenset(key) for key in itertools.combinations(range(n), k)]
    mine = scores[:n]
    assert np.mean([hit(mine, key) for key in keys]) == pytest.approx(k / n)
    assert np.mean([ordered(mine, key) for key in keys]) == pytest.approx(0.5)
    for size in range(1, n):
        assert np.mean([exact(mine, key, size) for key in keys]) == pytest.approx(exact_chance(n, k, size))


def test_ties_are_one_guess_among_the_tied() -> None:
    assert hit((1, 1, 0, 0), frozenset({1})) == 0.5
    assert exact((1, 1, 0, 0), frozenset({1}), 1) == 0.5
    assert exact((2, 1, 1, 0), frozenset({0, 2}), 2) == 0.5
    assert exact((2, 1, 1, 0), frozenset({1, 2}), 2) == 0.0


def test_a_models_selection_is_scored_by_the_same_rules() -> None:
    item = Item("i", "p", "", ("a", "b", "c", "d"), frozenset({0, 2}))
    guess = selected(item, frozenset({0, 1}))
    assert (hit(guess.scores, item.key), ordered(guess.scores, item.key)) == (0.5, 0.5)
    assert exact(guess.scores, item.key, guess.size) == 0.0
    right = selected(item, item.key)
    assert exact(right.scores, item.key, right.size) == hit(right.scores, item.key) == ordered(right.scores, item.key) == 1.0


def test_how_many_are_right_is_learned_from_other_papers() -> None:
    items = [Item(f"{p}-{k}", p, "", tuple("abcd"), frozenset(range(k))) for p, k in [("p", 1), ("p", 1), ("q", 2), ("r", 2)]]
    assert likely_sizes(items) == {"p-1": 2, "q-2": 1, "r-2": 1}


def test_holm_steps_down() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1.0, 1.0]


# ---- the test's size


@pytest.mark.parametrize(("papers", "sizes"), [(15, (1, 10, 30)), (40, (1, 2, 5, 25)), (150, (4,))])
@pytest.mark.parametrize("share", [0.25, 0.5])
@pytest.mark.parametrize("correlation", [0.0, 0.3])
def test_chance_is_called_significant_in_one_of_twenty_however_papers_cluster(
    papers: int, sizes: tuple[int, ...], share: float, correlation: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Items of one paper share their luck: beta-distributed hit rates with an intraclass correlation."""
    monkeypatch.setattr(chance, "FLIPS", 199)
    generator, runs, found = np.random.default_rng(7), 500, 0
    for run in range(runs):
        paper = np.repeat(np.arange(papers), generator.choice(sizes, papers))
        spread = 1 / correlation - 1 if correlation else 0
        rate = generator.beta(share * spread, (1 - share) * spread, papers) if spread else np.full(papers, share)
        hits = (generator.random(len(paper)) < rate[paper]).astype(np.float64)
        pairs = (hits - share + generator.random(len(paper)) - 0.5) / 2
        found += p_value([hits - share, pairs], paper, run) <= 0.05
    assert found / runs <= 0.05 + 2.6 * (0.05 * 0.95 / runs) ** 0.5


def test_items_that_repeat_in_one_paper_are_not_taken_for_evidence() -> None:
    once = np.array([0.75, 0.75, 0.75, -0.25, -0.25, -0.25, -0.25, -0.25])
    alone = p_value([once, once], np.arange(8), 0)
    assert p_value([np.repeat(once, 50), np.repeat(once, 50)], np.repeat(np.arange(8), 50), 0) == pytest.approx(alone, abs=0.02)


def test_one_paper_alone_proves_nothing() -> None:
    verdict, results = examined(made(1, 700, plant=lambda _, texts: texts.index(max(texts, key=len)), share=1.0))
    assert verdict.verdict == "underpowered"
    assert results["longest_option"].accuracy.low is None


# ---- leaks


def _longest(_: random.Random, texts: list[str]) -> int:
    return texts.index(max(texts, key=len))


def _hedged(draw: random.Random, texts: list[str]) -> int:
    place = draw.randrange(len(texts))
    texts[place] += " approximately"
    return place


def _second(_: random.Random, texts: list[str]) -> int:
    return 1


def _largest_number(_: random.Random, texts: list[str]) -> int:
    return max(range(len(texts)), key=lambda place: int(texts[place].split()[-2]))


@pytest.mark.parametrize(
    ("plant", "by"),
    [
        (_longest, {"longest_option", "surface_classifier"}),
        (_hedged, {"ngram_classifier"}),
        (_second, {"position_prior"}),
        (_largest_number, {"number_prior"}),
    ],
)
def test_a_planted_leak_is_found_by_the_attack_made_for_it(plant: Plant, by: set[str]) -> None:
    verdict, results = examined(made(60, 4, plant=plant, share=0.6))
    assert verdict.verdict == "failed"
    assert by <= {name for name, result in results.items() if result.significant}


def test_random_keys_pass_with_enough_items_and_are_underpowered_with_fewer() -> None:
    items = made(100, 6)
    verdict, results = examined(items)
    assert (verdict.verdict, verdict.items, verdict.papers, verdict.tested) == ("passed", LEAST_ITEMS, 100, len(FREE))
    assert not any(result.significant for result in results.values())
    assert examined(made(100, 5))[0].verdict == "underpowered"


def test_the_effect_said_to_be_detectable_is_found_four_times_in_five() -> None:
    found, runs = 0, 60
    for seed in range(runs):
        items = made(120, 5, seed=seed, options=4)
        effect = examine(items, _by_length(items), 0.05)[0].detectable
        assert effect
        share = effect / (1 - float(np.mean([item.share for item in items])))
        leaky = made(120, 5, seed=seed, options=4, plant=_longest, share=share)
        found += examine(leaky, _by_length(leaky), 0.05)[1][0].significant
    assert found / runs >= 0.7


def _by_length(items: Sequence[Item]) -> dict[str, dict[str, Guess]]:
    return {"longest_option": {item.id: Guess(longest_option(item), 1) for item in items}}


def test_a_paper_never_teaches_about_itself() -> None:
    items = made(1, 40, plant=_second, share=1.0)
    other = made(1, 40, seed=5)
    every = items + [Item(f"o{one.id}", "other", one.stem, one.options, one.key) for one in other]
    for name in ("position_prior", "ngram_classifier", "surface_classifier", "number_prior", "stem_words"):
        before = free_guesses(every)[name]
        flipped = [
            Item(one.id, one.paper_id, one.stem, one.options, frozenset(range(len(one.options))) - one.key)
            if one.paper_id == "p0" and len(one.key) == 3
            else one
            for one in every
        ]
        after = free_guesses(flipped)[name]
        assert all(before[one.id].scores == after[one.id].scores for one in every if one.paper_id == "p0"), name


def test_the_same_items_give_the_same_result_in_any_order() -> None:
    items = made(20, 3)
    forward, backward = free_guesses(items), free_guesses(items[::-1])
    assert {name: dict(sorted(of.items())) for name, of in forward.items()} == {
        name: dict(sorted(of.items())) for name, of in backward.items()
    }


def test_no_items_are_no_evidence() -> None:
    assert examined([]) == (Verdict("underpowered", 0, 0, 0, None), {})


# ---- agreement

# Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, section C: four observers, twelve units
A = [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None]
B = [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3]
C = [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None]
D = [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None]


def test_alpha_of_the_published_example_is_the_published_one() -> None:
    alpha = krippendorff_alpha(list(zip(A, B, C, D, strict=True)))
    assert alpha is not None
    assert round(alpha, 3) == 0.815


@pytest.mark.parametrize(
    ("units", "alpha"),
    [
        ([[1, 1], [5, 5]], 1.0),
        ([[1, 2], [2, 1]], -0.5),
        ([[3, 3], [3, 3]], None),
        ([[1, None], [None, 2]], None),
        ([], None),
    ],
)
def test_alpha_of_small_tables(units: list[list[int | None]], alpha: float | None) -> None:
    assert krippendorff_alpha(units) == (alpha if alpha is None else pytest.approx(alpha))
