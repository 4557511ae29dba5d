"""Every pair of models on the same items: sign flips and bootstrap over papers, Holm over all pairs, what could be found."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
from pydantic import Field

from builder.records import Record
from builder.scoring.chance import detectable, holm, standard_error
from builder.scoring.option_sets import LEVEL, bounds, clusters_of, draws

FLIPS = 9_999  # with 153 pairs of 18 models, fewer could never pass Holm's strictest level
RESAMPLES = 1_000
ALPHA = 0.05  # family-wise
POWER = 0.8  # of the minimum detectable difference
SEED = 0
_SAME = 1e-12
_DIGITS = 6

Floats = npt.NDArray[np.float64]


class Pair(Record):
    """Model `a` against model `b`, on the same items."""

    a: str
    b: str
    difference: float = Field(description="mean of a minus mean of b")
    low: float | None = Field(description="of the 95 % bootstrap interval over papers; null below two papers")
    high: float | None
    p_value: float | None = Field(description="two-sided, random sign flips of papers' sums; null below two papers")
    p_adjusted: float | None = Field(description="by Holm, over all pairs of the section")
    detectable: float | None = Field(description="smallest true difference found with power 0.8 at Holm's strictest level")
    n: int = Field(description="items")
    papers: int

    @property
    def significant(self) -> bool:
        return self.p_adjusted is not None and self.p_adjusted <= ALPHA


def compared(scores: Mapping[str, Floats], papers: Sequence[str]) -> tuple[Pair, ...]:
    """All pairs of models, in the order given. `scores` has an array of shape (items,) a model; `papers` each item's paper.

    The numbers are those of `scoring.paired_comparison`, but for more sign flips, and drawn once for all pairs.
    """
    names = list(combinations(scores, 2))
    if not names:
        return ()
    gaps = np.array([scores[a] - scores[b] for a, b in names])  # (pairs, items)
    place, _ = clusters_of(len(papers), papers)
    n_papers = int(place.max()) + 1
    sums = np.array([np.bincount(place, weights=gap, minlength=n_papers) for gap in gaps])  # (pairs, papers)
    sizes = np.bincount(place)
    means = [math.fsum(gap.tolist()) / len(papers) for gap in gaps]
    if n_papers < 2:
        return tuple(_pair(pair, mean, None, None, None, None, len(papers), 1) for pair, mean in zip(names, means, strict=True))
    p_values = _flipped(sums)
    adjusted = holm(p_values)
    intervals = _intervals(sums, sizes)
    errors = [_error(gap, mean, place) for gap, mean in zip(gaps, means, strict=True)]
    return tuple(
        _pair(
            pair, means[i], intervals[i], p_values[i], adjusted[i],
            detectable(errors[i], len(names), alpha=ALPHA, power=POWER) if errors[i] else None, len(papers), n_papers,
        )
        for i, pair in enumerate(names)
    )  # fmt: skip


def _pair(
    names: tuple[str, str],
    difference: float,
    interval: tuple[float, float] | None,
    p_value: float | None,
    adjusted: float | None,
    found: float | None,
    n: int,
    papers: int,
) -> Pair:
    low, high = interval or (None, None)
    rounded = [None if x is None else round(x, _DIGITS) for x in (difference, low, high, p_value, adjusted, found)]
    difference_, low_, high_, p_, adjusted_, found_ = rounded
    return Pair(
        a=names[0], b=names[1], difference=difference_ or 0.0, low=low_, high=high_, p_value=p_, p_adjusted=adjusted_,
        detectable=found_, n=n, papers=papers,
    )  # fmt: skip


def _flipped(sums: Floats) -> list[float]:
    """The share of random sign flips of papers whose total is at least as far from 0, the observed one counted in."""
    signs = np.random.default_rng([SEED, 1]).choice((-1.0, 1.0), (FLIPS, sums.shape[1]))
    limit = np.abs(sums.sum(axis=1)) - _SAME
    reached = (np.abs(signs @ sums.T) >= limit).sum(axis=0)
    return [(1 + int(count)) / (1 + FLIPS) for count in reached]


def _intervals(sums: Floats, sizes: npt.NDArray[np.int64]) -> list[tuple[float, float]]:
    drawn = np.array([sums[:, taken].sum(axis=1) / sizes[taken].sum() for taken in draws(len(sizes), RESAMPLES, SEED)])
    found = [bounds(one.tolist(), clusters=len(sizes), unit="paper", level=LEVEL, seed=SEED) for one in drawn.T]
    return [(one["low"], one["high"]) for one in found]


def _error(gap: Floats, mean: float, place: npt.NDArray[np.int64]) -> float:
    """Standard error of the mean gap, clustered by paper."""
    return standard_error(gap - mean, np.zeros(len(gap)), place)


__all__ = ["ALPHA", "FLIPS", "POWER", "RESAMPLES", "Pair", "compared"]
