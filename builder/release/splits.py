"""Splits drawn by paper: a paper lies in one split of every config, and stays there when others come or go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from builder.recipe import Split
from builder.records import digest
from builder.release.rows import LETTERS, SplitName

_SPACE = 16**12


def split_papers(papers: Iterable[str], with_items: Iterable[str], rule: Split, seed: int) -> dict[str, SplitName]:
    """The split of each paper. Few-shot examples come from papers with items, and one paper at least is left for `test`.

    >>> split_papers(["a"], [], Split(), 0)
    {'a': 'test'}
    """
    drawn = {paper: _draw("split", seed, paper) for paper in sorted(set(papers))}
    useful = sorted(set(with_items) & drawn.keys(), key=drawn.__getitem__) or sorted(drawn, key=drawn.__getitem__)
    validation = {paper for paper, value in drawn.items() if value < rule.validation_share}
    for paper in useful:
        if len(validation.intersection(useful)) >= min(rule.min_validation_papers, len(useful) - 1):
            break
        validation.add(paper)
    if not set(useful) - validation:
        validation.discard(useful[-1])
    return {paper: "validation" if paper in validation else "test" for paper in drawn}


def seat_keys(items: Sequence[str], seed: int) -> dict[str, int]:
    """The place of each item's key, 0 to 3: balanced to within one, and moved for few items when others come or go."""
    order = sorted(set(items), key=lambda item: (_draw("key", seed, item), item))
    wish = {item: int(_draw("seat", seed, item) * len(LETTERS)) for item in order}
    room = _rooms(wish, len(LETTERS))
    seats: dict[str, int] = {}
    for item in order:
        if room[wish[item]]:
            seats[item] = wish[item]
            room[wish[item]] -= 1
    for item in order:
        if item not in seats:
            seats[item] = max(room, key=lambda seat: (room[seat], -seat))
            room[seats[item]] -= 1
    return seats


def _rooms(wish: Mapping[str, int], seats: int) -> dict[int, int]:
    """Places a seat has: the even share, and one more for the most wished seats where the items do not divide."""
    wished = sorted(range(seats), key=lambda seat: (-list(wish.values()).count(seat), seat))
    share, rest = divmod(len(wish), seats)
    return {seat: share + (rank < rest) for rank, seat in enumerate(wished)}


def seat_options(item: str, key: int, seed: int) -> tuple[int, int, int, int]:
    """Which option sits at A, B, C, D when option 0 sits at `key`."""
    others = sorted((1, 2, 3), key=lambda option: _draw(f"option {option}", seed, item))
    first, second, third = others[:key], [0], others[key:]
    a, b, c, d = [*first, *second, *third]
    return a, b, c, d


def shuffle_options(item: str, count: int, seed: int) -> tuple[int, ...]:
    """Which option sits at A, B, C, ... of an item whose options all may move."""
    return tuple(sorted(range(count), key=lambda option: _draw(f"option {option}", seed, item)))


def _draw(what: str, seed: int, name: str) -> float:
    """A number in [0, 1) that depends on nothing but its arguments."""
    return int(digest([what, seed, name])[:12], 16) / _SPACE


__all__ = ["seat_keys", "seat_options", "shuffle_options", "split_papers"]
