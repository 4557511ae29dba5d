"""Scale bars without a label in the picture: solid white or black bars, alone in their colour and all of one length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from builder.stages.scale_bar_ink import Frame, Pixels, Strip
from builder.stages.scale_bar_pixels import is_bar, is_lettering
from builder.stages.scale_bar_run import Run, runs_of

_HEIGHT = 0.05  # of the picture's width: the height of the label that such a bar might have had
_SHORTEST, _LONGEST = 0.05, 0.5  # of the picture's width
_LEAST_ASPECT = 3.0
_LEAST_THICK = 2  # pixels: a hairline is a line of the drawing
_SATURATED = 0.94  # of white or black
_PAGE_WHITE = 245
_ALIKE = 0.03  # difference in length of bars that say the same
_MOST = 12  # more candidates than a figure has panels are texture


def lone_bars(look: Pixels, words: Sequence[Frame] = ()) -> tuple[Run, ...]:
    """All unlabelled bars of a uint8 RGB look, in pixels; none unless all agree in length. `words` are boxes of letters."""
    found = [run for strip in _saturated(look) for run in _solid(strip, look, words)]
    lengths = [run.x1 - run.x0 for run in found]
    agree = bool(lengths) and max(lengths) <= (1 + _ALIKE) * min(lengths)
    return tuple(sorted(found, key=lambda run: (run.y0, run.x0))) if agree and len(found) <= _MOST else ()


def _saturated(look: Pixels) -> Iterator[Strip]:
    for light in (look.min(axis=2), 255 - look.max(axis=2)):
        ink = light.astype(np.float32) / 255
        yield Strip(ink, ink > _SATURATED, 0, False)


def _solid(strip: Strip, look: Pixels, words: Sequence[Frame]) -> Iterator[Run]:
    wide, high = look.shape[1], _HEIGHT * look.shape[1]
    for run in runs_of(strip, high):
        length, thick = run.x1 - run.x0, run.y1 - run.y0
        fits = _SHORTEST * wide <= length <= _LONGEST * wide and thick >= _LEAST_THICK and length >= _LEAST_ASPECT * thick
        nowhere = (0.0, -1.0, 0.0, -1.0)
        if fits and is_bar(strip, run, high) and not is_lettering(run, nowhere, (-1, -1), words) and not _on_page(look, run):
            yield run


def _on_page(look: Pixels, run: Run) -> bool:
    """Whether the page's white is all around: a rule or an axis, no part of a picture."""
    near = 2 + round(run.y1 - run.y0)
    columns, top, foot = slice(round(run.x0), round(run.x1)), round(run.y0), round(run.y1)
    above, below = look[max(0, top - near) : max(0, top - 1), columns], look[foot + 1 : foot + near, columns]
    around = np.concatenate([above.reshape(-1, 3), below.reshape(-1, 3)])
    return bool(len(around) == 0 or np.median(around.min(axis=1)) >= _PAGE_WHITE)
