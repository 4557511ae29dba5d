"""Fit the log-odds of builder/stages/classify_{look,kind}.py on the even half of the corpus and print them: run it as a script.

    python tests/benchmarks/classify_fit.py [--cache FOLDER]        (needs scikit-learn)

Labels: those of labels.jsonl, and classify_even.json for the charts, drawings and screenshots of the same papers that
labels.jsonl leaves out (labelled by eye for this purpose, doubtful ones left out; "collage": a figure that is left out of the
fit of blocks, because its kind does not say what each block is). Cross-validated by paper. Blocks are fitted
in three variants of each figure (as it is, as a JPEG of quality 45, at 60 % of the resolution), so that a raster's noise is not
taken for grain.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from classify import CORPUS, Example, examples, half_of
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneGroupOut

from builder.stages import classify_kind, classify_look
from builder.stages.classify_look import Block, read_look
from builder.stages.classify_words import read_cues

BLOCKS, FIGURES = 0.1, 0.5  # inverse of the L2 penalty, on standardised features; the best of 0.1, 0.5 and 2 on papers left out
LABELLED = 2.0  # weight of a figure of labels.jsonl against one of classify_even.json
PICTURES, CHART, DRAWING = {"micrograph", "photo"}, {"chart"}, {"schematic"}

Labelled = tuple[Example, set[str], float]  # with what it holds and its weight


MORE: dict[str, dict[str, list[str]]] = json.loads((Path(__file__).parent / "classify_even.json").read_text(encoding="utf-8"))


def labelled(cache: Path | None) -> list[Labelled]:
    names = sorted(path.name for path in (CORPUS / "papers").glob("*.pdf") if half_of(path.name) == "even")
    found: list[Labelled] = []
    for example in examples(names, cache):
        if example.label:
            kinds = example.label.get("panel_kinds", {}) if example.label["kind"] == "mixed" else {"": example.label["kind"]}
            found.append((example, set(kinds.values()), LABELLED))  # type: ignore[attr-defined]
        else:
            kind = next((k for k, of in MORE.get(example.pdf, {}).items() if example.paired.label in of), None)
            found += [(example, {kind}, 1.0)] * bool(kind)
    return found


def fit(
    strength: float, names: Sequence[str], rows: npt.NDArray, truth: npt.NDArray, weights: npt.NDArray, papers: npt.NDArray
) -> None:
    """Print what the fit gives and how it does on papers left out."""
    middle, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    scaled = (rows - middle) / spread
    weights = weights * np.where(truth, 0.5 / weights[truth].sum(), 0.5 / weights[~truth].sum()) * len(truth)
    said = np.zeros(len(truth), dtype=bool)
    for train, test in LeaveOneGroupOut().split(scaled, truth, papers):
        model = LogisticRegression(C=strength, max_iter=3000).fit(scaled[train], truth[train], sample_weight=weights[train])
        said[test] = model.predict_proba(scaled[test])[:, 1] > 0.5
    model = LogisticRegression(C=strength, max_iter=3000).fit(scaled, truth, sample_weight=weights)
    slopes = model.coef_[0] / spread
    print(f"  left-out papers: found {said[truth].mean():.3f}, false {said[~truth].mean():.3f} of {len(truth)}")
    print(f"  bias {model.intercept_[0] - (slopes * middle).sum():.2f}")
    print(f"  { ({name: round(float(slope), 2) for name, slope in zip(names, slopes, strict=True)}) }")


def variants(look: npt.NDArray[np.uint8]) -> Iterator[npt.NDArray[np.uint8]]:
    image = Image.fromarray(look)
    small = image.resize((max(8, int(image.width * 0.6)), max(8, int(image.height * 0.6))), Image.Resampling.BILINEAR)
    yield look
    yield _jpeg(image, 45)
    yield _jpeg(small.resize(image.size, Image.Resampling.BICUBIC), 75)


def _jpeg(image: Image.Image, quality: int) -> npt.NDArray[np.uint8]:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB"))


def block_truth(block: Block, holds: set[str]) -> bool | None:
    """Whether a block is a picture by what its figure holds; None where that does not say it."""
    if not holds & PICTURES:
        return False
    if not holds - PICTURES:
        return True
    if holds & DRAWING:
        return None
    return True if block.fill >= 0.7 else False if block.fill < 0.5 else None


def fit_blocks(figures: Sequence[Labelled]) -> None:
    names = list(classify_look.PICTURE_WEIGHTS)
    rows, truth, weights, papers = [], [], [], []
    for example, holds, _ in figures:
        if example.paired.label in MORE.get(example.pdf, {}).get("collage", ()):
            continue
        for look in variants(example.look):
            for block in read_look(look).blocks:
                is_picture = block_truth(block, holds)
                if block.size >= classify_look.SMALLEST_PICTURE and is_picture is not None:
                    rows.append([getattr(block, name) for name in names])
                    truth.append(is_picture)
                    weights.append(np.exp(block.size / 2))
                    papers.append(example.pdf)
    print("blocks that are pictures")
    fit(BLOCKS, names, np.array(rows), np.array(truth), np.array(weights), np.array(papers))


def fit_figures(figures: Sequence[Labelled]) -> None:
    seen = [
        classify_kind.features(read_look(example.look), read_cues(example.paired.caption, example.words))
        for example, _, _ in figures
    ]
    weights, papers = np.array([weight for *_, weight in figures]), np.array([example.pdf for example, *_ in figures])
    for what, kinds, names in (
        ("pictures", PICTURES, list(classify_kind.PICTURE)),
        ("charts", CHART, list(classify_kind.CHART)),
        ("drawings", DRAWING, list(classify_kind.DRAWING)),
    ):
        print(f"figures that hold {what}")
        truth = np.array([bool(holds & kinds) for _, holds, _ in figures])
        fit(FIGURES, names, np.array([[each[name] for name in names] for each in seen]), truth, weights, papers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, help="keep what the classifier is shown here, to be quick the next time")
    figures = labelled(parser.parse_args().cache)
    fit_blocks(figures)
    fit_figures(figures)


if __name__ == "__main__":
    main()
