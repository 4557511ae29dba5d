"""What a statement about a figure is: its words true or false, what decides it, and what it must not stand beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from builder.pages import Box
from builder.records import Edit, EvidenceSpan, OptionKind, PairedFigure

# Bloom level that an edit of a type asks for, where it is not 2: a technique is recognised, a trend is read off and related.
LEVELS: dict[str, int] = {"method": 1, "trend": 3}


@dataclass(frozen=True)
class Statement:
    """One way to say a fact, right or wrong. Two statements of an item share no subject.

    `originals` are the words that an edit took out, in lower case: no other option of an item may carry them.
    """

    text: str
    correct: bool
    kind: OptionKind
    rubric: str
    evidence: tuple[EvidenceSpan, ...]
    bloom_level: int
    subjects: frozenset[str]
    edit: Edit | None = None
    originals: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Fact:
    """One thing the paper says of a figure, with ways to say it right and ways to say it wrong, of one form."""

    id: str
    right: tuple[Statement, ...]
    wrong: tuple[Statement, ...]


def core(text: str, start: int, end: int) -> str:
    """The whole words that [start, end) of a text touches, without the signs before a number, in lower case.

    >>> core("AgNPs of 5 nm", 0, 2), core("about ~5 nm", 6, 11)
    ('agnps', '5 nm')
    """
    while start and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return text[start:end].strip(" ~≈∼<>≤≥+").lower()


def span(
    figure: PairedFigure,
    start: int,
    end: int,
    *,
    source: Literal["caption", "paragraph", "sibling-caption"] = "caption",
    index: int = 0,
    letter: str | None = None,
) -> EvidenceSpan:
    """The words at these offsets of the figure's caption, or of its mention of that index."""
    text = figure.mentions[index].text if source == "paragraph" else figure.caption
    return EvidenceSpan(
        source=source,
        of=figure.label,
        index=index,
        start=start,
        end=end,
        text=text[start:end],
        panel=letter,
        panel_bbox=box_of(figure, letter) if source != "sibling-caption" else None,
    )


def box_of(figure: PairedFigure, letter: str | None) -> Box | None:
    """The box of the only panel of that letter."""
    found = [panel.bbox for panel in figure.panels if letter is not None and panel.letter == letter]
    return found[0] if len(found) == 1 else None


__all__ = ["LEVELS", "Fact", "Statement", "box_of", "core", "span"]
