"""Rows that do not stand in memory: written once as JSON, and read again one at a time, as often as they are asked for."""

from __future__ import annotations

import json
from abc import abstractmethod
from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Generic, Protocol, TypeVar, overload

T = TypeVar("T")
U = TypeVar("U")
K = TypeVar("K", bound=Hashable)
_REMEMBERED = 64  # rows that an index keeps: the items of one figure follow one another


class Shelf(Protocol):
    """Where the texts of rows stand."""

    def put(self, text: bytes) -> int:
        """The number that the text is read by."""
        ...

    def text(self, number: int) -> bytes: ...


def put_down(rows: Iterable[Mapping[str, object]], shelf: Shelf) -> Shelved[dict[str, object]]:
    """Rows that JSON can hold, on a shelf from now on."""
    numbers = array("Q", (shelf.put(json.dumps(row, ensure_ascii=False).encode()) for row in rows))
    return Shelved(shelf, numbers, json.loads)


class OnDemand(Sequence[T]):
    """A sequence whose elements are made when they are read."""

    @abstractmethod
    def _at(self, place: int) -> T:
        """The element at a place from 0 to the length."""

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if isinstance(place, slice):
            return [self._at(number) for number in range(*place.indices(len(self)))]
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        return self._at(place % len(self))


class Shelved(OnDemand[T]):
    """Rows on a shelf, in the order of `numbers`; `read` makes one of its text."""

    def __init__(self, shelf: Shelf, numbers: Sequence[int], read: Callable[[bytes], T]) -> None:
        self._shelf, self._numbers, self._read = shelf, numbers, read

    def __len__(self) -> int:
        return len(self._numbers)

    def _at(self, place: int) -> T:
        return self._read(self._shelf.text(self._numbers[place]))

    def __iter__(self) -> Iterator[T]:
        return (self._read(self._shelf.text(number)) for number in self._numbers)

    def read_as(self, read: Callable[[bytes], U]) -> Shelved[U]:
        """The same texts, read as something else."""
        return Shelved(self._shelf, self._numbers, read)


class Changed(OnDemand[U], Generic[T, U]):
    """Rows of another sequence, each changed as it is read."""

    def __init__(self, rows: Sequence[T], change: Callable[[T], U]) -> None:
        self._rows, self._change = rows, change

    def __len__(self) -> int:
        return len(self._rows)

    def _at(self, place: int) -> U:
        return self._change(self._rows[place])

    def __iter__(self) -> Iterator[U]:
        return map(self._change, self._rows)


class Joined(OnDemand[T]):
    """Several sequences, one after the other."""

    def __init__(self, parts: Sequence[Sequence[T]]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def _at(self, place: int) -> T:
        for part in self._parts:
            if place < len(part):
                return part[place]
            place -= len(part)
        raise IndexError(place)

    def __iter__(self) -> Iterator[T]:
        return chain.from_iterable(self._parts)


class Picked(OnDemand[T]):
    """Rows of other sequences: which one each stands in, and where."""

    def __init__(self, places: Sequence[tuple[Sequence[T], int]]) -> None:
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def _at(self, place: int) -> T:
        rows, number = self._places[place]
        return rows[number]


class Index(Mapping[K, T]):
    """Rows by a key: which sequence each stands in, and where; a row is read when it is asked for."""

    def __init__(self, places: Mapping[K, tuple[Sequence[T], int]]) -> None:
        self._places = places
        self._last: dict[K, T] = {}

    def __getitem__(self, key: K) -> T:
        if key not in self._last:
            rows, place = self._places[key]
            found = rows[place]
            if len(self._last) >= _REMEMBERED:
                del self._last[next(iter(self._last))]
            self._last[key] = found
        return self._last[key]

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[K]:
        return iter(self._places)

    def __contains__(self, key: object) -> bool:
        return key in self._places


__all__ = ["Changed", "Index", "Joined", "OnDemand", "Picked", "Shelf", "Shelved", "put_down"]
