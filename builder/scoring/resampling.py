"""A bootstrap over papers for many means at once: one set of draws for all, and a group is estimated anew in each draw."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from builder.scoring.option_rows import Ints
from builder.scoring.option_sets import LEVEL, Floats, draws
from builder.scoring.results import Estimate

_BLOCK = 64  # resamples that are multiplied at a time: the matrix of draws stays in small numbers
_DIGITS = 12  # of a bound: below them sums differ with the processor


@dataclass(frozen=True)
class Means:
    """Ratios of sums over groups. `sums` and `sizes` have shape (papers, groups); a mean over items has its items as sizes."""

    values: tuple[float | None, ...]
    sums: Floats
    sizes: Floats


@dataclass(frozen=True)
class Resampling:
    """Whole papers drawn with replacement, `resamples` times; with fewer than two papers, or 0 resamples, no interval."""

    papers: int
    resamples: int
    seed: int
    level: float = LEVEL

    @cached_property
    def times(self) -> npt.NDArray[np.uint32]:
        """How often each paper is drawn, shape (resamples, papers)."""
        table = np.zeros((self.resamples, self.papers), dtype=np.uint32)
        for row, taken in zip(table, draws(self.papers, self.resamples, self.seed), strict=True):
            row += np.bincount(taken, minlength=self.papers).astype(np.uint32)
        return table

    def estimates(self, means: Means) -> list[Estimate]:
        """Each group's value with its interval."""
        drawn = self._drawn(means)
        return [
            self._estimate(value, drawn[:, group] if drawn is not None else None, means.sizes[:, group])
            for group, value in enumerate(means.values)
        ]

    def macro(self, means: Means) -> Estimate:
        """The unweighted mean over the groups; in a draw, over those that it holds."""
        held = [value for value in means.values if value is not None]
        drawn = self._drawn(means)
        averaged = None
        if drawn is not None and held:
            there = ~np.isnan(drawn)
            averaged = np.where(there, drawn, 0).sum(axis=1) / np.where(there.any(axis=1), there.sum(axis=1), np.nan)
        return self._estimate(math.fsum(held) / len(held) if held else None, averaged, means.sizes.sum(axis=1))

    def _drawn(self, means: Means) -> Floats | None:
        """Each group's value in each draw, NaN where the draw has nothing of it; shape (resamples, groups)."""
        if not self.resamples or self.papers < 2:
            return None
        out = np.empty((self.resamples, means.sums.shape[1]))
        for start in range(0, self.resamples, _BLOCK):
            block = self.times[start : start + _BLOCK].astype(np.float64)
            sizes = block @ means.sizes
            out[start : start + _BLOCK] = np.divide(
                block @ means.sums, sizes, out=np.full(sizes.shape, np.nan), where=sizes > 0
            )
        return out

    def _estimate(self, value: float | None, drawn: Floats | None, sizes: Floats) -> Estimate:
        papers = int((sizes > 0).sum())
        low = high = None
        if drawn is not None and value is not None and papers > 1:
            ends = np.quantile(drawn[~np.isnan(drawn)], [(1 - self.level) / 2, (1 + self.level) / 2])
            low, high = (round(float(end), _DIGITS) for end in ends)
        return Estimate(value=value, low=low, high=high, n=round(float(sizes.sum())), papers=papers)


def grouped(papers: Ints, sums: Floats, sizes: Floats, of: Ints, *, groups: int, n_papers: int) -> Means:
    """The means of rows told apart by `of`: all arrays have shape (rows,); papers and groups are numbered from 0."""
    cell = papers * groups + of
    table: list[Floats] = [
        np.bincount(cell, weights=w, minlength=n_papers * groups).reshape(n_papers, groups).astype(np.float64)
        for w in (sums, sizes)
    ]
    order = np.argsort(of, kind="stable")
    edges = np.searchsorted(of[order], np.arange(groups + 1))
    values = [_ratio(sums[order[a:b]], sizes[order[a:b]]) for a, b in zip(edges[:-1], edges[1:], strict=True)]
    return Means(tuple(values), table[0], table[1])


def _ratio(sums: Floats, sizes: Floats) -> float | None:
    """Summed exactly: the same number in any order of the items."""
    size = math.fsum(sizes.tolist())
    return math.fsum(sums.tolist()) / size if size else None


__all__ = ["Means", "Resampling", "grouped"]
