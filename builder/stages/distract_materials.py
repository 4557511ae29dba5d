"""False compositions: a material becomes its like from a reviewed family, or two materials of a caption change places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from builder.lexicon.elements import ELEMENTS
from builder.lexicon.materials import FAMILIES, SIGNATURES, STEMS
from builder.records import Edit
from builder.stages.distract_edits import Attribute, apply_edits, article_holds, edit

_SYMBOL = re.compile(r"[A-Z][a-z]?")
_PHASE = r"(?<![\u03b1-\u03c9]-)(?<!\b[a-z]-)(?<!\b[1-4][HRT]-)"  # α-, a- and 2H- name phases that the other may not have
_PLACE = re.compile(r"\s?\((?P<said>[a-z]|[a-z][a-z\s]{3,30})\)")
_LETTER = re.compile(r"\((?P<said>[a-h])\)\s?$")


def compositions(caption: str, paper_text: str) -> Iterator[Attribute]:
    """Every exchange within a family whose other member the paper nowhere names."""
    for family in FAMILIES:
        present = [member for member in family.members if _mentions(caption, member)]
        for member in present if len(present) == 1 else ():
            for other in family.members:
                edits = _replaced(caption, member, other) if other != member else ()
                if edits and not _said(paper_text, other) and not _betrayed(caption, member, other, edits):
                    yield Attribute("composition", edits)


def exchanges(caption: str) -> Iterator[Attribute]:
    """Two materials change places where the caption gives each its own panel or role: "Al (collector), Pt (pores)"."""
    known = sorted({member[0] for family in FAMILIES for member in family.members if member[0]})
    forms = [form for form in known if len(_word(form).findall(caption)) == 1]
    placed = {form: said for form in forms if (said := _role(caption, form)) is not None}
    for one, other in combinations(placed, 2):
        if placed[one] != placed[other] and not _kept_elsewhere(caption, one) and not _kept_elsewhere(caption, other):
            yield Attribute("composition", tuple(sorted(_change(caption, one, other), key=lambda made: made.start)))


def _role(caption: str, form: str) -> str | None:
    match = _word(form).search(caption)
    if match is None:
        return None
    after, before = _PLACE.match(caption, match.end()), _LETTER.search(caption[: match.start()])
    return after["said"] if after else before["said"] if before else None


def _kept_elsewhere(caption: str, form: str) -> bool:
    """Whether another word of the caption still tells where the material belongs."""
    left = _word(form).sub(" ", caption).lower()
    stems = [stem for element in _SYMBOL.findall(form) for stem in STEMS.get(element, ())]
    return any(re.search(rf"\b{stem}", left) for stem in stems)


def _change(caption: str, one: str, other: str) -> Iterator[Edit]:
    for mine, theirs in ((one, other), (other, one)):
        for match in _word(mine).finditer(caption):
            yield edit("composition", caption, match.start(), match.end(), theirs)


def _word(form: str) -> re.Pattern[str]:
    """A form as a whole word; a compound also within composites ("PVdF-SiO2"), an element only by itself or as "AuNPs"."""
    shut = "+" if len(_SYMBOL.findall(form)) > 1 and form[0].isupper() else r"+\-–‐"
    flags = 0 if form[0].isupper() else re.IGNORECASE
    return re.compile(rf"(?<![\w.{shut[1:]}]){_PHASE}{re.escape(form)}(?=NPs?\b|(?![\w{shut}]|/C\b|\s?\d[spdf]\b))", flags)


def _mentions(caption: str, member: tuple[str, str]) -> bool:
    return any(form and _word(form).search(caption) for form in member)


def _replaced(caption: str, member: tuple[str, str], other: tuple[str, str]) -> tuple[Edit, ...]:
    edits = []
    for mine, theirs in zip(member, other, strict=True):
        for match in _word(mine).finditer(caption) if mine else ():
            if not theirs or not article_holds(caption, match.start(), mine, theirs):
                return ()
            name = theirs.capitalize() if match.group()[0].isupper() and theirs.islower() else theirs
            edits.append(edit("composition", caption, match.start(), match.end(), name))
    return tuple(sorted(edits, key=lambda made: made.start))


def _said(paper_text: str, material: tuple[str, str]) -> bool:
    return any(form and re.search(rf"(?<![A-Za-z]){re.escape(form)}(?![a-z\d])", paper_text) for form in material)


def _betrayed(caption: str, member: tuple[str, str], other: tuple[str, str], edits: Sequence[Edit]) -> bool:
    """Whether what is left of the caption still points to what the exchange took out."""
    gone = set(_SYMBOL.findall(member[0])) & ELEMENTS - set(_SYMBOL.findall(other[0]))
    left = apply_edits(caption, [made.model_copy(update={"replacement": " "}) for made in edits])
    symbol = any(re.search(rf"{'(?<![A-Za-z])' if len(element) == 1 else ''}{element}(?![a-z])", left) for element in gone)
    stems = [stem for element in gone for stem in STEMS.get(element, ())]
    marked = (*SIGNATURES.get(member[0], ()), *SIGNATURES.get(member[1], ()))
    return symbol or any(re.search(rf"(?i:\b{stem})", left) for stem in stems) or any(re.search(sign, left) for sign in marked)
