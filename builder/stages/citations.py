"""Figure citations in running text: "Figs. 2a,b and 4-6" is Figure 2, 4, 5 and 6, whatever the print."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from string import ascii_lowercase

from builder.stages.labels import CHAPTERED, NOUN, PLAIN, ROMAN, SERIES, roman_numeral, roman_value, spelled

_START = re.compile(rf"(?:\b(?P<series>{SERIES})\s*)?\b{NOUN}\s*\.?\s*(?:\((?=\d{{1,3}}[a-h]?\)))?", re.IGNORECASE)
_UNIT = r"[\s-]*(?:%|°|[nmµμk]?m\b|[mµμ]?[gsVALK]\b|k?eV\b|h\b|min\b)"  # "Fig. 2 and 20 nm": no figure
_CHAPTERED = re.compile(CHAPTERED, re.IGNORECASE)
_PLAIN = re.compile(PLAIN, re.IGNORECASE)
_ROMAN = re.compile(ROMAN)
_GOES_ON = re.compile(rf"(?!\.\d|{_UNIT})")
_LINK = re.compile(r"\s*(?:(?P<range>[-‐‑–—−]+|\b(?:to|through)\b)|,?\s*(?:and|or|&)\s|[,;/])\s*", re.IGNORECASE)
_LAST = frozenset({"and", "or", "&"})
_PANEL = r"(?:\(\s*[A-Za-z](?:\s*[-‐–,&]\s*[A-Za-z])*\s*\)|[A-Za-z]['′]?(?![\w]))"
_PANELS = re.compile(rf"\s?{_PANEL}(?:\s*(?:,\s*and\b|and\b|to\b|[-‐–,&;])?\s*{_PANEL})*|\s?\((?:[ivx]+)\)", re.IGNORECASE)
_BY_DASH = re.compile(r"\d-\d")  # in a normal label: this paper counts "Figure 1-3" within chapters
_LONGEST_RANGE = 30  # figures; a longer "range" is something else

# Another paper's figure: what stands right before or after the citation says so.
_THEIRS_BEFORE = re.compile(
    r"(?:\btheir|\brefs?\.?\s*\[?\d+\]?\s*[,(]?|\[\d+,|\bet\s+al\.?,?\s*\(?(?:19|20)\d\d[a-z]?\)?,)\s*(?:see\s+)?$",
    re.IGNORECASE,
)
_THEIRS_AFTER = re.compile(
    r"\s*\)?\s*(?:therein\b|(?:of|in|from)\s+(?:the\s+)?(?:[Rr]efs?\b|[Rr]eference|\[\d|"
    r"[A-Z][\w'’-]+\s+(?:et\s+al|(?:and|&)\s+[A-Z][\w'’-]+\s*\(?(?:19|20)\d\d)))"
)
_TABLE = re.compile(r"\bTables?\s*\.?\s*(?:[A-Z][.\-]?)?(?:\d+|[IVX]+)\b")


def cited_labels(text: str, labels: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Normal labels of all figures of this paper that the text cites, each once, in order, ranges expanded.

    `labels` are the normal labels of the paper's own figures. They tell the third figure of a first chapter from the range
    "1-3", a chapter's figure from a sentence's end with a reference number after it, and panels that have captions of
    their own from panels of one figure.

    >>> cited_labels("as in Figs. 2a,b and 4–6, Fig. S1 and Figure 7 of ref. 12")
    ('Figure 2', 'Figure 4', 'Figure 5', 'Figure 6', 'Figure S1')
    >>> cited_labels("Figs. 2.13 and 2.14, Plates II–IV; Figure 1-3", frozenset({"Figure 1-3"}))
    ('Figure 2.13', 'Figure 2.14', 'Plate II', 'Plate III', 'Plate IV', 'Figure 1-3')
    """
    found: dict[str, None] = {}
    for start in _START.finditer(text):
        cited, end = _labels_from(text, start, labels)
        if not (_THEIRS_BEFORE.search(text[max(0, start.start() - 60) : start.start()]) or _THEIRS_AFTER.match(text, end)):
            found.update(dict.fromkeys(cited))
    return tuple(found)


def cites_table(text: str) -> bool:
    """Whether the text cites a table of this or another paper.

    >>> cites_table("see Table 2"), cites_table("stable at 2 V")
    (True, False)
    """
    return _TABLE.search(text) is not None


@dataclass(frozen=True)
class _Item:
    """One number of a citation list."""

    series: str
    noun: str
    letter: str
    chapter: str
    number: str  # Arabic or Roman
    end: int  # in the text

    @property
    def label(self) -> str:
        return spelled(self.series, self.noun, self.letter, self.chapter, self.number)

    @property
    def value(self) -> int:
        return int(self.number) if self.number.isdigit() else roman_value(self.number)

    def up_to(self, last: _Item) -> list[str]:
        """Labels strictly between this end of a range and the other."""
        if not 0 < last.value - self.value <= _LONGEST_RANGE:
            return []
        between = range(self.value + 1, last.value)
        numbers = [str(n) if self.number.isdigit() else roman_numeral(n) for n in between]
        return [replace(self, number=number).label for number in numbers]


def _labels_from(text: str, start: re.Match[str], labels: frozenset[str]) -> tuple[list[str], int]:
    """Labels of one citation list and where the list ends."""
    item = _first(text, start, labels)
    if item is None:
        return [], start.end()
    end = _after_panels(text, item.end)
    cited = _with_panels(item.label, text[item.end : end], labels)
    closed = False  # "and" names the last of a list
    while (link := _LINK.match(text, end)) is not None:
        following = _next(text, link, item)
        if following is None or not _goes_on(item, following, link, listing=bool(start["plural"]) and not closed):
            break
        closed = closed or link[0].strip(" ,").lower() in _LAST
        cited += item.up_to(following) if link["range"] else []
        item, end = following, _after_panels(text, following.end)
        cited += _with_panels(item.label, text[item.end : end], labels)
    return cited, end


def _first(text: str, start: re.Match[str], labels: frozenset[str]) -> _Item | None:
    """The number after "Fig.": of two parts where the paper numbers by chapters, or where nothing else can be meant."""
    read = [match for pattern in (_CHAPTERED, _PLAIN) if (match := pattern.match(text, start.end()))]
    items = [_item(start["series"] or "", start["noun"], match) for match in read]
    if len(items) == 2 and not _in_chapter(items[0], items[1], labels):
        return items[1]
    if not items and start["noun"][0].isupper() and (roman := _ROMAN.match(text, start.end())):
        items = [_Item(start["series"] or "", start["noun"], "", "", roman["roman"], roman.end())]
    return items[0] if items else None


def _in_chapter(full: _Item, plain: _Item, labels: frozenset[str]) -> bool:
    if full.label in labels or full.chapter.endswith("."):
        return full.label in labels or plain.label not in labels
    return any(_BY_DASH.search(label) for label in labels)


def _item(series: str, noun: str, match: re.Match[str]) -> _Item:
    groups = match.groupdict()
    return _Item(series, noun, groups["letter"] or "", groups.get("chapter") or "", groups["number"], match.end())


def _next(text: str, link: re.Match[str], item: _Item) -> _Item | None:
    """The number after a comma, an "and" or a dash; the far end of a range is in the chapter of the near one."""
    if not item.number.isdigit():
        roman = _ROMAN.match(text, link.end())
        return replace(item, number=roman["roman"], end=roman.end()) if roman else None
    full = _CHAPTERED.match(text, link.end())
    match = full if full and (item.chapter or full["letter"]) else _PLAIN.match(text, link.end())
    if match is None or not _GOES_ON.match(text, match.end()):
        return None
    following = _item(item.series, item.noun, match)
    if following.letter and not item.letter and not following.letter.startswith("S"):
        return None
    if link["range"]:
        return replace(following, letter=following.letter or item.letter, chapter=following.chapter or item.chapter)
    return following


def _goes_on(item: _Item, following: _Item, link: re.Match[str], *, listing: bool) -> bool:
    """Whether a number after a link belongs to the list: "Fig. 2, 20" and "2c-1" do not."""
    if link["range"]:
        return following.value >= item.value
    return listing or link[0].strip(" ,").lower() in _LAST


def _after_panels(text: str, end: int) -> int:
    panels = _PANELS.match(text, end)
    return panels.end() if panels else end


def _with_panels(label: str, panels: str, labels: frozenset[str]) -> list[str]:
    """The label, or those of its panels that have captions of their own: the named ones, or all."""
    own = sorted(other for other in labels if other[:-1] == label and other[-1] in ascii_lowercase)
    if label in labels or not own:
        return [label]
    named = re.sub(r"([a-h])\W*[-‐–]\W*([a-h])", lambda m: ascii_lowercase[ord(m[1]) - 97 : ord(m[2]) - 96], panels.lower())
    return [other for other in own if other[-1] in named] or own
