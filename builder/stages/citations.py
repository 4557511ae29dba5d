"""Figure citations in running text: "Figs. 2a,b and 4-6" is Figure 2, 4, 5 and 6, whatever the print."""

from __future__ import annotations

import re

from builder.stages.captions import normal_label

_SERIES = r"(?:Extended\s+Data|Supplement(?:ary|al)|Supporting(?:\s+Information)?|Appendix)"
_START = re.compile(rf"(?P<series>\b{_SERIES}\s+)?\b(?P<noun>Fig(?:ure)?|Scheme|Chart|Plate)(?P<plural>s)?\b\.?", re.IGNORECASE)
_FIRST = re.compile(r"\s*(?P<letter>[A-Z](?:[.\-–]\s?)?)?(?P<number>\d{1,3})(?!\d)(?P<part>\.\d+)?")
_UNIT = r"[\s-]*(?:%|°|[nmµμk]?m\b|[mµμ]?[gsVALK]\b|k?eV\b|h\b|min\b)"  # "Fig. 2 and 20 nm": no figure
_NEXT = re.compile(rf"\s*(?P<letter>S)?(?P<number>\d{{1,3}})(?!\d|\.\d|{_UNIT})")
_LINK = re.compile(r"\s*(?:(?P<range>[-‐‑–—−]+|\b(?:to|through)\b)|,?\s*(?:and|or|&)\s|[,;/])\s*", re.IGNORECASE)
_LAST = frozenset({"and", "or", "&"})
_PANEL = r"(?:\(\s*[A-Za-z](?:\s*[-‐–,&]\s*[A-Za-z])*\s*\)|[A-Za-z]['′]?(?![\w]))"
_PANELS = re.compile(rf"\s?{_PANEL}(?:\s*(?:,\s*and\b|and\b|to\b|[-‐–,&;])?\s*{_PANEL})*|\s?\((?:[ivx]+)\)", re.IGNORECASE)
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


def cited_labels(text: str) -> tuple[str, ...]:
    """Normal labels of all figures of this paper that the text cites, each once, in order, ranges expanded.

    >>> cited_labels("as in Figs. 2a,b and 4–6, Fig. S1 and Figure 7 of ref. 12")
    ('Figure 2', 'Figure 4', 'Figure 5', 'Figure 6', 'Figure S1')
    """
    found: dict[str, None] = {}
    for start in _START.finditer(text):
        labels, end = _labels_from(text, start)
        if not (_THEIRS_BEFORE.search(text[max(0, start.start() - 60) : start.start()]) or _THEIRS_AFTER.match(text, end)):
            found.update(dict.fromkeys(labels))
    return tuple(found)


def cites_table(text: str) -> bool:
    """Whether the text cites a table of this or another paper.

    >>> cites_table("see Table 2"), cites_table("stable at 2 V")
    (True, False)
    """
    return _TABLE.search(text) is not None


def _labels_from(text: str, start: re.Match[str]) -> tuple[list[str], int]:
    """Labels of one citation list and where the list ends."""
    item = _FIRST.match(text, start.end())
    if item is None:
        return [], start.end()
    series = start["series"] or ""
    labels = [_label(series, start["noun"], item)]
    end = _after_panels(text, item.end())
    closed = False  # "and" names the last of a list
    while (link := _LINK.match(text, end)) is not None:
        following = _NEXT.match(text, link.end())
        if following is None or not _goes_on(item, following, link, listing=bool(start["plural"]) and not closed):
            break
        closed = closed or link[0].strip(" ,").lower() in _LAST
        labels += _steps(series, start["noun"], item, following) if link["range"] else []
        labels.append(_label(series, start["noun"], following, item["letter"] if link["range"] else None))
        item, end = following, _after_panels(text, following.end())
    return labels, end


def _goes_on(item: re.Match[str], following: re.Match[str], link: re.Match[str], *, listing: bool) -> bool:
    """Whether a number after a link belongs to the list: "Fig. 2, 20" and "2c-1" do not."""
    if link["range"]:
        return int(following["number"]) >= int(item["number"])
    return listing or link[0].strip(" ,").lower() in _LAST


def _after_panels(text: str, end: int) -> int:
    panels = _PANELS.match(text, end)
    return panels.end() if panels else end


def _label(series: str, noun: str, item: re.Match[str], letter: str | None = None) -> str:
    return normal_label(f"{series}{noun} {item['letter'] or letter or ''}{item['number']}")


def _steps(series: str, noun: str, first: re.Match[str], last: re.Match[str]) -> list[str]:
    """Labels strictly between the two ends of a range."""
    low, high = int(first["number"]), int(last["number"])
    if not 0 < high - low <= _LONGEST_RANGE:
        return []
    return [normal_label(f"{series}{noun} {first['letter'] or ''}{number}") for number in range(low + 1, high)]
