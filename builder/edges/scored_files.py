"""Predictions from files, line by line, and results into folders: one a model and config."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from builder.edges.lines import byte_lines
from builder.edges.store import cannot_write, make_durable, write_whole
from builder.errors import CannotRead, CannotWrite
from builder.records import digest
from builder.release.files import json_text
from builder.scoring.asked import labels_of
from builder.scoring.option_sets import Floats
from builder.scoring.responses import STATUSES
from builder.scoring.results import ITEMS_FILE, RESULT_FILE
from builder.scoring.score import Scored

_ROWS = 100_000  # of items.parquet that are in memory at a time
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Line:
    """A line that is not blank, and its number, from 1."""

    number: int
    data: bytes


def prediction_lines(path: Path) -> Iterator[Line]:
    """The lines of a file, a byte-order mark left out. Raises CannotRead."""
    try:
        with path.open("rb") as file:
            for number, line in byte_lines(file, str(path)):
                if not line.isspace():
                    yield Line(number, line)
    except OSError as error:
        raise CannotRead(
            str(path), error.strerror or str(error), "name a file of predictions, one JSON object a line"
        ) from error


def result_folder(out: Path, model: str, config: str) -> Path:
    """DIR/<model>/<config>: a slash becomes two dashes; a name that no folder can have as it is ends in part of its hash."""
    plain = model.replace("/", "--")
    if not _PLAIN.fullmatch(plain) or "--" in model:
        plain = f"{re.sub('[^A-Za-z0-9._-]', '-', plain).lstrip('.-')[:80]}-{digest(model)[:8]}".lstrip("-")
    return out / plain / config


def write_scored(scored: Scored, folder: Path) -> bool:
    """Write the two files, the result last; True where it was there already. Raises CannotWrite, also for another result."""
    text = json_text(scored.result).encode()
    path = folder / RESULT_FILE
    with cannot_write(path):
        there = path.read_bytes() if path.is_file() else None
    if there is not None and there != text:
        raise CannotWrite(str(path), "is another result; it was left as it is", "name another folder, or remove this one")
    _write_items(scored, folder / ITEMS_FILE)
    if there is None:
        write_whole(path, text)
    return there is not None


def _write_items(scored: Scored, path: Path) -> None:
    with cannot_write(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
        try:
            with os.fdopen(handle, "wb") as file:
                _put_rows(scored, file)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        make_durable(path.parent)


def _put_rows(scored: Scored, file: Any) -> None:
    seated, per_item = scored.seated, _by_item(scored)
    numbers = np.array(seated.repeats, dtype=np.int64)
    writer = None
    for start in range(0, len(seated.item), _ROWS):
        rows = slice(start, start + _ROWS)
        item = seated.item[rows]
        columns = {name: column.take(pa.array(item)) for name, column in per_item.items()}
        columns |= {
            "repeat": pa.array(numbers[np.arange(start, start + len(item)) % len(numbers)]),
            "status": pa.array(STATUSES).take(pa.array(seated.status[rows])),
            "answer": _labels(seated.selected[rows]),
            **{f"score_{name}": pa.array(values[rows]) for name, values in scored.scores.items()},
            "confidence": _numbers(seated.confidence[rows]),
            "difficulty": _numbers(seated.difficulty[rows]),
            "completion_tokens": pa.array(seated.completion_tokens[rows], mask=seated.completion_tokens[rows] < 0),
        }
        first = ("id", "repeat", "paper_id", "figure_id", "status", "answer", "key")
        table = pa.table({name: columns[name] for name in (*first, *(name for name in columns if name not in first))})
        writer = writer or pq.ParquetWriter(file, table.schema, version="2.6", compression="zstd", compression_level=3)
        writer.write_table(table)
    if writer:
        writer.close()


def _by_item(scored: Scored) -> dict[str, pa.Array]:
    asked = scored.asked
    texts = {"id": asked.ids, "paper_id": asked.paper_ids, "figure_id": asked.figure_ids}
    return {**{name: pa.array(values, pa.string()) for name, values in texts.items()}, "key": _labels(asked.keys)}


def _labels(bits: Any) -> pa.Array:
    """Lists of labels; each distinct selection is spelt once."""
    distinct, place = np.unique(bits, return_inverse=True)
    return pa.array([labels_of(one) for one in distinct.tolist()], pa.list_(pa.string())).take(pa.array(place))


def _numbers(values: Floats) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


__all__ = ["Line", "prediction_lines", "result_folder", "write_scored"]
