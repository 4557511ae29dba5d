"""Records as JSON lines, read one by one and written whole: predictions, judged descriptions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from builder.edges.lines import text_lines
from builder.edges.store import write_whole
from builder.errors import CannotRead
from builder.records import Record

R = TypeVar("R", bound=Record)


def read_records(source: str, kind: type[R]) -> Iterator[tuple[int, R]]:
    """Each record with the number of its line, from 1; blank lines are left out. Raises CannotRead, naming line and field."""
    for number, line in enumerate(text_lines(source), 1):
        if not line.strip():
            continue
        try:
            yield number, kind.model_validate_json(line, strict=True)
        except ValidationError as error:
            said = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'the line'}: {e['msg']}" for e in error.errors())
            remedy = f"one {kind.__name__.lower()} a line, by its schema: `microtome schemas DIR` writes it"
            raise CannotRead(f"{source} > line {number}", said, remedy) from error


def write_records(path: Path, records: Iterable[Record]) -> None:
    """One JSON object a line, in the order given; the file is there whole or not at all. Raises CannotWrite."""
    lines = (json.dumps(record.model_dump(mode="json"), ensure_ascii=False) + "\n" for record in records)
    write_whole(path, "".join(lines).encode())


__all__ = ["read_records", "write_records"]
