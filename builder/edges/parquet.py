"""Rows to Parquet and back: features derived from rows.py, every option that the bytes depend on pinned."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import ClassLabel, Features, Image, List, Value

from builder.records import Record
from builder.release.rows import LETTERS, ROWS, Config, ImageCell, Row

ROWS_PER_GROUP = 100  # with the images uncompressed and rows sorted by id, a minor version re-uploads 6 % (design.md)
_CODEC, _CODEC_LEVEL = "zstd", 3
_BYTES = "image.bytes"
_PLAIN = {str: "string", int: "int64", float: "float64", bool: "bool"}


class BrokenParquet(Exception):
    """A data file that cannot be read."""


def features_of(config: Config) -> Features:
    """The `datasets` features of a config: Image and ClassLabel where rows.py has them, lists and structs as they are."""
    columns = {name: _feature(info.annotation) for name, info in ROWS[config].model_fields.items()}
    if ROWS[config].model_fields.get("answer") is not None and isinstance(columns["answer"], Value):
        columns["answer"] = ClassLabel(names=list(LETTERS))
    return Features(columns)


def _feature(annotation: Any) -> Any:
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


def parquet_bytes(config: Config, rows: Sequence[Row], png: Callable[[str], bytes]) -> bytes:
    """A whole Parquet file. `png` gives an image's bytes by its hash. The same rows give the same bytes under one pyarrow."""
    schema = features_of(config).arrow_schema
    buffer = io.BytesIO()
    with pq.ParquetWriter(buffer, schema, **_options(schema)) as writer:
        for start in range(0, len(rows), ROWS_PER_GROUP):
            group = [_with_bytes(row, png) for row in rows[start : start + ROWS_PER_GROUP]]
            writer.write_table(pa.Table.from_pylist(group, schema=schema), row_group_size=ROWS_PER_GROUP)
    return buffer.getvalue()


def _with_bytes(row: Row, png: Callable[[str], bytes]) -> dict[str, object]:
    plain = row.model_dump(mode="json")
    return {**plain, "image": {"bytes": png(row.image_sha256), "path": row.image.path} if row.image else None}


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


def read_parquet(path: Path) -> tuple[dict[str, str], bytes | None, list[dict[str, Any]]]:
    """Column types, the `huggingface` metadata and all rows of a data file. Raises BrokenParquet."""
    try:
        # Not pq.read_table, which reads ahead in threads: one that still let go of a Python object while the interpreter
        # ended would abort the process. Mapped, so that no error names the path.
        with pa.memory_map(str(path)) as file:
            table = pq.ParquetFile(file, pre_buffer=False).read(use_threads=False)
        rows = table.to_pylist()
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:  # ValueError: text that is not UTF-8
        raise BrokenParquet((str(error).splitlines() or [type(error).__name__])[0]) from error
    metadata: Mapping[bytes, bytes] = table.schema.metadata or {}
    return _types(table.schema), metadata.get(b"huggingface"), rows


def _types(schema: Any) -> dict[str, str]:
    """Column types in words; Parquet calls a list's content `element`, Arrow `item`."""
    return {field.name: str(field.type).replace("<element: ", "<item: ") for field in schema}


def expected_metadata(config: Config) -> tuple[dict[str, str], bytes]:
    """What read_parquet gives for column types and metadata of a file that this version wrote."""
    schema = features_of(config).arrow_schema
    return _types(schema), schema.metadata[b"huggingface"]


__all__ = ["BrokenParquet", "expected_metadata", "features_of", "parquet_bytes", "read_parquet"]
