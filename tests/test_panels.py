"""Panels are cut where gaps, letters and the caption agree, and each has its own words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from builder.pages import Box, Graphics, Line, Page, Span, Word
from builder.records import Caption, Figure, PairedFigure, Panel
from builder.stages.panel_captions import caption_parts, without_label
from builder.stages.panel_field import field_of
from builder.stages.panel_gaps import cuts
from builder.stages.panel_letters import sightings
from builder.stages.panels import panels, reading_order

Look = npt.NDArray[np.uint8]
AT = Box(50, 100, 350, 300)  # drawn at one pixel a point


def drawing(*charts: Box) -> Look:
    """White paper with a framed chart in each box: two axes and a noisy curve."""
    look = np.full((200, 300, 3), 255, dtype=np.uint8)
    for box in charts:
        x0, y0, x1, y1 = (int(v) for v in box)
        look[y0:y1, [x0, x1 - 1]] = 0
        look[[y0, y1 - 1], x0:x1] = 0
        for x in range(x0 + 4, x1 - 4):
            y = y0 + 5 + (x * 37) % max(1, y1 - y0 - 10)
            look[y : y + 2, x] = (200, 0, 0)
    return look


def paired(caption: str) -> PairedFigure:
    anchor = Caption(id="p#1#Figure 1", label="Figure 1", page=1, bbox=Box(50, 320, 350, 340), text=caption)
    figure = Figure(
        id="fig-0", caption=anchor, page=1, bbox=AT, side="below", confidence=1.0, raster_share=0.0, paths=9, words=0
    )
    return PairedFigure(figure=figure, label="Figure 1", caption=caption)


def line(text: str, x: float, y: float) -> Line:
    box = Box(x, y, x + 4 * len(text), y + 8)
    return Line((Span(text, box, "Sans", 8, True, False, False),), box, 0, 0)


def page(*lines: Line, rasters: tuple[Box, ...] = ()) -> Page:
    boxes = np.array(rasters, dtype=np.float32).reshape(-1, 4)
    return Page(1, 400, 500, 0, lines, Graphics(boxes, np.zeros(len(boxes), dtype=np.uint8)))


def cut(caption: str, look: Look, *lines: Line, words: tuple[Word, ...] = ()) -> tuple[Panel, ...]:
    return panels(paired(caption), page(*lines), look, words)


def word(text: str, x: float, y: float) -> Word:
    return Word(text, Box(x, y, x + 5 * len(text), y + 8), 0.9)


def letters(found: tuple[Panel, ...]) -> list[str | None]:
    return [panel.letter for panel in found]


SIDE_BY_SIDE = (Box(10, 10, 140, 190), Box(160, 10, 290, 190))
GRID = (Box(10, 10, 140, 90), Box(160, 10, 290, 90), Box(10, 110, 140, 190), Box(160, 110, 290, 190))


@pytest.mark.parametrize(
    ("caption", "parts"),
    [
        ("Fig. 1. (a) SEM image; (b) Raman spectrum.", {"a": "SEM image", "b": "Raman spectrum."}),
        ("Figure 1. a) SEM image and b) Raman spectrum.", {"a": "SEM image", "b": "Raman spectrum."}),
        ("Fig. 1 | a, SEM image. b, Raman spectrum.", {"a": "SEM image.", "b": "Raman spectrum."}),
        ("Fig. 1 a Transfer curve and b output curve", {"a": "Transfer curve", "b": "output curve"}),
        ("Fig. 1. Maps (a: C; b: S; c: P).", {"a": "C", "b": "S", "c": "P."}),
        ("Figure 1. (A and B) TEM. (C) SAED.", {"A": "TEM.", "B": "TEM.", "C": "SAED."}),
        ("Figure 1. (a–c) TEM and (d) SAED.", {"a": "TEM", "b": "TEM", "c": "TEM", "d": "SAED."}),
        ("Figure 1. SEM of (i) iron and (ii) steel.", {"i": "iron", "ii": "steel."}),
        ("Figure 1. TEM of silver (a), gold (b) and tin (c).", {"a": "TEM of silver", "b": "gold", "c": "tin"}),
        ("Figure 1. Spectra of (a) Mo. Images of (b) S.", {"a": "Mo.", "b": "S."}),
    ],
)
def test_a_caption_is_split_in_whatever_form_it_announces_panels(caption: str, parts: dict[str, str]) -> None:
    assert {letter: part.text for part in caption_parts(caption) for letter in part.letters} == parts


@pytest.mark.parametrize(
    "caption",
    [
        "Figure 1. A scanning image of a terrace.",
        "Figure 1. A schematic of sample B, see ref. C.",
        "Figure 1. Peaks marked (b) and (c) are satellites.",
        "Figure 1. The curve (a) is a fit.",
    ],
)
def test_a_caption_without_a_run_of_letters_announces_nothing(caption: str) -> None:
    assert caption_parts(caption) == ()


def test_a_cross_reference_before_its_panel_does_not_announce_it() -> None:
    parts = caption_parts("Figure 1. (a) Device as in (b). (b) Cross section.")
    assert [(p.letters, p.text) for p in parts] == [(("a",), "Device as in (b)."), (("b",), "Cross section.")]


def test_a_label_is_no_part_of_the_words() -> None:
    assert without_label("FIG. 3. Terraces.") == "Terraces."
    assert without_label("Terraces.") == "Terraces."


def test_two_panels_of_one_row_are_split_at_the_gutter() -> None:
    found = cut("Figure 1. (a) SEM and (b) TEM.", drawing(*SIDE_BY_SIDE))
    assert letters(found) == ["a", "b"]
    assert [panel.caption for panel in found] == ["SEM", "TEM."]
    assert {panel.letter_source for panel in found} == {"caption"}
    for panel, box in zip(found, SIDE_BY_SIDE, strict=True):
        assert panel.bbox.iou(Box(box.x0 + 50, box.y0 + 100, box.x1 + 50, box.y1 + 100)) > 0.9


def test_letters_of_the_text_layer_say_that_columns_come_first() -> None:
    printed = [line("(a)", 62, 112), line("(b)", 62, 212), line("(c)", 212, 112), line("(d)", 212, 212)]
    found = cut("Figure 1. (a) w, (b) x, (c) y, (d) z.", drawing(*GRID), *printed)
    assert letters(found) == ["a", "b", "c", "d"]
    assert [(panel.bbox.x0 < 200, panel.bbox.y0 < 200) for panel in found] == [
        (True, True),
        (True, False),
        (False, True),
        (False, False),
    ]
    assert {panel.letter_source for panel in found} == {"text"}


def test_letters_without_a_position_follow_the_rows() -> None:
    found = cut("Figure 1. (a) w, (b) x, (c) y, (d) z.", drawing(*GRID))
    assert [(panel.letter, panel.bbox.x0 < 200, panel.bbox.y0 < 200) for panel in found] == [
        ("a", True, True),
        ("b", False, True),
        ("c", True, False),
        ("d", False, False),
    ]


def test_letters_read_off_pixels_divide_a_figure_whose_caption_names_none() -> None:
    found = cut("Figure 1. Maps.", drawing(*SIDE_BY_SIDE), words=(word("(a)", 62, 112), word("(b)", 212, 112)))
    assert [(panel.letter, panel.letter_source) for panel in found] == [("a", "ocr"), ("b", "ocr")]


def test_the_letter_is_given_as_the_figure_prints_it() -> None:
    found = cut("Figure 1. (a) SEM, (b) TEM.", drawing(*SIDE_BY_SIDE), words=(word("A)", 62, 112), word("B)", 212, 112)))
    assert letters(found) == ["A", "B"]
    assert found[0].caption == "SEM"


def test_a_figure_without_letters_or_gaps_is_one_panel() -> None:
    found = cut("Figure 1. Raman spectrum.", drawing(Box(10, 10, 290, 190)))
    assert found == (Panel(letter=None, bbox=AT, caption="Raman spectrum.", letter_source="none", confidence=0.9),)


def test_curves_with_letters_inside_one_chart_are_no_panels() -> None:
    marks = (word("(a)", 200, 150), word("(b)", 210, 180), word("(c)", 190, 215), word("(d)", 205, 250))
    found = cut("Figure 1. Decay for (a) 1, (b) 2, (c) 3 and (d) 4 K.", drawing(Box(10, 10, 290, 190)), words=marks)
    assert letters(found) == [None]


def test_charts_of_one_size_are_panels_even_without_letters() -> None:
    assert len(cut("Figure 1. Two maps.", drawing(*SIDE_BY_SIDE))) == 2


def test_a_frame_around_the_figure_hides_no_gutter() -> None:
    look = drawing(*SIDE_BY_SIDE)
    look[[1, -2]] = 0
    look[:, [1, -2]] = 0
    assert len(cut("Figure 1. (a) SEM and (b) TEM.", look)) == 2


def test_pictures_set_edge_to_edge_are_parted_at_the_seam() -> None:
    noise = np.random.default_rng(3)
    look = np.full((200, 300, 3), 255, dtype=np.uint8)
    look[:, :120] = noise.integers(20, 60, (200, 120, 1))
    look[:, 120:] = noise.integers(120, 200, (200, 180, 1))
    found = cut("Figure 1. (a) SEM and (b) TEM.", look)
    assert abs(found[0].bbox.x1 - 170) <= 2


def test_placed_rasters_show_where_dark_pictures_meet() -> None:
    look = np.full((200, 300, 3), 30, dtype=np.uint8)
    rasters = (Box(0, 0, 110, 200), Box(110, 0, 300, 200))
    at_edge = [c.at for c in cuts(field_of(look, 1.0, rasters), field_of(look, 1.0).whole) if c.upright]
    assert 110 in at_edge


def picture(*, band: int, ends: int) -> Look:
    """Smooth grey with a bright band of `band` in the middle, `ends` pixels high."""
    grey = np.random.default_rng(2).integers(90, 130, (200, 300))
    grey[100 - ends // 2 : 100 + ends // 2] = band
    return np.repeat(grey[:, :, None], 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize(("band", "count"), [(215, 1), (235, 1), (255, 2)])
def test_one_raster_without_letters_is_parted_by_paper_only(band: int, count: int) -> None:
    found = panels(paired("Figure 1. A coast seen from above."), page(rasters=(AT,)), picture(band=band, ends=10), ())
    assert len(found) == count


def test_an_element_symbol_on_an_axis_is_no_panel_letter() -> None:
    assert sightings(AT, [line("C", 62, 112), line("S", 90, 180)], (), ()) == ()


def test_the_same_figure_gives_the_same_panels_at_another_resolution() -> None:
    look = drawing(*SIDE_BY_SIDE)
    fine = np.repeat(np.repeat(look, 3, axis=0), 3, axis=1)
    for coarse, dense in zip(cut("Figure 1. (a) S, (b) T.", look), cut("Figure 1. (a) S, (b) T.", fine), strict=True):
        assert coarse.bbox.iou(dense.bbox) > 0.9


def test_a_blank_look_is_one_panel() -> None:
    assert len(cut("Figure 1. (a) S, (b) T.", np.full((200, 300, 3), 255, dtype=np.uint8))) == 1
    assert len(cut("Figure 1. (a) S, (b) T.", np.zeros((0, 0, 3), dtype=np.uint8))) == 1


def test_columns_of_their_own_rhythm_are_read_one_after_the_other() -> None:
    left, upper, lower = Box(0, 0, 10, 30), Box(20, 0, 30, 12), Box(20, 15, 30, 30)
    assert reading_order([lower, upper, left]) == [left, upper, lower]


def test_the_name_of_an_axis_stays_with_the_chart_on_its_right() -> None:
    look = drawing(Box(10, 10, 130, 190), Box(170, 10, 290, 190))
    look[60:140:2, 142:150] = 0  # type set sideways, nearer to the chart on its left
    left, right = cut("Figure 1. Rates of (a) one and (b) two.", look, line("a", 62, 112), line("b", 222, 112))
    assert left.bbox.x1 < AT.x0 + 140
    assert right.bbox.x0 <= AT.x0 + 143
