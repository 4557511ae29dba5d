"""What `score` wrote, read from folders; and the released rows behind the items of an error gallery."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from builder.edges.bounded import rows_within
from builder.edges.data_files import table_files
from builder.edges.images import jpeg_of, picture_within
from builder.errors import CannotRead, UsageError
from builder.release.files import MANIFEST
from builder.release.rows import CaptionMatchingRow, Manifest, MultiSelectRow
from builder.reporting.gallery import QuestionRow, Shown
from builder.reporting.runs import Run
from builder.scoring.results import ITEMS_FILE, RESULT_FILE, ItemScore, Result

SCORE = "score_"  # a column of items.parquet is this and the metric
_MOST_SCORED = 10_000_000  # rows of one result: an answer and its scores may take less than a byte of the file
LONG_SIDE = 720  # pixels of a gallery's image
_REMEDY = "write it anew with `microtome score`"
_ROWS: dict[str, type[CaptionMatchingRow] | type[MultiSelectRow]] = {
    "caption_matching": CaptionMatchingRow,
    "multi_select": MultiSelectRow,
}


def read_runs(folders: Sequence[Path]) -> list[Run]:
    """Every result in or below the folders, by path. Raises CannotRead."""
    found: dict[Path, Run] = {}
    for folder in folders:
        paths = sorted(folder.rglob(RESULT_FILE))
        if not paths:
            raise CannotRead(str(folder), f"has no {RESULT_FILE}", "name a folder that `microtome score` wrote")
        for path in paths:
            found.setdefault(path.resolve(), _run(path))
    return [found[path] for path in sorted(found)]


def read_results(folders: Sequence[Path]) -> list[tuple[str, Result]]:
    """As read_runs, without the items."""
    paths = sorted({path.resolve(): path for folder in folders for path in folder.rglob(RESULT_FILE)}.items())
    if not paths:
        raise CannotRead(", ".join(map(str, folders)), f"has no {RESULT_FILE}", "name a folder that `microtome score` wrote")
    return [(str(path.parent), _result(path)) for _, path in paths]


def _run(path: Path) -> Run:
    return Run(str(path.parent), _result(path), tuple(_items(path.with_name(ITEMS_FILE))))


def _result(path: Path) -> Result:
    try:
        return Result.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CannotRead(str(path), error.strerror or str(error), _REMEDY) from error
    except ValidationError as error:
        raise CannotRead(str(path), f"is not a result: {_first(error)}", _REMEDY) from error


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'file'}: {first['msg']}"


def _items(path: Path) -> Iterator[ItemScore]:
    for number, row in enumerate(_read(path, _MOST_SCORED)):
        scores = {name.removeprefix(SCORE): row.pop(name) for name in list(row) if name.startswith(SCORE)}
        told = {name: row[name] for name in ItemScore.model_fields if name in row}
        try:
            yield ItemScore.model_validate(told | {"scores": {k: v for k, v in scores.items() if v is not None}})
        except ValidationError as error:
            raise CannotRead(f"{path} > row {number}", f"is not an item's score: {_first(error)}", _REMEDY) from error


def _read(path: Path, most_rows: int | None = None) -> Iterator[dict[str, Any]]:
    try:
        yield from rows_within(pq.ParquetFile(path), path.stat().st_size, most_rows=most_rows)
    except (OSError, pa.ArrowException, ValueError) as error:
        raise CannotRead(str(path), f"cannot be read: {str(error).splitlines()[0]}", _REMEDY) from error


def read_manifest(release: Path) -> Manifest:
    """Raises CannotRead."""
    path = release / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CannotRead(str(path), error.strerror or str(error), "name the folder of a release") from error
    except ValidationError as error:
        raise CannotRead(str(path), f"is not a manifest: {_first(error)}", "see `microtome validate`") from error


def refuse_other_release(manifest: Manifest, place: str, hashes: Mapping[str, str]) -> None:
    """Raises UsageError where none of the results, logical hash by place, was scored on this release."""
    if manifest.logical_hash not in hashes.values():
        scored = "; ".join(f"{where}: {told[:12]}" for where, told in hashes.items())
        raise UsageError(
            place,
            f"is {manifest.benchmark} {manifest.version} with rows {manifest.logical_hash[:12]}; scored were {scored}",
            "name the release that the predictions were scored on",
        )


def read_questions(
    release: Path, config: str, split: str, ids: Sequence[str]
) -> tuple[dict[str, QuestionRow], dict[str, Shown]]:
    """The rows of the ids, and their images scaled down, by id; nothing for a config that asks no question."""
    rows: dict[str, QuestionRow] = {}
    images: dict[str, Shown] = {}
    if config not in _ROWS or not ids:
        return rows, images
    wanted = frozenset(ids)
    for path in table_files(release, config, split):
        for found in (row for row in _read(path) if row.get("id") in wanted):
            image = found["image"]
            png = image.get("bytes") if isinstance(image, dict) else None
            plain = found | {"image": {"path": image["path"]} if isinstance(image, dict) else None}
            row = _row(path, config, plain)
            rows[row.id] = row
            if isinstance(png, bytes):
                images[row.id] = _shown(png, f"{path} > {row.id}")
    return rows, images


def _row(path: Path, config: str, plain: dict[str, object]) -> QuestionRow:
    try:
        return _ROWS[config].model_validate(plain)
    except ValidationError as error:
        raise CannotRead(f"{path} > {plain['id']}", f"is not a row: {_first(error)}", "see `microtome validate`") from error


def _shown(png: bytes, place: str) -> Shown:
    try:
        picture = picture_within(png, LONG_SIDE)
    except OSError as error:
        raise CannotRead(place, f"its image cannot be read: {error}", "see `microtome validate`") from error
    uri = f"data:image/jpeg;base64,{base64.b64encode(jpeg_of(picture)).decode()}"
    return Shown(uri, picture.width, picture.height)


__all__ = ["read_manifest", "read_questions", "read_results", "read_runs", "refuse_other_release"]
