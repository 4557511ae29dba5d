"""The next release out of an earlier one: corrected, or without what was withdrawn, and right in the eyes of `validate`."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image
from small_release import BY, ND, description, option, paper, question, several, specimen
from test_validate import signed_anew
from written import rows_in, write

from builder import shipped
from builder.cli import main
from builder.edges.validation import check_files
from builder.errors import Exit
from builder.records import Dropped, EvidenceSpan, MultiSelect, Specimen, StageCount
from builder.revising import Base, read_base
from builder.stages.rights import read_policy

POLICY = read_policy(shipped.text("licenses", "policy.toml"), "policy.toml")
OK, FINDINGS, USAGE, CANNOT_READ, CANNOT_WRITE, NOTHING_LEFT = (
    Exit.OK, Exit.FINDINGS, Exit.USAGE, Exit.CANNOT_READ, Exit.CANNOT_WRITE, Exit.NOTHING_LEFT,
)  # fmt: skip
SECRET = "in violet argon haze over brass"  # words that only one caption has
CONFIGS = ("figures", "caption_matching", "description", "multi_select")


def secret(record: Any) -> Any:
    """The record with words at the end of the caption that no other figure has, and of its options."""
    text = record.model_dump_json().replace("after annealing.", f"after annealing {SECRET}.")
    return type(record).model_validate_json(text)


def quoting(of: Specimen, sibling: Specimen) -> MultiSelect:
    """An item with a statement that is true of another figure of the paper."""
    item, caption = several(of), sibling.classified.paired.caption
    start = caption.index(SECRET)
    span = EvidenceSpan(
        source="sibling-caption", of=sibling.classified.paired.label, start=start, end=start + len(SECRET), text=SECRET
    )
    foreign = option(f"It was taken {SECRET}.", span).model_copy(update={"correct": False, "kind": "sibling"})
    return item.model_copy(update={"id": f"{of.id}/multi_select/1", "options": (*item.options, foreign)})


def attrition(figures: int, items: int) -> dict[str, Any]:
    stages = (
        StageCount(stage="sieve", unit="pages", read=9, kept=7, made=7, dropped={"no-caption": 2}),
        StageCount(stage="crop", unit="figures", read=figures, kept=figures, made=figures),
        StageCount(stage="caption_matching", unit="figures", read=figures, kept=items, made=items, dropped={"rights": 1}),
        StageCount(stage="multi_select", unit="figures", read=figures, kept=2, made=3, dropped={"rights": figures - 2}),
    )
    lost = (
        Dropped(record_id="doi:10.9999/b#p1", stage="sieve", reason="no-caption"),
        Dropped(record_id="doi:10.9999/bb#p1", stage="sieve", reason="no-caption"),
        Dropped(record_id="fig-0", stage="caption_matching", reason="rights"),
        *(Dropped(record_id=f"fig-{n}", stage="multi_select", reason="rights") for n in range(figures - 2)),
    )
    return {"attrition": stages, "dropped": lost}


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Intervals of fewer draws, and Croissant by its own program only where a test asks for it: both are tested elsewhere."""
    with (
        patch("builder.scoring.battery.RESAMPLES", 10),
        patch("builder.edges.validation._croissant", lambda folder: ()),
    ):
        yield


@pytest.fixture(scope="module")
def papers() -> dict[str, Specimen]:
    """Two figures of an open paper, the first with the secret; one of another open paper, with the secret too; a pointer."""
    first, second = paper("a", "CC-BY-4.0", BY), paper("b", "CC-BY-4.0", BY, publisher="Elsewhere Press")
    closed = paper("c", "CC-BY-NC-ND-4.0", ND)
    return {
        "a1": secret(specimen(first, 1, is_open=True)),
        "a2": specimen(first, 2, is_open=True),
        "b1": specimen(second, 1, is_open=True),
        "c1": specimen(closed, 1, is_open=False),
    }


@pytest.fixture(scope="module")
def old(papers: dict[str, Specimen], tmp_path_factory: pytest.TempPathFactory) -> Path:
    shown = [papers[name] for name in ("a1", "a2", "b1")]
    questions = tuple(secret(question(one)) if one is papers["a1"] else question(one) for one in shown)
    return write(
        tmp_path_factory.mktemp("old") / "release",
        papers=tuple({one.paper.id: one.paper for one in papers.values()}.values()),
        specimens=tuple(papers.values()),
        caption_matching=questions,
        descriptions=tuple(description(one) for one in shown),
        multi_select=(several(papers["a1"]), several(papers["a2"]), quoting(papers["a2"], papers["a1"])),
        **attrition(4, 3),
    ).folder


@pytest.fixture(scope="module")
def base(old: Path) -> Base:
    return read_base(old)


def rows(folder: Path) -> dict[str, dict[str, Any]]:
    paths = (path for config in CONFIGS for path in sorted((folder / "data" / config).glob("*.parquet")))
    return {row["id"]: row for path in paths for row in rows_in(path)}


def items(folder: Path, config: str, figure: str) -> list[dict[str, Any]]:
    prefix = {"caption_matching": "cm", "multi_select": "ms", "description": "de"}[config]
    return [row for name, row in sorted(rows(folder).items()) if name.startswith(prefix) and row["figure_id"] == figure]


def findings(folder: Path) -> list[str]:
    return [str(issue) for issue in check_files(folder, POLICY).found]


def errata(folder: Path) -> list[dict[str, Any]]:
    return list(json.loads((folder / "errata.json").read_bytes())["errata"])


def correct(old: Path, new: Path, version: str, *arguments: str) -> int:
    return main(["erratum", *arguments, "--release", str(old), "--out", str(new), "--version", version])


def test_a_corrected_key_turns_its_options_and_says_so_wherever_a_reader_looks(
    old: Path, papers: dict[str, Specimen], tmp_path: Path
) -> None:
    item = items(old, "multi_select", papers["a1"].id)[0]
    wrong = next(letter for letter in "ABCD" if letter not in item["answer"])
    key = [wrong, item["answer"][0]]
    new = tmp_path / "new"
    assert correct(old, new, "2.0.0", item["id"], "--key", ",".join(key), "--reason", "Figure 1a shows it.") == OK
    assert not findings(new)
    now = rows(new)[item["id"]]
    turned = {wrong, item["answer"][1]}
    assert now["answer"] == sorted(key)
    for place, letter in enumerate("ABCD"):
        same = letter not in turned
        assert (now["option_kinds"][place] == item["option_kinds"][place]) is same
        assert (now["option_kinds"][place] == "corrected") is not same
        assert (now["rubrics"][place] == item["rubrics"][place]) is same
    assert now["rubrics"]["ABCD".index(wrong)] == "Right by erratum E-0001: Figure 1a shows it."
    assert "E-0001" in now["reasoning"]
    (entry,) = errata(new)
    assert (entry["id"], entry["kind"], entry["before"]) == ("E-0001", "key-corrected", item["answer"])
    for name in ("README.md", "CHANGELOG.md"):
        assert "Figure 1a shows it." in (new / name).read_text(encoding="utf-8")
    assert (now["options"], now["edits"], now["evidence"]) == (item["options"], item["edits"], item["evidence"])


def test_a_corrected_caption_matching_key_no_longer_asks_for_the_printed_caption(
    old: Path, papers: dict[str, Specimen], tmp_path: Path
) -> None:
    item = items(old, "caption_matching", papers["a1"].id)[0]
    letter = "ABCD"[(item["answer"] + 1) % 4]
    assert correct(old, tmp_path / "new", "2.0.0", item["id"], "--key", letter, "--reason", "corrigendum") == OK
    assert not findings(tmp_path / "new")
    now = rows(tmp_path / "new")[item["id"]]
    assert "printed" in item["question"]
    assert "printed" not in now["question"]
    back = "ABCD"[item["answer"]]
    assert correct(tmp_path / "new", tmp_path / "back", "3.0.0", item["id"], "--key", back, "--reason", "it was right") == OK
    assert not findings(tmp_path / "back")
    assert rows(tmp_path / "back")[item["id"]]["content_hash"] == item["content_hash"]
    assert [one["id"] for one in errata(tmp_path / "back")] == ["E-0001", "E-0002"]


def test_several_errata_of_one_version_come_from_a_file_and_ids_count_on(
    old: Path, papers: dict[str, Specimen], tmp_path: Path
) -> None:
    retired = items(old, "caption_matching", papers["b1"].id)[0]["id"]
    keyed = items(old, "multi_select", papers["a1"].id)[0]
    picture(tmp_path / "new.png", 64, 48)
    lines = [
        {"item": retired, "reason": "a second option fits", "retire": True, "date": "2026-11-20"},
        {"item": keyed["id"], "reason": "B as well", "key": keyed["answer"][:1]},
        {
            "item": papers["b1"].id,
            "reason": "cut off at the right",
            "image": str(tmp_path / "new.png"),
            "bbox": [50, 100, 350, 325],
        },
    ]
    (tmp_path / "errata.jsonl").write_text("\n".join(map(json.dumps, lines)))
    new = tmp_path / "new"
    assert correct(old, new, "1.1.0", "--from", str(tmp_path / "errata.jsonl")) == USAGE
    assert not new.exists()
    assert correct(old, new, "2.0.0", "--from", str(tmp_path / "errata.jsonl"), "--date", "2026-11-21") == OK
    assert not findings(new)
    assert [(one["id"], one["date"]) for one in errata(new)] == [
        ("E-0001", "2026-11-20"), ("E-0002", "2026-11-21"), ("E-0003", "2026-11-21"),
    ]  # fmt: skip
    assert retired not in rows(new)
    table = {line["stage"]: line for line in json.loads((new / "attrition.json").read_bytes())["stages"]}
    assert table["errata_caption_matching"] == {
        "stage": "errata_caption_matching", "unit": "rows", "read": 3, "kept": 2, "made": 2, "dropped": {"retired": 1},
    }  # fmt: skip
    shown = [row for row in rows(new).values() if papers["b1"].id in (row["id"], row.get("figure_id"))]
    assert {row["pixels_sha256"] for row in shown} == {errata(new)[2]["after"][0]}
    figure = rows(new)[papers["b1"].id]
    assert (figure["crop_method"], figure["crop_reason"], figure["dpi"]) == ("render", "replaced", 15)
    assert all("E-0003" in row["changes"] for row in shown)
    assert correct(new, tmp_path / "next", "2.1.0", retired, "--retire", "--reason", "again") == USAGE


def picture(path: Path, width: int, height: int) -> None:
    noise = np.random.default_rng(width).integers(0, 255, (height, width, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)


def test_a_retired_id_that_comes_back_and_a_lost_erratum_are_findings(
    old: Path, papers: dict[str, Specimen], tmp_path: Path
) -> None:
    item = items(old, "multi_select", papers["a1"].id)[0]["id"]
    for name, kept in (("id-reused", {}), ("errata-lost", {"errata": []})):
        new = tmp_path / name
        assert correct(old, new, "1.1.0", item, "--retire", "--reason", "wrong") == OK
        found = json.loads((new / "errata.json").read_bytes())
        if not kept:
            found["errata"][0]["tombstones"][0]["id"] = items(old, "multi_select", papers["a2"].id)[0]["id"]
        else:
            found["errata"][0]["id"] = "E-0002"
        (new / "errata.json").write_text(json.dumps(found))
        signed_anew(new)
        assert any(f"({name})" in one for one in findings(new))


def grep(folder: Path, wanted: Iterable[str]) -> dict[str, set[str]]:
    """Which of these strings stand in which file: in its bytes, or in any cell of a data file."""
    found: dict[str, set[str]] = {}
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        raw = path.read_bytes()
        cells = "\n".join(map(str, rows_in(path))) if path.suffix == ".parquet" else ""
        for one in wanted:
            if one.encode() in raw or one.casefold() in cells.casefold() or one.encode() in raw.lower():
                found.setdefault(path.relative_to(folder).as_posix(), set()).add(one)
    return found


def runs(text: str, length: int = 4) -> set[str]:
    words = text.split()
    return {" ".join(words[at : at + length]) for at in range(len(words) - length + 1)}


def test_a_withdrawn_paper_is_found_in_the_tombstone_only(old: Path, papers: dict[str, Specimen], tmp_path: Path) -> None:
    gone = [papers["a1"], papers["a2"]]
    had = [row for row in rows(old).values() if row["doi"] == "10.9999/a"]
    traces = {"10.9999/a", "Paper a", *runs(SECRET)}
    for row in had:
        traces |= {row["image_sha256"], row["pixels_sha256"], row["pdf_sha256"], row["content_hash"]}
    new = tmp_path / "new"
    arguments = ["--doi", "https://doi.org/10.9999/A", "--out", str(new), "--version", "1.1.0", "--reason", "10.9999/a asked"]
    assert main(["withdraw", str(old), *arguments]) == OK
    assert not findings(new)
    assert set(grep(old, traces)) >= {"README.md", "citations.bib", "data/image_sources.json", "attacks.json"} - {
        "attacks.json"
    }
    assert grep(new, traces) == {"errata.json": {"10.9999/a"}}
    left = rows(new)
    assert not {row["id"] for row in had} & left.keys()
    assert {row["doi"] for row in left.values()} == {"10.9999/b", "10.9999/c"}
    (entry,) = errata(new)
    assert {stone["id"] for stone in entry["tombstones"]} == {row["id"] for row in had}
    assert {one.id for one in gone} <= {stone["figure_id"] for stone in entry["tombstones"]}
    assert "10.9999/b" in (new / "citations.bib").read_text()
    assert "`multi_select`: all of its rows were retired or withdrawn" in (new / "README.md").read_text(encoding="utf-8")


def test_dropped_records_of_a_withdrawn_paper_stay_counted_under_the_erratum(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "new"
    assert (
        main(["withdraw", str(old), "--publisher", "elsewhere press", "--reason", "r", "--out", str(new), "--version", "1.1.0"])
        == OK
    )
    assert not findings(new)
    drops = [
        drop["record_id"] for drop in json.loads((new / "attrition.json").read_bytes())["drops"] if drop["stage"] == "sieve"
    ]
    assert drops == ["E-0001#p1", "doi:10.9999/bb#p1"]
    told = capsys.readouterr().out
    assert "v1.0.0" in told
    assert "stays public" in told


def test_a_withdrawn_figure_takes_along_the_items_that_quote_it(old: Path, papers: dict[str, Specimen], tmp_path: Path) -> None:
    new = tmp_path / "new"
    assert (
        main(["withdraw", str(old), "--figure", papers["a1"].id, "--reason", "r", "--out", str(new), "--version", "1.1.0"])
        == OK
    )
    assert not findings(new)
    assert grep(new, runs(SECRET)) == {}
    assert len(items(old, "multi_select", papers["a2"].id)) == 2
    assert len(items(new, "multi_select", papers["a2"].id)) == 1
    assert len(items(new, "caption_matching", papers["a2"].id)) == 1
    assert "10.9999/a" in (new / "citations.bib").read_text()


def test_a_text_that_is_only_in_a_withdrawn_caption_takes_the_item_along(tmp_path: Path, papers: dict[str, Specimen]) -> None:
    told = several(papers["a2"])
    borrowed = told.options[2].model_copy(update={"text": f"It was taken {SECRET}."})
    told = told.model_copy(update={"options": (*told.options[:2], borrowed, told.options[3])})
    old = write(
        tmp_path / "old", papers=(papers["a1"].paper,), specimens=(papers["a1"], papers["a2"]), caption_matching=(),
        descriptions=(), multi_select=(told,), attrition=(), dropped=(),
    ).folder  # fmt: skip
    new = tmp_path / "new"
    assert (
        main(["withdraw", str(old), "--figure", papers["a1"].id, "--reason", "r", "--out", str(new), "--version", "1.1.0"])
        == OK
    )
    assert grep(new, runs(SECRET)) == {}
    assert len(errata(new)[0]["tombstones"]) == 2


def test_a_reason_that_quotes_what_is_withdrawn_later_leaves_card_and_changelog(
    old: Path, papers: dict[str, Specimen], tmp_path: Path
) -> None:
    item = items(old, "caption_matching", papers["a1"].id)[0]["id"]
    first, second = tmp_path / "first", tmp_path / "second"
    assert correct(old, first, "1.1.0", item, "--retire", "--reason", f"10.9999/a: {SECRET} is B too") == OK
    assert SECRET in (first / "README.md").read_text(encoding="utf-8")
    assert (
        main(["withdraw", str(first), "--doi", "10.9999/a", "--reason", "r", "--out", str(second), "--version", "1.2.0"]) == OK
    )
    assert not findings(second)
    assert set(grep(second, {"10.9999/a", *runs(SECRET)})) == {"errata.json"}
    assert [one["id"] for one in errata(second)] == ["E-0001", "E-0002"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--doi", "10.9999/none"], USAGE, "10.9999/a"),
        (["--figure", "fig-0"], USAGE, "meets no figure"),
        (["--licence", "CC-BY-4.0", "--version", "1.0.1"], USAGE, "1.1.0"),
        (["--licence", "CC-BY-4.0", "--version", "1.0.0"], USAGE, "is not above 1.0.0"),
        (["--licence", "CC-BY-4.0", "--version", "one"], USAGE, "is not a version"),
        (["--licence", "CC-BY-4.0", "--send"], USAGE, "nothing to send"),
    ],
)
def test_a_withdrawal_that_cannot_be_is_refused(
    arguments: list[str], code: int, said: str, old: Path, base: Base, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    version = [] if "--version" in arguments else ["--version", "1.1.0"]
    with patch("builder.revising.read_base", lambda folder: base):
        assert main(["withdraw", str(old), *arguments, "--reason", "r", "--out", str(tmp_path / "new"), *version]) == code
    assert said in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_benchmark_is_not_withdrawn_as_a_whole(papers: dict[str, Specimen], tmp_path: Path) -> None:
    old = write(
        tmp_path / "old", papers=(papers["b1"].paper,), specimens=(papers["b1"],), caption_matching=(),
        descriptions=(), multi_select=(), attrition=(), dropped=(),
    ).folder  # fmt: skip
    assert (
        main(
            ["withdraw", str(old), "--doi", "10.9999/b", "--reason", "r", "--out", str(tmp_path / "new"), "--version", "1.1.0"]
        )
        == NOTHING_LEFT
    )


def test_errata_that_cannot_be_are_refused(
    old: Path, base: Base, papers: dict[str, Specimen], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item = items(old, "multi_select", papers["a1"].id)[0]
    matching = items(old, "caption_matching", papers["a1"].id)[0]
    told = items(old, "description", papers["a1"].id)[0]
    picture(tmp_path / "square.png", 40, 40)
    (tmp_path / "no.png").write_bytes(b"GIF89a")
    same = tmp_path / "same.png"
    same.write_bytes(rows(old)[papers["a1"].id]["image"]["bytes"])
    cases = [
        ([item["id"], "--key", "A,B,C,D"], USAGE, "all of its options"),
        ([item["id"], "--key", "A,Z"], USAGE, "'Z' is no letter"),
        ([item["id"], "--key", ","], USAGE, "no letter"),
        ([item["id"], "--key", ",".join(item["answer"])], USAGE, "already"),
        ([matching["id"], "--key", "A,B"], USAGE, "2 letters"),
        ([papers["a1"].id, "--key", "A"], USAGE, "has no key"),
        ([told["id"], "--key", "A"], USAGE, "has no key"),
        (["ms-0123456789abcdef", "--retire"], USAGE, "is no row"),
        ([item["id"]], USAGE, "0 of key, retire and image"),
        ([item["id"], "--retire", "--bbox", "1,2,3,4"], USAGE, "without an image"),
        ([item["id"], "--image", str(tmp_path / "square.png")], USAGE, "--bbox"),
        ([item["id"], "--image", str(tmp_path / "no.png")], CANNOT_READ, "not a PNG"),
        ([item["id"], "--image", str(tmp_path / "none.png")], CANNOT_READ, "none.png"),
        ([item["id"], "--image", str(same), "--bbox", "50,100,300,390"], USAGE, "already"),
        ([papers["c1"].id, "--image", str(tmp_path / "square.png")], USAGE, "pointer"),
    ]
    with patch("builder.revising.read_base", lambda folder: base):
        for arguments, code, said in cases:
            assert correct(old, tmp_path / "new", "2.0.0", *arguments, "--reason", "r") == code, arguments
            assert said in capsys.readouterr().err, arguments
    assert not (tmp_path / "new").exists()


def test_files_of_errata_with_bad_lines_are_refused_by_line(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = '"item": "x", "reason": "r"'
    for line in ("{", "[]", '{"item": "x"}', f'{{{said}, "keys": ["A"]}}', f'{{{said}, "date": "now"}}', ""):
        (tmp_path / "errata.jsonl").write_text(f"\n{line}\n")
        assert correct(old, tmp_path / "new", "2.0.0", "--from", str(tmp_path / "errata.jsonl")) == USAGE
        assert ("line 2" in capsys.readouterr().err) is bool(line)


def test_the_old_release_must_be_right_and_the_new_folder_free(
    old: Path, papers: dict[str, Specimen], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item = items(old, "caption_matching", papers["a1"].id)[0]["id"]
    broken = tmp_path / "broken"
    shutil.copytree(old, broken)
    (broken / "citations.bib").write_text("other\n")
    assert correct(broken, tmp_path / "new", "1.1.0", item, "--retire", "--reason", "r") == CANNOT_READ
    assert "citations.bib" in capsys.readouterr().err
    assert correct(old, old / "new", "1.1.0", item, "--retire", "--reason", "r") == CANNOT_WRITE
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").touch()
    assert correct(old, tmp_path / "full", "1.1.0", item, "--retire", "--reason", "r") == CANNOT_WRITE
    assert correct(old, tmp_path / "new", "1.1.0", item, "--retire", "--reason", "r") == OK
    before = {path: path.read_bytes() for path in (tmp_path / "new").rglob("*") if path.is_file()}
    assert correct(old, tmp_path / "new", "1.1.0", item, "--retire", "--reason", "r") == OK
    assert before == {path: path.read_bytes() for path in (tmp_path / "new").rglob("*") if path.is_file()}


def test_diff_of_old_and_new_asks_for_the_step_that_was_made(old: Path, papers: dict[str, Specimen], tmp_path: Path) -> None:
    item = items(old, "caption_matching", papers["a1"].id)[0]["id"]
    assert correct(old, tmp_path / "new", "1.1.0", item, "--retire", "--reason", "r") == OK
    assert main(["diff", str(old), str(tmp_path / "new")]) == OK
    assert re.search(r"2 of 2 rows ask the same", (tmp_path / "new" / "CHANGELOG.md").read_text(encoding="utf-8"))
