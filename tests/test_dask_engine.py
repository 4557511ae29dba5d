"""Papers cut on a Dask cluster: as on this machine, whatever becomes of its workers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed")

from cluster_tasks import LoopbackCluster, errands, free_port, kill, loopback_cluster, run_errand, stall_once

from builder import shipped
from builder.asking import Reply, Usage, Waiting
from builder.cli import main
from builder.edges.cluster import Cluster, cluster_at
from builder.edges.dask_engine import DaskEngine, settled
from builder.edges.engine import Failure, Limits, Outcome
from builder.edges.fence import Fence
from builder.edges.node import versions
from builder.edges.parcels import ParcelEngine
from builder.edges.replies import Replies
from builder.edges.store import Store
from builder.errors import ClusterStopped, Exit
from builder.outcomes import Run
from builder.pipeline import stages_until
from builder.records import Specimen
from builder.run import Engine, run
from builder.stages.rights import read_policy

PAPERS = Path(__file__).parent / "papers"
LIMITS = Limits(seconds=60, memory_mib=4096)


@pytest.fixture(scope="module")
def loopback(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackCluster]:
    with loopback_cluster(tmp_path_factory.mktemp("cluster"), workers=2) as cluster:
        yield cluster


def fits(loopback: LoopbackCluster, work: Path, lines: list[str], silence: float = 60.0) -> AbstractContextManager[Cluster]:
    (work / "work").mkdir(exist_ok=True)
    return cluster_at(loopback.address, work / "work", 60, lines.append, silence)


def both_heard(cluster: Cluster) -> None:
    while len(cluster.heard) < 2:
        time.sleep(0.1)
        cluster.look()


def told(cluster: Cluster, work: Path, *hows: str, limits: Limits = LIMITS) -> list[str]:
    """Results in the order of the tasks; of a failure its reason."""
    fence = Fence((work,), (work / "work",))
    tasks = errands(work, hows)
    outcomes = sorted(DaskEngine(cluster).outcomes(run_errand, tasks, limits, fence), key=lambda one: tasks.index(one.task))
    assert [outcome.task.how for outcome in outcomes] == list(hows)
    lost = [o.result.detail for o in outcomes if isinstance(o.result, Failure) and o.result.reason == "worker-lost"]
    assert not lost
    return [o.result.reason if isinstance(o.result, Failure) else o.result for o in outcomes]


def test_a_slow_paper_holds_up_no_other(loopback: LoopbackCluster, tmp_path: Path) -> None:
    tasks = errands(tmp_path, ["wait end", *map(str, range(20)), "mark end"])
    with fits(loopback, tmp_path, []) as cluster:
        both_heard(cluster)
        outcomes = DaskEngine(cluster).outcomes(run_errand, tasks, LIMITS, Fence((tmp_path,), (tmp_path / "work",)))
        said = [outcome.result for outcome in outcomes]
    assert sorted(map(str, said[:20])) == sorted(map(str, range(20)))
    assert {str(one) for one in said[20:]} == {"WAIT END", "MARK END"}


def test_every_task_has_one_outcome_and_a_child_of_its_own_to_lose(loopback: LoopbackCluster, tmp_path: Path) -> None:
    with fits(loopback, tmp_path, []) as cluster:
        both_heard(cluster)
        said = told(cluster, tmp_path, "a", "crash", "b", "hang", "raise", "c", limits=Limits(seconds=2, memory_mib=4096))
    assert said == ["A", "crashed", "B", "timeout", "internal-error", "C"]
    assert not list((tmp_path / "work").glob("shared-*"))


class Here:
    """An engine in this process."""

    def outcomes(self, function: Any, tasks: Any, limits: Limits, fence: Fence) -> Iterator[Outcome[Any, Any]]:
        return (Outcome(task, function(task)) for task in tasks)


def cut(engine: Engine, work: Path) -> Run:
    recipe, stages = shipped.load_recipe("csm_bench"), stages_until("crop")
    policy = read_policy(shipped.text("licenses", "policy.toml"), "policy.toml")
    papers = [(PAPERS / "pearlite-steel.pdf", None)]
    return run(papers, recipe, policy, Store(work), stages, engine=engine, limits=LIMITS, progress=lambda _: None)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return cut(Here(), tmp_path_factory.mktemp("here"))


def test_papers_come_out_as_on_this_machine(loopback: LoopbackCluster, tmp_path: Path, here: Run) -> None:
    with fits(loopback, tmp_path, []) as cluster:
        there = cut(DaskEngine(cluster), tmp_path / "work")
    assert list(there.records("crop", Specimen)) == list(here.records("crop", Specimen)) != []
    assert cut(Here(), tmp_path / "work").reused == 1


def test_papers_that_travel_come_back_with_their_crops(loopback: LoopbackCluster, tmp_path: Path, here: Run) -> None:
    with cluster_at(loopback.address, None, 60, [].append) as cluster:
        there = cut(ParcelEngine(cluster), tmp_path)
    specimens = list(there.records("crop", Specimen))
    assert specimens == list(here.records("crop", Specimen))
    assert all(Store(tmp_path).blob(specimen.crop.sha256) for specimen in specimens)
    assert cut(Here(), tmp_path).reused == 1


def test_questions_of_papers_that_travel_are_answered_by_the_driver(loopback: LoopbackCluster, tmp_path: Path) -> None:
    work = tmp_path / "work"
    tasks = errands(tmp_path, ["ask"])
    with cluster_at(loopback.address, None, 60, [].append) as cluster:
        engine = ParcelEngine(cluster)
        (waiting,) = engine.outcomes(run_errand, tasks, LIMITS, Fence())
        assert isinstance(waiting.result, Waiting)
        (question,) = waiting.result.questions
        assert Store(work).blob(question.pictures[0].sha256) == b"a picture"
        Replies(work).put(Reply(hash=question.hash, model_asked="m", outcome="answered", text="There.", usage=Usage()))
        (answered,) = engine.outcomes(run_errand, [replace(tasks[0], asked=(question.hash,))], LIMITS, Fence())
    assert answered.result == "There."


def test_a_worker_with_other_versions_is_named(loopback: LoopbackCluster, tmp_path: Path) -> None:
    lines: list[str] = []
    mine = versions()
    with fits(loopback, tmp_path, lines) as cluster:
        cluster.versions = replace(mine, microtome="0.0.1")
        with pytest.raises(ClusterStopped, match=r"worker tcp://127.0.0.1:\d+: runs other versions .*microtome: .* 0.0.1 here"):
            cluster.check()
        with pytest.raises(ClusterStopped, match=r"\[worker tcp://127.0.0.1:\d+\] runs other versions"):
            told(cluster, tmp_path, "a")


def test_a_worker_that_sees_another_folder_is_named(loopback: LoopbackCluster, tmp_path: Path) -> None:
    with fits(loopback, tmp_path, []) as cluster:
        cluster.probe = tmp_path / "elsewhere" / "shared"
        with pytest.raises(ClusterStopped, match=r"cannot read and write .*elsewhere: No such file.*\n.*--no-shared-folder"):
            cluster.check()
        with pytest.raises(ClusterStopped, match="does not see the work folder"):
            told(cluster, tmp_path, "a")


def test_a_frozen_worker_is_noticed_and_its_paper_goes_to_another(loopback: LoopbackCluster, tmp_path: Path) -> None:
    lines: list[str] = []
    frozen = loopback.workers[0]
    with fits(loopback, tmp_path, lines, silence=3.0) as cluster:
        both_heard(cluster)
        os.kill(frozen.pid, signal.SIGSTOP)
        try:
            assert told(cluster, tmp_path, *"abcd") == list("ABCD")
        finally:
            os.kill(frozen.pid, signal.SIGCONT)
    assert any("does not answer: its paper goes to another" in line for line in lines)


def test_a_worker_that_is_heard_but_never_done_loses_its_paper_to_another(
    loopback: LoopbackCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builder.edges.dask_engine._MINUTE", 0.0)
    lines: list[str] = []
    with fits(loopback, tmp_path, lines) as cluster:
        both_heard(cluster)
        (outcome,) = settled(cluster, stall_once, [tmp_path / "marker"], Limits(seconds=1))
    assert outcome.result == "done"
    assert any("does not answer: its paper goes to another" in line for line in lines)


def test_a_killed_worker_costs_nothing_but_time(loopback: LoopbackCluster, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    began = tmp_path / "work" / "began-0"
    killer = threading.Thread(target=kill_when, args=(began, loopback.workers[1]))
    killer.start()
    with fits(loopback, tmp_path, []) as cluster:
        both_heard(cluster)
        assert told(cluster, tmp_path, "sleep 3", "sleep 3", "c") == ["SLEEP 3", "SLEEP 3", "C"]
    killer.join()


def kill_when(began: Path, worker: subprocess.Popen[bytes]) -> None:
    while not began.exists():
        time.sleep(0.05)
    kill(worker)


@pytest.fixture
def talkative() -> Iterator[str]:
    """An address where another kind of server greets whoever comes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            with suppress(OSError):
                while True:
                    listener.accept()[0].sendall(b"HTTP/1.1 400 Bad Request" * 9)

        threading.Thread(target=greet, daemon=True).start()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def silent() -> Iterator[str]:
    """An address where somebody listens who says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("where", ["refused", "silent", "another server", "no address"])
def test_a_scheduler_that_does_not_answer_is_named(
    where: str, silent: str, talkative: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused, none = f"tcp://127.0.0.1:{free_port()}", "htp://x"
    address = {"refused": refused, "silent": silent, "another server": talkative, "no address": none}[where]
    papers = ["figures", str(PAPERS / "wire-fracture.pdf"), "--work", str(tmp_path)]
    assert main([*papers, "--engine", "dask", "--scheduler", address, "--wait", "1"]) == Exit.CLUSTER_STOPPED
    said = capsys.readouterr().err
    assert f"[--scheduler {address}]" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scheduler", "tcp://x:1"], "[--scheduler] is given, but papers are cut on this machine"),
        (["--no-shared-folder"], "[--no-shared-folder] is given, but papers are cut on this machine"),
        (["--engine", "dask"], "[--engine dask] neither --scheduler nor --slurm"),
        (["--engine", "dask", "--scheduler", "tcp://x:1", "--slurm", "x"], "both --scheduler and --slurm"),
        (["--engine", "dask", "--slurm", "x.yaml"], "[--slurm] without --workers"),
        (["--engine", "dask", "--scheduler", "tcp://x:1", "--workers", "2"], "[--scheduler] with --workers"),
    ],
)
def test_options_that_do_not_go_together_are_named(
    options: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["figures", str(PAPERS / "wire-fracture.pdf"), "--work", str(tmp_path), *options]) == Exit.USAGE
    assert said in capsys.readouterr().err


def test_without_dask_the_extra_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("cluster", "dask_engine", "parcels"):
        monkeypatch.delitem(sys.modules, f"builder.edges.{name}")
    monkeypatch.setitem(sys.modules, "distributed", None)
    options = ["--engine", "dask", "--scheduler", "tcp://127.0.0.1:1"]
    assert main(["figures", str(PAPERS / "wire-fracture.pdf"), "--work", str(tmp_path), *options]) == Exit.USAGE
    assert "pip install 'microtome[dask]'" in capsys.readouterr().err
