"""A paper under which worker after worker goes is its own outcome, told and kept, and the next run tries it again."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytest.importorskip("distributed")

from distributed import KilledWorker
from distributed.scheduler import WorkerState

from builder.edges.cluster import Raised
from builder.edges.dask_engine import DaskEngine
from tests.small_run import PAPER_BYTES, go_on


@dataclass
class Sent:
    """A task that is lost before anybody looks after it."""

    key: str

    def add_done_callback(self, arrived: Callable[[Sent], None]) -> None:
        arrived(self)


@dataclass
class Dying:
    """A cluster of workers of whom each goes with the paper that it has."""

    lost: Callable[[], object]  # what is heard of it
    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    versions: None = None
    probe: None = None
    threads: int = 1
    silent: frozenset[str] = frozenset()
    heard: frozenset[str] = frozenset({"tcp://10.0.0.7:1"})
    sent: list[str] = field(default_factory=list)

    def submit(self, _call: object, _task: object, *, key: str, **_: object) -> Sent:
        self.sent.append(key)
        return Sent(key)

    def result(self, _: Sent) -> object:
        return self.lost()

    def others(self, _: set[str]) -> frozenset[str]:
        return frozenset()

    def look(self) -> dict[str, str]:
        return dict.fromkeys(self.sent, "tcp://10.0.0.7:1")

    def renewed(self) -> bool:
        return False

    def cancel(self, _: object) -> None: ...


def gone() -> object:
    raise OSError("the connection is closed")


def killed() -> object:
    last = WorkerState(address="tcp://10.0.0.8:1", status=None, pid=1, name="w", nthreads=1, memory_limit=1, local_directory="",
        nanny="", server_id="w")  # fmt: skip
    return Raised(KilledWorker("microtome-1", last, 3))


@pytest.mark.parametrize(
    ("lost", "attempts", "said"),
    [(gone, 3, "no answer in 3 attempts"), (killed, 1, "4 workers were lost while they cut it, the last tcp://10.0.0.8:1")],
)
def test_a_paper_under_which_every_worker_is_lost_is_told_and_kept_and_tried_again_by_the_next_run(
    tmp_path: Path, lost: Callable[[], object], attempts: int, said: str
) -> None:
    paper, work = tmp_path / "paper.pdf", tmp_path / "work"
    paper.write_bytes(PAPER_BYTES)
    cluster = Dying(lost)
    engine = DaskEngine(cluster)  # type: ignore[arg-type]
    (outcome,) = go_on(paper, work, engine=engine).outcomes
    assert len(cluster.sent) == attempts
    assert outcome.failed
    assert outcome.refusal
    assert outcome.refusal.reason == "worker-lost"
    assert said in outcome.refusal.detail
    (kept,) = (work / "failed").glob("*.json")
    assert json.loads(kept.read_bytes())["reason"] == "worker-lost"
    assert kept.with_suffix(".pdf").read_bytes() == PAPER_BYTES
    again = go_on(paper, work)
    assert [tally.stage for tally in again.outcomes[0].tallies][-1] == "description"
    assert not list((work / "failed").iterdir())
