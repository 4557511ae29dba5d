"""Straight horizontal runs of ink: rectangles that may be scale bars, with their ends to a fraction of a pixel."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from builder.stages.scale_bar_ink import Ink, Mask, Strip

# In heights of the label, as bars are drawn by the software of microscopes and by hand.
_SHORTEST, _THICKEST = 0.75, 0.95
_LONGEST = 40.0
_LEAST_ASPECT = 2.0
_LEAST_LENGTH = 5.0  # pixels
_THICK = 4  # rows, of which a particle shows its sides
_SLANT = 0.06  # of a run's length, that ends of its rows may differ
_BEYOND = 3  # pixels beyond an end that tell its background
_SAME = 0.85  # overlap of runs of neighbouring rows that are one bar


class Run(NamedTuple):
    """A rectangle of ink in pixels of the look, ends at half of its contrast; `cost` is 0 where it stands as bars do."""

    x0: float
    y0: float
    x1: float
    y1: float
    cost: float


def runs_of(strip: Strip, high: float, columns: tuple[float, float] = (0.0, math.inf)) -> list[Run]:
    """Rectangles of ink at least _SHORTEST label heights long that reach into `columns`: runs of rows with like ends."""
    least, (left, right) = max(_LEAST_LENGTH, _SHORTEST * high), columns
    rows = [[(x0, x1) for x0, x1 in row_runs(row, least) if x1 > left and x0 < right] for row in strip.mask]
    open_stacks: list[list[tuple[int, int, int]]] = []
    done: list[list[tuple[int, int, int]]] = []
    for y, found in enumerate(rows):
        grown: list[list[tuple[int, int, int]]] = []
        for x0, x1 in found:
            stack = next((s for s in open_stacks if _overlap(s[-1][1:], (x0, x1)) >= _SAME and s not in grown), [])
            stack.append((y, x0, x1))
            grown.append(stack)
        done += [stack for stack in open_stacks if stack not in grown]
        open_stacks = grown
    rectangles = [_rectangle(strip, stack) for stack in [*done, *open_stacks] if _is_upright(stack)]
    return [run for run in rectangles if run.y1 - run.y0 <= _THICKEST * high and _is_long(run, high, strip)]


def row_runs(row: Mask, least: float) -> Iterator[tuple[int, int]]:
    steps = np.diff(np.concatenate([[0], row.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    for start, end in zip(starts, ends, strict=True):
        if end - start >= least:
            yield int(start), int(end)


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> float:
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return shared / (max(one[1], other[1]) - min(one[0], other[0]))


def _is_upright(stack: list[tuple[int, int, int]]) -> bool:
    """Whether most rows begin and end where the others do: the sides of a particle slant."""
    rows = np.array(stack)
    spread = np.subtract(*np.percentile(rows[:, 1:], [80, 20], axis=0))
    return len(stack) < _THICK or bool(spread.max() <= max(2.0, _SLANT * (rows[:, 2] - rows[:, 1]).mean()))


def _rectangle(strip: Strip, stack: list[tuple[int, int, int]]) -> Run:
    """A stack's box; its ends where the mean of its rows falls half way to the background."""
    first, last = stack[0][0], stack[-1][0] + 1
    x0, x1 = (int(np.median([row[side] for row in stack])) for side in (1, 2))
    profile = strip.ink[first:last].mean(axis=0)
    level = float(np.median(profile[x0:x1]))
    left, right = _crossing(profile[::-1], len(profile) - x0, level), _crossing(profile, x1, level)
    return Run(len(profile) - left, first + strip.top, right, last + strip.top, 0.0)


def _crossing(profile: Ink, end: int, level: float) -> float:
    """Where a profile falls half way from `level` to what lies beyond index `end`; edges of pixels count from 0."""
    beyond = profile[end + 1 : end + 1 + _BEYOND]
    half = (level + float(np.median(beyond))) / 2 if len(beyond) else level / 2
    for at in range(max(1, end - 2), min(end + 2, len(profile) - 1) + 1):
        inner, outer = float(profile[at - 1]), float(profile[at])
        if inner >= half > outer:
            return at - 0.5 + (inner - half) / (inner - outer)
    return float(end)


def _is_long(run: Run, high: float, strip: Strip) -> bool:
    length, thick = run.x1 - run.x0, run.y1 - run.y0
    at_edge = run.x0 < 1 or run.x1 > strip.mask.shape[1] - 1
    return length >= _LEAST_ASPECT * thick and length <= _LONGEST * high and not at_edge
