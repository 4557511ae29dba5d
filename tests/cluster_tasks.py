"""A Dask cluster on loopback, and what its workers are given to do: light to import, as each worker and child does."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
QUESTION = "5" * 64  # its hash


@dataclass(frozen=True)
class Leaf:
    """A paper of a line."""

    path: Path
    sha256: str


@dataclass(frozen=True)
class Errand:
    source: Leaf
    work: Path
    how: str
    asked: tuple[str, ...] = ()


def errands(folder: Path, hows: Sequence[str]) -> list[Errand]:
    """One errand each, with its paper in the folder."""
    found = []
    for number, how in enumerate(hows):
        path = folder / f"{number}.pdf"
        path.write_bytes(how.encode())
        found.append(Errand(Leaf(path, hashlib.sha256(how.encode()).hexdigest()), folder / "work", how))
    return found


def run_errand(errand: Errand) -> object:
    """What its `how` says, in a child of a worker."""
    match errand.how.split():
        case ["sleep", seconds]:
            (errand.work / f"began-{errand.source.path.stem}").write_bytes(b"")
            time.sleep(float(seconds))
        case ["mark", name]:
            (errand.work / name).write_bytes(b"")
        case ["wait", name]:
            while not (errand.work / name).exists():
                time.sleep(0.05)
        case ["crash"]:
            os.kill(os.getpid(), signal.SIGSEGV)
        case ["hang"]:
            time.sleep(600)
        case ["ask"]:
            return _asked(errand)
        case ["raise"]:
            raise ValueError("a stage's own mistake")
    return errand.how.upper()


def _asked(errand: Errand) -> object:
    """As a stage that needs a model: the answer that is in the work folder, or Waiting with what is to be asked."""
    from builder.asking import PictureRef, Prompt, Question, Waiting
    from builder.edges.replies import Replies
    from builder.edges.store import Store

    reply = Replies(errand.work).get(QUESTION)
    if reply:
        return reply.text
    sha = Store(errand.work).put_blob(b"a picture")
    picture = PictureRef(sha256=sha, media_type="image/png", width=1, height=1, identity="x")
    prompt = Prompt(stage="point", about="p1", system="", user="Where?", repeat=0)
    asked = Question(
        hash=QUESTION, model="m", prompt=prompt, pictures=(picture,), answer_schema={}, prompt_tokens=1, likely_tokens=1,
        picture_tokens=0,
    )  # fmt: skip
    return Waiting((asked,))


def stall_once(marker: Path) -> str:
    """In the worker itself: the first call does not come back in time, the second does."""
    if not marker.exists():
        marker.write_bytes(b"")
        time.sleep(8)
    return "done"


@dataclass
class LoopbackCluster:
    """A scheduler and workers as processes of their own; whoever ends it ends them all."""

    log: Path
    port: int
    host: str = "127.0.0.1"  # the scheduler's
    scheduler: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"tcp://{self.host}:{self.port}"

    def start_scheduler(self, within: Sequence[str] = ()) -> None:
        """`within`: the command that puts it somewhere, such as a network namespace."""
        self.scheduler = self._start(within, "scheduler", "--host", self.host, "--port", str(self.port))

    def start_worker(
        self, host: str = "127.0.0.1", within: Sequence[str] = (), watched: str = "--no-nanny"
    ) -> subprocess.Popen[bytes]:
        """One that cuts a paper at a time; with `--nanny` it is a child of the process that is started."""
        worker = self._start(within, "worker", self.address, "--host", host, "--nthreads", "1", watched)
        self.workers.append(worker)
        return worker

    def _start(self, within: Sequence[str], what: str, *arguments: str) -> subprocess.Popen[bytes]:
        modules = os.pathsep.join(map(str, [ROOT, ROOT / "tests"])) if what == "worker" else ""  # a scheduler needs none
        command = [*within, sys.executable, "-m", "dask", what, *arguments, "--no-dashboard"]
        with self.log.open("ab") as out:
            return subprocess.Popen(
                command,
                cwd=self.log.parent,
                env={**os.environ, "PYTHONPATH": modules, "DASK_TEMPORARY_DIRECTORY": str(self.log.parent)},
                start_new_session=True,
                stdout=out,
                stderr=out,
            )

    def end(self) -> None:
        for started in [*self.workers, *([self.scheduler] if self.scheduler else [])]:
            kill(started)


def kill(started: subprocess.Popen[bytes]) -> None:
    """With its children, and wait until it is gone."""
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()


@contextmanager
def loopback_cluster(folder: Path, workers: int) -> Iterator[LoopbackCluster]:
    cluster = LoopbackCluster(folder / "cluster.log", free_port())
    try:
        cluster.start_scheduler()
        for _ in range(workers):
            cluster.start_worker()
        yield cluster
    finally:
        cluster.end()


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])
