"""Items to attack, read from a release's folder or from a file with one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import ascii_uppercase

import pyarrow as pa
import pyarrow.parquet as pq

from builder.edges.bounded import rows_within
from builder.edges.data_files import data_files
from builder.errors import CannotRead
from builder.scoring.items import Item

_COLUMNS = {"id": "id", "paper_id": "paper", "question": "stem", "options": "options", "answer": "answer"}
_SHAPE = (
    'write {"id": "1", "paper": "doi:...", "stem": "...", "options": ["...", "..."], "answer": ["A"]} on each line: '
    "answer is a letter, a list of letters or a place from 0; paper is what the item was made from"
)


def read_items(path: Path) -> dict[str, list[Item]]:
    """The items of each config of a release's folder, or of a file under its name. Raises CannotRead, with the line."""
    if path.is_dir():
        return _of_release(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CannotRead(str(path), error.strerror or str(error), "name a release's folder or a file of items") from error
    except UnicodeDecodeError as error:
        raise CannotRead(str(path), f"is not UTF-8: {error.reason} at byte {error.start}", _SHAPE) from error
    found = [_item(_object(line, f"{path} > line {n}"), f"{path} > line {n}") for n, line in _lines(text)]
    return {path.stem: _each_once(found, str(path))}


def _lines(text: str) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())


def _object(line: str, place: str) -> Mapping[str, object]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise CannotRead(place, f"is not JSON: {error}", _SHAPE) from error
    if not isinstance(found, dict):
        raise CannotRead(place, f"is {type(found).__name__}, not an object", _SHAPE)
    return found


def _item(found: Mapping[str, object], place: str) -> Item:
    options, stem = found.get("options"), found.get("stem", "")
    name, paper = found.get("id"), found.get("paper")
    for key, value in (("id", name), ("paper", paper)):
        if not isinstance(value, str | int) or isinstance(value, bool) or value == "":
            raise CannotRead(place, f"{key} is {value!r}", _SHAPE)
    if not isinstance(stem, str):
        raise CannotRead(place, f"stem is {stem!r}", _SHAPE)
    if not isinstance(options, list) or not all(isinstance(option, str) for option in options):
        raise CannotRead(place, "options are not a list of texts", _SHAPE)
    if not 2 <= len(options) <= len(ascii_uppercase):
        raise CannotRead(place, f"there are {len(options)} options", f"give 2 to {len(ascii_uppercase)}")
    right = _key(found.get("answer"), len(options))
    if right is None:
        raise CannotRead(place, f"answer is {found.get('answer')!r} of {len(options)} options", _SHAPE)
    return Item(str(name), str(paper), stem, tuple(options), right)


def _key(answer: object, options: int) -> frozenset[int] | None:
    """The places of the right options; None for what names none, or one that is not there."""
    if isinstance(answer, int) and not isinstance(answer, bool):
        places = {answer}
    elif isinstance(answer, str) and len(answer) == 1:
        places = {ascii_uppercase.find(answer)}
    elif isinstance(answer, list) and all(isinstance(one, str) and len(one) == 1 for one in answer):
        places = {ascii_uppercase.find(one) for one in answer}
    else:
        return None
    return frozenset(places) if places and all(0 <= place < options for place in places) else None


def _each_once(items: list[Item], place: str) -> list[Item]:
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise CannotRead(place, f"id {item.id!r} is there twice", "give each item an id of its own")
        seen.add(item.id)
    if not items:
        raise CannotRead(place, "has no items", _SHAPE)
    return items


def _of_release(folder: Path) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for path in (folder / name for name in data_files(folder)):
        try:
            if not _COLUMNS.keys() <= set(pq.read_schema(path).names):
                continue
            rows = list(rows_within(pq.ParquetFile(path), path.stat().st_size, list(_COLUMNS)))
        except (OSError, pa.ArrowException) as error:
            raise CannotRead(str(path), f"cannot be read: {error}", "rebuild the release with `microtome build`") from error
        named = [{_COLUMNS[name]: value for name, value in row.items()} for row in rows]
        found.setdefault(path.parent.name, []).extend(_item(row, f"{path} > row {n}") for n, row in enumerate(named))
    if not found:
        raise CannotRead(str(folder), "has no config with question, options and answer", "name a release that asks something")
    return {config: _each_once(items, f"{folder} > {config}") for config, items in found.items()}


__all__ = ["read_items"]
