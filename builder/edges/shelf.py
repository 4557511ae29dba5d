"""A shelf of rows in an unnamed temporary file: a little is held in memory, the rest on disk until nobody asks for it."""

from __future__ import annotations

import os
import tempfile
import weakref
from array import array
from pathlib import Path

from builder.edges.store import cannot_write

HELD = 16 * 2**20  # bytes that are in memory before they are written: a small release never touches the disk


class DiskShelf:
    """Texts by number. Its file has no name and goes with the shelf; TMPDIR says where it lies."""

    def __init__(self) -> None:
        self._ends = array("Q", [0])
        self._tail = bytearray()
        self._written = 0
        self._file = -1

    def put(self, text: bytes) -> int:
        """Raises CannotWrite where the disk is full."""
        if len(self._tail) + len(text) > HELD:
            self._spill()
        self._tail += text
        self._ends.append(self._ends[-1] + len(text))
        return len(self._ends) - 2

    def text(self, number: int) -> bytes:
        start, end = self._ends[number], self._ends[number + 1]
        if start >= self._written:
            return bytes(self._tail[start - self._written : end - self._written])
        return os.pread(self._file, end - start, start)  # a position of its own: children share the file's

    def _spill(self) -> None:
        with cannot_write(Path(tempfile.gettempdir())):
            if self._file < 0:
                with tempfile.TemporaryFile() as file:
                    self._file = os.dup(file.fileno())
                weakref.finalize(self, os.close, self._file)
            left, self._tail = memoryview(self._tail), bytearray()
            while left:
                done = os.pwrite(self._file, left, self._written)
                self._written += done
                left = left[done:]


__all__ = ["HELD", "DiskShelf"]
