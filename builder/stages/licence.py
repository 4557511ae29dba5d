"""Licence: read from a paper's own words under which licence it is, with the sentence and page that say so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from builder.pages import Page
from builder.records import Evidence, Licence
from builder.stages.reflow import reflow

UNKNOWN = Licence(spdx="unknown")
EDGE_PAGES = 2  # journals state the licence on the first or last pages
NEAR = 2500  # characters between a licence's name and its URL: Springer's statement has 900 to 1,500

# From the most restrictive to the least: what a paper that prints two is taken to be under.
FAMILIES = ("BY-NC-ND", "BY-ND", "BY-NC-SA", "BY-NC", "BY-SA", "BY", "ZERO")

# Jurisdiction ports that have an SPDX id of their own (ScanCode licensedb 32.1.0); others become a LicenseRef.
SPDX_PORTS = frozenset(
    """CC-BY-3.0-AT CC-BY-3.0-AU CC-BY-3.0-DE CC-BY-3.0-IGO CC-BY-3.0-NL CC-BY-3.0-US CC-BY-2.5-AU CC-BY-NC-3.0-DE
    CC-BY-NC-ND-3.0-DE CC-BY-NC-ND-3.0-IGO CC-BY-NC-SA-2.0-DE CC-BY-NC-SA-2.0-FR CC-BY-NC-SA-2.0-UK CC-BY-NC-SA-3.0-DE
    CC-BY-NC-SA-3.0-IGO CC-BY-ND-3.0-DE CC-BY-SA-2.0-UK CC-BY-SA-2.1-JP CC-BY-SA-3.0-AT CC-BY-SA-3.0-DE
    CC-BY-SA-3.0-IGO""".split()  # noqa: SIM905
)
VERSIONS = frozenset({"1.0", "2.0", "2.5", "3.0", "4.0"})


def _broken(word: str) -> str:
    """Pattern of a word that may be broken over lines or hyphenated anywhere: "Crea- tive", "licenses/ by"."""
    return r"[\s\u00ad\u2010\u2011-]*".join(re.escape(letter) for letter in word)


_GAP = r"[\s\u00ad\u2010-\u2014_/(),:;\"'“”‘’-]*"
_ELEMENT = "|".join(
    _broken(word)
    for word in (
        "attribution",
        "noncommercial",
        "noncomercial",
        "noderivatives",
        "noderivative",
        "noderivs",
        "noderiv",
        "sharealike",
        "works",
        "work",
        "international",
        "unported",
        "generic",
        "license",
        "licence",
        "intergovernmental",
        "organization",
        "igo",
    )
)
_CODE = r"CC[\s-]*BY(?:[\s-]*NC)?(?:[\s-]*(?:SA|ND))?(?![A-Za-z])"
_CODE_ALONE = r"BY(?:[\s-]*NC)?(?:[\s-]*(?:SA|ND))?(?![A-Za-z])"
_VERSION = r"(?:[vV](?:ersion)?\.?\s*)?\d\s?\.\s?\d(?!\d)"
_NAME = re.compile(
    rf"(?:\b(?i:{_broken('creativecommons')})|\b{_CODE}|\bCC(?=[\s-]*(?i:attribution)))"
    rf"(?:{_GAP}(?:(?i:{_ELEMENT})|{_CODE}|{_CODE_ALONE}|{_VERSION}|(?i:copyright|user|the|a)(?=\s)))*"
)
_URL = re.compile(
    rf"(?i:(?:https?\s*:\s*/\s*/\s*)?(?:www\.)?{_broken('creativecommons.org')}\s*/\s*(?:{_broken('licenses')}|{_broken('licences')}|l)\s*/\s*"
    r"(?P<code>b\s*y(?:[\s-]*n\s*c)?(?:[\s-]*(?:s\s*a|n\s*d))?)(?![a-z])"
    r"(?:\s*/\s*(?P<version>\d\s*\.\s*\d))?(?:\s*/(?P<port>[a-z]{2,3})(?=[/\s).,;]|$))?)"
)
_ZERO = re.compile(rf"(?i:\bCC[\s-]?(?:0|zero)\b(?!\.)|{_broken('creativecommons.org')}\s*/\s*publicdomain\s*/\s*zero)")

# Licences that are not Creative Commons, by the words that name them.
NAMED = (
    (
        "LicenseRef-ACS-AuthorChoice",
        r"\bACS\s+Author\s?Choice\b",
        "https://pubs.acs.org/page/policy/authorchoice_termsofuse.html",
    ),
    ("LicenseRef-Elsevier-User", r"\bElsevier\s+user\s+licen[sc]e\b", "https://www.elsevier.com/open-access/userlicense/1.0/"),
    (
        "LicenseRef-arXiv-nonexclusive",
        r"arxiv\.org/licenses/nonexclusive-distrib|arXiv\S*\s+non-?exclusive\s+(?:license|licence)",
        "https://arxiv.org/licenses/nonexclusive-distrib/1.0/",
    ),
    (
        "LicenseRef-US-Government-Work",
        r"\bis\s+a\s+(?:work\s+of\s+the\s+)?U\.?\s?S\.?\s+government(?:\s+work)?\b|\bnot\s+subject\s+to\s+(?:U\.?\s?S\.?\s+)?copyright\b"
        r"|\bthis\s+(?:article|paper|work)\s+is\s+in\s+the\s+public\s+domain\b",
        None,
    ),
    ("LicenseRef-All-Rights-Reserved", r"\ball\s+rights\s+reserved\b", None),
)

_OF_THE_PAPER = re.compile(
    r"\b(?:this|the|our)\s+(?:\S+\s+){0,5}?(?:article|paper|work|manuscript|publication|content|chapter|preprint|letter|review)\b"
    r"|open[\s-]*access|©|\bcopyright\b|licen[sc]ee\b|\bauthors?\S*\s+retain|\bpublished\s+(?:\S+\s+){0,6}?(?:by|under)\b"
    r"|article content|\bauthor\S*\s+\d{4}|\bcontent\s+from\s+this|\blicen[sc]e\s*:|\bfreely\s+available\b",
    re.I,
)
_OF_OTHERS = re.compile(
    r"\b(?:reproduced|reprinted|adapted|taken|modified|redrawn)\s+(?:from|with)\b"
    r"|\b(?:image|photo\w*|picture|map|credit|courtesy|icons?)\s*(?::|by\b|of\b)|\bvia\s+(?:wikimedia|flickr|unsplash)"
    r"|public\s+domain\s+dedication\s+waiver|\bappl\w+\s+to\s+the\s+data\b"
    r"|\b(?:data\s?sets?|data|databases?|code|software|scripts?|notebooks?|weights|videos?|materials|repositor(?:y|ies))\b"
    r"(?:\s+(?!article|paper)[\w-]+){0,8}\s+(?:under|with)\s+(?:a|an|the)?\s*$",
    re.I,
)
_CAPTION_OR_REFERENCE = re.compile(
    r"\s*(?:(?:Fig(?:ure|\.)|Table|Scheme|Plate)\s*S?\d|\[\d+\]|\(\d+\)\s+[A-Z]\.|\d{1,3}\.\s+[A-Z][\w-]+,?\s+[A-Z])", re.I
)
# Where a licence statement begins when what stands before it has no full stop (addresses, running heads).
_OPENING = re.compile(
    r"©|\(c\)\s\d{4}|\bCopyright\b|\bOpen\s+Access\b|\bThis\s+(?:is\s+an|article|work|paper)\b|\bLicen[sc]e:|\bContent\s+from"
)
_WHOLE = frozenset({"open-access"})
_STOP = re.compile(r"[.!?]\s+(?=[A-Z©])|[.!?]\n(?![a-z])")  # a lower-case next line may be the rest of a broken URL


@dataclass(frozen=True)
class Mention:
    """One place where a Creative Commons licence is named."""

    family: str
    version: str | None
    port: str | None
    url: str | None
    at: int  # offset in the page's text
    evidence: Evidence
    of_the_paper: bool


@dataclass(frozen=True)
class Sheet:
    """A page's text, line by line, with what block each line is of."""

    number: int
    text: str
    starts: tuple[int, ...]  # offset at which each block starts


def read_licence(pages: Sequence[Page]) -> tuple[Licence, tuple[str, ...]]:
    """The paper's own licence and notes on conflicts. A version that is not printed is not assumed.

    A licence named for data, code, a reference or another's picture is not the paper's; of two the more restrictive counts.
    """
    sheets = [_sheet(page) for page in pages]
    mentions = [m for sheet in sheets for m in _mentions(sheet)]
    edges = {p.number for p in (*pages[:EDGE_PAGES], *pages[-EDGE_PAGES:])}
    at_edge = [m for m in mentions if m.evidence.page in edges]
    for ours in ([m for m in at_edge if m.of_the_paper], [m for m in mentions if m.of_the_paper], at_edge):
        if ours:
            return _decided(ours, mentions)
    return _named([s for s in sheets if s.number in edges]), ()


def _sheet(page: Page) -> Sheet:
    parts, starts, offset, block = [], [], 0, None
    for line in page.lines:
        if line.block != block:
            starts.append(offset)
            block = line.block
        parts.append(line.text)
        offset += len(line.text) + 1
    return Sheet(page.number, "\n".join(parts), tuple(starts))


def _mentions(sheet: Sheet) -> Iterator[Mention]:
    found = [(m, _of_name(m)) for m in _NAME.finditer(sheet.text)]
    found += [(m, _of_url(m)) for m in _URL.finditer(sheet.text)]
    found += [(m, ("ZERO", "1.0", None, _cc_url("ZERO", "1.0"))) for m in _ZERO.finditer(sheet.text)]
    for match, read in sorted(found, key=lambda pair: (pair[0].start(), pair[0].end())):
        if read is None or _is_of_others(sheet, match):
            continue
        family, version, port, url = read
        sentence = _sentence(sheet, match)
        ours = bool(_OF_THE_PAPER.search(sentence))
        yield Mention(family, version, port, url, match.start(), Evidence(text=sentence, page=sheet.number), ours)


Read = tuple[str, str | None, str | None, str | None]  # family, version, port, url


def _of_name(match: re.Match[str]) -> Read | None:
    name = re.sub(r"[\s\u00ad\u2010-\u2014-]", "", match[0]).lower()
    if not re.search(r"attribution|noncom|noderiv|sharealike", name) and not re.search(_CODE, match[0]):
        return None
    family = _family(
        nc="noncom" in name or "bync" in name, nd="noderiv" in name or bool(re.search(r"by(?:nc)?nd", name)),
        sa="sharealike" in name or bool(re.search(r"by(?:nc)?sa", name)),
    )  # fmt: skip
    versions = [v for v in re.findall(r"\d\.\d", name) if v in VERSIONS]
    port = "igo" if "igo" in name or "intergovernmental" in name else None
    return family, versions[0] if versions else None, port, None


def _of_url(match: re.Match[str]) -> Read:
    code = re.sub(r"[\s-]", "", match["code"]).lower()
    family = _family(nc="nc" in code, nd=code.endswith("nd"), sa=code.endswith("sa"))
    version = re.sub(r"\s", "", match["version"]) if match["version"] else None
    port = match["port"].lower() if match["port"] else None
    return family, version if version in VERSIONS else None, port, re.sub(r"\s", "", match[0])


def _family(*, nc: bool, nd: bool, sa: bool) -> str:
    return "BY" + ("-NC" if nc else "") + ("-ND" if nd else "-SA" if sa else "")


def _is_of_others(sheet: Sheet, match: re.Match[str]) -> bool:
    before = sheet.text[max(0, match.start() - 300) : match.start()]
    clause = re.sub(r"\s+", " ", _STOP.split(before)[-1])
    after = sheet.text[match.end() : match.end() + 120]
    block = max((s for s in sheet.starts if s <= match.start()), default=0)
    return bool(
        _OF_OTHERS.search(clause)
        or re.match(r"[^.]{0,60}\bappl\w+\s+to\s+the\s+data\b", after, re.I)
        or _CAPTION_OR_REFERENCE.match(sheet.text[block : block + 60])
    )


def _sentence(sheet: Sheet, match: re.Match[str]) -> str:
    """The sentence around a match, from the copyright line on where that leads to it: "© 2020 by the authors. ..."."""
    left = sheet.text[max(0, match.start() - 400) : match.start()]
    stops = [m.end() for m in _STOP.finditer(left)]
    openings = [m.start() for m in _OPENING.finditer(left) if len(left) - m.start() < 300]
    start = openings[0] if openings else stops[-1] if stops else 0
    right = _STOP.search(sheet.text, match.end(), match.end() + 400)
    end = right.start() + 1 if right else min(len(sheet.text), match.end() + 200)
    return reflow((left[start:] + sheet.text[match.start() : end]).split("\n"), _WHOLE)


def _decided(ours: Sequence[Mention], mentions: Sequence[Mention]) -> tuple[Licence, tuple[str, ...]]:
    families = sorted({m.family for m in ours}, key=FAMILIES.index)
    notes = [f"the PDF names {' and '.join(families)}; the most restrictive was taken"] if len(families) > 1 else []
    first = next(m for m in ours if m.family == families[0])
    same = [m for m in mentions if m.family == first.family and any(_near(m, o) for o in ours if o.family == m.family)]
    versions = sorted({m.version for m in same if m.version})
    if len(versions) > 1:
        notes.append(f"the PDF names versions {' and '.join(versions)}; none was taken")
    version = versions[0] if len(versions) == 1 else None
    port = next((m.port for m in same if m.port), None) if version else None
    url = _cc_url(first.family, version, port) if version else next((m.url for m in same if m.url and not m.version), None)
    licence = Licence(spdx=_spdx(first.family, version, port), url=url, evidence=first.evidence, source="pdf")
    return licence, tuple(notes)


def _near(a: Mention, b: Mention) -> bool:
    return a.evidence.page == b.evidence.page and abs(a.at - b.at) <= NEAR


def _spdx(family: str, version: str | None, port: str | None) -> str:
    if family == "ZERO":
        return "CC0-1.0"
    if not version:
        return f"LicenseRef-CC-{family}"
    plain = f"CC-{family}-{version}"
    if not port:
        return plain
    ported = f"{plain}-{port.upper()}"
    return ported if ported in SPDX_PORTS else f"LicenseRef-{ported}"


def _cc_url(family: str, version: str, port: str | None = None) -> str:
    if family == "ZERO":
        return "https://creativecommons.org/publicdomain/zero/1.0/"
    return f"https://creativecommons.org/licenses/{family.lower()}/{version}/" + (f"{port}/" if port else "")


def _named(sheets: Sequence[Sheet]) -> Licence:
    for spdx, pattern, url in NAMED:
        for sheet in sheets:
            for match in re.finditer(pattern, sheet.text, re.I):
                if not _is_of_others(sheet, match):
                    evidence = Evidence(text=_sentence(sheet, match), page=sheet.number)
                    return Licence(spdx=spdx, url=url, evidence=evidence, source="pdf")
    return UNKNOWN


def licence_by_id(given: str) -> Licence:
    """A licence as papers.csv gives it: an SPDX id in any case, a LicenseRef, or a Creative Commons URL.

    >>> licence_by_id("cc-by-4.0").url
    'https://creativecommons.org/licenses/by/4.0/'
    """
    text = given.strip()
    if match := _URL.search(text):
        family, version, port, url = _of_url(match)
        return Licence(
            spdx=_spdx(family, version, port), url=_cc_url(family, version, port) if version else url, source="papers.csv"
        )
    if re.fullmatch(r"CC0(?:-1\.0)?", text, re.I) or _ZERO.search(text):
        return Licence(spdx="CC0-1.0", url=_cc_url("ZERO", "1.0"), source="papers.csv")
    match = re.fullmatch(r"CC[\s-]?(BY(?:-NC)?(?:-ND|-SA)?)(?:[\s-](\d\.\d))?(?:[\s-]([A-Z]{2,3}))?", text, re.I)
    if match:
        family, version, port = match[1].upper(), match[2], match[3].lower() if match[3] else None
        return Licence(
            spdx=_spdx(family, version, port), url=_cc_url(family, version, port) if version else None, source="papers.csv"
        )
    return Licence(spdx=text or "unknown", source="papers.csv" if text else "none")


def family_of(spdx: str) -> str | None:
    """The Creative Commons family of an id, its version and port left out; None for other licences.

    >>> family_of("LicenseRef-CC-BY-NC"), family_of("CC-BY-SA-3.0-IGO"), family_of("MIT")
    ('BY-NC', 'BY-SA', None)
    """
    match = re.fullmatch(r"(?:LicenseRef-)?CC-(BY(?:-NC)?(?:-ND|-SA)?)(?:-\d\.\d)?(?:-[A-Z]{2,3})?", spdx)
    return match[1] if match else "ZERO" if spdx == "CC0-1.0" else None


def same_family(a: str, b: str) -> bool:
    return family_of(a) is not None and family_of(a) == family_of(b)
