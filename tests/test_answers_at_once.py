"""What is read at once, and patterns that are not searched for in vain: the reading is that of the whole search."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.scoring import answer_statements, answers
from builder.scoring.answers import Answer, parse_answer

TABLE = [json.loads(line) for line in (Path(__file__).parent / "answers.jsonl").read_text(encoding="utf-8").splitlines()]
OPTIONS = tuple("ABCDEF")
FINISHES = (None, "stop", "length")
ENDS = (
    "ANSWER: A", "ANSWER: A,C\nCONFIDENCE: 0.8", "ANSWER:C , A \nCONFIDENCE: 80%\nDIFFICULTY: .4\n\n",
    "ANSWER: B\nDIFFICULTY: 1.2", "ANSWER: A,C,", "ANSWER: G", "ANSWER: A C", "answer: A", "ANSWER: A\nCONFIDENCE: 0.8.",
    "ANSWER: A\r\n", "ANSWER: AB", "ANSWER:", "ANSWER: A\n\nCONFIDENCE: 7", "ANSWER: A\nThat is all.",
)  # fmt: skip
PIECES = (
    *ENDS, '{"answer": "B"', '"answer": "B"', "'choice': ", "}", "{", "<think>", "</think>", "<answer>B", "</answer>",
    "\\boxed{", "C", "The answer is D.", "the answer ıs D.", "The anſwer is D", "I choose B", "None of these is correct",
    "A and C are correct.", "Confidence: 0.3", "CONFİDENCE: 0.3", "confıdence = .2", "Difficulty: 40%", "\n", " ", ". ", "so",
    "**", "ＡＮＳＷＥＲ：Ａ", "error", "not",
    "my choice is E", "FINAL ANSWER: F", "(?)", "\x85", "\u2028", "\t", "12", "%",
)  # fmt: skip


@contextmanager
def searched_whole() -> Iterator[None]:
    always = {"may_match": lambda *_: True}
    with (
        patch.object(answers, "_kept", lambda *_: None),
        patch.multiple(answers, **always),
        patch.multiple(answer_statements, **always),
    ):
        yield


def both(text: str, finish: str | None) -> tuple[Answer, Answer]:
    quick = parse_answer(text, OPTIONS, finish_reason=finish)
    with searched_whole():
        return quick, parse_answer(text, OPTIONS, finish_reason=finish)


@pytest.mark.parametrize("finish", FINISHES)
def test_every_text_of_the_table_is_read_as_by_the_whole_search_alone_and_before_an_end(finish: str | None) -> None:
    for case in TABLE:
        text = case["text"] or ""
        for one in (text, *(f"{text}\n{end}" for end in ENDS[:4])):
            quick, whole = both(one, finish)
            assert quick == whole, one


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=7), st.sampled_from(("", "\n", " ")), st.sampled_from(FINISHES))
def test_any_text_of_such_pieces_is_read_as_by_the_whole_search(pieces: list[str], joint: str, finish: str | None) -> None:
    quick, whole = both(joint.join(pieces), finish)
    assert quick == whole


def test_the_contract_kept_to_the_letter_is_not_searched() -> None:
    with patch.object(answers, "_searched", lambda *_: pytest.fail("was searched")):
        read = parse_answer("The grains are round.\nANSWER: A, C\nCONFIDENCE: 0.8\nDIFFICULTY: 0.4", OPTIONS)
    assert read == Answer(frozenset("AC"), "ok", 0.8, 0.4)
