"""The texts that go into a release beside its rows: card, Croissant, citations, terms of use and licence texts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from builder import shipped
from builder.release.card import card_facts, render_card
from builder.release.cite import bibtex
from builder.release.coverage import Coverage
from builder.release.croissant import croissant
from builder.release.rows import ManifestFile, Packed

OWN_LICENCE = "CC-BY-NC-SA-4.0"  # of questions, keys, annotations and selection


def documents(packed: Packed, files: Sequence[ManifestFile]) -> Mapping[str, str]:
    """Paths in the release and their texts; `files` are those already written, with their checksums."""
    canary, facts = packed.cut.recipe.identity.canary, card_facts(packed)
    described = croissant(packed, files, facts.coverage)
    return {
        "README.md": render_card(facts, shipped.text("cards", "dataset_card.md.j2")),
        "croissant.json": json.dumps(described, ensure_ascii=False, indent=1, sort_keys=True) + "\n",
        "citations.bib": bibtex(facts.papers),
        "TERMS_OF_USE.md": shipped.text("licenses", "TERMS_OF_USE.md").replace("{canary}", canary),
        **{f"licenses/{name}.txt": shipped.text("licenses", f"{name}.txt") for name in _licences(facts.coverage)},
    }


def _licences(counted: Coverage) -> list[str]:
    """Licences whose full text this builder carries, among those of the release's images; our own always."""
    carried = {path.stem for path in shipped.folder("licenses").glob("*.txt")}
    shown = {one.licence for one in counted.licences if any(one.counts)}
    return sorted((shown & carried) | {OWN_LICENCE})
