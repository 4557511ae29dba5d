"""A leaderboard's rows are pinned: what cannot be compared stands apart, what is there is not overwritten."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from synthetic_run import MODELS, write_run

from builder.cli import main

SOME = tuple(MODELS)[:3]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("results")
    write_run(out, items=24, papers=8, models=SOME, resamples=20)
    return out


@pytest.fixture
def board(results: Path, tmp_path: Path) -> Path:
    assert main(["leaderboard", "add", str(tmp_path / "board.jsonl"), str(results)]) == 0
    return tmp_path / "board.jsonl"


def test_a_row_has_release_metric_and_parser_versions(board: Path) -> None:
    rows = [json.loads(line) for line in board.read_text().splitlines()]
    assert [row["signature"]["model"] for row in rows] == sorted(SOME)
    assert all(row["signature"]["metrics"]["sip_f1"] and row["signature"]["parser"] for row in rows)


def test_adding_the_same_result_again_changes_nothing_and_says_so(
    board: Path, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = board.read_bytes()
    assert main(["leaderboard", "add", str(board), str(results / SOME[0])]) == 0
    assert board.read_bytes() == before
    assert "already there, unchanged" in capsys.readouterr().err


def test_other_numbers_under_the_same_signature_are_refused(
    board: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder,) = write_run(tmp_path / "other", items=24, papers=8, models=SOME[:1], resamples=20)
    result = json.loads((folder / "result.json").read_text())
    result["micro"]["sip_f1"]["value"] = 0.123
    (folder / "result.json").write_text(json.dumps(result))
    before = board.read_bytes()
    assert main(["leaderboard", "add", str(board), str(folder)]) == 2
    assert "0.123" in capsys.readouterr().err
    assert board.read_bytes() == before


def test_another_release_version_stands_in_a_table_of_its_own(
    board: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(tmp_path / "next", items=24, papers=8, models=SOME[:1], version="1.1.0", resamples=20)
    assert main(["leaderboard", "add", str(board), str(tmp_path / "next")]) == 0
    capsys.readouterr()
    assert main(["leaderboard", "show", str(board)]) == 0
    shown = capsys.readouterr().out
    assert len(shown.split("\n\n")) == 2
    assert shown.count("not comparable with another table of this task: version: '1.") == 2


def test_an_export_is_a_dataset_and_a_static_space(board: Path, tmp_path: Path) -> None:
    out = tmp_path / "export"
    assert main(["leaderboard", "export", str(board), "--out", str(out), "--title", "A: b <script>"]) == 0
    rows = pq.read_table(out / "dataset" / "data" / "results.parquet").to_pylist()
    assert {row["model"] for row in rows} == set(SOME)
    assert all(row["metric_version"] for row in rows)
    assert all(row["ok"] + row["not_ok"] + row["failed"] + row["missing"] == row["items"] for row in rows)
    assert 'title: "A: b <script>"' in (out / "space" / "README.md").read_text()
    assert "sdk: static" in (out / "space" / "README.md").read_text()
    page = (out / "space" / "index.html").read_text()
    assert "<script" not in page
    assert "Content-Security-Policy" in page
    assert (out / "dataset" / "data" / "results.jsonl").read_bytes() == board.read_bytes()


def test_the_exported_dataset_loads(board: Path, tmp_path: Path) -> None:
    from datasets import load_dataset

    assert main(["leaderboard", "export", str(board), "--out", str(tmp_path / "export")]) == 0
    rows = load_dataset(str(tmp_path / "export" / "dataset"), "results", cache_dir=str(tmp_path / "cache"))["test"]
    assert set(rows["model"]) == set(SOME)


def test_a_broken_line_is_named(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    board.write_text(board.read_text() + "{}\n")
    assert main(["leaderboard", "show", str(board)]) == 3
    assert f"line {len(SOME) + 1}] is not a row of a leaderboard" in capsys.readouterr().err


def test_a_board_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    assert main(["leaderboard", "show", str(tmp_path / "none.jsonl")]) == 3


def test_a_folder_of_something_else_is_not_written_over(board: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.txt").write_text("mine")
    assert main(["leaderboard", "export", str(board), "--out", str(tmp_path / "mine")]) == 4
