"""The crop that a model is shown: every pixel of it without the canary, smaller only beyond what a provider takes."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from builder.edges.images import encode_png, fitted
from builder.pages import Box
from builder.records import Crop
from builder.stages.image_tokens import FAMILIES, picture_limits


def crop(width: int, height: int) -> tuple[Crop, bytes]:
    pixels = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return encode_png(pixels, Box(0, 0, width, height), 300, "canary-0123")


def test_a_crop_within_the_limits_keeps_every_pixel_and_loses_its_canary() -> None:
    made, data = crop(60, 40)
    shown = fitted(data, made, 60, 100_000)
    assert (shown.width, shown.height, shown.identity) == (60, 40, made.pixels_sha256)
    assert b"canary" in data
    assert b"canary" not in shown.data
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(shown.data))), np.asarray(Image.open(io.BytesIO(data))))


@pytest.mark.parametrize(("side", "most", "size"), [(30, 100_000, (30, 20)), (60, 4_000, None), (8, 100_000, (8, 5))])
def test_a_crop_beyond_a_limit_is_scaled_down_and_keeps_its_shape(side: int, most: int, size: tuple[int, int] | None) -> None:
    made, data = crop(60, 40)
    shown = fitted(data, made, side, most)
    assert len(shown.data) <= most
    assert size in (None, (shown.width, shown.height))
    assert shown.width / shown.height == pytest.approx(1.5, rel=0.1)
    assert shown.identity != made.pixels_sha256
    assert fitted(data, made, side, most) == shown


def test_an_unknown_family_is_given_what_every_provider_takes() -> None:
    limits = [picture_limits(family) for family in FAMILIES]
    side, most = picture_limits(None)
    assert most == min(bytes_ for _, bytes_ in limits)
    assert side == max(side for side, _ in limits)  # more is refused; a provider that wants less scales it down itself
