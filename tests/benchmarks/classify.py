"""Score the classifiers on ../shared/corpus/labels.jsonl, both halves of the papers apart: run it as a script.

    python tests/benchmarks/classify.py [--cache FOLDER] [--ocr]

Boxes are the labels' own, captions and mentions the builder's. Labels of low confidence are left out of kind and scale.
Tune on the even half only (last hex digit of the SHA-1 of the PDF's file name).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pickle
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parents[2]))

from builder.edges import pdf
from builder.pages import Box, Page, Word
from builder.recipe import Papers, ReferenceRule
from builder.records import Caption, ClassifiedFigure, Figure, PairedFigure
from builder.stages.classify import classify
from builder.stages.ingest import PdfFacts, ingest
from builder.stages.labels import normal_label
from builder.stages.locate import locate
from builder.stages.pair import pair
from builder.stages.reflow import line_text
from builder.stages.sieve import SievedPage, sieve
from builder.stages.typeset import typeset_of

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
LOOK_DPI, OCR_DPI = 100, 200


@dataclass(frozen=True)
class Example:
    """A figure as the classifier sees it, with its label where there is one."""

    pdf: str
    paired: PairedFigure
    look: npt.NDArray[np.uint8]
    words: tuple[str, ...]
    title: str | None
    text: str  # of the paper
    label: dict[str, object] | None

    @property
    def half(self) -> str:
        return half_of(self.pdf)


def half_of(name: str) -> str:
    return "odd" if int(hashlib.sha1(name.encode()).hexdigest()[-1], 16) % 2 else "even"


def labels() -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}
    for line in (CORPUS / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        found.setdefault(str(json.loads(line)["pdf"]), []).append(json.loads(line))
    return found


def examples(names: Iterable[str], cache: Path | None) -> list[Example]:
    """Every located figure of those papers; labelled ones at their true box."""
    made = []
    for name in names:
        kept = cache / f"{name}.pkl" if cache else None
        if kept and kept.is_file():
            made += pickle.loads(kept.read_bytes())
            continue
        found = _paper(name, labels().get(name, []))
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(pickle.dumps(found))
        made += found
    return made


def _paper(name: str, labelled: Sequence[dict[str, object]]) -> list[Example]:
    with pdf.open_pdf(CORPUS / "papers" / name) as file:
        pages = tuple(pdf.read_page(file, number) for number in range(1, file.pages + 1))
        paper = typeset_of(pages)
        sieved, _ = sieve(paper, name)
        figures, _ = locate([SievedPage(pdf.with_grey(file, s.page), s.captions) for s in sieved], paper, name)
        truth = {(int(str(x["page"])), normal_label(str(x["label"]))): x for x in labelled}
        of = {(f.page, normal_label(f.caption.label)): f for f in figures}
        captions = {(s.page.number, normal_label(c.label)): c for s in sieved for c in s.captions}
        for key, label in truth.items():
            box = Box(*label["bbox"])  # type: ignore[misc]
            caption = captions.get(key) or next((c for k, c in captions.items() if k[1] == key[1]), None)
            caption = caption or Caption(id="none", label=str(label["label"]), page=key[0], bbox=box, text=str(label["label"]))
            of[key] = _at(caption, key[0], box)
        paired, _ = pair(list(of.values()), paper, ReferenceRule())
        title = ingest(PdfFacts(name, "0" * 64, file.metadata, pages), None, Papers()).title  # type: ignore[union-attr]
        text = "\n".join(line_text(line) for page in pages for line in page.lines)
        return [
            Example(name, p, _look(file, p), _words(pages, p), title, text, truth.get((p.figure.page, p.label))) for p in paired
        ]


def _at(caption: Caption, page: int, box: Box) -> Figure:
    name = f"fig-{hashlib.sha1(f'{page}{caption.label}'.encode()).hexdigest()[:16]}"
    return Figure(id=name, caption=caption, page=page, bbox=box, side="below", confidence=1, raster_share=0, paths=0, words=0)


def _look(file: pdf.PdfFile, paired: PairedFigure) -> npt.NDArray[np.uint8]:
    return pdf.render(file, paired.figure.page, Box(*paired.figure.bbox), LOOK_DPI)


def _words(pages: Sequence[Page], paired: PairedFigure) -> tuple[str, ...]:
    box = Box(*paired.figure.bbox)
    return tuple(x.text for x in pages[paired.figure.page - 1].lines if x.box.meet(box).area > 0.5 * x.box.area)


def classified(example: Example, read: Sequence[Word] = ()) -> ClassifiedFigure:
    return classify(example.paired, example.look, example.words, example.title, {}, paper_text=example.text, ocr=read)


def read_off(example: Example, cache: Path | None) -> tuple[Word, ...]:
    """Words on the pixels of a figure that holds pictures."""
    from builder.edges.ocr import words_of

    figure = example.paired.figure
    kept = cache / "ocr" / f"{example.pdf}.{figure.id}.pkl" if cache else None
    if kept and kept.is_file():
        return tuple(pickle.loads(kept.read_bytes()))
    with pdf.open_pdf(CORPUS / "papers" / example.pdf) as file:
        words = words_of(pdf.render(file, figure.page, Box(*figure.bbox), OCR_DPI), Box(*figure.bbox))
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(words))
    return words


def report(found: Sequence[tuple[Example, ClassifiedFigure]]) -> str:
    """Accuracy and confusion, as Markdown."""
    sure = [(str(e.label["kind"]), c.kind, str(e.label["scale"]), c.scale) for e, c in found if e.label and _sure(e)]
    named = [(set(e.label["techniques"]), set(c.techniques)) for e, c in found if e.label]  # type: ignore[call-overload]
    hit = sum(len(true & said) for true, said in named)
    wrong, missed = sum(len(said - true) for true, said in named), sum(len(true - said) for true, said in named)
    return "\n".join(
        [
            f"{len(sure)} figures: kind {_share(kind == said for kind, said, _, _ in sure)}, "
            f"scale {_share(scale == said for _, _, scale, said in sure)}; "
            f"techniques F1 {2 * hit / max(1, 2 * hit + wrong + missed):.3f} "
            f"({hit} right, {wrong} wrong, {missed} missed in {len(named)} figures)",
            "",
            _confusion("kind", [(kind, said) for kind, said, _, _ in sure]),
            "",
            _confusion("scale", [(scale, said) for _, _, scale, said in sure]),
        ]
    )


def _sure(example: Example) -> bool:
    return example.label is not None and example.label["confidence"] != "low"


def _share(right: Iterable[bool]) -> str:
    values = list(right)
    return f"{sum(values) / max(1, len(values)):.3f}"


def _confusion(what: str, pairs: Sequence[tuple[str, str]]) -> str:
    counts = Counter(pairs)
    rows, columns = sorted({true for true, _ in pairs}), sorted({name for pair in pairs for name in pair})
    lines = [f"| {what}: label, then what is said | {' | '.join(columns)} |", "| --- |" + " ---: |" * len(columns)]
    lines += [f"| {row} | " + " | ".join(str(counts[row, column] or "") for column in columns) + " |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, help="keep what the classifier is shown here, to be quick the next time")
    parser.add_argument("--ocr", action="store_true", help="read the words off the figures that hold pictures (4 s each)")
    chosen = parser.parse_args()
    shown = [example for example in examples(sorted(labels()), chosen.cache) if example.label]
    for half in ("even", "odd"):
        found = [(example, classified(example)) for example in shown if example.half == half]
        if chosen.ocr:
            found = [
                (e, classified(e, read_off(e, chosen.cache)) if c.kind not in ("chart", "schematic") else c) for e, c in found
            ]
        print(f"## {half} papers\n\n{report(found)}\n")


if __name__ == "__main__":
    main()
