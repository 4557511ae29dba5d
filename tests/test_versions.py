"""Versions that the Hub refuses: a step too small, ids that come back; and the changelog that says what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_session import Session, session
from loopback_hub import LoopbackHub, loopback_hub
from small_release import cut
from test_validate import POLICY
from written import pictured, write

from builder.cli import main
from builder.edges.released import release_at
from builder.edges.validation import check_files, open_release
from builder.release.diff import ReleaseDiff, difference, next_version
from builder.release.versions import returned_ids, tombstones, version_refusals

OK, FINDINGS, USAGE, CANNOT_READ = 0, 1, 2, 3


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """1.0.0; then one caption_matching item less, under three versions; the whole again as 1.2.0; and another question."""
    folder = tmp_path_factory.mktemp("releases")
    fewer = {"caption_matching": pictured().caption_matching[:-1]}
    (item,) = cut().multi_select
    other = {"multi_select": (item.model_copy(update={"stem": "Which of these hold?"}),)}
    return {
        "1.0.0": write(folder / "first").folder,
        "1.0.1": write(folder / "too-small", version="1.0.1", **fewer).folder,
        "1.1.0": write(folder / "second", version="1.1.0", **fewer).folder,
        "1.2.0": write(folder / "back", version="1.2.0").folder,
        "1.3.0": write(folder / "other", version="1.3.0", **{**fewer, **other}).folder,
        "3.0.0": write(folder / "bigger", version="3.0.0", **{**fewer, **other}).folder,
    }


def since(releases: dict[str, Path], before: str, after: str) -> ReleaseDiff:
    return difference(release_at(str(releases[before])), release_at(str(releases[after])))


@pytest.mark.parametrize(
    ("before", "after", "right", "refused"),
    [
        ("1.0.0", "1.0.1", "1.1.0", True),
        ("1.0.0", "1.1.0", "1.1.0", False),
        ("1.1.0", "1.2.0", "1.2.0", False),
        ("1.1.0", "1.3.0", "2.0.0", True),
        ("1.1.0", "3.0.0", "2.0.0", False),
    ],
)
def test_a_step_smaller_than_what_changed_is_refused_with_the_version_that_is_right(
    before: str, after: str, right: str, refused: bool, releases: dict[str, Path]
) -> None:
    found = since(releases, before, after)
    assert next_version(found.before, found.level) == right
    assert [issue.code for issue in version_refusals(found)] == (["version-too-small"] if refused else [])
    assert all(right in issue.remedy for issue in version_refusals(found))


def test_a_release_is_compared_without_its_images_as_with_them(releases: dict[str, Path]) -> None:
    whole = [open_release(releases[version])[0] for version in ("1.0.0", "1.1.0")]
    assert since(releases, "1.0.0", "1.1.0").configs == difference(*whole).configs


def test_an_id_that_was_retired_never_comes_back_but_one_that_stayed_may_and_a_buried_one_may_not() -> None:
    versions = [("v1.0.0", {"a", "b", "c"}), ("v1.1.0", {"a", "c"}), ("v1.2.0", {"a"})]
    assert not returned_ids(versions, frozenset(), {"a", "new"})
    (issue, other) = returned_ids(versions, frozenset(), {"a", "b", "c"})
    assert (issue.place, issue.problem.endswith("back: c")) == ("v1.1.0", True)
    assert (other.place, other.problem.endswith("back: b")) == ("v1.0.0", True)
    buried = tombstones({"errata": [{"id": "E-0001", "tombstones": [{"id": "d"}]}]})
    assert [one.place for one in returned_ids(versions, buried, {"d"})] == ["errata.json"]
    assert not tombstones({"errata": "none"}) | tombstones(None) | tombstones({"errata": [{"tombstones": [{}]}]})


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackHub]:
    with loopback_hub(tmp_path_factory.mktemp("hub"), part_bytes=200_000) as running:
        yield running


@pytest.fixture(scope="module")
def client(hub: LoopbackHub, releases: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """With org/bench at v1.0.0 and v1.1.0."""
    home = tmp_path_factory.mktemp("home")
    with session(hub.environment(home), home) as running:
        for version in ("1.0.0", "1.1.0"):
            assert running.send(releases[version], "org/bench").code == OK
        yield running


def asked(hub: LoopbackHub, since: int) -> list[str]:
    return [f"{one.method} {one.path}" for one in hub.log[since:] if one.method not in ("GET", "HEAD")]


def test_publish_refuses_a_step_that_is_too_small_and_ids_that_come_back_before_anything_is_sent(
    hub: LoopbackHub, client: Session, releases: dict[str, Path]
) -> None:
    before = len(hub.log)
    told = client.plan(releases["1.2.0"], "org/bench")
    assert (told.code, "(id-comes-back)" in told.out, "(version-too-small)" in told.out) == (FINDINGS, True, False), told
    told = client.plan(releases["1.3.0"], "org/bench")
    assert (told.code, "(version-too-small)" in told.out) == (FINDINGS, True), told
    assert "build it as --version 2.0.0" in told.out
    assert "another question" in told.out
    assert all(line.startswith("POST /api/datasets/org/bench/paths-info/") for line in asked(hub, before))


def test_a_bigger_step_than_needed_is_allowed_and_said_and_so_is_a_changelog_without_the_change(
    client: Session, releases: dict[str, Path]
) -> None:
    told = client.plan(releases["3.0.0"], "org/bench")
    assert (told.code, "2.0.0 would do" in told.out) == (OK, True), told
    assert "`microtome diff org/bench@v1.1.0 RELEASE --write`" in told.out


def test_diff_reads_a_published_release_and_writes_the_history_into_the_changelog(
    client: Session, hub: LoopbackHub, tmp_path: Path
) -> None:
    folder = write(tmp_path / "next", version="1.2.0", caption_matching=()).folder
    before = len(hub.log)
    for _ in range(2):
        told = client.run("diff", "org/bench@v1.0.0", str(folder), "--write")
        assert told.code == OK, told
    assert not [line for line in asked(hub, before) if "paths-info" not in line]
    text = (folder / "CHANGELOG.md").read_text()
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# Changelog of Small bench", "## 1.2.0", "### Since 1.0.0", "## 1.0.0",
    ]  # fmt: skip
    assert text.count("3 retired") == 1
    assert text.count("Item ids are stable") == 1
    assert not check_files(folder, POLICY).found
    assert "does not say what changed since 1.1.0" in client.plan(folder, "org/bench").out
    assert client.run("diff", "org/bench@v1.1.0", str(folder), "--write").code == OK
    assert "says what changed since 1.1.0" in client.plan(folder, "org/bench").out
    assert client.run("diff", str(folder), "org/bench@v1.1.0", "--write").code == FINDINGS, "a step back"
    assert client.run("diff", "org/bench@v1.0.0", "org/bench@v1.1.0", "--write").code == USAGE


def test_another_benchmark_does_not_follow(client: Session, tmp_path: Path) -> None:
    recipe = pictured().recipe
    named = recipe.model_copy(update={"identity": recipe.identity.model_copy(update={"name": "other_bench"})})
    told = client.plan(write(tmp_path / "release", version="2.0.0", recipe=named).folder, "org/bench")
    assert (told.code, "(other-benchmark)" in told.out) == (FINDINGS, True), told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "manifest.json").write_text("["), "manifest"),
        (lambda folder: (folder / "manifest.json").write_text('{"files": [], "version": "1", "benchmark": "b"}'), "X.Y.Z"),
        (lambda folder: (folder / "data/figures/test-00000-of-00001.parquet").write_bytes(b"PAR1"), "Parquet"),
    ],
)
def test_what_is_no_release_is_told_and_not_compared(
    change: object, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "release").folder
    change(folder)  # type: ignore[operator]
    assert main(["diff", str(folder), str(folder)]) == CANNOT_READ
    assert said in capsys.readouterr().err


def test_an_earlier_release_with_other_columns_is_still_compared(releases: dict[str, Path], tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = write(tmp_path / "release").folder
    path = folder / "data/multi_select/test-00000-of-00001.parquet"
    table = pq.read_table(path, partitioning=None)
    pq.write_table(table.drop_columns(["reviews"]).append_column("old", pa.array(["x"] * len(table))), path)
    found = difference(release_at(str(folder)), release_at(str(releases["1.1.0"])))
    (item,) = next(config for config in found.configs if config.config == "multi_select").changed
    assert [(one.column, one.asked) for one in item.changes] == [("old", False), ("reviews", False)]


# ---- stored answers under a new key


def corrected(folder: Path) -> Path:
    """2.0.0: the key of the multi_select item loses B; one caption_matching item shows other options; another is retired."""
    made = cut()
    (item,) = made.multi_select
    options = (item.options[0], item.options[1].model_copy(update={"correct": False, "kind": "number"}), *item.options[2:])
    first, *_ = made.caption_matching
    changed = first.model_copy(update={"options": (first.options[0], *(text + " Again." for text in first.options[1:]))})
    matching = (changed, *made.caption_matching[1:-1])
    return write(
        folder, version="2.0.0", multi_select=(item.model_copy(update={"options": options}),), caption_matching=matching
    ).folder


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corrected(tmp_path_factory.mktemp("after") / "release")


def answers(release: Path) -> list[dict[str, object]]:
    """The old key of every item: multi_select as text, caption matching as a parsed set."""
    lines: list[dict[str, object]] = []
    for config, _, _, row in release_at(str(release)).rows():
        if config == "multi_select":
            lines.append({"id": row["id"], "model": "m", "text": "ANSWER: " + ",".join(row["answer"])})  # type: ignore[arg-type]
        if config == "caption_matching":
            lines.append({"id": row["id"], "model": "m", "answer": ["ABCD"[int(str(row["answer"]))]], "status": "ok"})
    return lines


def rescored(release: Path, to: Path, lines: list[str], folder: Path, *more: str) -> int:
    path = folder / "answers.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines))
    return main(["rescore", str(path), "--from", str(release), "--to", str(to), *more])


def test_stored_answers_are_scored_by_both_keys_over_the_items_that_ask_the_same(
    releases: dict[str, Path], after: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [json.dumps(line) for line in answers(releases["1.0.0"])]
    assert rescored(releases["1.0.0"], after, lines, tmp_path, "--json", "--out", str(tmp_path / "out")) == OK
    told = json.loads(capsys.readouterr().out)
    assert json.loads((tmp_path / "out" / "rescored.json").read_text()) == told
    (several,) = [one for one in told if one["config"] == "multi_select"]
    (item,) = several["new_key"]
    assert (several["before"]["version"], several["after"]["version"], several["compared"]) == ("1.0.0", "2.0.0", 1)
    by_name = {one["metric"]: one for one in several["metrics"]}
    exact, sip = by_name["exact_set_match"], by_name["sip_f1"]
    assert (exact["as_asked"], exact["old"], exact["new"], exact["difference"]) == (1.0, 1.0, 0.0, -1.0)
    assert (exact["lost"], exact["gained"], exact["low"]) == ([item], [], None)
    # One of the two selected is now wrong: 0.6 * 2PR / (P + R) with P = 1 / 7, R = 1.
    assert sip["new"] == pytest.approx(0.6 * 2 / (1 + 6 + 1))
    assert several["signature"].startswith("small_bench|multi_select|test|1.0.0:")


def test_items_that_show_something_else_or_left_are_listed_and_left_out(
    releases: dict[str, Path], after: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [json.dumps(line) for line in answers(releases["1.0.0"])]
    assert rescored(releases["1.0.0"], after, lines, tmp_path, "--json") == OK
    matching = [one for one in json.loads(capsys.readouterr().out) if one["config"] == "caption_matching"]
    assert sum(one["answered"] for one in matching) == 3
    assert [columns for one in matching for columns in one["not_comparable"].values()] == [["options"]]
    assert sum(len(one["retired"]) for one in matching) == 1
    assert sum(one["compared"] for one in matching) == 1
    assert {one["metrics"][0]["difference"] for one in matching} <= {0.0, None}


def test_the_table_names_both_versions(
    releases: dict[str, Path], after: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [json.dumps(line) for line in answers(releases["1.0.0"])]
    assert rescored(releases["1.0.0"], after, lines, tmp_path) == OK
    out = capsys.readouterr().out
    assert "|1.0.0:" in out
    assert "|2.0.0:" in out
    assert "another key: ms-" in out


def test_an_item_without_an_answer_and_a_repeat_without_one_score_nothing(
    releases: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [line for line in answers(releases["1.0.0"]) if str(line["id"]).startswith("cm")]
    one, other, *_ = lines
    again = [json.dumps(one), json.dumps(one | {"repeat": 1}), json.dumps(other)]
    assert rescored(releases["1.0.0"], releases["1.0.0"], again, tmp_path, "--json") == OK
    told = json.loads(capsys.readouterr().out)
    sums = sum(found["metrics"][0]["as_asked"] * found["before"]["items"] for found in told)
    assert sums in (1.5, 2.0), "1.5 in one split; 2 where the second item lies in the other"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('{"id": "ms-0000000000000000", "model": "m", "text": "A"}', "unknown-id"),
        ("{", "broken-line"),
        ('{"id": 3, "model": "m"}', "broken-line"),
        ('{"model": "m", "text": "A"}', "broken-line"),
        ("DESCRIPTION", "no-key"),
        ("AGAIN", "duplicate-id"),
    ],
)
def test_a_line_that_is_no_answer_to_an_item_is_named_and_nothing_is_scored(
    line: str, code: str, releases: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = json.dumps(answers(releases["1.0.0"])[0])
    rows = {config: row["id"] for config, _, _, row in release_at(str(releases["1.0.0"])).rows()}
    line = {"AGAIN": sound, "DESCRIPTION": json.dumps({"id": rows["description"], "model": "m"})}.get(line, line)
    assert rescored(releases["1.0.0"], releases["1.1.0"], [sound, "", line], tmp_path) == FINDINGS
    told = capsys.readouterr()
    assert f"({code})" in told.out
    assert "answers.jsonl > line 3" in told.out
    assert "1 findings" in told.err


def test_a_file_without_lines_and_one_that_is_not_there_are_told(releases: dict[str, Path], tmp_path: Path) -> None:
    assert rescored(releases["1.0.0"], releases["1.1.0"], [], tmp_path) == CANNOT_READ
    missing = ["rescore", str(tmp_path / "none"), "--from", str(releases["1.0.0"]), "--to", str(releases["1.1.0"])]
    assert main(missing) == CANNOT_READ
