"""Pixels to PNG and back: lossless, same pixels same bytes, the canary in a text chunk."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
from PIL import Image, PngImagePlugin

from builder.asking import Picture
from builder.pages import Box
from builder.records import Crop, pixels_digest

CANARY_KEY = "canary"
_COMPRESS_LEVEL = 6
_PAGE_QUALITY = 88  # of a JPEG on a report's page: scale bars and letters stay legible
_STEP_DOWN = 0.9  # of a side, at least: PNG sizes do not follow the area exactly


def encode_png(pixels: npt.NDArray[np.uint8], box: Box, dpi: int, canary: str) -> tuple[Crop, bytes]:
    """PNG bytes of uint8 RGB pixels (h, w, 3) rendered from `box` of a page, and the record that names them."""
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text(CANARY_KEY, canary)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", pnginfo=chunks, compress_level=_COMPRESS_LEVEL, dpi=(dpi, dpi))
    data = buffer.getvalue()
    height, width = pixels.shape[:2]
    crop = Crop(
        sha256=hashlib.sha256(data).hexdigest(),
        pixels_sha256=pixels_digest(width, height, pixels.tobytes()),
        width=width,
        height=height,
        dpi=dpi,
        box=box,
    )
    return crop, data


@contextmanager
def opened_png(data: bytes) -> Iterator[Image.Image]:
    """A PNG's image. Raises OSError where the bytes are none, or swell past Pillow's limits of pixels and of text."""
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            yield image
    except (SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise OSError(f"no PNG that can be read: {error}") from error


def picture_within(png: bytes, long_side: int) -> Picture:
    """A released image to show, scaled down where its long side has more than `long_side` pixels. Raises OSError."""
    with opened_png(png) as image:
        rgb = image.convert("RGB")
    share = long_side / max(rgb.size)
    if share < 1:
        rgb = rgb.resize((max(1, round(rgb.width * share)), max(1, round(rgb.height * share))), Image.Resampling.LANCZOS)
    return picture_of(np.asarray(rgb, dtype=np.uint8))


def picture_of(pixels: npt.NDArray[np.uint8]) -> Picture:
    """A PNG to show to a model, of uint8 RGB pixels (h, w, 3). It carries no canary: what is sent is not released."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=_COMPRESS_LEVEL)
    height, width = pixels.shape[:2]
    return Picture(buffer.getvalue(), "image/png", width, height, pixels_digest(width, height, pixels.tobytes()))


def jpeg_of(picture: Picture) -> bytes:
    """A picture as JPEG, for a page: a tenth of the bytes, and nothing is measured on it."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(picture.data)) as image:
        image.save(buffer, "JPEG", quality=_PAGE_QUALITY, optimize=True)
    return buffer.getvalue()


def fitted(data: bytes, crop: Crop, long_side: int, most_bytes: int) -> Picture:
    """A crop's PNG as it is shown to a model: every pixel of it, unless its long side or its bytes pass the limits."""
    return _fitted(
        data, Picture(_without_text(data), "image/png", crop.width, crop.height, crop.pixels_sha256), long_side, most_bytes
    )


def fitted_release(data: bytes, pixels_sha256: str, long_side: int, most_bytes: int) -> Picture:
    """A released row's PNG, likewise. Raises OSError where the bytes are no PNG."""
    with opened_png(data) as image:
        width, height = image.size
    return _fitted(data, Picture(_without_text(data), "image/png", width, height, pixels_sha256), long_side, most_bytes)


def _fitted(data: bytes, whole: Picture, long_side: int, most_bytes: int) -> Picture:
    if max(whole.width, whole.height) <= long_side and len(whole.data) <= most_bytes:
        return whole
    with opened_png(data) as opened:
        image = opened.convert("RGB")
    scale = min(1.0, long_side / max(image.size))
    while True:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        made = picture_of(np.asarray(image.resize(size, Image.Resampling.LANCZOS)))
        if len(made.data) <= most_bytes or max(size) == 1:
            return made
        scale *= min(_STEP_DOWN, (most_bytes / len(made.data)) ** 0.5)


def _without_text(png: bytes) -> bytes:
    """The same PNG without its text chunks: the canary stays here. Pixels are not decoded."""
    kept, at = [png[:8]], 8
    while at < len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] not in (b"tEXt", b"zTXt", b"iTXt"):
            kept.append(png[at:end])
        at = end
    return b"".join(kept)
