"""Words read off pixels, for what a text layer lacks: panel letters and scale labels in rasters, scanned pages.

Needs the extra `microtome[ocr]` (rapidocr, weights in its wheel, no network).
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt

from builder.errors import UsageError
from builder.pages import Box, Line, Span, Word

_LEGIBLE = 0.6  # below it words are guesses
_LETTERS = 0.8  # of the reader's box, which stands a little off the letters
_FONT = "ocr"
_LIBRARIES = ("rapidocr", "onnxruntime")


class _Read(Protocol):
    boxes: npt.NDArray[np.float32] | None  # (n, 4, 2) corners in pixels
    txts: tuple[str, ...] | None
    scores: tuple[float, ...] | None


class _Engine(Protocol):
    def __call__(self, image: npt.NDArray[np.uint8], *, use_cls: bool) -> _Read: ...


@cache
def _engine() -> _Engine:
    try:
        from rapidocr import RapidOCR
    except ImportError as error:
        raise UsageError("ocr", "rapidocr is not installed", "pip install 'microtome[ocr]'") from error
    return cast(_Engine, RapidOCR(params={"Global.log_level": "critical", "EngineConfig.onnxruntime.intra_op_num_threads": 1}))


def reader() -> str:
    """Names and versions of what reads words here; empty where it is not installed."""
    try:
        return " ".join(f"{name}-{version(name)}" for name in _LIBRARIES)
    except PackageNotFoundError:
        return ""


def lines_of(pixels: npt.NDArray[np.uint8], at: Box) -> tuple[Line, ...]:
    """The words of `words_of` as lines of a page without a text layer, so that its captions are found like any other.

    The reader tells neither fonts nor blocks: letters are taken as high as their box allows, each line is a block.
    """
    read = [word for word in words_of(pixels, at) if word.confidence >= _LEGIBLE and word.text.strip()]
    return tuple(
        Line((Span(word.text, word.box, _FONT, round(_LETTERS * word.box.height, 1), False, False, False),), word.box, block, 0)
        for block, word in enumerate(read)
    )


def words_of(pixels: npt.NDArray[np.uint8], at: Box) -> tuple[Word, ...]:
    """Words printed in uint8 RGB (h, w, 3) pixels that show box `at` of a page; boxes in points of that page.

    Ordered from the top, then from the left. Raises UsageError when the extra is not installed.
    """
    read = _engine()(pixels[:, :, ::-1], use_cls=False)
    if read.boxes is None or read.txts is None or read.scores is None:
        return ()
    wide, high = at.width / pixels.shape[1], at.height / pixels.shape[0]
    words = []
    for corners, text, score in zip(read.boxes, read.txts, read.scores, strict=True):
        (left, top), (right, foot) = corners.min(axis=0), corners.max(axis=0)
        box = Box(at.x0 + left * wide, at.y0 + top * high, at.x0 + right * wide, at.y0 + foot * high)
        words.append(Word(text, Box(*(round(float(v), 2) for v in box)), round(float(score), 3)))
    return tuple(sorted(words, key=lambda word: (word.box.y0, word.box.x0)))
