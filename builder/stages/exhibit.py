"""What models are told of a figure beside its image: facts, and numbered snippets of the paper to quote from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import JsonValue

from builder.recipe import Tier
from builder.records import EvidenceSpan, Specimen
from builder.stages.panel_captions import caption_parts

_MOST_SNIPPETS = 12  # a figure that is cited all over a paper is described where it is first discussed
_MOST_CHARACTERS = 12_000  # of all snippets: about 4,000 tokens, SPM-Bench's mean prompt being 3,393 (appendix A)


@dataclass(frozen=True)
class Snippet:
    """One text that evidence may be quoted from. `index` counts the figure's mentions; the caption's is None."""

    number: int  # from 1, as said to the model
    index: int | None
    text: str


@dataclass(frozen=True)
class Exhibit:
    """A figure with the words that may be used of it."""

    specimen: Specimen
    snippets: tuple[Snippet, ...]
    paper_text: str  # all of it: what a distractor must not repeat. Never shown

    @property
    def letters(self) -> tuple[str, ...]:
        """Of the panels, as printed; those that only the caption names included."""
        paired = self.specimen.classified.paired
        named = [panel.letter for panel in paired.panels if panel.letter]
        named += [letter for part in caption_parts(paired.caption) for letter in part.letters]
        first = {letter.casefold(): letter for letter in reversed(named)}
        return tuple(sorted(first.values(), key=str.casefold))

    @property
    def modalities(self) -> tuple[str, ...]:
        return self.specimen.classified.techniques or ("unknown",)


def exhibit(specimen: Specimen, paper_text: str, tier: Tier) -> Exhibit:
    """The caption first, then each paragraph that cites the figure, as far as the rights of the release's tier allow."""
    paired = specimen.classified.paired
    said = specimen.rights.paragraph
    allowed = tier == "private" or (said.adapt and said.share)  # what is quoted as evidence is shared with the item
    mentions = list(enumerate(mention.text for mention in paired.mentions)) if allowed else []
    texts: list[tuple[int | None, str]] = [(None, paired.caption)]
    left = _MOST_CHARACTERS - len(paired.caption)
    for index, text in mentions:
        if len(text) <= left and len(texts) < _MOST_SNIPPETS:
            texts.append((index, text))
            left -= len(text)
    snippets = tuple(Snippet(number, index, text) for number, (index, text) in enumerate(texts, 1))
    return Exhibit(specimen, snippets, "\n".join([paper_text, *(text for _, text in texts)]))


def facts(shown: Exhibit) -> dict[str, JsonValue]:
    """The blocks `figure` and `snippets` of a prompt."""
    classified = shown.specimen.classified
    panels: list[JsonValue] = [
        {"letter": panel.letter, "caption": panel.caption} for panel in classified.paired.panels if panel.letter
    ]
    figure: dict[str, JsonValue] = {
        "label": classified.paired.label,
        "techniques": list(classified.techniques),
        "methods": list(classified.methods),
        "field": classified.field,
        "sub-field": classified.subfield,
        "panels": panels,
    }
    snippets: list[JsonValue] = [
        {"snippet": one.number, "from": "caption" if one.index is None else "paragraph", "text": one.text}
        for one in shown.snippets
    ]
    return {"figure": figure, "snippets": snippets}


def span_of(shown: Exhibit, number: int, quote: str, panel: str | None) -> EvidenceSpan | None:
    """Where a quote stands in its snippet, its words exactly and in order; None where it does not. Blanks may differ."""
    snippet = next((one for one in shown.snippets if one.number == number), None)
    words = quote.split()
    found = re.search(r"\s+".join(map(re.escape, words)), snippet.text) if snippet and words else None
    if snippet is None or found is None:
        return None
    paired = shown.specimen.classified.paired
    shows = next((one for one in paired.panels if panel and one.letter and one.letter.casefold() == panel.casefold()), None)
    return EvidenceSpan(
        source="caption" if snippet.index is None else "paragraph",
        of=paired.label,
        index=snippet.index or 0,
        start=found.start(),
        end=found.end(),
        text=found.group(),
        panel=panel,
        panel_bbox=shows.bbox if shows else None,
    )


__all__ = ["Exhibit", "Snippet", "exhibit", "facts", "span_of"]
