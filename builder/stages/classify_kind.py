"""The kind of a figure: whether it holds pictures, charts and drawings, each a log-odds of pixels and words together."""

from __future__ import annotations

from math import exp, log1p
from typing import Literal, NamedTuple

from builder.stages.classify_look import Look
from builder.stages.classify_scale import Found
from builder.stages.classify_words import Cues

_GATE = 0.06  # share of pictures from which the words count in full
_FULL = 0.75  # share of pictures above which there is less and less room for anything else
_WIDE = 14  # tiles, 28 mm: a square in which a chart or a drawing has room beside pictures
_ONE_PANEL = 0.75  # what a second kind of drawing must reach in a caption without letters of panels
_SURE_OF_WORDS = 0.3  # what a picture can count at most where the caption opens with a drawing and names no picture

# Log-odds fitted by tests/benchmarks/classify_fit.py on the even half of the corpus, balanced, L2 with C = 0.5.
PICTURE_BIAS, CHART_BIAS, DRAWING_BIAS = -2.72, -2.05, -1.77
PICTURE: dict[str, float] = {
    "pictures": 3.4,
    "largest": 0.77,
    "gate": 3.93,
    "gate named": 3.37,
    "gate photo": 1.48,
    "gate only drawn": -6.15,
}
CHART: dict[str, float] = {
    "axes": 4.26,
    "numbers": 0.26,
    "numbers share": 2.62,
    "chart": 2.94,
    "chart maybe": 1.24,
    "methods": 1.28,
    "drawing": -0.87,
    "opens": -0.63,
    "full": -1.22,
    "no room": -2.21,
}
DRAWING: dict[str, float] = {
    "axes": -2.17,
    "numbers": 0.11,
    "numbers share": -2.07,
    "chart": -1.44,
    "chart maybe": -1.23,
    "drawing": 3.12,
    "drawing maybe": 0.76,
    "opens": 1.73,
    "shaded": 2.48,
    "pictures": -1.98,
    "rest": 2.68,
    "full": -1.38,
}


Pictures = Literal["micrograph", "photo", "none"]


class FoundKind(NamedTuple):
    """A kind, and what the figure's pictures are, if it holds any."""

    found: Found
    pictures: Pictures


def kind_of(look: Look, cues: Cues) -> FoundKind:
    """micrograph, photo, chart, schematic, or mixed where pictures, charts and drawings stand together."""
    seen = features(look, cues)
    picture = _chance(PICTURE_BIAS, PICTURE, seen)
    if cues.opens and not _names_pictures(cues):
        picture = min(picture, _SURE_OF_WORDS)
    chances = {
        "picture": picture,
        "chart": _chance(CHART_BIAS, CHART, seen),
        "schematic": _chance(DRAWING_BIAS, DRAWING, seen),
    }
    held = [name for name, chance in chances.items() if chance > 0.5]
    if held == ["chart", "schematic"] and cues.parts < 2 and min(chances[name] for name in held) < _ONE_PANEL:
        held = [max(held, key=lambda name: chances[name])]
    marks = _marks(look, cues)
    pictured, sure = _pictures(look, cues)
    if len(held) > 1:
        said = ", ".join(f"{name} {chances[name]:.2f}" for name in held)
        mixed = Found("mixed", f"{said}; {marks}", min(chances[name] for name in held))
        return FoundKind(mixed, pictured if "picture" in held else "none")
    only = held[0] if held else max(chances, key=lambda name: chances[name])
    confidence = chances[only] * (1 - max(chance for name, chance in chances.items() if name != only))
    if only != "picture":
        return FoundKind(Found(only, marks, confidence), "none")
    return FoundKind(Found(pictured, marks, confidence * sure), pictured)


def features(look: Look, cues: Cues) -> dict[str, float]:
    """What the log-odds weigh; shares enter as square roots, counts as logarithms or up to a limit."""
    gate = min(1.0, look.pictures / _GATE)
    room = 1.0 if look.pictures < _GATE else min(1.0, look.room / _WIDE)
    only_drawn = bool(cues.opens or (cues.drawing and not cues.chart)) and not _names_pictures(cues)
    return {
        "pictures": look.pictures**0.5,
        "largest": look.largest**0.5,
        "gate": gate,
        "gate named": gate * bool(cues.imaging),
        "gate photo": gate * bool(cues.photo),
        "gate only drawn": gate * only_drawn,
        "full": max(0.0, (look.pictures - _FULL) / (1 - _FULL)),
        "axes": look.axes**0.5,
        "rest": max(0.0, 1 - look.pictures - look.axes),
        "shaded": look.shaded,
        "numbers": log1p(cues.numbers),
        "numbers share": cues.numbers / max(4, cues.words),
        "chart": room * min(2, len(cues.chart)),
        "chart maybe": room * min(2, len(cues.chart_maybe)),
        "methods": room * min(2, len(cues.methods)),
        "drawing": float(min(2, len(cues.drawing))),
        "drawing maybe": float(min(2, len(cues.drawing_maybe))),
        "opens": float(bool(cues.opens)),
        "no room": 1 - room,
    }


def _names_pictures(cues: Cues) -> bool:
    return bool(cues.imaging or cues.photo or cues.picture)


def _chance(bias: float, weights: dict[str, float], seen: dict[str, float]) -> float:
    return 1 / (1 + exp(-bias - sum(weight * seen[name] for name, weight in weights.items())))


def _marks(look: Look, cues: Cues) -> str:
    marks = [f"pictures {look.pictures:.2f}, axes {look.axes:.2f}, white {look.white:.2f} of the area"]
    if cues.numbers:
        marks.append(f"{cues.numbers} numbers inside")
    words = [*(known.name for known in cues.imaging[:2]), *cues.photo[:1], *cues.chart[:2], *cues.drawing[:2]]
    return "; ".join(marks + [", ".join(f'"{word}"' for word in words)] * bool(words))


# Of pictures that no microscope names: colour and smoothness of a camera's lens against the grain of a detector.
_PHOTO_BIAS, _PHOTO_COLOUR, _PHOTO_ROUGH, _PHOTO_WORD, _PHOTO_OBJECT, _PICTURE_WORD = 2.6, 2.0, -4.0, 3.0, 2.0, -1.0
_MICROSCOPE, _CITED_MICROSCOPE, _BODY = -6.0, -3.0, 3.0


def _pictures(look: Look, cues: Cues) -> tuple[Literal["micrograph", "photo"], float]:
    """Micrographs or photos, and how sure that is; weights set by hand, there are too few photos to fit them."""
    score = (
        _PHOTO_BIAS
        + _PHOTO_COLOUR * look.colour
        + _PHOTO_ROUGH * look.rough
        + _PHOTO_WORD * bool(cues.photo)
        + _PHOTO_OBJECT * bool(cues.objects)
        + _PICTURE_WORD * bool(cues.picture)
        + _MICROSCOPE * any(known.name not in MACRO_TECHNIQUES for known in cues.imaging)
        + _BODY * any(known.name in MACRO_TECHNIQUES for known in cues.imaging)
        + _CITED_MICROSCOPE * any(known.name not in MACRO_TECHNIQUES for known in cues.cited)
    )
    chance = 1 / (1 + exp(-score))
    return ("photo", chance) if chance > 0.5 else ("micrograph", 1 - chance)


# Pictures of bodies and devices, which the labels count as photographs.
MACRO_TECHNIQUES = frozenset({"MRI", "CT", "ultrasound", "thermography", "X-ray radiography", "high-speed camera"})
