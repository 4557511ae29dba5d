"""Questions to a model and its answers: what is asked, what came back, what it cost, and the hash that names it.

The seam is a plain callable, `ask(prompt, pictures, schema) -> reply`. A stage never calls it: stages run in children that
may be killed, and a paid answer must outlive them. A stage puts its questions to the bench; the driver asks; the stage
runs again and finds the replies by the hash of what was asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Literal, TypeVar

from pydantic import Field, JsonValue

from builder.pricing import estimate
from builder.recipe import ModelRule
from builder.records import Record, digest
from builder.stages.image_tokens import Pixels

N = TypeVar("N", int, float)
Schema = Mapping[str, JsonValue]
Outcome = Literal["answered", "malformed", "refused", "truncated", "failed"]
FREE_TEXT: Schema = {}  # asked with: no schema is sent, and the answer is the text as it came


class Prompt(Record):
    """What is said to a model."""

    stage: str = Field(pattern=r"^[a-z_]+$", description="who asks; also the name of the reply's schema")
    about: str = Field(description="id of the record asked about; not part of the question's hash")
    system: str = Field(description="empty: the user's message alone is sent")
    user: str
    repeat: int = Field(
        0, ge=0, description="0 for the first time; each further asking of the same words is a question of its own"
    )


@dataclass(frozen=True)
class Picture:
    """An image that goes with a prompt."""

    data: bytes = field(repr=False)
    media_type: Literal["image/png", "image/jpeg"]
    width: int  # pixels
    height: int  # pixels
    identity: str  # pixels_digest: the same whichever encoder wrote the bytes


class PictureRef(Record):
    """A picture by its blob."""

    sha256: str = Field(description="of the bytes in the store")
    media_type: Literal["image/png", "image/jpeg"]
    width: int = Field(ge=1, description="pixels")
    height: int = Field(ge=1, description="pixels")
    identity: str = Field(description="pixels_digest")


class Question(Record):
    """All that the driver needs to ask."""

    hash: str = Field(description="content_hash: of model, settings, words, pictures and schema")
    model: str = Field(description="a name of the recipe's [models]")
    prompt: Prompt
    pictures: tuple[PictureRef, ...]
    answer_schema: dict[str, JsonValue]
    prompt_tokens: int = Field(description="the most that the prompt can come to, estimated before the call: what caps reserve")
    likely_tokens: int = Field(0, description="what the prompt will likely come to, pictures included; 0: not estimated")
    picture_tokens: int = Field(0, description="of the likely ones")
    answer_tokens: int | None = Field(None, description="what the stage expects the answer to take; None: it does not say")


def _either(one: N | None, other: N | None) -> N | None:
    return other if one is None else one if other is None else one + other


class Usage(Record):
    """What one call was billed."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    billed: dict[str, JsonValue] = Field({}, description="the provider's own usage object, as returned")
    usd: float | None = Field(None, description="by the recipe's prices; None without prices")

    @property
    def tokens(self) -> int:
        """Prompt and completion; what was not said counts 0."""
        return (self.prompt_tokens or 0) + (self.completion_tokens or 0)

    def plus(self, more: Usage) -> Usage:
        """Tokens and USD of both, without the provider's objects; what neither said stays unsaid."""
        return Usage(
            prompt_tokens=_either(self.prompt_tokens, more.prompt_tokens),
            completion_tokens=_either(self.completion_tokens, more.completion_tokens),
            usd=_either(self.usd, more.usd),
        )


class Reply(Record):
    """What came back for one question. Only "answered" carries a value, and it fits the schema."""

    hash: str
    outcome: Outcome
    value: dict[str, JsonValue] | None = None
    text: str = Field("", description="as returned")
    detail: str = Field("", description="why there is no value")
    stage: str = Field("", description="who asked: the prompt's stage")
    model_asked: str
    model_answered: str | None = None
    finish_reason: str | None = None
    usage: Usage = Usage()
    wasted: Usage = Field(Usage(), description="billed, as the provider said, for earlier answers that were none")
    estimated_tokens: int = Field(0, description="of the prompt, by rule, before the call: what caps reserved")
    likely_tokens: int = Field(0, description="of the prompt, as a dry run expects them")
    most_tokens: int = Field(0, description="most that one request can have cost: prompt by rule, completion by its limit")
    most_usd: float = Field(0.0, description="the same by the recipe's prices; 0 without prices")
    pictures: int = Field(0, description="sent with the prompt")
    picture_bytes: int = Field(0, description="of those pictures, as encoded")
    source: Literal["endpoint", "replay"] = Field("endpoint", description="replay: recorded elsewhere, at no cost here")
    attempts: int = Field(1, description="requests made for it")
    uncertain: int = Field(0, description="requests whose answer was lost: the provider may have billed them too")


def prompt_tokens_of(reply: Reply) -> int:
    """As billed, or by rule where the provider did not say."""
    return reply.estimated_tokens if reply.usage.prompt_tokens is None else reply.usage.prompt_tokens


@dataclass(frozen=True)
class Spent:
    """What asking came to in this run. Tokens are as billed, or by rule where the provider did not say."""

    asked: int = 0  # questions
    reused: int = 0  # of them answered from disk, at no cost
    answered: int = 0  # of those newly asked
    unanswered: int = 0
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated_tokens: int = 0  # of the prompts of the calls made, by rule
    pictures: int = 0
    picture_bytes: int = 0  # as encoded
    usd: float = 0.0  # by the recipe's prices
    replayed: int = 0  # of the answered: recorded replies, at no cost
    maybe_twice: int = 0  # requests of earlier runs, killed in flight or never answered, that were made again

    def since(self, before: Spent) -> Spent:
        """What was added to `before`."""
        return Spent(**{one.name: getattr(self, one.name) - getattr(before, one.name) for one in fields(self)})


Ask = Callable[[Prompt, Sequence[Picture], Schema], Reply]


class Waiting(Exception):  # not an error: what a stage raises that cannot go on without replies
    """Questions whose replies the stage needs before it can run."""

    def __init__(self, questions: tuple[Question, ...]) -> None:
        self.questions = questions
        self.seconds: dict[str, float] = {}  # that the paper's children spent on it so far, by stage
        super().__init__(f"{len(questions)} questions")

    def __reduce__(self) -> tuple[type[Waiting], tuple[tuple[Question, ...]]]:
        return type(self), (self.questions,)


def content_hash(prompt: Prompt, identities: Sequence[str], schema: Schema, rule: ModelRule) -> str:
    """SHA-256, in hex, of everything an answer depends on: the same question is never paid twice."""
    again = [prompt.repeat] if prompt.repeat else []
    return digest([rule.settings, prompt.system, prompt.user, list(identities), dict(schema), *again])


def texts_of(prompt: Prompt, schema: Schema) -> list[str]:
    """All words that go with a question."""
    return [prompt.system, prompt.user, json.dumps(dict(schema))]


def question_of(
    model: str,
    rule: ModelRule,
    prompt: Prompt,
    pictures: Sequence[PictureRef],
    schema: Schema,
    *,
    answer_tokens: int | None = None,
) -> Question:
    """A question to `model`, a name of the recipe's [models] whose rule is given.

    `answer_tokens` is what the stage expects the answer to take: a dry run counts with it.
    """
    tokens = estimate(texts_of(prompt, schema), [Pixels(p.width, p.height) for p in pictures], rule)
    return Question(
        hash=content_hash(prompt, [p.identity for p in pictures], schema, rule),
        model=model,
        prompt=prompt,
        pictures=tuple(pictures),
        answer_schema=dict(schema),
        prompt_tokens=tokens.most,
        likely_tokens=tokens.likely,
        picture_tokens=tokens.pictures,
        answer_tokens=answer_tokens,
    )


def prompt_from(template: str, *, stage: str, about: str, slots: Mapping[str, object]) -> Prompt:
    """The prompt that a template's blocks `system` and `user` make of the slots. A slot left out raises UndefinedError."""
    from jinja2 import StrictUndefined  # which only those who ask need, and every child would load
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    made = sandbox.from_string(template)
    said = {name: "".join(made.blocks[name](made.new_context(dict(slots)))).strip() for name in ("system", "user")}
    return Prompt(stage=stage, about=about, system=said["system"], user=said["user"])


_DEEPEST = 60  # levels of a value that is kept: readers of JSON give up at 200 and more, and a schema of ours has five


def keepable(value: JsonValue) -> bool:
    """Whether a value that came over the network can stand in a file and be read back: text of UTF-8, not too many levels."""
    levels, here = 0, [value]
    while here and levels <= _DEEPEST:
        inner = [part.values() if isinstance(part, dict) else part for part in here if isinstance(part, dict | list)]
        levels, here = levels + 1, [one for part in inner for one in part]
    try:
        json.dumps(None if here else value, ensure_ascii=False).encode()  # half a surrogate pair is no text that could be kept
    except ValueError:
        return False
    return not here


def judged(
    text: str, finish_reason: str | None, refusal: str | None, schema: Schema
) -> tuple[Outcome, dict[str, JsonValue] | None, str]:
    """Outcome, value and reason of what a model said. Nothing is repaired: JSON that fits the schema, or no value.

    Under FREE_TEXT any text is an answer, and stands in the reply's `text`.
    """
    if refusal or finish_reason == "content_filter":
        return "refused", None, refusal or "the provider's filter"
    if finish_reason == "length":
        return "truncated", None, "the answer was cut at the limit of output tokens"
    if not schema:
        return "answered", {}, ""
    try:
        value = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        return "malformed", None, f"not JSON: {error}"
    if not keepable(value):
        return "malformed", None, f"not JSON that can be kept: more than {_DEEPEST} levels, or half a surrogate pair"
    if not isinstance(value, dict):
        return "malformed", None, f"a JSON object was wanted, not {type(value).__name__}"
    from jsonschema import Draft202012Validator  # as above

    problems = sorted(f"{e.json_path}: {e.message}" for e in Draft202012Validator(dict(schema)).iter_errors(value))
    return ("malformed", None, "; ".join(problems)[:500]) if problems else ("answered", value, "")


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


__all__ = [
    "FREE_TEXT",
    "Ask",
    "Outcome",
    "Picture",
    "PictureRef",
    "Prompt",
    "Question",
    "Reply",
    "Schema",
    "Spent",
    "Usage",
    "Waiting",
    "content_hash",
    "judged",
    "keepable",
    "prompt_from",
    "prompt_tokens_of",
    "question_of",
    "texts_of",
]
