"""Cut a figure into a given number of panels: the straight cuts for which gaps, sizes and letters speak together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as made
from math import log, sqrt
from typing import NamedTuple

from builder.stages.panel_field import Field, Region
from builder.stages.panel_gaps import Cut, cuts

# Corners where a figure's letters may stand, as shares of a panel's width and height.
CORNERS = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.5, 0.0), (0.5, 1.0))
IMPOSSIBLE = -1e6
_SIZE = 0.35  # points lost for a panel e times larger or smaller than the mean, by the square
_SLIM = 3.0  # points lost for a panel whose short side is e times below _SLIMMEST
_SLIMMEST = 0.42  # of the root of the mean panel area
_LEAST = 0.2  # of the root of the mean panel area: no panel is slimmer
_CROWDED = 6.0  # points lost for each letter too many in a panel
_OFF_CORNER = 2.0  # points lost for a letter a whole panel away from its corner
_STRAY = 6.0  # points more beyond _NEAR
_NEAR = 0.25  # shares of a panel: letters set inside axes stand so far from the corner
_TRIED = 30  # cuts a region over the number of panels sought, never under 4
_PATIENCE = 350  # regions looked into before only the best cut of each is tried
_CLEAR, _CLOSE = 1.2, 0.9  # a clear cut is in most good layouts: where letters do not tell, only its equals are tried
_WORSE = 2.5  # points below the region's best cut: not tried
_FORCED = -3.0  # quality of a cut where nothing is blank
_EVEN = -1.2  # quality of a cut into equal parts of what is all picture
_EVEN_MOST = 4  # parts
_FILLED = 0.85  # of a region that is ink: pictures set edge to edge
_OUT_OF_ORDER = 3.0  # points lost where the letters do not run in reading order


class Sign(NamedTuple):
    """A panel letter at a place of the working look; `rank` is its place among the figure's letters, from 0."""

    rank: int
    x: float
    y: float


@dataclass(frozen=True)
class Layout:
    """Regions of the panels and what speaks for them; `ordered` where they come in the order of their letters."""

    regions: tuple[Region, ...]
    score: float
    ordered: bool = False


@dataclass
class _Search:
    """One run over all cuts. With `ordered`, a region's panels hold consecutive letters and earlier ones come first."""

    field: Field
    signs: Sequence[Sign]
    count: int
    corner: tuple[float, float] | None
    ordered: bool
    known: dict[Region, list[Cut]]
    least: float
    found: dict[tuple[Region, int, int], Layout] = made(default_factory=dict)


def layout(field: Field, signs: Sequence[Sign], count: int) -> Layout:
    """The best layout of `count` panels; its score is far below zero where no cuts give that many."""
    whole = field.tight(field.whole)
    if whole is None or count < 2:
        return Layout((field.whole,), 0.0 if count == 1 else IMPOSSIBLE)
    known: dict[Region, list[Cut]] = {}
    least = _LEAST * sqrt(whole.area / count)

    def run(corner: tuple[float, float] | None, ordered: bool) -> Layout:
        return _best(_Search(field, signs, count, corner, ordered, known, least), whole, 0, count)

    free = run(None, ordered=bool(signs))
    ordered = bool(signs) and free.score > IMPOSSIBLE / 2
    if not ordered:
        free = run(None, ordered=False)
    elif len(signs) == count:
        loose = run(None, ordered=False)
        ordered = free.score >= loose.score - _OUT_OF_ORDER
        free = free if ordered else loose
    if not signs or free.score <= IMPOSSIBLE / 2:
        return free
    corners = sorted(CORNERS, key=lambda corner: _away(free.regions, signs, corner))[: 3 if count > 3 else len(CORNERS)]
    best = max((run(corner, ordered) for corner in corners), key=lambda one: one.score)
    return Layout(best.regions, best.score, ordered)


def _away(regions: Sequence[Region], signs: Sequence[Sign], corner: tuple[float, float]) -> float:
    """What the letters lose by standing off one corner of their panels, in all."""
    return sum(_off(region, sign, corner) for region in regions for sign in _within(signs, region))


def _off(region: Region, sign: Sign, corner: tuple[float, float]) -> float:
    """Points lost by a letter's distance from a corner of its panel, in shares of the panel's sides."""
    across = (sign.x - region.x0) / max(1, region.x1 - region.x0) - corner[0]
    down = (sign.y - region.y0) / max(1, region.y1 - region.y0) - corner[1]
    distance = sqrt(across**2 + down**2)
    return _OFF_CORNER * distance + _STRAY * max(0.0, distance - _NEAR)


def _best(search: _Search, region: Region, first: int, count: int) -> Layout:
    key = (region, first if search.ordered else 0, count)
    if key not in search.found:
        search.found[key] = _leaf(search, region) if count == 1 else _parted(search, region, first, count)
    return search.found[key]


def _parted(search: _Search, region: Region, first: int, count: int) -> Layout:
    best = Layout((region,), IMPOSSIBLE)
    here = _within(search.signs, region)
    for cut in _cuts(search, region, here, count):
        sides = _sides(search.field, region, cut)
        if sides is None or min(map(_side, sides)) < search.least:
            continue
        for n in _shares(search, here, cut, sides, first, count):
            left = _best(search, sides[0], first, n)
            if left.score <= IMPOSSIBLE / 2:
                continue
            right = _best(search, sides[1], first + n, count - n)
            score = cut.quality + left.score + right.score
            if score > best.score:
                best = Layout((*left.regions, *right.regions), score)
    return best


def _side(region: Region) -> int:
    return min(region.x1 - region.x0, region.y1 - region.y0)


def _within(signs: Sequence[Sign], region: Region) -> list[Sign]:
    return [s for s in signs if region.x0 <= s.x < region.x1 and region.y0 <= s.y < region.y1]


def _shares(
    search: _Search, here: Sequence[Sign], cut: Cut, sides: tuple[Region, Region], first: int, count: int
) -> Sequence[int]:
    """How many of `count` panels may lie on the first side: as its letters say, else about as its area says."""
    before = [s.rank for s in here if (s.x if cut.upright else s.y) < cut.at]
    behind = [s.rank for s in here if (s.x if cut.upright else s.y) >= cut.at]
    low, high = max(1, len(before)), count - max(1, len(behind))
    if search.ordered:
        low, high = max([low, *(rank - first + 1 for rank in before)]), min([high, *(rank - first for rank in behind)])
    if len(here) < count and not (search.ordered and low == high):
        expected = count * sides[0].area / max(1, sides[0].area + sides[1].area)
        slack = max(1.0, 0.3 * count) if len(search.found) < _PATIENCE else 0.0
        nearest = min(max(round(expected), low), high)
        low, high = max(low, int(nearest - slack)), min(high, int(nearest + slack))
    return range(low, high + 1)


def _cuts(search: _Search, region: Region, here: Sequence[Sign], count: int) -> list[Cut]:
    """Cuts worth trying: where every panel's letter is known, only those that part letters."""
    if region not in search.known:
        search.known[region] = cuts(search.field, region)
    ways = search.known[region]
    if len(here) >= count:
        ways = [w for w in ways if 0 < sum((s.x if w.upright else s.y) < w.at for s in here) < len(here)]
    best = max((w.quality for w in ways), default=0.0)
    tried = max(4, _TRIED // search.count) if len(search.found) < _PATIENCE else 1
    near = _CLOSE if best >= _CLEAR and len(here) < count else _WORSE
    ways = [w for w in ways if w.quality > best - near][:tried]
    if len(search.found) >= _PATIENCE and ways:
        return ways
    return ways + _forced(region, here, count, filled=search.field.inked(region) > _FILLED)


def _forced(region: Region, signs: Sequence[Sign], count: int, *, filled: bool) -> list[Cut]:
    """Cuts half way between letters, or in equal parts, for panels that nothing else parts."""
    ways = []
    for upright in (True, False):
        places = sorted({s.x if upright else s.y for s in signs})
        ways += [Cut(upright, int((a + b) / 2), _FORCED) for a, b in zip(places, places[1:], strict=False) if b - a > 8]
        if len(signs) < count <= _EVEN_MOST and filled:
            low, high = (region.x0, region.x1) if upright else (region.y0, region.y1)
            ways += [Cut(upright, low + (high - low) * n // count, _EVEN) for n in range(1, count)]
    return ways


def _sides(field: Field, region: Region, cut: Cut) -> tuple[Region, Region] | None:
    x0, y0, x1, y1 = region
    if cut.upright:
        first, second = field.tight(Region(x0, y0, cut.at, y1)), field.tight(Region(cut.at, y0, x1, y1))
    else:
        first, second = field.tight(Region(x0, y0, x1, cut.at)), field.tight(Region(x0, cut.at, x1, y1))
    return None if first is None or second is None else (first, second)


def _leaf(search: _Search, region: Region) -> Layout:
    mean = search.field.whole.area / search.count
    score = -_SIZE * log(region.area / mean) ** 2
    score -= _SLIM * max(0.0, log(_SLIMMEST * sqrt(mean) / max(1, _side(region))))
    here = _within(search.signs, region)
    score -= _CROWDED * max(0, len(here) - 1)
    if here and search.corner is not None:
        score -= min(_off(region, sign, search.corner) for sign in here)
    return Layout((region,), score)
