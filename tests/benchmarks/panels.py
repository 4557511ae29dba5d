"""How well panels are cut and named: against people's panel boxes and against labels.jsonl, papers by halves.

Run from the repository's root: `PYTHONPATH=. python tests/benchmarks/panels.py [--ocr]`. Needs ../shared/corpus; --ocr
needs the extra [ocr] and four seconds a figure. Nothing was tuned on the odd half (last hex digit of the SHA-1 of the
file's name). People's boxes that run past their crop (wrong in the source) are cut at it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from builder.edges import ocr, pdf
from builder.pages import Box, Page, Word
from builder.recipe import ReferenceRule
from builder.records import Figure, PairedFigure, Panel
from builder.stages.labels import normal_label
from builder.stages.locate import locate
from builder.stages.pair import pair
from builder.stages.panels import panels
from builder.stages.sieve import SievedPage, sieve
from builder.stages.typeset import typeset_of

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
LOOK_DPI = 100
OCR_DPI = 150
IOU = 0.75
PIXEL = 0.36  # points a pixel of the people's crops, at 200 dpi


@dataclass(frozen=True)
class Case:
    """One labelled figure with what the stage is given."""

    file: str
    name: str
    paired: PairedFigure
    page: Page
    look: npt.NDArray[np.uint8]
    words: tuple[Word, ...]
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
    return Box(x, y, x + PIXEL * panel["width"], y + PIXEL * panel["height"]).meet(at)


def cases(*, read_words: bool) -> Iterator[Case]:
    """Every labelled figure that the locator pairs with a caption, its box as labelled."""
    for file, figures in sorted(truths().items()):
        with pdf.open_pdf(CORPUS / "papers" / file) as opened:
            pages = [pdf.read_page(opened, n) for n in range(1, opened.pages + 1)]
            paired = _paired(opened, pages)
            for name, number, at, boxes, label in figures:
                whole = _placed(paired, name, number, at, label)
                if whole is not None:
                    look = pdf.render(opened, number, at, LOOK_DPI)
                    words = ocr.words_of(pdf.render(opened, number, at, OCR_DPI), at) if read_words else ()
                    yield Case(file, name, whole, pages[number - 1], look, words, boxes, label)


def _paired(opened: pdf.PdfFile, pages: list[Page]) -> list[PairedFigure]:
    paper = typeset_of(pages)
    kept, _ = sieve(paper, "p")
    inked = [SievedPage(pdf.with_grey(opened, s.page), s.captions) for s in kept]
    figures, _ = locate(inked, paper, "p")
    return pair(figures, paper, ReferenceRule())[0]


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


def matches(given: Sequence[Box], wanted: Sequence[Box], iou: float) -> list[tuple[int, int]]:
    """Pairs of boxes that overlap by `iou` or more, best first, each box once."""
    pairs = sorted(((g.iou(w), i, j) for i, g in enumerate(given) for j, w in enumerate(wanted)), reverse=True)
    taken: list[tuple[int, int]] = []
    for overlap, i, j in pairs:
        if overlap >= iou and all(i != a and j != b for a, b in taken):
            taken.append((i, j))
    return taken


def count_boxes(case: Case, given: Sequence[Panel], tally: Counter[str]) -> None:
    """Boxes and letters against people's. A figure of one panel has the letter "a" there and none here: not counted."""
    letters, wanted = list(case.truth), list(case.truth.values())
    found = matches([p.bbox for p in given], wanted, IOU)
    tally.update(given=len(given), wanted=len(wanted), found=len(found))
    tally["found at 0.5"] += len(matches([p.bbox for p in given], wanted, 0.5))
    if len(wanted) > 1:
        tally["lettered"] += len(found)
        tally["letters right"] += sum((given[i].letter or "").lower() == letters[j].lower() for i, j in found)


def count_labels(case: Case, given: Sequence[Panel], tally: Counter[str]) -> None:
    """Number, letters and first words of panels against labels.jsonl."""
    label = case.label or {}
    tally["figures"] += 1
    tally["number right"] += len(given) == max(1, int(str(label["n_panels"])))
    if label["panel_labels"]:
        tally["with letters"] += 1
        tally["letter sets right"] += {p.letter for p in given} == set(label["panel_labels"])  # type: ignore[call-overload]
    said = {(p.letter or "").lower(): _plain(p.caption or "") for p in given}
    for letter, words in dict(label.get("caption_parts") or {}).items():  # type: ignore[call-overload]
        tally["parts"] += 1
        tally["parts right"] += said.get(letter.lower(), "").startswith(_plain(words)[:-2])


def _plain(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()


def report(name: str, tally: Counter[str]) -> str:
    def share(part: str, whole: str) -> str:
        return f"{tally[part]}/{tally[whole]} = {tally[part] / max(1, tally[whole]):.3f}"

    f1, loose = (2 * tally[k] / max(1, tally["given"] + tally["wanted"]) for k in ("found", "found at 0.5"))
    return (
        f"{name}: boxes at IoU {IOU}: precision {share('found', 'given')}, recall {share('found', 'wanted')}, F1 {f1:.3f} "
        f"(at 0.5 {loose:.3f}); letters right {share('letters right', 'lettered')}\n"
        f"      labels: number of panels {share('number right', 'figures')}, "
        f"letters {share('letter sets right', 'with letters')}, first words {share('parts right', 'parts')}"
    )


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ocr", action="store_true", help="read letters off the pixels too")
    tallies = {True: Counter[str](), False: Counter[str]()}
    for case in cases(read_words=parser.parse_args(arguments).ocr):
        given = panels(case.paired, case.page, case.look, case.words)
        (count_boxes if case.truth else count_labels)(case, given, tallies[case.even])
    print(report("even", tallies[True]))
    print(report("odd ", tallies[False]))


if __name__ == "__main__":
    main(sys.argv[1:])
