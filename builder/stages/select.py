"""Select: keep the figures of the kinds and scales a recipe asks for, and say why the others go."""

from __future__ import annotations

from builder.recipe import Keep
from builder.records import ClassifiedFigure, Dropped


def select(figure: ClassifiedFigure, keep: Keep) -> ClassifiedFigure | Dropped:
    """The figure when the recipe keeps its kind, scale and technique, else a drop that names the class (CSMBench III-A4)."""
    if figure.kind not in keep.kinds:
        return _dropped(figure, "unknown-kind" if figure.kind == "unknown" else figure.kind, "kind")
    if figure.scale not in keep.scales:
        return _dropped(figure, f"scale-{figure.scale}", "scale")
    if keep.techniques and not set(keep.techniques) & set(figure.techniques):
        return _dropped(figure, "other-technique" if figure.techniques else "unknown-technique", "techniques")
    return figure


def _dropped(figure: ClassifiedFigure, reason: str, what: str) -> Dropped:
    return Dropped(record_id=figure.id, stage="select", reason=reason, detail=figure.evidence.get(what, ""))
