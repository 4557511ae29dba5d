"""Classify a figure by rules: kind, techniques, methods, scale and field, each with its evidence and a confidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from builder.lexicon.techniques import Technique, find_techniques
from builder.recipe import FieldRule
from builder.records import ClassifiedFigure, Kind, PairedFigure, Scale
from builder.stages.classify_look import Look, read_look
from builder.stages.classify_scale import Found, scale_of

PICTURE_SHARE = 0.12  # below it the tiles with camera grain are logos, symbols or compressed drawings
NAMED_PICTURE_SHARE = 0.04  # enough where the caption names an imaging technique
WHOLE_PICTURE = 0.55  # above it there is hardly room for a drawing beside the pictures
MOSTLY_PICTURE = 0.8  # above it a chart named in the caption is an inset at most
ROOM_FOR_GRAPH = 0.18  # share of white that the smallest chart panel among pictures leaves
ROOM_FOR_DRAWING = 0.35
COLOURED = 0.3  # share of coloured pixels from which an unnamed picture is taken for a photograph

_CHART = re.compile(
    r"\b(?:plots?|plotted|curves?|histograms?|spectr(?:a|um)|isotherms?|distributions?|as a function of|"
    r"versus|vs\.?|dependence|profiles?|"
    r"correlation|diffractograms?|patterns?|variation|evolution|comparison|error bars?|boxplots?|statistics|"
    r"percentage)\b",
    re.IGNORECASE,
)
_SCHEMATIC = re.compile(
    r"\b(?:schematics?|schematically|diagrams?|illustrations?|sketch|flow ?charts?|workflow|scheme|cartoon|"
    r"set-?up|drawings?|architecture|"
    r"crystal structures?|models?|mechanism|process|structures? of|overview|concept(?:ual)?|simulat\w+|calculated)\b",
    re.IGNORECASE,
)
_GRAPH = re.compile(
    r"\b(?:plots?|plotted|curves?|histograms?|spectr(?:a|um)|isotherms?|distributions?|as a function of|"
    r"versus|vs\.?|diffractograms?|XRD|"
    r"schematics?|schematically|illustrations?|flow ?charts?|line scans?|profiles?|diagrams?|graphs?|"
    r"quantification|Raman|XPS)\b",
    re.IGNORECASE,
)
_ONLY_DRAWN = re.compile(
    r"[^a-z]{0,3}(?:[A-Za-z]+\.?\s*){1,3}[A-Z]?\d+[.:|]?\s*(?:\(Colou?r(?: online)?\)\s*)?((?:[\w-]+\s){0,2}"
    r"(?:schematics?|illustrations?|diagrams?|sketch|workflow|flow ?charts?|overview))\b",
    re.IGNORECASE,
)
_PHOTO = re.compile(
    r"\b(?:photos?|photographs?|photographic|pictures?|digital images?|camera|radiographs?|MRI|screenshots?|"
    r"appearance|patients?)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[-−–+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?%?")


def classify(
    paired: PairedFigure,
    look: npt.NDArray[np.uint8],
    words: Sequence[str],
    paper_title: str | None,
    fields: Mapping[str, FieldRule],
) -> ClassifiedFigure:
    """The figure with its classes. `look` is RGB (h, w, 3) at 100 dpi; `words` are the text-layer lines inside its box."""
    named = [found for _, _, found in find_techniques(" ".join((paired.caption, *words)))]
    imaging = _ordered(found for found in named if found.kind == "imaging")
    kind = _kind(paired, read_look(look), words, imaging)
    techniques = _reported(imaging) if kind.value not in ("chart", "schematic") else ()
    methods = _ordered(found for found in named if found.kind == "method")
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


def _ordered(techniques: Iterable[Technique]) -> tuple[Technique, ...]:
    return tuple(dict.fromkeys(techniques))


def _reported(imaging: Sequence[Technique]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(known.reported for known in imaging))


def _kind(paired: PairedFigure, look: Look, words: Sequence[str], imaging: Sequence[Technique]) -> Found:
    marks = f"picture tiles {look.pictures:.2f}, white {look.white:.2f}"
    caption = paired.caption
    if not imaging and (drawn := _ONLY_DRAWN.match(caption)) and not _PHOTO.search(caption):
        return Found("schematic", f'"{drawn.group(1)}" opens the caption', 0.85)
    if look.pictures < (NAMED_PICTURE_SHARE if imaging else PICTURE_SHARE):
        return _drawing(paired, words, marks)
    graph = _GRAPH.search(caption)
    if graph and look.white > ROOM_FOR_GRAPH and look.pictures < MOSTLY_PICTURE:
        return Found("mixed", f'{marks}, "{graph.group()}"', 0.7)
    if any(known.name in _MICROSCOPES for known in imaging):
        return Found("micrograph", f"{marks}, {imaging[0].name}", 0.9)
    if photo := _PHOTO.search(caption):
        return Found("photo", f'{marks}, "{photo.group()}"', 0.8)
    if imaging:
        return Found("micrograph", f"{marks}, {imaging[0].name}", 0.8)
    if look.pictures < WHOLE_PICTURE and look.white > ROOM_FOR_DRAWING:
        return Found("mixed", marks, 0.4)
    return Found("micrograph" if look.colour < COLOURED else "photo", marks, 0.5)


_MICROSCOPES = {
    "SEM",
    "TEM",
    "HRTEM",
    "STEM",
    "HAADF-STEM",
    "AFM",
    "STM",
    "optical",
    "confocal",
    "fluorescence",
    "EDS",
    "EBSD",
    "SAED",
}


def _drawing(paired: PairedFigure, words: Sequence[str], marks: str) -> Found:
    texts = [word for line in words for word in line.split()]
    numbers = sum(bool(_NUMBER.fullmatch(text)) for text in texts)
    chart, schematic = _CHART.search(paired.caption), _SCHEMATIC.search(paired.caption)
    if numbers >= 8 and numbers >= 0.25 * len(texts):
        return Found("chart", f"{marks}, {numbers} numbers in the figure", 0.85)
    if schematic and not (chart and chart.start() < schematic.start()):
        return Found("schematic", f'{marks}, "{schematic.group()}"', 0.8)
    if chart:
        return Found("chart", f'{marks}, "{chart.group()}"', 0.7)
    return Found("schematic", marks, 0.5)


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
