"""Cut a figure into a given number of panels: the set of straight cuts for which gaps, sizes and letters speak together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field as made
from math import log, sqrt
from typing import NamedTuple

from builder.stages.panel_gaps import Cut, Field, Region, cuts

# Corners where a figure's letters may stand, as shares of a panel's width and height.
CORNERS = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.5, 0.0), (0.5, 1.0))
_IMPOSSIBLE = -1e6
_SIZE = 0.35  # points lost for a panel e times larger or smaller than the mean
_SLIM = 3.0  # points lost for a panel whose short side is e times below _SLIMMEST
_SLIMMEST = 0.38  # of the root of the mean panel area
_CROWDED = 6.0  # points lost for each letter too many in a panel
_UNNAMED = 2.0  # points lost for a panel without a letter where all letters were seen
_OFF_CORNER = 3.0  # points lost for a letter a whole panel away from its corner, by the square
_LEAST = 0.2  # of the root of the mean panel area: no panel is slimmer
_TRIED = 30  # cuts a region over the number of panels sought, never under 4
_WORSE = 2.5  # points below the region's best cut: not tried
_FORCED = -3.0  # quality of a cut between two letters where nothing is blank


class Sign(NamedTuple):
    """A panel letter at a place of the working look."""

    letter: str
    x: float
    y: float


@dataclass(frozen=True)
class Layout:
    """Regions of the panels and what speaks for them."""

    regions: tuple[Region, ...]
    score: float


@dataclass
class _Search:
    field: Field
    signs: Sequence[Sign]
    count: int
    corner: tuple[float, float] | None
    known: dict[Region, list[Cut]]
    least: float
    found: dict[tuple[Region, int], Layout] = made(default_factory=dict)


def layout(field: Field, signs: Sequence[Sign], count: int) -> Layout:
    """The best layout of `count` panels; its score is far below zero where no cuts give that many."""
    whole = field.tight(field.whole)
    if whole is None:
        return Layout((field.whole,), 0.0 if count == 1 else _IMPOSSIBLE)
    known: dict[Region, list[Cut]] = {}
    least = _LEAST * sqrt(whole.area / count)
    corners: Sequence[tuple[float, float] | None] = CORNERS if signs else (None,)
    tried = [_best(_Search(field, signs, count, corner, known, least), whole, count) for corner in corners]
    return max(tried, key=lambda one: one.score)


def _best(search: _Search, region: Region, count: int) -> Layout:
    key = (region, count)
    if key not in search.found:
        search.found[key] = _leaf(search, region) if count == 1 else _parted(search, region, count)
    return search.found[key]


def _parted(search: _Search, region: Region, count: int) -> Layout:
    best = Layout((region,), _IMPOSSIBLE)
    here = _within(search.signs, region)
    for cut in _cuts(search, region):
        sides = _sides(search.field, region, cut)
        if sides is None:
            continue
        first, second = sides
        if min(_side(first), _side(second)) < search.least:
            continue
        for n in _shares(search, here, region, cut, first, second, count):
            left = _best(search, first, n)
            if left.score <= _IMPOSSIBLE / 2:
                continue
            right = _best(search, second, count - n)
            score = cut.quality + left.score + right.score
            if score > best.score:
                best = Layout((*left.regions, *right.regions), score)
    return best


def _side(region: Region) -> int:
    return min(region.x1 - region.x0, region.y1 - region.y0)


def _within(signs: Sequence[Sign], region: Region) -> list[Sign]:
    return [s for s in signs if region.x0 <= s.x < region.x1 and region.y0 <= s.y < region.y1]


def _shares(
    search: _Search, here: Sequence[Sign], region: Region, cut: Cut, first: Region, second: Region, count: int
) -> Sequence[int]:
    """How many of `count` panels may lie on the first side: as many as its letters, or about as its area says."""
    before = sum((s.x if cut.upright else s.y) < cut.at for s in here)
    if len(here) == count:
        return (before,) if 0 < before < count else ()
    expected = count * first.area / max(1, first.area + second.area)
    slack = max(1.0, 0.4 * count)
    low = max(1, before, int(expected - slack))
    high = min(count - 1, count - (len(here) - before), int(expected + slack) + 1)
    return range(low, high + 1)


def _cuts(search: _Search, region: Region) -> list[Cut]:
    if region not in search.known:
        ways = [*cuts(search.field, region), *_between(_within(search.signs, region))]
        best = max((w.quality for w in ways), default=0.0)
        search.known[region] = [w for w in ways if w.quality > best - _WORSE][: max(4, _TRIED // search.count)]
    return search.known[region]


def _between(signs: Sequence[Sign]) -> list[Cut]:
    """Cuts half way between letters, for panels that nothing else parts."""
    ways = []
    for upright in (True, False):
        places = sorted({s.x if upright else s.y for s in signs})
        ways += [Cut(upright, int((a + b) / 2), _FORCED) for a, b in zip(places, places[1:], strict=False) if b - a > 8]
    return ways


def _sides(field: Field, region: Region, cut: Cut) -> tuple[Region, Region] | None:
    x0, y0, x1, y1 = region
    if cut.upright:
        first, second = field.tight(Region(x0, y0, cut.at, y1)), field.tight(Region(cut.at, y0, x1, y1))
    else:
        first, second = field.tight(Region(x0, y0, x1, cut.at)), field.tight(Region(x0, cut.at, x1, y1))
    return None if first is None or second is None else (first, second)


def _leaf(search: _Search, region: Region) -> Layout:
    whole = search.field.whole
    mean = whole.area / search.count
    wide, high = region.x1 - region.x0, region.y1 - region.y0
    score = -_SIZE * log(region.area / mean) ** 2
    score -= _SLIM * max(0.0, log(_SLIMMEST * sqrt(mean) / max(1, min(wide, high))))
    here = _within(search.signs, region)
    score -= _CROWDED * max(0, len(here) - 1)
    if not here and len(search.signs) >= search.count:
        score -= _UNNAMED
    if here and search.corner is not None:
        off = min((s.x - region.x0 - search.corner[0] * wide) ** 2 / wide**2 + (s.y - region.y0 - search.corner[1] * high) ** 2 / high**2 for s in here)
        score -= _OFF_CORNER * off
    return Layout((region,), score)
