"""Printed rows of a page, and what a paper's body print looks like: font, size, leading, gutters, running heads."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median

import numpy as np
import numpy.typing as npt

from builder.records import Box, Graphics, Line, Page, Span

_SAME_BLOCK_GAP = 1.5  # of the letter size: fragments of one row that a wide blank or a formula tore apart
_OTHER_BLOCK_GAP = 0.8  # below the narrowest gutter of the corpus (1.2)
_RUNNING_ZONE = 0.12  # of the page's height, at the top and at the bottom
_MARGIN = 0.08  # of the page's width, at the left and at the right
_COLUMN_SHARE = 0.12  # of the body rows must start where a column starts


@dataclass(frozen=True)
class Row:
    """A printed row: the fragments of text on one baseline that belong together."""

    spans: tuple[Span, ...]
    box: Box
    block: int

    @cached_property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)

    @cached_property
    def words(self) -> int:
        return len(self.text.split())

    @cached_property
    def main(self) -> Span:
        """The span that shows the print most of the row has."""
        weight: Counter[tuple[str, float]] = Counter()
        for span in self.spans:
            weight[span.font, round(span.size, 1)] += len(span.text.strip())
        font, size = weight.most_common(1)[0][0]
        return next(span for span in self.spans if (span.font, round(span.size, 1)) == (font, size))

    @property
    def size(self) -> float:
        return self.main.size

    @property
    def font(self) -> str:
        return self.main.font

    @property
    def middle(self) -> float:
        return (self.box.y0 + self.box.y1) / 2


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


def angles(page: Page) -> tuple[int, ...]:
    """Reading directions on the page, the upright one first."""
    return (0, *sorted({line.angle for line in page.lines} - {0}))


def turned(page: Page, angle: int) -> Page:
    """The page turned so that what reads at `angle` becomes upright; its grey render turns along."""
    if angle == 0:
        return page
    width, height = (page.height, page.width) if angle in (90, 270) else (page.width, page.height)
    boxes = page.graphics.boxes
    graphics = Graphics(np.array(_turn_columns(boxes, page, angle), dtype=np.float32).reshape(-1, 4), page.graphics.kinds)
    lines = tuple(
        Line(
            tuple(replace(s, box=turn_box(s.box, page, angle)) for s in line.spans),
            turn_box(line.box, page, angle),
            line.block,
            (line.angle - angle) % 360,
        )
        for line in page.lines
    )
    grey = None if page.grey is None else np.ascontiguousarray(np.rot90(page.grey, angle // 90))
    return replace(page, width=width, height=height, lines=lines, graphics=graphics, grey=grey)


def turn_box(box: Box, page: Page, angle: int) -> Box:
    """A box of `page` on the page turned by `turned`. To go back: turn by 360 - angle on the turned page."""
    w, h = page.width, page.height
    if angle == 90:
        return Box(box.y0, w - box.x1, box.y1, w - box.x0)
    if angle == 180:
        return Box(w - box.x1, h - box.y1, w - box.x0, h - box.y0)
    if angle == 270:
        return Box(h - box.y1, box.x0, h - box.y0, box.x1)
    return box


def _turn_columns(boxes: npt.NDArray[np.float32], page: Page, angle: int) -> npt.NDArray[np.float32]:
    x0, y0, x1, y1 = boxes.T
    turned_box = turn_box(Box(x0, y0, x1, y1), page, angle)
    return np.stack(turned_box, axis=1)


def rows_of(page: Page) -> list[Row]:
    """The upright rows of a page from top to bottom, then from left to right."""
    rows: list[Row] = []
    ends: list[float] = []  # right edges of the rows: the cheap first look
    lines = [line for line in page.lines if line.angle == 0 and line.text.strip()]
    largest = max((line.size for line in lines), default=0.0)
    bands: dict[int, list[int]] = defaultdict(list)  # rows by their middle, so that only neighbours are compared
    for line in sorted(lines, key=lambda line: (line.box.x0, line.box.y0, line.text)):
        new = Row(line.spans, line.box, line.block)
        band = int(new.middle // 20)
        reach = new.box.x0 - _SAME_BLOCK_GAP * max(largest, new.size)
        near = [i for b in (band - 1, band, band + 1) for i in bands[b]]
        host = next((i for i in reversed(near) if ends[i] > reach and _one_row(rows[i], new)), None)
        if host is None:
            bands[band].append(len(rows))
            rows.append(new)
            ends.append(new.box.x1)
        else:
            old = rows[host]
            rows[host] = Row(old.spans + _spaced(old, new), old.box.join(new.box), old.block)
            ends[host] = rows[host].box.x1
    return sorted(rows, key=lambda row: (round(row.middle), row.box.x0))


def _one_row(left: Row, right: Row) -> bool:
    shared = min(left.box.y1, right.box.y1) - max(left.box.y0, right.box.y0)
    if shared < 0.45 * min(left.box.height, right.box.height):
        return False
    gap, size = right.box.x0 - left.box.x1, max(left.size, right.size)
    return -size < gap < size * (_SAME_BLOCK_GAP if left.block == right.block else _OTHER_BLOCK_GAP)


def _spaced(left: Row, right: Row) -> tuple[Span, ...]:
    apart = right.box.x0 - left.box.x1 > 0.15 * left.size and not left.text.endswith(" ")
    first = right.spans[0]
    return (replace(first, text=" " + first.text), *right.spans[1:]) if apart else right.spans


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


def _running(pages: Sequence[Page], rows: Sequence[Sequence[Row]]) -> frozenset[tuple[int, str]]:
    seen: Counter[tuple[int, str]] = Counter()
    for page, page_rows in zip(pages, rows, strict=True):
        zone = _RUNNING_ZONE * page.height
        seen.update({head_key(r) for r in page_rows if r.box.y1 < zone or r.box.y0 > page.height - zone})
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
