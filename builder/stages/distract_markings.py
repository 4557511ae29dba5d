"""False marks: arrows, circles and lines of a figure get another colour or shape, or two colours change places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from builder.lexicon.contrasts import CONVENTIONAL, GLOWING, MIXED, UNLIKE_COLOURS, UNLIKE_SHAPES
from builder.stages.distract_edits import Attribute, article_holds, edit, in_case_of

_COLOUR = re.compile(rf"(?<![\w-])(?:{'|'.join(UNLIKE_COLOURS)})(?![\w-]*\w)", re.IGNORECASE)
_STROKE = r"dashed|dotted|solid|dash-dotted|thick|thin|open|filled|hollow|bold|double|small|large|short|long"
_MARK = (
    r"arrow(?:head)?s?|circles?|ellipses?|ovals?|box(?:es)?|squares?|rectangles?|lines?|curves?|traces?|dots?|triangles?"
    r"|stars?|crosses|symbols?|frames?|contours?|outlines?|asterisks?|markers?|diamonds?|polygons?|dashes|regions?|areas?"
)
_OF_MARK = re.compile(rf"(?:[-\s,]+(?:{_STROKE}))*[-\s]+(?:{_MARK}|colou?rs?)\b", re.IGNORECASE)
_LISTED = re.compile(rf"(?:,\s?(?:and\s)?|\s(?:and|or)\s)(?:{'|'.join(UNLIKE_COLOURS)})\b", re.IGNORECASE)
_TELLS = (
    r"\s(?:\w+\s)?(?:indicat|mark|show|denot|highlight|represent|outlin|surround|enclos|point|correspond"
    r"|in\s\(?[a-zA-Z]\)|are\b|is\b)"
)
_SHOWN_IN = re.compile(
    r"\((?:in\s|shown in\s|[^()]*,\s)?$|\b(?:marked|shown|drawn|outlined|highlighted|plotted|indicated|underlined)\sin\s$"
)
_LINE = re.compile(r"\s(?:\w+\s)?(?:lines?|curves?|circles?|squares?|rectangles?|box(?:es)?|contours?|frames?|outlines?)\b")
_SENTENCE_END = re.compile(r"[.;](?:\s|$)")


def markings(caption: str, near: str) -> Iterator[Attribute]:
    """Every mark whose colour or shape can be another one that neither the caption nor `near` gives to a mark.

    Colours that a convention tells (stains, models of atoms) are left alone.
    """
    told = re.search(CONVENTIONAL, caption) or re.search(MIXED, caption, re.IGNORECASE | re.DOTALL)
    colours = {} if told else _of_marks(caption)
    glows = re.search(GLOWING, caption, re.IGNORECASE)
    named = {match.group().lower() for match in _COLOUR.finditer(f"{caption}\n{near}")}
    yield from _exchanged(caption, colours)
    for colour, found in colours.items():
        if any(_LISTED.match(caption, m.end()) or _LISTED.search(caption[max(0, m.start() - 12) : m.end()]) for m in found):
            continue
        for other in UNLIKE_COLOURS[colour]:
            if (
                other not in named
                and not (glows and other == "black")
                and all(article_holds(caption, m.start(), colour, other) for m in found)
            ):
                yield _recoloured(caption, {colour: other}, found)
    yield from _reshaped(caption, near)


def _of_marks(caption: str) -> dict[str, list[re.Match[str]]]:
    """Colours all of whose mentions are those of marks, with their mentions."""
    found: dict[str, list[re.Match[str]]] = {}
    for match in _COLOUR.finditer(caption):
        found.setdefault(match.group().lower(), []).append(match)
    return {colour: hits for colour, hits in found.items() if all(_is_mark(caption, m) for m in hits)}


def _is_mark(caption: str, colour: re.Match[str]) -> bool:
    bracketed = _SHOWN_IN.search(caption[: colour.start()])
    if _OF_MARK.match(caption, colour.end()) or (bracketed and re.match(r"\s?[),.;]", caption[colour.end() :])):
        return True
    listed = _LISTED.match(caption, colour.end())
    return listed is not None and _OF_MARK.match(caption, listed.end()) is not None


def _exchanged(caption: str, colours: dict[str, list[re.Match[str]]]) -> Iterator[Attribute]:
    """Two colours change places where each has a meaning of its own."""
    for one, other in combinations(sorted(colours), 2):
        found = sorted((*colours[one], *colours[other]), key=lambda match: match.start())
        pairs = zip(found, found[1:], strict=False)
        alike = any(_one_meaning(caption, a, b) for a, b in pairs if a.group().lower() != b.group().lower())
        swaps = {one: other, other: one}
        fit = all(article_holds(caption, m.start(), m.group().lower(), swaps[m.group().lower()]) for m in found)
        if not alike and fit and other in UNLIKE_COLOURS[one]:
            yield _recoloured(caption, swaps, found)


def _one_meaning(caption: str, one: re.Match[str], other: re.Match[str]) -> bool:
    """Whether two colours stand in one list ("red and blue arrows") that no "respectively" takes apart."""
    between = caption[one.end() : other.start()]
    if len(between.split()) > 4 or re.search(r"[:(;.]", between):
        return False
    end = _SENTENCE_END.search(caption, other.end())
    return "respectively" not in caption[other.end() : end.start() if end else len(caption)]


def _recoloured(caption: str, new: dict[str, str], found: list[re.Match[str]]) -> Attribute:
    return Attribute(
        "marking",
        tuple(edit("marking", caption, m.start(), m.end(), in_case_of(m.group(), new[m.group().lower()])) for m in found),
    )


def _reshaped(caption: str, near: str) -> Iterator[Attribute]:
    for shape, others in UNLIKE_SHAPES.items():
        found = list(re.finditer(rf"(?<![\w-]){shape}(?![\w-]*\w)", caption, re.IGNORECASE))
        if not found or not all(_is_shape(caption, m, shape) for m in found):
            continue
        for other in others:
            kin = rf"\b{other.rstrip('s')}"
            said = re.search(kin, f"{caption}\n{near}", re.IGNORECASE)
            if not said and all(article_holds(caption, m.start(), shape, other) for m in found):
                edits = (edit("marking", caption, m.start(), m.end(), in_case_of(m.group(), other)) for m in found)
                yield Attribute("marking", tuple(edits))


def _is_shape(caption: str, match: re.Match[str], shape: str) -> bool:
    """Whether the word is drawn on the picture: with a colour or stroke before it, or saying what it marks."""
    before, after = caption[: match.start()], caption[match.end() :]
    if shape in ("dashed", "dotted", "solid"):
        return _LINE.match(after) is not None
    if "arrow" in shape and re.match(r"\s(?:\w+\s)?(?:point|in the direction)", after):
        return False
    drawn = re.search(rf"\b(?:{'|'.join(UNLIKE_COLOURS)}|dashed|dotted|filled|hollow)[\s-]$", before, re.IGNORECASE)
    return drawn is not None or re.match(_TELLS, after) is not None
