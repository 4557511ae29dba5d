"""The JSON Schemas of predictions, results and the rows of items.parquet, generated from their records."""

from __future__ import annotations

import json

from builder.records import Record
from builder.scoring.judged import Judged
from builder.scoring.predictions import Prediction
from builder.scoring.results import ItemScore, Result

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES: dict[str, type[Record]] = {"items": ItemScore, "judged": Judged, "prediction": Prediction, "result": Result}


def scoring_schema_files() -> dict[str, str]:
    """File names and texts; a prediction is read, so that what has a default may be left out."""
    found = {
        name: {"$schema": DIALECT, **of.model_json_schema(mode="validation" if name == "prediction" else "serialization")}
        for name, of in _TYPES.items()
    }
    return {f"{name}.json": json.dumps(schema, indent=1, sort_keys=True) + "\n" for name, schema in found.items()}


__all__ = ["scoring_schema_files"]
