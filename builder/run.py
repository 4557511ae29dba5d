"""A run over many papers: each in its own child, resumed from receipts, every paper with an outcome."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeVar

from builder.asking import Reply, Spent, Waiting
from builder.bench import Bench, Source
from builder.edges.calls import Asker, Desk
from builder.edges.engine import Failure, Limits, run_isolated
from builder.edges.fence import Fence
from builder.edges.store import Receipt, Store
from builder.errors import CannotRead
from builder.pipeline import STAGES, Stage, code_version, count, cut
from builder.recipe import Recipe
from builder.records import Dropped, Paper, Record, StageCount, digest
from builder.stages.ingest import PaperRow
from builder.stages.rights import Policy

R = TypeVar("R", bound=Record)
_FAILED = "failed"  # receipt of a paper that passed a limit, so that running again does not spend the time again
_REMEMBERED = frozenset({"timeout", "out-of-memory"})  # under the same limits; a crash may have been the machine's: tried again


@dataclass(frozen=True)
class Task:
    """What a child needs to cut one paper."""

    source: Source
    recipe: Recipe
    policy: Policy
    work: Path
    stages: tuple[str, ...]
    unanswered: dict[str, Reply] = field(default_factory=dict)  # questions that got no answer in this run, by hash
    seconds: dict[str, float] = field(default_factory=dict)  # that earlier children of this run spent on it, by stage


@dataclass(frozen=True)
class Cutting:
    """What a child brings back of a paper that is done: its receipts, and the seconds each stage took in this run."""

    receipts: tuple[Receipt, ...]
    seconds: dict[str, float]


@dataclass(frozen=True)
class PaperOutcome:
    """One paper's receipts, or the drop that stands for it."""

    file: str
    receipts: tuple[Receipt, ...] = ()
    dropped: Dropped | None = None
    reused: bool = False  # nothing had to be computed
    sha256: str = ""  # of the file; empty where it could not be read
    failed: bool = False  # its child was stopped or died
    seconds: dict[str, float] = field(default_factory=dict)  # by stage, in this run; "timeout": the limit it was stopped at

    @property
    def refusal(self) -> Dropped | None:
        """Why nothing was cut from the paper, or None."""
        if self.dropped or not self.receipts or not self.receipts[0].dropped:
            return self.dropped
        return Dropped.model_validate(self.receipts[0].dropped[0])

    @property
    def name(self) -> Literal["ok", "dropped", "failed"]:
        return "failed" if self.failed else "dropped" if self.refusal else "ok"

    def records(self, stage: Stage, kind: type[R]) -> tuple[R, ...]:
        """What the stage handed on of this paper."""
        raws = (raw for receipt in self.receipts if receipt.stage == stage.name for raw in receipt.records)
        return tuple(record for record in map(stage.hands_on.model_validate, raws) if isinstance(record, kind))


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
        return count([o.receipts for o in self.outcomes if not o.dropped], failed, self.stages)

    @property
    def dropped(self) -> tuple[Dropped, ...]:
        whole = [o.dropped for o in self.outcomes if o.dropped]
        raws = (raw for o in self.outcomes if not o.dropped for receipt in o.receipts for raw in receipt.dropped)
        return (*whole, *map(Dropped.model_validate, raws))

    def stage(self, name: str) -> Stage:
        return next(stage for stage in self.stages if stage.name == name)

    def records(self, name: str, kind: type[R]) -> tuple[R, ...]:
        """What a stage handed on, over all papers that were kept; nothing where the recipe does not run it."""
        if name not in {stage.name for stage in self.stages}:
            return ()
        return tuple(record for o in self.outcomes if not o.dropped for record in o.records(self.stage(name), kind))

    def final(self, last: str, before: str, kind: type[R]) -> tuple[R, ...]:
        """What stage `last` handed on, or the one `before` where the recipe leaves `last` out."""
        return self.records(last if last in {stage.name for stage in self.stages} else before, kind)

    @property
    def reused(self) -> int:
        return sum(outcome.reused for outcome in self.outcomes)


def run(
    papers: Sequence[tuple[Path, PaperRow | None]],
    recipe: Recipe,
    policy: Policy,
    store: Store,
    stages: tuple[Stage, ...],
    *,
    jobs: int,
    limits: Limits,
    progress: Callable[[PaperOutcome], None],
    waits: Callable[[Task, Waiting], None] = lambda _, __: None,
    asker: Asker | None = None,
) -> Run:
    """Cut every paper and tell `progress` of each as it is done, `waits` of each that waits.

    A paper whose stage needs a model's replies waits; when all papers are done or waiting, this process asks, and the papers
    that waited go on. Raises AskingStopped when that cannot be. A dry run hands its own `asker`.
    """
    done: dict[int, PaperOutcome] = {}
    todo: list[tuple[int, Task]] = []
    names = tuple(stage.name for stage in stages)
    for index, (source, outcome) in enumerate(_sources(papers)):
        if source:
            task = Task(source, recipe, policy, store.root, names)
            outcome = _resumed(task, store, stages, limits)
            if outcome is None:
                todo.append((index, task))
        if outcome:
            done[index] = outcome
            progress(outcome)
    desk = asker or Desk(store, recipe.models, recipe.asking)
    while todo:
        waiting: list[tuple[int, Task, Waiting]] = []
        for (index, task), result in _cut_all(todo, jobs, limits):
            if isinstance(result, Waiting):
                waiting.append((index, replace(task, seconds=result.seconds), result))
                waits(task, result)
                continue
            done[index] = _settled(task, result, store, stages, limits)
            progress(done[index])
        todo = _answered(waiting, desk)
    return Run(stages, _without_twins([done[index] for index in sorted(done)]), desk.spent, desk.stopped)


def _answered(waiting: Sequence[tuple[int, Task, Waiting]], desk: Asker) -> list[tuple[int, Task]]:
    """The papers that waited, ready to go on: each of their questions has a reply on disk or is known to have none."""
    lost = desk.answer([question for _, _, waits in waiting for question in waits.questions])
    ready = []
    for index, task, waits in waiting:
        mine = {q.hash: lost[q.hash] for q in waits.questions if q.hash in lost}
        ready.append((index, replace(task, unanswered={**task.unanswered, **mine})))
    return ready


def _sources(papers: Sequence[tuple[Path, PaperRow | None]]) -> Iterator[tuple[Source | None, PaperOutcome | None]]:
    seen: dict[str, str] = {}
    for path, row in papers:
        try:
            sha = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            yield None, _whole_drop(path.name, "unreadable-file", error.strerror or str(error))
            continue
        if sha in seen:
            yield None, _whole_drop(path.name, "duplicate-file", f"same bytes as {seen[sha]}", sha256=sha)
            continue
        seen[sha] = path.name
        yield Source(path, sha, row), None


def _whole_drop(file: str, reason: str, detail: str, *, reused: bool = False, sha256: str = "") -> PaperOutcome:
    dropped = Dropped(record_id=file, stage="ingest", reason=reason, detail=detail)
    return PaperOutcome(file, dropped=dropped, reused=reused, sha256=sha256)


def _resumed(task: Task, store: Store, stages: Sequence[Stage], limits: Limits) -> PaperOutcome | None:
    bench = Bench(task.source, task.recipe, task.policy, store)
    receipts = cut(bench, stages, resume_only=True)
    if receipts is not None:
        return PaperOutcome(task.source.path.name, receipts, reused=True, sha256=task.source.sha256)
    failed = store.receipt(task.source.sha256, _FAILED, _failure_key(task, limits))
    if failed:
        drop = Dropped.model_validate(failed.dropped[0])
        told = _whole_drop(task.source.path.name, drop.reason, drop.detail, reused=True, sha256=task.source.sha256)
        return replace(told, failed=True)
    return None


def _failure_key(task: Task, limits: Limits) -> str:
    return digest([_FAILED, code_version(), task.source.sha256, task.recipe.hash, limits.seconds, limits.memory_mib])


def _cut_all(
    todo: Sequence[tuple[int, Task]], jobs: int, limits: Limits
) -> Iterator[tuple[tuple[int, Task], Cutting | Waiting | Failure]]:
    if not todo:
        return
    tasks = [task for _, task in todo]
    fence = Fence(tuple({task.source.path.resolve().parent for task in tasks}), (tasks[0].work.resolve(),))
    for (index, task), outcome in zip(todo, run_isolated(cut_one, tasks, jobs=jobs, limits=limits, fence=fence), strict=True):
        yield (index, task), outcome.result


def cut_one(task: Task) -> Cutting | Waiting:
    """The child's whole work: one paper through its stages, each receipt durable before the next stage starts.

    A stage that waits for a model ends the child's work; the next child takes up the receipts and goes on there.
    """
    stages = [stage for stage in STAGES if stage.name in task.stages]
    bench = Bench(task.source, task.recipe, task.policy, Store(task.work), task.unanswered)
    bench.seconds.update(task.seconds)
    try:
        receipts = cut(bench, stages)
    except Waiting as waits:
        waits.seconds = bench.seconds
        return waits
    assert receipts is not None
    return Cutting(receipts, bench.seconds)


def _settled(task: Task, result: Cutting | Failure, store: Store, stages: Sequence[Stage], limits: Limits) -> PaperOutcome:
    if not isinstance(result, Failure):
        store.forget_failed(task.source.sha256)
        return PaperOutcome(task.source.path.name, result.receipts, sha256=task.source.sha256, seconds=result.seconds)
    seconds = task.seconds | ({"timeout": float(limits.seconds)} if result.reason == "timeout" else {})
    outcome = _whole_drop(task.source.path.name, result.reason, result.detail, sha256=task.source.sha256)
    outcome = replace(outcome, failed=True, seconds=seconds)
    assert outcome.dropped
    store.keep_failed(task.source.path, task.source.sha256, {"reason": result.reason, "detail": result.detail})
    if result.reason in _REMEMBERED:
        raw = outcome.dropped.model_dump(mode="json")
        store.put_receipt(task.source.sha256, Receipt(_FAILED, _failure_key(task, limits), (), (), (), (raw,)))
    return outcome


def _without_twins(outcomes: list[PaperOutcome]) -> list[PaperOutcome]:
    """Two files with one DOI are one paper: the first one stays."""
    first: dict[str, str] = {}
    kept: list[PaperOutcome] = []
    for outcome in outcomes:
        papers = [Paper.model_validate(raw) for r in outcome.receipts if r.stage == "ingest" for raw in r.records]
        if papers and papers[0].id in first:
            detail = f"the same paper as {first[papers[0].id]} ({papers[0].id})"
            twin = _whole_drop(outcome.file, "duplicate-paper", detail, reused=outcome.reused, sha256=outcome.sha256)
            kept.append(replace(twin, seconds=outcome.seconds))
            continue
        first.update({paper.id: outcome.file for paper in papers})
        kept.append(outcome)
    return kept


def read_at_least_one(done: Run) -> None:
    """Raises CannotRead when every paper was refused."""
    if all(o.dropped or not o.receipts[0].kept for o in done.outcomes):
        raise CannotRead("--papers", "no paper could be read", "see the outcome of each file above")
