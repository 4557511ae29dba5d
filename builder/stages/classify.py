"""Classify a figure by rules: kind, techniques, methods, scale and field, each with its evidence and a confidence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from builder.lexicon.techniques import Technique
from builder.recipe import FieldRule
from builder.records import ClassifiedFigure, Kind, PairedFigure, Scale
from builder.stages.classify_kind import kind_of
from builder.stages.classify_look import read_look
from builder.stages.classify_scale import Found, scale_of
from builder.stages.classify_words import read_cues

def classify(
    paired: PairedFigure,
    look: npt.NDArray[np.uint8],
    words: Sequence[str],
    paper_title: str | None,
    fields: Mapping[str, FieldRule],
) -> ClassifiedFigure:
    """The figure with its classes. `look` is RGB (h, w, 3) at 100 dpi; `words` are the text-layer lines inside its box."""
    cues = read_cues(paired.caption, words)
    imaging, methods = cues.imaging, cues.methods
    kind = kind_of(read_look(look), cues)
    techniques = _reported(imaging) if kind.value not in ("chart", "schematic") else ()
    scale = scale_of(kind.value, paired.caption, words, {known.name for known in imaging})
    area, subfield = _field(f"{paper_title or ''} {paired.caption}", fields)
    found = {"kind": kind, "scale": scale, "field": area}
    if techniques:
        found["techniques"] = Found("", "named: " + ", ".join(known.name for known in imaging), 0.9)
    return ClassifiedFigure(
        paired=paired,
        kind=cast(Kind, kind.value),
        scale=cast(Scale, scale.value),
        techniques=techniques,
        methods=tuple(known.name for known in methods),
        field=area.value,
        subfield=subfield,
        evidence={name: each.evidence for name, each in found.items()},
        confidence={name: each.confidence for name, each in found.items()},
    )


def _reported(imaging: Sequence[Technique]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(known.reported for known in imaging))


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
