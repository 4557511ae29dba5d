"""What an attribute is: typed edits of one value, every mention of it, and how edits are applied."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from builder.records import Edit

EditType = Literal["method", "composition", "number"]


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
