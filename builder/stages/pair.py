"""Give each figure its full caption, every paragraph that cites it, and the merged reference (CSMBench III-A2)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from builder.recipe import ReferenceRule
from builder.records import Dropped, Figure, Mention, PairedFigure
from builder.stages.citations import cited_labels, cites_table
from builder.stages.labels import normal_label
from builder.stages.paragraphs import Paragraph, paragraphs
from builder.stages.tokens import count_tokens
from builder.stages.typeset import Typeset

CITES_SEVERAL = "cites-several-figures"
TABLE_DATA = "table-data"
NO_MENTION = "no-mention"
ALL_EXCLUDED = "all-mentions-excluded"
TOO_SHORT = "reference-too-short"
TOO_LONG = "reference-too-long"

_NUMBER = re.compile(r"[-−±]?\d+(?:[.,]\d+)*%?")
_TABLE_SHARE = 0.4  # of a paragraph's words that are bare numbers: a table's body, not prose


def pair(figures: Sequence[Figure], paper: Typeset, rule: ReferenceRule) -> tuple[list[PairedFigure], list[Dropped]]:
    """Each figure with its words, in the order given; a figure without a mention is kept, with the reason it has no reference.

    No figure is dropped here, so the second list is empty.
    """
    labels = frozenset(normal_label(figure.caption.label) for figure in figures)
    found = [(paragraph, cited_labels(paragraph.text, labels)) for paragraph in paragraphs(paper, figures)]
    citing = [_mention(paragraph, cites) for paragraph, cites in found if cites]
    return [_paired(figure, citing, rule) for figure in figures], []


def _mention(paragraph: Paragraph, cites: tuple[str, ...]) -> Mention:
    return Mention(text=paragraph.text, page=paragraph.page, cites=cites, excluded=_why_excluded(paragraph.text, cites))


def _why_excluded(text: str, cites: tuple[str, ...]) -> str | None:
    if len(cites) > 1:
        return CITES_SEVERAL
    words = text.split()
    numbers = sum(_NUMBER.fullmatch(word) is not None for word in words)
    return TABLE_DATA if cites_table(text) or numbers > _TABLE_SHARE * len(words) else None


def _paired(figure: Figure, citing: Sequence[Mention], rule: ReferenceRule) -> PairedFigure:
    label = normal_label(figure.caption.label)
    mentions = tuple(mention for mention in citing if label in mention.cites)
    merged = " ".join(mention.text for mention in mentions if mention.excluded is None)
    tokens = count_tokens(merged)
    note = _why_no_reference(mentions, tokens, rule)
    return PairedFigure(
        figure=figure,
        label=label,
        caption=figure.caption.text,
        mentions=mentions,
        reference=merged if note is None else None,
        reference_tokens=tokens if note is None else None,
        reference_note=note,
    )


def _why_no_reference(mentions: Sequence[Mention], tokens: int, rule: ReferenceRule) -> str | None:
    """Why there is no reference, or None. A text over the window is refused, not cut: the paper keeps only what lies within."""
    if not mentions:
        return NO_MENTION
    if all(mention.excluded for mention in mentions):
        return ALL_EXCLUDED
    if tokens < rule.min_tokens:
        return f"{TOO_SHORT}: {tokens} tokens"
    return f"{TOO_LONG}: {tokens} tokens" if tokens > rule.max_tokens else None
