"""The challenge: an adviser scores each item and has it revised, an attacker answers it without the image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from builder.bench import Bench
from builder.records import Dropped, MultiSelect, Specimen


def challenged(bench: Bench, items: Sequence[MultiSelect], specimens: Mapping[str, Specimen]) -> list[MultiSelect | Dropped]:
    """Each item as revised, with its reviews, or the drop that gives it up, in the order of the items."""
    return list(items)
