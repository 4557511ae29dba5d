"""How a paper is set: the rows of its pages and what its body print looks like: font, size, leading, gutters, running heads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import numpy.typing as npt

from builder.pages import Page
from builder.stages.rows import Row, rows_of

_RUNNING_ZONE = 0.12  # of the page's height, at the top and at the bottom
_MARGIN = 0.08  # of the page's width, at the left and at the right
_COLUMN_SHARE = 0.12  # of the body rows must start where a column starts


@dataclass(frozen=True)
class Print:
    """How a paper's body is printed. `gutters` are x positions between columns, by page parity (number % 2)."""

    font: str
    size: float
    leading: float  # points from row to row
    column: float  # points, width of a text column
    gutters: tuple[tuple[float, ...], tuple[float, ...]]
    running: frozenset[tuple[int, str]]  # (y to 4 points, text without digits) of running heads and feet
    recurring: frozenset[int] = frozenset()  # edge_keys of graphics near the page's edges that two pages or more share


@dataclass(frozen=True)
class Typeset:
    """A paper's pages, the upright rows of each, and its body print."""

    pages: tuple[Page, ...]
    rows: tuple[list[Row], ...]
    body: Print


def typeset_of(pages: Sequence[Page]) -> Typeset:
    """All pages of a paper read once: what the sieve and the locator stand on."""
    rows = tuple(rows_of(page) for page in pages)
    return Typeset(tuple(pages), rows, print_of(pages, rows))


def print_of(pages: Sequence[Page], rows: Sequence[Sequence[Row]]) -> Print:
    """The body print of a paper from the rows of its pages."""
    weight: Counter[tuple[str, float]] = Counter()
    for row in _every(rows):
        if row.words >= 5:
            weight[row.font, round(row.size, 1)] += len(row.text)
    if not weight:
        return Print("", 10.0, 12.0, 480.0, ((), ()), frozenset())
    (font, size), _ = max(weight.items(), key=lambda item: (item[1], item[0]))
    body = [[r for r in page_rows if r.font == font and abs(r.size - size) < 0.3 and r.words >= 4] for page_rows in rows]
    width = median(sorted(row.box.width for row in _every(body))[-max(1, len(list(_every(body))) * 2 // 3) :])
    numbered = [(page.number % 2, row) for page, page_body in zip(pages, body, strict=True) for row in page_body]
    by_parity = [[row for parity, row in numbered if parity == p] for p in (0, 1)]
    gutters = (_gutters(by_parity[0] or by_parity[1], width), _gutters(by_parity[1] or by_parity[0], width))
    return Print(font, size, _leading(body, size), width, gutters, _running(pages, rows), _recurring(pages))


def _every(rows: Iterable[Sequence[Row]]) -> Iterable[Row]:
    return (row for page_rows in rows for row in page_rows)


def _leading(body: Sequence[Sequence[Row]], size: float) -> float:
    steps = [
        b.middle - a.middle
        for page_rows in body
        for a, b in zip(page_rows, page_rows[1:], strict=False)
        if abs(a.box.x0 - b.box.x0) < 3 and 0.9 * size < b.middle - a.middle < 3.5 * size
    ]
    return median(steps) if steps else 1.2 * size


def _gutters(body: Sequence[Row], width: float) -> tuple[float, ...]:
    """Midway between the end of one column and the start of the next."""
    starts = Counter(round(row.box.x0 / 4) for row in body)
    peaks: list[float] = []
    for start, _ in sorted(starts.items()):
        count = sum(starts[start + d] for d in (-1, 0, 1))
        if count >= _COLUMN_SHARE * len(body) and (not peaks or start * 4 - peaks[-1] > 0.6 * width):
            peaks.append(start * 4.0)
    gutters = []
    for left, right in zip(peaks, peaks[1:], strict=False):
        ends = sorted(r.box.x1 for r in body if abs(r.box.x0 - left) < 8 and r.box.x1 < right)
        gutters.append(((ends[int(0.9 * (len(ends) - 1))] if ends else right - 12) + right) / 2)
    return tuple(gutters)


def head_key(row: Row) -> tuple[int, str]:
    return round(row.box.y0 / 4), re.sub(r"\d+|\s+", "", row.text)


def in_running_zone(row: Row, page: Page) -> bool:
    zone = _RUNNING_ZONE * page.height
    return row.box.y1 < zone or row.box.y0 > page.height - zone


def is_running(row: Row, page: Page, body: Print) -> bool:
    """Whether a row is a running head or foot: the same words, digits apart, at one height on two pages or more."""
    return in_running_zone(row, page) and head_key(row) in body.running


def _running(pages: Sequence[Page], rows: Sequence[Sequence[Row]]) -> frozenset[tuple[int, str]]:
    seen: Counter[tuple[int, str]] = Counter()
    for page, page_rows in zip(pages, rows, strict=True):
        seen.update({head_key(r) for r in page_rows if in_running_zone(r, page)})
    return frozenset(key for key, count in seen.items() if count >= 2)


def edge_keys(page: Page) -> npt.NDArray[np.int64]:
    """One integer a graphic box that lies near the page's edges, the same for the same place; -1 for the others."""
    b = page.graphics.boxes.astype(np.float64)
    zone_y, zone_x = _RUNNING_ZONE * page.height, _MARGIN * page.width
    near = (b[:, 3] < zone_y) | (b[:, 1] > page.height - zone_y) | (b[:, 2] < zone_x) | (b[:, 0] > page.width - zone_x)
    places = np.clip(np.rint(b / 2), -2000, 2000).astype(np.int64) + 2000
    keys = ((places[:, 0] * 4001 + places[:, 1]) * 4001 + places[:, 2]) * 4001 + places[:, 3]
    return np.where(near, keys, -1)


def _recurring(pages: Sequence[Page]) -> frozenset[int]:
    seen: Counter[int] = Counter()
    for page in pages:
        seen.update(set(np.unique(edge_keys(page)).tolist()) - {-1})
    return frozenset(key for key, count in seen.items() if count >= 2)
