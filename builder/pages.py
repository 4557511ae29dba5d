"""A page in memory: boxes, text and graphics as the reader found them, never written to disk.

One coordinate convention everywhere: PDF points, origin at the top-left corner of the page as displayed (rotation
applied), x to the right, y down; pages count from 1. Conversion happens once, in edges/pdf.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Box(NamedTuple):
    """A rectangle in PDF points from the top-left of the page as displayed.

    >>> Box(0, 0, 10, 10).iou(Box(0, 0, 10, 5))
    0.5
    """

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return max(0.0, self.x1 - self.x0)

    @property
    def height(self) -> float:
        return max(0.0, self.y1 - self.y0)

    @property
    def area(self) -> float:
        return self.width * self.height

    def meet(self, other: Box) -> Box:
        return Box(max(self.x0, other.x0), max(self.y0, other.y0), min(self.x1, other.x1), min(self.y1, other.y1))

    def join(self, other: Box) -> Box:
        return Box(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))

    def iou(self, other: Box) -> float:
        shared = self.meet(other).area
        return shared / (self.area + other.area - shared) if shared else 0.0


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one font."""

    text: str
    box: Box
    font: str
    size: float  # points
    bold: bool
    italic: bool
    superscript: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text as the PDF lays it out."""

    spans: tuple[Span, ...]
    box: Box
    block: int  # lines of one block were laid out together
    angle: int  # reading direction as displayed: 0, 90, 180 or 270 degrees clockwise

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)

    @property
    def size(self) -> float:
        """Size in points that most of the line's letters have."""
        if len(self.spans) < 2:
            return self.spans[0].size if self.spans else 0.0
        letters = [len(span.text) for span in self.spans]
        return self.spans[letters.index(max(letters))].size


@dataclass(frozen=True, slots=True)
class Word:
    """Text read off pixels by OCR."""

    text: str
    box: Box
    confidence: float  # in [0, 1], the reader's own


class Ink(StrEnum):
    """What laid down a graphic box."""

    IMAGE = "image"  # a placed raster, image masks included
    PATH = "path"  # strokes and fills
    SHADE = "shade"


@dataclass(frozen=True)
class Graphics:
    """Everything on a page that is not text. `boxes` is float32 (n, 4) in points; `kinds` is uint8 (n,): see KINDS."""

    boxes: npt.NDArray[np.float32]
    kinds: npt.NDArray[np.uint8]

    KINDS = (Ink.IMAGE, Ink.PATH, Ink.SHADE)


@dataclass(frozen=True)
class Page:
    """One page as displayed. `grey` is a uint8 (h, w) render at `grey_scale` pixels a point, or None until asked for."""

    number: int  # from 1
    width: float
    height: float
    rotation: int  # the page's own /Rotate, already applied to every box here
    lines: tuple[Line, ...]
    graphics: Graphics
    grey: npt.NDArray[np.uint8] | None = field(default=None, repr=False)
    grey_scale: float = 1.0
