"""Numbers of the command line."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable

from builder.edges.child import Limits

_MOST_JOBS = 1024  # children of one driver
_MOST_SECONDS = 7 * 24 * 3600  # for one paper
_MOST_MIB = 2**24  # for one paper: 16 TiB of address space
_SHOWN = 40  # characters of what was given


def positive(text: str) -> int:
    """A whole number from 1. Raises ArgumentTypeError."""
    return _whole(text, 10**18 - 1, "1")


def _to(most: int) -> Callable[[str], int]:
    """Reads a whole number from 1 to `most`, and raises ArgumentTypeError for all else."""
    return lambda text: _whole(text, most, f"1 to {most:,}")


def _whole(text: str, most: int, said: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,17}", text) or int(text) > most:
        raise argparse.ArgumentTypeError(f"{text[:_SHOWN]!r} is not a whole number from {said}")
    return int(text)


def add_limits(parser: argparse.ArgumentParser, jobs: int, said: str) -> None:
    """The options --jobs, by default `jobs`, `said` so, --timeout and --memory: what a run over papers may take."""
    parser.add_argument("--jobs", metavar="N", type=_to(_MOST_JOBS), default=jobs, help=f"papers at a time (default: {said})")
    seconds, mib = "seconds a paper may take (default: %(default)s)", "MiB a paper may take (default: %(default)s)"
    parser.add_argument("--timeout", metavar="S", type=_to(_MOST_SECONDS), default=Limits.seconds, help=seconds)
    parser.add_argument("--memory", metavar="MIB", type=_to(_MOST_MIB), default=Limits.memory_mib, help=mib)


__all__ = ["add_limits", "positive"]
