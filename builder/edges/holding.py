"""One driver at a time on a work folder: two would pay twice for the same answers and write over each other's receipts."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from builder.edges.store import cannot_write
from builder.errors import CannotWrite

HOLDER = "driver.json"


@contextmanager
def held(work: Path) -> Iterator[None]:
    """Hold the folder until the end, however this process ends. Raises CannotWrite, naming who holds it.

    The kernel keeps the lock, not the file: what a killed driver leaves behind holds nobody up. On a network file system it
    holds as far as that system carries flock(2) between machines.
    """
    with cannot_write(work):
        work.mkdir(parents=True, exist_ok=True)
        file = (work / HOLDER).open("a+", encoding="utf-8")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CannotWrite(
                str(work), f"is in use by {_named(file.read())}", "wait until it has ended, stop it, or name another --work"
            ) from None
        file.truncate(0)
        file.write(json.dumps(_this()))
        file.flush()
        yield
        file.truncate(0)


def _this() -> dict[str, object]:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"process": os.getpid(), "host": socket.gethostname(), "since": since, "command": " ".join(sys.argv[1:])}


def _named(told: str) -> str:
    try:
        said = json.loads(told)
        return f"process {said['process']} on {said['host']} since {said['since']}: microtome {said['command']}"
    except (ValueError, KeyError, TypeError):
        return "another process"


__all__ = ["HOLDER", "held"]
