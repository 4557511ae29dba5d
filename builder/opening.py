"""A release opened to be worked on: whole, or refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from builder.errors import CannotRead, Issue
from builder.release.files import SOURCES
from builder.release.shelf import Changed
from builder.release.validate import Opened, RowDict
from builder.release.validate_schema import by_schema

# Columns that releases of earlier versions have not, and what stands there when such a release is only looked at.
ADDED: dict[str, object] = {
    "licence_evidence": None, "licence_page": None, "licence_source": "none", "withheld_sha256": [], "image_levels": [],
}  # fmt: skip


def whole_release(folder: Path) -> Opened:
    """A release whose every row can be read. Raises CannotRead: what is made of a broken one would mean nothing."""
    from builder.edges.validation import open_release

    opened, broken = open_release(folder)
    shaped, misshapen = by_schema(opened)
    return _unless(folder, shaped, [*broken, *misshapen])


def earlier_release(folder: Path) -> Opened:
    """The same, to be looked at and not packed again: columns that came later may be missing. Raises CannotRead."""
    from builder.edges.validation import open_release

    opened, broken = open_release(folder)
    tables = {
        (config, split): Changed(table, _as_now if config == "figures" else _licensed_as_now)
        for (config, split), table in opened.tables.items()
    }
    shaped, misshapen = by_schema(replace(opened, tables=tables))
    earlier = [issue for issue in broken if issue.code == "columns" and issue.place.rpartition(" > ")[2] in ADDED]
    known = {issue.place.partition(" > ")[0] for issue in earlier}  # files whose features differ by these columns
    wrong = [issue for issue in broken if issue not in earlier and not (issue.code == "features" and issue.place in known)]
    return _unless(folder, shaped, [*wrong, *(issue for issue in misshapen if not (known and issue.place.startswith(SOURCES)))])


def _as_now(row: RowDict) -> RowDict:
    return ADDED | row


def _licensed_as_now(row: RowDict) -> RowDict:
    return {name: value for name, value in ADDED.items() if "licence" in name} | row


def _unless(folder: Path, opened: Opened, wrong: list[Issue]) -> Opened:
    if wrong or not {"benchmark", "version"} <= opened.manifest.keys():
        raise CannotRead(str(folder), "is not a whole release", "see `microtome validate`")
    return opened


__all__ = ["ADDED", "earlier_release", "whole_release"]
