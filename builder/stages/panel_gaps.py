"""Where a figure can be cut: blank gutters, tinted ones, seams, shared axes, edges of placed pictures, and their worth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from builder.stages.panel_field import Field, Region, length_of, profile, runs
from builder.stages.panel_seams import seam_strength

# Share of a gutter's length that may be inked, and what each costs: nothing, a stray line, lines of a frame, a label.
_TOLERANCES = ((0.0, 0.0), (0.008, 0.4), (0.025, 1.0), (0.06, 2.0))
_NARROWEST = 1.5  # points; what is narrower at one tolerance is the space between letters
_WIDEST = 24.0  # points; a wider gutter says no more
_INKED_WIDEST = 6.0  # points; a wider strip with ink in it is the inside of a chart with one thin curve
_LONG = 120.0  # points; blank along this length is no accident
_LONG_WORTH = 1.5
_CROSSED = 0.7  # points lost for each line that a cut crosses: it runs through the inside of a chart
_MOST_CROSSED = 4
_SEAM_LEAST = 0.7  # of what is asked of a seam
_SEAM_WORTH = 1.2  # points for a seam twice what is asked
_SEAM_BEST = 1.5
_FLAT_SHARE = 0.012  # of a tinted gutter's length that may hold edges: its frame's
_FLAT_COST = 1.2
_LINE_SHARE = 0.6  # of a cut's length that one dark line runs along: the shared axis of two charts
_LINE_WORTH = -0.6
_PLACED_WORTH = 1.0  # points for an edge of a placed picture that cuts no other
_SLACK = 2  # pixels by which edges of placed pictures miss each other
_RIM = 3  # pixels at a region's edge where no line is a border
_LABEL_WIDE = (4.0, 14.0)  # points: a row of type set sideways, the name of an axis
_LABEL_INK = 0.6  # of such a strip at most; a colour bar is full
_LABEL_COST = 1.0  # points lost by a cut that leaves the name of an axis to the panel on its left
_KEPT = 12  # cuts a region and direction


class Cut(NamedTuple):
    """A straight cut through a region."""

    upright: bool  # cuts left from right
    at: int  # the first pixel behind it
    quality: float


def cuts(field: Field, region: Region) -> list[Cut]:
    """The best cuts through a region, both ways, best first."""
    found: list[Cut] = []
    for upright in (True, False):
        ways = [*_gutters(field, region, upright), *_flats(field, region, upright), *_seams(field, region, upright)]
        ways += [*_lines(field, region, upright), *_placed(field, region, upright)]
        crossed = profile(field.rules_across if upright else field.rules_down, region, upright)
        start = region.x0 if upright else region.y0
        ways = [w._replace(quality=w.quality - _CROSSED * min(_MOST_CROSSED, int(crossed[w.at - start]))) for w in ways]
        ways = [w._replace(quality=w.quality - _LABEL_COST * _behind_a_label(field, region, w)) for w in ways]
        found += _apart(sorted(ways, key=lambda c: (-c.quality, c.at)), field.scale)[:_KEPT]
    return sorted(found, key=lambda c: (-c.quality, c.upright, c.at))


def _behind_a_label(field: Field, region: Region, cut: Cut) -> bool:
    """Whether a slim strip of type stands alone just left of an upright cut: the name of the next chart's axis."""
    if not cut.upright:
        return False
    counts = profile(field.sums, region, True)[: cut.at - region.x0]
    strips = runs(counts > 0)
    if len(strips) < 2:
        return False
    first, last = strips[-1]
    clear = (first - strips[-2][1]) / field.scale >= _NARROWEST and last < len(counts)
    share = float(counts[first:last].sum()) / max(1, (last - first) * length_of(region, True))
    return clear and _LABEL_WIDE[0] <= (last - first) / field.scale <= _LABEL_WIDE[1] and share <= _LABEL_INK


def _apart(ways: list[Cut], scale: float) -> list[Cut]:
    """Cuts, best first, without those beside a better one."""
    kept: list[Cut] = []
    for cut in ways:
        if all(abs(cut.at - other.at) > 2 * scale for other in kept):
            kept.append(cut)
    return kept


def _gutters(field: Field, region: Region, upright: bool) -> list[Cut]:
    counts = profile(field.sums, region, upright)
    length = length_of(region, upright)
    start = region.x0 if upright else region.y0
    found = []
    for share, cost in _TOLERANCES:
        for first, last in runs(counts <= share * length):
            width = (last - first) / field.scale
            if first > 0 and last < len(counts) and width >= _NARROWEST:
                quality = gutter_quality(width if not cost else min(width, _INKED_WIDEST), length / field.scale) - cost
                found.append(Cut(upright, start + (first + last) // 2, quality))
    return found


def gutter_quality(width: float, length: float) -> float:
    """What a blank strip is worth as a border, its sides in points: wide and long ones are no accident."""
    return float(np.log2(1 + min(width, _WIDEST) / 3) + _LONG_WORTH * min(1.0, length / _LONG) - 1)


def _seams(field: Field, region: Region, upright: bool) -> list[Cut]:
    strength = seam_strength(field, region, upright)
    start = region.x0 if upright else region.y0
    long = _LONG_WORTH * min(1.0, length_of(region, upright) / field.scale / _LONG) - 1
    found = []
    for first, last in runs(strength > _SEAM_LEAST):
        at = first + int(np.argmax(strength[first:last]))
        worth = min(_SEAM_BEST, _SEAM_WORTH * float(np.log2(strength[at])))
        found.append(Cut(upright, start + at, worth + long))
    return found


def _flats(field: Field, region: Region, upright: bool) -> list[Cut]:
    """Strips without an edge in them, blank or tinted: gutters on a coloured ground."""
    steps = profile(field.edges, region, upright)
    length = length_of(region, upright)
    start = region.x0 if upright else region.y0
    found = []
    for first, last in runs(steps <= _FLAT_SHARE * length):
        width = (last - first) / field.scale
        if first > 0 and last < len(steps) and width >= _NARROWEST:
            quality = gutter_quality(width, length / field.scale) - _FLAT_COST
            found.append(Cut(upright, start + (first + last) // 2, quality))
    return found


def _lines(field: Field, region: Region, upright: bool) -> list[Cut]:
    """Thin lines along most of a cut, blank or nearly so on both sides."""
    counts = profile(field.sums, region, upright)
    length = length_of(region, upright)
    start = region.x0 if upright else region.y0
    found = []
    for first, last in runs(counts >= _LINE_SHARE * length):
        if first > _RIM and last < len(counts) - _RIM and last - first <= 2.5 * field.scale:
            found.append(Cut(upright, start + (first + last) // 2, _LINE_WORTH))
    return found


def _placed(field: Field, region: Region, upright: bool) -> list[Cut]:
    """Edges of placed pictures that run through the region and cut no picture in it."""
    low, high = (0, 2) if upright else (1, 3)
    inside = [p for p in field.placed if min(p.x1, region.x1) > max(p.x0, region.x0) + _SLACK]
    inside = [p for p in inside if min(p.y1, region.y1) > max(p.y0, region.y0) + _SLACK]
    if len(inside) < 2:
        return []
    edges = sorted({p[high] for p in inside} | {p[low] for p in inside})
    worth = _PLACED_WORTH + _LONG_WORTH * min(1.0, length_of(region, upright) / field.scale / _LONG) - 1
    return [
        Cut(upright, at, worth)
        for at in edges
        if region[low] + _RIM < at < region[high] - _RIM
        and not any(p[low] + _SLACK < at < p[high] - _SLACK for p in inside)
        and any(p[high] <= at + _SLACK for p in inside)
        and any(p[low] >= at - _SLACK for p in inside)
    ]
