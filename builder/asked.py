"""Items of a release put to a model under test: what each is asked, and the prediction that its reply becomes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

from builder.asking import FREE_TEXT, Picture, PictureRef, Prompt, Question, Reply, question_of
from builder.edges.images import fitted_release
from builder.edges.shown_rows import DescribedRow, OptionsRow, ShownRow
from builder.errors import CannotRead
from builder.recipe import ModelRule
from builder.scoring.asked_prompt import prompt_hash, prompt_of
from builder.scoring.described_prompt import described_prompt_hash, described_prompt_of
from builder.scoring.predictions import Prediction
from builder.stages.image_tokens import Family, picture_limits

AskedConfig = Literal["caption_matching", "description", "multi_select"]
ASKED_CONFIGS: tuple[AskedConfig, ...] = get_args(AskedConfig)
ROW_OF: Mapping[AskedConfig, type[ShownRow]] = {
    "caption_matching": OptionsRow,
    "description": DescribedRow,
    "multi_select": OptionsRow,
}
STAGE = "ask"
MODEL = "model"  # the one name under which a run of `ask` knows its model
_LEAST_STRICT: Family = "gemini-3"  # scales down nothing itself, and takes whatever any provider takes
_REMEDY = "see what `microtome validate` finds in this release"
_ANSWER_TOKENS = {"caption_matching": 300, "multi_select": 300, "description": 400}  # for dry runs; 300 words are 400 tokens


@dataclass(frozen=True)
class Put:
    """One asking of one item."""

    id: str
    repeat: int
    prompt_hash: str
    labels: int  # how many options; 0 for a description
    question: Question


def questions_on(
    rows: Iterable[ShownRow], config: AskedConfig, rule: ModelRule, repeats: int, keep: Callable[[Picture], PictureRef]
) -> list[Put]:
    """Every row `repeats` times, the first time of all before the second of any. Each row has its image.

    The model sees the image, the question and its options: no key, no id, nothing else of the row. Raises CannotRead.
    """
    # a release's images do not fit into memory: of a row its words stay, and where its picture lies
    shown = [(row.id, _words(row), keep(picture_for(row, rule.family))) for row in rows]
    return [
        Put(name, repeat, said.prompt_hash, said.labels, _question(name, said.text, picture, config, rule, repeat))
        for repeat in range(repeats)
        for name, said, picture in shown
    ]


def picture_for(row: ShownRow, family: Family | None) -> Picture:
    """The row's image in full resolution; scaled down only where a provider of that family would refuse it."""
    long_side, most_bytes = picture_limits(_LEAST_STRICT)[0], picture_limits(family or _LEAST_STRICT)[1]
    try:
        return fitted_release(row.image.bytes if row.image else b"", row.pixels_sha256, long_side, most_bytes)
    except OSError as error:
        raise CannotRead(f"{row.id} > image", f"is no PNG: {error}", _REMEDY) from error


def _question(name: str, text: str, picture: PictureRef, config: AskedConfig, rule: ModelRule, repeat: int) -> Question:
    prompt = Prompt(stage=STAGE, about=name, system="", user=text, repeat=repeat)
    return question_of(MODEL, rule, prompt, [picture], FREE_TEXT, answer_tokens=_ANSWER_TOKENS[config])


class _Words(NamedTuple):
    text: str
    prompt_hash: str
    labels: int


def _words(row: ShownRow) -> _Words:
    """Raises CannotRead where the options cannot be lettered."""
    if isinstance(row, DescribedRow):
        return _Words(described_prompt_of(row.prompt, row.caption), _described_hash(row.prompt), 0)
    assert isinstance(row, OptionsRow)
    try:
        return _Words(prompt_of(row.question, row.options), _options_hash(), len(row.options))
    except ValueError as error:
        raise CannotRead(f"{row.id} > options", str(error), _REMEDY) from error


_described_hash = lru_cache(maxsize=16)(described_prompt_hash)
_options_hash = lru_cache(maxsize=1)(prompt_hash)


def predictions_of(
    put: Sequence[Put], stored: Callable[[str], Reply | None], lost: Mapping[str, Reply], model: str
) -> tuple[list[Prediction], int]:
    """Predictions sorted by id and repeat, and how many questions nobody was asked: those have no prediction."""
    found, not_asked = [], 0
    for one in sorted(put, key=lambda one: (one.id, one.repeat)):
        reply = stored(one.question.hash) or lost.get(one.question.hash)
        if reply is None or (reply.outcome == "failed" and not reply.attempts):
            not_asked += 1
        else:
            found.append(_prediction(one, reply, model))
    return found, not_asked


def lost_of(there: Iterable[Prediction], put: Sequence[Put], stored: Callable[[str], Reply | None]) -> tuple[int, str]:
    """How many predictions that are there a new file would not have, and why the first of them; 0 where it has them all.

    A request that failed is no loss: it is asked anew. An answer is kept where its reply is on disk for the same question.
    """
    asked = {(one.id, one.repeat): one for one in put}
    lost = [said for one in there if (said := _lost(one, asked.get((one.id, one.repeat)), stored))]
    return len(lost), lost[0] if lost else ""


def _lost(one: Prediction, now: Put | None, stored: Callable[[str], Reply | None]) -> str:
    named = f"{one.id!r}" + (f", repeat {one.repeat}" if one.repeat else "")
    if now is None:
        return f"{named} is not asked by this run"
    if one.text is None:
        return ""
    if one.prompt_hash != now.prompt_hash:
        return f"{named} was asked in other words"
    reply = stored(now.question.hash)
    if reply is None or _prediction(now, reply, one.model).text != one.text:
        return f"the answer to {named} was given under other parameters, or its reply is not in this work folder"
    return ""


def _prediction(one: Put, reply: Reply, model: str) -> Prediction:
    """A refusal keeps the provider's words; a request that failed for good has no text."""
    (picture,) = one.question.pictures
    failed, refused = reply.outcome == "failed", reply.outcome == "refused"
    return Prediction(
        id=one.id,
        model=model,
        text=None if failed else (reply.text or reply.detail) if refused else reply.text,
        status="failed_request" if failed else "refused" if refused else None,
        finish_reason=reply.finish_reason,
        prompt_tokens=reply.usage.prompt_tokens,
        completion_tokens=reply.usage.completion_tokens,
        repeat=one.repeat,
        prompt_hash=one.prompt_hash,
        detail=reply.detail or None,
        model_answered=reply.model_answered,
        image_width=picture.width,
        image_height=picture.height,
    )


__all__ = [
    "ASKED_CONFIGS",
    "MODEL",
    "ROW_OF",
    "STAGE",
    "AskedConfig",
    "Put",
    "lost_of",
    "picture_for",
    "predictions_of",
    "questions_on",
]
