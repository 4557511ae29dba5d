"""Ingest: what a paper says of itself, read from its PDF, with gaps filled from papers.csv and disagreements kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from builder.pages import Page
from builder.recipe import Papers
from builder.records import Dropped, Licence, Paper, Record
from builder.stages.byline import read_authors, read_title
from builder.stages.captions import may_start
from builder.stages.frontmatter import read_arxiv, read_copyright, read_date, read_doi
from builder.stages.licence import licence_by_id, read_licence, same_family
from builder.stages.publishers import publisher_of
from builder.stages.scene import is_scan

MIN_LETTERS = 10  # fewer on a page: a page number; the shortest caption has more
SCAN_LETTERS = 200  # fewer on a page that one raster covers: a stamp or a watermark on a scan


@dataclass(frozen=True)
class PdfFacts:
    """What the reader found in one PDF: all pages, with the document's own metadata."""

    file: str
    sha256: str
    metadata: dict[str, str]
    pages: Sequence[Page]


class PaperRow(Record):
    """One row of papers.csv; what is empty there is None here."""

    file: str
    doi: str | None = None
    arxiv_id: str | None = None
    licence: str | None = Field(default=None, description='SPDX id, "LicenseRef-..." or the URL of a Creative Commons licence')
    rights_holder: str | None = None
    source_url: str | None = None


def ingest(facts: PdfFacts, row: PaperRow | None, window: Papers) -> Paper | Dropped:
    """The paper's record, or a drop when it has no text or was published outside the recipe's window."""
    if not any(_has_text(page) for page in facts.pages):
        letters = sum(map(_letters, facts.pages))
        return _dropped(facts, "no-text", f"{letters} letters in {len(facts.pages)} pages: a scan or pictures only")
    paper = _completed(_read(facts), row or PaperRow(file=facts.file))
    outside = _outside(paper.published, window)
    return _dropped(facts, *outside) if outside else paper


def _has_text(page: Page) -> bool:
    """Whether a page can be read: on one that a raster covers, few words are a stamp's unless one starts a caption."""
    if _letters(page) >= SCAN_LETTERS:
        return True
    return _letters(page) >= MIN_LETTERS and (not is_scan(page) or any(may_start(line.text) for line in page.lines))


def _letters(page: Page) -> int:
    return sum(c.isalpha() for line in page.lines for c in line.text)


def _dropped(facts: PdfFacts, reason: str, detail: str) -> Dropped:
    return Dropped(record_id=facts.file, stage="ingest", reason=reason, detail=detail)


def _read(facts: PdfFacts) -> Paper:
    """What the PDF alone says."""
    licence, notes = read_licence(facts.pages)
    doi = read_doi(facts.pages, facts.metadata)
    arxiv_id, stamped = read_arxiv(facts.pages)
    title, title_lines = read_title(facts.pages, facts.metadata)
    notice, holder, year = read_copyright(facts.pages, licence.evidence.page if licence.evidence else None)
    return Paper(
        id=_id(doi, arxiv_id, facts.sha256),
        file=facts.file,
        sha256=facts.sha256,
        pages=len(facts.pages),
        page_sizes=tuple((page.number, round(page.width, 2), round(page.height, 2)) for page in facts.pages),
        title=title,
        authors=read_authors(facts.pages, title_lines, facts.metadata),
        doi=doi,
        arxiv_id=arxiv_id,
        published=stamped if stamped and not doi else read_date(facts.pages, year),
        publisher=publisher_of(doi) if doi else None,
        copyright_notice=notice,
        rights_holder=holder,
        licence=licence,
        source_url=_source_url(doi, arxiv_id),
        disagreements=notes,
    )


def _id(doi: str | None, arxiv_id: str | None, sha256: str) -> str:
    """Versions of one arXiv paper share an id."""
    if doi:
        return f"doi:{doi}"
    return f"arxiv:{re.sub(r'v[0-9]+$', '', arxiv_id)}" if arxiv_id else f"sha256:{sha256}"


def _source_url(doi: str | None, arxiv_id: str | None) -> str | None:
    if doi:
        return f"https://doi.org/{doi}"
    return f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else None


def _completed(paper: Paper, row: PaperRow) -> Paper:
    """Gaps filled from the row; where both speak and differ the PDF is taken and the difference kept."""
    given_doi = re.sub(r"^(?:https?://(?:dx\.)?doi\.org/|doi:)", "", row.doi.strip(), flags=re.I).lower() if row.doi else None
    given_arxiv = (
        re.sub(r"^(?:https?://arxiv\.org/abs/|arxiv:)", "", row.arxiv_id.strip(), flags=re.I) if row.arxiv_id else None
    )
    doi, arxiv_id = paper.doi or given_doi, paper.arxiv_id or given_arxiv
    licence, licence_notes = _licence(paper.licence, row.licence)
    notes = [
        *paper.disagreements,
        *_differs("doi", paper.doi, given_doi),
        *_differs("arxiv_id", _versionless(paper.arxiv_id), _versionless(given_arxiv)),
        *licence_notes,
        *_differs("rights_holder", paper.rights_holder, row.rights_holder),
    ]
    changes = {
        "id": _id(doi, arxiv_id, paper.sha256),
        "doi": doi,
        "arxiv_id": arxiv_id,
        "publisher": publisher_of(doi) if doi else None,
        "licence": licence,
        "rights_holder": paper.rights_holder or row.rights_holder,
        "source_url": row.source_url or _source_url(doi, arxiv_id),
        "disagreements": tuple(notes),
    }
    return paper.model_copy(update=changes)


def _versionless(arxiv_id: str | None) -> str | None:
    return re.sub(r"v\d+$", "", arxiv_id) if arxiv_id else None


def _differs(field: str, printed: str | None, given: str | None) -> list[str]:
    if not printed or not given or printed.casefold() == given.casefold():
        return []
    return [f'{field}: papers.csv says "{given}", the PDF "{printed}"; the PDF was taken']


def _licence(printed: Licence, given: str | None) -> tuple[Licence, list[str]]:
    """A row may name the version that the PDF leaves out; it may not overrule the PDF."""
    if not given:
        return printed, []
    named = licence_by_id(given)
    if printed.spdx == "unknown":
        return named, []
    if named.spdx == printed.spdx:
        return printed, []
    if printed.spdx.startswith("LicenseRef-CC-") and same_family(named.spdx, printed.spdx):
        return named.model_copy(update={"evidence": printed.evidence}), []
    return printed, _differs("licence", printed.spdx, named.spdx)


def _outside(published: str | None, window: Papers) -> tuple[str, str] | None:
    """Reason and detail when the date does not lie in the window. A year alone is outside only when the whole year is."""
    first, last = window.published_from, window.published_until
    if not first and not last:
        return None
    asked = f"the recipe asks for {first or '...'} to {last or '...'}"
    if published is None:
        return "unknown-date", f"no date could be read; {asked}"
    early = bool(first) and published[: len(first or "")] < (first or "")[: len(published)]
    late = bool(last) and published[: len(last or "")] > (last or "")[: len(published)]
    return ("outside-date-window", f"published {published}; {asked}") if early or late else None
