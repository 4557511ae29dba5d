"""One child process behind a channel of its own: what it may cost, and how it is ended whatever it does.

Pebble's workers share two pipes and a lock. A child that was taken over, or killed in the middle of a word, could hold that
lock or leave half a message in the pipe, and no other child would be heard again: so each child is a pool of one.
"""

from __future__ import annotations

import ctypes
import os
import re
import resource
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures import wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from pathlib import Path
from typing import TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from builder.edges.fence import Fence
from builder.edges.messages import ENDED_WITH_0, GuardedSpawn, Unasked
from builder.errors import MicrotomeError

Task = TypeVar("Task")
Result = TypeVar("Result")

_PR_SET_PDEATHSIG = 1  # include/uapi/linux/prctl.h
_LARGEST_FILE = 2**30  # bytes a child may write into one file: a crop of the largest page is far below
_STARTS = 3  # children that may end before they take up a task, until it is told to have none
_START = 120.0  # seconds until a child must have taken up its task: on a busy machine the libraries load slowly
_ORPHANED = 30  # seconds after the limit when a child whose driver is gone ends where no kernel ends it at once
_LOOK = 0.2  # seconds between two looks at a task's time
_STOPPED = 2.0  # seconds between two looks from which this process was stopped in between, by Ctrl-Z or a batch system
_SHOWN = 500  # characters of what a child says of its failure


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
    seconds: float = field(default=0.0, compare=False)  # from when a child took the task up to when it was lost


class Child:
    """A child kept from task to task, since one takes seconds to start; one that is lost is followed by a new one."""

    def __init__(self, limits: Limits, fence: Fence | None) -> None:
        self._limits, self._fence = limits, fence
        self._turn = threading.Lock()
        self._over = threading.Event()
        self._channel = GuardedSpawn()
        self._pool: ProcessPool | None = None
        self._scratch: Path | None = None

    def result(self, function: Callable[[Task], Result], task: Task) -> Result | Failure:
        """One result whatever happens to the child. Raises a MicrotomeError of the child: it is the run's."""
        with self._turn:
            for _ in range(_STARTS):
                if self._over.is_set():
                    return Failure("crashed", "the run ended before the paper was done")
                fresh = self._pool is None
                error, value = self._called(function, task)
                if isinstance(error, MemoryError):
                    self._end()
                    if not fresh:  # what earlier papers left in it is not this one's
                        continue
                if isinstance(error, FutureTimeout | ProcessExpired | BrokenProcessPool):
                    self._end()
                    if not self._channel.begun:  # it was lost before it had the task
                        continue
                return _told(error, value, self._limits, time.monotonic() - self._channel.begun)
        remedy = (
            f"raise --memory, which is {self._limits.memory_mib} MiB, or the machine's limits of processes and files (ulimit)"
        )
        return Failure("crashed", f"no child could be started; {remedy}")

    def close(self) -> None:
        """End it for good; what runs in it has no result."""
        self._over.set()
        with self._turn:
            self._end()

    def _called(self, function: Callable[[Task], Result], task: Task) -> tuple[BaseException | None, Result | None]:
        """What came of it: an error, or a result."""
        pool = self._pool or self._started()
        self._channel.begun = 0.0
        try:
            # Its time is kept here: pebble ends no child that holds the lock, and waits for one that is deaf.
            future = pool.schedule(_ran, args=[function, task, self._limits.seconds])
        except RuntimeError:  # pebble's word for a pool whose child was lost while it had nothing to do
            return BrokenProcessPool(), None
        error = self._error(future)
        return error, None if error else future.result()

    def _error(self, future: ProcessFuture) -> BaseException | None:
        asked = looked = time.monotonic()
        stood = 0.0  # seconds in which this process was stopped: its child may have been done long ago, or stopped, too
        while not wait([future], timeout=_LOOK).done:
            now = time.monotonic()
            stood, looked = stood + (now - looked if now - looked > _STOPPED else 0.0), now
            begun = self._channel.begun
            last = stood + (begun + self._limits.seconds if begun else asked + _START)
            if self._over.is_set() or now > last:
                return FutureTimeout()
        error: BaseException | None = future.exception()
        return error

    def _started(self) -> ProcessPool:
        self._channel = GuardedSpawn()
        self._scratch = self._fence.scratch() if self._fence else None
        settings = [self._limits, self._fence, self._scratch, os.getpid()]
        self._pool = ProcessPool(max_workers=1, context=self._channel, initializer=_confine, initargs=settings)
        return self._pool

    def _end(self) -> None:
        """It goes, with what it started and its temporary files. It goes first: what it still writes must not come through."""
        pool, self._pool = self._pool, None
        for pid in self._channel.pids():
            for end in (os.killpg, os.kill):  # it leads a group of its own, but for its first moments
                with suppress(ProcessLookupError, PermissionError):
                    end(pid, signal.SIGKILL)
        if pool:
            pool.stop()
            pool.join()
        if self._scratch:
            with suppress(RecursionError):  # folders in folders by the thousand: the next run's first act finds them, too
                shutil.rmtree(self._scratch, ignore_errors=True)


def _confine(limits: Limits, fence: Fence | None, scratch: Path | None, driver: int) -> None:
    _end_with(driver)
    os.setsid()  # what it starts, where nothing keeps it from that, is ended with it
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to answer
    for ends in (signal.SIGTERM, signal.SIGALRM):  # pebble's own handler waits for native code to return; a hang never does
        signal.signal(ends, signal.SIG_DFL)
    for what, wanted in (
        (resource.RLIMIT_AS, limits.memory_mib * 2**20),
        (resource.RLIMIT_FSIZE, _LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        least = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(what, (least, least))
    silence = os.open(os.devnull, os.O_WRONLY)
    # What native code prints could fill a log without end; Python's tracker of semaphores, a process of the driver's, does
    # what it is told through its pipe, and says aloud what it does not understand.
    for stream in (1, 2, resource_tracker.getfd()):
        if stream is not None:
            os.dup2(silence, stream)
    if fence:
        fence.shut(scratch)


def _end_with(driver: int) -> None:
    """Have the kernel end this process with the driver's thread that started it: a driver that is killed ends nobody itself."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != driver:  # gone before the kernel was told
            os._exit(1)


def _ran(function: Callable[[Task], Result], task: Task, seconds: int) -> Result:
    """In the child: the function's result. The folder and the environment that the next task meets are as they were."""
    folder, names = _here(), dict(os.environ)
    signal.alarm(seconds + _ORPHANED)
    try:
        return function(task)
    finally:
        signal.alarm(0)
        os.chdir(folder)
        if dict(os.environ) != names:
            os.environ.clear()
            os.environ.update(names)


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:  # taken away since the run began
        return Path("/")


def _told(error: BaseException | None, value: Result | None, limits: Limits, seconds: float) -> Result | Failure:
    if isinstance(value, Unasked):
        return Failure("crashed", f"the child answered with {value}, which no child has to send", seconds)
    if error is None:
        return value  # type: ignore[return-value]
    if isinstance(error, FutureTimeout):
        return Failure("timeout", f"not done after {limits.seconds} s; --timeout raises the limit", float(limits.seconds))
    if isinstance(error, MemoryError):
        detail = f"needs more than {limits.memory_mib} MiB; --memory raises the limit"
        return Failure("out-of-memory", detail, seconds)
    if isinstance(error, BrokenProcessPool):
        return Failure("crashed", "the child sent what is no answer of a child", seconds)
    if isinstance(error, ProcessExpired):
        return Failure("crashed", f"the child died of {_cause(error.exitcode)}", seconds)
    if isinstance(error, MicrotomeError):  # a full disk is no paper's fault: it ends the run
        raise error
    if isinstance(error, Exception):
        return Failure("internal-error", _shown(f"{_place(error)}{type(error).__name__}: {error}"), seconds)
    raise error


def _place(error: Exception) -> str:
    """Where in our own code, as pebble brings the child's traceback along."""
    told = str(getattr(error, "traceback", ""))
    lines = re.findall(r'File "[^"]*/(builder/(?!edges/child\.py)[^"]+)", line ([0-9]+)', told)
    return "{}:{}: ".format(*lines[-1]) if lines else ""


def _shown(text: str) -> str:
    """On one line of a terminal, of which no sign can be an order to it."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:_SHOWN])


def _cause(code: int) -> str:
    if -code in signal.valid_signals():
        return signal.Signals(-code).name
    return f"exit code {0 if code == ENDED_WITH_0 else code}"


__all__ = ["Child", "Failure", "Limits"]
