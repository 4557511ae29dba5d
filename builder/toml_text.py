"""TOML of a stranger: a few kilobytes of it, without what its reader needs the square of their memory for.

For a key of n dotted parts `tomllib` keeps every one of its n beginnings: 400 kilobytes would take all memory there is.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

LONGEST = 2**20  # characters: a recipe with long prompts has some ten thousand
_PARTS = 32  # of one key
_PART = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+"""
_LONG_KEY = re.compile(rf"""(?<![\w"'-])(?:{_PART}){{{_PARTS}}}""")


def read_toml(text: str) -> dict[str, Any]:
    """The tables of the text. Raises TOMLDecodeError, also for what is too long or too deep."""
    if len(text) > LONGEST:
        raise tomllib.TOMLDecodeError(f"{len(text)} characters; {LONGEST} are enough")
    if found := _LONG_KEY.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise tomllib.TOMLDecodeError(f"a key of {_PARTS} parts and more (at line {line})")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise tomllib.TOMLDecodeError("values within values without end") from error


__all__ = ["LONGEST", "read_toml"]
