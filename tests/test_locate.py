"""Locate gives each caption the picture that stands by it, or says that there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from builder.pages import Box, Graphics, Page
from builder.records import Figure
from builder.stages.locate import locate
from builder.stages.sieve import sieve
from builder.stages.turning import turn_box, turned
from builder.stages.typeset import typeset_of
from tests.test_sieve import page, paragraph, text


def located(*pages: Page) -> tuple[list[Figure], list[str]]:
    kept, _ = sieve(typeset_of(pages), "p")
    figures, dropped = locate(kept, typeset_of(pages), "p")
    return figures, [d.reason for d in dropped]


def caption(number: int, x: float, y: float) -> object:
    return text(f"Figure {number}. A terrace of the clean surface.", x, y, size=8, font="Sans", bold=True, block=10 + number)


@pytest.mark.parametrize(
    ("picture", "at", "side"),
    [
        (Box(80, 60, 400, 300), (80, 310), "below"),
        (Box(80, 80, 400, 320), (80, 62), "above"),
        (Box(280, 60, 560, 300), (60, 150), "left"),
        (Box(40, 60, 320, 300), (340, 150), "right"),
    ],
)
def test_a_picture_is_found_on_whatever_side_its_caption_stands(picture: Box, at: tuple[float, float], side: str) -> None:
    figures, reasons = located(page(1, [caption(1, *at), *paragraph(420, 12, 2)], [picture]))
    assert not reasons
    assert figures[0].side == side
    assert figures[0].bbox.iou(picture) > 0.9


def test_stacked_figures_keep_to_their_own_captions() -> None:
    first, second = Box(80, 60, 400, 200), Box(80, 260, 400, 400)
    figures, _ = located(page(1, [caption(1, 80, 206), caption(2, 80, 406), *paragraph(460, 12, 2)], [first, second]))
    assert [f.bbox.iou(b) > 0.9 for f, b in zip(figures, (first, second), strict=True)] == [True, True]


def test_panels_of_one_figure_stay_together() -> None:
    panels = [Box(80, 60, 230, 180), Box(240, 60, 400, 180), Box(80, 190, 230, 300), Box(240, 190, 400, 300)]
    figures, _ = located(page(1, [caption(1, 80, 310), *paragraph(420, 12, 2)], panels))
    assert figures[0].bbox.iou(Box(80, 60, 400, 300)) > 0.95
    assert figures[0].raster_share > 0.8


def test_axis_label_beside_the_graphics_belongs_to_the_figure() -> None:
    axis = text("E (eV)", 200, 302, size=7, font="Sans", block=5)
    figures, _ = located(page(1, [axis, caption(1, 80, 320), *paragraph(420, 12, 2)], [Box(80, 60, 400, 300)]))
    assert figures[0].bbox.y1 >= 308
    assert figures[0].words == 2


def test_sideways_title_of_an_axis_belongs_to_the_figure() -> None:
    title = replace(text("height (nm)", 0, 0, size=7, font="Sans", block=5), angle=270, box=Box(64, 150, 71, 190))
    figures, _ = located(page(1, [title, caption(1, 80, 310), *paragraph(420, 12, 2)], [Box(80, 60, 400, 300)]))
    assert figures[0].bbox.x0 <= 64


def test_box_is_snapped_to_the_ink_inside_a_white_margin() -> None:
    grey = np.full((1200, 900), 255, dtype=np.uint8)
    grey[105:435, 150:570] = 40
    sheet = page(1, [caption(1, 80, 310), *paragraph(420, 12, 2)], [Box(80, 60, 400, 300)])
    kept, _ = sieve(typeset_of([sheet]), "p")
    figures, _ = locate([replace(kept[0], page=replace(sheet, grey=grey, grey_scale=1.5))], typeset_of([sheet]), "p")
    assert figures[0].bbox.iou(Box(100, 70, 380, 290)) > 0.97


def test_a_second_caption_with_the_same_label_is_dropped_as_repeated() -> None:
    sheets = [page(n, [caption(1, 80, 310), *paragraph(420, 12, 2)], [Box(80, 60, 400, 300)]) for n in (1, 2)]
    figures, reasons = located(*sheets)
    assert len(figures) == 1
    assert reasons == ["repeated-label"]


def test_caption_without_a_region_is_dropped_with_its_reason() -> None:
    far = page(2, paragraph(60, 40, 2), [Box(80, 700, 400, 760)])
    figures, reasons = located(page(1, [caption(1, 80, 310), *paragraph(420, 12, 2), *paragraph(60, 18, 3)], []), far)
    assert not figures
    assert reasons == ["no-figure-region"]


def test_a_page_of_100_000_paths_is_one_figure() -> None:
    corners = np.random.default_rng(0).uniform((80, 60), (395, 295), (100_000, 2)).astype(np.float32)
    drawn = Graphics(np.hstack([corners, corners + 4]), np.ones(100_000, dtype=np.uint8))
    figures, _ = located(replace(page(1, [caption(1, 80, 310), *paragraph(420, 12, 2)], []), graphics=drawn))
    assert figures[0].bbox.iou(Box(80, 60, 399, 299)) > 0.95
    assert figures[0].paths > 99_000


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_turning_a_page_and_back_changes_nothing(angle: int) -> None:
    sheet = page(1, [caption(1, 80, 310)], [Box(80, 60, 400, 300)])
    there = turned(sheet, angle)
    assert turn_box(there.lines[0].box, there, 360 - angle) == pytest.approx(sheet.lines[0].box)


def test_stacked_figures_with_captions_at_their_sides_are_not_merged() -> None:
    first, above, second = Box(200, 60, 560, 300), Box(40, 312, 180, 430), Box(190, 312, 330, 430)
    sheet = page(1, [caption(1, 20, 62), caption(2, 350, 420), *paragraph(460, 12, 2)], [first, above, second])
    figures, reasons = located(sheet)
    assert not reasons
    assert [f.bbox.iou(b) > 0.95 for f, b in zip(figures, (first, above.join(second)), strict=True)] == [True, True]


def test_panels_one_above_the_other_with_the_caption_at_their_side_stay_together() -> None:
    panels = [Box(40, 60, 320, 180), Box(40, 192, 320, 312), Box(40, 324, 320, 440)]
    figures, _ = located(page(1, [caption(1, 340, 62), *paragraph(460, 12, 2)], panels))
    assert figures[0].bbox.iou(Box(40, 60, 320, 440)) > 0.95


def test_ink_of_a_neighbour_across_a_white_gap_stays_outside() -> None:
    scheme, chart = Box(40, 60, 320, 86), Box(200, 97, 520, 300)
    note = text("Heated twice.", 340, 86, size=8, font="Sans", block=11)
    lines = [caption(1, 340, 60), text("Four steps.", 340, 73, size=8, font="Sans", block=11), note, caption(2, 20, 290)]
    grey = np.full((1200, 900), 255, dtype=np.uint8)
    grey[90:129, 60:480] = 40
    grey[145:450, 300:780] = 40
    sheet = page(1, [*lines, *paragraph(460, 12, 2)], [scheme, chart])
    kept, _ = sieve(typeset_of([sheet]), "p")
    figures, _ = locate([replace(kept[0], page=replace(sheet, grey=grey, grey_scale=1.5))], typeset_of([sheet]), "p")
    assert [f.bbox.iou(b) > 0.95 for f, b in zip(figures, (scheme, chart), strict=True)] == [True, True]
    assert figures[1].bbox.y0 > 95


def test_a_frame_around_figure_and_caption_is_not_the_figure() -> None:
    sides = [Box(56, 54, 57, 328), Box(540, 54, 541, 328), Box(60, 50, 536, 51), Box(60, 331, 536, 332)]
    corners = [Box(56, 50, 60, 54), Box(536, 50, 541, 54), Box(56, 328, 60, 332), Box(536, 328, 541, 332)]
    sheet = page(1, [caption(1, 62, 321), *paragraph(420, 12, 2)], [*sides, *corners, Box(150, 60, 440, 310)])
    figures, _ = located(sheet)
    assert figures[0].bbox.iou(Box(150, 60, 440, 310)) > 0.95


def test_a_table_just_above_gives_the_figure_none_of_its_rules() -> None:
    title = text("Table 1. Steps counted on the surface.", 60, 60, size=8, font="Sans", block=7)
    rules = [Box(60, y, 500, y + 0.5) for y in (72, 90, 150.9)]
    sheet = page(1, [title, caption(1, 60, 410), *paragraph(440, 12, 2)], [*rules, Box(60, 170, 500, 400)])
    figures, _ = located(sheet)
    assert figures[0].bbox.iou(Box(60, 170, 500, 400)) > 0.95
