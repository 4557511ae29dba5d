"""What the words of a statement select: labels, all, none, nothing, a refusal, or more than one reading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .answer_forms import (
    AGAINST,
    ALL,
    ALL_FALSE,
    ALL_TRUE,
    ALSO,
    ANY_CASE,
    ASIDE,
    BESIDES,
    BEYOND,
    BULLET,
    BUT,
    CHANGED,
    CONDITION,
    DECOY,
    DOTTED,
    DOUBT,
    EITHER,
    EXPLAINED,
    GAP,
    HOLDS,
    ITEM,
    JOIN,
    LEAD,
    NEXT,
    NOTHING_ELSE,
    NOTHING_FITS,
    OTHER,
    OTHERS,
    REFUSAL,
    SHARE,
    SHARES,
    SILENT,
    SLOT,
    TAKEN_BACK,
    TOLD,
    YES,
)

Status = Literal[
    "ok", "empty", "none_of_these", "ambiguous", "refused", "out_of_range", "truncated", "failed_request", "no_answer"
]

_FENCE = re.compile(r"[ \t]*+(?:`{3,}|~{3,})\w*\Z")
_LINES_READ = 60  # of a list below a statement: more than twice the letters there are
_AFTER = 160  # signs after a statement in which a mind can change


@dataclass(frozen=True)
class Read:
    """What a text or a part of it selects; labels stand only under "ok"."""

    status: Status
    labels: frozenset[str] = frozenset()


AMBIGUOUS = Read("ambiguous")
Form = tuple[bool, str]  # of a line of a list: a bullet or a number in front, and the sign after the label


@dataclass(frozen=True)
class Told:
    """One line of a list of options; the verdict is None where the line has none, and both where its words are unclear."""

    label: str
    form: Form
    verdicts: frozenset[bool | None]


def bare(text: str) -> str:
    """A value without emphasis, quotes, mathematics signs and the dot at its end."""
    plain = re.sub(r"</?(?:b|i|u|em|strong|span|p|br)[ \t]*/?>", "", text, flags=ANY_CASE)
    plain = re.sub(r"\\(?:text|mathrm|mathbf|textbf|rm)\s*\{([^{}]*)\}", r"\1", plain)
    plain = re.sub(r"\\[()\[\]{},;! ]|[$]", " ", plain)
    return plain.strip().strip("*_`#\"'“”‘’「」 \t").strip()


def value_of(raw: str, options: Sequence[str], *, spoken: bool = False, whole: bool = False) -> Read | None:
    """What the words of a statement select. None where they are an echoed instruction, or, `spoken`, name no label.

    `whole` allows nothing beside labels: a list that is all of a text.
    """
    text = bare(_alone(raw))
    if SLOT.match(text):
        return None
    if not text or SILENT.match(text):
        return Read("empty")
    text = text[1:].lstrip() if text[0] in "[{<" and text[-1] in "]}>" else text
    text = re.sub(r"\A(?:[:=]+|\bto be\b)[ \t]*", "", text)
    lead = LEAD.match(text)
    text = text[lead.end() :] if lead else text
    return _without_labels(text, options, spoken=spoken, whole=whole) or _with_labels(text, options, spoken=spoken, whole=whole)


def _alone(raw: str) -> str:
    """The value without a confidence on the same line, and its bullets away where it is a list of lines."""
    share = SHARES.search(raw)
    text = raw[: share.start()].rstrip(" \t;,|([–—-*_`") if share else raw
    return BULLET.sub("", text) if "\n" in text.strip() or BULLET.match(text) else text


def _without_labels(text: str, options: Sequence[str], *, spoken: bool, whole: bool) -> Read | None:
    """All, none or a refusal; None where the words may begin with labels."""
    nothing = NOTHING_FITS.match(text)
    if nothing:
        other = OTHERS.match(text) or BESIDES.search(text, nothing.end())
        if other:
            return AMBIGUOUS
        return Read("none_of_these") if not whole or NOTHING_ELSE.match(text, nothing.end()) else None
    every = ALL.match(text)
    if every:
        return _every(text[every.end() :], options)
    refused = None if spoken or whole else REFUSAL.match(text)
    if refused is None:
        return None
    return AMBIGUOUS if re.search(r"\bbut\b", text) and _other(text[refused.end() :], options) else Read("refused")


def _with_labels(text: str, options: Sequence[str], *, spoken: bool, whole: bool) -> Read | None:
    unreadable = None if spoken or whole else AMBIGUOUS
    judged = None if whole else _judged(text, options, spoken)
    if judged:
        return judged
    labels, rest, doubtful = _list_of(text, options, spoken)
    if not labels or (whole and doubtful and not set(labels) & set(options)):
        return unreadable  # "8/10" is no choice between options
    if CONDITION.match(rest) or DECOY.match(rest):
        return unreadable
    if doubtful or DOUBT.search(rest) or BEYOND.match(rest):
        return AMBIGUOUS
    if whole and rest.strip(" .)]}*_`\"'\t"):
        return None
    closed = text[len(text) - len(rest) - 1] in ")]:"
    if SHARE.match(rest.lstrip(" (:=[")):
        return AMBIGUOUS  # "A: 0.9, B: 0.1"
    if not closed and not EXPLAINED.match(rest.lstrip("]}>")):
        return unreadable
    if changed_to(rest, labels, options) or any(m["label"] not in labels for m in ALSO.finditer(rest)):
        return AMBIGUOUS
    following = list(NEXT.finditer(rest)) if closed or re.match(r"[ \t]*[.:)]", rest) else []
    if any(match["against"] or HOLDS.match(rest, match.end()) for match in following):
        return AMBIGUOUS
    return _in_range([*labels, *(match["label"] for match in following)], options)


def changed_to(after: str, labels: Sequence[str] | frozenset[str], options: Sequence[str]) -> bool:
    """Whether the words after a statement take it back: "no wait, C"."""
    if TAKEN_BACK.match(after):
        return True
    change = CHANGED.search(after, 0, _AFTER)
    return bool(change and _other(after[change.end() : change.end() + _AFTER], options) - set(labels))


def _other(text: str, options: Sequence[str]) -> set[str]:
    """Labels that the words name one by one, in capitals; neither the article nor the pronoun."""
    return {match["label"] for match in OTHER.finditer(text)} & set(options)


def _every(rest: str, options: Sequence[str]) -> Read | None:
    but = BUT.match(rest)
    if but:
        left_out, after, doubtful = _list_of(rest[but.end() :], options, False)
        known = _in_range(left_out, options) if left_out and not doubtful and EXPLAINED.match(after) else AMBIGUOUS
        left = frozenset(options) - known.labels
        return Read("ok", left) if known.status == "ok" and left else AMBIGUOUS if known.status == "ok" else known
    if BESIDES.search(rest):
        return AMBIGUOUS
    if ALL_FALSE.match(rest):
        return Read("none_of_these")
    return Read("ok", frozenset(options)) if options and (EXPLAINED.match(rest) or ALL_TRUE.match(rest)) else None


def _judged(text: str, options: Sequence[str], spoken: bool) -> Read | None:
    """Labels with a verdict each: "A (correct), B (incorrect)". None where no label has one."""
    said: dict[str, set[bool | None]] = {}
    at = 0
    while match := ITEM.match(text, at):
        label = _label(match, text, options, spoken)
        if label is None:
            break
        verdict = HOLDS.match(text, match.end())
        if verdict is None and {True} in said.values() and AGAINST.match(text, match.end()):
            said.setdefault(label, set()).update((True, False))  # "D is not", "D is close"
        said.setdefault(label, set()).add(holds(verdict) if verdict else None)
        at = verdict.end() if verdict else match.end()
        join = JOIN.match(text, at)
        if join is None:
            break
        at = join.end()
    rest = text[at:].lstrip(" ,;]})")
    if not any(verdicts - {None} for verdicts in said.values()):
        return None
    return of_verdicts(said, options) if not rest or EXPLAINED.match(rest) or rest[0].islower() else AMBIGUOUS


def holds(verdict: re.Match[str]) -> bool:
    """Whether the verdict is that the option is right."""
    word = (verdict["word"] or verdict["mark"]).casefold()
    return (word in YES) != bool(verdict["not"])


def of_verdicts(said: dict[str, set[bool | None]], options: Sequence[str]) -> Read:
    """What verdicts select: all that hold; none where every option fails; a label beside a failing one is unclear."""
    verdicts = set().union(*said.values())
    if any({True, False} <= one for one in said.values()) or {None, False} <= verdicts:
        return AMBIGUOUS
    right = [label for label, one in said.items() if False not in one]
    if right:
        return _in_range(right, options)
    return Read("none_of_these") if set(said) >= set(options) else AMBIGUOUS


def listed(text: str, at: int, options: Sequence[str], form: Form | None = None) -> tuple[Read | None, int]:
    """The list of options on the lines from `at` on, each line in the same form, and where it ends; None for no list.

    `form` is that of a first line already read, which the list goes on at once. A label in another form right below the list
    leaves it unclear whether it belongs to it.
    """
    said: dict[str, set[bool | None]] = {}
    near = form is not None  # does the line stand right below the one before
    for start, end in _lines_from(text, at):
        line = text[start:end].rstrip()
        if not line.strip(" \t`~") or _FENCE.match(line):
            if form is not None and not (said and form[0]):
                break  # without bullets an empty line ends the list
            near = near and bool(line.strip())
            continue
        item = told(line, options)
        if item is None or (form is not None and item.form != form):
            if item and near and item.label not in said and (said or item.form[1] == ""):
                return AMBIGUOUS, end
            break
        form, near, at = item.form, True, end
        said.setdefault(item.label, set()).update(item.verdicts)
    return (of_verdicts(said, options) if said else None), at


def told(line: str, options: Sequence[str]) -> Told | None:
    """An option named at the start of a line: a label alone, before a sign, or before a verdict."""
    match = TOLD.match(line)
    label = match and next((one for one in (match["label"], match["label"].upper()) if one in options), None)
    if not match or not label:
        return None
    verdict = HOLDS.match(line, match.end("label"))
    words, close = match["words"].strip(), match["close"].strip("*_`")
    close = verdict[0][:1] if verdict and not close else close or (words[:1] if words[:1] in tuple("-–—(") else "")
    if words and not verdict and not close:
        return None
    against = AGAINST.match(words) or CHANGED.search(words)
    verdicts = {holds(verdict)} if verdict else {True, False} if against else {None}
    return Told(label, (bool(match["mark"]), close), frozenset(verdicts))


def _lines_from(text: str, at: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    start = at
    while start < len(text) and len(found) < _LINES_READ:
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        found.append((start, end))
        start = end + 1
    return found


def _list_of(text: str, options: Sequence[str], spoken: bool) -> tuple[list[str], str, bool]:
    """Labels at the start of the text, what follows them, and whether they are alternatives."""
    glued = re.match(r"[A-Z]{2,26}(?![\w'’])", text)
    if glued and len(set(glued[0])) == len(glued[0]) and set(glued[0]) <= set(options):
        return list(glued[0]), text[glued.end() :], False
    if DOTTED.match(text):
        return re.findall(r"[A-Z]", text), "", False
    labels: list[str] = []
    at, doubtful = 0, False
    while match := ITEM.match(text, at):
        label = _label(match, text, options, spoken)
        if label is None:
            break
        labels.append(label)
        at = match.end()
        aside = ASIDE.match(text, at)
        if aside and JOIN.match(text, aside.end()):
            unsure = DOUBT.search(aside[0]) or SHARE.match(aside[0], aside[0].find("(") + 1)
            at, doubtful = aside.end(), doubtful or bool(unsure)
        other, join = EITHER.match(text, at), JOIN.match(text, at) or GAP.match(text, at)
        if other:
            doubtful, at = True, other.end()
        elif join:
            following = ITEM.match(text, join.end())
            if following is None or _label(following, text, options, spoken) is None:
                break
            at = join.end()
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


def _in_range(labels: Sequence[str], options: Sequence[str]) -> Read:
    """The labels, where all are the options'."""
    return Read("ok", frozenset(labels)) if set(labels) <= set(options) else Read("out_of_range")


__all__ = ["AMBIGUOUS", "Read", "Status", "bare", "changed_to", "holds", "listed", "of_verdicts", "told", "value_of"]
