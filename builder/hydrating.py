"""One paper on the table once more: its withheld figures cropped and read again, where their rows say they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from builder import cutting
from builder.bench import Bench, Source
from builder.crops import TooLarge, crop
from builder.edges import pdf
from builder.edges.images import encode_png
from builder.edges.store import Store
from builder.making import Made
from builder.pages import Box
from builder.recipe import Papers, PointRule
from builder.records import Caption, Crop, Evidence, Figure, JudgedFigure, Licence, PairedFigure, Paper, Specimen
from builder.release.cut_rows import figure_in_full
from builder.release.hydration import Remade, differences
from builder.release.rows import Cut, FigureRow
from builder.stages.crop import levels
from builder.stages.labels import normal_label
from builder.stages.rights import Policy

_FAR = 256.0  # more than any difference of levels: a crop of another size


@dataclass(frozen=True)
class Copy:
    """A reader's PDF, and the rows of the paper that it is a copy of."""

    source: Source
    rows: tuple[FigureRow, ...]
    cut: Cut  # the release's, without its papers
    policy: Policy
    scratch: Path


def identified(copy: Copy) -> Paper | str:
    """What a PDF that no row names by its hash says of itself, or why it cannot be read."""
    bench = _bench(copy)
    try:
        made = cutting.ingest_paper(bench)
    finally:
        bench.close()
    found = [record for record in made.records if isinstance(record, Paper)]
    return found[0] if found else f"{made.dropped[0].reason} ({made.dropped[0].detail})"


def remade(copy: Copy) -> dict[str, Remade]:
    """What the copy gives for each of its rows, by id."""
    bench = _bench(copy)
    try:
        return dict(_remade(bench, copy))
    finally:
        bench.close()


def _bench(copy: Copy) -> Bench:
    """No model is asked, and no date window: the release says which figures there are, and where."""
    recipe = copy.cut.recipe.model_copy(update={"papers": Papers(), "point": PointRule()})
    return Bench(copy.source, recipe, copy.policy, Store(copy.scratch))


def _remade(bench: Bench, copy: Copy) -> Iterator[tuple[str, Remade]]:
    sha = copy.source.sha256
    made = cutting.ingest_paper(bench)
    if made.dropped:
        drop = made.dropped[0]
        yield from ((row.id, Remade(sha, reason=f"{drop.reason}: {drop.detail}")) for row in copy.rows)
        return
    bench.made["ingest"] = tuple(_as_released(p, copy.rows[0]) for p in made.records if isinstance(p, Paper))
    judged = {one.id: one for one in _judged(bench, copy.rows)}
    for row in copy.rows:
        known = judged.get(row.id)
        try:
            made_crop = _cropped(bench, row, Box(*known.classified.paired.figure.bbox) if known else Box(*row.bbox))
        except (TooLarge, pdf.RefusedPdf) as error:
            yield row.id, Remade(sha, reason=str(error))
            continue
        full = figure_in_full(_specimen(bench, known, made_crop), copy.cut) if known else None
        yield row.id, Remade(sha, made_crop, full, "" if known else f"no caption of {row.label} was found on the page")


def _as_released(paper: Paper, row: FigureRow) -> Paper:
    """The paper under the facts that the release gives of it; what papers.csv once said stands in the row."""
    said = row.licence_evidence is not None and row.licence_page is not None
    evidence = Evidence(text=str(row.licence_evidence), page=int(row.licence_page or 1)) if said else None
    facts = {
        "id": row.paper_id,
        "doi": row.doi,
        "arxiv_id": row.arxiv_id,
        "publisher": row.publisher,
        "source_url": row.source_url,
        "licence": Licence(spdx=row.licence, url=row.licence_url, evidence=evidence, source=row.licence_source),
    }
    return paper.model_copy(update=facts)


def _judged(bench: Bench, rows: Sequence[FigureRow]) -> list[JudgedFigure]:
    """The rows' figures with words, panels, classes and rights, by the stages that made the release."""
    _keep(bench, "sieve", cutting.sieve_pages(bench))
    _keep(bench, "locate", cutting.locate_captions(bench))
    bench.made["locate"] = tuple(_placed(bench, rows))
    _keep(bench, "pair", cutting.pair_figures(bench))
    wanted = {row.id for row in rows}
    bench.made["pair"] = tuple(one for one in bench.of("pair", PairedFigure) if one.id in wanted)
    _keep(bench, "panels", cutting.cut_panels(bench))
    _keep(bench, "classify", cutting.classify_figures(bench))
    bench.made["select"] = bench.made["classify"]
    return [one for one in cutting.judge_rights(bench).records if isinstance(one, JudgedFigure)]


def _keep(bench: Bench, stage: str, made: Made) -> None:
    bench.made[stage] = made.records


def _placed(bench: Bench, rows: Sequence[FigureRow]) -> Iterator[Figure]:
    """All located figures, those of the rows where their rows say: a model may have placed them, or an earlier version."""
    located = {figure.id: figure for figure in bench.of("locate", Figure)}
    for row in rows:
        found = located.get(row.id)
        if found is None:
            captions = [c for c in bench.of("sieve", Caption) if normal_label(c.label) == row.label]
            if not captions:
                continue
            near = min(captions, key=lambda caption: abs(caption.page - row.page))
            found = Figure(
                id=row.id, caption=near, page=row.page, bbox=Box(*row.bbox), side="facing", confidence=0.0, raster_share=1.0,
                paths=0, words=0,
            )  # fmt: skip
        same = found.page == row.page and tuple(round(float(v), 2) for v in found.bbox) == row.bbox
        located[row.id] = found if same else found.model_copy(update={"page": row.page, "bbox": Box(*row.bbox)})
    yield from located.values()


def _specimen(bench: Bench, judged: JudgedFigure, made: Crop) -> Specimen:
    return Specimen(paper=bench.paper, classified=judged.classified, rights=judged.rights, crop=made)


def _cropped(bench: Bench, row: FigureRow, box: Box) -> Crop:
    """The crop that is the row's, or the nearest to it; its PNG is in the store. Raises RefusedPdf and TooLarge."""
    nearest: tuple[float, Crop, bytes] | None = None
    for made, data in _crops(bench, row, box):
        gaps = differences(row, made)
        far = 0.0 if made.pixels_sha256 == row.pixels_sha256 else 1.0 + (gaps[1] if gaps else _FAR)
        if nearest is None or far < nearest[0]:
            nearest = far, made, data
        if not far:
            break
    assert nearest
    bench.store.put_blob(nearest[2])
    return nearest[1]


def _crops(bench: Bench, row: FigureRow, box: Box) -> Iterator[tuple[Crop, bytes]]:
    """By the recipe's rule from the box as located, from the box as released; at last what the image showed, at its dpi."""
    if not 1 <= row.page <= bench.pdf.pages or row.page not in {page.number for page in bench.pages}:
        raise pdf.RefusedPdf("broken-page", f"the file has no readable page {row.page}")
    page, rule, canary = bench.page(row.page), bench.recipe.crop, bench.recipe.identity.canary
    for one in dict.fromkeys((box, Box(*row.bbox))):
        yield crop(bench.pdf, page, one, rule, canary)
    shown = Box(*row.image_bbox)
    pixels = pdf.render(bench.pdf, row.page, shown, row.dpi)
    made, data = encode_png(pixels, shown, row.dpi, canary)
    yield made.model_copy(update={"levels": levels(pixels)}), data


def without_papers(cut: Cut) -> Cut:
    """The cut that a child is sent."""
    return replace(cut, papers=(), attrition=())


__all__ = ["Copy", "identified", "remade", "without_papers"]
