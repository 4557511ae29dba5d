"""PDF in, pages and crops out: the only module that imports PyMuPDF, and the one place where coordinates are turned.

PyMuPDF gives text and drawings in the unrotated page while `page.rect` is the rotated one; everything that leaves here is
in points from the top-left of the page as displayed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import pymupdf

from builder.records import Box, Graphics, Line, Page, Span

# Ligatures are expanded (flag left out); images are left out of the text pass, where they cost five times the text.
_TEXT_FLAGS = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP
_KIND = {"fill-image": 0, "fill-imgmask": 0, "fill-path": 1, "stroke-path": 1, "fill-shade": 2}
_SUPERSCRIPT, _ITALIC, _BOLD = 1, 2, 16
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


def thumbnail(pdf: PdfFile, page: Page, long_side: int) -> npt.NDArray[np.uint8]:
    """The whole page as uint8 RGB (h, w, 3), its long side `long_side` pixels. Raises RefusedPdf."""
    return _samples(pdf, page.number, long_side / max(page.width, page.height), None, pymupdf.csRGB)


def _samples(pdf: PdfFile, number: int, scale: float, clip: Box | None, space: pymupdf.Colorspace) -> npt.NDArray[np.uint8]:
    try:
        page = pdf.document[number - 1]
        window = None if clip is None else pymupdf.Rect(clip)
        pixmap = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), clip=window, colorspace=space, alpha=False)
    except _BROKEN as error:
        raise RefusedPdf("broken-page", f"page {number} cannot be rendered: {error}") from error
    flat = np.frombuffer(cast(bytes, pixmap.samples), dtype=np.uint8)
    return flat.reshape(pixmap.height, pixmap.width, pixmap.n).copy()


__all__ = ["READER", "PdfFile", "RefusedPdf", "open_pdf", "read_page", "render", "thumbnail", "with_grey"]
