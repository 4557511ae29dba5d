"""Figures meet their words: citations expanded, paragraphs whole again, the reference merged or refused with a reason."""

import json
from pathlib import Path

import numpy as np
import pytest

from builder.edges.pdf import open_pdf, read_page
from builder.pages import Box, Graphics, Line, Page, Span
from builder.recipe import ReferenceRule
from builder.records import Caption, Figure, PairedFigure
from builder.stages.citations import cited_labels, cites_table
from builder.stages.pair import pair
from builder.stages.paragraphs import Paragraph, paragraphs
from builder.stages.tokens import count_tokens
from builder.stages.typeset import typeset_of

LEFT, RIGHT, LEADING, INDENT = 50.0, 290.0, 12.0, 12.0
NOWHERE = Box(0, 0, 0, 0)
RULE = ReferenceRule(min_tokens=10, max_tokens=90)
FILLER = "the surface was cleaned and then measured again at room"


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Fig. 2", ["Figure 2"]),
        ("Figs. 2-4", ["Figure 2", "Figure 3", "Figure 4"]),
        ("Figs. 2a–4c", ["Figure 2", "Figure 3", "Figure 4"]),
        ("Figures 1 and 3", ["Figure 1", "Figure 3"]),
        ("Figures 1, 2, 3, and 5 show", ["Figure 1", "Figure 2", "Figure 3", "Figure 5"]),
        ("Fig. 2a,b", ["Figure 2"]),
        ("Fig. 2(a)-(c)", ["Figure 2"]),
        ("(Figures 1(a)-1(b) and 2(a)–2(c))", ["Figure 1", "Figure 2"]),
        ("(Figs 1A, 2B and S3)", ["Figure 1", "Figure 2", "Figure S3"]),
        ("Extended Data Fig. 1", ["Extended Data Figure 1"]),
        ("Supplementary Figs. 1–3", ["Figure S1", "Figure S2", "Figure S3"]),
        ("Scheme 2", ["Scheme 2"]),
        ("Figure 2 and Table 1", ["Figure 2"]),
        ("Fig. S1", ["Figure S1"]),
        ("In Fig. 2, 20 nm particles", ["Figure 2"]),
        ("Figs. 5 and 6, 10 samples", ["Figure 5", "Figure 6"]),
        ("Fig. 2 of ref. 3", []),
        ("Ref. [3], Fig. 2", []),
        ("Figure 4 in Smith et al.", []),
        ("Figs. 2.13 and 2.14", ["Figure 2.13", "Figure 2.14"]),
        ("Figs. 2.13–15", ["Figure 2.13", "Figure 2.14", "Figure 2.15"]),
        ("Figures S1.2 and S1.3", ["Figure S1.2", "Figure S1.3"]),
        ("Figs. A1, A2 and B2", ["Figure A1", "Figure A2", "Figure B2"]),
        ("Plates II–IV", ["Plate II", "Plate III", "Plate IV"]),
        ("FIGS. I and III show", ["Figure I", "Figure III"]),
        ("Fig3 and Fig. (4)", ["Figure 3", "Figure 4"]),
        ("(Figure 1, bottom)", ["Figure 1"]),
        ("Figures 2a and b, 4", ["Figure 2", "Figure 4"]),
        ("Figs.\u00a01,\u00a02 and\u00a04", ["Figure 1", "Figure 2", "Figure 4"]),
        ("in figures 5–7 of this work", ["Figure 5", "Figure 6", "Figure 7"]),
        ("a figure of merit of 2", []),
        ("", []),
    ],
)
def test_citation_names_every_figure_it_means(text: str, labels: list[str]) -> None:
    assert list(cited_labels(text)) == labels


@pytest.mark.parametrize(
    ("text", "own", "cited"),
    [
        ("Figure 1-3", {"Figure 1-3", "Figure 1-4"}, ["Figure 1-3"]),
        ("Figure 1-5", {"Figure 1-3", "Figure 1-4"}, ["Figure 1-5"]),
        ("Figure 1-3", {"Figure 1", "Figure 2", "Figure 3"}, ["Figure 1", "Figure 2", "Figure 3"]),
        ("as in Fig. 2.12 before", {"Figure 1", "Figure 2"}, ["Figure 2"]),
        ("as in Fig. 2.12 before", {"Figure 2.11"}, ["Figure 2.12"]),
        ("Fig. 3a", {"Figure 3"}, ["Figure 3"]),
        ("Figs. 3a,b", {"Figure 3a", "Figure 3b", "Figure 3c"}, ["Figure 3a", "Figure 3b"]),
        ("Fig. 3", {"Figure 3a", "Figure 3b"}, ["Figure 3a", "Figure 3b"]),
    ],
)
def test_the_papers_own_labels_tell_a_chapter_from_a_range_and_a_panel_from_a_figure(
    text: str, own: set[str], cited: list[str]
) -> None:
    assert list(cited_labels(text, frozenset(own))) == cited


def test_table_is_cited_by_number_only() -> None:
    assert cites_table("see Table S2")
    assert cites_table("Tables I and II")
    assert not cites_table("a table of values")


def test_tokens_are_words_and_marks() -> None:
    assert count_tokens("X-ray peak, 26.5°.") == 6
    assert count_tokens("") == 0


def line(text: str, x: float, y: float, block: int, size: float = 10.0, width: float | None = None) -> Line:
    box = Box(x, y, RIGHT - LEFT + x if width is None else x + width, y + size)
    return Line((Span(text, box, "Times", size, False, False, False),), box, block, 0)


def block(number: int, x: float, y: float, rows: list[str], *, indent: bool = True, full_end: bool = False) -> list[Line]:
    """A justified paragraph: its first row stands in, its last row is short."""
    out = []
    for i, row in enumerate(rows):
        dx = INDENT if indent and i == 0 else 0.0
        short = i == len(rows) - 1 and not full_end
        out.append(line(row, x + dx, y + i * LEADING, number, width=(RIGHT - LEFT) * (0.5 if short else 1.0) - dx))
    return out


def page(lines: list[Line], number: int = 1) -> Page:
    nothing = Graphics(np.zeros((0, 4), np.float32), np.zeros(0, np.uint8))
    return Page(number, 595.0, 842.0, 0, tuple(lines), nothing)


def figure(label: str, *, caption_box: Box = NOWHERE, number: int = 1) -> Figure:
    caption = Caption(id=f"p#{number}#{label}", label=label, page=number, bbox=caption_box, text=f"{label}. A caption.")
    return Figure(
        id=f"fig-{label}", caption=caption, page=number, bbox=Box(0, 0, 0, 0), side="below", confidence=1.0,
        raster_share=1.0, paths=0, words=0,
    )  # fmt: skip


def only(figures: list[Figure], pages: list[Page], rule: ReferenceRule = RULE) -> PairedFigure:
    paired, dropped = pair(figures, typeset_of(pages), rule)
    assert dropped == []
    return paired[0]


def paragraphs_of(pages: list[Page]) -> list[Paragraph]:
    return paragraphs(typeset_of(pages), [])


def cited(text: str) -> list[str]:
    return [f"{text} {FILLER}", f"{FILLER} temperature", "until the end."]


def test_figure_gets_every_paragraph_that_cites_it_and_no_other() -> None:
    lines = block(0, LEFT, 100, cited("Figure 1 shows that")) + block(1, LEFT, 160, cited("Figure 2 shows that"))
    paired = only([figure("Figure 1")], [page(lines)])
    assert len(paired.mentions) == 1
    assert paired.mentions[0].cites == ("Figure 1",)
    assert paired.reference == paired.mentions[0].text


def test_paragraph_of_several_figures_is_a_mention_but_no_reference() -> None:
    paired = only([figure("Fig. 2")], [page(block(0, LEFT, 100, cited("Figs. 1-3 show that")))])
    assert paired.label == "Figure 2"
    assert paired.mentions[0].excluded == "cites-several-figures"
    assert (paired.reference, paired.reference_note) == (None, "all-mentions-excluded")


def test_paragraph_that_cites_a_table_is_a_mention_but_no_reference() -> None:
    paired = only([figure("Fig. 2")], [page(block(0, LEFT, 100, cited("Fig. 2 and Table 1 show")))])
    assert paired.mentions[0].excluded == "table-data"


def test_fragments_are_merged_in_reading_order() -> None:
    right = block(1, LEFT + 260, 100, cited("Later Fig. 1 proves that"))
    left = block(0, LEFT, 100, cited("First Fig. 1 shows that"))
    paired = only([figure("Fig. 1")], [page(right + left)])
    assert paired.reference is not None
    assert paired.reference.startswith("First Fig. 1")
    assert "Later Fig. 1" in paired.reference
    assert paired.reference_tokens == count_tokens(paired.reference)


@pytest.mark.parametrize(("low", "high", "note"), [(200, 300, "reference-too-short"), (1, 5, "reference-too-long")])
def test_reference_outside_the_window_is_refused_with_its_length(low: int, high: int, note: str) -> None:
    pages = [page(block(0, LEFT, 100, cited("Fig. 1 shows that")))]
    paired = only([figure("Fig. 1")], pages, ReferenceRule(min_tokens=low, max_tokens=high))
    assert paired.reference is None
    assert paired.reference_tokens is None
    assert paired.reference_note is not None
    assert paired.reference_note.startswith(note)


def test_figure_without_a_mention_is_kept_with_the_reason() -> None:
    paired = only([figure("Fig. 9")], [page(block(0, LEFT, 100, cited("Fig. 1 shows that")))])
    assert (paired.mentions, paired.reference_note) == ((), "no-mention")


def test_paragraph_broken_by_a_column_is_one() -> None:
    left = block(0, LEFT, 100, ["Fig. 1 shows that " + FILLER, FILLER + " with a sharp"], full_end=True)
    right = block(1, LEFT + 260, 100, ["edge on the far side of the grain " + FILLER, "and ends."], indent=False)
    found = paragraphs_of([page(left + right)])
    assert len(found) == 1
    assert "with a sharp edge on the far side" in found[0].text


def test_paragraph_broken_by_a_page_is_one_and_keeps_its_first_page() -> None:
    first = block(0, LEFT, 700, ["Fig. 1 shows that " + FILLER, FILLER + " in the transmis-"], full_end=True)
    second = block(0, LEFT, 100, ["sion image of the grain " + FILLER, "and ends."], indent=False)
    found = paragraphs_of([page(first, 1), page(second, 2)])
    assert [(p.page, "in the transmission image" in p.text) for p in found] == [(1, True)]


def test_new_paragraph_after_a_finished_one_stands_alone() -> None:
    lines = block(0, LEFT, 100, cited("Fig. 1 shows that")) + block(0, LEFT, 136, cited("Fig. 2 shows that"))
    assert len(paragraphs_of([page(lines)])) == 2


def test_caption_of_a_located_figure_is_no_mention() -> None:
    caption = [line("Figure 1 The surface of the sample seen from above at low voltage", LEFT, 400, 5)]
    lines = block(0, LEFT, 100, cited("In Figure 1 we see")) + caption
    paired = only([figure("Figure 1", caption_box=Box(LEFT, 400, RIGHT, 412))], [page(lines)])
    assert [m.text.startswith("In Figure 1") for m in paired.mentions] == [True]


def test_caption_of_a_figure_that_was_not_located_is_no_mention() -> None:
    lines = block(0, LEFT, 100, cited("Figure 1 shows that")) + block(5, LEFT, 400, cited("Figure 1. A view where"))
    assert len(only([figure("Figure 1")], [page(lines)]).mentions) == 1


def test_running_heads_and_page_numbers_stay_out_of_a_paragraph() -> None:
    def numbered(n: int, rows: list[str], y: float, indent: bool) -> Page:
        head = line(f"Journal of Grains and Surfaces, volume {n}, in print", LEFT, 30, 9)
        return page([head, *block(0, LEFT, y, rows, indent=indent, full_end=n == 1)], n)

    first = numbered(1, ["Fig. 1 shows that " + FILLER, FILLER + " with a"], 700, True)
    second = numbered(2, ["sharp edge on the far side " + FILLER, "and ends."], 100, False)
    found = paragraphs_of([first, second])
    assert len(found) == 1
    assert "Journal" not in found[0].text
    assert "with a sharp edge" in found[0].text


def test_column_wide_print_above_two_columns_is_read_first() -> None:
    top = [line(f"{FILLER} {FILLER} in the summary.", LEFT, 60 + i * LEADING, 0, width=500) for i in range(2)]
    left = block(1, LEFT, 120, cited("Left column first"))
    right = block(2, LEFT + 260, 120, cited("Right column then"))
    found = [p.text for p in paragraphs_of([page(right + left + top)])]
    assert [t.split()[0] for t in found] == ["the", "Left", "Right"]


def test_mention_in_a_reference_list_is_not_counted() -> None:
    head = [line("References", LEFT, 300, 3, width=60)]
    rows = ["[1] A. Smith, On the shape of Fig. 1 and of other grains,", "J. Grains (2001)."]
    entry = block(4, LEFT, 320, rows, indent=False)
    paired = only([figure("Fig. 1")], [page(block(0, LEFT, 100, cited("Fig. 1 shows that")) + head + entry)])
    assert len(paired.mentions) == 1


def test_methods_after_the_reference_list_are_read_again() -> None:
    head = [line("References", LEFT, 100, 3, width=60)]
    entry = block(4, LEFT, 120, ["[1] A. Smith, On grains and their shapes at rest and", "J. Grains (2001)."], indent=False)
    after = block(5, LEFT, 200, [f"Samples were grown as in 2001 (Fig. 1) {FILLER}", f"{FILLER} temperature", "until the end."])
    assert len(only([figure("Fig. 1")], [page(head + entry + after)]).mentions) == 1


def test_notes_at_the_foot_do_not_part_the_halves_of_a_paragraph() -> None:
    start = block(0, LEFT, 640, ["Fig. 1 shows that " + FILLER, FILLER + " and so on", FILLER + " in a sharp"], full_end=True)
    rows = [
        "Laboratory of Grains, Department of Surfaces, University of Rows,",
        "the City, the Land. Letters to the first of us.",
    ]
    note = [line(row, LEFT, 700 + 10 * i, 7, size=9.5, width=200) for i, row in enumerate(rows)]
    rest = block(0, LEFT, 100, ["edge on the far side of the grain " + FILLER, "and ends."], indent=False)
    found = [p.text for p in paragraphs_of([page(start + note, 1), page(rest, 2)])]
    assert any("in a sharp edge on the far side" in text for text in found)


def test_a_heading_in_larger_letters_at_the_head_of_a_row_opens_its_paragraph() -> None:
    head = line("Growth of the films. Our many environ-", LEFT, 100, 0, size=11)
    rest = block(
        0, LEFT, 112, ["mental and other conditions in Fig. 1 " + FILLER, FILLER + " with a", "sharp end."], indent=False
    )
    found = [p.text for p in paragraphs_of([page([head, *rest])])]
    assert len(found) == 1
    assert "environmental and other conditions" in found[0]


def test_a_column_under_a_wider_summary_still_runs_on_into_the_next() -> None:
    top = [line(f"{FILLER} {FILLER} in the summary.", LEFT, 60 + i * LEADING, 0, width=400) for i in range(2)]
    rows = ["Fig. 1 shows that " + FILLER, *[FILLER] * 3, FILLER + " of the films"]
    left = block(1, LEFT, 120, rows, full_end=True)
    right = block(2, LEFT + 260, 120, ["MoS2 of a grain on the far side " + FILLER, FILLER, "and ends."], indent=False)
    found = [p.text for p in paragraphs_of([page(top + left + right)])]
    assert any("of the films MoS2 of a grain" in text for text in found)


def test_paper_without_text_has_no_paragraphs() -> None:
    assert paragraphs_of([page([])]) == []
    assert pair([], typeset_of([]), RULE) == ([], [])


CORPUS = Path(__file__).parents[1] / ".." / "shared" / "corpus"
REAL = "10.1126_sciadv.aay7633"  # two columns, captions between the columns, paragraphs over pages


@pytest.mark.skipif(not CORPUS.exists(), reason="the development corpus is not here")
def test_real_paper_gives_every_citing_paragraph_of_its_publisher_xml() -> None:
    truth = json.loads((CORPUS / "groundtruth" / f"{REAL}.jats.json").read_text())["figures"]
    with open_pdf(CORPUS / "papers" / f"{REAL}.pdf") as pdf:
        pages = [read_page(pdf, number) for number in range(1, pdf.pages + 1)]
    paired, _ = pair(
        [figure(entry["label"]) for entry in truth], typeset_of(pages), ReferenceRule(min_tokens=100, max_tokens=300)
    )
    for entry, found in zip(truth, paired, strict=True):
        assert len(found.mentions) == len(entry["mentions"]), entry["label"]
