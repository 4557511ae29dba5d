"""Rows of a release that a model or a judge is asked about, from its folder or from the Hub: only the columns that are needed.

Keys, rubrics and evidence are never read, so that no prompt can show them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field, ValidationError

from builder.edges.bounded import rows_within
from builder.edges.data_files import data_files, table_files
from builder.errors import CannotRead, UsageError
from builder.records import Record

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


class ImageBytes(Record):
    """The image column as `datasets` stores it."""

    bytes: bytes
    path: str | None = None


class ShownRow(Record):
    """What every row shows. `image` is null on pointer rows."""

    id: str
    image: ImageBytes | None
    pixels_sha256: str = Field(description="of width, height and raw RGB")


class OptionsRow(ShownRow):
    """A row of caption_matching or multi_select."""

    question: str
    options: tuple[str, ...]


class DescribedRow(ShownRow):
    """A row of description."""

    prompt: str
    caption: str


class ReferenceRow(Record):
    """A row of description, for a judge of texts."""

    id: str
    paper_id: str
    scale: str
    prompt: str
    reference: str


R = TypeVar("R", bound=Record)


def rows_of(source: str, config: str, split: str, kind: type[R], *, revision: str | None = None) -> Iterator[R]:
    """Rows of one config and split, in the release's order. `source` is a folder, or `org/name` on the Hub at a revision.

    Raises CannotRead and UsageError.
    """
    columns = list(kind.model_fields)
    if Path(source).is_dir():
        if revision:
            raise UsageError("--revision", f"{source} is a folder, which has no revisions", "leave --revision out")
        found = _of_folder(Path(source), config, split, columns)
    elif not _REPOSITORY.fullmatch(source):
        raise CannotRead(source, "is no folder", "name a release's folder, or org/name on the Hub with --revision")
    elif not revision:
        raise UsageError(
            "--revision", f"{source} is no folder, and no revision of a repository is named", "add --revision v1.0.0"
        )
    else:
        found = _of_hub(source, config, split, columns, revision)
    for number, row in enumerate(found):
        try:
            yield kind.model_validate(row)
        except ValidationError as error:
            said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise CannotRead(f"{source} > {config} > {split} > row {number}", said, _REMEDY) from error


_REMEDY = "see what `microtome validate` finds in this release"


def _of_folder(folder: Path, config: str, split: str, columns: Sequence[str]) -> Iterator[dict[str, object]]:
    paths = table_files(folder, config, split)
    if not paths:
        there = sorted({f"{path.parent.name} {path.name.split('-')[0]}" for path in map(Path, data_files(folder))})
        said = f"has no {config} {split}; there are: {', '.join(there) or 'no data files'}"
        raise CannotRead(str(folder), said, "name another --config or --split, or another release")
    for path in paths:
        try:
            file = pq.ParquetFile(path)
            missing = set(columns) - set(file.schema_arrow.names)
            if missing:
                raise CannotRead(str(path), f"has no column {', '.join(sorted(missing))}", _REMEDY)
            yield from rows_within(file, path.stat().st_size, list(columns))
        except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
            raise CannotRead(str(path), f"cannot be read: {str(error).splitlines()[0]}", _REMEDY) from error


def _of_hub(source: str, config: str, split: str, columns: Sequence[str], revision: str) -> Iterator[dict[str, object]]:
    from datasets import Image, load_dataset
    from datasets.exceptions import DatasetsError

    try:
        loaded = load_dataset(source, config, split=split, revision=revision)
        missing = set(columns) - set(loaded.column_names)
        if missing:
            raise CannotRead(source, f"has no column {', '.join(sorted(missing))} in {config} at {revision}", _REMEDY)
        chosen = loaded.select_columns(list(columns))
        yield from chosen.cast_column("image", Image(decode=False)) if "image" in columns else chosen
    except (DatasetsError, pa.ArrowException, OSError, ValueError) as error:
        said = " ".join(str(error).split())[:300]
        raise CannotRead(
            f"{source} at {revision}", f"{config} {split} cannot be loaded: {said}", "mend name, revision or network"
        ) from error


__all__ = ["DescribedRow", "ImageBytes", "OptionsRow", "ReferenceRow", "ShownRow", "rows_of"]
