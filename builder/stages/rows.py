"""Printed rows of a page: fragments of text on one baseline, joined where they belong together."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from builder.pages import Box, Line, Page, Span

_SAME_BLOCK_GAP = 1.5  # of the letter size: fragments of one row that a wide blank or a formula tore apart
_OTHER_BLOCK_GAP = 0.8  # below the narrowest gutter of the corpus (1.2)
_SHARED = 0.45  # of the lower fragment's height that fragments of one row have in common
_BAND = 20.0  # points: rows are looked for in bands of this height


@dataclass(frozen=True, slots=True)
class Row:
    """A printed row: the fragments of text on one baseline that belong together. `font` and `size` most of its letters have."""

    spans: tuple[Span, ...]
    box: Box
    block: int
    text: str
    words: int
    font: str
    size: float  # points
    middle: float  # points from the page's top


def row_of(spans: tuple[Span, ...], box: Box, block: int) -> Row:
    """The row of these fragments."""
    text = spans[0].text if len(spans) == 1 else "".join([span.text for span in spans])
    main = spans[0] if len(spans) == 1 else _main(spans)
    return Row(spans, box, block, text, len(text.split()), main.font, main.size, (box.y0 + box.y1) / 2)


def _main(spans: Sequence[Span]) -> Span:
    """The fragment that shows the print most letters have."""
    letters: dict[tuple[str, float], int] = {}
    for span in spans:
        kind = span.font, span.size
        letters[kind] = letters.get(kind, 0) + len(span.text.strip())
    if len(letters) == 1:
        return spans[0]
    font, size = max(letters, key=lambda kind: letters[kind])
    return next(span for span in spans if span.font == font and span.size == size)


class _Growing:
    """A row that may still grow to the right."""

    __slots__ = ("box", "letters", "lines", "size")

    def __init__(self, line: Line, size: float, text: str) -> None:
        self.lines, self.box, self.size, self.letters = [line], line.box, size, len(text)

    def takes(self, line: Line, size: float) -> bool:
        _, top, right, foot = self.box  # unpacked and compared by hand: this runs for every pair of neighbours
        x0, y0, _, y1 = line.box
        shared = (foot if foot < y1 else y1) - (top if top > y0 else y0)
        if shared < _SHARED * (foot - top) and shared < _SHARED * (y1 - y0):
            return False
        gap, size = x0 - right, max(self.size, size)
        return -size < gap < size * (_SAME_BLOCK_GAP if self.lines[0].block == line.block else _OTHER_BLOCK_GAP)

    def add(self, line: Line, size: float, text: str) -> None:
        self.lines.append(line)
        self.box = self.box.join(line.box)
        if len(text) > self.letters:
            self.size, self.letters = size, len(text)

    def row(self) -> Row:
        spans = self.lines[0].spans
        end = self.lines[0].box.x1
        for line in self.lines[1:]:
            apart = line.box.x0 - end > 0.15 * self.size and not spans[-1].text.endswith(" ")
            first = line.spans[0]
            spans += (replace(first, text=" " + first.text), *line.spans[1:]) if apart else line.spans
            end = max(end, line.box.x1)
        return row_of(spans, self.box, self.lines[0].block)


def rows_of(page: Page) -> list[Row]:
    """The upright rows of a page from top to bottom, then from left to right."""
    pieces = [(line.box, line.text, line.size, line) for line in page.lines if not line.angle]
    pieces = sorted([piece for piece in pieces if piece[1].strip()], key=lambda piece: piece[:2])
    reach = _SAME_BLOCK_GAP * max((size for _, _, size, _ in pieces), default=0.0)
    grown: list[_Growing] = []
    bands: dict[int, list[_Growing]] = defaultdict(list)  # rows by the middle they began at, so that only neighbours meet
    for (x0, y0, _, y1), text, size, line in pieces:
        band = int((y0 + y1) / 2 // _BAND)
        host = None
        for near in (band + 1, band, band - 1):
            if near in bands:
                bands[near] = [row for row in bands[near] if row.box.x1 > x0 - reach]  # the others are behind for good
                host = host or next((row for row in reversed(bands[near]) if row.takes(line, size)), None)
        if host is None:
            grown.append(_Growing(line, size, text))
            bands[band].append(grown[-1])
        else:
            host.add(line, size, text)
    return sorted([row.row() for row in grown], key=lambda row: (round(row.middle), row.box.x0))


def between(rows: Sequence[Row], top: float, foot: float) -> range:
    """Of rows sorted as `rows_of` sorts them, the indices of those whose middle lies from `top` to `foot`, to the point."""
    return range(bisect_left(rows, round(top), key=_height), bisect_right(rows, round(foot), key=_height))


def _height(row: Row) -> int:
    return round(row.middle)
