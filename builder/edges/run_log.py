"""The log of a work folder, `log.jsonl`: written by its driver, read by whoever wants to know how a run goes."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from builder import __version__
from builder.edges.holding import held
from builder.edges.store import cannot_write
from builder.errors import CannotRead, CannotWrite, MicrotomeError
from builder.reporting.run_events import Event, EventName, event_of, line_of

LOG, OLDER = "log.jsonl", "log.1.jsonl"
MOST_BYTES = 64 * 2**20  # from which the next run begins a new file: some 200,000 events; a run is never cut in two
_LONGEST = 2**16  # bytes of a line that is looked at: an event is below 2 KiB


class RunLog:
    """One run's lines. Each is written whole, behind all others, and is there for a reader at once."""

    def __init__(self, work: Path) -> None:
        """Raises CannotWrite."""
        self.path = work / LOG
        now = datetime.now(UTC)
        self.run = f"{now:%Y%m%dT%H%M%SZ}-{os.getpid()}"
        with cannot_write(self.path):
            if self.path.exists() and self.path.stat().st_size >= MOST_BYTES:
                self.path.replace(work / OLDER)
            # A link in its place would lead out of the work folder.
            self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o644)
            told = os.fstat(self._file)
            if not stat.S_ISREG(told.st_mode):  # a pipe that nobody reads would hold the run up
                os.close(self._file)
                raise OSError(errno.EINVAL, "is no regular file")
            size = told.st_size
            if size and os.pread(self._file, 1, size - 1) != b"\n":  # torn when a run was killed
                os.write(self._file, b"\n")

    def write(self, event: EventName, **facts: object) -> Event:
        """Raises CannotWrite."""
        now = datetime.now(UTC)
        time = now.replace(microsecond=now.microsecond // 1000 * 1000)
        told = Event.model_validate({"time": time, "run": self.run, "event": event, **facts})
        with cannot_write(self.path):
            os.write(self._file, line_of(told))
        return told

    def close(self) -> None:
        os.close(self._file)


@contextmanager
def driven(work: Path, command: str) -> Iterator[RunLog]:
    """Hold the folder, and log that this command has it and how that ends.

    Raises CannotWrite, where another driver has it naming that one.
    """
    with held(work):
        log = RunLog(work)
        try:
            log.write("driver-started", command=command, builder_version=__version__)
            yield log
        except (MicrotomeError, KeyboardInterrupt) as error:
            with suppress(CannotWrite):  # on a full disk the first error is the one to tell
                log.write("run-ended", outcome="stopped", exit=exit_name(error))
            raise
        else:
            log.write("run-ended", outcome="finished")
        finally:
            log.close()


def exit_name(error: MicrotomeError | KeyboardInterrupt) -> str:
    """As `microtome --help` lists it, with hyphens: `asking-stopped`."""
    return error.exit_code.name.lower().replace("_", "-") if isinstance(error, MicrotomeError) else "interrupted"


def events(work: Path) -> Iterator[Event | None]:
    """The log's events, oldest first; None for a line that is none, as the one that is just being written.

    Raises CannotRead where no run was logged.
    """
    if not (work / LOG).is_file():
        remedy = "name what --work named, or RELEASE.work beside a release"
        raise CannotRead(str(work), "is no work folder in which a run was logged", remedy)
    try:
        with (work / LOG).open("rb") as file:
            while line := file.readline(_LONGEST):
                yield event_of(line)
    except OSError as error:
        raise CannotRead(str(work / LOG), error.strerror or str(error), "make it readable") from error


__all__ = ["LOG", "MOST_BYTES", "OLDER", "RunLog", "driven", "events", "exit_name"]
