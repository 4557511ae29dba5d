"""What a child may send back: plain values, errors and our own records; a pickle that names anything else is not obeyed.

The channel between driver and child carries pickles, and a pickle can name any function to be called by who reads it. A child
that a hostile PDF has taken over sits behind the fence; by such a message it would act through the driver, which does not.
"""

from __future__ import annotations

import io
import pickle
import signal
import sys
import time
from dataclasses import is_dataclass
from enum import Enum
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import TypeGuard

from pebble.common.types import ResultStatus
from pebble.pool.process import Acknowledgement, TaskResult
from pydantic import BaseModel

_OF_THE_CHANNEL = {
    ("pebble.pool.process", "TaskResult"), ("pebble.pool.process", "TaskProblem"), ("pebble.pool.process", "Acknowledgement"),
    ("pebble.common.types", "Result"), ("pebble.common.types", "ResultStatus"),
    ("pebble.common.types", "RemoteException.rebuild_exception"),
}  # fmt: skip
# Nothing of which a few bytes make much: set(range(10**12)) would never end.
_PLAIN = {("builtins", name) for name in ("set", "frozenset", "complex")} | {
    ("pathlib", "PosixPath"), ("pathlib", "PurePosixPath"), ("pathlib", "WindowsPath"), ("datetime", "datetime"),
    ("datetime", "date"),
}  # fmt: skip
_BROKEN = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, ImportError, EOFError, MemoryError, RecursionError,
)  # fmt: skip


_LONGEST = 2**28  # bytes of one message: a paper's records are a few megabytes
ENDED_WITH_0 = 256  # no process ends with more than 255


class Unasked(Exception):
    """Stands for what no child has to send, and for the whole answer that names it."""


class GuardedSpawn(SpawnContext):
    """Starts children as `spawn` does; what comes through its pipes is read by `received`."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = 0.0  # when a child took up its last task, by the monotonic clock; set to 0 by whoever gives it the next
        self._started: list[SpawnProcess] = []

    def Process(self, *args: object, **kwargs: object) -> SpawnProcess:  # type: ignore[override]  # noqa: N802 - as above
        """One more child."""
        child = _Child(*args, **kwargs)  # type: ignore[arg-type]
        self._started.append(child)
        return child

    def pids(self) -> list[int]:
        """Of all children that were started here."""
        return [child.pid for child in self._started if child.pid]

    def Pipe(self, duplex: bool = True) -> tuple[Connection, Connection]:  # noqa: N802 - multiprocessing's name
        """The child's own end is read as ever: what a driver sends is trusted."""
        reader, writer = super().Pipe(duplex)
        reader.recv = partial(self._next, reader)  # type: ignore[method-assign]
        return reader, writer

    def _next(self, reader: Connection) -> object:
        """Raises OSError for what is no message: pebble takes it as the end of the pool."""
        try:
            message = received(reader.recv_bytes(_LONGEST))
        except pickle.UnpicklingError as error:
            raise OSError(str(error)) from error
        if isinstance(message, Acknowledgement):
            self.begun = time.monotonic()
        return message


class _Child(SpawnProcess):
    """A process that pebble never takes for one that ended as it should: with a task in hand, none does."""

    def start(self) -> None:
        """Ctrl-C is the driver's to answer, from the child's first moment on."""
        resource_tracker.ensure_running()  # it lets Ctrl-C through again once it runs
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    @property
    def exitcode(self) -> int | None:
        code = super().exitcode
        return ENDED_WITH_0 if code == 0 else code


def received(message: bytes) -> object:
    """The message's value. An answer that names what is not allowed has become an `Unasked`. Raises UnpicklingError."""
    reader = _Reader(io.BytesIO(message))
    try:
        value = reader.load()
    except _BROKEN as error:
        raise pickle.UnpicklingError(f"a child's message cannot be read: {error}") from error
    if reader.unasked and isinstance(value, TaskResult) and value.result.status == ResultStatus.SUCCESS:
        value.result.value = Unasked(reader.unasked[0])
    return value


class _Reader(pickle._Unpickler):  # in Python: six bytes make the one in C lay out gigabytes for its memo
    dispatch = {code: read for code, read in pickle._Unpickler.dispatch.items() if code != pickle.BYTEARRAY8[0]}

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.unasked: list[str] = []

    def find_class(self, module: str, name: str) -> object:
        if (module, name) in _OF_THE_CHANNEL | _PLAIN:
            return super().find_class(module, name)
        found = getattr(sys.modules.get(module), name, None)  # what was never imported here is no answer to what was asked
        own = module.partition(".")[0] == "builder" and _is_record(found) and found.__module__ == module
        if own or (isinstance(found, type) and issubclass(found, Exception)):
            return found
        self.unasked.append(f"{module}.{name}")
        return Unasked


def _is_record(found: object) -> TypeGuard[type]:
    """A class that only holds what it is given: what acts when it is made is nobody's answer."""
    return isinstance(found, type) and (is_dataclass(found) or issubclass(found, BaseModel | Enum | tuple))


__all__ = ["ENDED_WITH_0", "GuardedSpawn", "Unasked", "received"]
