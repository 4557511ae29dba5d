"""Check a release that was read: every finding at once, each with its place, what is, what was wanted and what to do."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from builder.errors import Issue
from builder.release.rows import Config, SplitName
from builder.release.shelf import Index

RowDict = dict[str, object]
Table = Sequence[RowDict]
K = TypeVar("K", bound=Hashable)
_SHOWN = 80


@dataclass(frozen=True)
class FileFact:
    """A file as it lies there."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class ImageFact:
    """What the image cell of one row holds; `problem` says why nothing more is known."""

    sha256: str
    pixels_sha256: str | None = None
    width: int | None = None
    height: int | None = None
    canary: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Opened:
    """A release as read. Image bytes are gone from the rows; `images` tells of them by config, split and row.

    Tables may read each row anew whenever it is asked for: a check goes through them and keeps no rows.
    """

    files: Mapping[str, FileFact]
    documents: Mapping[str, object]  # parsed JSON by path: manifest, attrition, image sources, croissant, schemas
    texts: Mapping[str, str]  # card, recipe and other texts by path
    tables: Mapping[tuple[Config, SplitName], Table]
    columns: Mapping[tuple[Config, SplitName], Mapping[str, str]]  # column types
    images: Mapping[tuple[Config, SplitName, int], ImageFact]
    card: Mapping[str, object] = field(default_factory=dict)  # the card's front matter
    file_rows: Mapping[str, int] = field(default_factory=dict)  # rows of each data file that was read, by path
    misshapen: frozenset[tuple[Config, SplitName, int]] = frozenset()  # rows that have not the shape of their schema

    @property
    def manifest(self) -> Mapping[str, object]:
        found = self.documents.get("manifest.json")
        return found if isinstance(found, dict) else {}

    def rows(self, only: Config | None = None) -> Iterator[tuple[Config, SplitName, int, RowDict]]:
        """Every row of every table, or of one config's, with its place, but those that no check could read."""
        for (config, split), table in self.tables.items():
            if only in (None, config):
                for number, row in enumerate(table):
                    if (config, split, number) not in self.misshapen:
                        yield config, split, number, row

    def by(self, config: Config, key: Callable[[RowDict], K]) -> Index[K, RowDict]:
        """The rows of a config by a key; of several with one key, the last."""
        tables = self.tables
        return Index({key(row): (tables[name, split], number) for name, split, number, row in self.rows(config)})


Check = Callable[[Opened], Iterator[Issue]]


def check(opened: Opened, checks: Sequence[Check]) -> list[Issue]:
    """All findings of all checks, sorted, each once."""
    return sorted({issue for one in checks for issue in one(opened)})


def at(config: str, split: str, number: int, row: Mapping[str, object], column: str = "") -> str:
    """How a finding names a row (from 0, as `datasets` counts) and a column."""
    place = f"{config}/{split} > row {number} > {row.get('id')}"
    return f"{place} > {column}" if column else place


def short(message: str) -> str:
    """A message in one line, its middle left out where it quotes at length."""
    one = " ".join(message.split())
    return one if len(one) <= 2 * _SHOWN else f"{one[:_SHOWN]} ... {one[-_SHOWN:]}"


__all__ = ["Check", "FileFact", "ImageFact", "Opened", "RowDict", "Table", "at", "check", "short"]
