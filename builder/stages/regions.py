"""Where a caption's figure can be: free bands of a page between obstacles, tightened to what is drawn in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from builder.pages import Box
from builder.stages.scene import CELL, Mask, Scene, cells_of

Side = Literal["below", "above", "left", "right", "facing"]

_LABEL_REACH = 14.0  # points from graphics to loose text that belongs to it
_TITLE_REACH = 24.0  # points from graphics to an axis title that reads sideways, tick labels between
_ROUNDS = 3  # of growth: text beside text beside graphics, and no further
_BLANK = 60.0  # points of white that end a figure
_MIN_SIDE = 20.0  # points
_WHITE = 8.0  # points of white across the whole width that may part two figures, one above the other
_PIECES = 12  # stretches of a band looked at; more are rows of a drawing
_EVEN = 0.4  # points won where the gutter lies between panels of one row: half of a figure is the worse guess
_LEVEL = 8.0  # points by which panels of one row begin or end apart
_EDGE = 14.0  # points of cut that graphics through a band's top or foot count for
_THROUGH = 3  # cells beyond a band's top or foot that graphics must reach to run through it


@dataclass(frozen=True)
class Proposal:
    """A region that may be the figure of a caption."""

    box: Box
    side: Side  # where the caption stands from the figure
    score: float
    cut: float  # points of graphics that the band's sides cut


def proposals(scene: Scene, caption: int) -> list[Proposal]:
    """Every region beside caption number `caption` that holds graphics, without duplicates, the best first."""
    best: dict[tuple[Side, tuple[int, ...]], Proposal] = {}
    bands = [(side, part) for side, band in _bands(scene, caption) for part in _parts(scene, band, side, caption)]
    for side, band in bands:
        found = _tightened(scene, band, side, caption)
        if found is None:
            continue
        key = (side, tuple(round(v / 4) for v in found.box))
        if key not in best or best[key].score < found.score:
            best[key] = found
    return sorted(best.values(), key=lambda p: (-p.score, p.side, p.box))


def _bands(scene: Scene, caption: int) -> list[tuple[Side, Box]]:
    at, page = scene.captions[caption], scene.page
    walls = [*scene.obstacles, *(b for i, b in enumerate(scene.captions) if i != caption)]
    bands: list[tuple[Side, Box]] = []
    for x0, x1 in _spans(scene, at):
        over = [b for b in walls if min(b.x1, x1) - max(b.x0, x0) > 4]
        tops = [b.y1 for b in over if (b.y0 + b.y1) / 2 < at.y0]
        feet = [b.y0 for b in over if (b.y0 + b.y1) / 2 > at.y1]
        if min(at.x1, x1) - max(at.x0, x0) > 0.5 * at.width:
            bands.append(("below", Box(x0, max([0.0, *tops]), x1, at.y0)))
            bands.append(("above", Box(x0, at.y1, x1, min([page.height, *feet]))))
        band = Box(x0, max([0.0, *tops]), x1, min([page.height, *feet]))
        bands.append(("right", band._replace(x1=min(x1, at.x0 - 1))))
        bands.append(("left", band._replace(x0=max(x0, at.x1 + 1))))
    return [(side, band) for side, band in bands if band.width > _MIN_SIDE and band.height > _MIN_SIDE]


def _parts(scene: Scene, band: Box, side: Side, caption: int) -> list[Box]:
    """The band itself and, beside a caption, every stretch of it from one white gap to another that the caption touches."""
    if side in ("below", "above"):
        return [band]
    rows, columns = cells_of(band, scene.page)
    pieces = _pieces(_any_in_row(scene.drawn[rows, columns]), _any_in_row(scene.content[rows, columns]))
    if not pieces:
        return []
    tops, feet = ([float(rows.start + piece[k]) * CELL for piece in pieces] for k in (0, 1))
    at = scene.captions[caption]
    far = min(max(0.0, top - at.y1, at.y0 - foot) for top, foot in zip(tops, feet, strict=True))
    stretches = [(top, foot) for i, top in enumerate(tops) for foot in feet[i:]]
    touching = [(top, foot) for top, foot in stretches if max(top - at.y1, at.y0 - foot) <= far]
    return [band, *(Box(band.x0, max(band.y0, top), band.x1, min(band.y1, foot)) for top, foot in touching)]


def _pieces(drawn: Mask, content: Mask) -> list[tuple[int, int]]:
    """Rows, the last one excluded, of each stretch between white gaps; text alone goes with the nearer stretch."""
    filled = np.flatnonzero(content)
    if not len(filled):
        return []
    breaks = np.flatnonzero(np.diff(filled) * CELL > _WHITE)
    tops, feet = filled[[0, *(breaks + 1)]].tolist(), (filled[[*breaks, -1]] + 1).tolist()
    pieces: list[tuple[int, int]] = list(zip(tops, feet, strict=True))[:_PIECES]
    for top, foot in list(pieces):
        others = [p for p in pieces if p != (top, foot)]
        if drawn[top:foot].any() or not others:
            continue
        near = min(others, key=lambda p: (max(p[0] - foot, top - p[1]), p))
        if max(near[0] - foot, top - near[1]) * CELL <= _LABEL_REACH:
            pieces = sorted([*(p for p in others if p != near), (min(top, near[0]), max(foot, near[1]))])
    return pieces


def _spans(scene: Scene, at: Box) -> list[tuple[float, float]]:
    edges = [0.0, *(g for g in scene.gutters if 0 < g < scene.page.width), scene.page.width]
    spans = [(a, b) for i, a in enumerate(edges) for b in edges[i + 1 :]]
    return list(dict.fromkeys([*spans, (max(0.0, at.x0 - 6), min(scene.page.width, at.x1 + 6))]))


def _tightened(scene: Scene, band: Box, side: Side, caption: int) -> Proposal | None:
    """The band shrunk to its graphics and the loose text beside them, with the points it earns."""
    rows, columns = cells_of(band, scene.page)
    drawn, content = scene.drawn[rows, columns], scene.content[rows, columns]
    if side in ("below", "above"):
        reach = _reach(_any_in_row(drawn), _any_in_row(content), from_end=side == "below")
        drawn = drawn & reach[:, None]
    ys, xs = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    if not len(ys):
        return None
    top, left = rows.start, columns.start
    core = Box((left + xs[0]) * CELL, (top + ys[0]) * CELL, (left + xs[-1] + 1) * CELL, (top + ys[-1] + 1) * CELL).meet(band)
    if core.width < _MIN_SIDE or core.height < _MIN_SIDE * 0.75:
        return None
    box = _with_labels(core, band, scene)
    cut = _cut(scene, core, columns) + _cut_across(scene, core, band) + _split(scene, core, band)
    return Proposal(box, side, _score(scene, box, core, side, caption, cut), cut)


def _any_in_row(mask: Mask) -> Mask:
    return np.asarray(mask.any(axis=1), dtype=np.bool_)


def _reach(drawn: Mask, content: Mask, *, from_end: bool) -> Mask:
    """Grid rows from the caption's side up to the first wide blank beyond graphics."""
    if from_end:
        return _reach(drawn[::-1], content[::-1], from_end=False)[::-1]
    reach = np.ones(len(drawn), dtype=bool)
    if drawn.any():
        first = int(drawn.argmax())
        filled = np.flatnonzero(content[first:]) + first
        wide = np.flatnonzero(np.diff([*filled.tolist(), len(drawn)]) * CELL > _BLANK)
        if len(wide):
            reach[filled[wide[0]] + 1 :] = False
    return reach


def _with_labels(core: Box, band: Box, scene: Scene) -> Box:
    text = scene.loose
    middle = (text[:, :2] + text[:, 2:]) / 2
    text = text[((middle >= band[:2]) & (middle <= band[2:])).all(axis=1)]
    sideways = text[:, 3] - text[:, 1] > 2 * (text[:, 2] - text[:, 0])
    title = _near(text, core, _TITLE_REACH) & sideways
    box = core
    for _ in range(_ROUNDS):
        reached = text[title | _near(text, box, _LABEL_REACH)]
        if not len(reached):
            break
        (x0, y0), (x1, y1) = reached[:, :2].min(axis=0), reached[:, 2:].max(axis=0)
        grown = box.join(Box(float(x0), float(y0), float(x1), float(y1)))
        if grown == box:
            break
        box = grown
    return box.meet(Box(band.x0, band.y0, max(band.x1, box.x1), max(band.y1, box.y1)))


def _near(boxes: npt.NDArray[np.float64], box: Box, reach: float) -> Mask:
    near: Mask = (boxes[:, 2] > box.x0 - reach) & (boxes[:, 0] < box.x1 + reach)
    near &= (boxes[:, 3] > box.y0 - reach) & (boxes[:, 1] < box.y1 + reach)
    return near


def _cut(scene: Scene, core: Box, columns: slice) -> float:
    """Points of height over which graphics run through the band's left or right side."""
    rows, _ = cells_of(core, scene.page)
    length = 0
    for edge in (columns.start, columns.stop):
        if 1 < edge < scene.drawn.shape[1] - 1:
            length += int((scene.drawn[rows, edge - 1] & scene.drawn[rows, edge]).sum())
    return length * CELL


def _split(scene: Scene, core: Box, band: Box) -> float:
    """Points for a raster that the band's side parts, be it in a white gap between the panels it holds."""
    b = scene.rasters
    level = (b[:, 1] < core.y1) & (b[:, 3] > core.y0) & (b[:, 0] < core.x1) & (b[:, 2] > core.x0)
    for x0, y0, x1, y1 in b[level & ((b[:, 0] < band.x0 - _MIN_SIDE) | (b[:, 2] > band.x1 + _MIN_SIDE))].tolist():
        for beyond in (Box(x0, y0, band.x0, y1), Box(band.x1, y0, x1, y1)):
            rows, columns = cells_of(beyond, scene.page)
            if beyond.width > _MIN_SIDE and scene.drawn[rows, columns].any():
                return _EDGE
    return 0.0


def _cut_across(scene: Scene, core: Box, band: Box) -> float:
    """Points for graphics that run through the band's top or foot: a chart's two sides weigh as much as an image's edge."""
    _, columns = cells_of(core, scene.page)
    rows, _ = cells_of(band, scene.page)
    length = 0.0
    for edge, reached in ((rows.start, core.y0 - band.y0 < 2 * CELL), (rows.stop, band.y1 - core.y1 < 2 * CELL)):
        if reached and _THROUGH < edge < scene.drawn.shape[0] - _THROUGH:
            through = scene.drawn[edge - _THROUGH : edge + _THROUGH, columns].all(axis=0)
            length += _EDGE if through.any() else 0.0
    return length


def _score(scene: Scene, box: Box, core: Box, side: Side, caption: int, cut: float) -> float:
    at = scene.captions[caption]
    if side in ("below", "above"):
        gap = at.y0 - box.y1 if side == "below" else box.y0 - at.y1
        aligned = (min(at.x1, box.x1) - max(at.x0, box.x0)) / max(1.0, min(at.width, box.width))
    else:
        gap = at.x0 - box.x1 if side == "right" else box.x0 - at.x1
        aligned = (min(at.y1, box.y1) - max(at.y0, box.y0)) / max(1.0, min(at.height, box.height)) - 0.3
        aligned += 0.3 * float(np.exp(-min(abs(at.y0 - box.y0), abs(at.y1 - box.y1)) / 20))
    size = min(1.0, core.area / 20_000) + 0.3 * min(1.0, core.area / (0.3 * scene.page.width * scene.page.height))
    near = float(np.exp(-max(0.0, gap) / 50))
    return size + near + 0.6 * aligned - 1.5 * min(1.0, cut / 20) - _foreign(scene, core, at)


def _foreign(scene: Scene, core: Box, at: Box) -> float:
    """Points lost for reaching over a gutter that neither graphics nor caption cross; below 0 for one row of even panels."""
    lost: list[float] = []
    for gutter in scene.gutters:
        if core.x0 < gutter - 12 and core.x1 > gutter + 12 and not at.x0 < gutter - 6 < gutter + 6 < at.x1:
            rows, columns = cells_of(Box(gutter - 5, core.y0, gutter + 5, core.y1), scene.page)
            if not scene.content[rows, columns].all(axis=1).any():
                lost.append(-_EVEN if _even(scene, core, gutter) else 1.0)
    return max(lost, default=0.0)


def _even(scene: Scene, core: Box, gutter: float) -> bool:
    """Do the graphics on both sides of a gutter begin and end at one height?"""
    ends = []
    for side in (core._replace(x1=gutter), core._replace(x0=gutter)):
        rows, columns = cells_of(side, scene.page)
        drawn = np.flatnonzero(scene.drawn[rows, columns].any(axis=1))
        if not len(drawn):
            return False
        ends.append((int(drawn[0]), int(drawn[-1])))
    (top, foot), (other_top, other_foot) = ends
    return max(abs(top - other_top), abs(foot - other_foot)) * CELL <= _LEVEL
