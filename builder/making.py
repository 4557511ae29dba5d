"""What a stage made of what it read: records handed on, records kept, records dropped, and nothing lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from builder.records import Dropped, Record


class Identified(Protocol):
    @property
    def id(self) -> str: ...


@dataclass(frozen=True)
class Made:
    """What a stage made of what it read."""

    read: tuple[str, ...]
    kept: tuple[str, ...]
    records: tuple[Record, ...]
    dropped: tuple[Dropped, ...]


def ids(records: Iterable[Identified]) -> tuple[str, ...]:
    return tuple(record.id for record in records)


def each(read: Sequence[str], made: Sequence[Record | Dropped]) -> Made:
    """One outcome a record, in order."""
    pairs = list(zip(read, made, strict=True))
    return Made(
        read=tuple(read),
        kept=tuple(name for name, m in pairs if not isinstance(m, Dropped)),
        records=tuple(m for m in made if not isinstance(m, Dropped)),
        dropped=tuple(m.model_copy(update={"record_id": name}) for name, m in pairs if isinstance(m, Dropped)),
    )


__all__ = ["Made", "each", "ids"]
