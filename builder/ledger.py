"""The ledger of savings of a finished run: its pages, what the sieve kept of them, and what models were billed."""

from __future__ import annotations

from collections.abc import Iterable

from builder.asking import Reply, Spent
from builder.edges.replies import Replies
from builder.edges.store import Store
from builder.outcomes import Run
from builder.recipe import Recipe
from builder.records import Caption, Paper
from builder.release.savings import PageSize, PaperPages, Savings, report, savings


def savings_of(done: Run, recipe: Recipe) -> Savings:
    """Over all papers that were read."""
    return savings(list(_pages(done)), recipe.point.thumbnail_px, recipe.point.least_px)


def _pages(done: Run) -> Iterable[PaperPages]:
    ingest, sieve = done.stage("ingest"), done.stage("sieve")
    for outcome in done.outcomes:
        kept = frozenset(caption.page for caption in outcome.records(sieve, Caption))
        for paper in outcome.records(ingest, Paper):
            yield PaperPages(tuple(PageSize(*size) for size in paper.page_sizes), kept)


def savings_report(done: Run, recipe: Recipe, store: Store) -> str:
    """Lines of the run's report."""
    rule = recipe.models.get(recipe.point.model or "")
    family = rule.family if rule else None
    return "\n".join(report(savings_of(done, recipe), billed(Replies(store.root).all()), done.spent, family))


def billed(replies: Iterable[Reply]) -> Spent:
    """What the replies of a work folder were billed; recorded replies cost nothing here."""
    paid = [reply for reply in replies if reply.source == "endpoint"]
    return Spent(
        asked=len(paid),
        answered=len(paid),
        requests=sum(reply.attempts for reply in paid),
        prompt_tokens=sum(r.usage.prompt_tokens or r.estimated_tokens for r in paid),
        completion_tokens=sum(r.usage.completion_tokens or 0 for r in paid),
        estimated_tokens=sum(r.estimated_tokens for r in paid),
        pictures=sum(r.pictures for r in paid),
        picture_bytes=sum(r.picture_bytes for r in paid),
        usd=sum(r.usage.usd or 0.0 for r in paid),
    )


__all__ = ["billed", "savings_of", "savings_report"]
