"""Calibration of stated confidence against exact set match: expected calibration error, adaptive error, Brier score.

Pure numpy. `metrics_hub/calibration_error/` carries this file, byte for byte.
"""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .option_rows import OptionCounts, Rows, columns, count_options
from .option_sets import LEVEL, Interval, Result, bounds, check_drawing, clusters_of, draws, exact_match_scores, unanswered

VERSION = "1.0.0"
MOST_BINS = 1000
BINS = 10  # of equal width, as in the papers that made the measure known (Guo et al. 2017 use 15, Naeini et al. 2015 ten)

Floats: TypeAlias = npt.NDArray[np.float64]


def calibration_error(
    predictions: Rows,
    references: Rows,
    confidences: Rows,
    bins: int = BINS,
    *,
    papers: Rows | None = None,
    resamples: int = 0,
    level: float = LEVEL,
    seed: int = 0,
) -> Result:
    """Expected calibration error of stated confidences in [0, 1] against exact set match, in [0, 1]; lower is better.

    Bins of equal width, closed on the right, the first on both sides. `confidences` holds one number a question, or None where
    the model stated none: such questions are left out of every value here and counted. Answers: see `count_options`.
    Raises ValueError as `count_options` does, for a confidence that is no number, NaN or outside [0, 1], and for none at all.

    >>> round(calibration_error(["A", "B"], ["A", "A"], [0.9, 0.6])["calibration_error"], 4)
    0.35
    """
    counts = count_options(predictions, references)
    stated = checked_confidences(confidences, len(counts.keys))
    return calibration_of(counts, stated, bins, papers=papers, resamples=resamples, level=level, seed=seed)


def checked_confidences(confidences: Rows, n: int) -> Floats:
    """The confidences as float64, NaN where none was stated."""
    (given,) = columns(confidences=confidences)
    if len(given) != n:
        raise ValueError(f"{len(given)} confidences for {n} questions; pass one for each, None where the model stated none")
    for row, value in enumerate(given):
        if value is None:
            continue
        number = isinstance(value, Real) and not isinstance(value, bool)
        if not number or not 0 <= value <= 1:
            raise ValueError(f"confidence {row} is {value!r}; pass a number in [0, 1], or None where the model stated none")
    return np.array([math.nan if value is None else value for value in given], dtype=np.float64)


def calibration_of(
    counts: OptionCounts,
    stated: Floats,
    bins: int = BINS,
    *,
    papers: Rows | None = None,
    resamples: int = 0,
    level: float = LEVEL,
    seed: int = 0,
) -> Result:
    """`calibration_error` of counted answers; `stated` has shape (n,), NaN where no confidence was stated."""
    if isinstance(bins, bool) or not isinstance(bins, Integral) or not 1 <= bins <= MOST_BINS:
        raise ValueError(f"bins is {bins!r}; pass a whole number from 1 to {MOST_BINS}")
    check_drawing(len(stated), papers, resamples, level, seed)
    with_one = ~np.isnan(stated)
    if not with_one.any():
        raise ValueError("no question has a confidence: there is nothing to calibrate")
    confidence, right = stated[with_one], exact_match_scores(counts)[with_one]
    table = _table(confidence, right, _width_bins(confidence, int(bins)))
    adaptive = _table(confidence, right, _mass_bins(confidence, int(bins)))
    kept = papers if papers is None or with_one.all() else [paper for paper, one in zip(papers, with_one, strict=True) if one]
    return {
        "calibration_error": _error(table),
        "interval": _interval(confidence, right, int(bins), kept, resamples, level, seed) if resamples else None,
        "adaptive_calibration_error": _error(adaptive),
        "brier_score": math.fsum(((confidence - right) ** 2).tolist()) / len(right),
        "mean_confidence": math.fsum(confidence.tolist()) / len(right),
        "exact_set_match": math.fsum(right.tolist()) / len(right),
        "bins": table,
        "adaptive_bins": adaptive,
        "n": len(stated),
        "unanswered": unanswered(counts),
        "without_confidence": int((~with_one).sum()),
        "parameters": {
            "bins": int(bins),
            "binning": "equal width, closed on the right",
            "adaptive": "equal mass, ties together",
        },
        "metric": "calibration_error",
        "version": VERSION,
    }


def _width_bins(confidence: Floats, bins: int) -> npt.NDArray[np.int64]:
    """The bin of each confidence, from 0: the k-th is (k / bins, (k + 1) / bins], the first takes 0 as well."""
    edges = np.arange(1, bins) / bins  # the float nearest to each edge, so that a stated 0.3 falls left of 3 / 10
    return np.searchsorted(edges, confidence, side="left").astype(np.int64)


def _mass_bins(confidence: Floats, bins: int) -> npt.NDArray[np.int64]:
    """Bins of as equal numbers as equal confidences allow: a value goes where the middle of its run of ranks falls."""
    values, place, sizes = np.unique(confidence, return_inverse=True, return_counts=True)
    middle = np.cumsum(sizes) - sizes / 2
    return np.minimum((middle * bins / len(confidence)).astype(np.int64), bins - 1)[place]


def _table(confidence: Floats, right: Floats, bin_of: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
    """The filled bins, from the lowest: n, mean confidence, share right, lowest and highest confidence."""
    rows = []
    for number in np.unique(bin_of).tolist():
        inside = bin_of == number
        held = confidence[inside]
        rows.append(
            {
                "bin": number,
                "n": int(inside.sum()),
                "confidence": math.fsum(held.tolist()) / len(held),
                "accuracy": math.fsum(right[inside].tolist()) / len(held),
                "lowest": float(held.min()),
                "highest": float(held.max()),
            }
        )
    return rows


def _error(table: list[dict[str, Any]]) -> float:
    total = sum(row["n"] for row in table)
    return math.fsum(row["n"] / total * abs(row["confidence"] - row["accuracy"]) for row in table)


def _interval(
    confidence: Floats, right: Floats, bins: int, papers: Rows | None, resamples: int, level: float, seed: int
) -> Interval:
    """A percentile bootstrap of the error. It is no mean: each resample is binned anew from its papers' sums."""
    place, unit = clusters_of(len(right), papers)
    n_clusters = int(place.max()) + 1
    cell = place * bins + _width_bins(confidence, bins)
    sums = np.bincount(cell, weights=confidence - right, minlength=n_clusters * bins).reshape(n_clusters, bins)
    sizes = np.bincount(place, minlength=n_clusters)

    drawn = [float(np.abs(sums[taken].sum(axis=0)).sum() / sizes[taken].sum()) for taken in draws(n_clusters, resamples, seed)]
    return bounds(drawn, clusters=n_clusters, unit=unit, level=level, seed=seed)
