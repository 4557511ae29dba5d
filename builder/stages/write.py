"""Multi-select questions by a model (SPM-Bench section 2): what an author is told of a figure, and its reply read strictly."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue, TypeAdapter

from builder.asking import Prompt, Reply, Schema, prompt_from
from builder.recipe import MultiSelectRule
from builder.records import Dropped, MultiSelect
from builder.stages.answering import asked, chose, closed, key_of, no_answer, read_answer, review
from builder.stages.exhibit import Exhibit, facts, span_of
from builder.stages.fencing import fenced
from builder.stages.folding import folded
from builder.stages.write_checks import OPTION, QUOTE, STEM, SaidQuestion, refusal_of

STAGE = "multi_select"
_QUESTIONS: TypeAdapter[tuple[SaidQuestion, ...]] = TypeAdapter(tuple[SaidQuestion, ...])
_DETAIL = 300  # characters of what a refusal was about
_TEXT: JsonValue = {"type": "string"}


def prompt_for(shown: Exhibit, rule: MultiSelectRule, template: str, count: int) -> Prompt:
    """Asks for up to `count` questions about one figure; `template` is prompts/write.j2."""
    slots = writing_slots(shown, rule) | {"count": count}
    return prompt_from(template, stage="write", about=shown.specimen.id, slots=slots | fenced(facts(shown)))


def writing_slots(shown: Exhibit, rule: MultiSelectRule) -> dict[str, object]:
    """What writing and revising are told alike."""
    return {
        "options": rule.options,
        "field_library": rule.field_library,
        "modalities": shown.modalities,
        "letters": shown.letters,
        "stem": STEM,
        "option": OPTION,
        "quote": QUOTE,
    }


def question_schema(shown: Exhibit) -> dict[str, JsonValue]:
    """One question. Counts and lengths are checked here: endpoints differ in the limits that they take."""
    evidence = closed(
        {"snippet": {"type": "integer"}, "quote": _TEXT, "panel": {"anyOf": [{"type": "string"}, {"type": "null"}]}}
    )
    option = closed(
        {
            "text": _TEXT,
            "correct": {"type": "boolean"},
            "rubric": _TEXT,
            "evidence": {"type": "array", "items": evidence},
        }
    )
    return closed(
        {
            "stem": _TEXT,
            "reasoning": _TEXT,
            "options": {"type": "array", "items": option},
            "bloom_level": {"type": "integer", "enum": [1, 2, 3, 4, 5]},
            "skill": {"type": "string", "enum": ["EU", "HG", "EP"]},
            "modality": {"type": "string", "enum": [*shown.modalities]},
        }
    )


def schema_for(shown: Exhibit) -> Schema:
    return closed({"questions": {"type": "array", "items": question_schema(shown)}})


def read_reply(reply: Reply, shown: Exhibit, rule: MultiSelectRule, most: int) -> tuple[MultiSelect | Dropped, ...] | Dropped:
    """The questions of a reply, each as an item or as the reason it is refused; or why there are none at all."""
    name = shown.specimen.id
    if reply.value is None:
        return Dropped(record_id=name, stage=STAGE, reason=f"no-answer-{reply.outcome}", detail=reply.detail)
    said = _QUESTIONS.validate_python(reply.value["questions"])
    if not said:
        return Dropped(record_id=name, stage=STAGE, reason="nothing-written")
    made: list[MultiSelect | Dropped] = []
    stems: set[str] = set()
    for slot, one in enumerate(said):
        own, stem = item_id(name, slot), folded(one.stem)
        if slot >= most or stem in stems:
            reason = "not-asked-for" if slot >= most else "repeated-question"
            made.append(Dropped(record_id=own, stage=STAGE, reason=reason, detail=one.stem[:_DETAIL]))
        else:
            made.append(read_question(one, shown, rule, own, reply))
        stems.add(stem)
    return tuple(made)


def item_id(figure_id: str, slot: int) -> str:
    """Slots count a reply's questions from 0, refused ones included."""
    return f"{figure_id}/{STAGE}/{slot}"


def read_question(
    said: SaidQuestion, shown: Exhibit, rule: MultiSelectRule, name: str, reply: Reply, stage: str = STAGE
) -> MultiSelect | Dropped:
    """The item that a question makes, its quotes found in the paper; or the first check that it fails."""
    refusal = refusal_of(said, shown, rule)
    if refusal:
        return Dropped(record_id=name, stage=stage, reason=refusal.reason, detail=refusal.detail[:_DETAIL])
    options = [
        {
            "text": option.text.strip(),
            "correct": option.correct,
            "kind": "written",
            "rubric": option.rubric.strip(),
            "evidence": [span_of(shown, one.snippet, one.quote, one.panel) for one in option.evidence],
        }
        for option in said.options
    ]
    return MultiSelect.model_validate(
        {
            "id": name,
            "figure_id": shown.specimen.id,
            "stem": said.stem.strip(),
            "options": options,
            "bloom_level": said.bloom_level,
            "skill": said.skill,
            "modality": said.modality,
            "reasoning": said.reasoning.strip(),
            "generator": "model",
            "model": reply.model_answered or reply.model_asked,
            "prompt_hash": reply.hash,
        }
    )


# ---- the author answers its own question


def self_check_prompt(item: MultiSelect, shown: Exhibit, template: str) -> Prompt:
    """Asks for the answer with image and words, without the key; `template` is prompts/self_check.j2."""
    data = fenced(facts(shown) | {"question": asked(item)})
    return prompt_from(template, stage="self_check", about=item.id, slots=data)


def self_checked(item: MultiSelect, reply: Reply, number: int) -> MultiSelect:
    """The item with the review of its own author added."""
    chosen = read_answer(reply, item)
    if chosen is None:
        made = review("self-check", number, reply, passed=None, note=no_answer(reply))
    else:
        made = review("self-check", number, reply, passed=chosen == key_of(item), note=chose(chosen, item))
    return item.model_copy(update={"reviews": (*item.reviews, made)})


def self_check_verdict(item: MultiSelect) -> MultiSelect | Dropped:
    """The item, or its drop where the last review is not passed."""
    last = item.reviews[-1]
    reasons: dict[str, Literal["self-check-differs", "self-check-no-answer"]] = {
        "failed": "self-check-differs",
        "no-answer": "self-check-no-answer",
    }
    if last.outcome == "passed":
        return item
    return Dropped(record_id=item.id, stage=STAGE, reason=reasons[last.outcome], detail=last.note)


__all__ = [
    "item_id",
    "prompt_for",
    "question_schema",
    "read_question",
    "read_reply",
    "schema_for",
    "self_check_prompt",
    "self_check_verdict",
    "self_checked",
    "writing_slots",
]
