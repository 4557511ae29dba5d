"""Lines of text from a file or the standard input, one at a time, so that a pipe of any length works."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from builder.errors import CannotRead

LONGEST = 64 * 2**20  # bytes of a line: the longest chain of thought has a few


def text_lines(source: str) -> Iterator[str]:
    """Each line without its end, a byte-order mark left out; `-` is the standard input.

    Lines end at LF or CR LF and nowhere else.

    Raises CannotRead where the file cannot be opened or a line is not UTF-8, when it comes to that line.
    """
    if source == "-":
        yield from _decoded(sys.stdin.buffer, "standard input")
        return
    try:
        with Path(source).open("rb") as file:
            yield from _decoded(file, source)
    except OSError as error:
        raise CannotRead(
            source, error.strerror or str(error), "name a readable text file, or - for the standard input"
        ) from error


def byte_lines(file: BinaryIO, place: str) -> Iterator[tuple[int, bytes]]:
    """Each line with its number, from 1, and its end, a byte-order mark left out; no more of it than one is in memory.

    Raises CannotRead for one that is longer than LONGEST, before it is read to its end.
    """
    number, line = 1, file.readline(LONGEST + 1).removeprefix(codecs.BOM_UTF8)
    while line:
        if len(line) > LONGEST:
            remedy = "end each line with a line feed; the lines before it were read"
            raise CannotRead(f"{place} > line {number}", f"is longer than {LONGEST >> 20} MiB", remedy)
        yield number, line
        number, line = number + 1, file.readline(LONGEST + 1)


def _decoded(file: BinaryIO, place: str) -> Iterator[str]:
    for number, line in byte_lines(file, place):
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            problem = f"byte 0x{line[error.start]:02x} (column {error.start + 1}) is not UTF-8"
            raise CannotRead(
                f"{place} > line {number}", problem, "save the text as UTF-8; the lines before it were read"
            ) from None
        yield text.removesuffix("\n").removesuffix("\r")
