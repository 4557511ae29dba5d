"""The ledger of shipped images: data/image_sources.json, one entry an image."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from builder.records import Record
from builder.release.rows import Config, LicenceSource, Row, RowTier, Sha256, SplitName, Texts

_LAYOUT: dict[str, Any] = {"ensure_ascii": False, "indent": 1, "sort_keys": True}  # of every JSON text of a release
_EMPTY = "[]\n}"  # how the list of images ends a ledger without one


class ImageSource(Record):
    """One shipped image in data/image_sources.json: who made it, where it is from, under which licence, what was changed."""

    figure_id: str
    tier: RowTier
    image_sha256: Sha256
    pixels_sha256: Sha256
    label: str
    page: int = Field(ge=1)
    doi: str | None
    arxiv_id: str | None
    pdf_sha256: Sha256
    title: str | None
    creators: Texts
    copyright_notice: str | None
    publisher: str | None
    year: int | None
    licence: str
    licence_url: str | None
    licence_evidence: str | None
    licence_page: int | None
    licence_source: LicenceSource
    source_url: str | None
    attribution: str | None
    changes: str | None


class ImageSources(Record):
    """data/image_sources.json."""

    canary: str
    images: tuple[ImageSource, ...]


def sources_text(canary: str, tables: Mapping[tuple[Config, SplitName], Sequence[Row]]) -> str:
    """data/image_sources.json: one entry an image, by figure id; what is a pointer row has no image to account for.

    As `json_text` would write ImageSources, an entry at a time: the records of all of them are ten times the text.
    """
    figures = (row for (config, _), rows in tables.items() if config == "figures" for row in rows)
    entries = sorted((row.id, _entry(row)) for row in figures if row.image)
    whole = json.dumps(ImageSources(canary=canary, images=()).model_dump(mode="json"), **_LAYOUT)
    if entries:
        listed = ",\n".join(entry for _, entry in entries)
        whole = f"{whole.removesuffix(_EMPTY)}[\n{listed}\n ]\n}}"
    return whole + "\n"


def _entry(row: Row) -> str:
    shared = {name: getattr(row, name) for name in ImageSource.model_fields if name != "figure_id"}
    text = json.dumps(ImageSource(figure_id=row.id, **shared).model_dump(mode="json"), **_LAYOUT)
    return "\n".join(f"  {line}" for line in text.split("\n"))


__all__ = ["ImageSource", "ImageSources", "sources_text"]
