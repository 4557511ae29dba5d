"""A release to compare with another, from a folder or from the Hub: its rows without the images' bytes, whatever built it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from builder.edges.bounded import rows_within
from builder.edges.hub import HubRepository, hub_repository
from builder.edges.parquet import plain
from builder.edges.shelf import DiskShelf
from builder.errors import CannotRead
from builder.release.data_files import shards_of
from builder.release.files import CHANGELOG, ERRATA, MANIFEST
from builder.release.plan import is_version
from builder.release.rows import CONFIGS, SPLITS
from builder.release.shelf import Joined, Shelf, put_down
from builder.release.validate import FileFact, Opened, Table

T = TypeVar("T")
_GROUPS = 50  # row groups that are read at a time: from the Hub, in one go
_IMAGE = "image"  # no version of microtome compares an image but by its hashes


class _NoIds(Exception):
    """Rows that nobody could tell apart."""


class _Read(Protocol):
    """What a reader makes of one of the release's files."""

    def __call__(self, path: str, reader: Callable[[BinaryIO], T]) -> T: ...


def release_at(place: str) -> Opened:
    """The release in a folder, or at ORG/NAME@TAG on the Hub. Rows are not held to this version's schemas: an earlier one
    may have had other columns.

    Raises CannotRead where it is no release or cannot be read, HubStopped, UsageError.
    """
    if "@" in place and not Path(place).exists():
        repo_id, _, revision = place.partition("@")
        repo = hub_repository(repo_id, "dataset")
        return published_at(repo, repo.resolve(revision)[0], place)
    if not Path(place).is_dir():
        raise CannotRead(place, "is not a folder", "name the folder of a release, or ORG/NAME@TAG of a published one")

    def read(path: str, reader: Callable[[BinaryIO], T]) -> T:
        with (Path(place) / path).open("rb") as file:
            return reader(file)

    return _opened(read, place)


def published_at(repo: HubRepository, commit: str, place: str) -> Opened:
    """The release at a commit of the Hub; `place` is what errors call it."""

    def read(path: str, reader: Callable[[BinaryIO], T]) -> T:
        return repo.read(commit, path, reader)

    return _opened(read, place)


def ids_at(repo: HubRepository, commit: str) -> frozenset[str]:
    """Ids of all rows at a commit of the Hub. Raises HubStopped."""
    paths = [path for path in repo.revision(commit).files if path.startswith("data/") and path.endswith(".parquet")]
    return frozenset(str(row.get("id")) for path in paths for row in repo.read(commit, path, _ids))


def _ids(file: BinaryIO) -> list[dict[str, Any]]:
    return list(rows_within(pq.ParquetFile(file, pre_buffer=True), _size(file), ["id"], groups=_GROUPS))


def _size(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END)


def _shelved(file: BinaryIO, shelf: Shelf, seen: set[str]) -> Table:
    """All rows without their image, on a shelf. Raises _NoIds for rows that have none, or one that was seen."""
    parquet = pq.ParquetFile(file, pre_buffer=True)
    columns = [name for name in parquet.schema_arrow.names if name != _IMAGE]

    def rows() -> Iterator[Mapping[str, object]]:
        for row in rows_within(parquet, _size(file), columns, groups=_GROUPS):
            name = row.get("id")
            if not (isinstance(name, str) and name) or name in seen:
                raise _NoIds
            seen.add(name)
            yield {column: plain(value) for column, value in row.items()}

    return put_down(rows(), shelf)


def _bytes(file: BinaryIO) -> bytes:
    return file.read()


def _opened(read: _Read, place: str) -> Opened:
    shelf = DiskShelf()
    try:
        manifest, files = _manifest(read(MANIFEST, _bytes), place)
        places = {key: paths for key in product(CONFIGS, SPLITS) if (paths := shards_of(files, *key))}
        tables = {key: _table(read, paths, place, shelf) for key, paths in places.items()}
        errata = {ERRATA: json.loads(read(ERRATA, _bytes))} if ERRATA in files else {}
        texts = {CHANGELOG: read(CHANGELOG, _bytes).decode()} if CHANGELOG in files else {}
    except (OSError, pa.ArrowException, ValueError, RecursionError) as error:
        raise _no_release(place, " ".join(str(error).split())) from error
    return Opened(files, {MANIFEST: manifest, **errata}, texts, tables, {}, {})


def _table(read: _Read, paths: Sequence[str], place: str, shelf: Shelf) -> Table:
    """The rows of a table's files, one after the other."""
    seen, parts = set[str](), list[Table]()
    for path in paths:
        try:
            parts.append(read(path, partial(_shelved, shelf=shelf, seen=seen)))
        except _NoIds:
            raise _no_release(f"{place} > {path}", "has rows without an id, or with one id") from None
    return Joined(parts) if len(parts) > 1 else parts[0]


def _manifest(data: bytes, place: str) -> tuple[Mapping[str, Any], dict[str, FileFact]]:
    """What it says, and every file by it: those that it names, and itself."""
    try:
        said = json.loads(data)
        files = {str(one["path"]): FileFact(int(one["bytes"]), str(one["sha256"])) for one in said["files"]}
        named = is_version(f"v{said['version']}") and isinstance(said["benchmark"], str)
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise _no_release(f"{place} > {MANIFEST}", f"is not a manifest ({type(error).__name__})") from error
    if not named:
        raise _no_release(f"{place} > {MANIFEST}", "names no benchmark, or no version of the form X.Y.Z")
    return said, {**files, MANIFEST: FileFact(len(data), sha256(data).hexdigest())}


def _no_release(place: str, problem: str) -> CannotRead:
    return CannotRead(place, f"is not a whole release: {problem}", "see `microtome validate`, or `verify` for one on the Hub")


__all__ = ["ids_at", "published_at", "release_at"]
