"""Rights: what a release may do with a figure, per element and per act, by the paper's licence and the caption's credits."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import Field, ValidationError

from builder.errors import UsageError
from builder.records import Act, ClassifiedFigure, Licence, Paper, Record, Rights, digest
from builder.toml_text import read_toml

_NO = Act(share=False, adapt=False, commercial=False)

# What a work is called where a caption names its source: "Ref. 12", "[12]", "Smith et al.", "2019", a raised number.
_SOURCE = (
    r"(?:(?:the\s+)?(?:our\s+)?(?:previous(?:ly)?\b|earlier\s+work|(?:\w+\s+){0,2}literature\b|works?\s+(?:of|by)\b)"
    r"|(?:Refs?\b\.?|[Rr]eferences?|cit\.)\s*[(\[]?\s*[\d⁰¹²³⁴-⁹]"
    r"|[\[(]\s*\d+\s*[\]),–-](?!\s*(?:zone|direction|ax[ei]s|orient|pole|plane))|[⁰¹²³⁴-⁹]"  # [110] may be a crystal's
    r"|(?!(?:Table|Fig|Sample|Region|Area|Point|Site|Spot|Panel|Eq|Section|Supp)\w*)[A-Z][\w’'´-]+(?:,?\s+[A-Z][\w’'´.-]*)*"
    r"(?:\s+et\s+al|\s+and\s+co|(?:\s+(?:and|&)\s+[A-Z][\w’'´-]+)?\s*[,(]?\s*[(\[]?(?:(?:19|20)\d\d|\d+\]))"
    r"|[A-Z][\w’'´-]+(?:\s+and\s+[A-Z][\w’'´-]+)?[⁰¹²³⁴-⁹]"
    r"|[A-Z][a-z]{3,}\d{1,3}\b|[A-Z][a-z]+\s+and\s+[A-Z][a-z]{2,}\d{1,3}\b"  # a raised reference number that lost its place
    r"|(?:the\s+)?(?:original|published)\s+(?:paper|work|article|publication)|https?://|doi\b)"
)
_FIGURE = r"(?:image|photo(?:graph)?|picture|figure|micrograph|illustration|drawing|schematic|artwork|data|graphic)s?"
# Each names somebody else's right in what the caption shows.
_CREDITS = re.compile(
    "|".join(
        (
            r"\b(?i:re-?produced|re-?printed|re-?published|re-?drawn|re-?plotted|adapted)\s+(?:\w+\s+){0,3}?(?i:from)\b",
            rf"\b(?i:re-?produced|re-?drawn|re-?plotted|adapted|adopted|re-?used)\s+(?:\w+\s+){{0,2}}?(?i:from|after|by)\s+{_SOURCE}",
            r"\b(?i:with|by)\s+(?:\w+\s+){0,2}?(?i:permissions?)\b|\b(?i:permissions?\s+(?:from|of|by|granted|obtained))\b",
            rf"\b(?i:taken|modified|extracted|obtained|copied|excerpted|borrowed|derived|compiled|data|values?|results?|image|figure)"
            rf"\s+(?:\w+\s+){{0,2}}?(?i:from|after)\s+{_SOURCE}",
            rf"(?:^|[.;,(]\s*)(?i:from|after|source\s*:)\s+{_SOURCE}",
            r"\b(?i:courtesy)\s+(?i:of|by|:)|\((?i:courtesy)\b|\b(?i:kindly\s+(?:provided|supplied))\s+(?i:by)\b",
            rf"\b(?i:{_FIGURE})\s+(?i:credits?|courtesy|source|copyright|by|©|:)\s*:?\s*[A-Z©]|\b(?i:credits?)\s*:\s*\S",
            r"(?<!journal is )©(?!\s*(?:(?:19|20)\d\d\s*)?(?:[Tt]he\s+|by\s+the\s+)?[Aa]uthor)",
            r"\([cC]\)\s*(?:19|20)\d\d|\b(?i:copyright(?:ed)?)\b",
            r"\b(?i:licen[sc]ed|used|distributed|available)\s+(?i:under)\s+(?:(?:a|the|an)\s+)?(?:\w+\s+)?"
            r"(?i:CC[\s-]|creative\s+commons|licen[sc]e)",
        )
    )
)
_STOP = re.compile(r"[.;]\s+(?=[A-Z(\[©])")
_SHORT = re.compile(r"(?:\b[A-Z][a-z]{0,4}|\b(?:al|Refs?|Figs?|cf|vol|no))$")  # an initial, a journal's short name: no end


class Terms(Record):
    """What one group of licences allows."""

    ids: tuple[str, ...] = Field(min_length=1)
    image: Act
    caption: Act
    paragraph: Act
    tier: Literal["open", "pointer"]
    questions: bool
    attribution: bool = Field(description="whether the licence asks for the creators to be named")
    reason: str | None = Field(default=None, pattern=r"^[a-z][a-z-]*$", description="stable code of what is withheld and why")


class Policy(Record):
    """licenses/policy.toml. A licence that it does not list allows nothing."""

    version: int
    terms: tuple[Terms, ...]

    @property
    def hash(self) -> str:
        return digest(self.model_dump(mode="json"))

    def of(self, spdx: str) -> Terms | None:
        """Terms that name the id itself, else the first whose pattern covers it."""
        exact = (t for t in self.terms if spdx in t.ids)
        return next(exact, None) or next((t for t in self.terms if any(fnmatchcase(spdx, i) for i in t.ids)), None)


def read_policy(text: str, place: str) -> Policy:
    """Policy from TOML text; `place` names the file in errors. Raises UsageError with every finding."""
    try:
        policy = Policy.model_validate(read_toml(text))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(place, f"not TOML: {error}", "mend the syntax at that line") from error
    except ValidationError as error:
        findings = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise UsageError(place, findings, "see the head of licenses/policy.toml for the keys that are known") from error
    ids = [i for terms in policy.terms for i in terms.ids]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise UsageError(place, f"listed twice: {', '.join(twice)}", "give each licence one set of terms")
    return policy


def decide(paper: Paper, classified: ClassifiedFigure, policy: Policy) -> Rights:
    """Rights of one figure. A credit to others in its caption or an unknown licence leaves a pointer."""
    terms = policy.of(paper.licence.spdx)
    credit = find_credit(classified.paired.caption)
    reasons = _reasons(paper, terms, credit)
    closed = terms is None or terms.tier == "pointer" or bool(credit) or "no-attribution" in reasons
    return Rights(
        licence=paper.licence,
        image=_NO if closed or terms is None else terms.image,
        caption=_NO if closed or terms is None else terms.caption,
        paragraph=_NO if closed or terms is None else terms.paragraph,
        tier="pointer" if closed else "open",
        questions=not closed and terms is not None and terms.questions and terms.caption.adapt,
        reasons=reasons,
        credit=credit,
        attribution=attribution(paper),
    )


def _reasons(paper: Paper, terms: Terms | None, credit: str | None) -> tuple[str, ...]:
    reasons = []
    if terms is None:
        reasons.append("unknown-licence")
    elif terms.reason:
        reasons.append(terms.reason)
    if credit:
        reasons.append("third-party-credit")
    if terms is not None and terms.attribution and not (paper.authors or paper.doi or paper.arxiv_id):
        reasons.append("no-attribution")
    return tuple(reasons)


def find_credit(caption: str) -> str | None:
    """The sentence of a caption that credits somebody else, or None.

    >>> find_credit("Figure 1. SEM image. Reproduced with permission from Ref. 5. Copyright 2018 Elsevier.")
    'Reproduced with permission from Ref. 5.'
    """
    match = _CREDITS.search(caption)
    if match is None:
        return None
    stops = [m for m in _STOP.finditer(caption) if m[0][0] == ";" or not _SHORT.search(caption[: m.start()])]
    start = max((m.end() for m in stops if m.end() <= match.start() + 1), default=0)
    end = next((m.start() + 1 for m in stops if m.start() >= match.end()), len(caption))
    return caption[start:end].strip()


def attribution(paper: Paper) -> str:
    """Title, creators, notice, licence and source in one line; where no creator is known the link stands for them."""
    creators = ", ".join(paper.authors) or "creators named at the source"
    parts = [f'"{paper.title}"' if paper.title else "Untitled", creators, paper.copyright_notice, _named(paper.licence)]
    source = [f"source: {paper.source_url}"] if paper.source_url else []
    return "; ".join([*(p for p in parts if p), *source])


def _named(licence: Licence) -> str:
    name = licence.spdx.removeprefix("LicenseRef-")
    version_free = licence.spdx.startswith("LicenseRef-CC-") and not re.search(r"\d", licence.spdx)
    shown = f"{name} (no version printed)" if version_free else name
    return f"licence: {shown}" + (f" ({licence.url})" if licence.url else "")
