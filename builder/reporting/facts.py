"""Everything a report says of one set of comparable results, counted once: the page, the tables and report.json show this."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
from pydantic import Field

from builder.records import Record
from builder.reporting.compare import Pair, compared
from builder.reporting.items import ItemFigures, correlation, item_figures, score_table
from builder.reporting.runs import Comparable, Run, same_task, signature_of
from builder.scoring.caption_match import LENGTH_SCALES
from builder.scoring.results import Estimate, Group, Result, Signature, differences
from builder.scoring.strategies import STRATEGIES

HISTOGRAM = ("sip_f1", "option_f1")  # SPM-Bench Figure 6 sets the one against the other
HISTOGRAM_BINS = 10  # of width 0.1; the last holds 1
LEAST_FOR_CORRELATION = 3  # models
_DIGITS = 6

Floats = npt.NDArray[np.float64]


class Standing(Record):
    """One model in a section, the best first."""

    rank: int = Field(description="from 1, by the section's metric; equal values share the better rank")
    model: str
    place: str = Field(description="folder of the result, as named on the command line")
    result: Result
    above: Pair | None = Field(description="the model one place higher against this one")
    histograms: dict[str, tuple[int, ...]] = Field(description="answers by score in ten bins of width 0.1, by metric")
    confidence: float | None = Field(description="mean stated confidence")
    difficulty: float | None = Field(description="mean perceived difficulty")
    completion_tokens: float | None = Field(description="mean billed tokens of an answer")


class ScaleCorrelation(Record):
    """How far models that are good at one scale are good at another (CSMBench Figure 2)."""

    metric: str
    one: str
    other: str
    correlation: float | None = Field(description="Pearson, over the models; null where either does not vary")
    models: int


class Section(Record):
    """Results that differ in the model alone."""

    name: str = Field(description="stable within the report: config-split-number")
    signature: str = Field(description="what a number of the section's metric is cited with")
    signed: Signature = Field(description="of the best model's result; the others differ in `model` alone")
    metric: str = Field(description="the score that ranks")
    apart: tuple[str, ...] = Field(description="what keeps the section apart from the others of its task")
    standings: tuple[Standing, ...]
    pairs: tuple[Pair, ...] = Field(description="every pair of models, by the section's metric")
    correlations: tuple[ScaleCorrelation, ...]
    items: tuple[ItemFigures, ...] = Field(description="by id")

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(one.model for one in self.standings)

    def estimate(self, standing: Standing, metric: str | None = None) -> Estimate:
        """The mean over all items."""
        return standing.result.micro[metric or self.metric]

    def columns(self) -> tuple[str, ...]:
        """The columns that any result is grouped by."""
        return tuple(dict.fromkeys(group.by for one in self.standings for group in one.result.groups))

    def values(self, by: str) -> tuple[str, ...]:
        """The values of a column as the results order them, length scales from the smallest."""
        found = dict.fromkeys(group.value for one in self.standings for group in one.result.groups if group.by == by)
        return tuple(sorted(found, key=_place))


class Report(Record):
    """report.json."""

    builder_version: str
    sections: tuple[Section, ...]


def _place(value: str) -> int:
    return LENGTH_SCALES.index(value) if value in LENGTH_SCALES else len(LENGTH_SCALES)


def group_of(result: Result, by: str, value: str) -> Group | None:
    return next((group for group in result.groups if (group.by, group.value) == (by, value)), None)


def report(sets: Sequence[Comparable], builder_version: str) -> Report:
    """A section for each set of comparable runs."""
    made = []
    for number, one in enumerate(sets, 1):
        others = [other for other in sets if other is not one and same_task(one.signature, other.signature)]
        apart = tuple(line for other in others for line in differences(one.signature, other.signature))
        name = f"{one.signature.config}-{one.signature.split}-{number}"
        made.append(_section(one, name, tuple(dict.fromkeys(apart))))
    return Report(builder_version=builder_version, sections=tuple(made))


def _section(one: Comparable, name: str, apart: tuple[str, ...]) -> Section:
    runs = sorted(one.runs, key=lambda run: (-_value(run, one.metric), run.model))
    ids, papers, scores = score_table(runs, one.metric)
    pairs = compared(scores, papers) if ids else ()
    above = {pair.b: pair for pair in pairs}  # the last pair that a model is second in is with its neighbour
    return Section(
        name=name,
        signature=signature_of(one.signature, one.metric),
        signed=runs[0].result.signature,
        metric=one.metric,
        apart=apart,
        standings=tuple(_standing(run, runs, one.metric, above.get(run.model)) for run in runs),
        pairs=pairs,
        correlations=_correlations(runs),
        items=item_figures(ids, papers, scores) if ids else (),
    )


def _value(run: Run, metric: str) -> float:
    value = run.result.micro[metric].value
    return -1.0 if value is None else value


def _standing(run: Run, runs: Sequence[Run], metric: str, above: Pair | None) -> Standing:
    mine = _value(run, metric)
    return Standing(
        rank=1 + sum(_value(other, metric) > mine for other in runs),
        model=run.model,
        place=run.place,
        result=run.result,
        above=above,
        histograms=_histograms(run),
        confidence=_mean(item.confidence for item in run.items),
        difficulty=_mean(item.difficulty for item in run.items),
        completion_tokens=_mean(item.completion_tokens for item in run.items),
    )


def _mean(values: Iterable[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return round(math.fsum(told) / len(told), _DIGITS) if told else None


def _histograms(run: Run) -> dict[str, tuple[int, ...]]:
    made = {}
    for metric in HISTOGRAM:
        scores = [item.scores[metric] for item in run.items if metric in item.scores]
        if scores:
            counts, _ = np.histogram(scores, bins=HISTOGRAM_BINS, range=(0, 1))
            made[metric] = tuple(int(count) for count in counts)
    return made


def _correlations(runs: Sequence[Run]) -> tuple[ScaleCorrelation, ...]:
    if len(runs) < LEAST_FOR_CORRELATION:
        return ()
    made = []
    for metric in sorted(runs[0].result.micro):
        means = {scale: _means(runs, metric, scale) for scale in LENGTH_SCALES}
        for one, other in combinations([scale for scale in LENGTH_SCALES if means[scale] is not None], 2):
            a, b = means[one], means[other]
            assert a is not None
            assert b is not None
            made.append(ScaleCorrelation(metric=metric, one=one, other=other, correlation=correlation(a, b), models=len(runs)))
    return tuple(made)


def _means(runs: Sequence[Run], metric: str, scale: str) -> Floats | None:
    """Each model's mean at a scale; None unless every model has one."""
    found = [group_of(run.result, "scale", scale) for run in runs]
    values = [group.metrics[metric].value if group and metric in group.metrics else None for group in found]
    return None if None in values else np.array(values, dtype=np.float64)


def shares_of(profile: Mapping[str, float | str | None]) -> dict[str, float]:
    """The shares of the response strategies, where the profile has all of them."""
    found = {name: profile.get(name) for name in STRATEGIES}
    return {name: share for name, share in found.items() if isinstance(share, float | int)}


__all__ = [
    "HISTOGRAM_BINS", "Report", "ScaleCorrelation", "Section", "Standing", "group_of", "report", "shares_of",
]  # fmt: skip
