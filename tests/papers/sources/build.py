"""Typeset every specimen paper and write down its exact truth: `python tests/papers/sources/build.py [name ...]`.

A figure's box comes from typst's own layout (corners reported by template.typ), then shrinks to the ink that the page shows
inside it; placed pictures keep their layout box, since their edge may be as white as the paper. Boxes are PDF points from
the top-left of the page as displayed; pages count from 1.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
import typst

TYPST = "0.15.0"  # the committed PDFs are its bytes
SOURCES = Path(__file__).parent
PAPERS = SOURCES.parent
PREFIX = 60  # characters of caption_prefix, as the scorer reads it
INK_SCALE = 4  # pixels a point
Corners = tuple[float, float, float, float]


def names() -> list[str]:
    return sorted(path.stem for path in SOURCES.glob("*.typ") if path.stem != "template")


def typeset(name: str) -> tuple[bytes, list[dict[str, Any]]]:
    """The PDF's bytes and its truth rows, the paper's own row first."""
    source = typst.Compiler(input=str(SOURCES / f"{name}.typ"), root=str(SOURCES), ignore_system_fonts=True)
    asked = {what: json.loads(source.query(f"<{what}>", field="value")) for what in ("paper", "figure", "mention", "corner")}
    turned = json.loads(source.query("<turned>", field="value"))
    pdf = turn(source.compile(format="pdf"), turned)
    return pdf, rows(f"{name}.pdf", pdf, asked)


def turn(pdf: bytes, pages: list[int]) -> bytes:
    """The PDF with /Rotate 90 on these pages, as pdflscape leaves a landscape page."""
    if not pages:
        return pdf
    document = pymupdf.open(stream=pdf)
    for number in pages:
        document.xref_set_key(document[number - 1].xref, "Rotate", "90")
    return document.tobytes(no_new_id=True)


def rows(file: str, pdf: bytes, asked: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    document = pymupdf.open(stream=pdf)
    paper = asked["paper"][0]
    out = [{"pdf": file, "scored_pages": list(range(1, len(document) + 1)), **paper}]
    for figure in asked["figure"]:
        mine = [c for c in asked["corner"] if c["figure"] == figure["label"]]
        page = document[mine[0]["pos"]["page"] - 1]
        key = figure["label"].split()[-1]
        out.append({
            "pdf": file, "page": page.number + 1, "label": figure["label"], "bbox": inked(page, mine, None),
            "caption": figure["caption"], "caption_prefix": figure["caption"][:PREFIX],
            "mentions": [m["text"].strip() for m in asked["mention"] if key in m["cites"]],
            "kind": figure["kind"], "scale": figure["scale"], "techniques": figure["techniques"], "methods": figure["methods"],
            "panels": [{**p, "bbox": inked(page, mine, p["label"])} for p in figure["panels"]],
            "scale_bars": figure["scale_bars"], "licence": paper["licence"], "third_party": figure["third_party"],
            "side": figure["side"],
        })  # fmt: skip
    return out


def inked(page: pymupdf.Page, corners: list[dict[str, Any]], panel: str | None) -> list[float]:
    """The box of a figure (panel None) or of one of its panels."""
    outline = [c for c in corners if (c["what"], c["panel"]) == (("figure", None) if panel is None else ("panel", panel))]
    pictures = [c for c in corners if c["what"] == "image" and panel in (None, c["panel"])]
    layout = hull(page, outline)
    boxes = [ink(page, layout)]
    pairs = {c["panel"] for c in pictures}
    boxes += [hull(page, [c for c in pictures if c["panel"] == letter]) for letter in pairs]
    return [round(f(b[i] for b in boxes), 2) for i, f in enumerate((min, min, max, max))]


def hull(page: pymupdf.Page, corners: Iterable[dict[str, Any]]) -> Corners:
    places = [[float(c["pos"][axis].removesuffix("pt")) for axis in "xy"] for c in corners]
    points = [pymupdf.Point(*place) * page.rotation_matrix for place in places]
    xs, ys = [p.x for p in points], [p.y for p in points]
    return min(xs), min(ys), max(xs), max(ys)


def ink(page: pymupdf.Page, box: Corners) -> Corners:
    """The smallest box around what is not white inside `box`."""
    pixmap = page.get_pixmap(matrix=pymupdf.Matrix(INK_SCALE, INK_SCALE), clip=pymupdf.Rect(box), colorspace=pymupdf.csGRAY)
    dark = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width) < 245
    down, across = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    left, top = pixmap.x, pixmap.y
    edges = (left + across[0], top + down[0], left + across[-1] + 1, top + down[-1] + 1)
    return tuple(float(e) / INK_SCALE for e in edges)  # type: ignore[return-value]


def main() -> None:
    """Typeset the named papers, or all; the truth file is written anew only with all of them."""
    truth = []
    for name in sys.argv[1:] or names():
        pdf, found = typeset(name)
        (PAPERS / f"{name}.pdf").write_bytes(pdf)
        truth += found
        print(f"{name}.pdf: {found[0]['scored_pages'][-1]} pages, {len(found) - 1} figures, {len(pdf) // 1024} KiB")
    if len(sys.argv) == 1:
        lines = [json.dumps(row, ensure_ascii=False) for row in truth]
        (PAPERS / "truth.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
