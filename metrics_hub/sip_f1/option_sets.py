"""Scores on sets of options (SPM-Bench section 3): checked answers come down to three counts a question, counts to scores.

Pure numpy. Each metric folder that scores option sets carries this file, byte for byte, as its sibling.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any, TypeAlias, TypedDict

import numpy as np
import numpy.typing as npt

from .option_rows import Ints, OptionCounts, Rows, columns, count_options

VERSION = "1.0.0"
ALPHA = 0.6  # cut-off of every imperfect answer, SPM-Bench section 3.3
BETA = 6.0  # weight of a wrong option against a right one, SPM-Bench section 3.3
LEVEL = 0.95  # of a confidence interval

Floats: TypeAlias = npt.NDArray[np.float64]


Result: TypeAlias = dict[str, Any]  # the value under the metric's name, then `interval`, `n`, `unanswered`, `parameters`, ...


class Interval(TypedDict):
    """A percentile bootstrap interval of a mean."""

    low: float
    high: float
    level: float
    resamples: int
    seed: int
    clusters: int
    unit: str


class Paired(TypedDict):
    """Model A against model B on the same questions."""

    difference: float
    interval: Interval
    p_value: float
    wins: int
    ties: int
    losses: int
    n: int


# ---- one score a question, from its counts


def exact_match_scores(counts: OptionCounts) -> Floats:
    """1 where the selection is the key, else 0 (section 3.1)."""
    return np.asarray((counts.fp == 0) & (counts.tp == counts.keys), dtype=np.float64)


def spc_scores(counts: OptionCounts) -> Floats:
    """TP / N without a wrong option, else 0 (standard partial credit, section 3.2)."""
    return np.asarray(np.where(counts.fp == 0, counts.tp / counts.keys, 0.0))


def f1_scores(counts: OptionCounts) -> Floats:
    """2 TP / (2 TP + FP + FN): standard F1 of the option set."""
    return np.asarray(2 * counts.tp / (counts.tp + counts.fp + counts.keys))


def sip_f1_scores(counts: OptionCounts, alpha: float = ALPHA, beta: float = BETA) -> Floats:
    """1 for the key; else alpha times the F1 of P = TP / (TP + beta FP) and R = TP / N, 0 without a hit (section 3.3).

    Raises ValueError unless alpha is in [0, 1] and beta is finite and at least 0.
    """
    for name, value in (("alpha", alpha), ("beta", beta)):
        if isinstance(value, bool) or not isinstance(value, Real):
            raise ValueError(f"{name} is {value!r}; pass a number")
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is {alpha!r}; pass a share in [0, 1]: the most that an imperfect answer can earn")
    if not (math.isfinite(beta) and beta >= 0):
        raise ValueError(f"beta is {beta!r}; pass a finite number of at least 0: the weight of a wrong option")
    partial = alpha * (2 * counts.tp / (counts.tp + beta * counts.fp + counts.keys))
    return np.where(exact_match_scores(counts) == 1, 1.0, partial)


def unanswered(counts: OptionCounts) -> int:
    """How many questions have no selection."""
    return int(((counts.tp == 0) & (counts.fp == 0)).sum())


# ---- means over questions


def sip_f1(
    predictions: Rows,
    references: Rows,
    alpha: float = ALPHA,
    beta: float = BETA,
    *,
    papers: Rows | None = None,
    resamples: int = 0,
    level: float = LEVEL,
    seed: int = 0,
) -> Result:
    """Mean SIP-F1 over questions (SPM-Bench section 3.3), in [0, 1]; higher is better.

    Input and errors: `count_options` for the answers, `interval` for the rest; without resamples there is no interval.

    >>> round(sip_f1([["A"]], [["A", "B"]])["sip_f1"], 4)
    0.4
    """
    counts = count_options(predictions, references)
    scores = sip_f1_scores(counts, alpha, beta)
    return result_of("sip_f1", scores, counts, {"alpha": float(alpha), "beta": float(beta)}, papers, resamples, level, seed)


def spc(
    predictions: Rows,
    references: Rows,
    *,
    papers: Rows | None = None,
    resamples: int = 0,
    level: float = LEVEL,
    seed: int = 0,
) -> Result:
    """Mean standard partial credit over questions (SPM-Bench section 3.2), in [0, 1]; higher is better.

    >>> spc(["A", "A, C"], ["A, B", "A, B"])["spc"]
    0.25
    """
    counts = count_options(predictions, references)
    return result_of("spc", spc_scores(counts), counts, {}, papers, resamples, level, seed)


def exact_set_match(
    predictions: Rows,
    references: Rows,
    *,
    papers: Rows | None = None,
    resamples: int = 0,
    level: float = LEVEL,
    seed: int = 0,
) -> Result:
    """Share of questions whose selection is the key (EM, SPM-Bench section 3.1), in [0, 1]; higher is better.

    >>> exact_set_match([["B", "A"], ["A"]], [["A", "B"], ["A", "B"]])["exact_set_match"]
    0.5
    """
    counts = count_options(predictions, references)
    return result_of("exact_set_match", exact_match_scores(counts), counts, {}, papers, resamples, level, seed)


def option_f1(
    predictions: Rows,
    references: Rows,
    *,
    papers: Rows | None = None,
    resamples: int = 0,
    level: float = LEVEL,
    seed: int = 0,
) -> Result:
    """Mean standard F1 of the option sets, one F1 a question, in [0, 1]; higher is better.

    >>> option_f1([["A", "B", "C"]], [["A", "B"]])["option_f1"]
    0.8
    """
    counts = count_options(predictions, references)
    return result_of("option_f1", f1_scores(counts), counts, {}, papers, resamples, level, seed)


def result_of(
    metric: str,
    scores: Floats,
    counts: OptionCounts,
    parameters: dict[str, object],
    papers: Rows | None = None,
    resamples: int = 0,
    level: float = LEVEL,
    seed: int = 0,
) -> Result:
    """The mean of `scores` under the metric's name, with all that a reader needs to repeat it. Raises as `interval` does."""
    check_drawing(len(scores), papers, resamples, level, seed)
    return {
        metric: mean(scores),
        "interval": interval(scores, papers, resamples=resamples, level=level, seed=seed) if resamples else None,
        "n": len(scores),
        "unanswered": unanswered(counts),
        "parameters": parameters,
        "metric": metric,
        "version": VERSION,
    }


def mean(scores: Floats) -> float:
    """The mean, summed exactly: the same number in any order of the questions."""
    return math.fsum(scores.tolist()) / len(scores)


def interval(
    scores: Floats, papers: Rows | None = None, *, resamples: int = 1000, level: float = LEVEL, seed: int = 0
) -> Interval:
    """A percentile bootstrap interval of the mean of `scores`, shape (n,).

    With `papers`, one id a question, whole papers are drawn: questions of one paper are not independent. Without, questions.
    Raises ValueError, with the row, for a score that is not finite, a number of ids other than n or a missing id; for one
    cluster alone, resamples below 1, a level outside (0, 1) and a seed below 0.
    """
    check_drawing(len(scores), papers, resamples, level, seed)
    if not resamples:
        raise ValueError("resamples is 0; pass 1000 or more for an interval")
    for row in np.flatnonzero(~np.isfinite(scores)):
        raise ValueError(f"score {row} is {scores[row]}; every question has a finite score")
    place, unit = clusters_of(len(scores), papers)
    sums, sizes = np.bincount(place, weights=scores), np.bincount(place)

    drawn = [float(sums[taken].sum() / sizes[taken].sum()) for taken in draws(len(sums), resamples, seed)]
    return bounds(drawn, clusters=len(sums), unit=unit, level=level, seed=seed)


def paired_comparison(
    scores_a: Floats,
    scores_b: Floats,
    papers: Rows | None = None,
    *,
    resamples: int = 1000,
    level: float = LEVEL,
    seed: int = 0,
) -> Paired:
    """Mean of A minus mean of B on the same questions, with its interval and a two-sided p-value.

    The p-value is of a sign-flip permutation test over papers (over questions without `papers`): the share of `resamples`
    random flips, the observed one counted in, whose difference is at least as large. `wins` are questions where A scores
    higher. Raises ValueError as `interval` does, and for scores of different lengths.
    """
    if len(scores_a) != len(scores_b):
        raise ValueError(f"{len(scores_a)} scores against {len(scores_b)}: pass both models' scores of the same questions")
    gaps = np.asarray(scores_a, dtype=np.float64) - np.asarray(scores_b, dtype=np.float64)
    drawn = interval(gaps, papers, resamples=resamples, level=level, seed=seed)
    place, _ = clusters_of(len(gaps), papers)
    sums = np.bincount(place, weights=gaps)
    generator = np.random.default_rng([seed, 1])
    limit = abs(float(sums.sum())) - 1e-12
    extreme = sum(abs(float(sums @ generator.choice((-1.0, 1.0), len(sums)))) >= limit for _ in range(resamples))
    return Paired(
        difference=mean(gaps),
        interval=drawn,
        p_value=(1 + extreme) / (1 + resamples),
        wins=int((gaps > 0).sum()),
        ties=int((gaps == 0).sum()),
        losses=int((gaps < 0).sum()),
        n=len(gaps),
    )


def clusters_of(n: int, papers: Rows | None) -> tuple[Ints, str]:
    """The cluster of each of n questions, numbered from 0 by first sight, and what a cluster is: "paper" or "question"."""
    if not n:
        raise ValueError("there is nothing to score: pass at least one question")
    if papers is None:
        return np.arange(n), "question"
    ids = papers if isinstance(papers, np.ndarray) and papers.dtype.kind == "i" else columns(papers=papers)[0]
    if len(ids) != n:
        raise ValueError(f"{len(ids)} papers for {n} questions; pass the paper of each question, in the same order")
    if isinstance(ids, np.ndarray):  # of a million answers: numbered without a look at each
        _, first, place = np.unique(ids, return_index=True, return_inverse=True)
        return np.argsort(np.argsort(first))[place], "paper"
    for row, paper in enumerate(ids):
        if not isinstance(paper, str | Integral) or isinstance(paper, bool) or paper == "":
            raise ValueError(f"paper {row} is {paper!r}; name the paper of each question by a string or a whole number")
    number = {paper: i for i, paper in enumerate(dict.fromkeys(ids))}
    return np.fromiter(map(number.__getitem__, ids), dtype=np.int64, count=n), "paper"


def check_drawing(n: int, papers: Rows | None, resamples: int, level: float, seed: int) -> None:
    """Raises ValueError for what would stop an interval of n scores, or make it one of nothing; also when none is drawn."""
    for name, value, least in (("resamples", resamples, 0), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise ValueError(f"{name} is {value!r}; pass a whole number of at least {least}")
    if isinstance(level, bool) or not isinstance(level, Real) or not 0 < level < 1:
        raise ValueError(f"level is {level!r}; pass a share between 0 and 1, such as 0.95")
    place, unit = clusters_of(n, papers)
    if resamples and place.max() == 0:
        raise ValueError(f"there is one {unit}: an interval needs at least two to be drawn from; pass resamples=0 for none")


def draws(clusters: int, resamples: int, seed: int) -> Iterator[Ints]:
    """The clusters of each resample: as many as there are, with replacement."""
    generator = np.random.default_rng(seed)
    for _ in range(resamples):
        yield generator.integers(0, clusters, clusters)


def bounds(drawn: list[float], *, clusters: int, unit: str, level: float, seed: int) -> Interval:
    """The percentile interval of a value's resamples."""
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(
        low=float(low), high=float(high), level=float(level), resamples=len(drawn), seed=int(seed), clusters=clusters, unit=unit
    )
