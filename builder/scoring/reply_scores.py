"""One reply to one item of a config with options: what it selects, and its score by every metric of the config.

Each release carries this file, byte for byte, under harness/: a score is the same in every harness.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from . import caption_match, option_sets
from .answers import PARSER_VERSION, Answer, parse_answer
from .option_rows import count_options

CAPTION_MATCHING, MULTI_SELECT = "caption_matching", "multi_select"
METRICS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        CAPTION_MATCHING: (caption_match.METRIC,),
        MULTI_SELECT: ("exact_set_match", "spc", "option_f1", "sip_f1"),
    }
)  # by config; the first is the one to rank by
VERSIONS: Mapping[str, str] = MappingProxyType(
    {caption_match.METRIC: caption_match.VERSION} | dict.fromkeys(METRICS[MULTI_SELECT], option_sets.VERSION)
)


@dataclass(frozen=True)
class ScoredReply:
    """A reply as read and as scored: `scores` in [0, 1] by metric, all 0 unless the status is "ok"."""

    read: Answer
    scores: Mapping[str, float]

    @property
    def selected(self) -> tuple[str, ...]:
        return tuple(sorted(self.read.answer))


def score_reply(
    config: str, text: str | None, labels: Sequence[str], key: Sequence[str], *, finish_reason: str | None = None
) -> ScoredReply:
    """Parse `text` among the options `labels` and score it against `key`, the labels that are right.

    None is a request that failed. Two letters are no caption: wrong. Raises ValueError for a config without options and
    for an empty key.

    >>> dict(score_reply("multi_select", "ANSWER: A", "ABCD", "AB").scores)
    {'exact_set_match': 0.0, 'spc': 0.5, 'option_f1': 0.6666666666666666, 'sip_f1': 0.4}
    """
    if config not in METRICS:
        raise ValueError(f"config is {config!r}; one with options is {' or '.join(METRICS)}")
    read = parse_answer(text, labels, finish_reason=finish_reason)
    if config == CAPTION_MATCHING:
        right = len(key) == 1 and read.answer == frozenset(key)
        return ScoredReply(read, {caption_match.METRIC: float(right)})
    counts = count_options([sorted(read.answer)], [list(key)])
    by_name = (
        option_sets.exact_match_scores(counts),
        option_sets.spc_scores(counts),
        option_sets.f1_scores(counts),
        option_sets.sip_f1_scores(counts),
    )
    return ScoredReply(read, {name: float(found[0]) for name, found in zip(METRICS[config], by_name, strict=True)})


def mean_score(scores: Iterable[float]) -> float:
    """The mean, summed exactly: the same number, to the last digit, in any order. Raises ValueError for no scores."""
    values = list(scores)
    if not values:
        raise ValueError("there is nothing to score: pass at least one score")
    return math.fsum(values) / len(values)


__all__ = [
    "CAPTION_MATCHING",
    "METRICS",
    "MULTI_SELECT",
    "PARSER_VERSION",
    "VERSIONS",
    "ScoredReply",
    "mean_score",
    "score_reply",
]
