"""The specimen papers: their bytes repeat, their truth is well formed, and they say what they are."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pymupdf
import pytest

PAPERS = Path(__file__).parent / "papers"
ROWS = [json.loads(line) for line in (PAPERS / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
HEADS = {row["pdf"]: row for row in ROWS if "scored_pages" in row}
FIGURES = [row for row in ROWS if "bbox" in row]


def builder() -> ModuleType:
    typst = pytest.importorskip("typst")
    path = PAPERS / "sources" / "build.py"
    spec = importlib.util.spec_from_file_location("specimen_build", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if typst.__version__ != module.TYPST:
        pytest.skip(f"the committed PDFs are the bytes of typst {module.TYPST}, here is {typst.__version__}")
    return module


def test_a_rebuilt_paper_and_its_truth_are_the_committed_ones() -> None:
    name = "copper-vacancies"
    pdf, rows = builder().typeset(name)
    assert pdf == (PAPERS / f"{name}.pdf").read_bytes()
    assert rows == [row for row in ROWS if row["pdf"] == f"{name}.pdf"]


def test_every_pdf_has_truth_and_every_truth_a_pdf() -> None:
    assert {path.name for path in PAPERS.glob("*.pdf")} == set(HEADS) == {row["pdf"] for row in FIGURES}


@pytest.mark.parametrize("name", sorted(HEADS))
def test_page_one_says_that_the_paper_is_simulated(name: str) -> None:
    text = " ".join(pymupdf.open(PAPERS / name)[0].get_text().split())
    assert "Specimen paper: simulated, written for the tests of microtome" in text
    assert HEADS[name]["doi"] in text


@pytest.mark.parametrize("figure", FIGURES, ids=lambda row: f"{row['pdf']} {row['label']}")
def test_boxes_lie_on_the_page_and_panels_in_their_figure(figure: dict) -> None:
    page = pymupdf.open(PAPERS / figure["pdf"])[figure["page"] - 1]
    x0, y0, x1, y1 = figure["bbox"]
    assert 0 <= x0 < x1 <= page.rect.width
    assert 0 <= y0 < y1 <= page.rect.height
    for panel in figure["panels"]:
        a, b, c, d = panel["bbox"]
        assert x0 - 0.5 <= a < c <= x1 + 0.5
        assert y0 - 0.5 <= b < d <= y1 + 0.5


@pytest.mark.parametrize("figure", FIGURES, ids=lambda row: f"{row['pdf']} {row['label']}")
def test_caption_opens_with_the_label_and_someone_cites_the_figure(figure: dict) -> None:
    assert figure["caption"].startswith(figure["label"])
    assert figure["caption"].startswith(figure["caption_prefix"])
    assert figure["mentions"]


def test_no_path_of_a_machine_is_in_a_paper() -> None:
    for path in [*PAPERS.glob("*.pdf"), PAPERS / "truth.jsonl"]:
        data = path.read_bytes()
        assert b"/work/" not in data, path.name
        assert b"/home/" not in data, path.name
