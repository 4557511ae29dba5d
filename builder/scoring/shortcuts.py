"""Attacks that answer without the image and learn nothing: what they score above chance is a leak of the items' design."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from .items import Item, Scores, tokens, words

_DIGITS = 9  # scores that differ by less are a tie: the last bits of a float are no reason to prefer an option
_GRAM = 3  # characters
_REMEMBERED = 50_000  # items: the learned attacks read the same scores again


def longest_option(item: Item) -> Scores:
    """Characters of each option."""
    return tuple(float(len(option)) for option in item.options)


def shortest_option(item: Item) -> Scores:
    """Fewer characters are better."""
    return tuple(-float(len(option)) for option in item.options)


def closest_option(options: Sequence[str]) -> tuple[int, ...]:
    """The options closest to all others by token edit distance (the medoid), every tied one.

    >>> closest_option(["a b", "x b", "a y", "x y"])
    (0, 1, 2, 3)
    """
    return best(closeness(tuple(options)))


def attribute_votes(options: Sequence[str]) -> tuple[int, ...]:
    """The options that hold most of the tokens that most options share, every tied one."""
    return best(votes(options))


@lru_cache(_REMEMBERED)
def closeness(options: tuple[str, ...]) -> Scores:
    """Minus the sum of token edit distances to the other options."""
    split = [tokens(option) for option in options]
    sums = [0] * len(split)
    for i, one in enumerate(split):
        for j in range(i):
            distance = token_distance(one, split[j])
            sums[i] += distance
            sums[j] += distance
    return tuple(-float(total) for total in sums)


def votes(options: Sequence[str]) -> Scores:
    """The sum of each option's token overlaps (Jaccard, with counts) with all options."""
    counts = [Counter(tokens(option)) for option in options]
    sums = [math.fsum((mine & other).total() / max(1, (mine | other).total()) for other in counts) for mine in counts]
    return tuple(round(total, _DIGITS) for total in sums)


@lru_cache(_REMEMBERED)
def stem_similarity(item: Item) -> Scores:
    """Cosine of stem and option as bags of words and character trigrams."""
    stem = _bag(item.stem)
    return tuple(_cosine(stem, _bag(option)) for option in item.options)


@lru_cache(_REMEMBERED)
def option_similarity(item: Item) -> Scores:
    """Mean cosine of an option with the other ones, as bags of words and character trigrams."""
    bags = [_bag(option) for option in item.options]
    sums = [[0.0] * len(bags) for _ in bags]
    for i, one in enumerate(bags):
        for j in range(i):
            sums[i][j] = sums[j][i] = _cosine(one, bags[j])
    return tuple(round(math.fsum(row) / (len(bags) - 1), _DIGITS) for row in sums)


def best(scores: Scores) -> tuple[int, ...]:
    """The places of the highest score, every tied one."""
    most = max(scores)
    return tuple(place for place, score in enumerate(scores) if score == most)


def token_distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Levenshtein distance in tokens, by bit vectors (Myers 1999 in Hyyro's form of 2003): one step a token of `other`.

    >>> token_distance("the film is thin".split(), "a film is very thin".split())
    2
    """
    if not one:
        return len(other)
    where: dict[str, int] = {}
    for place, token in enumerate(one):
        where[token] = where.get(token, 0) | 1 << place
    full, last = (1 << len(one)) - 1, 1 << (len(one) - 1)
    up, down, distance = full, 0, len(one)  # bits where the column goes up, or down, by one
    for token in other:
        same = where.get(token, 0)
        diagonal = ((((same & up) + up) ^ up) | same | down) & full
        right_up, right_down = (down | ~(diagonal | up)) & full, up & diagonal
        distance += bool(right_up & last) - bool(right_down & last)
        right_up, right_down = (right_up << 1 | 1) & full, (right_down << 1) & full
        up, down = (right_down | ~(diagonal | right_up)) & full, right_up & diagonal
    return distance


def _bag(text: str) -> Counter[str]:
    found = words(text)
    bag = Counter(found)
    for word in found:
        padded = f"<{word}>"
        bag.update(padded[at : at + _GRAM] for at in range(len(padded) - _GRAM + 1))
    return bag


def _cosine(one: Counter[str], other: Counter[str]) -> float:
    if len(other) < len(one):
        one, other = other, one
    dot = sum(count * other[gram] for gram, count in one.items())
    norms = sum(n * n for n in one.values()) * sum(n * n for n in other.values())
    return round(dot / math.sqrt(norms), _DIGITS) if dot else 0.0
