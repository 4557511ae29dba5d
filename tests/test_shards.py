"""A release whose tables are several files each: whoever reads one sees the release whose tables are one file each."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from datasets import load_dataset
from written import rows_in, write

from builder import shipped
from builder.cli import main
from builder.edges.asked_items import read_items
from builder.edges.asked_release import open_release
from builder.edges.harness_files import tsv_checksums
from builder.edges.parquet import Cells, portions
from builder.edges.released import release_at
from builder.edges.shown_rows import OptionsRow, rows_of
from builder.edges.validation import check_files
from builder.errors import CannotRead, Exit
from builder.release.data_files import data_path, shards_of
from builder.release.diff import difference
from builder.release.rows import CONFIGS, Config
from builder.stages.rights import read_policy

POLICY = read_policy(shipped.text("licenses", "policy.toml"), "policy.toml")
LIMIT = "builder.edges.release_folder.SHARD_BYTES"


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Intervals of fewer draws, which are tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builder.scoring.battery.RESAMPLES", 10)
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("whole") / "release").folder


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LIMIT, 1)
        return write(tmp_path_factory.mktemp("sharded") / "release").folder


def files(folder: Path, config: Config) -> tuple[str, ...]:
    return shards_of((path.relative_to(folder).as_posix() for path in folder.rglob("*.parquet")), config, "test")


def told(folder: Path, name: str) -> object:
    return json.loads((folder / "manifest.json").read_bytes())[name]


def test_rows_are_cut_into_shards_and_row_groups_in_their_order_none_larger_than_said_unless_it_is_one_row() -> None:
    sizes = [3, 4, 2, 9, 30, 1, 1, 10, 10, 0]
    made = [[row.bytes for row in shard] for shard in portions((Cells({}, size) for size in sizes), 10)]
    assert made == [[3, 4, 2], [9], [30], [1, 1], [10], [10, 0]]
    made = [[row.bytes for row in group] for group in portions((Cells({}, size) for size in sizes), 10, 2)]
    assert made == [[3, 4], [2], [9], [30], [1, 1], [10], [10, 0]]
    assert not list(portions([], 10))


def test_a_table_has_as_many_files_as_its_bytes_ask_for_and_the_same_rows(whole: Path, sharded: Path) -> None:
    for config in CONFIGS:
        assert files(whole, config) == (data_path(config, "test"),)
        rows = rows_in(whole / data_path(config, "test"))
        assert len(files(sharded, config)) == len(rows)
        assert [row for path in files(sharded, config) for row in rows_in(sharded / path)] == rows
    assert len(files(sharded, "figures")) == 3
    assert told(whole, "logical_hash") == told(sharded, "logical_hash")
    assert told(whole, "rows") == told(sharded, "rows")


def test_a_release_of_shards_is_valid(sharded: Path) -> None:
    assert not check_files(sharded, POLICY).found


def test_all_shards_are_loaded_in_order(whole: Path, sharded: Path, tmp_path: Path) -> None:
    loaded = load_dataset(str(sharded), "figures", split="test", cache_dir=str(tmp_path))
    assert list(loaded["id"]) == [row["id"] for row in rows_in(whole / data_path("figures", "test"))]
    facts = json.loads((sharded / "harness/release.json").read_bytes())["tables"]["caption_matching"]["test"]
    named = {"test": str(sharded / facts["file"])}
    asked = load_dataset("parquet", data_files=named, split="test", cache_dir=str(tmp_path))
    assert list(asked["id"]) == [row["id"] for row in rows_in(whole / data_path("caption_matching", "test"))]


def test_sharding_is_no_difference_between_releases(whole: Path, sharded: Path) -> None:
    found = difference(release_at(str(whole)), release_at(str(sharded)))
    assert [(one.added, one.retired, one.moved, one.changed) for one in found.configs] == [((), (), (), ())] * len(CONFIGS)


def test_whoever_asks_and_scores_reads_all_shards(whole: Path, sharded: Path) -> None:
    assert open_release(sharded).tables == open_release(whole).tables
    assert read_items(sharded) == read_items(whole)
    both = [list(rows_of(str(folder), "multi_select", "test", OptionsRow)) for folder in (whole, sharded)]
    assert both[0] == both[1] != []
    assert tsv_checksums(sharded) == tsv_checksums(whole)


def test_a_release_of_shards_is_revised_into_a_valid_one(
    sharded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builder.edges.validation._croissant", lambda folder: ())
    monkeypatch.setattr(LIMIT, 5000)
    gone = rows_in(sharded / files(sharded, "figures")[0])[0]["doi"]
    arguments = ["withdraw", "--doi", gone, str(sharded), "--out", str(tmp_path / "next"), "--version", "2.0.0"]
    assert main([*arguments, "--reason", "retracted"]) == Exit.OK
    assert not check_files(tmp_path / "next", POLICY).found
    left = [row for path in files(tmp_path / "next", "figures") for row in rows_in(tmp_path / "next" / path)]
    assert left
    assert gone not in {row["doi"] for row in left}


def rename(old: str, new: str) -> Callable[[Path], object]:
    return lambda data: (data / f"test-{old}.parquet").rename(data / f"test-{new}.parquet")


FAULTS: dict[str, Callable[[Path], object]] = {
    "missing": lambda data: (data / "test-00002-of-00003.parquet").unlink(),
    "one more": lambda data: shutil.copy(data / "test-00002-of-00003.parquet", data / "test-00003-of-00003.parquet"),
    "of another count": rename("00002-of-00003", "00002-of-00004"),
    "numbered from 1": rename("00000-of-00003", "00003-of-00003"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_shards_that_are_missing_too_many_or_misnumbered_are_found(
    fault: str, sharded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builder.edges.validation._croissant", lambda folder: ())
    folder = Path(shutil.copytree(sharded, tmp_path / "release"))
    FAULTS[fault](folder / "data/figures")
    found = check_files(folder, POLICY).found
    assert {issue.place for issue in found if issue.code == "shards"} == {"data/figures"}
    assert {"missing-file", "extra-file"} & {issue.code for issue in found}
    if fault in ("missing", "one more"):
        with pytest.raises(CannotRead):
            open_release(folder)
