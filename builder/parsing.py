"""`microtome parse`: answers as JSON lines in, what each selects as JSON lines out, one for one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from pydantic import Field, ValidationError

from builder.errors import CannotRead, UsageError
from builder.records import Record
from builder.scoring.answers import parse_answer

_RANGE = re.compile(r"([A-Z])\s*-\s*([A-Z])")


class Said(Record):
    """One line of the input."""

    id: str | int | None = Field(None, description="of the item, given back as it came")
    text: str | None = Field(description="what the model said; null for a request that failed")
    options: tuple[str, ...] | None = Field(None, min_length=1, description="labels of this question; else --options")
    finish_reason: str | None = Field(None, description='the provider\'s: "stop", "length", ...')


def labels_of(text: str) -> tuple[str, ...]:
    """Labels of an --options argument. Raises UsageError.

    >>> labels_of("A-C"), labels_of("A,B,D")
    (('A', 'B', 'C'), ('A', 'B', 'D'))
    """
    span = _RANGE.fullmatch(text.strip())
    if span and span[1] < span[2]:
        return tuple(chr(code) for code in range(ord(span[1]), ord(span[2]) + 1))
    labels = tuple(label.strip() for label in text.split(","))
    if span or not all(labels) or len(set(labels)) != len(labels):
        raise UsageError(
            "--options", f"{text!r} names no labels, or one twice", "write a range such as A-F, or a list: A,B,C,D"
        )
    return labels


def parsed(lines: Iterable[str], options: Sequence[str], place: str) -> Iterator[str]:
    """One JSON object a line: answer, status, confidence, difficulty. Raises CannotRead, naming the line."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        said = _said(line, f"{place} > line {number}")
        labels = said.options or tuple(options)
        read = parse_answer(said.text, labels, finish_reason=said.finish_reason)
        told: dict[str, object] = {"id": said.id} if said.id is not None else {}
        told |= {
            "answer": [label for label in labels if label in read.answer],
            "status": read.status,
            "confidence": read.confidence,
            "difficulty": read.difficulty,
        }
        yield json.dumps(told, ensure_ascii=False)


def _said(line: str, place: str) -> Said:
    remedy = 'one JSON object a line, in UTF-8: {"text": "...", "options": ["A", "B"]}'
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise CannotRead(place, f"is not JSON: {error}", remedy) from error
    try:
        return Said.model_validate(value)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'the line'}: {e['msg']}" for e in error.errors())
        raise CannotRead(place, said, remedy) from error


__all__ = ["labels_of", "parsed"]
