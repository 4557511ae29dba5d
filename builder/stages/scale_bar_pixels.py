"""Scale bars in pixels: a straight horizontal run in the colour of its label, free on both sides, without arrowheads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from builder.stages.scale_bar_dots import dotted
from builder.stages.scale_bar_ink import LEAST_HEIGHT, Frame, Pixels, Strip, plain_strips, strips_around
from builder.stages.scale_bar_run import Run, row_runs, runs_of

Rows = tuple[int, int]  # of the look, the last excluded

# Lengths in heights of the label, as bars are drawn by the software of microscopes and by hand.
_NEAR = 1.6  # the widest gap between label and bar
_LONGEST_TICK = 1.3  # beyond it a line across the end is a frame or an axis
_FLANK_GAP = 2.0
_INTO = 0.4  # OCR boxes often take in a part of the bar
_FREE = 0.4  # share of ink allowed along the bar's sides, where letters may touch it
_CLOSE = 0.06  # how near to the bar its background must begin
_SHARP, _UNEVEN = 0.1, 0.25
_FALL = 0.4  # of its own ink, that a bar loses at its ends
_LONG_STROKE = 0.45  # of a label's width: no stroke of a letter
_NEEDS_TICKS = 16.0  # a longer line without ticks is an axis, a border, a layer


def bar_of_label(look: Pixels, label: Frame, others: Sequence[Frame] = ()) -> Run | None:
    """The bar that belongs to a label, or None: boxes of it and of other words in pixels of the uint8 RGB look."""
    if label[3] - label[1] < LEAST_HEIGHT:
        return None
    strips = list(strips_around(look, label))
    letters = [_letter_rows(strip, label) for strip, _ in strips]
    rows = min((first for first, _ in letters), default=0), max((last for _, last in letters), default=0)
    return _best(strips, label, rows, others) or _best(plain_strips(look, label), label, rows, others)


def _best(strips: Iterable[tuple[Strip, float]], label: Frame, rows: Rows, others: Sequence[Frame]) -> Run | None:
    high = label[3] - label[1]
    columns = label[0] - _FLANK_GAP * high, label[2] + _FLANK_GAP * high
    candidates: list[Run] = []
    for strip, doubt in strips:
        clear = [run for run in runs_of(strip, high, columns) if not is_lettering(run, label, rows, others)]
        runs = _unboxed([run for run in clear if is_bar(strip, run, high)])
        placed = [*_flanking(runs, label), *_beside(strip, runs, label), *_stacked(strip, runs, label), *dotted(strip, label)]
        candidates += [run._replace(cost=run.cost + doubt) for run in placed]
    return min(candidates, key=lambda run: (run.cost, run.x0, run.y0), default=None)


def _letter_rows(strip: Strip, label: Frame) -> Rows:
    """First and last row of the look, the last excluded, where a label's box shows three strokes and no long one."""
    x0, y0, x1, y1 = (max(0, round(v)) for v in label)
    box = strip.mask[max(0, y0 - strip.top) : y1 - strip.top + 1, x0:x1]
    strokes = (np.diff(box.astype(np.int8), axis=1, prepend=0) == 1).sum(axis=1)
    rows = [int(at) for at in np.flatnonzero(strokes >= 3) if not any(row_runs(box[at], _LONG_STROKE * (x1 - x0)))]
    return (y0 + rows[0], y0 + rows[-1] + 1) if rows else ((y0 + y1) // 2, (y0 + y1) // 2)


def is_lettering(run: Run, label: Frame, rows: Rows, others: Sequence[Frame]) -> bool:
    """Whether a run is part of letters, or underlines another word."""
    middle = (run.y0 + run.y1) / 2
    if rows[0] < middle < rows[1] and min(label[2], run.x1) - max(label[0], run.x0) > 0.6 * (run.x1 - run.x0):
        return True
    for x0, y0, x1, y1 in others:
        shared = min(x1, run.x1) - max(x0, run.x0)
        ends = max(abs(run.x0 - x0), abs(run.x1 - x1))
        if y0 < middle < y1 and shared > 0.6 * (run.x1 - run.x0):
            return True
        if y0 < middle < y1 + 0.4 * (y1 - y0) and ends < 0.4 * (y1 - y0):
            return True
    return False


def is_bar(strip: Strip, run: Run, high: float) -> bool:
    """Even, with sharp ends and background along both sides; at the ends nothing but short ticks, and no arrowheads."""
    free = _is_even(strip, run, high) and _is_free(strip, run, high)
    return free and not _is_framed(strip, run, high) and not _has_arrowheads(strip, run, high)


def _is_even(strip: Strip, run: Run, high: float) -> bool:
    first, last = round(run.y0) - strip.top, round(run.y1) - strip.top
    profile = strip.ink[first:last].mean(axis=0)
    left, right, step = round(run.x0), round(run.x1), 1 + round(_SHARP * high)
    body = profile[left + step : right - step]
    if len(body) < 2 or left < step or right + step > len(profile):
        return False
    level = float(np.median(body))
    falls = (body[:step].mean() - profile[left - step : left].min(), body[-step:].mean() - profile[right : right + step].min())
    return float(body.std()) < _UNEVEN * level and min(falls) > _FALL * level


def _is_free(strip: Strip, run: Run, high: float) -> bool:
    inset = round(0.12 * (run.x1 - run.x0)) + 1
    left, right, near = round(run.x0) + inset, round(run.x1) - inset, 1 + max(1, round(_CLOSE * high))
    first, last = round(run.y0) - strip.top, round(run.y1) - strip.top
    above, below = strip.mask[max(0, first - near) : first, left:right], strip.mask[last : last + near, left:right]
    if above.size == 0 or below.size == 0:
        return False
    return bool(max(above.mean(axis=1).min(), below.mean(axis=1).min()) <= _FREE)


def _unboxed(runs: list[Run]) -> list[Run]:
    """Runs that are not one of two sides of a box: no other one apart from it has the same ends."""
    return [run for run in runs if not any(_same_ends(run, other) and _apart(run, other) for other in runs)]


def _apart(one: Run, other: Run) -> bool:
    return max(one.y0, other.y0) - min(one.y1, other.y1) >= 2


def _same_ends(one: Run, other: Run) -> bool:
    tolerance = max(2.0, 0.03 * (one.x1 - one.x0))
    return abs(one.x0 - other.x0) <= tolerance and abs(one.x1 - other.x1) <= tolerance


def _is_framed(strip: Strip, run: Run, high: float) -> bool:
    """Whether ink leaves an end straight up or down for longer than a tick does."""
    reach = int(_LONGEST_TICK * high)
    first, last = round(run.y0) - strip.top, round(run.y1) - strip.top
    for x in (round(run.x0), round(run.x0) + 1, round(run.x1) - 2, round(run.x1) - 1):
        up, down = strip.mask[max(0, first - reach) : first, x], strip.mask[last : last + reach, x]
        if (len(up) >= reach and up.all()) or (len(down) >= reach and down.all()):
            return True
    return False


def _has_arrowheads(strip: Strip, run: Run, high: float) -> bool:
    """Whether both ends, and not the middle, swell upwards and downwards a little inside the tip: a dimension arrow."""
    swelling = np.minimum(*_ticks(strip, run, max(2, round(0.45 * high))))[round(run.x0) : round(run.x1)]
    deep, tip = max(4, round(0.7 * high)), 1 + round(0.06 * high)
    if len(swelling) < 2 * deep + 2:
        deep = max(tip + 1, len(swelling) // 3)
    ends = swelling[:deep], swelling[::-1][:deep]
    middle = int(swelling[deep : len(swelling) - deep].max(initial=0))
    return all(end[tip:].max(initial=0) >= 2 + max(middle, int(end[:tip].max(initial=0))) for end in ends)


def _ticks(strip: Strip, run: Run, reach: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Per column, how many pixels of ink, up to `reach`, stand on a run's upper side and hang from its lower side."""
    first, last = round(run.y0) - strip.top, round(run.y1) - strip.top
    up = np.cumprod(strip.mask[max(0, first - reach) : first][::-1], axis=0).sum(axis=0)
    down = np.cumprod(strip.mask[last : last + reach], axis=0).sum(axis=0)
    return up.astype(np.int64), down.astype(np.int64)


def _stacked(strip: Strip, runs: list[Run], label: Frame) -> Iterator[Run]:
    """Bars above or below their label, the nearest and best centred with the least cost."""
    x0, y0, x1, y1 = label
    high = y1 - y0
    for run in runs:
        length, middle = run.x1 - run.x0, (run.y0 + run.y1) / 2
        above = middle < y0 + _INTO * high
        if not above and middle < y1 - _INTO * high:
            continue
        gap = max(0.0, (y0 - run.y1) if above else (run.y0 - y1)) / high
        shared = min(x1, run.x1) - max(x0, run.x0)
        if gap > _NEAR or shared < 0.3 * min(x1 - x0, length) or (length > _NEEDS_TICKS * high and not _has_ticks(strip, run)):
            continue
        offset = abs((run.x0 + run.x1) / 2 - (x0 + x1) / 2) / max(x1 - x0, length)
        odd = 0.15 * above + 0.02 * length / high + 0.3 * max(0.0, 1.5 - length / high)
        yield run._replace(cost=0.35 * gap + 0.4 * offset + odd)


def _in_band(run: Run, label: Frame) -> bool:
    middle, high = (run.y0 + run.y1) / 2, label[3] - label[1]
    return label[1] + 0.15 * high < middle < label[3] - 0.15 * high


def _flanking(runs: list[Run], label: Frame) -> Iterator[Run]:
    """A bar whose label interrupts it, as on the data bar of some electron microscopes: |--- 100 µm ---|."""
    x0, y0, x1, y1 = label
    near = _FLANK_GAP * (y1 - y0)
    lefts = [r for r in runs if _in_band(r, label) and -0.3 * near < x0 - r.x1 < near]
    rights = [r for r in runs if _in_band(r, label) and -0.3 * near < r.x0 - x1 < near]
    for left in lefts:
        for right in rights:
            alike = abs(left.y0 - right.y0) <= 2 and abs((x0 - left.x0) - (right.x1 - x1)) < 0.25 * (right.x1 - left.x0)
            if alike:
                yield Run(left.x0, min(left.y0, right.y0), right.x1, max(left.y1, right.y1), 0.0)


def _beside(strip: Strip, runs: list[Run], label: Frame) -> Iterator[Run]:
    """A bar on its label's line. On white a line before a word is a legend's sample, unless its ends carry ticks."""
    x0, y0, x1, y1 = label
    near = _FLANK_GAP * (y1 - y0)
    for run in runs:
        gap = max(x0 - run.x1, run.x0 - x1)
        if _in_band(run, label) and 0 <= gap < near and (not strip.on_page or _has_ticks(strip, run)):
            yield run._replace(cost=0.3 + 0.35 * gap / (y1 - y0))


def _has_ticks(strip: Strip, run: Run) -> bool:
    reach = round(run.y1 - run.y0) + 2
    extent = np.add(*_ticks(strip, run, reach))[round(run.x0) : round(run.x1)]
    return bool(min(extent[:2].max(initial=0), extent[-2:].max(initial=0)) >= 2)
