"""Descriptions scored by a model as judge: the scale by its preset, one record a description, means with their coverage.

Presets name CSMBench's three scales: the paper says 1 to 10 (IV-A2), its code takes 0 to 10, a port of it 0 to 9. A score on
one of them is none on another: `low` and `high` stand in each record, and the normalised value, (raw - low) / (high - low),
beside the raw one. What no judge has scored is null and counted, never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from statistics import fmean, pstdev
from types import MappingProxyType
from typing import Literal

import numpy as np
from pydantic import Field

from builder.records import Record
from builder.scoring.caption_match import LENGTH_SCALES
from builder.scoring.resampling import Means, Resampling, Rows
from builder.scoring.results import Estimate
from builder.scoring.strategies import RESAMPLES

METRIC, VERSION = "llm_judge", "1.0.0"
SEED = 0  # of the bootstrap, as in `score`

Verdict = Literal["scored", "malformed", "refused", "truncated", "failed", "not_asked", "no_text", "no_prediction"]


@dataclass(frozen=True)
class Preset:
    """A judge's scale."""

    name: str
    low: int
    high: int

    def normalised(self, raw: float) -> float:
        """In [0, 1].

        >>> round(PRESETS["csmbench-1-10"].normalised(8.0749), 4), PRESETS["csmbench-0-10"].normalised(5)
        (0.7861, 0.5)
        """
        return (raw - self.low) / (self.high - self.low)

    def mark(self, share: float) -> int:
        """The number at that share of the scale.

        >>> [PRESETS["csmbench-1-10"].mark(share) for share in (0, 0.25, 0.5, 0.75, 1)]
        [1, 3, 6, 8, 10]
        """
        return self.low + floor(share * (self.high - self.low) + 0.5)


PRESETS = MappingProxyType(
    {
        preset.name: preset
        for preset in (Preset(f"csmbench-{low}-{high}", low, high) for low, high in ((1, 10), (0, 10), (0, 9)))
    }
)


class Judged(Record):
    """One description, or one anchor, as one judge scored it."""

    kind: Literal["item", "anchor"] = Field(description="anchor: shipped with the judge, of known score, judged in every run")
    id: str = Field(description="of the row, or of the anchor")
    repeat: int = Field(ge=0, description="of the prediction")
    model: str | None = Field(description="whose description it is; null for an anchor")
    text_sha256: str | None = Field(description="of the description; null where there is none")
    scale: str | None = Field(description="length scale of the row; null for an anchor")
    paper_id: str | None
    judge: str = Field(description="model id that was asked")
    judge_answered: tuple[str, ...] = Field(description="model ids that the replies name")
    preset: str
    low: int
    high: int
    prompt_hash: str = Field(description="SHA-256 of template, scale, schema and settings")
    scores: tuple[int | None, ...] = Field(description="raw, one an asking; null where there is none")
    verdicts: tuple[Verdict, ...] = Field(description="why there is none, one an asking")
    mean: float | None = Field(description="of the raw scores given; null where there is none")
    spread: float | None = Field(description="their standard deviation (of the population); null below two scores")
    normalised: float | None = Field(description="(mean - low) / (high - low)")
    known: float | None = Field(description="raw score that an anchor is known to deserve")


class Mean(Record):
    """A mean over judged descriptions, each one's repeats averaged first."""

    raw: float | None = Field(description="null where nothing was judged")
    low: float | None = Field(description="of raw's 95 % bootstrap interval over papers; null below two papers")
    high: float | None
    normalised: float | None
    papers: int = Field(ge=0, description="of the descriptions judged")
    n: int = Field(ge=0, description="judged")
    of: int = Field(ge=0, description="descriptions wanted: the others have no score")
    spread: float | None = Field(description="mean over descriptions of the standard deviation of their repeats")


class Judgement(Record):
    """One model's descriptions by one judge."""

    model: str
    by_scale: dict[str, Mean]
    macro: float | None = Field(description="raw: unweighted mean over the length scales present, CSMBench's Overall")
    macro_low: float | None = Field(description="of its 95 % bootstrap interval over papers; null below two papers")
    macro_high: float | None
    macro_normalised: float | None
    macro_scales: tuple[str, ...]
    micro: Mean = Field(description="over all descriptions")
    micro_if_lowest: float | None = Field(description="raw micro mean if whatever has no score had the lowest")


class Drift(Record):
    """A judge against what is known of its anchors, or against an earlier run. In steps of the raw scale."""

    n: int = Field(ge=0, description="compared")
    of: int = Field(ge=0, description="there were")
    mean_absolute: float | None = Field(description="mean absolute deviation; null where nothing could be compared")
    mean_signed: float | None = Field(description="above 0: this judge is the milder one")
    largest: float | None


def judgement(model: str, lines: Sequence[Judged]) -> Judgement:
    """Of one model's lines, which share a preset."""
    preset = PRESETS[lines[0].preset]
    there = set(map(_scale, lines))
    present = tuple(scale for scale in LENGTH_SCALES if scale in there)
    scales = (*present, *sorted(there - set(LENGTH_SCALES)))
    drawing = Resampling(len(set(map(_paper, lines))), RESAMPLES, SEED)
    means = _means(lines, scales, drawing, _scale)
    (micro,) = drawing.estimates(_means(lines, ("all",), drawing, lambda _: "all"))
    by_scale = {
        scale: _mean([line for line in lines if _scale(line) == scale], estimate, preset)
        for scale, estimate in zip(scales, drawing.estimates(means), strict=True)
    }
    whole = bool(present) and all(by_scale[scale].raw is not None for scale in present)
    averaged = drawing.macro(means.only(range(len(present)))) if whole else None  # over fewer scales it is another number
    macro = averaged.value if averaged else None
    lowest = [preset.low if line.mean is None else line.mean for line in lines]
    return Judgement(
        model=model,
        by_scale=by_scale,
        macro=macro,
        macro_low=averaged.low if averaged else None,
        macro_high=averaged.high if averaged else None,
        macro_normalised=None if macro is None else preset.normalised(macro),
        macro_scales=present,
        micro=_mean(lines, micro, preset),
        micro_if_lowest=fmean(lowest) if lowest else None,
    )


def _means(lines: Sequence[Judged], groups: Sequence[str], drawing: Resampling, of: Callable[[Judged], str]) -> Means:
    """The means of the raw scores given, by group, in each draw of papers; papers of which nothing was judged are drawn too."""
    papers = {name: place for place, name in enumerate(sorted(set(map(_paper, lines))))}
    given = [(line, line.mean) for line in lines if line.mean is not None]
    rows = Rows(
        papers=np.array([papers[_paper(line)] for line, _ in given], dtype=np.int64),
        of=np.array([groups.index(of(line)) for line, _ in given], dtype=np.int64),
        groups=len(groups),
        sizes=np.ones(len(given)),
    )
    return drawing.means({"raw": np.array([mean for _, mean in given], dtype=np.float64)}, rows)["raw"]


def _paper(line: Judged) -> str:
    return line.paper_id or line.id


def _scale(line: Judged) -> str:
    return line.scale or "unknown"


def _mean(lines: Sequence[Judged], estimate: Estimate, preset: Preset) -> Mean:
    spreads = [line.spread for line in lines if line.spread is not None]
    raw = estimate.value
    return Mean(
        raw=raw,
        low=estimate.low,
        high=estimate.high,
        normalised=None if raw is None else preset.normalised(raw),
        papers=estimate.papers,
        n=estimate.n,
        of=len(lines),
        spread=fmean(spreads) if spreads else None,
    )


def scored(scores: Sequence[int | None], preset: Preset) -> tuple[float | None, float | None, float | None]:
    """Mean, spread and normalised mean of what was given."""
    given = [score for score in scores if score is not None]
    if not given:
        return None, None, None
    mean = fmean(given)
    return mean, pstdev(given) if len(given) > 1 else None, preset.normalised(mean)


def anchor_drift(lines: Iterable[Judged]) -> Drift:
    """The judge against the anchors' known scores."""
    anchors = [line for line in lines if line.kind == "anchor"]
    return _drift([None if a.mean is None or a.known is None else a.mean - a.known for a in anchors])


def drift_since(earlier: Iterable[Judged], lines: Iterable[Judged], kind: Literal["item", "anchor"]) -> Drift:
    """This run against an earlier one, over the same texts. Steps are of this run's scale: shares of both are compared."""
    before = {_place(line): line.normalised for line in earlier if line.kind == kind}
    now = [line for line in lines if line.kind == kind and _place(line) in before]
    return _drift([_step(line, before[_place(line)]) for line in now])


def _step(line: Judged, before: float | None) -> float | None:
    if line.normalised is None or before is None:
        return None
    return (line.normalised - before) * (line.high - line.low)


def _place(line: Judged) -> tuple[str, int, str | None, str | None]:
    return line.id, line.repeat, line.model, line.text_sha256


def _drift(steps: Sequence[float | None]) -> Drift:
    known = [step for step in steps if step is not None]
    return Drift(
        n=len(known),
        of=len(steps),
        mean_absolute=fmean(map(abs, known)) if known else None,
        mean_signed=fmean(known) if known else None,
        largest=max(map(abs, known)) if known else None,
    )


_PINNED: Mapping[str, Callable[[Judged], object]] = MappingProxyType(
    {
        "judge": lambda line: line.judge,
        "judge_answered": lambda line: line.judge_answered,
        "preset": lambda line: line.preset,
        "prompt_hash": lambda line: line.prompt_hash,
    }
)


def differences(earlier: Sequence[Judged], lines: Sequence[Judged]) -> tuple[str, ...]:
    """What besides time tells two runs apart, in words: drift is the judge's own only where there is nothing of it."""
    told = []
    for name, value in _PINNED.items():
        before, now = ({value(line) for line in run if line.scores} - {()} for run in (earlier, lines))
        if before != now:
            told.append(f"{name}: {', '.join(sorted(map(str, before)))} then, {', '.join(sorted(map(str, now)))} now")
    return tuple(told)


__all__ = [
    "METRIC", "PRESETS", "VERSION", "Drift", "Judged", "Judgement", "Mean", "Preset", "Verdict", "anchor_drift", "differences",
    "drift_since", "judgement", "scored",
]  # fmt: skip
