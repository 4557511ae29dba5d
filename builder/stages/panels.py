"""Panels of a figure: their boxes, their letters and the words that the caption has for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from builder.pages import Box, Page, Word
from builder.records import PairedFigure, Panel
from builder.stages.panel_captions import ALPHABETS, caption_parts, without_label
from builder.stages.panel_field import Field, Region, field_of
from builder.stages.panel_layout import Layout, Sign, layout
from builder.stages.panel_letters import Sighting, sightings

Source = Literal["text", "ocr", "caption", "none"]

_POOR = -2.4  # points a panel, mean: below it no cuts give what the letters promise
_COUNTS = (6, 4, 3, 2)  # panels without letters that are looked for
_CLEAR = 1.2  # points a cut of a layout without letters
_ALIKE = 0.15  # of the larger: panels without letters differ by no more
_LEAST_SIDE = 60.0  # points, of a panel without a letter
_LEAST_RASTER, _MOST_RASTER = 0.015, 0.95  # of the figure: a placed raster that may be a picture of its own
_ONE_PICTURE = 0.85  # of the figure: a raster that covers so much is all of it
_PAPER_GAP = 2.0  # points of paper between two panels of one raster
_MOST_RASTERS = 60  # more are tiles of one picture
_BOLD_LETTERS = 5  # characters of "a, b" or "c–f" in bold
_OWN = 0.8  # of panel and raster that they share where the panel is that raster
_UNEVEN = 8.0  # times the smallest panel's area: beyond, the caption's order tells no letters
_STEP = 0.25  # of the lower of two panels' sides: a smaller overlap still leaves two rows
_TRUST: dict[Source, float] = {"text": 0.95, "ocr": 0.9, "caption": 0.7, "none": 0.5}


def panels(paired: PairedFigure, page: Page, look: npt.NDArray[np.uint8], words: Sequence[Word] = ()) -> tuple[Panel, ...]:
    """Panels in the order of their letters, else in reading order; one with letter None where the figure is not divided.

    `look` is a uint8 RGB (h, w, 3) render of the figure's box at any resolution, `words` what OCR read in it, in points
    of the page. Letters are those seen in the figure; what is not seen is taken from the caption by reading order.
    """
    at = paired.figure.bbox
    if not look.size or not at.area:
        return (_whole(paired),)
    parts = caption_parts(paired.caption, _lone_letters(paired, page))
    announced = tuple(letter for part in parts for letter in part.letters)
    seen = sightings(at, page.lines, words, announced)
    run = _run(announced, seen)
    field = field_of(look, look.shape[1] / at.width, _rasters(page, at))
    signs = [_sign(one, run, at, field.scale) for one in seen]
    chosen = layout(field, signs, len(run)) if len(run) > 1 else _unlettered(field, _is_one_picture(page, at))
    if len(chosen.regions) < 2 or chosen.score < _POOR * len(chosen.regions):
        return (_whole(paired),)
    boxes = [_with_its_raster(_in_points(region, at, field.scale), _rasters(page, at), at) for region in chosen.regions]
    texts = {letter.lower(): part.text for part in parts for letter in part.letters}
    trust = min(1.0, max(0.5, 1 + chosen.score / (4 * len(boxes))))
    return _named(boxes if chosen.ordered else reading_order(boxes), run, seen, texts, trust)


def _whole(paired: PairedFigure) -> Panel:
    return Panel(letter=None, bbox=paired.figure.bbox, caption=without_label(paired.caption), confidence=0.9)


def _lone_letters(paired: PairedFigure, page: Page) -> frozenset[str]:
    """Letters that the caption prints alone in a bold face."""
    box = paired.figure.caption.bbox
    if paired.figure.caption.page != page.number:
        return frozenset()
    inside = [line for line in page.lines if line.box.meet(box).area > 0.6 * line.box.area]
    bold = [span.text.strip(" ,.:()|") for line in inside for span in line.spans if span.bold]
    return frozenset(text for text in bold if 0 < len(text) <= _BOLD_LETTERS)


def _run(announced: Sequence[str], seen: Sequence[Sighting]) -> tuple[str, ...]:
    """The figure's letters from the first to the last that is known, in the case that the figure prints."""
    known = {x.lower() for x in announced} | {one.letter.lower() for one in seen}
    alphabet = next((a for a in ALPHABETS if known <= {x.lower() for x in a}), ())
    if not known or not alphabet:
        return ()
    last = max(n for n, x in enumerate(alphabet) if x.lower() in known)
    upper = (seen[0].letter if seen else announced[0]).isupper()
    return tuple(x.upper() if upper else x.lower() for x in alphabet[: last + 1])


def _rasters(page: Page, at: Box) -> list[Box]:
    """Rasters that the PDF places in the figure, in points from its corner; none where they are tiles."""
    found = []
    for values in page.graphics.boxes[page.graphics.kinds == 0].tolist():
        box = Box(*values).meet(at)
        if _LEAST_RASTER * at.area < box.area < _MOST_RASTER * at.area:
            found.append(Box(box.x0 - at.x0, box.y0 - at.y0, box.x1 - at.x0, box.y1 - at.y0))
    return found if len(found) <= _MOST_RASTERS else []


def _sign(one: Sighting, run: Sequence[str], at: Box, scale: float) -> Sign:
    x, y = (one.box.x0 + one.box.x1) / 2, (one.box.y0 + one.box.y1) / 2
    x, y = min(max(x, at.x0 + 1), at.x1 - 1), min(max(y, at.y0 + 1), at.y1 - 1)
    return Sign([r.lower() for r in run].index(one.letter.lower()), (x - at.x0) * scale, (y - at.y0) * scale)


def _is_one_picture(page: Page, at: Box) -> bool:
    """Whether a single placed raster shows all but the figure's rim."""
    images = page.graphics.boxes[page.graphics.kinds == 0].tolist()
    return any(Box(*values).meet(at).area > _ONE_PICTURE * at.area for values in images)


def _unlettered(field: Field, one_picture: bool) -> Layout:
    """The most panels of one size that clear gutters give; the whole figure where they give none.

    In one raster only paper between them tells panels: a bright band or a coast line is part of what it shows.
    """
    for count in _COUNTS:
        found = layout(field, (), count)
        clear = found.score >= _CLEAR * (count - 1) and _of_one_size(found.regions, field.scale)
        if clear and not (one_picture and not _apart_on_paper(found.regions, field.scale)):
            return found
    return Layout((field.whole,), 0.0)


def _apart_on_paper(regions: Sequence[Region], scale: float) -> bool:
    """Whether a blank strip lies between any two regions: they are tight, so what parts them holds no ink."""
    pairs = ((a, b) for n, a in enumerate(regions) for b in regions[n + 1 :])
    return all(max(b.x0 - a.x1, a.x0 - b.x1, b.y0 - a.y1, a.y0 - b.y1) >= _PAPER_GAP * scale for a, b in pairs)


def _of_one_size(regions: Sequence[Region], scale: float) -> bool:
    wide, high = [r.x1 - r.x0 for r in regions], [r.y1 - r.y0 for r in regions]
    return all(min(sides) >= max(_LEAST_SIDE * scale, (1 - _ALIKE) * max(sides)) for sides in (wide, high))


def _in_points(region: Region, at: Box, scale: float) -> Box:
    x0, y0, x1, y1 = (v / scale for v in region)
    return Box(*(round(v, 2) for v in (at.x0 + x0, at.y0 + y0, min(at.x0 + x1, at.x1), min(at.y0 + y1, at.y1))))


def _with_its_raster(panel: Box, rasters: Sequence[Box], at: Box) -> Box:
    """A panel that is all but one placed raster takes the rest of it: a corner's letter must not cost the picture an edge."""
    for raster in rasters:
        whole = Box(raster.x0 + at.x0, raster.y0 + at.y0, raster.x1 + at.x0, raster.y1 + at.y0)
        shared = panel.meet(whole).area
        if shared > _OWN * whole.area and shared > _OWN * panel.area:
            return panel.join(whole)
    return panel


def _named(
    boxes: Sequence[Box], run: Sequence[str], seen: Sequence[Sighting], texts: dict[str, str], trust: float
) -> tuple[Panel, ...]:
    """Each box with the letter that stands in it; boxes without one take the letters left over, in order."""
    held: dict[int, Sighting] = {}
    for one in seen:
        inside = next((n for n, box in enumerate(boxes) if n not in held and _stands_in(one.box, box)), None)
        if inside is not None:
            held[inside] = one
    used = {one.letter.lower() for one in held.values()}
    areas = sorted(box.area for box in boxes)
    told = bool(held) or areas[-1] <= _UNEVEN * areas[0]  # without one letter seen, only even panels follow the caption
    spare = iter([x for x in run if x.lower() not in used] if told else [])
    made = []
    for n, box in enumerate(boxes):
        letter = held[n].letter if n in held else next(spare, None)
        source: Source = held[n].source if n in held else "caption" if letter else "none"
        text = texts.get(letter.lower()) if letter else None
        confidence = round(trust * _TRUST[source], 2)
        made.append(Panel(letter=letter, bbox=box, caption=text, letter_source=source, confidence=confidence))
    return tuple(made)


def _stands_in(letter: Box, panel: Box) -> bool:
    x, y = (letter.x0 + letter.x1) / 2, (letter.y0 + letter.y1) / 2
    return panel.x0 - 2 <= x <= panel.x1 + 2 and panel.y0 - 2 <= y <= panel.y1 + 2


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
    """Boxes grouped by overlap along one axis."""
    bands: list[list[Box]] = []
    for box in sorted(boxes, key=lambda b: (b[low], b[1 - low])):
        overlap = max((b[high] for b in bands[-1]), default=0.0) - box[low] if bands else 0.0
        if bands and overlap > _STEP * min(b[high] - b[low] for b in (box, *bands[-1])):
            bands[-1].append(box)
        else:
            bands.append([box])
    return bands
