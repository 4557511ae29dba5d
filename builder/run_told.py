"""What a run came to, told beside its receipts: `run_report.json` and the page `run_report.html` of the work folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from builder import shipped
from builder.drops_told import Look, drops_of, no_look, pictures_of
from builder.edges.release_folder import Written
from builder.edges.replies import Replies
from builder.edges.run_log import events
from builder.edges.store import Store, write_whole
from builder.outcomes import Run
from builder.pipeline import STAGES, TASK_STAGES
from builder.reporting.run_events import Event
from builder.reporting.run_page import run_page
from builder.reporting.run_report import FACTS, MAIN, PAGE, SLOWEST, PaperTold, RunReport, StageTold
from builder.reporting.run_status import status_of
from builder.spend import books_of

_STAGES = frozenset(stage.name for stage in STAGES)  # what else is measured ended in a failure, and counts until it is cut


@dataclass
class _Measured:
    """What a paper's children took, over all runs in the log."""

    last: Event
    stages: dict[str, float] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return sum(self.stages.values())


@dataclass(frozen=True)
class Built:
    """What a build was to make, and what came of it."""

    version: str
    tier: str
    written: Written | None = None
    exit: str | None = None  # of a run that was stopped


def write_report(done: Run, store: Store, built: Built, look: Look = no_look) -> None:
    """Both files, of a run that is over or stopped; `look` pictures what was dropped uncropped. Raises CannotWrite."""
    report = _report(done, store, built, look)
    if report is None:
        return
    write_whole(store.root / FACTS, (report.model_dump_json(indent=1) + "\n").encode())
    style = shipped.page_part("report.css") + shipped.page_part("run.css")
    template = shipped.page_part("parts.html.j2") + shipped.page_part("run.html.j2")
    write_whole(store.root / PAGE, run_page(report, pictures_of(report.drops, store), template, style).encode())


def _report(done: Run, store: Store, built: Built, look: Look) -> RunReport | None:
    """None where no run is in the log, as nothing was begun."""
    measured: dict[str, _Measured] = {}
    status = status_of(_measuring(store, measured), None, datetime.now(UTC))
    if status is None:
        return None
    mine = [measured[o.sha256] for o in done.outcomes if o.sha256 in measured]
    slowest = sorted(mine, key=lambda one: (-one.seconds, one.last.sha256 or ""))[:SLOWEST]
    plain = status.model_dump(include=set(RunReport.model_fields) - {"stages"})
    return RunReport.model_validate(
        plain
        | {
            "version": built.version,
            "tier": built.tier,
            "state": "stopped" if built.exit else "finished",
            "exit": built.exit,
            "seconds": round((datetime.now(UTC) - status.started).total_seconds(), 3),
            "release": str(built.written.folder) if built.written else None,
            "signature": built.written.signature if built.written else None,
            "rows": built.written.rows if built.written else {},
            **_outcomes(done),
            "stages": _stages(done, mine),
            "slowest": [_paper(one) for one in slowest],
            "drops": drops_of(done, look),
            "spent_usd": status.usd,
            "spending": books_of(Replies(store.root)),
        }
    )


def _measuring(store: Store, measured: dict[str, _Measured]) -> Iterator[Event | None]:
    """The log's events as they are; what papers took is noted on the way, each stage as it was done last."""
    for event in events(store.root):
        if event and event.event == "paper-done" and event.sha256 and not event.reused:
            one = measured.setdefault(event.sha256, _Measured(event))
            one.last = event
            one.stages = {k: v for k, v in one.stages.items() if k in _STAGES} | (event.stages or {})
        yield event


def _outcomes(done: Run) -> dict[str, object]:
    refused = Counter(refusal.reason for outcome in done.outcomes if (refusal := outcome.refusal))
    names = Counter(outcome.name for outcome in done.outcomes)
    return {
        "done": len(done.outcomes),
        "reused": done.reused,
        "outcomes": dict(names),
        "reasons": dict(sorted(refused.items())),
    }


def _stages(done: Run, measured: Sequence[_Measured]) -> list[StageTold]:
    branch, told = MAIN, []
    for count in done.attrition:
        branch = count.stage if count.stage in TASK_STAGES else branch
        took = [one.stages[count.stage] for one in measured if count.stage in one.stages]
        plain = count.model_dump()
        told.append(StageTold(**plain, branch=branch, seconds=round(sum(took), 3), papers_timed=len(took)))
    return told


def _paper(one: _Measured) -> PaperTold:
    last = one.last
    return PaperTold(
        file=last.file or "",
        sha256=last.sha256 or "",
        outcome=last.outcome or "",
        reason=last.reason,
        seconds=round(one.seconds, 3),
        stages=one.stages,
        run=last.run,
    )


__all__ = ["Built", "write_report"]
