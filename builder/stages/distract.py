"""Typed edits that make a caption false: one value, word or pair of panels each, checked against the paper."""

from __future__ import annotations

import re
from collections.abc import Collection

from builder.stages.distract_contrasts import contrasts
from builder.stages.distract_counts import counts
from builder.stages.distract_edits import Attribute, apply_edits, coin
from builder.stages.distract_markings import markings
from builder.stages.distract_materials import compositions, exchanges
from builder.stages.distract_methods import methods
from builder.stages.distract_numbers import numbers
from builder.stages.distract_panels import panel_swaps, panel_turns

_WORD = re.compile(r"[^\W_]+")

__all__ = ["Attribute", "alternatives", "apply_edits", "attributes", "coin"]


def attributes(
    caption: str, paper_text: str, seed: int, figure_id: str, *, near: str | None = None, letters: Collection[str] = ()
) -> tuple[Attribute, ...]:
    """Every attribute that can be edited to something false; of several for the same words, one drawn by seed.

    `near` is every paragraph that cites the figure: methods, contrasts and marks are checked against it, compositions and
    numbers against the whole paper. Without it all are checked against the paper. `letters` are those of the figure's panels.
    """
    found = [values[0] for values in alternatives(caption, paper_text, seed, figure_id, near=near, letters=letters)]
    return tuple({_place(attribute): attribute for attribute in reversed(found)}.values())[::-1]


def alternatives(
    caption: str, paper_text: str, seed: int, figure_id: str, *, near: str | None = None, letters: Collection[str] = ()
) -> tuple[tuple[Attribute, ...], ...]:
    """As `attributes`, with every false value of the same words; the wrong orders of three panels count as values of one."""
    around = paper_text if near is None else near
    numbered = tuple(numbers(caption, paper_text, seed, figure_id))  # in their own order, which the coin has drawn
    found = (
        *methods(caption, around),
        *compositions(caption, paper_text),
        *exchanges(caption),
        *numbered,
        *counts(caption, around),
        *contrasts(caption, around),
        *markings(caption, around),
        *panel_swaps(caption, letters),
    )
    order = sorted(
        (a for a in found if not _repeats(caption, a)),
        key=lambda a: coin(seed, figure_id, *(e.original + "|" + e.replacement for e in a.edits)),
    )
    kept: dict[tuple[tuple[int, int], ...], list[Attribute]] = {}
    for attribute in order:
        kept.setdefault(_place(attribute), []).append(attribute)
    for place in {_place(attribute) for attribute in numbered} & set(kept):
        kept[place] = [attribute for attribute in numbered if _place(attribute) == place]
    return (*map(tuple, kept.values()), *panel_turns(caption, letters))


def _place(attribute: Attribute) -> tuple[tuple[int, int], ...]:
    return tuple((made.start, made.end) for made in attribute.edits)


def _repeats(caption: str, attribute: Attribute) -> bool:
    """Whether an edit says a word that stands right before or after it, as in "top-view view"."""
    for made in attribute.edits:
        words = _WORD.findall(made.replacement.lower())
        before, after = _WORD.findall(caption[: made.start].lower())[-1:], _WORD.match(caption[made.end :].lstrip().lower())
        if words and (before == words[:1] or (after is not None and after.group() == words[-1])):
            return True
    return False
