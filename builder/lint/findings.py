"""What the arithmetic of a table finds: the place, what is printed, what would be possible, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from pydantic import Field

from builder.lint.cells import Interval, Printed
from builder.lint.roles import About, Column
from builder.lint.table import Row, Table
from builder.records import Record


class Finding(Record):
    """One cell or row that cannot be as it is printed, or that contradicts another."""

    code: str = Field(description="stable, kebab-case; users filter by it")
    table: str
    row: str = Field(description="name of the row; empty for a finding on a column or on the table")
    column: str = Field(description="header of the column; empty for a finding on a whole row")
    cell: str = Field(description="as printed")
    problem: str = Field(description="what is")
    possible: str = Field(description="what could be printed there")
    why: str = Field(description="the argument, so that a reader can check it")

    def __str__(self) -> str:
        place = " > ".join(part for part in (self.table, self.row, self.column) if part)
        return f"[{place}] {self.problem} ({self.code})\n  -> {self.possible}\n     {self.why}"


@dataclass(frozen=True)
class Sheet:
    """A table whose cells were read: numbers by row and column, and in which unit each column prints shares."""

    table: Table
    about: About
    columns: tuple[Column, ...]
    names: tuple[str, ...]  # of the rows
    numbers: tuple[tuple[Printed | None, ...], ...]  # by row, then column
    units: dict[int, int] = field(default_factory=dict)  # 1 or 100 by column; a column that is missing here cannot be checked
    summary: tuple[str, ...] = ()  # by row: "" | "average" | "total"
    n_column: int | None = None

    def of_role(self, *roles: str) -> list[Column]:
        return [column for column in self.columns if column.role in roles]

    def one(self, role: str) -> Column | None:
        """The only column of a role, None where there are several or none: which of several is meant is not guessed."""
        found = self.of_role(role)
        return found[0] if len(found) == 1 else None

    def share(self, row: int, column: Column | None) -> Interval | None:
        """What a cell's score may be, as a share; None where it is missing or its unit is not known."""
        number = self.numbers[row][column.index] if column else None
        if column is None or number is None or column.index not in self.units:
            return None
        return number.scaled(self.units[column.index])

    def cell(self, row: int, column: Column) -> Printed | None:
        return self.numbers[row][column.index]

    def rows(self) -> list[int]:
        """Rows that are no average and no total of others."""
        return [index for index, kind in enumerate(self.summary) if not kind]

    def source(self, row: int) -> Row:
        return self.table.rows[row]

    def n(self, row: int, group: str) -> int | None:
        """Questions behind a cell: of its group, of its row, or of the table."""
        if group:
            return self.about.sizes.get(group)
        if self.n_column is not None:
            number = self.numbers[row][self.n_column]
            return int(number.value) if number and number.value.denominator == 1 and number.value > 0 else None
        return self.about.n

    def finding(self, code: str, row: int | None, column: Column | None, problem: str, possible: str, why: str) -> Finding:
        cell = self.table.rows[row].cells[column.index] if row is not None and column else ""
        name = self.names[row] if row is not None else ""
        return Finding(
            code=code,
            table=self.table.place,
            row=name,
            column=column.header if column else "",
            cell=cell,
            problem=problem,
            possible=possible,
            why=why,
        )


@dataclass
class Told:
    """What a check says: findings, and notes on what was or was not checked."""

    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


Check = Callable[[Sheet], Told]


def digits(value: Fraction) -> str:
    """A bound in at most six digits, without trailing zeros; exact where it is that short.

    >>> digits(Fraction(9174, 10000)), digits(Fraction(2, 3))
    ('0.9174', '0.666667')
    """
    return f"{float(value):.6f}".rstrip("0").rstrip(".")


def as_share(value: Fraction, unit: int) -> str:
    """A share as a table in that unit would have it: never 0.7935 beside 79.3.

    >>> as_share(Fraction(7935, 10000), 1), as_share(Fraction(7935, 10000), 100)
    ('0.7935', '79.35%')
    """
    return digits(value) if unit == 1 else f"{digits(value * unit)}%"
