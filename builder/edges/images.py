"""Pixels to PNG and back: lossless, same pixels same bytes, the canary in a text chunk."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import numpy.typing as npt
from PIL import Image, PngImagePlugin

from builder.asking import Picture
from builder.pages import Box
from builder.records import Crop, pixels_digest

CANARY_KEY = "canary"
_COMPRESS_LEVEL = 6


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


def picture_within(png: bytes, long_side: int) -> Picture:
    """A released image to show to a model, scaled down where its long side has more than `long_side` pixels."""
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
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
