"""Any bytes as a caption: labels, parts, sentences and spans lie where they say. Run by atheris, replayed by a test.

python -m tests.fuzz.captions CORPUS_FOLDER -max_total_time=300   (what libFuzzer takes; findings land in tests/fuzz/found/)
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from builder.stages.captions import may_start
from builder.stages.citations import cited_labels, cites_table
from builder.stages.fencing import fenced, unsafe
from builder.stages.labels import normal_label
from builder.stages.panel_captions import caption_parts, without_label
from builder.stages.sentences import balanced, has_verb, points_elsewhere, sentences, stands_alone
from builder.stages.spans import span_record, spans
from tests.fuzz.driver import fuzzed

WORDS = (
    "Figure 1.",
    "Fig. S2 |",
    "Extended Data Fig. 3",
    "Plate IV",
    "Scheme 2:",
    "Figs. 2a,b and 4–6",
    "(a)",
    "(a, b)",
    "a)",
    "(a–d)",
    "a, ",
    "b: ",
    "(i)",
    "(ii)",
    "and",
    "SEM",
    "HRTEM",
    "TiO2",
    "Fe3O4",
    "La0.7Sr0.3MnO3",
    "20 nm",
    "5 kV",
    "1.2 ± 0.1 nm",
    "10−6 mbar",
    "2 × 10^3",
    "500 °C",
    "3–5 µm",
    "[001]",
    "<110>",
    "et al.",
    "e.g.",
    "see Table 2",
    "of ref. 12",
    "respectively",
    "5 × 5 μm2",
    "at.%",
    "wt%",
    "Å",
    "MPa",
    "Figure 2.13",
    "Fig.",
)


def check(data: bytes) -> None:
    """The text through every reader of captions."""
    text = data.decode("utf-8", "replace")
    label = normal_label(text)
    assert may_start(text) in (True, False)
    assert without_label(text) in text
    for part in caption_parts(text, frozenset("ab")):
        assert part.letters, part
        assert part.text == part.text.strip(), part
    assert normal_label(label) == label, (label, normal_label(label))
    cited = cited_labels(text)
    assert len(set(cited)) == len(cited), cited
    assert cited_labels(text, frozenset({label, "Figure 1-3"})) is not None
    parted = list(sentences(text))
    assert all(0 <= a < b <= len(text) for a, b in parted), parted
    assert all(b <= c for (_, b), (c, _) in pairwise(parted)), parted
    for start, end in parted:
        one = text[start:end]
        assert one.strip() == one, one
        assert {cites_table(one), stands_alone(one), has_verb(one), balanced(one), points_elsewhere(one)} <= {True, False}
    found = spans(text)
    assert all(text[span.start : span.end] == span.text != "" for span in found), found
    assert all(a.end <= b.start for a, b in pairwise(found)), found
    assert all(span_record(span)["type"] for span in found)
    assert len(fenced({"caption": text})["data"].split("\n")) == 3
    unsafe(text)


def seeds() -> Iterator[bytes]:
    for line in (Path(__file__).parents[1] / "captions.txt").read_text(encoding="utf-8").splitlines():
        yield line.encode()


if __name__ == "__main__":
    fuzzed(check, "captions", seeds(), WORDS)
