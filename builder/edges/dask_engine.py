"""Papers cut on a Dask cluster: each in a confined child of some worker; a lost node is only rescheduled work."""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from distributed import Future, KilledWorker, get_worker

from builder.edges.cluster import Cluster, Raised
from builder.edges.engine import Failure, Limits, Outcome
from builder.edges.fence import Fence
from builder.edges.node import SAME_VERSIONS, Order, PaperTask, Seat, Unfit, cut_there
from builder.errors import ClusterStopped, MicrotomeError

T = TypeVar("T")
P = TypeVar("P", bound=PaperTask)
Result = TypeVar("Result")

_ATTEMPTS = 3  # workers that may be lost under one paper before that is its outcome; Dask's own count of deaths is the same
_LOOK = 2.0  # seconds between two looks at who runs what
_OVERDUE = 2  # times a paper's limit, and a minute: its child has been ended long before, so the worker itself does not answer
_MINUTE = 60.0


@dataclass(frozen=True)
class DaskEngine:
    """An engine whose workers see the driver's folders under the driver's paths."""

    cluster: Cluster

    def outcomes(
        self, function: Callable[[P], Result], tasks: Sequence[P], limits: Limits, fence: Fence
    ) -> Iterator[Outcome[P, Result]]:
        """One outcome for each task, as it is done.

        Raises ClusterStopped when the scheduler or all workers are gone for longer than the cluster is waited for, or a
        worker does not fit; a MicrotomeError of a child as it is.
        """
        order = Order(self.cluster.name, self.cluster.versions, self.cluster.probe, limits)
        return settled(self.cluster, partial(_cut, order, fence, function), tasks, limits)


def _cut(order: Order, fence: Fence, function: Callable[[P], Result], task: P) -> Result | Failure | Unfit:
    return cut_there(order, fence, seat(), function, task)


def seat() -> Seat:
    """The worker that calls this."""
    worker = get_worker()
    return Seat(worker.address, worker.state.nthreads, Path(worker.local_directory) / "microtome")


@dataclass(eq=False)
class _Flight(Generic[T]):
    """One task on its way."""

    task: T
    future: Future | None = None
    attempts: int = 0
    ends: list[str] = field(default_factory=list)  # of attempts that were lost: who had it, and what was seen
    worker: str = ""  # who has it, as far as the last look told
    since: float = 0.0
    avoid: set[str] = field(default_factory=set)  # workers that were lost under it
    allowed: frozenset[str] = frozenset()  # empty: any


def settled(
    cluster: Cluster,
    call: Callable[[Any], object],
    tasks: Iterable[T],
    limits: Limits,
    packed: Callable[[T], object] = lambda task: task,
) -> Iterator[Outcome[T, Any]]:
    """Outcomes of `call(packed(task))`, called on the workers, each as it is done; packed here when it is sent."""
    crossing = _Crossing[T](cluster, call, iter(tasks), limits, packed)
    try:
        yield from crossing.outcomes()
    finally:
        crossing.recall_all()


@dataclass
class _Crossing(Generic[T]):
    cluster: Cluster
    call: Callable[[Any], object]
    left: Iterator[T]
    limits: Limits
    packed: Callable[[T], object]
    name: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    flights: list[_Flight[T]] = field(default_factory=list)  # all that have not been told, in order
    done: deque[Outcome[T, Any]] = field(default_factory=deque)
    arrived: SimpleQueue[tuple[_Flight[T], Future]] = field(default_factory=SimpleQueue)
    keys: int = 0
    ended: bool = False  # no task is left to send
    looked: float = 0.0

    def outcomes(self) -> Iterator[Outcome[T, Any]]:
        while True:
            if time.monotonic() - self.looked > _LOOK:
                self._look()
            self._fill()
            while self.done:
                yield self.done.popleft()
            if self.ended and not self.flights:
                return
            if self.flights or not self.cluster.threads:
                self._await()

    def recall_all(self) -> None:
        """What is still on its way is not wanted any more."""
        self.cluster.cancel([flight.future for flight in self.flights if flight.future])

    def _fill(self) -> None:
        """As many under way as the cluster has threads, so that none waits behind a worker that is frozen."""
        threads = self.cluster.threads
        if not threads:
            return
        for flight in list(self.flights):
            if flight.future is None:
                self._send(flight)
        while len(self.flights) < threads and not self.ended:
            self._send_next()

    def _send_next(self) -> None:
        for task in self.left:
            self.flights.append(_Flight(task))
            self._send(self.flights[-1])
            return
        self.ended = True

    def _send(self, flight: _Flight[T]) -> None:
        if flight.attempts >= _ATTEMPTS:
            told = f"no answer in {flight.attempts} attempts ({'; '.join(flight.ends)}); run again to try once more"
            self._land(flight, Failure("worker-lost", told))
            return
        flight.attempts += 1
        flight.allowed = self.cluster.others(flight.avoid)
        self.keys += 1  # no key twice: a worker that was given up may still hold it
        key = f"microtome-{self.name}-{self.keys}"
        future = self.cluster.submit(
            self.call, self.packed(flight.task), key=key, workers=flight.allowed, first=flight.attempts > 1
        )
        if future is None:  # the scheduler is gone: the next look tells
            flight.attempts -= 1
            return
        flight.future, flight.worker, flight.since = future, "", time.monotonic()
        future.add_done_callback(lambda done, flight=flight: self.arrived.put((flight, done)))

    def _await(self) -> None:
        try:
            flight, future = self.arrived.get(timeout=_LOOK)
        except Empty:
            return
        if flight.future is future:
            self._settle(flight, future)

    def _settle(self, flight: _Flight[T], future: Future) -> None:
        flight.future = None
        try:
            result = self.cluster.result(future)
        except CancelledError:  # with the connection to the scheduler: nobody is to blame
            flight.attempts -= 1
        except (OSError, TimeoutError) as error:  # the worker went with the result
            flight.avoid |= {flight.worker} - {""}
            flight.ends.append(f"{flight.worker or 'some worker'}: its result was lost, {type(error).__name__}: {error}")
        else:
            self._land(flight, _judged(result, flight.worker))

    def _land(self, flight: _Flight[T], result: object) -> None:
        self.flights.remove(flight)
        self.done.append(Outcome(flight.task, result))

    def _look(self) -> None:
        """Take papers back from workers that do not answer. Raises ClusterStopped when there is nobody left to ask."""
        self.looked = now = time.monotonic()
        held = self.cluster.look()
        if self.cluster.renewed():
            for flight in self.flights:
                flight.attempts -= bool(flight.future)
                flight.future = None
        if held is None:
            return
        most = _OVERDUE * self.limits.seconds + _MINUTE
        for flight in [flight for flight in self.flights if flight.future]:
            assert flight.future
            worker = held.get(flight.future.key, "")
            if worker != flight.worker:
                flight.worker, flight.since = worker, now
            if worker and (worker in self.cluster.silent or now - flight.since > most):
                self.cluster.told(f"worker {worker} does not answer: its paper goes to another")
                flight.ends.append(f"{worker}: does not answer")
                self._recall(flight, worker)
            elif not worker and flight.allowed and not flight.allowed & self.cluster.heard:
                flight.attempts -= 1  # all that might have cut it have left
                self._recall(flight, "")

    def _recall(self, flight: _Flight[T], worker: str) -> None:
        assert flight.future
        self.cluster.cancel([flight.future])
        flight.future = None
        flight.avoid |= {worker} - {""}


def _judged(result: object, worker: str) -> object:
    """What a worker's answer is to the run. Raises what is the run's and not the paper's."""
    if isinstance(result, Unfit):
        raise ClusterStopped(f"worker {result.worker}", result.problem, result.remedy)
    return _failure(result.error, worker or "unknown") if isinstance(result, Raised) else result


def _failure(error: BaseException, worker: str) -> Failure:
    if isinstance(error, MicrotomeError):  # a full disk is no paper's fault
        raise error
    if isinstance(error, ImportError):  # the task could not even be read there
        raise ClusterStopped(f"worker {worker}", f"cannot run microtome: {error}", SAME_VERSIONS)
    if isinstance(error, KilledWorker):
        lost = f"{error.allowed_failures + 1} workers were lost while they cut it, the last {error.last_worker.address}"
        return Failure("worker-lost", lost)
    return Failure("internal-error", f"worker {worker}: {type(error).__name__}: {error}")


__all__ = ["DaskEngine", "seat", "settled"]
