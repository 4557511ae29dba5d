"""EM, SPC, F1 and SIP-F1 of the same answers bind each other: relations for any questions, then an exact programme."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache

from builder.lint.cells import Interval, shown
from builder.lint.findings import Finding, Sheet, Told, as_share, digits
from builder.lint.simplex import Point, largest

_AXES = ("em", "spc", "f1")
_NAMES = {"em": "EM", "spc": "SPC", "f1": "F1", "sip_f1": "SIP-F1"}
_MOST_OPTIONS = 40  # looked for when a row asks how many options it would need


def sip_f1_exact(keys: int, tp: int, fp: int, alpha: Fraction, beta: Fraction) -> Fraction:
    """SIP-F1 of one question as a fraction (SPM-Bench 3.3); a test holds it equal to the floats of option_sets."""
    if tp == keys and fp == 0:
        return Fraction(1)
    if tp == 0:
        return Fraction(0)
    return 2 * alpha * tp / (tp + beta * fp + keys)  # 2PR/(P + R) with P = TP/(TP + beta FP), R = TP/N


def between_scores(sheet: Sheet) -> Told:
    """Every row's scores against each other, and, where the number of options is known, against all possible answers."""
    told = Told()
    if len([column for role in _NAMES if (column := sheet.one(role))]) < 2:
        return told
    for row in sheet.rows():
        scores = {role: share for role in _NAMES if (share := sheet.share(row, sheet.one(role)))}
        broken = list(_relations(sheet, row, scores))
        told.findings.extend(broken or _programme(sheet, row, scores))
    if sheet.about.options is None:
        told.notes.append(
            "how many options a question has is not given: only bounds that hold for any number; --options K tightens"
        )
    return told


def _relations(sheet: Sheet, row: int, scores: dict[str, Interval]) -> Iterator[Finding]:
    alpha, beta = Fraction(sheet.about.alpha), Fraction(sheet.about.beta)
    em, spc, f1, sip = (scores.get(role) for role in _NAMES)
    if em and spc and em.low > spc.high:
        yield _beyond(sheet, row, "em-above-spc", "em", scores, spc.high, "an exact answer earns full SPC: EM <= SPC")
    if em and f1 and em.low > f1.high:
        yield _beyond(sheet, row, "em-above-f1", "em", scores, f1.high, "an exact answer has F1 1: EM <= F1")
    if spc and f1 and spc.low > f1.high:
        why = "SPC is the recall r of answers without a wrong option, whose F1 is 2r/(1 + r) >= r: SPC <= F1"
        yield _beyond(sheet, row, "spc-above-f1", "spc", scores, f1.high, why)
    if em and sip and em.low > sip.high:
        yield _beyond(sheet, row, "em-above-sip-f1", "em", scores, sip.high, "an exact answer has SIP-F1 1: EM <= SIP-F1")
    if em and sip:
        most = em.high + alpha * (1 - em.high)
        if sip.low > most:
            unit, whole = _unit(sheet, "em"), as_share(Fraction(1), _unit(sheet, "em"))
            bound = f"SIP-F1 <= EM + {digits(alpha)} ({whole} - EM), EM <= {as_share(em.high, unit)}"
            why = f"no imperfect answer earns more than alpha: {bound}"
            yield _beyond(sheet, row, "sip-f1-above-em-bound", "sip_f1", scores, most, why, tighter=_range(sheet, scores))
    if em and f1 and sip and beta >= 1:
        most = em.high + alpha * (f1.high - em.high)
        if sip.low > most:
            why = f"an imperfect answer earns at most alpha times its F1: SIP-F1 <= EM + {digits(alpha)} (F1 - EM)"
            yield _beyond(sheet, row, "sip-f1-above-f1-bound", "sip_f1", scores, most, why)


def _beyond(
    sheet: Sheet,
    row: int,
    code: str,
    role: str,
    scores: dict[str, Interval],
    most: Fraction,
    why: str,
    tighter: tuple[Fraction, Fraction] | None = None,
) -> Finding:
    column = sheet.one(role)
    assert column
    printed = sheet.cell(row, column)
    assert printed
    unit = sheet.units[column.index]
    given = ", ".join(f"{_NAMES[r]} {_cell(sheet, row, r)}" for r in scores if r != role)
    also = f"; with SPC and {sheet.about.options} options at most {as_share(tighter[1], unit)}" if tighter else ""
    return sheet.finding(
        code,
        row,
        column,
        f"{_NAMES[role]} {printed.text} is more than {given} allow",
        f"at most {as_share(most, unit)} ({shown(most * unit, printed.decimals)}{printed.sign}){also}",
        why,
    )


def _unit(sheet: Sheet, role: str) -> int:
    column = sheet.one(role)
    return sheet.units[column.index] if column else 1


def _cell(sheet: Sheet, row: int, role: str) -> str:
    column = sheet.one(role)
    number = sheet.cell(row, column) if column else None
    return number.text if number else ""


def _programme(sheet: Sheet, row: int, scores: dict[str, Interval]) -> Iterator[Finding]:
    options = sheet.about.options
    if options is None or len(scores) < 2:
        return
    axes = [role for role in _AXES if role in scores]
    extremes = _range(sheet, scores)
    given = ", ".join(f"{_NAMES[role]} {_cell(sheet, row, role)}" for role in axes)
    if extremes is None:
        yield sheet.finding(
            "scores-impossible-together",
            row,
            None,
            f"no answers have {given}",
            "no cell alone is at fault: look the row up",
            f"means over questions are mixtures of (N, TP, FP), N + FP <= {options}; none has these, rounding allowed for",
        )
        return
    column, sip = sheet.one("sip_f1"), scores.get("sip_f1")
    if not sip or not column or (extremes[0] <= sip.high and sip.low <= extremes[1]):
        return
    unit = sheet.units[column.index]
    printed = sheet.cell(row, column)
    assert printed
    least, most = (as_share(end, unit) for end in extremes)
    why = (
        f"exact linear programme over all answers (N, TP, FP) to questions of at most {options} options "
        f"with means {given}, rounding allowed for; {_needed(sheet, scores)}"
    )
    yield sheet.finding(
        "sip-f1-beyond-options",
        row,
        column,
        f"SIP-F1 {printed.text} is out of reach of answers with {given}",
        f"from {least} to {most}",
        why,
    )


def _needed(sheet: Sheet, scores: dict[str, Interval]) -> str:
    """How many options the questions would have to have for the printed SIP-F1; more options only add answers."""
    low, high = sheet.about.options or 1, _MOST_OPTIONS
    if not _reached(sheet, scores, high):
        return f"not with {_MOST_OPTIONS} options either"
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _reached(sheet, scores, middle) else (middle, high)
    return f"it would take questions of {high} options"


def _reached(sheet: Sheet, scores: dict[str, Interval], options: int) -> bool:
    ends, sip = _range(sheet, scores, options), scores["sip_f1"]
    return ends is not None and ends[0] <= sip.high and sip.low <= ends[1]


def _range(sheet: Sheet, scores: dict[str, Interval], options: int | None = None) -> tuple[Fraction, Fraction] | None:
    """The least and the most SIP-F1 that the other scores leave; None where no answers have those, or options are not known."""
    options = options or sheet.about.options
    axes = tuple(role for role in _AXES if role in scores)
    if options is None or not axes:
        return None
    points = _answers(options, Fraction(sheet.about.alpha), Fraction(sheet.about.beta), axes)
    inside, goal = [point[:-1] for point in points], [point[-1] for point in points]
    low, high = [scores[role].low for role in axes], [scores[role].high for role in axes]
    most = largest(inside, goal, low, high)
    if most is None:
        return None
    least = largest(inside, [-value for value in goal], low, high)
    assert least is not None
    return -least, most


@lru_cache(maxsize=64)
def _answers(options: int, alpha: Fraction, beta: Fraction, axes: tuple[str, ...]) -> tuple[Point, ...]:
    """The corners of what one answer can score: (scores by axis, SIP-F1) over every N, TP, FP with N + FP <= options."""
    faces: dict[Point, set[tuple[Fraction, Fraction]]] = defaultdict(set)
    for keys in range(1, options + 1):
        for tp in range(keys + 1):
            for fp in range(options - keys + 1):
                em, spc = Fraction(int(tp == keys and fp == 0)), Fraction(tp, keys) if fp == 0 else Fraction(0)
                f1 = Fraction(2 * tp, tp + fp + keys)
                known = {"em": em, "spc": spc, "f1": f1 if "f1" in axes else Fraction(0)}
                face = tuple(known[axis] for axis in axes if axis != "f1")
                faces[face].add((known["f1"], sip_f1_exact(keys, tp, fp, alpha, beta)))
    corners = [
        (*face, *((f1, sip) if "f1" in axes else (sip,))) for face, flat in faces.items() for f1, sip in _hull(sorted(flat))
    ]
    return tuple(sorted(corners))


def _hull(points: Sequence[tuple[Fraction, Fraction]]) -> list[tuple[Fraction, Fraction]]:
    """Corners of the convex hull of sorted points in the plane; a face's inner points are mixtures of them."""
    if len(points) < 3:
        return list(points)
    return sorted({*_chain(points), *_chain(points[::-1])})


def _chain(points: Sequence[tuple[Fraction, Fraction]]) -> list[tuple[Fraction, Fraction]]:
    kept: list[tuple[Fraction, Fraction]] = []
    for x, y in points:
        while len(kept) > 1 and (kept[-1][0] - kept[-2][0]) * (y - kept[-2][1]) <= (kept[-1][1] - kept[-2][1]) * (
            x - kept[-2][0]
        ):
            kept.pop()
        kept.append((x, y))
    return kept


__all__ = ["between_scores", "sip_f1_exact"]
