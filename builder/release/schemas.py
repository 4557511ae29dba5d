"""The JSON Schemas of a release's rows and files, generated from rows.py, committed, and shipped with each release."""

from __future__ import annotations

import json
from functools import cache

from builder.records import Record
from builder.release.errata import Errata
from builder.release.examined import Attacks, Reviews
from builder.release.hydration import Hydration
from builder.release.image_sources import ImageSources
from builder.release.rows import ROWS, Attrition, Manifest
from builder.scoring.schemas import DIALECT

_FILES: dict[str, type[Record]] = {
    "attacks": Attacks,
    "attrition": Attrition,
    "errata": Errata,
    "hydration": Hydration,
    "image_sources": ImageSources,
    "manifest": Manifest,
    "reviews": Reviews,
}


@cache  # generating them takes as long as checking a hundred rows
def schemas() -> dict[str, dict[str, object]]:
    """Each schema by name: one for the rows of each config, one for each JSON file."""
    types: dict[str, type[Record]] = {str(name): row for name, row in ROWS.items()} | _FILES
    return {name: {"$schema": DIALECT, **types[name].model_json_schema(mode="serialization")} for name in sorted(types)}


def schema_files() -> dict[str, str]:
    """File names and texts of the folder schemas/."""
    return {f"{name}.json": json.dumps(schema, indent=1, sort_keys=True) + "\n" for name, schema in schemas().items()}


__all__ = ["DIALECT", "schema_files", "schemas"]
