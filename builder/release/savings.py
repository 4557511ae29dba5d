"""The ledger of savings: what a page's thumbnail spares against named baselines, by providers' rules and by what was billed.

SPM-Bench states shares (section 2); here they are lines of every run's report, measured on the run's own pages. Image tokens
alone are compared: a provider bills them at one price, so a share of tokens is a share of the cost of images. Words and
output come on top of both sides and are in the billed line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from builder.asking import Spent
from builder.stages.image_tokens import FAMILIES, GEMINI_3_TOKENS, TOKENS, Family, Pixels, cheapest_side, thumbnail_size

BASELINE_DPI = 200
ALL_PAGES, KEPT_PAGES = f"all pages at {BASELINE_DPI} dpi", f"kept pages at {BASELINE_DPI} dpi"
PUBLISHED = {"pages": 0.95, "thumbnail": 0.70, "both": 0.90}  # SPM-Bench section 2: of text-heavy pages, of tokens, of cost
_RGB = 3  # bytes a pixel before any encoding: the same for both sides, whatever the encoder


class PageSize(NamedTuple):
    """A page as displayed, in points."""

    number: int  # from 1
    width: float
    height: float


@dataclass(frozen=True)
class PaperPages:
    """One paper's pages, and the numbers of those that the sieve kept."""

    sizes: tuple[PageSize, ...]
    kept: frozenset[int]


@dataclass(frozen=True)
class Spared:
    """One quantity under both baselines and as sent."""

    name: str
    all_pages: int
    kept_pages: int
    sent: int

    @property
    def by_thumbnail(self) -> float:
        """Share that the thumbnail spares of a kept page."""
        return 1 - self.sent / self.kept_pages if self.kept_pages else 0.0

    @property
    def by_both(self) -> float:
        """Share that sieve and thumbnail together spare of all pages."""
        return 1 - self.sent / self.all_pages if self.all_pages else 0.0


@dataclass(frozen=True)
class Savings:
    """What a run spares if every kept page goes out as one thumbnail."""

    thumbnail_px: int
    pages: int
    kept: int
    image_bytes: Spared
    tokens: tuple[Spared, ...]

    @property
    def by_sieve(self) -> float:
        return 1 - self.kept / self.pages if self.pages else 0.0

    def of(self, family: Family) -> Spared:
        return next(line for line in self.tokens if line.name == family)


def savings(papers: Sequence[PaperPages], thumbnail_px: int, least_px: int | None = None) -> Savings:
    """The ledger of these papers. With `least_px` each family gets the side down to that which its rule makes cheapest."""
    every = [size for paper in papers for size in paper.sizes]
    kept = [size for paper in papers for size in paper.sizes if size.number in paper.kept]
    tokens = [_spared(family, every, kept, thumbnail_px, least_px) for family in FAMILIES]
    default = tokens[FAMILIES.index("gemini-3")]
    low = Spared("gemini-3, low", default.all_pages, default.kept_pages, GEMINI_3_TOKENS["low"] * len(kept))
    return Savings(
        thumbnail_px=thumbnail_px,
        pages=len(every),
        kept=len(kept),
        image_bytes=Spared(
            "bytes",
            _RGB * sum(_area(_at_baseline(size)) for size in every),
            _RGB * sum(_area(_at_baseline(size)) for size in kept),
            _RGB * sum(_area(thumbnail_size(size.width, size.height, thumbnail_px)) for size in kept),
        ),
        tokens=(low, *tokens),
    )


def _spared(family: Family, every: Sequence[PageSize], kept: Sequence[PageSize], most: int, least: int | None) -> Spared:
    rule = TOKENS[family]

    def sent(size: PageSize) -> int:
        side = most if least is None else cheapest_side(size.width, size.height, family, least=min(least, most), most=most)
        return rule(thumbnail_size(size.width, size.height, side))

    def full(sizes: Iterable[PageSize]) -> int:
        return sum(rule(_at_baseline(size)) for size in sizes)

    return Spared(family, full(every), full(kept), sum(map(sent, kept)))


def _at_baseline(size: PageSize) -> Pixels:
    return Pixels(max(1, round(size.width * BASELINE_DPI / 72)), max(1, round(size.height * BASELINE_DPI / 72)))


def _area(size: Pixels) -> int:
    return size.width * size.height


def report(ledger: Savings, in_all: Spent, this_run: Spent, family: Family | None = None) -> list[str]:
    """The ledger as lines of text. `in_all` is what the work folder's replies were billed, `this_run` what is new of it."""
    lines = [
        f"savings: every kept page as one thumbnail of {ledger.thumbnail_px} px, against {ALL_PAGES} and {KEPT_PAGES}",
        f"  pages        {ledger.pages:>9,} read  {ledger.kept:>9,} kept by the sieve, {ledger.by_sieve:6.1%} never sent"
        f"  (SPM-Bench: {PUBLISHED['pages']:.0%} of text-heavy pages)",
        f"  {'image tokens':<15}{'all pages':>14}{'kept pages':>14}{'thumbnails':>14}{'of kept':>10}{'of all':>10}",
        *(_line(spared) for spared in ledger.tokens),
        _line(ledger.image_bytes, "RGB bytes"),
        f"  {'SPM-Bench':<57}{'~' + format(PUBLISHED['thumbnail'], '.0%'):>10}{'>' + format(PUBLISHED['both'], '.0%'):>10}",
    ]
    return lines + _billed(ledger, in_all, this_run, family)


def _line(spared: Spared, name: str | None = None) -> str:
    counts = f"{spared.all_pages:>14,}{spared.kept_pages:>14,}{spared.sent:>14,}"
    return f"  {name or spared.name:<15}{counts}{spared.by_thumbnail:>10.1%}{spared.by_both:>10.1%}"


def _billed(ledger: Savings, in_all: Spent, this_run: Spent, family: Family | None) -> list[str]:
    if not in_all.answered and not this_run.asked:
        return ["  no model was asked"]
    priced = f", {in_all.usd:.4f} USD" if in_all.usd else ""
    lines = [
        f"  billed in this work folder: {in_all.answered} replies, {in_all.prompt_tokens:,} prompt tokens "
        f"({in_all.estimated_tokens:,} by rule before the calls), {in_all.completion_tokens:,} completion tokens{priced}; "
        f"{in_all.pictures} pictures of {in_all.picture_bytes:,} bytes sent",
        f"  in this run: {this_run.asked} questions, {this_run.reused} answered from disk, {this_run.answered} newly "
        f"({this_run.replayed} of them recorded), {this_run.unanswered} not answered; {this_run.requests} requests",
    ]
    if this_run.maybe_twice:
        lines.append(
            f"  at most {this_run.maybe_twice} requests were paid twice: an earlier run ended while they were in flight"
        )
    if family and in_all.prompt_tokens and ledger.pages:
        less = 1 - in_all.prompt_tokens / ledger.of(family).all_pages
        lines.append(f"  billed prompt tokens, words included, by {family}'s rule: {less:.1%} less than {ALL_PAGES}")
    return lines


__all__ = ["ALL_PAGES", "BASELINE_DPI", "KEPT_PAGES", "PageSize", "PaperPages", "Savings", "Spared", "report", "savings"]
