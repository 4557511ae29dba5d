"""Description: image and caption in, the merged paragraph that cites the figure as the reference (CSMBench III-B1)."""

from __future__ import annotations

from builder.records import Description, Dropped, Specimen

STAGE = "description"


def description(specimen: Specimen) -> Description | Dropped:
    """One item, or why there is none: `no-reference`. Whether the paragraph may be used is the runner's question to rights."""
    paired = specimen.classified.paired
    if paired.reference is None or paired.reference_tokens is None:
        return Dropped(record_id=specimen.id, stage=STAGE, reason="no-reference", detail=paired.reference_note or "")
    return Description(
        id=f"{specimen.id}/{STAGE}",
        figure_id=specimen.id,
        reference=paired.reference,
        reference_tokens=paired.reference_tokens,
    )
