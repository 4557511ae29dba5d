"""What a picture costs in tokens: each provider family's own rule, so that a thumbnail is priced before it is sent.

Estimates of image tokens alone; text, output and cached input are billed beside them. The billed usage is recorded after.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

Family = Literal["gemini-3", "gemini-2", "gpt-4o", "gpt-5-mini", "claude-4.6", "claude-4.7", "qwen2.5-vl"]

# https://ai.google.dev/gemini-api/docs/media-resolution: by setting, whatever the size; images default to high
GEMINI_3_TOKENS = MappingProxyType({"low": 280, "medium": 560, "high": 1120, "ultra_high": 2240})
_GEMINI_2_TILE, _GEMINI_2_TOKENS, _GEMINI_2_SMALL = 768, 258, 384  # https://ai.google.dev/gemini-api/docs/tokens
# https://platform.openai.com/docs/guides/images-vision: tiles at detail "high", patches with the mini's factor
_TILE, _TILE_BASE, _TILE_TOKENS, _TILE_LONG, _TILE_SHORT = 512, 85, 170, 2048, 768
_PATCH, _PATCH_CAP, _PATCH_FACTOR = 32, 1536, 1.62
# https://platform.claude.com/docs/en/build-with-claude/vision: long edge in pixels and visual tokens before downscaling
_CLAUDE_CELL, _CLAUDE_4_6, _CLAUDE_4_7 = 28, (1568, 1568), (2576, 4784)
_QWEN_CELL, _QWEN_LEAST, _QWEN_MOST = 28, 56 * 56, 12_845_056  # pixels; arXiv:2502.13923 and its processor's settings


class Pixels(NamedTuple):
    """A picture's size."""

    width: int
    height: int


def gemini_3(_: Pixels) -> int:
    """The size does not matter: tokens follow `media_resolution`, here its default for images."""
    return GEMINI_3_TOKENS["high"]


def gemini_2(size: Pixels) -> int:
    """258 for each 768 x 768 tile; one tile for a picture of at most 384 x 384."""
    if max(size) <= _GEMINI_2_SMALL:
        return _GEMINI_2_TOKENS
    return _GEMINI_2_TOKENS * _cells(size.width, size.height, _GEMINI_2_TILE)


def gpt_4o(size: Pixels) -> int:
    """Tiles of 512 after fitting into 2048 and bringing the short side down to 768.

    >>> gpt_4o(Pixels(1654, 2339)), gpt_4o(Pixels(724, 1024))
    (1105, 765)
    """
    fit = min(1.0, _TILE_LONG / max(size))
    fit *= min(1.0, _TILE_SHORT / (min(size) * fit))
    return _TILE_BASE + _TILE_TOKENS * _cells(size.width * fit, size.height * fit, _TILE)


def gpt_5_mini(size: Pixels) -> int:
    """Patches of 32, at most 1536 after downscaling, times the model's factor."""
    wide, high = float(size.width), float(size.height)
    if _cells(wide, high, _PATCH) > _PATCH_CAP:
        fit = math.sqrt(_PATCH_CAP * _PATCH**2 / (wide * high))
        across, down = wide * fit / _PATCH, high * fit / _PATCH
        fit *= min(math.floor(across) / across, math.floor(down) / down)
        wide, high = wide * fit, high * fit
    return math.ceil(min(_PATCH_CAP, _cells(wide, high, _PATCH)) * _PATCH_FACTOR)


def claude_4_6(size: Pixels) -> int:
    """Cells of 28 after fitting the long edge into 1568 pixels and the whole into 1568 cells."""
    return _claude(size, *_CLAUDE_4_6)


def claude_4_7(size: Pixels) -> int:
    """Cells of 28 after fitting the long edge into 2576 pixels and the whole into 4784 cells."""
    return _claude(size, *_CLAUDE_4_7)


def qwen2_5_vl(size: Pixels) -> int:
    """One token for 28 x 28 pixels, sides rounded to 28, the area kept within the processor's limits."""
    wide, high = (max(1, round(side / _QWEN_CELL)) * _QWEN_CELL for side in size)
    for limit, too_far, rounded in (
        (_QWEN_MOST, wide * high > _QWEN_MOST, math.floor),
        (_QWEN_LEAST, wide * high < _QWEN_LEAST, math.ceil),
    ):
        if too_far:
            fit = math.sqrt(limit / (size.width * size.height))
            wide, high = (max(1, rounded(side * fit / _QWEN_CELL)) * _QWEN_CELL for side in size)
    return wide * high // _QWEN_CELL**2


def _claude(size: Pixels, long_edge: int, most: int) -> int:
    fit = min(1.0, long_edge / max(size))
    while _cells(size.width * fit, size.height * fit, _CLAUDE_CELL) > most:
        # one step leads to the cap's area; the rounding up to whole cells then takes a few small ones
        fit *= min(0.999, math.sqrt(most / _cells(size.width * fit, size.height * fit, _CLAUDE_CELL)))
    return _cells(size.width * fit, size.height * fit, _CLAUDE_CELL)


def _cells(wide: float, high: float, side: int) -> int:
    """Squares of `side` pixels that cover the picture; a thousandth of a pixel is rounding."""
    return max(1, math.ceil(wide / side - 1e-6)) * max(1, math.ceil(high / side - 1e-6))


TOKENS: Mapping[Family, Callable[[Pixels], int]] = MappingProxyType(
    {
        "gemini-3": gemini_3,
        "gemini-2": gemini_2,
        "gpt-4o": gpt_4o,
        "gpt-5-mini": gpt_5_mini,
        "claude-4.6": claude_4_6,
        "claude-4.7": claude_4_7,
        "qwen2.5-vl": qwen2_5_vl,
    }
)
FAMILIES: tuple[Family, ...] = get_args(Family)
# Long edges above which a provider scales down itself, as above; what none takes: 8,000 pixels (Claude), 20 MB inline (Gemini)
_LONG_EDGES: Mapping[Family, int] = MappingProxyType(
    {"gpt-4o": _TILE_LONG, "claude-4.6": _CLAUDE_4_6[0], "claude-4.7": _CLAUDE_4_7[0]}
)
_MOST_SIDE, _MOST_BYTES, _CLAUDE_BYTES = 8000, 15_000_000, 3_750_000  # bytes before base64, which adds a third
_STEP = 16  # pixels between the thumbnails that are compared


def thumbnail_size(width: float, height: float, long_side: int) -> Pixels:
    """Pixels of a page of `width` x `height` (any unit) whose long side is brought to `long_side` pixels."""
    fit = long_side / max(width, height)
    return Pixels(max(1, round(width * fit)), max(1, round(height * fit)))


def picture_limits(family: Family | None) -> tuple[int, int]:
    """Long side in pixels and size in bytes beyond which a picture is refused, or scaled down by its provider anyway."""
    careful = family is None or family.startswith("claude")
    return (_LONG_EDGES.get(family, _MOST_SIDE) if family else _MOST_SIDE), _CLAUDE_BYTES if careful else _MOST_BYTES


def cheapest_side(width: float, height: float, family: Family, *, least: int, most: int) -> int:
    """The long side in [least, most] pixels that the family's rule makes cheapest; of equals the sharpest.

    >>> cheapest_side(595, 842, "gemini-2", least=768, most=1024)
    768
    >>> cheapest_side(595, 842, "gpt-4o", least=768, most=1024)
    1024
    """
    sides: Sequence[int] = [*range(most, least, -_STEP), least]
    return min(sides, key=lambda side: (TOKENS[family](thumbnail_size(width, height, side)), -side))


__all__ = ["FAMILIES", "TOKENS", "Family", "Pixels", "cheapest_side", "picture_limits", "thumbnail_size"]
