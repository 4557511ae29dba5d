"""A page sorted into what a figure may hold, on a 2 point grid, and what it may not: text, tables, frames, heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from builder.pages import Box, Page
from builder.records import Caption
from builder.stages.captions import TABLE
from builder.stages.rows import Row, between, row_of
from builder.stages.typeset import Print, edge_keys, head_key, in_running_zone

Mask = npt.NDArray[np.bool_]

CELL = 2.0  # points, the grid's step
INK = 245  # grey below this is ink: keeps the palest axis grid, drops the scanner's paper
_PAGE_SHARE = 0.85  # of the page: a box that covers it is a background or a scan
_RULE = 2.5  # points: what is thinner is a rule
_TABLE_REACH = 250.0  # points from one rule of a table to the next
_FRAME = 5.5  # points: rounded corners of a publisher's frame reach this far
_LABELS = 40.0  # points from graphics to the last of their labels
_EDGE = 0.07  # of the page's width: sideways text in it is a running head of a landscape page or a stamp
_TITLE_WORDS = 12  # of an axis
_TITLE_SHARE = 0.35  # of the page's height: a longer line is a stamp in the margin
_HEAD_ZONE = 0.09  # of the page: graphics that lie in it, at the top or the bottom, and are wide, are the journal's


@dataclass(frozen=True)
class Scene:
    """An upright page sorted into what a figure may hold and what it may not."""

    page: Page
    gutters: tuple[float, ...]
    drawn: Mask  # grid cells that graphics cover
    content: Mask  # drawn, or loose text
    ink: Mask | None  # pixels that are ink and not an obstacle's text
    loose: npt.NDArray[np.float64]  # (n, 4) boxes of text that may belong to a figure
    rasters: npt.NDArray[np.float32]  # (n, 4) boxes of placed rasters, scans of the page left out
    obstacles: tuple[Box, ...]
    captions: tuple[Box, ...]


def scene_of(page: Page, rows: Sequence[Row], captions: Sequence[Caption], boxes: Sequence[Box], body: Print) -> Scene:
    """The page with its captions at `boxes` (in the page's own upright coordinates)."""
    free = _outside(rows, boxes)
    blocking = _obstacle_rows(page, free, body)
    strips = _frame_strips(page, boxes)
    tables = _tables(page, free, boxes, blocking, body)
    blocked = [*(_stretched(r, page, body) for r in blocking), *tables]
    held = {id(r) for r in blocking}
    loose = _outside([r for r in free if id(r) not in held], blocked)
    drawn = _drawn(page, boxes, [r.box for r in blocking], strips, body)
    for table in tables:
        drawn[cells_of(table, page)] = False
    ink = _ink(page, [*boxes, *strips, *tables, *(r.box for r in blocking)])
    if ink is not None:
        inked = _to_grid(ink, page)
        drawn = (_grown(inked) & drawn) if not is_scan(page) else inked & ~_paint(np.array([r.box for r in rows]), page)
    content = drawn | _paint(np.array([r.box for r in loose]), page)
    gutters = body.gutters[page.number % 2]
    return Scene(page, gutters, drawn, content, ink, _loose(loose, page), _rasters(page), tuple(blocked), tuple(boxes))


def _rasters(page: Page) -> npt.NDArray[np.float32]:
    images = page.graphics.boxes[page.graphics.kinds == 0]
    sides = images[:, 2:] - images[:, :2]
    placed: npt.NDArray[np.float32] = images[
        (sides > 0).all(axis=1) & (sides.prod(axis=1) < _PAGE_SHARE * page.width * page.height)
    ]
    return placed


def _loose(rows: Sequence[Row], page: Page) -> npt.NDArray[np.float64]:
    return np.array([r.box for r in (*rows, *_sideways(page))], dtype=np.float64).reshape(-1, 4)


def _sideways(page: Page) -> list[Row]:
    """Short text that reads up or down: titles of axes."""
    lines = [x for x in page.lines if x.angle and x.text.strip() and len(x.text.split()) <= _TITLE_WORDS]
    lines = [x for x in lines if x.box.x1 > _EDGE * page.width and x.box.x0 < (1 - _EDGE) * page.width]
    return [row_of(x.spans, x.box, x.block) for x in lines if x.box.height < _TITLE_SHARE * page.height]


def drawn_zone(page: Page, captions: Sequence[Box]) -> Box:
    """What has to be looked at to tighten the figures of a page: all its graphics, and where their labels may stand."""
    b = page.graphics.boxes
    zone = Box(*(float(v) for v in (*b[:, :2].min(axis=0), *b[:, 2:].max(axis=0)))) if len(b) else Box(0, 0, 0, 0)
    for caption in captions:
        zone = zone.join(caption) if zone.area else caption
    zone = Box(zone.x0 - _LABELS, zone.y0 - _LABELS, zone.x1 + _LABELS, zone.y1 + _LABELS)
    return zone.meet(Box(0, 0, page.width, page.height))


def _outside(rows: Sequence[Row], boxes: Sequence[Box]) -> list[Row]:
    """The rows of which no box holds more than half."""
    if not rows or not boxes:
        return list(rows)
    a, b = np.array([r.box for r in rows])[:, None], np.array(boxes)[None]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.clip(sides, 0, None).prod(axis=2).max(axis=1)
    whole = (a[:, 0, 2:] - a[:, 0, :2]).prod(axis=1)
    return [row for row, held in zip(rows, shared > 0.5 * np.maximum(whole, 1e-6), strict=True) if not held]


def _is_head(row: Row, page: Page, body: Print) -> bool:
    at_edge = row.box.y1 < 0.035 * page.height or row.box.y0 > 0.965 * page.height
    return at_edge or (in_running_zone(row, page) and head_key(row) in body.running)


def _stretched(row: Row, page: Page, body: Print) -> Box:
    """A running head or foot blocks the whole width of the page, and all beyond it."""
    if not _is_head(row, page, body) or row.box.height > 30:
        return row.box
    at_top = row.middle < page.height / 2
    return Box(0, 0 if at_top else row.box.y0, page.width, row.box.y1 if at_top else page.height)


def _frame_strips(page: Page, captions: Sequence[Box]) -> list[Box]:
    """Strips along the sides of publishers' frames around a figure with its caption."""
    boxes = page.graphics.boxes
    upright = boxes[(boxes[:, 2] - boxes[:, 0] < _RULE) & (boxes[:, 3] - boxes[:, 1] > 40)]
    strips: list[Box] = []
    for at in captions:
        sides = upright[(upright[:, 1] < at.y0) & (upright[:, 3] > at.y1 - _FRAME)]
        left, right = sides[sides[:, 2] <= at.x0 + 2], sides[sides[:, 0] >= at.x1 - 2]
        if len(left) and len(right):
            x0, x1 = float(left[:, 0].max()), float(right[:, 2].min())
            y0, y1 = float(min(left[:, 1].min(), right[:, 1].min())), float(max(left[:, 3].max(), right[:, 3].max()))
            w = _FRAME
            strips += [Box(x0 - w, y0 - w, x0 + w, y1 + w), Box(x1 - w, y0 - w, x1 + w, y1 + w)]
            strips += [Box(x0 - w, y0 - w, x1 + w, y0 + _RULE), Box(x0 - w, y1 - _RULE, x1 + w, y1 + w)]
    return strips


def _obstacle_rows(page: Page, rows: Sequence[Row], body: Print) -> list[Row]:
    """Running heads, paragraphs and the headings and last lines that hang on them."""
    images = page.graphics.boxes[page.graphics.kinds == 0]
    sides = images[:, 2:] - images[:, :2]
    images = images[(sides.prod(axis=1) > 1600) & (sides.prod(axis=1) < _PAGE_SHARE * page.width * page.height)]
    paragraphs = [r for r in rows if _is_paragraph(r, rows, body) and not _covered(r.box, images)]
    heads = [r for r in rows if _is_head(r, page, body)]
    held = {id(r) for r in [*paragraphs, *heads]}
    fresh = paragraphs
    for _ in range(2):
        fresh = [r for r in rows if id(r) not in held and _hangs_on(r, fresh, body) and not _covered(r.box, images)]
        held |= {id(r) for r in fresh}
    return [r for r in rows if id(r) in held]


def _covered(box: Box, images: npt.NDArray[np.float32]) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return bool(((images[:, 0] < x) & (images[:, 2] > x) & (images[:, 1] < y) & (images[:, 3] > y)).any())


def _is_paragraph(row: Row, rows: Sequence[Row], body: Print) -> bool:
    wide = row.box.width >= 0.6 * body.column
    if not wide or row.words < 4 or not 0.65 * body.size <= row.size <= 1.5 * body.size:
        return False
    if _is_body(row, body):
        return True
    return any(
        other is not row
        and other.words >= 4
        and other.box.width >= 0.5 * body.column
        and abs(other.size - row.size) < 0.6
        and abs(other.box.x0 - row.box.x0) < 2 * row.size
        and abs(other.middle - row.middle) < 1.8 * row.size
        for other in (rows[i] for i in between(rows, row.middle - 1.8 * row.size, row.middle + 1.8 * row.size))
    )


def _is_body(row: Row, body: Print) -> bool:
    return row.font == body.font and abs(row.size - body.size) < 0.3


def _hangs_on(row: Row, paragraphs: Sequence[Row], body: Print) -> bool:
    """A short last line, or a heading at the column's edge just above its text."""
    reach = 2.6 * body.leading
    for other in (paragraphs[i] for i in between(paragraphs, row.middle - reach, row.middle + reach)):
        step = row.middle - other.middle
        if abs(step) > reach:
            continue
        aligned = abs(row.box.x0 - other.box.x0) < 2.2 * body.size
        same = abs(row.size - other.size) < 0.4 and (row.font == other.font or any(s.font == other.font for s in row.spans))
        if aligned and same and 0 < abs(step) < 1.5 * body.leading:
            return True
        heading = row.size >= body.size - 0.5 and row.words < 15 and abs(row.box.x0 - other.box.x0) < 2
        if heading and -reach < step < 0:
            return True
    return False


def _tables(page: Page, rows: Sequence[Row], captions: Sequence[Box], blocking: Sequence[Row], body: Print) -> list[Box]:
    """Table captions with everything down to the table's last rule."""
    boxes = page.graphics.boxes
    rules = _rules(boxes[(boxes[:, 3] - boxes[:, 1] < _RULE) & (boxes[:, 2] - boxes[:, 0] > 20)], 0.5 * body.column)
    found = []
    for row in rows:
        if not TABLE.match(row.text) or (_is_body(row, body) and row.box.width > 0.9 * body.column):
            continue
        whole = row.box
        stops = [b.y0 for b in captions if b.y0 > row.box.y1 and min(b.x1, row.box.x1) > max(b.x0, row.box.x0)]
        for x0, y0, x1, y1 in rules[:400]:
            beside = x0 < row.box.x1 and x1 > row.box.x0
            if beside and row.box.y0 < y0 < min([*stops, whole.y1 + _TABLE_REACH]):
                between = [r for r in blocking if whole.y1 + 2 < r.middle < y0 and _is_body(r, body)]
                if len(between) < 3:
                    whole = whole.join(Box(x0, y0, x1, y1))
        found.append(whole)
    return found


def _rules(thin: npt.NDArray[np.float32], width: float) -> list[Box]:
    """Rules at least `width` wide, from top to bottom; abutting pieces at one height are one rule."""
    joined: list[Box] = []
    for piece in sorted(Box(*(float(v) for v in box)) for box in thin[:3000]):
        host = next((i for i, r in enumerate(joined[-60:]) if abs(r.y0 - piece.y0) < 1 and piece.x0 - r.x1 < 3), None)
        if host is None:
            joined.append(piece)
        else:
            at = host + max(0, len(joined) - 60)
            joined[at] = joined[at].join(piece)
    return sorted((r for r in joined if r.width >= width), key=lambda r: (r.y0, r.x0))


def is_scan(page: Page) -> bool:
    """Whether one raster covers the page."""
    images = page.graphics.boxes[page.graphics.kinds == 0]
    sides = images[:, 2:] - images[:, :2]
    return bool((sides.prod(axis=1) >= _PAGE_SHARE * page.width * page.height).any())


def _drawn(page: Page, captions: Sequence[Box], text: Sequence[Box], strips: Sequence[Box], body: Print) -> Mask:
    """Grid cells under graphics, without backgrounds, frames around captions, lonely rules and paragraphs' own paint."""
    boxes: npt.NDArray[np.float64] = np.clip(page.graphics.boxes.astype(np.float64), 0, [page.width, page.height] * 2)
    sides = boxes[:, 2:] - boxes[:, :2]
    keep = (sides >= 0).all(axis=1) & (sides.prod(axis=1) < _PAGE_SHARE * page.width * page.height)
    keep &= ~_journal(page, boxes, body)
    for box in captions:
        keep &= _shares(boxes, box) < 0.6
    for box in strips:
        keep &= ~((boxes >= (box.x0, box.y0, -1, -1)) & (boxes <= (1e9, 1e9, box.x1, box.y1))).all(axis=1)
    if text:
        holds = np.zeros(len(boxes), dtype=np.int32)
        for box in text:
            holds += _shares(boxes, box) > 0.9
        keep &= ~((holds >= 3) & (page.graphics.kinds != 0)) & ~((holds >= 1) & (sides[:, 1] < 20))
    thin = (sides.min(axis=1) < _RULE) & (sides.max(axis=1) > 0.45 * body.column)
    mask = _paint(boxes[keep & ~thin], page)
    around = _grown(_grown(mask))
    for box in boxes[keep & thin][:2000]:
        rule = cells_of(box, page)
        if around[rule].mean() > 0.05:
            mask[rule] = True
    return mask


def _journal(page: Page, boxes: npt.NDArray[np.float64], body: Print) -> npt.NDArray[np.bool_]:
    """Graphics that recur from page to page near its edges, and wide ones in its head and foot."""
    zone = _HEAD_ZONE * page.height
    wide = boxes[:, 2] - boxes[:, 0] > 0.4 * page.width
    journal: npt.NDArray[np.bool_] = wide & ((boxes[:, 3] < zone) | (boxes[:, 1] > page.height - zone))
    if body.recurring and len(boxes):
        keys = edge_keys(page)
        journal |= np.isin(keys, np.array(sorted(body.recurring), dtype=np.int64))
    return journal


def _shares(boxes: npt.NDArray[np.float64], box: Box) -> npt.NDArray[np.float64]:
    """How much of `box` each of the boxes covers."""
    wide = np.minimum(boxes[:, 2], box.x1) - np.maximum(boxes[:, 0], box.x0)
    high = np.minimum(boxes[:, 3], box.y1) - np.maximum(boxes[:, 1], box.y0)
    share: npt.NDArray[np.float64] = np.clip(wide, 0, None) * np.clip(high, 0, None) / max(box.area, 1e-6)
    return share


def _shape(page: Page) -> tuple[int, int]:
    return int(page.height // CELL) + 1, int(page.width // CELL) + 1


def cells_of(box: npt.NDArray[np.float64] | Box, page: Page) -> tuple[slice, slice]:
    high, wide = _shape(page)
    x0, y0, x1, y1 = (float(v) / CELL for v in box)
    left, top = min(max(int(x0), 0), wide - 1), min(max(int(y0), 0), high - 1)
    return slice(top, max(top + 1, min(high, int(np.ceil(y1))))), slice(left, max(left + 1, min(wide, int(np.ceil(x1)))))


def _paint(boxes: npt.NDArray[np.float64], page: Page) -> Mask:
    """Cells under any of the boxes, by differences at their corners: the cost does not grow with what they cover."""
    high, wide = _shape(page)
    if not len(boxes):
        return np.zeros((high, wide), dtype=bool)
    cells = boxes.reshape(-1, 4) / CELL
    x0, y0 = (np.clip(np.floor(cells[:, k]).astype(np.int64), 0, n - 1) for k, n in ((0, wide), (1, high)))
    x1, y1 = (np.clip(np.ceil(cells[:, k]).astype(np.int64), 1, n) for k, n in ((2, wide), (3, high)))
    x1, y1 = np.maximum(x1, x0 + 1), np.maximum(y1, y0 + 1)
    flat = np.zeros((high + 1) * (wide + 1), dtype=np.int64)
    for x, y, sign in ((x0, y0, 1), (x1, y1, 1), (x0, y1, -1), (x1, y0, -1)):
        flat += sign * np.bincount(y * (wide + 1) + x, minlength=flat.size)
    return np.cumsum(np.cumsum(flat.reshape(high + 1, wide + 1), axis=0), axis=1)[:high, :wide] > 0


def _grown(mask: Mask) -> Mask:
    out = mask.copy()
    out[1:] |= mask[:-1]
    out[:-1] |= mask[1:]
    wide = out.copy()
    wide[:, 1:] |= out[:, :-1]
    wide[:, :-1] |= out[:, 1:]
    return wide


def _ink(page: Page, hidden: Sequence[Box]) -> Mask | None:
    if page.grey is None:
        return None
    ink: Mask = page.grey < INK
    for x0, y0, x1, y1 in hidden:
        s = page.grey_scale
        ink[max(0, int((y0 - 1) * s)) : int((y1 + 1) * s) + 1, max(0, int((x0 - 1) * s)) : int((x1 + 1) * s) + 1] = False
    return ink


def _to_grid(ink: Mask, page: Page) -> Mask:
    high, wide = _shape(page)
    step = round(CELL * page.grey_scale)
    whole = np.zeros((high * step, wide * step), dtype=bool)
    cut = ink[: high * step, : wide * step]
    whole[: cut.shape[0], : cut.shape[1]] = cut
    rows = np.logical_or.reduce([whole[k::step] for k in range(step)])
    return np.asarray(np.logical_or.reduce([rows[:, k::step] for k in range(step)]), dtype=np.bool_)
