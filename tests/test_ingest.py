"""What a paper says of itself: ids, title, authors, date, copyright and licence, from pages made up line by line."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from builder.edges.pdf import open_pdf, read_page
from builder.pages import Box, Graphics, Line, Page, Span
from builder.recipe import Papers
from builder.records import Dropped, Paper
from builder.stages.ingest import PaperRow, PdfFacts, ingest
from builder.stages.licence import family_of, licence_by_id, read_licence

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
NOTHING = Graphics(np.zeros((0, 4), np.float32), np.zeros(0, np.uint8))
BODY = "The films were grown on silicon and looked at by scanning electron microscopy, line after line after line. " * 3


def line(text: str, y: float, size: float = 10.0, block: int = 0, angle: int = 0) -> Line:
    box = Box(50, y, 50 + 5 * len(text), y + size)
    return Line((Span(text, box, "Times", size, False, False, False),), box, block, angle)


def page(*lines: Line, number: int = 1) -> Page:
    return Page(number, 600, 800, 0, tuple(lines), NOTHING)


def text_page(text: str, number: int = 1) -> Page:
    """A page of one block a paragraph; a paragraph's lines are set apart by newlines, paragraphs by empty ones."""
    lines = [
        line(row, 100 + 12 * (10 * block + i), block=block)
        for block, paragraph in enumerate(text.split("\n\n"))
        for i, row in enumerate(paragraph.split("\n"))
    ]
    return page(*lines, number=number)


def paper(*pages: Page, row: PaperRow | None = None, window: Papers | None = None, **metadata: str) -> Paper:
    made = ingest(PdfFacts("a.pdf", "f" * 64, metadata, pages), row, window or Papers())
    assert isinstance(made, Paper), made
    return made


LICENCES = [
    ("This is an open access article under the terms of the Creative Commons Attribution License.", "LicenseRef-CC-BY"),
    ("This is an open access article under the Crea-\ntive Commons Attribution-NonCommercial-NoDerivs License, which\npermits",
     "LicenseRef-CC-BY-NC-ND"),
    ("This article is licensed under a Creative Commons Attribution 3.0 Unported Licence.", "CC-BY-3.0"),
    ("© 2020 by the authors. This article is distributed under the Creative Commons Attribution\n(CC BY) license "
     "(https://creativecommons.org/licenses/\nby/4.0/).", "CC-BY-4.0"),
    ("This work is licensed under a Creative Commons Attribution- NonCommercial-Share Alike 3.0 licence.", "CC-BY-NC-SA-3.0"),
    ("Under a Creative Commons Non-Commercial No Derivative Works (CC-BY-NC-ND) License", "LicenseRef-CC-BY-NC-ND"),
    ("© Author(s) 2010. CC Attribution 3.0 License.", "CC-BY-3.0"),
    ("Content not peer-reviewed. License: CC BY-NC 4.0", "CC-BY-NC-4.0"),
    ("This article is under the Creative Commons Attribution-ShareAlike 4.0 International License", "CC-BY-SA-4.0"),
    ("This work is licensed under http://creativecommons.org/licenses/by-nc/3.0/igo/.", "LicenseRef-CC-BY-NC-3.0-IGO"),
    ("This article is distributed under http://creativecommons.org/licenses/by/3.0/igo/ as is.", "CC-BY-3.0-IGO"),
    ("This article is released under CC0 1.0.", "CC0-1.0"),
    ("An open access article published under an ACS AuthorChoice License.", "LicenseRef-ACS-AuthorChoice"),
    ("This is an open access article under the Elsevier user license.", "LicenseRef-Elsevier-User"),
    ("© 2019 Elsevier Ltd. All rights reserved.", "LicenseRef-All-Rights-Reserved"),
    ("Nothing of the kind here. We grew fcc by sputtering and bcc by annealing. The CC by itself was low.", "unknown"),
    ("This is an open access article under the CC BY-NC license.", "LicenseRef-CC-BY-NC"),
    ("Open Access This article is licensed under CC BY-SA.", "LicenseRef-CC-BY-SA"),
    ("OA articles are governed by the applicable Creative Commons License", "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("printed", "spdx"), LICENCES)
def test_licence_is_the_one_that_is_printed(printed: str, spdx: str) -> None:
    licence, _ = read_licence([text_page(BODY + "\n\n" + printed)])
    assert licence.spdx == spdx


@pytest.mark.parametrize(
    "printed",
    [
        "Figure 3. Structures. Reproduced from Canepa et al. (2017), licensed under CC BY 4.0.",
        "The Public Domain Dedication waiver (http://creativecommons.org/publicdomain/zero/1.0/) applies to the data.",
        "Photo: CC BY 2.0 by J. Doe.",
        "The software is released under the CC BY 4.0 terms.",
        "[12] J. Doe, Open access and this article, CC BY 4.0, 2019.",
    ],
)
def test_licence_of_something_else_is_not_the_papers(printed: str) -> None:
    licence, _ = read_licence([text_page(BODY), text_page(printed + "\n\n" + BODY, number=2)])
    assert licence.spdx == "unknown"


def test_a_version_that_is_not_printed_is_not_assumed_and_has_no_url() -> None:
    licence, _ = read_licence([text_page("This is an open access article under the CC BY license.")])
    assert (licence.spdx, licence.url) == ("LicenseRef-CC-BY", None)


def test_of_two_licences_the_more_restrictive_is_taken_and_said() -> None:
    both = "This article is licensed under CC BY 4.0.\n\nThis is an open access article under the CC BY-NC-ND license."
    licence, notes = read_licence([text_page(both)])
    assert family_of(licence.spdx) == "BY-NC-ND"
    assert notes == ("the PDF names BY-NC-ND and BY; the most restrictive was taken",)


def test_evidence_is_the_sentence_with_its_page() -> None:
    licence, _ = read_licence(
        [text_page(BODY), text_page("Some end. This article is licensed under CC BY 4.0. More.", number=2)]
    )
    assert licence.evidence is not None
    assert (licence.evidence.text, licence.evidence.page) == ("This article is licensed under CC BY 4.0.", 2)


@pytest.mark.parametrize(
    ("given", "spdx"),
    [
        ("cc-by-4.0", "CC-BY-4.0"),
        ("CC BY-NC-ND 4.0", "CC-BY-NC-ND-4.0"),
        ("https://creativecommons.org/licenses/by-sa/3.0/", "CC-BY-SA-3.0"),
        ("CC0", "CC0-1.0"),
        ("CC BY", "LicenseRef-CC-BY"),
        ("LicenseRef-ours", "LicenseRef-ours"),
    ],
)
def test_papers_csv_may_name_a_licence_in_several_ways(given: str, spdx: str) -> None:
    assert licence_by_id(given).spdx == spdx


@pytest.mark.parametrize(
    ("printed", "doi"),
    [
        ("https://doi.org/10.3390/\nma14164416", "10.3390/ma14164416"),
        ("DOI: 10.1002/ADMI.202200643.", "10.1002/admi.202200643"),
        ("[DOI: 10.1149/2.0021506jss] All rights", "10.1149/2.0021506jss"),
        ("see (doi:10.1000/x(1)y).", "10.1000/x(1)y"),
        ("Supporting Information is at DOI: 10.1021/jacs.7b02950.s001", None),
        ("References\n\n[1] J. Doe, doi:10.1000/cited", None),
    ],
)
def test_doi_is_the_papers_own(printed: str, doi: str | None) -> None:
    assert paper(text_page(BODY + "\n\n" + printed)).doi == doi


def test_arxiv_stamp_gives_id_version_date_and_source() -> None:
    made = paper(page(line("arXiv:2310.01234v2  [cond-mat.mtrl-sci]  12 Oct 2023", 300, angle=270), *text_page(BODY).lines))
    assert (made.id, made.arxiv_id, made.published) == ("arxiv:2310.01234", "2310.01234v2", "2023-10-12")
    assert made.source_url == "https://arxiv.org/abs/2310.01234v2"


def test_a_cited_arxiv_paper_is_not_the_paper() -> None:
    assert paper(text_page(BODY + "\n\n[3] J. Doe, arXiv:2310.01234 (2023)")).arxiv_id is None


@pytest.mark.parametrize(
    ("printed", "date"),
    [
        ("Received: 25 July 2019; Accepted: 12 August 2019; Published: 15 August 2019", "2019-08-15"),
        ("Received May 21, 2012; Accepted October 4, 2012; Published November 2, 2012", "2012-11-02"),
        ("Accepted 14 December 2015\n\nCopyright © 2016 Constantine L. Karras et al.", "2016"),
        ("Published: March 2020", "2020-03"),
        ("© 2020 by the authors.", "2020"),
        ("Downloaded on 8/7/2025", None),
    ],
)
def test_date_is_when_it_was_published(printed: str, date: str | None) -> None:
    assert paper(text_page(BODY + "\n\n" + printed)).published == date


@pytest.mark.parametrize(
    ("printed", "notice", "holder"),
    [
        ("© 2020 by the authors. Licensee MDPI, Basel.", "© 2020 by the authors", "the authors"),
        (
            "Copyright © 2021 Hanjie Yang et al. Exclusive Licensee X.",
            "Copyright © 2021 Hanjie Yang et al.",
            "Hanjie Yang et al.",
        ),
        ("© The Author(s) 2014. Published by ECS.", "© The Author(s) 2014", "The Author(s)"),
        ("Copyright © 2020 K. Hinsen, released under a licence.", "Copyright © 2020 K. Hinsen", "K. Hinsen"),
        ("Figure 2. A film. © 2019 Elsevier.", None, None),
    ],
)
def test_copyright_line_and_holder(printed: str, notice: str | None, holder: str | None) -> None:
    made = paper(text_page(BODY + "\n\n" + printed))
    assert (made.copyright_notice, made.rights_holder) == (notice, holder)


def front(*names: str) -> Page:
    return page(
        line("Journal of Films", 30, 24, 0),
        line("RESEARCH ARTICLE", 60, 18, 1),
        line("Growth of thin nickel films on", 80, 18, 2),
        line("silicon by sputter-", 100, 18, 2),
        line("ing in argon", 120, 18, 2),
        *(line(row, 150 + 14 * i, 12, 3) for i, row in enumerate(names)),
        line("1 Department of Physics, University of Somewhere", 190, 9, 4),
        line(BODY, 220, 10, 5),
    )


def test_title_is_the_largest_type_that_is_no_banner_with_its_lines_joined() -> None:
    assert paper(front("Ada Lovelace")).title == "Growth of thin nickel films on silicon by sputtering in argon"


def test_authors_come_without_marks() -> None:
    made = paper(front("Ada M. Lovelace1,*, José D¨oll2,†,", "Jan van der Berg1 and Li-Ming Chen 2"))
    assert made.authors == ("Ada M. Lovelace", "José Döll", "Jan van der Berg", "Li-Ming Chen")


@pytest.mark.parametrize(
    "row", ["Ada Lovelace, and", "Ada Lovelace, the group at work", "ADA", "PAYMENT ADVICE", "Ada Lovelace, Bo Ek,"]
)
def test_authors_in_doubt_are_left_empty(row: str) -> None:
    assert paper(front(row)).authors == ()


def test_row_fills_gaps_and_the_pdf_wins_where_both_speak() -> None:
    row = PaperRow(file="a.pdf", doi="10.1000/other", licence="CC-BY-4.0", rights_holder="A. Lovelace")
    made = paper(text_page(BODY + "\n\nDOI: 10.1000/printed\n\nThis article is licensed under CC BY-NC 4.0."), row=row)
    assert (made.doi, made.licence.spdx, made.rights_holder) == ("10.1000/printed", "CC-BY-NC-4.0", "A. Lovelace")
    assert made.disagreements == (
        'doi: papers.csv says "10.1000/other", the PDF "10.1000/printed"; the PDF was taken',
        'licence: papers.csv says "CC-BY-4.0", the PDF "CC-BY-NC-4.0"; the PDF was taken',
    )


def test_row_may_add_the_version_that_the_pdf_leaves_out() -> None:
    made = paper(text_page(BODY + "\n\nThis article is licensed under CC BY."), row=PaperRow(file="a.pdf", licence="CC-BY-4.0"))
    assert (made.licence.spdx, made.licence.source, made.disagreements) == ("CC-BY-4.0", "papers.csv", ())
    assert made.licence.evidence is not None


def test_what_is_not_printed_stays_unknown() -> None:
    made = paper(text_page(BODY))
    assert made.id == "sha256:" + "f" * 64
    assert (made.doi, made.title, made.authors, made.published, made.licence.spdx) == (None, None, (), None, "unknown")


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        ("2020", "2024", None),
        ("2019-08-15", None, None),
        ("2019-08-16", None, "outside-date-window"),
        (None, "2019-07", "outside-date-window"),
        (None, "2019-08", None),
    ],
)
def test_paper_outside_the_window_is_dropped(first: str | None, last: str | None, reason: str | None) -> None:
    printed = "Published: 15 August 2019" if reason or first != "2020" else "Published: 15 August 2021"
    facts = PdfFacts("a.pdf", "f" * 64, {}, [text_page(BODY + "\n\n" + printed)])
    made = ingest(facts, None, Papers(published_from=first, published_until=last))
    assert (made.reason if isinstance(made, Dropped) else None) == reason


def test_scan_without_text_is_dropped() -> None:
    made = ingest(PdfFacts("a.pdf", "f" * 64, {}, [text_page("7")]), None, Papers())
    assert isinstance(made, Dropped)
    assert made.reason == "no-text"


def covered(made: Page) -> Page:
    whole = np.array([[0, 0, made.width, made.height]], dtype=np.float32)
    return replace(made, graphics=Graphics(whole, np.zeros(1, dtype=np.uint8)))


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        (text_page("Figure 1. A film."), True),
        (covered(text_page("Figure 1. A film.")), True),
        (covered(text_page("Downloaded from a library on the first of May")), False),
        (covered(text_page(BODY)), True),
        (text_page("12 of 14"), False),
    ],
)
def test_few_words_are_a_papers_text_unless_they_are_stamped_on_a_scan(page: Page, kept: bool) -> None:
    assert isinstance(ingest(PdfFacts("a.pdf", "f" * 64, {}, [page]), None, Papers()), Paper) == kept


@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not here")
def test_every_licence_printed_in_the_corpus_is_read() -> None:
    for truth in csv.DictReader((CORPUS / "manifest.csv").open(encoding="utf-8")):
        with open_pdf(CORPUS / "papers" / truth["file"]) as pdf:
            pages = [read_page(pdf, n) for n in range(1, pdf.pages + 1)]
        family = family_of(read_licence(pages)[0].spdx)
        if not truth["licence_evidence"].startswith("repo LICENSE"):
            assert f"CC {family}" == truth["licence"], truth["file"]
