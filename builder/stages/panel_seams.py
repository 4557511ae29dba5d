"""Seams: straight borders between pictures set edge to edge, told by a spike of change, a step of grey or of texture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from builder.stages.panel_field import Field, Region, length_of, profile

Values = npt.NDArray[np.float64]

_QUARTERS = 4  # stretches of a cut that vote
_BESIDE = 6  # pixels on each side of a place that a border is told by
_STILL = 2.0  # grey levels of change from pixel to pixel that mean nothing
_SPIKE = 1.6  # times the change beside it: a border
_TEXTURE = 2.2  # times the change on the other side: two pictures
_STEP = 30.0  # grey levels between the means on both sides: two pictures
_ENOUGH = 2.0  # times what is asked: a step or a texture counts no further
_SHARP = 0.8  # of the change beside it: a slope in a picture changes less where its sides part
_PICTURE_SHARE = 0.7  # of a column beside a seam that is ink


def seam_strength(field: Field, region: Region, upright: bool) -> Values:
    """At each column (upright) or row of the region, how many times what is asked of a seam stands there.

    Three of four stretches of the cut must agree, and both sides must be inked.
    """
    size = (region.x1 - region.x0) if upright else (region.y1 - region.y0)
    if size < 4 * _BESIDE:
        return np.zeros(size)
    sums = field.changes_across if upright else field.changes_down
    agreed = []
    for part in _quarters(region, upright):
        length = max(1, length_of(part, upright))
        change, level = profile(sums, part, upright) / length, profile(field.levels, part, upright) / length
        agreed.append(_border(change, level))
    ink = profile(field.sums, region, upright) / max(1, length_of(region, upright))
    beside = np.minimum(_mean_before(ink), _mean_behind(ink)) >= _PICTURE_SHARE
    return np.where(beside, np.sort(np.array(agreed), axis=0)[1], 0.0)


def _quarters(region: Region, upright: bool) -> list[Region]:
    x0, y0, x1, y1 = region
    ends = np.linspace(y0 if upright else x0, y1 if upright else x1, _QUARTERS + 1).astype(int).tolist()
    pairs = list(zip(ends, ends[1:], strict=False))
    return [Region(x0, a, x1, b) if upright else Region(a, y0, b, y1) for a, b in pairs]


def _mean_before(values: Values) -> Values:
    """Mean of the _BESIDE values that end two places before each."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    at = np.arange(len(values))
    low, high = np.clip(at - 1 - _BESIDE, 0, None), np.clip(at - 1, 0, None)
    mean: Values = (sums[high] - sums[low]) / np.maximum(1, high - low)
    return mean


def _mean_behind(values: Values) -> Values:
    return _mean_before(values[::-1])[::-1]


def _border(change: Values, level: Values) -> Values:
    """How many times what is asked of a border stands at each place: a spike of change, a step of level or of texture."""
    before, behind = _mean_before(change), _mean_behind(change)
    spike = change / (np.maximum(before, behind) + _STILL) / _SPIKE
    texture = np.maximum((before + _STILL) / (behind + _STILL), (behind + _STILL) / (before + _STILL)) / _TEXTURE
    step = np.abs(_mean_before(level) - _mean_behind(level)) / _STEP
    sharp = change >= _SHARP * np.maximum(before, behind)
    strength: Values = np.maximum(
        spike, np.where(sharp, np.maximum(np.minimum(texture, _ENOUGH), np.minimum(step, _ENOUGH)), 0.0)
    )
    strength[: _BESIDE + 2] = 0.0
    strength[-_BESIDE - 2 :] = 0.0
    return strength
