"""The answer parser against a table of texts with their right reading, and the shapes that hold for any text."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.errors import CannotRead, UsageError
from builder.parsing import labels_of, parsed
from builder.scoring.answers import CONTRACT, parse_answer

TABLE = [json.loads(line) for line in (Path(__file__).parent / "answers.jsonl").read_text(encoding="utf-8").splitlines()]
OPTIONS = tuple("ABCDEF")


@pytest.mark.parametrize("case", TABLE, ids=lambda case: repr(case["text"])[:60])
def test_a_text_is_read_as_the_table_says(case: dict[str, object]) -> None:
    options = case.get("options", OPTIONS)
    read = parse_answer(case["text"], options, finish_reason=case.get("finish_reason"))  # type: ignore[arg-type]
    assert (sorted(read.answer), read.status) == (case["answer"], case["status"])


def test_confidence_and_difficulty_are_shares_or_nothing() -> None:
    said = "ANSWER: A\nCONFIDENCE: {}\nDIFFICULTY: 0.4"
    assert [parse_answer(said.format(c), OPTIONS).confidence for c in ("0.8", "80%", ".5", "80", "high", "1.0")] == [
        0.8, 0.8, 0.5, None, None, 1.0,
    ]  # fmt: skip
    assert parse_answer(said.format("0.8"), OPTIONS).difficulty == 0.4
    assert parse_answer('{"answer": "A", "confidence": 0.7}', OPTIONS).confidence == 0.7


def test_the_contract_is_read_as_what_it_shows() -> None:
    assert parse_answer(CONTRACT.rpartition(": ")[0] + "\nANSWER: A,C", OPTIONS).answer == {"A", "C"}


@given(st.text(max_size=200), st.sampled_from([None, "stop", "length"]))
def test_any_text_has_one_status_and_an_answer_only_when_ok(text: str, finish: str | None) -> None:
    read = parse_answer(text, OPTIONS, finish_reason=finish)
    assert bool(read.answer) == (read.status == "ok")
    assert read.answer <= set(OPTIONS)


@given(
    st.sets(st.sampled_from(OPTIONS), min_size=1), st.sampled_from([", ", ",", " and ", "; "]), st.text("xyz \n", max_size=40)
)
def test_the_contracts_line_is_read_after_any_talk(chosen: set[str], joint: str, talk: str) -> None:
    assert parse_answer(f"{talk}\nANSWER: {joint.join(sorted(chosen))}\nCONFIDENCE: 0.5", OPTIONS).answer == chosen


def test_lines_come_out_one_for_one_in_the_order_of_the_options() -> None:
    lines = ['{"text": "ANSWER: C, A"}', '{"text": null}', '{"text": "ANSWER: 2", "options": ["1", "2"]}']
    assert [json.loads(line)["answer"] for line in parsed(lines, OPTIONS, "x")] == [["A", "C"], [], ["2"]]


@pytest.mark.parametrize("line", ["{", "[]", '{"txt": 1}', '{"text": 5}', '{"text": "", "options": []}'])
def test_a_line_that_is_no_answer_is_named(line: str) -> None:
    with pytest.raises(CannotRead, match="answers.jsonl > line 2"):
        list(parsed(['{"text": ""}', line], OPTIONS, "answers.jsonl"))


@pytest.mark.parametrize("text", ["", "F-A", "A,,B", "A,A"])
def test_options_that_name_no_labels_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--options"):
        labels_of(text)


def test_the_command_reads_a_pipe() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "builder.cli", "parse", "-", "--options", "A-C"],
        input=io.BytesIO(b'{"text": "ANSWER: B"}').read(), capture_output=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout)["answer"] == ["B"]
