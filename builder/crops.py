"""Crops: a box of a page as its raster's own pixels where that loses nothing, else as a render at a declared dpi."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from builder.edges import pdf
from builder.edges.images import encode_png
from builder.recipe import CropRule
from builder.records import Box, Crop, Page
from builder.stages.crop import (
    Pixels,
    Raster,
    Window,
    beside,
    blank,
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
        "native_colours": f"{raster.colours}, {raster.bits} bit{'s' if raster.bits > 1 else ''}" if raster else None,
    }
    return made.model_copy(update=how), data


def shoot(source: pdf.PdfFile, page: Page, box: Box, rule: CropRule) -> Shot:
    """The pixels of a figure's or a panel's box. Raises as `crop`."""
    placed = pdf.placed_rasters(source, page.number)
    rasters = rasters_of(box, placed)
    if isinstance(rasters, str):
        shot = _pieced(source, page, box, rule, placed) if rasters == "several-rasters" else None
        return shot or _rendered(source, page, box, rule, rule.dpi, rasters, None)
    upper = rasters[0]
    if any(raster.width * raster.height > rule.max_pixels for raster in rasters):
        return _rendered(source, page, box, rule, rule.dpi, "too-many-pixels", upper)
    alone = [raster for raster in rasters if not beside(box, raster) or _alone(source, page, box, raster)]
    if not alone:
        return _rendered(source, page, box, rule, rule.dpi, "ink-beside-raster", upper)
    found = (_native(source, page, box, rule, raster) for raster in alone)
    return next((shot for shot in found if shot), None) or _composed(source, page, box, rule, alone[0])


def _alone(source: pdf.PdfFile, page: Page, box: Box, raster: Raster) -> bool:
    """Whether the part of the box that the raster leaves free is paper."""
    seen = pdf.render(source, page.number, box, _BESIDE_DPI)
    scale = _BESIDE_DPI / 72
    x, y = int(box.x0 * scale), int(box.y0 * scale)
    left, top = max(0, int(raster.box.x0 * scale) - 1 - x), max(0, int(raster.box.y0 * scale) - 1 - y)
    seen[top : max(0, int(raster.box.y1 * scale) + 2 - y), left : max(0, int(raster.box.x1 * scale) + 2 - x)] = 255
    return blank(seen)


def _native(source: pdf.PdfFile, page: Page, box: Box, rule: CropRule, raster: Raster) -> Shot | None:
    """The raster's own pixels where the page shows just them."""
    window = window_of(box, raster, rule.margin, _paper(page))
    seen = pdf.on_grid(source, page.number, raster)
    for stored in pdf.stored_pixels(source, page.number, raster):
        for taken in _windows(box, raster, window, seen, stored):
            compared = taken.meet(raster.inside)
            if same_picture(compared.of(seen), compared.of(stored)):
                return Shot(taken.of(stored), raster.place(taken), round(raster.dpi), None, raster)
    return None


def _windows(box: Box, raster: Raster, window: Window, seen: Pixels, stored: Pixels) -> Iterator[Window]:
    """Windows to take, the widest first: with a blank border, as the box says, what a clip leaves."""
    yield with_border(box, raster, window, stored)
    yield window
    yield from visible(window, seen)


def _pieced(source: pdf.PdfFile, page: Page, box: Box, rule: CropRule, placed: Sequence[Raster]) -> Shot | None:
    """The pixels of a picture that the PDF stores in tiles, each taken as it is."""
    sheet = sheet_of(box, placed)
    if not sheet or sheet[0].width * sheet[0].height > rule.max_pixels:
        return None
    whole, rows = sheet
    if beside(box, whole) and not _alone(source, page, box, whole):
        return None
    strips = []
    for row in rows:
        tiles = [_tile(source, page, tile) for tile in row]
        found = [tile for tile in tiles if tile is not None]
        if len(found) < len(tiles):
            return None
        strips.append(np.hstack(found))
    pixels = np.vstack(strips)
    window = with_border(box, whole, window_of(box, whole, rule.margin, _paper(page)), pixels)
    return Shot(window.of(pixels), whole.place(window), round(whole.dpi), None, whole)


def _tile(source: pdf.PdfFile, page: Page, tile: Raster) -> Pixels | None:
    seen = pdf.on_grid(source, page.number, tile)
    stored = pdf.stored_pixels(source, page.number, tile)
    return next((pixels for pixels in stored if same_picture(tile.inside.of(seen), tile.inside.of(pixels))), None)


def _composed(source: pdf.PdfFile, page: Page, box: Box, rule: CropRule, raster: Raster) -> Shot:
    """A render no coarser than the raster on which other things are painted: on its own grid where its dpi is a fair one."""
    window = window_of(box, raster, rule.margin, _paper(page))
    reason = _why(source, page, raster, raster.place(window))
    if rule.dpi <= raster.dpi <= MAX_DPI:
        seen = window.of(pdf.on_grid(source, page.number, raster))
        return Shot(seen, raster.place(window), round(raster.dpi), reason, raster)
    return _rendered(source, page, box, rule, max(rule.dpi, min(MAX_DPI, round(raster.dpi))), reason, raster)


def _why(source: pdf.PdfFile, page: Page, raster: Raster, box: Box) -> str:
    """What keeps the page from showing the raster's own pixels, as a stable code."""
    over = pdf.painted_over(source, page.number, raster, box)
    if "text" in over and any(line.box.meet(box).area > line.box.area / 2 for line in page.lines):
        return "text-over-raster"
    if "drawing" in over:
        return "drawing-over-raster"
    return "several-rasters" if "raster" in over else "altered-on-page"


def _paper(page: Page) -> Box:
    return Box(0, 0, page.width, page.height)


def _rendered(source: pdf.PdfFile, page: Page, box: Box, rule: CropRule, dpi: int, reason: str, raster: Raster | None) -> Shot:
    wide = Box(box.x0 - rule.margin, box.y0 - rule.margin, box.x1 + rule.margin, box.y1 + rule.margin)
    wide = wide.meet(_paper(page))
    if wide.area * (dpi / 72) ** 2 > rule.max_pixels:
        dpi = int(72 * (rule.max_pixels / wide.area) ** 0.5)
    if dpi < MIN_DPI:
        raise TooLarge(f"{wide.width:.0f} x {wide.height:.0f} pt would need {dpi} dpi to stay under {rule.max_pixels} pixels")
    return Shot(pdf.render(source, page.number, wide, dpi), wide, dpi, reason, raster)


__all__ = ["MAX_DPI", "MIN_DPI", "Shot", "TooLarge", "crop", "shoot"]
