"""Items that cross the values of two places of a sentence, each with each: no option stands out by its words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations, product

from builder.records import Edit, PairedFigure
from builder.scoring.shortcuts import attribute_votes, closest_option
from builder.stages.distract import Attribute, alternatives, apply_edits, coin
from builder.stages.panel_words import panel_words
from builder.stages.seating import Seating
from builder.stages.statement_panels import WORDINGS, given
from builder.stages.statement_sentences import as_printed, clauses_of
from builder.stages.statements import LEVELS, Statement, core

# What a picture shows, where a number or a composition is often only told: of the two places one at least is of these.
_SEEN = frozenset({"method", "marking", "trend", "condition"})
_Crossed = tuple[tuple[Statement, ...], frozenset[str]]  # the options, the right one first, and the words that they change


def crossings(
    figure: PairedFigure, options: int, most: int, *, seed: int, paper_text: str, paragraphs: bool, said: frozenset[str]
) -> tuple[Seating, ...]:
    """Up to `most` items, one a sentence: p values of one place by q of another, p x q = options, and one of them right.

    Each value stands in as many options as any other of its place: by distance or by votes no option differs from another.
    `paragraphs` says whether the paper's paragraphs may be changed, `said` are option texts of the figure's other items.
    """
    made: list[Seating] = []
    taken, asked = set(said), set[str]()
    found = _asked_about(figure, options, seed, paper_text, paragraphs=paragraphs)
    for told, words in found:
        if len(made) < most and words - asked and not taken & {statement.text for statement in told}:
            seats = sorted(told, key=lambda s: coin(seed, figure.label, told[0].text, "seat", s.text))
            made.append(Seating(tuple(seats), (f"crossing {told[0].text}",)))
            taken |= {statement.text for statement in told}
            asked |= words
    return tuple(made)


def _asked_about(figure: PairedFigure, options: int, seed: int, paper_text: str, *, paragraphs: bool) -> Iterator[_Crossed]:
    """Every sentence, and every panel's words in each wording, with two places to change."""
    for clause in clauses_of(figure, paper_text, paragraphs=paragraphs):
        yield from _crossed(figure, as_printed(figure, clause), 0, options, seed, paper_text)
    for words in panel_words(figure):
        letters = sorted(words.letters, key=lambda letter: coin(seed, figure.label, words.text, "letter", letter))
        ways = [given(figure, words, words, letters[0], n, paper_text) for n in range(WORDINGS)]
        for right in sorted(ways, key=lambda way: coin(seed, figure.label, "wording", way.text)):
            at = right.text.lower().index(words.text.lower())
            yield from _crossed(figure, right, at, options, seed, paper_text)


def _crossed(
    figure: PairedFigure, right: Statement, since: int, options: int, seed: int, paper_text: str
) -> Iterator[_Crossed]:
    """The grids of a right statement's false values, in an order drawn. Words before `since` stay as they are."""
    near = "\n".join((figure.caption, *(mention.text for mention in figure.mentions)))
    found = alternatives(right.text, f"{paper_text}\n{figure.caption}", seed, figure.label, near=near)
    plain = [{_value(made): made for made in values if _is_plain(made, since)} for values in found]
    places = [tuple(values.values()) for values in plain if values]
    grids = [
        (first[: p - 1], second[: options // p - 1])
        for first, second in permutations(places, 2)
        for p in range(2, options)
        if {first[0].type, second[0].type} & _SEEN
        and options % p == 0
        and len(first) >= p - 1
        and len(second) >= options // p - 1
    ]
    for one, other in sorted(grids, key=lambda grid: coin(seed, figure.label, right.text, *map(_value, sum(grid, ())))):
        if not all(_apart(a.edits[0], b.edits[0]) for a, b in product(one, other)):
            continue
        told = tuple(_told(right, (a, b)) for a, b in product((None, *one), (None, *other)))
        texts = [statement.text for statement in told]
        if len(set(texts)) == options == len(closest_option(texts)) == len(attribute_votes(texts)):
            yield told, frozenset(core(right.text, p[0].edits[0].start, p[0].edits[0].end) for p in (one, other))


def _value(made: Attribute) -> str:
    return f"{made.edits[0].start} {made.edits[0].replacement}"


def _is_plain(made: Attribute, since: int) -> bool:
    return len(made.edits) == 1 and bool(made.edits[0].replacement.strip()) and made.edits[0].start >= since


def _apart(one: Edit, other: Edit) -> bool:
    """Whether a sentence can carry both edits: they touch different words, with some of the sentence between them."""
    first, second = sorted((one, other), key=lambda edit: edit.start)
    return first.end < second.start and one.replacement.strip() != other.replacement.strip()


def _told(right: Statement, values: tuple[Attribute | None, Attribute | None]) -> Statement:
    """The right statement with the false values put in; with both, one edit spans the words from the first to the last."""
    edits = sorted((made.edits[0] for made in values if made is not None), key=lambda edit: edit.start)
    if not edits:
        return right
    start, end = edits[0].start, edits[-1].end
    moved = [e.model_copy(update={"start": e.start - start, "end": e.end - start}) for e in edits]
    original = right.text[start:end]
    edit = Edit(type=edits[0].type, start=start, end=end, original=original, replacement=apply_edits(original, moved))
    instead = " and ".join(f"“{e.original.strip()}”, not “{e.replacement.strip()}”" for e in edits)
    return replace(
        right,
        text=apply_edits(right.text, [edit]),
        correct=False,
        kind=edit.type,
        rubric=f"Wrong: {_who(right)} says {instead}.",
        bloom_level=max(LEVELS.get(e.type, 2) for e in edits),
        edit=edit,
    )


def _who(right: Statement) -> str:
    """Where the words are: "of panel (b) the caption", "the caption", or the paragraph."""
    said = right.evidence[0]
    if said.source == "paragraph":
        return f"a paragraph on the figure ({said.index + 1})"
    return f"of panel ({said.panel}) the caption" if said.panel else "the caption"


__all__ = ["crossings"]
