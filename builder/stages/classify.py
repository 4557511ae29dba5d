"""Classify a figure by rules: kind, techniques, methods, scale and field, each with its evidence and a confidence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from builder.pages import Box, Word
from builder.recipe import FieldRule
from builder.records import ClassifiedFigure, Kind, PairedFigure, Scale, ScaleBar
from builder.stages.classify_kind import kind_of
from builder.stages.classify_look import Block, read_look
from builder.stages.classify_scale import Found, Told, scale_of_drawing, scale_of_pictures
from builder.stages.classify_technique import citing_sentences, techniques_of
from builder.stages.classify_words import read_cues

_DATA_BAR = 12.0  # points around a picture in which the text is its own


def classify(
    paired: PairedFigure,
    look: npt.NDArray[np.uint8],
    words: Sequence[str],
    paper_title: str | None,
    fields: Mapping[str, FieldRule],
    *,
    paper_text: str = "",
    ocr: Sequence[Word] = (),
) -> ClassifiedFigure:
    """The figure with its classes.

    `look` is RGB (h, w, 3) at 100 dpi; `words` are the text-layer lines inside its box, `ocr` the words read off its pixels,
    of which those on pictures count; `paper_text` is the whole paper's. Measured scale bars come with the panels of `paired`.
    """
    sentences, seen = citing_sentences(paired), read_look(look)
    labels = (*words, *_on_pictures(ocr, Box(*paired.figure.bbox), seen.blocks, look.shape[1]))
    cues = read_cues(paired.caption, words, sentences)
    kind, pictures = kind_of(seen, cues)
    named = techniques_of(paired, cues, labels, paper_text, pictures, seen.colour)
    names = {known.name for known in named.techniques}
    told = Told(paired.caption, sentences, labels, names, seen.shaded, _bars(paired))
    scale = scale_of_drawing(kind.value, told) if pictures == "none" else scale_of_pictures(pictures, told)
    area, subfield = _field(f"{paper_title or ''} {paired.caption}", fields)
    found = {"kind": kind, "scale": scale, "field": area}
    if named.techniques:
        found["techniques"] = Found("", named.evidence, named.confidence)
    return ClassifiedFigure(
        paired=paired,
        kind=cast(Kind, kind.value),
        scale=cast(Scale, scale.value),
        techniques=named.reported,
        methods=tuple(known.name for known in cues.methods),
        field=area.value,
        subfield=subfield,
        evidence={name: each.evidence for name, each in found.items()},
        confidence={name: round(each.confidence, 3) for name, each in found.items()},
    )


def _on_pictures(ocr: Sequence[Word], figure: Box, blocks: Sequence[Block], wide: int) -> tuple[str, ...]:
    """Words on a picture or in the data bar below it; the numbers of charts and drawings are no scale bars."""
    scale = wide / max(1.0, figure.width)  # pixels a point
    near = _DATA_BAR * scale
    found = []
    for word in ocr:
        x = ((word.box.x0 + word.box.x1) / 2 - figure.x0) * scale
        y = ((word.box.y0 + word.box.y1) / 2 - figure.y0) * scale
        if any(b.picture >= 0.5 and b.x0 - near <= x <= b.x1 + near and b.y0 - near <= y <= b.y1 + near for b in blocks):
            found.append(word.text)
    return tuple(found)


def _bars(paired: PairedFigure) -> tuple[tuple[ScaleBar, Box], ...]:
    return tuple((bar, Box(*panel.bbox)) for panel in paired.panels for bar in panel.scale_bars)


def _field(text: str, fields: Mapping[str, FieldRule]) -> tuple[Found, str]:
    scores = {name: _matches(text, rule.keywords) for name, rule in fields.items()}
    best = max(map(len, scores.values()), default=0)
    first = [name for name, hits in scores.items() if len(hits) == best]
    if best == 0 or len(first) > 1:
        return Found("unknown", "no field has most keywords", 0.0), "unknown"
    name = first[0]
    found = Found(name, ", ".join(scores[name]), min(0.9, 0.4 + 0.15 * best))
    parts = {sub: len(_matches(text, keywords)) for sub, keywords in fields[name].subfields.items()}
    most = max(parts.values(), default=0)
    leading = [sub for sub, count in parts.items() if count == most]
    return found, leading[0] if most and len(leading) == 1 else "unknown"


def _matches(text: str, keywords: Sequence[str]) -> list[str]:
    return [word for word in keywords if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE)]
