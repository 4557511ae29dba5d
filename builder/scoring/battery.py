"""The shortcut battery: each attack over all items of a config, what it scores, what chance gives, how sure the gap is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .chance import Ints, detectable, exact, exact_chance, hit, holm, least_p, ordered, p_value, standard_error
from .items import Item, Scores
from .learned import ngram_classifier, number_prior, position_prior, stem_only, surface_classifier
from .option_sets import LEVEL, bounds, draws
from .shortcuts import closeness, longest_option, option_similarity, shortest_option, stem_similarity, votes

LEAST_ITEMS = 600  # below it no release is said to have passed
SEED = 0  # of sign flips and intervals: the same items give the same numbers, whoever attacks them
POWER = 0.8  # of the minimum detectable effect
RESAMPLES = 1_000
_DIGITS = 6  # of every number that is written

Attack = Callable[[Sequence[Item]], list[Scores]]


def _each(score: Callable[[Item], Scores]) -> Attack:
    return lambda items: [score(item) for item in items]


FREE: dict[str, Attack] = {
    "longest_option": _each(longest_option),
    "shortest_option": _each(shortest_option),
    "closest_option": _each(lambda item: closeness(item.options)),
    "attribute_votes": _each(lambda item: votes(item.options)),
    "stem_similarity": _each(stem_similarity),
    "option_similarity": _each(option_similarity),
    "position_prior": position_prior,
    "stem_words": stem_only,
    "number_prior": number_prior,
    "surface_classifier": surface_classifier,
    "ngram_classifier": ngram_classifier,
}
# What a model is shown. The caption is where keys come from, and the image is what is asked about: neither is tested as a leak.
TESTED = ("no_image", "options_only", "stem_only")
UNTESTED = ("caption_only", "with_image")
WITH_A_MODEL = (*TESTED, *UNTESTED)


@dataclass(frozen=True)
class Guess:
    """What an attack says of one item: a score an option, and how many options it would select."""

    scores: Scores
    size: int


@dataclass(frozen=True)
class Mean:
    """A mean over items; the interval is a bootstrap over papers, None where there is one paper."""

    value: float
    chance: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Result:
    """What one attack scores over the items that it answered."""

    attack: str
    items: int
    papers: int
    accuracy: Mean  # share of the picked options that are right; chance is k / n
    pairs: Mean  # share of right options scored above wrong ones (AUC within the item); chance is 1 / 2
    exact: Mean  # share of items whose whole selection is the key; chance is that of as many options drawn blindly
    p_value: float | None  # None: not tested
    p_adjusted: float | None
    significant: bool


@dataclass(frozen=True)
class Verdict:
    """What the battery certifies, and how strong an effect it would have seen."""

    verdict: str  # passed, underpowered, failed
    items: int
    papers: int
    tested: int  # attacks
    detectable: float | None  # accuracy above chance, found with POWER; None where none could be that is possible at all


def free_guesses(items: Sequence[Item]) -> dict[str, dict[str, Guess]]:
    """What each free attack says, by attack and item."""
    items = _in_order(items)
    sizes = likely_sizes(items)
    return {
        name: {item.id: Guess(scores, sizes[item.id]) for item, scores in zip(items, attack(items), strict=True)}
        for name, attack in FREE.items()
    }


def _in_order(items: Sequence[Item]) -> list[Item]:
    """The same sums, to the last bit, in whatever order the items are given."""
    return sorted(items, key=lambda item: (item.paper_id, item.id))


def selected(item: Item, options: frozenset[int]) -> Guess:
    """What a model's selection says: the selected options before the others."""
    return Guess(tuple(float(place in options) for place in range(len(item.options))), len(options))


def likely_sizes(items: Sequence[Item]) -> dict[str, int]:
    """How many options an attack selects, by item: the number right in most of the other papers' items of as many options."""
    whole: Counter[tuple[int, int]] = Counter()
    own: dict[str, Counter[tuple[int, int]]] = {}
    for item in items:
        shape = len(item.options), len(item.key)
        whole[shape] += 1
        own.setdefault(item.paper_id, Counter())[shape] += 1
    sizes = {}
    for item in items:
        mine, n = own[item.paper_id], len(item.options)
        others = [(count - mine[shape], -shape[1]) for shape, count in whole.items() if shape[0] == n]
        count, size = max(others)
        sizes[item.id] = -size if count else 1
    return sizes


def examine(
    items: Sequence[Item], guesses: Mapping[str, Mapping[str, Guess]], alpha: float
) -> tuple[Verdict, tuple[Result, ...]]:
    """Each attack's result, in the order given, and the verdict over those that are tested. Names of UNTESTED are not.

    An item that an attack has no guess for is left out of that attack's line; an attack without any guess has no line.
    """
    items = _in_order(items)
    lines = [_line(name, [(item, of[item.id]) for item in items if item.id in of]) for name, of in guesses.items() if of]
    tested = [line for line in lines if line.p_value is not None]
    adjusted = dict(zip([one.attack for one in tested], holm([one.p_value or 0.0 for one in tested]), strict=True))
    results = tuple(_settled(line, adjusted[line.attack], alpha) if line.attack in adjusted else line for line in lines)
    return _verdict(items, guesses, results, alpha), results


def _line(name: str, answers: Sequence[tuple[Item, Guess]]) -> Result:
    items = [item for item, _ in answers]
    hits = [hit(guess.scores, item.key) for item, guess in answers]
    pairs = [ordered(guess.scores, item.key) for item, guess in answers]
    whole = [exact(guess.scores, item.key, guess.size) for item, guess in answers]
    blind = [exact_chance(len(item.options), len(item.key), guess.size) for item, guess in answers]
    share = [item.share for item in items]
    paper = _papers(items)
    beyond = [np.array(hits) - np.array(share), np.array(pairs) - 0.5]
    accuracy, order, whole_key = _means([hits, pairs, whole], [share, [0.5] * len(items), blind], paper)
    return Result(
        attack=name,
        items=len(items),
        papers=int(paper.max()) + 1,
        accuracy=accuracy,
        pairs=order,
        exact=whole_key,
        p_value=None if name in UNTESTED else round(p_value(beyond, paper, SEED), _DIGITS),
        p_adjusted=None,
        significant=False,
    )


def _settled(line: Result, adjusted: float, alpha: float) -> Result:
    return replace(line, p_adjusted=round(adjusted, _DIGITS), significant=adjusted <= alpha)


def _papers(items: Sequence[Item]) -> Ints:
    number: dict[str, int] = {}
    return np.array([number.setdefault(item.paper_id, len(number)) for item in items], dtype=np.int64)


def _means(values: Sequence[Sequence[float]], chances: Sequence[Sequence[float]], paper: Ints) -> list[Mean]:
    """Several means over the same items; their intervals are drawn from the same papers."""
    n, papers = len(paper), int(paper.max()) + 1
    sums, sizes = np.array([np.bincount(paper, weights=one) for one in values]), np.bincount(paper)
    drawn = np.array([sums[:, taken].sum(axis=1) / sizes[taken].sum() for taken in draws(papers, RESAMPLES, SEED)])
    made = []
    for one, chance, resampled in zip(values, chances, drawn.T, strict=True):
        found = bounds(resampled.tolist(), clusters=papers, unit="paper", level=LEVEL, seed=SEED)
        low, high = (round(found["low"], _DIGITS), round(found["high"], _DIGITS)) if papers > 1 else (None, None)
        made.append(Mean(round(math.fsum(one) / n, _DIGITS), round(math.fsum(chance) / n, _DIGITS), low, high))
    return made


def _verdict(
    items: Sequence[Item], guesses: Mapping[str, Mapping[str, Guess]], results: Sequence[Result], alpha: float
) -> Verdict:
    tested = [one for one in results if one.p_value is not None]
    if not tested:
        return Verdict("underpowered", len(items), len({item.paper_id for item in items}), 0, None)
    errors = []
    for one in tested:
        answered = [(item, guesses[one.attack][item.id]) for item in items if item.id in guesses[one.attack]]
        hits = np.array([hit(guess.scores, item.key) - item.share for item, guess in answered])
        spread = np.array([item.share * (1 - item.share) for item, _ in answered])
        errors.append(standard_error(hits, spread, _papers([item for item, _ in answered])))
    few = min(one.items for one in tested) < LEAST_ITEMS
    few = few or min(least_p(one.papers) for one in tested) > alpha / len(tested)
    effect = detectable(max(errors), len(tested), alpha=alpha, power=POWER)
    found = any(one.significant for one in tested)
    return Verdict(
        verdict="failed" if found else "underpowered" if few else "passed",
        items=len(items),
        papers=len({item.paper_id for item in items}),
        tested=len(tested),
        detectable=round(effect, _DIGITS) if effect < 1 - tested[0].accuracy.chance else None,
    )
