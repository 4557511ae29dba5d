"""`microtome lint`: the arithmetic of a published table, with every printed cell standing for all that rounds to it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from pydantic import Field

from builder.errors import UsageError
from builder.lint.bounds import between_scores
from builder.lint.cells import Printed, Reading, read_number
from builder.lint.claims import sayings
from builder.lint.counts import whole_counts
from builder.lint.findings import Check, Finding, Sheet, Told
from builder.lint.formula import by_formula
from builder.lint.means import gaps, overalls, ranks, shares, summary_rows
from builder.lint.roles import COUNTS, SHARES, About, Column, ColumnRule, columns_of
from builder.lint.table import Row, Table
from builder.records import Record

CHECKS: tuple[Check, ...] = (
    between_scores,
    gaps,
    by_formula,
    whole_counts,
    overalls,
    summary_rows,
    shares,
    ranks,
    sayings,
)
_ASIDE = {
    "mark": "{} cells read without a footnote mark",
    "markup": "{} cells read without markup",
    "spread": "{} cells read without what follows the number (a spread, a rank)",
    "decimal comma": "{} cells read with a decimal comma",
    "thousands comma": "{} cells read with a comma between thousands",
}
_MIXED_SIGNS = {
    False: "not checked, some cells have a percent sign and some have none",
    True: "some cells have a percent sign and some have none; checked where it and all its groups have one, or none has",
}
_AVERAGE = re.compile(r"((macro|overall|unweighted)[ -])?(average|avg\.?|mean)( score| accuracy)?( \(.*\))?", re.I)
_TOTAL = re.compile(r"(total|sum)( \(.*\))?", re.I)


class Linted(Record):
    """What the arithmetic of one table says."""

    table: str
    title: str = ""
    rows: int
    columns: tuple[Column, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = Field(description="what was read how, and what could not be checked")


def lint(table: Table, about: About, roles: Mapping[str, ColumnRule] | None = None, n_column: str | None = None) -> Linted:
    """Every check on one table. Raises UsageError where a rule, `n_column` or a sentence names what the table does not have."""
    columns = columns_of(
        table, {**(roles or {}), **{name: rule for name, rule in about.columns.items() if name not in (roles or {})}}
    )
    sheet, told = _sheet(table, about, columns, n_column)
    told.findings.extend(_out_of_range(sheet))
    for check in CHECKS:
        checked = check(sheet)
        told.findings.extend(checked.findings)
        told.notes.extend(checked.notes)
    return Linted(
        table=table.place,
        title=about.title,
        rows=len(table.rows),
        columns=columns,
        findings=tuple(told.findings),
        notes=(*table.notes, *dict.fromkeys(told.notes)),
    )


def _sheet(table: Table, about: About, columns: tuple[Column, ...], n_column: str | None) -> tuple[Sheet, Told]:
    told = Told()
    readings = [[_reading(row.cells[column.index], column) for column in columns] for row in table.rows]
    numbers = tuple(tuple(reading.number for reading in row) for row in readings)
    names = tuple(_name(row, columns) for row in table.rows)
    _tell_reading(told, table, columns, readings)
    units = _units(columns, numbers, told)
    sheet = Sheet(
        table,
        about,
        columns,
        tuple(_plain(name) for name in names),
        numbers,
        units,
        tuple(map(_summary, names)),
        _n_column(table, columns, n_column),
    )
    return sheet, told


def _name(row: Row, columns: Sequence[Column]) -> str:
    """Of the name column; else the counts that make the row what it is, such as N 3, TP 3, FP 1; else its line."""
    named = next((row.cells[column.index] for column in columns if column.role == "name"), "")
    counts = [f"{c.header} {row.cells[c.index]}" for c in columns if c.role in {"keys", "tp", "fp", "beta"}]
    return named or ", ".join(counts) or f"line {row.line}"


def _plain(name: str) -> str:
    return (
        re.sub(r"[*_`]{1,2}(?=\S)|(?<=\S)[*`]{1,2}$|(?<=\S)__$", "", name).strip() if re.search(r"^[*_`]|[*`]$", name) else name
    )


def _reading(cell: str, column: Column) -> Reading:
    if column.role in {"name", "text"}:
        return Reading(None)
    return read_number(cell, "thousands" if column.role in COUNTS else "decimal")


def _summary(name: str) -> str:
    plain = _plain(name)
    return "average" if _AVERAGE.fullmatch(plain) else "total" if _TOTAL.fullmatch(plain) else ""


def _tell_reading(told: Told, table: Table, columns: Sequence[Column], readings: Sequence[Sequence[Reading]]) -> None:
    """What was set aside, what is missing, what is no number, which columns nothing is known of, and mixed decimals."""
    for column in columns:
        if column.role in {"name", "text"}:
            continue
        if column.role == "unknown":
            told.notes.append(f"{column.header}: not checked, its header names nothing known (--role '{column.header}=ROLE')")
            continue
        cells = [(row, line[column.index]) for row, line in zip(table.rows, readings, strict=True)]
        aside = Counter(reading.set_aside for _, reading in cells if reading.number and reading.set_aside)
        told.notes.extend(f"{column.header}: {_ASIDE[what].format(count)}" for what, count in sorted(aside.items()))
        unread = [(row, reading) for row, reading in cells if not reading.number and not reading.missing]
        told.notes.extend(
            f"{column.header}, line {row.line}: {row.cells[column.index]!r} is no number, left out" for row, _ in unread
        )
        missing = sum(reading.missing for _, reading in cells)
        if missing:
            told.notes.append(f"{column.header}: {missing} cells are empty")
        told.notes.extend(_mixed_decimals(column, [reading.number for _, reading in cells if reading.number]))


def _mixed_decimals(column: Column, numbers: Sequence[Printed]) -> list[str]:
    decimals = Counter(number.decimals for number in numbers)
    if len(decimals) < 2 or column.role in COUNTS or column.role == "beta":
        return []
    told = ", ".join(f"{count} with {places}" for places, count in sorted(decimals.items()))
    return [f"{column.header}: decimals are mixed ({told}); a cell with fewer is taken to be that much less certain"]


def _units(columns: Sequence[Column], numbers: Sequence[Sequence[Printed | None]], told: Told) -> dict[int, int]:
    """1 or 100 by column: told by the sidecar, by percent signs, else percent where a score is above 1."""
    scores = [
        c for c in columns if c.role in SHARES or c.role == "gap" or (c.role == "overall" and not (c.rule and c.rule.measure))
    ]
    printed = {c.index: [row[c.index] for row in numbers if row[c.index]] for c in [*scores, *_shares(columns)]}
    units: dict[int, int] = {}
    unclear = []
    mixed = {c.index for c in scores if len({n.percent for n in printed[c.index] if n}) > 1}
    large = {c.index for c in scores if any(n and n.value > 1 and not n.percent for n in printed[c.index])} - mixed
    for column in [*scores, *_shares(columns)]:
        cells = [number for number in printed[column.index] if number]
        unit = column.rule.unit if column.rule else None
        if unit == "share" and any(number.percent for number in cells):
            told.notes.append(f"{column.header}: not checked, it is given as shares and has cells with a percent sign")
        elif unit or (cells and all(number.percent for number in cells)):
            units[column.index] = 1 if unit == "share" else 100
        elif any(number.percent for number in cells):
            told.notes.append(f"{column.header}: {_MIXED_SIGNS[column.role == 'overall']}")
        elif column.index in large:
            units[column.index] = 100
        elif column.role == "gap":
            units[column.index] = 100 if large else 1
        elif large and column in scores:
            unclear.append(column.header)
        else:
            units[column.index] = 1
    if large:
        names = ", ".join(column.header for column in scores if column.index in large and units.get(column.index) == 100)
        told.notes.extend([f"{names}: read as percent, values are above 1"] if names else [])
    told.notes.extend(f"{name}: not checked, percent or share is not clear beside columns in percent" for name in unclear)
    return units


def _shares(columns: Sequence[Column]) -> list[Column]:
    return [column for column in columns if column.role == "share"]


def _n_column(table: Table, columns: Sequence[Column], named: str | None) -> int | None:
    if named is None:
        return next((column.index for column in columns if column.role == "n"), None)
    if named not in table.header:
        raise UsageError("--n-column", f"there is no column {named!r}", f"name one of {', '.join(table.header)}")
    return table.header.index(named)


def _out_of_range(sheet: Sheet) -> list[Finding]:
    """Scores outside [0, 1] or 0 to 100, and means of whole-number scores outside their scale."""
    found = []
    for column in sheet.of_role(*SHARES, "score"):
        scale = column.rule.integers if column.rule else None
        if scale is None and (column.role == "score" or column.index not in sheet.units):
            continue
        low, high = scale or (0, sheet.units[column.index])
        for row in range(len(sheet.numbers)):
            number = sheet.cell(row, column)
            if number and not low - number.half <= number.value <= high + number.half:
                span = f"{low} to {high}{number.sign}"
                why = "the score's scale" if scale else "the score is a percentage" if high == 100 else "the score is a share"
                found.append(sheet.finding("out-of-range", row, column, f"{number.text} is not from {span}", span, why))
    return found


__all__ = ["Linted", "lint"]
