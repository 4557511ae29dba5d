"""Pages turned so that what reads sideways stands upright, and boxes turned with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from builder.pages import Box, Graphics, Line, Page


def angles(page: Page) -> tuple[int, ...]:
    """Reading directions on the page, the upright one first."""
    return (0, *sorted({line.angle for line in page.lines} - {0}))


def turned(page: Page, angle: int) -> Page:
    """The page turned so that what reads at `angle` becomes upright; its grey render turns along."""
    if angle == 0:
        return page
    width, height = (page.height, page.width) if angle in (90, 270) else (page.width, page.height)
    boxes = page.graphics.boxes
    graphics = Graphics(np.array(_turn_columns(boxes, page, angle), dtype=np.float32).reshape(-1, 4), page.graphics.kinds)
    lines = tuple(
        Line(
            tuple(replace(s, box=turn_box(s.box, page, angle)) for s in line.spans),
            turn_box(line.box, page, angle),
            line.block,
            (line.angle - angle) % 360,
        )
        for line in page.lines
    )
    grey = None if page.grey is None else np.ascontiguousarray(np.rot90(page.grey, angle // 90))
    return replace(page, width=width, height=height, lines=lines, graphics=graphics, grey=grey)


def turn_box(box: Box, page: Page, angle: int) -> Box:
    """A box of `page` on the page turned by `turned`. To go back: turn by 360 - angle on the turned page."""
    w, h = page.width, page.height
    if angle == 90:
        return Box(box.y0, w - box.x1, box.y1, w - box.x0)
    if angle == 180:
        return Box(w - box.x1, h - box.y1, w - box.x0, h - box.y0)
    if angle == 270:
        return Box(h - box.y1, box.x0, h - box.y0, box.x1)
    return box


def _turn_columns(boxes: npt.NDArray[np.float32], page: Page, angle: int) -> npt.NDArray[np.float32]:
    x0, y0, x1, y1 = boxes.T
    turned_box = turn_box(Box(x0, y0, x1, y1), page, angle)
    return np.stack(turned_box, axis=1)
