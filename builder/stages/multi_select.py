"""Multi-select questions by rules: statements of the paper about a figure, as printed or made false by one typed edit."""

from __future__ import annotations

from collections.abc import Sequence

from builder.recipe import MultiSelectRule
from builder.records import Dropped, MultiSelect, Specimen

STAGE = "multi_select"


def multi_select(
    specimen: Specimen, siblings: Sequence[Specimen], paper_text: str, rule: MultiSelectRule, seed: int
) -> tuple[MultiSelect, ...] | Dropped:
    """The figure's items, or the reason there are none. `siblings` are all kept figures of the paper, this one included."""
    return Dropped(record_id=specimen.id, stage=STAGE, reason="too-few-statements")
