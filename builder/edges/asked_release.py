"""The items that predictions are scored on, read from a release without its images; its rows must be the manifest's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from builder.edges.bounded import rows_within
from builder.edges.data_files import data_files
from builder.errors import CannotRead, UsageError
from builder.release.data_files import shards_of
from builder.release.files import MANIFEST
from builder.release.logical import content_hash, logical_hash_of
from builder.release.rows import CONFIGS, SPLITS, Config, Manifest, SplitName
from builder.scoring.asked import SCORED, Asked, Row, asked

_KEPT = frozenset(
    {
        "answer", "bloom_level", "edits", "field", "figure_id", "generator", "id", "kind", "licence", "modality",
        "option_kinds", "options", "paper_id", "reference", "scale", "skill", "subfield", "techniques", "tier",
    }
)  # fmt: skip
_BYTES = "image.bytes"
_CHECK = "see `microtome validate`; results name the rows they were scored on"

Tables = Mapping[tuple[Config, SplitName], list[Row]]


@dataclass(frozen=True)
class OpenRelease:
    """A release's manifest and rows, columns that scoring does not need left out."""

    folder: Path
    manifest: Manifest
    tables: Tables

    def asked(self, config: str, split: str) -> Asked:
        """The items of a config and split. Raises UsageError where the release has none."""
        for (name, part), rows in self.tables.items():
            if (name, part) == (config, split) and config in SCORED:
                figures = {str(row["id"]): row for row in self.tables.get(("figures", part), [])}
                return asked(config, split, rows, figures)
        there = ", ".join(f"{name} {part}" for name, part in self.tables if name in SCORED) or "nothing that is asked"
        raise UsageError(str(self.folder), f"has no {config} {split}; it has {there}", "name another --config or --split")

    def places(self) -> dict[str, str]:
        """The config and split of each id."""
        return {str(row["id"]): f"{name} {part}" for (name, part), rows in self.tables.items() for row in rows}


def open_release(folder: Path) -> OpenRelease:
    """Raises CannotRead for what is no release, and for one whose rows are not those that its manifest names."""
    manifest = _manifest(folder)
    tables: dict[tuple[Config, SplitName], list[Row]] = {}
    hashes: dict[tuple[str, str], list[tuple[str, str]]] = {}
    there = data_files(folder)
    for config in CONFIGS:
        for split in SPLITS:
            if paths := shards_of(there, config, split):
                kept, told = tables.setdefault((config, split), []), hashes.setdefault((config, split), [])
                for row in chain.from_iterable(_rows(folder / path) for path in paths):
                    told.append((str(row.get("id")), content_hash(row)))
                    kept.append({name: value for name, value in row.items() if name in _KEPT})
    found = logical_hash_of(hashes)
    if found != manifest.logical_hash:
        what = f"its rows give the logical hash {found[:12]}; {MANIFEST} says {manifest.logical_hash[:12]}"
        raise CannotRead(str(folder), what, _CHECK)
    return OpenRelease(folder, manifest, tables)


def _manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CannotRead(str(path), error.strerror or str(error), "name the folder of a release") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "file"
        raise CannotRead(str(path), f"is no manifest: {where}: {first['msg']}", "see `microtome validate`") from error


def _rows(path: Path) -> Iterator[Row]:
    """Each row with its image's path and without its bytes."""
    try:
        with pq.ParquetFile(path) as file:
            leaves = [file.schema.column(i).path for i in range(len(file.schema))]
            yield from rows_within(file, path.stat().st_size, [leaf for leaf in leaves if leaf != _BYTES])
    except (OSError, pa.ArrowException, ValueError) as error:  # ValueError: text that is not UTF-8
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise CannotRead(str(path), f"cannot be read: {first}", "see `microtome validate`") from error


__all__ = ["OpenRelease", "open_release"]
