"""Ask a vision model where a page's figures are: boxes come back, are checked, and are tightened here (SPM-Bench, "llbox").

The model sees a thumbnail; the crop is made from the PDF. A box that fails a check is dropped with its reason, and what the
rules found stays.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from pydantic import JsonValue, TypeAdapter

from builder.asking import Prompt, Reply, Schema, prompt_from
from builder.pages import Box, Ink, Page
from builder.pricing import word_tokens
from builder.recipe import PointRule
from builder.records import Caption, Dropped, Figure, Record
from builder.stages.image_tokens import Family, Pixels, cheapest_side, thumbnail_size
from builder.stages.labels import normal_label

_SCALE = {"thousandths": 1000.0, "fractions": 1.0}
_LEAST_SIDE = 18.0  # points: a quarter of an inch, smaller than any figure of the labelled papers
_AGREED = 0.8  # IoU from which the two hands have found the same box: score_figures.py's own
_SAME = 0.5  # IoU from which they mean the same figure, and differ on its extent
_OTHERWISE, _CLEARER = 0.7, 0.15  # mean IoU with the rules' boxes, and how much above the reading that was asked for
_AGREED_CONFIDENCE, _POINTED_CONFIDENCE = 0.9, 0.7
_BACKGROUND = 0.85  # of the page: paths that cover it are paper, not a figure
_PROSE_WORDS = 8  # of a line: axis labels and legends have fewer
_PROSE_SHARE = 0.3  # of the box under lines of prose; a paragraph has about 0.6
_A_CORNER = 0.123  # of the page's side: written with three digits, as models do
_LEFT = 0.5  # of a box once captions are cut off it: models often take the caption in, and some little else


@dataclass(frozen=True)
class PointedPage:
    """A page to ask about: its captions, with what the rules made of each."""

    page: Page
    captions: tuple[Caption, ...]
    figures: tuple[Figure, ...]  # of these captions; some may have none
    shown: Pixels  # of the thumbnail

    def figure(self, caption: Caption) -> Figure | None:
        return next((figure for figure in self.figures if figure.caption.id == caption.id), None)


@dataclass(frozen=True)
class Pointed:
    """What a model said of one caption: a box in points, or the reason why there is none."""

    caption: Caption
    box: Box | None
    rejected: str = ""


class Corners(Record):
    """An llbox as a model gives it, in the units it was asked for."""

    x0: float
    y0: float
    x1: float
    y1: float


class Said(Record):
    """One figure of a reply."""

    label: str
    llbox: Corners | None


def thumbnail_of(page: Page, rule: PointRule, family: Family | None) -> Pixels:
    """The size of the thumbnail: the recipe's long side, or down to its least one that which the family makes cheapest."""
    side = rule.thumbnail_px
    if rule.least_px and family:
        side = cheapest_side(page.width, page.height, family, least=min(rule.least_px, side), most=side)
    return thumbnail_size(page.width, page.height, side)


def to_ask(pointed: PointedPage, rule: PointRule) -> bool:
    """Whether the recipe asks about this page."""
    return any(_doubted(pointed.figure(caption), rule) for caption in pointed.captions)


def _doubted(figure: Figure | None, rule: PointRule) -> bool:
    if rule.use == "low_confidence":
        return figure is None or figure.confidence < rule.below
    return rule.use == "always"


def prompt_for(pointed: PointedPage, rule: PointRule, template: str) -> Prompt:
    """What is said about one page; `template` is prompts/point.j2."""
    slots = {"labels": _labels(pointed), "units": rule.units, "note": rule.note}
    return prompt_from(template, stage="point", about=_about(pointed), slots=slots)


def _about(pointed: PointedPage) -> str:
    return pointed.captions[0].id


def _labels(pointed: PointedPage) -> list[str]:
    return [caption.label for caption in pointed.captions]


def schema_for(pointed: PointedPage, rule: PointRule) -> Schema:
    """The reply's shape. Corners are named, since providers differ in their order; the units are said back."""
    names: list[JsonValue] = ["x0", "y0", "x1", "y1"]
    box: JsonValue = {
        "type": "object",
        "properties": {str(name): {"type": "number"} for name in names},
        "required": names,
        "additionalProperties": False,
    }
    labels: list[JsonValue] = [*dict.fromkeys(_labels(pointed))]
    figure: JsonValue = {
        "type": "object",
        "properties": {
            "label": {"type": "string", "enum": labels},
            "llbox": {"anyOf": [box, {"type": "null"}]},
        },
        "required": ["label", "llbox"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            "units": {"type": "string", "enum": [rule.units]},
            "figures": {"type": "array", "items": figure},
        },
        "required": ["units", "figures"],
        "additionalProperties": False,
    }


def answer_tokens(pointed: PointedPage, rule: PointRule) -> int:
    """What an answer likely takes: one box a caption, written as the schema asks."""
    corner = _SCALE[rule.units] * _A_CORNER
    box = dict.fromkeys(("x0", "y0", "x1", "y1"), round(corner) if corner > 1 else corner)
    figures = [{"label": label, "llbox": box} for label in _labels(pointed)]
    return word_tokens(json.dumps({"units": rule.units, "figures": figures}))


def read_reply(reply: Reply, pointed: PointedPage, rule: PointRule) -> tuple[Pointed, ...]:
    """One finding a caption, in the captions' order; boxes in points of the page as displayed.

    A box is rejected as "no-answer", "no-box", "two-boxes", "not-on-page", "ambiguous-units", "outside-page",
    "empty-box", "covers-caption", "no-graphics", "covers-text" or "overlaps-figure".
    """
    if reply.value is None:
        return tuple(Pointed(caption, None, f"no-answer-{reply.outcome}") for caption in pointed.captions)
    entries = TypeAdapter(list[Said]).validate_python(reply.value["figures"])
    if _reads_better_otherwise(entries, pointed, rule):
        return tuple(Pointed(caption, None, "ambiguous-units") for caption in pointed.captions)
    found = tuple(_one(c, [said for said in entries if said.label == c.label], pointed, rule) for c in pointed.captions)
    clashing = {
        one.caption.id
        for pair in combinations(found, 2)
        if pair[0].box and pair[1].box and _overlap(pair[0].box, pair[1].box) > rule.max_overlap
        for one in pair
    }
    return tuple(Pointed(p.caption, None, "overlaps-figure") if p.caption.id in clashing else p for p in found)


def _reads_better_otherwise(entries: Sequence[Said], pointed: PointedPage, rule: PointRule) -> bool:
    """Whether the boxes match what the rules found only as pixels of the thumbnail, or with y before x: known habits of models.

    Rules and model do not agree by chance under a reading that nobody asked for.
    """
    boxes = {said.label: said.llbox for said in entries if said.llbox}
    pairs = [
        (boxes[f.caption.label], f.bbox) for f in pointed.figures if f.page == pointed.page.number and f.caption.label in boxes
    ]
    if not pairs:
        return False
    asked = (_SCALE[rule.units], _SCALE[rule.units])
    pixels = (float(pointed.shown.width), float(pointed.shown.height))
    page = pointed.page

    def match(scale: tuple[float, float], *, y_first: bool) -> float:
        wide, high = page.width / scale[0], page.height / scale[1]
        total = 0.0
        for said, box in pairs:
            x0, y0, x1, y1 = (said.y0, said.x0, said.y1, said.x1) if y_first else (said.x0, said.y0, said.x1, said.y1)
            total += Box(x0 * wide, y0 * high, x1 * wide, y1 * high).iou(box)
        return total / len(pairs)

    others = max(match(pixels, y_first=False), match(asked, y_first=True), match(pixels, y_first=True))
    return others >= max(_OTHERWISE, match(asked, y_first=False) + _CLEARER)


def _one(caption: Caption, entries: Sequence[Said], pointed: PointedPage, rule: PointRule) -> Pointed:
    page = pointed.page
    if len(entries) != 1:
        return Pointed(caption, None, "two-boxes" if entries else "no-box")
    said = entries[0].llbox
    if said is None:
        return Pointed(caption, None, "not-on-page")
    corners = [said.x0, said.y0, said.x1, said.y1]
    rejected = _bad_corners(corners, _SCALE[rule.units])
    if rejected:
        return Pointed(caption, None, rejected)
    x0, y0, x1, y1 = (v / _SCALE[rule.units] for v in corners)
    box = Box(x0 * page.width, y0 * page.height, x1 * page.width, y1 * page.height)
    clear = _off_captions(box, pointed.captions)
    rejected = "covers-caption" if clear.area < _LEFT * box.area else _bad_place(clear, page)
    return Pointed(caption, None if rejected else clear, rejected)


def _bad_corners(corners: Sequence[float], scale: float) -> str:
    x0, y0, x1, y1 = corners
    if not all(map(math.isfinite, corners)):
        return "outside-page"
    if scale > 1 and max(corners) <= 1 and max(corners) > 0:
        return "ambiguous-units"  # fractions given as thousandths would be a speck in the corner
    if min(corners) < 0 or max(corners) > scale:
        return "outside-page"
    return "empty-box" if x0 >= x1 or y0 >= y1 else ""


def _off_captions(box: Box, captions: Sequence[Caption]) -> Box:
    """The largest part of the box on one side of each caption that it meets."""
    for caption in captions:
        x0, y0, x1, y1 = caption.bbox
        if box.meet(caption.bbox).area > 0:
            over, under = box._replace(y1=min(box.y1, y0)), box._replace(y0=max(box.y0, y1))
            left, right = box._replace(x1=min(box.x1, x0)), box._replace(x0=max(box.x0, x1))
            box = max((over, under, left, right), key=lambda part: part.area)
    return box


def _bad_place(box: Box, page: Page) -> str:
    if min(box.width, box.height) < _LEAST_SIDE:
        return "empty-box"
    if not _touches_graphics(box, page):
        return "no-graphics"
    prose = sum(line.box.meet(box).area for line in page.lines if len(line.text.split()) >= _PROSE_WORDS)
    return "covers-text" if prose > _PROSE_SHARE * box.area else ""


def _touches_graphics(box: Box, page: Page) -> bool:
    """Whether graphics that are not the page's background have their middle in the box or fill it, or a scan is under it."""
    boxes, kinds = page.graphics.boxes.astype(np.float64), page.graphics.kinds
    if not len(boxes):
        return False
    sides = boxes[:, 2:] - boxes[:, :2]
    background = sides.prod(axis=1) >= _BACKGROUND * page.width * page.height
    scan = background & (kinds == page.graphics.KINDS.index(Ink.IMAGE))
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    inside = (middle >= (box.x0, box.y0)).all(axis=1) & (middle <= (box.x1, box.y1)).all(axis=1)
    large = (np.minimum(boxes[:, 2:], (box.x1, box.y1)) - np.maximum(boxes[:, :2], (box.x0, box.y0))).clip(0).prod(
        axis=1
    ) > 0.2 * box.area
    return bool(((inside | large) & ~background).any() or scan.any())


def _overlap(a: Box, b: Box) -> float:
    return a.meet(b).area / max(1.0, min(a.area, b.area))


def settle(
    pointed: PointedPage, found: Sequence[Pointed], rule: PointRule, model: str, place: Callable[[Caption, Box], Figure]
) -> tuple[Figure, ...]:
    """The page's figures after a model was asked, in the captions' order; a caption may still have none.

    `place` tightens a box to the ink and makes the record. Where rules and model agree, or rules that are sure mean the same
    figure, the rules' box stays: the finer one.
    """
    kept = {f.caption.id: f for f in pointed.figures}
    for one in found:
        old = kept.get(one.caption.id)
        if not _doubted(old, rule):
            continue
        new = place(one.caption, one.box) if one.box else None
        rejected = one.rejected if new is None else _bad_neighbours(new, list(kept.values()), rule)
        if old is None and new is not None and not rejected:
            kept[one.caption.id] = _by_model(new, model, ())
        elif old is not None:
            kept[one.caption.id] = _second(old, None if rejected else new, rejected, model, rule)
    return tuple(kept[caption.id] for caption in pointed.captions if caption.id in kept)


def _bad_neighbours(new: Figure, kept: Sequence[Figure], rule: PointRule) -> str:
    """Why the tightened box cannot stand among the page's other figures."""
    others = [f for f in kept if f.caption.id != new.caption.id and f.page == new.page]
    return "overlaps-figure" if any(_overlap(Box(*new.bbox), f.bbox) > rule.max_overlap for f in others) else ""


def _second(old: Figure, new: Figure | None, rejected: str, model: str, rule: PointRule) -> Figure:
    """A figure of the rules after the model's word on it."""
    if rejected == "not-on-page" and old.page != old.caption.page:
        return old
    if new is None:
        return old.model_copy(update={"doubts": (*old.doubts, f"model-box-{rejected}")})
    shared = Box(*old.bbox).iou(Box(*new.bbox)) if old.page == new.page else 0.0
    if shared >= _AGREED:
        sure = {"confidence": max(old.confidence, _AGREED_CONFIDENCE), "doubts": ()}
        return old.model_copy(update=sure | {"placed_by": f"rules, agreed by {model}"})
    if shared >= _SAME and old.confidence >= rule.below:
        return old.model_copy(update={"doubts": (*old.doubts, "model-box-of-another-extent")})
    return _by_model(new, model, ("model-and-rules-differ",))


def _by_model(new: Figure, model: str, doubts: tuple[str, ...]) -> Figure:
    return new.model_copy(update={"placed_by": model, "confidence": _POINTED_CONFIDENCE, "doubts": doubts})


def rescued(figures: Sequence[Figure], dropped: Sequence[Dropped]) -> tuple[list[Figure], list[Dropped]]:
    """Figures and drops after pages were asked about: a caption whose figure was found is no longer dropped.

    Of two captions with one label the first that was found is kept, the other dropped as "repeated-label".
    """
    seen: set[str] = set()
    kept: list[Figure] = []
    lost = {drop.record_id: drop for drop in dropped}
    for figure in figures:
        label = normal_label(figure.caption.label)
        lost.pop(figure.caption.id, None)
        if label in seen:
            again = Dropped(record_id=figure.caption.id, stage="locate", reason="repeated-label", detail=figure.caption.label)
            lost[figure.caption.id] = again
        else:
            seen.add(label)
            kept.append(figure)
    return kept, list(lost.values())


__all__ = ["Pointed", "PointedPage", "prompt_for", "read_reply", "rescued", "schema_for", "settle", "thumbnail_of", "to_ask"]
