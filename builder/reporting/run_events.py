"""What a run says of itself as it goes: one event a line of `log.jsonl`, with ids and no words of a paper."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

EventName = Literal[
    "driver-started",
    "run-started",
    "paper-done",
    "paper-waiting",
    "asking-started",
    "reply",
    "asking-ended",
    "assembling-started",
    "run-ended",
]

Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Event(BaseModel):
    """One line. What an event does not say is left out; what a later version says more is read over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    time: AwareDatetime = Field(description="UTC, to the millisecond")
    run: str = Field(description="id of the run: when it started and its driver's process number")
    event: EventName

    command: str | None = Field(None, description="driver-started, run-started: such as build or build --dry-run")
    builder_version: str | None = None
    recipe: str | None = Field(None, description="run-started: name of the recipe")
    recipe_hash: str | None = None
    papers: int | None = Field(None, ge=0, description="run-started: files given")
    jobs: int | None = Field(None, ge=1, description="run-started: papers at a time")
    max_tokens: int | None = Field(None, description="run-started: cap of [asking]")
    max_usd: float | None = Field(None, description="run-started: cap of [asking]")

    file: str | None = Field(None, description="file name of the paper, without folder")
    sha256: str | None = Field(None, description="of the paper's bytes; of none that could not be read")
    outcome: str | None = Field(
        None,
        description="paper-done: ok, dropped (refused, or told twice) or failed (its child was stopped or died); reply: that "
        "of the question; run-ended: finished or stopped",
    )
    reason: str | None = Field(None, description="stable, kebab-case; of a paper that was dropped or failed")
    reused: bool | None = Field(None, description="paper-done: all of it was there from an earlier run")
    seconds: Amount | None = Field(None, description="spent in the paper's children in this run")
    stages: dict[str, Amount] | None = Field(
        None, description="the same by stage; under timeout the limit at which a child was stopped"
    )

    questions: int | None = Field(None, ge=0, description="a waiting paper's; asking-started: to be asked, none on disk")
    question: str | None = Field(None, description="reply: hash of the question, by which its reply is found in replies/")
    stage: str | None = Field(None, description="reply: stage that asked")
    model: str | None = Field(None, description="reply: model as the provider names it")
    prompt_tokens: int | None = Field(None, description="reply: as billed; left out where the provider did not say")
    completion_tokens: int | None = None
    usd: Amount | None = Field(None, description="reply: by the recipe's prices")
    committed_tokens: int | None = Field(
        None, description="what counts against max_tokens over the whole work folder, calls in flight at their most"
    )
    committed_usd: Amount | None = Field(None, description="the same of max_usd")
    exit: str | None = Field(None, description="run-ended: name of the exit code")


def event_of(line: bytes) -> Event | None:
    """The event of a line, or None where it is torn or not one of ours."""
    try:
        return Event.model_validate_json(line)
    except ValidationError:
        return None


def line_of(event: Event) -> bytes:
    """ASCII alone, so that no name of a file plays tricks on a terminal, and nothing that the event does not say."""
    told = event.model_dump_json(exclude_none=True, ensure_ascii=True)
    return told.encode("ascii") + b"\n"


__all__ = ["Event", "EventName", "event_of", "line_of"]
