"""The small release with real pictures, written to a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from small_release import cut, examined

from builder.documents import documents
from builder.edges.images import encode_png
from builder.edges.parquet import opened_parquet
from builder.edges.release_folder import Written, write_release
from builder.recipe import Recipe
from builder.records import Specimen
from builder.release.package import package
from builder.release.rows import Cut

PNGS: dict[str, bytes] = {}


def pictured(**change: object) -> Cut:
    """The hand-made cut, each figure with a picture of its own."""
    made = cut(**change)
    return Cut(**{**made.__dict__, "specimens": tuple(_with_picture(one, made.recipe) for one in made.specimens)})


def _with_picture(specimen: Specimen, recipe: Recipe) -> Specimen:
    noise = np.random.default_rng(int(specimen.id[-8:], 16)).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    crop, data = encode_png(noise, specimen.crop.box, specimen.crop.dpi, recipe.identity.canary)
    PNGS[crop.sha256] = data
    return specimen.model_copy(update={"crop": crop})


def rows_in(path: Path) -> list[dict[str, Any]]:
    """All rows of a data file."""
    with opened_parquet(path) as parquet:
        return list(parquet.rows)


def write(out: Path, **change: object) -> Written:
    return write_release(examined(package(pictured(**change))), out, PNGS.__getitem__, documents)
