"""What `microtome judge` tells at its end: means by scale with their coverage, macro and micro, and the drift of the judge."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from builder.records import Record
from builder.scoring.judged import (
    METRIC,
    PRESETS,
    VERSION,
    Drift,
    Judged,
    Judgement,
    Mean,
    anchor_drift,
    differences,
    drift_since,
    judgement,
)


class Since(Record):
    """Against an earlier run."""

    anchors: Drift
    items: Drift
    anchors_then: Drift = Field(description="the earlier run against the known scores")
    differences: tuple[str, ...] = Field(description="besides time; empty: the drift is the judge's own")


class Told(Record):
    """A whole run of one judge."""

    metric: str
    version: str
    judge: str
    judge_answered: tuple[str, ...] = Field(description="more than one: the provider changed the model behind the name")
    preset: str
    prompt_hash: str
    models: tuple[Judgement, ...]
    anchors: Drift = Field(description="against their known scores")
    since: Since | None


def verdict_of(lines: Sequence[Judged], earlier: Sequence[Judged]) -> Told:
    """Of all lines of a run, anchors among them."""
    items = [line for line in lines if line.kind == "item"]
    models = sorted({line.model or "" for line in items})
    since = Since(
        anchors=drift_since(earlier, lines, "anchor"),
        items=drift_since(earlier, lines, "item"),
        anchors_then=anchor_drift(earlier),
        differences=differences(earlier, lines),
    )
    return Told(
        metric=METRIC,
        version=VERSION,
        judge=lines[0].judge,
        judge_answered=tuple(sorted({name for line in lines for name in line.judge_answered})),
        preset=lines[0].preset,
        prompt_hash=lines[0].prompt_hash,
        models=tuple(judgement(model, [line for line in items if line.model == model]) for model in models),
        anchors=anchor_drift(lines),
        since=since if earlier else None,
    )


def verdict_table(told: Told) -> str:
    """The same as lines of text."""
    preset = PRESETS[told.preset]
    lines = [f"{told.metric} {told.version}, judge {told.judge}, {told.preset} (raw {preset.low} to {preset.high})"]
    lines.append(f"prompt {told.prompt_hash[:12]}")
    if set(told.judge_answered) - {told.judge}:
        named = ", ".join(told.judge_answered)
        lines.append(f"the provider's replies name {named}: pin that id with --model, or the judge may change behind its name")
    for model in told.models:
        lines += _of_model(model, preset.low)
    lines.append(f"anchors against their known scores: {_moved(told.anchors)}")
    if told.since:
        lines.append(f"  in the earlier run: {_moved(told.since.anchors_then)}")
        lines.append(f"since the earlier run: anchors {_moved(told.since.anchors)}; descriptions {_moved(told.since.items)}")
        lines += [f"  not the judge alone: {difference}" for difference in told.since.differences]
    return "\n".join(lines)


def _of_model(one: Judgement, low: int) -> list[str]:
    head = f"{one.model}\n  {'scale':<14}{'raw':>8}{'95% interval':>18}{'in [0, 1]':>11}{'spread':>8}{'judged':>8}{'of':>6}"
    rows = [f"  {scale:<14}{_mean(mean)}" for scale, mean in one.by_scale.items()]
    both = f"{_number(one.macro):>8}{_interval(one.macro_low, one.macro_high):>18}{_number(one.macro_normalised):>11}"
    macro = f"  {'mean, macro':<14}{both}{'':>22}  unweighted mean of {len(one.macro_scales)} scales"
    micro = f"  {'mean, micro':<14}{_mean(one.micro)}  over all descriptions"
    missing = one.micro.of - one.micro.n
    lowest = (
        [f"  {missing} without a score; were each {low}, the micro mean would be {_number(one.micro_if_lowest)}"]
        if missing
        else []
    )
    return [head, *rows, macro, micro, *lowest]


def _mean(mean: Mean) -> str:
    raw = f"{_number(mean.raw):>8}{_interval(mean.low, mean.high):>18}"
    return f"{raw}{_number(mean.normalised):>11}{_number(mean.spread):>8}{mean.n:>8}{mean.of:>6}"


def _interval(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"[{_number(low)}, {_number(high)}]"


def _moved(drift: Drift) -> str:
    if drift.mean_absolute is None or drift.mean_signed is None:
        return f"none of {drift.of} could be compared"
    moved = f"mean absolute deviation {drift.mean_absolute:.2f}, signed {drift.mean_signed:+.2f}, largest {drift.largest:.2f}"
    return f"{moved} ({drift.n} of {drift.of})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


__all__ = ["Since", "Told", "verdict_of", "verdict_table"]
