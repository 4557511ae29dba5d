"""Panels and scale bars of a figure: the figure looked at, its letters read, each panel with its own words and its own bar."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from builder.bench import Bench
from builder.edges.pdf import RefusedPdf
from builder.pages import Box, Page, Word
from builder.records import Dropped, PairedFigure, Panel, ScaleBar
from builder.stages.panels import panels
from builder.stages.scale_bars import scale_bars

FINE_DPI = 200  # what a scale bar is measured at: its ends to half a pixel are 0.2 points
_SLACK = 2.0  # points round a panel in which its bar may still lie

Look = npt.NDArray[np.uint8]


def panelled(bench: Bench, paired: PairedFigure) -> PairedFigure | Dropped:
    """The figure with its panels; OCR is asked only where the recipe says so."""
    figure = paired.figure
    try:
        look, fine = bench.look(figure), bench.look(figure, FINE_DPI)
    except RefusedPdf as error:
        return Dropped(record_id=paired.id, stage="panels", reason=error.reason, detail=error.detail)
    page, words = bench.page(figure.page), bench.read_words(figure)
    found = panels(paired, page, look, words)
    barred = tuple(one.model_copy(update={"scale_bars": _bars(one, paired, page, fine, words)}) for one in found)
    return paired.model_copy(update={"panels": barred})


def _bars(panel: Panel, paired: PairedFigure, page: Page, fine: Look, words: Sequence[Word]) -> tuple[ScaleBar, ...]:
    whole, own = Box(*paired.figure.bbox), Box(*panel.bbox)
    scale = fine.shape[1] / whole.width
    around = Box(own.x0 - _SLACK, own.y0 - _SLACK, own.x1 + _SLACK, own.y1 + _SLACK).meet(whole)
    left, top = int((around.x0 - whole.x0) * scale), int((around.y0 - whole.y0) * scale)
    part = fine[top : int((around.y1 - whole.y0) * scale) + 1, left : int((around.x1 - whole.x0) * scale) + 1]
    if min(part.shape[:2]) < 1:
        return ()
    x0, y0 = whole.x0 + left / scale, whole.y0 + top / scale
    shown = Box(x0, y0, x0 + part.shape[1] / scale, y0 + part.shape[0] / scale)
    return scale_bars(shown, page, part, words, caption=paired.caption, letter=panel.letter)


__all__ = ["panelled"]
