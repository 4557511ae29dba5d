"""A finished run as facts, `run_report.json`: attrition with seconds, slowest papers, drops with examples, tokens and money."""

from __future__ import annotations

import json

from pydantic import AwareDatetime, Field

from builder.records import Record, StageCount
from builder.reporting.run_events import Event
from builder.reporting.run_status import Status
from builder.scoring.schemas import DIALECT
from builder.spend import Books

FACTS, PAGE = "run_report.json", "run_report.html"
MAIN = "figures"  # the branch that all tasks start from
SLOWEST, EXAMPLES = 20, 3


class StageTold(StageCount):
    """A line of the attrition table with the time it took."""

    branch: str = Field(description='"figures", or the task whose questions the stage makes')
    seconds: float = Field(description="in the papers' children, summed; of a paper that was reused, when it was cut")
    papers_timed: int = Field(description="papers whose seconds are known from the log")


class PaperTold(Record):
    """What one paper took."""

    file: str = Field(description="file name, without folder")
    sha256: str
    outcome: str = Field(description="ok, dropped or failed")
    reason: str | None
    seconds: float
    stages: dict[str, float] = Field(
        description="by stage; under the reason of a failure what its child spent until it was lost"
    )
    run: str = Field(description="id of the run that measured it last")


class Example(Record):
    """One record that was dropped."""

    record_id: str
    file: str = Field(description="file name of its paper")
    detail: str
    crop_sha256: str | None = Field(
        description="its picture in blobs/ of the work folder, or that of its page; None: none was made"
    )
    label: str | None = Field(description="of its figure, as printed")
    page: int | None = Field(description="where it stood, from 1")
    licence: str | None = Field(description="SPDX id of its paper")
    may_share: bool = Field(description="whether the licence lets the picture be passed on; unknown means no")


class DropTold(Record):
    """What a stage dropped for one reason."""

    stage: str
    unit: str
    reason: str
    count: int
    read: int = Field(description="records that the stage was given, over all papers")
    examples: tuple[Example, ...] = Field(max_length=EXAMPLES, description="of different papers, where there are so many")


class RunReport(Record):
    """run_report.json in the work folder, written anew by each build; its times differ from run to run."""

    run: str
    command: str
    builder_version: str
    recipe: str
    recipe_hash: str
    version: str = Field(description="of the release")
    tier: str
    started: AwareDatetime
    seconds: float
    state: str = Field(description="finished, or stopped before a release was written")
    exit: str | None = Field(description="of a stopped run: name of the exit code")
    release: str | None = Field(description="folder of the release, where one was written")
    signature: str | None
    rows: dict[str, dict[str, int]] = Field(description="of the release, by config and split")
    papers: int = Field(description="files given")
    done: int
    reused: int
    outcomes: dict[str, int]
    reasons: dict[str, int] = Field(description="of papers that were dropped or failed")
    stages: tuple[StageTold, ...]
    slowest: tuple[PaperTold, ...] = Field(max_length=SLOWEST, description="the slowest first")
    drops: tuple[DropTold, ...]
    spent_usd: float = Field(description="by this run")
    spending: Books = Field(description="of the whole work folder, by stage and model")
    max_tokens: int | None
    max_usd: float | None


def run_schema_files() -> dict[str, str]:
    """JSON Schemas of run_report.json, of a line of log.jsonl, and of what `status --json` prints."""
    found: dict[str, dict[str, object]] = {
        "run_event": Event.model_json_schema(mode="serialization"),
        "run_report": RunReport.model_json_schema(mode="serialization"),
        "run_status": Status.model_json_schema(mode="serialization"),
    }
    return {
        f"{name}.json": json.dumps({"$schema": DIALECT, **schema}, indent=1, sort_keys=True) + "\n"
        for name, schema in found.items()
    }


__all__ = [
    "EXAMPLES",
    "FACTS",
    "MAIN",
    "PAGE",
    "SLOWEST",
    "DropTold",
    "Example",
    "PaperTold",
    "RunReport",
    "StageTold",
    "run_schema_files",
]
