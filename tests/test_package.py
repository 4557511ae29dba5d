"""Packing: ids, seats, splits, tiers, and a folder that is whole or not there."""

import errno
import json
from collections import Counter
from pathlib import Path

import pytest
from datasets import ClassLabel, Image, load_dataset
from small_release import cut, packed, recipe
from written import PNGS, pictured, write

from builder.documents import documents
from builder.edges.parquet import features_of
from builder.edges.release_folder import write_release
from builder.errors import CannotWrite, NothingLeft
from builder.recipe import Split, read_recipe
from builder.records import Act
from builder.release.files import recipe_text
from builder.release.package import package
from builder.release.rows import CONFIGS, PRIVATE_MARKER, ROWS, CaptionMatchingRow
from builder.release.schemas import schema_files
from builder.release.splits import seat_keys, seat_options, split_papers
from builder.reporting.run_report import run_schema_files
from builder.reporting.schemas import report_schema_files
from builder.scoring.schemas import scoring_schema_files

SCHEMAS = Path(__file__).parents[1] / "builder" / "schemas"


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 17, 100, 1001])
def test_keys_are_balanced_to_within_one(n: int) -> None:
    counts = Counter(seat_keys([f"cm-{i}" for i in range(n)], 7).values())
    seats = [counts[seat] for seat in range(4)]
    assert sum(seats) == n
    assert max(seats) - min(seats) <= 1


def test_few_keys_move_when_an_item_is_taken_out() -> None:
    items = [f"cm-{i}" for i in range(400)]
    before, after = seat_keys(items, 7), seat_keys(items[1:], 7)
    assert sum(before[item] != after[item] for item in items[1:]) <= 8  # 2 %


def test_every_order_of_distractors_occurs() -> None:
    orders = {seat_options(f"cm-{i}", 2, 0) for i in range(200)}
    assert len(orders) == 6
    assert {order[2] for order in orders} == {0}


def test_a_paper_keeps_its_split_when_others_come() -> None:
    few = split_papers([f"p{i}" for i in range(200)], [], Split(), 1)
    more = split_papers([f"p{i}" for i in range(300)], [], Split(), 1)
    assert {name: more[name] for name in few} == few
    assert 10 <= list(few.values()).count("validation") <= 30


def test_validation_never_takes_the_only_paper_with_items() -> None:
    splits = split_papers(["a", "b"], ["a"], Split(validation_share=0.5), 3)
    assert splits["a"] == "test"


def test_pointer_rows_carry_no_words_and_no_image() -> None:
    (pointer,) = [row for row in packed().rows("figures") if row.tier == "pointer"]
    said = {name for name, value in pointer if value not in (None, (), "unknown")}
    assert not said & {
        "image",
        "caption",
        "mentions",
        "reference",
        "title",
        "creators",
        "attribution",
        "evidence",
        "techniques",
    }
    assert {"doi", "page", "label", "bbox", "image_sha256", "pdf_sha256", "licence", "withheld"} <= said


def test_the_key_is_the_option_without_edits_and_the_caption_as_printed() -> None:
    for row in packed().rows("caption_matching"):
        assert isinstance(row, CaptionMatchingRow)
        assert row.edits[row.answer] == ()
        assert row.design[row.answer] == "00"
        assert "SEM image of TiO2" in row.options[row.answer]


def test_the_logical_hash_does_not_depend_on_the_order_of_the_cut() -> None:
    made = cut()
    assert (
        packed(specimens=made.specimens[::-1], caption_matching=made.caption_matching[::-1]).logical_hash
        == packed().logical_hash
    )


def test_no_figure_at_all_is_nothing_left_with_the_drops() -> None:
    with pytest.raises(NothingLeft, match="7 no-caption"):
        packed(specimens=(), caption_matching=(), descriptions=(), multi_select=())


def test_a_config_without_rows_is_left_out_and_named() -> None:
    made = packed(descriptions=())
    assert ("description", None) in {(left.config, left.split) for left in made.left_out}
    assert not made.rows("description")


def test_a_recipe_written_as_toml_reads_back_the_same() -> None:
    assert read_recipe(recipe_text(recipe()), "x").hash == recipe().hash


@pytest.mark.parametrize("config", CONFIGS)
def test_columns_of_the_files_are_those_of_the_rows(config: str) -> None:
    features = features_of(config)  # type: ignore[arg-type]
    assert list(features) == list(ROWS[config].model_fields)  # type: ignore[index]
    assert isinstance(features["image"], Image)


def test_committed_schemas_are_those_of_the_rows() -> None:
    made = schema_files() | scoring_schema_files() | report_schema_files() | run_schema_files()
    assert {p.name: p.read_text(encoding="utf-8") for p in SCHEMAS.glob("*.json")} == made


def test_two_builds_give_the_same_bytes_and_a_third_leaves_them(tmp_path: Path) -> None:
    assert not write(tmp_path / "a").unchanged
    write(tmp_path / "b")
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    assert write(tmp_path / "a").unchanged
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_another_release_is_never_overwritten(tmp_path: Path) -> None:
    write(tmp_path / "a")
    before = tree(tmp_path / "a")
    with pytest.raises(CannotWrite, match="a release with other content"):
        write(tmp_path / "a", descriptions=())
    assert tree(tmp_path / "a") == before
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    def full(_: str) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(CannotWrite, match="No space left on device"):
        write_release(package(pictured()), tmp_path / "a", full, documents)
    assert not list(tmp_path.iterdir())


def test_a_private_release_is_marked_and_carries_what_is_withheld(tmp_path: Path) -> None:
    write(tmp_path / "a", recipe=recipe().model_copy(update={"tier": "private"}))
    assert (tmp_path / "a" / PRIVATE_MARKER).exists()
    assert json.loads((tmp_path / "a" / "manifest.json").read_bytes())["tier"] == "private"
    private = package(pictured(recipe=recipe().model_copy(update={"tier": "private"}))).rows("figures")
    assert Counter(row.tier for row in private) == {"open": 3, "private": 1}
    assert all(row.image for row in private)


def test_a_private_release_marks_private_what_an_open_one_would_cut_down() -> None:
    made = cut()
    not_merged = Act(share=True, adapt=False, commercial=True)
    rights = made.specimens[0].rights.model_copy(update={"paragraph": not_merged, "questions": False})
    figure = made.specimens[0].model_copy(update={"rights": rights})
    private = recipe().model_copy(update={"tier": "private"})
    whole = package(cut(recipe=private, specimens=(figure, *made.specimens[1:])))
    of_it = [row for config in CONFIGS for row in whole.rows(config) if figure.id in (row.id, getattr(row, "figure_id", None))]
    assert [row.tier for row in of_it] == ["private"] * 4


def test_it_loads_with_images_and_letters(tmp_path: Path) -> None:
    write(tmp_path / "a")
    rows = load_dataset(str(tmp_path / "a"), "caption_matching", split="test", cache_dir=str(tmp_path / "cache"))
    assert isinstance(rows.features["answer"], ClassLabel)
    assert rows[0]["image"].size == (32, 24)
    assert set(PNGS) >= set(rows["image_sha256"])
