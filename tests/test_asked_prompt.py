"""The prompt that every harness gives a model, and what the parser makes of it when it is echoed."""

from __future__ import annotations

import doctest

import pytest

from builder.scoring import asked_prompt
from builder.scoring.answers import CONTRACT, parse_answer
from builder.scoring.asked_prompt import PROMPT_VERSION, prompt_hash, prompt_of

HASH = "cc118e81b98739b24b02e498f6cdd1265ec7e706abfa50d98b96f658c021e779"


def test_the_prompt_is_the_question_the_lettered_options_and_the_contract() -> None:
    asked = prompt_of("Which holds?", ["One.", "Two.", "Three."])
    assert asked.startswith("Which holds?\n\nA. One.\nB. Two.\nC. Three.\n\n" + CONTRACT)


def test_a_changed_word_changes_the_hash_and_has_to_raise_the_version() -> None:
    assert (PROMPT_VERSION, prompt_hash()) == ("1.0.0", HASH)


@pytest.mark.parametrize("options", [[], ["one"], ["x"] * 27])
def test_options_that_cannot_be_lettered_are_refused(options: list[str]) -> None:
    with pytest.raises(ValueError, match=f"there are {len(options)} options"):
        prompt_of("?", options)


def test_a_reply_after_the_echoed_prompt_is_read_and_its_numbers_are_the_replys() -> None:
    asked = prompt_of("Which holds?", ["One.", "Two.", "Three.", "Four."])
    said = parse_answer(f"{asked}\n\nANSWER: B,D\nCONFIDENCE: 0.55\nDIFFICULTY: 0.3", "ABCD")
    assert (said.answer, said.status, said.confidence, said.difficulty) == ({"B", "D"}, "ok", 0.55, 0.3)


def test_the_examples_in_the_module_run() -> None:
    assert doctest.testmod(asked_prompt).failed == 0
