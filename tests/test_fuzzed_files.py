"""Files of strangers, mutated: each is read, or refused in a sentence of ours; nothing else comes out."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from synthetic_run import rows, write_run
from written import write

from builder.cli import main
from builder.edges.asked_items import read_items
from builder.edges.asked_release import open_release
from builder.edges.board_file import board_lines
from builder.edges.papers import COLUMNS, find_papers
from builder.edges.record_lines import read_records
from builder.edges.released import release_at
from builder.edges.result_folders import read_manifest, read_results
from builder.edges.stored_answers import stored_answers
from builder.edges.vlm import read_reply_file
from builder.errors import MicrotomeError
from builder.parsing import parsed
from builder.recipe import read_recipe
from builder.release.files import MANIFEST
from builder.reporting.board import row_of
from builder.revising import lines_of
from builder.scoring.asked import asked
from builder.scoring.judged import Judged
from builder.scoring.responses import Reader

ROOT = Path(__file__).parents[1]
RECIPES = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "builder" / "recipes").glob("*.toml"))]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "10"))  # more by hand: FUZZ_EXAMPLES=5000
Read = Callable[[Path], object]

leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.sampled_from([2**63, -(2**63) - 1, 10**400, "../../x", "\0", "\ud800", "=1", "<script>", "x" * 5000, -0.0, 1e-320]),
)  # fmt: skip
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=5
)


def places(value: object, at: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """Every place of a JSON value."""
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*at, key))


def changed(value: object, at: tuple[object, ...], put: Callable[[object], object]) -> object:
    """A copy with another value at one place."""
    if not at:
        return put(value)
    copy = dict(value) if isinstance(value, dict) else list(value)  # type: ignore[call-overload]
    copy[at[0]] = changed(copy[at[0]], at[1:], put)
    return copy


@st.composite
def documents(draw: st.DrawFn, valid: dict[str, object]) -> bytes:
    """The valid document with some of its values replaced, its text cut or changed in a byte; or any bytes at all."""
    how = draw(st.sampled_from(["values", "values", "values", "cut", "byte", "bytes", "deep"]))
    if how == "bytes":
        return draw(st.binary(max_size=100))
    if how == "deep":
        return b'{"a":' * 3000 + b"[" * draw(st.integers(0, 100_000))
    told: object = valid
    for _ in range(draw(st.integers(1, 3)) if how == "values" else 0):
        told = changed(told, draw(st.sampled_from(list(places(told)))), lambda _: draw(values))
    data = json.dumps(told).encode()
    if how == "cut":
        return data[: draw(st.integers(0, len(data)))]
    if how == "byte":
        at = draw(st.integers(0, len(data) - 1))
        return data[:at] + draw(st.binary(max_size=3)) + data[at + 1 :]
    return data


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """One right document of each kind."""
    folder = tmp_path_factory.mktemp("valid")
    release = write(folder / "release").folder
    (run,) = write_run(folder / "run", items=6, papers=3, models=("gale-1",), resamples=5)
    ((_, result),) = read_results([run])
    judged = {
        "kind": "item", "id": "x", "repeat": 0, "model": "m", "text_sha256": "a", "scale": "micro", "paper_id": "p",
        "judge": "j", "judge_answered": ["j"], "preset": "csmbench-1-10", "low": 1, "high": 10, "prompt_hash": "h",
        "scores": [5, None], "verdicts": ["scored", "failed"], "mean": 5.0, "spread": None, "normalised": 0.4, "known": None,
    }  # fmt: skip
    return {
        "manifest": json.loads((release / MANIFEST).read_bytes()),
        "result": result.model_dump(mode="json"),
        "board": json.loads(board_lines([row_of(result)])),
        "prediction": {
            "id": ROWS[0]["id"], "model": "m", "text": "ANSWER: A", "answer": ["A"], "status": "ok", "repeat": 0,
            "confidence": 0.5, "prompt_tokens": 7, "finish_reason": "stop",
        },
        "judged": judged,
        "item": {"id": "1", "paper": "p", "stem": "s", "options": ["a", "b"], "answer": ["A"]},
        "erratum": {"item": "ms-1", "key": "A,C", "reason": "wrong"},
        "answer": {"id": 1, "text": "ANSWER: A", "options": ["A", "B"], "finish_reason": "stop"},
        "reply": {"hash": "file", "outcome": "answered", "value": {"a": 1}, "text": "x", "model_asked": "m"},
    }  # fmt: skip


ROWS = rows("multi_select", 4, 2)
ASKED = asked("multi_select", "test", ROWS, {})


def _predictions(path: Path) -> object:
    reader = Reader(ASKED, {})
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        reader.read(line, str(path), number)
    return str(reader.findings)


def _command(*arguments: str) -> Read:
    def run(path: Path) -> object:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return main([*arguments, str(path)])

    return run


READERS: dict[str, tuple[str, str, Read]] = {
    "a manifest, to be scored": ("manifest", MANIFEST, lambda path: open_release(path.parent)),
    "a manifest, to be reported": ("manifest", MANIFEST, lambda path: read_manifest(path.parent)),
    "a manifest, to be compared": ("manifest", MANIFEST, lambda path: release_at(str(path.parent))),
    "a result": ("result", "result.json", lambda path: read_results([path.parent])),
    "a leaderboard": ("board", "board.jsonl", _command("leaderboard", "show")),
    "predictions to be scored": ("prediction", "p.jsonl", _predictions),
    "predictions to be scored again": ("prediction", "p.jsonl", lambda path: stored_answers(path, {}, ("multi_select",))),
    "judgements": ("judged", "j.jsonl", lambda path: list(read_records(str(path), Judged))),
    "items": ("item", "i.jsonl", read_items),
    "errata": ("erratum", "e.jsonl", lambda path: list(lines_of(path.read_bytes().decode("utf-8", "replace"), "e"))),
    "answers": (
        "answer",
        "a.jsonl",
        lambda path: list(parsed(path.read_bytes().decode("utf-8", "replace").split("\n"), "AB", "a")),
    ),
    "a recorded reply": ("reply", "file.json", read_reply_file),
}


def refused_or_read(read: Read, path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with contextlib.suppress(MicrotomeError):
        read(path)


@pytest.mark.parametrize("what", READERS)
def test_a_mutated_file_is_read_or_refused_in_a_sentence(
    what: str, valid: dict[str, dict[str, object]], tmp_path: Path
) -> None:
    kind, name, read = READERS[what]
    refused_or_read(read, tmp_path / name, json.dumps(valid[kind]).encode())

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)
    @given(documents(valid[kind]))
    def holds(data: bytes) -> None:
        refused_or_read(read, tmp_path / name, data)

    holds()


TOKENS = re.compile(r"\s+|[A-Za-z0-9_.]+|.", re.DOTALL)
ODD = [
    "=",
    "[",
    "]]",
    '"',
    "'''",
    "\n",
    "nan",
    "1e999",
    "-1",
    "0x1F",
    "1979-05-27",
    "true",
    "{",
    "#",
    "\0",
    "💥",
    "tier",
    "\\u0000",
]


@st.composite
def recipes(draw: st.DrawFn) -> str:
    """A shipped recipe with some of its words replaced, left out or doubled."""
    words = TOKENS.findall(draw(st.sampled_from(RECIPES))[: draw(st.sampled_from([500, 5000, 10**6]))])
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(words) - 1))
        words[at] = draw(st.sampled_from([*ODD, "", words[at] * 2]) | st.text(max_size=5))
    return "".join(words)


@settings(max_examples=EXAMPLES, deadline=None)
@given(recipes() | st.text(max_size=80))
def test_a_mutated_recipe_is_read_or_refused_in_a_sentence(text: str) -> None:
    with contextlib.suppress(MicrotomeError):
        read_recipe(text, "x.toml")


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.binary(max_size=60)
    | st.lists(
        st.lists(st.text(max_size=12) | st.sampled_from(["a.pdf", "../a.pdf", "", "\0", '"', "\n"]), max_size=8), max_size=3
    ).map(lambda lines: "\n".join([",".join(COLUMNS), *(",".join(line) for line in lines)]).encode("utf-8", "replace"))
)
def test_a_mutated_papers_csv_is_read_or_refused_in_a_sentence(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    refused_or_read(lambda path: find_papers([path]), tmp_path / "papers.csv", data)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet="|,;\t\n-.0123456789%±aEM", max_size=120).map(str.encode))
def test_a_mutated_table_is_linted_or_refused_in_a_sentence(tmp_path: Path, data: bytes) -> None:
    refused_or_read(_command("lint"), tmp_path / "table.csv", data)
