"""A few kilobytes that stand for gigabytes: refused in a sentence that names the limit, before memory goes."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from written import write

from builder.cli import main
from builder.edges import bounded, lines
from builder.edges.bounded import rows_within
from builder.edges.lines import text_lines
from builder.edges.papers import COLUMNS, find_papers
from builder.edges.result_folders import SCORE
from builder.edges.result_folders import _items as item_scores
from builder.edges.scored_files import prediction_lines
from builder.errors import CannotRead, Exit
from builder.scoring.results import ITEMS_FILE
from builder.shipped import load_recipe
from builder.toml_text import LONGEST, read_toml

DATA = "data/multi_select/test-00000-of-00001.parquet"


def of_one_text(path: Path, size: int, rows: int, groups: int = 1) -> None:
    """Rows that all say one long text, which stands in the file once for each group, packed."""
    text = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * size]))
    ids = pa.array([f"{number:08x}" for number in range(rows)])
    plain = dict.fromkeys(("id", "paper_id", "options", "answer", "image", "pixels_sha256"), ids)
    table = pa.table({**plain, "question": text})
    with pq.ParquetWriter(
        path, table.schema, compression="zstd", dictionary_pagesize_limit=2 * size, store_schema=False, write_statistics=False
    ) as writer:
        for _ in range(groups):
            writer.write_table(table)


@pytest.fixture(scope="module")
def bombed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of which one table of a few kilobytes would take 1.6 gigabytes."""
    folder = write(tmp_path_factory.mktemp("bomb") / "release").folder
    of_one_text(folder / DATA, 16 << 20, 100)
    assert (folder / DATA).stat().st_size < 20_000
    return folder


@pytest.mark.parametrize("command", ["validate", "diff", "score", "rescore", "ask", "battery", "publish", "withdraw", "cite"])
def test_a_command_on_a_release_that_swells_ends_in_a_sentence(
    command: str, bombed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bounded, "ROOM", 256 << 20)  # enough for what is sound, and soon filled
    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"id": "x", "model": "m", "text": "ANSWER: A"}\n', encoding="utf-8")
    release = str(bombed)
    arguments = {
        "validate": [release],
        "diff": [release, release],
        "score": [str(answers), "--release", release, "--out", str(tmp_path / "out")],
        "rescore": [str(answers), "--from", release, "--to", release],
        "ask": [release, "--config", "multi_select", "--model", "m", "--base-url", "http://127.0.0.1:9/v1", "--api-key-env", "",
            "--out", str(tmp_path / "a")],
        "battery": [release],
        "publish": [release, "org/name"],
        "withdraw": [
            release, "--figure", "x", "--reason", "x", "--out", str(tmp_path / "n"), "--version", "1.1.0",
        ],
        "cite": [release],
    }[command]  # fmt: skip
    try:
        code = main([command, *arguments])
    except SystemExit as ended:  # argparse
        pytest.fail(f"{command}: {ended.code} {capsys.readouterr().err}")
    told = capsys.readouterr()
    assert code in {Exit.FINDINGS, Exit.CANNOT_READ}, told.err
    wanted = "is not a whole release" if command == "cite" else "a group of its rows needs more than 256 MiB of memory"
    assert wanted in told.out + told.err


def test_rows_without_an_id_cannot_be_more_than_bytes(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": pa.nulls(10**7, pa.string())}), tmp_path / "x.parquet")
    size = (tmp_path / "x.parquet").stat().st_size
    with pytest.raises(pa.ArrowInvalid, match=f"says that it holds 10000000 rows in {size} bytes"):
        next(rows_within(pq.ParquetFile(tmp_path / "x.parquet"), size))


def test_a_result_of_ten_thousand_repeats_takes_less_than_a_byte_a_row_and_is_read(tmp_path: Path) -> None:
    row = {"id": "cm-1", "repeat": 0, "paper_id": "p", "figure_id": "f", "status": "ok", "answer": ["A"], "key": ["A"]}
    rows = [row | {"confidence": None, "difficulty": None, "completion_tokens": 9, f"{SCORE}exact_match": 1.0}] * 10_000
    path = tmp_path / ITEMS_FILE
    pq.write_table(pa.Table.from_pylist(rows), path, compression="zstd")
    assert path.stat().st_size < len(rows)
    assert sum(item.scores["exact_match"] for item in item_scores(path)) == len(rows)


def test_groups_that_fit_one_by_one_may_not_swell_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "_SWELLS", 10)
    monkeypatch.setattr(bounded, "ROOM", 64 << 20)
    of_one_text(tmp_path / "x.parquet", 8 << 20, 1, groups=20)
    path = tmp_path / "x.parquet"
    with pytest.raises(pa.ArrowInvalid, match="swells from [0-9]+ bytes to more than"):
        for _ in rows_within(pq.ParquetFile(path), path.stat().st_size):
            pass


def test_what_is_read_of_a_sound_file_is_what_it_holds(tmp_path: Path) -> None:
    rows = [{"id": f"{number:08x}", "text": "of the grains " * 9} for number in range(500)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "x.parquet", row_group_size=70)
    path = tmp_path / "x.parquet"
    for groups in (1, 3, 50):
        assert list(rows_within(pq.ParquetFile(path), path.stat().st_size, groups=groups)) == rows


def test_a_line_without_end_is_refused_when_it_is_too_long_and_not_read_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "LONGEST", 1 << 20)
    path = tmp_path / "predictions.jsonl"
    path.write_bytes(b"\xef\xbb\xbfa\n" + b"x" * (1 << 20) + b"y\nb\n")
    for read in (prediction_lines, lambda path: text_lines(str(path))):
        found = read(path)
        assert next(found)
        with pytest.raises(CannotRead, match="line 2] is longer than 1 MiB"):
            next(found)


def test_a_recipe_of_megabytes_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (tmp_path / "recipe.toml").open("wb") as file:
        file.truncate(100 << 20)
    assert main(["figures", str(tmp_path), "--recipe", str(tmp_path / "recipe.toml")]) in {Exit.USAGE, Exit.CANNOT_READ}
    assert "is larger than 4 MiB" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 300_000,
        "a = " + "{b = " * 100_000,
        ".".join("a" * 200_000) + " = 1",
        " . ".join(['"a b"'] * 50_000) + " = 1",
        "[" + ".".join(["'\\'"] * 50_000) + "]",
        ".".join([r'"\""'] * 50_000) + " = 1",
        "x" * (LONGEST + 1),
    ],
    ids=["arrays", "tables", "parts", "quoted parts", "parts of a head", "quotes in parts", "long"],
)
def test_toml_that_its_reader_would_choke_on_is_no_toml(text: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        read_toml(text)


@given(st.text("ab.\"'= \n[]\\-#", max_size=60))
def test_other_toml_is_read_as_ever(text: str) -> None:
    def outcome(read: object) -> object:
        try:
            return read(text)  # type: ignore[operator]
        except tomllib.TOMLDecodeError as error:
            return str(error)

    assert outcome(read_toml) == outcome(tomllib.loads)


def test_every_shipped_recipe_is_read() -> None:
    assert load_recipe("csm_bench").tasks


def test_a_papers_csv_of_columns_by_the_hundred_thousand_is_a_hundred_findings(tmp_path: Path) -> None:
    head = ",".join([*COLUMNS, *(f"c{number % 100_000}" for number in range(200_000))])
    (tmp_path / "papers.csv").write_text(f"{head}\nx.pdf\n", encoding="utf-8")
    with pytest.raises(CannotRead) as told:
        find_papers([tmp_path / "papers.csv"])
    assert len(str(told.value)) < 20_000
    assert "and 199900 more" in str(told.value)


def test_json_of_a_release_without_a_bottom_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "release").folder
    shutil.rmtree(folder / "data")
    (folder / "manifest.json").write_text("[" * 100_000, encoding="utf-8")
    assert main(["diff", str(folder), str(folder)]) == Exit.CANNOT_READ
    with pytest.raises((ValueError, RecursionError)):
        json.loads((folder / "manifest.json").read_bytes())
    assert "is not a manifest" in capsys.readouterr().err
