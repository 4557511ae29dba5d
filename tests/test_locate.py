"""Locate gives each caption the picture that stands by it, or says that there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from builder.records import Box, Figure, Graphics, Page
from builder.stages.locate import locate
from builder.stages.rows import turn_box, turned
from builder.stages.sieve import sieve
from tests.test_sieve import page, paragraph, text


def located(*pages: Page) -> tuple[list[Figure], list[str]]:
    kept, _ = sieve(pages, "p")
    figures, dropped = locate(kept, pages, "p")
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


def test_box_is_snapped_to_the_ink_inside_a_white_margin() -> None:
    grey = np.full((1200, 900), 255, dtype=np.uint8)
    grey[105:435, 150:570] = 40
    sheet = page(1, [caption(1, 80, 310), *paragraph(420, 12, 2)], [Box(80, 60, 400, 300)])
    kept, _ = sieve([sheet], "p")
    figures, _ = locate([replace(kept[0], page=replace(sheet, grey=grey))], [sheet], "p")
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
