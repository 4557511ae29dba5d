"""Byline: a paper's title and authors, read from the types of its first page and checked against the PDF's own metadata."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from builder.pages import Line, Page, Span
from builder.stages.reflow import reflow

MIN_LETTERS = 15  # shorter lines in large type are journal names and section heads
MAX_WORDS = 60
SAME_SIZE = 0.6  # points
LINE_GAP = 1.9  # of the type size: lines of one title
NAMES_FOUND = 0.7  # share of the metadata's surnames that the page prints; fonts lose some accents
AUTHOR_SHARE = 0.94  # of the names' type: affiliations and abstracts are set smaller
STARTS = 4  # lines below the title that may be the first of the authors

_BANNER = re.compile(
    r"^(?:open(?:\s+access)?|(?:original\s+|mini\s+|invited\s+|full\s+|short\s+)?(?:research|review|case|technical"
    r"|brief)?[\s-]*"
    r"(?:article|paper|letter|report|communication|research|review|feature|perspective|editorial|express)s?"
    r"|hot paper|nano express|methods?|abstract|introduction|contents|accepted manuscript|view (?:article )?online"
    r"|check for updates"
    r"|supporting information|topical review|the following article.*|articles you may be interested in"
    r"|you may also like|author manuscript|preprint)$",
    re.I,
)
_NOT_A_TITLE = re.compile(
    r"journal homepage|contents lists|sciencedirect|this content (?:has been|was)|downloaded (?:from|on|via)|https?://|www\."
    r"|\bISSN\b|\bdoi\b|e-?mail|all rights reserved|special (?:issue|collection)|please (?:scroll|note)|creative commons"
    r"|submit your manuscript"
    r"|^(?:the\s+)?(?:\w+\s+){0,4}(?:journal|proceedings|transactions|annals|archives)\s+of\b",
    re.I,
)
_HOMEPAGE = re.compile(r"journal homepage|\bISSN\b|^\s*(?:https?://)?www\.|^\s*vol(?:ume|\.)", re.I)
_ZONE_ENDS = re.compile(
    r"universit|institut|departe?ment|laborator|school of|college|facult|\bcent(?:er|re)\b|academy|hospital|national"
    r"|abstract:|correspond|^\s*(?:abstract|a b s t r a c t|summary|introduction|keywords?|received|accepted|published"
    r"|article info|open access"
    r"|background|edited by|reviewed by|editors?\b|special collection)\b|@|https?:|www\.|\bdoi\b|supporting"
    r"|cite (?:this|as)|[A-Z]\d{4,5}\b|\b(?:ltd|inc|gmbh|corporation)\b|\bvol\b|\(?(?:19|20)\d\d\)",
    re.I,
)
_MARKS = re.compile(r"[\d*†‡§¶‖∥⊥∇◊○●■□#¹²³⁴-⁹⁎∗⇑✉{}⁺�\[\]|¤\ue000-\uf8ff]|\bID\b|(?<=\w)\(\w\)")
_ACCENT = re.compile(r"[´`¸˘˙¨˜ˆˇ˚^~]")  # set beside its letter: the name cannot be put together for sure
_COMBINING = dict(zip("´`¸˘˙¨˜ˆˇ˚", "\u0301\u0300\u0327\u0306\u0307\u0308\u0303\u0302\u030c\u030a", strict=True))
_PARTICLE = frozenset("van von de der den del della di da dos du la le el al bin ibn ten ter y zu af av e".split())  # noqa: SIM905
_CUT_OFF = re.compile(r"(?:[^\W\d_]{2}\s?,|;|\band|&)\s*$")  # the list goes on elsewhere
_TOKEN = re.compile(r"\(?[^\W\d_][^\W\d_.'’‐‑-]*(?:[.'’‐‑-]+[^\W\d_]*)*\)?\.?,?")
_DEGREES = re.compile(r",?\s*\b(?:Ph\.?\s?D|M\.?D|Dr|Prof|MSc|BSc|FRSC|Jr|Sr|Member|Senior Member|Fellow|IEEE)\b\.?", re.I)


def read_title(pages: Sequence[Page], metadata: Mapping[str, str]) -> tuple[str | None, tuple[Line, ...]]:
    """The title and the lines that carry it: what the metadata call so if page 1 or 2 prints it, else the largest fit type."""
    named = _named_title(metadata)
    for page in pages[:2]:
        for lines in _clusters(page):
            if named and _same(named, _joined(lines)):
                return _better(named, _joined(lines)), lines
    for page in pages[:2]:
        for lines in _clusters(page):
            if _may_be_title(page, lines, metadata):
                return _joined(lines), lines
    return None, ()


def _named_title(metadata: Mapping[str, str]) -> str | None:
    title = " ".join(re.sub(r"<[^>]+>", "", html.unescape(metadata.get("title", ""))).split())
    return title if len(_letters(title)) >= MIN_LETTERS else None


def _letters(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).lower()
    return "".join(c for c in folded if "a" <= c <= "z")


def _same(named: str, printed: str) -> bool:
    """Whether two titles are one, but for signs and letters a text layer loses."""
    a, b = _letters(named), _letters(printed)
    if not b or abs(len(a) - len(b)) > 0.12 * len(a) + 2:
        return False
    grams = [{s[i : i + 3] for i in range(len(s) - 2)} for s in (a, b)]
    return len(grams[0] & grams[1]) >= 0.85 * len(grams[0])


def _better(named: str, printed: str) -> str:
    """The metadata's form keeps signs that a page's fonts lose, unless it has lost some itself."""
    lost = re.search(r"[_#�?]|[\u2800-\u28ff]|\bx[0-9A-F]{4}", named) or named.isupper()
    return printed if lost else named


def _clusters(page: Page) -> Iterator[tuple[Line, ...]]:
    """Lines of one type size that stand together, larger types first, from the top of the page."""
    lines = [line for line in page.lines if line.angle == 0 and line.text.strip()]
    for size in sorted({round(line.size * 2) / 2 for line in lines}, reverse=True):
        same = sorted(
            (line for line in lines if abs(line.size - size) < SAME_SIZE), key=lambda line: (round(line.box.y0), line.box.x0)
        )
        cluster: list[Line] = []
        for line in same:
            if cluster and line.box.y0 - cluster[-1].box.y0 > LINE_GAP * size:
                yield _without_banners(cluster)
                cluster = []
            cluster.append(line)
        if cluster:
            yield _without_banners(cluster)


def _without_banners(lines: Sequence[Line]) -> tuple[Line, ...]:
    start = next((i for i, line in enumerate(lines) if not _BANNER.match(line.text.strip())), len(lines))
    return tuple(lines[start:])


def _joined(lines: Sequence[Line]) -> str:
    rows: list[str] = []
    for i, line in enumerate(lines):
        level = i > 0 and abs(line.box.y0 - lines[i - 1].box.y0) < 0.5 * line.size
        rows[-1:] = [rows[-1] + line.text] if level and rows else rows[-1:] + [line.text]
    text = reflow(rows)
    return re.sub(r"[\s†‡*§∗]+$", "", text).replace("\u2011", "-")


def _may_be_title(page: Page, lines: Sequence[Line], metadata: Mapping[str, str]) -> bool:
    text = _joined(lines)
    words = text.split()
    if len(_letters(text)) < MIN_LETTERS or not 2 <= len(words) <= MAX_WORDS or lines[0].box.y0 > 0.7 * page.height:
        return False
    if lines[0].size < _body_size(page) + SAME_SIZE and not all(span.bold for span in lines[0].spans if span.text.strip()):
        return False
    if _NOT_A_TITLE.search(text) or _letters(metadata.get("subject", "")).startswith(_letters(text)):
        return False
    below = [line for line in page.lines if 0 < line.box.y0 - lines[-1].box.y0 < 3 * lines[-1].size]
    return not any(_HOMEPAGE.search(line.text) for line in below)


def _body_size(page: Page) -> float:
    """The type size that most letters of the page have."""
    letters: Counter[float] = Counter()
    for line in page.lines:
        letters[line.size] += len(line.text)
    return max(letters, key=lambda size: (letters[size], size))


def read_authors(pages: Sequence[Page], title: Sequence[Line], metadata: Mapping[str, str]) -> tuple[str, ...]:
    """The authors below the title, without their marks; empty when any of them is in doubt."""
    named = _metadata_names(metadata)
    name = _joined(title) if title else ""
    for page in pages[:2]:
        under = next((lines for lines in _clusters(page) if name and lines and _same(name, _joined(lines))), ())
        for zone in _zones(page, under):
            printed = _names(zone)
            sure = printed and all(map(_is_name, printed)) and not (len(printed) == 1 and printed[0].isupper())
            if sure and not _CUT_OFF.search(zone[-1].text) and len(printed) >= len(named):
                return printed
    text = _letters("".join(line.text for page in pages[:2] for line in page.lines))
    found = sum(_letters(name.split()[-1]) in text for name in named)
    return named if len(named) > 1 and found >= NAMES_FOUND * len(named) else ()


def _zones(page: Page, title: Sequence[Line]) -> Iterator[tuple[Line, ...]]:
    """What may be the authors: runs of lines below the title in one type, from each of the first few that may start one."""
    if not title:
        return
    bottom, left, right = max(x.box.y0 for x in title), min(x.box.x0 for x in title), max(x.box.x1 for x in title)
    below = [x for x in page.lines if x.angle == 0 and x.box.y0 > bottom + 0.5 * title[0].size and x not in title]
    below = _rows([x for x in below if x.box.x0 < right and x.box.x1 > left and x.text.strip()])
    starts = [i for i, line in enumerate(below) if len(_letters(line.text)) > 3 and not _BANNER.match(line.text.strip())]
    for start in starts[:STARTS]:
        if _ZONE_ENDS.search(below[start].text):
            return
        yield _run(below[start:])


def _rows(lines: Sequence[Line]) -> list[Line]:
    """Lines from the top, those of one row from the left."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda x: x.box.y1):
        if rows and line.box.y1 - rows[-1][0].box.y1 < 0.45 * rows[-1][0].size:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda x: x.box.x0)]


def _run(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines of one type, down to the first that is an affiliation, a date or the abstract."""
    first, zone = lines[0], list(lines[:1])
    for line in lines[1:]:
        small = line.size < AUTHOR_SHARE * first.size
        if small and len(_letters(line.text)) < 4:
            continue
        if (
            small
            or line.size > 1.15 * first.size
            or _ZONE_ENDS.search(line.text)
            or line.box.y0 - zone[-1].box.y1 > 1.2 * first.size
        ):
            break
        zone.append(line)
    return tuple(zone)


def _names(zone: Sequence[Line]) -> tuple[str, ...]:
    text = " "
    for line, following in pairwise([*zone, None]):
        assert line is not None
        row = "".join(_unmarked(span, line.size) for span in line.spans)
        text += row + ("" if row.rstrip().endswith(("-", "‐")) and following else " ")
    text = _DEGREES.sub("", _MARKS.sub("", _with_accents(text.replace("†", " "))))
    parts = re.split(r";|•|·", text) if ";" in text or "•" in text else re.split(r",|\s&\s|\s+and\s+|\s+und\s+", text)
    parts = [p for part in parts for p in re.split(r"\s&\s|(?:^|\s+)and\s+", part)]
    cleaned = [
        re.sub(r"(?:\s+[a-z](?=\s|$))+$|^(?:[a-z]{1,3}\s+)+(?=[A-Z])", "", " ".join(p.split())).strip(" ,.'∗") for p in parts
    ]
    return tuple(name for name in cleaned if len(_letters(name)) > 1)


def _with_accents(text: str) -> str:
    """Accents that a font sets beside their letter put on it, where only one neighbour can carry them: "D¨oll", "He´le`ne"."""

    def joined(match: re.Match[str]) -> str:
        before, accent, after = match[1], match[2], match[3]
        bearers = "cstCST" if accent == "¸" else "aeiouyAEIOUY"
        if (before in bearers) == (after in bearers):
            return match[0]
        mark = _COMBINING[accent]
        return unicodedata.normalize("NFC", before + mark + after if before in bearers else before + after + mark)

    return re.sub(r"(\w)([´`¸˘˙¨˜ˆˇ˚])(\w)", joined, text)


def _unmarked(span: Span, line_size: float) -> str:
    """A span's text; of a raised affiliation mark only that something stood there."""
    if span.superscript or span.size < 0.8 * line_size:
        return " , " if "," in span.text else " "
    return span.text


def _is_name(name: str) -> bool:
    tokens = name.split()
    if not 2 <= len(tokens) <= 6 or _ACCENT.search(name) or len(name) > 50:
        return False
    real = [t for t in tokens if t.lower() not in _PARTICLE]
    capital = all(_TOKEN.fullmatch(t) and (t[0].isupper() or t[0] == "(" or "-" in t) for t in real)
    return bool(real) and capital and not all(len(t.strip(".")) == 1 for t in real) and sum(c.isalpha() for c in real[-1]) > 1


def _metadata_names(metadata: Mapping[str, str]) -> tuple[str, ...]:
    parts = re.split(r";|,\s*(?:and\s+)?|\s+and\s+", metadata.get("author", ""))
    names = tuple(" ".join(part.split()) for part in parts if part.strip())
    return names if all(map(_is_name, names)) else ()
