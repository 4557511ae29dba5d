"""How far several judges agree on ordered categories: Krippendorff's alpha."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def krippendorff_alpha(units: Sequence[Sequence[int | None]]) -> float | None:
    """Ordinal alpha over units, each with one value a judge, None where a judge gave none: 1 perfect, 0 as by chance.

    None where no unit has two values, or all values are the same. Source: K. Krippendorff, Computing Krippendorff's
    Alpha-Reliability, 2011.

    >>> krippendorff_alpha([[1, 1], [2, 2], [3, 3]])
    1.0
    """
    paired = [[value for value in unit if value is not None] for unit in units]
    paired = [unit for unit in paired if len(unit) > 1]
    ranks = sorted({value for unit in paired for value in unit})
    if len(ranks) < 2:
        return None
    place = {value: i for i, value in enumerate(ranks)}
    together = np.zeros((len(ranks), len(ranks)))
    for unit in paired:
        counts = np.bincount([place[value] for value in unit], minlength=len(ranks)).astype(np.float64)
        together += (np.outer(counts, counts) - np.diag(counts)) / (len(unit) - 1)
    n = together.sum(axis=1)
    ends = np.cumsum(n)
    # between two ranks lie the values of all ranks from one to the other, those of the two themselves by half
    middle = ends - n / 2
    apart = (middle[:, None] - middle[None, :]) ** 2
    expected = (np.outer(n, n) * apart).sum() / (n.sum() - 1)
    return float(1 - (together * apart).sum() / expected)
