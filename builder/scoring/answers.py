"""The answer contract: what a model's text selects, read by its last explicit statement, never guessed.

A prompt asks for a last line `ANSWER: A,C`, with optional `CONFIDENCE: 0.8` and `DIFFICULTY: 0.4`. Also read: a list below that
line, JSON, an answer tag, boxes, a heading with labels below it, a bare list of labels that is the whole text, a sentence that
names the choice, and a verdict on every option. What was only thought, the marks of a template and an echoed prompt are not.
Of several statements the last one counts; one that the words behind it take back is unclear. Whatever is not clear has a status
of its own, and no answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from .answer_forms import CONFIDENCE, DIFFICULTY, FAILED, KEPT, KEY, REFUSAL, may_match
from .answer_marks import said_of, squashed
from .answer_statements import last_statement
from .answer_values import Read, Status, bare, value_of

PARSER_VERSION = "1.1.0"  # raised when any text is read otherwise; part of every score's signature
CONTRACT = "End with one line that names the letters of all options that are right, in this form: ANSWER: A,C"
_LIST = 120  # signs of a text that is nothing but labels


@dataclass(frozen=True)
class Answer:
    """What a text selects. `answer` is empty unless status is "ok"; confidence and difficulty are in [0, 1] or None."""

    answer: frozenset[str]
    status: Status
    confidence: float | None = None
    difficulty: float | None = None


def parse_answer(text: str | None, options: Sequence[str], *, finish_reason: str | None = None) -> Answer:
    """The selection of `text` among the labels `options`, by its last explicit statement.

    `finish_reason` is the provider's: under "length" a statement that ends where the text ends may be cut, and counts as
    truncated; under "stop" an open tag or box is taken as closed. None for the text is a request that failed. A label given
    twice counts once, a blank one not at all.

    >>> parse_answer("Both scale bars agree.\\nANSWER: C\\nCONFIDENCE: 0.8", "ABCDEF")
    Answer(answer=frozenset({'C'}), status='ok', confidence=0.8, difficulty=None)
    """
    if text is None or FAILED.match(text):
        return Answer(frozenset(), "failed_request")
    said, cut = said_of(text)
    labels = tuple(dict.fromkeys(label for label in map(str, options) if label.strip()))
    return _kept(said, labels, finish_reason) or _searched(said, cut, labels, finish_reason)


def _kept(said: str, options: tuple[str, ...], finish: str | None) -> Answer | None:
    """The contract kept to the letter in the last lines; exactly what `_searched` gives, without its search."""
    start = said.rfind("ANSWER:")
    kept = KEPT.match(said, start) if start >= 0 and finish != "length" and said[start - 1 : start] in ("", "\n") else None
    if kept is None or (('"' in said or "'" in said) and KEY.search(said)):  # a JSON object around it would be the statement
        return None
    labels = _spelt(kept["value"])
    if not labels.issubset(options):
        return None
    sure, hard = kept["confidence"], kept["difficulty"]
    confidence = _number(sure, kept["percent"]) if sure else _share(CONFIDENCE, said)
    difficulty = _number(hard, kept["percents"]) if hard else _share(DIFFICULTY, said)
    return Answer(labels, "ok", confidence, difficulty)


@lru_cache(maxsize=4096)
def _spelt(value: str) -> frozenset[str]:
    return frozenset(value.replace("\t", "").replace(" ", "").split(","))


def _searched(said: str, cut: bool, labels: tuple[str, ...], finish_reason: str | None) -> Answer:
    said = squashed(said)
    read = last_statement(said, labels, finish_reason) or _undecided(said, labels, cut, finish_reason)
    chosen = read.labels if read.status == "ok" else frozenset()
    return Answer(chosen, read.status, _share(CONFIDENCE, said), _share(DIFFICULTY, said))


def _undecided(text: str, options: Sequence[str], cut: bool, finish: str | None) -> Read:
    """What a text without a statement is: a bare list, nothing, a refusal, cut off, or talk."""
    if cut:
        return Read("truncated")
    if not bare(text):
        return Read("truncated" if finish == "length" else "empty")
    plain = re.sub(r"(?m)^[ \t]*+(?:`{3,}\w*[ \t]*+$|[-•*][ \t]+)", "", text).strip()
    whole = value_of(re.sub(r"\s*\n\s*", ", ", plain), options, whole=True) if len(plain) <= _LIST else None
    if whole and not (finish == "length" and whole.status == "ok"):
        return whole
    if REFUSAL.search(text):
        return Read("refused")
    return Read("truncated" if finish == "length" else "no_answer")


def _share(pattern: re.Pattern[str], text: str) -> float | None:
    """The last number said under that name, in [0, 1]; a percentage counts only with its sign. None for any other."""
    if not may_match(pattern, text):
        return None
    said = list(pattern.finditer(text))
    return _number(said[-1]["number"], said[-1]["percent"]) if said else None


def _number(digits: str, percent: str | None) -> float | None:
    value = float(digits.replace(",", ".")) / (100 if percent else 1)
    return value if 0 <= value <= 1 else None


__all__ = ["CONTRACT", "PARSER_VERSION", "Answer", "Status", "parse_answer"]
