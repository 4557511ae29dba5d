"""What a run dropped, by stage and reason, with examples: the records' own crops, or a look at the place where they stood."""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from builder.edges.images import jpeg_of, picture_within
from builder.edges.store import Store
from builder.errors import CannotRead
from builder.outcomes import PaperOutcome, Run
from builder.pages import Box
from builder.records import Caption, Dropped, Figure, Paper, Record, Specimen
from builder.reporting.gallery import Shown
from builder.reporting.run_report import EXAMPLES, DropTold, Example

R = TypeVar("R", bound=Record)
LONG_SIDE = 320  # pixels of an example on the page
_PAGE = re.compile(r"#p([0-9]+)$")  # how stage sieve names a page


@dataclass(frozen=True)
class Place:
    """Where a dropped record stood."""

    file: str
    sha256: str  # of the paper
    record_id: str
    page: int  # from 1
    box: Box  # of the figure, or the whole page


Look = Callable[[Sequence[Place]], Mapping[Place, str]]  # hashes of pictures in the store; of some places there may be none


def no_look(_: Sequence[Place]) -> Mapping[Place, str]:
    """Only what was cropped has a picture."""
    return {}


def drops_of(done: Run, look: Look) -> list[DropTold]:
    """By stage and reason, in the order of the stages and by frequency."""
    chosen = _chosen(done)
    places = {id(drop): place for found in chosen.values() for outcome, drop in found if (place := _place(outcome, drop))}
    pictures = look(list(dict.fromkeys(places.values())))
    told = []
    for count in done.attrition:
        for reason, n in sorted(count.dropped.items(), key=lambda item: (-item[1], item[0])):
            found = chosen[count.stage, reason]
            examples = tuple(_example(outcome, drop, places.get(id(drop)), pictures) for outcome, drop in found)
            told.append(
                DropTold(stage=count.stage, unit=count.unit, reason=reason, count=n, read=count.read, examples=examples)
            )
    return told


def pictures_of(drops: Sequence[DropTold], store: Store) -> dict[str, Shown]:
    """The examples' pictures by hash, small; one that is gone or damaged is left out: the page says so."""
    names = {one.crop_sha256 for drop in drops for one in drop.examples if one.crop_sha256}
    return {name: shown for name in sorted(names) if (shown := _shown(store, name))}


def _chosen(done: Run) -> Mapping[tuple[str, str], list[tuple[PaperOutcome, Dropped]]]:
    """Up to three drops a stage and reason, of different papers where there are so many."""
    first: dict[tuple[str, str], list[tuple[PaperOutcome, Dropped]]] = defaultdict(list)
    further: dict[tuple[str, str], list[tuple[PaperOutcome, Dropped]]] = defaultdict(list)
    for outcome in done.outcomes:
        seen: set[tuple[str, str]] = set()
        for drop in outcome.drops():
            key = drop.stage, drop.reason
            found = further if key in seen else first
            seen.add(key)
            if len(found[key]) < EXAMPLES:
                found[key].append((outcome, drop))
    return defaultdict(list, {key: [*found, *further[key]][:EXAMPLES] for key, found in first.items()})


def _example(outcome: PaperOutcome, drop: Dropped, place: Place | None, pictures: Mapping[Place, str]) -> Example:
    """The record with its crop where the paper came so far."""
    name = drop.record_id
    figure, specimen = _figure(outcome, name), _specimen(outcome, name)
    looked_at = pictures.get(place) if place else None
    return Example(
        record_id=name,
        file=outcome.file,
        detail=drop.detail,
        crop_sha256=specimen.crop.sha256 if specimen else looked_at,
        label=figure.caption.label if figure else None,
        page=figure.page if figure else place.page if place else None,
        licence=specimen.paper.licence.spdx if specimen else None,
        may_share=specimen.rights.image.share if specimen else False,
    )


def _place(outcome: PaperOutcome, drop: Dropped) -> Place | None:
    """Where to look for a record without a crop; None where its paper was never opened."""
    name = drop.record_id
    papers = list(_records(outcome, "ingest", Paper))
    if not papers or _specimen(outcome, name):
        return None
    figure = _figure(outcome, name)
    if figure:
        return Place(outcome.file, outcome.sha256, name, figure.page, figure.bbox)
    page = _page(outcome, name)
    sizes = {number: Box(0, 0, width, height) for number, width, height in papers[0].page_sizes}
    return Place(outcome.file, outcome.sha256, name, page, sizes[page]) if page in sizes else None


def _page(outcome: PaperOutcome, name: str) -> int:
    """The page of a caption or of a page itself; 0: it is neither."""
    named = _PAGE.search(name)
    pages = [caption.page for caption in _records(outcome, "sieve", Caption) if caption.id == name]
    return pages[0] if pages else int(named[1]) if named else 0


def _figure(outcome: PaperOutcome, name: str) -> Figure | None:
    """The figure of that id, or the one that an item of that id is about."""
    return next((one for one in _records(outcome, "locate", Figure) if one.id == name.split("/")[0]), None)


def _specimen(outcome: PaperOutcome, name: str) -> Specimen | None:
    return next((one for one in _records(outcome, "crop", Specimen) if one.id == name.split("/")[0]), None)


def _records(outcome: PaperOutcome, stage: str, kind: type[R]) -> Iterator[R]:
    return (kind.model_validate(raw) for receipt in outcome.receipts(stage) for raw in receipt.records)


def _shown(store: Store, name: str) -> Shown | None:
    try:
        picture = picture_within(store.blob(name), LONG_SIDE)
    except (CannotRead, OSError):
        return None
    return Shown(f"data:image/jpeg;base64,{base64.b64encode(jpeg_of(picture)).decode()}", picture.width, picture.height)


__all__ = ["LONG_SIDE", "Look", "Place", "drops_of", "no_look", "pictures_of"]
