"""Check rows and JSON files against their schemas, and take what has not their shape out of the other checks' sight."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

from jsonschema import Draft202012Validator, ValidationError

from builder.errors import Issue
from builder.release.files import ATTACKS, ATTRITION, ERRATA, MANIFEST, REVIEWS, SOURCES
from builder.release.hydration import HYDRATION
from builder.release.rows import ROWS, Config, SplitName
from builder.release.schemas import schemas
from builder.release.validate import Opened, RowDict, at, short

DOCUMENTS = {
    MANIFEST: "manifest",
    ATTACKS: "attacks",
    ATTRITION: "attrition",
    ERRATA: "errata",
    HYDRATION: "hydration",
    REVIEWS: "reviews",
    SOURCES: "image_sources",
}
# What breaks these has another shape than the checks that follow read; a broken pattern or range has not.
_SHAPE = frozenset({"type", "anyOf", "required", "minItems", "maxItems", "prefixItems"})
_REBUILD = "rebuild the release with `microtome build`"


def by_schema(opened: Opened) -> tuple[Opened, list[Issue]]:
    """The release without what has the wrong shape, and every finding."""
    found: list[Issue] = []
    shapeless: set[str] = set()
    for path in DOCUMENTS.keys() & opened.documents.keys():
        for error in _validator(DOCUMENTS[path]).iter_errors(opened.documents[path]):
            place = " > ".join([path, *map(str, error.absolute_path)])
            found.append(Issue("schema", place, short(error.message), f"follow schemas/{DOCUMENTS[path]}.json; {_REBUILD}"))
            shapeless |= {path} if error.validator in _SHAPE else set()
    misshapen: set[tuple[Config, SplitName, int]] = set()
    for config, split, number, row in opened.rows():
        for error in () if as_written(row, config) else _validator(config).iter_errors(row):
            found.append(_of_row(at(config, split, number, row, _column(error)), config, error))
            misshapen |= {(config, split, number)} if error.validator in _SHAPE else set()
    documents = {path: value for path, value in opened.documents.items() if path not in shapeless}
    return replace(opened, documents=documents, misshapen=frozenset(misshapen)), found


def as_written(row: RowDict, config: Config) -> bool:
    """Whether the record that the schema is generated from takes the row and would write it as it stands.

    Such a row has all that its schema asks for, and is known to have in a twentieth of the time. Of any other the schema tells.
    """
    try:
        record = ROWS[config].model_validate_json(json.dumps(row), strict=True)
    except ValueError:  # pydantic's ValidationError among them
        return False
    return record.model_dump(mode="json") == row


def _of_row(place: str, config: Config, error: ValidationError) -> Issue:
    return Issue("schema", place, short(error.message), f"follow schemas/{config}.json; {_REBUILD}")


def _column(error: ValidationError) -> str:
    return ".".join(str(part) for part in error.absolute_path)


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schemas()[name])


__all__ = ["DOCUMENTS", "as_written", "by_schema"]
