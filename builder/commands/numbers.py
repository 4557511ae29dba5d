"""Numbers of the command line."""

from __future__ import annotations

import argparse
import re


def positive(text: str) -> int:
    """A whole number from 1. Raises ArgumentTypeError."""
    if not re.fullmatch("[1-9][0-9]*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


__all__ = ["positive"]
