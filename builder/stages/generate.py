"""Generate without a model: four captions on a balanced design of typed edits, and descriptions with their reference."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from builder.recipe import CaptionMatchingRule
from builder.records import CaptionMatching, Dropped, Edit, Specimen
from builder.scoring.shortcuts import attribute_votes, closest_option
from builder.stages.describe import description
from builder.stages.distract import Attribute, alternatives, apply_edits, coin
from builder.stages.distract_counts import COUNT_WORDS
from builder.stages.labels import LABEL

__all__ = ["caption_matching", "description"]

STAGE = "caption_matching"
# Vertices in which every attribute splits two against two, the true caption first (issue 2, line 7). Under 1 there is one
# attribute with four values, the true one 0: all four options are equally far from one another.
DESIGNS = {1: ("0", "1", "2", "3"), 2: ("00", "10", "01", "11"), 3: ("000", "110", "101", "011")}
_SEEN = frozenset({"panel", "marking", "method"})  # what the image shows; the other types are decided by it now and then
_MOST = 14  # attributes whose combinations are tried
_AFTER_LABEL = re.compile(r"^[\s.:|–—-]+")
_MOJIBAKE = re.compile(r"[\ufffd\ue000-\uf8ff\x00-\x08\x0b-\x1f]|\(cid:|Ã.|â€")
_LOST_DEGREE = re.compile(r"(?<=\d)\ufffd(?=\s?C(?![A-Za-z]))|(?<=\d\s)\ufffd(?=\s?C(?![A-Za-z]))")
_UNFINISHED = re.compile(
    r"(?:[,;:(–-]|\b(?:and|or|of|the|an?|in|at|by|with|for|from|to|on|is|are|was|were|as|that|which))$", re.IGNORECASE
)
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_FRAGMENT_START = re.compile(r"^(?:[a-z]{2,}\s|[,;.)\]])")


def caption_matching(
    specimen: Specimen, paper_text: str, rule: CaptionMatchingRule, seed: int
) -> tuple[CaptionMatching, ...] | Dropped:
    """Items of four options, the first as printed, or the reason there are none. `paper_text` is all text of the paper.

    An edited number or composition stands nowhere in the paper, an edited method, contrast or mark neither in the caption nor
    in the paragraphs that cite the figure (a paper may use it elsewhere). Attack-proof by construction: of each attribute's
    two values each stands in two options (or each of four values in one), and a combination whose options do not tie under
    both attacks of builder.scoring.shortcuts is passed over. No two items of a figure
    edit the same words; a panel or colour may change places with one other in one item
    and with a third in the next.
    """
    paired = specimen.classified.paired
    caption = option_text(paired.caption)
    reason = _why_not(_degrees(caption), rule)
    if reason:
        return _dropped(specimen, reason)
    mentions, paper_text = _degrees("\n".join(mention.text for mention in paired.mentions)), _degrees(paper_text)
    letters = [panel.letter for panel in paired.panels if panel.letter]
    found = alternatives(caption, paper_text, seed, specimen.id, near=mentions or None, letters=letters)
    items: list[CaptionMatching] = []
    used: list[Attribute] = []
    for chosen in _choices(found, seed, specimen.id):
        mine = [value for values in chosen for value in (values if len(chosen) == 1 else values[:1])]
        if len(items) == rule.max_per_figure or any(_clash(one, other) for one in mine for other in used):
            continue
        item = _item(specimen.id, len(items), caption, chosen)
        if item:
            items.append(item)
            used += mine
    if items:
        return tuple(items)
    short = not any(_choices(found, seed, specimen.id))
    return _dropped(specimen, "too-few-attributes" if short else "not-balanced", f"{len(found)} attributes")


def _clash(one: Attribute, other: Attribute) -> bool:
    """Whether two attributes edit the same words; of two exchanges, whether the same two things change places."""
    things = [{made.original.lower() for made in attribute.edits} for attribute in (one, other)]
    if one.type == other.type in ("panel", "marking") and min(map(len, things)) == 2:
        return things[0] == things[1]
    return any(a.start < b.end and b.start < a.end for a in one.edits for b in other.edits)


def _item(figure_id: str, slot: int, caption: str, chosen: Sequence[Sequence[Attribute]]) -> CaptionMatching | None:
    """The item of these attributes, or None where its options do not tie under the attacks."""
    design = DESIGNS[len(chosen)]
    if len(chosen) == 1:
        edits: tuple[tuple[Edit, ...], ...] = ((), *(value.edits for value in chosen[0]))
    else:
        edits = tuple(_edits([values[0] for values in chosen], vertex) for vertex in design)
    options = tuple(apply_edits(caption, made) for made in edits)
    if len(set(options)) < 4 or len(closest_option(options)) < 4 or len(attribute_votes(options)) < 4:
        return None
    name = f"{figure_id}/{STAGE}" if slot == 0 else f"{figure_id}/{STAGE}/{slot}"
    return CaptionMatching.model_validate(
        {"id": name, "figure_id": figure_id, "options": options, "edits": edits, "design": design}
    )


def option_text(caption: str) -> str:
    """A caption without its label: nothing else is changed.

    >>> option_text("Figure 2. SEM image of ZnO.")
    'SEM image of ZnO.'
    """
    label = LABEL.match(caption)
    return _AFTER_LABEL.sub("", caption[label.end() :] if label else caption).strip()


def _degrees(text: str) -> str:
    """The text with the one lost character that can be nothing else, the degree sign of "25 \ufffdC": a reader supplies it."""
    return _LOST_DEGREE.sub("°", text)


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


def _choices(found: Sequence[tuple[Attribute, ...]], seed: int, figure_id: str) -> Iterator[tuple[tuple[Attribute, ...], ...]]:
    """What an item can be made of, the best first: pairs and threes that do not overlap, or four values of one attribute.

    Most attributes that the image shows first, then fewest that could make an item alone, then most types, then most units,
    then pairs before threes, then by seed. Two numbers of one unit count only where neither passes the other, so that one
    edit cannot be read off the other.
    """
    drawn = sorted(found, key=lambda values: (values[0].type not in _SEEN, coin(seed, figure_id, values[0].edits[0].original)))
    threes = {values: _three(values, coin(seed, figure_id, values[0].edits[0].original, "rank")) for values in drawn}
    alone = [(three,) for three in threes.values() if three]
    sets = [
        chosen for size in (2, 3) for chosen in combinations(drawn[:_MOST], size) if _apart([values[0] for values in chosen])
    ]
    yield from sorted(
        (*alone, *sets),
        key=lambda chosen: (
            -sum(values[0].type in _SEEN for values in chosen) / len(chosen),
            sum(bool(threes.get(values)) for values in chosen) if len(chosen) > 1 else 0,
            len(chosen) == 3,
            -len({values[0].type for values in chosen}),
            -len({_printed_unit(values[0]) for values in chosen if values[0].type == "number"}),
            coin(seed, figure_id, *(values[0].edits[0].original for values in chosen)),
        ),
    )


def _three(values: tuple[Attribute, ...], drawn: int) -> tuple[Attribute, ...]:
    """Three false values of one attribute; of a number so that the true one is by size first, second, third or last by coin."""
    if len(values) < 3:
        return ()
    if values[0].type != "number":
        return values[:3]
    true = _size(values[0].edits[0].original)
    below, above = ([value for value in values if (_size(value.edits[0].replacement) < true) is side] for side in (True, False))
    ranks = [rank for rank in range(4) if len(below) >= rank and len(above) >= 3 - rank]
    if len(ranks) < 4:
        return ()  # where not every rank can be had, the rank would tell
    rank = drawn % 4
    return (*below[:rank], *above[: 3 - rank])


def _size(printed: str) -> float:
    found = _DIGITS.search(printed.replace(",", ""))
    return float(found.group()) if found else float(COUNT_WORDS.index(printed.lower()))


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
            float(found.group())
            for text in (a.edits[0].original, a.edits[0].replacement)
            for found in _DIGITS.finditer(text.replace(",", ""))
        )
        for a in (one, other)
    )
    return len(units) == 2 or not all(ways) or ways[0][-1] < ways[1][0]


def _printed_unit(number: Attribute) -> str:
    return re.sub(r"[\d.,\s~≈∼]", "", number.edits[0].original)


def _edits(chosen: Sequence[Attribute], vertex: str) -> tuple[Edit, ...]:
    made = [edit for attribute, bit in zip(chosen, vertex, strict=True) if bit == "1" for edit in attribute.edits]
    return tuple(sorted(made, key=lambda edit: edit.start))


def _dropped(specimen: Specimen, reason: str, detail: str = "") -> Dropped:
    return Dropped(record_id=specimen.id, stage=STAGE, reason=reason, detail=detail)
