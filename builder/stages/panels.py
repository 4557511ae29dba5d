"""Panels of a figure: their boxes, their letters and the words that the caption has for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from builder.records import Box, Page, PairedFigure, Panel, Word
from builder.stages.panel_captions import ALPHABETS, Part, caption_parts, without_label
from builder.stages.panel_gaps import Field, Region, field_of
from builder.stages.panel_layout import Layout, Sign, layout
from builder.stages.panel_letters import Sighting, sightings

LetterSource = Literal["text", "ocr", "caption", "none"]
_POOR = -2.4  # points a panel, mean: below it no cuts give what the caption announces
_COUNTS = (6, 4, 3, 2)  # panels without letters that are looked for
_CLEAR = 1.2  # points a cut of a layout without letters
_ALIKE = 0.15  # of the larger: panels without letters differ by no more
_LEAST_SIDE = 60.0  # points, of a panel without a letter
_ROW = 0.5  # of the lower of two panels' heights: overlap that puts them in one row


LAST=[0.]
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
    run = _run(announced, seen)
    chosen = _chosen(field, at, run, seen)
    LAST[0] = chosen.score
    if len(chosen.regions) < 2 or chosen.score < _POOR * len(chosen.regions):
        return (Panel(letter=None, bbox=at, caption=without_label(paired.caption), confidence=0.9),)
    return _named(chosen, field, at, run, parts, seen)


def _lone_letters(paired: PairedFigure, page: Page) -> frozenset[str]:
    """Letters that the caption prints alone in a bold face."""
    box = paired.figure.caption.bbox
    if paired.figure.caption.page != page.number:
        return frozenset()
    inside = [line for line in page.lines if line.box.meet(box).area > 0.6 * line.box.area]
    bold = [span.text.strip(" ,.:()|") for line in inside for span in line.spans if span.bold]
    return frozenset(text for text in bold if 0 < len(text) <= 5)


def _run(announced: Sequence[str], seen: Sequence[Sighting]) -> tuple[str, ...]:
    """The figure's letters in their order, in the case that the figure prints."""
    used = {x.lower() for x in announced} | {one.letter.lower() for one in seen}
    if not used:
        return ()
    alphabets = [a for a in ALPHABETS if used <= {x.lower() for x in a}]
    if not alphabets:
        return ()
    alphabet = alphabets[0]
    last = max(n for n, x in enumerate(alphabet) if x.lower() in used)
    upper = (seen[0].letter if seen else announced[0]).isupper()
    return tuple(x.upper() if upper else x.lower() for x in alphabet[: last + 1])


def _chosen(field: Field, at: Box, run: Sequence[str], seen: Sequence[Sighting]) -> Layout:
    if len(run) < 2:
        return _alike(field)
    signs = [_sign(one, run, at, field.scale) for one in seen]
    return layout(field, signs, len(run))


def _alike(field: Field) -> Layout:
    """The most panels of one size that clear gutters give; the whole figure where they give none."""
    for count in _COUNTS:
        found = layout(field, (), count)
        if found.score >= _CLEAR * (count - 1) and _of_one_size(found.regions, field.scale):
            return found
    return Layout((field.whole,), 0.0)


def _of_one_size(regions: Sequence[Region], scale: float) -> bool:
    wide, high = [r.x1 - r.x0 for r in regions], [r.y1 - r.y0 for r in regions]
    least = _LEAST_SIDE * scale
    return all(min(sides) >= max(least, (1 - _ALIKE) * max(sides)) for sides in (wide, high))


def _sign(one: Sighting, run: Sequence[str], at: Box, scale: float) -> Sign:
    x, y = (one.box.x0 + one.box.x1) / 2, (one.box.y0 + one.box.y1) / 2
    x, y = min(max(x, at.x0 + 1), at.x1 - 1), min(max(y, at.y0 + 1), at.y1 - 1)
    return Sign([r.lower() for r in run].index(one.letter.lower()), (x - at.x0) * scale, (y - at.y0) * scale)


def _named(chosen: Layout, field: Field, at: Box, run: Sequence[str], parts: Sequence[Part], seen: Sequence[Sighting]) -> tuple[Panel, ...]:
    boxes = [_in_points(r, at, field.scale) for r in chosen.regions]
    held: dict[int, Sighting] = {}
    if not chosen.ordered:
        boxes = reading_order(boxes)
    for one in seen:
        inside = [n for n, b in enumerate(boxes) if n not in held and _stands_in(one.box, b)]
        if inside:
            held[inside[0]] = one
    used = {s.letter.lower() for s in held.values()}
    spare = [x for x in run if x.lower() not in used]
    texts = {x.lower(): part.text for part in parts for x in part.letters}
    made = []
    for n, box in enumerate(boxes):
        source: LetterSource = held[n].source if n in held else "caption"
        letter = held[n].letter if n in held else spare.pop(0) if spare else None
        text = texts.get(letter.lower()) if letter else None
        made.append(Panel(letter=letter, bbox=box, caption=text, letter_source=source if letter else "none", confidence=0.9 if n in held else 0.6))
    return tuple(made)


def _stands_in(letter: Box, panel: Box) -> bool:
    x, y = (letter.x0 + letter.x1) / 2, (letter.y0 + letter.y1) / 2
    return panel.x0 - 2 <= x <= panel.x1 + 2 and panel.y0 - 2 <= y <= panel.y1 + 2


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
