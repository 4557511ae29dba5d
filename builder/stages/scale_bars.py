"""Scale bars of a picture: what the label says over how long the bar is, or no record at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from builder.records import Box, Page, ScaleBar, Word
from builder.stages.scale_bar_labels import Label, caption_bar_lengths, labels_within
from builder.stages.scale_bar_pixels import Run, bar_of_label

_LEAST_CONFIDENCE = 0.5


def scale_bars(
    bbox: Box, page: Page, look: npt.NDArray[np.uint8], words: Sequence[Word] = ()
) -> tuple[ScaleBar, ...]:
    """Bars in a figure's or panel's box (points) of a page, from the top, then from the left.

    `look` shows the box as uint8 RGB (h, w, 3), best at 200 dpi or more; `words` are OCR words in points of the page.
    A label without a bar near it gives no record, nor does a reciprocal length (1/nm) or one that bars do not carry.
    """
    across, down = look.shape[1] / bbox.width, look.shape[0] / bbox.height
    found = []
    for label in labels_within(bbox, page.lines, words):
        box = label.box
        at = ((box.x0 - bbox.x0) * across, (box.y0 - bbox.y0) * down, (box.x1 - bbox.x0) * across, (box.y1 - bbox.y0) * down)
        run = bar_of_label(look, at)
        if run is not None:
            bar = Box(bbox.x0 + run.x0 / across, bbox.y0 + run.y0 / down, bbox.x0 + run.x1 / across, bbox.y0 + run.y1 / down)
            found.append(_record(label, bar, run))
    kept = [bar for bar in found if bar.confidence >= _LEAST_CONFIDENCE]
    return tuple(sorted(kept, key=lambda bar: (bar.bbox.y0, bar.bbox.x0)))


def _record(label: Label, bar: Box, run: Run) -> ScaleBar:
    return ScaleBar(
        text=label.text,
        length_nm=label.length_nm,
        bbox=Box(*(round(value, 2) for value in bar)),
        nm_per_point=float(f"{label.length_nm / bar.width:.6g}"),
        source=label.source,
        confidence=round(label.confidence * (1 - 0.4 * min(1.0, run.cost)), 3),
    )


def field_of_view_nm(bar: ScaleBar, panel: Box) -> tuple[float, float]:
    """Width and height, in nanometres, of what a panel (points) shows at the scale of its bar."""
    return panel.width * bar.nm_per_point, panel.height * bar.nm_per_point


__all__ = ["caption_bar_lengths", "field_of_view_nm", "scale_bars"]
