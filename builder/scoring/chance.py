"""What chance gives, exactly, and how far beyond it attacks are: one test an attack, clustered by paper, Holm over all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from .items import Scores
from .shortcuts import best

FLIPS = 9_999  # random sign flips of the papers' sums; the observed ones count as one more
_CHUNK = 1_000
_SAME = 1e-9  # statistics that differ by less are equal

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def hit(scores: Scores, key: frozenset[int]) -> float:
    """Share of the picked options, those of the highest score, that are right: k / n by chance, k of n options being right."""
    picked = best(scores)
    return sum(place in key for place in picked) / len(picked)


def ordered(scores: Scores, key: frozenset[int]) -> float:
    """Share of pairs of a right and a wrong option in which the right one scores higher, ties half: 1/2 by chance (AUC)."""
    right = [score for place, score in enumerate(scores) if place in key]
    wrong = [score for place, score in enumerate(scores) if place not in key]
    if not wrong:
        return 0.5
    won = sum((a > b) + 0.5 * (a == b) for a in right for b in wrong)
    return won / (len(right) * len(wrong))


def exact(scores: Scores, key: frozenset[int], size: int) -> float:
    """Chance, over ties, that the `size` options of the highest scores are the key."""
    if size != len(key):
        return 0.0
    edge = sorted(scores, reverse=True)[size - 1]
    sure = {place for place, score in enumerate(scores) if score > edge}
    tied = {place for place, score in enumerate(scores) if score == edge}
    if not (sure <= key <= sure | tied):
        return 0.0
    return 1 / math.comb(len(tied), size - len(sure))


def exact_chance(options: int, right: int, size: int) -> float:
    """Chance that `size` options drawn at random are the key: 1 of the sets of that size, none when the size is wrong."""
    return 1 / math.comb(options, right) if size == right else 0.0


def p_value(beyond: Sequence[Floats], paper: Ints, seed: int) -> float:
    """One-sided p-value of an attack whose statistics, as scores minus chance, have shape (items,); `paper` numbers from 0.

    Items of one paper go together, so what is flipped is a paper's sum: under chance it is as likely above as below. The
    statistic is the largest of the standardised totals, all flipped alike: a leak at the top of the ranking and one spread
    over it are both found, for one test. Size and power are simulated in tests/test_battery.py.
    """
    papers = int(paper.max()) + 1
    sums = np.array([np.bincount(paper, weights=one, minlength=papers) for one in beyond])
    norms = np.sqrt((sums**2).sum(axis=1, keepdims=True))
    standard = np.where(norms > _SAME, sums / np.where(norms > _SAME, norms, 1.0), 0.0)
    seen = float(standard.sum(axis=1).max())
    generator = np.random.default_rng(seed)
    reached = 0
    for start in range(0, FLIPS, _CHUNK):
        signs = generator.integers(0, 2, (min(_CHUNK, FLIPS - start), papers), dtype=np.int8) * 2.0 - 1.0
        reached += int(((signs @ standard.T).max(axis=1) >= seen - _SAME).sum())
    return (1 + reached) / (1 + FLIPS)


def holm(p: Sequence[float]) -> list[float]:
    """P-values adjusted by Holm (1979): an attack is significant at a family-wise level where its adjusted one is not above it.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted, most = [0.0] * len(p), 0.0
    for rank, place in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        most = max(most, min(1.0, (len(p) - rank) * p[place]))
        adjusted[place] = most
    return adjusted


def least_p(papers: int) -> float:
    """The smallest p-value that so many papers can give."""
    return max(1 / (1 + FLIPS), 0.5**papers)


def detectable(error: float, attacks: int, *, alpha: float, power: float) -> float:
    """The hit rate above chance that a test of so many attacks finds with `power`, whichever attack has it; it may pass 1.

    Normal approximation at Holm's strictest level, halved for the two statistics of a test. `error`: see `standard_error`.
    """
    normal = NormalDist()
    return (normal.inv_cdf(1 - alpha / (2 * attacks)) + normal.inv_cdf(power)) * error


def standard_error(hits: Floats, spread: Floats, paper: Ints) -> float:
    """Of a mean of hits minus chance, clustered by paper, and at least that of independent items of variances `spread`."""
    n, sums = len(paper), np.bincount(paper, weights=hits)
    return max(math.sqrt(math.fsum((sums**2).tolist())), math.sqrt(math.fsum(spread.tolist()))) / n
