"""Hashes that say what a release is, whatever wrote its files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from builder.records import digest

# The PNG file's hash depends on the compressor; the pixels' hash stands for the image. The rest would be circular.
NOT_CONTENT = ("content_hash", "image_sha256")


def content_hash(row: Mapping[str, object]) -> str:
    """SHA-256 of a row as canonical JSON, without what depends on the writer.

    >>> content_hash({"id": "a", "content_hash": "x"}) == content_hash({"id": "a"})
    True
    """
    return digest({name: value for name, value in row.items() if name not in NOT_CONTENT})


def logical_hash(tables: Mapping[tuple[str, str], Sequence[Mapping[str, object]]]) -> str:
    """SHA-256 over all rows by config and split, in the order of their ids; the same for any writer of the files."""
    return logical_hash_of({place: ((str(row.get("id")), content_hash(row)) for row in rows) for place, rows in tables.items()})


def logical_hash_of(hashes: Mapping[tuple[str, str], Iterable[tuple[str, str]]]) -> str:
    """The same from each row's id and content hash, for rows that are read one at a time."""
    return digest({f"{config}/{split}": sorted(map(list, pairs)) for (config, split), pairs in hashes.items()})


__all__ = ["NOT_CONTENT", "content_hash", "logical_hash", "logical_hash_of"]
