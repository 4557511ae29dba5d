"""Split a caption into the words of each panel: which letters it announces, in whatever form, and what it says of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from builder.stages.labels import LABEL

_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
# What counts panels, in the order tried; a caption with two runs means letters, not numerals, then the run it opens first.
ALPHABETS: tuple[tuple[str, ...], ...] = (
    tuple(ascii_lowercase),
    tuple(ascii_lowercase.upper()),
    _ROMAN,
    tuple(r.upper() for r in _ROMAN),
)

_ONE = r"(?:[A-Za-z]|[ivx]{2,4}|[IVX]{2,4})(?:\d|['′])?"
_AND = r"(?:\s*,?\s*(?:and|to|through)\s+|\s*[,;&/~–—−-]\s*)"
_SEVERAL = rf"{_ONE}(?:{_AND}{_ONE}){{0,51}}"  # an alphabet twice: without an end a list of one letter costs its length squared
_BRACKETED = re.compile(rf"[(\[]\s*(?P<letters>{_SEVERAL})\s*[)\]]")
_HALF = re.compile(rf"(?<![\w(\[.′'])(?P<letters>{_SEVERAL})\)")
_COLON = re.compile(rf"(?:^|(?<=[(,;.]\s)|(?<=[(]))(?P<letters>{_SEVERAL})\s?:(?=\s)")
_BARE_SPACE = r"(?:^|(?<=[.;:,)\]}|]\s)|(?<=\band\s)|(?<=&\s))"
_BARE = re.compile(rf"{_BARE_SPACE}(?P<letters>{_SEVERAL})(?P<stop>[,.|]?)(?=\s)")
_FORMS = (_BRACKETED, _HALF, _COLON, _BARE)

_RANGE = re.compile(r"\s*(?:[~–—−-]|to|through)\s*")
_JOINS = re.compile(r"^\s*(?:,|;|&|/|,?\s*and|,?\s*to|through|[–—−-])\s*$")
_CITED = re.compile(r"(?:\b(?:see|in|from|panels?|to|with|than|Figs?\.?|Figures?|Refs?\.?|as|by|of Fig)\s*\(?)$", re.IGNORECASE)
_POINTS_AT = re.compile(
    r"(?:\b(?:see|shown in|marked in|as in|panels?|inset (?:of|in|to)|same as|Figs?\.?|Figures?)\s*\(?)$", re.IGNORECASE
)
_ENDS = re.compile(r"^\s*(?:[,.;)]|and\b|$)")
_SENTENCE = re.compile(
    r"(?<!\bFig)(?<!\bRef)(?<!\bFigs)(?<!\bRefs)(?<!\bvs)(?<!\bca)(?<!\bcf)(?<!e\.g)(?<!i\.e)(?<!\bNo)[.;]\s+(?=[A-Z(\[])"
)
_NEAR = 80  # signs before a letter, in which the words stand that cite it
_LEAD_WORDS = 25  # a longer stretch before a letter is a sentence about the panel before it


@dataclass(frozen=True)
class Part:
    """Panels announced together and the words that follow; letters as printed, without brackets."""

    letters: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class _Mark:
    """Letters standing at [start, end) of the caption's text."""

    letters: tuple[str, ...]
    start: int
    end: int
    points: float


def without_label(caption: str) -> str:
    """A caption's text after its label.

    >>> without_label("Figure 2. A terrace."), without_label("Extended Data Fig. 4 | A terrace.")
    ('A terrace.', 'A terrace.')
    """
    found = LABEL.match(caption.lstrip())
    return caption.lstrip()[found.end() :].lstrip(" \t.:|–—") if found else caption.strip()


def caption_parts(caption: str, lone: frozenset[str] = frozenset()) -> tuple[Part, ...]:
    """The parts of a caption in the order announced; empty where it announces fewer than two panels.

    `lone` holds letters that the caption prints alone in a face of their own (bold), as Nature and Springer do.

    >>> [(p.letters, p.text) for p in caption_parts("Fig. 1. XPS of (a) Mo 3d and (b, c) S 2p.")]
    [(('a',), 'Mo 3d'), (('b', 'c'), 'S 2p.')]
    """
    text = without_label(caption)
    runs = [run for form in _FORMS for alphabet in ALPHABETS if (run := _run(text, form, alphabet, lone))]
    if not runs:
        return ()
    lettered = [run for run in runs if len(_letters(run)[1]) == 1]
    best = max(lettered or runs, key=lambda run: (-run[0].start, len(_letters(run))))
    return _after(text, best) if _stands_before(text, best) else _before(text, best)


def _letters(run: Sequence[_Mark]) -> list[str]:
    return [letter for mark in run for letter in mark.letters]


def _run(text: str, form: re.Pattern[str], alphabet: tuple[str, ...], lone: frozenset[str]) -> list[_Mark]:
    """Marks that announce a gap-free run from the alphabet's first letter, each letter once, by place."""
    marks = _joined(text, [m for m in _marks(text, form, alphabet, lone) if m is not None])
    chosen: dict[str, _Mark] = {}
    for mark in marks:
        for letter in mark.letters:
            if letter not in chosen or mark.points > chosen[letter].points:
                chosen[letter] = mark
    run = alphabet[: next((n for n, letter in enumerate(alphabet) if letter not in chosen), len(alphabet))]
    if len(run) < 2:
        return []
    kept = sorted({chosen[letter] for letter in run}, key=lambda m: m.start)
    named = [_Mark(tuple(x for x in run if chosen[x] is m), m.start, m.end, m.points) for m in kept]
    return named if sum(m.points for m in named) >= 0 else []


def _marks(text: str, form: re.Pattern[str], alphabet: tuple[str, ...], lone: frozenset[str]) -> list[_Mark | None]:
    return [_mark(text, match, form, alphabet, lone) for match in form.finditer(text)]


def _mark(
    text: str, match: re.Match[str], form: re.Pattern[str], alphabet: tuple[str, ...], lone: frozenset[str]
) -> _Mark | None:
    letters = _expanded(match["letters"], alphabet)
    if letters is None:
        return None
    if form is _HALF and text.rfind("(", 0, match.start()) > text.rfind(")", 0, match.start()):
        return None
    before = text[max(0, match.start() - _NEAR) : match.start()]
    points = -2.0 if _POINTS_AT.search(before) else -0.5 if _CITED.search(before) else 1.0
    if form is _BARE:
        points = _bare_points(text, match, lone)
    return _Mark(letters, match.start(), match.end(), points)


def _bare_points(text: str, match: re.Match[str], lone: frozenset[str]) -> float:
    """A letter without brackets announces a panel where prose would not put it."""
    if match["letters"] in lone:
        return 2.0
    opens = match.start() == 0 or text[match.start() - 2] in ".;|"
    if match["letters"][0].isupper():
        return 1.0 if match["stop"] and opens else -2.0
    if match["letters"] == "a":
        return 1.0 if opens else -3.0
    return 1.0 if opens or match["stop"] else 0.5


def _expanded(printed: str, alphabet: tuple[str, ...]) -> tuple[str, ...] | None:
    """Letters of "a", "a, c", "b–d", "A and B"; None where one is not of the alphabet. A digit after a letter is its part's."""
    parts = re.split(rf"({_AND})", printed)
    letters: list[str] = []
    for at in range(0, len(parts), 2):
        one = parts[at].strip().rstrip("0123456789'′")
        if one not in alphabet:
            return None
        rank = alphabet.index(one)
        if at and _RANGE.fullmatch(parts[at - 1]):
            letters.extend(alphabet[alphabet.index(letters[-1]) + 1 : rank])
        if one not in letters:
            letters.append(one)
    return tuple(letters)


def _joined(text: str, marks: Sequence[_Mark]) -> list[_Mark]:
    """Marks with nothing but "and", a comma or a dash between them announce their panels together."""
    joined: list[_Mark] = []
    for mark in marks:
        between = text[joined[-1].end : mark.start] if joined else "x"
        if joined and (_JOINS.match(between) or not between):
            last = joined[-1]
            alphabet = next(a for a in ALPHABETS if set(last.letters + mark.letters) <= set(a))
            printed = f"{last.letters[-1]}{between or ','}{mark.letters[0]}"
            ranged = _expanded(printed, alphabet) or ()
            letters = tuple(dict.fromkeys((*last.letters, *ranged, *mark.letters)))
            joined[-1] = _Mark(letters, last.start, mark.end, max(last.points, mark.points))
        else:
            joined.append(mark)
    return joined


def _stands_before(text: str, run: Sequence[_Mark]) -> bool:
    """Whether letters stand before their words, "(a) SEM, (b) TEM", and not after, "SEM (a) and TEM (b)"."""
    closing = sum(_ENDS.match(text[mark.end :]) is not None for mark in run)
    return not re.search(r"\w", text[: run[0].start]) or closing <= 0.5 * len(run)


def _after(text: str, run: Sequence[_Mark]) -> tuple[Part, ...]:
    parts = []
    for mark, following in zip(run, (*run[1:], None), strict=True):
        words = text[mark.end : following.start if following else len(text)]
        parts.append(Part(mark.letters, _tidy(_without_lead(words) if following else words)))
    return tuple(parts)


def _without_lead(words: str) -> str:
    """Words of a panel without the start of the sentence that announces the next one in its middle."""
    ends = [m.start() + 1 for m in _SENTENCE.finditer(words)]
    if not ends or re.search(r"[.;]\s*$", words):
        return words
    lead = words[ends[-1] :]
    return words[: ends[-1]] if len(lead.split()) <= _LEAD_WORDS else words


def _before(text: str, run: Sequence[_Mark]) -> tuple[Part, ...]:
    parts, start = [], 0
    opening = [m.end() for m in _SENTENCE.finditer(text[: run[0].start])]
    start = opening[-1] if opening else 0
    for mark in run:
        parts.append(Part(mark.letters, _tidy(text[start : mark.start])))
        start = mark.end
    return tuple(parts)


def _tidy(words: str) -> str:
    """Words without the separators and joining words at their ends."""
    words = re.sub(r"^[\s:,;.)|–—]+|^\s*and\b\s*", "", words.strip())
    words = re.sub(r"^\s*(?:and|,)\s+", "", words)
    if words.count(")") > words.count("("):
        words = re.sub(r"\)(?=[^)]*$)", "", words)
    return re.sub(r"(?:\s*[,;(]|\s+and|\s+while|\s+whereas)+\s*$", "", words).strip()
