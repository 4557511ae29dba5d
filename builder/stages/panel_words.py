"""The words a caption gives each lettered panel, cleaned to a phrase, and whether two panels' words contradict each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from builder.lexicon.techniques import Technique, find_techniques, related
from builder.records import EvidenceSpan, PairedFigure
from builder.stages.labels import LABEL
from builder.stages.panel_captions import caption_parts
from builder.stages.sentences import MOJIBAKE, balanced, points_elsewhere, sentences
from builder.stages.spans import quantities, spans
from builder.stages.statements import span

_MOST_WORDS = 30
# What a panel can be, by the nouns of its words; the first row that fits.
DEPICTIONS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(rf"\b(?:{words})\b", re.IGNORECASE))
    for name, words in (
        (
            "graph",
            r"plots?|plotted|graphs?|curves?|spectr(?:um|a)|histograms?|diffractograms?|XRD patterns?|profiles?|charts?"
            r"|voltammograms?|isotherms?|distributions?|traces?|line ?scans?|time series|nyquist|arrhenius",
        ),
        (
            "schematic",
            r"schematics?|diagrams?|sketch(?:es)?|illustrations?|drawings?|flow ?charts?|cartoons?|models?|renderings?",
        ),
        ("diffraction", r"diffraction|SAED|FFTs?|Fourier|Kikuchi|LEED"),
        ("map", r"maps?|mappings?|EBSD|elemental"),
        ("photograph", r"photo(?:graph)?s?|photographic"),
        (
            "micrograph",
            r"micrographs?|SEM|TEM|STEM|HAADF|HRTEM|AFM|STM|BSE|images?|scans?|views?|microscop\w+|topograph\w*|nanographs?",
        ),
    )
)
_NOUN = re.compile(
    r"\b(?:images?|micrographs?|views?|scans?|plots?|graphs?|curves?|spectr(?:um|a)|histograms?|maps?|mappings?|patterns?|schematics?"
    r"|diagrams?|sketch(?:es)?|illustrations?|photos?|photographs?|profiles?|pictures?|representations?|FFTs?|drawings?|close-?ups?"
    r"|overviews?|reconstructions?|diffractograms?|tomograms?|distributions?|sections?)\b",
    re.IGNORECASE,
)
# Words that set pictures of one figure apart: of a line only one can be said of a panel.
_CONTRASTS: tuple[tuple[re.Pattern[str], ...], ...] = tuple(
    tuple(re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for words in row)
    for row in (
        ("before", "after"),
        (
            "low(?:er)?[- ](?:magnification|mag|resolution)|overview",
            "high(?:er)?[- ](?:magnification|mag|resolution)|close-?up",
        ),
        ("top[- ]?view|plan(?:e|ar|ar-view)?[- ]view|surface", "cross[- ]?section(?:al|s)?|side[- ]view"),
        (
            "initial|pristine|fresh|as[- ](?:deposited|grown|prepared|received|synthesi[sz]ed)|untreated|control",
            "anneal\\w*|treated|aged|cycled|after",
        ),
        ("bright[- ]field", "dark[- ]field"),
        ("with", "without"),
        ("wet", "dry|dried"),
        ("front|top", "back|bottom|rear"),
        ("topograph\\w*|height", "phase|potential|amplitude|current"),
        ("longitudinal|axial", "transverse|radial"),
    )
)
_GENERIC = frozenset(
    """image images micrograph micrographs picture view views sample samples showing show shows figure panel same typical
    representative corresponding respective with from and the for its their of in on at by to different
    various general obtained using sem tem afm stm scanning transmission electron microscopy microscope detail details
    example result results area region regions part""".split()  # noqa: SIM905
)
_TOKEN = re.compile(r"[^\W_]+(?:[-–.][^\W_]+)*%?")
_PANEL_MARK = re.compile(
    r"\bFig|\bTable\b|\(\s*[A-Za-z](?:\s*[,–-]\s*[A-Za-z])*\s*\)|\bpanels?\b|\b[a-h] and [a-h]\b", re.IGNORECASE
)
_HEAD = re.compile(r"^.*\b(?:of|using|from|with|for|by|at|in)\s+", re.DOTALL)
_UNFINISHED = re.compile(
    r"(?:[,;:(–-]|\b(?:and|or|of|the|an?|in|at|by|with|for|from|to|on|is|are|was|were|as|that|which|between|than))$", re.I
)
_STARTS_BADLY = re.compile(
    r"^(?:and|or|of|but|respectively|which|that|is|are|was|were|to|then|same|also|as|its?|their)\b|^[^\w(]", re.I
)


@dataclass(frozen=True)
class PanelWords:
    """Words said of these panels alone."""

    letters: tuple[str, ...]
    text: str
    evidence: tuple[tuple[int, int], ...]  # code points of the figure's caption

    @cached_property
    def tokens(self) -> frozenset[str]:
        return frozenset(token.lower() for token in _TOKEN.findall(self.text)) - _GENERIC

    @cached_property
    def techniques(self) -> tuple[Technique, ...]:
        return tuple(dict.fromkeys(known for _, _, known in find_techniques(self.text)))

    @cached_property
    def depiction(self) -> str | None:
        return next((name for name, pattern in DEPICTIONS if pattern.search(self.text)), None)

    @cached_property
    def values(self) -> frozenset[tuple[str, float]]:
        return frozenset((q.unit, q.value) for q in quantities(self.text) if q.unit is not None and q.value is not None)

    @cached_property
    def materials(self) -> frozenset[str]:
        return frozenset(found.text for found in spans(self.text) if found.type == "material")

    def spans(self, figure: PairedFigure, letter: str) -> tuple[EvidenceSpan, ...]:
        return tuple(span(figure, start, end, letter=letter) for start, end in self.evidence)


def panel_words(figure: PairedFigure) -> tuple[PanelWords, ...]:
    """Each group of panels that the caption announces together, with the first phrase it says of them, where that is clear."""
    told = [(p.letter, p.caption) for p in figure.panels if p.letter and p.caption]
    if not told:
        told = [(letter, part.text) for part in caption_parts(figure.caption) for letter in part.letters]
    if len({letter for letter, _ in told}) != len(told):
        return ()
    groups = [(tuple(letter for letter, _ in group), words) for words, group in groupby(told, key=lambda pair: pair[1])]
    found = [made for letters, words in groups if (made := _phrase(figure.caption, letters, words)) is not None]
    return tuple(_with_shared_unit(_without_shared_head(figure.caption, found)))[::-1]


def letters_of(figure: PairedFigure) -> tuple[str, ...]:
    """Every letter the figure's panels are known by, in order."""
    seen = [panel.letter for panel in figure.panels if panel.letter]
    return tuple(seen) or tuple(letter for part in caption_parts(figure.caption) for letter in part.letters)


def _phrase(caption: str, letters: tuple[str, ...], words: str) -> PanelWords | None:
    at = _place(caption, letters[0], words)
    if at is None:
        return None
    first = next(iter(sentences(words)), None)
    if first is None or (len(letters) > 1 and "respectively" in words):
        return None
    text = words[first[0] : first[1]].split(";")[0]
    text = re.sub(r"(?:\s*[,:]?\s+and|\s+while|\s+whereas|[\s.,:;]|(?<=[a-z)])\.\d{1,3})+$", "", text)
    text = re.sub(r"\s+\(?(?:as\s+)?(?:(?:shown|given|described|listed|marked)\s+in|see)\s+(?:Fig|Table|Ref).*$", "", text)
    start = at + first[0]
    for phrase in (text, text.split(", ")[0]):
        if _readable(phrase):
            return PanelWords(letters, phrase, ((start, start + len(phrase)),))
    return None


def _without_shared_head(caption: str, found: Sequence[PanelWords]) -> list[PanelWords]:
    """ "SEM images of control (a) and treated leaves (b)": what stands before all letters is said of each, and is cut."""
    if len(found) < 2 or not re.match(rf"\s*\(?{found[0].letters[0]}\)", caption[found[0].evidence[0][1] :]):
        return list(found)
    head = _HEAD.match(found[0].text)
    if head is None or any(noun_of(other.text) for other in found[1:]) or noun_of(found[0].text) is None:
        return list(found)
    start, end = found[0].evidence[0]
    first = PanelWords(found[0].letters, found[0].text[head.end() :], ((start + head.end(), end),))
    return [*([first] if _readable(first.text) else []), *found[1:]]


def _place(caption: str, letter: str, words: str) -> int | None:
    """Where the caption says these words of the panel: of several places the one nearest to its letter."""
    places = [match.start() for match in re.finditer(re.escape(words), caption)]
    marks = [m.start() for m in re.finditer(rf"(?<![A-Za-z]){re.escape(letter)}(?![A-Za-z])", caption)]
    if not places or (len(places) > 1 and not marks):
        return None
    return min(places, key=lambda at: min((min(abs(at - m), abs(at + len(words) - m)) for m in marks), default=0))


def _readable(text: str) -> bool:
    if not re.search(r"[^\W\d_]{2}|\d", text) or MOJIBAKE.search(text) or not balanced(text) or LABEL.match(text):
        return False
    if _PANEL_MARK.search(text) or points_elsewhere(text) or _UNFINISHED.search(text) or _STARTS_BADLY.search(text):
        return False
    return 0 < len(text.split()) <= _MOST_WORDS and (
        noun_of(text) is not None or any(token.lower() not in _GENERIC for token in _TOKEN.findall(text))
    )


def _with_shared_unit(found: Sequence[PanelWords]) -> Iterator[PanelWords]:
    """From the last back: "(b) 25, (c) 100 and (d) 300 cycles": a bare number has the unit of the next that names one."""
    unit: tuple[str, tuple[int, int]] | None = None
    for words in reversed(found):
        named = re.fullmatch(r"[\d.,]+(?P<rest>\s?[^\d\s].*)", words.text)
        if named:
            start, end = words.evidence[0]
            unit = named["rest"], (end - len(named["rest"]), end)
            yield words
        elif re.fullmatch(r"[\d.,]+", words.text):
            if unit:
                yield PanelWords(words.letters, words.text + unit[0], (*words.evidence, unit[1]))
        else:
            unit = None
            yield words


def distinct(one: PanelWords, other: PanelWords) -> bool:
    """Whether two descriptions each say something that the other does not, so that each belongs to its own panels only."""
    mine, theirs = one.tokens - other.tokens, other.tokens - one.tokens
    apart = one.text.lower() not in other.text.lower() and other.text.lower() not in one.text.lower()
    return apart and (bool(mine and theirs) or _other_technique(one, other) or _other_depiction(one, other))


def contradict(one: PanelWords, other: PanelWords) -> bool:
    """Whether words said of one panel are false of another: each has something of a kind that rules out the other's."""
    return distinct(one, other) and (
        _other_technique(one, other)
        or _other_depiction(one, other)
        or _other_value(one, other)
        or bool(one.materials - other.materials and other.materials - one.materials)
        or any(_opposed(one.text, other.text, row) for row in _CONTRASTS)
        or _one_slot(one, other)
    )


def _other_technique(one: PanelWords, other: PanelWords) -> bool:
    return bool(one.techniques and other.techniques) and not any(
        related(a, b) for a in one.techniques for b in other.techniques
    )


def _other_depiction(one: PanelWords, other: PanelWords) -> bool:
    return bool(one.depiction and other.depiction and one.depiction != other.depiction)


def _other_value(one: PanelWords, other: PanelWords) -> bool:
    units = {unit for unit, _ in one.values} & {unit for unit, _ in other.values}
    return any(
        {value for u, value in one.values if u == unit}.isdisjoint({value for u, value in other.values if u == unit})
        for unit in units
    )


def _opposed(one: str, other: str, row: tuple[re.Pattern[str], ...]) -> bool:
    said = [{at for at, pattern in enumerate(row) if pattern.search(text)} for text in (one, other)]
    return len(said[0]) == len(said[1]) == 1 and said[0] != said[1]


def _one_slot(one: PanelWords, other: PanelWords) -> bool:
    """Whether both are built alike and differ in one place: a list of samples, or of states of one."""
    a, b = one.text.split(), other.text.split()
    if len(a) <= 3 and len(b) <= 3:
        return True
    head = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest = min(len(a), len(b)) - head
    tail = next((n for n in range(rest) if a[-1 - n] != b[-1 - n]), rest)
    slots = len(a) - head - tail, len(b) - head - tail
    return min(slots) >= 1 and max(slots) <= 4 and head + tail >= max(slots)


def noun_of(text: str) -> str | None:
    """The noun that says what kind of picture it is: "image" of "SEM image of ZnO"."""
    found = _NOUN.search(re.split(r"\b(?:of|showing|from|with)\b|,", text)[0])
    return found.group() if found else None


__all__ = ["PanelWords", "contradict", "distinct", "letters_of", "noun_of", "panel_words"]
