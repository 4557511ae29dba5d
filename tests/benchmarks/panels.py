"""How well panels are cut and named: against people's panel boxes and against labels.jsonl, papers by halves.

Run from the repository's root: `python tests/benchmarks/panels.py`. Needs ../shared/corpus. Nothing was tuned on the
odd half (last hex digit of the SHA-1 of the file's name).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from builder.edges import pdf
from builder.recipe import ReferenceRule
from builder.records import Box, Figure, Page, PairedFigure
from builder.stages.captions import normal_label
from builder.stages.locate import locate
from builder.stages.pair import pair
from builder.stages.sieve import SievedPage, sieve

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
LOOK_DPI = 100
PIXEL = 0.36  # points a pixel of the people's crops, at 200 dpi


@dataclass(frozen=True)
class Case:
    """One labelled figure with what the stage is given."""

    file: str
    name: str
    paired: PairedFigure
    page: Page
    look: npt.NDArray[np.uint8]
    truth: dict[str, Box]  # people's panels by letter; empty where only labels.jsonl speaks
    label: dict[str, object] | None  # the line of labels.jsonl

    @property
    def even(self) -> bool:
        return int(hashlib.sha1(self.file.encode()).hexdigest()[-1], 16) % 2 == 0


def truths() -> dict[str, list[tuple[str, int, Box, dict[str, Box], dict[str, object] | None]]]:
    """Labelled figures by file: name, page from 1, figure box, panels, line of labels.jsonl."""
    found: dict[str, list[tuple[str, int, Box, dict[str, Box], dict[str, object] | None]]] = {}
    for path in sorted((CORPUS / "groundtruth").glob("*.human.json")):
        paper = json.loads(path.read_text(encoding="utf-8"))
        for one in paper["figures"]:
            if one.get("bbox_pt"):
                at = Box(*one["bbox_pt"])
                boxes = {k: _in_points(v, at) for k, v in one["panels"].items()}
                found.setdefault(paper["file"], []).append((one["file"], one["page_index"] + 1, at, boxes, None))
    for line in (CORPUS / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        found.setdefault(one["pdf"], []).append((one["label"], one["page"], Box(*one["bbox"]), {}, one))
    return found


def _in_points(panel: dict[str, float], at: Box) -> Box:
    x, y = at.x0 + PIXEL * panel["x"], at.y0 + PIXEL * panel["y"]
    return Box(x, y, x + PIXEL * panel["width"], y + PIXEL * panel["height"])


def cases() -> Iterator[Case]:
    """Every labelled figure, its box as labelled, its caption as the locator pairs it."""
    for file, figures in sorted(truths().items()):
        with pdf.open_pdf(CORPUS / "papers" / file) as opened:
            pages = [pdf.read_page(opened, n) for n in range(1, opened.pages + 1)]
            paired = _paired(opened, pages)
            for name, number, at, boxes, label in figures:
                whole = _placed(paired, name, number, at, label)
                if whole is not None:
                    look = pdf.render(opened, number, at, LOOK_DPI)
                    yield Case(file, name, whole, pages[number - 1], look, boxes, label)


def _paired(opened: pdf.PdfFile, pages: list[Page]) -> list[PairedFigure]:
    kept, _ = sieve(pages, "p")
    inked = [SievedPage(pdf.with_grey(opened, s.page), s.captions) for s in kept]
    figures, _ = locate(inked, pages, "p")
    return pair(figures, pages, ReferenceRule())[0]


def _placed(
    paired: list[PairedFigure], name: str, number: int, at: Box, label: dict[str, object] | None
) -> PairedFigure | None:
    """The pair at a labelled box, its own box replaced by the label's."""
    here = [p for p in paired if p.figure.page == number]
    if label is not None:
        wanted = normal_label(str(label["label"]))
        here = [p for p in here if p.label == wanted]
    best = max(here, key=lambda p: p.figure.bbox.iou(at), default=None)
    if best is None or (label is None and best.figure.bbox.iou(at) < 0.1):
        return None
    figure: Figure = best.figure.model_copy(update={"bbox": at})
    return best.model_copy(update={"figure": figure})
