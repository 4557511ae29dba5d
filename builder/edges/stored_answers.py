"""Stored answers from a file of JSON lines: every line is read, and every broken one is named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from builder.edges.lines import text_lines
from builder.errors import CannotRead, Issues
from builder.scoring.predictions import Prediction

_SHAPE = 'write {"id": "...", "model": "...", "text": "..."} on each line, as `microtome ask` does'


def stored_answers(path: Path, places: Mapping[str, str], scored: tuple[str, ...]) -> tuple[list[Prediction], Issues]:
    """The answers, and a finding for each line that is no answer to an item. `places` is the config of each id that was asked.

    Raises CannotRead for a file that cannot be opened, is not UTF-8, or has no line.
    """
    found: list[Prediction] = []
    lines: dict[tuple[str, str, int], int] = {}
    issues = Issues()
    for number, line in enumerate(text_lines(str(path)), 1):
        if not line.strip():
            continue
        place = f"{path} > line {number}"
        try:
            answer = Prediction.model_validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = " > ".join([place, *map(str, first["loc"])])
            issues.add("broken-line", where, first["msg"], _SHAPE)
            continue
        _check(answer, number, lines, place, places, scored, issues)
        found.append(answer)
    if not found and not issues:
        raise CannotRead(str(path), "has no line", _SHAPE)
    return found, issues


def _check(
    answer: Prediction,
    number: int,
    lines: dict[tuple[str, str, int], int],
    place: str,
    places: Mapping[str, str],
    scored: tuple[str, ...],
    issues: Issues,
) -> None:
    config = places.get(answer.id)
    if config is None:
        issues.add(
            "unknown-id", place, f"{answer.id!r} is no item of the old release", "name the release that was asked with --from"
        )
    elif config not in scored:
        problem = f"{answer.id!r} is of config {config}, which has no key"
        issues.add("no-key", place, problem, f"give answers to {' and '.join(scored)}")
    first = lines.setdefault((answer.model, answer.id, answer.repeat), number)
    if first != number:
        problem = f"{answer.id!r} is answered by {answer.model} in line {first} already (repeat {answer.repeat})"
        issues.add("duplicate-id", place, problem, "count `repeat` up for an item that is asked again, or take one line out")


__all__ = ["stored_answers"]
