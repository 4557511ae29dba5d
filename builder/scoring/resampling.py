"""A bootstrap over papers for many means at once: one set of draws for all, and a group is estimated anew in each draw."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
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
class Rows:
    """What means are made of: arrays of shape (rows,), papers and groups numbered from 0. Over items a row's size is 1."""

    papers: Ints
    of: Ints
    groups: int
    sizes: Floats


@dataclass(frozen=True)
class Means:
    """The value of each group; its size in each paper, (papers, groups); and itself in each draw, (resamples, groups)."""

    values: tuple[float | None, ...]
    sizes: Floats
    drawn: Floats | None  # NaN where the draw has nothing of the group; None without draws

    def only(self, groups: Sequence[int]) -> Means:
        """Some of the groups."""
        kept = list(groups)
        drawn = None if self.drawn is None else self.drawn[:, kept]
        return Means(tuple(self.values[group] for group in kept), self.sizes[:, kept], drawn)


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

    def means(self, sums: Mapping[str, Floats], rows: Rows) -> dict[str, Means]:
        """The ratio of each column of `sums`, shape (rows,), to the rows' sizes, by group."""
        sizes, order = self._by_paper(rows.sizes, rows), np.argsort(rows.of, kind="stable")
        edges = np.searchsorted(rows.of[order], np.arange(rows.groups + 1)).tolist()
        parts = [order[start:end] for start, end in zip(edges[:-1], edges[1:], strict=True)]
        drawn = self._drawn([*(self._by_paper(column, rows) for column in sums.values()), sizes])
        return {
            name: Means(tuple(_ratio(column[part], rows.sizes[part]) for part in parts), sizes, drawn[at] if drawn else None)
            for at, (name, column) in enumerate(sums.items())
        }

    def estimates(self, means: Means) -> list[Estimate]:
        """Each group's value with its interval."""
        return [
            self._estimate(value, None if means.drawn is None else means.drawn[:, group], means.sizes[:, group])
            for group, value in enumerate(means.values)
        ]

    def macro(self, means: Means) -> Estimate:
        """The unweighted mean over the groups; in a draw, over those that it holds."""
        held = [value for value in means.values if value is not None]
        averaged = None
        if means.drawn is not None and held:
            there = ~np.isnan(means.drawn)
            n = there.sum(axis=1)
            averaged = np.divide(np.where(there, means.drawn, 0).sum(axis=1), n, out=np.full(len(n), np.nan), where=n > 0)
        return self._estimate(math.fsum(held) / len(held) if held else None, averaged, means.sizes.sum(axis=1))

    def _by_paper(self, column: Floats, rows: Rows) -> Floats:
        cells = np.bincount(rows.papers * rows.groups + rows.of, weights=column, minlength=self.papers * rows.groups)
        return cells.reshape(self.papers, rows.groups).astype(np.float64)

    def _drawn(self, tables: Sequence[Floats]) -> list[Floats] | None:
        """Each table but the last, divided by the last, in each draw."""
        if not self.resamples or self.papers < 2:
            return None
        groups, whole = tables[-1].shape[1], np.hstack(tables)
        out = np.empty((self.resamples, whole.shape[1]))
        for start in range(0, self.resamples, _BLOCK):
            np.matmul(self.times[start : start + _BLOCK].astype(np.float64), whole, out=out[start : start + _BLOCK])
        *sums, sizes = (out[:, start : start + groups] for start in range(0, groups * len(tables), groups))
        return (
            [np.divide(one, sizes, out=np.full(sizes.shape, np.nan), where=sizes > 0) for one in sums] if groups else list(sums)
        )

    def _estimate(self, value: float | None, drawn: Floats | None, sizes: Floats) -> Estimate:
        papers = int((sizes > 0).sum())
        low = high = None
        known = drawn[~np.isnan(drawn)] if drawn is not None else np.empty(0)
        if len(known) and value is not None and papers > 1:
            ends = np.quantile(known, [(1 - self.level) / 2, (1 + self.level) / 2])
            low, high = (round(float(end), _DIGITS) for end in ends)
        return Estimate(value=value, low=low, high=high, n=round(float(sizes.sum())), papers=papers)


def _ratio(sums: Floats, sizes: Floats) -> float | None:
    """Summed exactly: the same number in any order of the items."""
    size = math.fsum(sizes.tolist())
    return math.fsum(sums.tolist()) / size if size else None


__all__ = ["Means", "Resampling", "Rows"]
