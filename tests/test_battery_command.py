"""`microtome battery` on a release and on anybody's items."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from written import write

from builder.cli import main
from builder.edges.asked_items import read_items
from builder.errors import CannotRead, Exit


def line(**change: object) -> str:
    given = {"id": "1", "paper": "p", "stem": "Which?", "options": ["a", "b", "c"], "answer": ["A", "C"]}
    return json.dumps({key: value for key, value in (given | change).items() if value is not None})


@pytest.mark.parametrize(
    ("answer", "key"), [("B", {1}), (1, {1}), (["A", "C"], {0, 2}), (["A", "A"], {0}), (["A", "B", "C"], {0, 1, 2})]
)
def test_an_answer_is_a_letter_letters_or_a_place(answer: object, key: set[int], tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text("\ufeff" + line(answer=answer) + "\n\n" + line(id=2, answer="A"), encoding="utf-8")
    first, second = read_items(tmp_path / "mine.jsonl")["mine"]
    assert (first.key, second.key, second.id) == (key, {0}, "2")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "has no items"),
        ("{", "line 1] is not JSON"),
        ("[" * 100_000, "line 1] is not JSON"),
        ("[1]", "is list, not an object"),
        (line(id=None), "id is None"),
        (line(paper=""), "paper is ''"),
        (line(stem=3), "stem is 3"),
        (line(options="abc"), "options are not a list of texts"),
        (line(options=["a"]), "there are 1 options"),
        (line(options=["a"] * 27), "there are 27 options"),
        (line(answer="D"), "answer is 'D' of 3 options"),
        (line(answer="A, C"), "answer is 'A, C'"),
        (line(answer=[]), r"answer is \[\]"),
        (line(answer=True), "answer is True"),
        (line(answer=-1), "answer is -1"),
        (line(answer=None), "answer is None"),
        (line() + "\n" + line(), "id '1' is there twice"),
    ],
)
def test_a_line_that_is_no_item_is_named_and_nothing_is_guessed(text: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(CannotRead, match=problem):
        read_items(tmp_path / "mine.jsonl")


@pytest.mark.parametrize("name", ["nowhere", "folder", "latin"])
def test_what_cannot_be_read_ends_with_its_exit_code(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin").write_bytes(b"\xe9")
    assert main(["battery", str(tmp_path / name)]) == Exit.CANNOT_READ


def test_a_release_is_attacked_as_its_own_file_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "release").folder
    assert main(["battery", "--json", str(folder)]) == Exit.OK
    told = json.loads(capsys.readouterr().out)
    recorded = json.loads((folder / "attacks.json").read_bytes())["configs"]
    assert sorted(told, key=lambda one: str(one["config"])) == sorted(recorded, key=lambda one: str(one["config"]))


def test_items_that_give_themselves_away_end_with_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items = [line(id=n, paper=n // 2, options=["short", "much longer", "brief"], answer="B") for n in range(80)]
    (tmp_path / "leaky.jsonl").write_text("\n".join(items), encoding="utf-8")
    assert main(["battery", str(tmp_path / "leaky.jsonl")]) == Exit.FINDINGS
    said = capsys.readouterr().out
    assert said.startswith("leaky: failed; 80 items of 40 papers, right options 1 of 3 in 80\n")
    assert "longest_option           80     100.0  100.0 to 100.0    33.3   100.0   100.0    33.3  0.0001  0.0011 **" in said


@pytest.mark.parametrize("alpha", ["0", "1", "5", "x", "-0.1", ".0"])
def test_a_level_that_is_none_is_refused(alpha: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["battery", "x", "--alpha", alpha])
    assert stopped.value.code == Exit.USAGE
