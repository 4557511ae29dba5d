"""What a figure's words say of its kind: cues for pictures, photographs, charts and drawings in caption and labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from builder.lexicon.techniques import Technique, find_techniques

_CHART = re.compile(
    r"\b(?:plots?|plotted|curves?|histograms?|spectr(?:a|um)|isotherms?|distributions?|as (?:a )?functions? of|versus|vs\.?|"
    r"dependen(?:ce|t|cies) (?:of|on)|(?:temperature|time|pH|pressure|concentration|thickness)[ -]dependen(?:t|ce)|line scans?|"
    r"diffractograms?|(?:diffraction|XRD) patterns?|error bars?|box ?plots?|bar (?:charts?|graphs?)|pie charts?|graphs?|"
    r"voltammograms?|chromatograms?|thermograms?|loops?|standard (?:deviation|error)s?|regressions?|band structures?|"
    r"density of states|phase diagrams?|p ?[<=] ?0?\.\d|n ?= ?\d+)(?!\w)",
    re.IGNORECASE,
)
_CHART_MAYBE = re.compile(
    r"\b(?:functions? of|dependen(?:ce|cies)|profiles?|correlations?|fit(?:s|ted)?|variation|evolution|"
    r"comparisons?|heat ?maps?|contour|"
    r"statistics|percentages?|quantification|kinetics|rates?|characteristics|trends?|ratios?|results?|values?|energies|efficienc(?:y|ies)|"
    r"strength|activity|concentrations?|number of|study)(?!\w)",
    re.IGNORECASE,
)
_DRAWING = re.compile(
    r"\b(?:schematics?|schematically|(?<!phase )diagrams?|illustrations?|illustrat(?:es?|ed|ing)|sketch(?:es)?|flow ?charts?|"
    r"work ?flows?|process flows?|schemes?|cartoons?|drawings?|architectures?|"
    r"(?:crystal|molecular|chemical|atomic|optimi[sz]ed|proposed) (?:crystal )?structures?|"
    r"mechanisms?|overview|synthetic routes?|circuits?|(?:atomic|atomistic|cluster|structural|periodic|3D) models?|"
    r"phylogenetic|timeline|unit cells?|ball-and-stick)(?!\w)",
    re.IGNORECASE,
)
_DRAWING_MAYBE = re.compile(
    r"\b(?:set-?ups?|structures?|process(?:es)?|concept(?:ual)?|pathways?|principles?|representations?|synthes[ei]s|"
    r"geometr(?:y|ies)|"
    r"configurations?|frameworks?|protocols?|models?|maps? of|"
    r"binding|complex(?:es)?|molecules?|reactions?|simulated|cycle)(?!\w)",
    re.IGNORECASE,
)
_PICTURE = re.compile(
    r"\b(?:micro-?graphs?|photo-?micro-?graphs?|images?|morpholog(?:y|ies)|micro-?structures?|cross[- ]sections? of|"
    r"fracture surfaces?|close-?ups?|magnifi(?:cation|ed)|scale bars?|topograph(?:y|ies)|elemental maps?|mappings?)(?!\w)",
    re.IGNORECASE,
)
_PHOTO = re.compile(
    r"\b(?:photos?|photographs?|photographic|photography|digital (?:camera )?images?|camera|radiographs?|X-?rays? of|MRI|"
    r"screen ?shots?|web ?pages?|front page|snapshots? of the|appearances?|patients?|videos?)(?!\w)",
    re.IGNORECASE,
)
_OBJECT = re.compile(
    r"\b(?:colou?rs? (?:of|changes?)|change in (?:the )?colou?r|vials?|bottles?|beakers?|flasks?|Petri|test tubes?|"
    r"culture (?:tubes?|broth|plates?)|agar|zones? of inhibition|inhibition zones?|leaf|leaves|plants?|seedlings?|fruits?|"
    r"mice|mouse|"
    r"rats?|skin|wounds?|hands?|fingers?|volunteers?|buildings?|outcrops?|landscapes?|fields? site|study (?:area|site)|"
    r"prototypes?|robots?|equipment|apparatus|laborator(?:y|ies)|as-?fabricated devices?|coupons?|test specimens?)(?!\w)",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"[^a-z]{0,3}(?:[A-Za-z]+\.?\s*){1,3}[A-Z]?\d+[.:|]?\s*(?:\(Colou?r(?: online)?\)\s*)?(?:\(?[a-zA-Z]\)\s*)?", re.I
)
_ONLY_DRAWN = re.compile(
    r"((?:[\w-]+\s){0,2}"
    r"(?:schematics?|illustrations?|diagrams?|sketch(?:es)?|work ?flows?|flow ?charts?|overview|mechanism))(?!\w)",
    re.I,
)
_PART = re.compile(r"(?<![\w(])\(?[a-hA-H](?:\s?[,–-]\s?[a-hA-H])*\)\s")
_NUMBER = re.compile(r"[-−–+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?%?|10[-−–]?\d+")
_NOT_A_PICTURE = re.compile(
    r"\W{0,3}(?:(?:line|point|area|elemental|X-?ray)\s+)?(?:spectr\w*|line[- ]?scans?|line profiles?|curves?|intensit\w+|"
    r"profiles?|quantification|elemental composition)\b",
    re.IGNORECASE,
)
_MEASURES_TOO = {"EDS", "EPMA", "XRF", "SIMS", "CL", "WDS", "dI/dV", "APT", "Raman mapping", "EBSD"}


class Cues(NamedTuple):
    """The words found, most telling first; empty where there are none."""

    imaging: tuple[Technique, ...]  # of pictures
    measuring: tuple[Technique, ...]  # imaging techniques named for a spectrum or a line scan
    cited: tuple[Technique, ...]  # of pictures, by the sentences that cite the figure
    methods: tuple[Technique, ...]
    chart: tuple[str, ...]
    chart_maybe: tuple[str, ...]
    drawing: tuple[str, ...]
    drawing_maybe: tuple[str, ...]
    picture: tuple[str, ...]
    photo: tuple[str, ...]
    objects: tuple[str, ...]
    opens: str  # the words of a drawing with which the caption opens
    parts: int  # letters of panels in the caption
    numbers: int  # words inside the figure that are numbers
    words: int  # words inside the figure


def read_cues(caption: str, words: Sequence[str], sentences: Sequence[str] = ()) -> Cues:
    """Cues of a caption, of the text lines inside its figure and of the sentences that cite it."""
    start = _OPENING.match(caption)
    said = caption[start.end() :] if start else caption
    texts = [word for line in words for word in line.split()]
    drawn = _ONLY_DRAWN.match(said)
    everything = " ".join((caption, *words))
    named = tuple((known, _of_pictures(known, everything[end:])) for _, end, known in find_techniques(everything))
    return Cues(
        imaging=_once(known for known, pictured in named if pictured),
        measuring=_once(known for known, pictured in named if known.kind == "imaging" and not pictured),
        cited=picture_techniques(" ".join(sentences)),
        methods=_once(known for known, _ in named if known.kind == "method"),
        chart=_found(_CHART, said),
        chart_maybe=_found(_CHART_MAYBE, said),
        drawing=_found(_DRAWING, said),
        drawing_maybe=_found(_DRAWING_MAYBE, said),
        picture=_found(_PICTURE, said),
        photo=_found(_PHOTO, said),
        objects=_found(_OBJECT, said),
        opens=drawn.group(1) if drawn else "",
        parts=len(_PART.findall(said)),
        numbers=sum(bool(_NUMBER.fullmatch(text)) for text in texts),
        words=len(texts),
    )


def picture_techniques(text: str) -> tuple[Technique, ...]:
    """Imaging techniques that a text names for pictures, in reading order: an EDS spectrum is not one."""
    return _once(known for _, end, known in find_techniques(text) if _of_pictures(known, text[end:]))


def _of_pictures(known: Technique, after: str) -> bool:
    return known.kind == "imaging" and not (known.name in _MEASURES_TOO and _NOT_A_PICTURE.match(after))


def _once(techniques: Iterable[Technique]) -> tuple[Technique, ...]:
    return tuple(dict.fromkeys(techniques))


def _found(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match.group() for match in pattern.finditer(text)))
