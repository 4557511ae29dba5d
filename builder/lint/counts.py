"""Means of whole numbers over n items are k/n; what no k gives is impossible (the GRIM test, Brown and Heathers 2017)."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from builder.lint.cells import Interval, shown
from builder.lint.findings import Finding, Sheet, Told, as_share, digits
from builder.lint.roles import Column

_LOST = 3  # items that may have left a denominator and are looked for; more would fit by luck too often


def whole_counts(sheet: Sheet) -> Told:
    """Exact matches, accuracies and means of whole-number scores against n."""
    told = Told()
    for column in sheet.of_role("em", "accuracy", "score"):
        if column.rule and column.rule.role == "score" and column.rule.integers is None:
            continue
        tested = 0
        for row in sheet.rows():
            n = sheet.n(row, column.rule.group if column.rule else "")
            interval = _mean(sheet, row, column)
            if n is None or interval is None or n * (interval.high - interval.low) >= 1:  # every value is some k/n
                continue
            tested += 1
            if _count(interval, n) is None:
                told.findings.append(_impossible(sheet, row, column, interval, n))
        told.notes.extend(_untested(sheet, column, tested))
    return told


def _mean(sheet: Sheet, row: int, column: Column) -> Interval | None:
    """What the mean may be: a share, or the mean whole-number score in its own scale."""
    number = sheet.cell(row, column)
    return number.interval if number and column.role == "score" else sheet.share(row, column)


def _count(interval: Interval, n: int) -> int | None:
    """A whole number whose share of n rounds to what is printed."""
    least = ceil(interval.low * n)
    return least if least <= floor(interval.high * n) else None


def _impossible(sheet: Sheet, row: int, column: Column, interval: Interval, n: int) -> Finding:
    number = sheet.cell(row, column)
    assert number
    unit = 1 if column.role == "score" else sheet.units[column.index]
    middle = (interval.low + interval.high) / 2
    below = floor(middle * n)
    near = " or ".join(f"{k}/{n} = {shown(Fraction(k * unit, n), number.decimals)}{number.sign}" for k in (below, below + 1))
    product = f"{as_share(middle, unit)} * {n} = {digits(middle * n)}"
    what = "a mean of whole-number scores" if column.role == "score" else "a share of whole items"
    return sheet.finding(
        "not-a-count",
        row,
        column,
        f"{number.text} is not k/{n} for any whole k",
        near,
        f"{what} of {n} items: {product}, not whole however rounded; {_lost(interval, n)}",
    )


def _lost(interval: Interval, n: int) -> str:
    """A smaller denominator that fits, with the odds that one fits by luck."""
    for fewer in range(1, min(_LOST, n - 1) + 1):
        k = _count(interval, n - fewer)
        if k is not None:
            odds = 1 - (1 - float((interval.high - interval.low) * n)) ** fewer
            left = "a failed item seems to have left the denominator" if fewer == 1 else f"{fewer} failed items may have left"
            return f"{k}/{n - fewer} fits: {left} (by luck in {_odds(odds)} such cells)"
    return f"no denominator down to {n - _LOST} fits either"


def _odds(odds: float) -> str:
    """As one of how many: a percentage beside a table's own would be taken for a score.

    >>> _odds(0.0213), _odds(0.6)
    ('1 of 47', '1 of 2')
    """
    return f"1 of {round(1 / odds)}"


def _readable(sheet: Sheet, column: Column) -> bool:
    """Whether the column's numbers have a known scale; where they have none, a note on its unit has said so."""
    return column.role == "score" or column.index in sheet.units


def _untested(sheet: Sheet, column: Column, tested: int) -> list[str]:
    if tested or not _readable(sheet, column):
        return []
    group = column.rule.group if column.rule else ""
    sizes = [n for row in sheet.rows() if (n := sheet.n(row, group))]
    if not sizes:
        option = f"--size {group}=N" if group else "--n N"
        return [f"{column.header}: not tested for whole counts, n is not known ({option})"]
    return [f"{column.header}: with n = {max(sizes)} and so few decimals every value is some k/n; whole counts say nothing"]
