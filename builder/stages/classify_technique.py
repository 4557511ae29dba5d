"""The imaging techniques of a figure's pictures: named by caption or data bar, else by the sentences that cite the figure."""

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
    (
        "SEM",
        re.compile(
            r"\b(?:SEM (?:HV|MAG)|EHT ?=|Signal A|In-?Lens|SE2|ETD|TLD|VPSE|WD ?[=:]? ?\d+(?:\.\d+)? ?mm|View field|LEI)\b"
        ),
    ),
    ("TEM", re.compile(r"\b(?:TEM Mode|Print Mag|Direct Mag|HV ?= ?\d{2,3}(?:\.\d+)? ?kV)\b")),
    ("STEM", re.compile(r"\bHAADF\b")),
    ("AFM", re.compile(r"\b(?:Height Sensor|Peak Force|Amplitude Error)\b")),
)
_ELEMENT_MAP_WORDS = re.compile(
    r"\b(?:element(?:al|s)?|chemical|composition(?:al)?) (?:\w+ )?(?:maps?|mappings?|distribution (?:maps?|images?))\b",
    re.IGNORECASE,
)
_OTHER_MAPS = re.compile(r"\b(?:EELS|energy[- ]loss|EFTEM|XRF|XPS|Auger|Raman|SIMS)\b")
_DIFFRACTION = re.compile(r"(?<!X-ray )(?<!XRD )(?<!powder )(?<!neutron )\bdiffraction patterns?\b", re.IGNORECASE)
# Words of a caption that no other technique's pictures are described with.
_TELLING = (
    ("EDS", _ELEMENT_MAP_WORDS),
    (
        "fluorescence",
        re.compile(r"\b(?:DAPI|GFP|Hoechst|phalloidin|calcein|rhodamine|FITC|immuno-?stain\w*|live/dead)\b", re.IGNORECASE),
    ),
    (
        "optical",
        re.compile(
            r"\b(?:H ?& ?E|ha?ematoxylin|histolog\w+|histopatholog\w+|immuno-?histochem\w+|toluidine|Masson\w*|Gram stain\w*|"
            r"thin sections?|metallograph\w*|polarized light|crossed polars)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "AFM",
        re.compile(
            r"\b(?:(?:height|phase|topograph(?:y|ic)) (?:images?|maps?)|RMS roughness|surface roughness (?:images?|maps?))\b",
            re.IGNORECASE,
        ),
    ),
    ("HRTEM", re.compile(r"\blattice (?:fringes?|images?)\b", re.IGNORECASE)),
    ("SEM", re.compile(r"\b(?:fracture surfaces?|fractograph\w*|secondary electrons?)\b", re.IGNORECASE)),
)
_SENTENCE = re.compile(r"(?<=[.;!?])\s+(?=[A-Z(\[])")
_SHORT = re.compile(r"\b(Figs?|FIGS?|Eqs?|Refs?|al|ca|i\.e|e\.g|vs)\.")
_ELEMENT_MAPS = {"EPMA", "EDS", "WDS"}
_ELECTRON_IMAGE = re.compile(
    r"\b(?:morpholog(?:y|ies)|secondary electron|back-?scattered?|electron image|SE image|BSE)\b", re.IGNORECASE
)
_ANALYSES = {*_ELEMENT_MAPS, "XRF", "SIMS", "CL", "APT"}
_TRANSMISSION = {"TEM", "HRTEM", "BF-TEM", "DF-TEM", "STEM", "HAADF-STEM", "BF-STEM"}
_ELECTRONS = {"SEM", "BSE", "FIB-SEM", *_TRANSMISSION}
_GREYS, _COLOURS = ("SEM", "TEM", "optical", "STM"), ("optical", "AFM", "fluorescence", "confocal", "EBSD")
_MOST = 0.7  # of all namings of microscopes in the paper
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
    paired: PairedFigure, cues: Cues, words: Sequence[str], paper_text: str, pictures: Pictures, colour: float
) -> Named:
    """The techniques of a figure's pictures. `paper_text` is all of the paper; `colour` is the coloured share of the pictures,
    which decides only where no text names a technique. A photograph has none but those that its caption names."""
    if pictures == "none":
        return NONE
    named = _with_data_bar(cues.imaging, words) or tuple(t for t in cues.measuring if t.name != "EDS")
    if named:
        found = _with_companions(named, paired.caption)
        return Named(found, "named: " + ", ".join(known.name for known in found), 0.9)
    if pictures == "photo":
        return NONE
    return (
        _by_sentences(paired)
        or _by_words(paired.caption)
        or _by_paragraphs(paired)
        or _by_paper(paper_text, colour)
        or _by_look(colour)
    )


def citing_sentences(paired: PairedFigure) -> tuple[str, ...]:
    """Sentences of the citing paragraphs that cite this figure and no other."""
    own = frozenset({paired.label})
    return tuple(s for mention in paired.mentions for s in _sentences(mention.text) if cited_labels(s, own) == (paired.label,))


def _sentences(text: str) -> Iterator[str]:
    yield from _SENTENCE.split(_SHORT.sub(r"\1", text))


def _with_data_bar(named: Sequence[Technique], words: Sequence[str]) -> tuple[Technique, ...]:
    text = " ".join(words)
    printed = [technique(name) for name, pattern in _DATA_BARS if pattern.search(text)]
    known = {found.reported for found in named}
    return (*named, *(found for found in printed[:1] if found.reported not in known))


def _with_companions(named: tuple[Technique, ...], text: str) -> tuple[Technique, ...]:
    """Element maps with the electron image that they were taken on; maps and diffraction patterns that go unnamed beside it."""
    names = {known.name for known in named}
    if names <= _ELEMENT_MAPS and _ELECTRON_IMAGE.search(text):
        return (technique("SEM"), *named)
    maps = not names & _ANALYSES and names & _ELECTRONS and _ELEMENT_MAP_WORDS.search(text) and not _OTHER_MAPS.search(text)
    spots = "SAED" not in names and names & _TRANSMISSION and _DIFFRACTION.search(text)
    return (*named, *((technique("EDS"),) if maps else ()), *((technique("SAED"),) if spots else ()))


def _by_sentences(paired: PairedFigure) -> Named | None:
    return _by_text(citing_sentences(paired), "a sentence", 0.75)


def _by_paragraphs(paired: PairedFigure) -> Named | None:
    alone = [mention.text for mention in paired.mentions if mention.cites == (paired.label,)]
    return _by_text(alone, "a paragraph", 0.6)


def _by_text(texts: Sequence[str], what: str, confidence: float) -> Named | None:
    found = tuple(dict.fromkeys(known for text in texts for known in picture_techniques(text)))
    if not found or {known.name for known in found} <= _ELEMENT_MAPS:
        return None
    return Named(found, f"{what} that cites the figure names " + ", ".join(known.name for known in found), confidence)


def _by_words(caption: str) -> Named | None:
    hits = [(technique(name), match.group()) for name, pattern in _TELLING if (match := pattern.search(caption))]
    if not hits:
        return None
    found = _with_companions(tuple(known for known, _ in hits), caption)
    return Named(found, ", ".join(f'"{word}"' for _, word in hits), 0.6)


def _by_paper(text: str, colour: float) -> Named | None:
    """The microscope that the paper names most by far, of those whose pictures are so coloured."""
    counts = {name: len(technique(name).pattern.findall(text)) for name in (_GREYS if colour < _GREY else _COLOURS)}
    best = max(counts, key=lambda name: counts[name])
    if counts[best] < _MOST * max(1, sum(counts.values())):
        return None
    return Named((technique(best),), f"the paper names {best} {counts[best]} times, others of its kind less", 0.45)


def _by_look(colour: float) -> Named:
    name = "SEM" if colour < _GREY else "optical"
    return Named((technique(name),), f"no text names one; {colour:.2f} of the pictures is coloured", 0.3)
