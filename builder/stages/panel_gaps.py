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
_LINE_LENGTH = 16.0  # points; a straight thin stroke this long is an axis or a frame, not type
_LINE_WIDTH = 3.0  # points; what is thicker is a picture or a fill
_CROSSED = 0.7  # points lost for each line that a cut crosses: it runs through the inside of a chart
_MOST_CROSSED = 4
_FRAME_REACH = 5.0  # points from the figure's edge
_FRAME_SHARE = 0.93  # of a side
_EDGE_STEP = 9  # grey levels between neighbours that are one tint
_BESIDE = 6  # pixels on each side of a place that a border is told by
_STILL = 2.0  # grey levels of change from pixel to pixel that mean nothing
_SPIKE = 1.6  # times the change beside it: a border
_TEXTURE = 2.2  # times the change on the other side: two pictures
_SEAM_STEP = 30.0  # grey levels between the means on both sides: two pictures
_SEAM_QUALITY = 1.2  # points for a border twice what is asked
_SEAM_BEST = 1.5
_SEAM_LEAST = 0.7  # of what is asked of a border
_LONG_QUALITY = 1.5  # points for a cut _LONG or longer
_PICTURE_SHARE = 0.7  # of a column beside a seam that is ink
_FLAT_SHARE = 0.012  # of a tinted gutter's length that may hold edges: its frame's
_FLAT_COST = 1.2
_LINE_SHARE = 0.6  # of a cut's length that one dark line runs along: the shared axis of two charts
_LINE_QUALITY = -0.6
_KEPT = 12  # cuts a region and direction


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
    return Field(grey, _unframed(_unframed(ink, scale / fine).T, scale / fine).T, scale / fine)


def _unframed(ink: Mask, scale: float) -> Mask:
    """Ink without thin lines that run from side to side near the upper or the lower edge: a frame around the figure."""
    reach, thick = int(_FRAME_REACH * scale) + 1, int(_LINE_WIDTH * scale) + 1
    full = ink.mean(axis=1) >= _FRAME_SHARE
    lines = [(a, b) for a, b in _runs(full) if b - a <= thick and (b <= reach or a >= len(full) - reach)]
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
    if tint.min() >= _PAPER or (np.abs(rim - tint).max(axis=1) <= _GROUND_STEP).mean() < _GROUND_SHARE or tint.max() < 128:
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


def _profile(sums: Sums, region: Region, *, upright: bool) -> npt.NDArray[np.int32]:
    """Counts per column (upright) or row of the region."""
    x0, y0, x1, y1 = region
    edge = sums[y1, x0 : x1 + 1] - sums[y0, x0 : x1 + 1] if upright else sums[y0 : y1 + 1, x1] - sums[y0 : y1 + 1, x0]
    return np.diff(edge)


def cuts(field: Field, region: Region) -> list[Cut]:
    """The best cuts through a region, both ways, best first."""
    found = []
    for upright in (True, False):
        ways = [*_gutters(field, region, upright), *_flats(field, region, upright)]
        ways += [*_seams(field, region, upright), *_lines(field, region, upright)]
        crossed = _profile(field.rules_across if upright else field.rules_down, region, upright=upright)
        start = region.x0 if upright else region.y0
        ways = [w._replace(quality=w.quality - _CROSSED * min(_MOST_CROSSED, int(crossed[w.at - start]))) for w in ways]
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
    return float(np.log2(1 + min(width, _WIDEST) / 3) + _LONG_QUALITY * min(1.0, length / _LONG) - 1)


def _runs(flags: Mask) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _seams(field: Field, region: Region, upright: bool) -> list[Cut]:
    """Straight borders along much of the region, ink on both sides: pictures set edge to edge.

    A border is a jump of grey, or a change of texture, that three of four stretches of the cut agree on.
    """
    sums = field.changes_across if upright else field.changes_down
    levels = field.levels
    size = (region.x1 - region.x0) if upright else (region.y1 - region.y0)
    if size < 4 * _BESIDE:
        return []
    ink = _profile(field.sums, region, upright=upright) / max(1, _length(region, upright))
    agreed = []
    for part in _quarters(region, upright):
        length = max(1, _length(part, upright))
        change, level = _profile(sums, part, upright=upright) / length, _profile(levels, part, upright=upright) / length
        agreed.append(_border(change, level))
    strength = np.sort(np.array(agreed), axis=0)[1]
    beside = np.minimum(_mean_before(ink), _mean_behind(ink)) >= _PICTURE_SHARE
    strength = np.where(beside, strength, 0.0)
    start = region.x0 if upright else region.y0
    found = []
    for first, last in _runs(strength > _SEAM_LEAST):
        at = first + int(np.argmax(strength[first:last]))
        quality = min(_SEAM_BEST, _SEAM_QUALITY * float(np.log2(strength[at])))
        found.append(Cut(upright, start + at, quality + _LONG_QUALITY * min(1.0, _length(region, upright) / field.scale / _LONG) - 1))
    return found


def _length(region: Region, upright: bool) -> int:
    return (region.y1 - region.y0) if upright else (region.x1 - region.x0)


def _quarters(region: Region, upright: bool) -> list[Region]:
    x0, y0, x1, y1 = region
    ends = np.linspace(y0 if upright else x0, y1 if upright else x1, 5).astype(int).tolist()
    pairs = list(zip(ends, ends[1:], strict=False))
    return [Region(x0, a, x1, b) if upright else Region(a, y0, b, y1) for a, b in pairs]


def _mean_before(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean of the _BESIDE values that end two places before each."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    at = np.arange(len(values))
    low, high = np.clip(at - 1 - _BESIDE, 0, None), np.clip(at - 1, 0, None)
    mean: npt.NDArray[np.float64] = (sums[high] - sums[low]) / np.maximum(1, high - low)
    return mean


def _mean_behind(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return _mean_before(values[::-1])[::-1]


def _border(change: npt.NDArray[np.float64], level: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How many times what is asked of a border stands at each place: a spike of change, a step of level or of texture."""
    before, behind = _mean_before(change), _mean_behind(change)
    spike = change / (np.maximum(before, behind) + _STILL) / _SPIKE
    texture = np.maximum((before + _STILL) / (behind + _STILL), (behind + _STILL) / (before + _STILL)) / _TEXTURE
    step = np.abs(_mean_before(level) - _mean_behind(level)) / _SEAM_STEP
    sharp = change >= 0.8 * np.maximum(before, behind)
    strength: npt.NDArray[np.float64] = np.maximum(spike, np.where(sharp, np.maximum(np.minimum(texture, 2.0), np.minimum(step, 2.0)), 0.0))
    strength[: _BESIDE + 2] = 0.0
    strength[-_BESIDE - 2 :] = 0.0
    return strength


def _flats(field: Field, region: Region, upright: bool) -> list[Cut]:
    """Strips without an edge in them, blank or tinted: gutters on a coloured ground."""
    steps = _profile(field.edges, region, upright=upright)
    length = (region.y1 - region.y0) if upright else (region.x1 - region.x0)
    start = region.x0 if upright else region.y0
    found = []
    for first, last in _runs(steps <= _FLAT_SHARE * length):
        width = (last - first) / field.scale
        if first > 0 and last < len(steps) and width >= _NARROWEST:
            quality = gutter_quality(width, length / field.scale) - _FLAT_COST
            found.append(Cut(upright, start + (first + last) // 2, quality))
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
