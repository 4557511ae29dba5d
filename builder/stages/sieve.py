"""Anchor-gated sieve: keep the pages where a figure's caption and graphics meet (SPM-Bench, Anchor-Gated Sieve)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from builder.pages import Box, Ink, Page
from builder.records import Caption, Dropped
from builder.stages.captions import Anchor, accepted, anchors, extent, may_start
from builder.stages.reflow import is_broken, reflow, spans_text, vocabulary
from builder.stages.rows import Row, rows_of
from builder.stages.turning import turn_box, turned
from builder.stages.typeset import Typeset

_MIN_SIDE = 40.0  # points: smaller rasters are logos and icons, flatter paths rules
_MIN_PIECES = 15  # fewer small ones are rules, frames and links
_SCANNED = "a picture without a text layer: a scan, unless read with the extra 'microtome[ocr]'"
_BACKGROUND = 0.8  # of the page


@dataclass(frozen=True)
class SievedPage:
    """A page worth looking at, with the captions that start on it."""

    page: Page
    captions: tuple[Caption, ...]


def sieve(paper: Typeset, paper_id: str) -> tuple[list[SievedPage], list[Dropped]]:
    """Each page kept with its captions, or dropped with its reason.

    A page whose caption has no graphics beside it is kept when the page before or after has some: the figure may face it.
    """
    pages, body = paper.pages, paper.body
    views = {(p.number, 0): rows for p, rows in zip(pages, paper.rows, strict=True)}
    views |= {(p.number, a): rows_of(turned(p, a)) for p in pages for a in _sideways(p)}
    found = accepted([x for (n, a), rows in sorted(views.items()) for x in anchors(rows, body, page=n, angle=a)])
    drawn = [has_graphics(page) for page in pages]
    kept, dropped = [], []
    words: frozenset[str] | None = None
    for i, page in enumerate(pages):
        here = [x for x in found if x.page == page.number]
        reason = _reason(page, here, any(drawn[max(0, i - 1) : i + 2]))
        if reason:
            detail = _SCANNED if reason == "no-text" and has_graphics(page) else ""
            dropped.append(Dropped(record_id=f"{paper_id}#p{page.number}", stage="sieve", reason=reason, detail=detail))
            continue
        starts = {a: {x.index for x in here if x.angle == a} for a in {x.angle for x in here}}
        spans = {x: extent(views[page.number, x.angle], x.index, starts[x.angle], body) for x in here}
        held = {x: [views[page.number, x.angle][i] for i in spans[x]] for x in here}
        if words is None and any(is_broken(row.text) for rows in held.values() for row in rows[:-1]):
            words = vocabulary(line.text for every in pages for line in every.lines)  # a dear thing that few captions need
        kept.append(SievedPage(page, tuple(_caption(page, x, held[x], paper_id, words or frozenset()) for x in here)))
    return kept, dropped


def _sideways(page: Page) -> set[int]:
    """Directions, but upright, in which something on the page may start a caption."""
    return {line.angle for line in page.lines if line.angle and may_start(line.text)}


def _reason(page: Page, found: Sequence[Anchor], drawn: bool) -> str | None:
    if not page.lines:
        return "no-text"
    if not found:
        return "no-caption"
    return None if drawn else "no-graphics"


def has_graphics(page: Page) -> bool:
    """Is there a raster or a path of 40 x 40 points, a shading, or as many pieces as a small drawing or a tiled picture has?

    A path that covers the page is its background.
    """
    boxes, kinds = page.graphics.boxes, page.graphics.kinds
    sides = boxes[:, 2:] - boxes[:, :2]
    background = (kinds == page.graphics.KINDS.index(Ink.PATH)) & (sides.prod(axis=1) > _BACKGROUND * page.width * page.height)
    large = (sides >= _MIN_SIDE).all(axis=1) & ~background
    return bool(large.any() or len(boxes) >= _MIN_PIECES or (kinds == page.graphics.KINDS.index(Ink.SHADE)).any())


def _caption(page: Page, anchor: Anchor, rows: Sequence[Row], paper_id: str, words: frozenset[str]) -> Caption:
    box = rows[0].box
    for row in rows[1:]:
        box = box.join(row.box)
    if anchor.angle:
        box = turn_box(box, turned(page, anchor.angle), 360 - anchor.angle)
    return Caption(
        id=f"{paper_id}#{page.number}#{anchor.label}",
        label=" ".join(anchor.printed.split()),
        page=page.number,
        bbox=Box(*(round(v, 2) for v in box)),
        text=reflow([spans_text(row.spans, row.size) for row in rows], words),
    )
