"""Multi-select questions written by a model: asked for, checked against the paper, and answered by their own author."""

from __future__ import annotations

from collections.abc import Sequence

from builder.bench import Bench
from builder.records import Dropped, MultiSelect, Specimen

STAGE = "multi_select"


def written(
    bench: Bench, asked: Sequence[Specimen], specimens: Sequence[Specimen]
) -> dict[str, tuple[MultiSelect, ...] | Dropped]:
    """Items by figure id. `specimens` are all kept figures of the paper; only `asked` may be asked about."""
    return {s.id: Dropped(record_id=s.id, stage=STAGE, reason="no-author") for s in asked}
