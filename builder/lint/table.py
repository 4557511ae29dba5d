"""A table out of CSV, TSV or Markdown text: header, rows, and what had to be set aside to read it."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from builder.errors import CannotRead

_RULE = re.compile(r"\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?")
_WIDEST = 200  # columns of a table; more is another kind of file
_LONGEST = 2000  # rows; each asks the programme once or twice


@dataclass(frozen=True)
class Row:
    """A row of the table and the line of the file that it starts on."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """What was read; every row is as long as the header."""

    place: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def decoded(data: bytes, place: str) -> str:
    """The text of a file in UTF-8, or in UTF-16 with its byte-order mark. Raises CannotRead."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"byte 0x{data[error.start]:02x} on line {line} is not {encoding.removesuffix('-sig').upper()}"
        raise CannotRead(place, problem, "save the table as UTF-8") from None
    if "\0" in text:
        raise CannotRead(place, "holds NUL characters: it is no text", "name a table in CSV, TSV or Markdown")
    return text


def read_table(text: str, place: str) -> Table:
    """The table in a text. Raises CannotRead: nothing in it, ragged rows, two columns of one name, an open quotation mark."""
    lines = text.splitlines()
    filled = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not filled:
        raise CannotRead(place, "is empty", "name a table with a header row and at least one row below it")
    if filled[0][1].lstrip().startswith("|"):
        rows = [Row(number, _markdown(line)) for number, line in filled if not _RULE.fullmatch(line.strip())]
        notes = ["read as a Markdown table"]
    else:
        delimiter = _delimiter(filled[0][1])
        rows, notes = _rows(text, delimiter, place), []
        if delimiter != ",":
            notes.append(f"cells are separated by {'tabs' if delimiter == chr(9) else repr(delimiter)}")
    return _checked(rows, tuple(notes), place)


def _markdown(line: str) -> tuple[str, ...]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    return tuple(cell.replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", inner))


def _delimiter(header: str) -> str:
    """Which of tab, semicolon and comma parts the header most often; a comma where none does."""
    return max((",", ";", "\t"), key=header.count)


def _rows(text: str, delimiter: str, place: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=delimiter, strict=True)
    rows, line = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(Row(line, tuple(cell.strip() for cell in cells)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise CannotRead(
            f"{place} > line {line}", f"is not CSV: {error}", "close the quotation mark; double one inside"
        ) from None
    return rows


def _checked(rows: list[Row], notes: tuple[str, ...], place: str) -> Table:
    if len(rows) < 2:
        raise CannotRead(place, "has a header and no row below it", "name a table with at least one row")
    if len(rows) > _LONGEST:
        raise CannotRead(place, f"has {len(rows)} rows", f"name a table of at most {_LONGEST}")
    header = rows[0].cells
    if len(header) > _WIDEST:
        raise CannotRead(place, f"has {len(header)} columns", f"name a table of at most {_WIDEST}")
    ragged = [row for row in rows if len(row.cells) != len(header)]
    if ragged:
        told = ", ".join(f"line {row.line} has {len(row.cells)}" for row in ragged[:5])
        more = f" and {len(ragged) - 5} more" if len(ragged) > 5 else ""
        remedy = "give every row as many cells as the header; put a cell that holds a comma in quotation marks"
        raise CannotRead(place, f"the header has {len(header)} cells, {told}{more}", remedy)
    named = [name for name in header if name]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise CannotRead(
            place, f"has two columns called {twice[0]!r}", "give each column a name of its own, such as 'Micro LLM'"
        )
    return Table(place, header, tuple(rows[1:]), notes)
