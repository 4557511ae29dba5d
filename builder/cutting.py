"""The stages from a PDF to cropped figures: what each takes from the bench, and what it makes of it."""

from __future__ import annotations

from builder.bench import Bench
from builder.crops import TooLarge, crop
from builder.edges import pdf
from builder.making import Made, each, ids
from builder.pages import Box
from builder.panelling import panelled
from builder.pointing import pointed
from builder.records import (
    Caption,
    ClassifiedFigure,
    Dropped,
    Figure,
    JudgedFigure,
    PairedFigure,
    Specimen,
)
from builder.stages.classify import classify
from builder.stages.ingest import PdfFacts, ingest
from builder.stages.locate import locate
from builder.stages.pair import pair
from builder.stages.rights import decide
from builder.stages.select import select
from builder.stages.sieve import sieve

_TOLD = 3  # broken pages whose cause is told


def ingest_paper(bench: Bench) -> Made:
    name = bench.source.name
    try:
        facts = PdfFacts(name, bench.source.sha256, bench.pdf.metadata, bench.pages)
    except pdf.RefusedPdf as error:
        return each([name], [Dropped(record_id=name, stage="ingest", reason=error.reason, detail=error.detail)])
    if not bench.pages and bench.broken_pages:  # no word of its text may be told, since none was read
        detail = "; ".join(f"page {number}: {said}" for number, said in bench.broken_pages[:_TOLD])
        return each([name], [Dropped(record_id=name, stage="ingest", reason="broken-page", detail=detail)])
    return each([name], [ingest(facts, bench.source.row, bench.recipe.papers)])


def sieve_pages(bench: Bench) -> Made:
    sieved, dropped = sieve(bench.typeset, bench.paper.id)
    name = "{}#p{}".format
    lost = [
        Dropped(record_id=name(bench.paper.id, n), stage="sieve", reason="broken-page", detail=d) for n, d in bench.broken_pages
    ]
    return Made(
        read=tuple(name(bench.paper.id, number) for number in bench.page_numbers),
        kept=tuple(name(bench.paper.id, s.page.number) for s in sieved),
        records=tuple(caption for s in sieved for caption in s.captions),
        dropped=(*dropped, *lost),
    )


def locate_captions(bench: Bench) -> Made:
    sieved = bench.sieved()
    figures, dropped = locate(sieved, bench.typeset, bench.paper.id)
    if bench.recipe.point.use != "never":
        figures, dropped = pointed(bench, sieved, figures, dropped)
    read = tuple(caption.id for caption in bench.of("sieve", Caption))
    return Made(read, tuple(figure.caption.id for figure in figures), tuple(figures), tuple(dropped))


def pair_figures(bench: Bench) -> Made:
    figures = bench.of("locate", Figure)
    paired, dropped = pair(figures, bench.typeset, bench.recipe.reference)
    return Made(ids(figures), ids(paired), tuple(paired), tuple(dropped))


def cut_panels(bench: Bench) -> Made:
    figures = bench.of("pair", PairedFigure)
    return each(ids(figures), [panelled(bench, figure) for figure in figures])


def classify_figures(bench: Bench) -> Made:
    figures = bench.of("panels", PairedFigure)
    return each(ids(figures), [_classified(bench, figure) for figure in figures])


def _classified(bench: Bench, paired: PairedFigure) -> ClassifiedFigure | Dropped:
    figure = paired.figure
    try:
        look = bench.look(figure)
    except pdf.RefusedPdf as error:
        return Dropped(record_id=paired.id, stage="classify", reason=error.reason, detail=error.detail)
    words, title, fields = bench.words_in(figure), bench.paper.title, bench.recipe.fields
    return classify(paired, look, words, title, fields, paper_text=bench.text, ocr=bench.read_words(figure))


def select_figures(bench: Bench) -> Made:
    figures = bench.of("classify", ClassifiedFigure)
    return each(ids(figures), [select(figure, bench.recipe.keep) for figure in figures])


def judge_rights(bench: Bench) -> Made:
    figures = bench.of("select", ClassifiedFigure)
    made = [JudgedFigure(classified=f, rights=decide(bench.paper, f, bench.policy)) for f in figures]
    return each(ids(figures), made)


def crop_figures(bench: Bench) -> Made:
    figures = bench.of("rights", JudgedFigure)
    return each(ids(figures), [_cropped(bench, figure) for figure in figures])


def _cropped(bench: Bench, judged: JudgedFigure) -> Specimen | Dropped:
    figure = judged.classified.paired.figure
    page = bench.page(figure.page)
    try:
        made, data = crop(bench.pdf, page, Box(*figure.bbox), bench.recipe.crop, bench.recipe.identity.canary)
    except TooLarge as error:
        return Dropped(record_id=judged.id, stage="crop", reason="too-large", detail=str(error))
    except pdf.RefusedPdf as error:
        return Dropped(record_id=judged.id, stage="crop", reason=error.reason, detail=error.detail)
    bench.store.put_blob(data)
    return Specimen(paper=bench.paper, classified=judged.classified, rights=judged.rights, crop=made)
