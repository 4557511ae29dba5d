"""One paper a task, each in a child that can be killed: a crash, a hang or a memory bomb costs its own paper and no other."""

from __future__ import annotations

import os
import re
import resource
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from builder.edges.fence import Fence
from builder.edges.messages import GuardedSpawn, Unasked
from builder.errors import MicrotomeError

Task = TypeVar("Task")
Result = TypeVar("Result")

_LARGEST_FILE = 2**30  # bytes a child may write into one file: a crop of the largest page is far below
_POOLS = 3  # that may break under one task before it is told to have no child
_WINDOW = 4  # tasks queued for each worker: enough to keep it busy, few enough to keep the driver's memory flat


@dataclass(frozen=True)
class Limits:
    """What one paper may cost."""

    seconds: int = 300
    memory_mib: int = 4096  # address space of the child


@dataclass(frozen=True)
class Failure:
    """Why a task has no result; `reason` is a stable code for the drops table."""

    reason: str
    detail: str


@dataclass(frozen=True)
class Outcome(Generic[Task, Result]):
    task: Task
    result: Result | Failure


@dataclass(frozen=True)
class LocalEngine:
    """Tasks cut on this machine, `jobs` at a time."""

    jobs: int

    def outcomes(
        self, function: Callable[[Task], Result], tasks: Sequence[Task], limits: Limits, fence: Fence
    ) -> Iterator[Outcome[Task, Result]]:
        """As `run_isolated`."""
        return run_isolated(function, tasks, jobs=self.jobs, limits=limits, fence=fence)


def run_isolated(
    function: Callable[[Task], Result], tasks: Sequence[Task], *, jobs: int, limits: Limits, fence: Fence | None = None
) -> Iterator[Outcome[Task, Result]]:
    """Outcomes of `function(task)` in the order of the tasks, one for each task whatever happens to it.

    Behind a `fence` a child reaches nothing but what that names.
    A MicrotomeError in a child is the run's, not the paper's: it is raised here.
    """
    left = deque(tasks)
    while left:
        # A child killed from outside while it starts breaks pebble's pool as a whole: what is unsettled goes to a new one.
        for outcome in _run_in_one_pool(function, tuple(left), jobs=jobs, limits=limits, fence=fence):
            left.popleft()
            yield outcome


def _run_in_one_pool(
    function: Callable[[Task], Result], tasks: Sequence[Task], *, jobs: int, limits: Limits, fence: Fence | None
) -> Iterator[Outcome[Task, Result]]:
    """Outcomes in order until all are told or the pool breaks; the first task always gets one."""
    context = GuardedSpawn()  # a forked child would inherit the driver's threads and locks
    with ProcessPool(max_workers=jobs, context=context, initializer=_confine, initargs=[limits, fence]) as pool:
        running: deque[tuple[Task, ProcessFuture]] = deque()
        told = 0
        try:
            for task in tasks:
                try:
                    running.append((task, pool.schedule(function, args=[task], timeout=limits.seconds)))
                except RuntimeError as error:  # pebble's word for a broken pool
                    if not running and not told:
                        yield Outcome(task, Failure("crashed", f"no child could be started: {error}"))
                    break
                if len(running) >= jobs * _WINDOW:
                    yield _outcome(*running.popleft(), limits)
                    told += 1
            while running:
                yield _outcome(*running.popleft(), limits)
                told += 1
        except BaseException:
            pool.stop()
            raise


class Children:
    """Children kept from task to task, since one takes seconds to start: for tasks that come one by one, from any thread."""

    def __init__(self, jobs: int, limits: Limits, fence: Fence) -> None:
        self._jobs, self._limits, self._fence = jobs, limits, fence
        self._lock = threading.Lock()
        self._awaited: set[ProcessFuture] = set()  # pebble leaves what a stopped pool had under way without an end
        self._closed = False
        self._pool = self._new_pool()

    def outcome(self, function: Callable[[Task], Result], task: Task) -> Outcome[Task, Result]:
        """One outcome whatever happens to the child. Raises a MicrotomeError of the child: it is the run's."""
        for _ in range(_POOLS):
            pool = self._pool
            future = self._scheduled(pool, function, task)
            if future and not isinstance(self._awaited_end(future), (BrokenProcessPool, CancelledError)):
                return _outcome(task, future, self._limits)
            if self._closed:
                return Outcome(task, Failure("crashed", "the run was over before it was done"))
            self._renew(pool)
        return Outcome(task, Failure("crashed", "no child could be started"))

    def close(self) -> None:
        """End them; what runs in them is over, and whoever waits for it is told so."""
        with self._lock:
            self._closed = True
            self._end(self._pool)
        self._pool.join()

    def _scheduled(self, pool: ProcessPool, function: Callable[[Task], Result], task: Task) -> ProcessFuture | None:
        with self._lock, suppress(RuntimeError):  # pebble's word for a pool that was broken or stopped before
            future: ProcessFuture = pool.schedule(function, args=[task], timeout=self._limits.seconds)
            self._awaited.add(future)
            return future
        return None

    def _awaited_end(self, future: ProcessFuture) -> BaseException | None:
        try:
            error: BaseException | None = future.exception()
            return error
        except CancelledError as error:
            return error
        finally:
            with self._lock:
                self._awaited.discard(future)

    def _renew(self, broken: ProcessPool) -> None:
        with self._lock:
            if self._pool is broken and not self._closed:
                self._end(broken)
                self._pool = self._new_pool()

    def _end(self, pool: ProcessPool) -> None:
        for future in self._awaited:
            future.cancel()
        pool.stop()

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self._jobs, context=GuardedSpawn(), initializer=_confine, initargs=[self._limits, self._fence]
        )


def _confine(limits: Limits, fence: Fence | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to answer
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # pebble's own handler waits for native code to return; a hang never does
    for what, wanted in (
        (resource.RLIMIT_AS, limits.memory_mib * 2**20),
        (resource.RLIMIT_FSIZE, _LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
    silence = os.open(os.devnull, os.O_WRONLY)  # what native code prints could fill a log without end
    for stream in (1, 2):
        os.dup2(silence, stream)
    if fence:
        fence.shut()


def _outcome(task: Task, future: ProcessFuture, limits: Limits) -> Outcome[Task, Result]:
    error = future.exception()
    if error is None:
        result = future.result()
        if isinstance(result, Unasked):
            result = Failure("crashed", f"the child answered with {result}, which no child has to send")
        return Outcome(task, result)
    if isinstance(error, FutureTimeout):
        return Outcome(task, Failure("timeout", f"not done after {limits.seconds} s; --timeout raises the limit"))
    if isinstance(error, MemoryError):
        return Outcome(task, Failure("out-of-memory", f"needs more than {limits.memory_mib} MiB; --memory raises the limit"))
    if isinstance(error, ProcessExpired):
        return Outcome(task, Failure("crashed", f"the child died of {_cause(error.exitcode)}"))
    if isinstance(error, MicrotomeError):  # a full disk is no paper's fault: it ends the run
        raise error
    if isinstance(error, Exception):
        return Outcome(task, Failure("internal-error", f"{_place(error)}{type(error).__name__}: {error}"))
    raise error


def _place(error: Exception) -> str:
    """Where in our own code, as pebble brings the child's traceback along."""
    lines = re.findall(r'File "[^"]*/(builder/[^"]+)", line ([0-9]+)', str(getattr(error, "traceback", "")))
    return "{}:{}: ".format(*lines[-1]) if lines else ""


def _cause(code: int) -> str:
    return signal.Signals(-code).name if -code in signal.valid_signals() else f"exit code {code}"
