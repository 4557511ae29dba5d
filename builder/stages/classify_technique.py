"""The imaging techniques of a figure's pictures: named by the caption or a data bar, else by the sentences that cite the figure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from builder.lexicon.techniques import Technique, technique
from builder.records import PairedFigure
from builder.stages.citations import cited_labels
from builder.stages.classify_kind import Pictures
from builder.stages.classify_words import Cues, picture_techniques

# What microscopes print under their pictures.
_DATA_BARS = (
    ("SEM", re.compile(r"\b(?:SEM (?:HV|MAG)|EHT ?=|Signal A|In-?Lens|SE2|ETD|TLD|VPSE|WD ?[=:]? ?\d+(?:\.\d+)? ?mm|View field|LEI)\b")),
    ("TEM", re.compile(r"\b(?:TEM Mode|Print Mag|Direct Mag|HV ?= ?\d{2,3}(?:\.\d+)? ?kV)\b")),
    ("STEM", re.compile(r"\bHAADF\b")),
    ("AFM", re.compile(r"\b(?:Height Sensor|Peak Force|Amplitude Error)\b")),
)
_SENTENCE = re.compile(r"(?<=[.;!?])\s+(?=[A-Z(\[])")
_SHORT = re.compile(r"\b(Figs?|FIGS?|Eqs?|Refs?|al|ca|i\.e|e\.g|vs)\.")
_ELEMENT_MAPS = {"EPMA", "EDS", "WDS"}
_ELECTRON_IMAGE = re.compile(r"\b(?:morpholog(?:y|ies)|secondary electron|back-?scattered?|electron image|SE image|BSE)\b", re.IGNORECASE)
_MICROSCOPES = {"SEM", "TEM", "STEM", "AFM", "STM", "optical", "confocal", "fluorescence"}
_GREY = 0.15  # share of coloured pixels in the pictures under which an electron microscope is likelier than light


class Named(NamedTuple):
    """Techniques with the words they rest on and how sure that is."""

    techniques: tuple[Technique, ...]
    evidence: str
    confidence: float

    @property
    def reported(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(known.reported for known in self.techniques))


NONE = Named((), "", 0.0)


def techniques_of(
    paired: PairedFigure, cues: Cues, words: Sequence[str], captions: Sequence[str], pictures: Pictures, colour: float
) -> Named:
    """The techniques of a figure's pictures. `captions` are all of the paper; `colour` is the coloured share of the pictures,
    which decides only where no text names a technique. A photograph has none but those that its caption names."""
    if pictures == "none":
        return NONE
    named = _with_data_bar(cues.imaging, words) or tuple(t for t in cues.measuring if t.name != "EDS")
    if named:
        found = _with_electron_image(named, paired.caption)
        return Named(found, "named: " + ", ".join(known.name for known in found), 0.9)
    return NONE if pictures == "photo" else _by_text(paired) or _by_paper(captions) or _by_look(colour)


def citing_sentences(paired: PairedFigure) -> tuple[str, ...]:
    """Sentences of the citing paragraphs that cite this figure and no other."""
    return tuple(s for mention in paired.mentions for s in _sentences(mention.text) if cited_labels(s) == (paired.label,))


def _sentences(text: str) -> Iterator[str]:
    yield from _SENTENCE.split(_SHORT.sub(r"\1", text))


def _with_data_bar(named: Sequence[Technique], words: Sequence[str]) -> tuple[Technique, ...]:
    text = " ".join(words)
    printed = [technique(name) for name, pattern in _DATA_BARS if pattern.search(text)]
    known = {found.reported for found in named}
    return (*named, *(found for found in printed[:1] if found.reported not in known))


def _with_electron_image(named: tuple[Technique, ...], text: str) -> tuple[Technique, ...]:
    """Element maps beside the electron image that they were taken on."""
    if {known.name for known in named} <= _ELEMENT_MAPS and _ELECTRON_IMAGE.search(text):
        return (technique("SEM"), *named)
    return named


def _by_text(paired: PairedFigure) -> Named | None:
    sentences = citing_sentences(paired)
    alone = [mention.text for mention in paired.mentions if mention.cites == (paired.label,)]
    for texts, what, confidence in ((sentences, "a sentence", 0.75), (alone, "a paragraph", 0.6)):
        found = tuple(dict.fromkeys(known for text in texts for known in picture_techniques(text)))
        if found and not {known.name for known in found} <= _ELEMENT_MAPS:
            names = ", ".join(known.name for known in found)
            return Named(found, f"{what} that cites the figure names {names}", confidence)
    return None


def _by_paper(captions: Sequence[str]) -> Named | None:
    """The one microscope that the paper's captions name, where there is one."""
    found = {known.reported for text in captions for known in picture_techniques(text)} & _MICROSCOPES
    if len(found) != 1:
        return None
    (name,) = found
    return Named((technique(name),), f"the only microscope in the paper's captions is {name}", 0.45)


def _by_look(colour: float) -> Named:
    name = "SEM" if colour < _GREY else "optical"
    return Named((technique(name),), f"no text names one; {colour:.2f} of the pictures is coloured", 0.3)
