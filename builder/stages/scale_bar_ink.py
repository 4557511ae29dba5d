"""Which pixels around a label have the colour of its letters: the ink that its scale bar is drawn in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Frame = tuple[float, float, float, float]  # x0, y0, x1, y1 in pixels of the look
Ink = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

HALF = 0.5  # the threshold between background (0) and the label's ink (1), where a bar's edge is taken to be
LEAST_HEIGHT = 4  # pixels of a label
_STRICT = 0.72  # a second threshold, for bars on a background nearly as dark as blurred letters
_REACH = 2.5  # how far above and below a label a bar is looked for, in its heights
_OFF_COLOUR = 0.5  # how far from the line between the two colours, in units of their distance
_LEAST_CONTRAST = 24.0  # grey levels between letters and background
_CLEAR_VOTE = 0.2  # more ink than that in a label's edge and middle, and it may be the background
_LEAST_PLAIN, _PLAIN_DOUBT = 90.0, 0.35  # contrast and cost of a bar that is white or black whatever its label is
_PAGE_WHITE = 245.0  # letters are never of the page's white on darker ink: that is a gap between pictures


class Strip(NamedTuple):
    """Inkness around a label: 0 is its background, 1 the colour of its letters. Its top row is row `top` of the look."""

    ink: Ink
    mask: Mask
    top: int
    on_page: bool  # whether the background is the page's white


def strips_around(look: Pixels, label: Frame) -> Iterator[tuple[Strip, float]]:
    """What is ink around a label: in the colour of its letters, and at some doubt stricter."""
    x0, y0, x1, y1 = label
    reach = _REACH * (y1 - y0)
    top, foot = max(0, int(y0 - reach)), min(look.shape[0], int(y1 + reach) + 1)
    letters = look[max(0, round(y0)) : round(y1) + 1, max(0, round(x0)) : round(x1) + 1].astype(np.float32)
    if min(letters.shape[:2]) < LEAST_HEIGHT:
        return
    paper, ink, vote = _two_colours(letters)
    if float(np.abs(ink - paper).max()) < _LEAST_CONTRAST:
        return
    around = look[top:foot].astype(np.float32)
    yield _strip(around, paper, ink, top, HALF), 0.0
    yield _strip(around, paper, ink, top, _STRICT), 0.05
    if vote > _CLEAR_VOTE and paper.min() < _PAGE_WHITE:
        yield _strip(around, ink, paper, top, HALF), 0.15


def plain_strips(look: Pixels, label: Frame) -> Iterator[tuple[Strip, float]]:
    """White and black as ink, on what lies below or above a label: for bars in another colour than their letters."""
    x0, y0, x1, y1 = (round(v) for v in label)
    reach, high = round(_REACH * (y1 - y0)), y1 - y0
    top, foot = max(0, y0 - reach), min(len(look), y1 + reach + 1)
    around = look[top:foot].astype(np.float32)
    for first, last in ((y1, y1 + 2 * high), (y0 - 2 * high, y0)):
        ground = look[max(0, first) : max(0, last), max(0, x0) : max(0, x1)].reshape(-1, 3)
        if len(ground) < LEAST_HEIGHT**2:
            continue
        paper = np.median(ground, axis=0).astype(np.float32)
        for shade in (255.0, 0.0):
            ink = np.full(3, shade, dtype=np.float32)
            if float(np.abs(ink - paper).max()) >= _LEAST_PLAIN and paper.min() < _PAGE_WHITE:
                yield _strip(around, paper, ink, top, _STRICT), _PLAIN_DOUBT


def _strip(around: Ink, paper: Ink, ink: Ink, top: int, threshold: float) -> Strip:
    span = ink - paper
    apart = around - paper
    along: Ink = (apart @ span / float(span @ span)).astype(np.float32)
    off = np.linalg.norm(apart - along[:, :, None] * span, axis=2) / float(np.linalg.norm(span))
    return Strip(along, (along > threshold) & (off < _OFF_COLOUR), top, bool(paper.min() >= _PAGE_WHITE))


def _two_colours(letters: Ink) -> tuple[Ink, Ink, float]:
    """Background and ink of a label, two classes of its most telling channel, and the ink's share of edge and middle.

    The background rules the box's edge and middle together; a share near one half leaves open which it is.
    """
    best, split = -1.0, np.zeros(letters.shape[:2], dtype=np.bool_)
    for channel in range(3):
        plane = letters[:, :, channel]
        threshold, apart = _otsu(plane)
        if apart > best:
            best, split = apart, plane > threshold
    edge = np.concatenate([split[0], split[-1], split[:, 0], split[:, -1]])
    quarter = len(split) // 4
    vote = float(edge.mean() + split[quarter : len(split) - quarter].mean()) / 2
    paper = ~split if vote < 0.5 else split
    if paper.all() or not paper.any():
        return np.zeros(3, dtype=np.float32), np.zeros(3, dtype=np.float32), 0.0
    return np.median(letters[paper], axis=0), letters[~paper].mean(axis=0), min(vote, 1 - vote)


def _otsu(plane: Ink) -> tuple[float, float]:
    """The threshold that parts a plane best, and the variance between its two sides (Otsu 1979)."""
    counts, edges = np.histogram(plane, bins=64, range=(0, 256))
    middles = (edges[:-1] + edges[1:]) / 2
    below, total = np.cumsum(counts), counts.sum()
    sums = np.cumsum(counts * middles)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = np.nan_to_num((sums[-1] * below / total - sums) ** 2 / (below * (total - below)))
    at = int(np.argmax(between))
    return float(edges[at + 1]), float(between[at])
