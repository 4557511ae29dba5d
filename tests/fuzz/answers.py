"""Any bytes as a model's answer: one status, no exception, no hang. Run by atheris (extra [fuzz]), replayed by a test.

python -m tests.fuzz.answers CORPUS_FOLDER -max_total_time=300   (what libFuzzer takes; findings land in tests/fuzz/found/)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from builder.scoring.answers import parse_answer
from builder.scoring.responses import STATUSES
from tests.fuzz.driver import fuzzed

OPTIONS = (tuple("ABCD"), tuple("ABCDEFGHIJ"), ("1", "2", "3"), ("yes", "no"), ("a", "A", "(B)", ".*"), ("",), ())
FINISHES = (None, "stop", "length", "content_filter")
WORDS = (
    "ANSWER:",
    "CONFIDENCE:",
    "DIFFICULTY:",
    "answer",
    "<answer>",
    "</answer>",
    "\\boxed{",
    "}",
    "```json",
    '{"answer":',
    "[",
    "]",
    "A, C",
    "option",
    "is correct",
    "not",
    "none",
    "all of the above",
    "and",
    "**",
    "<think>",
    "</think>",
    "\n",
    "- ",
    "(B)",
    "cannot",
    "final",
    "<|im_end|>",
    "wait",
    "no,",
    "the answer is",
    "both",
    "except",
    "0.8",
    "80%",
    "\\text{",
    "$",
    "therefore",
)


def check(data: bytes) -> None:
    """The first byte chooses labels and finish reason, the rest is the text."""
    choice = data[0] if data else 0
    options, finish = OPTIONS[choice % len(OPTIONS)], FINISHES[choice // len(OPTIONS) % len(FINISHES)]
    text = data[1:].decode("utf-8", "surrogateescape" if choice & 128 else "replace")
    read = parse_answer(text, options, finish_reason=finish)
    assert read.status in STATUSES, read
    assert bool(read.answer) == (read.status == "ok"), read
    assert read.answer <= set(options), read
    assert all(share is None or 0 <= share <= 1 for share in (read.confidence, read.difficulty)), read
    assert read == parse_answer(text, options, finish_reason=finish)


def seeds() -> Iterator[bytes]:
    for line in (Path(__file__).parents[1] / "answers.jsonl").read_text(encoding="utf-8").splitlines():
        text = json.loads(line)["text"]
        if isinstance(text, str):
            yield b"\x01" + text.encode("utf-8", "replace")


if __name__ == "__main__":
    fuzzed(check, "answers", seeds(), WORDS)
