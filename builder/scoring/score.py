"""One model's answers scored: every metric overall and by group, with intervals over papers, and nothing dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from builder.scoring import aggregates, caption_match, option_sets, strategies
from builder.scoring import calibration as calibrating
from builder.scoring.answers import PARSER_VERSION
from builder.scoring.asked import CAPTION_MATCHING, MULTI_SELECT, Asked
from builder.scoring.dense import Seated
from builder.scoring.option_rows import OptionCounts
from builder.scoring.option_sets import Floats
from builder.scoring.resampling import Resampling
from builder.scoring.responses import CODE
from builder.scoring.results import Estimate, Result, Signature

RATE_VERSION = "1.0.0"  # of distractor_selection_rate
SELECTING = {
    "sip_f1": option_sets.sip_f1_scores,
    "spc": option_sets.spc_scores,
    "exact_set_match": option_sets.exact_match_scores,
    "option_f1": option_sets.f1_scores,
}


@dataclass(frozen=True)
class Identity:
    """Whose items, whose answers: a result's signature but for the metrics."""

    benchmark: str
    version: str
    logical_hash: str
    builder_version: str  # of the program that scores
    model: str
    prompt_hash: str | None


@dataclass(frozen=True)
class Marks:
    """What each answer scores by metric, of the shape of the seated answers; `counts` are None for descriptions."""

    scores: Mapping[str, Floats]
    versions: Mapping[str, str]
    not_scored: Mapping[str, str]  # why, by metric
    counts: OptionCounts | None


@dataclass(frozen=True)
class Scored:
    """A result with the columns it was made from."""

    result: Result
    asked: Asked
    seated: Seated
    scores: Mapping[str, Floats]


def marks_of_selections(asked: Asked, seated: Seated) -> Marks:
    """The scores of answers that select options."""
    counts = counts_of(asked, seated)
    calibrated = {"calibration_error": calibrating.VERSION}
    if asked.config == CAPTION_MATCHING:
        exact = {caption_match.METRIC: option_sets.exact_match_scores(counts)}
        return Marks(exact, {caption_match.METRIC: caption_match.VERSION} | calibrated, {}, counts)
    scores = {name: function(counts) for name, function in SELECTING.items()}
    versions = dict.fromkeys(SELECTING, option_sets.VERSION) | calibrated
    versions |= {"response_profile": strategies.VERSION, aggregates.DISTRACTOR_RATE: RATE_VERSION}
    return Marks(scores, versions, {}, counts)


def counts_of(asked: Asked, seated: Seated) -> OptionCounts:
    """Right and wrong options of each answer; one that is out of range counts as one wrong option, and no abstention."""
    keys = asked.keys[seated.item]
    stray = (seated.status == CODE["out_of_range"]).astype(np.int64)
    tp, fp = np.bitwise_count(seated.selected & keys), np.bitwise_count(seated.selected & ~keys)
    return OptionCounts(tp.astype(np.int64), fp.astype(np.int64) + stray, np.bitwise_count(keys).astype(np.int64))


def score(asked: Asked, seated: Seated, marks: Marks, identity: Identity, *, resamples: int, seed: int) -> Scored:
    """The result of one model. Repeats are averaged within their item first; the same papers are drawn for all means."""
    resampling = Resampling(int(asked.papers.max()) + 1, resamples, seed)
    answers = aggregates.Answers(asked, seated, marks.scores, resampling)
    statuses = aggregates.status_counts(seated, len(asked.ids))
    groups, macro = aggregates.groups(answers)
    calibration, bins = aggregates.calibration(answers, marks.counts) if marks.counts else ({}, ())
    selects = asked.config == MULTI_SELECT and marks.counts is not None
    unknown = Estimate(value=None, low=None, high=None, n=len(asked.ids), papers=resampling.papers)
    result = Result(
        signature=_signature(asked, marks, identity),
        items=len(asked.ids),
        answered=int((~seated.missing.reshape(len(asked.ids), -1)).any(axis=1).sum()),
        repeats=len(seated.repeats),
        statuses=aggregates.statuses_told(statuses.sum(axis=0)),
        micro=aggregates.micro(answers) | dict.fromkeys(marks.not_scored, unknown),
        macro=macro,
        received=aggregates.received(answers),
        groups=groups,
        profile=aggregates.profile(answers, marks.counts) if selects and marks.counts else {},
        calibration=calibration,
        reliability=bins,
        tokens=aggregates.tokens(seated),
        not_scored=dict(marks.not_scored),
        level=resampling.level,
        resamples=resamples,
        seed=seed,
    )
    return Scored(result, asked, seated, marks.scores)


def _signature(asked: Asked, marks: Marks, identity: Identity) -> Signature:
    return Signature(
        benchmark=identity.benchmark,
        version=identity.version,
        logical_hash=identity.logical_hash,
        config=asked.config,
        split=asked.split,
        metrics=dict(sorted(marks.versions.items())),
        parser=PARSER_VERSION,
        prompt_hash=identity.prompt_hash,
        model=identity.model,
        builder_version=identity.builder_version,
    )


__all__ = ["RATE_VERSION", "SELECTING", "Identity", "Marks", "Scored", "counts_of", "marks_of_selections", "score"]
