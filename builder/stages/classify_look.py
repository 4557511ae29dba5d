"""How a figure looks: which share of it has the grain of a camera or a detector, how white and how coloured it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

TILE = 12  # pixels at 100 dpi, about 3 mm: smaller than a panel, larger than a letter
GRAIN = 0.55  # share of neighbouring pixels that differ; flat fills and gradients of drawings stay below
WHITE = 245  # grey level of paper after lossy compression


@dataclass(frozen=True)
class Look:
    """Shares of a figure's area, each in [0, 1]."""

    pictures: float  # tiles with grain
    white: float  # pixels as white as paper
    colour: float  # of the picture tiles, pixels with a hue


def read_look(look: npt.NDArray[np.uint8]) -> Look:
    """Statistics of an RGB (h, w, 3) render; an image under one tile has no pictures."""
    rows, columns = look.shape[0] // TILE, look.shape[1] // TILE
    if not rows or not columns:
        return Look(0.0, float(look.size == 0 or (look >= WHITE).mean()), 0.0)
    rgb = look[: rows * TILE, : columns * TILE].astype(np.int16)
    grey = rgb.mean(axis=2)
    differs = np.zeros(grey.shape)
    differs[:, 1:] = np.abs(np.diff(grey, axis=1)) >= 1
    white = grey >= WHITE
    pictures = (_tiles(differs, rows, columns) >= GRAIN) & (_tiles(white, rows, columns) < 0.3)
    hue = _tiles((rgb.max(axis=2) - rgb.min(axis=2)) > 30, rows, columns)
    return Look(float(pictures.mean()), float(white.mean()), float(hue[pictures].mean()) if pictures.any() else 0.0)


def _tiles(values: npt.NDArray[np.generic], rows: int, columns: int) -> npt.NDArray[np.float64]:
    return np.asarray(values.reshape(rows, TILE, columns, TILE).mean(axis=(1, 3)), dtype=np.float64)
