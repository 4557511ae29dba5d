"""PDF in, pages and crops out: with rasters.py all that calls PyMuPDF, and the one place where coordinates are turned.

PyMuPDF gives text and drawings in the unrotated page while `page.rect` is the rotated one; everything that leaves here is
in points from the top-left of the page as displayed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt

from builder.edges.mupdf import pymupdf
from builder.edges.store import legible
from builder.pages import Box, Graphics, Line, Page, Span

# Ligatures are expanded (flag left out); images are left out of the text pass, where they cost five times the text.
_TEXT_FLAGS = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP
_FILLS = ("fill_path", "stroke_path", "fill_shade", "fill_image", "fill_image_mask")
_CLIPS = ("clip_path", "clip_stroke_path", "clip_text", "clip_stroke_text", "clip_image_mask", "end_mask", "pop_clip")
_LOGGED = (*_FILLS, *_CLIPS)
_NO_CLIP = (-1e6, -1e6, 1e6, 1e6)
_ALONG = (1.0, 0.0)  # the direction of upright text
_UPRIGHT = pymupdf.mupdf.FzMatrix()
_EVERYWHERE = pymupdf.mupdf.FzRect(pymupdf.mupdf.FzRect.Fixed_INFINITE)
_UNIT = pymupdf.mupdf.FzRect(pymupdf.mupdf.FzRect.Fixed_UNIT)
_SUPERSCRIPT, _ITALIC, _BOLD = 1, 2, 16
_LONGEST_SIDE = 14_400  # points: ISO 32000-1, annex C; a page a hundred times as long is a bomb of pixels
_MOST_DRAWN, _MOST_KEPT = 5000, 100  # boxes of a page, pages of a paper: what is kept interpreted stays under some megabytes
READER = f"pymupdf-{pymupdf.pymupdf_version}"  # part of every stage key: crops must repeat bit for bit


BROKEN = (RuntimeError, ValueError, pymupdf.mupdf.FzErrorBase)  # what PyMuPDF says of a file that it cannot make out


_Corners = tuple[float, float, float, float]


class _Rect(Protocol):
    """MuPDF's rectangle."""

    x0: float
    y0: float
    x1: float
    y1: float


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
    interpreted: dict[int, pymupdf.DisplayList] = field(default_factory=dict)  # pages read before, for their grey render

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
        raise RefusedPdf("empty-file", f"{legible(path)} has 0 bytes")
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        document = pymupdf.open(stream=data, filetype="pdf")
    except BROKEN as error:
        raise RefusedPdf("not-a-pdf", f"{legible(path)}: {error}") from error
    try:
        if document.needs_pass:
            raise RefusedPdf("needs-password", f"{legible(path)} opens only with a password")
        if _page_count(document, path) == 0:
            raise RefusedPdf("no-pages", f"{legible(path)} has no readable page")
        file = PdfFile(document, hashlib.sha256(data).hexdigest())
        try:
            yield file
        finally:
            file.interpreted.clear()  # before the document they belong to
    finally:
        document.close()
        pymupdf.TOOLS.store_shrink(100)  # MuPDF's store outlives a document: a worker would grow with every paper


def _page_count(document: pymupdf.Document, path: Path) -> int:
    try:
        return int(document.page_count)
    except BROKEN as error:
        raise RefusedPdf("broken-page-tree", f"{legible(path)}: {error}") from error


def read_page(pdf: PdfFile, number: int) -> Page:
    """Page `number` (from 1) with its text lines and graphic boxes. Raises RefusedPdf when the page is broken."""
    try:
        page = pdf.document[number - 1]
        turn, rotation = page.rotation_matrix, int(page.rotation)
        width, height = float(page.rect.width), float(page.rect.height)
        if max(width, height) > _LONGEST_SIDE:
            size = f"{width:.0f} x {height:.0f} points, a PDF's most is {_LONGEST_SIDE}"
            raise RefusedPdf("broken-page", f"page {number} has {size}")
        drawing = _display_list(page)
        raw = pymupdf.TextPage(drawing.get_textpage(_TEXT_FLAGS)).extractDICT()
        log = _BoxLog()
        pymupdf.mupdf.fz_run_display_list(drawing.this, log, _UPRIGHT, _EVERYWHERE, pymupdf.mupdf.FzCookie())
        pymupdf.mupdf.fz_close_device(log)
    except (*BROKEN, IndexError) as error:
        raise RefusedPdf("broken-page", f"page {number}: {error}") from error
    if not rotation and len(log.rects) <= _MOST_DRAWN and len(pdf.interpreted) < _MOST_KEPT:
        pdf.interpreted[number] = drawing
    return Page(
        number=number,
        width=width,
        height=height,
        rotation=rotation,
        lines=tuple(_lines(raw["blocks"], turn, rotation)),
        graphics=_graphics(log, turn),
    )


def _display_list(page: pymupdf.Page) -> pymupdf.DisplayList:
    """The unrotated page's content, interpreted once: text and boxes are both read off it."""
    rotation = int(page.rotation)
    if not rotation:
        return page.get_displaylist()
    page.set_rotation(0)
    try:
        return page.get_displaylist()
    finally:
        page.set_rotation(rotation)


class _BoxLog(pymupdf.mupdf.FzDevice2):  # type: ignore[misc]
    """Collects the boxes of everything drawn that is not text, and the clip that was on when it was drawn.

    As `Page.get_bboxlog`, at half its cost: no calls for text, and clips are known. Arguments after the second are MuPDF's.
    """

    def __init__(self) -> None:
        super().__init__()
        self.kinds: list[int] = []
        self.rects: list[_Corners] = []
        self.clips: list[_Corners] = [_NO_CLIP]
        self.clip_of: list[int] = []  # per box, its clip's index
        self._open = [0]
        for name in _LOGGED:
            getattr(self, f"use_virtual_{name}")()

    def _drawn(self, kind: int, rect: _Rect) -> None:
        self.kinds.append(kind)
        self.rects.append((rect.x0, rect.y0, rect.x1, rect.y1))
        self.clip_of.append(self._open[-1])

    def fill_path(self, _context: object, path: object, _even_odd: int, matrix: object, *_: object) -> None:
        self._drawn(1, pymupdf.mupdf.ll_fz_bound_path(path, None, matrix))

    def stroke_path(self, _context: object, path: object, stroke: object, matrix: object, *_: object) -> None:
        self._drawn(1, pymupdf.mupdf.ll_fz_bound_path(path, stroke, matrix))

    def fill_shade(self, _context: object, shade: object, matrix: object, *_: object) -> None:
        self._drawn(2, pymupdf.mupdf.ll_fz_bound_shade(shade, matrix))

    def fill_image(self, _context: object, _image: object, matrix: object, *_: object) -> None:
        self._drawn(0, pymupdf.mupdf.ll_fz_transform_rect(_UNIT.internal(), matrix))

    def fill_image_mask(self, _context: object, _image: object, matrix: object, *_: object) -> None:
        self._drawn(0, pymupdf.mupdf.ll_fz_transform_rect(_UNIT.internal(), matrix))

    def _clipped(self, scissor: _Rect) -> None:
        self._open.append(len(self.clips))
        self.clips.append((scissor.x0, scissor.y0, scissor.x1, scissor.y1))

    def clip_path(self, _context: object, _path: object, _even_odd: int, _matrix: object, scissor: _Rect) -> None:
        self._clipped(scissor)

    def clip_stroke_path(self, _context: object, _path: object, _stroke: object, _matrix: object, scissor: _Rect) -> None:
        self._clipped(scissor)

    def clip_text(self, _context: object, _text: object, _matrix: object, scissor: _Rect) -> None:
        self._clipped(scissor)

    def clip_stroke_text(self, _context: object, _text: object, _stroke: object, _matrix: object, scissor: _Rect) -> None:
        self._clipped(scissor)

    def clip_image_mask(self, _context: object, _image: object, _matrix: object, scissor: _Rect) -> None:
        self._clipped(scissor)

    def end_mask(self, *_: object) -> None:
        self._open.append(self._open[-1])  # a soft mask is popped like a clip

    def pop_clip(self, _context: object) -> None:
        if len(self._open) > 1:
            self._open.pop()


def _lines(blocks: list[dict], turn: pymupdf.Matrix, rotation: int) -> Iterator[Line]:  # type: ignore[type-arg]
    place = (lambda rect: turned(rect, turn)) if rotation else _rounded
    for block_number, block in enumerate(blocks):
        for line in block.get("lines", ()):
            spans = tuple([_span(run, place) for run in _runs(line["spans"])])
            if spans and (spans[0].text.strip() or any(s.text.strip() for s in spans)):
                angle = 0 if line["dir"] == _ALONG and not rotation else (_angle(line["dir"]) + rotation) % 360
                yield Line(spans, place(line["bbox"]), block_number, angle)


def _runs(spans: list[dict]) -> list[list[dict]]:  # type: ignore[type-arg]
    """Neighbours in one print: the reader parts them at each blank it puts in, and at each change of colour."""
    runs: list[list[dict]] = []  # type: ignore[type-arg]
    print_before = None
    for span in spans:
        if span["text"]:
            print_here = span["font"], span["size"], span["flags"]
            if print_here == print_before:
                runs[-1].append(span)
            else:
                runs.append([span])
                print_before = print_here
    return runs


def _span(run: list[dict], place: Callable[[_Corners], Box]) -> Span:  # type: ignore[type-arg]
    first = run[0]
    text, box, flags, name = first["text"], first["bbox"], first["flags"], first["font"]
    if len(run) > 1:
        text = "".join([raw["text"] for raw in run])
        x0, y0, x1, y1 = zip(*[raw["bbox"] for raw in run], strict=True)
        box = min(x0), min(y0), max(x1), max(y1)
    bold = bool(flags & _BOLD) or _says_bold(name)
    return Span(text, place(box), name, first["size"], bold, bool(flags & _ITALIC), bool(flags & _SUPERSCRIPT))


@lru_cache(maxsize=1024)
def _says_bold(font: str) -> bool:
    return any(word in font.lower() for word in ("bold", "black", "heavy", "-bd", "semibd"))


def _angle(direction: tuple[float, float]) -> int:
    """Clockwise degrees, to the quarter turn, of a writing direction with y down."""
    x, y = direction
    return (0 if x >= 0 else 180) if abs(x) >= abs(y) else (90 if y > 0 else 270)


def _rounded(rect: _Corners) -> Box:
    x0, y0, x1, y1 = rect
    return Box(round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2))


def turned(rect: _Corners, turn: pymupdf.Matrix) -> Box:
    r = pymupdf.Rect(rect) * turn
    r.normalize()
    return _rounded(tuple(r))


def _graphics(log: _BoxLog, turn: pymupdf.Matrix) -> Graphics:
    """What the log saw, cut at its clips and turned; what a clip hides altogether is left out."""
    flat = np.array(log.rects, dtype=np.float64).reshape(-1, 4)
    clips = np.array(log.clips, dtype=np.float64)[np.array(log.clip_of, dtype=np.int64)].reshape(-1, 4)
    flat = np.hstack([np.maximum(flat[:, :2], clips[:, :2]), np.minimum(flat[:, 2:], clips[:, 2:])])
    seen = (flat[:, :2] <= flat[:, 2:]).all(axis=1)
    flat = flat[seen]
    matrix = np.array([[turn.a, turn.b], [turn.c, turn.d]])
    corner_a, corner_b = flat[:, :2] @ matrix + (turn.e, turn.f), flat[:, 2:] @ matrix + (turn.e, turn.f)
    boxes = np.hstack([np.minimum(corner_a, corner_b), np.maximum(corner_a, corner_b)]).astype(np.float32)
    return Graphics(boxes, np.array(log.kinds, dtype=np.uint8)[seen])


def with_grey(pdf: PdfFile, page: Page, within: Box | None = None) -> Page:
    """The page with a grey render at its `grey_scale`, for tightening boxes to the ink; white outside `within`.

    Colours are not managed here, which halves the cost: ink or paper is all that is asked.
    """
    scale = page.grey_scale
    grey = np.full((ceil(page.height * scale), ceil(page.width * scale)), 255, dtype=np.uint8)
    box = Box(0, 0, page.width, page.height).meet(within or Box(0, 0, page.width, page.height))
    if box.area:
        pymupdf.TOOLS.set_icc(False)
        try:
            seen = _grey(pdf, page.number, scale, box)
        finally:
            pymupdf.TOOLS.set_icc(True)
        top, left = int(box.y0 * scale), int(box.x0 * scale)
        spot = grey[top : top + seen.shape[0], left : left + seen.shape[1]]
        spot[:] = seen[: spot.shape[0], : spot.shape[1]]
    return replace(page, grey=grey)


def _grey(pdf: PdfFile, number: int, scale: float, box: Box) -> npt.NDArray[np.uint8]:
    """A box of a page in grey, from what was interpreted when its text was read, where that is kept."""
    known = pdf.interpreted.pop(number, None)
    if known is None:
        return _samples(pdf, number, scale, box, pymupdf.csGRAY)[:, :, 0]
    try:
        pixmap = known.get_pixmap(pymupdf.Matrix(scale, scale), pymupdf.csGRAY, 0, pymupdf.Rect(box))
    except BROKEN as error:
        raise RefusedPdf("broken-page", f"page {number} cannot be rendered: {error}") from error
    return array_of(pixmap)[:, :, 0].copy()


def render(pdf: PdfFile, number: int, box: Box, dpi: int) -> npt.NDArray[np.uint8]:
    """A box of page `number` as uint8 RGB (h, w, 3) at `dpi`."""
    return _samples(pdf, number, dpi / 72, box, pymupdf.csRGB)


def thumbnail(pdf: PdfFile, page: Page, long_side: int) -> npt.NDArray[np.uint8]:
    """The whole page as uint8 RGB (h, w, 3), its long side `long_side` pixels. Raises RefusedPdf."""
    return _samples(pdf, page.number, long_side / max(page.width, page.height), None, pymupdf.csRGB)


def _samples(pdf: PdfFile, number: int, scale: float, clip: Box | None, space: pymupdf.Colorspace) -> npt.NDArray[np.uint8]:
    return array_of(drawn(pdf, number, pymupdf.Matrix(scale, scale), clip, space)).copy()


def drawn(pdf: PdfFile, number: int, matrix: pymupdf.Matrix, clip: Box | None, space: pymupdf.Colorspace) -> pymupdf.Pixmap:
    try:
        page = pdf.document[number - 1]
        window = None if clip is None else pymupdf.Rect(clip)
        return page.get_pixmap(matrix=matrix, clip=window, colorspace=space, alpha=False)
    except BROKEN as error:
        raise RefusedPdf("broken-page", f"page {number} cannot be rendered: {error}") from error


def array_of(pixmap: pymupdf.Pixmap) -> npt.NDArray[np.uint8]:
    return np.frombuffer(cast(bytes, pixmap.samples), dtype=np.uint8).reshape(pixmap.height, pixmap.width, pixmap.n)


__all__ = ["READER", "PdfFile", "RefusedPdf", "open_pdf", "read_page", "render", "thumbnail", "with_grey"]
