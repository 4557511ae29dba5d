"""Panels of a figure: their boxes, their letters and the words that the caption has for each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from builder.records import Box, Page, PairedFigure, Panel, Word
from builder.stages.panel_captions import Part, caption_parts, without_label
from builder.stages.panel_gaps import Field, Region, field_of
from builder.stages.panel_layout import Layout, Sign, layout
from builder.stages.panel_letters import Sighting, sightings

_POOR = -1.0  # points a panel, mean: below it no cuts give what the caption announces
_ROW = 0.5  # of the lower of two panels' heights: overlap that puts them in one row


def panels(
    paired: PairedFigure, page: Page, look: npt.NDArray[np.uint8], words: Sequence[Word] = ()
) -> tuple[Panel, ...]:
    """Panels in reading order; one with letter None and the whole box where the figure is not divided.

    `look` is an RGB (h, w, 3) render of the figure's box at any resolution, `words` what OCR read in it (points of the page).
    """
    at = paired.figure.bbox
    parts = caption_parts(paired.caption, _lone_letters(paired, page))
    announced = tuple(letter for part in parts for letter in part.letters)
    seen = sightings(at, page.lines, words, announced)
    field = field_of(look, look.shape[1] / max(at.width, 1e-6))
    chosen = _chosen(field, at, announced, seen)
    if len(chosen.regions) < 2:
        return (Panel(letter=None, bbox=at, caption=without_label(paired.caption), confidence=0.9),)
    return _named(chosen, field, at, parts, seen)


def _lone_letters(paired: PairedFigure, page: Page) -> frozenset[str]:
    """Letters that the caption prints alone in a bold face."""
    box = paired.figure.caption.bbox
    if paired.figure.caption.page != page.number:
        return frozenset()
    inside = [line for line in page.lines if line.box.meet(box).area > 0.6 * line.box.area]
    bold = [span.text.strip(" ,.:()|") for line in inside for span in line.spans if span.bold]
    return frozenset(text for text in bold if 0 < len(text) <= 5)


def _chosen(field: Field, at: Box, announced: Sequence[str], seen: Sequence[Sighting]) -> Layout:
    signs = [_sign(one, at, field.scale) for one in seen]
    count = max(len(announced), len(seen))
    if count < 2:
        return Layout((field.whole,), 0.0)
    return layout(field, signs, count)


def _sign(one: Sighting, at: Box, scale: float) -> Sign:
    x, y = (one.box.x0 + one.box.x1) / 2, (one.box.y0 + one.box.y1) / 2
    x, y = min(max(x, at.x0 + 1), at.x1 - 1), min(max(y, at.y0 + 1), at.y1 - 1)
    return Sign(one.letter, (x - at.x0) * scale, (y - at.y0) * scale)


def _named(chosen: Layout, field: Field, at: Box, parts: Sequence[Part], seen: Sequence[Sighting]) -> tuple[Panel, ...]:
    boxes = reading_order([_in_points(r, at, field.scale) for r in chosen.regions])
    held: dict[int, Sighting] = {}
    for one in seen:
        x, y = (one.box.x0 + one.box.x1) / 2, (one.box.y0 + one.box.y1) / 2
        inside = [n for n, b in enumerate(boxes) if n not in held and b.x0 - 2 <= x <= b.x1 + 2 and b.y0 - 2 <= y <= b.y1 + 2]
        if inside:
            held[inside[0]] = one
    letters = [x for part in parts for x in part.letters]
    upper = bool(seen) and seen[0].letter.isupper()
    letters = [x.upper() if upper else x for x in letters]
    used = {s.letter.lower() for s in held.values()}
    spare = sorted((x for x in letters if x.lower() not in used), key=lambda x: (len(x), x))
    texts = {x.lower(): part.text for part in parts for x in part.letters}
    made = []
    for n, box in enumerate(boxes):
        if n in held:
            letter: str | None = held[n].letter
            source = held[n].source
            made.append(Panel(letter=letter, bbox=box, caption=texts.get(held[n].letter.lower()), letter_source=source, confidence=0.9))
        elif spare:
            letter = spare.pop(0)
            made.append(Panel(letter=letter, bbox=box, caption=texts[letter.lower()], letter_source="caption", confidence=0.6))
        else:
            made.append(Panel(letter=None, bbox=box, caption=None, confidence=0.4))
    return tuple(made)


def _in_points(region: Region, at: Box, scale: float) -> Box:
    x0, y0, x1, y1 = (v / scale for v in region)
    return Box(*(round(v, 2) for v in (at.x0 + x0, at.y0 + y0, min(at.x0 + x1, at.x1), min(at.y0 + y1, at.y1))))


def reading_order(boxes: Sequence[Box]) -> list[Box]:
    """Boxes row by row where rows run through all of them, else column by column, and so within each.

    >>> [b.x0 for b in reading_order([Box(20, 0, 30, 9), Box(0, 10, 9, 19), Box(0, 0, 9, 9), Box(20, 10, 30, 19)])]
    [0, 20, 0, 20]
    """
    if len(boxes) < 2:
        return list(boxes)
    for low, high in ((1, 3), (0, 2)):
        groups = _bands(boxes, low, high)
        if len(groups) > 1:
            return [box for group in groups for box in reading_order(group)]
    return sorted(boxes, key=lambda b: (b.y0, b.x0))


def _bands(boxes: Sequence[Box], low: int, high: int) -> list[list[Box]]:
    bands: list[list[Box]] = []
    reach = 0.0
    for box in sorted(boxes, key=lambda b: (b[low], b[1 - low])):
        size = box[high] - box[low]
        if bands and reach - box[low] > 0.25 * min(size, min(b[high] - b[low] for b in bands[-1])):
            bands[-1].append(box)
        else:
            bands.append([box])
        reach = max(reach, box[high]) if len(bands[-1]) > 1 else box[high]
    return bands
