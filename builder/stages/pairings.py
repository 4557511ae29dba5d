"""Items that pair panels with descriptions: every panel asked about with every description offered, some pairs right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

from builder.records import EvidenceSpan, PairedFigure
from builder.stages.distract import attributes, coin
from builder.stages.panel_words import PanelWords, contradict, distinct, panel_words
from builder.stages.seating import Seating
from builder.stages.statement_panels import WORDINGS, edited, paired
from builder.stages.statements import Statement

_WEIGHED = 300  # grids that are compared for one item
_MOST_SEEN = 2  # earlier items of the figure that any pair of a grid may stand in


@dataclass(frozen=True)
class Foreign:
    """A description that another figure of the paper has."""

    words: PanelWords
    label: str
    evidence: tuple[EvidenceSpan, ...]


@dataclass(frozen=True)
class _Offer:
    """A description with what saying it of each panel makes, one statement a wording; a panel it leaves undecided is absent."""

    text: str
    cells: dict[str, tuple[Statement, ...]]
    edited: bool = False
    unsure: frozenset[str] = frozenset()  # panels that nothing in their own words rules it out for, other than being another's


def pairings(
    figure: PairedFigure,
    foreign: Sequence[Foreign],
    options: int,
    most: int,
    *,
    seed: int,
    paper_text: str,
    said: frozenset[str],
) -> tuple[Seating, ...]:
    """Up to `most` items, each a full grid of panels by descriptions with at least one right pair.

    No pair bears on another more than any other pair does, so only the picture tells them apart. `said` are option texts that
    the figure's other items have.
    """
    own = panel_words(figure)
    offers = [*_own(figure, own), *_edits(figure, own, seed, paper_text), *_foreign(figure, own, foreign)]
    made: list[Seating] = []
    seen: Counter[str] = Counter()
    taken = set(said)
    while len(made) < most:
        found = _best(figure.id, offers, options, seed, len(made), taken, seen)
        if found is None:
            break
        made.append(found)
        taken |= {statement.text for statement in found.statements}
        seen.update(found.facts)
    return tuple(made)


def squares(figure: PairedFigure) -> Iterator[tuple[Statement, ...]]:
    """Two panels by their two descriptions, every pairing once, in each wording: two of the four are right."""
    own = panel_words(figure)
    for one, other in combinations(own, 2):
        if distinct(one, other):
            for n in range(WORDINGS):
                yield tuple(
                    paired(figure, words, holder, holder.letters[0], n) for words in (one, other) for holder in (one, other)
                )


def _own(figure: PairedFigure, own: Sequence[PanelWords]) -> Iterator[_Offer]:
    for words in own:
        cells = {
            letter: tuple(paired(figure, words, holder, letter, n) for n in range(WORDINGS))
            for holder in own
            if holder is words or distinct(words, holder)
            for letter in holder.letters
        }
        alike = {x for holder in own if holder is not words and not contradict(words, holder) for x in holder.letters}
        yield _Offer(words.text, cells, unsure=frozenset(alike & set(cells)))


def _edits(figure: PairedFigure, own: Sequence[PanelWords], seed: int, paper_text: str) -> Iterator[_Offer]:
    """Each panel's words with one typed edit, false of every panel."""
    near = "\n".join((figure.caption, *(mention.text for mention in figure.mentions)))
    for words in own:
        for made in attributes(words.text, f"{paper_text}\n{figure.caption}", seed, figure.id, near=near):
            if len(made.edits) != 1:
                continue
            edit = made.edits[0]
            changed = replace(words, text=words.text[: edit.start] + edit.replacement + words.text[edit.end :])
            cells = {
                x: tuple(edited(words, made, paired(figure, words, words, x, n)) for n in range(WORDINGS))
                for x in words.letters
            }
            for holder in own:
                if holder is not words and distinct(changed, holder) and distinct(words, holder):
                    for x in holder.letters:
                        cells[x] = tuple(_not_said(figure, changed, holder, x, n) for n in range(WORDINGS))
            yield _Offer(changed.text, cells, edited=True)


def _foreign(figure: PairedFigure, own: Sequence[PanelWords], foreign: Sequence[Foreign]) -> Iterator[_Offer]:
    for other in foreign:
        cells = {
            letter: tuple(_of_sibling(figure, other, holder, letter, n) for n in range(WORDINGS))
            for holder in own
            if distinct(other.words, holder)
            for letter in holder.letters
        }
        yield _Offer(other.words.text, cells)


def _not_said(figure: PairedFigure, changed: PanelWords, holder: PanelWords, letter: str, wording: int) -> Statement:
    told = paired(figure, changed, holder, letter, wording)
    return replace(told, rubric=f"Wrong: of panel ({letter}) the caption says “{holder.text}”.")


def _of_sibling(figure: PairedFigure, other: Foreign, holder: PanelWords, letter: str, wording: int) -> Statement:
    told = paired(figure, other.words, holder, letter, wording)
    return replace(
        told,
        kind="sibling",
        rubric=f"Wrong: {other.label} of the paper shows this; of panel ({letter}) the caption says “{holder.text}”.",
        evidence=(*other.evidence, *holder.spans(figure, letter)),
    )


def _best(
    name: str, offers: Sequence[_Offer], options: int, seed: int, item: int, taken: set[str], seen: Counter[str]
) -> Seating | None:
    """The grid with the number of right pairs that the coin asks for and the fewest pairs asked before."""
    letters = sorted({letter for offer in offers for letter in offer.cells})
    grids = [
        (chosen, offered)
        for size in range(2, options // 2 + 1)
        if options % size == 0
        for chosen, offered in product(combinations(letters, size), combinations(offers, options // size))
        if _decided(chosen, offered)
    ]
    drawn = (name, "pairs", str(item))
    grids = sorted(grids, key=lambda grid: coin(seed, *drawn, *grid[0], *(o.text for o in grid[1])))[:_WEIGHED]
    wanted = 1 + coin(seed, *drawn, "right") % 2
    ranked: list[tuple[tuple[int, ...], Seating]] = []
    for order, (chosen, offered) in enumerate(grids):
        cells = [(letter, offer) for letter in chosen for offer in offered]
        facts = tuple(f"{letter} {offer.text}" for letter, offer in cells)
        again = [seen[fact] for fact in facts]
        for n in sorted(range(WORDINGS), key=lambda n: coin(seed, *drawn, "wording", str(n))):
            told = [offer.cells[letter][n] for letter, offer in cells]
            if max(again) < _MOST_SEEN and not taken & {s.text for s in told} and len({s.text for s in told}) == options:
                right = sum(s.correct for s in told)
                unsure = sum(letter in offer.unsure for letter, offer in cells)
                rank = (unsure, sum(offer.edited for offer in offered), int(right != wanted), sum(again), order)
                seats = sorted(range(options), key=lambda at: coin(seed, *drawn, "seat", str(at)))
                ranked.append((rank, Seating(tuple(told[at] for at in seats), facts)))
                break
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None


def _decided(letters: Sequence[str], offered: Sequence[_Offer]) -> bool:
    """Whether every pair is known to be right or wrong, and at least one is right."""
    if not all(letter in offer.cells for letter in letters for offer in offered):
        return False
    return any(offer.cells[letter][0].correct for letter in letters for offer in offered)


__all__ = ["Foreign", "pairings", "squares"]
