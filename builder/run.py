"""A run over many papers: each in its own child, resumed from receipts, every paper with an outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, TypeVar

from builder.asking import Reply, Waiting
from builder.bench import Bench, ChangedMeanwhile, Source
from builder.edges.calls import Asker, Desk
from builder.edges.engine import Failure, Limits, Outcome
from builder.edges.fence import Fence
from builder.edges.fetching import why_missing
from builder.edges.settled import Ledger, Settled, ledger_of
from builder.edges.store import Receipt, Store, cannot_write, legible, make_durable_folder
from builder.errors import CannotRead
from builder.outcomes import PaperOutcome, Run
from builder.pipeline import STAGES, LostRecord, Stage, blobs_of, cut, grounds_of, tally_of, unchanged
from builder.recipe import Recipe
from builder.records import Dropped, Paper, Record, digest
from builder.stages.ingest import PaperRow
from builder.stages.rights import Policy

R = TypeVar("R", bound=Record)
T = TypeVar("T")
Result = TypeVar("Result")
_MOST_BYTES = 2**31  # of a paper: beyond it hashing alone takes minutes, and no child could hold it
_FAILED = "failed"  # receipt of a paper that passed a limit, so that running again does not spend the time again
_REMEMBERED = frozenset({"timeout", "out-of-memory"})  # under the same limits; a crash may have been the machine's: tried again


@dataclass(frozen=True)
class Task:
    """What a child needs to cut one paper."""

    source: Source
    recipe: Recipe
    policy: Policy
    work: Path
    place: int  # among the papers of the run
    stages: tuple[str, ...]
    grounds: Mapping[str, str]  # what the receipts of each stage depend on beside the paper
    unanswered: dict[str, Reply] = field(default_factory=dict)  # questions that got no answer in this run, by hash
    seconds: dict[str, float] = field(default_factory=dict)  # that earlier children of this run spent on it, by stage
    asked: tuple[str, ...] = ()  # hashes of all its questions in this run


@dataclass(frozen=True)
class Cutting:
    """What a child brings back of a paper that is done: its receipts, and the seconds each stage took in this run."""

    receipts: tuple[Receipt, ...]
    seconds: dict[str, float]
    unsaved: frozenset[str] = frozenset()  # stages whose receipts are in no work folder


class Engine(Protocol):
    """Where papers are cut: on this machine, or on a cluster."""

    def outcomes(
        self, function: Callable[[Task], Result], tasks: Sequence[Task], limits: Limits, fence: Fence
    ) -> Iterator[Outcome[Task, Result]]:
        """One outcome for each task whatever happens to it, each as it is done; few of them in memory at a time."""


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
    waits: Callable[[Task, Waiting], None] = lambda _, __: None,
    asker: Asker | None = None,
) -> Run:
    """Cut every paper and tell `progress` of each as it is done, `waits` of each that waits.

    A paper whose stage needs a model's replies waits; when all papers are done or waiting, this process asks, and the papers
    that waited go on. Raises AskingStopped when that cannot be. A dry run hands its own `asker`.
    """
    desk = asker or Desk(store, recipe.models, recipe.asking)
    done: dict[int, PaperOutcome] = {}
    todo: list[Task] = []
    names = tuple(stage.name for stage in stages)
    with ledger_of(store) as ledger:
        grounds = dict(grounds_of(recipe, policy, ledger.code_versions()))
        work = _Work(store, stages, limits, ledger)
        for index, (source, outcome) in enumerate(_sources(papers, ledger.sha256_of)):
            if source:
                task = Task(source, recipe, policy, store.root.absolute(), index, names, grounds)
                outcome = work.resumed(task)
                if outcome is None:
                    todo.append(task)
            if outcome:
                done[index] = outcome
                progress(outcome)
        ledger.keep()
        while todo:
            waiting: dict[int, tuple[Task, Waiting]] = {}
            for task, result in _cut_all(todo, engine, limits):
                if isinstance(result, Waiting):
                    waiting[task.place] = replace(task, seconds=result.seconds), result
                    waits(task, result)
                    continue
                done[task.place] = work.settled(task, result)
                progress(done[task.place])
            todo = _answered([waiting[place] for place in sorted(waiting)], desk)
    return Run(stages, _without_twins([done[index] for index in sorted(done)]), desk.spent, desk.stopped)


def _answered(waiting: Sequence[tuple[Task, Waiting]], desk: Asker) -> list[Task]:
    """The papers that waited, ready to go on: each of their questions has a reply on disk or is known to have none."""
    lost = desk.answer([question for _, waits in waiting for question in waits.questions])
    ready = []
    for task, waits in waiting:
        mine = {q.hash: lost[q.hash] for q in waits.questions if q.hash in lost}
        asked = (*task.asked, *(q.hash for q in waits.questions))
        ready.append(replace(task, unanswered={**task.unanswered, **mine}, asked=asked))
    return ready


def _sources(
    papers: Sequence[tuple[Path, PaperRow | None]], hashed: Callable[[Path], str]
) -> Iterator[tuple[Source | None, PaperOutcome | None]]:
    seen: dict[str, str] = {}
    for path, row in papers:
        try:
            size = path.stat().st_size
            if size > _MOST_BYTES:
                yield None, _whole_drop(legible(path), "too-large", f"{size:,} bytes; at most {_MOST_BYTES:,} are read")
                continue
            sha = hashed(path)
        except OSError as error:
            yield None, _whole_drop(legible(path), "unreadable-file", why_missing(path) or error.strerror or str(error))
            continue
        if sha in seen:
            yield None, _whole_drop(legible(path), "duplicate-file", f"same bytes as {seen[sha]}", sha256=sha)
            continue
        seen[sha] = legible(path)
        yield Source(path.absolute(), sha, row), None


def _whole_drop(file: str, reason: str, detail: str, *, reused: bool = False, sha256: str = "") -> PaperOutcome:
    dropped = Dropped(record_id=file, stage="ingest", reason=reason, detail=detail)
    return PaperOutcome(file, dropped=dropped, reused=reused, sha256=sha256)


@dataclass(frozen=True)
class _Work:
    """The work folder of a run: what is settled in it, and what is being settled."""

    store: Store
    stages: Sequence[Stage]
    limits: Limits
    ledger: Ledger

    def resumed(self, task: Task) -> PaperOutcome | None:
        """The paper as an earlier run left it; None where something of it is to be done."""
        bench = Bench(task.source, task.recipe, task.policy, self.store)
        known = self.ledger.get(task.source.sha256, task.stages)
        if known and unchanged(bench, self.stages, known.tallies, task.grounds):
            return self._outcome(task, known, reused=True)
        receipts = cut(bench, self.stages, task.grounds, resume_only=True)
        if receipts is not None:
            return self._outcome(task, self._kept(task, receipts), reused=True)
        failed = self.store.receipt(task.source.sha256, _FAILED, self._failure_key(task))
        if failed:
            drop = Dropped.model_validate(failed.dropped[0])
            told = _whole_drop(task.source.name, drop.reason, drop.detail, reused=True, sha256=task.source.sha256)
            return replace(told, failed=True)
        return None

    def settled(self, task: Task, result: Cutting | Failure) -> PaperOutcome:
        """The paper as its child left it."""
        if isinstance(result, Failure):
            return self._failed(task, result)
        self.store.forget_failed(task.source.sha256)
        if not result.unsaved:
            return replace(self._outcome(task, self._kept(task, result.receipts)), seconds=result.seconds)
        unsaved = {receipt.stage: receipt for receipt in result.receipts if receipt.stage in result.unsaved}
        return replace(self._outcome(task, _settled(result.receipts)), seconds=result.seconds, unsaved=unsaved)

    def _kept(self, task: Task, receipts: Sequence[Receipt]) -> Settled:
        settled = _settled(receipts)
        self.ledger.put(task.source.sha256, task.stages, settled, [sha for receipt in receipts for sha in blobs_of(receipt)])
        return settled

    def _outcome(self, task: Task, settled: Settled, *, reused: bool = False) -> PaperOutcome:
        return PaperOutcome(
            task.source.name,
            settled.tallies,
            refused=settled.refused,
            paper_id=settled.paper_id,
            disagreements=settled.disagreements,
            reused=reused,
            sha256=task.source.sha256,
            store=self.store,
        )

    def _failed(self, task: Task, result: Failure) -> PaperOutcome:
        seconds = task.seconds | ({result.reason: round(result.seconds, 3)} if result.seconds else {})
        outcome = _whole_drop(task.source.name, result.reason, result.detail, sha256=task.source.sha256)
        outcome = replace(outcome, failed=True, seconds=seconds)
        assert outcome.dropped
        if result.reason != "changed-meanwhile":  # what lies there now is no evidence of it
            self.store.keep_failed(task.source.path, task.source.sha256, {"reason": result.reason, "detail": result.detail})
        if result.reason in _REMEMBERED:
            raw = outcome.dropped.model_dump(mode="json")
            self.store.put_receipt(task.source.sha256, Receipt(_FAILED, self._failure_key(task), (), (), (), (raw,)))
        return outcome

    def _failure_key(self, task: Task) -> str:
        limits = self.limits
        grounds = [task.grounds[stage] for stage in task.stages]  # any of them may have taken it all
        return digest([_FAILED, grounds, task.source.sha256, limits.seconds, limits.memory_mib])


def _settled(receipts: Sequence[Receipt]) -> Settled:
    ingest = receipts[0]
    paper = Paper.model_validate(ingest.records[0]) if ingest.records else None
    return Settled(
        tuple(map(tally_of, receipts)),
        paper.id if paper else "",
        Dropped.model_validate(ingest.dropped[0]) if ingest.dropped else None,
        paper.disagreements if paper else (),
    )


def _cut_all(tasks: Sequence[Task], engine: Engine, limits: Limits) -> Iterator[tuple[Task, Cutting | Waiting | Failure]]:
    """Each task with what came of it. Raises LostRecord where an engine leaves one out."""
    work = tasks[0].work.resolve()
    folders = {task.source.path.resolve().parent for task in tasks}
    outside = sorted(folder for folder in folders if not folder.is_relative_to(work))
    fence = Fence((work, *outside), Store(work).open_to_children)
    for folder in Store(work).open_to_children:
        with cannot_write(folder):
            make_durable_folder(folder)  # before a child makes it, which would not see that it outlives a loss of power
    left = {task.place for task in tasks}
    for outcome in engine.outcomes(cut_one, tasks, limits, fence):
        left.remove(outcome.task.place)
        yield outcome.task, outcome.result
    if left:
        raise LostRecord(f"{len(left)} papers have no outcome: {sorted(left)[:5]}")


def cut_one(task: Task) -> Cutting | Waiting | Failure:
    """The child's whole work: one paper through its stages, each receipt durable before the next stage starts.

    A stage that waits for a model ends the child's work; the next child takes up the receipts and goes on there.
    """
    stages = [stage for stage in STAGES if stage.name in task.stages]
    bench = Bench(task.source, task.recipe, task.policy, Store(task.work), task.unanswered)
    bench.seconds.update(task.seconds)
    try:
        receipts = cut(bench, stages, task.grounds)
    except Waiting as waits:
        waits.seconds = bench.seconds
        return waits
    except ChangedMeanwhile as error:
        return Failure("changed-meanwhile", f"{error}; run again")
    assert receipts is not None
    return Cutting(receipts, bench.seconds, frozenset(bench.unsaved))


def _without_twins(outcomes: list[PaperOutcome]) -> list[PaperOutcome]:
    """Two files with one DOI are one paper: the first one stays."""
    first: dict[str, str] = {}
    kept: list[PaperOutcome] = []
    for outcome in outcomes:
        if outcome.paper_id in first:
            detail = f"the same paper as {first[outcome.paper_id]} ({outcome.paper_id})"
            twin = _whole_drop(outcome.file, "duplicate-paper", detail, reused=outcome.reused, sha256=outcome.sha256)
            kept.append(replace(twin, seconds=outcome.seconds))
            continue
        if outcome.paper_id:
            first[outcome.paper_id] = outcome.file
        kept.append(outcome)
    return kept


def read_at_least_one(done: Run) -> None:
    """Raises CannotRead when every paper was refused."""
    if all(o.refusal for o in done.outcomes):
        raise CannotRead("--papers", "no paper could be read", "see the outcome of each file above")
