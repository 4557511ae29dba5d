"""A row that is taken without asking its JSON Schema is one that the schema has nothing against."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from small_release import packed

from builder.release.rows import CONFIGS, Config
from builder.release.schemas import schemas
from builder.release.validate_schema import as_written

OTHER = (None, True, 0, 1, -1, 1.5, float("nan"), "", "x", "\ud800", [], ["x"], [None], [[]], {}, {"x": 1})


def places(value: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place of a row, nested ones too, of a list its first element's."""
    yield way
    inner = value.items() if isinstance(value, dict) else list(enumerate(value))[:1] if isinstance(value, list) else ()
    for name, one in inner:
        yield from places(one, (*way, name))


def changed(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The row with each place left out, and with other values in it."""
    for way in places(row):
        for value in (*OTHER, "leave out", "one more"):
            one = copy.deepcopy(row)
            *above, last = ("row", *way)
            whole: Any = {"row": one}
            for name in above:
                whole = whole[name]
            if value == "leave out" and way:
                del whole[last]
            elif value == "one more" and isinstance(whole[last], dict | list):
                whole[last] = whole[last] | {"hint": "x"} if isinstance(whole[last], dict) else [*whole[last], whole[last]]
            elif way:
                whole[last] = value
            yield one


@pytest.mark.parametrize("config", CONFIGS)
def test_what_is_taken_as_written_is_right_by_the_schema_and_what_this_version_wrote_is_taken(config: Config) -> None:
    rows = [json.loads(row.model_dump_json()) for row in packed().rows(config)]
    assert all(as_written(row, config) for row in rows)
    validator = Draft202012Validator(schemas()[config])
    taken = [one for one in changed(rows[0]) if as_written(one, config)]
    assert taken
    assert not [error.message for one in taken for error in validator.iter_errors(one)]
