"""Generate without a model: four captions on a balanced design of typed edits, and descriptions with their reference."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

from builder.recipe import CaptionMatchingRule
from builder.records import CaptionMatching, Dropped, Edit, Specimen
from builder.scoring.shortcuts import attribute_votes, closest_option
from builder.stages.describe import description
from builder.stages.distract import Attribute, apply_edits, attributes, coin
from builder.stages.labels import LABEL

__all__ = ["caption_matching", "description"]

STAGE = "caption_matching"
# Vertices in which every attribute splits two against two, the true caption first (issue 2, line 7).
DESIGNS = {2: ("00", "10", "01", "11"), 3: ("000", "110", "101", "011")}
_AFTER_LABEL = re.compile(r"^[\s.:|–—-]+")
_MOJIBAKE = re.compile(r"[\ufffd\ue000-\uf8ff\x00-\x08\x0b-\x1f]|\(cid:|Ã.|â€")
_UNFINISHED = re.compile(
    r"(?:[,;:(–-]|\b(?:and|or|of|the|an?|in|at|by|with|for|from|to|on|is|are|was|were|as|that|which))$", re.IGNORECASE
)
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_FRAGMENT_START = re.compile(r"^(?:[a-z]{2,}\s|[,;.)\]])")


def caption_matching(specimen: Specimen, paper_text: str, rule: CaptionMatchingRule, seed: int) -> CaptionMatching | Dropped:
    """Four options, the first as printed, or the reason there are none. `paper_text` is all text of the paper.

    An edited number or composition stands nowhere in the paper, an edited method neither in the caption nor in the paragraphs
    that cite the figure (a paper may use it elsewhere). Attack-proof by construction: of each attribute's two values each
    stands in two options, and a combination whose options do not tie under both attacks of builder.scoring.shortcuts is
    passed over.
    """
    caption = option_text(specimen.classified.paired.caption)
    reason = _why_not(caption, rule)
    if reason:
        return _dropped(specimen, reason)
    mentions = "\n".join(mention.text for mention in specimen.classified.paired.mentions)
    found = attributes(caption, paper_text, seed, specimen.id, near=mentions or None)
    if len(found) < 2:
        return _dropped(specimen, "too-few-attributes", f"{len(found)} of 2")
    for chosen in _combinations(found, seed, specimen.id):
        design = DESIGNS[len(chosen)]
        edits = tuple(_edits(chosen, vertex) for vertex in design)
        options = [apply_edits(caption, made) for made in edits]
        if len(set(options)) == 4 and len(closest_option(options)) == 4 and len(attribute_votes(options)) == 4:
            return CaptionMatching.model_validate(
                {
                    "id": f"{specimen.id}/{STAGE}",
                    "figure_id": specimen.id,
                    "options": tuple(options),
                    "edits": edits,
                    "design": design,
                }
            )
    return _dropped(specimen, "not-balanced", "no combination of attributes ties under the attacks")


def option_text(caption: str) -> str:
    """A caption without its label: nothing else is changed.

    >>> option_text("Figure 2. SEM image of ZnO.")
    'SEM image of ZnO.'
    """
    label = LABEL.match(caption)
    return _AFTER_LABEL.sub("", caption[label.end() :] if label else caption).strip()


def _why_not(caption: str, rule: CaptionMatchingRule) -> str | None:
    words = len(caption.split())
    if words < rule.min_words:
        return "caption-too-short"
    if words > rule.max_words:
        return "caption-too-long"
    if _MOJIBAKE.search(caption):
        return "caption-mojibake"
    cut = _UNFINISHED.search(caption) or _FRAGMENT_START.search(caption) or caption.count("(") > caption.count(")")
    return "caption-fragment" if cut else None


def _combinations(found: Sequence[Attribute], seed: int, figure_id: str) -> list[tuple[Attribute, ...]]:
    """Pairs and threes that do not overlap: most types first, then most units, then pairs before threes, then by seed.

    Two numbers of one unit count only where neither passes the other, so that one edit cannot be read off the other.
    """
    sets = [chosen for size in (2, 3) for chosen in combinations(found[:12], size) if _apart(chosen)]
    return sorted(
        sets,
        key=lambda chosen: (
            -len({a.type for a in chosen}),
            -len({_printed_unit(a) for a in chosen if a.type == "number"}),
            len(chosen),
            coin(seed, figure_id, *(a.edits[0].original for a in chosen)),
        ),
    )


def _apart(chosen: Sequence[Attribute]) -> bool:
    places = sorted((edit.start, edit.end) for attribute in chosen for edit in attribute.edits)
    clear = all(end <= start for (_, end), (start, _) in zip(places, places[1:], strict=False))
    numbers = [a for a in chosen if a.type == "number"]
    methods = sum(a.type == "method" for a in chosen)
    return clear and methods < 2 and all(_unlike(one, other) for one, other in combinations(numbers, 2))


def _unlike(one: Attribute, other: Attribute) -> bool:
    """Whether two numbers differ in unit, or their ways from true to false do not meet, so that each order of them stays."""
    units = {_printed_unit(a) for a in (one, other)}
    ways = sorted(
        sorted(
            float(found.group()) for text in (a.edits[0].original, a.edits[0].replacement) for found in _DIGITS.finditer(text)
        )
        for a in (one, other)
    )
    return len(units) == 2 or ways[0][-1] < ways[1][0]


def _printed_unit(number: Attribute) -> str:
    return re.sub(r"[\d.,\s~≈∼]", "", number.edits[0].original)


def _edits(chosen: Sequence[Attribute], vertex: str) -> tuple[Edit, ...]:
    made = [edit for attribute, bit in zip(chosen, vertex, strict=True) if bit == "1" for edit in attribute.edits]
    return tuple(sorted(made, key=lambda edit: edit.start))


def _dropped(specimen: Specimen, reason: str, detail: str = "") -> Dropped:
    return Dropped(record_id=specimen.id, stage=STAGE, reason=reason, detail=detail)
