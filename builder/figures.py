"""The line that `microtome figures` prints: the format of the field's figure labels and of score_figures.py."""

from __future__ import annotations

from typing import get_args

from builder.recipe import Keep, Recipe
from builder.records import JudgedFigure, Kind, Scale


def all_figures(recipe: Recipe) -> Recipe:
    """The recipe that keeps figures of every kind and scale."""
    return recipe.model_copy(update={"keep": Keep(kinds=get_args(Kind), scales=get_args(Scale))})


def figure_line(file: str, judged: JudgedFigure) -> dict[str, object]:
    """One figure as a JSON object: boxes in PDF points from the top-left of the displayed page, pages from 1."""
    classified = judged.classified
    paired = classified.paired
    return {
        "pdf": file,
        "page": paired.figure.page,
        "label": paired.figure.caption.label,
        "bbox": [round(v, 1) for v in paired.figure.bbox],
        "placed_by": paired.figure.placed_by,
        "caption": paired.caption,
        "mentions": [mention.text for mention in paired.mentions],
        "reference": paired.reference,
        "kind": classified.kind,
        "scale": classified.scale,
        "techniques": list(classified.techniques),
        "methods": list(classified.methods),
        "evidence": dict(classified.evidence),
        "confidence": {**classified.confidence, "box": paired.figure.confidence},
        "panels": [panel.model_dump(mode="json", exclude={"scale_bars"}) for panel in paired.panels],
        "scale_bars": [
            {"panel": panel.letter, **bar.model_dump(mode="json")} for panel in paired.panels for bar in panel.scale_bars
        ],
        "rights": judged.rights.model_dump(mode="json"),
    }
