"""A release of 500 items, half with one right option and half with one to three, and a reply to each, broken ones too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from small_release import BY, METHOD, TRUE, option, paper, recipe, specimen
from written import write

from builder.recipe import Split
from builder.records import CaptionMatching, EvidenceSpan, MultiSelect, Option, Specimen
from builder.scoring.answers import parse_answer
from builder.scoring.predictions import Prediction

TEXTS = Path(__file__).parents[1] / "answers.jsonl"
FAILED = 12  # requests without a reply
PAPERS, FIGURES, EACH = 25, 5, 2  # 25 x 5 figures, two items of either config on each


def write_release_of_500(out: Path) -> list[dict[str, Any]]:
    """Write it; returns the rows with options, without images, by id."""
    specimens = tuple(
        specimen(paper(f"p{p}", "CC-BY-4.0", BY), f, is_open=True) for p in range(PAPERS) for f in range(1, FIGURES + 1)
    )
    write(
        out,
        recipe=recipe().model_copy(update={"split": Split(validation_share=0.0, min_validation_papers=0)}),
        specimens=specimens,
        papers=tuple({one.paper.id: one.paper for one in specimens}.values()),
        caption_matching=tuple(_captions(one, n) for one in specimens for n in range(EACH)),
        descriptions=(),
        multi_select=tuple(_several(one, n) for one in specimens for n in range(EACH)),
    )
    files = sorted(out.glob("data/caption_matching/test-*.parquet")) + sorted(out.glob("data/multi_select/test-*.parquet"))
    columns = ["id", "options", "answer", "question"]
    return [row for file in files for row in pq.read_table(file, columns=columns, partitioning=None).to_pylist()]


def _captions(of: Specimen, n: int) -> CaptionMatching:
    """Every text names its figure, so that a replaying model knows the item by its prompt."""
    texts = tuple(f"{of.id}, view {n}. {TRUE.replace('20 nm', f'{size} nm')}" for size in (20, 40, 60, 80))
    edits = ((), (METHOD,), (METHOD,), (METHOD,))
    return CaptionMatching(id=f"{of.id}#cm{n}", figure_id=of.id, options=texts, edits=edits, design=("0", "1", "2", "3"))


def _several(of: Specimen, n: int) -> MultiSelect:
    number = int(of.id[-6:], 16) + n
    caption = of.classified.paired.caption
    span = EvidenceSpan(source="caption", of=of.classified.paired.label, start=0, end=8, text=caption[:8])
    keys, options = 1 + number % 3, 4 + number % 3
    made: list[Option] = [
        option(f"{of.id}, view {n}: statement {k} holds.", span, None if k < keys else METHOD) for k in range(options)
    ]
    return MultiSelect(
        id=f"{of.id}/multi_select/{n}", figure_id=of.id, stem="Which statements about the figure hold?", options=tuple(made),
        bloom_level=1, skill="EU", modality="SEM", reasoning="The caption says so.", generator="rules",
    )  # fmt: skip


def predictions(rows: list[dict[str, Any]], *, finish_reasons: bool) -> list[Prediction]:
    """A reply to each row: every text of tests/answers.jsonl, requests that failed, and keys told whole, in part, too far.

    With `finish_reasons`, each seventh reply was cut by its token limit and the others stopped; else nobody knows.
    """
    strange = [json.loads(line)["text"] for line in TEXTS.read_text(encoding="utf-8").splitlines()]
    texts: list[str | None] = [*strange[: len(rows) - 80], *[None] * FAILED]
    made = []
    for place, row in enumerate(rows):
        turn = place * 7 % len(rows)  # 7 and 500 have no common factor: both configs get of every kind
        text = texts[turn] if turn < len(texts) else _told(row, turn)
        reason = ("length" if place % 7 == 3 else "stop") if finish_reasons and text is not None else None
        made.append(Prediction(id=row["id"], model="replay", text=text, finish_reason=reason))
    return made


def _told(row: dict[str, Any], turn: int) -> str:
    letters = "ABCDEFGH"[: len(row["options"])]
    key = [letters[row["answer"]]] if isinstance(row["answer"], int) else list(row["answer"])
    said = (key, key[:1], sorted({*key, letters[-1]}), [letters[0]])[turn % 4]
    return f"The bar decides.\nANSWER: {','.join(said)}\nCONFIDENCE: 0.7\nDIFFICULTY: 0.4"


def statuses(rows: list[dict[str, Any]], said: list[Prediction]) -> set[str]:
    """What the parser makes of the replies."""
    options = {row["id"]: "ABCDEFGH"[: len(row["options"])] for row in rows}
    return {parse_answer(one.text, options[one.id], finish_reason=one.finish_reason).status for one in said}
