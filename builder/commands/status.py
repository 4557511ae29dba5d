"""The command `status`: how the run of a work folder stands, asked from another terminal."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from builder.edges.holding import holder
from builder.edges.run_log import LOG, events
from builder.errors import CannotRead, Exit
from builder.reporting.run_status import status_lines, status_of


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
    print(found.model_dump_json(indent=1) if arguments.json else "\n".join(status_lines(found)))
    return Exit.OK


__all__ = ["add_status"]
