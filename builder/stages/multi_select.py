"""Multi-select questions by rules: statements of the paper about a figure, as printed or made false by one typed edit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from builder.recipe import MultiSelectRule
from builder.records import Dropped, MultiSelect, Option, Specimen
from builder.stages.crossings import crossings
from builder.stages.distract import coin
from builder.stages.pairings import pairings, squares
from builder.stages.panel_words import panel_words
from builder.stages.seating import Seating, seated, seated_round
from builder.stages.siblings import Embed, lexical, nearest, sibling_facts
from builder.stages.statement_panels import panel_facts
from builder.stages.statement_scales import scale_facts
from builder.stages.statement_sentences import sentence_facts
from builder.stages.statements import Fact, Statement

STAGE = "multi_select"
_STEMS = (
    "Which of the following statements about this figure are correct? Select all that apply.",
    "Look at the figure. Which of these statements does it bear out? Choose every correct one.",
    "Select every statement that holds for the figure shown.",
    "One or more of these statements about the figure are true. Which ones?",
    "Decide for each statement whether it is true of this figure, and select those that are.",
    "Which statements describe the figure correctly? There may be one or several.",
)
_PAIR_STEMS = (
    "Each lettered panel of this figure has one description. Which of these pairings of panel and description are right? "
    "Select all that apply.",
    "Match panels with what they show. Select every pairing that is correct for this figure.",
    "Which panels are described correctly? Choose every correct pairing; there may be one or several.",
    "One or more of these descriptions stand beside the panel they belong to. Which ones?",
)


def multi_select(
    specimen: Specimen,
    siblings: Sequence[Specimen],
    paper_text: str,
    rule: MultiSelectRule,
    seed: int,
    embed: Embed = lexical,
) -> tuple[MultiSelect, ...] | Dropped:
    """The figure's items, or the reason there are none. `siblings` are all kept figures of the paper, this one included.

    Of every item k options are right, k drawn evenly from 1 to options - 1, and which ones is drawn before any statement is:
    what is said, how and how long, is drawn alike for right and wrong ones. No two options of an item bear on one another.
    """
    figure = specimen.classified.paired
    facts = facts_of(specimen, siblings, paper_text, seed, embed)
    apart = seated(facts, rule.options, rule.max_per_figure, seed, specimen.id)
    paired = pairings(
        figure,
        nearest(specimen, siblings, embed),
        rule.options,
        rule.max_per_figure - len(apart),
        seed=seed,
        paper_text=paper_text,
        said=_said(apart),
    )
    left = rule.max_per_figure - len(apart) - len(paired)
    rounded = seated_round(
        _unasked(facts, apart), [*squares(figure)], rule.options, left, seed, specimen.id, _said((*apart, *paired))
    )
    crossed = crossings(
        figure,
        rule.options,
        left - len(rounded),
        seed=seed,
        paper_text=paper_text,
        paragraphs=specimen.rights.paragraph.adapt,
        said=_said((*apart, *paired, *rounded)),
    )
    if not (apart or paired or rounded or crossed):
        few = len(facts) < rule.options
        reason = "too-few-statements" if few else "statements-bear-on-one-another"
        return _dropped(specimen, reason, f"{len(facts)} facts for {rule.options} options")
    asked = [*((seating, _STEMS) for seating in (*apart, *rounded, *crossed)), *((seating, _PAIR_STEMS) for seating in paired)]
    once: dict[frozenset[tuple[object, ...]], tuple[Seating, Sequence[str]]] = {}
    for seating, stems in asked:
        once.setdefault(_asks(seating), (seating, stems))
    return tuple(_item(specimen, seating, stems, slot, seed) for slot, (seating, stems) in enumerate(once.values(), 1))


def _asks(seating: Seating) -> frozenset[tuple[object, ...]]:
    """What an item asks, whatever the order and form of its options: the words of the paper under each, and its truth."""
    return frozenset(
        (
            told.correct,
            told.edit,
            *((span.source, span.of, span.index, span.start, span.end, span.panel) for span in told.evidence),
        )
        for told in seating.statements
    )


def _said(seatings: Sequence[Seating]) -> frozenset[str]:
    return frozenset(statement.text for seating in seatings for statement in seating.statements)


def _unasked(facts: Sequence[Fact], seatings: Sequence[Seating]) -> tuple[Fact, ...]:
    asked = {name for seating in seatings for name in seating.facts}
    return tuple(fact for fact in facts if fact.id not in asked)


def facts_of(
    specimen: Specimen, siblings: Sequence[Specimen], paper_text: str, seed: int, embed: Embed = lexical
) -> tuple[Fact, ...]:
    """Everything that can be asked about the figure, each fact with its right and its wrong forms."""
    figure = specimen.classified.paired
    found = (
        *panel_facts(figure, paper_text, seed),
        *scale_facts(figure),
        *sentence_facts(figure, paper_text, seed, paragraphs=specimen.rights.paragraph.adapt),
        *sibling_facts(specimen, siblings, paper_text, embed),
    )
    return tuple({fact.id: fact for fact in found if fact.right and fact.wrong}.values())


def _item(specimen: Specimen, seating: Seating, stems: Sequence[str], slot: int, seed: int) -> MultiSelect:
    name = f"{specimen.id}/{STAGE}/{slot}"
    told = seating.statements
    return MultiSelect(
        id=name,
        figure_id=specimen.id,
        stem=stems[coin(seed, name, "stem") % len(stems)],
        options=tuple(_option(statement) for statement in told),
        bloom_level=_level(told),
        skill="EU",
        modality=_modality(specimen, told),
        reasoning=_reasoning(told),
        generator="rules",
    )


def _option(told: Statement) -> Option:
    return Option(
        text=told.text, correct=told.correct, kind=told.kind, edit=told.edit, rubric=told.rubric, evidence=told.evidence
    )


def _level(told: Sequence[Statement]) -> int:
    """The level that most options ask for, the lower one where two tie: no item is said to be harder than it is."""
    counts = Counter(statement.bloom_level for statement in told)
    return min(counts, key=lambda level: (-counts[level], level))


def _modality(specimen: Specimen, told: Sequence[Statement]) -> str:
    """The technique named most for the panels asked about; else the figure's first; "unknown" where it has none."""
    by_letter = {letter: words for words in panel_words(specimen.classified.paired) for letter in words.letters}
    asked = [span.panel for statement in told for span in statement.evidence if span.panel in by_letter]
    named = Counter(known.reported for letter in asked if letter for known in by_letter[letter].techniques[:1])
    known = specimen.classified.techniques
    best = max((name for name in named if name in known), key=lambda name: (named[name], name), default=None)
    return best or (known[0] if known else "unknown")


def _reasoning(told: Sequence[Statement]) -> str:
    """What each panel or sentence says, the right statements first."""
    ordered = sorted(told, key=lambda statement: not statement.correct)
    return " ".join(f"“{statement.text}” {statement.rubric}" for statement in ordered)


def _dropped(specimen: Specimen, reason: str, detail: str = "") -> Dropped:
    return Dropped(record_id=specimen.id, stage=STAGE, reason=reason, detail=detail)


__all__ = ["facts_of", "multi_select"]
