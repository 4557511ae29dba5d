"""Numbers of the command line."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable

MOST_JOBS = 1024  # children of one driver
MOST_SECONDS = 7 * 24 * 3600  # for one paper
MOST_MIB = 2**24  # for one paper: 16 TiB of address space
_SHOWN = 40  # characters of what was given


def positive(text: str) -> int:
    """A whole number from 1. Raises ArgumentTypeError."""
    if not re.fullmatch("[1-9][0-9]{0,17}", text):
        raise argparse.ArgumentTypeError(f"{text[:_SHOWN]!r} is not a whole number from 1")
    return int(text)


def positive_to(most: int) -> Callable[[str], int]:
    """Reads a whole number from 1 to `most`, and raises ArgumentTypeError for all else."""

    def read(text: str) -> int:
        if not re.fullmatch("[1-9][0-9]{0,17}", text) or int(text) > most:
            raise argparse.ArgumentTypeError(f"{text[:_SHOWN]!r} is not a whole number from 1 to {most:,}")
        return int(text)

    return read


__all__ = ["MOST_JOBS", "MOST_MIB", "MOST_SECONDS", "positive", "positive_to"]
