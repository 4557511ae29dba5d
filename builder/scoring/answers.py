"""The answer contract: what a model's text selects, read by its last explicit statement, never guessed.

A prompt asks for a last line `ANSWER: A,C`, with optional `CONFIDENCE: 0.8` and `DIFFICULTY: 0.4`. Also read: JSON, an answer
tag, a box, a bare list of labels that is the whole text, and a sentence that names the choice. Of several statements the
last one counts. Whatever is not clear has a status of its own, and no answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from .answer_forms import (
    ALL,
    ANY_CASE,
    BOX,
    BUT,
    CHOSEN,
    CONFIDENCE,
    DIFFICULTY,
    DOUBT,
    EITHER,
    EXPLAINED,
    FAILED,
    FOLDED,
    FULL_WIDTH,
    INLINE,
    ITEM,
    JOIN,
    KEPT,
    KEY,
    LEAD,
    LINE,
    MARK,
    NAMED,
    NEXT,
    NONE_HOLDS,
    NOTHING_FITS,
    REFUSAL,
    SILENT,
    SLOT,
    TAG,
    THOUGHT,
    THOUGHT_CLOSES,
    THOUGHT_OPENS,
    UNSAID,
    VERDICT,
    may_match,
)

PARSER_VERSION = "1.0.0"  # raised when any text is read otherwise; part of every score's signature
CONTRACT = "End with one line that names the letters of all options that are right, in this form: ANSWER: A,C"

Status = Literal[
    "ok", "empty", "none_of_these", "ambiguous", "refused", "out_of_range", "truncated", "failed_request", "no_answer"
]

_KEYS_READ = 20  # of JSON, from the end: a text of nothing but keys stays linear


@dataclass(frozen=True)
class Answer:
    """What a text selects. `answer` is empty unless status is "ok"; confidence and difficulty are in [0, 1] or None."""

    answer: frozenset[str]
    status: Status
    confidence: float | None = None
    difficulty: float | None = None


@dataclass(frozen=True)
class _Read:
    status: Status
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Statement:
    start: int
    end: int
    read: _Read


def parse_answer(text: str | None, options: Sequence[str], *, finish_reason: str | None = None) -> Answer:
    """The selection of `text` among the labels `options`, by its last explicit statement.

    `finish_reason` is the provider's: under "length" a statement that ends where the text ends may be cut, and counts as
    truncated; under "stop" an open tag or box is taken as closed. None for the text is a request that failed.

    >>> parse_answer("Both scale bars agree.\\nANSWER: C\\nCONFIDENCE: 0.8", "ABCDEF")
    Answer(answer=frozenset({'C'}), status='ok', confidence=0.8, difficulty=None)
    """
    if text is None or FAILED.match(text):
        return Answer(frozenset(), "failed_request")
    said, cut = _said(text if text.isascii() or not FOLDED.search(text) else text.translate(FULL_WIDTH))
    labels = tuple(map(str, options))
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
    read = _last(said, labels, finish_reason) or _undecided(said, labels, cut, finish_reason)
    chosen = read.labels if read.status == "ok" else frozenset()
    return Answer(chosen, read.status, _share(CONFIDENCE, said), _share(DIFFICULTY, said))


def _said(text: str) -> tuple[str, bool]:
    """The text without what was only thought, and whether it ends in the middle of a thought."""
    if "<" not in text:
        return text, False
    said = THOUGHT.sub(" ", text)
    closes = list(THOUGHT_CLOSES.finditer(said))
    said = said[closes[-1].end() :] if closes else said
    opens = THOUGHT_OPENS.search(said)
    return (said[: opens.start()], True) if opens else (said, False)


def _last(text: str, options: Sequence[str], finish: str | None) -> _Read | None:
    """The last explicit statement, or None. What stands inside a JSON object is the object's."""
    text = text.rstrip(" \t") if finish == "length" else text.rstrip()
    objects = list(_objects(text, options, finish))
    found = [
        statement
        for statement in (*_lines(text, options, finish), *_closed(text, options, finish), *_sentences(text, options))
        if not any(o.start <= statement.start < o.end for o in objects)
    ]
    last = max((*objects, *found), key=lambda s: (s.start, s.end), default=None)
    verdict = _verdicts(text, options)
    if verdict and (last is None or verdict.start > last.end):
        last = verdict
    if last and finish == "length" and last.end >= len(text):
        return _Read("truncated")
    return last.read if last else None


def _lines(text: str, options: Sequence[str], finish: str | None) -> Iterator[_Statement]:
    """The contract's line, at the start of a line in any case, in capitals anywhere."""
    for pattern in (LINE, INLINE) if may_match(INLINE, text) else (LINE,):
        for match in pattern.finditer(text):
            value, end = match["value"], match.end()
            if not _bare(value) and end < len(text):
                value, end = _following(text, end)  # "ANSWER:" with the letters on the next line
            if end >= len(text) and re.search(r"(?:,|\band)[ \t]*\Z", value, ANY_CASE) and finish != "stop":
                yield _Statement(match.start(), end, _Read("truncated"))
                continue
            read = _value(value, options)
            if read is not None:
                yield _Statement(match.start(), end, read)


def _following(text: str, end: int) -> tuple[str, int]:
    line = re.compile(r"\s*([^\n]*)").match(text, end)
    assert line
    if re.match(rf"{MARK}(?:confidence|difficulty|reason|explanation)", line[1], ANY_CASE):
        return "", end
    return line[1], line.end()


def _closed(text: str, options: Sequence[str], finish: str | None) -> Iterator[_Statement]:
    """Answer tags and boxes; one that the text's end leaves open is cut, unless the provider stopped there on purpose."""
    for pattern in (TAG, BOX):
        for match in pattern.finditer(text):
            whole = match.end() >= len(text)
            if match["end"] is None and not (whole and finish == "stop"):
                if whole:
                    yield _Statement(match.start(), match.end(), _Read("truncated"))
                continue
            read = _value(match["value"], options)
            if read is not None:
                yield _Statement(match.start(), match.end(), read)


def _objects(text: str, options: Sequence[str], finish: str | None) -> Iterator[_Statement]:
    """JSON objects with an answer in them."""
    decoder = json.JSONDecoder()
    for key in list(KEY.finditer(text))[-_KEYS_READ:]:
        try:
            value, end = decoder.raw_decode(text, key.end())
        except (ValueError, RecursionError):
            # a dict as Python prints it
            quoted = re.compile(r"(?:'([^'\n]*)'|\[([^\]\n]*)\])(?=\s*[,}])").match(text, key.end())
            if quoted is None:
                if re.compile(r"\s*(?:\[[^\]]*|\"[^\"]*)?\Z").match(text, key.end()):
                    yield _Statement(key.start(), len(text), _Read("truncated"))
                continue
            value, end = quoted[1] or quoted[2] or "", quoted.end()
        start = text.rfind("{", 0, key.start())
        close = text.find("}", end)
        yield _Statement(max(start, 0), close + 1 if close >= 0 else len(text), _json_value(value, options))


def _json_value(value: object, options: Sequence[str]) -> _Read:
    if value is None or value == [] or value == "" or value == {}:
        return _Read("empty")
    if isinstance(value, dict):
        value = [name for name, chosen in value.items() if chosen is True]  # {"A": true, "B": false}
    if isinstance(value, list):
        parts = [_value(str(part), options) or _Read("ambiguous") for part in value]
        bad = next((part for part in parts if part.status != "ok"), None)
        return bad or _Read("ok", frozenset().union(*(part.labels for part in parts)))
    said = str(value)
    read = _value(said, options) or _Read("ambiguous")
    named = list(_sentences(said, options)) if read.status == "ambiguous" else []
    return named[-1].read if named else read


def _sentences(text: str, options: Sequence[str]) -> Iterator[_Statement]:
    """Sentences that name the choice; one that does not begin with a label names none."""
    for pattern in (NAMED, CHOSEN) if may_match(NAMED, text) else (CHOSEN,):
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - 80) : match.start()]
            value = re.split(r"(?<=[^\s(])[.!][ \t]+(?=[A-Z][a-z])", match["value"], maxsplit=1)[0]
            if UNSAID.search(before) or value.rstrip(" *_`\"'").endswith("?"):
                continue
            read = _value(value, options, spoken=True)
            if read and read.status not in ("empty", "refused"):
                yield _Statement(match.start(), match.start("value") + len(value), read)
    for match in NONE_HOLDS.finditer(text) if may_match(NONE_HOLDS, text) else ():
        yield _Statement(match.start(), match.end(), _Read("none_of_these"))


def _verdicts(text: str, options: Sequence[str]) -> _Statement | None:
    """ "A and C are correct": a statement when it is the only verdict; verdicts one by one are reasoning."""
    if not may_match(VERDICT, text):
        return None
    found = [
        m for m in VERDICT.finditer(text) if not re.match(r"[ \t]*\b(?:if|only if|when|unless)\b|.*\?", m["rest"], ANY_CASE)
    ]
    if not found:
        return None
    read = _value(found[-1]["value"], options) if len(found) == 1 else _Read("ambiguous")
    return _Statement(found[-1].start(), found[-1].end(), read) if read else None


def _undecided(text: str, options: Sequence[str], cut: bool, finish: str | None) -> _Read:
    """What a text without a statement is: a bare list, nothing, a refusal, cut off, or talk."""
    if cut:
        return _Read("truncated")
    if not _bare(text):
        return _Read("truncated" if finish == "length" else "empty")
    bare = re.sub(r"(?m)^[ \t]*(?:[-•*][ \t]+)", "", text.strip())
    whole = _value(re.sub(r"\s*\n\s*", ", ", bare), options, whole=True) if len(bare) <= 120 else None
    if whole and not (finish == "length" and whole.status == "ok"):
        return whole
    if REFUSAL.search(text):
        return _Read("refused")
    return _Read("truncated" if finish == "length" else "no_answer")


def _bare(text: str) -> str:
    """A value without emphasis, quotes, mathematics signs and the dot at its end."""
    plain = re.sub(r"</?(?:b|i|u|em|strong|span|p|br)[ \t]*/?>", "", text, flags=ANY_CASE)
    plain = re.sub(r"\\(?:text|mathrm|mathbf|textbf|rm)\s*\{([^{}]*)\}", r"\1", plain)
    plain = re.sub(r"\\[()\[\],;! ]|[$]", " ", plain)
    return plain.strip().strip("*_`#\"'“”‘’「」 \t").strip()


def _value(raw: str, options: Sequence[str], *, spoken: bool = False, whole: bool = False) -> _Read | None:
    """What the words of a statement select. None where they are an echoed instruction, or, `spoken`, name no label.

    `whole` allows nothing beside labels: a list that is all of a text.
    """
    text = _bare(raw)
    if SLOT.match(text):
        return None
    unreadable = None if spoken or whole else _Read("ambiguous")
    if not text or SILENT.match(text):
        return _Read("empty")
    text = text[1:].lstrip() if text[0] in "[{" and text[-1] in "]}" else text
    text = re.sub(r"\A(?:[:=]+|\bto be\b)[ \t]*", "", text)
    lead = LEAD.match(text)
    text = text[lead.end() :] if lead else text
    if NOTHING_FITS.match(text):
        return _Read("none_of_these")
    every = ALL.match(text)
    if every:
        return _every(text[every.end() :], options, unreadable)
    if not spoken and not whole and REFUSAL.match(text):
        return _Read("refused")
    labels, rest, doubtful = _list_of(text, options, spoken)
    if not labels or (whole and doubtful and not set(labels) & set(options)):
        return unreadable  # "8/10" is no choice between options
    if doubtful or DOUBT.search(rest):
        return _Read("ambiguous")
    if whole and rest.strip(" .)]}*_`\"'\t"):
        return None
    closed = text[len(text) - len(rest) - 1] in ")]:"
    if not closed and not EXPLAINED.match(rest.lstrip("]}")):
        return unreadable
    labels += [match["label"] for match in NEXT.finditer(rest)] if closed or re.match(r"[ \t]*[.:)]", rest) else []
    return _in_range(labels, options)


def _every(rest: str, options: Sequence[str], unreadable: _Read | None) -> _Read | None:
    but = BUT.match(rest)
    if but:
        left_out, after, doubtful = _list_of(rest[but.end() :], options, False)
        known = _in_range(left_out, options) if left_out and not doubtful and EXPLAINED.match(after) else _Read("ambiguous")
        left = frozenset(options) - known.labels
        return _Read("ok", left) if known.status == "ok" and left else known
    return (
        _Read("ok", frozenset(options))
        if EXPLAINED.match(rest) or re.match(r"[ \t]+(?:are|is|hold|apply)\b", rest)
        else unreadable
    )


def _list_of(text: str, options: Sequence[str], spoken: bool) -> tuple[list[str], str, bool]:
    """Labels at the start of the text, what follows them, and whether they are alternatives."""
    glued = re.match(r"[A-Z]{2,26}(?![\w'’])", text)
    if glued and len(set(glued[0])) == len(glued[0]) and set(glued[0]) <= set(options):
        return list(glued[0]), text[glued.end() :], False
    labels: list[str] = []
    at, doubtful = 0, False
    while match := ITEM.match(text, at):
        label = _label(match, text, options, spoken)
        if label is None:
            break
        labels.append(label)
        at = match.end()
        aside = re.compile(r"[ \t]*\([^()\n]{2,200}\)").match(text, at)
        if aside and JOIN.match(text, aside.end()):
            at = aside.end()
        other, join = EITHER.match(text, at), JOIN.match(text, at)
        gap = re.compile(r"[ \t]*(?=[(\[])(?<=[)\]])|[ \t]+(?=[(\[]?[A-Z][)\]]?(?:[ \t.]*\Z|[ \t]+[(\[]?[A-Z]\b))").match(
            text, at
        )
        if other:
            doubtful, at = True, other.end()
        elif join or gap:
            mark = join or gap
            assert mark
            following = ITEM.match(text, mark.end())
            if following is None or _label(following, text, options, spoken) is None:
                break
            at = mark.end()
        else:
            break
    return labels, text[at:], doubtful


def _label(match: re.Match[str], text: str, options: Sequence[str], spoken: bool) -> str | None:
    """The label that a word is, in the options' case; a single letter or number that no option has stays as it is."""
    word, marked = match["label"], bool(match["open"] or match["close"])
    known = next((o for o in options if o == word), None) or next((o for o in options if o.casefold() == word.casefold()), None)
    if known is None:
        return word.upper() if (len(word) == 1 and (word.isupper() or word.isdigit() or marked)) or word.isdigit() else None
    if word != known and spoken and not marked:
        return None  # "a" is an article
    return known


def _in_range(labels: Sequence[str], options: Sequence[str]) -> _Read:
    return _Read("ok", frozenset(labels)) if set(labels) <= set(options) else _Read("out_of_range")


def _share(pattern: re.Pattern[str], text: str) -> float | None:
    """The last number said under that name, in [0, 1]; a percentage counts only with its sign. None for any other."""
    if not may_match(pattern, text):
        return None
    said = list(pattern.finditer(text))
    return _number(said[-1]["number"], said[-1]["percent"]) if said else None


def _number(digits: str, percent: str | None) -> float | None:
    value = float(digits) / (100 if percent else 1)
    return value if 0 <= value <= 1 else None


__all__ = ["CONTRACT", "PARSER_VERSION", "Answer", "Status", "parse_answer"]
