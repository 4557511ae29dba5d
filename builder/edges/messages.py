"""What a child may send back: plain values, errors and our own records; a pickle that names anything else is not obeyed.

The channel between driver and child carries pickles, and a pickle can name any function to be called by who reads it. A child
that a hostile PDF has taken over sits behind the fence; by such a message it would act through the driver, which does not.
"""

from __future__ import annotations

import io
import pickle
import sys
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext

from pebble.common.types import ResultStatus
from pebble.pool.process import TaskResult

_OF_THE_CHANNEL = {
    ("pebble.pool.process", "TaskResult"), ("pebble.pool.process", "TaskProblem"), ("pebble.pool.process", "Acknowledgement"),
    ("pebble.common.types", "Result"), ("pebble.common.types", "ResultStatus"),
    ("pebble.common.types", "RemoteException.rebuild_exception"),
}  # fmt: skip
_PLAIN = {("builtins", name) for name in ("set", "frozenset", "bytearray", "complex", "slice", "range")} | {
    ("pathlib", "PosixPath"), ("pathlib", "PurePosixPath"), ("pathlib", "WindowsPath"), ("datetime", "datetime"),
    ("datetime", "date"),
}  # fmt: skip
_BROKEN = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, ImportError, EOFError, MemoryError, RecursionError,
)  # fmt: skip


class Unasked(Exception):
    """Stands for what no child has to send, and for the whole answer that names it."""


class GuardedSpawn(SpawnContext):
    """Starts children as `spawn` does; what comes through its pipes is read by `received`."""

    def Pipe(self, duplex: bool = True) -> tuple[Connection, Connection]:  # noqa: N802 - multiprocessing's name
        """The child's own end is read as ever: what a driver sends is trusted."""
        reader, writer = super().Pipe(duplex)
        reader.recv = partial(_next, reader)  # type: ignore[method-assign]
        return reader, writer


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


def _next(reader: Connection) -> object:
    return received(reader.recv_bytes())


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.unasked: list[str] = []

    def find_class(self, module: str, name: str) -> object:
        if (module, name) in _OF_THE_CHANNEL | _PLAIN:
            return super().find_class(module, name)
        found = getattr(sys.modules.get(module), name, None)  # what was never imported here is no answer to what was asked
        own = module.partition(".")[0] == "builder" and isinstance(found, type) and found.__module__ == module
        if own or (isinstance(found, type) and issubclass(found, Exception)):
            return found
        self.unasked.append(f"{module}.{name}")
        return Unasked


__all__ = ["GuardedSpawn", "Unasked", "received"]
