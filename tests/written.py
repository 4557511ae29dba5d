"""The small release with real pictures, written to a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from small_release import cut

from builder import shipped
from builder.edges.images import encode_png
from builder.edges.release_folder import Written, write_release
from builder.recipe import Recipe
from builder.records import Specimen
from builder.release.card import card_facts, cited, render_card
from builder.release.cite import bibtex
from builder.release.croissant import croissant
from builder.release.files import json_text
from builder.release.package import package
from builder.release.rows import Cut, ManifestFile, Packed

PNGS: dict[str, bytes] = {}


def documents(packed: Packed, files: tuple[ManifestFile, ...]) -> dict[str, str]:
    """Card, Croissant and citations of the small release; a line each stands for the long texts."""
    return {
        "README.md": render_card(card_facts(packed), shipped.text("cards", "dataset_card.md.j2")),
        "croissant.json": json_text(croissant(packed, files)),
        "citations.bib": bibtex(cited(packed)),
        "TERMS_OF_USE.md": "Terms.\n",
        "licenses/CC-BY-NC-SA-4.0.txt": "Licence.\n",
    }


def pictured(**change: object) -> Cut:
    """The hand-made cut, each figure with a picture of its own."""
    made = cut(**change)
    return Cut(**{**made.__dict__, "specimens": tuple(_with_picture(one, made.recipe) for one in made.specimens)})


def _with_picture(specimen: Specimen, recipe: Recipe) -> Specimen:
    noise = np.random.default_rng(int(specimen.id[-8:], 16)).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    crop, data = encode_png(noise, specimen.crop.box, specimen.crop.dpi, recipe.identity.canary)
    PNGS[crop.sha256] = data
    return specimen.model_copy(update={"crop": crop})


def write(out: Path, **change: object) -> Written:
    return write_release(package(pictured(**change)), out, PNGS.__getitem__, documents)
