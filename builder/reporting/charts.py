"""The shapes that figures are drawn in: interval, radar, histogram, stacked shares, reliability, scatter, dots by group."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from markupsafe import Markup

from builder.reporting.svg import box, drawing, line, mark, polygon, tag, words

_ROW = 26.0  # height of a model's row
_NARROW = 330.0  # width on a narrow screen: as many pixels as one of 360 has left, so that words keep their size
_NARROW_ROW = 40.0  # there the name stands above its row
_NARROW_NAME = 46  # characters of it
_CHAR = 6.6  # width of a character of 12 px, on average
_SHORTEN = 30  # characters of a model's name in a drawing; tables have it whole
_NAMED_SHARE = 0.07  # of a bar, from which its share is written into it


@dataclass(frozen=True)
class Point:
    """A mark with a number that a key explains."""

    number: str
    name: str
    x: float
    y: float


@dataclass(frozen=True)
class _Rows:
    """Where rows from 0 to 1 and their names stand: beside them, or above them on a narrow screen."""

    left: float
    across: float
    height: float  # of one row
    narrow: bool

    def middle(self, row: int) -> float:
        return row * self.height + (29 if self.narrow else _ROW / 2)

    def name(self, row: int, name: str) -> Markup:
        if self.narrow:
            return words(shortened(name, _NARROW_NAME), self.left, row * self.height + 13)
        return words(shortened(name), self.left - 8, self.middle(row) + 4, "end")


def _rows(names: Sequence[str], narrow: bool) -> _Rows:
    if narrow:
        return _Rows(10.0, _NARROW - 28, _NARROW_ROW, narrow)
    return _Rows(16 + _CHAR * max((len(shortened(name)) for name in names), default=0), 420.0, _ROW, narrow)


def shortened(name: str, most: int = _SHORTEN) -> str:
    return name if len(name) <= most else name[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def interval_bar(value: float, low: float | None, high: float | None, told: str) -> Markup:
    """A value in [0, 1] with its interval, for a table's cell."""
    width, height, pad = 160.0, 18.0, 5.0
    span = width - 2 * pad
    parts = [
        line(pad, height / 2, width - pad, height / 2),
        line(pad, 4, pad, height - 4),
        line(width - pad, 4, width - pad, height - 4),
    ]
    if low is not None and high is not None:
        parts.append(line(pad + low * span, height / 2, pad + high * span, height / 2, "whisker"))
    parts.append(mark(0, pad + value * span, height / 2, 4, "c0"))
    return drawing(width, height, told, *parts)


def radar(values: Sequence[float | None], typical: Sequence[float | None], told: str) -> Markup:
    """One model's means from 0 (centre) to 1, axes lettered clockwise from the top; the dashed outline is the median model."""
    size, middle, radius = 220.0, 110.0, 88.0
    angles = [2 * math.pi * i / len(values) - math.pi / 2 for i in range(len(values))]

    def at(i: int, share: float) -> tuple[float, float]:
        return middle + radius * share * math.cos(angles[i]), middle + radius * share * math.sin(angles[i])

    parts = [polygon([at(i, ring) for i in range(len(values))], "ring") for ring in (0.25, 0.5, 0.75, 1.0)]
    parts += [line(middle, middle, *at(i, 1.0)) for i in range(len(values))]
    parts.append(polygon([at(i, share or 0.0) for i, share in enumerate(values)], "area"))
    parts.append(polygon([at(i, share or 0.0) for i, share in enumerate(typical)], "typical"))
    for i, letter in zip(range(len(values)), ascii_uppercase, strict=False):
        x, y = at(i, 1.13)
        parts.append(words(letter, x, y + 4, "middle", "t number"))
    return drawing(size, size, told, *parts)


def histogram(filled: Sequence[int], outlined: Sequence[int] | None, told: str) -> Markup:
    """Shares of answers by score, in bins from 0 to 1: filled bars, and a second score as a stepped line."""
    width, height, left, bottom, top = 240.0, 150.0, 38.0, 24.0, 10.0
    across, up = width - left - 8, height - bottom - top
    shares = [count / max(1, sum(filled)) for count in filled]
    others = [count / max(1, sum(outlined)) for count in outlined] if outlined else []
    most = max([*shares, *others, 0.1])

    def x(i: int) -> float:
        return left + across * i / len(filled)

    def y(share: float) -> float:
        return top + up * (1 - share / most)

    parts = [line(left, y(part * most), width - 8, y(part * most)) for part in (0, 0.5, 1)]
    parts += [words(f"{100 * part * most:.0f}%", left - 4, y(part * most) + 4, "end", "t small") for part in (0, 0.5, 1)]
    parts += [box(x(i) + 1, y(s), across / len(filled) - 2, up * s / most, "c0") for i, s in enumerate(shares) if s]
    if others:
        steps = [(x(i + end), y(share)) for i, share in enumerate(others) for end in (0, 1)]
        parts.append(tag("polyline", points=" ".join(f"{a:.1f},{b:.1f}" for a, b in steps), class_="step"))
    parts += [words(f"{tick:g}", left + across * tick, height - 8, "middle", "t small") for tick in (0.0, 0.5, 1.0)]
    return drawing(width, height, told, *parts)


def stacked(rows: Sequence[tuple[str, Mapping[str, float]]], told: str, *, narrow: bool = False) -> Markup:
    """Shares that sum to 1, a bar a model; each share from 7 % is written into its part."""
    places = _rows([name for name, _ in rows], narrow)
    left, across, height = places.left, places.across, places.height * len(rows) + 24
    parts: list[Markup] = []
    for i, (name, shares) in enumerate(rows):
        y, start = places.middle(i) - (_ROW - 6) / 2, left
        parts.append(places.name(i, name))
        for place, (part, share) in enumerate(shares.items()):
            if share > 0:
                parts.append(box(start, y, across * share, _ROW - 6, f"c{place} edge", f"{name}: {part} {100 * share:.1f} %"))
                if share >= _NAMED_SHARE:
                    parts.append(words(f"{100 * share:.0f}", start + across * share / 2, y + 14, "middle", f"on on{place}"))
            start += across * share
    parts += [words(f"{tick:.0%}", left + across * tick, height - 6, "middle", "t small") for tick in (0.0, 0.5, 1.0)]
    return drawing(left + across + (18 if narrow else 24), height, told, *parts)


def reliability(bins: Sequence[tuple[float, float, int]], told: str) -> Markup:
    """Share right against stated confidence; the area of a mark goes with the number of answers, the diagonal is perfect."""
    size, left, bottom, top = 200.0, 30.0, 26.0, 16.0
    across, up = size - left - 16, size - bottom - top
    total = sum(n for _, _, n in bins)
    parts = [line(left, top + up * (1 - t), left + across, top + up * (1 - t)) for t in (0.0, 0.5, 1.0)]
    parts += [words(f"{t:g}", left - 4, top + up * (1 - t) + 4, "end", "t small") for t in (0.0, 0.5, 1.0)]
    parts += [words(f"{t:g}", left + across * t, size - 10, "middle", "t small") for t in (0.0, 0.5, 1.0)]
    parts.append(line(left, top + up, left + across, top, "diagonal"))
    for confidence, accuracy, n in bins:
        x, y = left + across * confidence, top + up * (1 - accuracy)
        parts.append(line(x, y, x, top + up * (1 - confidence), "miss"))
        parts.append(
            mark(0, x, y, 3 + 9 * math.sqrt(n / total), "c0 see", f"stated {confidence:.2f}, right {accuracy:.2f}, n {n}")
        )
    return drawing(size, size, told, *parts)


def scatter(
    points: Sequence[Point],
    axes: tuple[str, str],
    told: str,
    *,
    logarithmic: bool = False,
    ends: float | None = None,
    narrow: bool = False,
) -> Markup:
    """Numbered marks; x may be logarithmic, both axes run from 0 to `ends` or over the points."""
    width, height, left, bottom, top = _NARROW if narrow else 460.0, 340.0, 52.0, 44.0, 12.0
    across, up = width - left - (26 if logarithmic else 18), height - bottom - top
    place = math.log10 if logarithmic else float
    low, high = _span([place(point.x) for point in points], ends)
    floor, ceiling = _span([point.y for point in points], ends)

    def at(x: float, y: float) -> tuple[float, float]:
        return left + across * (x - low) / (high - low), top + up * (1 - (y - floor) / (ceiling - floor))

    parts: list[Markup] = []
    for i in range(5):
        value, x, y = i / 4, left + across * i / 4, top + up * (1 - i / 4)
        tick = low + value * (high - low)
        parts += [line(left, y, left + across, y), line(x, top, x, top + up)]
        parts.append(words(f"{10**tick:,.0f}" if logarithmic else f"{tick:.2f}", x, top + up + 16, "middle", "t small"))
        parts.append(words(f"{floor + value * (ceiling - floor):.2f}", left - 6, y + 4, "end", "t small"))
    spots = [at(place(point.x), point.y) for point in points]
    for point, (x, y), (dx, dy) in zip(points, spots, _beside(spots), strict=True):
        parts.append(mark(0, x, y, 4, "c0 see", f"{point.name}: {point.x:g}, {point.y:.3f}"))
        parts.append(words(point.number, x + dx, y + dy + 4, "middle", "t number"))
    parts += [words(axes[0], width / 2 if narrow else left + across / 2, height - 6, "middle")]
    parts.append(
        tag("text", axes[1], transform=f"translate(12 {top + up / 2:.0f}) rotate(-90)", text_anchor="middle", class_="t")
    )
    return drawing(width, height, told, *parts)


def _span(values: Sequence[float], ends: float | None) -> tuple[float, float]:
    if ends is not None:
        return 0.0, ends
    low, high = min(values), max(values)
    pad = (high - low) * 0.08 or 0.05
    return low - pad, high + pad


def _beside(spots: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Where each number stands from its mark: the first of eight places that covers no mark and no number set before."""
    places = (
        (13, 0),
        (-13, 0),
        (0, -13),
        (0, 13),
        (11, -11),
        (-11, -11),
        (11, 11),
        (-11, 11),
        (24, 0),
        (-24, 0),
        (0, -24),
        (0, 24),
    )
    taken, chosen = list(spots), []
    for x, y in spots:
        free = [
            (dx, dy)
            for dx, dy in places
            if all(abs(x + dx - a) > 12 or abs(y + dy - b) > 10 for a, b in taken if (a, b) != (x, y))
        ]
        dx, dy = free[0] if free else places[0]
        chosen.append((float(dx), float(dy)))
        taken.append((x + dx, y + dy))
    return chosen


def dots(
    rows: Sequence[tuple[str, Sequence[tuple[str, float]]]], values: Sequence[str], told: str, *, narrow: bool = False
) -> Markup:
    """Means in [0, 1], a row a model, a mark of its own shape and colour for each value of a column."""
    places = _rows([name for name, _ in rows], narrow)
    left, across, height = places.left, places.across, places.height * len(rows) + 26
    parts = [line(left + across * t, 2, left + across * t, height - 22) for t in (0.0, 0.25, 0.5, 0.75, 1.0)]
    parts += [words(f"{t:g}", left + across * t, height - 6, "middle", "t small") for t in (0.0, 0.25, 0.5, 0.75, 1.0)]
    for i, (name, means) in enumerate(rows):
        y = places.middle(i)
        parts.append(places.name(i, name))
        spread = [mean for _, mean in means]
        if spread:
            parts.append(line(left + across * min(spread), y, left + across * max(spread), y, "whisker thin"))
        for value, mean in means:
            shape = values.index(value)
            parts.append(mark(shape, left + across * mean, y, 5.5, f"m{shape % 6} see", f"{name}, {value}: {mean:.3f}"))
    return drawing(left + across + (18 if narrow else 16), height, told, *parts)


def cloud(spots: Sequence[tuple[float, float, bool]], axes: tuple[str, str], told: str, *, narrow: bool = False) -> Markup:
    """Items as small marks: x in [0, 1], y in [-1, 1]; those marked are drawn as triangles."""
    width, height, left, bottom, top = _NARROW if narrow else 460.0, 300.0, 52.0, 44.0, 12.0
    across, up = width - left - 18, height - bottom - top

    def at(x: float, y: float) -> tuple[float, float]:
        return left + across * x, top + up * (1 - (y + 1) / 2)

    parts = [line(*at(0, y), *at(1, y), "axis" if y == 0 else "grid") for y in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    parts += [words(f"{y:g}", left - 6, at(0, y)[1] + 4, "end", "t small") for y in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    parts += [words(f"{x:g}", at(x, 0)[0], top + up + 16, "middle", "t small") for x in (0.0, 0.25, 0.5, 0.75, 1.0)]
    for x, y, marked in sorted(spots, key=lambda spot: spot[2]):
        parts.append(mark(4 if marked else 0, *at(x, y), 5 if marked else 3, "c3 see" if marked else "c0 faint"))
    parts.append(words(axes[0], left + across / 2, height - 6, "middle"))
    parts.append(
        tag("text", axes[1], transform=f"translate(12 {top + up / 2:.0f}) rotate(-90)", text_anchor="middle", class_="t")
    )
    return drawing(width, height, told, *parts)


def key_mark(shape: int) -> Markup:
    """A mark for a key beside the words that name it; the words are read, the mark is not."""
    return tag("svg", mark(shape, 8, 8, 5.5, f"m{shape % 6} see"), viewBox="0 0 16 16", aria_hidden="true", class_="key")


__all__ = [
    "Point", "cloud", "dots", "histogram", "interval_bar", "key_mark", "radar", "reliability", "scatter", "shortened",
    "stacked",
]  # fmt: skip
