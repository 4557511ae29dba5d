"""One driver at a time on a work folder: two would pay twice for the same answers and write over each other's receipts."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from builder.edges.redaction import without_urls_secrets
from builder.edges.store import SCRATCH, cannot_write
from builder.errors import CannotRead, CannotWrite

HOLDER = "driver.json"
_WRITTEN = 3600  # seconds, in which a node that has not noticed its driver's end may still write
_TRIES, _PAUSE = 4, 0.05  # seconds: whoever asks whether a killed driver's folder is free has the lock for an instant


@contextmanager
def held(work: Path) -> Iterator[None]:
    """Hold the folder until the end, however this process ends; what a killed driver or its children left unfinished goes.

    Raises CannotWrite, naming who holds it.

    The kernel keeps the lock, not the file: what a killed driver leaves behind holds nobody up. On a network file system it
    holds as far as that system carries flock(2) between machines.
    """
    with cannot_write(work):
        work.mkdir(parents=True, exist_ok=True)
        # A link in its place would have another file emptied.
        own = os.open(work / HOLDER, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        file = os.fdopen(own, "a+", encoding="utf-8")
    with file:
        if not _locked(file):
            file.seek(0)
            raise CannotWrite(
                str(work), f"is in use by {_named(file.read())}", "wait until it has ended, stop it, or name another --work"
            )
        with cannot_write(work / HOLDER):
            file.truncate(0)
            os.write(own, json.dumps(_this()).encode())  # past the buffer, which would be written again on a full disk
        _clear(work / SCRATCH)
        _clear_unfinished(work)
        try:
            yield
        finally:
            _clear(work / SCRATCH)
        file.truncate(0)


def _clear(scratch: Path) -> None:
    """What cannot be taken away stays: it holds nobody up."""
    with suppress(OSError, RecursionError):  # folders in folders by the thousand
        if scratch.is_symlink():  # it would lead out of the work folder
            scratch.unlink()
        else:
            shutil.rmtree(scratch, ignore_errors=True)


def _clear_unfinished(work: Path) -> None:
    """Files that nobody will give a name: of a driver or a node that went while it wrote them."""
    whole = work.resolve()
    for path in (path for pattern in ("*/.tmp-*", "*/*/.tmp-*") for path in work.glob(pattern)):
        with suppress(OSError):
            inside = path.parent.resolve().is_relative_to(whole)  # a link would lead out of the work folder
            if inside and time.time() - path.lstat().st_mtime > _WRITTEN:
                _clear(path) if path.is_dir() else path.unlink()


def _locked(file: TextIO) -> bool:
    for again in range(_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if again < _TRIES - 1:
                time.sleep(_PAUSE)
        else:
            return True
    return False


def holder(work: Path) -> str | None:
    """Who holds the folder now, in words, or None. What a killed driver left behind is nobody.

    Takes no lock from a driver that runs, and none where the last one ended in order.
    """
    path = work / HOLDER
    if not path.is_file():
        return None
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            said = file.read()
            if said:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _named(said)
    except OSError as error:
        raise CannotRead(str(path), error.strerror or str(error), "make it readable") from error
    return None


def _this() -> dict[str, object]:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    command = without_urls_secrets(" ".join(sys.argv[1:]))
    return {"process": os.getpid(), "host": socket.gethostname(), "since": since, "command": command}


def _named(told: str) -> str:
    try:
        said = json.loads(told)
        return f"process {said['process']} on {said['host']} since {said['since']}: microtome {said['command']}"
    except (ValueError, KeyError, TypeError):
        return "another process"


__all__ = ["HOLDER", "held", "holder"]
