"""Predictions read line by line into columns of numbers, every broken line found, none dropped."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, get_args

from pydantic import ValidationError

from builder.errors import Issue
from builder.scoring.answer_forms import FAILED
from builder.scoring.answers import Answer, Status, parse_answer
from builder.scoring.asked import DESCRIPTION, Asked, bits_of
from builder.scoring.predictions import Prediction
from builder.scoring.results import MISSING

STATUSES: Final = (*get_args(Status), MISSING)
CODE: Final = {status: code for code, status in enumerate(STATUSES)}
MOST_FINDINGS = 100  # told in full; the rest is counted

_NONE = float("nan")
_MOST = 2**53  # of a number in a line
_SCHEMA = "see the schema prediction.json: `microtome schemas DIR` writes it"


@dataclass
class Findings:
    """What is wrong with a file of predictions: the first of it in full, all of it counted by code."""

    first: list[Issue] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, code: str, place: str, problem: str, remedy: str) -> None:
        """Count a finding, and keep it while there are few."""
        self.counts[code] += 1
        if len(self.first) < MOST_FINDINGS:
            self.first.append(Issue(code, place, problem, remedy))

    def __bool__(self) -> bool:
        return bool(self.counts)

    def __str__(self) -> str:
        told = [str(issue) for issue in self.first]
        rest = self.counts.total() - len(told)
        return "\n".join([*told, *([f"... and {rest} more"] if rest else [])])


@dataclass
class Responses:
    """One model's answers as columns, one place an answer, in the order read."""

    item: array[int] = field(default_factory=lambda: array("i"))
    repeat: array[int] = field(default_factory=lambda: array("q"))
    status: array[int] = field(default_factory=lambda: array("B"))
    selected: array[int] = field(default_factory=lambda: array("I"))  # option A is bit 0
    confidence: array[float] = field(default_factory=lambda: array("d"))  # NaN where none was stated
    difficulty: array[float] = field(default_factory=lambda: array("d"))
    prompt_tokens: array[int] = field(default_factory=lambda: array("q"))  # -1 where none were told
    completion_tokens: array[int] = field(default_factory=lambda: array("q"))
    file: array[int] = field(default_factory=lambda: array("I"))
    line: array[int] = field(default_factory=lambda: array("q"))
    texts: list[str] = field(default_factory=list)  # of descriptions; else empty
    prompt_hashes: set[str | None] = field(default_factory=set)  # two at most: more than one is as good as many


class Reader:
    """Reads lines of predictions on the items of `asked`; `elsewhere` says where ids of other configs and splits belong."""

    def __init__(self, asked: Asked, elsewhere: Mapping[str, str]) -> None:
        self.models: dict[str, Responses] = {}
        self.findings = Findings()
        self._asked, self._elsewhere = asked, elsewhere
        self._places = {id_: place for place, id_ in enumerate(asked.ids)}
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        self._labels = [tuple(letters[:n]) for n in asked.options.tolist()]
        self._bits: dict[frozenset[str], int] = {}
        self._read: Callable[[Prediction, int], tuple[str, int, float | None, float | None]]
        self._read = self._described if asked.config == DESCRIPTION else self._selected

    def read(self, line: bytes, file: str, number: int, file_number: int = 0) -> None:
        """One line of JSON; what is wrong with it becomes a finding."""
        try:
            given = Prediction.model_validate_json(line, strict=True)
        except ValidationError as error:
            for one in error.errors(include_url=False, include_context=False):
                where = " > ".join((f"{file} > line {number}", *map(str, one["loc"])))
                said = "" if one["type"] in ("json_invalid", "missing") else f"is {_short(one['input'])}: "
                self.findings.add("broken-line", where, said + one["msg"], _SCHEMA)
            return
        item = self._places.get(given.id)
        if item is None:
            self._unknown(given.id, f"{file} > line {number} > id")
            return
        if max(given.repeat, given.prompt_tokens or 0, given.completion_tokens or 0) > _MOST:
            where = f"{file} > line {number} > repeat or tokens"
            self.findings.add("broken-line", where, f"is above {_MOST}", _SCHEMA)
            return
        wrong = _contradiction(given) if given.status is not None and self._asked.config != DESCRIPTION else None
        if wrong is not None:
            self.findings.add("contradiction", f"{file} > line {number} > answer", *wrong)
            return
        status, selected, confidence, difficulty = self._read(given, item)
        kept = self.models.setdefault(given.model, Responses())
        kept.item.append(item)
        kept.repeat.append(given.repeat)
        kept.status.append(CODE[status])
        kept.selected.append(selected)
        kept.confidence.append(_NONE if confidence is None else confidence)
        kept.difficulty.append(_NONE if difficulty is None else difficulty)
        kept.prompt_tokens.append(-1 if given.prompt_tokens is None else given.prompt_tokens)
        kept.completion_tokens.append(-1 if given.completion_tokens is None else given.completion_tokens)
        kept.file.append(file_number)
        kept.line.append(number)
        if self._asked.config == DESCRIPTION:
            kept.texts.append(given.text or "" if status != "failed_request" else "")
        if len(kept.prompt_hashes) < 2:
            kept.prompt_hashes.add(given.prompt_hash)

    def _unknown(self, id_: str, place: str) -> None:
        here = f"{self._asked.config} {self._asked.split}"
        there = self._elsewhere.get(id_)
        if there is None:
            self.findings.add("unknown-id", place, f"{id_!r} is no item of the release", "name the release that was asked")
        else:
            what = f"{id_!r} is of {there}; {here} is scored"
            self.findings.add("other-config", place, what, "score each config and split by itself: --config, --split")

    def _selected(self, given: Prediction, item: int) -> tuple[str, int, float | None, float | None]:
        """Status, selection, confidence and difficulty of an answer that selects options."""
        labels = self._labels[item]
        if given.status is None and (given.text is not None or given.answer is None):
            read = parse_answer(given.text, labels, finish_reason=given.finish_reason)
        else:
            read = _parsed_elsewhere(given, labels)
        if read.answer not in self._bits:
            self._bits[read.answer] = bits_of(read.answer)
        confidence = read.confidence if given.confidence is None else given.confidence
        difficulty = read.difficulty if given.difficulty is None else given.difficulty
        return read.status, self._bits[read.answer], confidence, difficulty

    def _described(self, given: Prediction, item: int) -> tuple[str, int, float | None, float | None]:
        return given.status or _status_of(given.text, given.finish_reason), 0, given.confidence, given.difficulty


def _contradiction(given: Prediction) -> tuple[str, str] | None:
    """Problem and remedy where an answer and its status cannot both hold."""
    if given.status == "ok" and not given.answer:
        return "is empty and its status is 'ok'", "give the labels, or the status empty; or leave status out: text is parsed"
    if given.answer and given.status not in (None, "ok", "out_of_range"):
        return f"is {list(given.answer)} and its status is {given.status!r}", "an answer has labels only under the status ok"
    return None


def _parsed_elsewhere(given: Prediction, labels: tuple[str, ...]) -> Answer:
    """As given, but a label that the item does not have is out of range, as it is in a text; what is stated is still read."""
    chosen = frozenset(given.answer or ())
    status: Status = given.status or ("ok" if chosen else "empty")
    if status == "ok" and not chosen <= set(labels):
        status = "out_of_range"
    stated = parse_answer(given.text, labels) if given.text and given.confidence is None else None
    return Answer(
        chosen if status == "ok" else frozenset(),
        status,
        stated.confidence if stated else None,
        stated.difficulty if stated else None,
    )


def _status_of(text: str | None, finish_reason: str | None) -> Status:
    """A description is free text: there, blank, cut off, or not come."""
    if text is None or FAILED.match(text):
        return "failed_request"
    if not text.strip():
        return "empty"
    return "truncated" if finish_reason == "length" else "ok"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


__all__ = ["CODE", "MOST_FINDINGS", "STATUSES", "Findings", "Reader", "Responses"]
