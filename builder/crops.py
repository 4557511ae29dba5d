"""Crops: a box of a page as its raster's own pixels where that loses nothing, else as a render at a declared dpi."""

from __future__ import annotations

from dataclasses import dataclass

from builder.edges import pdf
from builder.edges.images import encode_png
from builder.recipe import CropRule
from builder.records import Box, Crop, Page
from builder.stages.crop import Pixels, Raster, beside, blank, one_raster, same_picture, window_of, with_border

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
    raster = one_raster(box, pdf.placed_rasters(source, page.number))
    if isinstance(raster, str):
        return _rendered(source, page, box, rule, rule.dpi, raster, None)
    if raster.width * raster.height > rule.max_pixels:
        return _rendered(source, page, box, rule, rule.dpi, "too-many-pixels", raster)
    if beside(box, raster) and not _alone(source, page, box, raster):
        return _rendered(source, page, box, rule, rule.dpi, "ink-beside-raster", raster)
    return _native(source, page, box, rule, raster)


def _alone(source: pdf.PdfFile, page: Page, box: Box, raster: Raster) -> bool:
    """Whether the part of the box that the raster leaves free is paper."""
    seen = pdf.render(source, page.number, box, _BESIDE_DPI)
    scale = _BESIDE_DPI / 72
    x, y = int(box.x0 * scale), int(box.y0 * scale)
    left, top = max(0, int(raster.box.x0 * scale) - 1 - x), max(0, int(raster.box.y0 * scale) - 1 - y)
    seen[top : max(0, int(raster.box.y1 * scale) + 2 - y), left : max(0, int(raster.box.x1 * scale) + 2 - x)] = 255
    return blank(seen)


def _native(source: pdf.PdfFile, page: Page, box: Box, rule: CropRule, raster: Raster) -> Shot:
    """The raster's own pixels where the page shows just them. Where it shows more, the page drawn on the raster's own grid."""
    window = window_of(box, raster, rule.margin, Box(0, 0, page.width, page.height))
    seen = pdf.on_grid(source, page.number, raster)
    for stored in pdf.stored_pixels(source, page.number, raster):
        if same_picture(window.of(seen), window.of(stored)):
            whole = with_border(box, raster, window, stored)
            taken = whole if same_picture(whole.of(seen), whole.of(stored)) else window
            return Shot(taken.of(stored), raster.place(taken), round(raster.dpi), None, raster)
    reason = pdf.painted_over(source, page.number, raster, raster.place(window))
    if rule.dpi <= raster.dpi <= MAX_DPI:
        return Shot(window.of(seen), raster.place(window), round(raster.dpi), reason, raster)
    return _rendered(source, page, box, rule, max(rule.dpi, min(MAX_DPI, round(raster.dpi))), reason, raster)


def _rendered(source: pdf.PdfFile, page: Page, box: Box, rule: CropRule, dpi: int, reason: str, raster: Raster | None) -> Shot:
    wide = Box(box.x0 - rule.margin, box.y0 - rule.margin, box.x1 + rule.margin, box.y1 + rule.margin)
    wide = wide.meet(Box(0, 0, page.width, page.height))
    if wide.area * (dpi / 72) ** 2 > rule.max_pixels:
        dpi = int(72 * (rule.max_pixels / wide.area) ** 0.5)
    if dpi < MIN_DPI:
        raise TooLarge(f"{wide.width:.0f} x {wide.height:.0f} pt would need {dpi} dpi to stay under {rule.max_pixels} pixels")
    return Shot(pdf.render(source, page.number, wide, dpi), wide, dpi, reason, raster)


__all__ = ["MAX_DPI", "MIN_DPI", "Shot", "TooLarge", "crop", "shoot"]
