"""False methods: the technique that a caption names becomes one that it could be mistaken for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from builder.lexicon.techniques import Technique, confusable, find_techniques, related
from builder.records import Edit
from builder.stages.distract_edits import Attribute, edit

_SAME_PART = ("microscopy", "spectroscopy", "diffraction", "microscope", "microscopic", "micrographs", "micrograph")
# What only one technique shows or is told of, whatever its lexicon entry says.
_TELLTALE = re.compile(
    r"\b[1-5][spdf]\b|[1-5][spdf][1357]/2|\b[KLM][₁₂₃123]?(?:,[23])?[- ]edge|\bdetectors?\b|\bETD\b|\bInLens\b"
    r"|\bcantilever|\btapping\b|lattice|fringe|\bdiffract|zone[- ]axis|\bSAED\b|\bFFT\b|\[\d{3}\]|atomic[- ]resolution"
    r"|\b(?:bright|dark)[- ]field|\b[BD]F\b|\bHAADF\b|\bscanning\s(?:TEM|trans)|\bdispersive\b|\bkV\b|\bkeV\b"
    r"|cm\s?[-−–⁻][1¹]|\bbinding energ|\b2\s?θ|2theta|\bpeaks?\b|\bspectr[ua]m?\b|\broughness\b|\bheight\b|\btopograph",
    re.IGNORECASE,
)
# What a technique cannot see, so that its name would be absurd beside these words.
_OUT_OF_REACH = {
    "optical": re.compile(r"\bnano|\bnm\b|\d{4,}\s?[×x]|atom", re.IGNORECASE),
    "AFM": re.compile(
        r"cross[- ]?section|magnification|\d\s?[×x]\b|\bmm\b|fractur|electrode|powder|pores?\b|particles", re.IGNORECASE
    ),
    "STM": re.compile(r"", re.IGNORECASE),  # asks for a conductor in vacuum, which no word of a caption assures
    "STEM": re.compile(r"fractur|\bmm\b|surface", re.IGNORECASE),
    "TEM": re.compile(r"fractur|\bmm\b|tilt|topograph|overlaid|surface morpholog", re.IGNORECASE),
    "SEM": re.compile(r"lattice|atom|electron diffraction", re.IGNORECASE),
}


def methods(caption: str, near: str) -> Iterator[Attribute]:
    """Each technique that one or more others could stand in for. `near` is every paragraph that cites the figure.

    A technique counts as false when neither the caption nor a paragraph on the figure names it or a kind of it.
    """
    found = find_techniques(caption)
    named = [technique for _, _, technique in (*found, *find_techniques(near))]
    rest = _without(caption, list(found))
    for name in sorted({technique.name for _, _, technique in found}):
        mine = [hit for hit in found if hit[2].name == name]
        technique = mine[0][2]
        kin = any(t.name != name and related(t, technique) for _, _, t in found)
        giveaway = technique.giveaway_pattern
        told = _TELLTALE.search(_without(caption, mine)) or (giveaway and giveaway.search(rest))
        for other in () if kin or told else confusable(technique):
            reach = _OUT_OF_REACH.get(other.name)
            if (reach and reach.search(rest)) or any(t.name == other.name or related(t, other) for t in named):
                continue
            swaps = [_swap(caption, a, b, other) for a, b, _ in mine]
            if all(swap is not None for swap in swaps):
                yield Attribute("method", tuple(swap for swap in swaps if swap is not None))


def _without(caption: str, mentions: list[tuple[int, int, Technique]]) -> str:
    for start, end, _ in reversed(mentions):
        caption = caption[:start] + " " * (end - start) + caption[end:]
    return caption


def _swap(caption: str, start: int, end: int, other: Technique) -> Edit | None:
    """An acronym becomes an acronym and a full name a full name of the same part of speech; other forms are refused."""
    original = caption[start:end]
    if re.search(r"\ban?\s(?:\w+\s)?$", caption[:start]) and (original[0] in "AEFHILMNORSX") != (
        other.name[0] in "AEFHILMNORSX"
    ):
        return None  # "an SEM image" would become "an TEM image"
    if re.fullmatch(r"[A-Z]{2,5}", original) and re.fullmatch(r"[A-Z]{2,5}", other.name):
        return edit("method", caption, start, end, other.name)
    ending = next((word for word in _SAME_PART if original.lower().endswith(word)), None)
    if ending and other.full_name.endswith(("microscopy", "spectroscopy", "diffraction")):
        stem = ending[:9] if ending.startswith("micro") else ending
        if other.full_name.split()[-1][:5] != stem[:5]:
            return None
        name = " ".join([*other.full_name.split()[:-1], ending])
        return edit("method", caption, start, end, name if original[0].islower() else name[0].upper() + name[1:])
    return None
