"""Lines of text from a file or the standard input, one at a time, so that a pipe of any length works."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from builder.errors import CannotRead


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


def _decoded(lines: Iterable[bytes], place: str) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        try:
            text = (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).decode("utf-8")
        except UnicodeDecodeError as error:
            problem = f"byte 0x{line[error.start]:02x} (column {error.start + 1}) is not UTF-8"
            raise CannotRead(
                f"{place} > line {number}", problem, "save the text as UTF-8; the lines before it were read"
            ) from None
        yield text.removesuffix("\n").removesuffix("\r")
