"""What a reader's own copy of a paper brings back of a release that withholds its figures."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pymupdf
import pytest
from datasets import load_dataset
from small_release import RECIPE, packed, recipe

from builder import shipped
from builder.bench import Bench, Source
from builder.cli import main
from builder.commands import hydrate as commands_hydrate
from builder.documents import documents
from builder.edges.engine import Limits, Outcome
from builder.edges.fence import Fence
from builder.edges.release_folder import write_release
from builder.edges.store import Store
from builder.edges.validation import check_files
from builder.pipeline import count, cut, stages_until, tally_of
from builder.recipe import read_recipe
from builder.records import Crop, Dropped, Paper, Record, Specimen, digest
from builder.release.attacks import attacks_of
from builder.release.hydration import Hydration, Remade, verified
from builder.release.package import package
from builder.release.reviews import reviews_of
from builder.release.rows import Cut, FigureRow, Packed
from builder.stages.rights import read_policy

PAPER = Path(__file__).parent / "papers" / "magnetite-annealing.pdf"  # prints CC BY-NC-ND
POLICY = read_policy(shipped.text("licenses", "policy.toml"), "policy.toml")
T = TypeVar("T")
R = TypeVar("R")
RecordT = TypeVar("RecordT", bound=Record)


def here(function: Callable[[T], R], tasks: Sequence[T], *, jobs: int, limits: Limits, fence: Fence) -> Iterator[Outcome[T, R]]:
    """The papers one after the other in this process: what a child costs and may do is tested with the engine."""
    assert all(task.source.path.resolve().parent in fence.reads for task in tasks)  # type: ignore[attr-defined]
    assert all(path.parent.name.startswith(".") for path in fence.writes)  # the scratch folder
    return (Outcome(task, function(task)) for task in tasks)


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands_hydrate, "run_isolated", here)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An open release of a paper under a NoDerivatives licence: pointer rows only, a file each."""
    folder = tmp_path_factory.mktemp("pointers")
    rule, store, stages = read_recipe(RECIPE, "small.toml"), Store(folder / "work"), stages_until("crop")
    source = Source(PAPER, hashlib.sha256(PAPER.read_bytes()).hexdigest(), None)
    receipts = cut(Bench(source, rule, POLICY, store), stages)
    assert receipts

    def handed_on(stage: str, kind: type[RecordT]) -> tuple[RecordT, ...]:
        return tuple(kind.model_validate(raw) for one in receipts if one.stage == stage for raw in one.records)

    made = Cut(
        recipe=rule,
        version="1.0.0",
        builder_version="0.1.0",
        papers=handed_on("ingest", Paper),
        specimens=handed_on("crop", Specimen),
        caption_matching=(),
        descriptions=(),
        multi_select=(),
        attrition=count([tuple(map(tally_of, receipts))], (), stages),
        dropped=tuple(Dropped.model_validate(raw) for one in receipts for raw in one.dropped),
    )
    whole = package(made)
    whole = dataclasses.replace(whole, attacks=attacks_of(whole, {}), reviews=reviews_of(whole, ()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builder.edges.release_folder.SHARD_BYTES", 1)
        return write_release(whole, folder / "release", store.blob, documents).folder


@pytest.fixture(scope="module")
def private(release: Path) -> Path:
    """The same with what the reader's copy brings back."""
    out = release.with_name("private")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands_hydrate, "run_isolated", here)
        assert main(["hydrate", str(release), "--papers", str(PAPER), "--out", str(out)]) == 0
    return out


def test_all_files_of_a_table_are_hydrated(release: Path, private: Path) -> None:
    assert [len(list((folder / "data" / "figures").iterdir())) for folder in (release, private)] == [3, 1]


def told(folder: Path) -> Hydration:
    return Hydration.model_validate_json((folder / "hydration.json").read_bytes())


def test_every_withheld_crop_and_text_comes_back_with_its_hash(private: Path) -> None:
    rows = told(private).rows
    assert [row.image for row in rows] == ["exact"] * 3
    assert all(row.same_pdf and not row.differing for row in rows)
    assert all({"caption", "mentions", "panels", "title", "creators", "attribution"} <= set(row.restored) for row in rows)


def test_the_hydrated_folder_loads_and_is_a_valid_private_release(private: Path, tmp_path: Path) -> None:
    (split,) = load_dataset(str(private), "figures", cache_dir=str(tmp_path)).values()
    assert all(row["tier"] == "private" and row["image"] and row["caption"].startswith("Fig.") for row in split)
    assert (private / "PRIVATE_DO_NOT_PUBLISH").is_file()
    assert not check_files(private, POLICY)


def test_a_hydrated_release_is_not_hydrated_again(private: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hydrate", str(private), "--papers", str(PAPER), "--out", str(tmp_path / "x")]) == 2
    assert "is private" in capsys.readouterr().err


def test_the_open_release_carries_the_licence_sentence_and_no_text(release: Path) -> None:
    from builder.opening import whole_release

    for _, _, _, row in whole_release(release).rows():
        assert "CC BY-NC-ND" in str(row["licence_evidence"])
        assert (row["licence_source"], row["licence_page"], row["caption"]) == ("pdf", 1, None)
        assert len(row["image_levels"]) == 64  # type: ignore[arg-type]


def test_another_file_of_the_paper_counts_where_its_pixels_are_the_same(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "downloaded-again.pdf"
    with pymupdf.open(PAPER) as document:
        document.save(other, garbage=3)
    assert main(["hydrate", str(release), "--papers", str(other), "--out", str(tmp_path / "private")]) == 0
    assert {(row.image, row.same_pdf) for row in told(tmp_path / "private").rows} == {("exact", False)}
    assert "another file of that paper" in capsys.readouterr().err


def test_without_the_paper_nothing_is_written_and_that_is_said(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = PAPER.with_name("wire-fracture.pdf")
    assert main(["hydrate", str(release), "--papers", str(stranger), "--out", str(tmp_path / "private"), "--json"]) == 5
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert {row["image"] for row in rows} == {"paper-missing"}
    assert not (tmp_path / "private").exists()


def pointer(levels: tuple[int, ...] = (100,) * 64) -> FigureRow:
    (row,) = (row for row in packed().rows("figures") if row.tier == "pointer")
    assert isinstance(row, FigureRow)
    return row.model_copy(update={"image_levels": levels})


def crop_of(row: FigureRow, pixels: str, levels: tuple[int, ...]) -> Crop:
    size = {"width": row.image_width, "height": row.image_height}
    return Crop(sha256=digest(pixels), pixels_sha256=pixels, dpi=row.dpi, box=row.image_bbox, levels=levels, **size)


@pytest.mark.parametrize(
    ("levels", "other_renderer", "outcome"),
    [((101,) * 64, True, "within-tolerance"), ((101,) * 64, False, "differs"), ((105, *(100,) * 63), True, "differs")],
)
def test_a_tolerance_is_for_another_renderer_only(levels: tuple[int, ...], other_renderer: bool, outcome: str) -> None:
    row = pointer()
    remade = Remade(row.pdf_sha256, crop_of(row, digest("other pixels"), levels), None)
    after, said = verified(row, remade, other_renderer=other_renderer)
    assert said.image == outcome
    assert after == row  # without the row in full nothing was verified but the crop


def test_another_file_has_no_tolerance() -> None:
    row = pointer()
    remade = Remade(digest("another file"), crop_of(row, digest("other pixels"), (101,) * 64), None)
    assert verified(row, remade, other_renderer=True)[1].image == "differs"


def test_a_text_of_another_hash_stays_out() -> None:
    row = pointer()
    full = row.model_copy(update={"caption": "Figure 1. Another caption.", "title": "A title that must not be shown"})
    remade = Remade(row.pdf_sha256, crop_of(row, row.pixels_sha256, ()), full)
    after, said = verified(row, remade, other_renderer=False)
    assert (after.tier, after.caption, after.title) == ("private", None, "A title that must not be shown")
    assert "caption" in said.differing
    assert said.image == "exact"


def test_pointer_rows_name_every_column_that_they_leave_out() -> None:
    release: Packed = packed()
    assert recipe().tier == "open"
    for row in release.rows("figures"):
        assert isinstance(row, FigureRow)
        assert bool(row.withheld_sha256) == (row.tier == "pointer")
        assert all(not getattr(row, cell.column) for cell in row.withheld_sha256)
