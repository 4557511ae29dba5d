"""The JSON Schema of report.json, generated from its record."""

from __future__ import annotations

import json

from builder.reporting.facts import Report
from builder.scoring.schemas import DIALECT


def report_schema_files() -> dict[str, str]:
    """File name and text."""
    schema = {"$schema": DIALECT, **Report.model_json_schema(mode="serialization")}
    return {"report.json": json.dumps(schema, indent=1, sort_keys=True) + "\n"}


__all__ = ["report_schema_files"]
