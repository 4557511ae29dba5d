"""How a model answers (SPM-Bench section 4): the share of each strategy, the SPC - SIP-F1 gap, and a named personality.

Pure numpy. `metrics_hub/response_profile/` carries this file, byte for byte.
"""

from __future__ import annotations

import warnings
from collections import Counter
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from .option_rows import Ints, OptionCounts, Rows, columns, count_options
from .option_sets import LEVEL, Result, check_drawing, clusters_of, draws, interval, mean, sip_f1_scores, spc_scores, unanswered

VERSION = "1.0.0"
STRATEGIES = ("perfect", "conservative", "aggressive", "gambling", "all_wrong", "abstention")
PERSONALITIES = {"conservative": "Conservative", "aggressive": "Aggressive", "gambling": "Gambling"}
UNDETERMINED = "undetermined"
WISE = 2 / 3  # share of perfect answers from which a model is Wise; SPM-Bench prints labels without a rule: this one is ours
STABLE = 0.9  # share of resamples that must bear the same name
ENOUGH = 10  # papers, or questions without papers, below which no name is given: fewer hardly vary when resampled
RESAMPLES = 1000

Floats: TypeAlias = npt.NDArray[np.float64]


class Room(NamedTuple):
    """What the questions offered: arrays of shape (n,)."""

    options: Ints  # how many options the question has
    strangers: Ints  # selected labels that the question does not have


def response_profile(
    predictions: Rows,
    references: Rows,
    options: Rows,
    *,
    papers: Rows | None = None,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 0,
) -> Result:
    """The share of questions answered by each strategy: six shares in [0, 1] that sum to 1; none is better by itself.

    `options` holds all labels of each question, in the form of the answers: select-all cannot be told without. A question is
    perfect (S = G), abstention (S empty), conservative (FP = 0 < TP < N), gambling (all options with a wrong one among them, or
    FP >= TP > 0), aggressive (TP > FP > 0 otherwise) or all_wrong (TP = 0 < FP).
    Raises ValueError as `count_options` does, and for a question whose options do not hold its right ones.

    >>> response_profile(["A", "A, C"], ["A, B", "A"], ["A, B, C", "A, B, C"], resamples=10)["response_profile"]["conservative"]
    0.5
    """
    counts, room = counted(predictions, references, options)
    return profile_of(counts, room, papers=papers, resamples=resamples, level=level, seed=seed)


def counted(predictions: Rows, references: Rows, options: Rows) -> tuple[OptionCounts, Room]:
    """The counts of checked rows, with what the questions offered."""
    given, wanted, offered = columns(predictions=predictions, references=references, options=options)
    counts = count_options(given, wanted)
    held = count_options(wanted, offered, ("reference", "option set"))
    for row in np.flatnonzero(held.fp):
        raise ValueError(f"question {row} has right options {wanted[row]!r} that are not among its options {offered[row]!r}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what looks like a right option is told above
        return counts, Room(held.keys, count_options(given, offered, ("prediction", "option set")).fp)


def profile_of(
    counts: OptionCounts,
    room: Room,
    *,
    papers: Rows | None = None,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 0,
) -> Result:
    """`response_profile` of counted answers."""
    strategy = strategies(counts, room)
    shares = np.bincount(strategy, minlength=len(STRATEGIES)) / len(strategy)
    spc, sip = spc_scores(counts), sip_f1_scores(counts)
    gap = mean(spc) - mean(sip)
    clusters = int(clusters_of(len(strategy), papers)[0].max()) + 1
    resamples = resamples if clusters > 1 else 0  # one paper alone does not vary
    check_drawing(len(strategy), papers, resamples, level, seed)
    names = _resampled_names(strategy, papers, resamples, seed)
    name = personality(shares)
    settled = name if clusters >= ENOUGH and resamples and names[name] >= STABLE * resamples else UNDETERMINED
    return {
        "response_profile": dict(zip(STRATEGIES, shares.tolist(), strict=True)),
        "personality": settled,
        "personality_shares": {one: names[one] / resamples for one in sorted(names)},
        "spc_minus_sip_f1": gap,
        "interval": interval(spc - sip, papers, resamples=resamples, level=level, seed=seed) if resamples else None,
        "strangers": int((room.strangers > 0).sum()),
        "n": len(strategy),
        "unanswered": unanswered(counts),
        "parameters": {"wise": WISE, "stable": STABLE, "enough": ENOUGH, "resamples": resamples, "level": level, "seed": seed},
        "metric": "response_profile",
        "version": VERSION,
    }


def strategies(counts: OptionCounts, room: Room) -> npt.NDArray[np.int64]:
    """The strategy of each question, as its place in STRATEGIES."""
    tp, fp, keys = counts
    perfect = (fp == 0) & (tp == keys)
    everything = tp + fp - room.strangers == room.options
    gambling = (fp > 0) & (tp > 0) & (everything | (fp >= tp))
    cases = (perfect, (fp == 0) & (tp > 0), ~gambling & (tp > fp), gambling, fp > 0)
    return np.select(cases, range(len(cases)), default=len(cases)).astype(np.int64)


def personality(shares: Floats) -> str:
    """Wise from two thirds of perfect answers on; else named by the most frequent imperfect strategy, if that is partial."""
    if shares[0] >= WISE:
        return "Wise"
    imperfect = dict(zip(STRATEGIES[1:], shares[1:].tolist(), strict=True))
    first, second, *_ = sorted(imperfect, key=lambda strategy: -imperfect[strategy])
    return PERSONALITIES.get(first, UNDETERMINED) if imperfect[first] > imperfect[second] else UNDETERMINED


def personality_of_scores(exact_match: float, spc: float, sip_f1: float) -> str:
    """The same rule on a table's means, where answers are not at hand: Wise, or which way SPC and SIP-F1 part.

    An answer that under-selects earns more SPC than SIP-F1 when it has more than a fifth of the right options; one that
    over-selects earns no SPC. So a positive gap is taken for Conservative and a negative one for Aggressive; Gambling cannot
    be told.
    """
    if exact_match >= WISE:
        return "Wise"
    return "Conservative" if spc > sip_f1 else "Aggressive" if spc < sip_f1 else UNDETERMINED


def _resampled_names(strategy: npt.NDArray[np.int64], papers: Rows | None, resamples: int, seed: int) -> Counter[str]:
    place, _ = clusters_of(len(strategy), papers)
    n_clusters = int(place.max()) + 1
    table = np.bincount(place * len(STRATEGIES) + strategy, minlength=n_clusters * len(STRATEGIES))
    table = table.reshape(n_clusters, len(STRATEGIES))
    return Counter(personality(table[taken].sum(axis=0) / table[taken].sum()) for taken in draws(n_clusters, resamples, seed))
