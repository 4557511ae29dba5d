"""Statements about scale bars: what a bar stands for, and which of two panels shows more of the sample."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from builder.records import EvidenceSpan, PairedFigure, Panel, ScaleBar
from builder.stages.statements import Fact, Statement

_SURE = 0.9  # of a bar's reading: under it a key would rest on a guess
_APART = 1.5  # of two widths, from where the eye can tell
_STANDS = (
    "The scale bar in panel ({x}) stands for {v}.",
    "In panel ({x}), the scale bar is {v} long.",
    "The bar drawn in panel ({x}) represents {v}.",
)
_WIDER = (
    "Panel ({x}) shows a wider part of the sample than panel ({y}).",
    "The field of view of panel ({x}) is wider than that of panel ({y}).",
    "Compared with panel ({y}), panel ({x}) covers a greater width of the sample.",
)
# Lengths that bars are labelled with, each against its neighbours two steps away, so that no value is right more often.
_LADDER = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_STEPS = 2


def scale_facts(figure: PairedFigure) -> Iterator[Fact]:
    """Panels with just one bar, read with certainty: one fact each, and one for every two whose widths clearly differ."""
    sure = [(p, p.scale_bars[0]) for p in figure.panels if p.letter and len(p.scale_bars) == 1]
    sure = [(panel, bar) for panel, bar in sure if bar.confidence >= _SURE and bar.source != "caption"]
    for panel, bar in sure:
        number, _, unit = bar.text.partition(" ")
        if number.isdigit() and int(number) in _LADDER and unit:
            at = _LADDER.index(int(number))
            others = [_LADDER[n] for n in (at - _STEPS, at + _STEPS) if 0 <= n < len(_LADDER)]
            right = [_stands(figure, panel, bar, bar.text, n) for n in range(len(_STANDS))]
            wrong = [_stands(figure, panel, bar, f"{o} {unit}", n) for o in others for n in range(len(_STANDS))]
            yield Fact(f"scale {panel.letter}", tuple(right), tuple(wrong))
    for (one, a), (other, b) in combinations(sure, 2):
        ratio = one.bbox.width * a.nm_per_point / (other.bbox.width * b.nm_per_point)
        if not 1 / _APART < ratio < _APART:
            wide, narrow = ((one, a), (other, b)) if ratio > 1 else ((other, b), (one, a))
            right = [_wider(figure, wide, narrow, n, swapped=False) for n in range(len(_WIDER))]
            wrong = [_wider(figure, wide, narrow, n, swapped=True) for n in range(len(_WIDER))]
            yield Fact(f"wider {one.letter} {other.letter}", tuple(right), tuple(wrong))


def _stands(figure: PairedFigure, panel: Panel, bar: ScaleBar, value: str, wording: int) -> Statement:
    right = value == bar.text
    return Statement(
        text=_STANDS[wording].format(x=panel.letter, v=value),
        correct=right,
        kind="as-printed" if right else "number",
        rubric=f"{'Right' if right else 'Wrong'}: the bar of panel ({panel.letter}) is labelled {bar.text}.",
        evidence=(_printed(figure, panel, bar),),
        bloom_level=2,
        subjects=frozenset({f"scale {panel.letter}"}),
    )


def _wider(
    figure: PairedFigure, wide: tuple[Panel, ScaleBar], narrow: tuple[Panel, ScaleBar], wording: int, *, swapped: bool
) -> Statement:
    first, second = (narrow, wide) if swapped else (wide, narrow)
    widths = " and ".join(f"panel ({p.letter}) is about {p.bbox.width * b.nm_per_point:.2g} nm wide" for p, b in (wide, narrow))
    return Statement(
        text=_WIDER[wording].format(x=first[0].letter, y=second[0].letter),
        correct=not swapped,
        kind="panel" if swapped else "as-printed",
        rubric=f"{'Wrong' if swapped else 'Right'}: by the scale bars {widths}.",
        evidence=(_printed(figure, *wide), _printed(figure, *narrow)),
        bloom_level=3,
        subjects=frozenset({f"scale {wide[0].letter}", f"scale {narrow[0].letter}"}),
    )


def _printed(figure: PairedFigure, panel: Panel, bar: ScaleBar) -> EvidenceSpan:
    return EvidenceSpan(
        source="figure", of=figure.label, start=0, end=len(bar.text), text=bar.text, panel=panel.letter, panel_bbox=panel.bbox
    )


__all__ = ["scale_facts"]
