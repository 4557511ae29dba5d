"""The specimen papers, whose truth is known exactly, through the real command."""

import contextlib
import difflib
import json
import re
from pathlib import Path

import pytest

from builder.cli import main
from builder.errors import Exit
from builder.pages import Box

PAPERS = Path(__file__).parent / "papers"
TRUTH = [json.loads(line) for line in (PAPERS / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
FIGURES = [row for row in TRUTH if "bbox" in row]
Rows = dict[tuple[str, str], dict]


def plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def key(row: dict) -> tuple[str, str]:
    return row["pdf"], plain(row["label"])


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    path = tmp_path_factory.mktemp("truth") / "figures.jsonl"
    with path.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
        assert main(["figures", str(PAPERS)]) == Exit.OK
    return {key(row): row for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}


def share(hits: list[bool]) -> float:
    return sum(hits) / len(hits)


def test_there_are_enough_specimens_for_every_layout() -> None:
    assert len({row["pdf"] for row in TRUTH}) >= 8
    assert {row["side"] for row in FIGURES} >= {"below", "above", "left", "right"}


def test_every_figure_is_found_where_it_is_and_none_is_made_up(found: Rows) -> None:
    assert {key(row) for row in FIGURES} == set(found)
    hits = [
        found[key(row)]["page"] == row["page"] and Box(*found[key(row)]["bbox"]).iou(Box(*row["bbox"])) > 0.8 for row in FIGURES
    ]
    assert share(hits) >= 0.97


def test_captions_are_whole(found: Rows) -> None:
    alike = [
        difflib.SequenceMatcher(None, plain(row["caption"]), plain(found[key(row)]["caption"]), autojunk=False).ratio()
        for row in FIGURES
    ]
    assert share([ratio >= 0.97 for ratio in alike]) >= 0.97


def test_every_paragraph_that_cites_a_figure_is_its_mention(found: Rows) -> None:
    hits = []
    for row in FIGURES:
        read = [plain(text) for text in found[key(row)]["mentions"]]
        hits += [any(plain(text) in one for one in read) for text in row["mentions"]]
    assert share(hits) >= 0.95


def test_licences_are_read_as_printed_and_credits_to_others_withhold(found: Rows) -> None:
    for row in FIGURES:
        rights = found[key(row)]["rights"]
        printed = row["licence"]
        assert rights["licence"]["spdx"] == (printed or "LicenseRef-All-Rights-Reserved"), row["pdf"]
        withheld = row["third_party"] or printed is None or "-ND" in printed
        assert rights["tier"] == ("pointer" if withheld else "open"), (row["pdf"], row["label"], rights["reasons"])
        if row["third_party"]:
            assert "third-party-credit" in rights["reasons"]


def test_classes_agree_with_the_truth_for_most(found: Rows) -> None:
    assert share([found[key(row)]["kind"] == row["kind"] for row in FIGURES]) >= 0.8
    assert share([set(found[key(row)]["techniques"]) == set(row["techniques"]) for row in FIGURES]) >= 0.8
