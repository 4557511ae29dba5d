"""A release with what came back of it: a private one, its tables, ledger and hashes made anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from builder.release.attacks import answers_of, attacks_of
from builder.release.hydration import MAX_LEVELS, MEAN_LEVELS, HydratedRow, Hydration
from builder.release.logical import logical_hash_of
from builder.release.package import signature
from builder.release.reviews import reviews_of
from builder.release.rows import FigureRow, Packed
from builder.release.shelf import Changed
from builder.release.validate_documents import papers_shown


def hydrated(packed: Packed, rows: Mapping[str, FigureRow], told: Sequence[HydratedRow], renderers: tuple[str, str]) -> Packed:
    """The release as a private one with these rows in place of its own, its tables and hashes made anew."""
    tables = {key: Changed(table, lambda row: rows.get(row.id, row)) for key, table in packed.tables.items()}
    papers = papers_shown(row for table in tables.values() for row in table)
    cut = replace(packed.cut, recipe=packed.cut.recipe.model_copy(update={"tier": "private"}), papers=papers)
    whole = logical_hash_of({key: ((row.id, row.content_hash) for row in table) for key, table in tables.items()})
    private = replace(
        packed,
        cut=cut,
        tables=tables,
        logical_hash=whole,
        signature=signature(cut.recipe.identity.name, cut.version, cut.recipe.hash, cut.builder_version, whole),
        hydration=Hydration(
            release=packed.signature,
            renderer=renderers[0],
            renderer_here=renderers[1],
            max_levels=MAX_LEVELS,
            mean_levels=MEAN_LEVELS,
            rows=tuple(told),
        ),
    )
    answers = answers_of(packed.attacks) if packed.attacks else {}
    judgements = packed.reviews.judgements if packed.reviews else ()
    return replace(private, attacks=attacks_of(private, answers), reviews=reviews_of(private, judgements))


__all__ = ["hydrated"]
