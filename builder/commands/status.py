"""The command `status`: how the run of a work folder stands, asked from another terminal."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from builder.edges.holding import holder
from builder.edges.run_log import LOG, events
from builder.errors import CannotRead, Exit
from builder.reporting.run_status import Status, status_lines, status_of


def add_status(parser: argparse.ArgumentParser) -> None:
    """`microtome status`."""
    parser.add_argument("work", metavar="WORK", type=Path, help="a work folder: --work of a build, or RELEASE.work")
    parser.add_argument("--json", action="store_true", help="the same as one JSON object on stdout")
    parser.set_defaults(command=_status)


def _status(arguments: argparse.Namespace) -> int:
    work: Path = arguments.work
    found = status_of(events(work), holder(work), datetime.now(UTC))
    if found and found.state == "killed":  # or it began after the folder was looked at
        found = status_of(events(work), holder(work), datetime.now(UTC))
    if found is None:
        raise CannotRead(str(work / LOG), "tells of no run", "start one, or name another work folder")
    print(json.dumps(as_object(found), indent=1) if arguments.json else "\n".join(status_lines(found)))
    return Exit.OK


def as_object(found: Status) -> dict[str, object]:
    """The status as JSON; of the last event only what it says."""
    return found.model_dump(mode="json") | {"last": found.last.model_dump(mode="json", exclude_none=True)}


__all__ = ["add_status"]
