"""Attrition as a flow: stages from left to right, what is kept flows on, what is dropped turns down, by reason."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from builder.records import StageCount
from builder.reporting.svg import box, drawing, tag, words

_STEP, _NODE, _TALL = 118.0, 14.0, 150.0  # points from stage to stage, width of a bar, height of all that a unit begins with
_TOP, _LEFT, _RIGHT = 54.0, 10.0, 108.0
_GAP, _LINE = 30.0, 15.0  # from the flow down to what was dropped, and of its lines of text
_REASONS = 5  # named under a stage; the table has all
_THIN = 1.5  # least height of what is not nothing
_LETTERS = 18  # of a reason, in a column


def flow(stages: Sequence[StageCount], told: str) -> Markup:
    """A chain of stages. A bar's height is its share of what the first stage counts in its unit."""
    scales = _scales(stages)
    lines = max((min(len(one.dropped), _REASONS + 1) for one in stages), default=0)
    deepest = max((_height(one.read - one.kept, scales[i]) for i, one in enumerate(stages)), default=0.0)
    base = _TOP + _TALL + _GAP
    parts: list[Markup] = []
    for i, one in enumerate(stages):
        x = _LEFT + i * _STEP
        following = stages[i + 1] if i + 1 < len(stages) else None
        parts += _kept(one, following, x, scales[i], scales[i + 1])
        parts += _dropped(one, x, scales[i], base)
        parts += _bar(one, x, scales[i])
    x = _LEFT + len(stages) * _STEP
    parts += _end(stages[-1], x, scales[-1])
    return drawing(x + _RIGHT, base + deepest + 8 + lines * _LINE + 8, told, *parts)


def _scales(stages: Sequence[StageCount]) -> list[float]:
    """Height of one record at each stage and at the end: a unit begins at full height, what flows on in it keeps its scale."""
    scales: list[float] = []
    for i, one in enumerate(stages):
        same = i > 0 and stages[i - 1].unit == one.unit and stages[i - 1].kept == one.read
        scales.append(scales[-1] if same else _TALL / max(1, one.read))
    last = stages[-1]
    return [*scales, scales[-1] if last.made == last.kept else _TALL / max(1, last.made)]


def _height(count: int, scale: float) -> float:
    return max(_THIN, count * scale) if count else 0.0


def _bar(one: StageCount, x: float, scale: float) -> list[Markup]:
    kept, dropped = _height(one.kept, scale), _height(one.read - one.kept, scale)
    told = f"{one.stage}: {one.read:,} {one.unit} read, {one.kept:,} kept"
    parts = _head(one.stage, f"{one.read:,} {one.unit}", x)
    parts += [words(_share(one), x, _TOP - 4, class_="t small"), box(x, _TOP, _NODE, kept, "c0", told)]
    if dropped:
        parts.append(box(x, _TOP + kept, _NODE, dropped, "c3", f"{one.stage}: {one.read - one.kept:,} {one.unit} dropped"))
    return parts


def _head(name: str, counted: str, x: float) -> list[Markup]:
    return [words(name, x, _TOP - 32, class_="t number"), words(counted, x, _TOP - 17, class_="t small")]


def _share(one: StageCount) -> str:
    if not one.read:
        return "none came so far"
    return "all kept" if one.kept == one.read else f"{one.kept:,} kept ({100 * one.kept / one.read:.0f} %)"


def _kept(one: StageCount, following: StageCount | None, x: float, scale: float, scale_after: float) -> list[Markup]:
    """The band to the next bar; where the next counts in another unit, it widens or narrows to that, and is paler."""
    if not one.kept:
        return []
    here = _height(one.kept, scale)
    there = _height(following.read, scale_after) if following else _height(one.made, scale_after)
    other = one.made != one.kept if following is None else following.unit != one.unit or following.read != one.kept
    after = f"{following.read:,} {following.unit} at {following.stage}" if following else f"{one.made:,} made"
    class_ = "flow turned" if other else "flow"
    return [_band((x + _NODE, _TOP, here), (x + _STEP, _TOP, there), class_, f"{one.kept:,} {one.unit} kept; {after}")]


def _dropped(one: StageCount, x: float, scale: float, base: float) -> list[Markup]:
    dropped = one.read - one.kept
    if not dropped:
        return []
    kept, height = _height(one.kept, scale), _height(dropped, scale)
    right = x + _STEP * 0.42
    parts = [_band((x + _NODE, _TOP + kept, height), (right, base, height), "flow lost", f"{dropped:,} {one.unit} dropped")]
    reasons = sorted(one.dropped.items(), key=lambda item: (-item[1], item[0]))
    y = base
    for n, (reason, count) in enumerate(reasons):
        part = height * count / dropped
        parts.append(
            box(right, y, _NODE * 0.7, part, "c3 edge" if n % 2 == 0 else "c2 edge", f"{one.stage}: {count:,} {reason}")
        )
        y += part
    named = [f"{count:,} {_short(reason)}" for reason, count in reasons[:_REASONS]]
    rest = sum(count for _, count in reasons[_REASONS:])
    named += [f"{rest:,} for other reasons"] if rest else []
    return [*parts, *(words(text, x, base + height + _LINE * (n + 1), class_="t small") for n, text in enumerate(named))]


def _short(reason: str) -> str:
    return reason if len(reason) <= _LETTERS else reason[: _LETTERS - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _end(last: StageCount, x: float, scale: float) -> list[Markup]:
    """What the last stage handed on."""
    told = f"{last.made:,} records handed on"
    return [*_head("handed on", f"{last.made:,} records", x), box(x, _TOP, _NODE, _height(last.made, scale), "c0", told)]


def _band(start: tuple[float, float, float], end: tuple[float, float, float], class_: str, told: str) -> Markup:
    """A band between two upright edges, each x, top and height."""
    (x0, y0, h0), (x1, y1, h1) = start, end
    middle = (x0 + x1) / 2
    path = (
        f"M{x0:.1f},{y0:.1f} C{middle:.1f},{y0:.1f} {middle:.1f},{y1:.1f} {x1:.1f},{y1:.1f} "
        f"V{y1 + h1:.1f} C{middle:.1f},{y1 + h1:.1f} {middle:.1f},{y0 + h0:.1f} {x0:.1f},{y0 + h0:.1f} Z"
    )
    return tag("path", tag("title", told), d=path, class_=class_)


__all__ = ["flow"]
