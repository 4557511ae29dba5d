"""A figure's look as sums over rectangles: ink, changes of grey and thin lines, each counted in four look-ups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from builder.pages import Box

Mask = npt.NDArray[np.bool_]
Sums = npt.NDArray[np.int32]
Profile = npt.NDArray[np.int32]

_WORKING_SCALE = 100 / 72  # pixels a point: a finer look is reduced to about this
_PAPER = 243  # grey level and up is blank: paper after lossy compression
_GROUND_SHARE = 0.5  # of the figure's rim: a tint that covers it is the figure's ground, not ink
_GROUND_STEP = 10  # grey levels and channel steps that still are the same ground
_GROUND_DARK = 128  # a darker rim is a picture's
_LINE_LENGTH = 16.0  # points; a straight thin stroke this long is an axis or a frame, not type
_LINE_WIDTH = 3.0  # points; what is thicker is a picture or a fill
_FRAME_REACH = 5.0  # points from the figure's edge
_FRAME_SHARE = 0.93  # of a side
_EDGE_STEP = 9  # grey levels between neighbours that are one tint


class Region(NamedTuple):
    """Pixels [x0, x1) by [y0, y1) of the working look."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def area(self) -> int:
        return max(0, self.x1 - self.x0) * max(0, self.y1 - self.y0)


@dataclass(frozen=True)
class Field:
    """A figure's look, reduced to what cuts are judged by. `grey` is int16 (h, w) at `scale` pixels a point."""

    grey: npt.NDArray[np.int16]
    ink: Mask
    scale: float
    placed: tuple[Region, ...] = ()  # rasters that the PDF places

    @cached_property
    def sums(self) -> Sums:
        return _summed(self.ink)

    @cached_property
    def levels(self) -> Sums:
        return _totals(self.grey)

    @cached_property
    def changes_across(self) -> Sums:
        """Sums of the change of grey from the left neighbour."""
        return _totals(np.abs(np.diff(self.grey, axis=1, prepend=self.grey[:, :1])))

    @cached_property
    def changes_down(self) -> Sums:
        return _totals(np.abs(np.diff(self.grey, axis=0, prepend=self.grey[:1])))

    @cached_property
    def edges(self) -> Sums:
        """Sums of places where grey or colour changes to a neighbour."""
        change = np.zeros(self.grey.shape, dtype=bool)
        change[:, 1:] = np.abs(np.diff(self.grey, axis=1)) > _EDGE_STEP
        change[1:] |= np.abs(np.diff(self.grey, axis=0)) > _EDGE_STEP
        return _summed(change)

    @cached_property
    def rules_across(self) -> Sums:
        """Sums of the upper edges of thin lines that run from left to right: what upright cuts cross."""
        return _summed(_rules(self.ink, self.scale))

    @cached_property
    def rules_down(self) -> Sums:
        return _summed(_rules(self.ink.T, self.scale).T)

    @property
    def whole(self) -> Region:
        return Region(0, 0, self.ink.shape[1], self.ink.shape[0])

    def tight(self, region: Region) -> Region | None:
        """The region without its blank margins; None where it holds no ink."""
        columns, rows = profile(self.sums, region, True), profile(self.sums, region, False)
        xs, ys = np.flatnonzero(columns), np.flatnonzero(rows)
        if not len(xs) or not len(ys):
            return None
        return Region(region.x0 + int(xs[0]), region.y0 + int(ys[0]), region.x0 + int(xs[-1]) + 1, region.y0 + int(ys[-1]) + 1)

    def inked(self, region: Region) -> float:
        """Share of the region that is ink."""
        x0, y0, x1, y1 = region
        s = self.sums
        return float(s[y1, x1] - s[y0, x1] - s[y1, x0] + s[y0, x0]) / max(1, region.area)


def field_of(look: npt.NDArray[np.uint8], scale: float, placed: Sequence[Box] = ()) -> Field:
    """The field of an RGB (h, w, 3) look at `scale` pixels a point; `placed` rasters are in points from its corner."""
    fine = max(1, int(scale / _WORKING_SCALE + 0.05))
    grey = look.astype(np.int16).mean(axis=2).astype(np.int16)
    ink = (look.min(axis=2) < _PAPER) & ~_ground(look)
    if fine > 1:
        h, w = (n // fine * fine for n in grey.shape)
        grey = grey[:h, :w].reshape(h // fine, fine, w // fine, fine).mean(axis=(1, 3)).astype(np.int16)
        ink = ink[:h, :w].reshape(h // fine, fine, w // fine, fine).any(axis=(1, 3))
    scale /= fine
    rasters = tuple(Region(*(round(v * scale) for v in box)) for box in placed)
    return Field(grey, _unframed(_unframed(ink, scale).T, scale).T, scale, rasters)


def _unframed(ink: Mask, scale: float) -> Mask:
    """Ink without thin lines that run from side to side near the upper or the lower edge: a frame around the figure."""
    reach, thick = int(_FRAME_REACH * scale) + 1, int(_LINE_WIDTH * scale) + 1
    full = ink.mean(axis=1) >= _FRAME_SHARE
    lines = [(a, b) for a, b in runs(full) if b - a <= thick and (b <= reach or a >= len(full) - reach)]
    if not lines:
        return ink
    bare = ink.copy()
    for first, last in lines:
        bare[max(0, first - 1) : last + 1] = False
    return bare


def _ground(look: npt.NDArray[np.uint8]) -> Mask:
    """Pixels of the tint that runs around the figure's rim, where one does."""
    rim = np.concatenate([look[0], look[-1], look[:, 0], look[:, -1]]).astype(np.int16)
    tint = np.median(rim, axis=0)
    if (
        tint.min() >= _PAPER
        or (np.abs(rim - tint).max(axis=1) <= _GROUND_STEP).mean() < _GROUND_SHARE
        or tint.max() < _GROUND_DARK
    ):
        return np.zeros(look.shape[:2], dtype=bool)
    near: Mask = np.abs(look.astype(np.int16) - tint).max(axis=2) <= _GROUND_STEP
    return near


def _summed(mask: Mask) -> Sums:
    sums = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), dtype=np.int32)
    sums[1:, 1:] = mask.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
    return sums


def _totals(values: npt.NDArray[np.int16]) -> Sums:
    sums = np.zeros((values.shape[0] + 1, values.shape[1] + 1), dtype=np.int32)
    sums[1:, 1:] = values.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
    return sums


def _rules(ink: Mask, scale: float) -> Mask:
    """The upper edges of thin lines that run along rows."""
    long, thick = max(3, int(_LINE_LENGTH * scale)), max(2, int(_LINE_WIDTH * scale))
    lines = _opened(ink, long)
    lines &= ~_opened(ink.T, thick + 1).T
    edges = lines.copy()
    edges[1:] &= ~lines[:-1]
    return edges


def _opened(ink: Mask, long: int) -> Mask:
    """Pixels of runs along rows at least `long` pixels long."""
    if ink.shape[1] < long:
        return np.zeros(ink.shape, dtype=bool)
    sums = np.zeros((ink.shape[0], ink.shape[1] + 1), dtype=np.int32)
    sums[:, 1:] = ink.cumsum(axis=1, dtype=np.int32)
    starts = sums[:, long:] - sums[:, :-long] == long
    reach = np.zeros((ink.shape[0], ink.shape[1] + 1), dtype=np.int32)
    reach[:, : starts.shape[1]] += starts
    reach[:, long : long + starts.shape[1]] -= starts
    opened: Mask = reach.cumsum(axis=1)[:, :-1] > 0
    return opened


def profile(sums: Sums, region: Region, upright: bool) -> Profile:
    """Counts per column (upright) or row of the region."""
    x0, y0, x1, y1 = region
    edge = sums[y1, x0 : x1 + 1] - sums[y0, x0 : x1 + 1] if upright else sums[y0 : y1 + 1, x1] - sums[y0 : y1 + 1, x0]
    return np.diff(edge)


def length_of(region: Region, upright: bool) -> int:
    return (region.y1 - region.y0) if upright else (region.x1 - region.x0)


def runs(flags: Mask) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
