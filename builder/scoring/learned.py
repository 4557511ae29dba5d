"""Attacks that learn from the other papers' items what right options look like: a paper's own items never teach about it.

Two learners, both of closed form. `weigh` takes sets of features: one Newton step of a logistic regression from the exact
chance, feature by feature, over features that depart from chance by two standard errors. `regress` takes a few numbers:
ridge regression. Each leaves one paper out at a time.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from .items import Item, Scores, words
from .shortcuts import closeness, option_similarity, stem_similarity

_DIGITS = 6  # of a learned score: what two machines' arithmetic agree on
_RIDGE = 1.0  # pull towards no effect, in units of one option's variance
_LEAST = 5  # options of other papers that must have a feature before it counts
_ERRORS = 2.0  # standard errors from chance before it counts: a release whose keys are evenly seated teaches no seat
_GRAM = 4  # characters
_DIGITS_READ = 15  # of one number
_NUMBER = re.compile(r"\d+(?:\.\d+)?")

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Features = list[frozenset[str]]  # of one item: a set an option


def ngram_classifier(items: Sequence[Item]) -> list[Scores]:
    """Word n-grams (1, 2), character 4-grams and rank by length of each option, less what all options of the item share."""
    return weigh(items, (_distinctive([_grams(option) for option in item.options], item) for item in items))


def position_prior(items: Sequence[Item]) -> list[Scores]:
    """How often each seat is right."""
    seats = {n: [frozenset({f"{seat} of {n}"}) for seat in range(n)] for n in {len(item.options) for item in items}}
    return weigh(items, (seats[len(item.options)] for item in items))


def stem_only(items: Sequence[Item]) -> list[Scores]:
    """Which seats are right under which words of the stem; what the options say is not read."""
    return weigh(items, map(_seated, items))


def surface_classifier(items: Sequence[Item]) -> list[Scores]:
    """Length, marks, capitals, digits, closeness to the other options and to the stem, each against the item's mean."""
    return regress(items, _surface)


def number_prior(items: Sequence[Item]) -> list[Scores]:
    """Size, roundness and count of the numbers in each option, against the item's mean."""
    return regress(items, _numbers)


def weigh(items: Sequence[Item], features: Iterable[Features]) -> list[Scores]:
    """Scores of the options by their features' weights, learned on the other papers."""
    if not items:
        return []
    number: dict[str, int] = {}
    ids, sizes = [], []
    for of_item in features:
        for of_option in of_item:
            ids += [number.setdefault(name, len(number)) for name in sorted(of_option)]
            sizes.append(len(of_option))
    feature = np.array(ids, dtype=np.int64)
    option = np.repeat(np.arange(len(sizes)), sizes)
    excess, variance = _targets(items)
    whole = _Sums(feature, excess[option], variance[option], len(number))
    scores = np.zeros(len(sizes))
    places = np.array([item.paper_id for item in items])
    paper = np.repeat(np.unique(places, return_inverse=True)[1], [len(item.options) for item in items])
    order = np.argsort(paper[option], kind="stable")
    for mine in np.split(order, np.flatnonzero(np.diff(paper[option][order])) + 1):
        there, local = np.unique(feature[mine], return_inverse=True)
        weights = whole.without(there, _Sums(local, excess[option[mine]], variance[option[mine]], len(there)))
        np.add.at(scores, option[mine], weights[local])
    return _by_item(items, scores)


class _Sums:
    """Of each feature: options that have it, their right ones beyond chance, and the variance of that."""

    def __init__(self, feature: Ints, excess: Floats, variance: Floats, n: int) -> None:
        self.count = np.bincount(feature, minlength=n)
        self.excess = np.bincount(feature, weights=excess, minlength=n)
        self.variance = np.bincount(feature, weights=variance, minlength=n)

    def without(self, there: Ints, own: _Sums) -> Floats:
        """Weights of the features `there`, as learned without the sums of their own paper."""
        count = self.count[there] - own.count
        excess, variance = self.excess[there] - own.excess, np.maximum(self.variance[there] - own.variance, 0.0)
        told = (count >= _LEAST) & (np.abs(excess) >= _ERRORS * np.sqrt(variance) - 1e-9) & (variance > 1e-9)
        return np.where(told, excess / (variance + _RIDGE), 0.0)


def regress(items: Sequence[Item], describe: Callable[[Item], Floats]) -> list[Scores]:
    """Scores of the options by ridge regression on a description of shape (options, numbers), learned on the other papers."""
    if not items:
        return []
    described = [_standard(describe(item)) for item in items]
    width = described[0].shape[1]
    gram: dict[str, Floats] = {}
    right: dict[str, Floats] = {}
    for item, x in zip(items, described, strict=True):
        y = np.array([float(place in item.key) - item.share for place in range(len(item.options))])
        gram[item.paper_id] = gram.get(item.paper_id, np.zeros((width, width))) + x.T @ x
        right[item.paper_id] = right.get(item.paper_id, np.zeros(width)) + x.T @ y
    whole, wanted = sum(gram.values(), np.zeros((width, width))), sum(right.values(), np.zeros(width))
    pull = _RIDGE * np.eye(width)
    weights = {paper: np.linalg.solve(whole - gram[paper] + pull, wanted - right[paper]) for paper in gram}
    alone = len(gram) < 2
    return [
        tuple(0.0 if alone else round(float(score), _DIGITS) for score in x @ weights[item.paper_id])
        for item, x in zip(items, described, strict=True)
    ]


def _targets(items: Sequence[Item]) -> tuple[Floats, Floats]:
    """Per option: 1 or 0 for right or wrong, less chance; and its variance."""
    right = [float(place in item.key) - item.share for item in items for place in range(len(item.options))]
    spread = [item.share * (1 - item.share) for item in items for _ in item.options]
    return np.array(right), np.array(spread)


def _by_item(items: Sequence[Item], scores: Floats) -> list[Scores]:
    ends = np.cumsum([len(item.options) for item in items])
    rounded = np.round(scores, _DIGITS) + 0.0
    return [tuple(part.tolist()) for part in np.split(rounded, ends[:-1])]


def _grams(option: str) -> set[str]:
    found = words(option)
    line = f" {' '.join(found)} "
    characters = {line[at : at + _GRAM] for at in range(max(1, len(line) - _GRAM + 1))}
    return {f"w {word}" for word in found} | {f"b {a} {b}" for a, b in zip(found, found[1:], strict=False)} | characters


def _distinctive(grams: list[set[str]], item: Item) -> Features:
    shared = set.intersection(*grams)
    ranks = sorted({len(option) for option in item.options})
    many = len(ranks) > 1
    rank = [f"# {ranks.index(len(option))} of {len(ranks)}" if many else "" for option in item.options]
    return [frozenset(one - shared | ({name} if name else set())) for one, name in zip(grams, rank, strict=True)]


def _seated(item: Item) -> Features:
    said = sorted({"", *words(item.stem)})
    n = len(item.options)
    return [frozenset(f"{seat} of {n} {word}" for word in said) for seat in range(n)]


def _surface(item: Item) -> Floats:
    options = item.options
    found = [words(option) for option in options]
    length = [len(option) for option in options]
    columns = [
        [float(n) for n in length],
        [float(n == max(length)) for n in length],
        [float(n == min(length)) for n in length],
        [float(len(one)) for one in found],
        [sum(map(len, one)) / max(1, len(one)) for one in found],
        [float(sum(mark.isdigit() for mark in option)) for option in options],
        [float(sum(mark.isupper() for mark in option)) for option in options],
        [float(sum(not (mark.isalnum() or mark.isspace()) for mark in option)) for option in options],
        closeness(options),
        stem_similarity(item),
        option_similarity(item),
    ]
    return np.array(columns, dtype=np.float64).T


def _numbers(item: Item) -> Floats:
    rows = []
    for option in item.options:
        found = [text[:_DIGITS_READ] for text in _NUMBER.findall(option)]
        sizes = [math.log10(float(text)) for text in found if float(text) > 0]
        digits = sum(len(text.replace(".", "").strip("0")) for text in found)
        round_ones = sum(text[-1] in "05" for text in found)
        rows.append([len(found), max(sizes, default=0.0), min(sizes, default=0.0), digits, round_ones])
    return np.array(rows, dtype=np.float64)


def _standard(x: Floats) -> Floats:
    """Each column against the item's mean, by its spread within the item; a column that does not vary is 0."""
    apart = x - x.mean(axis=0)
    spread = np.sqrt((apart**2).mean(axis=0))
    return np.asarray(np.where(spread > 1e-9, apart / np.where(spread > 1e-9, spread, 1.0), 0.0))
