"""What a written question must have before anybody else is asked about it: each check a reason to refuse it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from builder.recipe import MultiSelectRule
from builder.records import Record, Skill
from builder.stages.exhibit import Exhibit, span_of
from builder.stages.fencing import unsafe
from builder.stages.folding import folded
from builder.stages.spans import spans

STEM, OPTION, RUBRIC, REASONING, QUOTE = (15, 700), (1, 400), (5, 800), (20, 4000), (10, 600)  # characters, least and most
_OUTSTANDING = (
    1.25  # the longest option is a known giveaway: the shortest right one may not exceed the longest wrong one by more
)
_CATCH_ALL = re.compile(
    r"\b(?:all|none|any|both|either|neither)\b[^.]{0,12}\b(?:above|below|options|these|the other)\b"
    r"|\b(?:both|either|neither|options?) \(?[A-F]\)?(?:,| and| or| nor)"
    r"|^\s*\(?[A-F]\)?(?: and |, )\(?[A-F]\)?\b",
    re.IGNORECASE,
)
_SOURCE = re.compile(
    r"\bsnippets?\b|\bthe (?:figure )?caption\b|\bthe (?:paragraph|excerpt|passage|publication|authors?)\b", re.IGNORECASE
)
_PANEL = re.compile(r"\b(?:panels?[\s(]+|fig(?:ure|s)?\.?\s*\d+\s*\(?)([a-z])(?![A-Za-z])", re.IGNORECASE)


class SaidEvidence(Record):
    """A quote as an author gives it."""

    snippet: int
    quote: str
    panel: str | None


class SaidOption(Record):
    """One option of a reply."""

    text: str
    correct: bool
    rubric: str
    evidence: tuple[SaidEvidence, ...]


class SaidQuestion(Record):
    """One question of a reply."""

    stem: str
    options: tuple[SaidOption, ...]
    bloom_level: int
    skill: Skill
    modality: str
    reasoning: str


class Refusal(NamedTuple):
    """Why a question is refused: a stable reason, and what it is about."""

    reason: str
    detail: str


def refusal_of(said: SaidQuestion, shown: Exhibit, rule: MultiSelectRule) -> Refusal | None:
    """The first reason against a question, or None."""
    checks = (_texts(said), _sizes(said), _count(said, rule), _options(said), _evidence(said, shown), _panels(said, shown))
    return next((found for check in (*checks, _distractors(said, shown)) for found in check), None)


def _texts(said: SaidQuestion) -> Iterator[Refusal]:
    for text in (
        said.stem,
        said.reasoning,
        *(t for o in said.options for t in (o.text, o.rubric, *(e.quote for e in o.evidence))),
    ):
        if found := unsafe(text):
            yield Refusal("unsafe-text", found)


def _sizes(said: SaidQuestion) -> Iterator[Refusal]:
    sized = [("stem", said.stem, STEM), ("reasoning", said.reasoning, REASONING)]
    for option in said.options:
        sized += [("option", option.text, OPTION), ("rubric", option.rubric, RUBRIC)]
        sized += [("quote", one.quote, QUOTE) for one in option.evidence]
    for name, text, (least, most) in sized:
        if not least <= len(text.strip()) <= most:
            yield Refusal("length", f"{name} of {len(text.strip())} characters, not {least} to {most}")


def _count(said: SaidQuestion, rule: MultiSelectRule) -> Iterator[Refusal]:
    if len(said.options) != rule.options:
        yield Refusal("option-count", f"{len(said.options)} options, not {rule.options}")
    right = sum(option.correct for option in said.options)
    if not 1 <= right < len(said.options):
        yield Refusal("key-count", f"{right} of {len(said.options)} options are right")


def _options(said: SaidQuestion) -> Iterator[Refusal]:
    seen: dict[str, str] = {}
    for option in said.options:
        twin = seen.setdefault(folded(option.text).rstrip(".;"), option.text)
        if twin is not option.text:
            yield Refusal("equivalent-options", option.text)
        if _CATCH_ALL.search(option.text):
            yield Refusal("catch-all-option", option.text)
    for text in (said.stem, *seen.values()):
        if found := _SOURCE.search(text):
            yield Refusal("names-its-source", found.group())
    right, wrong = ([len(o.text) for o in said.options if o.correct is side] for side in (True, False))
    if min(right) > _OUTSTANDING * max(wrong) or min(wrong) > _OUTSTANDING * max(right):
        yield Refusal("key-stands-out", f"right options of {right} characters, wrong ones of {wrong}")


def _evidence(said: SaidQuestion, shown: Exhibit) -> Iterator[Refusal]:
    for option in said.options:
        if not option.evidence:
            yield Refusal("no-evidence", option.text)
        for one in option.evidence:
            if span_of(shown, one.snippet, one.quote, one.panel) is None:
                yield Refusal("quote-not-verbatim", f"snippet {one.snippet}: {one.quote}")


def _panels(said: SaidQuestion, shown: Exhibit) -> Iterator[Refusal]:
    letters = {letter.casefold() for letter in shown.letters}
    named = [one.panel for option in said.options for one in option.evidence if one.panel]
    for text in (said.stem, *(option.text for option in said.options)):
        named += _PANEL.findall(text)
    for letter in named:
        if letter.casefold() not in letters:
            yield Refusal("unknown-panel", f"{letter}: the panels are {', '.join(shown.letters) or 'without letters'}")


def _distractors(said: SaidQuestion, shown: Exhibit) -> Iterator[Refusal]:
    """A wrong option that the paper states, whole or in the one value that was changed, cannot be proved false."""
    whole = folded(shown.paper_text)
    for option in (option for option in said.options if not option.correct):
        if len(option.text.split()) > 3 and folded(option.text).rstrip(".;") in whole:
            yield Refusal("distractor-in-paper", option.text)
        for value in _changed(option, said.stem):
            if stands(value, shown.paper_text):
                yield Refusal("distractor-in-paper", f"{value}: {option.text}")


def _changed(option: SaidOption, stem: str) -> Iterator[str]:
    """Quantities and materials of an option whose own evidence names others: values that were exchanged for those."""
    known = "\n".join([stem, *(one.quote for one in option.evidence)])
    named = {span.type for one in option.evidence for span in spans(one.quote)}
    for span in spans(option.text):
        if span.type in named & {"quantity", "material"} and not stands(span.text, known):
            yield span.text


def stands(value: str, text: str) -> bool:
    """Whether a value stands in a text by itself, its blanks aside: 5 nm does not stand in 25 nm."""
    spaced = r"\s*".join(re.escape(part) for part in re.findall(r"[^\W\d]+|\d+|[^\w\s]", value))
    return re.search(rf"(?<![\w.]){spaced}(?![\w])", text) is not None


__all__ = ["OPTION", "QUOTE", "REASONING", "RUBRIC", "STEM", "Refusal", "SaidQuestion", "refusal_of", "stands"]
