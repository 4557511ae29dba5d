"""The sieve keeps pages where a caption and graphics meet, and drops every other with its reason."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from builder.pages import Box, Graphics, Line, Page, Span
from builder.stages.labels import normal_label
from builder.stages.sieve import sieve
from builder.stages.typeset import typeset_of


def text(words: str, x: float, y: float, *, size: float = 10, font: str = "Times", bold: bool = False, block: int = 0) -> Line:
    box = Box(x, y, x + 0.5 * size * len(words), y + size)
    return Line((Span(words, box, font, size, bold, False, False),), box, block, 0)


def paragraph(y: float, rows: int, block: int) -> list[Line]:
    words = "and the lattice of the surface was then measured once more with care by us"
    return [text(words, 60, y + 12 * i, block=block) for i in range(rows)]


def page(number: int, lines: Sequence[Line], boxes: Sequence[Box]) -> Page:
    drawn = Graphics(np.array(boxes, dtype=np.float32).reshape(-1, 4), np.zeros(len(boxes), dtype=np.uint8))
    return Page(number, 600, 800, 0, tuple(lines), drawn)


CAPTION = text("Figure 1. A terrace of the clean surface.", 60, 320, size=8, font="Sans", bold=True, block=1)
PICTURE = Box(100, 60, 400, 310)


@pytest.mark.parametrize(
    ("printed", "normal"),
    [
        ("FIG. 3", "Figure 3"),
        ("Fig. S1", "Figure S1"),
        ("Supplementary Figure 2", "Figure S2"),
        ("Extended Data Fig. 4", "Extended Data Figure 4"),
        ("Scheme 2", "Scheme 2"),
        ("Chart 1", "Chart 1"),
        ("Fig\u00a05", "Figure 5"),
        ("Fig5", "Figure 5"),
        ("Figure 2.13", "Figure 2.13"),
        ("Figure 2.1.3", "Figure 2.1.3"),
        ("Figure 1\u20133", "Figure 1-3"),
        ("Figure 1-3D view", "Figure 1"),
        ("Fig. S1.2", "Figure S1.2"),
        ("Fig. SI-4", "Figure S4"),
        ("Suppl. Fig. 6", "Figure S6"),
        ("Supplementary Figure S12", "Figure S12"),
        ("Figure A1", "Figure A1"),
        ("Figure A.1", "Figure A1"),
        ("Fig. 3a", "Figure 3a"),
        ("Plate IV", "Plate IV"),
        ("FIG. II", "Figure II"),
        ("F I G U R E 1", "Figure 1"),
    ],
)
def test_a_label_has_one_spelling_however_it_is_printed(printed: str, normal: str) -> None:
    assert normal_label(printed) == normal


def test_page_with_caption_and_picture_is_kept() -> None:
    kept, dropped = sieve(typeset_of([page(1, [CAPTION, *paragraph(400, 12, 2)], [PICTURE])]), "p")
    assert [c.id for s in kept for c in s.captions] == ["p#1#Figure 1"]
    assert not dropped


def test_page_with_caption_but_no_image_is_dropped() -> None:
    kept, dropped = sieve(typeset_of([page(1, [CAPTION, *paragraph(400, 12, 2)], [])]), "p")
    assert not kept
    assert [(d.record_id, d.reason) for d in dropped] == [("p#p1", "no-graphics")]


def test_page_with_image_but_no_caption_is_dropped() -> None:
    _, dropped = sieve(typeset_of([page(1, paragraph(400, 12, 2), [PICTURE])]), "p")
    assert [d.reason for d in dropped] == ["no-caption"]


def test_page_without_text_is_dropped_as_such() -> None:
    _, dropped = sieve(typeset_of([page(1, [], [PICTURE])]), "p")
    assert [d.reason for d in dropped] == ["no-text"]
    assert "scan" in dropped[0].detail


def test_a_picture_of_small_tiles_is_a_picture() -> None:
    tiles = [Box(100 + 20 * (i % 10), 60 + 20 * (i // 10), 120 + 20 * (i % 10), 80 + 20 * (i // 10)) for i in range(100)]
    kept, _ = sieve(typeset_of([page(1, [CAPTION, *paragraph(400, 12, 2)], tiles)]), "p")
    assert len(kept) == 1


CITING = ["Figure 3 shows the step after", "Fig. 2, where the step is seen", "Figures 2 and 3 compare the"]


@pytest.mark.parametrize("start", CITING)
def test_a_row_of_body_text_that_cites_a_figure_is_not_a_caption(start: str) -> None:
    citing = text(start + " the whole of the anneal and then some more", 60, 472, block=2)
    lines = [*paragraph(400, 6, 2), citing, *paragraph(484, 6, 2)]
    _, dropped = sieve(typeset_of([page(1, lines, [PICTURE])]), "p")
    assert [d.reason for d in dropped] == ["no-caption"]


def test_a_caption_runs_on_over_blocks_and_stops_before_body_text() -> None:
    more = text("Arrows point to a step of 0.3 nm.", 60, 330, size=8, font="Sans", block=2)
    kept, _ = sieve(typeset_of([page(1, [CAPTION, more, *paragraph(346, 12, 3)], [PICTURE])]), "p")
    assert kept[0].captions[0].text == "Figure 1. A terrace of the clean surface. Arrows point to a step of 0.3 nm."


def test_a_caption_in_ragged_rows_does_not_end_with_a_short_first_one() -> None:
    rows = ["Figure 1. Long", "nearest-", "neighbour and second-neighbour bonds", "seen at low dose."]
    lines = [text(words, 60, 320 + 10 * i, size=8, font="Sans", block=1) for i, words in enumerate(rows)]
    body = text("a neighbour that is nearest to the others of the same terrace at rest", 60, 600, block=9)
    kept, _ = sieve(typeset_of([page(1, [*lines, body, *paragraph(400, 12, 2)], [PICTURE])]), "p")
    assert kept[0].captions[0].text == "Figure 1. Long nearest-neighbour and second-neighbour bonds seen at low dose."


def test_raised_digits_of_a_caption_stay_raised() -> None:
    line = text("Figure 1. A bar of 5 nm", 60, 320, size=8, font="Sans", block=1)
    raised = Span("-1", Box(line.box.x1, 318, line.box.x1 + 6, 324), "Sans", 5, False, False, True)
    both = Line((*line.spans, raised), Box(60, 318, raised.box.x1, 328), 1, 0)
    kept, _ = sieve(typeset_of([page(1, [both, *paragraph(400, 12, 2)], [PICTURE])]), "p")
    assert kept[0].captions[0].text == "Figure 1. A bar of 5 nm⁻¹"


def test_a_title_set_apart_from_its_bare_label_belongs_to_the_caption() -> None:
    label = text("Figure 1", 60, 320, size=8, font="Sans", bold=True, block=1)
    title = text("A terrace of the clean surface", 110, 320, size=8, font="Sans", block=1)
    kept, _ = sieve(typeset_of([page(1, [label, title, *paragraph(400, 12, 3)], [PICTURE])]), "p")
    assert kept[0].captions[0].text == "Figure 1 A terrace of the clean surface"


def labels_of(*captions: str) -> list[str]:
    """Labels of captions that stand on pages of their own, each below a picture."""
    lines = [text(words, 60, 320, size=8, font="Sans", bold=True, block=1) for words in captions]
    pages = [page(n, [line, *paragraph(400, 12, 2)], [PICTURE]) for n, line in enumerate(lines, start=1)]
    kept, _ = sieve(typeset_of(pages), "p")
    return [normal_label(c.label) for s in kept for c in s.captions]


@pytest.mark.parametrize(
    ("captions", "labels"),
    [
        (["Figure 2.12. A terrace.", "Figure 2.13. An island."], ["Figure 2.12", "Figure 2.13"]),
        (["Figure 1-1. A terrace.", "Figure 1-2. An island."], ["Figure 1-1", "Figure 1-2"]),
        (["Plate I. A terrace.", "Plate II. An island."], ["Plate I", "Plate II"]),
        (["Fig. 3a. A terrace.", "Fig. 3b. An island."], ["Figure 3a", "Figure 3b"]),
        (["Fig. 1. A terrace.", "Fig. 2a. An island."], ["Figure 1", "Figure 2"]),
        (["F I G U R E 1 A terrace.", "F I G U R E 2 An island."], ["Figure 1", "Figure 2"]),
    ],
)
def test_a_caption_keeps_the_whole_of_its_number(captions: list[str], labels: list[str]) -> None:
    assert labels_of(*captions) == labels


def test_a_blank_lost_before_a_number_makes_no_chapter() -> None:
    assert labels_of("Figure 1. A terrace.", "Figure 2. An island.", "Figure 3.5 K image.") == [
        "Figure 1",
        "Figure 2",
        "Figure 3",
    ]


def test_every_page_is_kept_or_dropped_once() -> None:
    pages = [page(1, paragraph(60, 20, 0), []), page(2, [CAPTION], [PICTURE]), page(3, [], [])]
    kept, dropped = sieve(typeset_of(pages), "p")
    assert sorted([f"p#p{s.page.number}" for s in kept] + [d.record_id for d in dropped]) == ["p#p1", "p#p2", "p#p3"]
