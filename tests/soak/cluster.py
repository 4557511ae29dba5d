"""Builds on workers that are killed, frozen, cut off, and a scheduler restarted: python -m tests.soak.cluster N FOLDER PAPERS.

The N smallest PDFs of the folder PAPERS, on three workers. The last rounds need root and `ip`: every process in a network
namespace of its own. A round that is done stands in FOLDER/rounds.jsonl; running again goes on after it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

from tests.cluster_tasks import ROOT, LoopbackCluster, free_port, kill

WORKERS = 3
_BEFORE = 3  # papers begun when something is done to the cluster
_BRIDGE, _NET = "mtsoak", "10.77.91"  # the namespaces' own; 10.0.0.0/8 is private (RFC 1918)
_COLUMNS = {"round": 34, "papers": 8, "dropped": 9, "seconds": 9, "exit": 6}


@dataclass
class Service:
    """A cluster that somebody looks after: a worker that ended is started again, as Kubernetes or systemd would."""

    cluster: LoopbackCluster
    within: list[list[str]] = field(default_factory=lambda: [[] for _ in range(WORKERS)])
    hosts: list[str] = field(default_factory=lambda: ["127.0.0.1"] * WORKERS)
    scheduler_within: list[str] = field(default_factory=list)
    watched: str = "--no-nanny"  # what is killed and frozen is the worker
    running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    over: Event = field(default_factory=Event)

    def start(self) -> None:
        self.cluster.start_scheduler(self.scheduler_within)
        self.caretaker = Thread(target=self._look_after)
        self.caretaker.start()

    def _look_after(self) -> None:
        while not self.over.wait(0.5):
            for seat in range(WORKERS):
                if seat not in self.running or self.running[seat].poll() is not None:
                    self.running[seat] = self.cluster.start_worker(self.hosts[seat], self.within[seat], self.watched)

    def end(self) -> None:
        self.over.set()
        self.caretaker.join()
        self.cluster.end()


def nothing(_: Service) -> None:
    """Leave it alone."""


def killed(service: Service) -> None:
    kill(service.running[0])


def frozen(service: Service) -> None:
    os.kill(service.running[1].pid, signal.SIGSTOP)


def scheduler_restarted(service: Service) -> None:
    assert service.cluster.scheduler
    kill(service.cluster.scheduler)
    time.sleep(3)
    service.cluster.start_scheduler(service.scheduler_within)


def all_of_it(service: Service) -> None:
    killed(service)
    time.sleep(5)
    scheduler_restarted(service)
    time.sleep(5)
    frozen(service)


def cut_off(_: Service) -> None:
    _ip("link", "set", f"{_BRIDGE}0", "down")


ROUNDS: dict[str, Callable[[Service], None]] = {
    "left alone": nothing,
    "a worker killed": killed,
    "a worker frozen": frozen,
    "scheduler restarted": scheduler_restarted,
    "killed, restarted, frozen": all_of_it,
    "no shared folder, worker killed": killed,
}
APART: dict[str, Callable[[Service], None]] = {"namespaces, left alone": nothing, "namespaces, a node cut off": cut_off}


def soak(papers: list[Path], folder: Path) -> int:
    """All rounds; 0 if every one ended well and gave the release of this machine alone."""
    folder.mkdir(parents=True, exist_ok=True)
    book = folder / "rounds.jsonl"
    done = {row["round"]: row for row in map(json.loads, book.read_text().splitlines())} if book.exists() else {}
    print("".join(f"{name:>{width}}" for name, width in _COLUMNS.items()) + "  release", flush=True)
    names = ["local", *ROUNDS, *(APART if os.geteuid() == 0 and shutil.which("ip") else ())]
    for name in names:
        if name not in done:
            done[name] = _round(name, papers, folder)
            with book.open("a", encoding="utf-8") as out:
                out.write(json.dumps(done[name]) + "\n")
        same = "the same" if done[name]["release"] == done["local"]["release"] else "ANOTHER"
        print("".join(f"{done[name][key]:>{width}}" for key, width in _COLUMNS.items()) + f"  {same}", flush=True)
        for line in done[name]["told"]:
            print(f"{'':>8}{line}", flush=True)
    return 0 if all(row["exit"] == 0 and row["release"] == done["local"]["release"] for row in done.values()) else 1


def _smallest(folder: Path, count: int) -> list[Path]:
    return sorted(sorted(folder.glob("*.pdf"), key=lambda path: path.stat().st_size)[:count])


def _round(name: str, papers: list[Path], folder: Path) -> dict[str, Any]:
    here = folder / name.replace(" ", "-").replace(",", "")
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir()
    with ExitStack() as stack:
        options: list[str] = []
        act, service = nothing, None
        if name != "local":
            act = {**ROUNDS, **APART}[name]
            service = stack.enter_context(
                _apart(here) if name in APART else _here(here, "--nanny" if act is nothing else "--no-nanny")
            )
            options = ["--engine", "dask", "--scheduler", service.cluster.address, "--wait", "120"]
            options += ["--no-shared-folder"] if name.startswith("no shared") else []
        began = time.monotonic()
        exit_code = _build(papers, here, options, lambda: service and act(service))
        seconds = round(time.monotonic() - began)
    manifest = here / "release" / "manifest.json"
    release = json.loads(manifest.read_text())["logical_hash"] if manifest.exists() else ""
    ingest = json.loads((here / "release" / "attrition.json").read_text())["stages"][0] if release else {}
    told = [line for line in (here / "build.log").read_text().splitlines() if "tcp://" in line]
    dropped = sum(ingest.get("dropped", {}).values())
    return {
        "round": name, "papers": len(papers), "dropped": dropped, "seconds": seconds, "exit": exit_code,
        "release": release, "told": told,
    }  # fmt: skip


def _build(papers: list[Path], here: Path, options: list[str], act: Callable[[], object]) -> int:
    """The command's exit code; `act` is called once when some papers have begun."""
    command = [sys.executable, "-m", "builder.cli", "build", "csm_bench", "--papers", *map(str, papers)]
    command += ["--out", str(here / "release"), "--version", "1.0.0", "--work", str(here / "work"), *options]
    with (here / "build.log").open("wb") as log, subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) as build:
        while build.poll() is None and len(list((here / "work" / "receipts").glob("*/*.jsonl"))) < min(_BEFORE, len(papers)):
            time.sleep(0.2)
        act()
        return build.wait()


@contextmanager
def _here(folder: Path, watched: str) -> Iterator[Service]:
    service = Service(LoopbackCluster(folder / "cluster.log", free_port()), watched=watched)
    service.start()
    try:
        yield service
    finally:
        service.end()


@contextmanager
def _apart(folder: Path) -> Iterator[Service]:
    """Scheduler and workers each in a network namespace; the driver reaches them over a bridge."""
    names = [f"{_BRIDGE}{number}" for number in range(WORKERS + 1)]
    _ip("link", "add", _BRIDGE, "type", "bridge")
    try:
        _ip("addr", "add", f"{_NET}.1/24", "dev", _BRIDGE)
        _ip("link", "set", _BRIDGE, "up")
        for number, name in enumerate(names):
            _join(name, f"{_NET}.{10 + number}")
        inside = [["ip", "netns", "exec", name] for name in names]
        hosts = [f"{_NET}.{10 + number}" for number in range(WORKERS)]
        cluster = LoopbackCluster(folder / "cluster.log", 8786, f"{_NET}.{10 + WORKERS}")
        service = Service(cluster, inside[:WORKERS], hosts, inside[WORKERS])
        service.start()
        try:
            yield service
        finally:
            service.end()
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], check=False, stderr=subprocess.DEVNULL)
        _ip("link", "del", _BRIDGE)


def _join(name: str, address: str) -> None:
    """A namespace whose one network card hangs on the bridge."""
    _ip("netns", "add", name)
    _ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
    _ip("link", "set", name, "master", _BRIDGE, "up")
    _ip("-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
    _ip("-n", name, "link", "set", "eth0", "up")
    _ip("-n", name, "link", "set", "lo", "up")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


if __name__ == "__main__":
    sys.exit(soak(_smallest(Path(sys.argv[3]).absolute(), int(sys.argv[1])), Path(sys.argv[2]).absolute()))
