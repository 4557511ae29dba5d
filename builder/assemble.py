"""From a finished run to a release on disk: rows, card, Croissant, citations and licence texts."""

from __future__ import annotations

from pathlib import Path

from builder import __version__
from builder.documents import documents
from builder.edges.release_folder import Written, write_release
from builder.edges.store import Store
from builder.recipe import Recipe
from builder.records import CaptionMatching, Description, Paper, Specimen
from builder.release.package import package
from builder.release.rows import Cut
from builder.run import Run


def assemble(done: Run, recipe: Recipe, version: str, out: Path, store: Store) -> Written:
    """Write the release of a run to `out`. Raises NothingLeft when no figure was kept, CannotWrite when `out` says no."""
    cut = Cut(
        recipe=recipe,
        version=version,
        builder_version=__version__,
        papers=done.records("ingest", Paper),
        specimens=done.records("crop", Specimen),
        caption_matching=done.records("caption_matching", CaptionMatching),
        descriptions=done.records("description", Description),
        attrition=done.attrition,
        dropped=done.dropped,
    )
    return write_release(package(cut), out, store.blob, documents)
