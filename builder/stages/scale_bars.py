"""Scale bars of a picture: what the label says over how long the bar is, or no record at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from builder.pages import Box, Ink, Page, Word
from builder.records import ScaleBar
from builder.stages.scale_bar_ink import Frame
from builder.stages.scale_bar_labels import Label, caption_bar_lengths, labels_within
from builder.stages.scale_bar_lone import lone_bars
from builder.stages.scale_bar_pixels import bar_of_label
from builder.stages.scale_bar_run import Run

_LEAST_CONFIDENCE = 0.5
_DRAWN_SLACK = 1.5  # points by which a path and its ink may differ
_LONGER = 1.3  # of the ink's length, a path that is still the same bar
_CAPTION_CONFIDENCE = 0.6  # the bar is found by its looks alone


def scale_bars(
    bbox: Box,
    page: Page,
    look: npt.NDArray[np.uint8],
    words: Sequence[Word] = (),
    *,
    caption: str = "",
    letter: str | None = None,
) -> tuple[ScaleBar, ...]:
    """Bars in a figure's or panel's box (points) of a page, from the top, then from the left.

    `look` shows the box as uint8 RGB (h, w, 3), best at 200 dpi or more; `words` are OCR words in points of the page.
    A label without a bar near it gives no record, nor does a reciprocal length (1/nm) or one that bars do not carry.
    Where no label has a bar, bars without a label take the one length that the caption gives for panel `letter`.
    """
    view = _View(bbox, look.shape[1] / bbox.width, look.shape[0] / bbox.height)
    boxes = [line.box for line in page.lines] + [word.box for word in words]
    texts = [box for box in boxes if box.meet(bbox).area > 0]
    found = []
    for label in labels_within(bbox, page.lines, words):
        others = [view.pixels(box) for box in texts if box.meet(label.box).area < 0.3 * min(box.area, label.box.area)]
        run = bar_of_label(look, view.pixels(label.box), others)
        if run is not None:
            found.append(_record(label, _as_drawn(view.points(run), page), run.cost))
    kept = [bar for bar in found if bar.confidence >= _LEAST_CONFIDENCE]
    kept = kept or _by_caption(_said_of(caption, letter), view, look, [view.pixels(box) for box in texts])
    return tuple(sorted(kept, key=lambda bar: (bar.bbox.y0, bar.bbox.x0)))


def _as_drawn(bar: Box, page: Page) -> Box:
    """The box of the path that draws a bar, where one runs along it: ink of the bar's own colour behind it hides its ends."""
    boxes = page.graphics.boxes[page.graphics.kinds == page.graphics.KINDS.index(Ink.PATH)]
    thick, slack = boxes[:, 3] - boxes[:, 1], _DRAWN_SLACK
    level = (boxes[:, 1] < bar.y1) & (boxes[:, 3] > bar.y0) & (thick < 2 * bar.height + slack)
    around = (boxes[:, 0] < bar.x0 + slack) & (boxes[:, 2] > bar.x1 - slack)
    near = boxes[level & around & (boxes[:, 2] - boxes[:, 0] < _LONGER * bar.width)]
    if not len(near):
        return bar
    x0, y0, x1, y1 = (float(v) for v in near[np.argmax(near[:, 2] - near[:, 0])])
    return Box(x0, y0, x1, y1)


def _said_of(caption: str, letter: str | None) -> tuple[float, str] | None:
    """The one length (nanometres, as printed) that a caption gives for a panel, or for all of a figure; else None."""
    said = caption_bar_lengths(caption)
    own = [bar for bar in said if letter and letter.lower() in {name.lower() for name in bar[0]}]
    chosen = own or [bar for bar in said if not bar[0]]
    if len({nanometres for _, nanometres, _ in chosen}) != 1 or (letter is None and len(said) > 1):
        return None
    return chosen[0][1], chosen[0][2]


def _by_caption(
    said: tuple[float, str] | None, view: _View, look: npt.NDArray[np.uint8], texts: Sequence[Frame]
) -> list[ScaleBar]:
    if said is None:
        return []
    boxes = [view.points(run) for run in lone_bars(look, texts)]
    return [_record(Label(said[1], said[0], box, "caption", _CAPTION_CONFIDENCE), box, 0.0) for box in boxes]


class _View(NamedTuple):
    """A box of the page and how many pixels of its look a point is, across and down."""

    box: Box
    across: float
    down: float

    def pixels(self, box: Box) -> Frame:
        x0, y0 = self.box.x0, self.box.y0
        return (box.x0 - x0) * self.across, (box.y0 - y0) * self.down, (box.x1 - x0) * self.across, (box.y1 - y0) * self.down

    def points(self, run: Run) -> Box:
        x0, y0 = self.box.x0, self.box.y0
        return Box(x0 + run.x0 / self.across, y0 + run.y0 / self.down, x0 + run.x1 / self.across, y0 + run.y1 / self.down)


def _record(label: Label, bar: Box, cost: float) -> ScaleBar:
    return ScaleBar(
        text=label.text,
        length_nm=label.length_nm,
        bbox=Box(*(round(value, 2) for value in bar)),
        nm_per_point=float(f"{label.length_nm / bar.width:.6g}"),
        source=label.source,
        confidence=round(label.confidence * (1 - 0.4 * min(1.0, cost)), 3),
    )


def field_of_view_nm(bar: ScaleBar, panel: Box) -> tuple[float, float]:
    """Width and height, in nanometres, of what a panel (points) shows at the scale of its bar."""
    return panel.width * bar.nm_per_point, panel.height * bar.nm_per_point


__all__ = ["caption_bar_lengths", "field_of_view_nm", "scale_bars"]
