"""Figures are found in every layout that papers have: pages made here, so the true boxes are known."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from builder.edges.pdf import open_pdf, read_page, render, with_grey
from builder.pages import Box
from builder.records import Dropped, Figure
from builder.stages.labels import normal_label
from builder.stages.locate import locate
from builder.stages.sieve import SievedPage, sieve
from builder.stages.typeset import typeset_of
from tests.layouts import LAYOUTS, TOP, begun, body, caption, chart, raster


def found(data: bytes, tmp_path: Path) -> tuple[list[Figure], list[Dropped]]:
    path = tmp_path / "made.pdf"
    path.write_bytes(data)
    with open_pdf(path) as pdf:
        paper = typeset_of([read_page(pdf, n) for n in range(1, pdf.pages + 1)])
        kept, _ = sieve(paper, "made")
        return locate([SievedPage(with_grey(pdf, s.page), s.captions) for s in kept], paper, "made")


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_every_figure_of_a_layout_is_found_where_it_stands(name: str, tmp_path: Path) -> None:
    sheet = LAYOUTS[name]()
    figures, _ = found(sheet.finished(), tmp_path)
    places = {normal_label(f.caption.label): (f.page, f.bbox) for f in figures}
    assert set(places) == set(sheet.truth)
    for label, (page, box) in sheet.truth.items():
        assert places[label][0] == page, label
        assert places[label][1].iou(Box(*box)) >= 0.8, (label, places[label][1], box)


def test_a_continued_figure_is_dropped_with_that_reason(tmp_path: Path) -> None:
    figures, dropped = found(LAYOUTS["continued_on_the_next_page"]().finished(), tmp_path)
    assert [f.page for f in figures] == [2]
    assert [(d.record_id, d.reason) for d in dropped] == [("made#3#Figure 1", "continued-figure")]


def test_a_crop_has_the_same_pixels_whether_or_not_the_page_was_looked_at_in_grey_before(tmp_path: Path) -> None:
    path = tmp_path / "made.pdf"
    path.write_bytes(LAYOUTS["caption_below"]().finished())
    with open_pdf(path) as pdf:
        fresh = render(pdf, 2, Box(100, 80, 480, 310), 150)
    with open_pdf(path) as pdf:
        with_grey(pdf, read_page(pdf, 2))
        assert (render(pdf, 2, Box(100, 80, 480, 310), 150) == fresh).all()


def test_a_caption_set_in_two_columns_is_read_down_the_one_and_then_the_other(tmp_path: Path) -> None:
    figures, _ = found(LAYOUTS["wide_with_its_caption_in_two_columns"]().finished(), tmp_path)
    assert "error of the probe while the density the terrace of the annealed" in figures[0].caption.text


def test_a_caption_beside_another_that_began_higher_up_does_not_take_its_rows(tmp_path: Path) -> None:
    sheet, page = begun()
    raster(page, (55, 75, 285, 250))
    caption(page, (50, 268.2), 240, "Figure 1.", words=24)
    raster(page, (310, 75, 540, 240))
    caption(page, (305, 258), 240, "Figure 2.", words=50)
    figures, _ = found(sheet.finished(), tmp_path)
    assert {f.caption.label: len(f.caption.text.split()) for f in figures} == {"Figure 1": 2 + 24, "Figure 2": 2 + 50}


def test_the_last_line_of_a_paragraph_stays_out_of_the_figure_below_it_though_most_of_it_is_slanted(tmp_path: Path) -> None:
    sheet, page = begun()
    body(page, (50, TOP, 290, 200))
    lines = [line for block in page.get_text("dict")["blocks"] for line in block["lines"]]
    y = max(line["spans"][0]["origin"][1] for line in lines if line["bbox"][1] < 250) + 12
    page.insert_text((50, y), "Escherichia coli", fontname="tiit", fontsize=10)
    page.insert_text(
        (50 + 10 * pymupdf.get_text_length("Escherichia coli", "tiit", 1), y), " here.", fontname="tiro", fontsize=10
    )
    top = y + 6
    chart(page, (50, top, 290, top + 180))
    caption(page, (50, top + 190), 240, "Figure 1.")
    body(page, (305, TOP, 545, 700))
    figures, _ = found(sheet.finished(), tmp_path)
    assert figures[0].bbox.y0 > y
