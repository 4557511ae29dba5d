"""The figures of SPM-Bench and CSMBench for any set of comparable results, each with the table of its numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
from string import ascii_uppercase

from markupsafe import Markup

from builder.reporting.charts import (
    Point,
    cloud,
    dots,
    histogram,
    interval_bar,
    key_mark,
    radar,
    reliability,
    scatter,
    stacked,
)
from builder.reporting.facts import HISTOGRAM_BINS, Section, Standing, group_of, shares_of
from builder.reporting.svg import box, tag
from builder.reporting.tables import (
    Table,
    calibration_table,
    correlations_table,
    group_table,
    items_table,
    means_table,
    strategies_table,
)
from builder.scoring.results import Estimate
from builder.scoring.strategies import STRATEGIES

LEAST_AXES = 3  # of a radar
MOST_AXES = 9
MOST_ITEMS = 40  # rows of the item table that the page shows; the files have all
MOST_SHAPES = 6  # values that shapes and colours tell apart in one figure
_PATTERNS = ("kind", "scale")  # columns drawn as dots: CSMBench Figure 3, Tables I and II


@dataclass(frozen=True)
class Drawn:
    """One drawing and, among several, whose it is."""

    name: str | None
    picture: Markup
    narrow: Markup | None = None  # the same for a narrow screen, where it would not fit


@dataclass(frozen=True)
class Figure:
    """Drawings with what they show, their key, and their numbers as a table."""

    name: str
    title: str
    told: str
    drawings: tuple[Drawn, ...]
    key: tuple[tuple[Markup, str], ...]
    table: Table

    @property
    def square(self) -> bool:
        return self.name in ("confidence", "tokens", "items")

    @property
    def small_multiples(self) -> bool:
        return self.drawings[0].name is not None


def _twice(draw: Callable[..., Markup]) -> tuple[Drawn, ...]:
    """One drawing, for a wide and for a narrow screen."""
    return (Drawn(None, draw(narrow=False), draw(narrow=True)),)


def figures(section: Section) -> tuple[Figure, ...]:
    """Every figure that the results have numbers for."""
    made = (
        *(_dots(section, by) for by in _PATTERNS), _radar(section, "field"), _histograms(section), _strategies(section),
        _reliability(section), _confidence(section), _tokens(section), _correlations(section), _items(section),
    )  # fmt: skip
    return tuple(figure for figure in made if figure)


def bars(means: Iterable[tuple[str, Estimate]]) -> tuple[Markup, ...]:
    """The interval of each model's mean, for a leaderboard's cells; empty where a value is none."""
    return tuple(_bar(model, mean) for model, mean in means)


def _bar(model: str, mean: Estimate) -> Markup:
    if mean.value is None:
        return Markup("")
    span = f", 95 % interval {mean.low:.3f} to {mean.high:.3f}" if mean.low is not None and mean.high is not None else ""
    return interval_bar(mean.value, mean.low, mean.high, f"{model}: {mean.value:.3f}{span}")


def _means(section: Section, one: Standing, by: str) -> Iterator[tuple[str, float]]:
    for value in section.values(by):
        group = group_of(one.result, by, value)
        found = group.metrics.get(section.metric) if group else None
        if found and found.value is not None:
            yield value, found.value


def _dots(section: Section, by: str) -> Figure | None:
    values = section.values(by)
    if not 2 <= len(values) <= MOST_SHAPES:
        return None
    rows = [(one.model, tuple(_means(section, one, by))) for one in section.standings]
    lesson = {
        "scale": "Each row is a model, each mark its mean at one length scale (CSMBench, Tables I and II).",
        "kind": "Each row is a model, each mark its mean on one kind of figure: micrographs alone against mixed figures "
        "(CSMBench, Figure 3).",
    }
    told = f"{section.metric} of {len(rows)} models by {by}: {', '.join(values)}"
    key = tuple((key_mark(place), value) for place, value in enumerate(values))
    drawn = _twice(partial(dots, rows, values, told))
    return Figure(f"by-{by}", f"{section.metric} by {by}", lesson[by], drawn, key, group_table(section, by))


def _radar(section: Section, by: str) -> Figure | None:
    values = [value for value in section.values(by) if value not in ("unknown", "none")][:MOST_AXES]
    if len(values) < LEAST_AXES:
        return None
    means = {one.model: dict(_means(section, one, by)) for one in section.standings}
    typical = [_median([found[value] for found in means.values() if value in found]) for value in values]
    drawn = tuple(
        Drawn(
            f"{one.rank}. {one.model}",
            radar([mine.get(value) for value in values], typical, _said(one.model, by, values, mine)),
        )
        for one in section.standings
        if (mine := means[one.model])
    )
    told = (
        f"Mean {section.metric} by {by}, from 0 at the centre to 1 at the rim, clockwise from the top; dashed: the median of "
        "the models (SPM-Bench, Figure 5)."
    )
    key = tuple((Markup("<b>{}</b>").format(letter), value) for letter, value in zip(ascii_uppercase, values, strict=False))
    return Figure(f"radar-{by}", f"Competence by {by}", told, drawn, key, group_table(section, by))


def _said(model: str, by: str, values: list[str], means: dict[str, float]) -> str:
    return f"{model} by {by}: " + ", ".join(f"{value} {means[value]:.2f}" for value in values if value in means)


def _median(values: list[float]) -> float | None:
    return median(values) if values else None


def _histograms(section: Section) -> Figure | None:
    shown = [one for one in section.standings if "sip_f1" in one.histograms]
    if not shown:
        return None
    drawn = tuple(
        Drawn(f"{one.rank}. {one.model}", histogram(one.histograms["sip_f1"], one.histograms.get("option_f1"), _counted(one)))
        for one in shown
    )
    told = (
        "Share of answers by SIP-F1 (bars) and by standard F1 (line). SIP-F1 gives no imperfect answer more than 0.6, so the "
        "answers part in two: right, and the rest (SPM-Bench, Figure 6)."
    )
    edges = [f"{i / HISTOGRAM_BINS:.1f}\N{EN DASH}{(i + 1) / HISTOGRAM_BINS:.1f}" for i in range(HISTOGRAM_BINS)]
    rows = tuple((one.model, name, *map(str, counts)) for one in shown for name, counts in one.histograms.items())
    table = Table("histogram", "Answers by score", section.signature, ("model", "score", *edges), rows, 2)
    return Figure("histogram", "Distribution of SIP-F1", told, drawn, (), table)


def _counted(one: Standing) -> str:
    counts = one.histograms["sip_f1"]
    share = counts[-1] / max(1, sum(counts))
    low = counts[0] / max(1, sum(counts))
    return f"{one.model}: {100 * share:.0f} % of {sum(counts)} answers score from 0.9, {100 * low:.0f} % below 0.1"


def _strategies(section: Section) -> Figure | None:
    rows = [(one.model, shares_of(one.result.profile)) for one in section.standings]
    if not all(shares for _, shares in rows):
        return None
    key = tuple((_swatch(place), name.replace("_", " ")) for place, name in enumerate(STRATEGIES))
    told = "How each model answers, as shares of its answers in per cent; the table names the personality and how stable it is."
    drawn = _twice(partial(stacked, rows, f"Shares of response strategies of {len(rows)} models"))
    return Figure("strategies", "Response strategies", told, drawn, key, strategies_table(section))


def _swatch(place: int) -> Markup:
    return tag("svg", box(2, 2, 12, 12, f"c{place} edge"), viewBox="0 0 16 16", aria_hidden="true", class_="key")


def _reliability(section: Section) -> Figure | None:
    shown = [one for one in section.standings if one.result.reliability]
    if not shown:
        return None
    drawn = tuple(
        Drawn(
            f"{one.rank}. {one.model}",
            reliability([(bin_.confidence, bin_.accuracy, bin_.n) for bin_ in one.result.reliability], _calibrated(one)),
        )
        for one in shown
    )
    told = (
        "Share of exact matches (upwards) against stated confidence (to the right); on the diagonal a model knows what it "
        "knows. The area of a mark goes with the number of its answers."
    )
    return Figure("reliability", "Reliability", told, drawn, (), calibration_table(section))


def _calibrated(one: Standing) -> str:
    bins = one.result.reliability
    return f"{one.model}: {len(bins)} bins of stated confidence; " + ", ".join(
        f"{b.confidence:.2f} stated, {b.accuracy:.2f} right" for b in bins
    )


def _confidence(section: Section) -> Figure | None:
    points = [
        Point(str(place), one.model, one.difficulty, one.confidence)
        for place, one in enumerate(section.standings, 1)
        if one.difficulty is not None and one.confidence is not None
    ]
    if not points:
        return None
    axes = ("mean perceived difficulty", "mean stated confidence")
    drawn = _twice(partial(scatter, points, axes, _listed("Confidence and difficulty", points)))
    told = "Each number is a model, by its place on the leaderboard."
    return Figure(
        "confidence",
        "Confidence against perceived difficulty",
        told,
        drawn,
        _numbered(points),
        means_table(section),
    )


def _tokens(section: Section) -> Figure | None:
    points = [
        Point(str(place), one.model, one.completion_tokens, value)
        for place, one in enumerate(section.standings, 1)
        if one.completion_tokens and (value := section.estimate(one).value) is not None
    ]
    if not points:
        return None
    axes = ("mean completion tokens of an answer (log scale)", section.metric)
    drawn = _twice(partial(scatter, points, axes, _listed("Tokens and score", points), logarithmic=True))
    told = "Each number is a model, by its place on the leaderboard. Tokens are those billed, thinking included."
    return Figure("tokens", "Tokens against score", told, drawn, _numbered(points), means_table(section))


def _listed(what: str, points: list[Point]) -> str:
    return f"{what} of {len(points)} models: " + ", ".join(f"{point.number} {point.name}" for point in points)


def _numbered(points: list[Point]) -> tuple[tuple[Markup, str], ...]:
    return tuple((Markup("<b>{}</b>").format(point.number), point.name) for point in points)


def _correlations(section: Section) -> Figure | None:
    told = [one for one in section.correlations if one.correlation is not None and one.metric == section.metric]
    if not told:
        return None
    rows = [(f"{one.one} and {one.other}", (("correlation", max(0.0, one.correlation or 0.0)),)) for one in told]
    said = ", ".join(f"{one.one} and {one.other} {one.correlation:.2f}" for one in told)
    text = (
        "Pearson's correlation between models' means at two length scales: near 1, who is good at one is good at the other "
        "(CSMBench, Figure 2). A negative one is drawn at 0; the table has every metric."
    )
    drawn = _twice(partial(dots, rows, ("correlation",), f"Correlation of {section.metric} between scales: {said}"))
    return Figure("scale-correlations", "Correlation across scales", text, drawn, (), correlations_table(section))


def _items(section: Section) -> Figure | None:
    spots = [(item.difficulty, item.discrimination, item.suspect) for item in section.items if item.discrimination is not None]
    if not spots:
        return None
    suspects = sum(suspect for _, _, suspect in spots)
    axes = ("difficulty: 1 minus the mean score", "discrimination")
    drawn = _twice(partial(cloud, spots, axes, f"{len(spots)} items by difficulty and discrimination; {suspects} suspect keys"))
    same = len(section.items) - len(spots)
    told = (
        f"Discrimination is the correlation, over {section.items[0].models} models, of the score on an item with the mean "
        "on all other items. A triangle is an item whose whole 95 % interval is negative: strong models fail it, weak ones do "
        f"not, and its key is suspect; by chance alone 2.5 in 100 would be. {same} items on which the "
        "models do not differ have none."
    )
    whole = items_table(section)
    table = replace(whole, rows=whole.rows[:MOST_ITEMS], note=_cut(len(whole.rows)))
    return Figure("items", "Item difficulty and discrimination", told, drawn, (), table)


def _cut(rows: int) -> str:
    return f"The {MOST_ITEMS} of {rows} items with the lowest discrimination; items.csv has all." if rows > MOST_ITEMS else ""


__all__ = ["Drawn", "Figure", "bars", "figures"]
