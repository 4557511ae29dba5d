"""Lines of a file or of standard input, as bytes: what is not UTF-8 is the reader's to name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from builder.errors import CannotRead


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """The named file, or standard input for "-". Raises CannotRead."""
    if name == "-":
        yield sys.stdin.buffer
        return
    with ExitStack() as stack:
        try:
            file = stack.enter_context(Path(name).open("rb"))
        except OSError as error:
            raise CannotRead(name, error.strerror or str(error), "name a file, or - for standard input") from error
        yield file
