"""CPU a page of the locator beside PyMuPDF's bare text pass, paper by paper in one run:

    python -m tests.benchmarks.locate_speed [PDF...]

Without arguments: ../shared/corpus/papers where it is present. Also a made page of 300,000 paths, and the peak memory.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from builder.edges.pdf import open_pdf, read_page, with_grey
from builder.stages.locate import locate
from builder.stages.scene import drawn_zone
from builder.stages.sieve import SievedPage, sieve
from builder.stages.typeset import typeset_of
from tests.layouts import many_paths

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "papers"
HEAVY = ("10.5194_hess-14-1863-2010.pdf", (4, 9))
PATHS = 300_000


@dataclass(frozen=True)
class Cost:
    """CPU milliseconds a page."""

    name: str
    pages: int
    text: float
    read: float
    sieve: float
    grey: float
    locate: float

    @property
    def whole(self) -> float:
        return self.read + self.sieve + self.grey + self.locate


def cost(path: Path, numbers: tuple[int, ...] | None = None) -> Cost:
    """What a paper, or some pages of it, cost; every pass on a freshly opened file."""
    with open_pdf(path) as pdf:
        numbers = numbers or tuple(range(1, pdf.pages + 1))
        start = time.process_time()
        for number in numbers:
            pdf.document[number - 1].get_text("dict", flags=3)
        text = time.process_time() - start
    with open_pdf(path) as pdf:
        marks = [time.process_time()]
        pages = [read_page(pdf, number) for number in numbers]
        marks.append(time.process_time())
        paper = typeset_of(pages)
        kept, _ = sieve(paper, path.name)
        marks.append(time.process_time())
        grey = [SievedPage(with_grey(pdf, s.page, drawn_zone(s.page, [c.bbox for c in s.captions])), s.captions) for s in kept]
        marks.append(time.process_time())
        locate(grey, paper, path.name)
        marks.append(time.process_time())
    spent = [1000 * (b - a) / len(numbers) for a, b in zip(marks, marks[1:], strict=False)]
    return Cost(path.name, len(numbers), 1000 * text / len(numbers), *spent)


def line(c: Cost) -> str:
    parts = "".join(f"{v:9.1f}" for v in (c.text, c.read, c.sieve, c.grey, c.locate, c.whole))
    return f"{c.name[:46]:<46}{c.pages:>6}{parts}{c.whole / max(c.text, 1e-6):>8.1f}"


def main(paths: list[Path]) -> None:
    print(
        f"{'ms a page':<46}{'pages':>6}"
        + "".join(f"{n:>9}" for n in ("text", "read", "sieve", "grey", "locate", "whole"))
        + "   ratio"
    )
    costs = [cost(path) for path in paths]
    for c in sorted(costs, key=lambda c: -c.whole):
        print(line(c))
    if costs:
        ratio = median(c.whole / c.text for c in costs)
        text, whole = median(c.text for c in costs), median(c.whole for c in costs)
        print(f"median paper: text {text:.1f}, whole {whole:.1f}, ratio {ratio:.2f}")
    for path in paths:
        if path.name == HEAVY[0]:
            for number in HEAVY[1]:
                print(line(cost(path, (number,))), f"  page {number}")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / f"{PATHS}-paths.pdf"
        made.write_bytes(many_paths(PATHS).finished())
        print(line(cost(made, (1, 2, 3))))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main([Path(p) for p in sys.argv[1:]] or sorted(CORPUS.glob("*.pdf")))
