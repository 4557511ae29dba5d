"""Front matter: a paper's ids, date and copyright line as its first and last pages print them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from builder.pages import Page

EDGE_PAGES = 2  # where journals print what a paper is

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>“”|{}]+")
_DOI_BREAK = re.compile(r"(10\.\d{4,9}/(?:[^\s\"<>]*[/.\-_])?)[ \t]*\n[ \t]*([A-Za-z0-9][^\s\"<>]*)")
_DOI_LABEL = re.compile(r"(?:doi(?:\.org/|\s*[:.]?)\s*|/doi/(?:abs/|full/|pdf/|10\.1002/)?)$", re.I)
_SUPPLEMENT = re.compile(r"\.(?:s|sd|suppl?)\d{1,4}$|/(?:abstract|full|pdf|epdf|suppl_file.*|meta|-/dc\d*)$", re.I)
_REFERENCES = re.compile(
    r"^\s*(?:\d+\.?\s*)?(?:references|bibliography|literature cited|notes and references)\s*:?\s*$", re.I | re.M
)
_OTHER_DOI = re.compile(
    r"(?:supporting information|supplement\w*|data|code|software|dataset|cited?|erratum|correction|archived?)\b[^.]{0,60}$",
    re.I,
)
_IN_METADATA, _LABELLED, _ALONE, _OF_OTHERS = 6, 3, 2, -5  # weights of what speaks for a DOI being the paper's own
_MOST_PAGES = 5  # a running head: each page that repeats the DOI adds one, up to this

_ARXIV = re.compile(
    r"arXiv:\s?(?P<id>\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[A-Z]{2})?/\d{7}(?:v\d+)?)"
    r"\s*(?:\[[^\]]+\])?\s*(?P<date>\d{1,2} [A-Z][a-z]{2} \d{4})?"
)

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_DATE = (
    rf"(?:(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+)?{_MONTH}\s*,?\s+"
    r"(?:(?P<day2>\d{1,2})(?:st|nd|rd|th)?\s*,?\s+)?(?P<year>(?:19|20)\d\d)"
    r"|(?P<iso>(?:19|20)\d\d-\d\d-\d\d))"
)
# From what says most exactly when a paper came out to what only bounds it.
_DATES = tuple(
    re.compile(lead + _DATE, re.I)
    for lead in (
        r"\b(?:first\s+)?published\s*(?:online)?\s*(?:on)?\s*:?\s*(?:online\s*:?\s*)?",
        r"\b(?:available|publication|version of record)\s+(?:online|date)\s*:?\s*",
        r"\b(?:article|letter|review|paper|communication|editorial)\s*\|\s*",
        r"\baccepted\s*(?:on|:|for publication)?\s*:?\s*",
        r"\b(?:revised|received|submitted)\s*(?:on|:|in revised form)?\s*:?\s*",
    )
)
_BEFORE_PUBLICATION = 3  # index in _DATES from which a date is only a lower bound
MARGIN = 0.1  # of the page's height: running heads and feet
_MARGIN_YEARS = (
    re.compile(r"\(((?:19|20)\d\d)\)"),
    re.compile(r"(?<![\d/.-])((?:19|20)\d\d)(?![\d/.-])(?!\s*[-–]\s*\d)"),
)
# The sign and what fonts without it leave in its place.
_MARK = r"(?:©|\(c\)|\bV\s?C\b|�|ª|\uf6d9|\uf0d3|\u24d2)"
_HOLDER = r"(?:et\s+al\b\.?|\b[A-Z]\.(?=\s?[A-Z])|\bInc\.|\bLtd\.|\bCo\.|[^.;\n©]|\n(?=[a-z&]))"
_COPYRIGHT = re.compile(
    rf"(?P<all>(?:(?:\bCopyright\s*:?\s*{_MARK}?|{_MARK}|&(?=\s*\d{{4}}\s+The\s+Author))\s*(?:by\s+)?"
    rf"(?:(?P<year>(?:19|20)\d\d)(?:\s*[-–]\s*(?:19|20)?\d\d)?,?\s+(?P<holder>{_HOLDER}{{3,150}})"
    r"|(?P<holder2>(?:The\s+)?(?:Author\(s\)|Authors?)|[A-Z][^.;\n©\d]{3,60}?)[,\s]+(?P<year2>(?:19|20)\d\d)\b)"
    r"|(?<![\d,.-])\b(?P<year3>(?:19|20)\d\d)\s+(?P<holder3>The\s+Author(?:s|\(s\))?)(?=\.)))"
)
_HOLDER_ENDS = re.compile(
    r"\s*(?:[,;.]\s*(?:(?:released|licen[sc]ed|published|distributed)\s+(?:under|by)|(?:exclusive\s+)?licensee)|\s(?:under\s+the\s+terms|This|Open\s+Access|Published|Exclusive"
    r"|Licensee|Distributed|All\s+[Rr]ights|https?:|DOI|doi)\b|\s\d+\s+DOI|,?\s+some\s+rights|\s\(?https?).*$",
    re.S,
)  # fmt: skip
_CAPTION = re.compile(r"\s*(?:Fig(?:ure|\.)|Table|Scheme)\s*S?\d", re.I)


def page_text(page: Page) -> str:
    return "\n".join(line.text for line in page.lines)


def read_doi(pages: Sequence[Page], metadata: Mapping[str, str]) -> str | None:
    """The paper's own DOI in lower case, not one that it cites; None when nothing marks one as its own."""
    scores: Counter[str] = Counter()
    printed = " ".join(metadata.get(key, "") for key in ("subject", "title", "keywords", "doi"))
    for doi in {_clean(m[0]) for m in _DOI.finditer(printed)}:
        scores[doi] += _IN_METADATA
    texts = [page_text(page) for page in pages]
    for text in texts[:EDGE_PAGES]:
        head = text[: m.start()] if (m := _REFERENCES.search(text)) else text
        for doi, weight in _own_dois(head):
            scores[doi] += weight
    alone = {_clean(line.text.strip()) for line in pages[-1].lines if _DOI.fullmatch(line.text.strip())} if pages else set()
    if len(alone) == 1:  # several are a list of references
        scores[alone.pop()] += _ALONE
    for doi in scores:
        scores[doi] += min(_MOST_PAGES, sum(doi in re.sub(r"\s", "", text.lower()) for text in texts))
    best = sorted(((score, doi) for doi, score in scores.items() if score > 1), key=lambda pair: (-pair[0], pair[1]))
    return best[0][1] if best else None


def _own_dois(text: str) -> list[tuple[str, int]]:
    whole = _DOI_BREAK.sub(r"\1\2", text)
    found: dict[str, int] = {}
    for match in _DOI.finditer(whole):
        doi = _clean(match[0])
        before = whole[max(0, match.start() - 80) : match.start()]
        weight = (_LABELLED if _DOI_LABEL.search(before) else 1) + (_OF_OTHERS if _OTHER_DOI.search(before) else 0)
        if len(doi.partition("/")[2]) > 2:
            found[doi] = max(weight, found.get(doi, -9))
    return list(found.items())


def _clean(doi: str) -> str:
    """A DOI without what the sentence around it adds: "10.1000/x).," -> "10.1000/x"."""
    doi = re.split(r"\.\.|[–—]", doi)[0]
    while doi and (doi[-1] in ".,;:'’”*†‡>" or _closes_nothing(doi)):
        doi = doi[:-1]
    return _SUPPLEMENT.sub("", doi).rstrip("/.").lower()


def _closes_nothing(doi: str) -> bool:
    return any(doi[-1] == close and doi.count(close) > doi.count(opens) for opens, close in ("()", "[]"))


def read_arxiv(pages: Sequence[Page]) -> tuple[str | None, str | None]:
    """arXiv id with its version and ISO date from the stamp on the first page: a line that begins with it."""
    for line in pages[0].lines if pages else ():
        match = _ARXIV.match(line.text.strip())
        if match and (line.angle or "[" in line.text):
            date = match["date"]
            return match["id"], _iso(re.match(_DATE, date, re.I)) if date else None
    return None, None


def read_date(pages: Sequence[Page], copyright_year: str | None) -> str | None:
    """When it was published, else accepted or received: an ISO date or a prefix of one.

    A paper is not out before it is accepted: a later copyright year counts for more than the day of acceptance.
    """
    texts = [re.sub(r"\s+", " ", page_text(page)) for page in _edges(pages)]
    for rank, pattern in enumerate(_DATES):
        for match in (m for text in texts if (m := pattern.search(text))):
            date = _iso(match)
            late = rank >= _BEFORE_PUBLICATION and copyright_year and date and copyright_year > date[:4]
            return copyright_year if late else date
    return copyright_year or _year_in_margin(pages)


def _year_in_margin(pages: Sequence[Page]) -> str | None:
    """The year of a running head or foot: "Mater. Sci. Eng. 106 (2016) 012030", else "Cell 154, August 29, 2013"."""
    heads = [
        line.text
        for page in pages[:EDGE_PAGES]
        for line in page.lines
        if line.angle == 0 and (line.box.y1 < MARGIN * page.height or line.box.y0 > (1 - MARGIN) * page.height)
    ]
    plain = [text for text in heads if not re.search(r"download|http", text, re.I)]
    found = [m for pattern in _MARGIN_YEARS for text in plain if (m := pattern.search(text))]
    return found[0][1] if found else None


def _iso(match: re.Match[str] | None) -> str | None:
    if match is None:
        return None
    if match["iso"]:
        return match["iso"]
    month = f"{match['year']}-{_MONTHS.index(match['month'].lower()) + 1:02d}"
    day = match["day"] or match["day2"]
    return f"{month}-{int(day):02d}" if day and 1 <= int(day) <= 31 else month


def _edges(pages: Sequence[Page]) -> list[Page]:
    first = list(pages[:EDGE_PAGES])
    return first + [page for page in pages[-EDGE_PAGES:] if page not in first]


def read_copyright(pages: Sequence[Page], licence_page: int | None) -> tuple[str | None, str | None, str | None]:
    """Copyright notice as printed, its holder and its year; looked for first on the page that states the licence."""
    order = sorted(_edges(pages), key=lambda page: page.number != licence_page)
    if licence_page and all(page.number != licence_page for page in order):
        order.insert(0, pages[licence_page - 1])
    for page in order:
        for match in _COPYRIGHT.finditer(_without_captions(page)):
            notice = re.sub(rf"{_MARK}\s*|^&\s*", "© ", " ".join(_HOLDER_ENDS.sub("", match["all"]).split()).rstrip(" ,;."))
            named = match["holder"] or match["holder2"] or match["holder3"]
            holder = " ".join(_HOLDER_ENDS.sub("", named).split()).rstrip(" ,;.")
            year = match["year"] or match["year2"] or match["year3"]
            if re.search(r"[^\W\d_]{3}", holder):
                return _ended(notice), _ended(re.sub(r"^by\s+", "", holder)), year
    return None, None, None


def _ended(text: str) -> str:
    return text + "." if re.search(r"\b(?:et al|Inc|Ltd|Co)$", text) else text


def _without_captions(page: Page) -> str:
    """A page's text without blocks that are captions: what they say of copyright is of others' figures."""
    captions = {line.block for i, line in enumerate(page.lines) if _CAPTION.match(line.text) and _opens(page, i)}
    return "\n".join(line.text for line in page.lines if line.block not in captions)


def _opens(page: Page, index: int) -> bool:
    return index == 0 or page.lines[index - 1].block != page.lines[index].block
