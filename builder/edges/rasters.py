"""The rasters placed on a page: where they stand, what the page shows of them, and their pixels as stored."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from builder.edges.mupdf import pymupdf
from builder.edges.pdf import BROKEN, PdfFile, RefusedPdf, array_of, drawn, turned
from builder.pages import Box
from builder.stages.crop import Pixels, Raster, on_white

_KIND = {"fill-image": 0, "fill-imgmask": 0, "fill-path": 1, "stroke-path": 1, "fill-shade": 2}
_PAINT = {"fill-text": "text", "stroke-text": "text"} | {k: "raster" if v == 0 else "drawing" for k, v in _KIND.items()}
_WITHIN = 0.1  # pixels; the reader widens a placement to whole pixels, and its 32 bits are off by 0.02 on pages of 5000 points
_ALIKE = 64  # images of one size on a page that are tried: each is decoded
_OWN = 0.98  # overlap at which an entry of the page's log is the raster itself


def placed_rasters(pdf: PdfFile, number: int) -> tuple[Raster, ...]:
    """The rasters of page `number` in the order they are painted. Raises RefusedPdf when the page is broken."""
    try:
        page = pdf.document[number - 1]
        found = [_raster(info, page.rotation_matrix) for info in page.get_image_info() if info["width"] and info["height"]]
    except BROKEN as error:
        raise RefusedPdf("broken-page", f"page {number}: {error}") from error
    return tuple(raster for raster in found if raster.box.area)


def _raster(info: dict, turn: pymupdf.Matrix) -> Raster:  # type: ignore[type-arg]
    placement = pymupdf.Matrix(info["transform"]) * turn
    corners = pymupdf.Rect(0, 0, 1, 1) * placement
    named = re.match(r"\w*(\([A-Za-z]+)?", str(info["cs-name"]) if info["colorspace"] else "stencil")
    assert named
    return Raster(
        box=Box(*(float(v) for v in corners.normalize())),
        stored_width=int(info["width"]),
        stored_height=int(info["height"]),
        placement=(placement.a, placement.b, placement.c, placement.d),
        colours=named[0] + (")" if named[1] else ""),
        bits=int(info["bpc"]),
    )


def on_grid(pdf: PdfFile, number: int, raster: Raster) -> Pixels:
    """What the page shows of a raster, as uint8 RGB (h, w, 3): one pixel for each of the raster's own, white off the page.

    The placement is drawn in by _WITHIN: a corner that rounding puts past the grid would stretch it by a pixel.
    """
    box = raster.box
    wide, high = (raster.width - 2 * _WITHIN) / box.width, (raster.height - 2 * _WITHIN) / box.height
    matrix = pymupdf.Matrix(wide, 0, 0, high, _WITHIN - box.x0 * wide, _WITHIN - box.y0 * high)
    pixmap = drawn(pdf, number, matrix, box, pymupdf.csRGB)
    seen, left, top = array_of(pixmap), max(0, pixmap.x), max(0, pixmap.y)
    whole = np.full((raster.height, raster.width, 3), 255, np.uint8)
    whole[top : top + seen.shape[0], left : left + seen.shape[1]] = seen[: raster.height - top, : raster.width - left]
    return whole


def stored_pixels(pdf: PdfFile, number: int, raster: Raster) -> Iterator[Pixels]:
    """Pixels as stored, turned as displayed, masks laid on white: uint8 RGB (h, w, 3), of each image of the raster's size.

    Colours go through the same engine as a render, 16 bits are cut to 8. A file names an image by a number that the page's
    drawing no longer knows; which of several images of one size was drawn is for the caller to see. Inline images have none.
    """
    try:
        images = pdf.document[number - 1].get_images(full=True)
    except BROKEN:
        return
    size = (raster.stored_width, raster.stored_height)
    masks = {image[1] for image in images}
    found = {image[0]: image[1] for image in images if image[2:4] == size and image[0] not in masks}
    for xref, mask in sorted(found.items())[:_ALIKE]:
        try:
            stored = _stored(pdf.document, xref, mask)
        except BROKEN:
            continue
        if stored.shape[:2] == size[::-1]:
            yield np.ascontiguousarray(raster.turned(stored))


def _stored(document: pymupdf.Document, xref: int, mask: int) -> Pixels:
    pixmap = pymupdf.Pixmap(document, xref)
    if pixmap.colorspace is None:
        alpha = array_of(pixmap)[:, :, 0]
        return on_white(np.zeros((*alpha.shape, 3), np.uint8), alpha)
    if pixmap.colorspace.name != pymupdf.csRGB.name:
        pixmap = pymupdf.Pixmap(pymupdf.csRGB, pixmap)
    pixels = array_of(pixmap)
    cover = pixels[:, :, 3] if pixmap.alpha else array_of(pymupdf.Pixmap(document, mask))[:, :, 0] if mask else None
    return pixels if cover is None or cover.shape != pixels.shape[:2] else on_white(pixels[:, :, :3], cover)


def painted_over(pdf: PdfFile, number: int, raster: Raster, box: Box) -> frozenset[str]:
    """What is painted on `box` of page `number` after the raster: "text", "drawing", "raster"; by bounding boxes only."""
    try:
        page = pdf.document[number - 1]
        log = [(kind, turned(where, page.rotation_matrix)) for kind, where in page.get_bboxlog()]
    except BROKEN as error:
        raise RefusedPdf("broken-page", f"page {number}: {error}") from error
    own = [i for i, (kind, where) in enumerate(log) if _KIND.get(kind) == 0 and where.iou(raster.box) > _OWN]
    later = log[own[-1] + 1 :] if own else []
    return frozenset(_PAINT[kind] for kind, where in later if kind in _PAINT and where.meet(box).area)


__all__ = ["on_grid", "painted_over", "placed_rasters", "stored_pixels"]
