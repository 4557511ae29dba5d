"""From a finished run to a release on disk: rows, card, Croissant, citations and licence texts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from builder import __version__
from builder.documents import documents
from builder.edges.calls import Asker
from builder.edges.release_folder import Written, write_release
from builder.edges.shelf import DiskShelf
from builder.edges.store import Store
from builder.errors import CannotWrite
from builder.examining import examined
from builder.outcomes import Run
from builder.recipe import Recipe
from builder.records import CaptionMatching, Description, MultiSelect, Paper, Specimen
from builder.release.attacks_told import battery_line
from builder.release.files import MANIFEST
from builder.release.package import package
from builder.release.rows import Cut, Packed


def refuse_occupied(out: Path, version: str, tier: str) -> None:
    """Raises CannotWrite, before any work is spent, when `out` holds something that this run cannot be the repeat of."""
    if out.is_dir() and any(out.iterdir()):
        try:
            there = json.loads((out / MANIFEST).read_bytes())
            found = f"version {there['version']}, tier {there['tier']}"
        except (OSError, ValueError, KeyError, TypeError):
            raise CannotWrite(str(out), "is a folder with other files", "name a folder that does not exist yet") from None
        if found != f"version {version}, tier {tier}":
            remedy = "name another folder, or remove this one"
            raise CannotWrite(str(out), f"holds a release with other content ({found}); it was left as it is", remedy)


def packed_of(done: Run, recipe: Recipe, version: str) -> Packed:
    """The rows of a finished run, before they are examined. Raises NothingLeft when no figure was kept, CannotWrite."""
    cut = Cut(
        recipe=recipe,
        version=version,
        builder_version=__version__,
        papers=done.records("ingest", Paper),
        specimens=done.records("crop", Specimen),
        caption_matching=done.records("caption_matching", CaptionMatching),
        descriptions=done.records("description", Description),
        multi_select=done.final("challenge", "multi_select", MultiSelect),
        attrition=done.attrition,
        dropped=done.dropped,
    )
    return package(cut, DiskShelf())


def assemble(
    done: Run,
    recipe: Recipe,
    version: str,
    out: Path,
    store: Store,
    desk: Asker,
    tell: Callable[[str], None] = lambda line: None,
) -> Written:
    """Write the release of a run to `out`, and `tell` how its items stood up to the battery; `desk` asks for it.

    Raises NothingLeft when no figure was kept, Blocked by the recipe's battery, AskingStopped as the desk does, CannotWrite
    when `out` says no.
    """
    packed, spent = examined(packed_of(done, recipe, version), recipe, store, desk)
    for config in packed.attacks.configs if packed.attacks else ():
        tell(battery_line(config))
    if spent.asked:
        lost = f", {spent.unanswered} got no answer: null, and in no estimate" if spent.unanswered else ""
        tell(f"battery and audit: {spent.asked} questions, {spent.reused} of them answered before{lost}")
    return write_release(packed, out, store.blob, documents)
