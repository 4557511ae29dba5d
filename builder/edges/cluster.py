"""A Dask scheduler and its workers as the driver sees them: who is heard, who runs what, and whether they fit."""

from __future__ import annotations

import asyncio
import logging
import pickle
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import dask
from distributed import Client, Future, Security, wait
from distributed.comm import connect

from builder.edges.node import SAME_VERSIONS, SHARE, Introduction, Versions, end_children, introduced, versions
from builder.edges.store import write_whole
from builder.errors import ClusterStopped

T = TypeVar("T")
R = TypeVar("R")

SILENT = 60.0  # seconds without a heartbeat, which come every half to ten, until a worker counts as frozen; Dask waits for 300
_CALL = 10.0  # seconds that one question to the scheduler may take
_GATHER = 30.0  # seconds that one result may take to come
_FIRST = 10  # priority of a worker's introduction, and of a paper that comes back from a lost one
_LOST = "scheduler-connection-lost"  # distributed's word where a future is cancelled because the scheduler went
_PROBE = "shared-"  # begins the name of the file that workers look for in the work folder
_COMMAND = "dask scheduler --host 0.0.0.0"


@dataclass(frozen=True)
class Raised:
    """What a call raised on its worker."""

    error: BaseException


@dataclass
class Cluster:
    """One scheduler. `told` takes lines for the user; `patience` is how many seconds a scheduler or workers may be gone."""

    address: str
    patience: float
    told: Callable[[str], None]
    silence: float = SILENT
    probe: Path | None = None
    versions: Versions = field(default_factory=versions)
    name: str = field(default_factory=lambda: uuid.uuid4().hex[:8])  # of this run, among others on the same workers
    heard: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    threads: int = 0
    _client: Client | None = None
    _beats: dict[str, tuple[float, float]] = field(default_factory=dict)  # last heartbeat by its clock, and when ours saw it
    _gone_since: float | None = None
    _told_gone: bool = False
    _renewed: bool = False

    def connect(self) -> None:
        """Find the scheduler. Raises ClusterStopped, naming it, when none answers in time."""
        until = time.monotonic() + self.patience
        while True:
            try:
                self._client = self._new_client()
                return
            except (OSError, TimeoutError) as error:
                if time.monotonic() >= until:
                    raise self._unreachable(str(error) or "it does not greet") from error
                time.sleep(min(1.0, self.patience / 10))
            except (ValueError, TypeError, MemoryError) as error:  # other servers' greetings are lengths of exbibytes to Dask
                raise ClusterStopped(
                    f"--scheduler {self.address}", f"is no address of a scheduler: {error}", "write tcp://HOST:PORT"
                ) from error

    def _new_client(self) -> Client:
        """Raises OSError or TimeoutError in a few seconds; a Client alone waits without end for one that never greets."""
        seconds = min(_CALL, self.patience)
        asyncio.run(_greeted(self.address, seconds))
        return Client(self.address, timeout=seconds, set_as_default=False)  # after a loss it tries as long to come back

    def close(self) -> None:
        if self._client:
            with suppress(OSError, TimeoutError, CancelledError):
                if self._client.status == "running" and self.heard:
                    ending = partial(_opener(), pickle.dumps((end_children, self.name)))
                    self._client.sync(self._client.run, ending, on_error="ignore", callback_timeout=_CALL)
            with suppress(OSError, TimeoutError, CancelledError):
                self._client.close(timeout=_CALL)

    def submit(self, call: Callable[[T], R], task: T, *, key: str, workers: frozenset[str], first: bool) -> Future | None:
        """`call(task)` on one of those workers, or on any where none is named; None while the scheduler is gone."""
        if not self._client or self._client.status != "running":
            return None
        return self._client.submit(
            _opener(),
            pickle.dumps((call, task)),
            key=key,
            pure=False,
            workers=sorted(workers) or None,
            allow_other_workers=False,
            priority=_FIRST if first else 0,
        )

    def result(self, future: Future) -> object:
        """What came of it, or Raised. Raises CancelledError, OSError or TimeoutError where that is lost."""
        if future.status == "error":
            return Raised(future.exception(timeout=_GATHER))
        try:
            return future.result(timeout=_GATHER)
        except CancelledError as error:
            if getattr(error, "reason", _LOST) == _LOST:
                raise
            raise OSError(str(error)) from error

    def cancel(self, futures: Sequence[Future]) -> None:
        if self._client and self._client.status == "running" and futures:
            with suppress(OSError, TimeoutError, CancelledError):
                self._client.sync(self._client.cancel, list(futures), force=True, callback_timeout=_CALL)

    def others(self, avoid: set[str]) -> frozenset[str]:
        """Whom a paper may go to: empty, for any, unless somebody is to be avoided and somebody else is there."""
        return self.heard - avoid if avoid or self.silent else frozenset()

    def renewed(self) -> bool:
        """Whether the connection was made anew since this was last asked: what was under way is not known there."""
        renewed, self._renewed = self._renewed, False
        return renewed

    def look(self) -> dict[str, str] | None:
        """Who runs what: worker by key; None where nobody says. Notes who is heard, and how many papers they cut at a time.

        Raises ClusterStopped when the scheduler, or every worker, has been gone for longer than `patience`.
        """
        try:
            assert self._client
            if self._client.status == "closed":
                self._client = self._new_client()
                self._renewed = True
            seen = self._client.sync(self._client.scheduler.identity, n_workers=-1, callback_timeout=_CALL)["workers"]
            held = self._client.sync(self._client.scheduler.processing, workers=None, callback_timeout=_CALL)
        except (OSError, TimeoutError, CancelledError, RuntimeError, ValueError, MemoryError) as error:
            self.heard, self.threads = frozenset(), 0
            self._still_gone(f"the scheduler does not answer: {error}")
            return None
        self._note_beats({address: (worker["last_seen"], worker["nthreads"]) for address, worker in seen.items()})
        if self.heard:
            self._gone_since, self._told_gone = None, False
        else:
            self._still_gone("no worker is there" if not seen else f"none of its {len(seen)} workers answers")
        return {key: address for address, keys in held.items() for key in keys}

    def _note_beats(self, seen: dict[str, tuple[float, int]]) -> None:
        """A worker is silent when its last heartbeat stays the same; clocks of two machines are never compared."""
        now = time.monotonic()
        self._beats = {
            address: before if (before := self._beats.get(address)) and before[0] == beat else (beat, now)
            for address, (beat, _) in seen.items()
        }
        self.silent = frozenset(address for address, (_, when) in self._beats.items() if now - when > self.silence)
        self.heard = frozenset(seen) - self.silent
        self.threads = sum(threads for address, (_, threads) in seen.items() if address in self.heard)

    def _still_gone(self, problem: str) -> None:
        now = time.monotonic()
        if self._gone_since is None:
            self._gone_since = now
        if not self._told_gone and now - self._gone_since > min(_CALL, self.patience / 2):
            self._told_gone = True
            self.told(f"{self.address}: {problem}; waiting for {self.patience:.0f} s")
        if now - self._gone_since > self.patience:
            raise ClusterStopped(
                f"scheduler {self.address}",
                problem,
                "start it and its workers, or wait longer with --wait; what was done is kept, the same command goes on",
            )

    def _unreachable(self, problem: str) -> ClusterStopped:
        return ClusterStopped(
            f"--scheduler {self.address}",
            f"no scheduler answers within {self.patience:.0f} s: {problem}",
            f"start one with `{_COMMAND}`, or correct the address; --wait is how long it is waited for",
        )

    def await_workers(self) -> None:
        """Until one is heard. Raises ClusterStopped when that takes longer than `patience`."""
        self.look()
        while not self.heard:
            time.sleep(0.5)
            self.look()

    def check(self) -> None:
        """Have every worker say what it runs and sees. Raises ClusterStopped naming each that does not fit."""
        assert self._client
        asked = {future: address for address in sorted(self.heard) if (future := self._introduction(address))}
        with suppress(TimeoutError), self._client.as_current():
            wait(list(asked), timeout=min(self.patience, SILENT))
        said = {address: self.result(future) for future, address in asked.items() if future.done()}
        for address in sorted(set(asked.values()) - set(said)):
            self.told(f"warning: worker {address} does not answer and gets no paper until it does")
        problems = [f"worker {address}: {problem}" for address, told in said.items() if (problem := self._misfit(told))]
        if problems:
            remedy = SHARE if all("cannot read and write" in problem for problem in problems) else SAME_VERSIONS
            raise ClusterStopped(f"scheduler {self.address}", "; ".join(problems), remedy)
        for gap in sorted({gap for told in said.values() if isinstance(told, Introduction) for gap in told.missing}):
            self.told(f"warning: on some node nothing keeps a hostile PDF's child from what it could {gap}")

    def _introduction(self, address: str) -> Future | None:
        key = f"microtome-{self.name}-{uuid.uuid4().hex}"
        return self.submit(introduced, self.probe, key=key, workers=frozenset({address}), first=True)

    def _misfit(self, told: object) -> str:
        if isinstance(told, Raised):
            return f"cannot run microtome: {told.error}"
        assert isinstance(told, Introduction)
        differing = told.versions.differing(self.versions)
        if differing:
            return f"runs other versions than this driver ({differing})"
        return told.blind


async def _greeted(address: str, seconds: float) -> None:
    security = Security().get_connection_args("client")
    comm = await asyncio.wait_for(connect(address, timeout=seconds, **security), seconds)
    await comm.close()


def _opener() -> Callable[[bytes], object]:
    """A function that travels whole: a scheduler needs no microtome to pass on what it opens, and a worker without says so."""

    def opened(packed: bytes) -> object:
        import pickle
        import socket
        import sys

        try:
            call, task = pickle.loads(packed)
        except (ImportError, AttributeError) as error:
            raise ImportError(f"{error} ({sys.executable} on {socket.gethostname()})") from None
        return call(task)

    return opened


@contextmanager
def cluster_at(
    address: str, work: Path | None, patience: float, told: Callable[[str], None], silence: float = SILENT
) -> Iterator[Cluster]:
    """A cluster whose workers fit, and share the folder `work` where one is given. Raises ClusterStopped."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is told by us
    cluster = Cluster(address, patience, told, silence)
    if work:
        for left in work.glob(f"{_PROBE}*"):  # by a driver that was killed: there is one at a time
            left.unlink()
        cluster.probe = probe = work.absolute() / f"{_PROBE}{cluster.name}"
        write_whole(probe, b"a build's workers look for this file\n")
    try:
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"}):  # a paper may travel
            cluster.connect()
            cluster.await_workers()
            cluster.check()
            yield cluster
    finally:
        cluster.close()
        if work:
            probe.unlink(missing_ok=True)


__all__ = ["SILENT", "Cluster", "Raised", "cluster_at"]
