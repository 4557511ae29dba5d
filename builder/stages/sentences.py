"""Sentences of a caption or paragraph at their offsets, and which of them can be read by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator

_END = re.compile(r"[.!?]['”’)\]]?(?=\s+[A-Z(\[“]|\s*$)")
_SHORT = re.compile(
    r"(?:\b(?:Figs?|FIGS?|Eqs?|Refs?|Nos?|Tabs?|vol|al|ca|cf|vs|approx|resp|i\.e|e\.g|etc|Dr|St|sp|spp|max|min|avg|temp|conc)"
    r"|\b[A-Z]|\bwt|\bat)\.$"
)
MOJIBAKE = re.compile(r"[\ufffd\ue000-\uf8ff\x00-\x08\x0b-\x1f]|\(cid:|Ã.|â€")
# What can only be understood from the words before, or points out of the sentence.
_LEANS = re.compile(
    r"^(?:Th(?:is|ese|ose|ey|at|us|en|erefore|ere after)|It|Its|Their|Such|Both|Each|However|Moreover|Furthermore|Hence|"
    r"Additionally|In addition|Besides|Also|Similarly|Likewise|Consequently|Accordingly|In (?:this|these|that|contrast|both)|"
    r"On the (?:other hand|contrary)|As a (?:result|consequence)|Here|He|She|Another|Other|Again|Meanwhile|Conversely|"
    r"Nevertheless|Nonetheless|Instead|First(?:ly)?|Second(?:ly)?|Third(?:ly)?|Finally|For (?:example|instance|comparison)|"
    r"And|But|So|Or|Which|Where|While|Whereas|Since|Because|Same|Similar|Note|See|One|Some|Reprinted|Adapted|Reproduced)\b"
)
_POINTS = re.compile(
    r"\b(?:respectively|the (?:same|former|latter|above|other|others)|same as|as in|"
    r"as (?:mentioned|discussed|described|stated|shown)|above[- ]mentioned|aforementioned|previous(?:ly)?|earlier|mentioned|"
    r"see (?:text|main|also)|(?:main )?text for|insets?|"
    r"these|this|those|such|we|our|us|them|described|therein|et al|Tables?|Eqs?|Equations?|Refs?|"
    r"references?|supplement\w*|supporting|section|scheme|literature|reported|permission|credit|courtesy|copyright)\b|\[\d|https?:"
    r"|(?:[a-z)])[⁰¹²³⁴-⁹]+[,.]?(?:\s|$)|[A-Z][a-z]+ and [A-Z][a-z]+,? \(?(?:19|20)\d\d|[(,] ?(?:19|20)\d\d[a-z]?\)",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|shows?|showed|indicates?|indicated|marks?|represents?|reveals?|revealed|exhibits?|"
    r"exhibited|displays?|displayed|denotes?|corresponds?|increase[sd]?|decrease[sd]?|remain(?:s|ed)?|contain(?:s|ed)?|"
    r"consist(?:s|ed)?|form(?:s|ed)?|appear(?:s|ed)?|can|could|may|might|becomes?|became|demonstrates?|demonstrated|"
    r"confirms?|confirmed|suggests?|suggested|highlights?|highlighted|presents?|presented|gives?|gave|leads?|led|"
    r"occur(?:s|red)?|reach(?:es|ed)?|range[sd]?|grow|grew|lies?|changes?|changed|varies|varied|points?)\b"
)
_LEAST_WORDS, _MOST_WORDS = 5, 45


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence, in code points; an abbreviation ends none.

    >>> [("Grown in Fig. 2 at 5 K. It shines.")[a:b] for a, b in sentences("Grown in Fig. 2 at 5 K. It shines.")]
    ['Grown in Fig. 2 at 5 K.', 'It shines.']
    """
    start = 0
    for end in _END.finditer(text):
        if text[end.start()] == "." and _SHORT.search(text[start : end.start() + 1]) and not _unit_ends(text[: end.start()]):
            continue
        first = start + len(text[start : end.end()]) - len(text[start : end.end()].lstrip())
        if first < end.end():
            yield first, end.end()
        start = end.end()
    if text[start:].strip():
        yield start + len(text[start:]) - len(text[start:].lstrip()), len(text.rstrip())


def _unit_ends(before: str) -> bool:
    """Whether the one letter before a full stop is a unit after a number: "5 K."."""
    return re.search(r"\d\s?[A-Z]$", before) is not None


def stands_alone(sentence: str) -> bool:
    """Whether a sentence can be read and judged without the words around it: nothing in it points elsewhere."""
    words = len(sentence.split())
    if not _LEAST_WORDS <= words <= _MOST_WORDS or MOJIBAKE.search(sentence) or not balanced(sentence):
        return False
    return not (_LEANS.search(sentence) or _POINTS.search(sentence)) and re.match(r"[A-Z0-9(]", sentence) is not None


def has_verb(sentence: str) -> bool:
    return _VERB.search(sentence) is not None


def balanced(text: str) -> bool:
    return all(text.count(one) == text.count(other) for one, other in ("()", "[]", "“”"))


def points_elsewhere(words: str) -> bool:
    """Whether words lean on others: "the same sample", "as in", "respectively", an inset, a reference."""
    return _POINTS.search(words) is not None


__all__ = ["MOJIBAKE", "balanced", "has_verb", "points_elsewhere", "sentences", "stands_alone"]
