"""Dotted scale bars: eleven dots or short strokes whose first and last are the label's length apart (Hitachi's data bar)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from builder.stages.scale_bar_ink import Frame, Mask, Strip
from builder.stages.scale_bar_run import Run

_DOTS = 11  # ten steps; another number is texture or lettering
_UNEVEN = 0.12  # of a step: how far a dot may stand from its place
_NEAR = 1.8  # label heights between dots and label
_LEAST_STEP, _MOST_STEP = 0.15, 2.0  # of the label's height
_COST = 0.1


def dotted(strip: Strip, label: Frame) -> Iterator[Run]:
    """Rows of dots right above or below a label's box, from first to last dot, in pixels of the look."""
    x0, y0, x1, y1 = label
    high = y1 - y0
    for first, last in ((y0 - _NEAR * high, y0 + 0.2 * high), (y1 - 0.2 * high, y1 + _NEAR * high)):
        for y in range(max(0, round(first) - strip.top), min(len(strip.mask), round(last) - strip.top)):
            for start, end in _rows_of_dots(strip.mask[y], high):
                if min(end, x1) - max(start, x0) > 0.5 * min(end - start, x1 - x0):
                    yield Run(start, y + strip.top, end, y + strip.top + 1, _COST)


def _rows_of_dots(row: Mask, high: float) -> Iterator[tuple[float, float]]:
    steps = np.diff(np.concatenate([[0], row.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    middles, widths = (starts + ends) / 2, ends - starts
    for at in range(len(middles) - _DOTS + 1):
        dots, wide = middles[at : at + _DOTS], widths[at : at + _DOTS]
        step = (dots[-1] - dots[0]) / (_DOTS - 1)
        if not _LEAST_STEP * high < step < _MOST_STEP * high or wide.max() > min(0.6 * step, wide.min() + 2):
            continue
        off = np.abs(dots - (dots[0] + step * np.arange(_DOTS)))
        before, after = middles[max(0, at - 1) : at], middles[at + _DOTS : at + _DOTS + 1]
        alone = bool((dots[0] - before > 1.5 * step).all() and (after - dots[-1] > 1.5 * step).all())
        if alone and off.max() <= max(1.0, _UNEVEN * step):
            yield float(dots[0]), float(dots[-1])
