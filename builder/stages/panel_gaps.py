"""Where a figure can be cut: blank gutters, seams between pictures, shared axes, each with what speaks for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Sums = npt.NDArray[np.int32]

_WORKING_SCALE = 100 / 72  # pixels a point: a finer look is reduced to about this
_PAPER = 243  # grey level and up is blank: paper after lossy compression
_GROUND_SHARE = 0.5  # of the figure's rim: a tint that covers it is the figure's ground, not ink
_GROUND_STEP = 10  # grey levels and channel steps that still are the same ground
# Share of a gutter's length that may be inked, and what each costs: nothing, a stray line, lines of a frame, a label.
_TOLERANCES = ((0.0, 0.0), (0.008, 0.4), (0.025, 1.0), (0.06, 2.0))
_NARROWEST = 1.5  # points; what is narrower at one tolerance is the space between letters
_WIDEST = 24.0  # points; a wider gutter says no more
_LONG = 120.0  # points; blank along this length is no accident
_SEAM_STEP = 24  # grey levels between neighbours on the two sides of a seam
_SEAM_SHARE = 0.8  # of a seam's length where the step is seen
_SEAM_QUALITY = 1.3
_LINE_SHARE = 0.6  # of a cut's length that one dark line runs along: the shared axis of two charts
_LINE_QUALITY = -0.6
_KEPT = 9  # cuts a region and direction


class Region(NamedTuple):
    """Pixels [x0, x1) by [y0, y1) of the working look."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def area(self) -> int:
        return max(0, self.x1 - self.x0) * max(0, self.y1 - self.y0)


class Cut(NamedTuple):
    """A straight cut through a region."""

    upright: bool  # cuts left from right
    at: int  # the first pixel behind it
    quality: float


@dataclass(frozen=True)
class Field:
    """A figure's look, reduced to what cuts are judged by. `grey` is int16 (h, w) at `scale` pixels a point."""

    grey: npt.NDArray[np.int16]
    ink: Mask
    scale: float

    @cached_property
    def sums(self) -> Sums:
        return _summed(self.ink)

    @cached_property
    def steps_across(self) -> Sums:
        """Sums of places where grey jumps between a pixel's left and right neighbour."""
        jump = np.zeros(self.grey.shape, dtype=bool)
        jump[:, 1:-1] = np.abs(self.grey[:, 2:] - self.grey[:, :-2]) > _SEAM_STEP
        return _summed(jump)

    @cached_property
    def steps_down(self) -> Sums:
        jump = np.zeros(self.grey.shape, dtype=bool)
        jump[1:-1] = np.abs(self.grey[2:] - self.grey[:-2]) > _SEAM_STEP
        return _summed(jump)

    @property
    def whole(self) -> Region:
        return Region(0, 0, self.ink.shape[1], self.ink.shape[0])

    def tight(self, region: Region) -> Region | None:
        """The region without its blank margins; None where it holds no ink."""
        columns, rows = _profile(self.sums, region, upright=True), _profile(self.sums, region, upright=False)
        xs, ys = np.flatnonzero(columns), np.flatnonzero(rows)
        if not len(xs) or not len(ys):
            return None
        return Region(region.x0 + int(xs[0]), region.y0 + int(ys[0]), region.x0 + int(xs[-1]) + 1, region.y0 + int(ys[-1]) + 1)

    def inked(self, region: Region) -> float:
        """Share of the region that is ink."""
        x0, y0, x1, y1 = region
        s = self.sums
        return float(s[y1, x1] - s[y0, x1] - s[y1, x0] + s[y0, x0]) / max(1, region.area)


def field_of(look: npt.NDArray[np.uint8], scale: float) -> Field:
    """The field of an RGB (h, w, 3) look at `scale` pixels a point."""
    fine = max(1, int(scale / _WORKING_SCALE + 0.05))
    grey = look.astype(np.int16).mean(axis=2).astype(np.int16)
    ink = (look.min(axis=2) < _PAPER) & ~_ground(look)
    if fine > 1:
        h, w = (n // fine * fine for n in grey.shape)
        grey = grey[:h, :w].reshape(h // fine, fine, w // fine, fine).mean(axis=(1, 3)).astype(np.int16)
        ink = ink[:h, :w].reshape(h // fine, fine, w // fine, fine).any(axis=(1, 3))
    return Field(grey, ink, scale / fine)


def _ground(look: npt.NDArray[np.uint8]) -> Mask:
    """Pixels of the tint that runs around the figure's rim, where one does."""
    rim = np.concatenate([look[0], look[-1], look[:, 0], look[:, -1]]).astype(np.int16)
    tint = np.median(rim, axis=0)
    if tint.min() >= _PAPER or (np.abs(rim - tint).max(axis=1) <= _GROUND_STEP).mean() < _GROUND_SHARE or tint.max() < 128:
        return np.zeros(look.shape[:2], dtype=bool)
    near: Mask = np.abs(look.astype(np.int16) - tint).max(axis=2) <= _GROUND_STEP
    return near


def _summed(mask: Mask) -> Sums:
    sums = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), dtype=np.int32)
    sums[1:, 1:] = mask.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
    return sums


def _profile(sums: Sums, region: Region, *, upright: bool) -> npt.NDArray[np.int32]:
    """Counts per column (upright) or row of the region."""
    x0, y0, x1, y1 = region
    edge = sums[y1, x0 : x1 + 1] - sums[y0, x0 : x1 + 1] if upright else sums[y0 : y1 + 1, x1] - sums[y0 : y1 + 1, x0]
    return np.diff(edge)


def cuts(field: Field, region: Region) -> list[Cut]:
    """The best cuts through a region, both ways, best first."""
    found = []
    for upright in (True, False):
        ways = [*_gutters(field, region, upright), *_seams(field, region, upright), *_lines(field, region, upright)]
        found += _apart(sorted(ways, key=lambda c: (-c.quality, c.at)), field.scale)[:_KEPT]
    return sorted(found, key=lambda c: (-c.quality, c.upright, c.at))


def _apart(ways: list[Cut], scale: float) -> list[Cut]:
    """Cuts, best first, without those beside a better one."""
    kept: list[Cut] = []
    for cut in ways:
        if all(abs(cut.at - other.at) > 2 * scale for other in kept):
            kept.append(cut)
    return kept


def _gutters(field: Field, region: Region, upright: bool) -> list[Cut]:
    profile = _profile(field.sums, region, upright=upright)
    length = (region.y1 - region.y0) if upright else (region.x1 - region.x0)
    start = region.x0 if upright else region.y0
    found = []
    for share, cost in _TOLERANCES:
        for first, last in _runs(profile <= share * length):
            width = (last - first) / field.scale
            if first > 0 and last < len(profile) and width >= _NARROWEST:
                quality = gutter_quality(width, length / field.scale) - cost
                found.append(Cut(upright, start + (first + last) // 2, quality))
    return found


def gutter_quality(width: float, length: float) -> float:
    """What a blank strip is worth as a border, its sides in points: wide and long ones are no accident."""
    return float(np.log2(1 + min(width, _WIDEST) / 3) + 1.5 * min(1.0, length / _LONG) - 1)


def _runs(flags: Mask) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _seams(field: Field, region: Region, upright: bool) -> list[Cut]:
    """Straight jumps of grey through the whole region: pictures set edge to edge."""
    sums = field.steps_across if upright else field.steps_down
    length = (region.y1 - region.y0) if upright else (region.x1 - region.x0)
    share = _profile(sums, region, upright=upright) / max(1, length)
    start = region.x0 if upright else region.y0
    found = []
    for first, last in _runs(share >= _SEAM_SHARE):
        if first > 3 and last < len(share) - 3 and last - first <= 4 * field.scale:
            found.append(Cut(upright, start + (first + last) // 2, _SEAM_QUALITY * float(share[first:last].max())))
    return found


def _lines(field: Field, region: Region, upright: bool) -> list[Cut]:
    """Thin lines along most of a cut, blank or nearly so on both sides."""
    profile = _profile(field.sums, region, upright=upright)
    length = (region.y1 - region.y0) if upright else (region.x1 - region.x0)
    start = region.x0 if upright else region.y0
    found = []
    for first, last in _runs(profile >= _LINE_SHARE * length):
        if first > 3 and last < len(profile) - 3 and last - first <= 2.5 * field.scale:
            found.append(Cut(upright, start + (first + last) // 2, _LINE_QUALITY))
    return found
