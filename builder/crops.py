"""Crops: a box of a page as its raster's own pixels where that loses nothing, else as a render at a declared dpi."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from builder.edges import pdf
from builder.edges.images import encode_png
from builder.edges.rasters import on_grid, painted_over, placed_rasters, stored_pixels
from builder.pages import Box, Page
from builder.recipe import CropRule
from builder.records import Crop
from builder.stages.crop import (
    Pixels,
    Raster,
    Window,
    beside,
    blank,
    levels,
    rasters_of,
    same_picture,
    sheet_of,
    visible,
    window_of,
    with_border,
)

MIN_DPI = 72
MAX_DPI = 600  # of a render that keeps the raster beneath text or drawings as fine as it is: print resolution of line art
_BESIDE_DPI = 144  # fine enough to see a hairline beside a raster


class TooLarge(Exception):
    """A box that cannot be rendered under the pixel cap at a dpi worth having."""


@dataclass(frozen=True)
class _Frame:
    """A box of a page to be taken, and the rule it is taken by."""

    source: pdf.PdfFile
    page: Page
    box: Box
    rule: CropRule

    @property
    def paper(self) -> Box:
        return Box(0, 0, self.page.width, self.page.height)

    def window(self, raster: Raster) -> Window:
        return window_of(self.box, raster, self.rule.margin, self.paper)

    def seen(self, raster: Raster) -> Pixels:
        return on_grid(self.source, self.page.number, raster)

    def stored(self, raster: Raster) -> Iterator[Pixels]:
        return stored_pixels(self.source, self.page.number, raster)


@dataclass(frozen=True)
class Shot:
    """Pixels (h, w, 3) of a box of a page, and how they were made: the fields of a Crop."""

    pixels: Pixels
    box: Box
    dpi: int
    reason: str | None  # why a render; None for native pixels
    raster: Raster | None  # what the box shows, or what lies beneath


def crop(source: pdf.PdfFile, page: Page, box: Box, rule: CropRule, canary: str) -> tuple[Crop, bytes]:
    """A box of a page as PNG bytes and their record. Raises RefusedPdf, and TooLarge when the pixel cap asks too low a dpi."""
    shot = shoot(source, page, box, rule)
    made, data = encode_png(shot.pixels, shot.box, shot.dpi, canary)
    raster = shot.raster
    how = {
        "method": "render" if shot.reason else "native",
        "reason": shot.reason,
        "native_size": (raster.width, raster.height) if raster else None,
        "levels": levels(shot.pixels),
        "native_colours": f"{raster.colours}, {raster.bits} bit{'s' if raster.bits > 1 else ''}" if raster else None,
    }
    return made.model_copy(update=how), data


def shoot(source: pdf.PdfFile, page: Page, box: Box, rule: CropRule) -> Shot:
    """The pixels of a figure's or a panel's box. Raises as `crop`."""
    frame = _Frame(source, page, box, rule)
    placed = placed_rasters(source, page.number)
    rasters = rasters_of(box, placed)
    if isinstance(rasters, str):
        shot = _pieced(frame, placed) if rasters == "several-rasters" else None
        return shot or _rendered(frame, rule.dpi, rasters)
    if any(raster.width * raster.height > rule.max_pixels for raster in rasters):
        return _rendered(frame, rule.dpi, "too-many-pixels", rasters[0])
    alone = [raster for raster in rasters if _alone(frame, raster)]
    if not alone:
        return _rendered(frame, rule.dpi, "ink-beside-raster", rasters[0])
    found = (_native(frame, raster) for raster in alone)
    return next((shot for shot in found if shot), None) or _composed(frame, alone[0])


def _alone(frame: _Frame, raster: Raster) -> bool:
    """Whether the part of the box that the raster leaves free is paper."""
    if not beside(frame.box, raster):
        return True
    seen = pdf.render(frame.source, frame.page.number, frame.box, _BESIDE_DPI)
    scale = _BESIDE_DPI / 72
    x, y = int(frame.box.x0 * scale), int(frame.box.y0 * scale)
    left, top = max(0, int(raster.box.x0 * scale) - 1 - x), max(0, int(raster.box.y0 * scale) - 1 - y)
    seen[top : max(0, int(raster.box.y1 * scale) + 2 - y), left : max(0, int(raster.box.x1 * scale) + 2 - x)] = 255
    return blank(seen)


def _native(frame: _Frame, raster: Raster) -> Shot | None:
    """The raster's own pixels where the page shows just them."""
    seen = frame.seen(raster)
    for stored in frame.stored(raster):
        for taken in _windows(frame, raster, seen, stored):
            compared = taken.meet(raster.inside)
            if not compared.empty and same_picture(compared.of(seen), compared.of(stored)):
                return Shot(taken.of(stored), raster.place(taken), round(raster.dpi), None, raster)
    return None


def _windows(frame: _Frame, raster: Raster, seen: Pixels, stored: Pixels) -> Iterator[Window]:
    """Windows to take, the widest first: with a blank border, as the box says, what a clip leaves."""
    window = frame.window(raster)
    yield with_border(frame.box, raster, window, stored)
    yield window
    yield from visible(window, seen)


def _pieced(frame: _Frame, placed: Sequence[Raster]) -> Shot | None:
    """The pixels of a picture that the PDF stores in tiles, each taken as it is."""
    sheet = sheet_of(frame.box, placed)
    if not sheet or sheet[0].width * sheet[0].height > frame.rule.max_pixels or not _alone(frame, sheet[0]):
        return None
    whole, rows = sheet
    strips = []
    for row in rows:
        tiles = [_tile(frame, tile) for tile in row]
        found = [tile for tile in tiles if tile is not None]
        if len(found) < len(tiles):
            return None
        strips.append(np.hstack(found))
    pixels = np.vstack(strips)
    window = with_border(frame.box, whole, frame.window(whole), pixels)
    return Shot(window.of(pixels), whole.place(window), round(whole.dpi), None, whole)


def _tile(frame: _Frame, tile: Raster) -> Pixels | None:
    seen, inside = frame.seen(tile), tile.whole if tile.inside.empty else tile.inside
    return next((pixels for pixels in frame.stored(tile) if same_picture(inside.of(seen), inside.of(pixels))), None)


def _composed(frame: _Frame, raster: Raster) -> Shot:
    """A render no coarser than the raster on which other things are painted: on its own grid where its dpi is a fair one."""
    window, least = frame.window(raster), frame.rule.dpi
    reason = _why(frame, raster, raster.place(window))
    if least <= raster.dpi <= MAX_DPI:
        return Shot(window.of(frame.seen(raster)), raster.place(window), round(raster.dpi), reason, raster)
    return _rendered(frame, max(least, min(MAX_DPI, round(raster.dpi))), reason, raster)


def _why(frame: _Frame, raster: Raster, box: Box) -> str:
    """What keeps the page from showing the raster's own pixels, as a stable code."""
    over = painted_over(frame.source, frame.page.number, raster, box)
    if "text" in over and any(line.box.meet(box).area > line.box.area / 2 for line in frame.page.lines):
        return "text-over-raster"
    if "drawing" in over:
        return "drawing-over-raster"
    return "several-rasters" if "raster" in over else "altered-on-page"


def _rendered(frame: _Frame, dpi: int, reason: str, raster: Raster | None = None) -> Shot:
    box, margin, most = frame.box, frame.rule.margin, frame.rule.max_pixels
    wide = Box(box.x0 - margin, box.y0 - margin, box.x1 + margin, box.y1 + margin).meet(frame.paper)
    if wide.area * (dpi / 72) ** 2 > most:
        dpi = int(72 * (most / wide.area) ** 0.5)
    if dpi < MIN_DPI:
        raise TooLarge(f"{wide.width:.0f} x {wide.height:.0f} pt would need {dpi} dpi to stay under {most} pixels")
    return Shot(pdf.render(frame.source, frame.page.number, wide, dpi), wide, dpi, reason, raster)


__all__ = ["MAX_DPI", "MIN_DPI", "Shot", "TooLarge", "crop", "shoot"]
