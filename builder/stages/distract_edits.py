"""What an attribute is: typed edits of one value, every mention of it, and how edits are applied."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from builder.records import Edit, EditType


@dataclass(frozen=True)
class Attribute:
    """One value of the caption and its false counterpart, every mention listed; an exchange lists both values' mentions."""

    type: EditType
    edits: tuple[Edit, ...]


def coin(seed: int, *parts: str) -> int:
    """A number drawn by hash: the same for the same seed and parts, on any machine."""
    return int(hashlib.sha256("|".join([str(seed), *parts]).encode()).hexdigest()[:12], 16)


def edit(kind: EditType, text: str, start: int, end: int, replacement: str) -> Edit:
    """One edit of `text` at these code points."""
    return Edit(type=kind, start=start, end=end, original=text[start:end], replacement=replacement)


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """The text with every edit made; edits do not overlap.

    >>> apply_edits("SEM of ZnO", [edit("method", "SEM of ZnO", 0, 3, "TEM")])
    'TEM of ZnO'
    """
    for made in sorted(edits, key=lambda made: made.start, reverse=True):
        text = text[: made.start] + made.replacement + text[made.end :]
    return text


def article_holds(text: str, start: int, mine: str, theirs: str) -> bool:
    """Whether "a" or "an" before the word fits both: formulas are read out letter by letter."""
    if not re.search(r"\ban?\s$", text[:start], re.IGNORECASE):
        return True
    vowels = "aeiou" if mine[0].islower() else "AEFHILMNORSX"
    return (mine[0] in vowels) == (theirs[0] in vowels)


def in_case_of(printed: str, word: str) -> str:
    """The word with a capital where the printed one opens with it.

    >>> in_case_of("Dashed", "solid")
    'Solid'
    """
    return word[0].upper() + word[1:] if printed[:1].isupper() and word[:1].islower() else word
