"""Select: what a recipe keeps, and the reason for what goes."""

from __future__ import annotations

import pytest

from builder.pages import Box
from builder.recipe import Keep
from builder.records import Caption, ClassifiedFigure, Dropped, Figure, Kind, PairedFigure, Scale
from builder.stages.select import select


def figure(kind: Kind, scale: Scale) -> ClassifiedFigure:
    box = Box(0, 0, 100, 100)
    caption = Caption(id="p#1#Figure 1", label="Figure 1", page=1, bbox=box, text="Figure 1. SEM image.")
    located = Figure(
        id="fig-0", caption=caption, page=1, bbox=box, side="below", confidence=1, raster_share=1, paths=0, words=0
    )
    return ClassifiedFigure(paired=PairedFigure(figure=located, label="Figure 1", caption=caption.text), kind=kind, scale=scale)


def test_micrograph_of_a_wanted_scale_is_kept() -> None:
    kept = figure("micrograph", "meso")
    assert select(kept, Keep()) is kept


@pytest.mark.parametrize(
    ("kind", "scale", "reason"),
    [
        ("chart", "none", "chart"),
        ("schematic", "none", "schematic"),
        ("unknown", "unknown", "unknown-kind"),
        ("photo", "none", "scale-none"),
    ],
)
def test_what_the_recipe_does_not_keep_is_dropped_by_reason(kind: Kind, scale: Scale, reason: str) -> None:
    dropped = select(figure(kind, scale), Keep())
    assert isinstance(dropped, Dropped)
    assert (dropped.record_id, dropped.stage, dropped.reason) == ("fig-0", "select", reason)
