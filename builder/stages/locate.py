"""Caption-anchored regions: each caption gets the figure that stands by it, tightened to the ink."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from builder.pages import Box, Ink, Line, Page
from builder.records import Caption, Dropped, Figure
from builder.stages.labels import normal_label
from builder.stages.regions import Proposal, proposals
from builder.stages.rows import Row, rows_of
from builder.stages.scene import Mask, Scene, scene_of
from builder.stages.sieve import SievedPage, has_graphics
from builder.stages.turning import angles, turn_box, turned
from builder.stages.typeset import Print, Typeset

_HOUSE_SIDE = 0.6  # points for the side on which most captions of the paper stand
_OVERLAP = 4.0  # points lost for the whole overlap of two figures
_BEAM = 60  # combinations kept while a page's captions are settled together
_SNAP = 4.0  # points beyond a region over which its ink may run on
_CONTINUED = re.compile(r"\bcont(?:inued|inuation|'?d)?\b", re.IGNORECASE)
_LABEL_LETTERS = 60  # of a caption's start: where "(continued)" stands
_SURE = 2.4  # a score from which a region is not doubted


@dataclass(frozen=True)
class Case:
    """The captions of one page that read in one direction, with what each could take."""

    sieved: SievedPage
    angle: int
    scene: Scene
    captions: tuple[Caption, ...]
    offers: tuple[tuple[Proposal, ...], ...]


def locate(sieved: Sequence[SievedPage], paper: Typeset, paper_id: str) -> tuple[list[Figure], list[Dropped]]:
    """One figure or one drop a caption. `paper` is all of it: its pages tell running heads and body print.

    Of two captions with one label the first that finds a region is kept, the other dropped as "continued-figure" where it
    says so and as "repeated-label" elsewhere.
    """
    pages, upright = paper.pages, {page.number: rows for page, rows in zip(paper.pages, paper.rows, strict=True)}
    cases = [case for page in sieved for case in _cases(page, upright[page.page.number], paper.body)]
    sides: Counter[str] = Counter(p.side for case in cases for p in _settled(case, None) if p)
    house = max(sorted(sides), key=lambda side: sides[side]) if sides else None
    figures: list[Figure] = []
    dropped: list[Dropped] = []
    seen: set[str] = set()
    for case in cases:
        for caption, choice in zip(case.captions, _settled(case, house), strict=True):
            label = normal_label(caption.label)
            figure = _figure(case, caption, choice, paper_id) if choice else _facing(caption, sieved, pages, paper_id)
            if figure is None or label in seen:
                reason = "no-figure-region" if figure is None else _again(caption)
                dropped.append(Dropped(record_id=caption.id, stage="locate", reason=reason, detail=caption.label))
                continue
            seen.add(label)
            figures.append(figure)
    return figures, dropped


def _again(caption: Caption) -> str:
    """Why a second caption of one label gives no second figure: its part of the figure goes on here, or the label repeats."""
    return "continued-figure" if _CONTINUED.search(caption.text[:_LABEL_LETTERS]) else "repeated-label"


def _cases(sieved: SievedPage, upright: Sequence[Row], body: Print) -> list[Case]:
    cases = []
    page = sieved.page
    for angle in angles(page):
        captions = tuple(c for c in sieved.captions if _angle_of(c, page) == angle)
        if not captions:
            continue
        view = turned(page, angle)
        rows = rows_of(view) if angle else upright
        boxes = [turn_box(c.bbox, page, angle) for c in captions]
        scene = scene_of(view, rows, captions, boxes, body if angle == 0 else _without_gutters(body))
        cases.append(Case(sieved, angle, scene, captions, tuple(tuple(proposals(scene, i)) for i in range(len(captions)))))
    return cases


def _without_gutters(body: Print) -> Print:
    return Print(body.font, body.size, body.leading, body.column, ((), ()), body.running, body.recurring)


def _angle_of(caption: Caption, page: Page) -> int:
    counts = Counter(line.angle for line in lines_in(page, caption.bbox))
    return max(sorted(counts), key=lambda angle: counts[angle]) if counts else 0


def _settled(case: Case, house: str | None) -> tuple[Proposal | None, ...]:
    """The best choice for all captions together: no two figures share ground."""
    beam: list[tuple[float, tuple[Proposal | None, ...]]] = [(0.0, ())]
    for offers in case.offers:
        wider = []
        for total, chosen in beam:
            wider.append((total, (*chosen, None)))
            for offer in offers:
                bonus = _HOUSE_SIDE if offer.side == house else 0.0
                lost = sum(_OVERLAP * _overlap(offer.box, other.box) for other in chosen if other)
                wider.append((total + offer.score + bonus - lost, (*chosen, offer)))
        beam = sorted(wider, key=lambda item: -item[0])[:_BEAM]
    return beam[0][1]


def _overlap(a: Box, b: Box) -> float:
    return a.meet(b).area / max(1.0, min(a.area, b.area))


def _figure(case: Case, caption: Caption, choice: Proposal, paper_id: str) -> Figure:
    view = case.scene.page
    box = _snapped(choice.box, case.scene)
    if case.angle:
        box = turn_box(box, view, 360 - case.angle)
    doubts = _doubts(case, choice, box)
    confidence = max(0.05, min(0.99, 0.5 + 0.49 * min(1.0, choice.score / _SURE) - 0.15 * len(doubts)))
    return _record(caption, case.sieved.page, box, choice.side, confidence, doubts, paper_id)


def _doubts(case: Case, choice: Proposal, box: Box) -> tuple[str, ...]:
    doubts = []
    if choice.score < 1.5:
        doubts.append("weak-region")
    if choice.cut > 6:
        doubts.append("graphics-cut-at-column")
    if case.angle:
        doubts.append("sideways")
    if case.scene.ink is None:
        doubts.append("not-snapped-to-ink")
    if box.area < 3000:
        doubts.append("small")
    return tuple(doubts)


def _facing(caption: Caption, sieved: Sequence[SievedPage], pages: Sequence[Page], paper_id: str) -> Figure | None:
    """The graphics of a neighbouring page without captions of its own, all of them: a full-page figure."""
    taken = {s.page.number for s in sieved if s.captions}
    for page in sorted(pages, key=lambda p: (abs(p.number - caption.page), p.number)):
        if abs(page.number - caption.page) == 1 and page.number not in taken and has_graphics(page):
            words = sum(len(line.text.split()) for line in page.lines)
            box = _whole(page)
            if words < 120 and box.area > 0.15 * page.width * page.height:
                return _record(caption, page, box, "facing", 0.4, ("facing-page",), paper_id)
    return None


def _whole(page: Page) -> Box:
    boxes = page.graphics.boxes
    sides = boxes[:, 2:] - boxes[:, :2]
    boxes = boxes[(sides > 1).any(axis=1) & (sides.prod(axis=1) < 0.85 * page.width * page.height)]
    if not len(boxes):
        return Box(0, 0, 0, 0)
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1])).meet(Box(0, 0, page.width, page.height))


def _snapped(box: Box, scene: Scene) -> Box:
    """The box of the ink in `box` and of what runs on just around it, obstacles left out; `box` itself without a render."""
    if scene.ink is None:
        return box.meet(Box(0, 0, scene.page.width, scene.page.height))
    s, ink = scene.page.grey_scale, scene.ink
    high, wide = ink.shape
    left, top = max(0, int(box.x0 * s)), max(0, int(box.y0 * s))
    right, foot = min(wide, int(box.x1 * s) + 1), min(high, int(box.y1 * s) + 1)
    reach = int(_SNAP * s)
    up = _run(ink[max(0, top - reach) : top + 1, left:right][::-1])
    down = _run(ink[foot - 1 : foot + reach, left:right])
    out = _run(ink[top:foot, max(0, left - reach) : left + 1].T[::-1])
    on = _run(ink[top:foot, right - 1 : right + reach].T)
    left, top, right, foot = left - out, top - up, right + on, foot + down
    patch = ink[top:foot, left:right]
    ys, xs = np.flatnonzero(patch.any(axis=1)), np.flatnonzero(patch.any(axis=0))
    if not len(ys):
        return box
    return Box((left + xs[0]) / s, (top + ys[0]) / s, (left + xs[-1] + 1) / s, (top + ys[-1] + 1) / s)


def _run(rows: Mask) -> int:
    """Rows of pixels over which the ink of the first one runs on without a break."""
    blanks = np.flatnonzero(~rows.any(axis=1))
    return max(0, int(blanks[0] if len(blanks) else len(rows)) - 1)


def _record(
    caption: Caption, page: Page, box: Box, side: str, confidence: float, doubts: tuple[str, ...], paper_id: str
) -> Figure:
    box = Box(*(round(float(v), 2) for v in box))
    name = hashlib.sha256(f"{paper_id}|{normal_label(caption.label)}".encode()).hexdigest()[:16]
    boxes, kinds = page.graphics.boxes, page.graphics.kinds
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    held = (middle >= (box.x0, box.y0)).all(axis=1) & (middle <= (box.x1, box.y1)).all(axis=1)
    return Figure.model_validate(
        {
            "id": f"fig-{name}",
            "caption": caption,
            "page": page.number,
            "bbox": box,
            "side": side,
            "confidence": round(confidence, 3),
            "doubts": doubts,
            "raster_share": _raster_share(page, box),
            "paths": int((held & (kinds == page.graphics.KINDS.index(Ink.PATH))).sum()),
            "words": sum(len(line.text.split()) for line in lines_in(page, box)),
        }
    )


def lines_in(page: Page, box: Box) -> list[Line]:
    """The lines of which more than half lies in the box."""
    x0, y0, x1, y1 = box
    near = [n for n in page.lines if n.box[0] < x1 and n.box[2] > x0 and n.box[1] < y1 and n.box[3] > y0]
    return [line for line in near if line.box.meet(box).area > 0.5 * line.box.area]


def _raster_share(page: Page, box: Box) -> float:
    """Share of the box under placed rasters, counted once where they overlap, on a grid of 100 x 100."""
    images = page.graphics.boxes[page.graphics.kinds == page.graphics.KINDS.index(Ink.IMAGE)].astype(np.float64)
    if not len(images) or box.area == 0:
        return 0.0
    scaled = (images - (box.x0, box.y0, box.x0, box.y0)) / (box.width, box.height, box.width, box.height) * 100
    grid = np.zeros((100, 100), dtype=bool)
    for x0, y0, x1, y1 in np.clip(np.rint(scaled), 0, 100).astype(int)[:5000]:
        grid[y0:y1, x0:x1] = True
    return round(float(grid.mean()), 4)


def placed(caption: Caption, box: Box, sieved: SievedPage, paper: Typeset, paper_id: str) -> Figure:
    """The figure of a caption where another hand has put it, tightened to the ink. Its confidence is the caller's to set."""
    upright = next(rows for page, rows in zip(paper.pages, paper.rows, strict=True) if page.number == sieved.page.number)
    case = next(case for case in _cases(sieved, upright, paper.body) if caption in case.captions)
    view = case.scene.page
    snapped = _snapped(turn_box(box, sieved.page, case.angle) if case.angle else box, case.scene)
    side = _stands(turn_box(caption.bbox, sieved.page, case.angle) if case.angle else caption.bbox, snapped)
    if case.angle:
        snapped = turn_box(snapped, view, 360 - case.angle)
    return _record(caption, sieved.page, snapped, side, 0.5, (), paper_id)


def _stands(caption: Box, figure: Box) -> str:
    """The side of the figure on which the caption is furthest outside it."""
    gaps = {
        "below": caption.y0 - figure.y1,
        "above": figure.y0 - caption.y1,
        "right": caption.x0 - figure.x1,
        "left": figure.x0 - caption.x1,
    }
    return max(gaps, key=lambda side: gaps[side])
