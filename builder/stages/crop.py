"""Crop: which placed raster a box shows, and which of its own pixels to take instead of a render."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from builder.pages import Box

Pixels = npt.NDArray[np.uint8]

_MEETS = 0.01  # share of the box from which a raster is a part of it: below lie rules, bullets and spacers
_COVERS = 0.85  # share of the box that its one raster covers; a locator's box is off by a point, a panel by its letter
_TRIED = 3  # rasters tried of those that cover a box
_SNAP = 2.0  # points between the box and the raster's edge that are the locator's error: it reads ink at 1.5 pixels a point
_BORDER = 12.0  # points of blank border that come along rather than cutting the raster: one line of text
_SQUARE = 0.02  # relative difference of the two pixel pitches from which squeezed pixels would distort the figure
_TILES = 64  # tiles of one picture that are put together: the page is drawn once for each
_SEAM = 0.5  # pixels by which tiles may gape or overlap
_RIM = 1.0  # points at a raster's edge that are not compared: a frame drawn round it is no part of a figure
_SHEAR = 0.25  # pixels: of shear up to which a placement is a quarter turn, and of a pixel off the paper that still counts
_WHITE = 250  # level from which a pixel of any channel is paper
_SAME = 8  # levels by which two roads through the colour engine may differ: 4 seen in CMYK, 1 in soft masks
GRID = 8  # cells across and down by which crops of two renderers are compared: too few to show anything
_BAND = 4_000_000  # pixels compared at a time, so that memory stays flat


class Window(NamedTuple):
    """Pixels of a raster as displayed: columns x0 to x1, rows y0 to y1, ends left out."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        return self.y1 - self.y0

    @property
    def empty(self) -> bool:
        return self.width <= 0 or self.height <= 0

    def of(self, pixels: Pixels) -> Pixels:
        return pixels[self.y0 : self.y1, self.x0 : self.x1]

    def meet(self, other: Window) -> Window:
        return Window(max(self.x0, other.x0), max(self.y0, other.y0), min(self.x1, other.x1), min(self.y1, other.y1))


@dataclass(frozen=True)
class Raster:
    """A raster as a page places it. Sizes are stored ones: a quarter turn swaps them on the page."""

    box: Box
    stored_width: int  # pixels
    stored_height: int
    placement: tuple[float, float, float, float]  # where its x axis (a, b) and y axis (c, d) lie on the page, in points
    colours: str  # "DeviceRGB", "ICCBased(RGB)", "Indexed", "stencil", ...
    bits: int  # a component

    @property
    def on_its_side(self) -> bool:
        a, b, _, _ = self.placement
        return abs(b) > abs(a)

    @property
    def width(self) -> int:
        """Pixels across, as displayed."""
        return self.stored_height if self.on_its_side else self.stored_width

    @property
    def height(self) -> int:
        """Pixels down, as displayed."""
        return self.stored_width if self.on_its_side else self.stored_height

    @property
    def pitch(self) -> tuple[float, float]:
        """Points a pixel, across and down."""
        return self.box.width / self.width, self.box.height / self.height

    @property
    def dpi(self) -> float:
        across, down = self.pitch
        return 72 / float(np.sqrt(across * down))

    @property
    def straight(self) -> bool:
        """Whether the placement is a quarter turn."""
        a, b, c, d = self.placement
        shear = (abs(a), abs(d)) if self.on_its_side else (abs(b), abs(c))
        return max(shear) <= _SHEAR * min(self.pitch)

    @property
    def square(self) -> bool:
        """Whether pixels are as wide as they are high on the page."""
        return max(self.pitch) - min(self.pitch) <= _SQUARE * max(self.pitch)

    @property
    def whole(self) -> Window:
        return Window(0, 0, self.width, self.height)

    @property
    def inside(self) -> Window:
        """All but a rim of _RIM points, on which a publisher's keyline and the edge of a clip lie."""
        x, y = ceil(_RIM / self.pitch[0]), ceil(_RIM / self.pitch[1])
        return Window(x, y, self.width - x, self.height - y)

    def place(self, window: Window) -> Box:
        """The box of the page that a window shows."""
        across, down = self.pitch
        x, y = self.box.x0, self.box.y0
        return Box(x + window.x0 * across, y + window.y0 * down, x + window.x1 * across, y + window.y1 * down)

    def turned(self, stored: Pixels) -> Pixels:
        """Stored pixels as the placement shows them: quarter turns and mirrorings, no resampling."""
        a, b, c, d = self.placement
        seen = stored.swapaxes(0, 1) if self.on_its_side else stored
        right, down = (c, b) if self.on_its_side else (a, d)
        return seen[:: 1 if down > 0 else -1, :: 1 if right > 0 else -1]


def rasters_of(box: Box, rasters: Sequence[Raster]) -> tuple[Raster, ...] | str:
    """The rasters, uppermost first, any of which may be what the box shows; or why a render is due, as a stable code.

    `rasters` come in the order they are painted. Of two that cover the box the upper one may be clipped away.
    """
    meeting = [r for r in rasters if r.box.meet(box).area > _MEETS * box.area]
    covering = [r for r in reversed(meeting) if r.box.meet(box).area >= _COVERS * box.area]
    if not meeting:
        return "no-raster"
    if not covering:
        return "several-rasters" if len(meeting) > 1 else "ink-beside-raster"
    straight = [raster for raster in covering if raster.straight]
    if not straight:
        return "skewed"
    return tuple(raster for raster in straight if raster.square)[:_TRIED] or "uneven-pixels"


def beside(box: Box, raster: Raster) -> bool:
    """Whether the box runs past the raster by more than a locator's error."""
    gaps = _gaps(box, raster.box)
    return min(gaps) < -_SNAP / 2


def window_of(box: Box, raster: Raster, margin: float, paper: Box) -> Window:
    """The raster's pixels that a box shows, whole pixels outward: to an edge nearby, else `margin` points past the box.

    Pixels off the paper, which no reader of the page sees, are left out.
    """
    left, top, right, foot = (gap - margin if gap > _SNAP else 0.0 for gap in _gaps(box, raster.box))
    off = [max(0.0, -gap) for gap in _gaps(raster.box, paper)]
    across, down = raster.pitch
    return Window(
        max(int(left / across), ceil(off[0] / across - _SHEAR)),
        max(int(top / down), ceil(off[1] / down - _SHEAR)),
        raster.width - max(int(right / across), ceil(off[2] / across - _SHEAR)),
        raster.height - max(int(foot / down), ceil(off[3] / down - _SHEAR)),
    )


def with_border(box: Box, raster: Raster, window: Window, pixels: Pixels) -> Window:
    """The whole raster where all that the window leaves out is a narrow blank border; else the window."""
    if window == raster.whole or max(_gaps(box, raster.box)) > _BORDER:
        return window
    around = (pixels[: window.y0], pixels[window.y1 :], pixels[:, : window.x0], pixels[:, window.x1 :])
    return raster.whole if all(blank(side) for side in around) else window


def visible(window: Window, seen: Pixels) -> tuple[Window, Window]:
    """What of a window a clip leaves to see, with the pixels along the clip's edge and without them."""
    ink = window.of(seen).min(axis=2) < _WHITE
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not rows.size:
        return window, window
    x, y = window.x0, window.y0
    shown = Window(x + int(columns[0]), y + int(rows[0]), x + int(columns[-1]) + 1, y + int(rows[-1]) + 1)
    return shown, Window(shown.x0 + 1, shown.y0 + 1, shown.x1 - 1, shown.y1 - 1)


def sheet_of(box: Box, rasters: Sequence[Raster]) -> tuple[Raster, tuple[tuple[Raster, ...], ...]] | None:
    """Rasters laid edge to edge, in rows from the top, and the one raster they make; None where they are not so laid."""
    tiles = [r for r in rasters if r.box.meet(box).area]
    if not 1 < len(tiles) <= _TILES or not all(r.straight and r.square for r in tiles):
        return None
    tops = sorted({round(r.box.y0 / r.pitch[1]) for r in tiles})
    rows = [sorted((r for r in tiles if round(r.box.y0 / r.pitch[1]) == top), key=lambda r: r.box.x0) for top in tops]
    strips = [_joined(row, beside=True) for row in rows]
    whole = _joined([strip for strip in strips if strip], beside=False) if all(strips) else None
    covers = whole is not None and whole.box.meet(box).area >= _COVERS * box.area
    return (whole, tuple(map(tuple, rows))) if whole is not None and covers else None


def _joined(parts: Sequence[Raster], *, beside: bool) -> Raster | None:
    """The raster that parts make side by side, or one under the other; None where a seam gapes or sizes differ."""
    first, whole = parts[0], parts[0].box
    for before, after in zip(parts, parts[1:], strict=False):
        whole = whole.join(after.box)
        seams = _gaps(after.box, before.box)
        gap, offs, sizes = (
            (after.box.x0 - before.box.x1, (seams[1], seams[3]), (before.height, after.height))
            if beside
            else (after.box.y0 - before.box.y1, (seams[0], seams[2]), (before.width, after.width))
        )
        if max(map(abs, (gap, *offs))) > _SEAM * min(before.pitch) or sizes[0] != sizes[1]:
            return None
    width = sum(part.width for part in parts) if beside else first.width
    height = first.height if beside else sum(part.height for part in parts)
    return Raster(whole, width, height, (whole.width, 0.0, 0.0, whole.height), first.colours, first.bits)


def blank(pixels: Pixels) -> bool:
    """Whether there is nothing but paper."""
    return not pixels.size or int(pixels.min()) >= _WHITE


def same_picture(seen: Pixels, native: Pixels) -> bool:
    """Whether the page shows these very pixels: nothing drawn over them, nothing cut off, no colour changed."""
    rows = max(1, _BAND // max(1, seen.shape[1]))
    for start in range(0, seen.shape[0], rows):
        one, other = seen[start : start + rows], native[start : start + rows]
        if (np.maximum(one, other) - np.minimum(one, other)).max(initial=0) > _SAME:
            return False
    return True


def levels(pixels: Pixels) -> tuple[int, ...]:
    """Mean level over all channels of each cell of a GRID x GRID grid laid over the image, row by row, to the whole level."""
    height, width = pixels.shape[:2]
    rows, columns = _edges(height), _edges(width)
    cells = [pixels[top:foot, left:right] for top, foot in pairwise(rows) for left, right in pairwise(columns)]
    return tuple(int((cell if cell.size else pixels).mean(dtype=np.float64) + 0.5) for cell in cells)


def _edges(length: int) -> list[int]:
    return [length * step // GRID for step in range(GRID + 1)]


def on_white(pixels: Pixels, alpha: Pixels) -> Pixels:
    """RGB pixels (h, w, 3) under a mask (h, w) of 0 to 255, laid on white paper."""
    cover = alpha[:, :, None].astype(np.uint16)
    return ((pixels * cover + 255 * (255 - cover) + 127) // 255).astype(np.uint8)


def _gaps(box: Box, outer: Box) -> tuple[float, float, float, float]:
    """Points from the outer box's edges inward to the box's: left, top, right, bottom."""
    return box.x0 - outer.x0, box.y0 - outer.y0, outer.x1 - box.x1, outer.y1 - box.y1


__all__ = [
    "GRID", "Pixels", "Raster", "Window", "beside", "blank", "levels", "on_white", "rasters_of", "same_picture", "sheet_of",
    "visible", "window_of", "with_border",
]  # fmt: skip
