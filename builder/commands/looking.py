"""Pictures of what a run dropped before anything was cropped: some papers are opened once more, each in its own child."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from builder.drops_told import LONG_SIDE, Look, Place, no_look
from builder.edges import pdf
from builder.edges.engine import Failure, Limits, run_isolated
from builder.edges.fence import Fence
from builder.edges.images import picture_of
from builder.edges.store import Store, sha256_of


@dataclass(frozen=True)
class Glance:
    """One paper and the places in it."""

    path: Path
    work: Path
    places: tuple[Place, ...]


def add_show_dropped(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--show-dropped",
        action="store_true",
        help="in run_report.html of the work folder, pictures of what was dropped before it was cropped, too: takes seconds",
    )


def look_of(arguments: argparse.Namespace, paths: Sequence[Path], store: Store, limits: Limits) -> Look:
    """How the command line wants dropped records looked at."""
    return look_into(paths, store, limits) if getattr(arguments, "show_dropped", False) else no_look


def look_into(paths: Sequence[Path], store: Store, limits: Limits) -> Look:
    """A way to look at places of papers out of these files; a paper that has gone or was changed is not looked at."""

    def look(places: Sequence[Place]) -> Mapping[Place, str]:
        by_paper: dict[tuple[str, str], list[Place]] = {}
        for place in places:
            by_paper.setdefault((place.file, place.sha256), []).append(place)
        glances = [
            Glance(path, store.root, tuple(mine))
            for (file, sha256), mine in by_paper.items()
            if (path := next((one for one in paths if one.name == file and _is(one, sha256)), None))
        ]
        if not glances:
            return {}
        fence = Fence((store.root.resolve(), *{one.path.resolve().parent for one in glances}), store.open_to_children)
        found: dict[Place, str] = {}
        for outcome in run_isolated(glanced, glances, jobs=1, limits=limits, fence=fence):
            found |= {} if isinstance(outcome.result, Failure) else outcome.result
        return found

    return look


def glanced(glance: Glance) -> dict[Place, str]:
    """The child's work: each place as a small picture in the store. A page that cannot be drawn has none."""
    store, found = Store(glance.work), dict[Place, str]()
    with pdf.open_pdf(glance.path) as paper:
        for place in glance.places:
            dpi = max(1, int(72 * LONG_SIDE / max(place.box.width, place.box.height, 1.0)))
            with suppress(pdf.RefusedPdf):
                found[place] = store.put_blob(picture_of(pdf.render(paper, place.page, place.box, dpi)).data)
    return found


def _is(path: Path, sha256: str) -> bool:
    try:
        return sha256_of(path) == sha256
    except OSError:
        return False


__all__ = ["Glance", "add_show_dropped", "glanced", "look_into", "look_of"]
