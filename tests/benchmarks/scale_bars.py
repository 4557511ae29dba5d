"""Scores scale bars against ../shared/corpus/labels.jsonl: texts with and without OCR, and whether like bars agree.

    python tests/benchmarks/scale_bars.py [--cache FOLDER] [--dpi 200] [--misses]

Papers whose sha1(file name) ends in an even digit were tuned on, the others were not; each has its own line. Lengths
have no truth here: a figure's bars of one label should have one length each or a few (panels of one size).
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from builder.edges import ocr, pdf
from builder.pages import Box, Word
from builder.records import ScaleBar
from builder.stages.scale_bars import scale_bars

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


class Labelled(NamedTuple):
    """One figure of labels.jsonl."""

    paper: str
    page: int
    label: str
    box: Box
    texts: tuple[str, ...]  # reciprocal lengths left out: they are no lengths

    @property
    def half(self) -> str:
        return "odd" if int(hashlib.sha1(self.paper.encode()).hexdigest()[-1], 16) % 2 else "even"


def plain(text: str) -> str:
    """A label as compared: no spaces, one micro sign, no zeros after the point."""
    return text.replace(" ", "").replace("μ", "u").replace("µ", "u").replace(".0u", "u").replace(".00u", "u")


def labelled() -> Iterator[Labelled]:
    for line in (CORPUS / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        texts = tuple(plain(bar["text"]) for bar in row["scale_bars"])
        kept = tuple(text for text in texts if not text.endswith(("-1", "/nm")))
        yield Labelled(row["pdf"], row["page"], row["label"], Box(*row["bbox"]), kept)


def words_of(figure: Labelled, file: pdf.PdfFile, dpi: int, cache: Path | None) -> tuple[Word, ...]:
    """OCR words of a figure, read from the cache where it has them."""
    name = f"{figure.paper[:-4]}__{figure.page}__{figure.label.replace(' ', '_').replace('/', '_')}__{dpi}.json"
    if cache is not None and (cache / name).is_file():
        return tuple(Word(t, Box(*b), c) for t, b, c in json.loads((cache / name).read_text(encoding="utf-8")))
    words = ocr.words_of(pdf.render(file, figure.page, figure.box, dpi), figure.box)
    if cache is not None:
        text = json.dumps([[w.text, list(w.box), w.confidence] for w in words], ensure_ascii=False)
        (cache / name).write_text(text, encoding="utf-8")
    return words


def agreeing(bars: Sequence[ScaleBar]) -> tuple[int, int]:
    """Of the bars whose label another bar of the figure carries: how many agree with one of those within 3 %, and how many."""
    twins = agree = 0
    for one in bars:
        others = [b for b in bars if b is not one and b.length_nm == one.length_nm]
        twins += bool(others)
        agree += any(abs(b.nm_per_point / one.nm_per_point - 1) <= 0.03 for b in others)
    return agree, twins


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, help="folder for OCR words, read and written")
    parser.add_argument("--dpi", type=int, default=200)
    parser.add_argument("--misses", action="store_true", help="list what was missed or invented in the even half")
    asked = parser.parse_args()
    counts: Counter[tuple[str, str, str]] = Counter()
    for figure in labelled():
        with pdf.open_pdf(CORPUS / "papers" / figure.paper) as file:
            page = pdf.read_page(file, figure.page)
            look = pdf.render(file, figure.page, figure.box, asked.dpi)
            words = words_of(figure, file, asked.dpi, asked.cache)
        for reader, given in (("text layer", ()), ("with OCR", words)):
            score(counts, figure, reader, scale_bars(figure.box, page, look, given), asked.misses)
    report(counts)


def score(counts: Counter[tuple[str, str, str]], figure: Labelled, reader: str, bars: Sequence[ScaleBar], misses: bool) -> None:
    truth, got = Counter(figure.texts), Counter(plain(bar.text) for bar in bars)
    agree, twins = agreeing(bars)
    for name, number in (
        ("hits", (truth & got).total()),
        ("truth", truth.total()),
        ("given", got.total()),
        ("agree", agree),
        ("twins", twins),
    ):
        counts[figure.half, reader, name] += number
    if misses and figure.half == "even" and reader == "with OCR" and truth != got:
        print(figure.paper, figure.page, figure.label, "missed", dict(truth - got), "extra", dict(got - truth))
    if misses and figure.half == "even" and agree < twins:
        print(figure.paper, figure.page, figure.label, [(bar.text, bar.bbox.width) for bar in bars])


def report(counts: Counter[tuple[str, str, str]]) -> None:
    print(f"{'half':6}{'labels from':13}{'recall':>16}{'precision':>18}{'like bars agree':>20}")
    for half in ("even", "odd"):
        for reader in ("text layer", "with OCR"):
            n = {name: counts[half, reader, name] for name in ("hits", "truth", "given", "agree", "twins")}
            shares = [("hits", "truth"), ("hits", "given"), ("agree", "twins")]
            cells = [f"{n[a] / max(1, n[b]):.3f} ({n[a]}/{n[b]})" for a, b in shares]
            print(f"{half:6}{reader:13}{cells[0]:>16}{cells[1]:>18}{cells[2]:>20}")


if __name__ == "__main__":
    main()
