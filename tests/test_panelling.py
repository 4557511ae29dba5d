"""The stage that cuts figures into panels, on a specimen paper, and what OCR adds or refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pymupdf
import pytest

from builder.cli import main
from builder.errors import Exit
from builder.pages import Box
from builder.stages.panels import _named, _with_its_raster

PAPERS = Path(__file__).parent / "papers"


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict]:  # type: ignore[type-arg]
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def scan(path: Path) -> Path:
    """A page without a text layer: a picture, and its caption as pixels only."""
    typed = pymupdf.open()
    page = typed.new_page(width=400, height=300)
    page.draw_rect((60, 30, 340, 200), color=(0, 0, 0), fill=(0.6, 0.7, 0.8), width=2)
    page.draw_line((60, 200), (340, 30), width=3)
    page.insert_text((60, 230), "Figure 1. SEM image of the fracture surface.", fontsize=11)
    for row in range(5):
        page.insert_text(
            (40, 250 + 10 * row), "The surface was examined after fracture and no crack was seen on it.", fontsize=8
        )
    pixels = page.get_pixmap(dpi=200)
    scanned = pymupdf.open()
    scanned.new_page(width=400, height=300).insert_image((0, 0, 400, 300), pixmap=pixels)
    scanned.save(path)
    return path


def test_every_figure_has_at_least_one_panel_and_panels_lie_within_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["figures", str(sorted(PAPERS.glob("*.pdf"))[0]), "--jobs", "1"]) == Exit.OK
    figures = lines(capsys)
    assert figures
    for figure in figures:
        x0, y0, x1, y1 = figure["bbox"]
        assert figure["panels"]
        for panel in figure["panels"]:
            left, top, right, foot = panel["bbox"]
            assert x0 - 0.5 <= left < right <= x1 + 0.5
            assert y0 - 0.5 <= top < foot <= y1 + 0.5


def test_without_ocr_a_scan_is_dropped_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["figures", str(scan(tmp_path / "scan.pdf")), "--jobs", "1"]) == Exit.CANNOT_READ
    told = capsys.readouterr()
    assert not told.out
    assert "no-text" in told.err


def test_with_ocr_a_scans_caption_is_read_and_its_figure_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("rapidocr", reason="pip install 'microtome[ocr]'")
    assert main(["figures", str(scan(tmp_path / "scan.pdf")), "--jobs", "1", "--ocr"]) == Exit.OK
    (figure,) = lines(capsys)
    assert figure["caption"] == "Figure 1. SEM image of the fracture surface."
    assert figure["bbox"] == pytest.approx([59, 29, 341, 201], abs=2)


def test_a_panel_that_is_all_but_a_placed_raster_takes_the_whole_of_it() -> None:
    raster = Box(37, 8, 193, 164)
    assert _with_its_raster(Box(142, 62, 294, 214), [raster], Box(100, 50, 300, 220)) == Box(137, 58, 294, 214)
    assert _with_its_raster(Box(100, 50, 200, 220), [raster], Box(100, 50, 300, 220)) == Box(100, 50, 200, 220)


def test_without_a_letter_seen_the_captions_order_names_even_panels_only() -> None:
    even, uneven = [Box(0, 0, 10, 10), Box(12, 0, 22, 10)], [Box(0, 0, 40, 10), Box(42, 0, 46, 10)]
    assert [p.letter for p in _named(even, ("a", "b"), (), {}, 1.0)] == ["a", "b"]
    assert [p.letter for p in _named(uneven, ("a", "b"), (), {}, 1.0)] == [None, None]
