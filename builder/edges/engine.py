"""One paper a task, each in a child that can be killed: a crash, a hang or a memory bomb costs its own paper and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from queue import SimpleQueue
from typing import Generic, TypeVar

from builder.edges.child import Child, Failure, Limits
from builder.edges.fence import Fence

Task = TypeVar("Task")
Result = TypeVar("Result")

_WINDOW = 2  # tasks on their way for each child: enough to keep it busy, few enough to keep the driver's memory flat


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
    """Outcomes of `function(task)`, one for each task whatever happens to it, each as it is done: none waits for a slow one.

    Behind a `fence` a child reaches nothing but what that names.
    A MicrotomeError in a child is the run's, not the paper's: it is raised here.
    """
    children = Children(jobs, limits, fence)
    threads = ThreadPoolExecutor(jobs)
    running: list[Future[Outcome[Task, Result]]] = []  # in the order of the tasks
    left = iter(tasks)
    try:
        while running := running + _begun(threads, children, function, islice(left, jobs * _WINDOW - len(running))):
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            first = next(future for future in running if future in done)
            running.remove(first)
            yield first.result()
    finally:
        children.close()
        threads.shutdown(cancel_futures=True)


def _begun(
    threads: ThreadPoolExecutor, children: Children, function: Callable[[Task], Result], tasks: Iterable[Task]
) -> list[Future[Outcome[Task, Result]]]:
    return [threads.submit(children.outcome, function, task) for task in tasks]


class Children:
    """Children kept from task to task, for tasks that come one by one, from any thread."""

    def __init__(self, jobs: int, limits: Limits, fence: Fence | None) -> None:
        self._all = tuple(Child(limits, fence) for _ in range(jobs))
        self._free: SimpleQueue[Child] = SimpleQueue()
        for child in self._all:
            self._free.put(child)

    def outcome(self, function: Callable[[Task], Result], task: Task) -> Outcome[Task, Result]:
        """One outcome whatever happens to the child. Raises a MicrotomeError of the child: it is the run's."""
        child = self._free.get()
        try:
            return Outcome(task, child.result(function, task))
        finally:
            self._free.put(child)

    def close(self) -> None:
        """End them; what runs in them has no outcome."""
        for child in self._all:
            child.close()


__all__ = ["Children", "Failure", "Limits", "LocalEngine", "Outcome", "run_isolated"]
