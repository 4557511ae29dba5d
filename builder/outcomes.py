"""What a run came to: each paper's outcome in numbers, and its records as they are asked for, a paper at a time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from typing import Literal, TypeVar

from builder.asking import Spent
from builder.edges.store import Receipt, Store
from builder.pipeline import Stage, Tally, count
from builder.records import Dropped, Record, StageCount
from builder.release.shelf import OnDemand

R = TypeVar("R", bound=Record)
T = TypeVar("T")


@dataclass(frozen=True)
class PaperOutcome:
    """One paper's stages in numbers, or the drop that stands for it. Records are read from the work folder when asked for."""

    file: str
    tallies: tuple[Tally, ...] = ()
    dropped: Dropped | None = None
    refused: Dropped | None = None  # at ingest
    paper_id: str = ""
    disagreements: tuple[str, ...] = ()  # where PDF and papers.csv differ
    reused: bool = False  # nothing had to be computed
    sha256: str = ""  # of the file; empty where it could not be read
    failed: bool = False  # its child was stopped or died
    seconds: Mapping[str, float] = field(default_factory=dict)  # by stage, in this run; by the reason of a failure
    store: Store | None = field(default=None, repr=False, compare=False)
    unsaved: Mapping[str, Receipt] = field(default_factory=dict, repr=False)  # by stage: made without an answer it may yet get

    @property
    def refusal(self) -> Dropped | None:
        """Why nothing was cut from the paper, or None."""
        return self.dropped or self.refused

    @property
    def name(self) -> Literal["ok", "dropped", "failed"]:
        return "failed" if self.failed else "dropped" if self.refusal else "ok"

    def receipts(self, stage: str | None = None) -> Iterator[Receipt]:
        """Of all stages, or of one of them. Raises CannotRead where one is damaged since the run."""
        for tally in self.tallies:
            if stage in (None, tally.stage):
                assert self.store
                kept = self.unsaved.get(tally.stage)
                yield kept or self.store.receipt_there(self.sha256, tally.stage, tally.key)

    def records(self, stage: Stage, kind: type[R]) -> tuple[R, ...]:
        """What the stage handed on of this paper."""
        raws = (raw for receipt in self.receipts(stage.name) for raw in receipt.records)
        return tuple(record for record in map(stage.hands_on.model_validate, raws) if isinstance(record, kind))

    def drops(self) -> tuple[Dropped, ...]:
        """What its stages dropped, or the drop of the paper as a whole."""
        if self.dropped:
            return (self.dropped,)
        lossy = [tally.stage for tally in self.tallies if tally.dropped]
        raws = (raw for stage in lossy for receipt in self.receipts(stage) for raw in receipt.dropped)
        return tuple(map(Dropped.model_validate, raws))


class OfPapers(OnDemand[T]):
    """Records over many papers, one paper's in memory at a time: `count` of each outcome, and `load` to have them."""

    def __init__(
        self,
        outcomes: Sequence[PaperOutcome],
        count: Callable[[PaperOutcome], int],
        load: Callable[[PaperOutcome], Sequence[T]],
    ) -> None:
        self._outcomes = [outcome for outcome in outcomes if count(outcome)]
        self._ends = tuple(accumulate(map(count, self._outcomes)))
        self._load = load
        self._last: tuple[int, Sequence[T]] = (-1, ())

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _at(self, place: int) -> T:
        paper = bisect_right(self._ends, place)
        return self._of(paper)[place - (self._ends[paper - 1] if paper else 0)]

    def __iter__(self) -> Iterator[T]:
        for outcome in self._outcomes:
            yield from self._load(outcome)

    def _of(self, paper: int) -> Sequence[T]:
        if self._last[0] != paper:
            self._last = paper, self._load(self._outcomes[paper])
        return self._last[1]


@dataclass
class Run:
    """All outcomes, in the order of the papers."""

    stages: tuple[Stage, ...]
    outcomes: list[PaperOutcome] = field(default_factory=list)
    spent: Spent = Spent()
    stopped: str = ""  # why no further question was asked, where the run was finished all the same

    @property
    def attrition(self) -> tuple[StageCount, ...]:
        failed = [o.dropped for o in self.outcomes if o.dropped]
        return count([o.tallies for o in self.outcomes if not o.dropped], failed, self.stages)

    @property
    def dropped(self) -> Sequence[Dropped]:
        """Papers that were dropped as a whole first."""
        whole = sorted(self.outcomes, key=lambda outcome: outcome.dropped is None)
        return OfPapers(whole, _drop_count, PaperOutcome.drops)

    def stage(self, name: str) -> Stage:
        return next(stage for stage in self.stages if stage.name == name)

    def records(self, name: str, kind: type[R]) -> Sequence[R]:
        """What a stage handed on, over all papers that were kept; nothing where the recipe does not run it."""
        if name not in {stage.name for stage in self.stages}:
            return ()
        stage, kept = self.stage(name), [outcome for outcome in self.outcomes if not outcome.dropped]
        return OfPapers(kept, partial(_made, stage=name), lambda outcome: outcome.records(stage, kind))

    def final(self, last: str, before: str, kind: type[R]) -> Sequence[R]:
        """What stage `last` handed on, or the one `before` where the recipe leaves `last` out."""
        return self.records(last if last in {stage.name for stage in self.stages} else before, kind)

    @property
    def reused(self) -> int:
        return sum(outcome.reused for outcome in self.outcomes)


def _drop_count(outcome: PaperOutcome) -> int:
    return 1 if outcome.dropped else sum(sum(tally.dropped.values()) for tally in outcome.tallies)


def _made(outcome: PaperOutcome, stage: str) -> int:
    return sum(tally.made for tally in outcome.tallies if tally.stage == stage)


__all__ = ["OfPapers", "PaperOutcome", "Run"]
