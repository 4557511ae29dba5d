"""The ledger of shipped images: data/image_sources.json, one entry an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from builder.records import Record
from builder.release.rows import Config, LicenceSource, Row, RowTier, Sha256, SplitName, Texts


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


def sources_of(canary: str, tables: Mapping[tuple[Config, SplitName], Sequence[Row]]) -> ImageSources:
    """One entry an image, by figure id; what is a pointer row has no image to account for."""
    shared = [name for name in ImageSource.model_fields if name != "figure_id"]
    figures = (row for (config, _), rows in tables.items() if config == "figures" for row in rows)
    entries = (ImageSource(figure_id=row.id, **{name: getattr(row, name) for name in shared}) for row in figures if row.image)
    return ImageSources(canary=canary, images=tuple(sorted(entries, key=lambda entry: entry.figure_id)))


__all__ = ["ImageSource", "ImageSources", "sources_of"]
