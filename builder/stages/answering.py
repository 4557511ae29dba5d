"""A question as it is put to an answerer: options lettered in an order that gives nothing away, an answer read strictly."""

from __future__ import annotations

import hashlib
import string
from collections.abc import Mapping
from types import MappingProxyType

from pydantic import JsonValue

from builder.asking import Reply, Schema
from builder.records import MultiSelect, Option, Review
from builder.stages.fencing import unsafe

_NOTE = 500  # characters of a model's words that a review keeps
CRITERIA: Mapping[str, str] = MappingProxyType(  # SPM-Bench section 2 names the first three of its six; the others are ours
    {
        "scientific_consistency": "stem, key and reasoning agree with the image, the snippets and established science",
        "distractor_plausibility": "each wrong option is a mistake that people of the field make, and is certainly wrong",
        "logical_depth": "the answer takes the steps of reasoning that the Bloom level promises",
        "clarity": "one reading only, self-contained, no grammar or length that gives an option away",
        "single_defensible_key": "an expert would defend exactly these options as right, and no other set",
        "image_dependence": "the question cannot be answered without looking at the image",
    }
)


def lettered(item: MultiSelect) -> dict[str, Option]:
    """The options by letter, in an order drawn from their texts: an author's own order tends to begin with the key."""
    drawn = sorted(item.options, key=lambda option: hashlib.sha256(f"{item.id}\n{option.text}".encode()).digest())
    return dict(zip(string.ascii_uppercase, drawn, strict=False))


def key_of(item: MultiSelect) -> frozenset[str]:
    return frozenset(letter for letter, option in lettered(item).items() if option.correct)


def asked(item: MultiSelect) -> dict[str, JsonValue]:
    """Stem and lettered options, without the key."""
    return {"stem": item.stem, "options": {letter: option.text for letter, option in lettered(item).items()}}


def answer_schema(item: MultiSelect) -> Schema:
    letters: list[JsonValue] = [*lettered(item)]
    return closed({"reasoning": {"type": "string"}, "answer": {"type": "array", "items": {"type": "string", "enum": letters}}})


def closed(properties: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """A schema object with these properties, all required, and no other."""
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def no_answer(reply: Reply) -> str:
    """Why a reply cannot be used; empty where it can."""
    return "" if reply.value is not None else f"{reply.outcome}: {reply.detail}"


def read_answer(reply: Reply, item: MultiSelect) -> frozenset[str] | None:
    """The letters chosen; None where there is no answer."""
    said = reply.value["answer"] if reply.value is not None else None
    return frozenset(map(str, said)) if isinstance(said, list) else None


def chose(chosen: frozenset[str], item: MultiSelect) -> str:
    """An answer in words: letters would be others in the release, where options take new seats."""
    key = key_of(item)
    return f"chose {len(chosen & key)} of the {len(key)} right options and {len(chosen - key)} wrong"


def review(
    role: str, number: int, reply: Reply, *, passed: bool | None, note: str, scores: Mapping[str, float] | None = None
) -> Review:
    """The record of one reply; `passed` is None where there was no answer. Words that give orders or links are not kept."""
    found = unsafe(note)
    return Review.model_validate(
        {
            "role": role,
            "round": number,
            "model": reply.model_answered or reply.model_asked,
            "prompt_hash": reply.hash,
            "outcome": "no-answer" if passed is None else "passed" if passed else "failed",
            "scores": dict(scores or {}),
            "note": f"withheld: {found}" if found else note[:_NOTE],
        }
    )


__all__ = ["CRITERIA", "answer_schema", "asked", "chose", "closed", "key_of", "lettered", "no_answer", "read_answer", "review"]
