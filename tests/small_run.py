"""A run of one paper through four stages that take no time: what it does to its work folder is what any run does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from builder import run as running
from builder import shipped
from builder.bench import Bench
from builder.edges.engine import Limits, Outcome
from builder.edges.store import Store
from builder.making import Made
from builder.outcomes import PaperOutcome, Run
from builder.pipeline import Stage
from builder.records import Record as Model
from builder.stages.rights import read_policy

PNGS = (b"one picture" * 40, b"another" * 60)
PAPER_BYTES = b"%PDF-1.7 of nothing"


class Thing(Model):
    """What these stages hand on."""

    id: str
    crop: dict[str, str] | None = None


def cropped(bench: Bench) -> Made:
    made = tuple(Thing(id=f"x{n}", crop={"sha256": bench.store.put_blob(png)}) for n, png in enumerate(PNGS))
    return Made(("x",), ("x",), made, ())


def same(_: Bench) -> Made:
    return Made(("x",), ("x",), (Thing(id="x"),), ())


STAGES = (
    Stage("ingest", "papers", "", lambda _: Made(("x",), ("x",), (), ()), Thing),
    Stage("sieve", "pages", "", same, Thing, ("ingest",)),
    Stage("crop", "figures", "", cropped, Thing, ("sieve",)),
    Stage("description", "figures", "", same, Thing, ("crop",)),
)


@dataclass(frozen=True)
class Here:
    """Papers are cut in this process, where what they do to the disk is seen."""

    def outcomes(
        self, function: Callable[[Any], Any], tasks: Sequence[Any], limits: Limits, fence: object
    ) -> Iterator[Outcome[Any, Any]]:
        return (Outcome(task, function(task)) for task in tasks)


def go_on(paper: Path, work: Path, code: str = "now", engine: running.Engine | None = None) -> Run:
    policy, recipe = read_policy(shipped.text("licenses", "policy.toml"), "policy.toml"), shipped.load_recipe("csm_bench")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "STAGES", STAGES)
        patch.setattr(running, "grounds_of", lambda *_: {stage.name: code for stage in STAGES})
        told: list[PaperOutcome] = []
        return running.run(
            [(paper, None)], recipe, policy, Store(work), STAGES, engine=engine or Here(), limits=Limits(), progress=told.append
        )


def told(run: Run, work: Path) -> object:
    """What a run came to, and the receipts and pictures that its work folder has of it."""
    (outcome,) = run.outcomes
    store, sha = Store(work), outcome.sha256
    receipts = [store.receipt_there(sha, tally.stage, tally.key) for tally in outcome.tallies]
    return outcome.tallies, receipts, [store.blob(one.crop["sha256"]) for one in run.records("crop", Thing) if one.crop]


__all__ = ["PAPER_BYTES", "STAGES", "Thing", "go_on", "told"]
