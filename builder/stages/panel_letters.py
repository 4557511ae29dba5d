"""Panel letters printed in a figure: which short texts, of the text layer or read off the pixels, name its panels."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from builder.pages import Box, Line, Word
from builder.stages.panel_captions import ALPHABETS

_MARGIN = 6.0  # points a letter may stand outside the figure's box
_BRACKETED = re.compile(
    r"^[(\[]\s*(?P<letter>[A-Za-z]|[ivxIVX]{2,4})\s*[)\]}.,:]?(?=\s|$|[A-Z(\[]|[a-z]{3})|^(?P<half>[A-Za-z]|[ivxIVX]{2,4})\s?[)\]](?!\w*\()"
)
_BARE = re.compile(r"^(?P<letter>[A-Za-z]|[ivxIVX]{2,4})[.,:|]?$")
_LEADING = re.compile(r"^(?P<letter>[A-Za-z])\s+\S")
# Letters whose two cases have one shape: size alone tells them apart, so a reader of pixels mixes them up.
_ONE_SHAPE = frozenset("cosuvwxzCOSUVWXZkKpPiIjJfFmMyY")
_ALIGNED = 4.0  # points between the same edges of two letters of one row or column
_MOST = 0.6  # of a run's letters that must be seen where the caption announces none
_SURE = 0.5  # confidence of OCR below which a single letter is noise

Source = Literal["text", "ocr"]


@dataclass(frozen=True)
class Sighting:
    """A panel letter seen in a figure, as printed, where it stands."""

    letter: str
    box: Box
    source: Source


@dataclass(frozen=True)
class _Seen:
    text: str
    box: Box
    source: Source
    stands_out: bool  # set bold, or raised from the pixels where type cannot be told


def sightings(at: Box, lines: Sequence[Line], words: Sequence[Word], announced: Sequence[str]) -> tuple[Sighting, ...]:
    """Letters that name panels of the figure at `at`, each once, in alphabetical order.

    `announced` are the caption's letters; a run that goes beyond them is followed, one that lacks some is given as it is.
    """
    seen = [*_of_lines(at, lines), *_of_words(words)]
    found = [
        run
        for form in (_BRACKETED, _BARE, _LEADING)
        for alphabet in _alphabets(announced)
        if (run := _run(seen, form, alphabet, announced))
    ]
    if not found:
        return ()
    best = max(found, key=len)
    return tuple(sorted(best, key=lambda s: (len(s.letter), s.letter)) if len(best[0].letter) == 1 else best)


def _alphabets(announced: Sequence[str]) -> Sequence[tuple[str, ...]]:
    """Alphabets the figure may use: the caption's, in either case; all where it announces none."""
    if not announced:
        return ALPHABETS
    wanted = {letter.lower() for letter in announced}
    return [a for a in ALPHABETS if wanted <= {letter.lower() for letter in a}]


def _of_lines(at: Box, lines: Sequence[Line]) -> Iterable[_Seen]:
    near = Box(at.x0 - _MARGIN, at.y0 - _MARGIN, at.x1 + _MARGIN, at.y1 + _MARGIN)
    for line in lines:
        if line.box.meet(near).area > 0.6 * line.box.area and line.text.strip():
            first = next(span for span in line.spans if span.text.strip())
            box = first.box if len(first.text.strip()) <= 5 else _first_letters(line.box, line.text)
            yield _Seen(line.text.strip(), box, "text", first.bold)


def _first_letters(box: Box, text: str) -> Box:
    return Box(box.x0, box.y0, box.x0 + box.width * min(1.0, 3 / max(1, len(text.strip()))), box.y1)


def _of_words(words: Sequence[Word]) -> Iterable[_Seen]:
    for word in words:
        if word.confidence >= _SURE and word.text.strip():
            text = word.text.strip()
            yield _Seen(text, _first_letters(word.box, text) if len(text) > 4 else word.box, "ocr", True)


def _run(seen: Sequence[_Seen], form: re.Pattern[str], alphabet: tuple[str, ...], announced: Sequence[str]) -> list[Sighting]:
    """One sighting for each letter of a run; empty where it is no run or one that chance makes."""
    places: dict[str, list[_Seen]] = defaultdict(list)
    for one in seen:
        match = form.match(one.text)
        if match is not None:
            printed = match["letter"] or match.groupdict().get("half") or ""
            letter = _in_alphabet(printed, alphabet, one.source)
            if letter is not None:
                places[letter].append(one)
    wanted = [x for x in alphabet if x.lower() in {y.lower() for y in announced}]
    run = _reach(alphabet, places)
    if wanted:
        beyond = alphabet[len(wanted) :] if form is _BRACKETED else ()
        run = [*wanted, *(x for n, x in enumerate(beyond) if all(y in places for y in beyond[: n + 1]))]
    kept = [x for x in run if x in places]
    if not wanted and form is not _BRACKETED and (len(kept) < max(3, len(run)) or any(len(places[x]) > 1 for x in kept)):
        return []
    if len(kept) < 2 and not (wanted and kept and form is not _LEADING):
        return []
    return _one_each({x: places[x] for x in kept}, sure=form is _BRACKETED)


def _reach(alphabet: tuple[str, ...], places: Mapping[str, object]) -> list[str]:
    """The alphabet up to the last letter before which most are seen; empty where the first or the second is not."""
    if alphabet[0] not in places and alphabet[1] not in places:
        return []
    seen = [n for n, x in enumerate(alphabet) if x in places]
    last = max((n for rank, n in enumerate(seen) if rank + 1 >= _MOST * (n + 1)), default=-1)
    return list(alphabet[: last + 1])


def _in_alphabet(printed: str, alphabet: tuple[str, ...], source: Source) -> str | None:
    if printed in alphabet:
        return printed
    other = printed.swapcase()
    return other if source == "ocr" and other in alphabet and printed in _ONE_SHAPE else None


def _one_each(places: dict[str, list[_Seen]], *, sure: bool) -> list[Sighting]:
    """Of several places of one letter the one that lines up with the other letters and has their height."""
    firm = [seen[0].box for seen in places.values() if len(seen) == 1] or [one.box for seen in places.values() for one in seen]
    height = median(box.height for box in firm)
    chosen = []
    for letter, seen in places.items():
        best = max(seen, key=lambda one: _fits(one, [b for b in firm if b is not one.box], height))
        if sure or len(seen) == 1 or _fits(best, [b for b in firm if b is not best.box], height) > 0:
            chosen.append(Sighting(letter, best.box, best.source))
    return chosen


def _fits(one: _Seen, others: Sequence[Box], height: float) -> float:
    aligned = sum(min(abs(one.box.x0 - b.x0), abs(one.box.y0 - b.y0), abs(one.box.y1 - b.y1)) < _ALIGNED for b in others)
    return aligned + 0.5 * one.stands_out - 2 * abs(one.box.height / max(height, 0.1) - 1)
