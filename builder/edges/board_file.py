"""A leaderboard's file: one row a line as JSON; and the same rows as Parquet, a line a row and metric."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from builder.edges.lines import text_lines
from builder.edges.store import write_whole
from builder.errors import CannotRead
from builder.reporting.board import BoardRow
from builder.scoring.results import coverage_of

_COVERAGE = ("ok", "not_ok", "failed", "missing")  # answers, one an item and repeat
_COLUMNS = pa.schema(
    [
        *((name, pa.string()) for name in ("model", "benchmark", "version", "logical_hash", "config", "split", "metric")),
        *((name, pa.string()) for name in ("metric_version", "parser", "prompt_hash", "builder_version", "personality")),
        *((name, pa.float64()) for name in ("value", "low", "high")),
        *((name, pa.int64()) for name in ("n", "papers", "items", "answered", "repeats", *_COVERAGE)),
    ]
)


def read_board(path: Path) -> tuple[BoardRow, ...]:
    """Raises CannotRead, with the line."""
    rows = []
    for number, line in enumerate(text_lines(str(path)), 1):
        if line.strip():
            try:
                rows.append(BoardRow.model_validate_json(line))
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                what = f"{'.'.join(map(str, first['loc'])) or 'line'}: {first['msg']}"
                remedy = "take the line out, and add the result again"
                raise CannotRead(f"{path} > line {number}", f"is not a row of a leaderboard: {what}", remedy) from error
    return tuple(rows)


def board_lines(rows: Sequence[BoardRow]) -> str:
    """The file's text: the same rows give the same bytes."""
    return "".join(json.dumps(row.model_dump(mode="json"), ensure_ascii=False, sort_keys=True) + "\n" for row in rows)


def write_board(path: Path, rows: Sequence[BoardRow]) -> None:
    """Whole or not at all. Raises CannotWrite."""
    write_whole(path, board_lines(rows).encode())


def board_parquet(rows: Sequence[BoardRow]) -> bytes:
    """One line a row and metric."""
    lines = [_line(row, metric) for row in rows for metric in sorted(row.micro)]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(lines, schema=_COLUMNS), buffer, version="2.6", compression="zstd")
    return buffer.getvalue()


def _line(row: BoardRow, metric: str) -> dict[str, object]:
    signed = row.signature.model_dump(mode="json")
    own = row.model_dump(mode="json", include={"items", "answered", "repeats", "personality"})
    pinned = {"metric": metric, "metric_version": row.signature.metrics.get(metric)}
    told = signed | own | asdict(coverage_of(row.statuses)) | pinned | row.micro[metric].model_dump(mode="json")
    return {name: told.get(name) for name in _COLUMNS.names}


__all__ = ["board_lines", "board_parquet", "read_board", "write_board"]
