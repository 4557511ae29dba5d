"""The page of a run: how many records came how far, what took long, what was dropped and why, what was spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from builder.reporting.flow import flow
from builder.reporting.gallery import Shown
from builder.reporting.page import rendered
from builder.reporting.run_report import MAIN, PaperTold, RunReport, StageTold
from builder.reporting.run_status import counted, duration
from builder.reporting.svg import box, drawing, tag
from builder.reporting.tables import NOTHING, Table

_COLOURS = 5  # stages with a colour of their own in a paper's bar; the others share the sixth
_BAR = (160.0, 18.0)


@dataclass(frozen=True)
class Branch:
    """Stages that follow one another."""

    name: str
    stages: tuple[StageTold, ...]
    picture: Markup


def run_page(report: RunReport, pictures: Mapping[str, Shown], template: str, style: str) -> str:
    """One HTML file, nothing loaded, nothing run. `pictures` by the hash of the crop."""
    shown = [one for drop in report.drops for one in drop.examples if one.crop_sha256 in pictures]
    colours = _stage_colours(report.slowest)
    return rendered(
        template,
        style,
        report=report,
        title=f"{report.recipe} {report.version}: run of {report.started:%Y-%m-%d %H:%M} UTC",
        facts=_facts(report),
        branches=_branches(report),
        main=MAIN,
        attrition=_attrition(report),
        slowest=_slowest(report),
        bars=tuple(_bar(one, colours, report.slowest[0].seconds) for one in report.slowest),
        keys=[(box_of(place), name) for name, place in _named(colours)],
        drops=[(stage, tuple(group)) for stage, group in groupby(report.drops, key=lambda drop: drop.stage)],
        pictures=pictures,
        closed=sum(not one.may_share for one in shown),
        shown=len(shown),
        spending=_spending(report),
        share=lambda drop: f"{100 * drop.count / max(1, drop.read):.1f} %",
    )


def _facts(report: RunReport) -> list[tuple[str, str]]:
    caps = f" of {report.max_usd:.2f}" if report.max_usd else ""
    facts = [
        ("Run", report.run),
        ("State", report.state + (f" ({report.exit})" if report.exit else "")),
        ("Began", f"{report.started:%Y-%m-%d %H:%M:%S} UTC"),
        ("Took", duration(report.seconds)),
        (
            "Papers",
            f"{report.done:,} of {report.papers:,} done" + (f", {report.reused:,} of them earlier" if report.reused else ""),
        ),
        ("Outcomes", counted(report.outcomes) + (f": {counted(report.reasons)}" if report.reasons else "")),
        ("Release", "; ".join(f"{config} {sum(n.values()):,}" for config, n in report.rows.items()) or "none was written"),
    ]
    if report.spending.lines:
        facts.append(("Spent by this run", f"{report.spent_usd:.4f} USD"))
        facts.append(("Spent in this work folder", f"{report.spending.capped_usd:.4f} USD{caps}"))
    return facts


def _branches(report: RunReport) -> tuple[Branch, ...]:
    made = []
    for name, group in groupby(report.stages, key=lambda one: one.branch):
        stages = tuple(group)
        told = f"Flow of records, {name}: " + "; ".join(
            f"{one.stage} read {one.read:,} {one.unit}, kept {one.kept:,}" for one in stages
        )
        made.append(Branch(name, stages, flow(stages, told)))
    return tuple(made)


def _attrition(report: RunReport) -> Table:
    rows = tuple(
        (
            f"{one.stage} ({one.unit})",
            f"{one.read:,}",
            f"{one.kept:,}",
            f"{one.made:,}",
            f"{one.read - one.kept:,}",
            f"{one.seconds:,.1f}" if one.papers_timed else NOTHING,
            f"{one.seconds / one.papers_timed:.2f}" if one.papers_timed else NOTHING,
        )
        for one in report.stages
    )
    head = ("stage", "read", "kept", "made", "dropped", "seconds", "a paper")
    note = (
        "What a stage reads is kept or dropped. Seconds are by the clock, in the papers' children; those of a paper that was "
        "reused are from the run that cut it."
    )
    return Table("attrition", "Attrition and time by stage", _signature(report), head, rows, 1, note)


def _slowest(report: RunReport) -> Table:
    rows = tuple(
        (one.file, one.outcome + (f": {one.reason}" if one.reason else ""), f"{one.seconds:.1f}", *_worst(one))
        for one in report.slowest
    )
    head = ("paper", "outcome", "seconds", "longest stage", "its share")
    return Table("slowest", "The slowest papers", _signature(report), head, rows, 1, "")


def _worst(one: PaperTold) -> tuple[str, str]:
    if not one.stages or not one.seconds:
        return NOTHING, NOTHING
    name, most = max(one.stages.items(), key=lambda item: item[1])
    return name, f"{100 * most / one.seconds:.0f} %"


def _stage_colours(papers: Sequence[PaperTold]) -> dict[str, int]:
    """The stages that take longest over these papers, each with its colour; a stage that is not named has the last."""
    sums: dict[str, float] = {}
    for one in papers:
        for stage, seconds in one.stages.items():
            sums[stage] = sums.get(stage, 0.0) + seconds
    longest = sorted(sums, key=lambda stage: (-sums[stage], stage))[:_COLOURS]
    return {stage: place for place, stage in enumerate(longest)}


def _named(colours: Mapping[str, int]) -> list[tuple[str, int]]:
    return [*colours.items(), ("all other stages", _COLOURS)] if colours else []


def box_of(place: int) -> Markup:
    """A sign of a key, which the word beside it tells."""
    return tag("svg", box(0, 0, 12, 12, f"c{place}"), viewBox="0 0 12 12", aria_hidden="true")


def _bar(one: PaperTold, colours: Mapping[str, int], longest: float) -> Markup:
    """The paper's seconds by stage, on the scale of the slowest one."""
    width, height = _BAR
    known = sorted((place, stage) for stage, place in colours.items() if stage in one.stages)
    shares = [(place, stage, one.stages[stage]) for place, stage in known]
    rest = sum(seconds for stage, seconds in one.stages.items() if stage not in colours)
    parts, x = [], 0.0
    for place, stage, seconds in [*shares, (_COLOURS, "all other stages", rest)]:
        across = width * seconds / max(longest, 0.001)
        parts.append(box(x, 2, across, height - 4, f"c{place} edge", f"{stage}: {seconds:.1f} s"))
        x += across
    told = ", ".join(f"{stage} {seconds:.1f} s" for _, stage, seconds in shares)
    return drawing(width, height, f"{one.seconds:.1f} s: {told}", *parts)


def _spending(report: RunReport) -> Table:
    lines = [*report.spending.lines, report.spending.in_all]
    rows = tuple(
        (
            one.stage or NOTHING,
            one.model or NOTHING,
            f"{one.replies:,}",
            f"{one.without_value:,}",
            f"{one.replayed:,}",
            f"{one.requests:,}",
            f"{one.prompt_tokens:,}",
            f"{one.completion_tokens:,}",
            f"{one.usd:.4f}",
        )
        for one in lines
    )
    head = ("stage", "model", "replies", "without a value", "replayed", "requests", "prompt tokens", "completion tokens", "USD")
    note = f"The caps of [asking] count {report.spending.capped_tokens:,} tokens and {report.spending.capped_usd:.4f} USD"
    note += f" of {report.max_tokens:,} tokens" if report.max_tokens else ""
    note += f" and {report.max_usd:.2f} USD." if report.max_usd else "."
    return Table("spending", "Replies in this work folder, by stage and model", _signature(report), head, rows, 2, note)


def _signature(report: RunReport) -> str:
    return f"run {report.run}|recipe:{report.recipe_hash[:12]}|microtome:{report.builder_version}"


__all__ = ["Branch", "run_page"]
