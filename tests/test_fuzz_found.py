"""What fuzzing found, read again: any bytes are an answer with one status, and a caption whose parts lie where they say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzz import answers, captions

FOUND = Path(__file__).parent / "fuzz" / "found"
CHECKS: dict[str, Callable[[bytes], None]] = {"answers": answers.check, "captions": captions.check}
FILES = [(name, path) for name in CHECKS for path in sorted((FOUND / name).iterdir())]


@pytest.mark.parametrize(("name", "path"), FILES, ids=[f"{name}/{path.name}" for name, path in FILES])
def test_what_was_found_holds(name: str, path: Path) -> None:
    CHECKS[name](path.read_bytes())


def test_the_seeds_of_the_harnesses_hold() -> None:
    for seed in answers.seeds():
        answers.check(seed)
    for seed in captions.seeds():
        captions.check(seed)
