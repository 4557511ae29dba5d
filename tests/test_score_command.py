"""`microtome score` on a release in a folder."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import jsonschema
import pyarrow.parquet as pq
import pytest
from written import write

from builder.cli import main
from builder.edges.asked_release import open_release
from builder.edges.scored_files import result_folder
from builder.errors import Exit
from builder.scoring import similarity
from builder.scoring.results import ITEMS_FILE, RESULT_FILE, Result
from builder.scoring.schemas import scoring_schema_files


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("release") / "small").folder


@pytest.fixture(scope="module")
def ids(release: Path) -> dict[str, list[str]]:
    opened = open_release(release)
    return {config: [str(row["id"]) for row in rows] for (config, split), rows in opened.tables.items() if split == "test"}


def put(path: Path, *lines: dict[str, object]) -> str:
    path.write_text("\ufeff" + "\n".join(json.dumps({"model": "org/m"} | one) for one in lines) + "\n\n", encoding="utf-8")
    return str(path)


def test_two_models_in_one_file_get_a_result_each_and_the_same_bytes_again(
    release: Path, ids: dict[str, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *_ = ids["caption_matching"]
    lines = [{"id": first, "text": "ANSWER: A"}, {"id": first, "text": "ANSWER: B", "model": "other", "prompt_hash": "f00"}]
    arguments = ["score", put(tmp_path / "p.jsonl", *lines), "--release", str(release), "--resamples", "50", "--out"]
    assert main([*arguments, str(tmp_path / "out")]) == Exit.OK
    told = capsys.readouterr().out
    assert "org/m: 2 items; 1 ok, 1 missing" in told
    assert told.splitlines()[-1].startswith("small_bench|v1.0.0|rows:")
    assert told.splitlines()[-1].endswith("|parser:1.1.0|prompt:f00|model:other")
    assert main([*arguments, str(tmp_path / "again")]) == Exit.OK
    for model in ("org--m", "other"):
        for name in (RESULT_FILE, ITEMS_FILE):
            one, other = (tmp_path / out / model / "caption_matching" / name for out in ("out", "again"))
            assert one.read_bytes() == other.read_bytes()
    capsys.readouterr()
    assert main([*arguments, str(tmp_path / "out")]) == Exit.OK
    assert "already there, unchanged" in capsys.readouterr().out
    text = (tmp_path / "out" / "other" / "caption_matching" / RESULT_FILE).read_text(encoding="utf-8")
    jsonschema.validate(json.loads(text), json.loads(scoring_schema_files()["result.json"]))
    assert Result.model_validate_json(text).items == 2


def test_every_item_and_repeat_has_a_row_sorted_and_a_missing_one_says_so(
    release: Path, ids: dict[str, list[str]], tmp_path: Path
) -> None:
    last = ids["caption_matching"][-1]
    lines = [
        {"id": last, "text": "ANSWER: A", "repeat": 1, "completion_tokens": 7},
        {"id": last, "text": "ANSWER: C, B\nCONFIDENCE: .5"},
    ]
    out = tmp_path / "out"
    assert main(["score", put(tmp_path / "p.jsonl", *lines), "--release", str(release), "--out", str(out)]) == Exit.OK
    rows = pq.read_table(out / "org--m" / "caption_matching" / ITEMS_FILE, partitioning=None).to_pylist()
    assert [(row["id"], row["repeat"]) for row in rows] == [(id_, n) for id_ in sorted(ids["caption_matching"]) for n in (0, 1)]
    mine = [row for row in rows if row["id"] == last]
    assert [row["status"] for row in rows if row["id"] != last] == ["missing"] * 2
    assert [(row["answer"], row["confidence"], row["completion_tokens"]) for row in mine] == [
        (["B", "C"], 0.5, None),
        (["A"], None, 7),
    ]
    assert {row["score_caption_match_accuracy"] for row in rows} <= {0.0, 1.0}
    assert all(len(row["key"]) == 1 for row in rows)


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        ({"id": "ms-0"}, Exit.FINDINGS, "'ms-0' is no item of the release"),
        ({"repeat": 0.5}, Exit.FINDINGS, "p.jsonl > line 2 > repeat] is 0.5"),
        ({"repeat": 0}, Exit.FINDINGS, "line 2] "),
    ],
)
def test_a_broken_line_is_told_and_nothing_is_written(
    change: dict[str, object],
    code: Exit,
    told: str,
    release: Path,
    ids: dict[str, list[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    good = {"id": ids["multi_select"][0], "text": "ANSWER: A"}
    path = put(tmp_path / "p.jsonl", good, good | change)
    assert main(["score", path, "--release", str(release), "--out", str(tmp_path / "out")]) == code
    assert told in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_ids_of_another_config_are_named_with_theirs(
    release: Path, ids: dict[str, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put(tmp_path / "p.jsonl", {"id": ids["caption_matching"][0], "text": "ANSWER: A"})
    arguments = ["score", path, "--release", str(release), "--out", str(tmp_path / "out"), "--config", "multi_select"]
    assert main(arguments) == Exit.FINDINGS
    assert "is of caption_matching test; multi_select test is scored" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "code", "told"),
    [
        (["--config", "multi_select", "--split", "validation"], Exit.USAGE, "has no multi_select validation; it has caption_"),
        (["--bertscore-model", "x"], Exit.USAGE, "needs its layer"),
        (["--resamples", "100001"], Exit.USAGE, "is 100001"),
        (["--release", "nowhere"], Exit.CANNOT_READ, "nowhere"),
    ],
)
def test_a_wrong_command_line_is_one_sentence(
    more: list[str],
    code: Exit,
    told: str,
    release: Path,
    ids: dict[str, list[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = put(tmp_path / "p.jsonl", {"id": ids["caption_matching"][0], "text": "ANSWER: A"})
    assert main(["score", path, "--release", str(release), "--out", str(tmp_path / "out"), *more]) == code
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_a_file_without_predictions_is_refused(
    content: bytes, release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.jsonl").write_bytes(content)
    arguments = ["score", str(tmp_path / "p.jsonl"), "--release", str(release), "--out", str(tmp_path / "out")]
    assert main(arguments) == Exit.CANNOT_READ
    assert main([*arguments, "--config", "multi_select"]) == Exit.CANNOT_READ
    assert capsys.readouterr().err.count("p.jsonl] has no line") == 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"confidence": 1.7}, "line 2 > confidence] is 1.7"),
        ({"model": ""}, "line 2 > model]"),
        ({"id": None}, "line 2 > id]"),
    ],
)
def test_where_every_line_is_broken_line_and_field_are_named(
    change: dict[str, object], told: str, release: Path, ids: dict[str, list[str]], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    path = put(tmp_path / "p.jsonl", *({"id": one, "text": "ANSWER: A"} | change for one in ids["caption_matching"]))
    assert main(["score", path, "--release", str(release), "--out", str(tmp_path / "out")]) == Exit.FINDINGS
    said = capsys.readouterr()
    assert told in said.out
    assert said.out.count("broken-line") == 2
    assert "2 findings: nothing was scored" in said.err


def test_replies_that_are_no_answer_are_not_said_to_be_answered(
    release: Path, ids: dict[str, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = ids["caption_matching"]
    path = put(tmp_path / "p.jsonl", {"id": one, "text": ""}, {"id": two, "status": "failed_request"})
    out = tmp_path / "out"
    assert main(["score", path, "--release", str(release), "--out", str(out), "--resamples", "20"]) == Exit.OK
    told = capsys.readouterr().out
    assert "0 of 2 answers ok, 1 received but not ok, 1 failed requests, 0 missing; what failed or is missing scores 0" in told
    assert main(["leaderboard", "add", str(tmp_path / "b.jsonl"), str(out)]) == Exit.OK
    assert main(["leaderboard", "show", str(tmp_path / "b.jsonl")]) == Exit.OK
    shown = " ".join(capsys.readouterr().out.split())
    assert "ok received, not ok failed request missing" in shown
    assert shown.endswith("0 of 2 1 1 0")
    assert "answered" not in shown


def test_another_result_is_never_overwritten(release: Path, ids: dict[str, list[str]], tmp_path: Path) -> None:
    right = {"id": ids["caption_matching"][0], "text": "ANSWER: A"}
    arguments = ["--release", str(release), "--out", str(tmp_path / "out"), "--resamples", "0"]
    assert main(["score", put(tmp_path / "p.jsonl", right), *arguments]) == Exit.OK
    before = (tmp_path / "out" / "org--m" / "caption_matching" / ITEMS_FILE).read_bytes()
    assert main(["score", put(tmp_path / "q.jsonl", right | {"text": "?"}), *arguments]) == Exit.CANNOT_WRITE
    assert (tmp_path / "out" / "org--m" / "caption_matching" / ITEMS_FILE).read_bytes() == before


def test_a_release_whose_rows_were_changed_is_not_scored_on(
    release: Path, ids: dict[str, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = shutil.copytree(release, tmp_path / "changed")
    (path,) = changed.glob("data/caption_matching/test-*.parquet")
    table = pq.read_table(path, partitioning=None)
    pq.write_table(table.slice(1), path)
    arguments = ["score", put(tmp_path / "p.jsonl", {"id": ids["multi_select"][0], "text": ""}), "--release", str(changed)]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == Exit.CANNOT_READ
    assert "its rows give the logical hash" in capsys.readouterr().err


def test_a_description_without_the_models_says_why_it_has_no_score(
    release: Path, ids: dict[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    similarity.sentence_model.cache_clear()
    path = put(tmp_path / "p.jsonl", {"id": ids["description"][0], "text": "Round grains."})
    assert main(["score", path, "--release", str(release), "--out", str(tmp_path / "out")]) == Exit.OK
    result = Result.model_validate_json((tmp_path / "out" / "org--m" / "description" / RESULT_FILE).read_bytes())
    assert (result.micro["description_similarity"].value, result.micro["description_similarity"].n) == (None, 1)
    assert "pip install 'microtome[semantic]'" in result.not_scored["description_similarity"]
    assert result.statuses["ok"] == 1


@pytest.mark.parametrize(
    ("model", "folder"),
    [
        ("m", "m"),
        ("org/m-1.5", "org--m-1.5"),
        ("../x", None),
        ("a--b", None),
        ("ü", None),
        ("x" * 300, None),
        (".", None),
        ("a b", None),
    ],
)
def test_a_models_folder_has_its_name_and_is_nobody_elses(model: str, folder: str | None) -> None:
    found = result_folder(Path("out"), model, "multi_select")
    assert found.parent.parent == Path("out")
    assert found.parent.name == folder or (folder is None and len(found.parent.name) <= 100 and found.parent.name[-9:-8] in "-")
