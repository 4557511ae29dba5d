"""Score `spans` on a marked file: exact F1 by type. Run it as a script.

    python tests/benchmarks/spans.py [--errors] [FILE ...]

One caption a line, spans marked {T:technique}, {M:material} and {Q:quantity}; a line that begins with "#" is none. A span
counts when type, start and end are all right. Without FILE: ../shared/data/marked_captions.txt.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from builder.stages.spans import SpanType, spans

MARKED = Path(__file__).parents[3] / "shared" / "data" / "marked_captions.txt"
TYPES: dict[str, SpanType] = {"T": "technique", "M": "material", "Q": "quantity"}
_MARK = re.compile(r"\{([TMQ]):([^{}]*)\}")

Found = set[tuple[SpanType, int, int]]


@dataclass(frozen=True)
class Score:
    """Counts of one type over a file."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (2 * self.right + self.wrong + self.missed) if self.right + self.wrong + self.missed else 1.0


def unmarked(line: str) -> tuple[str, Found]:
    """The caption without its marks, and what they mark.

    >>> unmarked("{T:TEM} of {M:Au}")
    ('TEM of Au', {('technique', 0, 3), ('material', 7, 9)})
    """
    text, marks, end = "", set(), 0
    for mark in _MARK.finditer(line):
        text += line[end : mark.start()]
        marks.add((TYPES[mark[1]], len(text), len(text) + len(mark[2])))
        text, end = text + mark[2], mark.end()
    return text + line[end:], marks


def marked(path: Path) -> list[tuple[str, Found]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [unmarked(line) for line in lines if line.strip() and not line.startswith("#")]


def score(captions: Iterable[tuple[str, Found]]) -> dict[SpanType, Score]:
    """By type, over all captions."""
    pairs = [({(s.type, s.start, s.end) for s in spans(text)}, truth) for text, truth in captions]
    return {kind: _score([(_of(found, kind), _of(truth, kind)) for found, truth in pairs]) for kind in TYPES.values()}


def _of(found: Found, kind: SpanType) -> Found:
    return {span for span in found if span[0] == kind}


def _score(pairs: list[tuple[Found, Found]]) -> Score:
    return Score(
        right=sum(len(found & truth) for found, truth in pairs),
        wrong=sum(len(found - truth) for found, truth in pairs),
        missed=sum(len(truth - found) for found, truth in pairs),
    )


def _errors(captions: Iterable[tuple[str, Found]]) -> Iterable[str]:
    for text, truth in captions:
        found: Found = {(s.type, s.start, s.end) for s in spans(text)}
        for sign, those in (("+", found - truth), ("-", truth - found)):
            for kind, start, end in sorted(those, key=lambda span: span[1]):
                yield f"{sign} {kind:<10}{text[start:end]:<24} {text[max(0, start - 30) : end + 30]}"


def main() -> None:
    parser = argparse.ArgumentParser(description="exact F1 of typed spans")
    parser.add_argument("files", nargs="*", type=Path, default=[MARKED])
    parser.add_argument("--errors", action="store_true", help="print every wrong (+) and missed (-) span")
    arguments = parser.parse_args()
    for path in arguments.files:
        captions = marked(path)
        start = time.perf_counter()
        scores = score(captions)
        pace = len(captions) / (time.perf_counter() - start)
        print(f"{path.name}: {len(captions)} captions, {pace:.0f} a second")
        for kind, counts in scores.items():
            sums = f"P {counts.precision:.3f}  R {counts.recall:.3f}  F1 {counts.f1:.3f}"
            print(f"  {kind:<10} {sums}  ({counts.right} right, {counts.wrong} wrong, {counts.missed} missed)")
        if arguments.errors:
            print(*_errors(captions), sep="\n")


if __name__ == "__main__":
    main()
