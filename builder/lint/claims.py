"""What the text around a table says about it, against the table."""

from __future__ import annotations

from collections.abc import Iterator

from builder.errors import UsageError
from builder.lint.cells import Interval, Printed, read_number
from builder.lint.findings import Finding, Sheet, Told, digits
from builder.lint.means import mean_of, places
from builder.lint.roles import Column, Said


def sayings(sheet: Sheet) -> Told:
    """Every sentence of the sidecar's `says`. Raises UsageError where one names no row or column of the table."""
    told = Told()
    for said in sheet.about.says:
        told.findings.extend(_said(sheet, said))
    return told


def _said(sheet: Sheet, said: Said) -> Iterator[Finding]:
    number = read_number(said.value).number
    assert number
    column = _column(sheet, said) if said.column else None
    row = _row(sheet, said.row, said) if said.row else None
    match said.kind:
        case "rows":
            if number.value != len(sheet.rows()):
                yield _contradiction(sheet, said, row, column, f"{len(sheet.rows())} rows are listed")
        case "rank":
            first, last = places(sheet, _wanted(sheet, said, column), _row(sheet, said.row, said))
            if not first <= number.value <= last:
                yield _contradiction(
                    sheet, said, row, column, f"place {first}" if first == last else f"place {first} to {last}"
                )
        case _:
            yield from _value(sheet, said, number, row, column)


def _value(sheet: Sheet, said: Said, number: Printed, row: int | None, column: Column | None) -> Iterator[Finding]:
    match said.kind:
        case "cell" | "difference":
            cell = _printed(sheet, _row(sheet, said.row, said), _wanted(sheet, said, column), said)
            less = _printed(sheet, _row(sheet, said.minus, said), _wanted(sheet, said, column), said) if said.minus else None
            right = Interval(cell.low - less.high, cell.high - less.low) if less else cell
        case "mean":
            right = mean_of(_numbers(sheet, row, column, said))
        case _:
            numbers = _numbers(sheet, row, column, said)
            right = (min if said.kind == "lowest" else max)(numbers, key=lambda one: one.value).interval
    if not number.interval.meets(right):
        yield _contradiction(sheet, said, row, column, digits((right.low + right.high) / 2), _otherwise(sheet, said, number))


def _otherwise(sheet: Sheet, said: Said, number: Printed) -> str:
    """Whether a contradicted Overall is the other mean of its groups."""
    column = next((c for c in sheet.of_role("overall") if c.header == said.column), None)
    if said.kind != "cell" or column is None or not column.rule:
        return ""
    row, measure = _row(sheet, said.row, said), column.rule.measure
    groups = [
        (cell, sheet.about.sizes.get(c.rule.group))
        for c in sheet.of_role("accuracy", "score")
        if c.rule and c.rule.measure == measure and (cell := sheet.cell(row, c))
    ]
    sizes = [size for _, size in groups if size]
    if len(sizes) != len(groups) or not number.interval.meets(mean_of([cell for cell, _ in groups], sizes)):
        return ""
    return "; the text's is the micro (size-weighted) mean of the row"


def _contradiction(sheet: Sheet, said: Said, row: int | None, column: Column | None, right: str, more: str = "") -> Finding:
    what = {"rows": "rows", "mean": "the mean", "rank": "the place", "lowest": "the lowest", "highest": "the highest"}
    name = what.get(said.kind, "the value" if said.kind == "cell" else f"the difference to {said.minus}")
    return sheet.finding(
        "text-contradicts-table", row, column, f"the text gives {said.value} as {name}", right, f"{said.where}{more}"
    )


def _numbers(sheet: Sheet, row: int | None, column: Column | None, said: Said) -> list[Printed]:
    """A row's numbers, or a column's without averages and totals."""
    if row is not None:
        found = [number for c in sheet.columns if c.role not in {"name", "text"} and (number := sheet.cell(row, c))]
    else:
        found = [number for r in sheet.rows() if (number := sheet.cell(r, _wanted(sheet, said, column)))]
    if not found:
        raise UsageError(
            f"{sheet.table.place} > says", f"{said.where!r}: there is no number to compare with", "name a row or a column"
        )
    return found


def _printed(sheet: Sheet, row: int, column: Column, said: Said) -> Interval:
    number = sheet.cell(row, column)
    if number is None:
        raise UsageError(f"{sheet.table.place} > says", f"{said.where!r}: the cell is empty", "name a cell with a number")
    return number.interval


def _row(sheet: Sheet, name: str, said: Said) -> int:
    if name not in sheet.names:
        raise UsageError(
            f"{sheet.table.place} > says", f"{said.where!r} names the row {name!r}", f"name one of {', '.join(sheet.names)}"
        )
    return sheet.names.index(name)


def _column(sheet: Sheet, said: Said) -> Column:
    return _wanted(sheet, said, next((c for c in sheet.columns if c.header == said.column), None))


def _wanted(sheet: Sheet, said: Said, column: Column | None) -> Column:
    if column is None:
        known = ", ".join(c.header for c in sheet.columns)
        raise UsageError(
            f"{sheet.table.place} > says", f"{said.where!r} names the column {said.column!r}", f"name one of {known}"
        )
    return column


__all__ = ["sayings"]
