"""Corrupted releases, each refused with the exact findings in tests/refused/."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from written import write

from builder import shipped
from builder.edges.loading import load_as_a_stranger
from builder.edges.validation import check_files, validate_release
from builder.errors import CannotRead
from builder.records import StageCount
from builder.release.logical import content_hash, logical_hash
from builder.release.package import signature
from builder.stages.rights import read_policy

REFUSED = Path(__file__).parent / "refused"
POLICY = read_policy(shipped.text("licenses", "policy.toml"), "policy.toml")
CM, DE, FIG, MS = (
    f"data/{config}/test-00000-of-00001.parquet" for config in ("caption_matching", "description", "figures", "multi_select")
)
FEW_SHOT = "data/figures/validation-00000-of-00001.parquet"


def rows(path: str, change: Callable[[list[dict[str, Any]]], None]) -> Callable[[Path], None]:
    """A mutation that changes the rows of one data file and nothing else."""

    def mutate(folder: Path) -> None:
        table = pq.read_table(folder / path, partitioning=None)
        found = table.to_pylist()
        change(found)
        pq.write_table(pa.Table.from_pylist(found, schema=table.schema), folder / path)

    return mutate


def cell(path: str, column: str, value: Any) -> Callable[[Path], None]:
    def change(found: list[dict[str, Any]]) -> None:
        shown = next(row for row in found if row["tier"] == "open")
        shown[column] = value(shown) if callable(value) else value

    return rows(path, change)


def text(path: str, old: str, new: str) -> Callable[[Path], None]:
    def mutate(folder: Path) -> None:
        before = (folder / path).read_text(encoding="utf-8")
        assert old in before
        (folder / path).write_text(before.replace(old, new, 1), encoding="utf-8")

    return mutate


def manifest(**change: Any) -> Callable[[Path], None]:
    def mutate(folder: Path) -> None:
        found = json.loads((folder / "manifest.json").read_bytes())
        (folder / "manifest.json").write_text(json.dumps(found | change))

    return mutate


def remove(path: str) -> Callable[[Path], None]:
    return lambda folder: (folder / path).unlink()


def extra_column(folder: Path) -> None:
    table = pq.read_table(folder / CM, partitioning=None)
    pq.write_table(table.append_column("hint", pa.array(["look"] * len(table))), folder / CM)


def truncated(folder: Path) -> None:
    (folder / CM).write_bytes((folder / CM).read_bytes()[:-100])


def edited_byte(folder: Path) -> None:
    data = bytearray((folder / "citations.bib").read_bytes())
    data[-3] ^= 1
    (folder / "citations.bib").write_bytes(data)


def pointer_with_image(found: list[dict[str, Any]]) -> None:
    shown = next(row for row in found if row["tier"] == "open")
    next(row for row in found if row["tier"] == "pointer")["image"] = shown["image"]


def pointer_with_caption(found: list[dict[str, Any]]) -> None:
    next(row for row in found if row["tier"] == "pointer")["caption"] = "Figure 1. Withheld."


def both_splits(folder: Path) -> None:
    (folder / FEW_SHOT).write_bytes((folder / FIG).read_bytes())


def edit_without_start(found: list[dict[str, Any]]) -> None:
    next(made for made in found[0]["edits"] if made)[0]["start"] = None


def attrition(change: Callable[[list[dict[str, Any]]], None]) -> Callable[[Path], None]:
    def mutate(folder: Path) -> None:
        found = json.loads((folder / "attrition.json").read_bytes())
        change(found["stages"])
        (folder / "attrition.json").write_text(json.dumps(found))

    return mutate


def broken_features(folder: Path) -> None:
    table = pq.read_table(folder / CM, partitioning=None)
    pq.write_table(table.replace_schema_metadata({b"huggingface": b"{"}), folder / CM)


def dates_for_answers(folder: Path) -> None:
    table = pq.read_table(folder / CM, partitioning=None)
    place = table.schema.get_field_index("answer")
    pq.write_table(table.set_column(place, "answer", pa.array([0] * len(table), pa.date32())), folder / CM)


CASES: dict[str, Callable[[Path], None]] = {
    "missing-image": cell(CM, "image", None),
    "image-that-does-not-decode": cell(CM, "image", lambda row: row["image"] | {"bytes": row["image"]["bytes"][:60]}),
    "wrong-key": cell(CM, "answer", lambda row: (row["answer"] + 1) % 4),
    "key-not-in-options": cell(CM, "answer", 4),
    "duplicate-id": rows(CM, lambda found: found[1].update(id=found[0]["id"])),
    "foreign-licence": cell(FIG, "licence", "CC-BY-ND-4.0"),
    "unknown-licence": cell(FIG, "licence", "Elsevier"),
    "edited-byte": edited_byte,
    "extra-column": extra_column,
    "bad-yaml": text("README.md", "license: cc-by-nc-sa-4.0", "license: [cc-by-nc-sa-4.0"),
    "card-count": text("README.md", "| `caption_matching` | `test` | 2 |", "| `caption_matching` | `test` | 3 |"),
    "card-without-leakage-note": text("README.md", "never give them to a model under test", "they may help"),
    "missing-schema": remove("schemas/figures.json"),
    "missing-licence-ledger": remove("data/image_sources.json"),
    "pointer-with-image": rows(FIG, pointer_with_image),
    "pointer-with-caption": rows(FIG, pointer_with_caption),
    "paper-in-both-splits": both_splits,
    "truncated-parquet": truncated,
    "changed-caption": cell(FIG, "caption", "Figure 1. Another caption."),
    "credited-caption": cell(FIG, "caption", "Figure 1. A map. Reproduced with permission from Ref. 5."),
    "equivalent-options": cell(
        CM, "options", lambda row: [row["options"][0].upper(), *row["options"][:1], *row["options"][2:]]
    ),
    "missing-canary": cell(DE, "canary", ""),
    "stale-manifest": manifest(rows={"figures": {"test": 9}}),
    "wrong-logical-hash": manifest(logical_hash="0" * 64),
    "private-marked-open": lambda folder: (folder / "PRIVATE_DO_NOT_PUBLISH").touch(),
    "private-row": cell(FIG, "tier", "private"),
    "extra-file": lambda folder: (folder / "notes.txt").touch(),
    "edit-without-start": rows(CM, edit_without_start),
    "left-out-of-lists": manifest(left_out=[{"config": ["a"], "split": {}, "reason": "x"}]),
    "drops-in-a-list": attrition(lambda stages: stages[0].update(dropped=[1])),
    "kept-in-words": attrition(lambda stages: stages[0].update(kept="7")),
    "config-name-in-a-list": text("README.md", "- config_name: figures", "- config_name: [figures]"),
    "features-that-are-no-json": broken_features,
    "dates-for-answers": dates_for_answers,
    "link-to-nothing": lambda folder: (folder / "notes.txt").symlink_to("gone.txt"),
    "link-to-a-folder": lambda folder: (folder / "more").symlink_to("data"),
    "json-without-end": lambda folder: (folder / "attrition.json").write_text("[" * 100_000),
    "selected-key-swapped": cell(MS, "answer", lambda row: [x for x in "ABCD" if x not in row["answer"]]),
    "selected-key-of-all": cell(MS, "answer", list("ABCD")),
    "selected-key-not-in-options": cell(MS, "answer", ["A", "G"]),
    "selected-evidence-elsewhere": rows(MS, lambda found: found[0]["evidence"][0][0].update(start=1)),
    "selected-evidence-of-nothing": rows(
        MS, lambda found: found[0]["evidence"][0][0].update(source="sibling-caption", of="Figure 9")
    ),
    "selected-options-equal": cell(MS, "options", lambda row: [row["options"][1], *row["options"][1:]]),
    "selected-rubric-lost": cell(MS, "rubrics", lambda row: [*row["rubrics"], "And more."]),
    "attack-made-harmless": text("attacks.json", '"verdict": "underpowered"', '"verdict": "passed"'),
    "attack-letters-of-no-option": text("attacks.json", '"attribute_votes": "ABCD"', '"attribute_votes": "é"'),
    "lost-drops": text("attrition.json", '"no-caption": 7', '"no-caption": 6'),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("sound") / "release").folder


@pytest.mark.parametrize("name", CASES)
def test_a_corrupted_release_is_refused_with_these_findings(
    name: str, sound: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = tmp_path / "release"
    shutil.copytree(sound, folder, symlinks=True)
    CASES[name](folder)
    # Sizes and hashes of a rewritten data file depend on the Parquet writer, and are not what the case is about.
    found = [
        i
        for i in sorted(check_files(folder, POLICY).found)
        if i.code not in {"checksum", "croissant", "size"} or name == "edited-byte"
    ]
    said = "\n".join(map(str, found)) + "\n"
    if request.config.getoption("--regenerate"):
        (REFUSED / f"{name}.txt").write_text(said, encoding="utf-8")
    assert found
    assert said == (REFUSED / f"{name}.txt").read_text(encoding="utf-8")


def signed_anew(folder: Path) -> None:
    """What an attacker does after an edit: every hash, size and the signature as the edited files give them."""
    tables = {}
    for path in sorted(folder.glob("data/*/*.parquet")):
        table = pq.read_table(path, partitioning=None)
        found = table.to_pylist()
        plain = [{**row, "image": row["image"] and {"path": row["image"]["path"]}} for row in found]
        for row, same in zip(found, plain, strict=True):
            row["content_hash"] = same["content_hash"] = content_hash(same)
        pq.write_table(pa.Table.from_pylist(found, schema=table.schema), path)
        tables[path.parent.name, path.name.partition("-")[0]] = plain
    said = json.loads((folder / "manifest.json").read_bytes())
    said["logical_hash"] = logical_hash(tables)
    named = ("benchmark", "version", "recipe_hash", "builder_version", "logical_hash")
    said["signature"] = signature(*(said[name] for name in named))
    said["files"] = [file for file in said["files"] if (folder / file["path"]).exists()]
    for file in said["files"]:
        data = (folder / file["path"]).read_bytes()
        file |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(said))


FORGED: dict[str, tuple[Callable[[Path], None], str]] = {
    "coverage of the card": (text("README.md", "| SEM | 1 |", "| SEM | 7 |"), "card-differs"),
    "a made count of the attrition": (attrition(lambda stages: stages[1].update(dropped={"no-caption": 8})), "attrition"),
    "what an attack scores": (text("attacks.json", '"value": 1.0', '"value": 0.25'), "text-differs"),
    "an audit that nobody asked for": (text("reviews.json", '"judges": []', '"judges": ["me"]'), "text-differs"),
    "attacks taken out": (remove("attacks.json"), "missing-file"),
    "terms of use": (text("TERMS_OF_USE.md", "Canary", "Parrot"), "text-differs"),
    "licence text taken out": (remove("licenses/CC-BY-4.0.txt"), "missing-file"),
    "licence text": (text("licenses/CC-BY-4.0.txt", "Attribution", "Ownership"), "text-differs"),
    "licence link": (cell(FIG, "licence_url", "https://example.org/"), "claim-differs"),
    "attribution": (cell(FIG, "attribution", "Mallory"), "claim-differs"),
    "source link": (cell(FIG, "source_url", "https://doi.org/10.1/mallory"), "claim-differs"),
    "source link that is none": (cell(FIG, "source_url", "https://[x"), "claim-differs"),
    "options without words": (cell(CM, "options", ["", "", "", ""]), "equivalent-options"),
    "caption": (cell(FIG, "caption", "Figure 1. Another caption."), "differs-from-figure"),
}


@pytest.mark.parametrize("name", FORGED)
def test_an_edit_with_every_hash_made_anew_is_found(name: str, sound: Path, tmp_path: Path) -> None:
    shutil.copytree(sound, tmp_path / "release")
    change, code = FORGED[name]
    change(tmp_path / "release")
    signed_anew(tmp_path / "release")
    codes = {issue.code for issue in check_files(tmp_path / "release", POLICY).found}
    assert code in codes
    assert not codes & {"checksum", "size", "row-changed", "logical-hash", "signature"}


def test_a_table_that_does_not_follow_from_the_stage_before_is_found(tmp_path: Path) -> None:
    table = (
        StageCount(stage="sieve", unit="pages", read=2, kept=2, made=5),
        StageCount(stage="locate", unit="captions", read=4, kept=4, made=4),
    )
    folder = write(tmp_path / "release", attrition=table, dropped=()).folder
    (issue,) = check_files(folder, POLICY).found
    assert issue.problem == "reads 4; sieve made 5"


def test_a_sound_release_has_no_findings_and_loads(sound: Path) -> None:
    assert not validate_release(sound).found


def test_a_config_that_does_not_load_is_a_finding(sound: Path, tmp_path: Path) -> None:
    shutil.copytree(sound, tmp_path / "release")
    truncated(tmp_path / "release")
    issues = load_as_a_stranger(tmp_path / "release", {"caption_matching": {"test": 2}})
    assert {issue.code for issue in issues} == {"does-not-load"}


def test_a_data_file_that_is_a_link_to_nothing_is_a_finding(sound: Path, tmp_path: Path) -> None:
    shutil.copytree(sound, tmp_path / "release")
    (tmp_path / "release" / "data" / "figures" / "test-00001-of-00002.parquet").symlink_to("/nonexistent")
    assert "link" in {issue.code for issue in validate_release(tmp_path / "release").found}


def test_a_large_release_has_the_time_that_its_size_takes_to_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []

    def run(command: object, *, timeout: float, **_: object) -> object:
        given.append(timeout)
        raise subprocess.TimeoutExpired("", timeout)

    monkeypatch.setattr("builder.edges.loading.subprocess.run", run)
    (tmp_path / "data" / "figures").mkdir(parents=True)
    for size in (1_000, 2_000_000_000, 20_000_000_000):
        with (tmp_path / "data" / "figures" / "test-00000-of-00001.parquet").open("wb") as file:
            file.truncate(size)
        (issue,) = load_as_a_stranger(tmp_path, {"figures": {"test": 2}})
        assert "did not end within" in issue.problem
    assert given == [900, 80_900, 86_400]


def test_what_the_hub_adds_to_a_download_is_no_finding(sound: Path, tmp_path: Path) -> None:
    shutil.copytree(sound, tmp_path / "release")
    (tmp_path / "release" / ".gitattributes").write_text("*.parquet filter=lfs diff=lfs merge=lfs -text\n")
    assert not check_files(tmp_path / "release", POLICY).found


def test_a_folder_that_is_no_release_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CannotRead):
        validate_release(tmp_path)
