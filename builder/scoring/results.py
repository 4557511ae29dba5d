"""What `score` makes of predictions: every number with its n, its interval and the signature that says what it means."""

from __future__ import annotations

from pydantic import Field

from builder.records import Record

RESULT_FILE = "result.json"  # one a model and config, in the folder that `score` writes
ITEMS_FILE = "items.parquet"  # one row an answer, sorted by id and repeat: ItemScore


class Signature(Record):
    """What two numbers must share to be comparable (all but `model`)."""

    benchmark: str
    version: str
    logical_hash: str = Field(description="of the release's rows")
    config: str
    split: str
    metrics: dict[str, str] = Field(description="version by metric")
    parser: str = Field(description="version of the answer parser")
    prompt_hash: str | None = Field(description="of the prompt, where all predictions give the same one")
    model: str


class Estimate(Record):
    """A mean over items with its bootstrap interval over papers."""

    value: float | None = Field(description="null where nothing could be scored")
    low: float | None = Field(description="of the 95 % interval; null below two papers")
    high: float | None
    n: int = Field(ge=0, description="answers counted")
    papers: int = Field(ge=0)


class Group(Record):
    """The answers that share one value of one column."""

    by: str = Field(description='column: "scale", "modality", "bloom_level", ...')
    value: str
    metrics: dict[str, Estimate]
    statuses: dict[str, int] = Field(description="answers by status of the parser; every answer is in one")


class Result(Record):
    """result.json: one model on one config of one release."""

    signature: Signature
    items: int = Field(ge=0, description="items of the config and split")
    answered: int = Field(ge=0, description="items with at least one prediction; the others score 0 and are counted missing")
    repeats: int = Field(ge=1)
    statuses: dict[str, int] = Field(description='as in groups, and "missing"')
    micro: dict[str, Estimate] = Field(description="mean over all items, by metric")
    macro: dict[str, dict[str, Estimate]] = Field(description="by column, then metric: unweighted mean over the column's values")
    groups: tuple[Group, ...]
    profile: dict[str, float | str | None] = Field(description="shares of response strategies, personality, its stability")
    calibration: dict[str, float | None] = Field(description="expected calibration error, Brier score, coverage of confidence")
    tokens: dict[str, float | None] = Field(description="sums and means of billed tokens")


class ItemScore(Record):
    """One row of items.parquet."""

    id: str
    repeat: int
    paper_id: str
    figure_id: str
    status: str
    answer: tuple[str, ...]
    key: tuple[str, ...]
    scores: dict[str, float] = Field(description="one column a metric in the file, named score_<metric>")
    confidence: float | None
    difficulty: float | None
    completion_tokens: int | None


__all__ = ["ITEMS_FILE", "RESULT_FILE", "Estimate", "Group", "ItemScore", "Result", "Signature"]
