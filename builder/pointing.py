"""The page's thumbnail, a model's boxes and the rules' figures brought together, for the recipes that ask a model."""

from __future__ import annotations

from builder import shipped
from builder.asking import Question
from builder.bench import Bench
from builder.edges.pdf import RefusedPdf
from builder.pages import Box
from builder.recipe import PointRule
from builder.records import Caption, Dropped, Figure
from builder.stages.locate import placed
from builder.stages.point import (
    PointedPage,
    answer_tokens,
    prompt_for,
    read_reply,
    rescued,
    schema_for,
    settle,
    thumbnail_of,
    to_ask,
)
from builder.stages.sieve import SievedPage


def pointed(
    bench: Bench, sieved: list[SievedPage], figures: list[Figure], dropped: list[Dropped]
) -> tuple[list[Figure], list[Dropped]]:
    """Figures and drops after the model's word. Raises Waiting while a reply is missing."""
    rule = bench.recipe.point
    repeated = {drop.record_id for drop in dropped if drop.reason in ("repeated-label", "continued-figure")}
    pages = {s.page.number: (s, _pointed_page(bench, s, figures, repeated)) for s in sieved}
    asked: dict[int, Question] = {}
    for number, (_, page) in pages.items():
        if page.captions and to_ask(page, rule):
            question = _question(bench, page, rule)
            if question:
                asked[number] = question
    replies = dict(zip(asked, bench.replies(list(asked.values())), strict=True))
    settled: list[Figure] = []
    for number, (there, page) in pages.items():
        if number not in replies:
            settled += page.figures
            continue
        reply = replies[number]

        def place(caption: Caption, box: Box, there: SievedPage = there) -> Figure:
            return placed(caption, box, there, bench.typeset, bench.paper.id)

        found = read_reply(reply, page, rule)
        settled += settle(page, found, rule, reply.model_answered or reply.model_asked, place)
    return rescued(settled, dropped)


def _pointed_page(bench: Bench, sieved: SievedPage, figures: list[Figure], repeated: set[str]) -> PointedPage:
    rule = bench.recipe.point
    captions = tuple(caption for caption in sieved.captions if caption.id not in repeated)
    names = {caption.id for caption in captions}
    mine = tuple(figure for figure in figures if figure.caption.id in names)
    shown = thumbnail_of(sieved.page, rule, bench.recipe.models[str(rule.model)].family)
    return PointedPage(sieved.page, captions, mine, shown)


def _question(bench: Bench, page: PointedPage, rule: PointRule) -> Question | None:
    """What is asked about a page; None where it cannot be rendered."""
    try:
        picture = bench.thumbnail(page.page, max(page.shown))
    except RefusedPdf:
        return None
    prompt = prompt_for(page, rule, shipped.prompt("point"))
    return bench.question(str(rule.model), prompt, [picture], schema_for(page, rule), answer_tokens=answer_tokens(page, rule))


__all__ = ["pointed"]
