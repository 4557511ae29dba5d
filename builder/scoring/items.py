"""What an answerer that never looks at the image is given: a stem and options, with the key to score it by."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"\w+")

Scores = tuple[float, ...]  # one number an option; the highest is picked, those that tie are one guess among them


@dataclass(frozen=True)
class Item:
    """One question. `key` holds the places of the right options, from 0; `caption` is the figure's own, where it is known."""

    id: str
    paper_id: str
    stem: str
    options: tuple[str, ...]
    key: frozenset[int]
    caption: str | None = None

    def __post_init__(self) -> None:
        if len(self.options) < 2 or not self.key or not self.key <= set(range(len(self.options))):
            raise ValueError(f"item {self.id!r} has {len(self.options)} options and the key {sorted(self.key)}")

    @property
    def share(self) -> float:
        """Share of the options that are right: what one blind guess scores."""
        return len(self.key) / len(self.options)


def tokens(text: str) -> list[str]:
    """Words and single marks, as printed."""
    return _TOKEN.findall(text)


def words(text: str) -> list[str]:
    """Words in lower case."""
    return _WORD.findall(text.lower())
