"""How a run stands, by its log alone: papers done, rate, time left, outcomes, spending, and what was heard last."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, Field

from builder.records import Record
from builder.reporting.run_events import Event

WINDOW = timedelta(minutes=5)  # over which the rate is taken
_LEAST_SECONDS = 1.0  # from which papers or questions a second mean something

Phase = Literal["preparing", "papers", "questions", "release", "ended"]


class Status(Record):
    """A work folder's latest run."""

    run: str
    command: str
    recipe: str
    recipe_hash: str
    builder_version: str
    started: AwareDatetime
    ended: AwareDatetime | None = Field(description="None while it runs, and of a run that was killed")
    state: Literal["running", "finished", "stopped", "killed"] = Field(
        description="stopped: by an error or by its user, who was told; killed: nobody drives it and it never said it ended"
    )
    exit: str | None = Field(description="of a stopped run: name of the exit code")
    driver: str | None = Field(description="who drives it now: process, host, since when, command")
    phase: Phase
    papers: int = Field(description="files given")
    done: int
    reused: int = Field(description="of the done: unchanged since an earlier run")
    waiting: int = Field(description="papers that wait for a model's replies")
    outcomes: dict[str, int] = Field(description="of the done, by ok, dropped and failed")
    reasons: dict[str, int] = Field(description="of the dropped and failed")
    questions: int = Field(description="of the present or last round of asking")
    replies: int = Field(description="to these so far")
    unanswered: int = Field(description="questions of this run that got no answer")
    per_minute: float | None = Field(description="papers or questions, by the phase, over the last five minutes; else None")
    seconds_left: float | None = Field(description="of the present phase at that rate; None where nothing can be said")
    prompt_tokens: int = Field(description="of this run's replies, as billed")
    completion_tokens: int
    usd: float = Field(description="of this run's replies, by the recipe's prices")
    committed_tokens: int = Field(
        description="what counts against max_tokens: the whole work folder, calls in flight at their most"
    )
    committed_usd: float
    max_tokens: int | None
    max_usd: float | None
    last: Event
    seconds_since_last: float = Field(ge=0)
    unreadable_lines: int = Field(description="of the log: torn, or not an event")


class _Follower:
    """What has been heard of the run that started last."""

    def __init__(self) -> None:
        self.unreadable = 0
        self.started: Event | None = None
        self.last: Event | None = None

    def begin(self, event: Event) -> None:
        self.started = event
        self.phase: Phase = "preparing" if event.event == "driver-started" else "papers"
        self.before_asking: Phase = "papers"
        self.outcomes, self.reasons = Counter[str](), Counter[str]()
        self.reused = self.questions = self.replies = self.unanswered = 0
        self.prompt_tokens = self.completion_tokens = self.committed_tokens = 0
        self.usd = self.committed_usd = 0.0
        self.waiting: set[str] = set()
        self.ended: Event | None = None
        self.since = event.time  # from which papers or questions are counted
        self.lately: deque[datetime] = deque()

    def hear(self, event: Event) -> None:
        if event.event in {"driver-started", "run-started"}:
            self.begin(event)
        if self.started is None or event.run != self.started.run:
            return
        self.last = event
        self.committed_tokens = self.committed_tokens if event.committed_tokens is None else event.committed_tokens
        self.committed_usd = self.committed_usd if event.committed_usd is None else event.committed_usd
        match event.event:
            case "paper-done":
                self._paper(event)
            case "paper-waiting":
                self.waiting.add(event.sha256 or "")
                self.count(event.time)
            case "asking-started":
                self.before_asking = self.phase
                self._turn("questions", event.time)
                self.questions, self.replies = event.questions or 0, 0
            case "reply":
                self._reply(event)
            case "asking-ended":
                self._turn(self.before_asking, event.time)
                self.waiting.clear()
            case "assembling-started":
                self._turn("release", event.time)
            case "run-ended":
                self.ended = event

    def _paper(self, event: Event) -> None:
        self.outcomes[event.outcome or "ok"] += 1
        self.reasons.update([event.reason] if event.reason else [])
        self.waiting.discard(event.sha256 or "")
        if event.reused:
            self.reused += 1
            self.since = event.time  # those are told first, and take no time
        else:
            self.count(event.time)

    def _reply(self, event: Event) -> None:
        self.replies += 1
        self.unanswered += event.outcome == "failed"
        self.prompt_tokens += event.prompt_tokens or 0
        self.completion_tokens += event.completion_tokens or 0
        self.usd += event.usd or 0.0
        self.count(event.time)

    def _turn(self, phase: Phase, time: datetime) -> None:
        self.phase, self.since = phase, time
        self.lately.clear()

    def count(self, time: datetime) -> None:
        self.lately.append(time)
        while self.lately[0] < time - WINDOW:
            self.lately.popleft()

    def rate(self, now: datetime) -> float | None:
        """Papers or questions a minute, over the last minutes up to now."""
        start = max(self.since, now - WINDOW)
        seconds = (now - start).total_seconds()
        heard = sum(time >= start for time in self.lately)
        return 60 * heard / seconds if heard and seconds >= _LEAST_SECONDS else None

    @property
    def left(self) -> int:
        """Papers or questions that the present phase has still to do."""
        if self.phase == "questions":
            return max(0, self.questions - self.replies)
        files = (self.started.papers or 0) if self.started else 0
        return max(0, files - self.outcomes.total() - len(self.waiting)) if self.phase == "papers" else 0


def status_of(events: Iterable[Event | None], driver: str | None, now: datetime) -> Status | None:
    """How the run stands that started last; None where none is told of. `driver` holds the work folder now."""
    heard = _Follower()
    for event in events:
        if event is None:
            heard.unreadable += 1
        else:
            heard.hear(event)
    return _status(heard, driver, now) if heard.started and heard.last else None


def _status(heard: _Follower, driver: str | None, now: datetime) -> Status:
    first, last, ended = heard.started, heard.last, heard.ended
    assert first
    assert last
    running = ended is None and driver is not None
    state = "running" if running else "killed" if ended is None else "stopped" if ended.outcome == "stopped" else "finished"
    rate = heard.rate(now if running else last.time)
    return Status.model_validate(
        {
            "run": first.run,
            "command": first.command or "",
            "recipe": first.recipe or "",
            "recipe_hash": first.recipe_hash or "",
            "builder_version": first.builder_version or "",
            "started": first.time,
            "ended": ended.time if ended else None,
            "state": state,
            "exit": ended.exit if ended else None,
            "driver": driver,
            "phase": "ended" if ended else heard.phase,
            "papers": first.papers or 0,
            "done": heard.outcomes.total(),
            "reused": heard.reused,
            "waiting": len(heard.waiting),
            "outcomes": dict(heard.outcomes),
            "reasons": dict(heard.reasons),
            "questions": heard.questions,
            "replies": heard.replies,
            "unanswered": heard.unanswered,
            "per_minute": rate,
            "seconds_left": 60 * heard.left / rate if running and rate and heard.left else None,
            "prompt_tokens": heard.prompt_tokens,
            "completion_tokens": heard.completion_tokens,
            "usd": round(heard.usd, 8),
            "committed_tokens": heard.committed_tokens,
            "committed_usd": round(heard.committed_usd, 8),
            "max_tokens": first.max_tokens,
            "max_usd": first.max_usd,
            "last": last,
            "seconds_since_last": max(0.0, (now - last.time).total_seconds()),
            "unreadable_lines": heard.unreadable,
        }
    )


def status_lines(one: Status) -> list[str]:
    """The same in words, for a terminal."""
    named = f"{one.command} {one.recipe}".strip() or "a run"
    lines = [f"{'run':<11}{one.run}: {named}, microtome {one.builder_version}", f"{'state':<11}{_state(one)}"]
    if one.phase == "preparing":
        return [*lines, f"{'papers':<11}are being found and fetched, or workers waited for: none is cut yet"]
    done = f"{one.done:,} of {one.papers:,} done" + (f", {one.waiting:,} wait for replies" if one.waiting else "")
    lines.append(f"{'papers':<11}{done}" + (f"; {one.reused:,} unchanged since an earlier run" if one.reused else ""))
    if one.outcomes:
        kept = "; the failed are kept in failed/" if one.outcomes.get("failed") else ""
        lines.append(f"{'outcomes':<11}{counted(one.outcomes)}" + (f" ({counted(one.reasons)})" if one.reasons else "") + kept)
    if one.phase == "questions":
        lines.append(f"{'questions':<11}{one.replies:,} of {one.questions:,} answered" + _lost(one))
    elif one.unanswered:
        lines.append(f"{'questions':<11}{one.unanswered:,} got no answer")
    if one.per_minute is not None:
        what = "questions" if one.phase == "questions" else "papers"
        left = f"; about {duration(one.seconds_left)} left" if one.seconds_left is not None else ""
        lines.append(f"{'rate':<11}{one.per_minute:.1f} {what} a minute{left}")
    if one.committed_tokens or one.prompt_tokens:
        lines.append(f"{'spending':<11}{_spending(one)}")
    lines.append(f"{'last':<11}{_last(one)}")
    if one.unreadable_lines:
        lines.append(f"{'log':<11}{one.unreadable_lines} lines could not be read: torn by a kill, or just being written")
    return lines


def _state(one: Status) -> str:
    since = f"{one.started:%Y-%m-%d %H:%M:%S} UTC"
    if one.state == "running":
        return f"running since {since}, driven by {shown(one.driver or '')}"
    if one.ended:
        took = duration((one.ended - one.started).total_seconds())
        return f"{one.state}{f' ({one.exit})' if one.exit else ''} at {one.ended:%Y-%m-%d %H:%M:%S} UTC, after {took}"
    return f"started at {since} and was killed: run the same command again, it goes on where it stopped"


def _lost(one: Status) -> str:
    return f", {one.unanswered:,} without an answer" if one.unanswered else ""


def _spending(one: Status) -> str:
    tokens = f"{one.committed_tokens:,} tokens" + (f" of {one.max_tokens:,}" if one.max_tokens else "")
    usd = f"{one.committed_usd:.4f} USD" + (f" of {one.max_usd:.2f}" if one.max_usd else "")
    return f"{tokens}, {usd} in this work folder; {one.usd:.4f} USD by this run"


def _last(one: Status) -> str:
    event = one.last
    what = " ".join(filter(None, (event.event, event.file, event.stage, event.model, event.outcome, event.reason)))
    return f"{shown(what)}, {duration(one.seconds_since_last)} ago"


def counted(counts: dict[str, int]) -> str:
    """The most frequent first: `3 timeout, 1 crashed`."""
    return ", ".join(f"{n:,} {shown(name)}" for name, n in sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def shown(text: str) -> str:
    """On one line and without what a terminal would obey: the name of a file may be hostile.

    >>> shown("a\\x1b[2Jb.pdf")
    'a?[2Jb.pdf'
    """
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def duration(seconds: float) -> str:
    """
    >>> duration(3.2), duration(75), duration(3 * 3600 + 120)
    ('3 s', '1 min 15 s', '3 h 2 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


__all__ = ["WINDOW", "Status", "counted", "duration", "shown", "status_lines", "status_of"]
