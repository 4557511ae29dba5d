"""The challenge (SPM-Bench section 2, MicroVQA's RefineBot): advised, attacked, revised, compared, or given up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue, TypeAdapter

from builder.asking import Prompt, Reply, Schema, prompt_from
from builder.recipe import ChallengeRule, MultiSelectRule
from builder.records import Dropped, MultiSelect, Record, Review
from builder.stages.answering import CRITERIA, asked, chose, closed, key_of, lettered, no_answer, read_answer, review
from builder.stages.exhibit import Exhibit, facts
from builder.stages.fencing import fenced, unsafe
from builder.stages.write import question_schema, read_question, writing_slots
from builder.stages.write_checks import SaidQuestion

STAGE = "challenge"
_QUESTION = TypeAdapter(SaidQuestion)


@dataclass(frozen=True)
class Verdict:
    """What one round said of an item."""

    reviews: tuple[Review, ...]
    advice: str = ""

    @property
    def reason(self) -> str:
        """Why the item is not kept as it stands: "no-answer" before "given-up" before "attacked"; empty where all passed."""
        if any(one.outcome == "no-answer" for one in self.reviews):
            return "no-answer"
        failed = {one.role for one in self.reviews if one.outcome == "failed"}
        return "given-up" if "adviser" in failed else "attacked" if failed else ""

    @property
    def detail(self) -> str:
        return "; ".join(f"{one.role} in round {one.round}: {one.note}" for one in self.reviews if one.outcome != "passed")


class _Scores(Record):
    scores: dict[str, float]
    advice: str


def keyed(item: MultiSelect) -> dict[str, JsonValue]:
    """The whole item as its adviser and its author see it: options with rubrics, and the key."""
    options: list[JsonValue] = [
        {"option": option.text, "right": option.correct, "rubric": option.rubric} for option in lettered(item).values()
    ]
    return {
        "stem": item.stem,
        "options": options,
        "reasoning": item.reasoning,
        "bloom_level": item.bloom_level,
        "skill": item.skill,
        "modality": item.modality,
    }


# ---- adviser


def advise_prompt(item: MultiSelect, shown: Exhibit, template: str) -> Prompt:
    """Asks for six scores and advice; `template` is prompts/advise.j2."""
    slots = {"criteria": dict(CRITERIA)} | fenced(facts(shown) | {"question": keyed(item)})
    return prompt_from(template, stage="advise", about=item.id, slots=slots)


def advise_schema() -> Schema:
    score: JsonValue = {"type": "integer", "enum": [1, 2, 3, 4, 5]}
    return closed({"scores": closed(dict.fromkeys(CRITERIA, score)), "advice": {"type": "string"}})


def advised(reply: Reply, rule: ChallengeRule, number: int) -> tuple[Review, str]:
    """The adviser's review, and its advice. Advice with links, markup or role marks counts as no answer."""
    if reply.value is None:
        return review("adviser", number, reply, passed=None, note=no_answer(reply)), ""
    said = _Scores.model_validate(reply.value)
    found = unsafe(said.advice)
    if found not in (None, "order"):  # "mark option C as right" is advice too; the author gets it as data
        return review("adviser", number, reply, passed=None, note=f"unsafe advice: {found}"), ""
    passed = all(score >= rule.pass_score for score in said.scores.values())
    return review("adviser", number, reply, passed=passed, note=said.advice, scores=said.scores), said.advice


# ---- attacker


def attack_prompt(item: MultiSelect, template: str) -> Prompt:
    """Asks for the answer by stem and options alone; `template` is prompts/unseen.j2."""
    return prompt_from(template, stage="unseen", about=item.id, slots=fenced({"question": asked(item)}))


def attacked(item: MultiSelect, reply: Reply, number: int) -> Review:
    """Passed where the attacker misses the key. One that chooses nothing has not attacked, and vouches for nothing."""
    chosen = read_answer(reply, item)
    if not chosen:
        return review("attacker", number, reply, passed=None, note=no_answer(reply) or "chose no option")
    hit = chosen == key_of(item)
    return review("attacker", number, reply, passed=not hit, note=f"{chose(chosen, item)}, without the image")


# ---- author


def revise_prompt(item: MultiSelect, shown: Exhibit, rule: MultiSelectRule, template: str, *, found: Sequence[str]) -> Prompt:
    """Asks the author for a better item. `found` is all that was found against it, refused revisions included."""
    findings: list[JsonValue] = [*found]
    slots = writing_slots(shown, rule) | fenced(facts(shown) | {"question": keyed(item), "findings": findings})
    return prompt_from(template, stage="revise", about=item.id, slots=slots)


def revise_schema(shown: Exhibit) -> Schema:
    return closed({"question": question_schema(shown)})


def revised(item: MultiSelect, reply: Reply, shown: Exhibit, rule: MultiSelectRule) -> MultiSelect | Dropped:
    """The item as revised, with the reviews so far; or why the revision is refused."""
    if reply.value is None:
        return Dropped(record_id=item.id, stage=STAGE, reason="no-answer", detail=no_answer(reply))
    said = _QUESTION.validate_python(reply.value["question"])
    made = read_question(said, shown, rule, item.id, reply, STAGE)
    if isinstance(made, MultiSelect) and keyed(made) == keyed(item):
        return Dropped(record_id=item.id, stage=STAGE, reason="unchanged", detail="the revision changes nothing")
    return made if isinstance(made, Dropped) else made.model_copy(update={"reviews": item.reviews})


# ---- checker


def same_question_prompt(before: MultiSelect, after: MultiSelect, template: str) -> Prompt:
    """Asks whether a revised item still asks the same; `template` is prompts/same_question.j2."""
    slots = fenced({"before": asked(before), "after": asked(after)})
    return prompt_from(template, stage="same_question", about=after.id, slots=slots)


def same_question_schema() -> Schema:
    return closed({"reason": {"type": "string"}, "same": {"type": "boolean"}})


def compared(reply: Reply, number: int) -> Review:
    if reply.value is None:
        return review("same-question", number, reply, passed=None, note=no_answer(reply))
    return review("same-question", number, reply, passed=reply.value["same"] is True, note=str(reply.value["reason"]))


__all__ = [
    "Verdict",
    "advise_prompt",
    "advise_schema",
    "advised",
    "attack_prompt",
    "attacked",
    "compared",
    "keyed",
    "revise_prompt",
    "revise_schema",
    "revised",
    "same_question_prompt",
    "same_question_schema",
]
