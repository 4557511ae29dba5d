"""The shortcut battery over a release's rows: attacks.json, from the rows and from what a model answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from string import ascii_uppercase
from typing import Protocol, cast, runtime_checkable

import numpy as np

from builder.records import digest
from builder.release.examined import AttackedConfig, AttackedItem, AttackLine, Attacks, Certificate, Estimate, Gain
from builder.release.rows import FigureRow, Packed
from builder.release.shelf import Picked
from builder.scoring.battery import (
    LEAST_ITEMS,
    POWER,
    RESAMPLES,
    SEED,
    WITH_A_MODEL,
    Guess,
    Mean,
    Result,
    Verdict,
    examine,
    free_guesses,
    selected,
)
from builder.scoring.chance import exact, ordered
from builder.scoring.items import Item
from builder.scoring.option_sets import paired_comparison
from builder.scoring.shortcuts import best

MOST_ITEMS = 20_000  # of a config that the battery attacks: an attack one point above chance is found with far fewer
SAMPLED = "; over {} of its {} items, drawn by the hash of their ids"
TEST = "one-sided sign flips of papers' sums; the larger of the standardised excesses of accuracy and pairs"
_DIGITS = 6


@runtime_checkable
class QuestionRow(Protocol):
    """A row that asks: of caption_matching with the place of its key, of multi_select with the letters of its keys."""

    id: str
    paper_id: str
    figure_id: str
    question: str
    options: tuple[str, ...]
    answer: object


@dataclass(frozen=True)
class Answers:
    """What a model answered under one attack, by item: the letters it selected, or why there are none."""

    model: str
    letters: Mapping[str, str] = field(default_factory=dict)
    unanswered: Mapping[str, str] = field(default_factory=dict)


Asked = Mapping[str, Mapping[str, Answers]]  # by config and attack


def question_rows(packed: Packed) -> dict[str, Sequence[QuestionRow]]:
    """The rows that ask, by config, validation first; only configs that have some."""
    rows = {config: packed.rows(config) for config in dict.fromkeys(config for config, _ in packed.tables)}
    return {config: cast(Sequence[QuestionRow], of) for config, of in rows.items() if of and isinstance(of[0], QuestionRow)}


def items_of(packed: Packed) -> dict[str, tuple[Item, ...]]:
    """What the battery attacks, by config: every item, or of more than MOST_ITEMS that many.

    A caption that is itself among the options is not given beside them.
    """
    chosen = {config: drawn(rows) for config, rows in question_rows(packed).items()}
    shown = {row.figure_id for rows in chosen.values() for row in rows if not isinstance(row.answer, int)}
    figures = packed.rows("figures") if shown else ()
    captions = {row.id: row.caption for row in figures if isinstance(row, FigureRow) and row.id in shown}
    return {
        config: tuple(_item(row, None if isinstance(row.answer, int) else captions.get(row.figure_id)) for row in rows)
        for config, rows in chosen.items()
    }


def drawn(rows: Sequence[QuestionRow], most: int = MOST_ITEMS) -> Sequence[QuestionRow]:
    """All of them, or `most`: a random sample that stays where other items come or go."""
    if len(rows) <= most:
        return rows
    draws = ((digest(["battery", SEED, row.id]), number) for number, row in enumerate(rows))
    return Picked([(rows, number) for number in sorted(number for _, number in nsmallest(most, draws))])


def key_of(row: QuestionRow) -> frozenset[int]:
    """The places of the right options."""
    if isinstance(row.answer, int):
        return frozenset({row.answer})
    return frozenset(ascii_uppercase.index(letter) for letter in cast(Sequence[str], row.answer))


def _item(row: QuestionRow, caption: str | None) -> Item:
    return Item(row.id, row.paper_id, row.question, row.options, key_of(row), caption)


def attacks_of(packed: Packed, asked: Asked) -> Attacks:
    """attacks.json of a release. `asked`: what a model answered, empty without one."""
    rule = packed.cut.recipe.battery
    there = {config: len(rows) for config, rows in question_rows(packed).items()}
    configs = tuple(
        attacked(config, items, asked.get(config, {}), rule.alpha, there[config]) for config, items in items_of(packed).items()
    )
    canary = packed.cut.recipe.identity.canary
    return Attacks(canary=canary, logical_hash=packed.logical_hash, seed=SEED, configs=configs)


def answers_of(attacks: Attacks) -> Asked:
    """What a model answered, read back from attacks.json, so that its estimates can be computed again."""
    return {
        one.config: {
            name: Answers(
                model,
                {item.id: letters for item in one.items if (letters := item.picked.get(name))},
                {item.id: item.unanswered[name] for item in one.items if name in item.unanswered},
            )
            for name, model in one.models.items()
        }
        for one in attacks.configs
    }


def attacked(
    config: str, items: Sequence[Item], answers: Mapping[str, Answers], alpha: float, there: int | None = None
) -> AttackedConfig:
    """The battery over the items of one config, or over those drawn of the `there` that it has."""
    guesses = free_guesses(items) | {name: _guesses(items, answers[name]) for name in WITH_A_MODEL if name in answers}
    verdict, results = examine(items, guesses, alpha)
    shapes = Counter((len(item.options), len(item.key)) for item in items)
    return AttackedConfig(
        config=config,
        certificate=_certificate(verdict, alpha, there or len(items)),
        right_options={f"{right} of {n}": count for (n, right), count in sorted(shapes.items())},
        attacks=tuple(_line(result, answers.get(result.attack)) for result in results),
        models={name: of.model for name, of in answers.items()},
        unanswered={name: _counted(of) for name, of in answers.items() if of.unanswered},
        visual_gain=tuple(_gains(items, guesses)),
        items=tuple(_attacked_item(item, guesses, answers) for item in sorted(items, key=lambda item: item.id)),
    )


def _guesses(items: Iterable[Item], answers: Answers) -> dict[str, Guess]:
    return {
        item.id: selected(item, frozenset(ascii_uppercase.index(letter) for letter in answers.letters[item.id]))
        for item in items
        if item.id in answers.letters
    }


def _certificate(verdict: Verdict, alpha: float, there: int) -> Certificate:
    sampled = SAMPLED.format(verdict.items, there) if verdict.items < there else ""
    return Certificate.model_validate(
        {
            "verdict": verdict.verdict,
            "items": verdict.items,
            "papers": verdict.papers,
            "least_items": LEAST_ITEMS,
            "attacks_tested": verdict.tested,
            "alpha": alpha,
            "correction": "Holm",
            "test": TEST + sampled,
            "power": POWER,
            "minimum_detectable_effect": verdict.detectable,
        }
    )


def _line(result: Result, answers: Answers | None) -> AttackLine:
    return AttackLine(
        attack=result.attack,
        model=answers.model if answers else None,
        items=result.items,
        papers=result.papers,
        accuracy=_estimate(result.accuracy),
        pairs=_estimate(result.pairs),
        exact_match=_estimate(result.exact),
        p_value=result.p_value,
        p_adjusted=result.p_adjusted,
        significant=result.significant,
    )


def _counted(answers: Answers) -> dict[str, int]:
    return dict(sorted(Counter(answers.unanswered.values()).items()))


def _estimate(mean: Mean) -> Estimate:
    return Estimate(value=mean.value, chance=mean.chance, low=mean.low, high=mean.high)


def _gains(items: Sequence[Item], guesses: Mapping[str, Mapping[str, Guess]]) -> Iterable[Gain]:
    seen, blind = guesses.get("with_image", {}), guesses.get("no_image", {})
    both = [item for item in sorted(items, key=lambda item: item.id) if item.id in seen and item.id in blind]
    papers = [item.paper_id for item in both]
    if not both:
        return
    for statistic in ("exact_match", "pairs"):
        a, b = (np.array([_score(statistic, of[item.id], item) for item in both]) for of in (seen, blind))
        several = len(set(papers)) > 1
        found = paired_comparison(a, b, papers, resamples=RESAMPLES, seed=SEED) if several else None
        yield Gain.model_validate(
            {
                "statistic": statistic,
                "with_image": round(float(a.mean()), _DIGITS),
                "without_image": round(float(b.mean()), _DIGITS),
                "difference": round(float((a - b).mean()), _DIGITS),
                "low": round(found["interval"]["low"], _DIGITS) if found else None,
                "high": round(found["interval"]["high"], _DIGITS) if found else None,
                "p_value": round(found["p_value"], _DIGITS) if found else None,
                "items": len(both),
                "papers": len(set(papers)),
            }
        )


def _score(statistic: str, guess: Guess, item: Item) -> float:
    return exact(guess.scores, item.key, guess.size) if statistic == "exact_match" else ordered(guess.scores, item.key)


def _attacked_item(item: Item, guesses: Mapping[str, Mapping[str, Guess]], answers: Mapping[str, Answers]) -> AttackedItem:
    picked = {name: best(of[item.id].scores) if item.id in of else None for name, of in guesses.items()}
    return AttackedItem(
        id=item.id,
        picked={name: "".join(ascii_uppercase[place] for place in found) if found else None for name, found in picked.items()},
        unanswered={name: of.unanswered[item.id] for name, of in answers.items() if item.id in of.unanswered},
        beaten_by=tuple(sorted(name for name, found in picked.items() if found and set(found) <= item.key)),
    )


__all__ = [
    "Answers", "Asked", "QuestionRow", "answers_of", "attacked", "attacks_of", "drawn", "items_of", "key_of", "question_rows",
]  # fmt: skip
