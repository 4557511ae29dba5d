"""Attacks that answer caption-matching items without the image: what they score above chance is a leak of our design."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class Attack:
    """What an attack scores over n items; a tie counts as one guess among the tied. `chance` is the score of guessing."""

    accuracy: float
    n: int
    chance: float


def closest_option(options: Sequence[str]) -> tuple[int, ...]:
    """The options closest to all others by token edit distance, every tied one.

    >>> closest_option(["a b", "x b", "a y", "x y"])
    (0, 1, 2, 3)
    """
    tokens = [_TOKEN.findall(option) for option in options]
    sums = [sum(token_distance(one, other) for other in tokens) for one in tokens]
    return tuple(index for index, total in enumerate(sums) if total == min(sums))


def attribute_votes(options: Sequence[str]) -> tuple[int, ...]:
    """The options that hold most of the tokens that most options share, every tied one."""
    counts = [Counter(_TOKEN.findall(option)) for option in options]
    votes = [sum(sum((mine & other).values()) / max(1, (mine | other).total()) for other in counts) for mine in counts]
    return tuple(index for index, total in enumerate(votes) if max(votes) - total < 1e-9)


def token_distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Levenshtein distance in tokens, the common head and tail taken off first."""
    head = 0
    while head < min(len(one), len(other)) and one[head] == other[head]:
        head += 1
    one, other = one[head:], other[head:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        above, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (left != right))
    return row[-1]


ATTACKS: dict[str, Callable[[Sequence[str]], tuple[int, ...]]] = {
    "closest_option": closest_option,
    "attribute_votes": attribute_votes,
}


def attack(rows: Iterable[tuple[Sequence[str], int]]) -> dict[str, Attack]:
    """Expected accuracy of each attack over (options, index of the key); no rows give n = 0 and accuracy 0."""
    items = list(rows)
    n = len(items)
    chance = sum(1 / len(options) for options, _ in items) / n if n else 0.0
    return {
        name: Attack(sum(_share(guess(o), key) for o, key in items) / n if n else 0.0, n, chance)
        for name, guess in ATTACKS.items()
    }


def _share(guessed: Sequence[int], key: int) -> float:
    return 1 / len(guessed) if key in guessed else 0.0
