"""Descriptions put to a judge: what it is asked of each and of the anchors, and what its replies become."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import Field, JsonValue

from builder import shipped
from builder.asked import MODEL
from builder.asking import Question, Reply, Schema, prompt_from, question_of
from builder.edges.shown_rows import ReferenceRow
from builder.recipe import ModelRule
from builder.records import Record, digest
from builder.scoring.answer_forms import FAILED
from builder.scoring.judged import Judged, Preset, Verdict, scored
from builder.scoring.predictions import Prediction
from builder.stages.answering import closed
from builder.stages.fencing import fenced

STAGE = "judge"
_ANSWER_TOKENS = 60  # for dry runs: a sentence and a number
_MARKS = (0, 0.25, 0.5, 0.75, 1)  # of the scale: where the template says what a number means
_ASKED = "Describe this figure."  # of the anchors


class Anchor(Record):
    """A description whose score is known."""

    id: str
    share: float = Field(ge=0, le=1, description="of the scale")
    reference: str
    description: str


@dataclass(frozen=True)
class Case:
    """One description to judge, with its askings; none where there is no text to judge."""

    kind: Literal["item", "anchor"]
    id: str
    repeat: int
    model: str | None
    text: str | None
    missing: Verdict | None  # why there is no text
    scale: str | None
    paper_id: str | None
    known: float | None
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Judge:
    """One judge on one scale."""

    rule: ModelRule
    preset: Preset
    repeats: int

    @property
    def prompt_hash(self) -> str:
        """SHA-256 of all that its scores depend on, but the model's name and the texts."""
        settings = {name: value for name, value in self.rule.settings.items() if name != "model"}
        return digest([_template(), self.preset.low, self.preset.high, dict(self.schema), settings])

    @property
    def schema(self) -> Schema:
        """The reason comes first: a number given before it would be defended by it."""
        numbers: list[JsonValue] = list(range(self.preset.low, self.preset.high + 1))
        return closed({"reason": {"type": "string"}, "score": {"type": "integer", "enum": numbers}})

    def questions(self, about: str, asked: str, reference: str, description: str) -> tuple[Question, ...]:
        """Each repeat of one description. Whatever stands in the texts is data: fenced, on one line."""
        marks = [self.preset.mark(share) for share in _MARKS]
        data = fenced({"asked": asked, "reference": reference, "description": description})
        slots = {"low": self.preset.low, "high": self.preset.high, "marks": marks, **data}
        prompt = prompt_from(_template(), stage=STAGE, about=about, slots=slots)
        again = (prompt.model_copy(update={"repeat": repeat}) for repeat in range(self.repeats))
        return tuple(question_of(MODEL, self.rule, one, [], self.schema, answer_tokens=_ANSWER_TOKENS) for one in again)


def _template() -> str:
    return shipped.prompt("judge")


@cache
def anchors() -> tuple[Anchor, ...]:
    """The shipped ones: invented, in no paper."""
    return tuple(Anchor.model_validate(one) for one in json.loads(shipped.judge_anchors()))


def anchor_cases(judge: Judge) -> list[Case]:
    """The anchors, to be judged in every run."""
    return [
        Case(
            kind="anchor",
            id=one.id,
            repeat=0,
            model=None,
            text=one.description,
            missing=None,
            scale=None,
            paper_id=None,
            known=judge.preset.mark(one.share),
            questions=judge.questions(one.id, _ASKED, one.reference, one.description),
        )
        for one in anchors()
    ]


def item_cases(rows: Sequence[ReferenceRow], predictions: Sequence[Prediction], judge: Judge) -> list[Case]:
    """Every row for every model of the predictions, by model, id and repeat; a row without a prediction is a case too."""
    given: dict[tuple[str, str], list[Prediction]] = {}
    for one in predictions:
        given.setdefault((one.model, one.id), []).append(one)
    models = sorted({one.model for one in predictions})
    return [
        case
        for model in models
        for row in sorted(rows, key=lambda row: row.id)
        for case in _cases(row, model, sorted(given.get((model, row.id), []), key=lambda one: one.repeat), judge)
    ]


def _cases(row: ReferenceRow, model: str, predictions: Sequence[Prediction], judge: Judge) -> list[Case]:
    if not predictions:
        return [_case(row, model, 0, None, "no_prediction", judge)]
    return [_case(row, model, one.repeat, one.text, None if _is_said(one) else "no_text", judge) for one in predictions]


def _is_said(one: Prediction) -> bool:
    """A request that failed, or that the provider refused, is no description: it has no score, not the lowest one."""
    return one.text is not None and not FAILED.match(one.text) and one.status not in ("failed_request", "refused")


def _case(row: ReferenceRow, model: str, repeat: int, text: str | None, missing: Verdict | None, judge: Judge) -> Case:
    asked = judge.questions(row.id, row.prompt, row.reference, text) if text is not None and not missing else ()
    return Case("item", row.id, repeat, model, text, missing, row.scale, row.paper_id, None, asked)


def judged_of(case: Case, stored: Callable[[str], Reply | None], lost: Mapping[str, Reply], judge: Judge) -> Judged:
    """What the replies make of a case: a score only where the judge gave one."""
    replies = [stored(question.hash) or lost.get(question.hash) for question in case.questions]
    scores = tuple(_score(reply) for reply in replies)
    mean, spread, normalised = scored(scores, judge.preset)
    answered = {reply.model_answered for reply in replies if reply and reply.model_answered}
    return Judged(
        kind=case.kind,
        id=case.id,
        repeat=case.repeat,
        model=case.model,
        text_sha256=None if case.text is None else hashlib.sha256(case.text.encode()).hexdigest(),
        scale=case.scale,
        paper_id=case.paper_id,
        judge=judge.rule.model,
        judge_answered=tuple(sorted(answered)),
        preset=judge.preset.name,
        low=judge.preset.low,
        high=judge.preset.high,
        prompt_hash=judge.prompt_hash,
        scores=scores,
        verdicts=(case.missing,) if case.missing else tuple(map(_verdict, replies)),
        mean=mean,
        spread=spread,
        normalised=normalised,
        known=case.known,
    )


def _score(reply: Reply | None) -> int | None:
    score = (reply.value or {}).get("score") if reply else None
    return int(score) if isinstance(score, int | float) else None


def _verdict(reply: Reply | None) -> Verdict:
    if reply is None or (reply.outcome == "failed" and not reply.attempts):
        return "not_asked"
    return "scored" if reply.outcome == "answered" else reply.outcome


__all__ = ["STAGE", "Anchor", "Case", "Judge", "anchor_cases", "anchors", "item_cases", "judged_of"]
