"""What a run shows while it goes: a bar on a terminal or a line now and then, and every event in the work folder's log."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NoReturn

from tqdm import tqdm

from builder import __version__
from builder.asking import Question, Reply, Waiting
from builder.drops_told import Look, no_look
from builder.edges.calls import Desk
from builder.edges.release_folder import Written
from builder.edges.run_log import RunLog, exit_name
from builder.edges.store import Store
from builder.errors import CannotWrite, MicrotomeError
from builder.outcomes import PaperOutcome, Run
from builder.pipeline import Stage
from builder.recipe import Recipe
from builder.records import StageCount
from builder.reporting.run_status import counted, duration, shown
from builder.run import Task
from builder.run_told import Built, write_report

EVERY_SECONDS = 30.0  # a line, where the standard error is no terminal


class Progress:
    """Told of papers, questions and replies as they come; tells the terminal and the log."""

    def __init__(self, log: RunLog, recipe: Recipe, command: str) -> None:
        self.log, self.recipe, self.command = log, recipe, command
        self.done: Run | None = None
        self.written: Written | None = None
        self.look: Look = no_look
        self.counts, self.usd, self.reused = Counter[str](), 0.0, 0
        self.questions = self.replies = 0
        self.committed: Callable[[], tuple[int, float]] = lambda: (0, 0.0)  # as the desk has it
        self.bar: tqdm[NoReturn] | None = None
        self.total, self.started, self.told = 0, time.monotonic(), time.monotonic()

    @contextmanager
    def papers(self, total: int, jobs: int, stages: tuple[Stage, ...]) -> Iterator[None]:
        """Over the papers of a run. Raises CannotWrite where the log cannot be written."""
        paid = _paid(self.committed()) if self.recipe.models else {}
        self.log.write(
            "run-started",
            **paid,
            command=self.command,
            builder_version=__version__,
            recipe=self.recipe.identity.name,
            recipe_hash=self.recipe.hash,
            papers=total,
            jobs=jobs,
            max_tokens=self.recipe.asking.max_tokens if self.recipe.models else None,
            max_usd=self.recipe.asking.max_usd,
        )
        self.done = Run(stages)
        self.total, self.started, self.told = total, time.monotonic(), time.monotonic()
        if not sys.stderr.isatty():
            yield
            return
        with tqdm(total=total, unit="paper", file=sys.stderr, dynamic_ncols=True) as bar:
            self.bar = bar
            yield
        self.bar = None

    @contextmanager
    def reported(self, store: Store, version: str, tier: str) -> Iterator[None]:
        """Over a build: its report is in the work folder however it ends, short of a kill. Raises CannotWrite."""
        try:
            yield
        except (MicrotomeError, KeyboardInterrupt) as error:
            if self.done:
                with suppress(CannotWrite):  # on a full disk the first error is the one to tell
                    write_report(self.done, store, Built(version, tier, exit=exit_name(error)))
            raise
        if self.done:
            write_report(self.done, store, Built(version, tier, self.written), self.look)

    def paper(self, outcome: PaperOutcome) -> None:
        if self.done is not None:
            self.done.outcomes.append(outcome)
        said = outcome.refusal
        self.counts[outcome.name] += 1
        self.log.write(
            "paper-done",
            file=outcome.file,
            sha256=outcome.sha256 or None,
            outcome=outcome.name,
            reason=said.reason if said else None,
            reused=outcome.reused,
            seconds=None if outcome.reused else round(sum(outcome.seconds.values()), 3),
            stages={stage: round(seconds, 3) for stage, seconds in outcome.seconds.items()} or None,
        )
        if said:
            self.say(f"{shown(outcome.file)}: {shown(f'{said.reason} ({said.detail})')}")
        for disagreement in outcome.disagreements:
            self.say(f"{shown(outcome.file)}: {shown(disagreement)}")
        self.reused += outcome.reused
        if self.bar is not None:
            self.bar.initial += outcome.reused  # they took no time, and say nothing of the rate
            self.bar.update()
        self._tick()

    def waits(self, task: Task, waiting: Waiting) -> None:
        self.log.write(
            "paper-waiting",
            file=task.source.name,
            sha256=task.source.sha256,
            questions=len(waiting.questions),
            stages={stage: round(seconds, 3) for stage, seconds in waiting.seconds.items()},
        )

    def asking(self, questions: int, committed: tuple[int, float]) -> None:
        self.questions, self.replies = questions, 0
        self.log.write("asking-started", questions=questions, **_paid(committed))

    def reply(self, reply: Reply, committed: tuple[int, float]) -> None:
        self.replies += 1
        self.usd += reply.usage.usd or 0.0
        self.log.write(
            "reply",
            question=reply.hash,
            stage=reply.stage,
            model=reply.model_asked,
            outcome=reply.outcome,
            prompt_tokens=reply.usage.prompt_tokens,
            completion_tokens=reply.usage.completion_tokens,
            usd=reply.usage.usd,
            **_paid(committed),
        )
        self._tick()

    def asked(self, committed: tuple[int, float]) -> None:
        self.questions = self.replies = 0
        self.log.write("asking-ended", **_paid(committed))

    def assembling(self) -> None:
        self.log.write("assembling-started")

    def say(self, line: str) -> None:
        """One line, above the bar where there is one."""
        if self.bar is not None:
            self.bar.write(line, file=sys.stderr)
        else:
            print(line, file=sys.stderr)

    def line(self) -> str:
        """How far the run is."""
        spent = f", {self.usd:.2f} USD" if self.usd else ""
        asked = f"; asking, {self.replies:,} of {self.questions:,}" if self.questions else ""
        return f"{counted(dict(self.counts)) or 'none done'}{spent}{asked}"

    def _tick(self) -> None:
        if self.bar is not None:
            self.bar.set_postfix_str(self.line())
            return
        now = time.monotonic()
        if now - self.told < EVERY_SECONDS:
            return
        self.told, done = now, self.counts.total()
        rate = (done - self.reused) / (now - self.started)
        left = f", about {duration((self.total - done) / rate)} left" if rate and done < self.total else ""
        self.say(f"{done:,} of {self.total:,} papers, {60 * rate:.1f} a minute{left}: {self.line()}")


class WatchedDesk(Desk):
    """A desk whose asking is seen."""

    def __init__(self, store: Store, recipe: Recipe, progress: Progress) -> None:
        super().__init__(store, recipe.models, recipe.asking, heard=self._tell)
        self._progress = progress
        progress.committed = lambda: self.committed

    def _tell(self, reply: Reply) -> None:
        self._progress.reply(reply, self.committed)

    def _ask_all(self, todo: Sequence[Question]) -> None:
        if not todo:
            return
        self._progress.asking(len(todo), self.committed)
        try:
            super()._ask_all(todo)
        finally:
            self._progress.asked(self.committed)


def attrition_table(counts: Sequence[StageCount]) -> str:
    """What each stage read, kept, made and dropped, as lines of text."""
    lines = [f"{'stage':<18}{'unit':<10}{'read':>7}{'kept':>7}{'made':>7}  dropped"]
    for c in counts:
        reasons = ", ".join(f"{n} {reason}" for reason, n in sorted(c.dropped.items(), key=lambda item: (-item[1], item[0])))
        lines.append(f"{c.stage:<18}{c.unit:<10}{c.read:>7}{c.kept:>7}{c.made:>7}  {reasons}")
    return "\n".join(lines)


def _paid(committed: tuple[int, float]) -> dict[str, object]:
    return {"committed_tokens": committed[0], "committed_usd": round(committed[1], 8)}


__all__ = ["EVERY_SECONDS", "Progress", "WatchedDesk", "attrition_table"]
