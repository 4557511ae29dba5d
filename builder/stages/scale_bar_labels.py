"""What scale bars say: lengths printed in a picture and lengths that a caption gives, read strictly or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Literal, NamedTuple

from builder.pages import Box, Line, Word

Source = Literal["text", "ocr", "caption"]

NANOMETRES = {"Å": 0.1, "nm": 1.0, "µm": 1e3, "mm": 1e6, "cm": 1e7}
_MICRO = str.maketrans({"μ": "µ", "u": "µ"})
# Bars carry 1, 2 or 5 times a power of ten first; the others are what microscopes' software offers besides.
_FIRST, _OTHERS = (1.0, 2.0, 5.0), (1.5, 2.5, 3.0, 4.0, 6.0, 8.0)
_SURE, _LESS_SURE = 1.0, 0.8
_SHORTEST_NM, _LONGEST_NM = 0.1, 1e9
_SURE_WORD = 0.8  # rapidocr's own confidence: below it units and digits are misread ("32 mm" for "50 nm")

_UNIT = r"(?:Å|nm|[µμu]m|mm|cm)"
_NUMBER = r"(?:0?\.\d{1,2}|[1-9]\d{0,3}(?:\.\d{1,2})?|0\.\d{1,2})"
_NO_POWER = r"(?![\w/^⁻−²³-]|\s?[-−–⁻]\s?[1¹](?![\d.]|\s?[nµμumc]))"  # 5 nm⁻¹ and 5 nm -1 are no lengths; "5 nm – 1 µm" are two
_POWER = re.compile(r"\s*(?:[-−–⁻]\s?[1¹]?|[1¹])\s*")  # a raised exponent that stands beside its unit as a text of its own
_LABEL = re.compile(rf"({_NUMBER})\s?({_UNIT}){_NO_POWER}")
_ALONE = re.compile(rf"\s*(?:{_LABEL.pattern}\s*)+[.|_—–]*\s*")
_AFTER_MAGNIFICATION = re.compile(rf".*[xX×]\s?[\d,.]+\s?[kK]?\s+({_LABEL.pattern})\s*")

_CUE = re.compile(r"\b(?:scale|white|black|length)[\s-]*bars?\b|\bbars?\s*(?==|:|represents?|indicates?|corresponds?)", re.I)
_CLAUSE_END = re.compile(r"\.(?=\s|$)")
_SAID = re.compile(rf"(?<![\w.])({_NUMBER})\s*({_UNIT}){_NO_POWER}")
_LETTER = r"\(?[A-Za-z]\)?(?!\w)"
_LETTERS = rf"{_LETTER}(?:\s*(?:,\s*and|,|and|&|-|–|to)\s*{_LETTER})*"
_AFTER = re.compile(
    rf"\s*(?:for|in|of)?\s*(?:panels?|figs?\.|figures?)?\s*(?<!\w)(\({_LETTERS}|(?<=for\s|.in\s|els\s|nel\s){_LETTERS})"
)
_IS = r"(?:[:,=]|is|are|represents?|indicates?)"
_BEFORE = re.compile(rf"(?:^|(?<=[\s,;(]))(?:(\({_LETTERS})\s*{_IS}?|({_LETTERS})\s*{_IS})\s*$")
_GOES_ON = re.compile(rf"\s*(?:and\s+)?(?:{_LETTERS}\s*[:,=]?\s*)?{_SAID.pattern}")
_RANGE = re.compile(r"([A-Za-z])\W*(?:-|–|to)\W*([A-Za-z])")


class Label(NamedTuple):
    """A length printed in a picture, with the box of its letters in points."""

    text: str
    length_nm: float
    box: Box
    source: Source
    confidence: float


class _Text(NamedTuple):
    text: str
    box: Box
    source: Source
    confidence: float


def labels_within(bbox: Box, lines: Sequence[Line], words: Sequence[Word]) -> tuple[Label, ...]:
    """Lengths that stand alone inside a box, from the text layer first; OCR words only where the text layer has none."""
    typed = [_Text(line.text, line.box, "text", 1.0) for line in lines if line.angle == 0 and _inside(line.box, bbox)]
    seen = [_Text(w.text, w.box, "ocr", w.confidence) for w in words if w.confidence >= _SURE_WORD and _inside(w.box, bbox)]
    found = list(_labels(typed))
    found += [label for label in _labels(seen) if not any(label.box.meet(known.box).area > 0 for known in found)]
    said = [*typed, *(_Text(w.text, w.box, "ocr", w.confidence) for w in words if _inside(w.box, bbox))]
    return tuple(label for label in found if not _is_table_cell(label, [*typed, *seen]) and not _is_reciprocal(label, said))


def length_nm(number: str, unit: str) -> tuple[float, float] | None:
    """Nanometres and how usual such a bar is, in [0, 1]; None for what no scale bar says (497 µm, 0.63 nm)."""
    value = float(number)
    nanometres = value * NANOMETRES[unit.translate(_MICRO)]
    if value <= 0 or not _SHORTEST_NM <= nanometres <= _LONGEST_NM:
        return None
    mantissa = float(f"{value:e}".split("e")[0])
    if mantissa in _FIRST:
        return nanometres, _SURE
    return (nanometres, _LESS_SURE) if mantissa in _OTHERS else None


def caption_bar_lengths(caption: str) -> tuple[tuple[tuple[str, ...], float, str], ...]:
    """Bar lengths a caption gives: (letters they hold for, none where it says none; nanometres; as printed).

    >>> caption_bar_lengths("Scale bars, 5 µm (a-c) and 500 nm (d).")
    ((('a', 'b', 'c'), 5000.0, '5 µm'), (('d',), 500.0, '500 nm'))
    """
    found: list[tuple[tuple[str, ...], float, str]] = []
    for cue in _CUE.finditer(caption):
        found += [said for said in _said(_clause(caption, cue.end())) if said not in found]
    return tuple(found)


def _clause(caption: str, start: int) -> str:
    """From the words "scale bar" to the end of what is said of it; a semicolon ends it unless another length follows."""
    stop = _CLAUSE_END.search(caption, start)
    first, *others = caption[start : stop.start() if stop else len(caption)].split(";")
    return ";".join([first, *takewhile(_GOES_ON.match, others)])


def _said(clause: str) -> list[tuple[tuple[str, ...], float, str]]:
    found, last = [], 0
    for match in _SAID.finditer(clause):
        known = length_nm(match.group(1), match.group(2))
        after, before = _AFTER.match(clause, match.end()), _BEFORE.search(clause[last : match.start()])
        named = after.group(1) if after else (before.group(1) or before.group(2)) if before else ""
        last = match.end()
        if known:
            found.append((_letters(named), known[0], match.group().strip()))
    return _respectively(found) if "respectively" in clause else found


def _respectively(found: list[tuple[tuple[str, ...], float, str]]) -> list[tuple[tuple[str, ...], float, str]]:
    """Letters listed once for all lengths, dealt out in order; to none where the numbers differ."""
    letters = [letter for named, _, _ in found for letter in named]
    dealt = [(letter,) for letter in letters] if len(letters) == len(found) else [()] * len(found)
    return [(mine, nanometres, text) for mine, (_, nanometres, text) in zip(dealt, found, strict=True)]


def _letters(named: str) -> tuple[str, ...]:
    spread = _RANGE.sub(lambda m: " ".join(chr(c) for c in range(ord(m.group(1)), ord(m.group(2)) + 1)), named)
    return tuple(re.findall(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])", spread))


def _inside(box: Box, outer: Box) -> bool:
    return box.area > 0 and box.meet(outer).area > 0.5 * box.area


def _labels(texts: Iterable[_Text]) -> Iterator[Label]:
    for text in texts:
        for match in _matches(text.text):
            known = length_nm(match.group(1), match.group(2))
            if known:
                box = _part(text, match.start(), match.end())
                yield Label(match.group().strip(), known[0], box, text.source, text.confidence * known[1])


def _matches(text: str) -> Iterator[re.Match[str]]:
    if _ALONE.fullmatch(text):
        yield from _LABEL.finditer(text)
    elif strip := _AFTER_MAGNIFICATION.fullmatch(text):
        yield from _LABEL.finditer(text, strip.start(1))


def _part(text: _Text, start: int, end: int) -> Box:
    """Where the letters from `start` to `end` stand, as if all were equally wide."""
    box, each = text.box, text.box.width / len(text.text)
    return Box(box.x0 + start * each, box.y0, box.x0 + end * each, box.y1)


def _is_reciprocal(label: Label, texts: Sequence[_Text]) -> bool:
    """Whether a raised "-1" stands right after the unit: the bar of a diffraction pattern."""
    high = label.box.height
    right = Box(label.box.x1 - 0.35 * high, label.box.y0 - 0.6 * high, label.box.x1 + 0.9 * high, label.box.y0 + 0.75 * high)
    return any(_POWER.fullmatch(t.text) and t.box.width < high and _inside(t.box, right) for t in texts)


# Column heads of a microscope's data bar whose values are lengths, yet no bar: field width, working distance, spot.
_HEADS = re.compile(r"\b(?:HFW|VFW|HV|WD|FWD|det|spot|mag|tilt)\b", re.I)


def _is_table_cell(label: Label, texts: Sequence[_Text]) -> bool:
    high = label.box.height
    above = Box(label.box.x0, label.box.y0 - 1.5 * high, label.box.x1, label.box.y0 + 0.2 * high)
    return any(_HEADS.search(text.text) and text.box.meet(above).area > 0 for text in texts)
