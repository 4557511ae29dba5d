"""The rows of a release that a condition picks, and the papers that they oblige one to cite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from builder.errors import UsageError
from builder.records import Paper
from builder.release.rows import CONFIGS, ROWS, Row
from builder.release.validate import Opened
from builder.release.validate_documents import paper_of

_SINGULAR = {"technique": "techniques", "method": "methods", "creator": "creators", "option_kind": "option_kinds"}
COLUMNS = tuple(sorted({name for config in CONFIGS for name in ROWS[config].model_fields} - {"image"}))
_NAMES = ", ".join(sorted({*COLUMNS, *_SINGULAR} - set(_SINGULAR.values())))  # as one is asked to write them


def condition(text: str) -> tuple[str, str]:
    """Column and value of "technique=AFM". Raises UsageError for a column that no config has.

    >>> condition("technique=AFM")
    ('techniques', 'AFM')
    """
    name, equals, value = text.partition("=")
    column = _SINGULAR.get(name.strip(), name.strip())
    if not equals or not name.strip():
        raise UsageError(f"--where {text}", "is not COLUMN=VALUE", f"such as technique=AFM; columns are {_NAMES}")
    if column not in COLUMNS:
        raise UsageError(f"--where {text}", f"no column {name.strip()}", f"name one of {_NAMES}")
    return column, value.strip()


def rows_where(opened: Opened, wanted: Sequence[tuple[str, str]]) -> list[Mapping[str, object]]:
    """Rows of any config that meet every condition; a column of several values meets it by one of them."""
    return [row for _, _, _, row in opened.rows() if all(_meets(row.get(column), value) for column, value in wanted)]


def _meets(cell: object, value: str) -> bool:
    values = cell if isinstance(cell, list) else [cell]
    return any(str(one).casefold() == value.casefold() for one in values if one is not None)


def papers_of(rows: Sequence[Mapping[str, object]]) -> tuple[Paper, ...]:
    """The papers of rows, each once, by id; what a row with an image says of its paper comes before a pointer's facts."""
    found: dict[str, Paper] = {}
    for row in sorted(rows, key=lambda row: row.get("image") is None):
        try:
            shared = Row.model_validate({name: row.get(name) for name in Row.model_fields})
        except ValidationError:
            continue  # `validate` says what is wrong with it
        found.setdefault(shared.paper_id, paper_of(shared))
    return tuple(found[name] for name in sorted(found))


__all__ = ["COLUMNS", "condition", "papers_of", "rows_where"]
