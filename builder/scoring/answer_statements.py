"""Where a text states its answer: lines, tags, boxes, JSON, sentences and verdicts; the last one is the one that counts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .answer_forms import (
    ABROAD,
    ANY_CASE,
    BESIDES,
    BETWEEN_BOXES,
    BOX,
    CHOSEN,
    ECHO,
    HEADING,
    HERALD,
    INLINE,
    JUDGED,
    KEY,
    LINE,
    MARK,
    NAMED,
    NONE_HOLDS,
    TAG,
    UNSAID,
    VERDICT,
    WRONGED,
    YES,
    may_match,
)
from .answer_values import AMBIGUOUS, Read, bare, changed_to, holds, listed, of_verdicts, told, value_of

_KEYS_READ = 20  # of JSON, from the end: a text of nothing but keys stays linear
_READ = 400  # statements of one form, from the end, likewise
_NESTED = 4  # lists in lists
_VALUE = 2000  # signs of a line
_BEFORE = 80  # signs in front of a statement that can take it back


@dataclass(frozen=True)
class _Statement:
    start: int
    end: int
    read: Read
    holds: bool = False  # what stands in it is its own: an object, a closed tag or box


def last_statement(text: str, options: Sequence[str], finish: str | None) -> Read | None:
    """The last explicit statement, or None. What stands inside a JSON object, a tag or a box is that one's."""
    text = text.rstrip(" \t") if finish == "length" else text.rstrip()
    holders = [*_objects(text, options), *_closed(text, options, finish)]
    within = _spans(holders)
    free = (*_lines(text, options, finish), *_headings(text, options), *_sentences(text, options))
    found = [one for one in free if not any(start <= one.start < end for start, end in within)]
    last = max((*holders, *found), key=lambda s: (s.start, s.end), default=None)
    last = _with_verdicts(text, last, options)
    if last and finish == "length" and last.end >= len(text):
        return Read("truncated")
    if last and last.read.status == "ok" and changed_to(text[last.end : last.end + 400], last.read.labels, options):
        return AMBIGUOUS
    return last.read if last else None


def _spans(holders: Iterable[_Statement]) -> list[tuple[int, int]]:
    """From the first holder on, ends that grow: only the last few can matter to what comes after them."""
    return [(one.start, one.end) for one in sorted(holders, key=lambda s: s.start)[-_KEYS_READ:] if one.holds]


def _latest(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    return list(pattern.finditer(text))[-_READ:]


def _lines(text: str, options: Sequence[str], finish: str | None) -> Iterator[_Statement]:
    """The contract's line, at the start of a line in any case, in capitals anywhere."""
    for pattern in (LINE, INLINE) if may_match(INLINE, text) else (LINE,):
        for match in _latest(pattern, text):
            before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()][-_BEFORE:]
            if ECHO.search(before) or WRONGED.search(before):
                continue
            value, end = match["value"], match.end()
            value = value if len(value) <= _VALUE else f"{value[:_VALUE]} …"  # a list that is cut has no end, and is unclear
            if end >= len(text) and re.search(r"(?:,|\band)[ \t]*\Z", value, ANY_CASE) and finish != "stop":
                yield _Statement(match.start(), end, Read("truncated"))
                continue
            read, end = _below(text, value, end, options)
            if read is not None:
                yield _Statement(match.start(), end, read)


def _below(text: str, value: str, end: int, options: Sequence[str]) -> tuple[Read | None, int]:
    """The value on the label's line and what of a list stands on the lines below it."""
    if bare(value):
        first = told(value.rstrip(), options)
        more, below = listed(text, end + 1, options, first.form) if first else (None, end)
        read = value_of(value, options)
        if first is None or more is None or read is None or read.status != "ok":
            return read, end
        if more.status != "ok" or (first.form[1] == ":" and more.labels - read.labels):
            return AMBIGUOUS, below
        return Read("ok", read.labels | more.labels), below
    if end >= len(text):
        return value_of(value, options), end
    read, below = listed(text, end + 1, options)  # "ANSWER:" with the letters below it
    return (read, below) if read else _following(text, end, options)


def _following(text: str, end: int, options: Sequence[str]) -> tuple[Read | None, int]:
    line = re.compile(r"(?:\s|`{3,}\w*\n)*([^\n]*)").match(text, end)
    assert line
    if re.match(rf"{MARK}(?:confidence|difficulty|reason|explanation)", line[1], ANY_CASE):
        return Read("empty"), end
    return value_of(line[1], options), line.end()


def _headings(text: str, options: Sequence[str]) -> Iterator[_Statement]:
    """ "Answer" on a line of its own, with nothing but labels, or a list of options, below it."""
    for match in _latest(HEADING, text) if may_match(HEADING, text) else ():
        read, end = listed(text, match.end(), options)
        if read is None:
            line = re.compile(r"(?:\s|`{3,}\w*\n)*([^\n]*)").match(text, match.end())
            assert line
            read, end = value_of(line[1], options, whole=True), line.end()
        if read and read.status not in ("empty", "out_of_range"):
            yield _Statement(match.start(), end, read)


def _closed(text: str, options: Sequence[str], finish: str | None) -> Iterator[_Statement]:
    """Answer tags and boxes; one that the text's end leaves open is cut, unless the provider stopped there on purpose."""
    for pattern in (TAG, BOX):
        before: _Statement | None = None
        for match in _latest(pattern, text):
            whole = match.end() >= len(text)
            if match["end"] is None and not (whole and finish == "stop"):
                if whole:
                    yield _Statement(match.start(), match.end(), Read("truncated"))
                continue
            read = _held(match["value"], options)
            if read is None:
                continue
            joined = before and BETWEEN_BOXES.fullmatch(text, before.end, match.start())
            if before and joined and {before.read.status, read.status} == {"ok"}:
                read = AMBIGUOUS if joined["or"] else Read("ok", before.read.labels | read.labels)
            before = _Statement(match.start(), match.end(), read, match["end"] is not None)
            yield before


def _held(said: str, options: Sequence[str]) -> Read | None:
    """What a tag, a box or a text in JSON selects: its words, or the statement in them."""
    read = value_of(said, options)
    if read is None or read.status != "ambiguous":
        return read
    rows = listed(said, 0, options)
    if rows[0] and not said[rows[1] :].strip():
        return rows[0]
    named = max((*_lines(said, options, "stop"), *_sentences(said, options)), key=lambda s: (s.start, s.end), default=None)
    return named.read if named else read


def _objects(text: str, options: Sequence[str]) -> Iterator[_Statement]:
    """JSON objects with an answer in them; two answers in one that differ are unclear, "choices" beside one is a question's."""
    found: dict[int, dict[bool, list[_Statement]]] = {}
    for named, one in _keys(text, options):
        found.setdefault(one.start, {}).setdefault(named, []).append(one)
    for ranks in found.values():
        first, *more = ranks[max(ranks)]
        same = all(one.read == first.read for one in more)
        yield first if same else _Statement(first.start, max(first.end, *(o.end for o in more)), AMBIGUOUS, True)


def _keys(text: str, options: Sequence[str]) -> Iterator[tuple[bool, _Statement]]:
    decoder = json.JSONDecoder()
    for key in list(KEY.finditer(text))[-_KEYS_READ:]:
        try:
            value, end = decoder.raw_decode(text, key.end())
        except (ValueError, RecursionError):
            # a dict as Python prints it
            quoted = re.compile(r"(?:'([^'\n]*)'|\[([^\]\n]*)\])(?=\s*[,}])").match(text, key.end())
            if quoted is None:
                if re.compile(r"\s*(?:\[[^\]]*|\"[^\"]*)?\Z").match(text, key.end()):
                    yield True, _Statement(key.start(), len(text), Read("truncated"), True)
                continue
            value, end = quoted[1] or quoted[2] or "", quoted.end()
        start = text.rfind("{", 0, key.start())
        close = text.find("}", end)
        end = close + 1 if close >= 0 else len(text)
        yield bool(key["named"]), _Statement(max(start, 0), end, _json_value(value, options), True)


def _json_value(value: object, options: Sequence[str], depth: int = 0) -> Read:
    if value is None or (isinstance(value, (list, dict, str)) and not value):
        return Read("empty")
    if depth > _NESTED:
        return AMBIGUOUS
    if isinstance(value, dict):
        return _json_map(value, options)
    if isinstance(value, list):
        parts = [_json_value(part, options, depth + 1) for part in value]
        bad = next((part for part in parts if part.status != "ok"), None)
        if bad and bad.status in ("empty", "none_of_these") and any(part != bad for part in parts):
            return AMBIGUOUS
        return bad or Read("ok", frozenset().union(*(part.labels for part in parts)))
    return _held(str(value), options) or AMBIGUOUS


def _json_map(value: dict[str, object], options: Sequence[str]) -> Read:
    """{"A": true, "B": false}, or with words for the verdicts; any other map is unclear."""
    said: dict[str, set[bool | None]] = {}
    for name, verdict in value.items():
        label = next((one for one in (name.strip(), name.strip().upper()) if one in options), name.strip())
        word = verdict.strip().casefold() if isinstance(verdict, str) else verdict
        if not (isinstance(word, bool) or word in (*YES, "no", "false", "wrong", "incorrect", "not selected")):
            return AMBIGUOUS
        said.setdefault(label, set()).add(word is True or word in YES)
    return of_verdicts(said, options)


def _sentences(text: str, options: Sequence[str]) -> Iterator[_Statement]:
    """Sentences that name the choice; one that does not begin with a label names none."""
    for pattern in (NAMED, CHOSEN, ABROAD) if may_match(NAMED, text) else (CHOSEN, ABROAD):
        for match in _latest(pattern, text):
            before = text[max(0, match.start() - _BEFORE) : match.start()]
            value = re.split(r"(?<=[^\s(])[.!][ \t]+(?=[A-Z][a-z])", match["value"], maxsplit=1)[0]
            if UNSAID.search(before) or value.rstrip(" *_`\"'").endswith("?"):
                continue
            if pattern is NAMED and not match["article"] and not _heralded(before):
                continue
            read = value_of(value, options, spoken=True)
            if read and read.status not in ("empty", "refused"):
                yield _Statement(match.start(), match.start("value") + len(value), read)


def _heralded(before: str) -> bool:
    """Whether "answer" without an article is the answer: not where a word takes it away, as "a tempting answer" does."""
    word = re.search(r"([^\W\d_]+)[*_`\"' \t]*+\Z", before[-40:])
    return word is None or bool(HERALD.fullmatch(word[1]))


def _with_verdicts(text: str, last: _Statement | None, options: Sequence[str]) -> _Statement | None:
    """The statement, or what the verdicts after it make of it: one that it does not hold leaves the answer unclear.

    Without a statement, verdicts on all options select, or the only verdict there is; a few one by one are reasoning.
    """
    said, table = [*_verdicts(text, options), *_nothing(text)], _table(text, options)
    if last is None:
        if table and table.read.status != "ambiguous":
            return table
        return said[0] if len(said) == 1 else _Statement(said[0].start, said[-1].end, AMBIGUOUS) if said else None
    for verdict in (*said, *((table,) if table else ())):
        agrees = verdict.read.status == last.read.status and verdict.read.labels <= last.read.labels
        if verdict.start >= last.end and not agrees:
            return _Statement(verdict.start, verdict.end, AMBIGUOUS)
    return last


def _verdicts(text: str, options: Sequence[str]) -> list[_Statement]:
    """ "A and C are correct", each such sentence that is no question and no condition."""
    found = [
        (match, value_of(match["value"], options))
        for match in (_latest(VERDICT, text) if may_match(VERDICT, text) else ())
        if not re.match(r"[ \t]*\b(?:if|only if|when|unless)\b|.*\?", match["rest"], ANY_CASE)
    ]
    return [_Statement(match.start(), match.end(), read) for match, read in found if read]


def _nothing(text: str) -> list[_Statement]:
    """ "None of the options is correct"."""
    return [
        _Statement(match.start(), match.end(), AMBIGUOUS if BESIDES.search(match["rest"]) else Read("none_of_these"))
        for match in (_latest(NONE_HOLDS, text) if may_match(NONE_HOLDS, text) else ())
    ]


def _table(text: str, options: Sequence[str]) -> _Statement | None:
    """A verdict on every option, one by one, and no two on the same."""
    found = [match for match in _latest(JUDGED, text) if match["label"] in options] if may_match(JUDGED, text) else []
    said: dict[str, set[bool | None]] = {}
    for match in found:
        said.setdefault(match["label"], set()).add(holds(match))
    if not options or set(said) < set(options):
        return None
    return _Statement(found[0].start(), found[-1].end(), of_verdicts(said, options))


__all__ = ["last_statement"]
