"""Typed edits that make a caption false: one method, composition or number, each checked against the paper."""

from __future__ import annotations

from builder.stages.distract_edits import Attribute, apply_edits, coin
from builder.stages.distract_materials import compositions, exchanges
from builder.stages.distract_methods import methods
from builder.stages.distract_numbers import numbers

__all__ = ["Attribute", "apply_edits", "attributes", "coin"]


def attributes(caption: str, paper_text: str, seed: int, figure_id: str, *, near: str | None = None) -> tuple[Attribute, ...]:
    """Every attribute that can be edited to something false; of several for the same words, one drawn by seed.

    `near` is every paragraph that cites the figure: methods are checked against it, compositions and numbers against the
    whole paper. Without it methods are checked against the paper too.
    """
    found = (
        *methods(caption, paper_text if near is None else near),
        *compositions(caption, paper_text),
        *exchanges(caption),
        *numbers(caption, paper_text, seed, figure_id),
    )
    order = sorted(found, key=lambda a: coin(seed, figure_id, *(e.original + "|" + e.replacement for e in a.edits)))
    kept: dict[tuple[tuple[int, int], ...], Attribute] = {}
    for attribute in order:
        kept.setdefault(tuple((made.start, made.end) for made in attribute.edits), attribute)
    return tuple(kept.values())
