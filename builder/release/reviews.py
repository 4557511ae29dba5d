"""The audit of SPM-Bench 4.6 over a release's rows: which items are judged, and the tables of what the judges said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from builder.records import digest
from builder.release.attacks import QuestionRow, question_rows
from builder.release.examined import (
    DIMENSIONS,
    Agreement,
    Asked,
    JudgeMean,
    Judgement,
    Making,
    MakingCount,
    Reviews,
    Stratum,
)
from builder.release.rows import Packed, ReviewRow
from builder.scoring.agreement import krippendorff_alpha

_DIGITS = 4


@dataclass(frozen=True)
class Sampled:
    """One item of the sample, with what it stands for."""

    config: str
    id: str
    modality: str
    bloom_level: int | None
    generator: str
    rows: Sequence[QuestionRow]
    number: int  # of its row among them

    @property
    def row(self) -> QuestionRow:
        return self.rows[self.number]

    @property
    def stratum(self) -> tuple[str, str, int, str]:
        return self.config, self.modality, self.bloom_level or 0, self.generator


def population(packed: Packed) -> tuple[Sampled, ...]:
    """Every item that shows its image, with its stratum: config, modality, Bloom level and generator."""
    return tuple(
        _sampled(config, rows, number, row)
        for config, rows in question_rows(packed).items()
        for number, row in enumerate(rows)
        if getattr(row, "image", None) is not None
    )


def _sampled(config: str, rows: Sequence[QuestionRow], number: int, row: QuestionRow) -> Sampled:
    generator = str(getattr(row, "generator", "rules"))
    return Sampled(config, row.id, _modality(row), getattr(row, "bloom_level", None), generator, rows, number)


def _modality(row: QuestionRow) -> str:
    """What the item asks about, or the first technique of its figure."""
    techniques: Sequence[str] = getattr(row, "techniques", ())
    return str(getattr(row, "modality", None) or (techniques[0] if techniques else "unknown"))


def sample(every: Sequence[Sampled], wanted: int, seed: int) -> tuple[Sampled, ...]:
    """At most `wanted` items, by id: one of each stratum in turn, strata and items in an order drawn by the seed."""
    strata: dict[tuple[str, str, int, str], list[Sampled]] = {}
    for one in sorted(every, key=lambda one: digest(["audit", seed, one.id])):
        strata.setdefault(one.stratum, []).append(one)
    turns = zip_longest(*strata.values())
    drawn = [one for turn in turns for one in turn if one is not None][:wanted]
    return tuple(sorted(drawn, key=lambda one: one.id))


def reviews_of(packed: Packed, judgements: Iterable[Judgement]) -> Reviews:
    """reviews.json of a release. An item of the sample that a judge has none of `judgements` for was not asked about."""
    rule = packed.cut.recipe.audit
    every = population(packed) if rule.judges else ()
    drawn = sample(every, rule.sample, packed.cut.recipe.identity.seed)
    given = {(one.item, one.judge): one for one in judgements}
    told = tuple(given.get((one.id, judge)) or _not_asked(one.id, judge) for one in drawn for judge in rule.judges)
    made = tuple(_made(packed))
    return Reviews(
        canary=packed.cut.recipe.identity.canary,
        logical_hash=packed.logical_hash,
        judges=rule.judges,
        wanted=rule.sample,
        strata=tuple(_strata(every, drawn)),
        means=tuple(_mean(told, judge, dimension) for judge in rule.judges for dimension in DIMENSIONS),
        agreement=tuple(_agreement(told, rule.judges, dimension) for dimension in DIMENSIONS if rule.judges),
        coverage=tuple(_coverage(told, judge) for judge in rule.judges),
        judgements=told,
        made_counts=tuple(_made_counts(made)),
        made=made,
    )


def _not_asked(item: str, judge: str) -> Judgement:
    return Judgement(item=item, judge=judge, model="", prompt_hash="", scores=None, reason="not-asked", note="")


def _strata(every: Sequence[Sampled], drawn: Sequence[Sampled]) -> Iterator[Stratum]:
    there, taken = Counter(one.stratum for one in every), Counter(one.stratum for one in drawn)
    levels = {one.stratum: one.bloom_level for one in every}
    for stratum in sorted(there):
        config, modality, _, generator = stratum
        yield Stratum(
            config=config,
            modality=modality,
            bloom_level=levels[stratum],
            generator=generator,
            items=there[stratum],
            sampled=taken[stratum],
        )


def _mean(told: Sequence[Judgement], judge: str, dimension: str) -> JudgeMean:
    scores = [getattr(one.scores, dimension) for one in told if one.judge == judge and one.scores]
    mean = round(sum(scores) / len(scores), _DIGITS) if scores else None
    return JudgeMean.model_validate({"judge": judge, "dimension": dimension, "mean": mean, "items": len(scores)})


def _agreement(told: Sequence[Judgement], judges: Sequence[str], dimension: str) -> Agreement:
    by_item: dict[str, dict[str, int]] = {}
    for one in told:
        if one.scores:
            by_item.setdefault(one.item, {})[one.judge] = getattr(one.scores, dimension)
    units = [[scores.get(judge) for judge in judges] for scores in by_item.values()]
    alpha = krippendorff_alpha(units)
    several = sum(len(scores) > 1 for scores in by_item.values())
    value = None if alpha is None else round(alpha, _DIGITS)
    return Agreement.model_validate({"dimension": dimension, "alpha": value, "items": several})


def _coverage(told: Sequence[Judgement], judge: str) -> Asked:
    mine = [one for one in told if one.judge == judge]
    missing = Counter(one.reason for one in mine if one.reason)
    return Asked(
        judge=judge,
        asked=len(mine),
        answered=sum(one.scores is not None for one in mine),
        unanswered=dict(sorted(missing.items())),
    )


def _made(packed: Packed) -> Iterator[Making]:
    """Every item's own reviews, in the order of ids."""
    told = ((row.id, one) for rows in question_rows(packed).values() for row in rows for one in _reviews(row))
    for item, one in sorted(told, key=lambda pair: pair[0]):
        yield Making(
            item=item,
            role=one.role,
            round=one.round,
            model=one.model,
            prompt_hash=one.prompt_hash,
            outcome=one.outcome,
            scores=dict(zip(one.criteria, one.scores, strict=True)),
            note=one.note,
        )


def _reviews(row: QuestionRow) -> Sequence[ReviewRow]:
    found: Sequence[ReviewRow] = getattr(row, "reviews", ())
    return found


def _made_counts(made: Sequence[Making]) -> Iterator[MakingCount]:
    counts = Counter((one.role, one.model, one.outcome) for one in made)
    for role, model in sorted({(one.role, one.model) for one in made}):
        yield MakingCount(
            role=role,
            model=model,
            passed=counts[role, model, "passed"],
            failed=counts[role, model, "failed"],
            no_answer=counts[role, model, "no-answer"],
        )


__all__ = ["Sampled", "population", "reviews_of", "sample"]
