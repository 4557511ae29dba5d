"""How a figure looks: blocks with the grain of a camera or a detector, flat fills, shaded drawings, axes on white paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

TILE = 8  # pixels at 100 dpi, 2 mm: smaller than a panel, larger than a letter
WHITE = 245  # the darkest channel of paper after lossy compression
UNLIKELY = 0.2  # probability below which a block is no picture at all
SMALLEST = 12  # tiles of a block
NARROWEST = 3  # tiles across a block
SMALLEST_PICTURE = float(np.log(25))  # tiles, 1 cm2: smaller ones are symbols and marks
BEND, ROUGH = 3.0, 0.15  # grey levels of curvature along a row, and the share of a tile's pixels that have it
BLACK = 40  # grey level below which an even tile is the ground of a dark field, rather than a fill
EVEN = 0.75  # grey levels of mean curvature that flat fills and gradients stay below
HUE = 30  # difference of the channels from which a pixel is coloured
DARK = 195  # grey level below which a thin axis line stays after smoothing
AXIS = 55  # pixels at 100 dpi, 14 mm: the shortest axis
INKED = 0.02  # share of ink from which a square of the page is not empty
CORNER = 5  # pixels between the ends of two axes that meet
PAPER_BETWEEN = 0.45  # share of white between two axes of a chart, curves and bars drawn
_AXES_LOOKED_AT = 40  # of each direction, the longest

Grey = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

# Logistic score of a block for being a picture; fitted by tests/benchmarks/classify_fit.py on the even half.
PICTURE_BIAS = -9.54
PICTURE_WEIGHTS = {"fill": 5.76, "rough": 3.0, "flat": -10.17, "contrast": -1.39, "size": 1.28}


class Block(NamedTuple):
    """A connected patch that is not paper. Box in pixels; `contrast` and `size` are logarithms, the rest shares in [0, 1]."""

    x0: int
    y0: int
    x1: int
    y1: int
    share: float  # of the figure
    fill: float  # of its own box: pictures are rectangles
    rough: float  # tiles with the grain of a camera or a detector
    flat: float  # tiles of one grey level or of an even gradient, black ones apart
    colour: float  # pixels with a hue
    contrast: float  # log(1 + median standard deviation of the grey levels of a tile)
    size: float  # natural logarithm of its tiles
    picture: float  # probability


@dataclass(frozen=True)
class Look:
    """Shares in [0, 1] of a figure's area where nothing else is said."""

    pictures: float  # blocks with grain, each by its probability
    largest: float  # the largest of them
    flat: float  # evenly filled blocks
    shaded: float  # irregular blocks with shading: rendered molecules, crystals
    axes: float  # paper between two axes that meet
    room: int  # tiles along the largest square with ink and without pictures
    white: float  # pixels as white as paper
    colour: float  # of the pictures, pixels with a hue
    rough: float  # of the pictures, tiles with grain
    blocks: tuple[Block, ...] = ()


def read_look(look: npt.NDArray[np.uint8]) -> Look:
    """Statistics of an RGB (h, w, 3) render at about 100 dpi; an image under one tile is paper."""
    rows, columns = look.shape[0] // TILE, look.shape[1] // TILE
    if not rows or not columns:
        return Look(0.0, 0.0, 0.0, 0.0, 0.0, 0, 1.0, 0.0, 0.0)
    red, green, blue = (look[: rows * TILE, : columns * TILE, channel] for channel in range(3))
    low, high = np.minimum(np.minimum(red, green), blue), np.maximum(np.maximum(red, green), blue)
    grey = (red.astype(np.float32) + green + blue) / np.float32(3)
    white = low >= WHITE
    blocks = _blocks(grey, white, (high - low) > HUE)
    pictures = [block for block in blocks if block.picture >= 0.5]
    others = [block for block in blocks if block.picture < 0.5]
    shown = sum(block.share for block in pictures)
    likely = sum(block.share * block.picture for block in blocks if block.picture >= UNLIKELY)
    return Look(
        pictures=min(1.0, likely),
        largest=max((block.share for block in pictures), default=0.0),
        flat=sum(block.share for block in others if block.flat >= 0.3 or block.rough < 0.5),
        shaded=sum(block.share for block in others if block.flat < 0.3 and block.rough >= 0.5 and block.size > 3.4),
        axes=_axes(grey, white),
        room=_room(tiles(~white), pictures),
        white=float(white.mean()),
        colour=sum(block.colour * block.share for block in pictures) / shown if shown else 0.0,
        rough=sum(block.rough * block.share for block in pictures) / shown if shown else 0.0,
        blocks=tuple(blocks),
    )


def _blocks(grey: Grey, white: Mask, hue: Mask) -> list[Block]:
    bend = np.zeros(grey.shape, dtype=np.float32)
    bend[:, 1:-1] = np.abs(grey[:, 2:] - 2 * grey[:, 1:-1] + grey[:, :-2])
    mean = tiles(grey)
    spread = np.sqrt(np.maximum(tiles(grey * grey) - mean * mean, 0.0))
    flat = (tiles(bend) < EVEN) & (mean >= BLACK)
    rough, coloured = tiles(bend >= BEND) >= ROUGH, tiles(hue)
    labels, count = label_patches(tiles(white) < 0.5)
    ys, xs = np.nonzero(labels)
    order = np.argsort(labels[ys, xs], kind="stable")
    ends = np.searchsorted(labels[ys, xs][order], np.arange(1, count + 2))
    found = []
    for first, last in zip(ends[:-1], ends[1:], strict=True):
        at = (ys[order[first:last]], xs[order[first:last]])
        y0, y1, x0, x1 = int(at[0].min()), int(at[0].max()) + 1, int(at[1].min()), int(at[1].max()) + 1
        size = last - first
        if size < SMALLEST or min(y1 - y0, x1 - x0) < NARROWEST:
            continue
        block = Block(
            x0 * TILE,
            y0 * TILE,
            x1 * TILE,
            y1 * TILE,
            share=float(size / labels.size),
            fill=float(size / ((y1 - y0) * (x1 - x0))),
            rough=float(rough[at].mean()),
            flat=float(flat[at].mean()),
            colour=float(coloured[at].mean()),
            contrast=float(np.log1p(np.median(spread[at]))),
            size=float(np.log(size)),
            picture=0.0,
        )
        found.append(block._replace(picture=_picture(block)))
    return found


def _picture(block: Block) -> float:
    if block.size < SMALLEST_PICTURE:
        return 0.0
    score = PICTURE_BIAS + sum(weight * getattr(block, name) for name, weight in PICTURE_WEIGHTS.items())
    return float(1 / (1 + np.exp(-score)))


def tiles(values: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    """Mean of each TILE x TILE tile; sides must be multiples of TILE."""
    rows, columns = values.shape[0] // TILE, values.shape[1] // TILE
    down = values.reshape(rows, TILE, columns * TILE).sum(axis=1, dtype=np.float64)
    return np.asarray(down.reshape(rows, columns, TILE).sum(axis=2) / (TILE * TILE), dtype=np.float64)


def label_patches(mask: Mask) -> tuple[npt.NDArray[np.intp], int]:
    """Patches of cells that touch by a side, numbered from 1 in reading order, and how many they are."""
    runs = _rows_of_runs(mask)
    parent = list(range(len(runs)))
    first = 0  # of the runs of the row above
    for here, (row, left, right) in enumerate(runs):
        while runs[first][0] < row - 1:
            first += 1
        above = first
        while above < here and runs[above][0] < row:
            if runs[above][1] < right and left < runs[above][2]:
                one, other = sorted((_root(parent, above), _root(parent, here)))
                parent[other] = one
            above += 1
    roots = [_root(parent, run) for run in range(len(runs))]
    numbers = {root: number for number, root in enumerate(dict.fromkeys(roots), start=1)}
    labels = np.zeros(mask.shape, dtype=np.intp)
    for (row, left, right), root in zip(runs, roots, strict=True):
        labels[row, left:right] = numbers[root]
    return labels, len(numbers)


def _rows_of_runs(mask: Mask) -> list[tuple[int, int, int]]:
    """Runs of cells as (row, start, end), in reading order."""
    edged = np.zeros((mask.shape[0], mask.shape[1] + 2), dtype=np.int8)
    edged[:, 1:-1] = mask
    change = np.diff(edged, axis=1)
    rows, starts = np.nonzero(change == 1)
    return list(zip(rows.tolist(), starts.tolist(), np.nonzero(change == -1)[1].tolist(), strict=True))


def _root(parent: list[int], run: int) -> int:
    while parent[run] != run:
        parent[run] = parent[parent[run]]
        run = parent[run]
    return run


def _room(ink: npt.NDArray[np.float64], pictures: list[Block]) -> int:
    """Tiles along the largest square that holds ink and keeps clear of every picture."""
    free = np.ones(ink.shape, dtype=bool)
    for block in pictures:
        free[block.y0 // TILE : block.y1 // TILE, block.x0 // TILE : block.x1 // TILE] = False
    total = np.zeros((ink.shape[0] + 1, ink.shape[1] + 1))
    total[1:, 1:] = ink.cumsum(axis=0).cumsum(axis=1)
    side = 0
    while free.any():
        size = side + 1
        held = total[size:, size:] - total[:-size, size:] - total[size:, :-size] + total[:-size, :-size]
        if not (free & (held >= INKED * size * size)).any():
            break
        side = size
        free = free[1:, 1:] & free[:-1, 1:] & free[1:, :-1] & free[:-1, :-1]
    return side


def _axes(grey: Grey, white: Mask) -> float:
    """Share of the figure between a vertical and a horizontal line that meet at the lower left, with paper between them."""
    dark = grey < DARK
    level, upright = _runs(dark), _runs(dark.T)
    paper = np.zeros((white.shape[0] + 1, white.shape[1] + 1))
    paper[1:, 1:] = white.cumsum(axis=0).cumsum(axis=1)
    covered = np.zeros(white.shape, dtype=bool)
    for y, left, right in level:
        for x, top, foot in upright:
            if abs(x - left) <= CORNER and abs(y - foot) <= CORNER:
                held = paper[y, right] - paper[top, right] - paper[y, x] + paper[top, x]
                if held >= PAPER_BETWEEN * max(1, (y - top) * (right - x)):
                    covered[top:y, x:right] = True
    return float(covered.mean())


def _runs(dark: Mask) -> list[tuple[int, int, int]]:
    """The longest run of dark pixels of each row that is an axis or longer, as (row, start, end), the longest first."""
    places = np.arange(1, dark.shape[1] + 1)
    lengths = places - np.maximum.accumulate(np.where(dark, 0, places), axis=1)
    ends = lengths.argmax(axis=1)
    longest = lengths[np.arange(len(dark)), ends]
    rows = np.flatnonzero(longest >= AXIS)
    rows = rows[np.argsort(-longest[rows], kind="stable")][:_AXES_LOOKED_AT]
    return [(int(row), int(ends[row] - longest[row] + 1), int(ends[row] + 1)) for row in rows]
