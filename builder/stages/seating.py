"""Which facts go into which item, and which of them are said wrong: drawn by coin, before any words are looked at."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from builder.stages.distract import coin
from builder.stages.statements import Fact, Statement

_TRIES = 60  # orders drawn for one item before it is given up
_MOST_USES = 3  # of one fact over a figure's items
_LEAST_NEW = 2  # facts of an item that no earlier item of the figure has asked for


@dataclass(frozen=True)
class Seating:
    """The statements of one item, in the order drawn."""

    statements: tuple[Statement, ...]
    facts: tuple[str, ...]


_SQUARE = Fact("square", (), ())  # what the statements of a square stand for among the facts


@dataclass(frozen=True)
class _Chosen:
    fact: Fact
    statement: Statement
    originals: frozenset[str]  # of its wrong form, whichever form is said


def seated(facts: Sequence[Fact], options: int, most: int, seed: int, figure_id: str) -> tuple[Seating, ...]:
    """Up to `most` items of so many options each; no text twice in a figure, and each fact in as few items as can be."""
    return _filled(facts, [()], options, most, seed, (figure_id, "apart"), frozenset())


def seated_round(
    facts: Sequence[Fact],
    squares: Sequence[tuple[Statement, ...]],
    options: int,
    most: int,
    seed: int,
    figure_id: str,
    said: frozenset[str],
) -> tuple[Seating, ...]:
    """Items of one square each, two panels by two descriptions of which either both or neither stand right, and facts apart
    from it. `said` are texts that the figure's other items have."""
    return _filled(facts, squares, options, most, seed, (figure_id, "round"), said)


def _filled(
    facts: Sequence[Fact],
    starts: Sequence[tuple[Statement, ...]],
    options: int,
    most: int,
    seed: int,
    names: tuple[str, str],
    said: frozenset[str],
) -> tuple[Seating, ...]:
    made: list[Seating] = []
    while len(made) < most:
        uses = Counter(fact for seating in made for fact in seating.facts)
        taken = said | {statement.text for seating in made for statement in seating.statements}
        ready = [fact for fact in facts if uses[fact.id] < _MOST_USES]
        free = [start for start in starts if not taken & {statement.text for statement in start}]
        draws = [(start, (*names, str(len(made)), str(n))) for n in range(_TRIES) for start in free]
        found = next((one for start, drawn in draws if (one := _one(ready, start, options, uses, taken, seed, drawn))), None)
        if found is None:
            break
        made.append(found)
    return tuple(made)


def _one(
    facts: Sequence[Fact],
    start: tuple[Statement, ...],
    options: int,
    uses: Counter[str],
    said: frozenset[str],
    seed: int,
    drawn: tuple[str, ...],
) -> Seating | None:
    """One item, or None where this order of the facts gives too few that bear on none before.

    A fact is taken only where both a right and a wrong form would fit, so that its truth is the coin's alone.
    """
    truths = truth_of(options, seed, *drawn)
    order = sorted(facts, key=lambda fact: (uses[fact.id], coin(seed, *drawn, fact.id)))
    chosen = [_Chosen(_SQUARE, statement, statement.originals) for statement in start]
    for fact in order:
        right, wrong = ([s for s in way if s.text not in said and _fits(s, chosen)] for way in (fact.right, fact.wrong))
        if right and wrong and len(chosen) < options:
            made, edited = (min(way, key=lambda s: coin(seed, *drawn, s.text)) for way in (right, wrong))
            chosen.append(_Chosen(fact, made if truths[len(chosen)] else edited, edited.originals))
    asked = [one.fact.id for one in chosen if one.fact is not _SQUARE]
    if len(chosen) < options or sum(uses[name] == 0 for name in asked) < min(_LEAST_NEW, len(asked)):
        return None
    ordered = sorted(chosen, key=lambda one: coin(seed, *drawn, "seat", one.statement.text))
    return Seating(tuple(one.statement for one in ordered), tuple(asked))


def truth_of(options: int, seed: int, *parts: str) -> tuple[bool, ...]:
    """Which of so many options are right: their number drawn evenly from 1 to options - 1, then their places."""
    right = 1 + coin(seed, *parts, "right") % (options - 1)
    places = sorted(range(options), key=lambda place: coin(seed, *parts, "place", str(place)))[:right]
    return tuple(place in places for place in range(options))


def _fits(statement: Statement, chosen: Sequence[_Chosen]) -> bool:
    """Whether a statement bears on none of those chosen: no common subject, no words that the other's edit took out."""
    return not any(
        statement.subjects & one.statement.subjects
        or _carries(statement.text, one.originals)
        or _carries(one.statement.text, statement.originals)
        for one in chosen
    )


def _carries(text: str, originals: frozenset[str]) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text.lower()) for words in originals)


__all__ = ["Seating", "seated", "seated_round", "truth_of"]
