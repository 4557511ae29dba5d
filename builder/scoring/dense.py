"""One model's answers seated: a place for every item and repeat, so that what was not answered is seen and none is lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from builder.errors import UsageError
from builder.scoring.asked import Asked, Bits
from builder.scoring.option_rows import Ints
from builder.scoring.option_sets import Floats
from builder.scoring.responses import CODE, Findings, Responses
from builder.scoring.results import MISSING

MOST_PLACES = 50_000_000  # items times repeats


@dataclass(frozen=True)
class Seated:
    """Answers sorted by item, then repeat: arrays of shape (items * repeats,)."""

    repeats: tuple[int, ...]  # as numbered in the predictions
    item: Ints
    status: npt.NDArray[np.uint8]  # place in STATUSES
    selected: Bits
    confidence: Floats  # NaN where none was stated
    difficulty: Floats
    prompt_tokens: Ints  # -1 where none were told
    completion_tokens: Ints
    texts: tuple[str, ...]  # of descriptions; else empty

    @property
    def missing(self) -> npt.NDArray[np.bool_]:
        """Places that no prediction fills."""
        return np.asarray(self.status == CODE[MISSING])


def seated(responses: Responses, asked: Asked, files: list[str], findings: Findings, model: str) -> Seated | None:
    """The answers in their places; None where an item and repeat has two, which become findings.

    Raises UsageError where the repeats are numbered so that items times repeats cannot be held.
    """
    given = np.frombuffer(responses.repeat, dtype=np.int64)
    repeats, rank = np.unique(given, return_inverse=True)
    places = len(asked.ids) * len(repeats)
    if places > MOST_PLACES:
        what = f"{len(repeats)} repeats of {len(asked.ids)} items are {places} answers, of which {len(given)} are given"
        raise UsageError(f"predictions of {model}", what, f"number repeats from 0, or score at most {MOST_PLACES} at a time")
    place = np.frombuffer(responses.item, dtype=np.int32).astype(np.int64) * len(repeats) + rank
    if _twice(place, responses, asked, files, findings, model):
        return None

    def spread(column: npt.NDArray[np.generic], empty: float) -> npt.NDArray[np.generic]:
        out = np.full(places, empty, dtype=column.dtype)
        out[place] = column
        return out

    texts = [""] * places if responses.texts else []
    for at, text in zip(place.tolist() if texts else (), responses.texts, strict=True):
        texts[at] = text
    return Seated(
        repeats=tuple(repeats.tolist()),
        item=np.repeat(np.arange(len(asked.ids)), len(repeats)),
        status=spread(np.frombuffer(responses.status, dtype=np.uint8), CODE[MISSING]),  # type: ignore[arg-type]
        selected=spread(np.frombuffer(responses.selected, dtype=np.uint32), 0),  # type: ignore[arg-type]
        confidence=spread(np.frombuffer(responses.confidence), np.nan),  # type: ignore[arg-type]
        difficulty=spread(np.frombuffer(responses.difficulty), np.nan),  # type: ignore[arg-type]
        prompt_tokens=spread(np.frombuffer(responses.prompt_tokens, dtype=np.int64), -1),  # type: ignore[arg-type]
        completion_tokens=spread(np.frombuffer(responses.completion_tokens, dtype=np.int64), -1),  # type: ignore[arg-type]
        texts=tuple(texts),
    )


def _twice(place: Ints, responses: Responses, asked: Asked, files: list[str], findings: Findings, model: str) -> bool:
    """Whether a place is taken twice; each second taker is a finding that names the first."""
    order = np.argsort(place, kind="stable")
    again = np.flatnonzero(place[order][1:] == place[order][:-1])
    for at in again.tolist():
        first, second = (f"{files[responses.file[n]]} > line {responses.line[n]}" for n in order[at : at + 2].tolist())
        n = int(order[at + 1])
        what = f"{asked.ids[responses.item[n]]!r}, repeat {responses.repeat[n]}, of {model} is there already: {first}"
        findings.add("duplicate", second, what, "keep one line an item, repeat and model; number repeats from 0")
    return bool(len(again))


__all__ = ["MOST_PLACES", "Seated", "seated"]
