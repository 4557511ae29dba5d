"""Rows of a stranger's Parquet file within a stated memory: a few kilobytes of it can stand for gigabytes.

What the file says of its sizes is the stranger's word, too: the system is asked to refuse what goes beyond (RLIMIT_AS, on
Linux). Elsewhere the counts alone are held to.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROOM = 2 * 2**30  # bytes for one group of rows: we write a hundred rows a group, of which an image has a few megabytes
_LEAST = 4  # bytes of a file for each row: content_hash alone takes more than thirty
_SWELLS = 1000  # times a file's size that its rows may take, beyond ROOM: hundreds of rows that share a text come to some fifty
_BATCH = 32  # rows that are Python objects at a time: images are megabytes each


def rows_within(
    file: pq.ParquetFile, size: int, columns: Sequence[str] | None = None, *, groups: int = 1, most_rows: int | None = None
) -> Iterator[dict[str, Any]]:
    """Each row of a file of so many bytes, so many row groups read at a time; `columns` by the paths of their leaves.

    `most_rows`: that the file may hold; without it as many as a release's rows, of which each has a hash, have room for.
    Raises ArrowInvalid where they would need more than the bounds above, before memory goes.
    """
    of = file.metadata
    said = sum(of.row_group(number).num_rows for number in range(of.num_row_groups))
    most = size // _LEAST if most_rows is None else most_rows
    if said > most:
        raise pa.ArrowInvalid(f"says that it holds {said} rows in {size} bytes; {most} are the most that is read")
    taken = 0
    for start in range(0, of.num_row_groups, groups):
        wanted = list(range(start, min(start + groups, of.num_row_groups)))
        with _room():
            # In this thread: one that reads ahead and lets go of a Python object while the interpreter ends would abort.
            table = file.read_row_groups(wanted, columns=columns, use_threads=False)
        taken += table.nbytes
        if taken > ROOM + _SWELLS * size:
            raise pa.ArrowInvalid(f"swells from {size} bytes to more than {taken}; a release swells {_SWELLS} times at most")
        for batch in table.to_batches(_BATCH):
            with _room():
                rows = batch.to_pylist()
            yield from rows


@contextmanager
def _room() -> Iterator[None]:
    """No more than ROOM beside what this process has by now."""
    if sys.platform != "linux":
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    least = min(limit for limit in (held + ROOM, soft, hard) if limit != resource.RLIM_INFINITY)
    resource.setrlimit(resource.RLIMIT_AS, (least, hard))
    try:
        yield
    except MemoryError as error:  # Arrow's own is one
        raise pa.ArrowInvalid(f"a group of its rows needs more than {ROOM >> 20} MiB of memory; no release's does") from error
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


__all__ = ["ROOM", "rows_within"]
