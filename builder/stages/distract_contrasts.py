"""False trends and conditions: a word that has one opposite becomes it, where nothing in the text says otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator

from builder.lexicon.contrasts import CONTRASTS, NEEDS_EVENT, Contrast
from builder.records import Edit
from builder.stages.distract_edits import Attribute, article_holds, edit, in_case_of

_OF_CHANGE = re.compile(r"\b(?:with|upon|on|by|under|at|of)\s(?:the\s|an?\s)?$", re.IGNORECASE)
_NO_EVENT = re.compile(r"\s(?:[~≈∼<>≤≥]?\s?\d|an?\b|one\b|two\b|three\b|several\b|that\b|which\b|and\b)|\s?[,.;:)]|$")
_SHORT = re.compile(r"\b[A-Z]{2,5}(?=s?\b)")
_WORDS = re.compile(r"[^\W_]+")
_TAKES_HOW = re.compile(r"\s(?:at|for|in|with|by|under|using|to|on|from|via)\b")


def contrasts(caption: str, near: str) -> Iterator[Attribute]:
    """Each word of a direction, trend, state or condition whose opposite neither the caption nor `near` says.

    `near` is every paragraph that cites the figure. A word that stands twice is left alone: two turned trends may be true
    again. Only in "increases with increasing ..." the first is turned.
    """
    for contrast in CONTRASTS:
        if contrast.guard and contrast.guard.search(caption):
            continue
        for one, other in (pair for forms in contrast.forms for pair in (forms, forms[::-1])):
            made = _turned(caption, near, contrast, one, other)
            if made:
                yield Attribute(contrast.type, (made,))


def _turned(caption: str, near: str, contrast: Contrast, one: str, other: str) -> Edit | None:
    words = {word for pair in contrast.forms for word in pair}
    present = [match for word in words for match in _word(word).finditer(caption)]
    free = [match for match in present if not _with_change(caption, match)]
    if len(free) != 1 or _word(one).fullmatch(free[0].group()) is None:
        return None
    if contrast.type == "trend" and len(present) > 1 and not one.endswith(("es", "ed", "e")):
        return None
    if contrast.type == "condition" and len(present) > 1:
        return None
    start, end = free[0].span()
    if _says(near, contrast, one) or not _fits(caption, start, end, one, other):
        return None
    return edit(contrast.type, caption, start, end, in_case_of(caption[start:end], other))


def _with_change(caption: str, match: re.Match[str]) -> bool:
    """Whether the word tells what something else goes with: "with increasing thickness"."""
    return match.group().lower() in ("increasing", "decreasing") and _OF_CHANGE.search(caption[: match.start()]) is not None


def _says(near: str, contrast: Contrast, one: str) -> bool:
    """Whether the paragraphs say any opposite of the word."""
    mine = {word for pair in contrast.forms if one in pair for word in pair}
    others = {word for pair in contrast.forms for word in pair} - {one}
    return any(_word(word).search(near) for word in (others & mine))


def _fits(caption: str, start: int, end: int, one: str, other: str) -> bool:
    if one in NEEDS_EVENT and _NO_EVENT.match(caption[end:]):
        return False
    if other.startswith("un") and other[2:] == one and _TAKES_HOW.match(caption[end:]):
        return False
    return article_holds(caption, start, one, other) and not _abbreviated(caption, start)


def _abbreviated(caption: str, start: int) -> bool:
    """Whether an abbreviation of the caption is spelt by the word and its neighbours: "HFW, horizontal field width"."""
    words = [(match.start(), match.group()[0].upper()) for match in _WORDS.finditer(caption)]
    at = next((number for number, (place, _) in enumerate(words) if place >= start), len(words))
    initials = "".join(letter for _, letter in words)
    return any(
        initials[first : first + len(short)] == short
        for short in set(_SHORT.findall(caption))
        for first in range(max(0, at - len(short) + 1), at + 1)
    )


def _word(form: str) -> re.Pattern[str]:
    spaced = re.escape(form).replace(r"\ ", r"\s").replace(r"\-", r"[-\s‐‑–]")
    return re.compile(rf"(?<![\w\-‐‑–]){spaced}(?![\w\-‐‑–])", re.IGNORECASE)
