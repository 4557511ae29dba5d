"""PDF in, pages and crops out: the only module that imports PyMuPDF, and the one place where coordinates are turned.

PyMuPDF gives text and drawings in the unrotated page while `page.rect` is the rotated one; everything that leaves here is
in points from the top-left of the page as displayed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import pymupdf

from builder.records import Box, Graphics, Line, Page, Span
from builder.stages.crop import Pixels, Raster, on_white

# Ligatures are expanded (flag left out); images are left out of the text pass, where they cost five times the text.
_TEXT_FLAGS = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP
_KIND = {"fill-image": 0, "fill-imgmask": 0, "fill-path": 1, "stroke-path": 1, "fill-shade": 2}
_PAINT = {"fill-text": "text", "stroke-text": "text"} | {k: "raster" if v == 0 else "drawing" for k, v in _KIND.items()}
_SUPERSCRIPT, _ITALIC, _BOLD = 1, 2, 16
_WITHIN = 0.1  # pixels; the reader widens a placement to whole pixels, and its 32 bits are off by 0.02 on pages of 5000 points
_ALIKE = 64  # images of one size on a page that are tried: each is decoded
_OWN = 0.98  # overlap at which an entry of the page's log is the raster itself
READER = f"pymupdf-{pymupdf.pymupdf_version}"  # part of every stage key: crops must repeat bit for bit


_BROKEN = (RuntimeError, ValueError, pymupdf.mupdf.FzErrorBase)  # what PyMuPDF says of a file that it cannot make out


class RefusedPdf(Exception):
    """A PDF that cannot be read; `reason` is a stable code for the drops table."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}")


@dataclass(frozen=True)
class PdfFile:
    """An open PDF."""

    document: pymupdf.Document
    sha256: str

    @property
    def pages(self) -> int:
        return int(self.document.page_count)

    @property
    def metadata(self) -> dict[str, str]:
        return {k: v for k, v in (self.document.metadata or {}).items() if isinstance(v, str) and v}


@contextmanager
def open_pdf(path: Path) -> Iterator[PdfFile]:
    """An open PDF, closed at exit. Raises RefusedPdf for what cannot be read."""
    data = path.read_bytes()
    if not data:
        raise RefusedPdf("empty-file", f"{path.name} has 0 bytes")
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        document = pymupdf.open(stream=data, filetype="pdf")
    except _BROKEN as error:
        raise RefusedPdf("not-a-pdf", f"{path.name}: {error}") from error
    try:
        if document.needs_pass:
            raise RefusedPdf("needs-password", f"{path.name} opens only with a password")
        if _page_count(document, path) == 0:
            raise RefusedPdf("no-pages", f"{path.name} has no readable page")
        yield PdfFile(document, hashlib.sha256(data).hexdigest())
    finally:
        document.close()


def _page_count(document: pymupdf.Document, path: Path) -> int:
    try:
        return int(document.page_count)
    except _BROKEN as error:
        raise RefusedPdf("broken-page-tree", f"{path.name}: {error}") from error


def read_page(pdf: PdfFile, number: int) -> Page:
    """Page `number` (from 1) with its text lines and graphic boxes. Raises RefusedPdf when the page is broken."""
    try:
        page = pdf.document[number - 1]
        turn = page.rotation_matrix
        raw = page.get_text("dict", flags=_TEXT_FLAGS)
        log = page.get_bboxlog()
        width, height = float(page.rect.width), float(page.rect.height)
    except (*_BROKEN, IndexError) as error:
        raise RefusedPdf("broken-page", f"page {number}: {error}") from error
    return Page(
        number=number,
        width=width,
        height=height,
        rotation=int(page.rotation),
        lines=tuple(_lines(raw["blocks"], turn, int(page.rotation))),
        graphics=_graphics(log, turn),
    )


def _lines(blocks: list[dict], turn: pymupdf.Matrix, rotation: int) -> Iterator[Line]:  # type: ignore[type-arg]
    for block_number, block in enumerate(blocks):
        for line in block.get("lines", ()):
            spans = tuple(_span(s, turn) for s in line["spans"] if s["text"])
            if any(s.text.strip() for s in spans):
                yield Line(spans, _turned(line["bbox"], turn), block_number, (_angle(line["dir"]) + rotation) % 360)


def _span(raw: dict, turn: pymupdf.Matrix) -> Span:  # type: ignore[type-arg]
    flags = int(raw["flags"])
    name = str(raw["font"])
    bold = bool(flags & _BOLD) or any(word in name.lower() for word in ("bold", "black", "heavy", "-bd", "semibd"))
    italic, superscript = bool(flags & _ITALIC), bool(flags & _SUPERSCRIPT)
    return Span(raw["text"], _turned(raw["bbox"], turn), name, float(raw["size"]), bold, italic, superscript)


def _angle(direction: tuple[float, float]) -> int:
    """Clockwise degrees, to the quarter turn, of a writing direction with y down."""
    x, y = direction
    return (0 if x >= 0 else 180) if abs(x) >= abs(y) else (90 if y > 0 else 270)


def _turned(rect: tuple[float, float, float, float], turn: pymupdf.Matrix) -> Box:
    r = pymupdf.Rect(rect) * turn
    r.normalize()
    return Box(*(round(float(v), 2) for v in r))


def _graphics(log: list[tuple[str, tuple[float, float, float, float]]], turn: pymupdf.Matrix) -> Graphics:
    entries = [(_KIND[kind], box) for kind, box in log if kind in _KIND]
    kinds = np.array([k for k, _ in entries], dtype=np.uint8)
    flat = np.array([b for _, b in entries], dtype=np.float64).reshape(-1, 4)
    corner_a = flat[:, [0, 1]] @ np.array([[turn.a, turn.b], [turn.c, turn.d]]) + (turn.e, turn.f)
    corner_b = flat[:, [2, 3]] @ np.array([[turn.a, turn.b], [turn.c, turn.d]]) + (turn.e, turn.f)
    boxes = np.hstack([np.minimum(corner_a, corner_b), np.maximum(corner_a, corner_b)]).astype(np.float32)
    return Graphics(boxes, kinds)


def with_grey(pdf: PdfFile, page: Page) -> Page:
    """The page with a grey render at its `grey_scale`, for tightening boxes to the ink."""
    return replace(page, grey=_samples(pdf, page.number, page.grey_scale, None, pymupdf.csGRAY)[:, :, 0])


def render(pdf: PdfFile, number: int, box: Box, dpi: int) -> npt.NDArray[np.uint8]:
    """A box of page `number` as uint8 RGB (h, w, 3) at `dpi`."""
    return _samples(pdf, number, dpi / 72, box, pymupdf.csRGB)


def _samples(pdf: PdfFile, number: int, scale: float, clip: Box | None, space: pymupdf.Colorspace) -> npt.NDArray[np.uint8]:
    return _array(_drawn(pdf, number, pymupdf.Matrix(scale, scale), clip, space)).copy()


def _drawn(pdf: PdfFile, number: int, matrix: pymupdf.Matrix, clip: Box | None, space: pymupdf.Colorspace) -> pymupdf.Pixmap:
    try:
        page = pdf.document[number - 1]
        window = None if clip is None else pymupdf.Rect(clip)
        return page.get_pixmap(matrix=matrix, clip=window, colorspace=space, alpha=False)
    except _BROKEN as error:
        raise RefusedPdf("broken-page", f"page {number} cannot be rendered: {error}") from error


def _array(pixmap: pymupdf.Pixmap) -> npt.NDArray[np.uint8]:
    return np.frombuffer(cast(bytes, pixmap.samples), dtype=np.uint8).reshape(pixmap.height, pixmap.width, pixmap.n)


def placed_rasters(pdf: PdfFile, number: int) -> tuple[Raster, ...]:
    """The rasters of page `number` in the order they are painted. Raises RefusedPdf when the page is broken."""
    try:
        page = pdf.document[number - 1]
        found = [_raster(info, page.rotation_matrix) for info in page.get_image_info() if info["width"] and info["height"]]
    except _BROKEN as error:
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
    pixmap = _drawn(pdf, number, matrix, box, pymupdf.csRGB)
    seen, left, top = _array(pixmap), max(0, pixmap.x), max(0, pixmap.y)
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
    except _BROKEN:
        return
    size = (raster.stored_width, raster.stored_height)
    masks = {image[1] for image in images}
    found = {image[0]: image[1] for image in images if image[2:4] == size and image[0] not in masks}
    for xref, mask in sorted(found.items())[:_ALIKE]:
        try:
            stored = _stored(pdf.document, xref, mask)
        except _BROKEN:
            continue
        if stored.shape[:2] == size[::-1]:
            yield np.ascontiguousarray(raster.turned(stored))


def _stored(document: pymupdf.Document, xref: int, mask: int) -> Pixels:
    pixmap = pymupdf.Pixmap(document, xref)
    if pixmap.colorspace is None:
        alpha = _array(pixmap)[:, :, 0]
        return on_white(np.zeros((*alpha.shape, 3), np.uint8), alpha)
    if pixmap.colorspace.name != pymupdf.csRGB.name:
        pixmap = pymupdf.Pixmap(pymupdf.csRGB, pixmap)
    pixels = _array(pixmap)
    cover = pixels[:, :, 3] if pixmap.alpha else _array(pymupdf.Pixmap(document, mask))[:, :, 0] if mask else None
    return pixels if cover is None or cover.shape != pixels.shape[:2] else on_white(pixels[:, :, :3], cover)


def painted_over(pdf: PdfFile, number: int, raster: Raster, box: Box) -> frozenset[str]:
    """What is painted on `box` of page `number` after the raster: "text", "drawing", "raster"; by bounding boxes only."""
    try:
        page = pdf.document[number - 1]
        log = [(kind, _turned(where, page.rotation_matrix)) for kind, where in page.get_bboxlog()]
    except _BROKEN as error:
        raise RefusedPdf("broken-page", f"page {number}: {error}") from error
    own = [i for i, (kind, where) in enumerate(log) if _KIND.get(kind) == 0 and where.iou(raster.box) > _OWN]
    later = log[own[-1] + 1 :] if own else []
    return frozenset(_PAINT[kind] for kind, where in later if kind in _PAINT and where.meet(box).area)


__all__ = [
    "READER", "PdfFile", "RefusedPdf", "on_grid", "open_pdf", "painted_over", "placed_rasters", "read_page", "render",
    "stored_pixels", "with_grey",
]  # fmt: skip
