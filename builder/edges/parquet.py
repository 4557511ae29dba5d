"""Rows to Parquet and back: features derived from rows.py, every option that the bytes depend on pinned."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, get_args, get_origin

import pyarrow as pa
import pyarrow.parquet as pq

from builder.edges.bounded import rows_within
from builder.records import Record
from builder.release.rows import LETTERS, ROWS, Config, ImageCell, Row

if TYPE_CHECKING:
    from datasets import Features

ROWS_PER_GROUP = 100  # with the images uncompressed and rows sorted by id, a minor version re-uploads 6 % (design.md)
_GROUP_BYTES = 100_000_000  # of images and text at most: MAX_ROW_GROUP_SIZE of `datasets`; a writer holds four times as much
_CODEC, _CODEC_LEVEL = "zstd", 3
_BYTES = "image.bytes"
_PLAIN = {str: "string", int: "int64", float: "float64", bool: "bool"}


class BrokenParquet(Exception):
    """A data file that cannot be read."""


@dataclass(frozen=True)
class ParquetRows:
    """A data file: column types, the `huggingface` metadata, and its rows, read as they are asked for."""

    columns: Mapping[str, str]
    metadata: bytes | None
    rows: Iterator[dict[str, Any]]


def features_of(config: Config) -> Features:
    """The `datasets` features of a config: Image and ClassLabel where rows.py has them, lists and structs as they are."""
    from datasets import ClassLabel, Features, Value  # two seconds, which a run that has yet to cut papers does not need

    columns = {name: _feature(info.annotation) for name, info in ROWS[config].model_fields.items()}
    if ROWS[config].model_fields.get("answer") is not None and isinstance(columns["answer"], Value):
        columns["answer"] = ClassLabel(names=list(LETTERS))
    return Features(columns)


def _feature(annotation: Any) -> Any:
    from datasets import Image, List, Value

    inner = [part for part in get_args(annotation) if part not in (type(None), Ellipsis)]
    if annotation is ImageCell or ImageCell in inner:
        return Image()
    if get_origin(annotation) is tuple:
        fixed = len(inner) if Ellipsis not in get_args(annotation) else -1
        return List(_feature(inner[0]), length=fixed)
    if get_origin(annotation) is Literal:
        return Value("string")
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return {name: _feature(info.annotation) for name, info in annotation.model_fields.items()}
    return Value(_PLAIN[annotation]) if annotation in _PLAIN else _feature(inner[0])


@dataclass(frozen=True)
class Cells:
    """A row as it is written, its image's bytes among its cells; `bytes`: what its image and text take."""

    cells: dict[str, object]
    bytes: int


def cells_of(rows: Iterable[Row], png: Callable[[str], bytes]) -> Iterator[Cells]:
    """The rows as they are written, made as they are asked for; `png` gives an image's bytes by its hash."""
    for row in rows:
        image = png(row.image_sha256) if row.image else b""
        cell = {"bytes": image, "path": row.image.path} if row.image else None
        text = row.model_dump_json(exclude={"image"}).encode()
        yield Cells({**row.model_dump(mode="json"), "image": cell}, len(image) + len(text))


def portions(rows: Iterable[Cells], most_bytes: int, most_rows: float = math.inf) -> Iterator[Iterator[Cells]]:
    """The rows in portions of at most so many bytes, or of one row; each is to be read to its end before the next."""
    number = count = whole = 0

    def portion(row: Cells) -> int:
        nonlocal number, count, whole
        if count and (whole + row.bytes > most_bytes or count >= most_rows):
            number, count, whole = number + 1, 0, 0
        count, whole = count + 1, whole + row.bytes
        return number

    return (group for _, group in groupby(rows, key=portion))


def write_parquet(file: BinaryIO, config: Config, rows: Iterable[Cells]) -> int:
    """A whole Parquet file into `file`, a row group at a time: no more than one group's images are in memory. Its rows.

    The same rows give the same bytes under one pyarrow.
    """
    schema, written = features_of(config).arrow_schema, 0
    with pq.ParquetWriter(file, schema, **_options(schema)) as writer:
        for portion in portions(rows, _GROUP_BYTES, ROWS_PER_GROUP):
            group = [row.cells for row in portion]
            writer.write_table(pa.Table.from_pylist(group, schema=schema), row_group_size=ROWS_PER_GROUP)
            written += len(group)
    return written


def _options(schema: Any) -> dict[str, Any]:
    """Writer options by leaf column; images are PNG already, and compressing them again would shift every later byte."""
    probe = io.BytesIO()
    pq.write_table(schema.empty_table(), probe)
    leaves = pq.ParquetFile(probe).schema
    paths = [leaves.column(i).path for i in range(len(leaves))]
    packed = [path for path in paths if path != _BYTES]
    return {
        "version": "2.6",
        "data_page_version": "1.0",
        "compression": {path: "NONE" if path == _BYTES else _CODEC for path in paths},
        "compression_level": dict.fromkeys(packed, _CODEC_LEVEL),
        "use_dictionary": packed,
        "write_statistics": packed,
        "use_content_defined_chunking": False,
        "store_schema": True,
    }


@contextmanager
def opened_parquet(path: Path) -> Iterator[ParquetRows]:
    """A data file to read row group by row group. Raises BrokenParquet, then or while its rows are read."""
    try:
        with pa.memory_map(str(path)) as file:  # mapped, so that no error names the path
            parquet = pq.ParquetFile(file, pre_buffer=False)
            schema = parquet.schema_arrow
            yield ParquetRows(_types(schema), (schema.metadata or {}).get(b"huggingface"), rows_within(parquet, file.size()))
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:  # ValueError: text that is not UTF-8
        raise BrokenParquet((str(error).splitlines() or [type(error).__name__])[0]) from error


def plain(value: object) -> object:
    """A cell as JSON could hold it: bytes, dates and the like, which no schema asks for, as what they print as."""
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value if value is None or isinstance(value, str | int | float) else {"not-json": repr(value)}


def _types(schema: Any) -> dict[str, str]:
    """Column types in words; Parquet calls a list's content `element`, Arrow `item`."""
    return {field.name: str(field.type).replace("<element: ", "<item: ") for field in schema}


def expected_metadata(config: Config) -> tuple[dict[str, str], bytes]:
    """What opened_parquet gives for column types and metadata of a file that this version wrote."""
    schema = features_of(config).arrow_schema
    return _types(schema), schema.metadata[b"huggingface"]


__all__ = [
    "BrokenParquet",
    "Cells",
    "ParquetRows",
    "cells_of",
    "expected_metadata",
    "features_of",
    "opened_parquet",
    "plain",
    "portions",
    "write_parquet",
]
