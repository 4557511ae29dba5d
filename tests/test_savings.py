"""The ledger of savings: each provider's rule on known sizes, and shares that follow from them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.asking import Reply, Spent, Usage
from builder.ledger import billed
from builder.release.savings import PageSize, PaperPages, report, savings
from builder.stages.image_tokens import FAMILIES, TOKENS, Family, Pixels, cheapest_side, thumbnail_size

A4 = PageSize(1, 595.28, 841.89)


@pytest.mark.parametrize(
    ("family", "size", "tokens"),
    [
        ("gpt-4o", (1024, 1024), 765),  # the provider's own worked examples
        ("gpt-4o", (2048, 4096), 1105),
        ("gpt-4o", (512, 512), 255),
        ("gpt-5-mini", (1024, 1024), 1659),  # 1024 patches, times 1.62
        ("gpt-5-mini", (1800, 2400), 2353),  # 1452 patches after downscaling, times 1.62
        ("gemini-2", (384, 384), 258),
        ("gemini-2", (385, 200), 258),
        ("gemini-2", (960, 540), 516),
        ("gemini-3", (10, 10), 1120),
        ("gemini-3", (3000, 4000), 1120),
        ("claude-4.6", (200, 200), 64),
        ("claude-4.6", (1092, 1092), 1521),
        ("claude-4.7", (1092, 1092), 1521),
        ("claude-4.7", (2000, 1500), 3888),
        ("qwen2.5-vl", (1024, 1024), 1369),
        ("qwen2.5-vl", (8204, 1092), 11427),
    ],
)
def test_a_picture_costs_what_the_familys_rule_says(family: Family, size: tuple[int, int], tokens: int) -> None:
    assert TOKENS[family](Pixels(*size)) == tokens


@pytest.mark.parametrize(
    ("family", "share"),
    [
        ("gemini-3", 0.0),
        ("gpt-4o", 0.31),
        ("claude-4.6", 0.38),
        ("gpt-5-mini", 0.50),
        ("claude-4.7", 0.80),
        ("qwen2.5-vl", 0.81),
        ("gemini-2", 0.83),
    ],
)
def test_a_thumbnail_of_an_a4_page_spares_the_share_the_field_measured(family: Family, share: float) -> None:
    ledger = savings([PaperPages((A4,), frozenset({1}))], 1024)
    assert ledger.of(family).by_thumbnail == pytest.approx(share, abs=0.006)


@given(st.integers(1, 6000), st.integers(1, 6000), st.sampled_from(FAMILIES))
def test_no_rule_fails_or_gives_nothing_or_passes_its_cap(width: int, height: int, family: Family) -> None:
    caps = {
        "gemini-3": 1120,
        "gpt-4o": 85 + 170 * 8,
        "gpt-5-mini": 2489,
        "claude-4.6": 1568,
        "claude-4.7": 4784,
        "qwen2.5-vl": 16384,
    }
    assert 1 <= TOKENS[family](Pixels(width, height)) <= caps.get(family, 10**6)


def test_the_sieve_and_the_thumbnail_are_counted_apart_and_together() -> None:
    sizes = tuple(PageSize(n, 595.28, 841.89) for n in range(1, 11))
    ledger = savings([PaperPages(sizes, frozenset({2, 5}))], 1024)
    assert (ledger.pages, ledger.kept, ledger.by_sieve) == (10, 2, 0.8)
    tiles = ledger.of("gpt-4o")
    assert (tiles.all_pages, tiles.kept_pages, tiles.sent) == (11050, 2210, 1530)
    assert tiles.by_both == pytest.approx(1 - 1530 / 11050)
    assert ledger.image_bytes.all_pages == 5 * ledger.image_bytes.kept_pages
    assert ledger.image_bytes.sent == 3 * 2 * 724 * 1024


def test_a_setting_spares_what_a_size_does_not() -> None:
    ledger = savings([PaperPages((A4,), frozenset({1}))], 1024)
    (low,) = [line for line in ledger.tokens if line.name == "gemini-3, low"]
    assert low.by_thumbnail == 0.75


def test_a_family_may_choose_the_side_that_its_rule_makes_cheapest() -> None:
    letter = PageSize(1, 612, 792)
    assert cheapest_side(612, 792, "gemini-2", least=960, most=1024) == 992
    plain = savings([PaperPages((letter,), frozenset({1}))], 1024)
    chosen = savings([PaperPages((letter,), frozenset({1}))], 1024, 960)
    assert chosen.of("gemini-2").sent == plain.of("gemini-2").sent / 2
    assert all(c.sent <= p.sent for c, p in zip(chosen.tokens, plain.tokens, strict=True))


@given(st.floats(1, 14400), st.floats(1, 14400), st.integers(256, 2048))
def test_a_thumbnails_long_side_is_the_recipes(width: float, height: float, side: int) -> None:
    assert max(thumbnail_size(width, height, side)) == side


def test_a_run_without_pages_has_no_shares_and_does_not_fail() -> None:
    ledger = savings([], 1024)
    assert (ledger.by_sieve, ledger.of("gpt-4o").by_both) == (0.0, 0.0)
    assert report(ledger, Spent(), Spent())[-1] == "  no model was asked"


def test_what_was_billed_stands_beside_the_rule_and_recorded_replies_cost_nothing() -> None:
    paid = Reply(
        hash="0" * 64,
        outcome="answered",
        model_asked="m",
        usage=Usage(prompt_tokens=1500, completion_tokens=60, usd=0.002),
        estimated_tokens=1700,
    )
    spent = billed([paid, paid, paid.model_copy(update={"source": "replay"})])
    lines = report(
        savings([PaperPages((A4,) * 10, frozenset({1}))], 1024), spent, Spent(asked=2, answered=2, maybe_twice=1), "gpt-4o"
    )
    text = "\n".join(lines)
    assert "2 replies, 3,000 prompt tokens (3,400 by rule before the calls), 120 completion tokens, 0.0040 USD" in text
    assert "at most 1 requests were paid twice" in text
    assert f"{1 - 3000 / 11050:.1%} less than all pages at 200 dpi" in text
