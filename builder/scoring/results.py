"""What `score` makes of predictions: every number with its n, its interval and the signature that says what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field

from builder.records import Record

RESULT_FILE = "result.json"  # one a model and config, in DIR/<model>/<config>/ of `score --out DIR`
ITEMS_FILE = "items.parquet"  # beside it: one row an answer, sorted by id and repeat: ItemScore
OK, FAILED_REQUEST = "ok", "failed_request"  # of the statuses of the parser
COVERAGE_HEAD = ("ok", "received, not ok", "failed request", "missing")  # of tables with Coverage.cells
MISSING = "missing"  # status of an item that a repeat has no prediction for
NOT_COMPARED = frozenset({"model", "builder_version"})  # of a signature: these may differ between numbers side by side


class Signature(Record):
    """What two numbers must share to be comparable: all but NOT_COMPARED."""

    benchmark: str
    version: str
    logical_hash: str = Field(description="of the release's rows")
    config: str
    split: str
    metrics: dict[str, str] = Field(description="version by metric; by model and layer too where a score is a model's")
    parser: str = Field(description="version of the answer parser")
    prompt_hash: str | None = Field(description="of the prompt, where all predictions give the same one")
    model: str
    builder_version: str = Field(default="", description="of the program that scored")


class Estimate(Record):
    """A mean over items with its bootstrap interval over papers."""

    value: float | None = Field(description="null where nothing could be scored")
    low: float | None = Field(description="of the 95 % interval; null below two papers")
    high: float | None
    n: int = Field(ge=0, description="items counted, an item's repeats averaged first; options where a metric is of options")
    papers: int = Field(ge=0)


class Group(Record):
    """The answers that share one value of one column. An item with several techniques or distractor types is in several."""

    by: str = Field(
        description='column of the release: "scale", "kind", "field", "modality", "bloom_level", "licence", "tier", ...; or '
        '"technique", "distractor_type", "number_of_keys", "number_of_options"'
    )
    value: str
    metrics: dict[str, Estimate]
    statuses: dict[str, int] = Field(description="answers by status of the parser; every answer is in one")


class Bin(Record):
    """One bin of stated confidence."""

    low: float = Field(description="edge, exclusive but for 0")
    high: float = Field(description="edge, inclusive")
    n: int = Field(ge=1, description="answers")
    confidence: float = Field(description="mean of those stated")
    accuracy: float = Field(description="share that match the key")


class Result(Record):
    """result.json: one model on one config of one release."""

    signature: Signature
    items: int = Field(ge=0, description="items of the config and split")
    answered: int = Field(
        ge=0,
        description="items with at least one line of predictions, whatever it says: failed requests and unreadable replies "
        "too; answers that could be read are `ok` of statuses",
    )
    repeats: int = Field(ge=1)
    statuses: dict[str, int] = Field(description='as in groups, and "missing"')
    micro: dict[str, Estimate] = Field(description="mean over all items, by metric; what is missing or failed scores 0")
    macro: dict[str, dict[str, Estimate]] = Field(
        description="by column, then metric: unweighted mean over the column's values, of scale over the four length scales; "
        "unknown and none are left out"
    )
    received: dict[str, Estimate] = Field(
        default_factory=dict, description="as micro, over the replies that came: neither missing nor failed_request"
    )
    groups: tuple[Group, ...]
    profile: dict[str, float | str | None] = Field(description="shares of response strategies, personality, its stability")
    calibration: dict[str, float | None] = Field(description="expected calibration error, Brier score, coverage of confidence")
    reliability: tuple[Bin, ...] = Field(default=(), description="filled bins of the calibration error, from the lowest")
    tokens: dict[str, float | None] = Field(description="sums and means of billed tokens")
    not_scored: dict[str, str] = Field(default_factory=dict, description="why, by metric without a value")
    level: float = Field(default=0.95, description="of the intervals")
    resamples: int = Field(default=0, description="of the bootstrap over papers")
    seed: int = Field(default=0, description="of the bootstrap")


@dataclass(frozen=True)
class Coverage:
    """What became of a model's answers, one an item and repeat; the four kinds sum to `asked`."""

    ok: int
    not_ok: int  # a reply came, and is no answer in order: empty, refused, truncated, ambiguous, ...
    failed: int
    missing: int

    @property
    def asked(self) -> int:
        return self.ok + self.not_ok + self.failed + self.missing

    def cells(self) -> tuple[str, str, str, str]:
        """In the order of COVERAGE_HEAD."""
        return f"{self.ok} of {self.asked}", str(self.not_ok), str(self.failed), str(self.missing)

    def __str__(self) -> str:
        ok, not_ok, failed, missing = self.cells()
        return f"{ok} answers ok, {not_ok} received but not ok, {failed} failed requests, {missing} missing"


def coverage_of(statuses: Mapping[str, int]) -> Coverage:
    """Out of a result's statuses.

    >>> str(coverage_of({"ok": 9, "empty": 3, "failed_request": 12, "missing": 0}))
    '9 of 24 answers ok, 3 received but not ok, 12 failed requests, 0 missing'
    """
    named = {name: statuses.get(name, 0) for name in (OK, FAILED_REQUEST, MISSING)}
    return Coverage(named[OK], sum(statuses.values()) - sum(named.values()), named[FAILED_REQUEST], named[MISSING])


class ItemScore(Record):
    """One row of items.parquet."""

    id: str
    repeat: int
    paper_id: str
    figure_id: str
    status: str = Field(description='of the parser, or "missing"')
    answer: tuple[str, ...]
    key: tuple[str, ...]
    scores: dict[str, float] = Field(description="one column a metric in the file, named score_<metric>")
    confidence: float | None
    difficulty: float | None
    completion_tokens: int | None


def signature_line(signature: Signature) -> str:
    """The signature in one line, as a paper can print it beside a number."""
    metrics = ",".join(f"{name}:{version}" for name, version in sorted(signature.metrics.items()))
    return "|".join(
        (
            signature.benchmark,
            f"v{signature.version}",
            f"rows:{signature.logical_hash[:12]}",
            signature.config,
            signature.split,
            metrics,
            f"parser:{signature.parser}",
            f"prompt:{(signature.prompt_hash or 'unknown')[:12]}",
            f"model:{signature.model}",
        )
    )


def differences(one: Signature, other: Signature) -> tuple[str, ...]:
    """What keeps two numbers from standing side by side, in words; empty where they are comparable."""
    mine, theirs = one.model_dump(), other.model_dump()
    return tuple(
        f"{name}: {mine[name]!r} against {theirs[name]!r}"
        for name in Signature.model_fields
        if name not in NOT_COMPARED and mine[name] != theirs[name]
    )


__all__ = [
    "COVERAGE_HEAD", "ITEMS_FILE", "MISSING", "NOT_COMPARED", "OK", "RESULT_FILE", "Bin", "Coverage", "Estimate", "Group",
    "ItemScore", "Result", "Signature", "coverage_of", "differences", "signature_line",
]  # fmt: skip
