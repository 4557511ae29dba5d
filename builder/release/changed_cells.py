"""What differs between two values of one cell: the least pieces of lists and mappings, and both sides of each in one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from builder.records import Record
from builder.release.validate import short

_CONTEXT = 30  # characters before a difference that are shown with it


class Part(Record):
    """A piece of a cell that is not the same in both; None where the other release has no such piece."""

    place: str  # as in "[3].text", from 0; "" is the whole cell
    before: str | None
    after: str | None


def parts_of(one: object, other: object, place: str = "") -> Iterator[Part]:
    """The least pieces that differ, in order; an element's place is the one that it had before, of an added one the new."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            if one.get(key) != other.get(key):
                yield from parts_of(one.get(key), other.get(key), f"{place}.{key}")
    elif isinstance(one, list) and isinstance(other, list):
        yield from _elements(one, other, place)
    else:
        yield Part(place=place, before=said(one), after=said(other))


def _elements(one: Sequence[object], other: Sequence[object], place: str) -> Iterator[Part]:
    texts = [[repr(element) for element in elements] for elements in (one, other)]
    for tag, i, j, k, m in SequenceMatcher(None, texts[0], texts[1], autojunk=False).get_opcodes():
        if tag == "replace" and j - i == m - k:
            for at in range(j - i):
                yield from parts_of(one[i + at], other[k + at], f"{place}[{i + at}]")
        elif tag != "equal":
            yield from (Part(place=f"{place}[{at}]", before=said(one[at]), after=None) for at in range(i, j))
            yield from (Part(place=f"{place}[{at}]", before=None, after=said(other[at])) for at in range(k, m))


def said(value: object) -> str:
    """A value as text."""
    return value if isinstance(value, str) else repr(value)


def apart(one: str | None, other: str | None) -> tuple[str | None, str | None]:
    """Both sides in one line each; of long ones the beginning that they share is left out."""
    if one is None or other is None or one == other:
        return (one and short(one), other and short(other))
    start = max(0, _shared(one, other) - _CONTEXT)
    if start == 0 or short(one) == " ".join(one.split()) and short(other) == " ".join(other.split()):
        return short(one), short(other)
    return f"... {short(one[start:])}", f"... {short(other[start:])}"


def _shared(one: str, other: str) -> int:
    """Characters from the beginning that are the same in both."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


__all__ = ["Part", "apart", "parts_of", "said"]
