"""A run over many papers: each in its own child, resumed from receipts, every paper with an outcome."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, TypeVar

from builder.asking import Reply, Spent, Waiting
from builder.bench import Bench, Source
from builder.edges.calls import Asker, Desk
from builder.edges.engine import Failure, Limits, Outcome
from builder.edges.fence import Fence
from builder.edges.fetching import why_missing
from builder.edges.store import Receipt, Store
from builder.errors import CannotRead
from builder.pipeline import STAGES, Stage, code_version, count, cut
from builder.recipe import Recipe
from builder.records import Dropped, Paper, Record, StageCount, digest
from builder.stages.ingest import PaperRow
from builder.stages.rights import Policy

R = TypeVar("R", bound=Record)
Result = TypeVar("Result")
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
    asked: tuple[str, ...] = ()  # hashes of all its questions in this run


class Engine(Protocol):
    """Where papers are cut: on this machine, or on a cluster."""

    def outcomes(
        self, function: Callable[[Task], Result], tasks: Sequence[Task], limits: Limits, fence: Fence
    ) -> Iterator[Outcome[Task, Result]]:
        """One outcome for each task whatever happens to it, in the order of the tasks; few of them in memory at a time."""


@dataclass(frozen=True)
class PaperOutcome:
    """One paper's receipts, or the drop that stands for it."""

    file: str
    receipts: tuple[Receipt, ...] = ()
    dropped: Dropped | None = None
    reused: bool = False  # nothing had to be computed

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
    engine: Engine,
    limits: Limits,
    progress: Callable[[PaperOutcome], None],
    asker: Asker | None = None,
) -> Run:
    """Cut every paper and tell `progress` of each as it is done.

    A paper whose stage needs a model's replies waits; when all papers are done or waiting, this process asks, and the papers
    that waited go on. Raises AskingStopped when that cannot be. A dry run hands its own `asker`.
    """
    done: dict[int, PaperOutcome] = {}
    todo: list[tuple[int, Task]] = []
    names = tuple(stage.name for stage in stages)
    for index, (source, outcome) in enumerate(_sources(papers)):
        if source:
            task = Task(source, recipe, policy, store.root.absolute(), names)
            outcome = _resumed(task, store, stages, limits)
            if outcome is None:
                todo.append((index, task))
        if outcome:
            done[index] = outcome
            progress(outcome)
    desk = asker or Desk(store, recipe.models, recipe.asking)
    while todo:
        waiting: list[tuple[int, Task, Waiting]] = []
        for (index, task), result in _cut_all(todo, engine, limits):
            if isinstance(result, Waiting):
                waiting.append((index, task, result))
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
        asked = (*task.asked, *(q.hash for q in waits.questions))
        ready.append((index, replace(task, unanswered={**task.unanswered, **mine}, asked=asked)))
    return ready


def _sources(papers: Sequence[tuple[Path, PaperRow | None]]) -> Iterator[tuple[Source | None, PaperOutcome | None]]:
    seen: dict[str, str] = {}
    for path, row in papers:
        try:
            sha = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            yield None, _whole_drop(path.name, "unreadable-file", why_missing(path) or error.strerror or str(error))
            continue
        if sha in seen:
            yield None, _whole_drop(path.name, "duplicate-file", f"same bytes as {seen[sha]}")
            continue
        seen[sha] = path.name
        yield Source(path.absolute(), sha, row), None


def _whole_drop(file: str, reason: str, detail: str, *, reused: bool = False) -> PaperOutcome:
    return PaperOutcome(file, dropped=Dropped(record_id=file, stage="ingest", reason=reason, detail=detail), reused=reused)


def _resumed(task: Task, store: Store, stages: Sequence[Stage], limits: Limits) -> PaperOutcome | None:
    bench = Bench(task.source, task.recipe, task.policy, store)
    receipts = cut(bench, stages, resume_only=True)
    if receipts is not None:
        return PaperOutcome(task.source.path.name, receipts, reused=True)
    failed = store.receipt(task.source.sha256, _FAILED, _failure_key(task, limits))
    if failed:
        drop = Dropped.model_validate(failed.dropped[0])
        return _whole_drop(task.source.path.name, drop.reason, drop.detail, reused=True)
    return None


def _failure_key(task: Task, limits: Limits) -> str:
    return digest([_FAILED, code_version(), task.source.sha256, task.recipe.hash, limits.seconds, limits.memory_mib])


def _cut_all(
    todo: Sequence[tuple[int, Task]], engine: Engine, limits: Limits
) -> Iterator[tuple[tuple[int, Task], tuple[Receipt, ...] | Waiting | Failure]]:
    if not todo:
        return
    tasks = [task for _, task in todo]
    work = tasks[0].work.resolve()
    folders = {task.source.path.resolve().parent for task in tasks}
    fence = Fence(tuple(sorted(folder for folder in folders if not folder.is_relative_to(work))), (work,))
    for (index, task), outcome in zip(todo, engine.outcomes(cut_one, tasks, limits, fence), strict=True):
        yield (index, task), outcome.result


def cut_one(task: Task) -> tuple[Receipt, ...] | Waiting:
    """The child's whole work: one paper through its stages, each receipt durable before the next stage starts.

    A stage that waits for a model ends the child's work; the next child takes up the receipts and goes on there.
    """
    stages = [stage for stage in STAGES if stage.name in task.stages]
    try:
        receipts = cut(Bench(task.source, task.recipe, task.policy, Store(task.work), task.unanswered), stages)
    except Waiting as waits:
        return waits
    assert receipts is not None
    return receipts


def _settled(
    task: Task, result: tuple[Receipt, ...] | Failure, store: Store, stages: Sequence[Stage], limits: Limits
) -> PaperOutcome:
    if not isinstance(result, Failure):
        store.forget_failed(task.source.sha256)
        return PaperOutcome(task.source.path.name, result)
    outcome = _whole_drop(task.source.path.name, result.reason, result.detail)
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
            kept.append(_whole_drop(outcome.file, "duplicate-paper", detail, reused=outcome.reused))
            continue
        first.update({paper.id: outcome.file for paper in papers})
        kept.append(outcome)
    return kept


def read_at_least_one(done: Run) -> None:
    """Raises CannotRead when every paper was refused."""
    if all(o.dropped or not o.receipts[0].kept for o in done.outcomes):
        raise CannotRead("--papers", "no paper could be read", "see the outcome of each file above")
